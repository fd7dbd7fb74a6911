/* What looking into a capture promises: nothing in it is passed over, and its quality is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/capture.h"

#define CONNECTION(call, device) "<callID>" call "</callID><deviceID>" device "</deviceID>"
#define DELIVERED(ref, call)                                                                       \
    "<DeliveredEvent><monitorCrossRefID>" ref                                                      \
    "</monitorCrossRefID><connection>" CONNECTION(call, "2001") "</connection></DeliveredEvent>"
#define CLEARED(releaser)                                                                          \
    "<ConnectionClearedEvent><monitorCrossRefID>7</monitorCrossRefID>"                             \
    "<droppedConnection>" CONNECTION("1", "2001") "</droppedConnection>"                           \
                                                  "<releasingDevice>" releaser                     \
                                                  "</releasingDevice></ConnectionClearedEvent>"
#define KNOWN   "<deviceIdentifier>2001</deviceIdentifier>"
#define UNKNOWN "<notKnown/>"

static struct capture capture;
static struct settings settings;

static int
setup(void **state)
{
    (void)state;
    settings_default(&settings);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    settings_free(&settings);
    return 0;
}

static void
read_text(const char *text)
{
    char path[] = "/tmp/onhook-test-capture-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    assert_int_equal(capture_read(&capture, &settings, path, &(struct source_options){0}),
                     CAPTURE_OK);
    unlink(path);
    assert_int_equal(capture.bytes, strlen(text));
}

static void
a_trace_is_counted_message_by_message(void **state)
{
    (void)state;
    read_text("# onhook-trace 1\n"
              "# link b profile=unitel\n"
              "1.5 a < 9999 " DELIVERED(
                  "7", "1") "\n"
                            "0.5 b < 9999 " DELIVERED(
                                "7", "1") "\n"
                                          "2.25 a < 9999 " DELIVERED(
                                              "8", "2") "\n"
                                                        "2.0 a < 9999 " CLEARED(
                                                            KNOWN) "\n"
                                                                   "2.0 a < 0001 <SystemStatus/>\n"
                                                                   "3.0 a ! tick\n");
    assert_int_equal(capture.format, SOURCE_TRACE);
    assert_int_equal(capture.messages, 5);
    assert_int_equal(capture.events_total, 4);
    assert_int_equal(capture.events[EVENT_DELIVERED], 3);
    assert_int_equal(capture.events[EVENT_CONNECTION_CLEARED], 1);
    assert_int_equal(capture.other, 1);
    assert_int_equal(capture.unreadable, 0);
    assert_int_equal(capture.link_count, 2);
    assert_string_equal(capture.links[0].name, "b");
    assert_string_equal(capture.links[1].name, "a");
    assert_int_equal(capture.with_time, 5);
    assert_int_equal(capture.first_us, 500000);
    assert_int_equal(capture.last_us, 2250000);
    assert_int_equal(capture.monitors_reporting, 3);
    assert_int_equal(settings.links[0].profile, PROFILE_UNITEL);
}

static void
what_a_replay_could_not_read_is_no_event(void **state)
{
    (void)state;
    char line[512];
    char device[81];
    memset(device, '1', sizeof device - 1);
    device[sizeof device - 1] = '\0';
    snprintf(line, sizeof line,
             "# onhook-trace 1\n1.0 a < 9999 <HeldEvent><heldConnection><callID>1</callID>"
             "<deviceID>%s</deviceID></heldConnection></HeldEvent>\n",
             device);
    read_text(line);
    assert_int_equal(capture.events_total, 0);
    assert_int_equal(capture.unreadable, 1);
    assert_int_equal(capture.problems[0].line, 2);
}

static void
only_a_named_releaser_counts_as_one(void **state)
{
    (void)state;
    read_text(CLEARED(KNOWN) CLEARED(UNKNOWN) CLEARED("<restricted/>") CLEARED(KNOWN));
    assert_int_equal(capture.format, SOURCE_BARE);
    assert_int_equal(capture.clearings, 4);
    assert_int_equal(capture.named_clearings, 2);
    assert_int_equal(capture.with_time, 0);
    assert_int_equal(capture.link_count, 1);
}

static void
monitors_are_counted_when_asked_for_and_when_granted(void **state)
{
    (void)state;
    read_text("<MonitorStart><monitorObject><deviceObject>1</deviceObject></monitorObject>"
              "</MonitorStart>"
              "<MonitorStart><monitorObject><deviceObject>2</deviceObject></monitorObject>"
              "</MonitorStart>"
              "<MonitorStartResponse><monitorCrossRefID>7</monitorCrossRefID>"
              "</MonitorStartResponse>");
    assert_int_equal(capture.monitors_requested, 2);
    assert_int_equal(capture.monitors_granted, 1);
    assert_int_equal(capture.other, 3);
    assert_int_equal(capture.monitors_reporting, 0);
}

static void
the_first_unreadable_messages_are_named_with_their_lines(void **state)
{
    (void)state;
    char text[2048] = "# onhook-trace 1\n0 a < 9999 <Broken\nnonsense\n"
                      "# link a profile=nonsense\n";
    for (int i = 0; i < 10; i++)
        strcat(text, "1.0 a < 9999 </x>\n");
    read_text(text);
    assert_int_equal(capture.unreadable, 13);
    assert_int_equal(capture.messages, 11);
    assert_int_equal(capture.problem_count, CAPTURE_PROBLEMS_MAX);
    for (unsigned i = 0; i < CAPTURE_PROBLEMS_MAX; i++) {
        assert_int_equal(capture.problems[i].line, i + 2);
        assert_true(capture.problems[i].why[0] != '\0');
    }
    assert_non_null(strstr(capture.problems[2].why, "profile = \"nonsense\": must be generic"));
}

static void
what_is_no_capture_is_said(void **state)
{
    (void)state;
    read_text("garbage");
    assert_int_equal(capture.format, SOURCE_UNKNOWN);
    assert_true(capture.broken);
    assert_int_equal(capture.unreadable, 1);
    read_text("");
    assert_int_equal(capture.format, SOURCE_EMPTY);
    assert_int_equal(capture.unreadable, 0);
}

static void
many_links_and_monitors_do_not_overflow(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    char *text = malloc(MANY * 200);
    assert_non_null(text);
    char *at = text + sprintf(text, "# onhook-trace 1\n");
    for (int i = 0; i < MANY; i++)
        at += sprintf(at,
                      "0 l%d < 9999 <HeldEvent><monitorCrossRefID>%d</monitorCrossRefID>"
                      "<heldConnection><callID>1</callID></heldConnection></HeldEvent>\n",
                      i % 40, i);
    read_text(text);
    free(text);
    assert_int_equal(capture.messages, MANY);
    assert_int_equal(capture.events[EVENT_HELD], MANY);
    assert_int_equal(capture.link_count, CAPTURE_LINKS_MAX);
    assert_true(capture.more_links);
    assert_int_equal(capture.monitors_reporting, CAPTURE_MONITORS_MAX / 2);
    assert_true(capture.more_monitors);
}

static void
a_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    assert_int_equal(
        capture_read(&capture, &settings, "/nonexistent/a.trace", &(struct source_options){0}),
        CAPTURE_NOT_READ);
    assert_int_equal(errno, ENOENT);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_trace_is_counted_message_by_message),
        PROMISE(only_a_named_releaser_counts_as_one),
        PROMISE(monitors_are_counted_when_asked_for_and_when_granted),
        PROMISE(what_a_replay_could_not_read_is_no_event),
        PROMISE(the_first_unreadable_messages_are_named_with_their_lines),
        PROMISE(what_is_no_capture_is_said),
        PROMISE(many_links_and_monitors_do_not_overflow),
        PROMISE(a_file_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
