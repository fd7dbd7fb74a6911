/*
 * What systemd is told, over a real datagram socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/service_notify.h"
#include "ipc/process_state.h"
#include "tests/unit/session_rig.h"

static char path[64];
static int systemd;
static struct service_notify notify = {.descriptor = -1};

static struct shm_process *
process(uint32_t at)
{
    return at == 0 ? rig.engine.publisher
                   : (at == 1 ? &rig.engine.frontends[0] : &rig.engine.workers[at - 2]);
}

enum {
    PROCESSES = 4,
};

/* Every process looks for news, as an idle one does. */
static void
all_beat(void)
{
    for (uint32_t i = 0; i < PROCESSES; i++)
        process_beat(process(i));
}

static int
open_all(void **state)
{
    (void)state;
    rig_open_engine(&rig, 2);
    for (uint32_t i = 0; i < PROCESSES; i++)
        process_pid_set(process(i), 1000 + i);
    snprintf(path, sizeof path, "/tmp/test-notify-%d", (int)getpid());
    unlink(path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    systemd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(systemd, (const void *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    setenv("WATCHDOG_USEC", "4000000", 1);
    unsetenv("WATCHDOG_PID");
    return 0;
}

static int
close_all(void **state)
{
    service_notify_close(&notify);
    close(systemd);
    unlink(path);
    return teardown(state);
}

/* What was told since, messages with | between. */
static const char *
told(void)
{
    static char all[4096];
    size_t used = 0;
    ssize_t length;
    while ((length = recv(systemd, all + used, sizeof all - used - 2, MSG_DONTWAIT)) > 0) {
        used += (size_t)length;
        all[used++] = '|';
    }
    all[used] = '\0';
    return all;
}

/* A tick, and whether the watchdog was fed in it. */
static bool
fed(uint64_t now_ms)
{
    service_notify_tick(&notify, &rig.engine, now_ms);
    return strstr(told(), "WATCHDOG=1") != NULL;
}

static void
each_step_of_a_life_is_told(void **state)
{
    (void)state;
    service_notify_open(&notify);
    service_notify_ready(&notify);
    assert_string_equal(told(), "READY=1|");
    service_notify_reloading(&notify, 5000);
    assert_string_equal(told(), "RELOADING=1\nMONOTONIC_USEC=5000000|");
    all_beat();
    service_notify_tick(&notify, &rig.engine, 5100);
    assert_null(strstr(told(), "READY=1"));
    service_notify_tick(&notify, &rig.engine, 6000);
    assert_string_equal(told(), "READY=1|");
    service_notify_stopping(&notify);
    assert_string_equal(told(), "STOPPING=1|");
}

static void
status_says_what_was_done_now_and_then(void **state)
{
    (void)state;
    service_notify_open(&notify);
    notify.watchdog_ms = 0;
    counter_add(&rig.engine.frontends[0].counters, COUNTER_MESSAGES, 7);
    counter_add(&rig.engine.workers[1].counters, COUNTER_CALLS_CLOSED, 2);
    process_restarts_add(&rig.engine.workers[0]);
    service_notify_tick(&notify, &rig.engine, 1000);
    assert_string_equal(told(), "STATUS=7 messages, 2 calls ended, 1 processes restarted|");
    service_notify_tick(&notify, &rig.engine, 5999);
    assert_string_equal(told(), "");
    service_notify_tick(&notify, &rig.engine, 6000);
    assert_string_equal(told(), "STATUS=7 messages, 2 calls ended, 1 processes restarted|");
}

static void
an_idle_engine_is_alive(void **state)
{
    (void)state;
    service_notify_open(&notify);
    unsigned times = 0;
    for (uint64_t now_ms = 1000; now_ms < 21000; now_ms += 100) {
        all_beat();
        times += fed(now_ms);
    }
    assert_int_equal(times, 20); /* four times in each span of the watchdog */
}

static void
one_role_that_stands_still_is_enough(void **state)
{
    (void)state;
    for (uint32_t hung = 0; hung < PROCESSES; hung++) {
        service_notify_close(&notify);
        setenv("NOTIFY_SOCKET", path, 1);
        setenv("WATCHDOG_USEC", "4000000", 1);
        service_notify_open(&notify);
        uint64_t last_ms = 0;
        for (uint64_t now_ms = 1000; now_ms < 11000; now_ms += 100) {
            for (uint32_t i = 0; i < PROCESSES; i++)
                if (i != hung)
                    process_beat(process(i));
            if (fed(now_ms))
                last_ms = now_ms;
        }
        assert_in_range(last_ms, 2000, 3000);
        process_beat(process(hung));
        assert_true(fed(11000)); /* it was only slow */
    }
}

static void
who_is_dead_for_a_moment_or_done_stands_in_nobodys_way(void **state)
{
    (void)state;
    service_notify_open(&notify);
    process_pid_set(&rig.engine.workers[0], 0);
    process_done_set(&rig.engine.workers[1]);
    bool last = false;
    for (uint64_t now_ms = 1000; now_ms < 11000; now_ms += 1000) {
        process_beat(process(0));
        process_beat(process(1));
        last = fed(now_ms);
    }
    assert_true(last);
}

static void
the_watchdog_of_another_process_is_not_ours(void **state)
{
    (void)state;
    setenv("WATCHDOG_PID", "1", 1);
    service_notify_open(&notify);
    all_beat();
    assert_false(fed(5000));
}

static void
children_inherit_nothing_of_it(void **state)
{
    (void)state;
    service_notify_open(&notify);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
}

static void
where_nobody_listens_nothing_is_told_and_nothing_waits(void **state)
{
    (void)state;
    static const char *const nowhere[] = {"", "x", "relative/path", "/nowhere/at/all", "@none"};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        setenv("NOTIFY_SOCKET", nowhere[i], 1);
        service_notify_close(&notify);
        service_notify_open(&notify);
        service_notify_ready(&notify);
        service_notify_tick(&notify, &rig.engine, 1000);
    }
    /* A systemd that takes nothing. */
    setenv("NOTIFY_SOCKET", path, 1);
    service_notify_close(&notify);
    service_notify_open(&notify);
    for (int i = 0; i < 10000; i++)
        service_notify_ready(&notify);
}

int
main(void)
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        PROMISE(each_step_of_a_life_is_told),
        PROMISE(status_says_what_was_done_now_and_then),
        PROMISE(an_idle_engine_is_alive),
        PROMISE(one_role_that_stands_still_is_enough),
        PROMISE(who_is_dead_for_a_moment_or_done_stands_in_nobodys_way),
        PROMISE(the_watchdog_of_another_process_is_not_ours),
        PROMISE(children_inherit_nothing_of_it),
        PROMISE(where_nobody_listens_nothing_is_told_and_nothing_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
