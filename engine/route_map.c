#include "engine/route_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

bool
route_map_open(struct route_map *map, uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= ROUTE_MAP_MAX);
    uint32_t slots = 2;
    while (slots < capacity * 2)
        slots *= 2;
    *map = (struct route_map){
        .entries = calloc((size_t)capacity + 1, sizeof *map->entries),
        .slots = calloc(slots, sizeof *map->slots),
        .slot_mask = slots - 1,
        .capacity = capacity,
    };
    if (map->entries != NULL && map->slots != NULL)
        return true;
    route_map_close(map);
    return false;
}

void
route_map_close(struct route_map *map)
{
    free(map->entries);
    free(map->slots);
    *map = (struct route_map){.count = 0};
}

/* The slot that holds the key, or the empty one where it would go. */
static uint32_t
find_slot(const struct route_map *map, uint64_t key)
{
    uint32_t slot = (uint32_t)key & map->slot_mask;
    while (map->slots[slot] != ROUTE_NONE && map->entries[map->slots[slot]].key != key)
        slot = (slot + 1) & map->slot_mask;
    return slot;
}

struct route_entry *
route_map_find(const struct route_map *map, uint64_t key)
{
    uint32_t number = map->slots[find_slot(map, key)];
    return number == ROUTE_NONE ? NULL : &map->entries[number];
}

struct route_entry *
route_map_oldest(const struct route_map *map)
{
    return map->oldest == ROUTE_NONE ? NULL : &map->entries[map->oldest];
}

struct route_entry *
route_map_put(struct route_map *map, uint64_t key, uint16_t link, struct text call, uint16_t worker)
{
    CHECK(!route_map_is_full(map));
    CHECK(call.length <= EVENT_TEXT_LENGTH);
    uint32_t slot = find_slot(map, key);
    CHECK(map->slots[slot] == ROUTE_NONE);

    uint32_t number = map->free;
    if (number != ROUTE_NONE)
        map->free = map->entries[number].newer;
    else
        number = ++map->used;
    struct route_entry *entry = &map->entries[number];
    *entry = (struct route_entry){
        .key = key,
        .older = map->newest,
        .group_before = number,
        .group_after = number,
        .worker = worker,
        .link = link,
        .call_length = (uint8_t)call.length,
    };
    memcpy(entry->call, call.at, call.length);
    if (map->newest != ROUTE_NONE)
        map->entries[map->newest].newer = number;
    else
        map->oldest = number;
    map->newest = number;
    map->slots[slot] = number;
    map->count++;
    return entry;
}

static uint32_t
number_of(const struct route_map *map, const struct route_entry *entry)
{
    return (uint32_t)(entry - map->entries);
}

struct route_entry *
route_map_group_after(const struct route_map *map, const struct route_entry *entry)
{
    return &map->entries[entry->group_after];
}

/* Two rings cut open and closed again across. */
void
route_map_join(struct route_map *map, struct route_entry *one, struct route_entry *other)
{
    uint32_t one_after = one->group_after;
    uint32_t other_after = other->group_after;
    one->group_after = other_after;
    map->entries[other_after].group_before = number_of(map, one);
    other->group_after = one_after;
    map->entries[one_after].group_before = number_of(map, other);
}

void
route_map_leave(struct route_map *map, struct route_entry *entry)
{
    map->entries[entry->group_before].group_after = entry->group_after;
    map->entries[entry->group_after].group_before = entry->group_before;
    entry->group_before = entry->group_after = number_of(map, entry);
}

/* Linear probing without tombstones: whoever was pushed behind the gap moves into it. */
static void
close_gap(struct route_map *map, uint32_t gap)
{
    uint32_t slot = gap;
    for (;;) {
        slot = (slot + 1) & map->slot_mask;
        uint32_t number = map->slots[slot];
        if (number == ROUTE_NONE)
            break;
        uint32_t wanted = (uint32_t)map->entries[number].key & map->slot_mask;
        if (((slot - wanted) & map->slot_mask) >= ((slot - gap) & map->slot_mask)) {
            map->slots[gap] = number;
            gap = slot;
        }
    }
    map->slots[gap] = ROUTE_NONE;
}

void
route_map_remove(struct route_map *map, struct route_entry *entry)
{
    uint32_t slot = find_slot(map, entry->key);
    uint32_t number = map->slots[slot];
    CHECK(number != ROUTE_NONE && entry == &map->entries[number]);
    close_gap(map, slot);
    route_map_leave(map, entry);

    if (entry->older != ROUTE_NONE)
        map->entries[entry->older].newer = entry->newer;
    else
        map->oldest = entry->newer;
    if (entry->newer != ROUTE_NONE)
        map->entries[entry->newer].older = entry->older;
    else
        map->newest = entry->older;
    entry->newer = map->free;
    map->free = number;
    map->count--;
}
