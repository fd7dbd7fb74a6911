/*
 * Which worker gets what, and that a call is never in two places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/hash.h"
#include "tests/unit/session_rig.h"

static struct rig rig;

static int
setup(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

/* A callID whose home is that worker of two; a different one for each `number`. */
static const char *
call_of(uint32_t worker, uint32_t number)
{
    static char names[8][16];
    static uint32_t next;
    char *name = names[next++ % 8];
    uint32_t found = 0;
    for (uint32_t i = 0;; i++) {
        snprintf(name, 16, "c%u", i);
        if (hash_text(0, text_of(name)) % 2 == worker && found++ == number)
            return name;
    }
}

static char trace[4096];

__attribute__((format(printf, 1, 2))) static void
line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t used = strlen(trace);
    vsnprintf(trace + used, sizeof trace - used, format, arguments);
    va_end(arguments);
}

static void
feed(void)
{
    rig_feed(&rig, trace);
    trace[0] = '\0';
}

static void
originated(const char *call, const char *device)
{
    line("1 p < 9999 <OriginatedEvent><monitorCrossRefID>1</monitorCrossRefID>"
         "<originatedConnection>" CONNECTION("%s", "%s") "</originatedConnection>"
                                                         "</OriginatedEvent>\n",
         call, device);
}

static void
held(const char *call, const char *device)
{
    line("1 p < 9999 <HeldEvent><monitorCrossRefID>1</monitorCrossRefID>"
         "<heldConnection>" CONNECTION("%s", "%s") "</heldConnection></HeldEvent>\n",
         call, device);
}

static void
transferred(const char *primary, const char *secondary)
{
    line("1 p < 9999 <TransferedEvent><monitorCrossRefID>1</monitorCrossRefID>"
         "<primaryOldCall>" CONNECTION(
             "%s", "1") "</primaryOldCall>"
                        "<secondaryOldCall>" CONNECTION(
                            "%s", "1") "</secondaryOldCall></TransferedEvent>\n",
         primary, secondary);
}

#define CALLS_ONLY (SKIP(LINK) | SKIP(TICK) | SKIP(DEVICE))

static const char *
expected(const char *format, const char *one, const char *two, const char *three)
{
    static char texts[4][512];
    static uint32_t next;
    char *text = texts[next++ % 4];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof texts[0], format, one, two, three);
#pragma GCC diagnostic pop
    return text;
}

static void
a_call_lives_where_its_hash_says(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(zero, "1");
    originated(one, "2");
    feed();
    assert_non_null(strstr(rig_read(&rig, 0, CALLS_ONLY), zero));
    assert_non_null(strstr(rig_read(&rig, 1, CALLS_ONLY), one));
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 0);
}

static void
related_calls_meet_in_the_worker_of_the_primary_one(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(zero, "1");
    originated(one, "2");
    transferred(zero, one);
    held(one, "3");
    feed();
    assert_string_equal(rig_read(&rig, 1, CALLS_ONLY),
                        expected("1 Originated @2/2 CALL=%s DEVICE=2 MONITOR_DEVICE=1 monitor=1\n"
                                 "1 MoveOut @3/3 CALL=%s request=1 other=0\n",
                                 one, one, ""));
    const char *said = rig_read(&rig, 0, CALLS_ONLY);
    const char *in =
        strstr(said, expected("0 MoveIn @3/3 CALL=%s request=1 other=1\n", one, "", ""));
    assert_non_null(in);
    assert_non_null(strstr(in, "0 Transferred @3/3 "));
    assert_non_null(strstr(in, expected("0 Held @4/4 CALL=%s ", one, "", "")));
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 1);
}

static void
what_was_joined_moves_together(void **state)
{
    (void)state;
    const char *joined = call_of(0, 0);
    const char *kept = call_of(0, 1);
    const char *one = call_of(1, 0);
    originated(joined, "1");
    originated(kept, "1");
    transferred(kept, joined);
    originated(one, "2");
    transferred(one, kept);
    held(joined, "1");
    feed();
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 2);
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(joined)), 1);
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(kept)), 1);
    assert_non_null(strstr(rig_read(&rig, 1, CALLS_ONLY), "1 Held @6/6"));
}

static void
a_call_nobody_has_heard_of_is_not_moved(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(zero, "1");
    transferred(zero, one);
    held(one, "3");
    feed();
    assert_string_equal(rig_read(&rig, 1, CALLS_ONLY), "");
    assert_non_null(strstr(rig_read(&rig, 0, CALLS_ONLY), "0 Held @3/3"));
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 0);
}

static void
a_copy_of_the_event_moves_nothing_again(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(one, "2");
    transferred(zero, one);
    transferred(zero, one);
    feed();
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 1);
}

static void
a_consultation_opens_where_the_held_call_lives(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(zero, "1");
    held(zero, "1");
    originated(one, "1");
    transferred(zero, one);
    feed();
    assert_string_equal(rig_read(&rig, 1, CALLS_ONLY), "");
    assert_int_equal(rig_count(&rig, COUNTER_MOVES), 0);
}

static void
a_call_somebody_has_heard_of_stays_where_it_is(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(one, "5");
    held(zero, "1");
    originated(one, "1");
    feed();
    assert_non_null(strstr(rig_read(&rig, 1, CALLS_ONLY), "1 Originated @3/3"));
}

/* The worker says that it has forgotten a call. */
static void
report_closed(uint32_t worker, const char *call, uint64_t last_order)
{
    struct ring_spsc *ring = &rig.readers.closed[worker];
    assert_true(ring_spsc_claim(ring, 1));
    struct shm_closed_call *closed = ring_spsc_slot(ring, ring->position);
    *closed =
        (struct shm_closed_call){.key = hash_text(0, text_of(call)), .last_order = last_order};
    ring_spsc_publish(ring, 1);
}

static void
a_forgotten_call_goes_home(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(one, "2");
    transferred(zero, one);
    feed();
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(one)), 0);
    report_closed(0, one, 2);
    session_publish(rig.session, false);
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(one)), 1);
}

static void
a_call_with_a_record_on_its_way_is_not_forgotten(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(one, "2");
    transferred(zero, one);
    held(one, "2");
    feed();
    report_closed(0, one, 2);
    session_publish(rig.session, false);
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(one)), 0);
}

static void
each_worker_gets_its_own_calls_of_a_device_snapshot(void **state)
{
    (void)state;
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    const char *moved = call_of(1, 1);
    transferred(zero, moved);
    line("1 p > 0001 <SnapshotDevice><snapshotObject>9</snapshotObject></SnapshotDevice>\n"
         "1 p < 0001 <SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>");
    const char *calls[] = {zero, one, moved};
    for (int i = 0; i < 3; i++)
        line("<snapshotDeviceResponseInfo><connectionIdentifier>" CONNECTION(
                 "%s", "9") "</connectionIdentifier></snapshotDeviceResponseInfo>",
             calls[i]);
    line("</snapshotData></crossRefIDorSnapshotData></SnapshotDeviceResponse>\n");
    feed();
    assert_non_null(
        strstr(rig_read(&rig, 0, CALLS_ONLY),
               expected("0 SnapshotDeviceResponse @3/3 DEVICE=9 request=2 [%s ] [%s ]\n", zero,
                        moved, "")));
    assert_string_equal(
        rig_read(&rig, 1, CALLS_ONLY),
        expected("1 SnapshotDeviceResponse @3/3 DEVICE=9 request=2 [%s ]\n", one, "", ""));
}

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
    struct shm_closed_call *closed = ring_spsc_slot(ring, ring->position);
    *closed = (struct shm_closed_call){.key = hash_text(0, text_of(call)),
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
    route_event(&toy.route, &event);
    route_complete(&toy.route, order);
}

static void
toy_run(uint32_t seed, uint32_t map_capacity, bool closes)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "toy-%d", (int)getpid());
    struct engine_shape shape = {
        .workers = TOY_WORKERS, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    memset(&toy, 0, sizeof toy);
    toy.random = seed;
    toy.closes = closes;
    toy.groups = map_capacity > TOY_CALLS + 4;
    if (!shared_engine_create(&toy.engine, name, &shape, why))
        fail_msg("%s", why);
    toy.readers = toy.engine;
    for (uint32_t worker = 0; worker < TOY_WORKERS; worker++)
        shared_engine_attach(&toy.readers, ROLE_WORKER, worker);
    assert_true(route_open(&toy.route, &toy.engine, map_capacity));

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
    assert_true(counter_read(&toy.engine.frontend->counters, COUNTER_MOVES) > 0);
    route_close(&toy.route);
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

enum {
    FLOOD = 20000,
};

/* A worker that reports a closed call for each record, and waits when nobody takes reports. */
static void *
slow_worker(void *argument)
{
    (void)argument;
    struct ring_spsc *ring = &rig.readers.rings[0];
    struct ring_spsc *closed = &rig.readers.closed[0];
    uint64_t handled = 0;
    while (handled < FLOOD) {
        struct event event;
        uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
        if (ready == 0) {
            usleep(100);
            continue;
        }
        uint32_t slots = event_unpack(&event, ring_spsc_slot(ring, ring->position), ready);
        if (event.order != ++handled)
            return argument;
        ring_spsc_release(ring, slots);
        doorbell_ring(&rig.readers.frontend->doorbell);
        while (!ring_spsc_claim(closed, 1))
            usleep(100);
        struct shm_closed_call *report = ring_spsc_slot(closed, closed->position);
        *report = (struct shm_closed_call){.key = event.order};
        ring_spsc_publish(closed, 1);
    }
    return NULL;
}

static void
a_full_ring_makes_the_front_end_wait_and_loses_nothing(void **state)
{
    (void)state;
    struct route *route = &rig.session->route;
    pthread_t thread;
    int failure;
    assert_int_equal(pthread_create(&thread, NULL, slow_worker, &failure), 0);
    const char *call = call_of(0, 0);
    for (uint64_t order = 1; order <= FLOOD; order++) {
        struct event event;
        event_reset(&event);
        event.kind = EVENT_HELD;
        event.order = order;
        event.texts[EVENT_TEXT_CALL] = text_of(call);
        route_event(route, &event);
        route_complete(route, order);
    }
    void *result;
    do {
        route_publish(route, false);
        usleep(1000);
    } while (pthread_tryjoin_np(thread, &result) != 0);
    assert_null(result);
    assert_true(rig_count(&rig, COUNTER_RING_WAITS) > 0);
    assert_int_equal(watermark_get(&rig.engine), FLOOD);
}

/* The map by itself. */
static void
entries_are_found_whatever_was_removed_between(void **state)
{
    (void)state;
    struct route_map map;
    assert_true(route_map_open(&map, 100));
    bool there[300] = {false};
    toy.random = 7;
    for (int i = 0; i < 20000; i++) {
        /* Keys that share their first slots. */
        uint32_t number = toy_random(300);
        uint64_t key = (uint64_t)number << 20 | (number % 5);
        struct route_entry *entry = route_map_find(&map, key);
        assert_int_equal(entry != NULL, there[number]);
        if (entry != NULL) {
            assert_int_equal(entry->worker, number);
            route_map_remove(&map, entry);
        } else if (!route_map_is_full(&map)) {
            route_map_put(&map, key, 0, TEXT("c"), (uint16_t)number);
        } else {
            struct route_entry *oldest = route_map_oldest(&map);
            there[oldest->worker] = false;
            route_map_remove(&map, oldest);
            continue;
        }
        there[number] = !there[number];
    }
    route_map_close(&map);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_call_lives_where_its_hash_says),
        PROMISE(related_calls_meet_in_the_worker_of_the_primary_one),
        PROMISE(what_was_joined_moves_together),
        PROMISE(a_call_nobody_has_heard_of_is_not_moved),
        PROMISE(a_copy_of_the_event_moves_nothing_again),
        PROMISE(a_consultation_opens_where_the_held_call_lives),
        PROMISE(a_call_somebody_has_heard_of_stays_where_it_is),
        PROMISE(a_forgotten_call_goes_home),
        PROMISE(a_call_with_a_record_on_its_way_is_not_forgotten),
        PROMISE(each_worker_gets_its_own_calls_of_a_device_snapshot),
        cmocka_unit_test(a_call_is_in_one_place_whatever_happens),
        cmocka_unit_test(a_full_map_sends_calls_home_and_loses_none),
        cmocka_unit_test(forgetting_never_splits_a_call),
        PROMISE(a_full_ring_makes_the_front_end_wait_and_loses_nothing),
        cmocka_unit_test(entries_are_found_whatever_was_removed_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
