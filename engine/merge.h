#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

/*
 * engine/merge.h - outcomes of several workers, each in order, made one row in order.
 *
 * Every worker's outcomes arrive ascending by outcome_compare(). The smallest one held may be
 * given out once no smaller one can come: every worker that holds nothing has proven that it
 * handed over all up to that decided_order.
 *
 *   merge_open   a worker's outcomes stand in this outbox; some are given out, some have arrived
 *   merge_add    one more has arrived
 *   merge_prove  worker w has handed over everything decided up to here
 *   merge_next   the smallest outcome if it is proven to be, else NULL; then merge_pop()
 *
 * Nothing is copied: outcomes stay in the outboxes until they are given out, and an outbox bounds
 * how far its worker can be ahead of the slowest one. All of this can be built anew from the
 * numbers of outcomes given out and arrived. Pure: no clock, no I/O.
 */

#include <stddef.h>
#include <stdint.h>

#include "ipc/outcome_record.h"
#include "ipc/shared_engine.h"

/* Outcomes of one worker that wait: numbers given .. arrived - 1 of its outbox. */
struct merge_run {
    const struct ring_spsc *outbox;
    uint64_t given;
    uint64_t arrived;
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
    uint64_t proven[WORKERS_MAX]; /* decided_order; nothing up to it is still to come */
    uint64_t limit;               /* least `proven` of the workers that hold nothing */
};

/* merge_init - nothing held, nothing proven; `workers` is 1..WORKERS_MAX (CHECK). */
void merge_init(struct merge *merge, uint32_t workers);

/* merge_open - where this worker's outcomes are, and how far it is; once, before all else of it.
 * The outbox stays where it is. */
void merge_open(struct merge *merge, uint32_t worker, const struct ring_spsc *outbox,
                uint64_t given, uint64_t arrived);

/* merge_add - the worker's next outcome is in its outbox. */
void merge_add(struct merge *merge, uint32_t worker);

/* merge_prove - the worker has handed over all that is decided up to `decided_order`. Less than
 * what was proven before changes nothing. */
void merge_prove(struct merge *merge, uint32_t worker, uint64_t decided_order);

/* The outcome of that number of an outbox. */
const struct shm_outcome *merge_outcome(const struct ring_spsc *outbox, uint64_t number);

/* merge_next - stays in its outbox until the caller releases it there; *worker is whose it is. */
const struct shm_outcome *merge_next(const struct merge *merge, uint32_t *worker);
void merge_pop(struct merge *merge);

/* Does it hold anything, proven or not? */
static inline bool
merge_is_empty(const struct merge *merge)
{
    return merge->head_count == 0;
}

#endif
