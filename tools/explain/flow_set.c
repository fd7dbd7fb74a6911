/*
 * tools/explain/flow_set.c - all flows at once: which calls belong together, and whose an entry is.
 */
#include <stdlib.h>

#include "base/check.h"
#include "tools/explain/flow.h"

/* ---- groups -------------------------------------------------------------------------------- */

/* Calls, each pointing towards one that stands for its group. */
struct groups {
    struct flow_index numbers; /* of calls */
    uint32_t *towards;
    uint32_t count;
};

static uint32_t
number_of(struct groups *groups, uint64_t conn_id)
{
    uint32_t number;
    if (flow_index_find(&groups->numbers, conn_id, &number))
        return number;
    groups->towards = flow_grow(groups->towards, groups->count, sizeof *groups->towards);
    groups->towards[groups->count] = groups->count;
    flow_index_put(&groups->numbers, conn_id, groups->count);
    return groups->count++;
}

static uint32_t
group_of(struct groups *groups, uint64_t conn_id)
{
    uint32_t at = number_of(groups, conn_id);
    CHECK(groups->towards != NULL); /* it has a number */
    while (groups->towards[at] != at) {
        groups->towards[at] = groups->towards[groups->towards[at]];
        at = groups->towards[at];
    }
    return at;
}

static void
groups_make(struct groups *groups, const struct flow_search *search)
{
    *groups = (struct groups){.count = 0};
    for (uint32_t i = 0; i < search->found_count; i++)
        (void)number_of(groups, search->found[i]);
    for (uint32_t i = 0; i < search->join_count; i++) {
        uint32_t one = group_of(groups, search->joins[i].conn_id);
        uint32_t other = group_of(groups, search->joins[i].other);
        groups->towards[one > other ? one : other] = one > other ? other : one;
    }
}

static void
groups_free(struct groups *groups)
{
    flow_index_free(&groups->numbers);
    free(groups->towards);
}

/* ---- joins by group ------------------------------------------------------------------------ */

struct group_join {
    uint32_t group;
    uint32_t number; /* as they came */
    struct flow_pair pair;
};

static int
by_group(const void *left, const void *right)
{
    const struct group_join *one = left;
    const struct group_join *other = right;
    if (one->group != other->group)
        return one->group < other->group ? -1 : 1;
    return (one->number > other->number) - (one->number < other->number);
}

static struct group_join *
sorted_joins(struct groups *groups, const struct flow_search *search)
{
    struct group_join *joins = calloc((size_t)search->join_count + 1, sizeof *joins);
    CHECK(joins != NULL);
    for (uint32_t i = 0; i < search->join_count; i++)
        joins[i] =
            (struct group_join){group_of(groups, search->joins[i].conn_id), i, search->joins[i]};
    if (search->join_count > 0)
        qsort(joins, search->join_count, sizeof *joins, by_group);
    return joins;
}

/* The first of the group, or where it would stand. */
static uint32_t
first_of(const struct group_join *joins, uint32_t count, uint32_t group)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (joins[middle].group < group)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- flows --------------------------------------------------------------------------------- */

static void
add_call(struct flow_set *set, uint32_t which, uint64_t conn_id)
{
    struct flow *flow = &set->flows[which];
    uint32_t known;
    if (flow->call_count == FLOW_CALLS_MAX || flow_index_find(&set->index, conn_id, &known))
        return;
    flow->calls = flow_grow(flow->calls, flow->call_count, sizeof *flow->calls);
    flow->calls[flow->call_count++] = (struct flow_call){.conn_id = conn_id};
    flow_index_put(&set->index, conn_id, which);
}

static bool
is_in(const struct flow_set *set, uint32_t which, uint64_t conn_id)
{
    uint32_t number;
    return flow_index_find(&set->index, conn_id, &number) && number == which;
}

/* All that can be reached from the first call over these joins. */
static void
add_related(struct flow_set *set, uint32_t which, const struct group_join *joins, uint32_t count)
{
    uint32_t before;
    do {
        before = set->flows[which].call_count;
        for (uint32_t i = 0; i < count; i++) {
            const struct flow_pair *pair = &joins[i].pair;
            if (is_in(set, which, pair->conn_id))
                add_call(set, which, pair->other);
            else if (is_in(set, which, pair->other))
                add_call(set, which, pair->conn_id);
        }
    } while (set->flows[which].call_count != before);
}

void
flows_make(struct flow_set *set, const struct flow_search *search)
{
    struct groups groups;
    *set = (struct flow_set){.count = 0};
    groups_make(&groups, search);
    struct group_join *joins = sorted_joins(&groups, search);
    for (uint32_t i = 0; i < search->found_count; i++) {
        uint32_t known;
        if (flow_index_find(&set->index, search->found[i], &known))
            continue;
        uint32_t group = group_of(&groups, search->found[i]);
        uint32_t first = first_of(joins, search->join_count, group);
        uint32_t end = first_of(joins, search->join_count, group + 1);
        set->flows = flow_grow(set->flows, set->count, sizeof *set->flows);
        set->flows[set->count++] = (struct flow){.wanted = search->call_id};
        add_call(set, set->count - 1, search->found[i]);
        add_related(set, set->count - 1, joins + first, end - first);
    }
    free(joins);
    groups_free(&groups);
}

void
flows_free(struct flow_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        flow_free(&set->flows[i]);
    free(set->flows);
    flow_index_free(&set->index);
    *set = (struct flow_set){.count = 0};
}

/* ---- entries ------------------------------------------------------------------------------- */

/* Once, however many of its calls the entry is about. */
static void
take_for(struct flow_set *set, uint64_t conn_id, const struct flow_entry *entry)
{
    uint32_t which;
    if (!flow_index_find(&set->index, conn_id, &which) || set->flows[which].turn == set->turn)
        return;
    set->flows[which].turn = set->turn;
    flow_take(&set->flows[which], entry);
}

/* Of no call yet, or of all: each flow knows whether it waits for such. */
static bool
is_for_all(const struct flow_set *set, const struct flow_entry *entry)
{
    uint8_t kind = entry->event->kind;
    if (kind == EVENT_LINK_DOWN || kind == EVENT_LINK_UP)
        return true;
    return entry->conn_id == 0 && kind >= EVENT_CLEAR_CONNECTION && set->count > 0 &&
           text_is_equal(entry->event->texts[EVENT_TEXT_CALL], set->flows[0].wanted);
}

void
flows_take(struct flow_set *set, const struct flow_entry *entry)
{
    set->turn++;
    if (is_for_all(set, entry)) {
        for (uint32_t i = 0; i < set->count; i++)
            flow_take(&set->flows[i], entry);
        return;
    }
    take_for(set, entry->conn_id, entry);
    take_for(set, entry->other_conn_id, entry);
    for (uint32_t i = 0; i < entry->outcome_count; i++)
        take_for(set, entry->outcomes[i]->conn_id, entry);
}
