/*
 * Devices come and go with the settings: engine/live/conversation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

/* ---- reload --------------------------------------------------------------------------------- */

static void
reload(const char *key, const char *value)
{
    settings_free(&rig.settings);
    settings_default(&rig.settings);
    live.settings = settings_link(&rig.settings, TEXT("p"));
    talk_rig_set("encoding", "xml");
    talk_rig_set(key, value);
    live.link.settings = live.settings;
    conversation_open(&live.link, true);
}

static uint32_t
flags_of(const char *number)
{
    const struct shm_front_device *device =
        directory_find_device(rig.session->directory, live.link.link->index, text_of(number));
    return device == NULL ? 0 : device->configured;
}

static void
a_reload_touches_only_what_has_changed(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1099");
    talk_rig_connect();
    talk_rig_settle();
    assert_int_equal(flags_of("1000"), EVENT_DEVICE_MONITORED);
    reload("monitored", "1001-1100");
    uint32_t before = live.sent_count;
    assert_int_equal(talk_rig_settle(), 3); /* stop, start, snapshot */
    assert_int_equal(live.sent_count - before, 3);
    assert_int_equal(talk_rig_talk()->standing, 100);
    assert_int_equal(talk_rig_talk()->wanted, 100);
    assert_int_equal(flags_of("1000"), 0);
    assert_int_equal(flags_of("1001"), EVENT_DEVICE_MONITORED);
    assert_int_equal(flags_of("1100"), EVENT_DEVICE_MONITORED);
    reload("monitored", "1001-1100");
    assert_int_equal(talk_rig_settle(), 0);
}

static void
a_device_that_becomes_another_thing_gets_another_monitor(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    talk_rig_connect();
    talk_rig_settle();
    reload("route-points", "1");
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_STOP)->cross_ref, "x1");
    talk_rig_after(5);
    assert_true(talk_rig_expect(OUTGOING_MONITOR_START)->monitors_calls);
    assert_int_equal(flags_of("1"), EVENT_DEVICE_ROUTE_POINT);
}

static void
a_device_that_goes_while_it_is_asked_for_is_let_go_when_it_is_answered(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    reload("observers", "2");
    talk_rig_work();
    NOTHING_SENT();
    talk_rig_grant(sent);
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_STOP)->cross_ref, "x1");
    assert_int_equal(talk_rig_talk()->wanted, 0);
    assert_int_equal(talk_rig_talk()->standing, 0);
}

/* ---- many ----------------------------------------------------------------------------------- */

static void
a_hundred_thousand_devices_are_asked_for_in_bounded_steps(void **state)
{
    (void)state;
    rig_ring_slots = 1 << 20;
    OPEN("monitored", "100000-199999", "request-gap", "0", "requests-open", "4000");
    talk_rig_connect();
    assert_int_equal(talk_rig_settle(), 200000);
    assert_int_equal(talk_rig_talk()->standing, 100000);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
    conversation_end(&live.link);
    talk_rig_work();
    talk_rig_connect();
    assert_int_equal(talk_rig_settle(), 200000);
    assert_int_equal(talk_rig_talk()->standing, 100000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(a_reload_touches_only_what_has_changed),
        TEST(a_device_that_becomes_another_thing_gets_another_monitor),
        TEST(a_device_that_goes_while_it_is_asked_for_is_let_go_when_it_is_answered),
        TEST(a_hundred_thousand_devices_are_asked_for_in_bounded_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
