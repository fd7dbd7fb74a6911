#include "engine/merge.h"

#include "base/check.h"

void
merge_init(struct merge *merge, uint32_t workers)
{
    CHECK(workers >= 1);
    CHECK(workers <= WORKERS_MAX);
    memset(merge, 0, sizeof *merge);
    merge->workers = workers;
}

const struct shm_outcome *
merge_outcome(const struct ring_spsc *outbox, uint64_t number)
{
    const struct shm_outbox_slot *slot = ring_spsc_slot(outbox, number);
    return &slot->outcome;
}

static const struct shm_outcome *
run_first(const struct merge_run *run)
{
    return merge_outcome(run->outbox, run->given);
}

static bool
run_is_empty(const struct merge_run *run)
{
    return run->given == run->arrived;
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

/* The run held nothing until now. */
static void
head_add(struct merge *merge, uint32_t worker)
{
    uint64_t decided = run_first(&merge->runs[worker])->decided_order;
    merge->heads[merge->head_count] = (struct merge_head){decided, worker};
    heap_rise(merge, merge->head_count++);
    limit_refresh(merge);
}

void
merge_open(struct merge *merge, uint32_t worker, const struct ring_spsc *outbox, uint64_t given,
           uint64_t arrived)
{
    CHECK(worker < merge->workers);
    merge->runs[worker] = (struct merge_run){outbox, given, arrived};
    if (given != arrived)
        head_add(merge, worker);
}

void
merge_add(struct merge *merge, uint32_t worker)
{
    CHECK(worker < merge->workers);
    struct merge_run *run = &merge->runs[worker];
    if (run->arrived++ == run->given)
        head_add(merge, worker);
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
    run->given++;
    if (run_is_empty(run)) {
        merge->heads[0] = merge->heads[--merge->head_count];
        limit_refresh(merge);
    } else {
        merge->heads[0].decided_order = run_first(run)->decided_order;
    }
    if (merge->head_count > 0)
        heap_sink(merge, 0);
}
