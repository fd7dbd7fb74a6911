/*
 * What the workers are told about the messages of an input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/session_rig.h"

static void
a_link_is_announced_before_its_first_event(void **state)
{
    (void)state;
    rig_feed(&rig, "# link pbx1 monitored=2001 route-points=700\n"
                   "5.250 pbx1 < 9999 " ORIGINATED("c1", "2001") "\n");
    assert_string_equal(rig_read(&rig, 0, 0),
                        "0 Link @1/0 LINK=pbx1\n"
                        "0 Device @1/0 DEVICE=2001 flags=3\n"
                        "0 Device @1/0 DEVICE=700 flags=16\n"
                        "0 Tick @1/0 clock=5200\n"
                        "0 Originated @1/1 CALL=c1 DEVICE=2001 SUBJECT=2001 CALLING=2001 "
                        "MONITOR_DEVICE=2001 monitor=1\n");
}

#define CLEARED(call, rest)                                                                        \
    "<ConnectionClearedEvent><monitorCrossRefID>7</"                                               \
    "monitorCrossRefID><droppedConnection><callID>" call "</callID></droppedConnection>" rest      \
    "</ConnectionClearedEvent>"
#define DELIVERED(call, device)                                                                    \
    "<DeliveredEvent><monitorCrossRefID>7</monitorCrossRefID><connection>" CONNECTION(             \
        call, device) "</connection>" SUBJECT("alertingDevice",                                    \
                                              device) "<localConnectionInfo>alerting</"            \
                                                      "localConnectionInfo></DeliveredEvent>"

#define TOLD (SKIP(LINK) | SKIP(TICK) | SKIP(DEVICE))

static void
a_tick_comes_before_the_message_that_reaches_a_tenth(void **state)
{
    (void)state;
    rig_feed(
        &rig,
        "5.010 p < 9999 " ORIGINATED(
            "c1", "1") "\n"
                       "5.099 p < 9999 " ORIGINATED(
                           "c2", "1") "\n"
                                      "5.100 p < 9999 " ORIGINATED(
                                          "c3", "1") "\n"
                                                     "4.000 p < 9999 " ORIGINATED(
                                                         "c4", "1") "\n"
                                                                    "5.199 p ! tick\n"
                                                                    "5.951 p ! tick\n"
                                                                    "5.999 p < 9999 " ORIGINATED(
                                                                        "c5", "1") "\n");
    const char *said = rig_read(&rig, 0, SKIP(LINK) | SKIP(DEVICE) | SKIP(ORIGINATED));
    assert_string_equal(said, "0 Tick @1/0 clock=5000\n"
                              "0 Tick @3/2 clock=5100\n"
                              "0 Tick @6/4 clock=5900\n");
    assert_int_equal(watermark_get(&rig.engine, 0), 7);
}

/* Reads on to the next record of that kind. */
static struct event
next_of(uint32_t worker, enum event_kind kind)
{
    struct ring_spsc *ring = &rig.readers.rings[worker];
    struct event event = {.kind = EVENT_NONE};
    uint32_t ready;
    while (event.kind != kind && (ready = ring_spsc_poll(ring, UINT32_MAX)) > 0)
        ring_spsc_take(ring, event_unpack(&event, ring_spsc_slot(ring, ring->position), ready));
    assert_int_equal(event.kind, kind);
    return event;
}

static void
a_message_from_the_past_keeps_its_time_and_the_clock(void **state)
{
    (void)state;
    rig_feed(&rig, "5.25 p < 9999 " ORIGINATED("c1", "1") "\n"
                                                          "4.125001 p < 9999 " ORIGINATED(
                                                              "c2", "1") "\n");
    struct event event = next_of(0, EVENT_TICK);
    assert_int_equal(event.time_us, 5200000);
    event = next_of(0, EVENT_ORIGINATED);
    assert_int_equal(event.time_us, 5250000);
    event = next_of(0, EVENT_ORIGINATED);
    assert_int_equal(event.time_us, 4125001);
    assert_int_equal(event.clock_ms, 5250);
    assert_int_equal(event.flags & EVENT_HAS_TIME, EVENT_HAS_TIME);
}

#define STAMP(time) "<extensions><security><timeStamp>" time "</timeStamp></security></extensions>"
#define STAMPED(call, time)                                                                        \
    "<OriginatedEvent><monitorCrossRefID>1</monitorCrossRefID><originatedConnection><callID>" call \
    "</callID></originatedConnection><callingDevice><deviceIdentifier>1</deviceIdentifier>"        \
    "</callingDevice>" STAMP(time) "</OriginatedEvent>"

/* The stamps of messages are all the clock there is: when it is set, or comes late, nobody has
 * waited for it. */
static void
a_clock_that_comes_late_or_is_set_lets_no_time_pass(void **state)
{
    (void)state;
    static const char stream[] = ORIGINATED("c0", "1") STAMPED("c1", "2025-03-01T10:00:00Z")
        STAMPED("c2", "2025-03-01T10:00:07Z") STAMPED("c3", "2049-01-01T00:00:00Z")
            STAMPED("c4", "2025-03-01T10:00:08Z") STAMPED("c5", "2025-03-01T10:00:09Z");
    rig_feed_as(&rig, "bare.xml", stream, sizeof stream - 1, 1);
    static const uint64_t clocks[] = {1, 2, 7002, 7003, 7004, 8004};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        assert_int_equal(next_of(0, EVENT_ORIGINATED).clock_ms, clocks[i]);
}

/* Back an hour, and forth a day: spans are where they were, and Time is what the clock shows. */
static void
a_clock_that_says_it_was_set_lets_no_time_pass(void **state)
{
    (void)state;
    rig_feed(&rig, "7200 p < 9999 " ORIGINATED(
                       "c1", "1") "\n"
                                  "3600 p ! set\n"
                                  "3601 p < 9999 " ORIGINATED(
                                      "c2", "1") "\n"
                                                 "90000 p ! set\n"
                                                 "90002 p < 9999 " ORIGINATED("c3", "1") "\n");
    assert_int_equal(next_of(0, EVENT_ORIGINATED).clock_ms, 7200000);
    struct event second = next_of(0, EVENT_ORIGINATED);
    assert_int_equal(second.clock_ms, 7201001);
    assert_int_equal(second.time_us, INT64_C(3601000000));
    assert_int_equal(next_of(0, EVENT_ORIGINATED).clock_ms, 7203002);
}

static void
a_tick_is_told_at_the_time_of_the_messages(void **state)
{
    (void)state;
    static const char stream[] = ORIGINATED("c0", "1") STAMPED("c1", "2025-03-01T10:00:00Z")
        STAMPED("c2", "2025-03-01T10:00:07Z");
    rig_feed_as(&rig, "bare.xml", stream, sizeof stream - 1, 1);
    next_of(0, EVENT_TICK);
    struct event tick = next_of(0, EVENT_TICK);
    assert_int_equal(tick.clock_ms, 7000);
    assert_int_equal(tick.time_us, INT64_C(1740823207000000) - 2000);
}

static void
without_times_a_message_is_a_millisecond(void **state)
{
    (void)state;
    static char stream[65536];
    stream[0] = '\0';
    for (int i = 0; i < 200; i++)
        strcat(stream, ORIGINATED("c", "1"));
    rig_feed_as(&rig, "bare.xml", stream, strlen(stream), 1);
    const char *said = rig_read(&rig, 0, SKIP(DEVICE) | SKIP(ORIGINATED));
    assert_string_equal(said, "0 Link @1/0 LINK=bare all=1\n"
                              "0 Tick @1/0 clock=0\n"
                              "0 Tick @100/99 clock=100\n"
                              "0 Tick @200/199 clock=200\n");
}

static void
unreadable_messages_count_and_malformed_lines_only_with_a_link(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p < 9999 <a>\n"
                   "x p < 9999 <a/>\n"
                   "1 p < 9999 hex:ff03020101\n"
                   "what\n"
                   "1 p ! sideways\n"
                   "1 p < 9999 <a/>\n"
                   "1 p < 9999 " ORIGINATED("c1", "1") "\n");
    assert_string_equal(rig_read(&rig, 0, TOLD),
                        "0 Originated @5/5 CALL=c1 DEVICE=1 SUBJECT=1 CALLING=1 "
                        "MONITOR_DEVICE=1 monitor=1\n");
    assert_int_equal(rig.unreadable, 5);
    assert_int_equal(rig_count(&rig, COUNTER_UNREADABLE), 5);
    assert_int_equal(rig_count(&rig, COUNTER_MESSAGES), 5);
    assert_int_equal(rig_count(&rig, COUNTER_OTHER), 1);
    assert_int_equal(rig_count(&rig, COUNTER_EVENTS), 1);
}

static void
a_first_line_without_a_time_does_not_take_the_times_away(void **state)
{
    (void)state;
    rig_feed(&rig, "x p < 9999 <a/>\n"
                   "7 p < 9999 " ORIGINATED("c1", "1") "\n");
    assert_string_equal(rig_read(&rig, 0, SKIP(DEVICE) | SKIP(ORIGINATED)),
                        "0 Link @1/0 LINK=p all=1\n"
                        "0 Tick @2/1 clock=7000\n");
}

static void
numbers_are_canonical_and_aliased(void **state)
{
    (void)state;
    static struct alias aliases[] = {{.from = "22334455", .to = "200"}};
    rig.settings.aliases = aliases;
    rig.settings.alias_count = 1;
    rig_feed(&rig, "1 p < 9999 " ORIGINATED("c1", "N&lt;22334455!7&gt;;x=y") "\n");
    const char *said = rig_read(&rig, 0, TOLD);
    rig.settings.aliases = NULL;
    rig.settings.alias_count = 0;
    assert_non_null(strstr(said, "CALL=c1 DEVICE=200 SUBJECT=200 CALLING=200 MONITOR_DEVICE=200"));
}

#define DIGITS_64 "0123456789012345678901234567890123456789012345678901234567890123"

static void
a_number_of_64_bytes_is_kept_and_a_longer_one_is_unreadable(void **state)
{
    (void)state;
    rig_feed(&rig,
             "1 p < 9999 " DELIVERED("c1", DIGITS_64 ";and=more") "\n"
                                                                  "1 p < 9999 " DELIVERED(
                                                                      "c2", DIGITS_64 "4") "\n");
    const char *said = rig_read(&rig, 0, TOLD);
    assert_non_null(strstr(said, "CALL=c1 DEVICE=" DIGITS_64 " "));
    assert_null(strstr(said, "c2"));
    assert_int_equal(rig.unreadable, 1);
    assert_string_equal(rig.why, "a callID, device or other text of more than 64 bytes");
}

static void
a_dropped_connection_without_a_device_is_the_monitors_own(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p < 9999 " DELIVERED("c1", "2001") "\n"
                                                         "1 p < 9999 " CLEARED("c1", "") "\n");
    assert_non_null(strstr(rig_read(&rig, 0, TOLD),
                           "ConnectionCleared @2/2 CALL=c1 DEVICE=2001 MONITOR_DEVICE=2001"));
}

static void
with_an_unknown_monitor_it_is_the_releasing_device_at_local_state_null(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p < 9999 " CLEARED(
                       "c1", SUBJECT("releasingDevice", "5") "<localConnectionInfo>null"
                                                             "</localConnectionInfo>") "\n");
    assert_non_null(strstr(rig_read(&rig, 0, TOLD), "CALL=c1 DEVICE=5 RELEASING=5 monitor=1"));
    assert_int_equal(rig.unreadable, 0);
}

static void
otherwise_the_clearing_is_unreadable(void **state)
{
    (void)state;
    rig_feed(
        &rig,
        "1 p < 9999 " CLEARED(
            "c1", SUBJECT("releasingDevice",
                          "5")) "\n"
                                "1 p < 9999 " CLEARED(
                                    "c1", "<localConnectionInfo>null</localConnectionInfo>") "\n");
    assert_string_equal(rig_read(&rig, 0, TOLD), "");
    assert_int_equal(rig.unreadable, 2);
    assert_string_equal(rig.why, "a clearing that does not say whose connection was dropped");
}

static void
notices_and_lost_messages_reach_every_worker(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p ! down\n"
                   "2 p ! up\n"
                   "3 p < 0001 <SystemStatus><systemStatus>messagesLost</systemStatus>"
                   "</SystemStatus>\n"
                   "4 p > 0001 <SystemStatus><systemStatus>messagesLost</systemStatus>"
                   "</SystemStatus>\n");
    session_end_links(rig.session, 1);
    session_finish(rig.session);
    for (uint32_t worker = 0; worker < 2; worker++) {
        char expected[512];
        snprintf(expected, sizeof expected,
                 "%u LinkDown @1/0\n%u LinkUp @2/0\n%u LinkDown @3/1\n%u LinkUp @3/1\n"
                 "%u LinkEnd @5/2\n%u Finish @6/0\n",
                 worker, worker, worker, worker, worker, worker);
        assert_string_equal(rig_read(&rig, worker, TOLD), expected);
    }
    assert_int_equal(watermark_get(&rig.engine, 0), 6);
}

/* It is asked for, agreed to, and then the connection goes: that is one loss, with one epoch. */
static void
an_association_ends_once(void **state)
{
    (void)state;
    rig_feed(&rig, "# link p encoding=ber3\n"
                   "1 p < 9999 hex:610EA10706052B0C008134A203020100\n"
                   "2 p > 9999 hex:6203800100\n"
                   "3 p < 9999 hex:6303800100\n"
                   "4 p ! down\n"
                   "5 p ! up\n"
                   "6 p ! down\n");
    assert_string_equal(rig_read(&rig, 0, TOLD), "0 LinkUp @1/1\n0 LinkDown @2/2\n"
                                                 "0 LinkUp @5/3\n0 LinkDown @6/3\n");
    assert_int_equal(link_table_find(&rig.session->links, TEXT("p"))->epoch, 2);
}

static void
seq_goes_on_over_files_and_a_link_ends_after_its_last_one(void **state)
{
    (void)state;
    session_expect(rig.session, TEXT("a"), 3);
    static const char one[] = "# onhook-trace 1\n1 a < 9999 <x/>\n1 b < 9999 <x/>\n";
    rig_feed_as(&rig, "one.trace", one, sizeof one - 1, 1);
    session_end_links(rig.session, 1);
    static const char two[] = "<x/><x/>";
    rig_feed_as(&rig, "c.xml", two, sizeof two - 1, 2);
    session_end_links(rig.session, 2);
    static const char three[] = "<x/>" ORIGINATED("c1", "1");
    rig_feed_as(&rig, "a.xml", three, sizeof three - 1, 3);
    session_end_links(rig.session, 3);
    session_publish(rig.session, false);
    assert_string_equal(rig_read(&rig, 0, TOLD),
                        "0 LinkEnd @3/1\n"
                        "0 LinkEnd @6/2\n"
                        "0 Originated @8/3 CALL=c1 DEVICE=1 SUBJECT=1 CALLING=1 MONITOR_DEVICE=1 "
                        "monitor=1\n"
                        "0 LinkEnd @9/3\n");
}

static void
a_later_declaration_tells_the_link_again(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p < 9999 <x/>\n"
                   "# link p monitored=7\n"
                   "1 p < 9999 <x/>\n"
                   "# link p colour=red\n");
    assert_string_equal(rig_read(&rig, 0, 0), "0 Link @1/0 LINK=p all=1\n"
                                              "0 Tick @1/0 clock=1000\n"
                                              "0 Link @2/1 LINK=p\n"
                                              "0 Device @2/1 DEVICE=7 flags=3\n");
    assert_int_equal(rig.unreadable, 1);
}

static void
aliases_of_a_trace_hold_until_they_are_void_and_in_the_next_life(void **state)
{
    (void)state;
    rig_feed(&rig, "# alias 99=1 98=1\n"
                   "1 p < 9999 " ORIGINATED("c1", "99") "\n");
    assert_non_null(strstr(rig_read(&rig, 0, TOLD), "DEVICE=1 SUBJECT=1 "));

    session_close(rig.session);
    settings_free(&rig.settings);
    settings_default(&rig.settings);
    rig.session = session_open(&rig.engine, 0, &rig.settings);
    assert_non_null(rig.session);
    rig_feed(&rig, "2 p < 9999 " ORIGINATED("c2", "98") "\n");
    assert_non_null(strstr(rig_read(&rig, 0, TOLD), "DEVICE=1 SUBJECT=1 "));

    rig_feed(&rig, "# alias\n"
                   "# alias x\n"
                   "3 p < 9999 " ORIGINATED("c3", "98") "\n");
    assert_non_null(strstr(rig_read(&rig, 0, TOLD), "DEVICE=98 SUBJECT=98 "));
    assert_int_equal(rig.unreadable, 1);
    assert_string_equal(rig.why, "# alias must be followed by number=number");
}

static void
a_link_declared_anew_is_as_if_nothing_had_been_said_of_it(void **state)
{
    (void)state;
    rig_feed(&rig, "# link p observers=5 infer=first-cleared monitored=7\n"
                   "# link p anew=yes stale-after=2h\n"
                   "# link p anew=no\n");
    const struct link_settings *link = settings_link_find(&rig.settings, TEXT("p"));
    assert_int_equal(link->observers.count + link->monitored.count, 0);
    assert_false(link->monitored_given || link->infer_first_cleared);
    assert_int_equal(link->stale_after_ms, 7200000);
    assert_string_equal(rig.why, "anew: must be yes");
}

static void
agents_are_told_when_they_come_and_go(void **state)
{
    (void)state;
#define AGENT(kind) "<" kind ">" SUBJECT("agentDevice", "2001") "<agentID>A7</agentID></" kind ">"
    rig_feed(&rig,
             "1 p < 9999 " AGENT(
                 "AgentLoggedOnEvent") "\n"
                                       "1 p < 9999 " AGENT(
                                           "AgentLoggedOnEvent") "\n"
                                                                 "1 p < 9999 " AGENT(
                                                                     "AgentLoggedOffEvent") "\n");
    assert_string_equal(rig_read(&rig, 0, SKIP(LINK) | SKIP(TICK)),
                        "0 Device @1/1 DEVICE=2001 AGENT=A7\n"
                        "0 Device @3/3 DEVICE=2001\n");
}

static void
what_is_sent_to_the_switch_is_no_event_of_it(void **state)
{
    (void)state;
    rig_feed(&rig, "1 p > 9999 " ORIGINATED("c1", "1") "\n");
    assert_string_equal(rig_read(&rig, 0, TOLD), "");
    assert_int_equal(rig_count(&rig, COUNTER_OTHER), 1);
}

static void
a_framing_error_is_counted_and_is_no_message(void **state)
{
    (void)state;
    rig_feed_as(&rig, "x.bin", "rubbish", 7, 1);
    assert_int_equal(rig_count(&rig, COUNTER_FRAMING_ERRORS), 1);
    assert_int_equal(rig_count(&rig, COUNTER_MESSAGES), 0);
    assert_int_equal(rig_count(&rig, COUNTER_UNREADABLE), 0);
    assert_int_equal(rig.unreadable, 1);
}

#define PROMISE(test)     cmocka_unit_test_setup_teardown(test, setup_two, teardown)
#define PROMISE_ONE(test) cmocka_unit_test_setup_teardown(test, setup_one, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE_ONE(a_link_is_announced_before_its_first_event),
        PROMISE_ONE(a_tick_comes_before_the_message_that_reaches_a_tenth),
        PROMISE_ONE(a_message_from_the_past_keeps_its_time_and_the_clock),
        PROMISE_ONE(a_clock_that_comes_late_or_is_set_lets_no_time_pass),
        PROMISE_ONE(a_clock_that_says_it_was_set_lets_no_time_pass),
        PROMISE_ONE(a_tick_is_told_at_the_time_of_the_messages),
        PROMISE_ONE(without_times_a_message_is_a_millisecond),
        PROMISE_ONE(unreadable_messages_count_and_malformed_lines_only_with_a_link),
        PROMISE_ONE(a_first_line_without_a_time_does_not_take_the_times_away),
        PROMISE_ONE(numbers_are_canonical_and_aliased),
        PROMISE_ONE(a_number_of_64_bytes_is_kept_and_a_longer_one_is_unreadable),
        PROMISE_ONE(a_dropped_connection_without_a_device_is_the_monitors_own),
        PROMISE_ONE(with_an_unknown_monitor_it_is_the_releasing_device_at_local_state_null),
        PROMISE_ONE(otherwise_the_clearing_is_unreadable),
        PROMISE(notices_and_lost_messages_reach_every_worker),
        PROMISE_ONE(an_association_ends_once),
        PROMISE_ONE(seq_goes_on_over_files_and_a_link_ends_after_its_last_one),
        PROMISE_ONE(a_later_declaration_tells_the_link_again),
        PROMISE_ONE(aliases_of_a_trace_hold_until_they_are_void_and_in_the_next_life),
        PROMISE_ONE(a_link_declared_anew_is_as_if_nothing_had_been_said_of_it),
        PROMISE_ONE(agents_are_told_when_they_come_and_go),
        PROMISE_ONE(what_is_sent_to_the_switch_is_no_event_of_it),
        PROMISE_ONE(a_framing_error_is_counted_and_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
