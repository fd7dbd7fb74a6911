#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

/*
 * base/random.h - splitmix64: the same seed tells the same story on every machine.
 *
 * Not thread safe; one struct for each story teller. Good enough for choosing what happens in
 * a telephone call, not for secrets.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"

struct random {
    uint64_t state;
};

static inline uint64_t
random_next(struct random *random)
{
    uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* 0 .. bound - 1; bound is at least 1. */
static inline uint32_t
random_below(struct random *random, uint32_t bound)
{
    CHECK(bound > 0);
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

/* low .. high, both included. */
static inline uint32_t
random_between(struct random *random, uint32_t low, uint32_t high)
{
    CHECK(low <= high);
    return low + random_below(random, high - low + 1);
}

/* True `percent` times of a hundred. */
static inline bool
random_chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}

#endif
