/*
 * Which worker gets what, and what happens when a ring is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/hash.h"
#include "tests/unit/session_rig.h"

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
    struct shm_call_report *closed = ring_spsc_slot(ring, ring->position);
    *closed =
        (struct shm_call_report){.key = hash_text(0, text_of(call)), .last_order = last_order};
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

/* Who is asked about calls that grow stale. */
static void
note_stale(void *context, uint16_t link, struct text call)
{
    char *said = context;
    size_t used = strlen(said);
    snprintf(said + used, 64 - used, "%u/%.*s ", link, (int)call.length, call.at);
}

static void
report_stale(const char *call)
{
    struct ring_spsc *ring = &rig.readers.closed[0];
    assert_true(ring_spsc_claim(ring, 1));
    struct shm_call_report *report = ring_spsc_slot(ring, ring->position);
    *report = (struct shm_call_report){
        .kind = CALL_ASKED_ABOUT, .link = 7, .call_length = (uint8_t)strlen(call)};
    memcpy(report->call, call, strlen(call));
    ring_spsc_publish(ring, 1);
}

static void
a_call_that_grows_stale_is_handed_on_and_stays_where_it_is(void **state)
{
    (void)state;
    char said[64] = "";
    const char *zero = call_of(0, 0);
    const char *one = call_of(1, 0);
    originated(one, "2");
    transferred(zero, one);
    feed();
    rig.session->route.ask_about = note_stale;
    rig.session->route.context = said;
    report_stale(one);
    report_stale("c2");
    session_publish(rig.session, false);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "7/%s 7/c2 ", one);
    assert_string_equal(said, wanted);
    assert_int_equal(route_worker(&rig.session->route, 0, text_of(one)), 0);
}

static void
where_nobody_can_be_asked_reports_of_stale_calls_are_given_back(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * CLOSED_SLOTS; i++) {
        report_stale("c1");
        session_publish(rig.session, false);
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
        doorbell_ring(&rig.readers.frontends->doorbell);
        while (!ring_spsc_claim(closed, 1))
            usleep(100);
        struct shm_call_report *report = ring_spsc_slot(closed, closed->position);
        *report = (struct shm_call_report){.key = event.order};
        ring_spsc_publish(closed, 1);
    }
    return NULL;
}

/* What is done while it waits: all that was in hand is committed, and more may be. */
static void
note_waiting(void *context)
{
    uint32_t *waits = context;
    assert_false(transaction_is_open(&rig.session->front.transaction));
    (*waits)++;
    session_begin(rig.session);
    route_publish(&rig.session->route, false);
}

static void
a_full_ring_makes_the_front_end_wait_and_loses_nothing(void **state)
{
    (void)state;
    uint32_t waits = 0;
    struct route *route = &rig.session->route;
    route->waits = note_waiting;
    route->context = &waits;
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
        route_reserve(route);
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
    assert_true(waits > 0);
    assert_int_equal(watermark_get(&rig.engine, 0), FLOOD);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup_two, teardown)

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
        PROMISE(a_call_that_grows_stale_is_handed_on_and_stays_where_it_is),
        PROMISE(where_nobody_can_be_asked_reports_of_stale_calls_are_given_back),
        PROMISE(each_worker_gets_its_own_calls_of_a_device_snapshot),
        PROMISE(a_full_ring_makes_the_front_end_wait_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
