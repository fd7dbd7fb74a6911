/*
 * What merging promises, one promise per test: with random runs, random progress, 1..8 workers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/merge.h"

enum {
    ORDERS = 400,
    OUTBOX = 2048,
};

static struct merge merge;

/* Each worker's outbox: only slots matter to a merge. */
static struct ring_spsc outboxes[WORKERS_MAX];
static uint64_t put_count[WORKERS_MAX];

static void
begin(uint32_t workers)
{
    merge_init(&merge, workers);
    for (uint32_t i = 0; i < workers; i++) {
        static struct shm_outbox_slot slots[WORKERS_MAX][OUTBOX];
        outboxes[i].slots = (uint8_t *)slots[i];
        outboxes[i].mask = OUTBOX - 1;
        outboxes[i].slot_size = sizeof(struct shm_outbox_slot);
        put_count[i] = 0;
        merge_open(&merge, i, &outboxes[i], 0, 0);
    }
}

static void
put(uint32_t worker, const struct shm_outcome *outcome)
{
    struct shm_outbox_slot *slot = ring_spsc_slot(&outboxes[worker], put_count[worker]++);
    memcpy(&slot->outcome, outcome, outcome_size(outcome));
    merge_add(&merge, worker);
}

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
    begin(workers);
    while (running > 0 || !merge_is_empty(&merge)) {
        uint32_t worker = next_random(&seed) % workers;
        for (uint32_t steps = next_random(&seed) % 20; steps > 0 && at[worker] < ORDERS; steps--) {
            uint64_t order = ++at[worker];
            for (uint32_t i = 0; order % 16 == 0 && i < 2; i++, total++) { /* a tick, for all */
                struct shm_outcome tick = decided(2 * order, 100 * worker + i, 0);
                put(worker, &tick);
            }
            for (uint32_t i = 0; order % workers == worker && i < 3; i++, total++) {
                struct shm_outcome message = decided(2 * order + 1, order, i);
                put(worker, &message);
            }
            if (order == ORDERS) {
                merge_prove(&merge, worker, decided_by(UINT64_MAX));
                running--;
            } else if (next_random(&seed) % 3 == 0) {
                merge_prove(&merge, worker, decided_by(order));
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
    struct shm_outcome five = decided(decided_by(5), 1, 0);
    begin(2);
    put(0, &five);
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, decided_by(4));
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, decided_by(5));
    assert_non_null(merge_next(&merge, &worker));
    assert_int_equal(worker, 0);
}

static void
a_tick_before_a_message_is_proven_with_it_not_before(void **state)
{
    (void)state;
    uint32_t worker;
    struct shm_outcome tick = decided(2 * 6, 1, 0); /* the tick before message 6 */
    begin(2);
    put(0, &tick);
    merge_prove(&merge, 1, decided_by(5));
    assert_null(merge_next(&merge, &worker));
    merge_prove(&merge, 1, decided_by(6));
    assert_non_null(merge_next(&merge, &worker));
}

/* A successor knows how many arrived and how many were given out; the rest is in the outboxes. */
static void
a_merge_begun_anew_goes_on_where_the_last_one_was(void **state)
{
    (void)state;
    uint32_t worker;
    begin(3);
    for (uint64_t i = 1; i <= 600; i++) {
        struct shm_outcome outcome = decided(i, i, 0);
        put((uint32_t)(i % 3), &outcome);
    }
    uint64_t given[3] = {0};
    for (uint64_t i = 1; i <= 600; i++) {
        if (i % 7 == 0) {
            merge_init(&merge, 3);
            for (uint32_t w = 0; w < 3; w++)
                merge_open(&merge, w, &outboxes[w], given[w], put_count[w]);
        }
        for (uint32_t w = 0; w < 3; w++)
            merge_prove(&merge, w, UINT64_MAX);
        assert_int_equal(merge_next(&merge, &worker)->decided_order, i);
        given[worker]++;
        merge_pop(&merge);
    }
    assert_true(merge_is_empty(&merge));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_the_pace_the_order_is_one),
        cmocka_unit_test(an_outcome_waits_until_no_smaller_one_can_come),
        cmocka_unit_test(a_tick_before_a_message_is_proven_with_it_not_before),
        cmocka_unit_test(a_merge_begun_anew_goes_on_where_the_last_one_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
