/*
 * What may have gone unseen is looked at again: engine/live/conversation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

#define ITEM(call, state)                                                                          \
    "<snapshotDeviceResponseInfo><connectionIdentifier><callID>" call "</callID><deviceID>1"       \
    "</deviceID></connectionIdentifier><localCallState>" state                                     \
    "</localCallState></snapshotDeviceResponseInfo>"
#define CONNECTED                                                                                  \
    "<compoundCallState><localConnectionState>connected</localConnectionState></"                  \
    "compoundCallState>"
#define ANSWER(items)                                                                              \
    "<SnapshotDeviceResponse><crossRefIDorSnapshotData>" items                                     \
    "</crossRefIDorSnapshotData></SnapshotDeviceResponse>"
#define WHOLE(items) ANSWER("<snapshotData>" items "</snapshotData>")
#define SEGMENT(last, items)                                                                       \
    "<SnapshotDeviceData><serviceCrossRefID>s1</serviceCrossRefID><lastSegment>" last              \
    "</lastSegment><snapshotData>" items "</snapshotData></SnapshotDeviceData>"

/* The monitor of device 1 stands; the request to look at it. */
static struct sent
first_look(const char *more)
{
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say(sent->invoke,
                 "<MonitorStartResponse><monitorCrossRefID>x1</monitorCrossRefID>%s"
                 "</MonitorStartResponse>",
                 more);
    talk_rig_after(5);
    return *talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
}

static void
a_call_whose_state_is_not_told_is_asked_about_once(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    struct sent sent = first_look("");
    talk_rig_say(sent.invoke,
                 WHOLE(ITEM("c1", "<unknown/>") ITEM("c2", CONNECTED) ITEM("c1", "<unknown/>")));
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 0);
    talk_rig_after(5);
    const struct sent *call = talk_rig_expect(OUTGOING_SNAPSHOT_CALL);
    assert_string_equal(call->call, "c1");
    talk_rig_answer(call);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
    talk_rig_after(5);
    NOTHING_SENT();
}

static void
calls_that_send_no_events_are_asked_about(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    struct sent sent = first_look("<monitorExistingCalls>false</monitorExistingCalls>");
    talk_rig_say(sent.invoke, WHOLE(ITEM("c1", CONNECTED)));
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_SNAPSHOT_CALL)->call, "c1");
}

static void
an_answer_in_segments_is_there_with_its_last(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    struct sent sent = first_look("");
    talk_rig_say(sent.invoke, ANSWER("<serviceCrossRefID>s1</serviceCrossRefID>"));
    talk_rig_say("9999", SEGMENT("false", ITEM("c1", CONNECTED)));
    assert_int_equal(rig_count(&rig, COUNTER_SNAPSHOTS), 0);
    talk_rig_say("9999", SEGMENT("true", ITEM("c2", "<unknown/>")));
    assert_int_equal(rig_count(&rig, COUNTER_SNAPSHOTS), 1);
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_SNAPSHOT_CALL)->call, "c2");
}

static void
segments_that_stop_coming_are_asked_for_again(void **state)
{
    (void)state;
    OPEN("monitored", "1", "keep-alive", "1h");
    struct sent sent = first_look("");
    talk_rig_say(sent.invoke, ANSWER("<serviceCrossRefID>s1</serviceCrossRefID>"));
    talk_rig_after(9999);
    NOTHING_SENT();
    talk_rig_after(1);
    talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
}

static void
a_snapshot_nobody_answers_is_asked_for_three_times(void **state)
{
    (void)state;
    OPEN("monitored", "1", "keep-alive", "1h");
    first_look("");
    for (int i = 0; i < 2; i++) {
        talk_rig_after(10000);
        talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
        assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 0);
    }
    talk_rig_after(10000);
    NOTHING_SENT();
    assert_int_equal(rig_count(&rig, COUNTER_SNAPSHOTS_FAILED), 1);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
}

static void
a_snapshot_that_was_under_way_at_a_loss_is_taken_again(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    struct sent sent = first_look("");
    talk_rig_say("0001", "<SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>");
    talk_rig_say(sent.invoke, WHOLE(""));
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 0);
    talk_rig_after(5);
    talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    talk_rig_answer(talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE));
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
}

static void
calls_to_be_asked_about_are_forgotten_with_the_connection(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    struct sent sent = first_look("");
    talk_rig_say(sent.invoke, WHOLE(ITEM("c1", "<unknown/>") ITEM("c2", "<unknown/>")));
    talk_rig_after(1);
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(rig.session->front.now->errands.count, 1);
    live.taken = live.sent_count;
    sent = first_look("");
    talk_rig_say(sent.invoke, WHOLE(ITEM("c1", "<unknown/>")));
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_SNAPSHOT_CALL)->call, "c1");
}

/* The monitor stands, and what was there is known. */
static void
open_settled(void)
{
    OPEN("monitored", "1");
    struct sent sent = first_look("");
    talk_rig_say(sent.invoke, WHOLE(""));
    talk_rig_settle();
}

static void
a_call_that_grows_stale_is_asked_about(void **state)
{
    (void)state;
    open_settled();
    conversation_ask_call(&live.link, TEXT("c1"));
    conversation_ask_call(&live.link, TEXT("c1"));
    talk_rig_after(5);
    const struct sent *call = talk_rig_expect(OUTGOING_SNAPSHOT_CALL);
    assert_string_equal(call->call, "c1");
    talk_rig_answer(call);
    talk_rig_after(5);
    NOTHING_SENT();
    assert_int_equal(rig_count(&rig, COUNTER_SNAPSHOTS_FAILED), 0);
    conversation_ask_call(&live.link, TEXT("c1"));
    talk_rig_after(5);
    talk_rig_expect(OUTGOING_SNAPSHOT_CALL);
}

static void
a_question_about_a_stale_call_outlives_the_front_end(void **state)
{
    (void)state;
    open_settled();
    conversation_ask_call(&live.link, TEXT("c1"));
    talk_rig_publish();
    talk_rig_die();
    talk_rig_after(5);
    assert_string_equal(talk_rig_expect(OUTGOING_SNAPSHOT_CALL)->call, "c1");
    talk_rig_after(5);
    NOTHING_SENT();
}

static void
while_the_link_is_not_usable_no_stale_call_is_asked_about(void **state)
{
    (void)state;
    open_settled();
    conversation_end(&live.link);
    conversation_ask_call(&live.link, TEXT("c1"));
    talk_rig_work();
    assert_int_equal(rig.session->front.now->errands.count, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(a_call_whose_state_is_not_told_is_asked_about_once),
        TEST(calls_that_send_no_events_are_asked_about),
        TEST(an_answer_in_segments_is_there_with_its_last),
        TEST(segments_that_stop_coming_are_asked_for_again),
        TEST(a_snapshot_nobody_answers_is_asked_for_three_times),
        TEST(a_snapshot_that_was_under_way_at_a_loss_is_taken_again),
        TEST(calls_to_be_asked_about_are_forgotten_with_the_connection),
        TEST(a_call_that_grows_stale_is_asked_about),
        TEST(a_question_about_a_stale_call_outlives_the_front_end),
        TEST(while_the_link_is_not_usable_no_stale_call_is_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
