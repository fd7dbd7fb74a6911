/*
 * What a switch calls a device is asked of it, where the settings say so: once, before the monitor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>

#include "engine/device_list.h"
#include "tests/unit/talk_rig.h"

#define ASKED "4750:CM1:10.1.2.3:0"

static void
open_avaya(const char *monitored)
{
    OPEN("profile", "avaya-dmcc", "switch-name", "CM1", "ask-device-ids", "yes", "session", "none",
         "monitored", monitored, "monitor-retry", "1s", "request-gap", "0");
    talk_rig_connect();
}

/* What is said goes here while words are heard. */
static int words_file = -1;
static int real_stderr;

static void
hear_words(void)
{
    fflush(stderr);
    words_file = memfd_create("words", MFD_CLOEXEC);
    real_stderr = dup(STDERR_FILENO);
    dup2(words_file, STDERR_FILENO);
}

static void
expect_words(const char *words)
{
    char said[4096];
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    ssize_t length = pread(words_file, said, sizeof said - 1, 0);
    close(words_file);
    assert_true(length >= 0);
    said[length] = '\0';
    if (strstr(said, words) == NULL)
        fail_msg("not '%s' but '%s'", words, said);
}

static void
say_id(const struct sent *sent, const char *id)
{
    talk_rig_say(sent->invoke,
                 "<GetThirdPartyDeviceIdResponse xmlns=\"http://www.avaya.com/csta\"><device "
                 "typeOfNumber=\"other\">%s</device></GetThirdPartyDeviceIdResponse>",
                 id);
    talk_rig_after(1);
}

static void
the_identifier_is_asked_for_before_the_monitor_and_used_from_then_on(void **state)
{
    (void)state;
    open_avaya("4750");
    const struct sent *sent = talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    assert_string_equal(sent->device, "4750");
    NOTHING_SENT();
    say_id(sent, ASKED);
    sent = talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(sent->device, ASKED);
    assert_true(sent->is_other);
    talk_rig_say(sent->invoke, "<MonitorStartResponse><monitorCrossRefID>7</monitorCrossRefID>"
                               "</MonitorStartResponse>");
    talk_rig_after(1);
    sent = talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
    assert_string_equal(sent->device, ASKED);
    char buffer[CONVERSATION_DEVICE_SIZE];
    struct outgoing message = {.kind = OUTGOING_CLEAR_CONNECTION};
    conversation_name_device(&live.link, &message, TEXT("4750"), buffer);
    assert_true(text_is_equal(message.device, TEXT(ASKED)));
    conversation_name_device(&live.link, &message, TEXT("4751"), buffer);
    assert_true(text_is_equal(message.device, TEXT("4751:CM1::0")));
}

static void
it_is_asked_for_once_and_kept_over_connections_and_lives(void **state)
{
    (void)state;
    open_avaya("4750");
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), ASKED);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, ASKED);
    conversation_end(&live.link);
    talk_rig_work();
    talk_rig_die();
    talk_rig_connect();
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, ASKED);
}

static void
each_device_has_its_own(void **state)
{
    (void)state;
    enum { DEVICES = 20 };
    open_avaya("4700-4719");
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct sent *sent = talk_rig_expect(OUTGOING_GET_DEVICE_ID);
        char id[200];
        snprintf(id, sizeof id, "%s:CM1:10.0.0.%u:0", sent->device, i);
        say_id(sent, id);
    }
    uint32_t monitors = 0;
    for (const struct sent *sent; (sent = talk_rig_next()) != NULL; monitors++) {
        char id[64];
        assert_int_equal(sent->kind, OUTGOING_MONITOR_START);
        snprintf(id, sizeof id, "47%02u:CM1:10.0.0.%u:0", monitors, monitors);
        assert_string_equal(sent->device, id);
    }
    assert_int_equal(monitors, DEVICES);
}

static void
a_refusal_is_reported_and_it_is_asked_for_again_later(void **state)
{
    (void)state;
    open_avaya("4750");
    const struct sent *sent = talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    talk_rig_say(sent->invoke, "<CSTAErrorCode><operation>invalidDeviceID</operation>"
                               "</CSTAErrorCode>");
    talk_rig_after(999);
    NOTHING_SENT();
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_REFUSED), 1);
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 0);
    talk_rig_after(1);
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), ASKED);
    talk_rig_grant(talk_rig_expect(OUTGOING_MONITOR_START));
    talk_rig_after(1);
    assert_string_equal(talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE)->device, ASKED);
}

static void
an_identifier_the_switch_does_not_take_is_asked_for_anew(void **state)
{
    (void)state;
    open_avaya("4750");
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), ASKED);
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    talk_rig_say(sent->invoke, "<CSTAErrorCode><operation>invalidDeviceID</operation>"
                               "</CSTAErrorCode>");
    talk_rig_after(1);
    struct sent look = *talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
    assert_string_equal(look.device, ASKED);
    talk_rig_answer(&look);
    talk_rig_after(1000);
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), "4750:CM1:10.1.2.4:0");
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, "4750:CM1:10.1.2.4:0");
}

static void
no_answer_no_name_and_a_late_answer_are_survived(void **state)
{
    (void)state;
    open_avaya("4750");
    struct sent first = *talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    talk_rig_after(10000); /* answer-timeout */
    struct sent second = *talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    say_id(&first, "4750:CM1:late:0");
    NOTHING_SENT();
    say_id(&second, "");
    NOTHING_SENT();
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_REFUSED), 1);
}

static void
an_identifier_that_cannot_be_used_is_no_lack_and_asked_for_again_as_after_a_refusal(void **state)
{
    (void)state;
    open_avaya("4750");
    hear_words();
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), "");
    expect_words(
        "the identifier of 4750 cannot be had (the switch says none); asking again later,");
    talk_rig_after(998);
    NOTHING_SENT();
    talk_rig_after(1);
    talk_rig_expect(OUTGOING_GET_DEVICE_ID);
}

static void
what_we_cannot_write_is_no_lack_and_called_what_it_is(void **state)
{
    (void)state;
    open_avaya("4750");
    const struct sent *sent = talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    live.refuses = true;
    hear_words();
    say_id(sent, ASKED);
    expect_words("the monitor of 4750 cannot be had (the rig refuses it); asking again later,");
    assert_int_equal(rig_count(&rig, COUNTER_MONITORS_REFUSED), 1);
    live.refuses = false;
    talk_rig_after(998);
    NOTHING_SENT();
    talk_rig_after(2); /* its snapshot was tried, too */
    talk_rig_expect(OUTGOING_GET_DEVICE_ID);
}

static void
an_identifier_we_cannot_ask_for_is_called_one(void **state)
{
    (void)state;
    open_avaya("4750-4751");
    struct sent first = *talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    const struct sent *second = talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    hear_words();
    talk_rig_say(second->invoke, "<CSTAErrorCode><operation>invalidDeviceID</operation>"
                                 "</CSTAErrorCode>");
    expect_words("the identifier of 4751 was refused (invalidDeviceID); asking again later,");
    live.refuses = true;
    hear_words();
    talk_rig_after(1000);
    expect_words("the identifier of 4751 cannot be had (the rig refuses it); asking again later,");
    live.refuses = false;
    say_id(&first, ASKED);
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, ASKED);
}

static void
a_device_that_goes_meanwhile_is_forgotten(void **state)
{
    (void)state;
    open_avaya("4750");
    struct sent sent = *talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    device_list_free(&live.settings->monitored);
    conversation_open(&live.link, true);
    talk_rig_work();
    say_id(&sent, ASKED);
    NOTHING_SENT();
}

/* The settings are read again, and say that; nothing else has changed. */
static void
reload(const char *key, const char *value)
{
    talk_rig_set(key, value);
    conversation_open(&live.link, true);
    talk_rig_after(1);
}

/* The monitor of the one device ends, and another stands. */
static void
expect_another_monitor(const char *device)
{
    bool stopped = false;
    bool asked = false;
    for (const struct sent *sent; (sent = talk_rig_next()) != NULL; talk_rig_after(1)) {
        struct sent copy = *sent;
        stopped = stopped || copy.kind == OUTGOING_MONITOR_STOP;
        if (copy.kind == OUTGOING_MONITOR_START) {
            asked = true;
            assert_string_equal(copy.device, device);
        }
        talk_rig_answer(&copy);
    }
    assert_true(stopped);
    assert_true(asked);
    assert_int_equal(talk_rig_talk()->standing, 1);
    assert_int_equal(talk_rig_talk()->refused, 0);
}

static void
another_switch_name_or_way_of_naming_voids_what_devices_were_called(void **state)
{
    (void)state;
    open_avaya("4750");
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), ASKED);
    talk_rig_settle();
    reload("switch-name", "CM1"); /* as it was */
    assert_int_equal(talk_rig_settle(), 0);
    reload("switch-name", "CM2");
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_STOP);
    if (sent->kind == OUTGOING_MONITOR_STOP)
        talk_rig_answer(sent);
    talk_rig_after(1);
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), "4750:CM2:10.1.2.9:0");
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, "4750:CM2:10.1.2.9:0");
}

static void
devices_are_no_longer_asked_for_when_the_settings_say_so(void **state)
{
    (void)state;
    open_avaya("4750");
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), ASKED);
    talk_rig_settle();
    reload("ask-device-ids", "no");
    expect_another_monitor("4750:CM1::0");
    reload("switch-name", "CM2");
    expect_another_monitor("4750:CM2::0");
}

static void
an_answer_about_another_switch_name_is_not_used(void **state)
{
    (void)state;
    open_avaya("4750");
    struct sent first = *talk_rig_expect(OUTGOING_GET_DEVICE_ID);
    reload("switch-name", "CM2");
    NOTHING_SENT();
    say_id(&first, ASKED);
    say_id(talk_rig_expect(OUTGOING_GET_DEVICE_ID), "4750:CM2:10.1.2.9:0");
    struct sent monitor = *talk_rig_expect(OUTGOING_MONITOR_START);
    assert_string_equal(monitor.device, "4750:CM2:10.1.2.9:0");
    reload("ask-device-ids", "no");
    NOTHING_SENT();
    talk_rig_answer(&monitor);
    talk_rig_after(1);
    expect_another_monitor("4750:CM2::0");
}

static void
other_profiles_ask_nothing(void **state)
{
    (void)state;
    OPEN("switch-name", "CM1", "ask-device-ids", "yes", "monitored", "4750");
    talk_rig_connect();
    assert_string_equal(talk_rig_expect(OUTGOING_MONITOR_START)->device, "4750");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(the_identifier_is_asked_for_before_the_monitor_and_used_from_then_on),
        TEST(it_is_asked_for_once_and_kept_over_connections_and_lives),
        TEST(each_device_has_its_own),
        TEST(a_refusal_is_reported_and_it_is_asked_for_again_later),
        TEST(an_identifier_the_switch_does_not_take_is_asked_for_anew),
        TEST(no_answer_no_name_and_a_late_answer_are_survived),
        TEST(an_identifier_that_cannot_be_used_is_no_lack_and_asked_for_again_as_after_a_refusal),
        TEST(what_we_cannot_write_is_no_lack_and_called_what_it_is),
        TEST(an_identifier_we_cannot_ask_for_is_called_one),
        TEST(a_device_that_goes_meanwhile_is_forgotten),
        TEST(another_switch_name_or_way_of_naming_voids_what_devices_were_called),
        TEST(devices_are_no_longer_asked_for_when_the_settings_say_so),
        TEST(an_answer_about_another_switch_name_is_not_used),
        TEST(other_profiles_ask_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
