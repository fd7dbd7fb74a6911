#include "engine/given_times.h"

#include "base/clock.h"

void
given_times_note(struct given_times *times, const struct ring_spsc *outbox, uint64_t number)
{
    const struct shm_outbox_slot *slot = ring_spsc_slot(outbox, number);
    if (slot->received_ns == 0 || times->count == GIVEN_TIMES_MAX)
        return;
    times->at[times->count].received_ns = slot->received_ns;
    times->at[times->count++].judged_ns = slot->judged_ns;
}

void
given_times_end(struct given_times *times, struct shm_histogram latency[STAGE_COUNT])
{
    if (times->count == 0)
        return;
    uint64_t now = clock_ns();
    for (uint32_t i = 0; i < times->count; i++) {
        histogram_add(&latency[STAGE_JUDGED_PUBLISHED], times->at[i].judged_ns, now);
        histogram_add(&latency[STAGE_RECEIVED_PUBLISHED], times->at[i].received_ns, now);
    }
    times->count = 0;
}
