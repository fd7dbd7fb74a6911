#ifndef ENGINE_ROUTE_MAP_H
#define ENGINE_ROUTE_MAP_H

/*
 * engine/route_map.h - the calls that do not live where their hash says.
 *
 * A call's home is worker hash % workers. A call that was moved, that was opened elsewhere on
 * purpose, or that was related to another has an entry here until its worker has forgotten it.
 * Open addressing over a slab; nothing is allocated after route_map_open().
 *
 * Entries stand in a line, oldest first, so that somebody can be sent home when the slab is full;
 * and in groups: rings of calls that were related and so must stay together.
 *
 * Private memory of the front-end, one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/event_record.h"

enum {
    ROUTE_MAP_MAX = 1 << 20,
    ROUTE_NONE = 0, /* no entry; entries are numbered from 1 */
};

struct route_entry {
    uint64_t key;          /* hash of (link, callID) */
    uint64_t last_order;   /* of the last record pushed for it */
    uint32_t older;        /* neighbours in the line, ROUTE_NONE at its ends */
    uint32_t newer;        /* also the next free entry */
    uint32_t group_before; /* neighbours in the group's ring; itself when alone */
    uint32_t group_after;
    uint32_t next_gone; /* while `gone`: see route.c */
    bool gone;
    uint16_t worker;
    uint16_t link;
    uint8_t call_length;
    char call[EVENT_TEXT_LENGTH]; /* the callID, for the record that sends it home */
};

struct route_map {
    struct route_entry *entries; /* [capacity + 1]; number 0 is not used */
    uint32_t *slots;             /* entry numbers, [slot_mask + 1] */
    uint32_t slot_mask;
    uint32_t capacity;
    uint32_t count;
    uint32_t used; /* entries ever taken from the slab */
    uint32_t free; /* first of those given back */
    uint32_t oldest;
    uint32_t newest;
};

/* route_map_open - `capacity` 1..ROUTE_MAP_MAX. Pages are touched as they are needed. */
bool route_map_open(struct route_map *map, uint32_t capacity);
void route_map_close(struct route_map *map);

/* route_map_find - the entry of that key, or NULL. Valid until the next put or remove. */
struct route_entry *route_map_find(const struct route_map *map, uint64_t key);

/* route_map_oldest - the entry that was put first of those still there, or NULL. */
struct route_entry *route_map_oldest(const struct route_map *map);

/* route_map_group_after - the next of the entry's group; after as many steps as it has, itself. */
struct route_entry *route_map_group_after(const struct route_map *map,
                                          const struct route_entry *entry);

/* route_map_join - the groups of two entries become one. They must be different ones. */
void route_map_join(struct route_map *map, struct route_entry *one, struct route_entry *other);

/* route_map_leave - the entry is alone from now on. */
void route_map_leave(struct route_map *map, struct route_entry *entry);

/*
 * route_map_put - a new entry, last in the line, alone, with last_order 0
 *
 * The key must not be there and the map must not be full (CHECK); `call` is the callID.
 */
struct route_entry *route_map_put(struct route_map *map, uint64_t key, uint16_t link,
                                  struct text call, uint16_t worker);

void route_map_remove(struct route_map *map, struct route_entry *entry);

static inline bool
route_map_is_full(const struct route_map *map)
{
    return map->count == map->capacity;
}

#endif
