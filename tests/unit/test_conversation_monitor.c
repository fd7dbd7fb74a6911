/*
 * Monitors are asked for, refused, lost and asked for again: engine/live/conversation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

#define STATUS(word)        "<SystemStatus><systemStatus>" word "</systemStatus></SystemStatus>"
#define REFUSE(group, word) "<CSTAErrorCode><" group ">" word "</" group "></CSTAErrorCode>"

/* ---- monitors ------------------------------------------------------------------------------- */

static void
every_device_gets_its_monitor_and_is_looked_at(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1009", "route-points", "1000,700", "observers", "800");
    talk_rig_connect();
    assert_int_equal(talk_rig_settle(), 22);
    assert_int_equal(talk_rig_talk()->standing, 11);
    assert_int_equal(talk_rig_talk()->unsure, 0);
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_GRANTED), 11);
    assert_int_equal(rig_count(&rig, COUNTER_SNAPSHOTS), 11);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
    assert_true(talk_rig_after(1) - live.now_ms > 20000);
}

static void
a_route_point_that_is_no_dn_has_its_calls_monitored(void **state)
{
    (void)state;
    OPEN("monitored", "1", "route-points", "700,1");
    talk_rig_connect();
    talk_rig_after(10);
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(sent->device, "1");
    assert_false(sent->monitors_calls);
    sent = talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(sent->device, "700");
    assert_true(sent->monitors_calls);
}

static void
requests_keep_their_gap_and_their_number(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1999", "request-gap", "10ms", "requests-open", "3");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_MONITOR_START);
    NOTHING_SENT();
    assert_int_equal(talk_rig_after(9) - live.now_ms, 1);
    NOTHING_SENT();
    talk_rig_after(1);
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_after(10);
    talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_after(100);
    NOTHING_SENT();
    talk_rig_grant(sent);
    talk_rig_work();
    talk_rig_expect(OUTGOING_MONITOR_START);
    NOTHING_SENT();
}

static void
a_small_gap_sends_as_many_as_a_millisecond_takes(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1999", "request-gap", "100us", "requests-open", "1000");
    talk_rig_connect();
    for (int i = 0; i < 10; i++)
        talk_rig_expect(OUTGOING_MONITOR_START);
    NOTHING_SENT();
    talk_rig_after(3);
    for (int i = 0; i < 10; i++)
        talk_rig_expect(OUTGOING_MONITOR_START);
    NOTHING_SENT();
}

static void
a_refused_monitor_is_asked_for_again_after_a_pause_that_doubles(void **state)
{
    (void)state;
    OPEN("monitored", "1", "monitor-retry", "10s");
    live.settings->keep_alive_ms = UINT32_MAX;
    talk_rig_connect();
    uint64_t pause_ms = 10000;
    for (int i = 0; i < 12; i++) {
        const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
        talk_rig_say(sent->invoke, REFUSE("operation", "invalidDeviceID"));
        talk_rig_after(5);
        if (i == 0) {
            sent = talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
            talk_rig_say(sent->invoke, REFUSE("operation", "invalidDeviceID"));
        }
        talk_rig_after(pause_ms - 6);
        NOTHING_SENT();
        talk_rig_after(10);
        pause_ms = pause_ms * 2 > 3600000 ? 3600000 : pause_ms * 2;
    }
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_REFUSED), 12);
}

static void
where_licences_lack_an_hour_is_waited(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    live.settings->keep_alive_ms = UINT32_MAX;
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say(sent->invoke,
                 REFUSE("subscribedResourceAvailability", "objectMonitorLimitExceeded"));
    talk_rig_after(5);
    talk_rig_answer(talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE));
    talk_rig_after(3590000);
    NOTHING_SENT();
    talk_rig_after(10100);
    sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_grant(sent);
    assert_int_equal(talk_rig_talk()->standing, 1);
    assert_int_equal(talk_rig_talk()->refused, 0);
}

static void
a_monitor_nobody_answers_for_is_asked_for_again(void **state)
{
    (void)state;
    OPEN("monitored", "1", "answer-timeout", "5s");
    talk_rig_connect();
    const struct sent first = *talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_after(5000);
    talk_rig_answer(talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE));
    talk_rig_after(2);
    const struct sent second = *talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_not_equal(first.invoke, second.invoke);
    /* both are granted in the end: one is too many */
    talk_rig_grant(&first);
    assert_int_equal(talk_rig_talk()->standing, 1);
    talk_rig_say(second.invoke, "<MonitorStartResponse><monitorCrossRefID>other"
                                "</monitorCrossRefID></MonitorStartResponse>");
    talk_rig_after(2);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_STOP)->cross_ref, "other");
    assert_int_equal(talk_rig_talk()->standing, 1);
}

static void
a_monitor_the_switch_ends_is_answered_and_asked_for_again(void **state)
{
    (void)state;
    OPEN("monitored", "1,2", "monitor-retry", "3s");
    talk_rig_connect();
    talk_rig_settle();
    talk_rig_say("0042", "<MonitorStop><monitorCrossRefID>x1</monitorCrossRefID></MonitorStop>");
    talk_rig_work();
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_STOP_RESPONSE)->invoke, "0042");
    NOTHING_SENT();
    assert_int_equal(talk_rig_talk()->standing, 1);
    talk_rig_after(3000);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, "1");
}

static void
avaya_devices_are_written_with_their_switch(void **state)
{
    (void)state;
    OPEN("profile", "avaya-dmcc", "session", "none", "switch-name", "SW", "monitored", "4750");
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(sent->device, "4750:SW::0");
    assert_true(sent->is_other);
    talk_rig_grant(sent);
    assert_int_equal(talk_rig_talk()->standing, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(every_device_gets_its_monitor_and_is_looked_at),
        TEST(a_route_point_that_is_no_dn_has_its_calls_monitored),
        TEST(requests_keep_their_gap_and_their_number),
        TEST(a_small_gap_sends_as_many_as_a_millisecond_takes),
        TEST(a_refused_monitor_is_asked_for_again_after_a_pause_that_doubles),
        TEST(where_licences_lack_an_hour_is_waited),
        TEST(a_monitor_nobody_answers_for_is_asked_for_again),
        TEST(a_monitor_the_switch_ends_is_answered_and_asked_for_again),
        TEST(avaya_devices_are_written_with_their_switch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
