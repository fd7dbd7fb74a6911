#include "engine/route.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

enum {
    MOST_NEW_ENTRIES = 2, /* that one event can make */
    CLOSED_AT_ONCE = 64,
};

bool
route_open(struct route *route, struct shared_engine *engine, uint32_t map_capacity)
{
    CHECK(map_capacity >= 2 * MOST_NEW_ENTRIES);
    *route = (struct route){
        .engine = engine,
        .counters = &engine->frontend->counters,
        .workers = engine->shape.workers,
    };
    if (route->workers == 1)
        return true;
    route->seen = calloc(ROUTE_SEEN_BITS / 8, 1);
    route->held = calloc(ROUTE_HELD_SLOTS, sizeof *route->held);
    if (route->seen != NULL && route->held != NULL && route_map_open(&route->map, map_capacity))
        return true;
    route_close(route);
    return false;
}

void
route_close(struct route *route)
{
    free(route->seen);
    free(route->held);
    route_map_close(&route->map);
    route->seen = NULL;
    route->held = NULL;
}

static uint64_t
call_key(uint16_t link, struct text call)
{
    return hash_text(link, call);
}

static bool
was_seen(const struct route *route, uint64_t key)
{
    uint64_t bit = (key >> 32) % ROUTE_SEEN_BITS;
    return (route->seen[bit / 8] >> (bit % 8) & 1) != 0;
}

static uint32_t
home_of(const struct route *route, uint64_t key)
{
    return (uint32_t)(key % route->workers);
}

static uint32_t
worker_of(const struct route *route, uint64_t key)
{
    if (route->map.count == 0)
        return home_of(route, key);
    const struct route_entry *entry = route_map_find(&route->map, key);
    return entry == NULL ? home_of(route, key) : entry->worker;
}

uint32_t
route_worker(const struct route *route, uint16_t link, struct text call)
{
    return worker_of(route, call_key(link, call));
}

/* What a worker has forgotten need not be found there, if nothing was sent for it since. */
static void
forget_closed(struct route *route, uint32_t worker)
{
    struct ring_spsc *ring = &route->engine->closed[worker];
    uint32_t count = ring_spsc_poll(ring, CLOSED_AT_ONCE);
    for (uint32_t i = 0; i < count; i++) {
        const struct shm_closed_call *closed = ring_spsc_slot(ring, ring->position + i);
        uint64_t last_order = closed->last_order;
        struct route_entry *entry = NULL;
        if (route->map.count > 0)
            entry = route_map_find(&route->map, closed->key);
        if (entry != NULL && entry->worker == worker && entry->last_order == last_order)
            route_map_remove(&route->map, entry);
    }
    if (count == 0)
        return;
    ring_spsc_release(ring, count);
    doorbell_ring(&route->engine->workers[worker].doorbell);
}

void
route_publish(struct route *route, bool everybody)
{
    struct shared_engine *engine = route->engine;
    bool got[WORKERS_MAX] = {false};
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        got[worker] = ring_spsc_held(&engine->rings[worker]) > 0;
        if (got[worker])
            ring_spsc_publish(&engine->rings[worker], 0);
    }
    watermark_set(engine, route->complete);
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        if (got[worker] || everybody)
            doorbell_ring(&engine->workers[worker].doorbell);
        forget_closed(route, worker);
    }
}

void
route_complete(struct route *route, uint64_t order)
{
    DCHECK(order >= route->complete);
    route->complete = order;
}

/* A worker that died is no reason to stop waiting: the supervisor ends us all then. */
static void
wait_for_room(struct route *route, uint32_t worker, uint32_t slots)
{
    struct ring_spsc *ring = &route->engine->rings[worker];
    struct shm_doorbell *bell = &route->engine->frontend->doorbell;
    counter_add(route->counters, COUNTER_RING_WAITS, 1);
    for (uint32_t spin = 0; spin < ROUTE_SPINS; spin++) {
        if (ring_spsc_claim(ring, slots))
            return;
    }
    for (;;) {
        for (uint32_t other = 0; other < route->workers; other++)
            forget_closed(route, other);
        uint32_t token = doorbell_prepare(bell);
        bool room = ring_spsc_claim(ring, slots);
        if (!room)
            doorbell_sleep(bell, token);
        doorbell_finish(bell);
        if (room)
            return;
    }
}

static void
stage(struct route *route, uint32_t worker, const struct event *event)
{
    struct ring_spsc *ring = &route->engine->rings[worker];
    uint32_t slots = event_pack_slots(event);
    if (!ring_spsc_claim(ring, slots)) {
        route_publish(route, false);
        wait_for_room(route, worker, slots);
    }
    event_pack(event, ring_spsc_slot(ring, ring->position), slots);
    ring_spsc_stage(ring, slots);
    counter_add(route->counters, COUNTER_RECORDS, 1);
}

void
route_broadcast(struct route *route, const struct event *event)
{
    for (uint32_t worker = 0; worker < route->workers; worker++)
        stage(route, worker, event);
}

/*
 * Remembers that a record with this order goes out for the call. Always before it is staged:
 * staging may wait, and a call with a record on its way must not be forgotten then.
 */
static void
note_record(struct route *route, uint64_t key, uint64_t order)
{
    uint64_t bit = (key >> 32) % ROUTE_SEEN_BITS;
    route->seen[bit / 8] |= (uint8_t)(1u << (bit % 8));
    if (route->map.count == 0)
        return;
    struct route_entry *entry = route_map_find(&route->map, key);
    if (entry != NULL)
        entry->last_order = order;
}

/* OUT goes first in time, so whoever waits for IN waits for something already on its way. */
static void
move_call(struct route *route, const struct event *cause, uint16_t link, struct text call,
          uint32_t from, uint32_t to)
{
    struct event *move = &route->move;
    event_reset(move);
    move->link = link;
    move->flags = cause->link == link ? cause->flags & EVENT_HAS_TIME : 0;
    move->order = cause->order;
    move->seq = cause->seq;
    move->time_us = cause->time_us;
    move->clock_ms = cause->clock_ms;
    move->request = ++route->moves;
    move->texts[EVENT_TEXT_CALL] = call;
    move->kind = EVENT_MOVE_OUT;
    move->extra = to;
    stage(route, from, move);
    move->kind = EVENT_MOVE_IN;
    move->extra = from;
    stage(route, to, move);
    counter_add(route->counters, COUNTER_MOVES, 1);
}

/* Makes space in the map for what one event can add; whoever is away longest goes home. */
static void
make_space(struct route *route, const struct event *cause)
{
    while (route->map.capacity - route->map.count < MOST_NEW_ENTRIES) {
        struct route_entry *entry = route_map_oldest(&route->map);
        struct route_entry copy = *entry;
        struct text call = {copy.call, copy.call_length};
        route_map_remove(&route->map, entry);
        move_call(route, cause, copy.link, call, copy.worker, home_of(route, copy.key));
    }
}

/* From now on the call's records go to `worker`. */
static void
settle(struct route *route, uint64_t key, uint16_t link, struct text call, uint32_t worker)
{
    struct route_entry *entry = route_map_find(&route->map, key);
    if (entry != NULL && worker == home_of(route, key))
        route_map_remove(&route->map, entry);
    else if (entry != NULL)
        entry->worker = (uint16_t)worker;
    else if (worker != home_of(route, key))
        route_map_put(&route->map, key, link, call, (uint16_t)worker);
}

/* Another call than the primary one that the event names: the text, or none. */
static struct text
other_call(const struct event *event, enum event_text which)
{
    struct text call = event->texts[which];
    return text_is_equal(call, event->texts[EVENT_TEXT_CALL]) ? TEXT_NONE : call;
}

static void
fetch_call(struct route *route, const struct event *event, struct text call, uint32_t winner)
{
    if (text_is_none(call))
        return;
    uint64_t key = call_key(event->link, call);
    uint32_t loser = worker_of(route, key);
    bool known = was_seen(route, key);
    note_record(route, key, event->order);
    if (known && loser != winner)
        move_call(route, event, event->link, call, loser, winner);
}

static void
keep_call(struct route *route, const struct event *event, struct text call, uint32_t winner)
{
    if (text_is_none(call))
        return;
    uint64_t key = call_key(event->link, call);
    settle(route, key, event->link, call, winner);
    note_record(route, key, event->order);
}

/* The map changes last: what is forgotten while staging waits is put right then. */
static void
route_related(struct route *route, const struct event *event)
{
    make_space(route, event);
    struct text second = other_call(event, EVENT_TEXT_SECOND_CALL);
    struct text result = other_call(event, EVENT_TEXT_NEW_CALL);
    if (text_is_equal(second, result))
        result = TEXT_NONE;
    uint64_t key = call_key(event->link, event->texts[EVENT_TEXT_CALL]);
    note_record(route, key, event->order);
    uint32_t winner = worker_of(route, key);
    fetch_call(route, event, second, winner);
    fetch_call(route, event, result, winner);
    stage(route, winner, event);
    keep_call(route, event, second, winner);
    keep_call(route, event, result, winner);
}

static struct route_held *
held_by(const struct route *route, const struct event *event, uint64_t *device_key)
{
    *device_key = hash_text(event->link, event->texts[EVENT_TEXT_DEVICE]);
    return &route->held[*device_key % ROUTE_HELD_SLOTS];
}

/*
 * A device that holds a call and opens another will probably join the two. If nobody has heard
 * of the new one yet, it may as well be opened where the held one lives.
 */
static void
choose_worker(struct route *route, const struct event *event, uint64_t key)
{
    uint64_t device_key;
    const struct route_held *held = held_by(route, event, &device_key);
    if (held->device_key != device_key || was_seen(route, key))
        return;
    uint32_t worker = worker_of(route, held->call_key);
    if (worker == worker_of(route, key))
        return;
    make_space(route, event);
    settle(route, key, event->link, event->texts[EVENT_TEXT_CALL], worker);
}

static void
note_held(struct route *route, const struct event *event, uint64_t key)
{
    uint64_t device_key;
    struct route_held *held = held_by(route, event, &device_key);
    *held = (struct route_held){.device_key = device_key, .call_key = key};
}

void
route_call(struct route *route, const struct event *event)
{
    if (route->workers == 1) {
        stage(route, 0, event);
        return;
    }
    uint64_t key = call_key(event->link, event->texts[EVENT_TEXT_CALL]);
    note_record(route, key, event->order);
    stage(route, worker_of(route, key), event);
}

void
route_event(struct route *route, const struct event *event)
{
    if (route->workers == 1) {
        stage(route, 0, event);
        return;
    }
    if (event->kind == EVENT_CONFERENCED || event->kind == EVENT_TRANSFERRED) {
        route_related(route, event);
        return;
    }
    uint64_t key = call_key(event->link, event->texts[EVENT_TEXT_CALL]);
    if (event->kind == EVENT_SERVICE_INITIATED || event->kind == EVENT_ORIGINATED)
        choose_worker(route, event, key);
    else if (event->kind == EVENT_HELD)
        note_held(route, event, key);
    note_record(route, key, event->order);
    stage(route, worker_of(route, key), event);
}

/* Copies the answer with the items of the calls that live with `worker`. */
static void
take_part(struct route *route, const struct event *event, uint32_t worker)
{
    struct event *part = &route->snapshot;
    event_reset(part);
    part->kind = event->kind;
    part->flags = event->flags;
    part->link = event->link;
    part->order = event->order;
    part->seq = event->seq;
    part->time_us = event->time_us;
    part->clock_ms = event->clock_ms;
    part->request = event->request;
    part->extra = event->extra;
    part->local_state = event->local_state;
    part->texts[EVENT_TEXT_DEVICE] = event->texts[EVENT_TEXT_DEVICE];
    for (uint16_t i = 0; i < event->item_count; i++) {
        uint64_t key = call_key(event->link, event->items[i].new_call);
        if (worker_of(route, key) == worker)
            part->items[part->item_count++] = event->items[i];
    }
}

void
route_snapshot_device(struct route *route, const struct event *event)
{
    if (route->workers == 1) {
        stage(route, 0, event);
        return;
    }
    for (uint16_t i = 0; i < event->item_count; i++)
        note_record(route, call_key(event->link, event->items[i].new_call), event->order);
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        take_part(route, event, worker);
        stage(route, worker, &route->snapshot);
    }
}
