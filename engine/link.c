#include "engine/link.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

enum {
    SLOTS = LINKS_MAX * 2,
};

static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are found by a mask");
static_assert(LINKS_MAX < UINT16_MAX, "a slot holds index + 1");

bool
link_table_open(struct link_table *table)
{
    *table = (struct link_table){
        .links = calloc(LINKS_MAX, sizeof *table->links),
        .slots = calloc(SLOTS, sizeof *table->slots),
    };
    if (table->links != NULL && table->slots != NULL)
        return true;
    link_table_close(table);
    return false;
}

void
link_table_close(struct link_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        free(table->links[i]);
    free(table->links);
    free(table->slots);
    *table = (struct link_table){.count = 0};
}

static struct link *
add_link(struct link_table *table, struct text name, uint16_t *slot)
{
    if (table->count == LINKS_MAX)
        return NULL;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    memcpy(link->name, name.at, name.length);
    link->index = (uint16_t)table->count;
    table->links[table->count++] = link;
    *slot = (uint16_t)table->count;
    return link;
}

struct link *
link_table_find(struct link_table *table, struct text name)
{
    CHECK(name.length >= 1 && name.length <= EVENT_TEXT_LENGTH);
    if (table->last != NULL && text_is_equal(text_of(table->last->name), name))
        return table->last;
    uint64_t at = hash_text(0, name) % SLOTS;
    for (; table->slots[at] != 0; at = (at + 1) % SLOTS) {
        struct link *link = table->links[table->slots[at] - 1];
        if (text_is_equal(text_of(link->name), name))
            return table->last = link;
    }
    struct link *link = add_link(table, name, &table->slots[at]);
    if (link != NULL)
        table->last = link;
    return link;
}

bool
link_advance(struct link *link, bool has_time, int64_t time_us, bool counts)
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
