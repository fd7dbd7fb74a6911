/*
 * What the benchmark harness promises: honest medians, and no claim that the noise could make.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <time.h>

#include "bench/cbench.h"

/* Rounds of base * (1 + noise), the noise a fixed sequence between -depth and +depth. */
static struct cbench_result
rounds_of(double base, double depth, uint32_t rounds, uint32_t seed)
{
    struct cbench_result result = {.name = "made", .unit = "step", .rounds = rounds};
    for (uint32_t i = 0; i < rounds; i++) {
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)(seed >> 8) / (1 << 24) * 2 - 1;
        result.round_ns[i] = base * (1 + depth * noise);
    }
    cbench_summarize(&result);
    return result;
}

static bool
is_near(double value, double wanted)
{
    return fabs(value - wanted) < 1e-9;
}

static void
the_median_is_the_middle_and_one_wild_round_does_not_move_it(void **state)
{
    (void)state;
    struct cbench_result result = {.rounds = 5, .round_ns = {3, 1, 1000, 2, 4}};
    cbench_summarize(&result);
    assert_true(is_near(result.median_ns, 3));
    assert_true(is_near(result.spread_ns, 1));
}

static void
an_even_number_of_rounds_has_the_mean_of_the_middle_two(void **state)
{
    (void)state;
    struct cbench_result result = {.rounds = 4, .round_ns = {4, 1, 2, 3}};
    cbench_summarize(&result);
    assert_true(is_near(result.median_ns, 2.5));
}

static void
a_clear_difference_is_called_from_both_sides(void **state)
{
    (void)state;
    struct cbench_result quick = rounds_of(100, 0.2, 21, 1);
    struct cbench_result slow = rounds_of(200, 0.2, 21, 2);
    struct cbench_comparison comparison = cbench_compare(&quick, &slow);
    assert_int_equal(comparison.verdict, CBENCH_FASTER);
    assert_true(comparison.low <= comparison.ratio && comparison.ratio <= comparison.high);
    assert_true(comparison.ratio > 1.6 && comparison.ratio < 2.4);
    assert_int_equal(cbench_compare(&slow, &quick).verdict, CBENCH_SLOWER);
}

static void
a_difference_smaller_than_the_noise_is_not_called(void **state)
{
    (void)state;
    struct cbench_result one = rounds_of(100, 0.3, 21, 3);
    struct cbench_result other = rounds_of(103, 0.3, 21, 4);
    assert_int_equal(cbench_compare(&one, &other).verdict, CBENCH_SAME);
    assert_int_equal(cbench_compare(&other, &one).verdict, CBENCH_SAME);
}

static void
the_same_thing_twice_is_hardly_ever_called_different(void **state)
{
    (void)state;
    unsigned called = 0;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        struct cbench_result one = rounds_of(100, 0.3, 21, 7919 * seed);
        struct cbench_result other = rounds_of(100, 0.3, 21, 7919 * seed + 104729);
        called += cbench_compare(&one, &other).verdict != CBENCH_SAME;
    }
    assert_in_range(called, 0, 10);
}

static void
too_few_rounds_claim_nothing(void **state)
{
    (void)state;
    struct cbench_result quick = rounds_of(1, 0, CBENCH_ROUNDS_TO_CLAIM - 1, 5);
    struct cbench_result slow = rounds_of(1000, 0, CBENCH_ROUNDS_TO_CLAIM - 1, 6);
    assert_int_equal(cbench_compare(&quick, &slow).verdict, CBENCH_SAME);
    quick = rounds_of(1, 0, CBENCH_ROUNDS_TO_CLAIM, 5);
    slow = rounds_of(1000, 0, CBENCH_ROUNDS_TO_CLAIM, 6);
    assert_int_equal(cbench_compare(&quick, &slow).verdict, CBENCH_FASTER);
}

struct calls {
    uint32_t runs;
    uint64_t operations;
};

static void
count_calls(void *context, uint64_t operations)
{
    struct calls *calls = context;
    calls->runs++;
    calls->operations += operations;
}

static void
every_case_runs_once_a_round_and_in_the_warm_up(void **state)
{
    (void)state;
    struct calls calls[2] = {{0, 0}, {0, 0}};
    struct cbench_case cases[2] = {
        {"one", "call", 10, count_calls, &calls[0], 0},
        {"two", "call", 20, count_calls, &calls[1], 0},
    };
    struct cbench_result results[2];
    struct cbench_options options = {.rounds = 9, .warm_up = 2};
    cbench_run(results, cases, 2, &options);
    assert_int_equal(calls[0].runs, 11);
    assert_int_equal(calls[1].operations, 220);
    assert_int_equal(results[1].rounds, 9);
    assert_string_equal(results[1].name, "two");
    assert_true(results[0].median_ns >= 0);
}

static void
spend_time(void *context, uint64_t operations)
{
    struct calls *calls = context;
    count_calls(context, operations);
    for (uint64_t i = 0; i < operations * 100; i++)
        cbench_keep(calls);
}

static void
a_case_without_a_size_gets_one_that_lasts_a_round(void **state)
{
    (void)state;
    struct calls calls = {0, 0};
    struct cbench_case sized = {"one", "call", 0, spend_time, &calls, 32};
    struct cbench_result result;
    struct cbench_options options = {.rounds = 3, .round_ms = 1};
    cbench_run(&result, &sized, 1, &options);
    assert_true(result.operations >= 32 * 8);
    assert_int_equal(result.operations % 32, 0);
}

/* Its third run is as if somebody else had the processor for a while. */
static void
spend_time_once_preempted(void *context, uint64_t operations)
{
    struct calls *calls = context;
    spend_time(context, operations);
    if (calls->runs == 3)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static void
a_try_that_was_preempted_does_not_size_a_round(void **state)
{
    (void)state;
    struct calls calls = {0, 0};
    struct cbench_case sized = {"one", "call", 0, spend_time_once_preempted, &calls, 1};
    struct cbench_result result;
    struct cbench_options options = {.rounds = 1, .round_ms = 1};
    cbench_run(&result, &sized, 1, &options);
    assert_true(result.operations >= 256);
}

static void
a_bound_on_operations_holds_whatever_the_case_asks_for(void **state)
{
    (void)state;
    struct calls calls[2] = {{0, 0}, {0, 0}};
    struct cbench_case cases[2] = {
        {"fixed", "call", 100000, count_calls, &calls[0], 32},
        {"sized", "call", 0, count_calls, &calls[1], 0},
    };
    struct cbench_result results[2];
    struct cbench_options options = {.rounds = 1, .round_ms = 50, .most = 100};
    cbench_run(results, cases, 2, &options);
    assert_int_equal(results[0].operations, 96);
    assert_in_range(results[1].operations, 1, 100);
}

static void
percentiles_are_values_that_were_measured(void **state)
{
    (void)state;
    double values[10] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    assert_true(is_near(cbench_percentile(values, 10, 0), 1));
    assert_true(is_near(cbench_percentile(values, 10, 50), 5));
    assert_true(is_near(cbench_percentile(values, 10, 90), 9));
    assert_true(is_near(cbench_percentile(values, 10, 91), 10));
    assert_true(is_near(cbench_percentile(values, 10, 100), 10));
}

static void
the_bounds_of_a_median_hold_it_and_leave_out_wild_rounds(void **state)
{
    (void)state;
    struct cbench_result result = rounds_of(100, 0.1, 21, 9);
    result.round_ns[3] = 100000;
    result.is_disturbed[3] = true;
    cbench_summarize(&result);
    assert_true(result.low_ns <= result.median_ns && result.median_ns <= result.high_ns);
    assert_true(result.high_ns < 120 && result.p90_ns < 120);
    assert_int_equal(result.disturbed, 1);
}

static void
a_core_that_is_not_there_cannot_be_pinned_to(void **state)
{
    (void)state;
    assert_false(cbench_pin(100000));
    cbench_unpin();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_the_middle_and_one_wild_round_does_not_move_it),
        cmocka_unit_test(an_even_number_of_rounds_has_the_mean_of_the_middle_two),
        cmocka_unit_test(a_clear_difference_is_called_from_both_sides),
        cmocka_unit_test(a_difference_smaller_than_the_noise_is_not_called),
        cmocka_unit_test(the_same_thing_twice_is_hardly_ever_called_different),
        cmocka_unit_test(too_few_rounds_claim_nothing),
        cmocka_unit_test(every_case_runs_once_a_round_and_in_the_warm_up),
        cmocka_unit_test(a_case_without_a_size_gets_one_that_lasts_a_round),
        cmocka_unit_test(a_try_that_was_preempted_does_not_size_a_round),
        cmocka_unit_test(a_bound_on_operations_holds_whatever_the_case_asks_for),
        cmocka_unit_test(percentiles_are_values_that_were_measured),
        cmocka_unit_test(the_bounds_of_a_median_hold_it_and_leave_out_wild_rounds),
        cmocka_unit_test(a_core_that_is_not_there_cannot_be_pinned_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
