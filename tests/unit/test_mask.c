/*
 * Numbers as they may be shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/mask.h"
#include "engine/sink/sink.h"
#include "tests/unit/outcome_sample.h"

/* The key of SipHash's own test vectors: 00 01 02 ... 0f. */
static const uint8_t vector_key[MASK_KEY_BYTES] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                   8, 9, 10, 11, 12, 13, 14, 15};

static int
unmask(void **state)
{
    (void)state;
    mask_choose(MASK_NO, NULL);
    return 0;
}

static void
no_mask_changes_nothing(void **state)
{
    (void)state;
    char buffer[MASK_SIZE];
    struct text number = TEXT("030123456");
    assert_ptr_equal(mask_number(buffer, number).at, number.at);
    assert_string_equal(mask_string(buffer, "030123456"), "030123456");
}

static void
last4_leaves_four_characters(void **state)
{
    (void)state;
    char buffer[MASK_SIZE];
    mask_choose(MASK_LAST4, NULL);
    assert_string_equal(mask_string(buffer, "030123456"), "*****3456");
    assert_string_equal(mask_string(buffer, "20011"), "*0011");
    assert_string_equal(mask_string(buffer, "2001"), "2001");
    assert_string_equal(mask_string(buffer, ""), "");
    assert_string_equal(mask_string(buffer, "M\xc3\xbcller\xc3\xbc"), "****ler\xc3\xbc");
    assert_true(text_is_none(mask_number(buffer, TEXT_NONE)));
}

static void
a_hash_is_siphash_with_the_key(void **state)
{
    (void)state;
    char buffer[MASK_SIZE];
    char other[MASK_SIZE];
    mask_choose(MASK_HASH, vector_key);
    /* The published vector of the message 00: fd 67 dc 93 c5 39 f8 74. */
    struct text shown = mask_number(buffer, (struct text){"\0", 1});
    assert_int_equal(shown.length, 17);
    assert_memory_equal(shown.at, "#fd67dc93c539f874", 17);
    assert_string_not_equal(mask_string(buffer, "2001"), mask_string(other, "2002"));
    assert_string_equal(mask_string(buffer, "2001"), mask_string(other, "2001"));
}

static void
the_longest_number_fits(void **state)
{
    (void)state;
    char buffer[MASK_SIZE];
    char number[200];
    memset(number, '7', sizeof number - 1);
    number[sizeof number - 1] = '\0';
    for (enum mask_kind kind = MASK_NO; kind <= MASK_HASH; kind++) {
        mask_choose(kind, vector_key);
        assert_true(strlen(mask_string(buffer, number)) < sizeof buffer);
    }
}

static void
a_key_is_32_hex_digits(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        bool good;
    } cases[] = {
        {"000102030405060708090a0b0c0d0e0f\n", true},
        {"000102030405060708090A0B0C0D0E0F", true},
        {"000102030405060708090a0b0c0d0e0f\r\nmore\n", true},
        {"000102030405060708090a0b0c0d0e0\n", false},
        {"000102030405060708090a0b0c0d0e0f0\n", false},
        {"g00102030405060708090a0b0c0d0e0f\n", false},
        {"", false},
    };
    char path[64];
    snprintf(path, sizeof path, "/tmp/test-mask-%d", (int)getpid());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t key[MASK_KEY_BYTES];
        char why[MASK_WHY] = "";
        FILE *file = fopen(path, "w");
        fputs(cases[i].content, file);
        fclose(file);
        assert_int_equal(mask_read_key(path, key, why), cases[i].good);
        if (cases[i].good)
            assert_memory_equal(key, vector_key, sizeof key);
        else
            assert_string_equal(
                why, "its first line must be 32 hex digits, as from: openssl rand -hex 16");
    }
    unlink(path);
    uint8_t key[MASK_KEY_BYTES];
    char why[MASK_WHY];
    assert_false(mask_read_key(path, key, why));
    assert_string_equal(why, "No such file or directory");
}

/* A row of that format with all numbers seven digits long. */
static const char *
row_of(enum output_format format)
{
    static char row[SINK_BYTES_MAX + 1];
    static struct shm_sink_state sink_state;
    struct sink_look look = {.columns = 120};
    struct sink sink;
    struct shm_outcome outcome = outcome_sample_full(OUTCOME_PARTY_DELETED, '7', 7);
    outcome.time_us = 0;
    memset(&sink_state, 0, sizeof sink_state);
    sink_init(&sink, format, &look, &sink_state);
    sink_begin(&sink, row);
    row[sink_row(&sink, row, &outcome, 0)] = '\0';
    return row;
}

static void
what_goes_out_is_masked(void **state)
{
    (void)state;
    mask_choose(MASK_LAST4, NULL);
    const char *row = row_of(FORMAT_JSONL);
    assert_non_null(strstr(row, "\"Party\":\"***7777\""));
    assert_non_null(strstr(row, "\"ANI\":\"***7777\",\"DNIS\":\"***7777\""));
    assert_non_null(strstr(row, "\"CtrlParty\":\"***7777\""));
    assert_non_null(strstr(row, "\"CallID\":\"7777777\"")); /* nobody's number */
    row = row_of(FORMAT_TEXT);
    assert_non_null(strstr(row, " ***7777 "));
    mask_choose(MASK_HASH, vector_key);
    assert_null(strstr(row_of(FORMAT_JSONL), "\"Party\":\"7"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_mask_changes_nothing, unmask),
        cmocka_unit_test_teardown(last4_leaves_four_characters, unmask),
        cmocka_unit_test_teardown(a_hash_is_siphash_with_the_key, unmask),
        cmocka_unit_test_teardown(the_longest_number_fits, unmask),
        cmocka_unit_test_teardown(a_key_is_32_hex_digits, unmask),
        cmocka_unit_test_teardown(what_goes_out_is_masked, unmask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
