/*
 * What the workers are told about the messages of an input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/session_rig.h"

static struct rig rig;

static int
setup(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static int
setup_one(void **state)
{
    (void)state;
    rig_open(&rig, 1);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void
a_link_is_announced_before_its_first_event(void **state)
{
    (void)state;
    rig_feed(&rig, "# link pbx1 monitored=2001 route-points=700\n"
                   "5.250 pbx1 < 9999 " ORIGINATED("c1", "2001") "\n");
    assert_string_equal(rig_read(&rig, 0, 0),
                        "0 Link @1/0 LINK=pbx1\n"
                        "0 Device @1/0 DEVICE=2001 flags=3\n"
                        "0 Device @1/0 DEVICE=700 flags=16\n"
                        "0 Tick @1/0 clock=5200\n"
                        "0 Originated @1/1 CALL=c1 DEVICE=2001 SUBJECT=2001 CALLING=2001 "
                        "MONITOR_DEVICE=2001 monitor=1\n");
}

#define PROMISE(test)     cmocka_unit_test_setup_teardown(test, setup, teardown)
#define PROMISE_ONE(test) cmocka_unit_test_setup_teardown(test, setup_one, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE_ONE(a_link_is_announced_before_its_first_event),
    };
    (void)setup;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
