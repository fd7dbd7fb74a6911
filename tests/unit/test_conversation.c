/*
 * The session, the switch's status and the keep-alive, in XML: engine/live/conversation.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/talk_rig.h"

#define STATUS(word)        "<SystemStatus><systemStatus>" word "</systemStatus></SystemStatus>"
#define REFUSE(group, word) "<CSTAErrorCode><" group ">" word "</" group "></CSTAErrorCode>"

/* ---- greeting ------------------------------------------------------------------------------- */

static void
without_a_handshake_the_link_is_usable_at_once(void **state)
{
    (void)state;
    OPEN("session", "none");
    const char *why;
    assert_false(conversation_may_request(&live.link, &why));
    talk_rig_connect();
    assert_int_equal(live.ups, 1);
    assert_true(conversation_may_request(&live.link, &why));
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(live.downs, 1);
    assert_false(conversation_may_request(&live.link, &why));
    assert_int_equal(talk_rig_after(100000), UINT64_MAX);
    assert_int_equal(live.downs, 1);
}

static void
the_switchs_status_is_answered_at_once_at_every_stage(void **state)
{
    (void)state;
    OPEN("session", "register");
    talk_rig_connect();
    NOTHING_SENT();
    talk_rig_say("0007", STATUS("enabled"));
    talk_rig_work();
    assert_string_equal(talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE)->invoke, "0007");
    const struct sent *sent = talk_rig_expect(OUTGOING_SYSTEM_REGISTER);
    talk_rig_say("0008", STATUS("normal"));
    talk_rig_work();
    assert_string_equal(talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE)->invoke, "0008");
    assert_int_equal(live.ups, 0);
    talk_rig_say(sent->invoke, "<SystemRegisterResponse><sysStatRegisterID>r1</sysStatRegisterID>"
                               "</SystemRegisterResponse>");
    talk_rig_work();
    assert_int_equal(live.ups, 1);
    talk_rig_say("0009", STATUS("normal"));
    talk_rig_say("0010", "<RequestSystemStatus/>");
    talk_rig_say("0011", "<SystemRegister/>");
    talk_rig_work();
    assert_string_equal(talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE)->invoke, "0009");
    assert_string_equal(talk_rig_expect(OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE)->invoke, "0010");
    assert_string_equal(talk_rig_expect(OUTGOING_SYSTEM_REGISTER_RESPONSE)->invoke, "0011");
    NOTHING_SENT();
}

static void
a_switch_that_does_not_speak_first_is_registered_with_all_the_same(void **state)
{
    (void)state;
    OPEN("profile", "openscape");
    talk_rig_connect();
    talk_rig_after(9000);
    NOTHING_SENT();
    talk_rig_after(1000);
    const struct sent *sent = talk_rig_expect(OUTGOING_SYSTEM_REGISTER);
    talk_rig_say(sent->invoke, REFUSE("operation", "notSupported"));
    talk_rig_work();
    assert_int_equal(live.ups, 1);
}

static void
a_registration_nobody_answers_is_done_without(void **state)
{
    (void)state;
    OPEN("session", "register", "answer-timeout", "5s");
    talk_rig_connect();
    talk_rig_after(5000);
    talk_rig_expect(OUTGOING_SYSTEM_REGISTER);
    talk_rig_after(4999);
    assert_int_equal(live.ups, 0);
    talk_rig_after(1);
    assert_int_equal(live.ups, 1);
}

static const char *
password_file(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/onhook-talk-%d", (int)getpid());
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    return path;
}

static void
an_application_session_has_user_and_password_and_is_renewed_in_time(void **state)
{
    (void)state;
    OPEN("profile", "avaya-dmcc", "user", "u1", "password-file", password_file("secret\nmore\n"),
         "session-duration", "100s", "keep-alive", "1h");
    talk_rig_connect();
    unlink(live.settings->password_file);
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_START);
    assert_non_null(strstr(sent->text, "<ns1:userName>u1</ns1:userName>"
                                       "<ns1:password>secret</ns1:password>"));
    assert_non_null(strstr(sent->text, "<requestedSessionDuration>100</"));
    talk_rig_say(sent->invoke, "<StartApplicationSessionPosResponse><sessionID>s-1</sessionID>"
                               "<actualSessionDuration>60</actualSessionDuration>"
                               "</StartApplicationSessionPosResponse>");
    talk_rig_work();
    assert_int_equal(live.ups, 1);
    talk_rig_after(29000);
    NOTHING_SENT();
    talk_rig_after(1000);
    sent = talk_rig_expect(OUTGOING_SESSION_RESET_TIMER);
    assert_non_null(strstr(sent->text, "<sessionID>s-1</sessionID>"));
    talk_rig_say(sent->invoke, "<ResetApplicationSessionTimerPosResponse>"
                               "<actualSessionDuration>80</actualSessionDuration>"
                               "</ResetApplicationSessionTimerPosResponse>");
    talk_rig_after(29000);
    NOTHING_SENT();
    talk_rig_after(11000);
    talk_rig_expect(OUTGOING_SESSION_RESET_TIMER);
    assert_int_equal(live.downs, 0);
}

static void
a_refused_session_closes_the_connection(void **state)
{
    (void)state;
    OPEN("session", "application");
    talk_rig_connect();
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_START);
    talk_rig_say(sent->invoke, "<StartApplicationSessionNegResponse><errorCode><definedError>"
                               "invalidApplicationInfo</definedError></errorCode>"
                               "</StartApplicationSessionNegResponse>");
    talk_rig_work();
    assert_string_equal(live.closed, "the switch refused the application session");
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(live.ups + live.downs, 0);
}

static void
a_session_nobody_answers_closes_the_connection(void **state)
{
    (void)state;
    OPEN("session", "application");
    talk_rig_connect();
    talk_rig_after(10000);
    assert_string_equal(live.closed, "the switch does not answer our greeting");
}

static void
a_password_that_cannot_be_read_closes_the_connection(void **state)
{
    (void)state;
    OPEN("session", "application", "user", "u", "password-file", "/nowhere/at/all");
    talk_rig_connect();
    assert_string_equal(live.closed, "the password file cannot be read");
    NOTHING_SENT();
}

static void
start_session(void)
{
    const struct sent *sent = talk_rig_expect(OUTGOING_SESSION_START);
    talk_rig_say(sent->invoke, "<StartApplicationSessionPosResponse><sessionID>s</sessionID>"
                               "</StartApplicationSessionPosResponse>");
    talk_rig_work();
}

static void
a_session_the_switch_ends_is_started_again_after_a_pause_that_grows(void **state)
{
    (void)state;
    OPEN("session", "application", "monitored", "1");
    talk_rig_connect();
    start_session();
    assert_int_equal(talk_rig_settle(), 2);
    talk_rig_say("9999", "<ApplicationSessionTerminated><sessionID>s</sessionID>"
                         "</ApplicationSessionTerminated>");
    talk_rig_work();
    assert_int_equal(live.downs, 1);
    NOTHING_SENT();
    talk_rig_after(1000 << 1);
    start_session();
    assert_int_equal(live.ups, 2);
    assert_int_equal(talk_rig_settle(), 2);
}

/* The session is granted, and ended at once; then the pause it takes. */
static void
lose_session_and_wait(uint32_t pause_ms)
{
    talk_rig_say("9999", "<ApplicationSessionTerminated><sessionID>s</sessionID>"
                         "</ApplicationSessionTerminated>");
    talk_rig_work();
    talk_rig_after(pause_ms - 10);
    NOTHING_SENT();
    talk_rig_after(10);
    start_session();
}

static void
a_session_that_is_ended_at_once_each_time_is_asked_for_less_and_less_often(void **state)
{
    (void)state;
    OPEN("session", "application", "session-duration", "1h", "keep-alive", "1h");
    talk_rig_connect();
    start_session();
    lose_session_and_wait(1000);
    lose_session_and_wait(2000);
    lose_session_and_wait(4000);
    talk_rig_after(60000);
    lose_session_and_wait(1000);
    lose_session_and_wait(2000);
}

static void
a_password_file_that_holds_no_password_closes_the_connection(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/onhook-password-%d", (int)getpid());
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: nobody must wait */
    OPEN("session", "application", "user", "u", "password-file", path);
    talk_rig_connect();
    assert_string_equal(live.closed, "the password file cannot be read");
    talk_rig_close(state);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 4096; i++)
        fputc('x', file);
    fclose(file);
    OPEN("session", "application", "user", "u", "password-file", path);
    talk_rig_connect();
    assert_string_equal(live.closed, "the password file cannot be read");
    unlink(path);
    NOTHING_SENT();
}

/* ---- what the switch is able to do ---------------------------------------------------------- */

static void
an_overloaded_switch_is_left_alone_until_it_is_relieved(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1999", "keep-alive", "1h", "request-gap", "2ms");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say("0001", STATUS("overloadReached"));
    const char *why;
    assert_false(conversation_may_request(&live.link, &why));
    talk_rig_after(4000);
    talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    NOTHING_SENT();
    talk_rig_say("0002", STATUS("overloadRelieved"));
    assert_true(conversation_may_request(&live.link, &why));
    talk_rig_after(2);
    talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    talk_rig_expect(OUTGOING_MONITOR_START);
}

static void
an_overload_that_is_never_relieved_counts_a_minute(void **state)
{
    (void)state;
    OPEN("monitored", "1000-1999", "keep-alive", "1h", "answer-timeout", "5m", "request-gap",
         "2ms");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say("0001", STATUS("overloadImminent"));
    talk_rig_after(59990);
    talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    NOTHING_SENT();
    talk_rig_after(10);
    talk_rig_expect(OUTGOING_MONITOR_START);
}

static void
a_disabled_switch_is_asked_for_everything_again_when_it_is_enabled(void **state)
{
    (void)state;
    OPEN("monitored", "1,2,3");
    talk_rig_connect();
    talk_rig_settle();
    talk_rig_say("0001", STATUS("disabled"));
    const char *why;
    assert_false(conversation_may_request(&live.link, &why));
    assert_int_equal(talk_rig_settle(), 1); /* the answer */
    assert_int_equal(talk_rig_talk()->standing, 0);
    talk_rig_say("0002", STATUS("enabled"));
    assert_int_equal(talk_rig_settle(), 7);
    assert_int_equal(talk_rig_talk()->standing, 3);
    assert_int_equal(live.ups, 1);
}

static void
grant_as(const char *cross_ref)
{
    talk_rig_work();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say(sent->invoke,
                 "<MonitorStartResponse><monitorCrossRefID>%s</monitorCrossRefID>"
                 "</MonitorStartResponse>",
                 cross_ref);
    talk_rig_settle();
}

static bool
is_known(const char *cross_ref)
{
    return directory_find_monitor(rig.session->directory, live.link.link->index,
                                  text_of(cross_ref)) != NULL;
}

static void
a_monitor_that_a_loss_made_void_is_forgotten_when_another_takes_its_place(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    talk_rig_connect();
    grant_as("old");
    assert_true(is_known("old"));
    talk_rig_say("0001", STATUS("disabled"));
    talk_rig_settle();
    talk_rig_say("0002", STATUS("enabled"));
    talk_rig_work();
    talk_rig_next(); /* the answer */
    grant_as("new");
    assert_true(is_known("new"));
    assert_false(is_known("old"));
}

static void
lost_messages_are_made_good_by_looking_at_every_device(void **state)
{
    (void)state;
    OPEN("monitored", "1,2,3");
    talk_rig_connect();
    talk_rig_settle();
    talk_rig_say("0001", STATUS("messagesLost"));
    assert_int_equal(talk_rig_settle(), 4);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 2);
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_GRANTED), 3);
}

/* ---- keep-alive ----------------------------------------------------------------------------- */

static void
a_silent_switch_is_asked_and_one_that_stays_silent_is_given_up(void **state)
{
    (void)state;
    OPEN("keep-alive", "10s", "keep-alive-count", "2");
    talk_rig_connect();
    assert_int_equal(talk_rig_after(9999) - live.now_ms, 1);
    NOTHING_SENT();
    talk_rig_after(1);
    talk_rig_answer(talk_rig_expect(OUTGOING_REQUEST_SYSTEM_STATUS));
    for (int i = 0; i < 2; i++) {
        talk_rig_after(10000);
        talk_rig_expect(OUTGOING_REQUEST_SYSTEM_STATUS);
    }
    talk_rig_after(9999);
    assert_string_equal(live.closed, "");
    talk_rig_after(1);
    NOTHING_SENT();
    assert_string_equal(live.closed, "the switch is silent, and does not answer when asked");
    assert_int_equal(talk_rig_after(100000), UINT64_MAX);
}

static void
a_switch_that_asks_without_reading_is_heard_no_further(void **state)
{
    (void)state;
    OPEN("session", "none");
    talk_rig_connect();
    live.is_full = true;
    for (int i = 0; i < TALK_ANSWERS_MAX; i++) {
        assert_true(conversation_may_hear(&live.link));
        talk_rig_say("0001", STATUS("normal"));
        talk_rig_work();
    }
    assert_false(conversation_may_hear(&live.link));
    assert_string_equal(live.closed, "");
    live.is_full = false;
    talk_rig_work();
    for (int i = 0; i < TALK_ANSWERS_MAX; i++)
        talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    NOTHING_SENT();
    assert_true(conversation_may_hear(&live.link));
}

static void
what_cannot_be_sent_now_is_sent_later(void **state)
{
    (void)state;
    OPEN("monitored", "1");
    live.is_full = true;
    talk_rig_connect();
    NOTHING_SENT();
    assert_int_equal(talk_rig_after(1) - live.now_ms, 20);
    live.is_full = false;
    talk_rig_after(20);
    talk_rig_expect(OUTGOING_MONITOR_START);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(without_a_handshake_the_link_is_usable_at_once),
        TEST(the_switchs_status_is_answered_at_once_at_every_stage),
        TEST(a_switch_that_does_not_speak_first_is_registered_with_all_the_same),
        TEST(a_registration_nobody_answers_is_done_without),
        TEST(an_application_session_has_user_and_password_and_is_renewed_in_time),
        TEST(a_refused_session_closes_the_connection),
        TEST(a_session_nobody_answers_closes_the_connection),
        TEST(a_password_that_cannot_be_read_closes_the_connection),
        TEST(a_session_the_switch_ends_is_started_again_after_a_pause_that_grows),
        TEST(a_session_that_is_ended_at_once_each_time_is_asked_for_less_and_less_often),
        TEST(a_password_file_that_holds_no_password_closes_the_connection),
        TEST(an_overloaded_switch_is_left_alone_until_it_is_relieved),
        TEST(an_overload_that_is_never_relieved_counts_a_minute),
        TEST(a_disabled_switch_is_asked_for_everything_again_when_it_is_enabled),
        TEST(a_monitor_that_a_loss_made_void_is_forgotten_when_another_takes_its_place),
        TEST(lost_messages_are_made_good_by_looking_at_every_device),
        TEST(a_silent_switch_is_asked_and_one_that_stays_silent_is_given_up),
        TEST(a_switch_that_asks_without_reading_is_heard_no_further),
        TEST(what_cannot_be_sent_now_is_sent_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
