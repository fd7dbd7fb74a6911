#ifndef TOOLS_BENCH_ADVICE_H
#define TOOLS_BENCH_ADVICE_H

/*
 * tools/bench/advice.h - from what was measured to what a site should run: arithmetic, no more.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    ADVICE_PEAK = 4,  /* the busiest second of the day is so many average ones */
    ADVICE_SPARE = 2, /* the engine is to be able to carry so many times the peak */
    ADVICE_MESSAGE_SLOTS =
        4, /* 64-byte slots of a message in the event ring, rather more than less */
};

/* A number of processes, and what it carried. */
struct advice_way {
    uint32_t frontends;
    uint32_t workers;
    double per_second; /* messages */
};

struct advice_input {
    double calls_per_second;
    double messages_per_call;
    double seconds_per_call; /* how long a call lives */
    double bytes_per_call;
    double bytes_fixed; /* with no call at all */
    double cpu_seconds; /* of a million messages */
    const struct advice_way *ways;
    uint32_t way_count; /* >= 1 */
};

struct advice {
    double average; /* messages a second */
    double peak;
    double live_calls; /* at the peak */
    bool is_enough;    /* some way carries ADVICE_SPARE times the peak; else the fastest is named */
    uint32_t frontends; /* what is to be configured */
    uint32_t workers;
    uint64_t ring_slots;
    uint64_t max_calls; /* of each worker */
    double memory_bytes;
    double core_percent; /* of one core, at the average */
    double spare;        /* how many times the peak that way carries */
};

/* advise - the fewest processes that suffice; equal numbers by the rate they carry. */
struct advice advise(const struct advice_input *input);

/* advice_knee - the way behind which none carries a tenth more: index into `ways`. */
uint32_t advice_knee(const struct advice_way *ways, uint32_t count);

#endif
