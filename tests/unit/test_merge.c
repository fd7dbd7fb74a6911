/*
 * What merging promises, one promise per test: with random runs, random progress, 1..8 workers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/merge.h"

enum {
    ORDERS = 400,
};

static struct merge merge;

static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static struct shm_outcome
decided(uint64_t decided_order, uint64_t call_order, uint32_t position)
{
    struct shm_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.decided_order = decided_order;
    outcome.call_order = call_order;
    outcome.position = position;
    char filler[EVENT_TEXT_LENGTH] = {0};
    outcome_add_text(&outcome, OUTCOME_TEXT_LINK,
                     (struct text){filler, (uint32_t)(decided_order % EVENT_TEXT_LENGTH)});
    return outcome;
}

/* A whole input: each order is decided by one worker (or, a tick, by all); then merged with the
 * workers advancing at random. The result must be the one order, complete. */
static void
merge_at_random(uint32_t workers, uint64_t seed)
{
    uint64_t at[WORKERS_MAX] = {0}; /* the order up to which each worker has come */
    uint64_t given = 0;
    uint64_t total = 0;
    struct shm_outcome last = decided(0, 0, 0);
    uint32_t running = workers;
    merge_init(&merge, workers);
    while (running > 0 || !merge_is_empty(&merge)) {
        uint32_t worker = next_random(&seed) % workers;
        for (uint32_t steps = next_random(&seed) % 20; steps > 0 && at[worker] < ORDERS; steps--) {
            uint64_t order = ++at[worker];
            for (uint32_t i = 0; order % 16 == 0 && i < 2; i++, total++) { /* a tick, for all */
                struct shm_outcome tick = decided(2 * order, 100 * worker + i, 0);
                assert_int_equal(merge_put(&merge, worker, &tick), MERGE_OK);
            }
            for (uint32_t i = 0; order % workers == worker && i < 3; i++, total++) {
                struct shm_outcome message = decided(2 * order + 1, order, i);
                assert_int_equal(merge_put(&merge, worker, &message), MERGE_OK);
            }
            if (order == ORDERS) {
                merge_prove(&merge, worker, merge_decided_by(UINT64_MAX));
                running--;
            } else if (next_random(&seed) % 3 == 0) {
                merge_prove(&merge, worker, merge_decided_by(order));
            }
        }
        const struct shm_outcome *next;
        uint32_t whose;
        while ((next = merge_next(&merge, &whose)) != NULL) {
            assert_true(outcome_compare(&last, next) < 0);
            last = decided(next->decided_order, next->call_order, next->position);
            merge_pop(&merge);
            given++;
        }
    }
    assert_int_equal(given, total);
    merge_free(&merge);
}

static void
whatever_the_pace_the_order_is_one(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 8; workers++)
        for (uint64_t seed = 1; seed <= 12; seed++)
            merge_at_random(workers, seed * workers);
    merge_at_random(WORKERS_MAX, 7);
}

static void
an_outcome_waits_until_no_smaller_one_can_come(void **state)
{
    (void)state;
    uint32_t worker;
    struct shm_outcome five = decided(merge_decided_by(5), 1, 0);
    merge_init(&merge, 2);
    assert_int_equal(merge_put(&merge, 0, &five), MERGE_OK);
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, merge_decided_by(4));
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, merge_decided_by(5));
    assert_non_null(merge_next(&merge, &worker));
    assert_int_equal(worker, 0);
    merge_free(&merge);
}

static void
a_tick_before_a_message_is_proven_with_it_not_before(void **state)
{
    (void)state;
    uint32_t worker;
    struct shm_outcome tick = decided(2 * 6, 1, 0); /* the tick before message 6 */
    merge_init(&merge, 2);
    merge_put(&merge, 0, &tick);
    merge_prove(&merge, 1, merge_decided_by(5));
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, merge_decided_by(6));
    assert_non_null(merge_next(&merge, &worker));
    merge_free(&merge);
}

static void
a_worker_out_of_order_is_noticed_and_nothing_is_lost(void **state)
{
    (void)state;
    uint32_t worker;
    struct shm_outcome nine = decided(9, 1, 0);
    struct shm_outcome seven = decided(7, 1, 0);
    merge_init(&merge, 1);
    assert_int_equal(merge_put(&merge, 0, &nine), MERGE_OK);
    assert_int_equal(merge_put(&merge, 0, &seven), MERGE_DISORDERED);
    merge_prove(&merge, 0, UINT64_MAX);
    assert_int_equal(merge_next(&merge, &worker)->decided_order, 9);
    merge_pop(&merge);
    assert_int_equal(merge_next(&merge, &worker)->decided_order, 7);
    merge_pop(&merge);
    assert_true(merge_is_empty(&merge));
    merge_free(&merge);
}

static void
an_outcome_after_its_proof_is_noticed(void **state)
{
    (void)state;
    struct shm_outcome seven = decided(7, 1, 0);
    merge_init(&merge, 1);
    merge_prove(&merge, 0, 7);
    assert_int_equal(merge_put(&merge, 0, &seven), MERGE_DISORDERED);
    merge_free(&merge);
}

static void
a_long_run_is_kept_whole_and_given_back(void **state)
{
    (void)state;
    uint32_t worker;
    merge_init(&merge, 2);
    for (uint64_t i = 1; i <= 20000; i++) {
        struct shm_outcome outcome = decided(i, i, 0);
        assert_int_equal(merge_put(&merge, 0, &outcome), MERGE_OK);
    }
    merge_prove(&merge, 1, 15000);
    for (uint64_t i = 1; i <= 15000; i++, merge_pop(&merge)) {
        const struct shm_outcome *next = merge_next(&merge, &worker);
        assert_int_equal(next->decided_order, i);
        assert_int_equal(next->text_bytes, i % EVENT_TEXT_LENGTH);
    }
    assert_null(merge_next(&merge, &worker));
    for (uint64_t i = 20001; i <= 40000; i++) {
        struct shm_outcome outcome = decided(i, i, 0);
        assert_int_equal(merge_put(&merge, 0, &outcome), MERGE_OK);
    }
    merge_prove(&merge, 1, UINT64_MAX);
    for (uint64_t i = 15001; i <= 40000; i++, merge_pop(&merge))
        assert_int_equal(merge_next(&merge, &worker)->decided_order, i);
    assert_true(merge_is_empty(&merge));
    assert_null(merge.runs[0].bytes);
    merge_free(&merge);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_pace_the_order_is_one),
        cmocka_unit_test(an_outcome_waits_until_no_smaller_one_can_come),
        cmocka_unit_test(a_tick_before_a_message_is_proven_with_it_not_before),
        cmocka_unit_test(a_worker_out_of_order_is_noticed_and_nothing_is_lost),
        cmocka_unit_test(an_outcome_after_its_proof_is_noticed),
        cmocka_unit_test(a_long_run_is_kept_whole_and_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
