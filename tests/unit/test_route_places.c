/*
 * A call is never in two places: toy workers, random events, full maps and forgotten calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"
#include "engine/route.h"
#include "tests/unit/front_rig.h"

/*
 * Three workers in one thread. Each keeps the calls it knows; the lanes hold calls on the move.
 */
enum {
    TOY_WORKERS = 3,
    TOY_CALLS = 40,
    TOY_EVENTS = 20000,
    TOY_MOVES = 1 << 17,
};

struct toy_call {
    bool known;
    uint32_t life;   /* a call that comes again is another one */
    uint32_t joined; /* the call it was related to last */
    uint32_t joined_life;
    uint64_t last_order;
    uint32_t events;
};

struct toy {
    struct shared_engine engine;
    struct shared_engine readers;
    struct front front;
    struct route route;
    struct toy_call calls[TOY_WORKERS][TOY_CALLS];
    struct toy_call lanes[TOY_MOVES]; /* by move number */
    bool left[TOY_MOVES];
    uint32_t random;
    bool closes; /* workers forget calls at random */
    uint32_t lives;
    bool groups; /* the map is never full, so related calls stay together */
};

static struct toy toy;

static uint32_t
toy_random(uint32_t below)
{
    toy.random = toy.random * 1664525 + 1013904223;
    return (toy.random >> 8) % below;
}

static uint32_t
toy_number(struct text call)
{
    assert_int_equal(call.length, 3);
    return (uint32_t)(call.at[1] - '0') * 10 + (uint32_t)(call.at[2] - '0');
}

static void
toy_touch(uint32_t worker, struct text call, uint64_t order)
{
    if (text_is_none(call))
        return;
    uint32_t number = toy_number(call);
    for (uint32_t other = 0; other < TOY_WORKERS; other++)
        assert_true(other == worker || !toy.calls[other][number].known);
    struct toy_call *known = &toy.calls[worker][number];
    assert_true(order >= known->last_order);
    if (!known->known)
        known->life = ++toy.lives;
    known->known = true;
    known->last_order = order;
    known->events++;
    /* What is said of a joined call concerns the other: it must be here as well. */
    for (uint32_t other = 0; other < TOY_WORKERS && toy.groups; other++) {
        const struct toy_call *joined = &toy.calls[other][known->joined];
        assert_true(other == worker || !joined->known || joined->life != known->joined_life);
    }
}

static void
toy_join(uint32_t worker, struct text call, struct text primary)
{
    if (text_is_none(call))
        return;
    struct toy_call *joined = &toy.calls[worker][toy_number(call)];
    joined->joined = toy_number(primary);
    joined->joined_life = toy.calls[worker][joined->joined].life;
}

static void
toy_forget(uint32_t worker, uint32_t number)
{
    struct ring_spsc *ring = &toy.readers.closed[worker];
    struct toy_call *known = &toy.calls[worker][number];
    if (!known->known || !ring_spsc_claim(ring, 1))
        return;
    char call[8];
    snprintf(call, sizeof call, "c%02u", number);
    struct shm_call_report *closed = ring_spsc_slot(ring, ring->position);
    *closed = (struct shm_call_report){.key = hash_text(0, text_of(call)),
                                       .last_order = known->last_order};
    ring_spsc_publish(ring, 1);
    *known = (struct toy_call){.known = false};
}

/* One record; false when there is none or it has to wait for another worker. */
static bool
toy_step(uint32_t worker)
{
    struct ring_spsc *ring = &toy.readers.rings[worker];
    struct event event;
    uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
    if (ready == 0)
        return false;
    uint32_t slots = event_unpack(&event, ring_spsc_slot(ring, ring->position), ready);
    assert_int_not_equal(slots, 0);
    struct text call = event.texts[EVENT_TEXT_CALL];
    if (event.kind == EVENT_MOVE_OUT) {
        toy.lanes[event.request] = toy.calls[worker][toy_number(call)];
        toy.calls[worker][toy_number(call)] = (struct toy_call){.known = false};
        toy.left[event.request] = true;
    } else if (event.kind == EVENT_MOVE_IN) {
        if (!toy.left[event.request])
            return false;
        if (toy.lanes[event.request].known)
            toy.calls[worker][toy_number(call)] = toy.lanes[event.request];
    } else {
        toy_touch(worker, call, event.order);
        toy_touch(worker, event.texts[EVENT_TEXT_SECOND_CALL], event.order);
        toy_touch(worker, event.texts[EVENT_TEXT_NEW_CALL], event.order);
        toy_join(worker, event.texts[EVENT_TEXT_SECOND_CALL], call);
        toy_join(worker, event.texts[EVENT_TEXT_NEW_CALL], call);
    }
    ring_spsc_release(ring, slots);
    if (toy.closes && toy_random(4) == 0)
        toy_forget(worker, toy_random(TOY_CALLS));
    return true;
}

static void
toy_push(uint64_t order, uint32_t totals[TOY_CALLS])
{
    static const enum event_kind kinds[] = {EVENT_ORIGINATED, EVENT_HELD, EVENT_TRANSFERRED,
                                            EVENT_ESTABLISHED, EVENT_CONFERENCED};
    static char texts[4][8];
    struct event event;
    event_reset(&event);
    event.kind = (uint8_t)kinds[toy_random(5)];
    event.order = order;
    uint32_t first = toy_random(TOY_CALLS);
    uint32_t numbers[3] = {first, (first + 1 + toy_random(10)) % TOY_CALLS,
                           (first + 11 + toy_random(10)) % TOY_CALLS};
    static const enum event_text names[] = {EVENT_TEXT_CALL, EVENT_TEXT_SECOND_CALL,
                                            EVENT_TEXT_NEW_CALL};
    bool relates = event.kind == EVENT_TRANSFERRED || event.kind == EVENT_CONFERENCED;
    for (uint32_t i = 0; i < (relates ? 3u : 1u); i++) {
        if (i > 0 && toy_random(3) == 0)
            continue;
        snprintf(texts[i], sizeof texts[i], "c%02u", numbers[i]);
        event.texts[names[i]] = text_of(texts[i]);
        totals[numbers[i]]++;
    }
    snprintf(texts[3], sizeof texts[3], "d%u", toy_random(5));
    event.texts[EVENT_TEXT_DEVICE] = text_of(texts[3]);
    route_reserve(&toy.route);
    route_event(&toy.route, &event);
    route_complete(&toy.route, order);
}

static void
toy_run(uint32_t seed, uint32_t map_capacity, bool closes)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "toy-%d", (int)getpid());
    struct engine_shape shape = {.workers = TOY_WORKERS,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = 4096,
                                 .frontend_bytes = front_state_bytes()};
    memset(&toy, 0, sizeof toy);
    toy.random = seed;
    toy.closes = closes;
    toy.groups = map_capacity > TOY_CALLS + 4;
    if (!shared_engine_create(&toy.engine, name, &shape, why))
        fail_msg("%s", why);
    toy.readers = toy.engine;
    for (uint32_t worker = 0; worker < TOY_WORKERS; worker++)
        shared_engine_attach(&toy.readers, ROLE_WORKER, worker);
    assert_true(front_open(&toy.front, toy.engine.frontend_memory[0], 0, 1));
    route_open(&toy.route, &toy.engine, 0, &toy.front, map_capacity);

    uint32_t totals[TOY_CALLS] = {0};
    for (uint64_t order = 1; order <= TOY_EVENTS; order++) {
        toy_push(order, totals);
        if (toy_random(8) == 0)
            route_publish(&toy.route, false);
        for (uint32_t i = toy_random(12); i > 0; i--)
            toy_step(toy_random(TOY_WORKERS));
        if (order % 64 == 0) {
            route_publish(&toy.route, false);
            while (toy_step(0) || toy_step(1) || toy_step(2))
                continue;
        }
    }
    route_publish(&toy.route, false);
    while (toy_step(0) || toy_step(1) || toy_step(2))
        continue;
    for (uint32_t call = 0; call < TOY_CALLS && !closes; call++) {
        uint32_t events = 0;
        for (uint32_t worker = 0; worker < TOY_WORKERS; worker++)
            events += toy.calls[worker][call].events;
        assert_int_equal(events, totals[call]);
    }
    assert_true(counter_read(&toy.engine.frontends->counters, COUNTER_MOVES) > 0);
    shared_engine_destroy(&toy.engine);
}

static void
a_call_is_in_one_place_whatever_happens(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++)
        toy_run(seed, 64, false);
}

static void
a_full_map_sends_calls_home_and_loses_none(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++)
        toy_run(seed, 4, false);
}

static void
forgetting_never_splits_a_call(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        toy_run(seed, 64, true);
        toy_run(seed, 4, true);
    }
}

/* The map by itself. */
static void
entries_are_found_whatever_was_removed_between(void **state)
{
    (void)state;
    static struct front front;
    struct route_map map;
    front_rig_open(&front);
    route_map_open(&map, &front, 100);
    bool there[300] = {false};
    toy.random = 7;
    for (int i = 0; i < 20000; i++) {
        /* Keys that share their buckets. */
        uint32_t number = toy_random(300);
        uint64_t key = (uint64_t)number << 20 | (number % 5);
        front_rig_commit(&front);
        struct shm_route_entry *entry = route_map_find(&map, key);
        assert_int_equal(entry != NULL, there[number]);
        if (entry != NULL) {
            assert_int_equal(entry->worker, number);
            route_map_remove(&map, entry);
        } else if (!route_map_is_full(&map)) {
            route_map_put(&map, key, 0, TEXT("c"), (uint16_t)number);
        } else {
            struct shm_route_entry *oldest = route_map_oldest(&map);
            there[oldest->worker] = false;
            route_map_remove(&map, oldest);
            continue;
        }
        there[number] = !there[number];
    }
    front_rig_close(&front);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_in_one_place_whatever_happens),
        cmocka_unit_test(a_full_map_sends_calls_home_and_loses_none),
        cmocka_unit_test(forgetting_never_splits_a_call),
        cmocka_unit_test(entries_are_found_whatever_was_removed_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
