#include "engine/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/process_state.h"

enum {
    ROLE_NAME_SIZE = 24,
};

struct supervisor {
    struct shared_engine *engine;
    const struct role_entry *table;
    const struct supervisor_watch *watch;
    pid_t pids[SUPERVISOR_ROLES_MAX]; /* 0: not started, or reaped */
    uint32_t started;
    uint32_t living;
    int signals; /* signalfd: SIGCHLD and what ends a run */
    enum supervisor_result result;
};

/* ---- signals ------------------------------------------------------------------------------- */

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const int fault_signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

enum {
    ENDING_COUNT = sizeof ending_signals / sizeof *ending_signals,
    FAULT_COUNT = sizeof fault_signals / sizeof *fault_signals,
};

/* A fault of the supervisor itself must not leave names in /dev/shm either. */
static struct shared_engine *engine_at_fault;
static struct sigaction before_fault[FAULT_COUNT];

static void
on_fault(int number)
{
    shared_engine_unlink(engine_at_fault);
    raise(number); /* SA_RESETHAND: this one ends us as it would have without a handler */
}

static void
catch_faults(struct shared_engine *engine)
{
    engine_at_fault = engine;
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND};
    for (int i = 0; i < FAULT_COUNT; i++)
        sigaction(fault_signals[i], &action, &before_fault[i]);
}

static void
leave_faults(void)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        sigaction(fault_signals[i], &before_fault[i], NULL);
}

/* What was ignored when we were started stays so: nohup, or a shell's background job. */
static bool
is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static sigset_t
watched_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (int i = 0; i < ENDING_COUNT; i++)
        if (!is_ignored(ending_signals[i]))
            sigaddset(&set, ending_signals[i]);
    return set;
}

void
supervisor_hold_signals(sigset_t *before)
{
    sigset_t set = watched_signals();
    sigprocmask(SIG_BLOCK, &set, before);
}

void
supervisor_release_signals(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---- children ------------------------------------------------------------------------------ */

static struct shm_process *
process_of(const struct supervisor *supervisor, const struct role_entry *entry)
{
    const struct shared_engine *engine = supervisor->engine;
    if (entry->role == ROLE_WORKER)
        return &engine->workers[entry->index];
    return entry->role == ROLE_PUBLISHER ? engine->publisher : engine->frontend;
}

static const char *
role_name(char name[ROLE_NAME_SIZE], const struct role_entry *entry)
{
    if (entry->role == ROLE_WORKER)
        snprintf(name, ROLE_NAME_SIZE, "worker %u", (unsigned)entry->index);
    else
        snprintf(name, ROLE_NAME_SIZE, "%s",
                 entry->role == ROLE_PUBLISHER ? "publisher" : "front-end");
    return name;
}

/*
 * What a child does with signals: a Ctrl-C reaches the whole foreground group, but only the
 * supervisor decides. A closed pipe ends a publisher as it ends any program.
 */
static void
child_signals(void)
{
    sigset_t watched = watched_signals();
    leave_faults();
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
}

_Noreturn static void
child_main(struct supervisor *supervisor, const struct role_entry *entry, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the supervisor died before it could be watched */
    close(supervisor->signals);
    child_signals();
    shared_engine_become(supervisor->engine, entry->role, entry->index);
    _exit(entry->run(supervisor->engine, entry->index, entry->options));
}

static void
hush(const struct supervisor *supervisor)
{
    if (supervisor->watch != NULL && supervisor->watch->hush != NULL)
        supervisor->watch->hush(supervisor->watch->context);
}

static void
tick(const struct supervisor *supervisor)
{
    if (supervisor->watch != NULL && supervisor->watch->tick != NULL)
        supervisor->watch->tick(supervisor->watch->context);
}

static void
start(struct supervisor *supervisor, uint32_t count)
{
    pid_t self = getpid();
    fflush(NULL); /* or every child inherits, and might print, what waits in our buffers */
    for (uint32_t i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child_main(supervisor, &supervisor->table[i], self);
        if (pid < 0) {
            char name[ROLE_NAME_SIZE];
            log_say("%s could not be started: %s", role_name(name, &supervisor->table[i]),
                    strerror(errno));
            supervisor->result = SUPERVISOR_FAILED;
            return;
        }
        supervisor->pids[i] = pid;
        supervisor->started++;
        supervisor->living++;
        process_pid_set(process_of(supervisor, &supervisor->table[i]), (uint32_t)pid);
    }
}

static const char *
signal_name(char name[32], int number)
{
    const char *abbreviation = sigabbrev_np(number);
    if (abbreviation != NULL)
        snprintf(name, 32, "SIG%s", abbreviation);
    else
        snprintf(name, 32, "signal %d", number);
    return name;
}

/* Says how a child failed. Nothing to say when the reader of its results went away. */
static void
say_failure(const struct supervisor *supervisor, const struct role_entry *entry, pid_t pid,
            int status)
{
    char name[ROLE_NAME_SIZE];
    char signal[32];
    role_name(name, entry);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && entry->role == ROLE_PUBLISHER)
        return;
    hush(supervisor);
    if (WIFSIGNALED(status))
        log_say("%s (pid %d) died: killed by %s%s", name, (int)pid,
                signal_name(signal, WTERMSIG(status)),
                WTERMSIG(status) == SIGBUS ? "; is /dev/shm full?" : "");
    else if (WEXITSTATUS(status) != 0)
        log_say("%s (pid %d) failed: exit code %d", name, (int)pid, WEXITSTATUS(status));
    else
        log_say("%s (pid %d) ended before its work was done", name, (int)pid);
}

static void
judge_end(struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    struct shm_process *process = process_of(supervisor, entry);
    pid_t pid = supervisor->pids[at];
    supervisor->pids[at] = 0;
    supervisor->living--;
    process_pid_set(process, 0);
    if (supervisor->result != SUPERVISOR_DONE)
        return; /* the first failure is the one that matters; the others we killed */
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && process_is_done(process))
        return;
    supervisor->result = SUPERVISOR_FAILED;
    say_failure(supervisor, entry, pid, status);
}

/* Reaps whoever has ended; with `options` 0 waits for all of them. */
static void
reap(struct supervisor *supervisor, int options)
{
    for (uint32_t i = 0; i < supervisor->started; i++) {
        int status;
        pid_t pid;
        if (supervisor->pids[i] == 0)
            continue;
        do {
            pid = waitpid(supervisor->pids[i], &status, options);
        } while (pid < 0 && errno == EINTR);
        CHECK(pid >= 0); /* it is our child and was not reaped */
        if (pid > 0)
            judge_end(supervisor, i, status);
    }
}

static void
kill_all(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->started; i++)
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
        hush(supervisor);
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
        .engine = engine, .table = table, .watch = watch, .result = SUPERVISOR_DONE};
    sigset_t before;
    sigset_t watched = watched_signals();
    supervisor_hold_signals(&before);
    catch_faults(engine);
    supervisor.signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signals < 0) {
        log_say("cannot watch signals: %s", strerror(errno));
        supervisor.result = SUPERVISOR_FAILED;
    } else {
        start(&supervisor, count);
        wait_for_end(&supervisor);
        kill_all(&supervisor);
        close(supervisor.signals);
    }
    shared_engine_unlink(engine);
    leave_faults();
    hush(&supervisor);
    supervisor_release_signals(&before);
    return supervisor.result;
}
