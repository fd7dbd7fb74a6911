#ifndef ENGINE_ROUTE_MAP_H
#define ENGINE_ROUTE_MAP_H

/*
 * engine/route_map.h - the calls that do not live where their hash says.
 *
 * A call's home is worker hash % workers. A call that was moved, that was opened elsewhere on
 * purpose, or that was related to another has an entry here until its worker has forgotten it.
 * Chains over a slab; one change touches a few places only, however many entries share a hash.
 *
 * Entries stand in a line, oldest first, so that somebody can be sent home when the slab is full;
 * and in groups: rings of calls that were related and so must stay together.
 *
 * Memory of the front-end (engine/front.h), one thread; what changes something needs a transaction
 * in hand, and who changes an entry touches it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/front.h"

enum {
    ROUTE_NONE = 0, /* no entry; entries are numbered from 1 */
};

struct route_map {
    struct front *front;
    uint32_t capacity;
};

/* route_map_open - over the entries that are there; `capacity` 1..ROUTE_MAP_MAX, the same in every
 * life. */
void route_map_open(struct route_map *map, struct front *front, uint32_t capacity);

/* route_map_find - the entry of that key, or NULL. Valid until the next put or remove. */
struct shm_route_entry *route_map_find(const struct route_map *map, uint64_t key);

/* route_map_oldest - the entry that was put first of those still there, or NULL. */
struct shm_route_entry *route_map_oldest(const struct route_map *map);

/* route_map_group_after - the next of the entry's group; after as many steps as it has, itself. */
struct shm_route_entry *route_map_group_after(const struct route_map *map,
                                              const struct shm_route_entry *entry);

/* route_map_join - the groups of two entries become one. They must be different ones. */
void route_map_join(struct route_map *map, struct shm_route_entry *one,
                    struct shm_route_entry *other);

/* route_map_leave - the entry is alone from now on. */
void route_map_leave(struct route_map *map, struct shm_route_entry *entry);

/*
 * route_map_put - a new entry, last in the line, alone, with last_order 0
 *
 * The key must not be there and the map must not be full (CHECK); `call` is the callID.
 */
struct shm_route_entry *route_map_put(struct route_map *map, uint64_t key, uint16_t link,
                                      struct text call, uint16_t worker);

void route_map_remove(struct route_map *map, struct shm_route_entry *entry);

static inline uint32_t
route_map_count(const struct route_map *map)
{
    return map->front->now->routes.count;
}

static inline bool
route_map_is_full(const struct route_map *map)
{
    return route_map_count(map) == map->capacity;
}

static inline void
route_map_touch(const struct route_map *map, struct shm_route_entry *entry)
{
    front_touch(map->front, entry, sizeof *entry);
}

#endif
