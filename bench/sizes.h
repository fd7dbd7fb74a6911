#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

/*
 * bench/sizes.h - the same measured at growing sizes, up to what the memory of this machine holds.
 *
 * Each size is measured in a process of its own, so that none inherits the memory of another. What
 * it took says what the next one will take; one that would not fit into what is free is left out,
 * and a line says so and why: {"name":"table.8m","left_out":"needs 24 GiB, 18 GiB are free"}.
 */

#include <stdint.h>

struct size {
    uint64_t count; /* of things that the memory is proportional to */
    const char *name;
};

/*
 * sizes_measure - measure(count, "PREFIX.NAME") of each of `count` sizes, which grow
 *
 * CBENCH_QUICK: of the first alone. A measurement that dies is a bug (CHECK).
 */
void sizes_measure(const char *prefix, const struct size *sizes, uint32_t count,
                   void (*measure)(uint64_t count, const char *name));

#endif
