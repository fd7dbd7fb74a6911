#include "engine/link.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

enum {
    SLOTS = LINKS_MAX * 2,
};

static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found by a mask");
static_assert(LINKS_MAX < UINT16_MAX, "a slot holds index + 1");

/* The slot of that name, or the empty one where it would go. */
static uint16_t *
slot_of(const struct link_table *table, struct text name)
{
    const struct shm_link *links = table->front->tables->links;
    uint64_t at = hash_text(0, name) % SLOTS;
    while (table->slots[at] != 0 && !text_is_equal(text_of(links[table->slots[at] - 1].name), name))
        at = (at + 1) % SLOTS;
    return &table->slots[at];
}

bool
link_table_open(struct link_table *table, struct front *front)
{
    *table = (struct link_table){
        .front = front,
        .slots = calloc(SLOTS, sizeof *table->slots),
    };
    if (table->slots == NULL)
        return false;
    for (uint32_t i = 0; i < front->now->links.count; i++)
        *slot_of(table, text_of(front_link(front, i)->name)) =
            (uint16_t)(front_link(front, i)->index + 1);
    return true;
}

void
link_table_close(struct link_table *table)
{
    free(table->slots);
    *table = (struct link_table){.front = NULL};
}

static struct shm_link *
add_link(struct link_table *table, struct text name, uint16_t *slot)
{
    struct shm_front_places *places = &table->front->now->links;
    if (places->count == table->front->links_max)
        return NULL;
    struct shm_link *link = front_link(table->front, places->count);
    link_touch(table->front, link);
    *link = (struct shm_link){.index = (uint16_t)(table->front->first_link + places->count)};
    memcpy(link->name, name.at, name.length);
    *slot = (uint16_t)(link->index + 1);
    places->count++;
    return link;
}

struct shm_link *
link_table_find(struct link_table *table, struct text name)
{
    CHECK(name.length >= 1 && name.length <= EVENT_TEXT_LENGTH);
    if (table->last != NULL && text_is_equal(text_of(table->last->name), name))
        return table->last;
    uint16_t *slot = slot_of(table, name);
    struct shm_link *link =
        *slot != 0 ? &table->front->tables->links[*slot - 1] : add_link(table, name, slot);
    if (link != NULL)
        table->last = link;
    return link;
}

/* A clock that comes late, or that was set: what it shows from now on is later than the link's own
 * clock by so much. No time has passed. */
static void
set_ahead(struct shm_link *link, int64_t now_ms)
{
    link->ahead_ms = now_ms - (int64_t)(link->clock_ms + 1);
}

static void
take_time(struct shm_link *link, const struct link_moment *moment)
{
    int64_t now_ms = moment->time_us / 1000;
    int64_t passed_ms = now_ms - link->ahead_ms - (int64_t)link->clock_ms;
    bool is_late = !link->timed && link->clock_ms > 0;
    bool leaps = moment->is_stamp && (passed_ms > LINK_LEAP_MS || passed_ms < -LINK_BACK_MS);
    if (is_late || (link->timed && (moment->was_set || leaps)))
        set_ahead(link, now_ms);
    link->timed = true;
    link->time_us = moment->time_us;
    int64_t clock_ms = now_ms - link->ahead_ms;
    if (clock_ms > (int64_t)link->clock_ms)
        link->clock_ms = (uint64_t)clock_ms;
}

bool
link_advance(struct shm_link *link, const struct link_moment *moment)
{
    bool first = !link->started;
    uint64_t tick_ms = link_tick_ms(link);
    link->started = true;
    if (moment->has_time)
        take_time(link, moment);
    else if (moment->counts)
        link->clock_ms++;
    return first || link_tick_ms(link) != tick_ms;
}

bool
link_loses_events(struct shm_link *link, enum system_status status)
{
    bool was_disabled = link->disabled != 0;
    if (status == STATUS_DISABLED || status == STATUS_INITIALIZING) {
        link->epoch++;
        link->disabled = 1;
    } else if (status == STATUS_ENABLED || status == STATUS_NORMAL) {
        link->disabled = 0;
    }
    return status == STATUS_MESSAGES_LOST || (was_disabled && link->disabled == 0);
}

bool
link_goes_down(struct shm_link *link)
{
    if (link->down != 0)
        return false;
    link->down = 1;
    link->epoch++;
    return true;
}
