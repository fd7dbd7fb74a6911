#ifndef TESTS_STORES_RUN_H
#define TESTS_STORES_RUN_H

/*
 * tests/stores/run.h - a whole engine over one recorded input, run again and again, a role of which
 * dies at a store.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tests/stores/life.h"
#include "tests/stores/stores.h"

enum {
    RUN_OUTPUT_MAX = 1 << 20,
    RUN_WHY = 256,
};

struct run_options {
    uint32_t workers; /* 1 to PARTS_MAX - PART_WORKERS */
    uint32_t batch;   /* messages the front-end publishes at once */
    bool together;    /* whoever dies, all others die with him */
};

/* How a run came out. */
enum run_verdict {
    RUN_RIGHT,
    RUN_OTHER_BYTES,    /* in the output */
    RUN_OTHER_COUNTERS, /* of a role */
    RUN_BAD_END,        /* a role ended otherwise */
    RUN_STUCK,          /* nobody gets on */
    RUN_ENDLESS,
    RUN_DAMAGE, /* what the dead one left is taken for damaged */
};

struct run_result {
    enum run_verdict verdict;
    uint8_t died;      /* the part that was cut; STORES_NEVER: the cut was not reached */
    char why[RUN_WHY]; /* more of it, or "" */
};

/*
 * run_open - the engine for this input, and its undisturbed run; once in a process
 *
 * `name`: the input with the ending .jsonl in the place of .trace, or behind it; that file is what
 * must come out, `.ini` the configuration if it is there. False when it cannot be had, or something
 * else comes out, or stores are not seen: said on stderr.
 */
bool run_open(const char *name, const struct run_options *options);

/* The counted stores of the undisturbed run. */
const struct store *run_script(uint64_t *count);

/* Messages in the input; transactions that were committed; calls that another worker got. */
uint64_t run_messages(void);
uint64_t run_commits(void);
uint64_t run_moves(void);

/*
 * run_again - where the role that is about to do the undisturbed run's store `cut` dies
 *
 * `second`: and its successor before its own store of that number, counted from its start; needs
 * the script that run_successor() gave for this cut. STORES_NO_CUT: not at all.
 */
struct run_result run_again(uint64_t cut, uint64_t second);

/* run_successor - as run_again(cut, STORES_NO_CUT); the successor's stores, until it commits */
struct run_result run_successor(uint64_t cut, const struct store **script, uint64_t *count);

/* run_place - where a store goes: "calls-1+0x40". Static. */
const char *run_place(const struct store *store);
const char *run_part_name(uint8_t part);

/* Are memory and output as before the first run? Else it is said where not. */
bool run_is_restored(void);

#endif
