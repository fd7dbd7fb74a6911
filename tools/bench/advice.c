#include "tools/bench/advice.h"

#include "base/check.h"

/* The configuration's own bounds (onhook check --keys). */
enum {
    RING_SLOTS_LEAST = 16384,
    RING_SLOTS_MOST = 1048576,
    MAX_CALLS_LEAST = 16384,
    MAX_CALLS_MOST = 16777216,
    CALLS_SPARE = 4, /* calls that linger, and a worker that gets more than its share */
};

#define WORTH_IT 1.1

static uint64_t
power_of_two(double least, uint64_t from, uint64_t to)
{
    uint64_t power = from;
    while (power < to && (double)power < least)
        power *= 2;
    return power;
}

static uint32_t
processes(const struct advice_way *way)
{
    return way->frontends + way->workers;
}

static const struct advice_way *
choose(const struct advice_input *input, double wanted)
{
    const struct advice_way *chosen = &input->ways[0];
    for (uint32_t i = 1; i < input->way_count; i++) {
        const struct advice_way *way = &input->ways[i];
        bool suffices = way->per_second >= wanted;
        bool other_suffices = chosen->per_second >= wanted;
        bool is_smaller = processes(way) < processes(chosen);
        bool is_faster = way->per_second > chosen->per_second;
        if (suffices && other_suffices)
            chosen =
                is_smaller || (processes(way) == processes(chosen) && is_faster) ? way : chosen;
        else if (suffices || (!other_suffices && is_faster))
            chosen = way;
    }
    return chosen;
}

struct advice
advise(const struct advice_input *input)
{
    CHECK(input->way_count >= 1);
    struct advice advice = {.average = input->calls_per_second * input->messages_per_call};
    advice.peak = advice.average * ADVICE_PEAK;
    advice.live_calls = input->calls_per_second * ADVICE_PEAK * input->seconds_per_call;
    const struct advice_way *way = choose(input, advice.peak * ADVICE_SPARE);
    advice.is_enough = way->per_second >= advice.peak * ADVICE_SPARE;
    advice.frontends = way->frontends;
    advice.workers = way->workers;
    advice.spare = advice.peak > 0 ? way->per_second / advice.peak : 0;
    double per_worker = 1.0 / way->workers;
    /* A worker that is started again finds no more than a second of the peak. */
    advice.ring_slots = power_of_two(advice.peak * ADVICE_MESSAGE_SLOTS * per_worker,
                                     RING_SLOTS_LEAST, RING_SLOTS_MOST);
    advice.max_calls =
        power_of_two(advice.live_calls * CALLS_SPARE * per_worker, MAX_CALLS_LEAST, MAX_CALLS_MOST);
    advice.memory_bytes = input->bytes_fixed + advice.live_calls * input->bytes_per_call;
    advice.core_percent = advice.average * input->cpu_seconds / 1e6 * 100;
    return advice;
}

uint32_t
advice_knee(const struct advice_way *ways, uint32_t count)
{
    uint32_t knee = 0;
    for (uint32_t i = 1; i < count; i++)
        if (ways[i].per_second > ways[knee].per_second * WORTH_IT)
            knee = i;
    return knee;
}
