/* What the search for a document's end promises of bare XML streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/xml_fixture.h"

static size_t end;

static enum csta_result
search(const char *bytes, size_t length)
{
    end = SIZE_MAX;
    where = SIZE_MAX;
    why = NULL;
    return xml_document_end(bytes, length, &end, &why, &where);
}

#define SEARCH(literal) search((literal), sizeof(literal) - 1)
/* The first document is exactly `first`, whatever follows. */
#define ENDS(first, rest)                                                                          \
    do {                                                                                           \
        assert_int_equal(SEARCH(first rest), CSTA_OK);                                             \
        assert_int_equal(end, sizeof(first) - 1);                                                  \
        for (size_t cut = 0; cut < sizeof(first) - 1; cut++)                                       \
            assert_int_equal(search(first rest, cut), CSTA_INCOMPLETE);                            \
    } while (0)

static void
documents_back_to_back_are_told_apart(void **state)
{
    (void)state;
    ENDS("<a/>", "<b/>");
    ENDS("<a></a>", "<a></a>");
    ENDS("<a><b><c/></b></a>", "");
    ENDS("<?xml version='1.0'?><a><b/>text</a>", "\0<?xml version='1.0'?><b/>");
}

static void
white_space_and_zeros_before_a_document_are_counted_in(void **state)
{
    (void)state;
    ENDS("\0\r\n \0<a/>", "\0");
    ENDS("\xef\xbb\xbf<a/>", "x");
    assert_int_equal(SEARCH(" \0\n"), CSTA_INCOMPLETE);
    assert_int_equal(SEARCH(""), CSTA_INCOMPLETE);
}

static void
brackets_that_are_no_tags_are_not_counted(void **state)
{
    (void)state;
    ENDS("<!-- <x> --><?p <y> ?><a b='>' c=\"/>'<\"><![CDATA[</a>]]><!--</a>--><?q </a>?></a>",
         "<b/>");
    ENDS("<a b='/'></a>", "");
    ENDS("<a b='/'/>", "</a>");
    ENDS("<!----><a/>", "");
    ENDS("<!--> --><a/>", "");
}

static void
what_cannot_begin_a_document_is_malformed_where_it_stands(void **state)
{
    (void)state;
    assert_int_equal(SEARCH("x<a/>"), CSTA_MALFORMED);
    assert_int_equal(where, 0);
    assert_int_equal(SEARCH(" <?p?> y"), CSTA_MALFORMED);
    assert_int_equal(where, 7);
    assert_int_equal(SEARCH("</a>"), CSTA_MALFORMED);
    assert_int_equal(SEARCH("<![CDATA[x]]><a/>"), CSTA_MALFORMED);
    assert_int_equal(SEARCH("<!ELEMENT a>"), CSTA_MALFORMED);
    assert_int_equal(SEARCH("<!DOCTYPE a [<!ENTITY b '>'>]><a/>"), CSTA_REFUSED);
    assert_non_null(why);
}

static void
a_document_that_was_cut_off_is_noticed_at_the_next_declaration(void **state)
{
    (void)state;
    assert_int_equal(SEARCH("<a><b><?xml version='1.0'?><a/>"), CSTA_MALFORMED);
    assert_int_equal(where, 6);
    ENDS("<a><?xml-stylesheet x?></a>", "");
}

static void
a_document_over_the_bound_is_refused_and_one_at_it_is_not(void **state)
{
    (void)state;
    static char bytes[CSTA_MESSAGE_MAX + 16];
    memset(bytes, ' ', sizeof(bytes));
    bytes[0] = '\n'; /* does not count: it stands before the document */
    memcpy(bytes + 1, "<a>", 3);
    memcpy(bytes + 1 + CSTA_MESSAGE_MAX - 4, "</a>", 4);
    assert_int_equal(search(bytes, sizeof(bytes)), CSTA_OK);
    assert_int_equal(end, 1 + CSTA_MESSAGE_MAX);
    assert_int_equal(decode_bytes(bytes, end, false), CSTA_OK);

    memcpy(bytes + 1 + CSTA_MESSAGE_MAX - 4, " </a>", 5);
    assert_int_equal(search(bytes, CSTA_MESSAGE_MAX), CSTA_INCOMPLETE);
    assert_int_equal(search(bytes, sizeof(bytes)), CSTA_REFUSED);
}

static void
check_sample(const char *name, const char *bytes, size_t length)
{
    size_t trimmed = length;
    while (trimmed > 0 && (bytes[trimmed - 1] == '\n' || bytes[trimmed - 1] == ' '))
        trimmed--;
    if (search(bytes, length) != CSTA_OK || end != trimmed)
        fail_msg("%s ends at %zu, not %zu", name, end, trimmed);
    for (size_t cut = 0; cut < trimmed; cut++) {
        if (search(bytes, cut) != CSTA_INCOMPLETE)
            fail_msg("%s cut at %zu", name, cut);
    }
}

static void
every_sample_ends_at_its_end(void **state)
{
    (void)state;
    assert_int_equal(for_each_sample(check_sample), 64);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_back_to_back_are_told_apart),
        cmocka_unit_test(white_space_and_zeros_before_a_document_are_counted_in),
        cmocka_unit_test(brackets_that_are_no_tags_are_not_counted),
        cmocka_unit_test(what_cannot_begin_a_document_is_malformed_where_it_stands),
        cmocka_unit_test(a_document_that_was_cut_off_is_noticed_at_the_next_declaration),
        cmocka_unit_test(a_document_over_the_bound_is_refused_and_one_at_it_is_not),
        cmocka_unit_test(every_sample_ends_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
