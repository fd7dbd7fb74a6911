/* What diagnostics promise: whole lines, and nothing in them that acts on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_who_or_where),
        cmocka_unit_test(bytes_of_a_switch_cannot_act_on_the_terminal),
        cmocka_unit_test(a_line_too_long_is_cut_and_says_so),
        cmocka_unit_test(a_cut_never_splits_a_character_or_an_escape),
        cmocka_unit_test(good_text_is_printed_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
