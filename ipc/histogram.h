#ifndef IPC_HISTOGRAM_H
#define IPC_HISTOGRAM_H

/*
 * ipc/histogram.h - how long something took, counted in shared memory by fixed log-linear buckets.
 *
 *   ns   0      64     128 ...  960    1024   1088 ...  2048   2176 ... 2^37
 *        | 16 buckets of 64 ns  |      | 16 of 64 ns    | 16 of 128 ns ... 16 of 2^32 ns
 *
 * So a bucket is at most a sixteenth of what it counts wide, from a microsecond to two minutes;
 * what is longer falls into the last one. One writer a histogram, any readers. An add is two
 * loads and two stores, relaxed: a reader may see the one and not yet the other, and what a writer
 * that is killed did not store is lost. The numbers are for people, and decide nothing.
 *
 * Which messages are timed. Each one would cost a clock thrice, so it is one of LATENCY_EVERY, told
 * by a hash of its order, so that no place in a batch is preferred; the first LATENCY_EVERY of all,
 * so that a short run shows something; and the first one after the front-end slept, so that where
 * messages are few most of them are seen. A batch is received at one moment: that of the read that
 * brought it. Of a recorded input that is when it was read from the disk, a window at a time, and
 * what waits there is measured too. The times travel in the event record and in the outbox beside
 * the outcome: nowhere that an outcome could come to depend on.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stage {
#define STAGE(name, printed, meaning) STAGE_##name,
#include "ipc/stage.def"
#undef STAGE
    STAGE_COUNT,
};

enum {
    HISTOGRAM_STEPS = 16,   /* buckets in which a value at most doubles */
    HISTOGRAM_LEAST = 10,   /* log2 of the ns below which all buckets are alike */
    HISTOGRAM_OCTAVES = 27, /* from 2^10 ns to 2^37 */
    HISTOGRAM_BUCKETS = HISTOGRAM_STEPS * (1 + HISTOGRAM_OCTAVES),
    LATENCY_EVERY_BITS = 5,
    LATENCY_EVERY = 1 << LATENCY_EVERY_BITS, /* messages of which one is timed */
};

/* Does this build time anything? */
#ifdef ONHOOK_UNTIMED
#define LATENCY_IS_KEPT false
#else
#define LATENCY_IS_KEPT true
#endif

/* Writer: the one process that ends the stage. */
struct shm_histogram {
    alignas(64) _Atomic uint64_t bucket[HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum_ns;
    _Atomic uint64_t longest_ns;
    uint64_t reserved[6];
};

static_assert(sizeof(struct shm_histogram) == (HISTOGRAM_BUCKETS + 8) * 8,
              "bump SHM_LAYOUT_VERSION");

/* The bucket that counts a value: 0 .. HISTOGRAM_BUCKETS - 1. */
static inline uint32_t
histogram_bucket(uint64_t ns)
{
    if (ns >> HISTOGRAM_LEAST == 0)
        return (uint32_t)(ns >> (HISTOGRAM_LEAST - 4));
    if (ns >> (HISTOGRAM_LEAST + HISTOGRAM_OCTAVES) != 0)
        return HISTOGRAM_BUCKETS - 1;
    uint32_t octave = 63 - (uint32_t)__builtin_clzll(ns);
    return HISTOGRAM_STEPS * (octave - HISTOGRAM_LEAST + 1) +
           (uint32_t)(ns >> (octave - 4) & (HISTOGRAM_STEPS - 1));
}

/* histogram_end - the first value behind a bucket. */
static inline uint64_t
histogram_end(uint32_t bucket)
{
    uint32_t octave = bucket / HISTOGRAM_STEPS;
    uint64_t step = bucket % HISTOGRAM_STEPS + 1;
    if (octave == 0)
        return step << (HISTOGRAM_LEAST - 4);
    return (HISTOGRAM_STEPS + step) << (HISTOGRAM_LEAST + octave - 1 - 4);
}

static inline void
histogram_bump(_Atomic uint64_t *word, uint64_t amount)
{
    /* relaxed: no edge. One writer; a reader uses nothing but the number. */
    uint64_t now = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, now + amount, memory_order_relaxed);
}

/* histogram_add - something took from `from_ns` to `to_ns`. Caller: the one writer. */
static inline void
histogram_add(struct shm_histogram *histogram, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;
    histogram_bump(&histogram->bucket[histogram_bucket(ns)], 1);
    histogram_bump(&histogram->sum_ns, ns);
    /* relaxed: no edge. */
    if (ns > atomic_load_explicit(&histogram->longest_ns, memory_order_relaxed))
        atomic_store_explicit(&histogram->longest_ns, ns, memory_order_relaxed);
}

/* Is the message of that order timed, whatever came before it? Of orders that follow each other
 * the multiplication spreads evenly. */
static inline bool
latency_is_due(uint64_t order)
{
    return order <= LATENCY_EVERY ||
           (order * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - LATENCY_EVERY_BITS) == 0;
}

/* A reader's copy. */
struct latency {
    uint64_t bucket[HISTOGRAM_BUCKETS];
    uint64_t count; /* of all buckets together */
    uint64_t sum_ns;
    uint64_t longest_ns;
};

/* latency_add - what the histogram says now, on top of what *latency says; all zero is empty. */
void latency_add(struct latency *latency, const struct shm_histogram *histogram);

/* latency_subtract - what came since `before`; one that fell began anew, and nothing is taken off.
 * The longest stays that of the whole life. */
void latency_subtract(struct latency *latency, const struct latency *before);

/*
 * latency_quantile_ns - the value that `per_mille` of a thousand (500: the median) do not exceed
 *
 * The end of its bucket, but never more than the longest; 0 when nothing was counted.
 */
uint64_t latency_quantile_ns(const struct latency *latency, uint32_t per_mille);

const char *stage_name(enum stage stage);
const char *stage_meaning(enum stage stage);

#endif
