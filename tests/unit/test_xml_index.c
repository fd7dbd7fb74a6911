/* What every way of indexing a document promises: a bit for each byte that means something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/csta/xml_index.h"

static struct xml_index found;

/* The bytes that names are of, told otherwise than the index does. */
static bool
is_of_names(char byte)
{
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return byte != '\0' && strchr(all, byte) != NULL;
}

static void
check_bit(const uint64_t *words, size_t i, bool expected)
{
    assert_int_equal(words[i / 64] >> i % 64 & 1, expected);
}

static bool
is_control(char byte)
{
    return (uint8_t)byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
}

/* One way against the definition, byte by byte. */
static void
check_way(const struct xml_index_way *way, const char *bytes, size_t length)
{
    bool has_high = false, has_control = false, has_return = false, has_bracket = false;
    memset(&found, 0x5a, offsetof(struct xml_index, tags));
    way->build(&found, bytes, length);
    assert_int_equal(found.block_count, (length + 63) / 64);
    for (size_t i = 0; i < found.block_count * (size_t)64; i++) {
        char byte = i < length ? bytes[i] : ' '; /* beyond the end there is nothing */
        check_bit(found.tags, i, byte == '<');
        check_bit(found.references, i, byte == '&');
        check_bit(found.quotes, i, byte == '"');
        check_bit(found.names, i, is_of_names(byte));
        has_high |= (uint8_t)byte >= 0x80;
        has_control |= is_control(byte);
        has_return |= byte == '\r';
        has_bracket |= byte == ']';
    }
    assert_int_equal(found.has_high, has_high);
    assert_int_equal(found.has_control, has_control);
    assert_int_equal(found.has_return, has_return);
    assert_int_equal(found.has_bracket, has_bracket);
}

/* Every way, on bytes that end where the memory does. */
static void
check_ways(const char *bytes, size_t length)
{
    const struct xml_index_way *ways;
    uint32_t count = xml_index_ways(&ways);
    char *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, length);
    for (uint32_t i = 0; i < count; i++)
        check_way(&ways[i], exact, length);
    free(exact);
}

static void
each_byte_is_marked_wherever_it_stands(void **state)
{
    (void)state;
    char bytes[130];
    memset(bytes, ' ', sizeof(bytes));
    for (int byte = 0; byte < 256; byte++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (char)byte;
            check_ways(bytes, sizeof(bytes));
            bytes[i] = ' ';
        }
    }
}

static void
every_length_is_read_to_its_end_and_no_further(void **state)
{
    (void)state;
    char bytes[260];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = "<&\"]\r\x01\xc3 a_"[i * 7 % 10];
    for (size_t length = 0; length <= sizeof(bytes); length++)
        check_ways(bytes, length);
}

static void
the_longest_document_is_indexed(void **state)
{
    (void)state;
    static char bytes[CSTA_MESSAGE_MAX];
    memset(bytes, '<', sizeof(bytes));
    check_ways(bytes, sizeof(bytes));
}

static void
the_plain_way_is_always_there_and_the_best_is_last(void **state)
{
    (void)state;
    const struct xml_index_way *ways;
    uint32_t count = xml_index_ways(&ways);
    assert_true(count >= 1);
    assert_string_equal(ways[0].name, "plain");
    assert_ptr_equal(xml_index_best(), &ways[count - 1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_is_marked_wherever_it_stands),
        cmocka_unit_test(every_length_is_read_to_its_end_and_no_further),
        cmocka_unit_test(the_longest_document_is_indexed),
        cmocka_unit_test(the_plain_way_is_always_there_and_the_best_is_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
