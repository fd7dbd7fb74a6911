/* What the decoder promises of XML itself: what is well-formed, what is refused, what texts say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/xml_fixture.h"

static char held[8192];

/* The device of a held connection whose deviceID has these bytes between its tags. */
static struct text
device_of(const char *declaration, const char *inside)
{
    snprintf(held, sizeof(held),
             "%s<HeldEvent><heldConnection><callID>1</callID><deviceID>%s</deviceID>"
             "</heldConnection></HeldEvent>",
             declaration, inside);
    assert_int_equal(decode(held), CSTA_OK);
    return message.event.texts[EVENT_TEXT_DEVICE];
}

#define DECODED(literal, expected)                                                                 \
    assert_int_equal(decode_bytes((literal), sizeof(literal) - 1, false), expected)
#define ACCEPTED(literal)       DECODED(literal, CSTA_OK)
#define MALFORMED(literal)      DECODED(literal, CSTA_MALFORMED)
#define REFUSED(literal)        DECODED(literal, CSTA_REFUSED)
#define INCOMPLETE(literal)     DECODED(literal, CSTA_INCOMPLETE)
#define GIVES(inside, expected) IS(device_of("", inside), expected)

static void
elements_nest_and_texts_stand_between(void **state)
{
    (void)state;
    ACCEPTED("<a><b>1</b>2<c/><d></d ></a>");
    ACCEPTED("<a><b>1</b>2<c/><d></d></a>");
    ACCEPTED("<a\n>\t</a\n>");
    ACCEPTED("<a/>");
    ACCEPTED("<a />");
}

static void
a_prefix_is_split_off_and_may_be_undeclared(void **state)
{
    (void)state;
    ACCEPTED("<csta:a xmlns:ns3='u'><ns3:b/></csta:a>");
    MALFORMED("<x:a></y:a>");
    MALFORMED("<x:a></a>");
}

static void
the_five_entities_and_numbers_are_resolved(void **state)
{
    (void)state;
    ACCEPTED("<a>&lt;&gt;&amp;&apos;&quot;</a>");
    GIVES("&lt;&gt;&amp;&apos;&quot;", "<>&'\"");
    GIVES("N&lt;1&gt;&#x41;&#66;&#x1F600;&#00000000000067;", "N<1>AB\xf0\x9f\x98\x80"
                                                             "C");
    GIVES("&#x80;&#x7ff;&#x800;&#xFFFD;", "\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd");
    GIVES("&#32;&#x9;1&#10;", "1");
    ACCEPTED("<a b='&lt;&#60;'/>");
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
    ACCEPTED("<a>1<![CDATA[<b>&amp;]]]><c/></a>");
    GIVES("1<![CDATA[<b>&amp;]]]>", "1<b>&amp;]");
    GIVES("<![CDATA[]]>", "");
    GIVES("<![CDATA[]]]]><![CDATA[>]]>", "]]>");
    MALFORMED("<a>]]></a>");
    GIVES("]] >]>", "]] >]>");
    MALFORMED("<a><![CDATA[\1]]></a>");
    MALFORMED("<a><![cdata[1]]></a>");
    MALFORMED("<![CDATA[1]]><a/>");
    INCOMPLETE("<a><![CDATA[1]]");
}

static void
comments_and_instructions_are_checked_and_skipped(void **state)
{
    (void)state;
    ACCEPTED("<!-- <x> & --><?p?><a>1<!----><?q <y> & ? ?>2</a><!--e-->");
    GIVES("1<!----><?q <y> & ? ?>2", "12");
    ACCEPTED("<?xml-stylesheet href='x'?><a/>");
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
    GIVES("1\r\n2\r3\n4<![CDATA[\r\n5\r]]>&#13;6", "1\n2\n3\n4\n5\n\r6");
    GIVES("\r\n2001\r\n", "2001");
    GIVES("20\r01", "20\n01");
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
    ACCEPTED("<a b='1' c=\"2'\" d = '\"3>' e:b=''/>");
    ACCEPTED("<a b='1' c=\"2'\"\n\td='\"3>'  e:b='' />");
    MALFORMED("<a b='1'c='2'/>");
    MALFORMED("<a b='1' b='2'/>");
    MALFORMED("<a b='1' c='2' x:b='3' b='4'/>");
    MALFORMED("<a b/>");
    MALFORMED("<a b=1/>");
    MALFORMED("<a b='<'/>");
    MALFORMED("<a b='\1'/>");
    INCOMPLETE("<a b='1\"/>");
    MALFORMED("<a ='1'/>");
    MALFORMED("<a 1='1'/>");
    MALFORMED("<a b='1' /x>");
    INCOMPLETE("<a b='1");
    INCOMPLETE("<a b='1'>");
}

static bool
is_dynamic(const char *attributes)
{
    snprintf(held, sizeof(held),
             "<HeldEvent><heldConnection><callID>1</callID><deviceID%s>2</deviceID>"
             "</heldConnection></HeldEvent>",
             attributes);
    assert_int_equal(decode(held), CSTA_OK);
    return (message.event.flags & EVENT_DEVICE_DYNAMIC) != 0;
}

static void
an_attribute_is_found_by_local_name_and_value(void **state)
{
    (void)state;
    assert_true(is_dynamic(" typeOfNumber='dynamic'"));
    assert_true(is_dynamic(" x='y' typeOfNumber=\"dynamic\" "));
    assert_true(is_dynamic(" typeOfNumber='dyn&#97;mic'"));
    assert_true(is_dynamic(" x:typeOfNumber='dynamic' subtypeOfNumber='static'"));
    assert_false(is_dynamic(" typeOfNumber='static'"));
    assert_false(is_dynamic(" typeOfNumber='dynam'"));
    assert_false(is_dynamic(" typeOfNumber='dynamics'"));
    assert_false(is_dynamic(" subtypeOfNumber='dynamic'"));
    assert_false(is_dynamic(" typeOfNumbers='dynamic'"));
    assert_false(is_dynamic(""));
}

static void
any_number_of_attributes_is_read(void **state)
{
    (void)state;
    char document[2048] = "<a";
    for (int i = 0; i < 100; i++) {
        char *end = document + strlen(document);
        snprintf(end, sizeof(document) - strlen(document), " a%d=''", i);
        char whole[2048 + 16];
        snprintf(whole, sizeof(whole), "%s/>", document);
        DECODES(whole);
        snprintf(whole, sizeof(whole), "%s a%d=''/>", document, i / 2);
        assert_int_equal(decode(whole), CSTA_MALFORMED);
    }
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
    DECODES(document);

    char deeper[600];
    snprintf(deeper, sizeof(deeper), "<a>%s</a>", document);
    assert_int_equal(decode(deeper), CSTA_REFUSED);
    assert_int_equal(where, 3 * XML_DEPTH_MAX);
}

static void
characters_must_be_legal_utf_8(void **state)
{
    (void)state;
    ACCEPTED("<a>\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\x7f</a>");
    GIVES("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\x7f",
          "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\x7f");
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
    ACCEPTED("<gr\xc3\xb6\xc3\x9f"
             "e x.y-z_1='1'/>");
    MALFORMED("<a\xc3\x97/>"); /* the multiplication sign is no letter */
    MALFORMED("<\xc2\xb7/>");  /* the middle dot does not begin a name */
    ACCEPTED("<a\xc2\xb7/>");
}

static void
the_declaration_says_version_encoding_standalone(void **state)
{
    (void)state;
    ACCEPTED("<?xml version=\"1.0\"?><a/>");
    ACCEPTED("<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<a/>");
    ACCEPTED("<?xml version = '1.1' standalone='no'?><a/>");
    MALFORMED("<?xml?><a/>");
    MALFORMED("<?xml ?><a/>");
    MALFORMED("<?xml encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0'encoding='UTF-8'?><a/>");
    MALFORMED("<?xml version='1.0' version='1.0'?><a/>");
    MALFORMED("<?xml version='1.0' standalone='maybe'?><a/>");
    INCOMPLETE("<?xml version='1.0' ?a/>");
    REFUSED("<?xml version='2.0'?><a/>");
    REFUSED("<?xml version='1.'?><a/>");
    REFUSED("<?xml version='1.a'?><a/>");
    INCOMPLETE("<?xml version='1.0'");
    INCOMPLETE("<?xml version=\"1.0\"?>");
    INCOMPLETE("<?xml version=\"1.0\"?>\n");
}

#define LATIN_1 "<?xml version='1.0' encoding='ISO-8859-1'?>"
#define ASCII   "<?xml version='1.0' encoding='US-ASCII'?>"

static void
texts_of_other_encodings_come_as_utf_8(void **state)
{
    (void)state;
    IS(device_of(LATIN_1, "M\xfcller \x80"), "M\xc3\xbcller \xc2\x80");
    IS(device_of(LATIN_1, "<![CDATA[\xe9]]>"), "\xc3\xa9");
    IS(device_of(ASCII, "1&#252;"), "1\xc3\xbc");
    ACCEPTED("<?xml version='1.0' encoding='iso-8859-1'?><\xfc><![CDATA[\xe9]]></\xfc>");
    MALFORMED(ASCII "<a>\xc3\xbc</a>");
    REFUSED("<?xml version='1.0' encoding='windows-1252'?><a/>");
    REFUSED("<?xml version='1.0' encoding='UTF-16'?><a/>");
    MALFORMED("<?xml version='1.0' encoding=''?><a/>");
}

/* The held event of device_of() in UTF-16, as `form` has it; the device decoded from it. */
static struct text
utf_16_device_of(const char *mark, bool is_big, const char *padding, size_t padding_length)
{
    static const char event[] = "<HeldEvent><heldConnection><callID>1</callID>"
                                "<deviceID>M\xfcller</deviceID></heldConnection></HeldEvent>";
    size_t length = strlen(mark);
    memcpy(held, mark, length);
    for (const char *at = event; *at != '\0'; at++) {
        held[length + is_big] = *at;
        held[length + !is_big] = '\0';
        length += 2;
    }
    memcpy(held + length, padding, padding_length);
    assert_int_equal(decode_bytes(held, length + padding_length, false), CSTA_OK);
    return message.event.texts[EVENT_TEXT_DEVICE];
}

static void
utf_16_is_read_in_both_orders(void **state)
{
    (void)state;
    IS(utf_16_device_of("\xff\xfe", false, "", 0), "M\xc3\xbcller");
    IS(utf_16_device_of("\xfe\xff", true, "", 0), "M\xc3\xbcller");
    IS(utf_16_device_of("", false, "", 0), "M\xc3\xbcller");
    IS(utf_16_device_of("", true, "", 0), "M\xc3\xbcller");
    IS(utf_16_device_of("\xff\xfe", false, "\n\0\0\0", 4), "M\xc3\xbcller");
    IS(utf_16_device_of("\xfe\xff", true, "\0\n\0\0", 4), "M\xc3\xbcller");
    ACCEPTED("<\0a\0/\0>\0");
    ACCEPTED("\0<\0a\0/\0>");
    ACCEPTED("\0<a/>"); /* a zero before a document, and no UTF-16 */
    INCOMPLETE("\xff\xfe<\0a\0/\0>");
}

static void
a_byte_order_mark_is_skipped(void **state)
{
    (void)state;
    ACCEPTED("\xef\xbb\xbf<a/>");
    ACCEPTED("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?><a/>");
    ACCEPTED("\xef\xbb\xbf<?xml version='1.0' encoding='US-ASCII'?><a/>");
    ACCEPTED("\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
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
    ACCEPTED(" \0\r\n<?xml version='1.0'?><a/>\n\0 \0");
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
    assert_int_equal(decode_bytes(document, CSTA_MESSAGE_MAX, false), CSTA_OK);
    memcpy(document + CSTA_MESSAGE_MAX - 7, "x--><a/>", 8);
    assert_int_equal(decode_bytes(document, CSTA_MESSAGE_MAX + 1, false), CSTA_REFUSED);
    document[CSTA_MESSAGE_MAX] = ' '; /* what stands around a document does not count */
    memcpy(document + CSTA_MESSAGE_MAX - 7, "--><a/>", 7);
    assert_int_equal(decode_bytes(document, CSTA_MESSAGE_MAX + 1, false), CSTA_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_nest_and_texts_stand_between),
        cmocka_unit_test(a_prefix_is_split_off_and_may_be_undeclared),
        cmocka_unit_test(the_five_entities_and_numbers_are_resolved),
        cmocka_unit_test(other_references_are_malformed),
        cmocka_unit_test(cdata_is_text_as_it_stands),
        cmocka_unit_test(comments_and_instructions_are_checked_and_skipped),
        cmocka_unit_test(line_ends_come_as_line_feeds),
        cmocka_unit_test(tags_must_balance),
        cmocka_unit_test(attributes_are_quoted_spaced_and_unrepeated),
        cmocka_unit_test(an_attribute_is_found_by_local_name_and_value),
        cmocka_unit_test(any_number_of_attributes_is_read),
        cmocka_unit_test(nesting_deeper_than_the_bound_is_refused),
        cmocka_unit_test(characters_must_be_legal_utf_8),
        cmocka_unit_test(names_may_have_letters_of_any_script),
        cmocka_unit_test(the_declaration_says_version_encoding_standalone),
        cmocka_unit_test(texts_of_other_encodings_come_as_utf_8),
        cmocka_unit_test(utf_16_is_read_in_both_orders),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(a_document_type_definition_is_refused),
        cmocka_unit_test(white_space_and_zeros_may_stand_around),
        cmocka_unit_test(a_document_over_the_bound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
