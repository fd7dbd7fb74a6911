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
        *slot_of(table, text_of(front->tables->links[i].name)) = (uint16_t)(i + 1);
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
    if (places->count == LINKS_MAX)
        return NULL;
    struct shm_link *link = &table->front->tables->links[places->count];
    link_touch(table->front, link);
    *link = (struct shm_link){.index = (uint16_t)places->count};
    memcpy(link->name, name.at, name.length);
    *slot = (uint16_t)++places->count;
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

bool
link_advance(struct shm_link *link, bool has_time, int64_t time_us, bool counts)
{
    bool first = !link->started;
    uint64_t tick_ms = link_tick_ms(link);
    link->started = true;
    if (has_time) {
        uint64_t now_ms = (uint64_t)time_us / 1000;
        link->timed = true;
        link->time_us = time_us;
        if (now_ms > link->clock_ms)
            link->clock_ms = now_ms;
    } else if (counts) {
        link->clock_ms++;
    }
    return first || link_tick_ms(link) != tick_ms;
}
