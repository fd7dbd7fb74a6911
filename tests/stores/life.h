#ifndef TESTS_STORES_LIFE_H
#define TESTS_STORES_LIFE_H

/*
 * tests/stores/life.h - the lives of an engine's roles, in one process, one after the other.
 *
 * Each has a stack of its own and runs until it has nothing to do: a front-end until a batch is
 * published, a worker until it finds nothing new, the publisher until it would nap. Memory and
 * files that a life has taken are given back when it is discarded, wherever it was in its work:
 * what is left of it then is what lies in shared memory, as when a process is killed.
 *
 * What makes that so are calls that the linker (--wrap) sends here: doorbell_sleep, nanosleep,
 * watermark_get, session_publish; malloc and its like; directory_open and directory_close, for
 * liburcu knows who reads; clock_gettime, which says the same in each run; pwrite and ftruncate.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

enum {
    PART_FRONTEND = 1,
    PART_PUBLISHER = 2,
    PART_WORKERS = 3, /* the first of them */
    PARTS_MAX = 8,
};

/* Why a life came back. */
enum life_result {
    LIFE_WAITS,
    LIFE_DONE,    /* with life_code() */
    LIFE_CUT,     /* at the store it was armed for; nothing more is done */
    LIFE_ENDLESS, /* it stored more than any life does */
};

/* life_prepare - once in a process: stacks, and files that are open from here on stay so */
void life_prepare(void);

/* life_start - `play` with the part's own handles of the engine, when it is resumed. The part has
 * no life, or one that was discarded. */
void life_start(uint8_t part, const struct shared_engine *engine,
                int (*play)(struct shared_engine *engine, uint8_t part));

enum life_result life_resume(uint8_t part);
int life_code(uint8_t part);

/* life_discard - nothing private is left of it */
void life_discard(uint8_t part);

/* life_reset_clock - the clock begins anew */
void life_reset_clock(void);

#endif
