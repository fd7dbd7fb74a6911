/* What a CSTA document says does not depend on how it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/csta/xml_decode.h"
#include "tests/asn1/ber_oracle.h"
#include "tests/gen/xml_generate.h"

enum { SEEDS = 20000 };

static struct xml_generated plain, decorated;
static struct csta_message plain_message, decorated_message;
static struct csta_scratch plain_scratch, decorated_scratch;
static const char *why;

static enum csta_result
decode(struct csta_message *message, const struct xml_generated *document,
       struct csta_scratch *scratch)
{
    const struct csta_options options = {.loose_causes = false};
    size_t where = 0;
    why = "";
    return xml_decode(message, document->bytes, document->size, &options, scratch, &why, &where);
}

static void
fail_pair(const char *what)
{
    print_error("%s, %s\n%.*s\n%.*s\n", what, why, (int)plain.size, plain.bytes,
                (int)decorated.size, decorated.bytes);
    fail();
}

static void
a_decorated_document_says_what_the_plain_one_says(void **state)
{
    (void)state;
    unsigned taken = 0, call_events = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        xml_generate(&plain, seed, 0, false);
        xml_generate(&decorated, seed, seed + SEEDS, true);
        enum csta_result left = decode(&plain_message, &plain, &plain_scratch);
        enum csta_result right = decode(&decorated_message, &decorated, &decorated_scratch);
        if (left != right || (left != CSTA_OK && left != CSTA_UNUSABLE))
            fail_pair("another result");
        if (left != CSTA_OK)
            continue;
        const char *difference = ber_oracle_difference(&plain_message, &decorated_message);
        if (difference != NULL)
            fail_pair(difference);
        taken++;
        call_events += plain_message.message_class == MESSAGE_CALL_EVENT;
    }
    print_message("%u of %d read alike, %u of them call events\n", taken, SEEDS, call_events);
    assert_true(taken > SEEDS * 8 / 10 && call_events > SEEDS / 4);
}

/* No document may be read as another because it was cut: each part is refused or incomplete. */
static void
no_part_of_a_document_is_taken_for_a_document(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        xml_generate(&decorated, seed, seed, true);
        size_t size = decorated.size;
        while (size > 0 && strchr(" \t\r\n", decorated.bytes[size - 1]) != NULL)
            size--;
        for (decorated.size = 0; decorated.size < size; decorated.size++) {
            enum csta_result result = decode(&plain_message, &decorated, &plain_scratch);
            if (result == CSTA_OK || result == CSTA_UNUSABLE)
                fail_pair("a part is taken");
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decorated_document_says_what_the_plain_one_says),
        cmocka_unit_test(no_part_of_a_document_is_taken_for_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
