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

/* Takes what arrived; a signal that ends the run is noted and said. */
static void
read_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD || supervisor->result != SUPERVISOR_DONE)
            continue;
        supervisor->result = SUPERVISOR_INTERRUPTED;
        supervisor_hush(supervisor);
        log_say("interrupted");
    }
}

static void
wait_for_end(struct supervisor *supervisor)
{
    while (supervisor->living > 0 && supervisor->result == SUPERVISOR_DONE) {
        struct pollfd wait = {.fd = supervisor->signals, .events = POLLIN};
        poll(&wait, 1, SUPERVISOR_TICK_MS);
        read_signals(supervisor);
        reap(supervisor, WNOHANG);
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
