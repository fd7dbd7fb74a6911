/*
 * Whose turn it is: floods come last, and wait while a worker has much to do; not for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/live/live_parts.h"
#include "tests/unit/session_rig.h"

enum {
    LINKS = 4,
};

static struct live live;

static int
setup(void **state)
{
    setup_one(state);
    memset(&live, 0, sizeof live);
    live.session = rig.session;
    live.count = LINKS;
    live.now_ms = 5000;
    for (uint32_t i = 0; i < LINKS; i++)
        live.wires[i] = (struct live_wire){.socket = 3};
    return 0;
}

/* More than a worker should have to do. */
static void
fill_ring(void)
{
    for (uint32_t i = 0; i < rig_ring_slots / 4; i++)
        rig_feed(&rig, "1 p < 9999 " ORIGINATED("17", "2001") "\n");
    session_publish(rig.session, false);
}

static void
the_round_is_shared_out_among_those_who_have_something(void **state)
{
    (void)state;
    assert_false(turns_begin(&live));
    assert_int_equal(live.share, LIVE_FRAMES_PER_TURN);
    live.wires[0].readable = live.wires[2].frames_left = true;
    turns_begin(&live);
    assert_int_equal(live.share, LIVE_ROUND_FRAMES / 2);
    live.wires[1].readable = live.wires[3].readable = true;
    turns_begin(&live);
    assert_int_equal(live.share, LIVE_ROUND_FRAMES / 4);
    live.count = LIVE_LINKS_MAX;
    for (uint32_t i = 0; i < LIVE_LINKS_MAX; i++)
        live.wires[i] = (struct live_wire){.socket = 3, .readable = true};
    turns_begin(&live);
    assert_int_equal(live.share, LIVE_FRAMES_LEAST);
}

static void
who_had_more_than_its_share_comes_last_in_the_next_round(void **state)
{
    (void)state;
    live.wires[1].floods = live.wires[1].frames_left = true;
    assert_true(turns_begin(&live));
    for (uint32_t i = 0; i < LINKS; i++) {
        assert_int_equal(live.wires[i].is_last, i == 1);
        assert_false(live.wires[i].waits);
    }
    live.wires[1].floods = false;
    assert_false(turns_begin(&live));
    assert_false(live.wires[1].is_last);
}

static void
floods_wait_while_a_worker_has_much_to_do_and_others_do_not(void **state)
{
    (void)state;
    fill_ring();
    live.wires[1].floods = live.wires[1].frames_left = true;
    live.wires[2].readable = true;
    turns_begin(&live);
    assert_true(live.wires[1].waits);
    assert_false(live.wires[0].waits || live.wires[2].waits || live.wires[3].waits);
    rig_read(&rig, 0, ~UINT64_C(0));
    turns_begin(&live);
    assert_false(live.wires[1].waits);
}

static void
a_worker_that_does_not_move_is_waited_for_by_all(void **state)
{
    (void)state;
    fill_ring();
    live.wires[1].floods = live.wires[1].frames_left = true;
    turns_begin(&live);
    live.now_ms += LIVE_FLOODS_WAIT_MS - 1;
    turns_begin(&live);
    assert_true(live.wires[1].waits);
    live.now_ms++;
    turns_begin(&live);
    assert_false(live.wires[1].waits);
}

static void
what_came_before_an_end_and_who_is_alone_waits_for_nobody(void **state)
{
    (void)state;
    fill_ring();
    live.wires[1].floods = live.wires[1].frames_left = true;
    live.wires[1].over = "the switch closed it";
    turns_begin(&live);
    assert_false(live.wires[1].waits);
    live.wires[0] = live.wires[1];
    live.wires[0].over = NULL;
    live.count = 1;
    turns_begin(&live);
    assert_false(live.wires[0].waits);
}

int
main(void)
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        PROMISE(the_round_is_shared_out_among_those_who_have_something),
        PROMISE(who_had_more_than_its_share_comes_last_in_the_next_round),
        PROMISE(floods_wait_while_a_worker_has_much_to_do_and_others_do_not),
        PROMISE(a_worker_that_does_not_move_is_waited_for_by_all),
        PROMISE(what_came_before_an_end_and_who_is_alone_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
