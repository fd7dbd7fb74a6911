/* The decoder and libexpat agree on what is well-formed, for samples and for damaged samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/expat_oracle.h"
#include "tests/xml_fixture.h"

static struct oracle oracle;
static unsigned accepted, rejected;

static void
compare(const char *name, const char *bytes, size_t length)
{
    enum csta_result result = decode_bytes(bytes, length, false);
    bool is_taken = result == CSTA_OK || result == CSTA_UNUSABLE;
    oracle_read(&oracle, bytes, length);
    *(oracle.is_accepted ? &accepted : &rejected) += 1;
    if (is_taken && !oracle.is_accepted && !oracle_knows_fewer_names(&oracle, bytes, length))
        fail_msg("%s: expat refuses it at %zu:\n%.*s", name, oracle.error_at, (int)length, bytes);
    if (!is_taken && oracle.is_accepted && !(result == CSTA_REFUSED && oracle.may_refuse))
        fail_msg("%s: %s at %zu, but expat takes it:\n%.*s", name, why, where, (int)length, bytes);
}

/* Every fifth byte, once each, becomes each of those that mean something in XML. */
static void
damage(const char *name, const char *bytes, size_t length)
{
    static const char damages[] = "<>&;'\"/!?-[]=: a\t\r\x01\x80\xc3\xef";
    static char copy[CSTA_MESSAGE_MAX];
    memcpy(copy, bytes, length);
    for (size_t i = 0; i < length; i += 5) {
        for (size_t j = 0; j < sizeof(damages) - 1; j++) {
            copy[i] = damages[j];
            compare(name, copy, length);
        }
        copy[i] = bytes[i];
    }
}

static void
both_agree_on_every_sample(void **state)
{
    (void)state;
    accepted = rejected = 0;
    assert_int_equal(for_each_sample(compare), 64);
    assert_int_equal(accepted, 62);
    assert_int_equal(rejected, 2);
}

static void
both_agree_on_every_damaged_sample(void **state)
{
    (void)state;
    accepted = rejected = 0;
    assert_int_equal(for_each_sample(damage), 64);
    assert_true(accepted > 1000 && rejected > 1000);
}

static void
both_agree_on_what_only_the_standard_knows(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "<a>]]></a>",
        "<a>]]&gt;</a>",
        "<a b='1' b='2'/>",
        "<a b='1'c='2'/>",
        "<a>&nbsp;</a>",
        "<a>&#x0;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#x1FFFF;</a>",
        "<!-- a -- --><a/>",
        "<!----><a/>",
        "<!--->--><a/>",
        "<a:b:c/>",
        "<:/>",
        "<a: x:='1'/>",
        "<xml/>",
        "<?XmL?><a/>",
        "<?xm?><a/>",
        "<a\xcc\x81/>",
        "<a>\x7f\xc2\x85</a>",
        "<a/> \n<?p?><!--c-->",
        "<a/><b/>",
        "<a/>&#32;",
        "<a><![CDATA[]]]]]></a>",
        "<a b='>]]>'/>",
        "<a b='\n'/>",
        "<a b='&#10;&quot;'/>",
        "<?xml version='1.0' encoding='Us-AsCiI' standalone='no'?><a/>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a>\x85\xff</a>",
        "<?xml version='1.0' encoding='iso-8859-1'?><\xe9 \xd6='\x80'/>",
        "<?xml\tversion\n=\r'1.0' ?><a/>",
        "<?xml version='1.0'  ?><a/>",
        "<?xml version='1.0'? ><a/>",
    };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        compare(documents[i], documents[i], strlen(documents[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_agree_on_every_sample),
        cmocka_unit_test(both_agree_on_every_damaged_sample),
        cmocka_unit_test(both_agree_on_what_only_the_standard_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
