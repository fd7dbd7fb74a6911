/*
 * What a worker is told that has lost its calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/retell.h"
#include "ipc/process_state.h"
#include "tests/unit/session_rig.h"

static struct rig rig;

static int
set_up(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void
nothing_is_due_before_a_worker_says_so(void **state)
{
    (void)state;
    uint64_t emptied;
    assert_false(retell_is_due(rig.session, 0, &emptied));
    process_emptied_set(&rig.engine.workers[1], 0, 3);
    assert_false(retell_is_due(rig.session, 0, &emptied));
    assert_true(retell_is_due(rig.session, 1, &emptied));
    assert_int_equal(emptied, 3);
}

static void
it_is_told_links_and_devices_and_then_that_this_is_all(void **state)
{
    (void)state;
    uint64_t emptied;
    rig_feed(&rig, "# link pbx1 monitored=2001 route-points=700\n"
                   "5.250 pbx1 ! tick\n");
    rig_read(&rig, 0, 0);
    rig_read(&rig, 1, 0);
    process_emptied_set(&rig.engine.workers[1], 0, 1);
    assert_true(retell_is_due(rig.session, 1, &emptied));
    retell_worker(rig.session, 1, emptied);
    session_publish(rig.session, false);
    assert_string_equal(rig_read(&rig, 1, 0), "1 Link @2/0 LINK=pbx1\n"
                                              "1 Device @2/0 DEVICE=2001 flags=3\n"
                                              "1 Device @2/0 DEVICE=700 flags=16\n"
                                              "1 Retold @2/0 request=1\n");
    assert_false(retell_is_due(rig.session, 1, &emptied));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_due_before_a_worker_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_told_links_and_devices_and_then_that_this_is_all,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
