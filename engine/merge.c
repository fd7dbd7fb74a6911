#include "engine/merge.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    RUN_FIRST_BYTES = 64 * 1024,
    RUN_KEEP_BYTES = 256 * 1024, /* an empty run keeps up to this much, or it would be churning */
};

void
merge_init(struct merge *merge, uint32_t workers)
{
    CHECK(workers >= 1);
    CHECK(workers <= WORKERS_MAX);
    memset(merge, 0, sizeof *merge);
    merge->workers = workers;
}

void
merge_free(struct merge *merge)
{
    for (uint32_t i = 0; i < merge->workers; i++)
        free(merge->runs[i].bytes);
    memset(merge, 0, sizeof *merge);
}

static size_t
packed_size(const struct shm_outcome *outcome)
{
    return ((size_t)outcome_size(outcome) + 7) & ~(size_t)7;
}

static const struct shm_outcome *
run_first(const struct merge_run *run)
{
    /* Entries start at multiples of 8 of memory from malloc; only outcome_size() bytes exist. */
    return (const void *)(run->bytes + run->start);
}

static bool
run_is_empty(const struct merge_run *run)
{
    return run->start == run->end;
}

/* Makes room for `size` bytes at the end: by moving what is held down, or by growing. */
static bool
run_reserve(struct merge_run *run, size_t size)
{
    if (run->capacity - run->end >= size)
        return true;
    size_t held = run->end - run->start;
    if (run->start > 0 && run->start >= run->capacity / 2) {
        memmove(run->bytes, run->bytes + run->start, held);
        run->start = 0;
        run->end = held;
        if (run->capacity - run->end >= size)
            return true;
    }
    size_t capacity = run->capacity == 0 ? RUN_FIRST_BYTES : run->capacity * 2;
    uint8_t *bytes = realloc(run->bytes, capacity);
    if (bytes == NULL)
        return false;
    run->bytes = bytes;
    run->capacity = capacity;
    DCHECK(run->capacity - run->end >= size);
    return true;
}

static void
run_drop_first(struct merge_run *run)
{
    run->start += packed_size(run_first(run));
    if (!run_is_empty(run))
        return;
    run->start = run->end = 0;
    if (run->capacity > RUN_KEEP_BYTES) {
        free(run->bytes);
        run->bytes = NULL;
        run->capacity = 0;
    }
}

static bool
comes_before(const struct merge *merge, struct merge_head left, struct merge_head right)
{
    if (left.decided_order != right.decided_order)
        return left.decided_order < right.decided_order;
    int order = outcome_compare(run_first(&merge->runs[left.worker]),
                                run_first(&merge->runs[right.worker]));
    return order != 0 ? order < 0 : left.worker < right.worker;
}

static void
heap_rise(struct merge *merge, uint32_t at)
{
    struct merge_head head = merge->heads[at];
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (!comes_before(merge, head, merge->heads[parent]))
            break;
        merge->heads[at] = merge->heads[parent];
        at = parent;
    }
    merge->heads[at] = head;
}

static void
heap_sink(struct merge *merge, uint32_t at)
{
    struct merge_head head = merge->heads[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= merge->head_count)
            break;
        if (child + 1 < merge->head_count &&
            comes_before(merge, merge->heads[child + 1], merge->heads[child]))
            child++;
        if (!comes_before(merge, merge->heads[child], head))
            break;
        merge->heads[at] = merge->heads[child];
        at = child;
    }
    merge->heads[at] = head;
}

static void
limit_refresh(struct merge *merge)
{
    uint64_t limit = UINT64_MAX;
    for (uint32_t i = 0; i < merge->workers; i++)
        if (run_is_empty(&merge->runs[i]) && merge->proven[i] < limit)
            limit = merge->proven[i];
    merge->limit = limit;
}

/* Remembers the order of the worker's newest outcome; says if it is where it belongs. */
static bool
order_is_kept(struct merge *merge, uint32_t worker, const struct shm_outcome *outcome)
{
    struct shm_outcome *last = &merge->last[worker];
    bool kept = outcome_compare(last, outcome) <= 0 &&
                (merge->proven[worker] == 0 || outcome->decided_order > merge->proven[worker]);
    last->decided_order = outcome->decided_order;
    last->decided_tick = outcome->decided_tick;
    last->call_order = outcome->call_order;
    last->position = outcome->position;
    return kept;
}

enum merge_result
merge_put(struct merge *merge, uint32_t worker, const struct shm_outcome *outcome)
{
    CHECK(worker < merge->workers);
    struct merge_run *run = &merge->runs[worker];
    size_t size = packed_size(outcome);
    if (!run_reserve(run, size))
        return MERGE_NO_MEMORY;

    bool was_empty = run_is_empty(run);
    memcpy(run->bytes + run->end, outcome, outcome_size(outcome));
    run->end += size;
    if (was_empty) {
        merge->heads[merge->head_count] = (struct merge_head){outcome->decided_order, worker};
        heap_rise(merge, merge->head_count++);
        limit_refresh(merge);
    }
    return order_is_kept(merge, worker, outcome) ? MERGE_OK : MERGE_DISORDERED;
}

void
merge_prove(struct merge *merge, uint32_t worker, uint64_t decided_order)
{
    CHECK(worker < merge->workers);
    if (decided_order <= merge->proven[worker])
        return;
    merge->proven[worker] = decided_order;
    if (run_is_empty(&merge->runs[worker]))
        limit_refresh(merge);
}

const struct shm_outcome *
merge_next(const struct merge *merge, uint32_t *worker)
{
    if (merge->head_count == 0 || merge->heads[0].decided_order > merge->limit)
        return NULL;
    *worker = merge->heads[0].worker;
    return run_first(&merge->runs[*worker]);
}

void
merge_pop(struct merge *merge)
{
    CHECK(merge->head_count > 0);
    uint32_t worker = merge->heads[0].worker;
    struct merge_run *run = &merge->runs[worker];
    run_drop_first(run);
    if (run_is_empty(run)) {
        merge->heads[0] = merge->heads[--merge->head_count];
        limit_refresh(merge);
    } else {
        merge->heads[0].decided_order = run_first(run)->decided_order;
    }
    if (merge->head_count > 0)
        heap_sink(merge, 0);
}
