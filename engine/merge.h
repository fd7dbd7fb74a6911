#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

/*
 * engine/merge.h - outcomes of several workers, each in order, made one row in order.
 *
 * Every worker's outcomes arrive ascending by outcome_compare(). The smallest one held may be
 * given out once no smaller one can come: every worker that holds nothing has proven that it
 * handed over all up to that decided_order.
 *
 *   merge_put    a copy of one outcome (the only copy made of it)
 *   merge_prove  worker w has handed over everything decided up to here
 *   merge_next   the smallest outcome if it is proven to be, else NULL; then merge_pop()
 *
 * Pure: no clock, no I/O; memory from the private heap. What it holds is bounded by what workers
 * can decide ahead of the slowest one: by the records that fit into its event ring, and by their
 * live calls, as one tick may end them all.
 */

#include <stddef.h>
#include <stdint.h>

#include "ipc/outcome_record.h"
#include "ipc/shared_engine.h"

enum merge_result {
    MERGE_OK = 0,
    MERGE_DISORDERED, /* taken, but it comes before one this worker handed over or proved */
    MERGE_NO_MEMORY,  /* not taken */
};

/* Outcomes of one worker that wait, packed one after the other, each padded to 8 bytes. */
struct merge_run {
    uint8_t *bytes;
    size_t start;
    size_t end;
    size_t capacity;
};

struct merge_head {
    uint64_t decided_order; /* of the first outcome of the run: most comparisons end here */
    uint32_t worker;
};

struct merge {
    uint32_t workers;
    uint32_t head_count;
    struct merge_head heads[WORKERS_MAX]; /* a heap, smallest first: workers that hold something */
    struct merge_run runs[WORKERS_MAX];
    uint64_t proven[WORKERS_MAX];         /* decided_order; nothing up to it is still to come */
    struct shm_outcome last[WORKERS_MAX]; /* order of the last one put, its other fields unused */
    uint64_t limit;                       /* least `proven` of the workers that hold nothing */
};

/* merge_init - nothing held, nothing proven; `workers` is 1..WORKERS_MAX (CHECK). */
void merge_init(struct merge *merge, uint32_t workers);

/* merge_put - take a copy of a sound outcome of this worker. */
enum merge_result merge_put(struct merge *merge, uint32_t worker,
                            const struct shm_outcome *outcome);

/* merge_prove - the worker has handed over all that is decided up to `decided_order`. Less than
 * what was proven before changes nothing. */
void merge_prove(struct merge *merge, uint32_t worker, uint64_t decided_order);

/* What progress `order` of a worker proves: messages up to it, and the ticks before them. */
static inline uint64_t
merge_decided_by(uint64_t order)
{
    return order >= UINT64_MAX / 2 ? UINT64_MAX : 2 * order + 1;
}

/* merge_next - valid until the next merge_put() or merge_pop(); *worker is whose it is. */
const struct shm_outcome *merge_next(const struct merge *merge, uint32_t *worker);
void merge_pop(struct merge *merge);

/* Does it hold anything, proven or not? */
static inline bool
merge_is_empty(const struct merge *merge)
{
    return merge->head_count == 0;
}

/* merge_free - give back all memory; merge_init() makes it usable again. */
void merge_free(struct merge *merge);

#endif
