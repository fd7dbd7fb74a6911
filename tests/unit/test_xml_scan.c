/* What the XML scanner promises: each document as a row of tokens, or the reason why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/csta/xml_scan.h"

static struct xml_scan scan;
static char row[4096];

static void
append(const char *bytes, size_t length)
{
    size_t used = strlen(row);
    assert_true(used + length < sizeof(row));
    memcpy(row + used, bytes, length);
    row[used + length] = '\0';
}

/* Scans a document into `row`: (name text ) for an element. The last token is returned. */
static enum xml_token
scan_bytes(const char *bytes, size_t length)
{
    row[0] = '\0';
    xml_scan_begin(&scan, bytes, length);
    for (;;) {
        enum xml_token token = xml_scan_next(&scan);
        if (token == XML_TOKEN_START) {
            append("(", 1);
            append(scan.name.at, scan.name.length);
            append(" ", 1);
        } else if (token == XML_TOKEN_TEXT) {
            append(scan.piece.at, scan.piece.length);
        } else if (token == XML_TOKEN_END) {
            append(")", 1);
        } else {
            assert_int_equal(xml_scan_next(&scan), token); /* the end stays the end */
            return token;
        }
    }
}

#define SCAN(literal) scan_bytes((literal), sizeof(literal) - 1)
#define GIVES(literal, expected)                                                                   \
    do {                                                                                           \
        assert_int_equal(SCAN(literal), XML_TOKEN_FINISHED);                                       \
        assert_string_equal(row, expected);                                                        \
    } while (0)
#define FAILS(literal, expected)                                                                   \
    do {                                                                                           \
        assert_int_equal(SCAN(literal), XML_TOKEN_FAILED);                                         \
        assert_int_equal(scan.result, expected);                                                   \
        assert_non_null(scan.why);                                                                 \
        assert_true(scan.at >= scan.begin && scan.at <= scan.end);                                 \
    } while (0)
#define MALFORMED(literal)  FAILS(literal, CSTA_MALFORMED)
#define REFUSED(literal)    FAILS(literal, CSTA_REFUSED)
#define INCOMPLETE(literal) FAILS(literal, CSTA_INCOMPLETE)

static void
elements_and_texts_come_in_order(void **state)
{
    (void)state;
    GIVES("<a><b>1</b>2<c/><d></d ></a>", "(a (b 1)2(c )(d ))");
    GIVES("<a\n>\t</a\n>", "(a \t)");
    GIVES("<a/>", "(a )");
    GIVES("<a />", "(a )");
}

static void
a_prefix_is_split_off_and_may_be_undeclared(void **state)
{
    (void)state;
    GIVES("<csta:a xmlns:ns3='u'><ns3:b/></csta:a>", "(a (b ))");
    MALFORMED("<x:a></y:a>");
    MALFORMED("<x:a></a>");
}

static void
the_five_entities_and_numbers_are_resolved(void **state)
{
    (void)state;
    GIVES("<a>&lt;&gt;&amp;&apos;&quot;</a>", "(a <>&'\")");
    GIVES("<a>N&lt;1&gt;&#x41;&#66;&#x1F600;&#00000000000067;</a>", "(a N<1>AB\xf0\x9f\x98\x80"
                                                                    "C)");
    GIVES("<a>&#x80;&#x7ff;&#x800;&#xFFFD;</a>", "(a \xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd)");
    GIVES("<a b='&lt;&#60;'/>", "(a )");
}

static void
other_references_are_malformed(void **state)
{
    (void)state;
    MALFORMED("<a>&nbsp;</a>");
    MALFORMED("<a>& </a>");
    MALFORMED("<a>&;</a>");
    MALFORMED("<a>&lt</a>");
    MALFORMED("<a>&#;</a>");
    MALFORMED("<a>&#x;</a>");
    MALFORMED("<a>&#0;</a>");
    MALFORMED("<a>&#8;</a>");
    MALFORMED("<a>&#xD800;</a>");
    MALFORMED("<a>&#xFFFE;</a>");
    MALFORMED("<a>&#x110000;</a>");
    MALFORMED("<a>&#4294967361;</a>"); /* 65 modulo 2^32 */
    MALFORMED("<a>&#X41;</a>");
    MALFORMED("<a b='&c;'/>");
    MALFORMED("&lt;<a/>");
}

static void
cdata_is_text_as_it_stands(void **state)
{
    (void)state;
    GIVES("<a>1<![CDATA[<b>&amp;]]]><c/></a>", "(a 1<b>&amp;](c ))");
    GIVES("<a><![CDATA[]]></a>", "(a )");
    GIVES("<a><![CDATA[]]]]><![CDATA[>]]></a>", "(a ]]>)");
    MALFORMED("<a>]]></a>");
    GIVES("<a>]] ></a>", "(a ]] >)");
    MALFORMED("<a><![CDATA[\1]]></a>");
    MALFORMED("<a><![cdata[1]]></a>");
    MALFORMED("<![CDATA[1]]><a/>");
    INCOMPLETE("<a><![CDATA[1]]");
}

static void
comments_and_instructions_are_checked_and_skipped(void **state)
{
    (void)state;
    GIVES("<!-- <x> & --><?p?><a>1<!----><?q <y> & ? ?>2</a><!--e-->", "(a 12)");
    GIVES("<?xml-stylesheet href='x'?><a/>", "(a )");
    MALFORMED("<a><!-- a -- b --></a>");
    MALFORMED("<a><!-- a ---></a>");
    MALFORMED("<a><!-- \1 --></a>");
    MALFORMED("<a><!- a --></a>");
    MALFORMED("<a><? p?></a>");
    MALFORMED("<a><?p\1?></a>");
    MALFORMED("<a><?p?q?></a>");
    MALFORMED("<a><?XML a?></a>");
    MALFORMED("<!-- --><?xml version='1.0'?><a/>");
    INCOMPLETE("<a><!-- -");
    INCOMPLETE("<a><?p ?");
}

static void
line_ends_come_as_line_feeds(void **state)
{
    (void)state;
    GIVES("<a>1\r\n2\r3\n4<![CDATA[\r\n5\r]]>&#13;</a>", "(a 1\n2\n3\n4\n5\n\r)");
}

static void
tags_must_balance(void **state)
{
    (void)state;
    MALFORMED("<a></b>");
    MALFORMED("<a><b></a></b>");
    MALFORMED("<a></ab>");
    MALFORMED("<ab></a>");
    MALFORMED("</a>");
    MALFORMED("<a></a></a>");
    MALFORMED("<a/><b/>");
    MALFORMED("<a></a b='c'>");
    MALFORMED("<a></ a>");
    MALFORMED("< a/>");
    MALFORMED("<a/ >");
    MALFORMED("<1/>");
    MALFORMED("<-a/>");
    MALFORMED("<a$/>");
    MALFORMED("<a/>x");
    MALFORMED("x<a/>");
    MALFORMED("<>");
}

static void
attributes_are_quoted_spaced_and_unrepeated(void **state)
{
    (void)state;
    GIVES("<a b='1' c=\"2'\" d = '\"3>' e:b=''/>", "(a )");
    assert_int_equal(scan.attribute_count, 4);
    assert_true(text_is_equal(scan.attributes[2].value, TEXT("\"3>")));
    MALFORMED("<a b='1'c='2'/>");
    MALFORMED("<a b='1' b='2'/>");
    MALFORMED("<a b/>");
    MALFORMED("<a b=1/>");
    MALFORMED("<a b='<'/>");
    MALFORMED("<a b='\1'/>");
    MALFORMED("<a ='1'/>");
    MALFORMED("<a 1='1'/>");
    INCOMPLETE("<a b='1");
}

static void
an_attribute_is_found_by_local_name_and_value(void **state)
{
    (void)state;
    static const char document[] = "<a x:type='dyn&#97;mic' subtype='static'/>";
    xml_scan_begin(&scan, document, sizeof(document) - 1);
    assert_int_equal(xml_scan_next(&scan), XML_TOKEN_START);
    assert_true(xml_scan_has(&scan, TEXT("type"), TEXT("dynamic")));
    assert_false(xml_scan_has(&scan, TEXT("type"), TEXT("static")));
    assert_false(xml_scan_has(&scan, TEXT("type"), TEXT("dynam")));
    assert_false(xml_scan_has(&scan, TEXT("type"), TEXT("dynamics")));
    assert_true(xml_scan_has(&scan, TEXT("subtype"), TEXT("static")));
}

static void
more_attributes_than_the_bound_are_refused(void **state)
{
    (void)state;
    char document[2048] = "<a";
    for (int i = 0; i <= XML_ATTRIBUTES_MAX; i++) {
        char *end = document + strlen(document);
        if (i == XML_ATTRIBUTES_MAX) {
            char fits[2048 + 2];
            snprintf(fits, sizeof(fits), "%s/>", document);
            assert_int_equal(scan_bytes(fits, strlen(fits)), XML_TOKEN_FINISHED);
        }
        snprintf(end, sizeof(document) - strlen(document), " a%d=''", i);
    }
    strcat(document, "/>");
    assert_int_equal(scan_bytes(document, strlen(document)), XML_TOKEN_FAILED);
    assert_int_equal(scan.result, CSTA_REFUSED);
}

static void
nesting_deeper_than_the_bound_is_refused(void **state)
{
    (void)state;
    char document[512] = "";
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        strcat(document, "<a>");
    for (int i = 0; i < XML_DEPTH_MAX; i++)
        strcat(document, "</a>");
    assert_int_equal(scan_bytes(document, strlen(document)), XML_TOKEN_FINISHED);

    char deeper[600];
    snprintf(deeper, sizeof(deeper), "<a>%s</a>", document);
    assert_int_equal(scan_bytes(deeper, strlen(deeper)), XML_TOKEN_FAILED);
    assert_int_equal(scan.result, CSTA_REFUSED);
}

static void
characters_must_be_legal_utf_8(void **state)
{
    (void)state;
    GIVES("<a>\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\x7f</a>",
          "(a \xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\x7f)");
    MALFORMED("<a>\x80</a>");
    MALFORMED("<a>\xc0\x80</a>");         /* overlong */
    MALFORMED("<a>\xe0\x81\x81</a>");     /* overlong */
    MALFORMED("<a>\xf0\x80\x81\x81</a>"); /* overlong */
    MALFORMED("<a>\xed\xa0\x80</a>");     /* surrogate */
    MALFORMED("<a>\xef\xbf\xbe</a>");     /* U+FFFE */
    MALFORMED("<a>\xf4\x90\x80\x80</a>"); /* over U+10FFFF */
    MALFORMED("<a>\xc3</a>");
    MALFORMED("<a>\x0b</a>");
    MALFORMED("<a>\0</a>");
    MALFORMED("<a b='\xff'/>");
    MALFORMED("<!--\xff--><a/>");
    INCOMPLETE("<a>\xe2\x82");
}

static void
names_may_have_letters_of_any_script(void **state)
{
    (void)state;
    GIVES("<gr\xc3\xb6\xc3\x9f"
          "e x.y-z_1='1'/>",
          "(gr\xc3\xb6\xc3\x9f"
          "e )");
    MALFORMED("<a\xc3\x97/>"); /* the multiplication sign is no letter */
    MALFORMED("<\xc2\xb7/>");  /* the middle dot does not begin a name */
    GIVES("<a\xc2\xb7/>", "(a\xc2\xb7 )");
}

static void
the_declaration_says_version_encoding_standalone(void **state)
{
    (void)state;
    GIVES("<?xml version=\"1.0\"?><a/>", "(a )");
    GIVES("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<a/>", "(a )");
    GIVES("<?xml version = '1.1' standalone='no'?><a/>", "(a )");
    MALFORMED("<?xml?><a/>");
    MALFORMED("<?xml ?><a/>");
    MALFORMED("<?xml encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0'encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0' version='1.0'?><a/>");
    MALFORMED("<?xml version='1.0' standalone='maybe'?><a/>");
    MALFORMED("<?xml version='1.0' ?a/>");
    REFUSED("<?xml version='2.0'?><a/>");
    REFUSED("<?xml version='1.'?><a/>");
    REFUSED("<?xml version='1.a'?><a/>");
    INCOMPLETE("<?xml version='1.0'");
}

static void
three_encodings_are_read_and_others_refused(void **state)
{
    (void)state;
    GIVES("<?xml version='1.0' encoding='ISO-8859-1'?><a>M\xfcller \x80</a>",
          "(a M\xc3\xbcller \xc2\x80)");
    GIVES("<?xml version='1.0' encoding='iso-8859-1'?><\xfc><![CDATA[\xe9]]></\xfc>",
          "(\xfc \xc3\xa9)");
    GIVES("<?xml version='1.0' encoding='US-ASCII'?><a>1&#252;</a>", "(a 1\xc3\xbc)");
    MALFORMED("<?xml version='1.0' encoding='US-ASCII'?><a>\xc3\xbc</a>");
    REFUSED("<?xml version='1.0' encoding='windows-1252'?><a/>");
    REFUSED("<?xml version='1.0' encoding='UTF-16'?><a/>");
    REFUSED("<?xml version='1.0' encoding=''?><a/>");
    REFUSED("<\0a\0/\0>\0");
    REFUSED("\xff\xfe<\0a\0/\0>\0");
    REFUSED("\xfe\xff\0<\0a\0/\0>");
}

static void
a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    GIVES("\xef\xbb\xbf<a/>", "(a )");
    GIVES("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>", "(a )");
    GIVES("\xef\xbb\xbf<?xml version='1.0' encoding='US-ASCII'?><a/>", "(a )");
    REFUSED("\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
    MALFORMED("<a/>\xef\xbb\xbf");
}

static void
a_document_type_definition_is_refused(void **state)
{
    (void)state;
    REFUSED("<!DOCTYPE a><a/>");
    REFUSED("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>");
    MALFORMED("<a/><!DOCTYPE a>");
    MALFORMED("<a><!DOCTYPE a></a>");
    MALFORMED("<!ELEMENT a><a/>");
}

static void
white_space_and_zeros_may_stand_around(void **state)
{
    (void)state;
    GIVES(" \0\r\n<?xml version='1.0'?><a/>\n\0 \0", "(a )");
    MALFORMED("<a/>\0x");
    INCOMPLETE("");
    INCOMPLETE(" \0");
}

static void
a_document_over_the_bound_is_refused(void **state)
{
    (void)state;
    static char document[CSTA_MESSAGE_MAX + 1];
    memset(document, 'x', sizeof(document));
    memcpy(document, "<!--", 4);
    memcpy(document + CSTA_MESSAGE_MAX - 7, "--><a/>", 7);
    assert_int_equal(scan_bytes(document, CSTA_MESSAGE_MAX), XML_TOKEN_FINISHED);
    memcpy(document + CSTA_MESSAGE_MAX - 7, "x--><a/>", 8);
    assert_int_equal(scan_bytes(document, CSTA_MESSAGE_MAX + 1), XML_TOKEN_FAILED);
    assert_int_equal(scan.result, CSTA_REFUSED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_and_texts_come_in_order),
        cmocka_unit_test(a_prefix_is_split_off_and_may_be_undeclared),
        cmocka_unit_test(the_five_entities_and_numbers_are_resolved),
        cmocka_unit_test(other_references_are_malformed),
        cmocka_unit_test(cdata_is_text_as_it_stands),
        cmocka_unit_test(comments_and_instructions_are_checked_and_skipped),
        cmocka_unit_test(line_ends_come_as_line_feeds),
        cmocka_unit_test(tags_must_balance),
        cmocka_unit_test(attributes_are_quoted_spaced_and_unrepeated),
        cmocka_unit_test(an_attribute_is_found_by_local_name_and_value),
        cmocka_unit_test(more_attributes_than_the_bound_are_refused),
        cmocka_unit_test(nesting_deeper_than_the_bound_is_refused),
        cmocka_unit_test(characters_must_be_legal_utf_8),
        cmocka_unit_test(names_may_have_letters_of_any_script),
        cmocka_unit_test(the_declaration_says_version_encoding_standalone),
        cmocka_unit_test(three_encodings_are_read_and_others_refused),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(a_document_type_definition_is_refused),
        cmocka_unit_test(white_space_and_zeros_may_stand_around),
        cmocka_unit_test(a_document_over_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
