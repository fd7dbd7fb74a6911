/*
 * A source that goes on where another one of the same input stood gives the rest, from any place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "tests/capture_rig.h"
#include "tests/unit/source_rig.h"

static char path[] = "/tmp/onhook-resume-XXXXXX";
static char whole[SOURCE_RIG_TEXT];

static void
put(const void *bytes, size_t length)
{
    int file = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(file, bytes, length), length);
    close(file);
}

static void
say(struct source *source, uint32_t count)
{
    struct source_message message;
    while (count-- > 0 && source_next(source, &message) == SOURCE_OK)
        source_say_message(&message);
}

/* Whatever was given out before, the rest is the same. Returns how many messages there are. */
static uint32_t
resume_everywhere(const void *bytes, size_t length)
{
    put(bytes, length);
    struct source source;
    assert_true(source_open(&source, path));
    strcpy(whole, source_read_all(&source));
    source_close(&source);
    uint32_t count = 0;
    for (const char *line = whole; (line = strchr(line, '\n')) != NULL; line++)
        count++;
    for (uint32_t i = 0; i <= count; i++) {
        struct source_position position;
        source_used = 0;
        source_said[0] = '\0';
        assert_true(source_open(&source, path));
        say(&source, i);
        position = source_position(&source);
        source_close(&source);
        assert_true(source_open(&source, path));
        assert_true(source_resume(&source, &position));
        say(&source, UINT32_MAX);
        source_close(&source);
        assert_string_equal(source_said, whole);
    }
    return count;
}

#define EVERYWHERE(literal) resume_everywhere(literal, sizeof(literal) - 1)

static void
a_trace(void **state)
{
    (void)state;
    assert_int_equal(EVERYWHERE("# onhook-trace 1\n"
                                "# link p a=1 b=2  c=3 nonsense d=4\n"
                                "1 p < 0001 <a/>\n"
                                "\n# a comment\n"
                                "what is this\n"
                                "# link q\n"
                                "2 p ! down\n"
                                "3 q > - by=7 hex:3c622f3e\n"
                                "# link r x=y z=0"),
                     12);
}

static void
a_line_that_is_too_long(void **state)
{
    (void)state;
    static char trace[3 * TRACE_LINE_MAX];
    int begun = sprintf(trace, "# onhook-trace 1\n1 p < 0001 <a/>\n1 p < 0002 ");
    memset(trace + begun, 'x', 2 * TRACE_LINE_MAX);
    strcpy(trace + begun + 2 * TRACE_LINE_MAX, "\n1 p < 0003 <b/>\n");
    assert_int_equal(resume_everywhere(trace, strlen(trace)), 3);
}

static void
a_stream_of_frames(void **state)
{
    (void)state;
    assert_int_equal(EVERYWHERE("\0\0\0\14"
                                "0001<a/>"
                                "\0\0\0\14"
                                "0002<b/>"
                                "\0\0\0\15"
                                "0003<cd/>"
                                "\0\0\0"),
                     4);
}

static void
documents_back_to_back(void **state)
{
    (void)state;
    assert_int_equal(EVERYWHERE("  \n<a/><b/>\n\n<c></c><d"), 4);
}

static void
a_capture_is_read_again_from_its_beginning(void **state)
{
    (void)state;
    static uint8_t room[RIG_CAPTURE_MAX];
    struct rig_capture capture = {
        .layer = RIG_ETHERNET, .bytes = room, .time_us = INT64_C(1795000000000000)};
    struct rig_connection one = {
        .ends = {{.host = 9, .port = 40000, .next = 100}, {.host = 5, .port = 1040, .next = 7000}}};
    struct rig_connection other = {
        .ends = {{.host = 8, .port = 40001, .next = 1}, {.host = 5, .port = 1040, .next = 9}}};
    char frame[256];
    rig_begin(&capture);
    rig_syn(&capture, &one);
    rig_syn(&capture, &other);
    rig_send_xml(&capture, &one, RIG_CLIENT, "0001", "<MonitorStart/>");
    uint32_t size = rig_xml(frame, "0001", "<MonitorStartResponse/>");
    rig_send(&capture, &one, RIG_SERVER, frame, 5);
    rig_send_xml(&capture, &other, RIG_CLIENT, "0002", "<MonitorStart/>");
    rig_send(&capture, &one, RIG_SERVER, frame + 5, size - 5);
    rig_send_xml(&capture, &other, RIG_SERVER, "9999", "<HeldEvent/>");
    rig_close(&capture, &one);
    assert_true(resume_everywhere(room, capture.length) >= 7);
}

static void
nothing_and_rubbish(void **state)
{
    (void)state;
    assert_int_equal(EVERYWHERE(""), 0);
    assert_int_equal(EVERYWHERE("\177ELF and so on"), 1);
}

static void
a_pipe_cannot_be_resumed(void **state)
{
    (void)state;
    int ends[2];
    int before = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    struct source source;
    assert_true(source_open(&source, "-"));
    assert_false(source_resume(&source, &(struct source_position){.offset = 0}));
    source_close(&source);
    dup2(before, STDIN_FILENO);
    close(before);
    close(ends[0]);
    close(ends[1]);
}

/* The parent's place in its standard input does not move before the input is done with. */
static void
standard_input_is_read_from_where_it_was(void **state)
{
    (void)state;
    static const char text[] = "skip<a/><b/>";
    put(text, sizeof text - 1);
    int before = dup(STDIN_FILENO);
    int file = open(path, O_RDONLY);
    dup2(file, STDIN_FILENO);
    lseek(STDIN_FILENO, 4, SEEK_SET);
    struct source source;
    source_used = 0;
    assert_true(source_open(&source, "-"));
    say(&source, 1);
    assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), 4);
    assert_string_equal(source_said, "message link=stdin offset=0 payload=<a/>\n");
    source_close(&source);
    assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_CUR), sizeof text - 1);
    dup2(before, STDIN_FILENO);
    close(before);
    close(file);
}

static int
make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace),
        cmocka_unit_test(a_line_that_is_too_long),
        cmocka_unit_test(a_stream_of_frames),
        cmocka_unit_test(documents_back_to_back),
        cmocka_unit_test(a_capture_is_read_again_from_its_beginning),
        cmocka_unit_test(nothing_and_rubbish),
        cmocka_unit_test(a_pipe_cannot_be_resumed),
        cmocka_unit_test(standard_input_is_read_from_where_it_was),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
