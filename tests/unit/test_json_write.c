/* What the JSON writer promises: valid lines whatever the bytes, and whole lines or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json_write.h"

static char buffer[512];
static struct json_writer json;

static int
setup(void **state)
{
    (void)state;
    memset(buffer, '#', sizeof(buffer));
    json_begin(&json, buffer, sizeof(buffer) - 1);
    return 0;
}

static void
assert_written(const char *expected)
{
    size_t length = json_end(&json);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(buffer, expected, length);
}

static void
assert_escaped(struct text raw, const char *expected)
{
    char out[256];
    size_t length = json_escape(out, sizeof(out), raw);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(out, expected, length);
}

static void
commas_stand_between_values_and_nowhere_else(void **state)
{
    (void)state;
    json_open(&json, '{');
    json_string(&json, "a", "x");
    json_open_key(&json, "b", '{');
    json_close(&json, '}');
    json_open_key(&json, "c", '[');
    json_unsigned(&json, NULL, 1);
    json_open(&json, '[');
    json_close(&json, ']');
    json_bool(&json, NULL, true);
    json_close(&json, ']');
    json_bool(&json, "d", false);
    json_close(&json, '}');
    assert_written("{\"a\":\"x\",\"b\":{},\"c\":[1,[],true],\"d\":false}");
}

static void
numbers_are_exact_to_their_limits(void **state)
{
    (void)state;
    json_open(&json, '[');
    json_unsigned(&json, NULL, 0);
    json_unsigned(&json, NULL, UINT64_MAX);
    json_signed(&json, NULL, INT64_MIN);
    json_signed(&json, NULL, -1);
    json_signed(&json, NULL, INT64_MAX);
    json_decimal(&json, NULL, 1005, 3);
    json_decimal(&json, NULL, 7, 0);
    json_decimal(&json, NULL, 9, 9);
    json_hex64(&json, NULL, UINT64_C(0x0a61f3c2d4e5b607));
    json_close(&json, ']');
    assert_written("[0,18446744073709551615,-9223372036854775808,-1,9223372036854775807,1.005,7,"
                   "0.000000009,\"0a61f3c2d4e5b607\"]");
}

static void
plain_text_is_copied_at_every_length_and_place(void **state)
{
    (void)state;
    char raw[40];
    for (uint32_t length = 0; length <= 32; length++) {
        memset(raw, 'a', sizeof(raw));
        assert_int_equal(json_escape(buffer, sizeof(buffer), (struct text){raw, length}), length);
        assert_memory_equal(buffer, raw, length);
        for (uint32_t where = 0; where < length; where++) {
            memset(raw, 'a', sizeof(raw));
            raw[where] = '"';
            assert_int_equal(json_escape(buffer, sizeof(buffer), (struct text){raw, length}),
                             length + 1);
            assert_memory_equal(buffer + where, "\\\"", 2);
        }
    }
}

/* Looking at several bytes at once must agree with the rule for each byte value at each place. */
static void
every_byte_is_judged_the_same_in_a_long_run_and_alone(void **state)
{
    enum { LONGEST = 20 };
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char alone[16];
        char one = (char)byte;
        size_t length = json_escape(alone, sizeof(alone), (struct text){&one, 1});
        for (unsigned many = 1; many <= LONGEST; many++) {
            for (unsigned where = 0; where < many; where++) {
                char run[LONGEST];
                char out[64];
                memset(run, 'x', sizeof(run));
                run[where] = one;
                size_t written = json_escape(out, sizeof(out), (struct text){run, many});
                assert_int_equal(written, many - 1 + length);
                assert_memory_equal(out + where, alone, length);
                assert_memory_equal(out + where + length, "xxxxxxxxxxxxxxxxxxxx", many - where - 1);
            }
        }
    }
}

static void
controls_and_what_misleads_the_eye_are_escaped(void **state)
{
    (void)state;
    assert_escaped(TEXT("\"\\\b\f\n\r\t"), "\\\"\\\\\\b\\f\\n\\r\\t");
    assert_escaped(TEXT("\0\x1b[31m\x7f"), "\\u0000\\u001b[31m\\u007f");
    assert_escaped(TEXT("\xc2\x85"), "\\u0085");
    assert_escaped(TEXT("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029");
    assert_escaped(TEXT("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c"), "\\u202e\\u2066\\u061c");
    assert_escaped(TEXT("\xef\xbb\xbf"), "\\ufeff");
}

static void
good_utf8_passes_unchanged(void **state)
{
    (void)state;
    assert_escaped(TEXT("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e \xf4\x8f\xbf\xbf"),
                   "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\x9e \xf4\x8f\xbf\xbf");
}

#define FFFD "\xef\xbf\xbd"

static void
bytes_that_are_not_utf8_become_replacement_characters(void **state)
{
    (void)state;
    assert_escaped(TEXT("a\x80z"), "a" FFFD "z");
    assert_escaped(TEXT("\xc0\xaf"), FFFD FFFD);                   /* overlong */
    assert_escaped(TEXT("\xed\xa0\x80"), FFFD FFFD FFFD);          /* a surrogate */
    assert_escaped(TEXT("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD); /* above U+10FFFF */
    assert_escaped(TEXT("\xe2\x82"), FFFD);                        /* cut short */
    assert_escaped(TEXT("\xe2\x82\"x"), FFFD "\\\"x");             /* the quote is not swallowed */
    assert_escaped(TEXT("\xff\xfe"), FFFD FFFD);
}

static void
a_line_that_does_not_fit_is_not_there(void **state)
{
    (void)state;
    const char *whole = "{\"k\":\"aaaaaaaaaa\\\"\",\"n\":42}";
    for (size_t size = 0; size < 64; size++) {
        memset(buffer, '#', sizeof(buffer));
        json_begin(&json, buffer, size);
        json_open(&json, '{');
        json_string(&json, "k", "aaaaaaaaaa\"");
        json_unsigned(&json, "n", 42);
        json_close(&json, '}');
        size_t length = json_end(&json);
        assert_true(length == 0 || length == strlen(whole));
        assert_true(length <= size);
        assert_int_equal(buffer[size], '#');
    }
    assert_int_equal(json_end(&json), strlen(whole));
}

static void
assert_time(int64_t time_us, const char *expected)
{
    char out[JSON_TIME_SIZE + 1] = "";
    time_text(out, time_us);
    assert_string_equal(out, expected);
}

static void
times_are_right_at_the_corners_of_the_calendar(void **state)
{
    (void)state;
    assert_time(0, "1970-01-01T00:00:00.000000Z");
    assert_time(-1, "1969-12-31T23:59:59.999999Z");
    assert_time(INT64_C(1795341605250000), "2026-11-22T10:00:05.250000Z");
    assert_time(INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z");
    assert_time(INT64_C(4107542400000001), "2100-03-01T00:00:00.000001Z");
    assert_time(INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z");
    assert_time(INT64_C(-62167219200000000), "0000-01-01T00:00:00.000000Z");
    assert_time(INT64_MAX, "9999-12-31T23:59:59.999999Z");
    assert_time(INT64_MIN, "0000-01-01T00:00:00.000000Z");
}

static void
times_agree_with_the_c_library(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 20000; i++) {
        /* A prime step walks over days of every year from 0 to 9999. */
        int64_t seconds = INT64_C(-62167219200) + (int64_t)i * INT64_C(15778463) + rand() % 86400;
        time_t when = (time_t)seconds;
        struct tm parts;
        assert_non_null(gmtime_r(&when, &parts));
        char expected[64];
        snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                 parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec, i);
        assert_time(seconds * 1000000 + i, expected);
    }
}

static void
a_time_is_a_string_under_its_key(void **state)
{
    (void)state;
    json_open(&json, '{');
    json_time(&json, "Time", 0);
    json_close(&json, '}');
    assert_written("{\"Time\":\"1970-01-01T00:00:00.000000Z\"}");
}

#define PROMISE(test) cmocka_unit_test_setup(test, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(commas_stand_between_values_and_nowhere_else),
        PROMISE(numbers_are_exact_to_their_limits),
        PROMISE(plain_text_is_copied_at_every_length_and_place),
        PROMISE(every_byte_is_judged_the_same_in_a_long_run_and_alone),
        PROMISE(controls_and_what_misleads_the_eye_are_escaped),
        PROMISE(good_utf8_passes_unchanged),
        PROMISE(bytes_that_are_not_utf8_become_replacement_characters),
        PROMISE(a_line_that_does_not_fit_is_not_there),
        PROMISE(times_are_right_at_the_corners_of_the_calendar),
        PROMISE(times_agree_with_the_c_library),
        PROMISE(a_time_is_a_string_under_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
