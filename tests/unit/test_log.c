/* What diagnostics promise: whole lines, and nothing in them that acts on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static char said[4096];

/* Standard error goes into a pipe from begin_capture() until captured() reads it. */
static int pipe_ends[2];
static int real_stderr;

static void
begin_capture(void)
{
    assert_int_equal(pipe(pipe_ends), 0);
    real_stderr = dup(STDERR_FILENO);
    assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
}

static const char *
captured(void)
{
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    close(pipe_ends[1]);
    ssize_t length = read(pipe_ends[0], said, sizeof(said) - 1);
    close(pipe_ends[0]);
    assert_true(length >= 0);
    said[length] = '\0';
    return said;
}

static void
a_line_says_who_or_where(void **state)
{
    (void)state;
    begin_capture();
    log_say("%d calls", 3);
    log_at("a.trace", 12, "no %s", "payload");
    log_at("b.xml", 0, "empty");
    assert_string_equal(captured(), "onhook: 3 calls\na.trace:12: no payload\nb.xml: empty\n");
}

static void
bytes_of_a_switch_cannot_act_on_the_terminal(void **state)
{
    (void)state;
    begin_capture();
    log_at("x\033[2J.xml", 1, "callID \"%s\"", "4\0331m\r\n7\xe2\x80\xae\xff\xc2\x9b");
    assert_string_equal(captured(),
                        "x\\x1b[2J.xml:1: callID \"4\\x1b1m\\r\\n7\\u{202e}\\xff\\u{009b}\"\n");
}

static void
a_line_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    static char long_text[3 * LOG_LINE_MAX];
    memset(long_text, 'a', sizeof(long_text) - 1);
    begin_capture();
    log_say("%s", long_text);
    size_t length = strlen(captured());
    assert_int_equal(length, LOG_LINE_MAX - 1);
    assert_string_equal(said + length - 4, "...\n");
}

static void
a_cut_never_splits_a_character_or_an_escape(void **state)
{
    (void)state;
    struct text text = TEXT("a\xc3\xbc\xff\x01z");
    char whole[64];
    log_escape(whole, sizeof(whole), text);
    assert_string_equal(whole, "a\xc3\xbc\\xff\\x01z");
    for (size_t size = 4; size <= strlen(whole); size++) {
        char out[64];
        memset(out, '#', sizeof(out));
        log_escape(out, size, text);
        size_t kept = strlen(out) - 3;
        assert_string_equal(out + kept, "...");
        assert_true(kept == 0 || kept == 1 || kept == 3 || kept == 7 || kept == 11);
        assert_memory_equal(out, whole, kept);
        assert_int_equal(out[size], '#');
    }
}

static void
good_text_is_printed_as_it_is(void **state)
{
    (void)state;
    char out[64];
    assert_string_equal(log_escape(out, sizeof(out), TEXT("C:\\pbx M\xc3\xbcnchen")),
                        "C:\\pbx M\xc3\xbcnchen");
    assert_string_equal(log_escape(out, sizeof(out), TEXT_NONE), "");
}

static void
machines_get_time_level_and_whole_sentences(void **state)
{
    (void)state;
    char wanted[512];
    char *line;
    begin_capture();
    log_choose(LOG_LOGFMT);
    log_warn("a \"b\" \\ \033[2J");
    log_at("x y.ini", 3, "no");
    log_choose(LOG_JSON);
    log_say("a \"b\"\n");
    log_at("x.ini", 3, "no");
    log_choose(LOG_PLAIN);
    line = strtok((char *)(uintptr_t)captured(), "\n");
    snprintf(wanted, sizeof wanted,
             "Z level=warning pid=%d message=\"a \\\"b\\\" \\\\ \\\\x1b[2J\"", (int)getpid());
    assert_memory_equal(line, "time=1970-01-01T00:16:40.000000Z ", 33);
    assert_string_equal(strchr(line, 'Z'), wanted);
    line = strtok(NULL, "\n");
    assert_string_equal(strstr(line, " file="), " file=\"x y.ini\" line=3 message=\"no\"");
    line = strtok(NULL, "\n");
    snprintf(wanted, sizeof wanted,
             "Z\",\"Level\":\"info\",\"Pid\":%d,\"Message\":\"a \\\"b\\\"\\n\"}", (int)getpid());
    assert_memory_equal(line, "{\"Time\":\"1970-01-01T00:16:40.000000Z\"", 37);
    assert_string_equal(strchr(line, 'Z'), wanted);
    line = strtok(NULL, "\n");
    assert_non_null(strstr(line, "\"File\":\"x.ini\",\"Line\":3,\"Message\":\"no\"}"));
}

static void
the_longest_line_is_whole_in_every_format(void **state)
{
    (void)state;
    static char file[3000];
    static char sentence[3000];
    memset(file, '"', sizeof file - 1);
    memset(sentence, '\033', sizeof sentence - 1);
    for (enum log_format format = LOG_PLAIN; format <= LOG_JSON; format++) {
        static char large[65536];
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        int before = dup(STDERR_FILENO);
        dup2(ends[1], STDERR_FILENO);
        log_choose(format);
        log_at(file, 7, "%s", sentence);
        log_choose(LOG_PLAIN);
        dup2(before, STDERR_FILENO);
        close(before);
        close(ends[1]);
        ssize_t length = read(ends[0], large, sizeof large);
        close(ends[0]);
        assert_true(length > 100);
        assert_int_equal(large[length - 1], '\n');
        assert_null(memchr(large, '\033', (size_t)length));
    }
}

static uint64_t clock_ms = 1000000;

/* The linker takes calls of clock_gettime() here.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
int __wrap_clock_gettime(clockid_t id, struct timespec *now);

int
__wrap_clock_gettime(clockid_t id, struct timespec *now)
{
    (void)id;
    *now = (struct timespec){(time_t)(clock_ms / 1000), (long)(clock_ms % 1000 * 1000000)};
    return 0;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */

/* Last: from here on the process is limited. */
static void
lines_that_are_alike_are_counted(void **state)
{
    (void)state;
    log_limit();
    begin_capture();
    for (int i = 0; i < 57; i++)
        log_say("link %d: gone", i);
    log_say("something else");
    const char *all = captured();
    assert_non_null(strstr(all, "link 19: gone\nonhook: something else\n"));
    assert_null(strstr(all, "link 20"));
    clock_ms += LOG_ALIKE_MS - 1;
    begin_capture();
    log_rest();
    assert_string_equal(captured(), "");
    clock_ms++;
    begin_capture();
    log_rest();
    log_say("link %d: gone", 99); /* words at another place are others */
    assert_string_equal(captured(),
                        "onhook: ... 37 more like that: link 56: gone\nonhook: link 99: gone\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_who_or_where),
        cmocka_unit_test(bytes_of_a_switch_cannot_act_on_the_terminal),
        cmocka_unit_test(a_line_too_long_is_cut_and_says_so),
        cmocka_unit_test(a_cut_never_splits_a_character_or_an_escape),
        cmocka_unit_test(good_text_is_printed_as_it_is),
        cmocka_unit_test(machines_get_time_level_and_whole_sentences),
        cmocka_unit_test(the_longest_line_is_whole_in_every_format),
        cmocka_unit_test(lines_that_are_alike_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
