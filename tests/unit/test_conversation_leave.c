/*
 * How a conversation is ended by us: the switch is told as its session wants it, and heard until it
 * has agreed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

static void
start_session(void)
{
    OPEN("session", "application", "monitored", "1,2");
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_START);
    talk_rig_say(sent->invoke, "<StartApplicationSessionPosResponse><sessionID>s7</sessionID>"
                               "<actualSessionDuration>60</actualSessionDuration>"
                               "</StartApplicationSessionPosResponse>");
}

static void
leave(void)
{
    conversation_leave(&live.link);
    talk_rig_publish();
    talk_rig_work();
}

static void
a_session_is_stopped_before_the_connection_ends(void **state)
{
    (void)state;
    start_session();
    talk_rig_settle();
    leave();
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_STOP);
    assert_non_null(strstr(sent->text, "<sessionID>s7</sessionID>"));
    assert_string_equal(live.closed, "");
    talk_rig_say(sent->invoke, "<StopApplicationSessionPosResponse/>");
    assert_int_equal(talk_rig_work(), UINT64_MAX);
    assert_string_equal(live.closed, "in an orderly way");
    NOTHING_SENT();
}

static void
a_session_that_stands_no_longer_is_left_all_the_same(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "<StopApplicationSessionNegResponse/>",
        "<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>",
        "<ApplicationSessionTerminated/>",
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        start_session();
        leave();
        talk_rig_settle(); /* what was asked before it is answered, and nothing more is asked */
        talk_rig_say("9000", "<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>");
        talk_rig_work();
        assert_string_equal(live.closed, "");
        char invoke[8];
        snprintf(invoke, sizeof invoke, "%04u", talk_rig_talk()->greeting_invoke);
        talk_rig_say(invoke, "%s", answers[i]);
        talk_rig_work();
        assert_string_equal(live.closed, "in an orderly way");
        talk_rig_close(state);
    }
    start_session();
}

static void
a_goodbye_nobody_answers_is_waited_for_a_second(void **state)
{
    (void)state;
    start_session();
    leave();
    uint64_t due_ms = talk_rig_after(999);
    assert_int_equal(due_ms, live.now_ms + 1);
    assert_string_equal(live.closed, "");
    talk_rig_after(1);
    assert_string_equal(live.closed, "in an orderly way");
}

static void
who_leaves_asks_nothing_and_still_answers(void **state)
{
    (void)state;
    start_session();
    leave();
    const struct sent *sent;
    while ((sent = talk_rig_next()) != NULL && sent->kind != OUTGOING_SESSION_STOP)
        assert_int_equal(sent->kind, OUTGOING_MONITOR_START);
    assert_non_null(sent);
    talk_rig_say("0077", "<SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>");
    talk_rig_after(500);
    assert_string_equal(talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE)->invoke, "0077");
    NOTHING_SENT();
    const char *why = NULL;
    assert_false(conversation_may_request(&live.link, &why));
}

static void
without_a_session_there_is_nothing_to_say(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    talk_rig_connect();
    talk_rig_settle();
    leave();
    NOTHING_SENT();
    assert_string_equal(live.closed, "in an orderly way");
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(live.downs, 1);
    talk_rig_connect(); /* the next connection is as if nothing had been */
    talk_rig_expect(OUTGOING_MONITOR_START);
}

static void
who_is_not_connected_has_nothing_to_leave(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    leave();
    talk_rig_connect();
    talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(live.closed, "");
}

static void
feed(const char *bytes, uint32_t length)
{
    talk_rig_feed((struct text){bytes, length}, "");
}

static void
an_association_is_released_and_is_one_loss(void **state)
{
    (void)state;
    OPEN("encoding", "ber3");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_ASSOCIATE);
    feed("\x61\x0e\xa1\x07\x06\x05\x2b\x0c\x00\x81\x34\xa2\x03\x02\x01\x00", 16);
    talk_rig_work();
    uint32_t epoch = live.link.link->epoch;
    leave();
    talk_rig_expect(OUTGOING_RELEASE);
    assert_string_equal(live.closed, "");
    feed("\x63\x03\x80\x01\x00", 5);
    talk_rig_work();
    assert_string_equal(live.closed, "in an orderly way");
    NOTHING_SENT();
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(live.link.link->epoch, epoch + 1);
}

static void
two_who_release_at_once_agree(void **state)
{
    (void)state;
    OPEN("encoding", "ber3");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_ASSOCIATE);
    feed("\x61\x0e\xa1\x07\x06\x05\x2b\x0c\x00\x81\x34\xa2\x03\x02\x01\x00", 16);
    talk_rig_work();
    conversation_leave(&live.link);
    feed("\x62\x03\x80\x01\x00", 5);
    talk_rig_work();
    talk_rig_expect(OUTGOING_RELEASE_RESPONSE);
    NOTHING_SENT();
    assert_string_equal(live.closed, "in an orderly way");
}

static void
a_successor_says_what_was_not_said(void **state)
{
    (void)state;
    start_session();
    talk_rig_settle();
    live.deaths = 3;
    leave();
    live.deaths = 0;
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_STOP);
    NOTHING_SENT();
    talk_rig_say(sent->invoke, "<StopApplicationSessionPosResponse/>");
    talk_rig_work();
    assert_string_equal(live.closed, "in an orderly way");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_stopped_before_the_connection_ends),
        TEST(a_session_that_stands_no_longer_is_left_all_the_same),
        TEST(a_goodbye_nobody_answers_is_waited_for_a_second),
        TEST(who_leaves_asks_nothing_and_still_answers),
        TEST(without_a_session_there_is_nothing_to_say),
        TEST(who_is_not_connected_has_nothing_to_leave),
        TEST(an_association_is_released_and_is_one_loss),
        TEST(two_who_release_at_once_agree),
        TEST(a_successor_says_what_was_not_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
