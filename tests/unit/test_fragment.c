/*
 * IP packets from their fragments: whole or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/fragment.h"

static struct fragments *fragments;
static struct text whole;

static int
setup(void **state)
{
    (void)state;
    fragments = fragments_open();
    return fragments == NULL;
}

static int
teardown(void **state)
{
    (void)state;
    fragments_close(fragments);
    return 0;
}

static bool
take(uint32_t identification, uint32_t offset, const char *bytes, bool more)
{
    struct fragment fragment = {
        .identification = identification,
        .protocol = 6,
        .offset = offset,
        .more = more,
        .bytes = text_of(bytes),
    };
    return fragments_take(fragments, &fragment, &whole);
}

static void
parts_in_any_order_make_a_whole(void **state)
{
    (void)state;
    assert_false(take(1, 16, "tail", false));
    assert_false(take(1, 0, "01234567", true));
    assert_true(take(1, 8, "89abcdef", true));
    assert_true(text_is_equal(whole, TEXT("0123456789abcdeftail")));
}

static void
of_parts_that_come_twice_the_first_counts(void **state)
{
    (void)state;
    assert_false(take(1, 0, "01234567", true));
    assert_false(take(1, 0, "XXXXXXXXYYYYYYYY", true)); /* only the Ys are new */
    assert_true(take(1, 16, "tail", false));
    assert_true(text_is_equal(whole, TEXT("01234567YYYYYYYYtail")));
}

static void
parts_that_contradict_each_other_never_become_whole(void **state)
{
    (void)state;
    assert_false(take(1, 8, "end", false));
    assert_false(take(1, 8, "longer end", false));
    assert_false(take(1, 16, "beyond the end..", true));
    assert_false(take(1, 0, "0123456", true)); /* only the last may have such a length */
    assert_true(take(1, 0, "01234567", true));
    assert_true(text_is_equal(whole, TEXT("01234567end")));
}

static void
packets_are_told_apart_and_the_oldest_gives_way(void **state)
{
    (void)state;
    for (uint32_t i = 0; i <= FRAGMENT_PACKETS_MAX; i++)
        assert_false(take(i, 0, i % 2 == 0 ? "00000000" : "11111111", true));
    assert_true(take(1, 8, "!", false));
    assert_true(text_is_equal(whole, TEXT("11111111!")));
    assert_false(take(0, 8, "!", false));
}

static void
nothing_is_taken_beyond_the_largest_packet(void **state)
{
    (void)state;
    assert_false(take(1, FRAGMENT_BYTES_MAX - 8, "01234567", false));
    assert_false(take(2, FRAGMENT_BYTES_MAX - 8, "012345678", false));
    assert_false(take(3, 0, "", false));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(parts_in_any_order_make_a_whole),
        TEST(of_parts_that_come_twice_the_first_counts),
        TEST(parts_that_contradict_each_other_never_become_whole),
        TEST(packets_are_told_apart_and_the_oldest_gives_way),
        TEST(nothing_is_taken_beyond_the_largest_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
