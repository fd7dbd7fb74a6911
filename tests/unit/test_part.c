/*
 * An event that ends many calls, in parts: the same outcomes, with the same positions, however
 * often it is committed between, given up, and begun again.
 */
#include "tests/unit/call_rig.h"

#include <stdio.h>

enum {
    CALLS = 40,
    ALL_AT_ONCE = 0,
};

/* Where to stop: every call of the port's pause() commits; the `give_up`-th gives up instead. */
struct pauses {
    unsigned count;
    unsigned give_up;
    uint32_t committed;   /* outcomes of parts that are committed */
    struct shm_part part; /* likewise */
};

static bool
pause_here(void *context)
{
    struct call_rig *rig = context;
    struct pauses *pauses = rig->pauses;
    if (pauses->give_up != 0 && ++pauses->count % pauses->give_up == 0)
        return false;
    call_table_commit(&rig->table);
    pauses->committed = rig->outcome_count;
    pauses->part = rig->part;
    rig_begin_transaction(rig);
    return true;
}

static void
name_call(char name[16], unsigned number)
{
    snprintf(name, 16, "call-%u", number);
}

/* Conversations, all in sight of nobody when the link ends, and stale at the same tick. */
static struct call_rig *
open_conversations(void)
{
    struct call_rig *rig = rig_open(2 * CALLS);
    char name[16];
    for (unsigned i = 0; i < CALLS; i++) {
        name_call(name, i);
        rig_conversation(rig, 1000, name);
    }
    rig->outcome_count = 0;
    return rig;
}

/* Unanswered calls to B by somebody we do not see, while our own request for B is not answered: at
 * the link's end it is settled that nobody released B, and then the calls wait for something
 * else. */
static struct call_rig *
open_unanswered(void)
{
    struct call_rig *rig = rig_open(2 * CALLS);
    char name[16];
    rig_link(rig, 0);
    rig_begin(rig, EVENT_DEVICE, 0);
    rig_text(rig, EVENT_TEXT_DEVICE, "B");
    rig->event.flags = EVENT_DEVICE_MONITORED | EVENT_DEVICE_HAS_MONITOR;
    rig_handle(rig);
    for (unsigned i = 0; i < CALLS; i++) {
        name_call(name, i);
        rig_begin(rig, EVENT_DELIVERED, 4000);
        rig_text(rig, EVENT_TEXT_CALL, name);
        rig_text(rig, EVENT_TEXT_DEVICE, "B");
        rig_text(rig, EVENT_TEXT_CALLING, "A");
        rig_send(rig);
        rig_begin(rig, EVENT_CLEAR_CONNECTION, 4000);
        rig_text(rig, EVENT_TEXT_CALL, name);
        rig_text(rig, EVENT_TEXT_DEVICE, "B");
        rig_send(rig);
        rig_begin(rig, EVENT_CONNECTION_CLEARED, 4000);
        rig_text(rig, EVENT_TEXT_CALL, name);
        rig_text(rig, EVENT_TEXT_DEVICE, "B");
        rig->event.cause = CAUSE_CALL_NOT_ANSWERED;
        rig_send(rig);
    }
    assert_int_equal(rig->outcome_count, 0);
    return rig;
}

/* The event, taken up again as often as it is given up. */
static void
handle_in_parts(struct call_rig *rig, unsigned give_up)
{
    struct pauses pauses = {.give_up = give_up};
    rig->pauses = &pauses;
    rig->step.port.pause = pause_here;
    rig->step.part_outcomes = 1;
    for (bool done = false; !done;) {
        rig->outcome_count = pauses.committed;
        rig->part = pauses.part;
        rig->step.outcome_count = 0;
        unsigned before = pauses.count;
        rig_step(rig);
        done = give_up == 0 || before == pauses.count || pauses.count % give_up != 0;
        if (!done)
            rig_roll_back(rig);
    }
    call_table_commit(&rig->table);
    rig->part = (struct shm_part){0};
}

static void
begin_event(struct call_rig *rig, enum event_kind kind)
{
    uint64_t ms = kind == EVENT_TICK ? UINT64_C(9) * 3600 * 1000 : 5000;
    rig_begin(rig, kind, ms);
    rig_text(rig, EVENT_TEXT_DEVICE, kind == EVENT_SNAPSHOT_DEVICE ? "A" : NULL);
    rig->event.extra = 1;
}

/* Before a snapshot can prove an absence, the link must have been down. */
static void
lose_link(struct call_rig *rig)
{
    rig_begin(rig, EVENT_LINK_DOWN, 4000);
    rig_handle(rig);
    rig_begin(rig, EVENT_LINK_UP, 4100);
    rig->event.order++;
    rig_handle(rig);
}

static struct call_rig *
open_for(enum event_kind kind)
{
    if (kind == EVENT_LINK_END)
        return open_unanswered();
    struct call_rig *rig = open_conversations();
    lose_link(rig);
    return rig;
}

static void
is_the_same_in_parts(enum event_kind kind)
{
    struct call_rig *whole = open_for(kind);
    begin_event(whole, kind);
    rig_handle(whole);
    assert_true(whole->outcome_count >= 2 * CALLS);
    for (unsigned give_up = ALL_AT_ONCE; give_up < 12; give_up++) {
        if (give_up == 1)
            continue; /* would never get on */
        struct call_rig *rig = open_for(kind);
        begin_event(rig, kind);
        handle_in_parts(rig, give_up);
        assert_int_equal(rig->outcome_count, whole->outcome_count);
        for (uint32_t i = 0; i < whole->outcome_count; i++)
            assert_memory_equal(&rig->outcomes[i], &whole->outcomes[i],
                                outcome_size(&whole->outcomes[i]));
        assert_memory_equal(&rig->counters, &whole->counters, sizeof rig->counters);
        rig_close(rig);
    }
    rig_close(whole);
}

static void
a_tick_in_parts(void **state)
{
    (void)state;
    is_the_same_in_parts(EVENT_TICK);
}

static void
a_snapshot_in_parts(void **state)
{
    (void)state;
    is_the_same_in_parts(EVENT_SNAPSHOT_DEVICE);
}

static void
a_links_end_in_parts(void **state)
{
    (void)state;
    is_the_same_in_parts(EVENT_LINK_END);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tick_in_parts),
        cmocka_unit_test(a_snapshot_in_parts),
        cmocka_unit_test(a_links_end_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
