#include "engine/route.h"

#include "base/check.h"
#include "ipc/call_key.h"

enum {
    MOST_NEW_ENTRIES = 3, /* that one event can make */
    REPORTS_AT_ONCE = 64,
};

static_assert((int)FRONT_WORKERS_MAX == (int)WORKERS_MAX, "each worker has its cursors");

static bool
was_seen(const struct route *route, uint64_t key)
{
    uint64_t bit = (key >> 32) % ROUTE_SEEN_BITS;
    return (route->front->tables->route_seen[bit / 8] >> (bit % 8) & 1) != 0;
}

static void
note_seen(struct route *route, uint64_t key)
{
    if (was_seen(route, key))
        return;
    uint64_t bit = (key >> 32) % ROUTE_SEEN_BITS;
    uint8_t *byte = &route->front->tables->route_seen[bit / 8];
    front_touch(route->front, byte, sizeof *byte);
    *byte |= (uint8_t)(1u << (bit % 8));
}

static uint32_t
home_of(const struct route *route, uint64_t key)
{
    return (uint32_t)(key % route->workers);
}

static uint32_t
worker_of(const struct route *route, uint64_t key)
{
    if (route_map_count(&route->map) == 0)
        return home_of(route, key);
    const struct shm_route_entry *entry = route_map_find(&route->map, key);
    return entry == NULL ? home_of(route, key) : entry->worker;
}

uint32_t
route_worker(const struct route *route, uint16_t link, struct text call)
{
    return worker_of(route, call_key(link, call));
}

/*
 * A worker has forgotten a call, and nothing was sent for it since: then it lives nowhere. (The
 * report of a worker that had it before a move is as good as any other: it had handled the last
 * record there was, so nothing was moved.)
 */
static void
forget_call(struct route *route, uint64_t key, uint64_t last_order)
{
    struct shm_route_entry *entry = route_map_find(&route->map, key);
    if (entry != NULL && entry->last_order == last_order)
        route_map_remove(&route->map, entry);
}

static void
take_report(struct route *route, const struct shm_call_report *report)
{
    struct text call = {report->call, report->call_length};
    if (report->kind == CALL_FORGOTTEN)
        forget_call(route, report->key, report->last_order);
    else if (route->ask_about != NULL && call.length <= EVENT_TEXT_LENGTH)
        route->ask_about(route->context, report->link, call);
}

/* The reports are given back when it is certain that they were taken. */
static void
take_reports(struct route *route, uint32_t worker)
{
    struct ring_spsc *ring = &route->closed[worker];
    uint32_t count = ring_spsc_poll(ring, REPORTS_AT_ONCE);
    if (count == 0)
        return;
    front_begin(route->front);
    uint32_t taken = 0;
    for (; taken < count && front_has_room(route->front); taken++)
        take_report(route, ring_spsc_slot(ring, ring->position + taken));
    ring_spsc_take(ring, taken);
}

static void
commit(struct route *route)
{
    struct shm_front_cursors *now = route->front->now;
    if (route->before_commit != NULL)
        route->before_commit(route->context);
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        now->ring_tails[worker] = route->rings[worker].position;
        now->closed_cursors[worker] = route->closed[worker].position;
    }
    for (uint32_t i = 0; i < FRONT_COUNTERS; i++)
        now->counters[i] = counter_read(route->counters, (enum counter)i);
    front_commit(route->front);
}

/* What is committed becomes visible; done again by whoever goes on for a dead front-end. */
static void
show(struct route *route, bool everybody)
{
    struct shared_engine *engine = route->engine;
    bool got[WORKERS_MAX] = {false};
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        got[worker] = ring_spsc_held(&route->rings[worker]) > 0;
        if (got[worker])
            ring_spsc_publish(&route->rings[worker], 0);
    }
    watermark_set(engine, route->index, route->front->now->complete);
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        struct ring_spsc *closed = &route->closed[worker];
        bool took = ring_spsc_held(closed) > 0;
        if (took)
            ring_spsc_release(closed, 0);
        if (got[worker] || took || everybody)
            doorbell_ring(&engine->workers[worker].doorbell);
    }
}

/* The rings as the last commit has them. The one before us may have been about to say so. */
static void
go_on(struct route *route)
{
    const struct shm_front_cursors *now = route->front->now;
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        struct ring_spsc *ring = &route->rings[worker];
        struct ring_spsc *closed = &route->closed[worker];
        ring->position = now->ring_tails[worker];
        ring_spsc_publish(ring, 0);
        closed->position = closed->peer_position = now->closed_cursors[worker];
        ring_spsc_release(closed, 0);
    }
    for (uint32_t i = 0; i < FRONT_COUNTERS; i++)
        counter_restore(route->counters, (enum counter)i, now->counters[i]);
    show(route, true);
}

void
route_open(struct route *route, struct shared_engine *engine, uint32_t index, struct front *front,
           uint32_t map_capacity)
{
    CHECK(map_capacity > MOST_NEW_ENTRIES);
    *route = (struct route){
        .engine = engine,
        .index = index,
        .front = front,
        .counters = &engine->frontends[index].counters,
        .workers = engine->shape.workers,
        .rings = &engine->rings[engine_channel(engine, index, 0)],
        .closed = &engine->closed[engine_channel(engine, index, 0)],
    };
    route_map_open(&route->map, front, map_capacity);
    go_on(route);
}

void
route_publish(struct route *route, bool everybody)
{
    for (uint32_t worker = 0; worker < route->workers && !route->pinned; worker++)
        take_reports(route, worker);
    if (transaction_is_open(&route->front->transaction))
        commit(route);
    show(route, everybody);
}

void
route_complete(struct route *route, uint64_t order)
{
    DCHECK(order >= route->front->now->complete);
    route->front->now->complete = order;
}

static void
stage(struct route *route, uint32_t worker, const struct event *event)
{
    struct ring_spsc *ring = &route->rings[worker];
    uint32_t slots = event_pack_slots(event);
    CHECK(ring_spsc_claim(ring, slots)); /* route_reserve() saw to that */
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

/* Remembers that a record with this order goes out for the call. */
static void
note_record(struct route *route, uint64_t key, uint64_t order)
{
    note_seen(route, key);
    if (route_map_count(&route->map) == 0)
        return;
    struct shm_route_entry *entry = route_map_find(&route->map, key);
    if (entry == NULL)
        return;
    route_map_touch(&route->map, entry);
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
    move->request = ++route->front->now->moves;
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
    while (route->map.capacity - route_map_count(&route->map) < MOST_NEW_ENTRIES) {
        struct shm_route_entry *entry = route_map_oldest(&route->map);
        struct shm_route_entry copy = *entry;
        struct text call = {copy.call, copy.call_length};
        uint32_t home = home_of(route, copy.key);
        route_map_remove(&route->map, entry);
        if (copy.worker != home)
            move_call(route, cause, copy.link, call, copy.worker, home);
    }
}

/* The call's entry, made where it lives if there is none, with a record on its way. */
static struct shm_route_entry *
obtain_entry(struct route *route, const struct event *event, struct text call)
{
    uint64_t key = call_key(event->link, call);
    struct shm_route_entry *entry = route_map_find(&route->map, key);
    if (entry == NULL)
        entry = route_map_put(&route->map, key, event->link, call, (uint16_t)home_of(route, key));
    note_record(route, key, event->order);
    return entry;
}

static uint32_t
group_size(const struct route *route, const struct shm_route_entry *entry)
{
    uint32_t size = 1;
    const struct shm_route_entry *member = route_map_group_after(&route->map, entry);
    for (; member != entry; member = route_map_group_after(&route->map, member))
        size++;
    return size;
}

static bool
are_related(const struct route *route, const struct shm_route_entry *one,
            const struct shm_route_entry *other)
{
    const struct shm_route_entry *member = one;
    do {
        if (member == other)
            return true;
        member = route_map_group_after(&route->map, member);
    } while (member != one);
    return false;
}

/*
 * Brings the other call, and what it was related to, to where the primary one lives. `known`: the
 * call itself was heard of before this event; what it was related to was anyway. Each move may be
 * the last one there is room for, so it stands for itself; what was cut off is one move only.
 */
static void
fetch_call(struct route *route, const struct event *event, struct shm_route_entry *primary,
           struct shm_route_entry *other, bool known)
{
    if (are_related(route, primary, other))
        return;
    bool fits = group_size(route, primary) + group_size(route, other) <= ROUTE_GROUP_MAX;
    if (!fits) {
        counter_add(route->counters, COUNTER_GROUPS_CUT, 1);
        route_map_leave(&route->map, other);
    }
    struct shm_route_entry *member = other;
    do {
        uint32_t from = member->worker;
        if (from != primary->worker) {
            if (fits)
                route_reserve(route);
            route_map_touch(&route->map, member);
            member->worker = primary->worker;
            if (known || member != other)
                move_call(route, event, member->link,
                          (struct text){member->call, member->call_length}, from, primary->worker);
        }
        member = route_map_group_after(&route->map, member);
    } while (member != other);
    if (fits)
        route_map_join(&route->map, primary, other);
}

/* Another call than the primary one that the event names: the text, or none. */
static struct text
other_call(const struct event *event, enum event_text which)
{
    struct text call = event->texts[which];
    return text_is_equal(call, event->texts[EVENT_TEXT_CALL]) ? TEXT_NONE : call;
}

static void
route_related(struct route *route, const struct event *event)
{
    struct text others[] = {other_call(event, EVENT_TEXT_SECOND_CALL),
                            other_call(event, EVENT_TEXT_NEW_CALL)};
    if (text_is_equal(others[0], others[1]))
        others[1] = TEXT_NONE;
    struct front *front = route->front;
    if (front->now->begun.related == 0)
        make_space(route, event);
    route->pinned = true;
    struct shm_route_entry *primary = obtain_entry(route, event, event->texts[EVENT_TEXT_CALL]);
    for (uint32_t i = front->now->begun.related / 2; i < 2; i++) {
        if (text_is_none(others[i]))
            continue;
        if (front->now->begun.related % 2 == 0)
            front->now->begun.related_known = was_seen(route, call_key(event->link, others[i]));
        front->now->begun.related = (uint8_t)(2 * i + 1);
        struct shm_route_entry *other = obtain_entry(route, event, others[i]);
        fetch_call(route, event, primary, other, front->now->begun.related_known != 0);
        front->now->begun.related = (uint8_t)(2 * i + 2);
    }
    stage(route, primary->worker, event);
    front->now->begun.related = 0;
    route->pinned = false;
}

static struct shm_route_held *
held_by(const struct route *route, const struct event *event, uint64_t *device_key)
{
    *device_key = hash_text(event->link, event->texts[EVENT_TEXT_DEVICE]);
    return &route->front->tables->route_held[*device_key % ROUTE_HELD_SLOTS];
}

/*
 * A device that holds a call and opens another will probably join the two. If nobody has heard
 * of the new one yet, it may as well be opened where the held one lives.
 */
static void
choose_worker(struct route *route, const struct event *event, uint64_t key)
{
    uint64_t device_key;
    const struct shm_route_held *held = held_by(route, event, &device_key);
    if (held->device_key != device_key || was_seen(route, key))
        return;
    uint32_t worker = worker_of(route, held->call_key);
    if (worker == worker_of(route, key))
        return;
    make_space(route, event);
    route_map_put(&route->map, key, event->link, event->texts[EVENT_TEXT_CALL], (uint16_t)worker);
}

static void
note_held(struct route *route, const struct event *event, uint64_t key)
{
    uint64_t device_key;
    struct shm_route_held *held = held_by(route, event, &device_key);
    front_touch(route->front, held, sizeof *held);
    *held = (struct shm_route_held){.device_key = device_key, .call_key = key};
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
