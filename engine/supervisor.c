#include "engine/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/supervisor_parts.h"

static void
tick(const struct supervisor *supervisor)
{
    if (supervisor->watch != NULL && supervisor->watch->tick != NULL)
        supervisor->watch->tick(supervisor->watch->context);
}

/* Reaps whoever has ended; with `options` 0 waits for all of them. */
static void
reap(struct supervisor *supervisor, int options)
{
    for (uint32_t i = 0; i < supervisor->count; i++) {
        int status;
        pid_t pid;
        if (supervisor->pids[i] == 0)
            continue;
        do {
            pid = waitpid(supervisor->pids[i], &status, options);
        } while (pid < 0 && errno == EINTR);
        CHECK(pid >= 0); /* it is our child and was not reaped */
        if (pid > 0)
            supervisor_judge_end(supervisor, i, status);
    }
}

static void
kill_all(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->count; i++)
        if (supervisor->pids[i] != 0)
            kill(supervisor->pids[i], SIGKILL);
    reap(supervisor, 0);
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* Takes what arrived. */
static void
read_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD && supervisor->result == SUPERVISOR_DONE)
            supervisor_take_signal(supervisor, (int)info.ssi_signo);
}

static void
wait_for_news(struct supervisor *supervisor)
{
    const struct supervisor_live *live = supervisor->watch != NULL ? supervisor->watch->live : NULL;
    struct pollfd waits[1 + SUPERVISOR_SERVICES_MAX];
    uint32_t services = live != NULL ? live->service_count : 0;
    CHECK(services <= SUPERVISOR_SERVICES_MAX);
    waits[0] = (struct pollfd){.fd = supervisor->signals, .events = POLLIN};
    for (uint32_t i = 0; i < services; i++)
        waits[1 + i] = (struct pollfd){.fd = live->services[i].descriptor, .events = POLLIN};
    poll(waits, 1 + services, SUPERVISOR_TICK_MS);
    for (uint32_t i = 0; i < services; i++)
        if (waits[1 + i].revents != 0)
            live->services[i].serve(live->services[i].context);
}

static void
wait_for_end(struct supervisor *supervisor)
{
    while (supervisor->living > 0 && supervisor->result == SUPERVISOR_DONE) {
        wait_for_news(supervisor);
        read_signals(supervisor);
        reap(supervisor, WNOHANG);
        if (supervisor->stop_ms != 0 && supervisor->result == SUPERVISOR_DONE)
            supervisor_drain(supervisor);
        if (supervisor->result == SUPERVISOR_DONE)
            tick(supervisor);
    }
}

enum supervisor_result
supervisor_run(struct shared_engine *engine, const struct role_entry *table, uint32_t count,
               const struct supervisor_watch *watch)
{
    CHECK(count >= 1);
    CHECK(count <= SUPERVISOR_ROLES_MAX);
    struct supervisor supervisor = {
        .engine = engine, .table = table, .watch = watch, .count = count};
    sigset_t before;
    sigset_t watched = supervisor_watched_signals();
    supervisor_hold_signals(&before);
    supervisor_catch_faults(engine);
    supervisor.signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signals < 0) {
        log_say("cannot watch signals: %s", strerror(errno));
        supervisor.result = SUPERVISOR_FAILED;
    } else {
        supervisor_start(&supervisor);
        wait_for_end(&supervisor);
        kill_all(&supervisor);
        close(supervisor.signals);
    }
    if (supervisor.result == SUPERVISOR_DONE || !engine->lasting)
        shared_engine_unlink(engine);
    supervisor_leave_faults();
    supervisor_hush(&supervisor);
    supervisor_say_unsaid(&supervisor);
    supervisor_release_signals(&before);
    return supervisor.result;
}
