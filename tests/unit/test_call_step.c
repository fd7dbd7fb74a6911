/* What no golden trace can show of the rules: bounds, memory, time. */
#include "tests/unit/call_rig.h"

#include <stdio.h>

static void
a_hangup_is_told_once_and_forgotten_five_seconds_later(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(10);
    rig_conversation(rig, 1000, "1");
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 5000, "1", "A", "A");
    assert_int_equal(rig->outcome_count, 2);
    assert_int_equal(rig->outcomes[0].event, OUTCOME_RELEASED);
    assert_int_equal(rig->outcomes[0].releasing, RELEASING_LOCAL);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 5100, "1", "B", "B");
    assert_int_equal(rig->outcome_count, 5);
    assert_int_equal(rig->outcomes[2].releasing, RELEASING_REMOTE);
    assert_int_equal(rig->table.shared->living, 1);
    rig_call_event(rig, EVENT_ORIGINATED, 10050, "2", "A", NULL);
    assert_int_equal(rig->table.shared->living, 2);
    rig_call_event(rig, EVENT_HELD, 10150, "2", "A", NULL);
    assert_int_equal(rig->table.shared->living, 1);
    assert_int_equal(rig->closed_count, 1);
    rig_close(rig);
}

static void
a_call_stays_until_the_front_end_can_be_told(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(10);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 2000, "1", "A", "A");
    rig->refuse_closed = true;
    rig_call_event(rig, EVENT_ORIGINATED, 9000, "2", "A", NULL);
    assert_int_equal(rig->table.shared->living, 2);
    rig->refuse_closed = false;
    rig_call_event(rig, EVENT_HELD, 9000 + SPAN_LINGER_MS + TICK_MS, "2", "A", NULL);
    assert_int_equal(rig->table.shared->living, 1);
    rig_close(rig);
}

static void
the_oldest_idle_call_gives_way_and_is_told(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    char name[16];
    for (unsigned i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%u", i);
        rig_call_event(rig, EVENT_ORIGINATED, 1000 + i, name, "A", NULL);
    }
    assert_int_equal(counter_read(&rig->counters, COUNTER_CALLS_FORCED_OUT), 4);
    assert_int_equal(rig->table.shared->living, 16);
    assert_int_equal(rig->outcome_count, 12);
    assert_int_equal(rig->outcomes[0].reason, REASON_STALE);
    assert_int_equal(rig->outcomes[0].releasing, RELEASING_UNKNOWN);
    assert_true(text_is_equal(outcome_text(&rig->outcomes[0], OUTCOME_TEXT_CALL_ID), TEXT("0")));
    rig_close(rig);
}

static void
a_call_of_a_thousand_parties_stays_within_its_block(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    char name[16];
    rig_conversation(rig, 1000, "1");
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "party-%u", i);
        rig_call_event(rig, EVENT_BRIDGED, 3000, "1", name, NULL);
        if (counter_read(&rig->counters, COUNTER_OVERSIZE_CALLS) > 0)
            break;
    }
    assert_true(counter_read(&rig->counters, COUNTER_OVERSIZE_CALLS) > 0);
    assert_int_equal(rig->table.shared->living, 1);
    rig_close(rig);
}

static void
a_span_ends_at_the_first_tick_after_it_and_says_so(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_link(rig, 0); /* nobody is monitored */
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_call_event(rig, EVENT_DELIVERED, 1050, "1", "B", NULL);
    rig_call_event(rig, EVENT_DIVERTED, 1234, "1", "B", NULL);
    assert_int_equal(rig->outcome_count, 0);
    rig_call_event(rig, EVENT_ORIGINATED, 302000, "2", "C", NULL);
    assert_int_equal(rig->outcome_count, 2);
    assert_int_equal(rig->outcomes[0].event, OUTCOME_PARTY_DELETED);
    assert_int_equal(rig->outcomes[0].reason, REASON_OUT_OF_SIGHT);
    assert_int_equal(rig->outcomes[0].time_us, 301300 * INT64_C(1000));
    assert_int_equal(rig->outcomes[0].seq, 3);
    assert_int_equal(rig->outcomes[0].decided_order, 2 * 4);
    rig_close(rig);
}

static void
a_request_that_is_not_answered_is_waited_for_and_given_up(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_conversation(rig, 1000, "1");
    rig_begin(rig, EVENT_CLEAR_CONNECTION, 5000);
    rig_text(rig, EVENT_TEXT_CALL, "1");
    rig_text(rig, EVENT_TEXT_DEVICE, "A");
    rig_text(rig, EVENT_TEXT_REQUESTER, "A");
    rig_send(rig);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 5200, "1", "A", NULL);
    assert_int_equal(rig->outcome_count, 0);
    rig_call_event(rig, EVENT_HELD, 6900, "1", "B", NULL);
    assert_int_equal(rig->outcome_count, 0);
    rig_call_event(rig, EVENT_RETRIEVED, 7000, "1", "B", NULL);
    assert_int_equal(rig->outcome_count, 2);
    assert_int_equal(rig->outcomes[0].releasing, RELEASING_UNKNOWN);
    assert_int_equal(rig->outcomes[0].time_us, 5200 * INT64_C(1000));
    rig_close(rig);
}

/* B is not answered while a request for it hangs; C joins A. What A does then is A's own. */
static void
who_joins_meanwhile_ends_the_waiting_for_the_first(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_call_event(rig, EVENT_DELIVERED, 1100, "1", "B", NULL);
    rig_begin(rig, EVENT_CLEAR_CONNECTION, 5000);
    rig_text(rig, EVENT_TEXT_CALL, "1");
    rig_text(rig, EVENT_TEXT_DEVICE, "B");
    rig_text(rig, EVENT_TEXT_REQUESTER, "B");
    rig_send(rig);
    rig_begin(rig, EVENT_CONNECTION_CLEARED, 5200);
    rig_text(rig, EVENT_TEXT_CALL, "1");
    rig_text(rig, EVENT_TEXT_DEVICE, "B");
    rig->event.cause = CAUSE_CALL_NOT_ANSWERED;
    rig_send(rig);
    rig_call_event(rig, EVENT_ESTABLISHED, 5300, "1", "C", NULL);
    assert_int_equal(rig->outcome_count, 0);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 5400, "1", "A", "A");
    assert_int_equal(rig->outcome_count, 2);
    assert_int_equal(rig->outcomes[0].releasing, RELEASING_LOCAL);
    rig_close(rig);
}

static void
a_snapshot_that_comes_too_late_opens_no_call(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_call_event(rig, EVENT_CONNECTION_CLEARED, 2000, "1", "A", "A");
    rig_begin(rig, EVENT_SNAPSHOT_CALL, 2050);
    rig_text(rig, EVENT_TEXT_CALL, "1");
    rig->event.extra = 1;
    rig->event.item_count = 1;
    rig->event.items[0] = (struct event_item){.endpoint = TEXT("A"), .state = LOCAL_CONNECTED};
    rig_send(rig);
    assert_int_equal(counter_read(&rig->counters, COUNTER_CALLS_OPENED), 1);
    rig_close(rig);
}

enum {
    STALE_MS = 8 * 3600 * 1000,
};

/* Time passes for the link. */
static void
tick_at(struct call_rig *rig, uint64_t ms)
{
    rig_begin(rig, EVENT_TICK, ms);
    rig->order++;
    rig_handle(rig);
    rig->tick_ms = ms;
}

static void
a_call_is_reported_once_a_minute_before_it_is_stale(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_call_event(rig, EVENT_ORIGINATED, 3000, "2", "B", NULL);
    tick_at(rig, 1000 + STALE_MS - STALE_ASKED_MS - TICK_MS);
    assert_int_equal(rig->stale_count, 0);
    tick_at(rig, 1000 + STALE_MS - STALE_ASKED_MS);
    assert_int_equal(rig->stale_count, 1);
    tick_at(rig, 2000 + STALE_MS - STALE_ASKED_MS);
    assert_int_equal(rig->stale_count, 1);
    tick_at(rig, 1000 + STALE_MS);
    assert_int_equal(rig->stale_count, 2);
    assert_int_equal(rig->table.shared->living, 2);
    assert_int_equal(rig->outcomes[0].reason, REASON_STALE);
    assert_int_equal(counter_read(&rig->counters, COUNTER_CALLS_CLOSED), 1);
    rig_close(rig);
}

static void
a_call_the_switch_still_lists_lives_on_and_is_reported_again(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    tick_at(rig, 1000 + STALE_MS - STALE_ASKED_MS);
    rig_begin(rig, EVENT_SNAPSHOT_CALL, STALE_MS);
    rig_text(rig, EVENT_TEXT_CALL, "1");
    rig->event.extra = 1;
    rig->event.item_count = 1;
    rig->event.items[0] = (struct event_item){.endpoint = TEXT("A"), .state = LOCAL_CONNECTED};
    rig_send(rig);
    tick_at(rig, STALE_MS + 2000);
    assert_int_equal(rig->outcome_count, 0);
    tick_at(rig, 2 * (uint64_t)STALE_MS - STALE_ASKED_MS);
    assert_int_equal(rig->stale_count, 2);
    tick_at(rig, 2 * (uint64_t)STALE_MS - TICK_MS);
    assert_int_equal(rig->outcome_count, 0);
    tick_at(rig, 2 * (uint64_t)STALE_MS);
    assert_int_equal(rig->outcomes[0].reason, REASON_STALE);
    rig_close(rig);
}

static void
a_call_that_cannot_be_reported_is_at_the_next_tick(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig->refuse_closed = true;
    tick_at(rig, 1000 + STALE_MS - STALE_ASKED_MS);
    assert_int_equal(rig->stale_count, 0);
    rig->refuse_closed = false;
    tick_at(rig, 1000 + STALE_MS - STALE_ASKED_MS + TICK_MS);
    assert_int_equal(rig->stale_count, 1);
    rig_close(rig);
}

static void
while_the_link_is_down_no_call_is_reported(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(16);
    rig_call_event(rig, EVENT_ORIGINATED, 1000, "1", "A", NULL);
    rig_begin(rig, EVENT_LINK_DOWN, 2000);
    rig_send(rig);
    tick_at(rig, STALE_MS);
    assert_int_equal(rig->stale_count, 0);
    rig_begin(rig, EVENT_LINK_UP, STALE_MS + 100);
    rig_send(rig);
    tick_at(rig, STALE_MS + 200);
    assert_int_equal(rig->stale_count, 1);
    rig_close(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hangup_is_told_once_and_forgotten_five_seconds_later),
        cmocka_unit_test(a_call_stays_until_the_front_end_can_be_told),
        cmocka_unit_test(the_oldest_idle_call_gives_way_and_is_told),
        cmocka_unit_test(a_call_of_a_thousand_parties_stays_within_its_block),
        cmocka_unit_test(a_span_ends_at_the_first_tick_after_it_and_says_so),
        cmocka_unit_test(a_request_that_is_not_answered_is_waited_for_and_given_up),
        cmocka_unit_test(who_joins_meanwhile_ends_the_waiting_for_the_first),
        cmocka_unit_test(a_snapshot_that_comes_too_late_opens_no_call),
        cmocka_unit_test(a_call_is_reported_once_a_minute_before_it_is_stale),
        cmocka_unit_test(a_call_the_switch_still_lists_lives_on_and_is_reported_again),
        cmocka_unit_test(a_call_that_cannot_be_reported_is_at_the_next_tick),
        cmocka_unit_test(while_the_link_is_down_no_call_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
