/*
 * Which device a monitorCrossRefID means, and which devices are monitored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/front_rig.h"
#include "tests/unit/session_rig.h"

/* Flags of a DEVICE event as the rig prints them. */
#define MONITORED      "flags=3"
#define ONLY_A_MONITOR "flags=2"

#define START(device)                                                                              \
    "<MonitorStart><monitorObject><deviceObject>" device                                           \
    "</deviceObject></monitorObject></MonitorStart>"
#define START_CALLS(device)                                                                        \
    "<MonitorStart><monitorObject><deviceObject>" device                                           \
    "</deviceObject></monitorObject><monitorType>call</monitorType></MonitorStart>"
#define GRANT(ref)                                                                                 \
    "<MonitorStartResponse><monitorCrossRefID>" ref "</monitorCrossRefID></MonitorStartResponse>"
#define STOP(ref) "<MonitorStop><monitorCrossRefID>" ref "</monitorCrossRefID></MonitorStop>"
#define STOPPED   "<MonitorStopResponse/>"
#define REFUSAL   "<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>"
#define EVENT(name, connection, ref, call, device, local)                                          \
    "<" name "><monitorCrossRefID>" ref "</monitorCrossRefID><" connection                         \
    ">" CONNECTION(call, device) "</" connection "><localConnectionInfo>" local                    \
                                 "</localConnectionInfo></" name ">"
#define DELIVERED(ref, call, device, local)                                                        \
    EVENT("DeliveredEvent", "connection", ref, call, device, local)
#define QUEUED(ref, call, device, local)                                                           \
    EVENT("QueuedEvent", "queuedConnection", ref, call, device, local)
#define HELD(ref, call, device) EVENT("HeldEvent", "heldConnection", ref, call, device, "hold")

static const char *
devices_said(const char *lines)
{
    rig_feed(&rig, lines);
    return rig_read(&rig, 0, ~SKIP(DEVICE));
}

static const char *
said(const char *lines)
{
    rig_feed(&rig, lines);
    return rig_read(&rig, 0, SKIP(LINK) | SKIP(TICK));
}

static void
a_granted_monitor_makes_its_device_monitored(void **state)
{
    (void)state;
    assert_string_equal(
        said("1 p > 0001 " START(
            "N&lt;2001&gt;") "\n"
                             "1 p < 0001 " GRANT("7") "\n"
                                                      "1 p < 9999 " HELD("7", "c1", "3000") "\n"),
        "0 Device @2/2 DEVICE=2001 " MONITORED "\n"
        "0 Held @3/3 CALL=c1 DEVICE=3000 MONITOR_DEVICE=2001 monitor=1\n");
}

static void
the_first_monitor_start_ends_that_all_are_monitored(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p < 9999 <x/>\n"
                   "1 p > 0001 " START("2001") "\n"
                                               "1 p > 0002 " START("2002") "\n");
    assert_string_equal(rig_read(&rig, 0, SKIP(TICK)), "0 Link @1/0 LINK=p all=1\n"
                                                       "0 Link @2/2 LINK=p\n");
}

static void
a_refused_monitor_is_none(void **state)
{
    (void)state;
    assert_string_equal(devices_said("1 p > 0001 " START("2001") "\n"
                                                                 "1 p < 0001 " REFUSAL "\n"),
                        "");
}

static void
answers_without_ids_belong_to_the_oldest_start(void **state)
{
    (void)state;
    assert_string_equal(
        devices_said("1 p > - " START(
            "2001") "\n"
                    "1 p > - " START("2002") "\n"
                                             "1 p < - " GRANT("7") "\n"
                                                                   "1 p < - " GRANT("8") "\n"),
        "0 Device @3/3 DEVICE=2001 " MONITORED "\n"
        "0 Device @4/4 DEVICE=2002 " MONITORED "\n");
}

static void
a_device_is_monitored_until_its_last_monitor_stops(void **state)
{
    (void)state;
    /* clang-format off */
    const char *input = "1 p > 0001 " START("2001") "\n"
                        "1 p < 0001 " GRANT("7") "\n"
                        "1 p > 0002 " START("2001") "\n"
                        "1 p < 0002 " GRANT("8") "\n"
                        "1 p > 0003 " STOP("7") "\n"
                        "1 p < 0003 " STOPPED "\n"
                        "1 p < 0004 " STOP("8") "\n"
                        "1 p < 0004 " STOP("8") "\n";
    /* clang-format on */
    assert_string_equal(devices_said(input), "0 Device @2/2 DEVICE=2001 " MONITORED "\n"
                                             "0 Device @7/7 DEVICE=2001\n");
}

static void
a_refused_stop_leaves_the_monitor(void **state)
{
    (void)state;
    /* clang-format off */
    const char *input = "1 p > 0001 " START("2001") "\n"
                        "1 p < 0001 " GRANT("7") "\n"
                        "1 p > 0003 " STOP("7") "\n"
                        "1 p < 0003 " REFUSAL "\n";
    /* clang-format on */
    assert_string_equal(devices_said(input), "0 Device @2/2 DEVICE=2001 " MONITORED "\n");
}

static void
a_configured_device_stays_monitored(void **state)
{
    (void)state;
    assert_string_equal(
        devices_said(
            "# link p monitored=2001\n"
            "1 p > 0001 " START("2001") "\n"
                                        "1 p < 0001 " GRANT("7") "\n"
                                                                 "1 p < 0004 " STOP("7") "\n"),
        "0 Device @1/0 DEVICE=2001 " MONITORED "\n");
}

static void
a_call_monitor_does_not_make_its_device_monitored(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p > 0001 " START_CALLS(
                       "700") "\n"
                              "1 p < 0001 " GRANT("7") "\n"
                                                       "1 p < 9999 " HELD("7", "c1", "3000") "\n");
    struct ring_spsc *ring = &rig.readers.rings[0];
    struct event event = {.kind = EVENT_NONE};
    uint32_t ready;
    while ((ready = ring_spsc_poll(ring, UINT32_MAX)) > 0) {
        ring_spsc_take(ring, event_unpack(&event, ring_spsc_slot(ring, ring->position), ready));
        assert_int_not_equal(event.kind, EVENT_DEVICE);
    }
    assert_int_equal(event.kind, EVENT_HELD);
    assert_int_equal(event.monitor_type, MONITOR_CALL);
    assert_true(text_is_equal(event.texts[EVENT_TEXT_MONITOR_DEVICE], TEXT("700")));
}

static void
a_monitor_is_learned_from_its_devices_own_events(void **state)
{
    (void)state;
    /* clang-format off */
    const char *input =
        "1 p < 9999 " EVENT("ServiceInitiatedEvent", "initiatedConnection", "1", "c1", "2001",
                            "initiated") "\n"
        "1 p < 9999 " EVENT("OriginatedEvent", "originatedConnection", "2", "c2", "2002",
                            "connected") "\n"
        "1 p < 9999 " DELIVERED("3", "c3", "2003", "alerting") "\n"
        "1 p < 9999 " QUEUED("4", "c4", "2004", "queued") "\n";
    /* clang-format on */
    assert_string_equal(devices_said(input), "0 Device @1/1 DEVICE=2001 " ONLY_A_MONITOR "\n"
                                             "0 Device @2/2 DEVICE=2002 " ONLY_A_MONITOR "\n"
                                             "0 Device @3/3 DEVICE=2003 " ONLY_A_MONITOR "\n"
                                             "0 Device @4/4 DEVICE=2004 " ONLY_A_MONITOR "\n");
}

static void
what_an_id_meant_is_void_once_the_link_was_down(void **state)
{
    (void)state;
    /* clang-format off */
    const char *input = "1 p < 9999 " DELIVERED("7", "c1", "2001", "alerting") "\n"
                        "1 p ! down\n"
                        "1 p ! up\n"
                        "1 p < 9999 " DELIVERED("7", "c2", "2002", "alerting") "\n";
    /* clang-format on */
    assert_string_equal(devices_said(input), "0 Device @1/1 DEVICE=2001 " ONLY_A_MONITOR "\n"
                                             "0 Device @4/2 DEVICE=2001\n"
                                             "0 Device @4/2 DEVICE=2002 " ONLY_A_MONITOR "\n");
}

static void
a_granted_device_stays_monitored_over_a_loss(void **state)
{
    (void)state;
    /* clang-format off */
    const char *input = "1 p > 0001 " START("2001") "\n"
                        "1 p < 0001 " GRANT("7") "\n"
                        "1 p ! down\n"
                        "1 p ! up\n"
                        "1 p < 9999 " HELD("7", "c1", "2002") "\n"
                        "1 p > 0002 " START("2001") "\n"
                        "1 p < 0002 " GRANT("8") "\n"
                        "1 p < 0004 " STOP("8") "\n";
    /* clang-format on */
    assert_string_equal(devices_said(input), "0 Device @2/2 DEVICE=2001 " MONITORED "\n"
                                             "0 Device @8/6 DEVICE=2001\n");
}

static void
nothing_is_learned_from_the_events_of_others(void **state)
{
    (void)state;
    assert_string_equal(
        devices_said("1 p < 9999 " DELIVERED(
            "3", "c3", "2003",
            "connected") "\n"
                         "1 p < 9999 " QUEUED("4", "c4", "2004",
                                              "connected") "\n"
                                                           "1 p < 9999 " HELD("5", "c5",
                                                                              "2005") "\n"),
        "");
}

static void
who_alerts_is_not_learned_where_somebody_else_alerts(void **state)
{
    (void)state;
    assert_string_equal(
        devices_said("1 p < 9999 " DELIVERED("3", "c3", "2003",
                                             "connected") "\n"
                                                          "1 p < 9999 " DELIVERED("3", "c3", "2004",
                                                                                  "alerting") "\n"),
        "");
    assert_string_equal(devices_said("1 p < 9999 " DELIVERED("3", "c4", "2004", "alerting") "\n"),
                        "0 Device @3/3 DEVICE=2004 " ONLY_A_MONITOR "\n");
}

static void
what_was_learned_is_not_learned_anew(void **state)
{
    (void)state;
    assert_string_equal(said("1 p < 9999 " DELIVERED(
                            "3", "c3", "2003", "alerting") "\n"
                                                           "1 p < 9999 " DELIVERED(
                                                               "3", "c4", "2004", "alerting") "\n"),
                        "0 Device @1/1 DEVICE=2003 " ONLY_A_MONITOR "\n"
                        "0 Delivered @1/1 CALL=c3 DEVICE=2003 MONITOR_DEVICE=2003 monitor=1\n"
                        "0 Delivered @2/2 CALL=c4 DEVICE=2004 MONITOR_DEVICE=2003 monitor=1\n");
}

static void
a_grant_corrects_what_was_learned(void **state)
{
    (void)state;
    assert_string_equal(devices_said("1 p < 9999 " DELIVERED(
                            "3", "c3", "2003",
                            "alerting") "\n"
                                        "1 p > 0001 " START("2001") "\n"
                                                                    "1 p < 0001 " GRANT("3") "\n"),
                        "0 Device @1/1 DEVICE=2003 " ONLY_A_MONITOR "\n"
                        "0 Device @3/3 DEVICE=2001 " MONITORED "\n"
                        "0 Device @3/3 DEVICE=2003\n");
}

static void
links_do_not_share_monitors(void **state)
{
    (void)state;
    assert_string_equal(said("1 p < 9999 " DELIVERED(
                            "3", "c", "2003", "alerting") "\n"
                                                          "1 q < 9999 " HELD("3", "c", "9") "\n"),
                        "0 Device @1/1 DEVICE=2003 " ONLY_A_MONITOR "\n"
                        "0 Delivered @1/1 CALL=c DEVICE=2003 MONITOR_DEVICE=2003 monitor=1\n"
                        "0 Held @2/1 CALL=c DEVICE=9 monitor=1\n");
}

static void
a_full_directory_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    directory_close(rig.session->directory);
    rig.session->directory = directory_open(&rig.session->front, 2);
    /* clang-format off */
    rig_feed(&rig, "1 p < 9999 " HELD("1", "c", "9") "\n"
                   "1 p < 9999 " HELD("2", "c", "9") "\n"
                   "1 p < 9999 " HELD("3", "c", "9") "\n"
                   "1 p < 9999 " HELD("1", "c", "9") "\n"
                   "1 p < 0001 " STOP("2") "\n"
                   "1 p < 9999 " HELD("3", "c", "9") "\n");
    /* clang-format on */
    assert_string_equal(rig_read(&rig, 0, ~SKIP(HELD)), "0 Held @1/1 CALL=c DEVICE=9 monitor=1\n"
                                                        "0 Held @2/2 CALL=c DEVICE=9 monitor=2\n"
                                                        "0 Held @3/3 CALL=c DEVICE=9\n"
                                                        "0 Held @4/4 CALL=c DEVICE=9 monitor=1\n"
                                                        "0 Held @6/6 CALL=c DEVICE=9 monitor=3\n");
    assert_int_equal(rig_count(&rig, COUNTER_DIRECTORY_FULL), 1);
}

static void
many_monitors_are_all_found_again(void **state)
{
    (void)state;
    static struct front front;
    front_rig_open(&front);
    struct directory *directory = directory_open(&front, 20000);
    for (uint32_t i = 1; i <= 20000; i++) {
        struct shm_monitor monitor = {.number = i};
        monitor.cross_ref_length = (uint8_t)snprintf(monitor.cross_ref, 64, "%u", i);
        assert_non_null(directory_put_monitor(directory, &monitor));
        if (i % 32 == 0) {
            directory_quiescent(directory);
            front_rig_commit(&front);
        }
    }
    for (uint32_t i = 1; i <= 20000; i++) {
        char ref[16];
        snprintf(ref, sizeof ref, "%u", i);
        struct shm_monitor *monitor = directory_find_monitor(directory, 0, text_of(ref));
        assert_non_null(monitor);
        assert_int_equal(monitor->number, i);
        if (i % 2 == 0)
            directory_remove_monitor(directory, monitor);
        if (i % 32 == 0) {
            directory_quiescent(directory);
            front_rig_commit(&front);
        }
    }
    assert_null(directory_find_monitor(directory, 0, TEXT("2")));
    assert_non_null(directory_find_monitor(directory, 0, TEXT("3")));
    directory_close(directory);
    front_rig_close(&front);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup_one, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_granted_monitor_makes_its_device_monitored),
        PROMISE(the_first_monitor_start_ends_that_all_are_monitored),
        PROMISE(a_refused_monitor_is_none),
        PROMISE(answers_without_ids_belong_to_the_oldest_start),
        PROMISE(a_device_is_monitored_until_its_last_monitor_stops),
        PROMISE(a_refused_stop_leaves_the_monitor),
        PROMISE(a_configured_device_stays_monitored),
        PROMISE(a_call_monitor_does_not_make_its_device_monitored),
        PROMISE(a_monitor_is_learned_from_its_devices_own_events),
        PROMISE(what_an_id_meant_is_void_once_the_link_was_down),
        PROMISE(a_granted_device_stays_monitored_over_a_loss),
        PROMISE(nothing_is_learned_from_the_events_of_others),
        PROMISE(who_alerts_is_not_learned_where_somebody_else_alerts),
        PROMISE(what_was_learned_is_not_learned_anew),
        PROMISE(a_grant_corrects_what_was_learned),
        PROMISE(links_do_not_share_monitors),
        PROMISE(a_full_directory_refuses_and_keeps_what_it_has),
        cmocka_unit_test(many_monitors_are_all_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
