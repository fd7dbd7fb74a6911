/*
 * How long something took is counted in a bucket that is at most a sixteenth of it wide, and what
 * is asked of the buckets is answered within that; whatever they hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/histogram.h"

static struct shm_histogram histogram;
static struct latency latency;
static struct latency before;

static int
empty(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    memset(&latency, 0, sizeof latency);
    memset(&before, 0, sizeof before);
    return 0;
}

static void
every_value_lies_in_its_bucket(void **state)
{
    (void)state;
    for (uint64_t ns = 0; ns < UINT64_C(1) << 37; ns += 1 + ns / 1000) {
        uint32_t bucket = histogram_bucket(ns);
        assert_true(ns < histogram_end(bucket));
        assert_true(bucket == 0 || ns >= histogram_end(bucket - 1));
    }
}

static void
buckets_are_a_sixteenth_wide_and_meet(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t from = histogram_end(i - 1);
        uint64_t width = histogram_end(i) - from;
        assert_int_equal(histogram_bucket(from), i);
        assert_int_equal(histogram_bucket(histogram_end(i) - 1), i);
        assert_true(i < HISTOGRAM_STEPS || width * HISTOGRAM_STEPS <= from);
    }
    assert_int_equal(histogram_end(HISTOGRAM_BUCKETS - 1), UINT64_C(1) << 37);
}

static void
what_is_too_long_falls_into_the_last_bucket(void **state)
{
    (void)state;
    assert_int_equal(histogram_bucket(UINT64_C(1) << 37), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    histogram_add(&histogram, 0, UINT64_C(1) << 50);
    latency_add(&latency, &histogram);
    assert_int_equal(latency_quantile_ns(&latency, 500), UINT64_C(1) << 50);
}

static void
quantiles_are_right_within_a_bucket(void **state)
{
    (void)state;
    for (uint64_t us = 1; us <= 1000; us++)
        histogram_add(&histogram, 5000, 5000 + us * 1000);
    latency_add(&latency, &histogram);
    assert_int_equal(latency.count, 1000);
    assert_int_equal(latency.sum_ns, 500500 * 1000);
    assert_in_range(latency_quantile_ns(&latency, 500), 500 * 1000, 535 * 1000);
    assert_in_range(latency_quantile_ns(&latency, 990), 990 * 1000, 1000 * 1000);
    assert_int_equal(latency_quantile_ns(&latency, 1000), 1000 * 1000);
}

static void
a_clock_that_went_back_counts_as_no_time(void **state)
{
    (void)state;
    histogram_add(&histogram, 10, 5);
    latency_add(&latency, &histogram);
    assert_int_equal(latency.count, 1);
    assert_int_equal(latency.sum_ns, 0);
    assert_int_equal(latency.bucket[0], 1);
}

static void
nothing_counted_has_no_quantile(void **state)
{
    (void)state;
    assert_int_equal(latency_quantile_ns(&latency, 999), 0);
}

static void
of_two_looks_the_difference_is_told(void **state)
{
    (void)state;
    histogram_add(&histogram, 0, 1 << 20);
    latency_add(&before, &histogram);
    histogram_add(&histogram, 0, 1 << 12);
    latency_add(&latency, &histogram);
    latency_subtract(&latency, &before);
    assert_int_equal(latency.count, 1);
    assert_in_range(latency_quantile_ns(&latency, 500), 1 << 12, (1 << 12) * 17 / 16);
    assert_int_equal(latency.sum_ns, 1 << 12);
}

static void
one_that_began_anew_is_told_as_it_is(void **state)
{
    (void)state;
    before.count = 7;
    histogram_add(&histogram, 0, 4096);
    latency_add(&latency, &histogram);
    latency_subtract(&latency, &before);
    assert_int_equal(latency.count, 1);
}

static void
whatever_the_words_say_quantiles_are_bounded(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 1000; i++) {
        for (size_t at = 0; at < sizeof histogram; at++)
            ((uint8_t *)&histogram)[at] = (uint8_t)rand();
        memset(&latency, 0, sizeof latency);
        latency_add(&latency, &histogram);
        latency_subtract(&latency, &before);
        uint64_t median = latency_quantile_ns(&latency, 500);
        uint64_t end = histogram_end(HISTOGRAM_BUCKETS - 1);
        assert_true(median <= end || median == latency.longest_ns);
        before = latency;
    }
}

/* Whatever a batch's length, each of its places is timed alike. */
static void
one_of_thirty_two_is_timed_and_no_place_in_a_batch_preferred(void **state)
{
    (void)state;
    unsigned places[LATENCY_EVERY] = {0};
    for (uint64_t order = 1; order <= 1 << 20; order++)
        places[order % LATENCY_EVERY] += latency_is_due(order);
    for (unsigned i = 0; i < LATENCY_EVERY; i++)
        assert_in_range(places[i], (1 << 10) * 9 / 10, (1 << 10) * 11 / 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_lies_in_its_bucket),
        cmocka_unit_test(buckets_are_a_sixteenth_wide_and_meet),
        cmocka_unit_test_setup(what_is_too_long_falls_into_the_last_bucket, empty),
        cmocka_unit_test_setup(quantiles_are_right_within_a_bucket, empty),
        cmocka_unit_test_setup(a_clock_that_went_back_counts_as_no_time, empty),
        cmocka_unit_test_setup(nothing_counted_has_no_quantile, empty),
        cmocka_unit_test_setup(of_two_looks_the_difference_is_told, empty),
        cmocka_unit_test_setup(one_that_began_anew_is_told_as_it_is, empty),
        cmocka_unit_test_setup(whatever_the_words_say_quantiles_are_bounded, empty),
        cmocka_unit_test(one_of_thirty_two_is_timed_and_no_place_in_a_batch_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
