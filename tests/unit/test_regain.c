/*
 * What a worker says of calls it may have known before it lost them.
 */
#include "tests/unit/call_rig.h"

enum {
    LOST_MS = 5000,  /* the link's clock when all was told again */
    LATE_MS = 40000, /* no request from before can count any more */
    OFTEN_MS = 1000,
};

/* A worker that has just been told all again. */
static struct call_rig *
open_regained(void)
{
    struct call_rig *rig = rig_open(16);
    struct shm_worker_link *link = &rig->table.links[0];
    rig->order = 100;
    link->clock_ms = LOST_MS;
    link->lost_order = rig->order;
    link->lost_ms = LOST_MS;
    link->regained_ms = LOST_MS + 1;
    return rig;
}

/* Time passes until then. */
static void
wait_until(struct call_rig *rig, uint64_t ms)
{
    for (uint64_t at = rig->tick_ms; at < ms; at += OFTEN_MS) {
        rig_begin(rig, EVENT_DEVICE, at + OFTEN_MS);
        rig_text(rig, EVENT_TEXT_DEVICE, "9");
        rig_send(rig);
    }
}

static const struct shm_outcome *
end_of(const struct call_rig *rig, const char *party)
{
    for (uint32_t i = 0; i < rig->outcome_count; i++) {
        const struct shm_outcome *outcome = &rig->outcomes[i];
        if (outcome->event == OUTCOME_RELEASED &&
            text_is_equal(outcome_text(outcome, OUTCOME_TEXT_PARTY), text_of(party)))
            return outcome;
    }
    fail_msg("nothing is told of %s", party);
    return NULL;
}

static void
an_end_that_may_be_a_late_copy_is_not_told_again(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, LOST_MS + 100, "c1", "A", "A");
    wait_until(rig, LATE_MS);
    assert_int_equal(rig->outcome_count, 0);
    rig_close(rig);
}

static void
an_end_that_is_too_late_for_a_copy_is_told(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    wait_until(rig, LOST_MS + SPAN_LINGER_MS + 1000);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, LOST_MS + SPAN_LINGER_MS + 1500, "c1", "A", "A");
    assert_int_equal(end_of(rig, "A")->releasing, RELEASING_UNKNOWN);
    rig_close(rig);
}

static void
who_may_have_been_left_alone_is_not_named(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    rig_call_event(rig, EVENT_HELD, LOST_MS + 100, "c1", "B", NULL);
    wait_until(rig, LATE_MS);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, LATE_MS + 500, "c1", "B", "B");
    assert_int_equal(end_of(rig, "B")->releasing, RELEASING_UNKNOWN);
    rig_close(rig);
}

static void
clear_of_two(struct call_rig *rig, uint64_t ms)
{
    rig_call_event(rig, EVENT_HELD, LOST_MS + 100, "c1", "A", NULL);
    rig_call_event(rig, EVENT_HELD, LOST_MS + 200, "c1", "B", NULL);
    wait_until(rig, ms);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, ms + 500, "c1", "A", "A");
}

static void
a_request_from_before_may_count_so_nobody_is_named_soon(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    clear_of_two(rig, LOST_MS + SPAN_GRANTED_MS - 1000);
    assert_int_equal(end_of(rig, "A")->releasing, RELEASING_UNKNOWN);
    rig_close(rig);
}

static void
of_two_who_are_known_the_evidence_counts_again_later(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    clear_of_two(rig, LATE_MS);
    assert_int_equal(end_of(rig, "A")->releasing, RELEASING_LOCAL);
    rig_close(rig);
}

static void
what_begins_after_it_is_as_ever(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    rig_conversation(rig, LOST_MS + 100, "c1");
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, LOST_MS + 3000, "c1", "B", "B");
    assert_int_equal(end_of(rig, "B")->releasing, RELEASING_LOCAL);
    rig_close(rig);
}

static void
another_name_of_somebody_known_is_not_a_second_end(void **state)
{
    (void)state;
    struct call_rig *rig = open_regained();
    rig_call_event(rig, EVENT_HELD, LOST_MS + 100, "c1", "A", NULL);
    rig_call_event(rig, EVENT_HELD, LOST_MS + 200, "c1", "B", NULL);
    wait_until(rig, LATE_MS);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, LATE_MS + 500, "c1", "0xAB", NULL);
    assert_int_equal(rig->outcome_count, 0);
    rig_close(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_that_may_be_a_late_copy_is_not_told_again),
        cmocka_unit_test(an_end_that_is_too_late_for_a_copy_is_told),
        cmocka_unit_test(who_may_have_been_left_alone_is_not_named),
        cmocka_unit_test(a_request_from_before_may_count_so_nobody_is_named_soon),
        cmocka_unit_test(of_two_who_are_known_the_evidence_counts_again_later),
        cmocka_unit_test(what_begins_after_it_is_as_ever),
        cmocka_unit_test(another_name_of_somebody_known_is_not_a_second_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
