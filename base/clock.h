#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/*
 * base/clock.h - the clock by which processes of one machine measure how long something took.
 */

#include <stdint.h>
#include <time.h>

/* clock_ns - CLOCK_MONOTONIC in nanoseconds; some 25 ns, and no system call where the kernel
 * offers its clock in user space. What it says must never decide an outcome. */
static inline uint64_t
clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
