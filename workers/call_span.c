/*
 * workers/call_span.c - the lists of calls that wait for a moment of their link's clock.
 *
 * A span's length is nearly always the same and the clock never falls, so a new entry belongs
 * at or near the tail: it is put there by walking back from it.
 */
#include "workers/call_table.h"

static struct shm_span_list *
list_of(const struct call_table *table, uint16_t link, enum call_span span)
{
    return &table->links[link].spans[span];
}

/* The first or last call of a list is about to change. */
static void
touch_list(const struct call_table *table, uint16_t link)
{
    table_touch(table, &table->links[link], sizeof table->links[link]);
}

/* One call's place in a list is about to change. */
static struct shm_span *
place_of(const struct call_table *table, uint32_t number, enum call_span span)
{
    struct shm_span *place = span_at(table, number, span);
    table_touch(table, place, sizeof *place);
    return place;
}

void
span_clear(struct call_table *table, struct call call, enum call_span span)
{
    if (!span_is_set(call, span))
        return;
    struct shm_span_list *list = list_of(table, call.slot->link, span);
    struct shm_span *place = span_at(table, call.number, span);
    touch_list(table, call.slot->link);
    struct shm_worker_link *link = &table->links[call.slot->link];
    if (span == SPAN_IDLE && link->asked == call.number)
        link->asked = place->previous;
    if (place->previous != 0)
        place_of(table, place->previous, span)->next = place->next;
    else
        list->head = place->next;
    if (place->next != 0)
        place_of(table, place->next, span)->previous = place->previous;
    else
        list->tail = place->previous;
    call.slot->spans = (uint8_t)(call.slot->spans & ~(1u << span));
}

void
span_set(struct call_table *table, struct call call, enum call_span span, uint64_t due_ms)
{
    span_clear(table, call, span);
    struct shm_span_list *list = list_of(table, call.slot->link, span);
    uint32_t before = list->tail;
    while (before != 0 && span_at(table, before, span)->due_ms > due_ms)
        before = span_at(table, before, span)->previous;
    uint32_t after = before != 0 ? span_at(table, before, span)->next : list->head;
    touch_list(table, call.slot->link);
    *place_of(table, call.number, span) = (struct shm_span){due_ms, before, after};
    if (before != 0)
        place_of(table, before, span)->next = call.number;
    else
        list->head = call.number;
    if (after != 0)
        place_of(table, after, span)->previous = call.number;
    else
        list->tail = call.number;
    call.slot->spans = (uint8_t)(call.slot->spans | 1u << span);
}

struct call
span_first(const struct call_table *table, uint16_t link, enum call_span span)
{
    uint32_t head = list_of(table, link, span)->head;
    return head == 0 ? CALL_NONE : call_table_at(table, head);
}

struct call
span_first_unasked(const struct call_table *table, uint16_t link)
{
    uint32_t asked = table->links[link].asked;
    if (asked == 0)
        return span_first(table, link, SPAN_IDLE);
    return span_next(table, call_table_at(table, asked), SPAN_IDLE);
}

void
span_note_asked(struct call_table *table, struct call call)
{
    touch_list(table, call.slot->link);
    table->links[call.slot->link].asked = call.number;
}
