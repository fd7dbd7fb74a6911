/* What reading an INI file promises: every line counts, none is cut or misread in silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"

static char seen[65536];

/* Writes each line down as "NUMBER [SECTION] KEY=VALUE|" or "NUMBER !|". */
static void
write_down(void *context, const struct config_line *line)
{
    (void)context;
    char *at = seen + strlen(seen);
    size_t room = sizeof(seen) - strlen(seen);
    if (line->problem != NULL)
        snprintf(at, room, "%u !|", line->number);
    else if (text_is_none(line->key))
        snprintf(at, room, "%u [%.*s]|", line->number, (int)line->section.length, line->section.at);
    else
        snprintf(at, room, "%u %.*s.%.*s=%.*s|", line->number, (int)line->section.length,
                 line->section.at, (int)line->key.length, line->key.at, (int)line->value.length,
                 line->value.at);
}

static const char *
read_text(const void *text, size_t length)
{
    char path[] = "/tmp/onhook-test-config-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, length), length);
    close(descriptor);
    seen[0] = '\0';
    assert_true(config_read(path, write_down, NULL));
    unlink(path);
    return seen;
}

#define READ(literal) read_text("" literal, sizeof(literal) - 1)

static void
sections_keys_and_values_come_with_their_lines(void **state)
{
    (void)state;
    assert_string_equal(READ("; c\n\n[engine]\nworkers = 2\n  \t\n[link pbx 1]\nprofile=x\n"),
                        "3 [engine]|4 engine.workers=2|6 [link pbx 1]|7 link pbx 1.profile=x|");
    assert_string_equal(READ("a=1"), "1 .a=1|");
    assert_string_equal(READ(""), "");
}

static void
comments_values_and_line_ends_of_all_kinds_are_read(void **state)
{
    (void)state;
    assert_string_equal(READ("[s] ; heading\r\na = 1 ; one\r\n# b = 2\r\nc = 3;4\r\nd =\r\n"),
                        "1 [s]|2 s.a=1|4 s.c=3;4|5 s.d=|");
    assert_string_equal(READ("\xef\xbb\xbf[s]\na = b = c\n"), "1 [s]|2 s.a=b = c|");
}

static void
an_indented_line_is_a_line_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(READ("[s]\na = 1\n   b = 2\n\tc = 3\n"), "1 [s]|2 s.a=1|3 s.b=2|4 s.c=3|");
}

static void
every_line_that_says_nothing_is_named(void **state)
{
    (void)state;
    assert_string_equal(READ("[s]\nnonsense\n= 3\nk: v\nx : y = z\nok = 1\nlast"),
                        "1 [s]|2 !|3 !|4 !|5 !|6 s.ok=1|7 !|");
}

static void
keys_after_a_bad_heading_are_nobodys(void **state)
{
    (void)state;
    assert_string_equal(READ("[a]\nk=1\n[b\nk=2\n[c] d\nk=3\n[e]\nk=4\n"),
                        "1 [a]|2 a.k=1|3 !|5 !|7 [e]|8 e.k=4|");
}

static void
a_line_with_a_nul_byte_is_named(void **state)
{
    (void)state;
    assert_string_equal(READ("a = 1\nb = 2\0x\nc = 3\n"), "1 .a=1|2 !|3 .c=3|");
}

/* The limit is inih's; whatever it is, a value is whole or the line is named. */
static void
no_line_is_ever_cut(void **state)
{
    (void)state;
    static char text[2 * CONFIG_LINE_MAX + 16];
    unsigned whole = 0;
    unsigned named = 0;
    for (size_t length = 5; length < 2 * CONFIG_LINE_MAX; length += length < 300 ? 1 : 977) {
        memset(text, 'v', length);
        memcpy(text, "k = ", 4);
        memcpy(text + length, "\nz = 1\n", 7);
        read_text(text, length + 7);
        if (strncmp(seen, "1 !|", 4) == 0) {
            named++;
            assert_string_equal(seen, "1 !|2 .z=1|");
            continue;
        }
        whole++;
        assert_int_equal(strlen(seen), strlen("1 .k=") + (length - 4) + strlen("|2 .z=1|"));
    }
    assert_true(whole >= 150 && named >= 3);
}

static void
a_long_section_name_is_whole(void **state)
{
    (void)state;
    assert_string_equal(
        READ("[link "
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\nk=v\n"),
        "1 [link aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]|"
        "2 link aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.k=v|");
}

static void
repeated_keys_come_each_time(void **state)
{
    (void)state;
    assert_string_equal(READ("a=1\na=2\n"), "1 .a=1|2 .a=2|");
}

static void
a_file_that_is_not_there_is_said(void **state)
{
    (void)state;
    assert_false(config_read("/nonexistent/onhook.ini", write_down, NULL));
    assert_int_equal(errno, ENOENT);
    assert_false(config_read("/tmp", write_down, NULL));
    assert_int_equal(errno, EISDIR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_keys_and_values_come_with_their_lines),
        cmocka_unit_test(comments_values_and_line_ends_of_all_kinds_are_read),
        cmocka_unit_test(an_indented_line_is_a_line_of_its_own),
        cmocka_unit_test(every_line_that_says_nothing_is_named),
        cmocka_unit_test(keys_after_a_bad_heading_are_nobodys),
        cmocka_unit_test(a_line_with_a_nul_byte_is_named),
        cmocka_unit_test(no_line_is_ever_cut),
        cmocka_unit_test(a_long_section_name_is_whole),
        cmocka_unit_test(repeated_keys_come_each_time),
        cmocka_unit_test(a_file_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
