/*
 * A front-end is killed between any two steps, and after some that were not committed: the next
 * one goes on, and the switch notices nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

enum { DEVICES = 40, RUNS = 30 };

static uint32_t starts[DEVICES], looks[DEVICES];
static uint32_t others;

static void
note(const struct sent *sent)
{
    long device = strtol(sent->device, NULL, 10) - 100;
    bool is_ours = device >= 0 && device < DEVICES;
    if (sent->kind == OUTGOING_MONITOR_START && is_ours)
        starts[device]++;
    else if (sent->kind == OUTGOING_SNAPSHOT_DEVICE && is_ours)
        looks[device]++;
    else
        others++;
}

static void
settle(void)
{
    for (uint32_t idle = 0; idle < 20;) {
        talk_rig_after(1);
        const struct sent *sent = talk_rig_next();
        idle = sent == NULL ? idle + 1 : 0;
        for (; sent != NULL; sent = talk_rig_next()) {
            struct sent copy = *sent;
            note(&copy);
            talk_rig_answer(&copy);
        }
    }
}

static void
each_was(const uint32_t *counts, uint32_t expected)
{
    for (int i = 0; i < DEVICES; i++) {
        if (counts[i] != expected)
            fail_msg("device %d: %u times, not %u", i + 100, counts[i], expected);
    }
}

static void
run(uint32_t deaths, uint64_t seed)
{
    memset(starts, 0, sizeof starts);
    memset(looks, 0, sizeof looks);
    others = 0;
    OPEN("monitored", "100-139", "session", "register", "requests-open", "5");
    live.deaths = deaths;
    live.random = seed;
    talk_rig_connect();
    talk_rig_say("0001", "<SystemStatus><systemStatus>normal</systemStatus></SystemStatus>");
    talk_rig_work();
    talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE);
    const struct sent registers = *talk_rig_expect(OUTGOING_SYSTEM_REGISTER);
    talk_rig_say(registers.invoke, "<SystemRegisterResponse/>");
    settle();
    each_was(starts, 1);
    each_was(looks, 1);
    talk_rig_say("0002", "<SystemStatus><systemStatus>messagesLost</systemStatus></SystemStatus>");
    settle();
    each_was(starts, 1);
    each_was(looks, 2);
    talk_rig_say("0003", "<MonitorStop><monitorCrossRefID>x100</monitorCrossRefID></MonitorStop>");
    talk_rig_after(40000);
    settle();
    assert_int_equal(starts[0], 2);
    assert_int_equal(others, 3); /* two answers, and a keep-alive */
    assert_int_equal(live.ups, 1);
    assert_int_equal(live.downs, 0);
    assert_int_equal(talk_rig_talk()->standing, DEVICES);
    assert_int_equal(talk_rig_talk()->unsure, 0);
    assert_int_equal(talk_rig_talk()->open, 0);
}

static void
who_is_killed_here_and_there_says_everything_once(void **state)
{
    run(0, 1);
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        talk_rig_close(state);
        run((uint32_t)seed * 4, seed);
    }
}

static void
a_loss_that_was_not_told_yet_is_told_by_the_next(void **state)
{
    (void)state;
    OPEN("monitored", "100");
    talk_rig_connect();
    settle();
    conversation_end(&live.link);
    talk_rig_publish();
    talk_rig_die();
    talk_rig_work();
    assert_int_equal(live.downs, 1);
    talk_rig_connect();
    settle();
    assert_int_equal(live.ups, 2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(who_is_killed_here_and_there_says_everything_once),
        TEST(a_loss_that_was_not_told_yet_is_told_by_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
