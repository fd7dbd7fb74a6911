#ifndef ENGINE_GIVEN_TIMES_H
#define ENGINE_GIVEN_TIMES_H

/*
 * engine/given_times.h - when what the publisher has given out, and not yet committed, was judged.
 *
 * Private memory of the publisher: a successor times what it gives out itself.
 */

#include "ipc/shared_engine.h"

enum {
    GIVEN_TIMES_MAX = 1024, /* timed outcomes of one commit that count; the rest does not */
};

struct given_times {
    uint32_t count;
    struct {
        uint64_t received_ns;
        uint64_t judged_ns;
    } at[GIVEN_TIMES_MAX];
};

/* given_times_note - that outcome of the outbox is on its way out; nothing if it is not timed. */
void given_times_note(struct given_times *times, const struct ring_spsc *outbox, uint64_t number);

/* given_times_end - everything noted is published now. `latency`: the publisher's, by stage. */
void given_times_end(struct given_times *times, struct shm_histogram latency[STAGE_COUNT]);

#endif
