#include "engine/route_map.h"

#include <string.h>

#include "base/check.h"

void
route_map_open(struct route_map *map, struct front *front, uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= ROUTE_MAP_MAX);
    *map = (struct route_map){.front = front, .capacity = capacity};
}

static struct shm_route_entry *
entry_at(const struct route_map *map, uint32_t number)
{
    return &map->front->tables->routes[number];
}

/* The entry of that number, about to change. */
static struct shm_route_entry *
touched(const struct route_map *map, uint32_t number)
{
    struct shm_route_entry *entry = entry_at(map, number);
    route_map_touch(map, entry);
    return entry;
}

static uint32_t
number_of(const struct route_map *map, const struct shm_route_entry *entry)
{
    return (uint32_t)(entry - map->front->tables->routes);
}

static uint32_t *
bucket_of(const struct route_map *map, uint64_t key)
{
    return &map->front->tables->route_buckets[key % ROUTE_MAP_BUCKETS];
}

struct shm_route_entry *
route_map_find(const struct route_map *map, uint64_t key)
{
    uint32_t number = *bucket_of(map, key);
    while (number != ROUTE_NONE && entry_at(map, number)->key != key)
        number = entry_at(map, number)->next;
    return number == ROUTE_NONE ? NULL : entry_at(map, number);
}

struct shm_route_entry *
route_map_oldest(const struct route_map *map)
{
    uint32_t oldest = map->front->now->all_routes.oldest;
    return oldest == ROUTE_NONE ? NULL : entry_at(map, oldest);
}

static uint32_t
take_free(const struct route_map *map)
{
    struct shm_front_places *places = &map->front->now->routes;
    uint32_t number = places->free;
    if (number == ROUTE_NONE)
        return ++places->used;
    places->free = entry_at(map, number)->next;
    return number;
}

struct shm_route_entry *
route_map_put(struct route_map *map, uint64_t key, uint16_t link, struct text call, uint16_t worker)
{
    CHECK(!route_map_is_full(map));
    CHECK(call.length <= EVENT_TEXT_LENGTH);
    DCHECK(route_map_find(map, key) == NULL);
    struct shm_front_cursors *now = map->front->now;
    uint32_t *bucket = bucket_of(map, key);
    uint32_t number = take_free(map);
    struct shm_route_entry *entry = touched(map, number);
    *entry = (struct shm_route_entry){
        .key = key,
        .next = *bucket,
        .older = now->all_routes.newest,
        .group_before = number,
        .group_after = number,
        .worker = worker,
        .link = link,
        .call_length = (uint8_t)call.length,
    };
    memcpy(entry->call, call.at, call.length);
    front_touch(map->front, bucket, sizeof *bucket);
    *bucket = number;
    if (now->all_routes.newest != ROUTE_NONE)
        touched(map, now->all_routes.newest)->newer = number;
    else
        now->all_routes.oldest = number;
    now->all_routes.newest = number;
    now->routes.count++;
    return entry;
}

struct shm_route_entry *
route_map_group_after(const struct route_map *map, const struct shm_route_entry *entry)
{
    return entry_at(map, entry->group_after);
}

/* Two rings cut open and closed again across. */
void
route_map_join(struct route_map *map, struct shm_route_entry *one, struct shm_route_entry *other)
{
    uint32_t one_after = one->group_after;
    uint32_t other_after = other->group_after;
    route_map_touch(map, one);
    route_map_touch(map, other);
    one->group_after = other_after;
    touched(map, other_after)->group_before = number_of(map, one);
    other->group_after = one_after;
    touched(map, one_after)->group_before = number_of(map, other);
}

void
route_map_leave(struct route_map *map, struct shm_route_entry *entry)
{
    touched(map, entry->group_before)->group_after = entry->group_after;
    touched(map, entry->group_after)->group_before = entry->group_before;
    route_map_touch(map, entry);
    entry->group_before = entry->group_after = number_of(map, entry);
}

static void
leave_bucket(const struct route_map *map, const struct shm_route_entry *entry)
{
    uint32_t number = number_of(map, entry);
    uint32_t *at = bucket_of(map, entry->key);
    while (*at != number) {
        CHECK(*at != ROUTE_NONE);
        at = &entry_at(map, *at)->next;
    }
    front_touch(map->front, at, sizeof *at);
    *at = entry->next;
}

void
route_map_remove(struct route_map *map, struct shm_route_entry *entry)
{
    struct shm_front_cursors *now = map->front->now;
    leave_bucket(map, entry);
    route_map_leave(map, entry);
    if (entry->older != ROUTE_NONE)
        touched(map, entry->older)->newer = entry->newer;
    else
        now->all_routes.oldest = entry->newer;
    if (entry->newer != ROUTE_NONE)
        touched(map, entry->newer)->older = entry->older;
    else
        now->all_routes.newest = entry->older;
    entry->next = now->routes.free;
    now->routes.free = number_of(map, entry);
    now->routes.count--;
}
