/*
 * XML documents back to back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/xml_decode.h"
#include "tests/unit/source_rig.h"

static void
documents_are_separated_whatever_stands_between(void **state)
{
    (void)state;
    assert_string_equal(READ("\xEF\xBB\xBF \n<?xml version=\"1.0\"?><a/>\0<b>x</b>\r\n\0\0<c/>\n"),
                        "message link=pbx offset=5 payload=<?xml version=\"1.0\"?><a/>\n"
                        "message link=pbx offset=31 payload=<b>x</b>\n"
                        "message link=pbx offset=43 payload=<c/>\n");
}

/* As Uni-tel sends them: no header, a NUL behind each. */
static void
documents_that_end_with_nul_come_out_without_it(void **state)
{
    (void)state;
    assert_string_equal(READ("<a>\r\n<b c=\"d\"/>\r\n</a>\r\n\0<c/>\0\0<d>x</d>\0"),
                        "message link=pbx offset=0 payload=<a>\r\n<b c=\"d\"/>\r\n</a>\n"
                        "message link=pbx offset=24 payload=<c/>\n"
                        "message link=pbx offset=30 payload=<d>x</d>\n");
    assert_string_equal(READ("\0<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>\0"
                             "<?xml version=\"1.0\" encoding=\"utf-8\"?><b/>\0"),
                        "message link=pbx offset=1 payload=<?xml version=\"1.0\" "
                        "encoding=\"utf-8\"?><a/>\n"
                        "message link=pbx offset=44 payload=<?xml version=\"1.0\" "
                        "encoding=\"utf-8\"?><b/>\n");
}

static void
a_nul_inside_a_document_spoils_that_document_only(void **state)
{
    (void)state;
    /* The first is printed up to its NUL. */
    assert_string_equal(READ("<a>x\0y</a>\0<b/>\0"), "message link=pbx offset=0 payload=<a>x\n"
                                                     "message link=pbx offset=11 payload=<b/>\n");
}

static void
a_document_whose_nesting_cannot_be_followed_ends_the_input(void **state)
{
    (void)state;
    const char *said = READ("<a/></c><d/>");
    assert_non_null(
        strstr(said, "message link=pbx offset=0 payload=<a/>\nbroken link=pbx offset="));
    assert_null(strstr(said, "<d/>"));
}

static void
a_bad_document_that_has_an_end_spoils_no_other(void **state)
{
    (void)state;
    assert_string_equal(READ("<a/><b></c><d/>"), "message link=pbx offset=0 payload=<a/>\n"
                                                 "message link=pbx offset=4 payload=<b></c>\n"
                                                 "message link=pbx offset=11 payload=<d/>\n");
}

static void
a_document_cut_short_is_said_with_its_offset(void **state)
{
    (void)state;
    assert_string_equal(READ("<a/>\n<b><c/>"),
                        "message link=pbx offset=0 payload=<a/>\n"
                        "broken link=pbx offset=5 why: the input ends inside a document\n");
}

static void
a_document_that_is_too_large_ends_the_input(void **state)
{
    (void)state;
    size_t size = CSTA_MESSAGE_MAX + 100;
    char *bytes = malloc(size);
    memset(bytes, 'a', size);
    memcpy(bytes, "<a>", 3);
    memcpy(bytes + size - 4, "</a>", 4);
    const char *said = source_read_bytes(bytes, size);
    assert_non_null(strstr(said, "broken link=pbx offset="));
    assert_null(strstr(said, "message"));
    free(bytes);
}

static void
white_space_without_end_is_no_message(void **state)
{
    (void)state;
    size_t size = 200000;
    char *bytes = malloc(size);
    memset(bytes, '\n', size);
    memcpy(bytes + size - 4, "<a/>", 4);
    assert_string_equal(source_read_bytes(bytes, size),
                        "message link=pbx offset=199996 payload=<a/>\n");
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_separated_whatever_stands_between),
        cmocka_unit_test(documents_that_end_with_nul_come_out_without_it),
        cmocka_unit_test(a_nul_inside_a_document_spoils_that_document_only),
        cmocka_unit_test(a_document_whose_nesting_cannot_be_followed_ends_the_input),
        cmocka_unit_test(a_bad_document_that_has_an_end_spoils_no_other),
        cmocka_unit_test(a_document_cut_short_is_said_with_its_offset),
        cmocka_unit_test(a_document_that_is_too_large_ends_the_input),
        cmocka_unit_test(white_space_without_end_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
