#include "tools/explain/past.h"

#include <stdlib.h>

#include "base/check.h"

/* A record, or an outcome, as it was copied. */
struct past_item {
    uint32_t channel;
    uint32_t frontend;
    uint64_t key;   /* what comes first: input order, ticks before messages */
    uint64_t place; /* within the channel */
    struct shm_history_entry entry;
    void *body; /* struct shm_outcome, or the packed record */
    uint32_t slots;
    char link[FLOW_NAME];
};

/* ---- gathering ----------------------------------------------------------------------------- */

static void *
copy_of(const void *bytes, size_t size)
{
    void *copy = malloc(size);
    CHECK(copy != NULL);
    memcpy(copy, bytes, size);
    return copy;
}

static void
set_link(struct past_item *item, const struct view_calls *calls, const struct event *event)
{
    const struct shm_worker_link *link = calls == NULL ? NULL : view_calls_link(calls, event->link);
    if (link == NULL || link->name_length >= FLOW_NAME)
        return;
    memcpy(item->link, link->name, link->name_length);
    item->link[link->name_length] = '\0';
}

/* An outcome belongs to the tick or the message that decided it. */
static uint64_t
key_of(const struct shm_history_entry *entry, const struct event *event,
       const struct shm_outcome *outcome)
{
    if (entry->kind == HISTORY_OUTCOME)
        return outcome->decided_order;
    return 2 * event->order + (event->kind != EVENT_TICK);
}

static struct past_item *
add_item(struct past *past, uint32_t channel, uint32_t frontend)
{
    past->items = flow_grow(past->items, past->item_count, sizeof *past->items);
    struct past_item *item = &past->items[past->item_count];
    *item = (struct past_item){.channel = channel, .frontend = frontend, .place = past->item_count};
    past->item_count++;
    return item;
}

static void
take_history(struct past *past, const struct view *view, uint32_t channel,
             struct view_history *history, const struct view_calls *calls)
{
    static struct event event; /* large */
    static struct shm_outcome outcome;
    struct shm_history_entry entry;
    past->has_lost = past->has_lost || history->at > 0;
    while (view_history_next(history, &entry, &event, &outcome)) {
        struct past_item *item = add_item(past, channel, channel / view->fixed.workers);
        item->entry = entry;
        item->key = key_of(&entry, &event, &outcome);
        item->slots = entry.bytes / EVENT_SLOT_SIZE;
        item->body = entry.kind == HISTORY_OUTCOME ? copy_of(&outcome, sizeof outcome)
                                                   : copy_of(history->body, entry.bytes);
        if (entry.kind == HISTORY_EVENT)
            set_link(item, calls, &event);
    }
    past->unsound += history->unsound;
}

static int
compare_items(const void *left, const void *right)
{
    const struct past_item *first = left;
    const struct past_item *second = right;
    if (first->frontend != second->frontend)
        return first->frontend < second->frontend ? -1 : 1;
    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    if (first->channel != second->channel)
        return first->channel < second->channel ? -1 : 1;
    return (first->place > second->place) - (first->place < second->place);
}

bool
past_open(struct past *past, const struct view *view, char *why)
{
    char other[VIEW_WHY];
    bool any = false;
    *past = (struct past){.calls = malloc(sizeof *past->calls)};
    CHECK(past->calls != NULL);
    for (uint32_t channel = 0; channel < view->channel_count; channel++) {
        struct view_history history;
        if (!view_history_open(&history, view, channel, why))
            continue;
        any = true;
        bool has_calls = view_calls_open(past->calls, view, channel, other);
        take_history(past, view, channel, &history, has_calls ? past->calls : NULL);
        if (has_calls)
            view_calls_close(past->calls);
        view_history_close(&history);
    }
    if (past->item_count > 0)
        qsort(past->items, past->item_count, sizeof *past->items, compare_items);
    return any;
}

void
past_close(struct past *past)
{
    for (uint32_t i = 0; i < past->item_count; i++)
        free(past->items[i].body);
    free(past->items);
    free(past->calls);
}

/* ---- telling ------------------------------------------------------------------------------- */

/* A record whose beginning is gone, or that is not done with: only what it decided is there. */
static void
stand_in(struct event *event, const struct shm_outcome *outcome)
{
    event_reset(event);
    event->kind = EVENT_TICK;
    event->order = outcome->decided_order / 2;
    event->seq = outcome->seq;
    event->flags = (outcome->flags & OUTCOME_HAS_TIME) != 0 ? EVENT_HAS_TIME : 0;
    event->time_us = outcome->time_us;
}

/* The items that are of one record: its outcomes, then itself. */
static uint32_t
items_of_record(const struct past *past, uint32_t from)
{
    const struct past_item *first = &past->items[from];
    uint32_t count = 0;
    for (uint32_t i = from; i < past->item_count; i++) {
        const struct past_item *item = &past->items[i];
        if (item->key != first->key || item->channel != first->channel)
            break;
        count++;
        if (item->entry.kind == HISTORY_EVENT)
            break;
    }
    return count;
}

static struct text
link_of(const struct past_item *item, const struct shm_outcome *outcome)
{
    if (item->link[0] != '\0' || outcome == NULL)
        return text_of(item->link);
    return outcome_text(outcome, OUTCOME_TEXT_LINK);
}

void
past_tell(const struct past *past, void (*take)(void *context, const struct flow_entry *entry),
          void *context)
{
    static struct event event; /* large */
    const struct shm_outcome **outcomes = malloc(sizeof *outcomes * (past->item_count + 1));
    CHECK(outcomes != NULL);
    for (uint32_t at = 0; at < past->item_count;) {
        uint32_t count = items_of_record(past, at);
        const struct past_item *last = &past->items[at + count - 1];
        bool is_whole = last->entry.kind == HISTORY_EVENT;
        uint32_t outcome_count = is_whole ? count - 1 : count;
        CHECK(is_whole || outcome_count > 0);
        for (uint32_t i = 0; i < outcome_count; i++)
            outcomes[i] = past->items[at + i].body;
        if (!is_whole)
            stand_in(&event, outcomes[0]);
        else
            CHECK(event_unpack(&event, last->body, last->slots) != 0); /* it was judged before */
        const struct flow_entry entry = {
            .event = &event,
            .link = link_of(last, outcome_count == 0 ? NULL : outcomes[0]),
            .subject = TEXT_NONE,
            .conn_id = is_whole ? last->entry.conn_id : 0,
            .other_conn_id = is_whole ? last->entry.other_conn_id : 0,
            .early_conn_id = is_whole ? last->entry.early_conn_id : 0,
            .rule = is_whole ? last->entry.rule : RULE_NONE,
            .is_copy = is_whole && last->entry.is_copy != 0,
            .outcomes = outcomes,
            .outcome_count = outcome_count,
        };
        take(context, &entry);
        at += count;
    }
    free(outcomes);
}
