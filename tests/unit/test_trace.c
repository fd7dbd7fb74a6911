/*
 * What a trace says, line by line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/source_rig.h"

#define TITLE "# onhook-trace 1\n"

static void
every_kind_of_line_says_what_it_says(void **state)
{
    (void)state;
    assert_string_equal(
        READ(TITLE "# a comment\n"
                   "\n"
                   "# link pbx1 monitored=2001,2002 infer=first-cleared\n"
                   "# link pbx2\n"
                   "1.5 pbx1 < 9999 <a/>\n"
                   "1.500001 pbx1 > 0001 by=2001 <b x='1 2'/>\n"
                   "1700000000 pbx1 > - <c/>\r\n"
                   "2 pbx1 < 0001 hex:3c442F3e\n"
                   "3 pbx1 ! down\n"
                   "4 pbx1 ! up\n"
                   "5.1 pbx1 ! tick\n"),
        "declare link=pbx1 line=4 key=monitored value=2001,2002\n"
        "declare link=pbx1 line=4 key=infer value=first-cleared\n"
        "declare link=pbx2 line=5\n"
        "message < link=pbx1 time=1500000 line=6 invoke=9999 payload=<a/>\n"
        "message > link=pbx1 time=1500001 line=7 invoke=0001 by=2001 payload=<b x='1 2'/>\n"
        "message > link=pbx1 time=1700000000000000 line=8 payload=<c/>\n"
        "message < link=pbx1 time=2000000 line=9 invoke=0001 payload=<D/>\n"
        "down link=pbx1 time=3000000 line=10\n"
        "up link=pbx1 time=4000000 line=11\n"
        "tick link=pbx1 time=5100000 line=12\n");
}

static void
aliases_and_binary_invoke_ids_can_be_written(void **state)
{
    (void)state;
    assert_string_equal(READ(TITLE "# alias\n"
                                   "# alias 22334455=200 22334456=201\n"
                                   "# alias 5\n"
                                   "# aliases are no declaration\n"
                                   "1 pbx1 < x41424344 hex:3c442f3e\n"
                                   "1 pbx1 < x4142434g <a/>\n"),
                        "declare line=2\n"
                        "declare line=3 key=22334455 value=200\n"
                        "declare line=3 key=22334456 value=201\n"
                        "bad line=4 why: # alias must be followed by number=number\n"
                        "message < link=pbx1 time=1000000 line=6 invoke=ABCD payload=<D/>\n"
                        "bad < link=pbx1 time=1000000 line=7 why: INVOKE must be 4 digits, x and 8 "
                        "hex digits, or -\n");
}

static void
a_malformed_line_is_named_and_the_next_one_is_read(void **state)
{
    (void)state;
    assert_string_equal(
        READ(TITLE "nonsense\n"
                   "1 p*x < 9999 <a/>\n"
                   "x pbx1 < 9999 <a/>\n"
                   "1. pbx1 < 9999 <a/>\n"
                   "-1 pbx1 < 9999 <a/>\n"
                   "1 pbx1 = 9999 <a/>\n"
                   "1 pbx1 < 999 <a/>\n"
                   "1 pbx1 < 9999\n"
                   "1 pbx1 < 9999 a\n"
                   "1 pbx1 < 9999 hex:3c4\n"
                   "1 pbx1 < 9999 hex:3g\n"
                   "1 pbx1 > 0001 by= <a/>\n"
                   "1 pbx1 ! left\n"
                   "# link p*x a=b\n"
                   "# link pbx1 ab\n"
                   "1 pbx1 < 9999 <a/>\n"),
        "bad line=2 why: expected SECONDS NAME, then <, > or !\n"
        "bad time=1000000 line=3 why: expected SECONDS NAME, then <, > or !\n"
        "bad link=pbx1 line=4 why: SECONDS is no time\n"
        "bad link=pbx1 line=5 why: SECONDS is no time\n"
        "bad link=pbx1 line=6 why: SECONDS is no time\n"
        "bad link=pbx1 time=1000000 line=7 why: expected <, > or ! behind the link's name\n"
        "bad < link=pbx1 time=1000000 line=8 why: INVOKE must be 4 digits, x and 8 hex digits, or "
        "-\n"
        "bad < link=pbx1 time=1000000 line=9 invoke=9999 why: the payload is missing\n"
        "bad < link=pbx1 time=1000000 line=10 invoke=9999 "
        "why: the payload is neither XML nor hex:\n"
        "bad < link=pbx1 time=1000000 line=11 invoke=9999 "
        "why: hex: needs an even number of digits\n"
        "bad < link=pbx1 time=1000000 line=12 invoke=9999 "
        "why: hex: is followed by something that is no hex digit\n"
        "bad > link=pbx1 time=1000000 line=13 invoke=0001 why: by= names nobody\n"
        "bad time=1000000 line=14 why: ! must be followed by up, down, tick or set\n"
        "bad line=15 why: # link needs a NAME of letters, digits and . _ @ -\n"
        "bad line=16 why: # link NAME must be followed by key=value\n"
        "message < link=pbx1 time=1000000 line=17 invoke=9999 payload=<a/>\n");
}

static void
by_names_nobody_in_what_comes_from_the_switch(void **state)
{
    (void)state;
    assert_string_equal(READ(TITLE "1 pbx1 < 0001 by=2001 <a/>\n"),
                        "bad < link=pbx1 time=1000000 line=2 invoke=0001 "
                        "why: the payload is neither XML nor hex:\n");
}

static void
times_keep_microseconds_and_end_with_the_year_9999(void **state)
{
    (void)state;
    assert_string_equal(READ(TITLE "0.1234567 p ! tick\n"
                                   "253402300799.999999 p ! tick\n"
                                   "253402300800 p < 9999 <a/>\n"
                                   "99999999999999999999 p < 9999 <a/>\n"),
                        "tick link=p time=123456 line=2\n"
                        "tick link=p time=253402300799999999 line=3\n"
                        "bad link=p line=4 why: SECONDS is no time\n"
                        "bad link=p line=5 why: SECONDS is no time\n");
}

static void
the_last_line_needs_no_end(void **state)
{
    (void)state;
    assert_string_equal(READ(TITLE "1 pbx1 < 9999 <a/>"),
                        "message < link=pbx1 time=1000000 line=2 invoke=9999 payload=<a/>\n");
}

/* A line of `length` bytes that is otherwise right. */
static size_t
long_line(char *at, size_t length)
{
    static const char head[] = "1 pbx1 < 9999 <";
    memset(at, 'a', length);
    memcpy(at, head, sizeof head - 1);
    at[length] = '\n';
    return length + 1;
}

static void
a_line_of_200_kib_is_read_and_a_longer_one_is_skipped(void **state)
{
    (void)state;
    size_t size = 4 * (TRACE_LINE_MAX + 64);
    char *trace = malloc(size);
    size_t length = (size_t)sprintf(trace, TITLE);
    length += long_line(trace + length, TRACE_LINE_MAX);
    length += long_line(trace + length, TRACE_LINE_MAX + 1);
    length += long_line(trace + length, 2 * TRACE_LINE_MAX);
    length += (size_t)sprintf(trace + length, "2 pbx1 ! up\n");
    assert_true(length < size);

    source_read_bytes(trace, length);
    free(trace);
    assert_non_null(strstr(source_said, "message < link=pbx1 time=1000000 line=2"));
    assert_non_null(strstr(source_said, "bad link=pbx1 time=1000000 line=3 "
                                        "why: the line is longer than 204800 bytes\n"
                                        "bad link=pbx1 time=1000000 line=4 "
                                        "why: the line is longer than 204800 bytes\n"
                                        "up link=pbx1 time=2000000 line=5\n"));
}

static void
hex_of_any_bytes_is_a_payload(void **state)
{
    (void)state;
    struct source source;
    struct source_message message;
    static const char trace[] = TITLE "1 pbx1 < - hex:00ff0a\n";
    assert_true(source_open_bytes(&source, "x", trace, sizeof trace - 1));
    assert_int_equal(source_next(&source, &message), SOURCE_OK);
    assert_int_equal(message.payload.length, 3);
    assert_memory_equal(message.payload.at, "\x00\xff\x0a", 3);
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    source_close(&source);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_line_says_what_it_says),
        cmocka_unit_test(aliases_and_binary_invoke_ids_can_be_written),
        cmocka_unit_test(a_malformed_line_is_named_and_the_next_one_is_read),
        cmocka_unit_test(by_names_nobody_in_what_comes_from_the_switch),
        cmocka_unit_test(times_keep_microseconds_and_end_with_the_year_9999),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_line_of_200_kib_is_read_and_a_longer_one_is_skipped),
        cmocka_unit_test(hex_of_any_bytes_is_a_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
