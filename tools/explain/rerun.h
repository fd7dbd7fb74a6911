#ifndef TOOLS_EXPLAIN_RERUN_H
#define TOOLS_EXPLAIN_RERUN_H

/*
 * tools/explain/rerun.h - recorded input once more, to see why things were decided.
 *
 * A front-end reads it in a process of its own, as in a replay; the workers' code handles the
 * records here, one by one, and each is shown with what came of it. The same input gives the same
 * entries each time, so it can be gone through as often as need be.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/frontend.h"
#include "engine/settings.h"
#include "tools/explain/flow.h"

struct rerun {
    const struct settings *settings;
    struct frontend_input input;
    bool silent;         /* what the front-end says was said before */
    uint64_t unreadable; /* out: messages and streams it could not read */
    /* Called with each record; may be NULL. */
    void (*take)(void *context, const struct flow_entry *entry);
    /* Called in the end, if not NULL, with the bytes of each message of `orders`, ascending. */
    void (*take_raw)(void *context, uint64_t order, const char *bytes, uint32_t length);
    void *context;
    const uint64_t *orders;
    uint32_t order_count;
};

/* rerun - EXIT_DONE, or the exit code of a command that has said why not. */
int rerun(struct rerun *rerun);

/*
 * rerun_keep_standard_input - make what comes in on standard input readable again and again
 *
 * Copies it to a file without a name, if it is not a file already. False, errno set, when that
 * cannot be done.
 */
bool rerun_keep_standard_input(void);

#endif
