#include "engine/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/dead_letter.h"
#include "engine/death.h"
#include "ipc/engine_inspect.h"
#include "ipc/process_state.h"

enum {
    ROLE_NAME_SIZE = 24,
};

struct supervisor {
    struct shared_engine *engine;
    const struct role_entry *table;
    const struct supervisor_watch *watch;
    pid_t pids[SUPERVISOR_ROLES_MAX];       /* 0: not started, or reaped */
    uint64_t died_at[SUPERVISOR_ROLES_MAX]; /* its progress then; 0: never */
    uint32_t crashes[SUPERVISOR_ROLES_MAX]; /* of these deaths, those by a fault of its own */
    uint32_t buried[SUPERVISOR_ROLES_MAX];  /* its inputs that were passed over */
    uint32_t count;
    uint32_t living;
    int signals; /* signalfd: SIGCHLD and what ends a run */
    enum supervisor_result result;
    struct death_log log;
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
    if (!engine_at_fault->lasting)
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

/* False: it could not be started, and that was said. */
static bool
start_one(struct supervisor *supervisor, uint32_t at)
{
    const struct role_entry *entry = &supervisor->table[at];
    pid_t self = getpid();
    fflush(NULL); /* or the child inherits, and might print, what waits in our buffers */
    pid_t pid = fork();
    if (pid == 0)
        child_main(supervisor, entry, self);
    if (pid < 0) {
        char name[ROLE_NAME_SIZE];
        log_say("%s could not be started: %s", role_name(name, entry), strerror(errno));
        return false;
    }
    supervisor->pids[at] = pid;
    supervisor->living++;
    process_pid_set(process_of(supervisor, entry), (uint32_t)pid);
    return true;
}

/* Whoever has committed something, before a take-over, must be able to go on there. */
static bool
may_begin(const struct supervisor *supervisor, const struct role_entry *entry)
{
    char name[ROLE_NAME_SIZE];
    const char *why = NULL;
    if (engine_commits(supervisor->engine, entry->role, entry->index) == 0 ||
        (entry->may_restart != NULL &&
         entry->may_restart(supervisor->engine, entry->options, &why)))
        return true;
    log_say("%s cannot go on%s%s", role_name(name, entry), why != NULL ? ": " : "",
            why != NULL ? why : "");
    return false;
}

/* Everybody whose work is not done: after a take-over some may have finished theirs. */
static void
start(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->count; i++) {
        if (process_is_done(process_of(supervisor, &supervisor->table[i])))
            continue;
        if (!may_begin(supervisor, &supervisor->table[i]) || !start_one(supervisor, i)) {
            supervisor->result = SUPERVISOR_FAILED;
            return;
        }
    }
}

/* ---- deaths -------------------------------------------------------------------------------- */

static uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Says how a child ended the run, and `why` it may not live again, or NULL. Nothing to say when the
 * reader of its results went away. */
static void
say_failure(const struct supervisor *supervisor, const struct role_entry *entry, int status,
            const char *why)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && entry->role == ROLE_PUBLISHER)
        return;
    if (why == NULL && death_found_no_memory(status))
        why = "is /dev/shm full?";
    hush(supervisor);
    log_say("%s %s%s%s", role_name(name, entry), death_words(words, status),
            why != NULL ? "; " : "", why != NULL ? why : "");
}

/* *why: what there is to say of it, or NULL. */
static bool
may_live_again(const struct supervisor *supervisor, const struct role_entry *entry, int status,
               const char **why)
{
    *why = NULL;
    return !death_is_final(status) && entry->may_restart != NULL &&
           entry->may_restart(supervisor->engine, entry->options, why);
}

static void
say_unsaid(struct supervisor *supervisor)
{
    uint32_t unsaid = death_log_unsaid(&supervisor->log);
    if (unsaid > 0)
        log_say("%u more deaths and restarts", (unsigned)unsaid);
}

static void
say_restart(struct supervisor *supervisor, const struct role_entry *entry, int status,
            uint64_t since_us)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    uint64_t now = now_us();
    if (!death_log_may_say(&supervisor->log, now / 1000))
        return;
    hush(supervisor);
    say_unsaid(supervisor);
    uint64_t took = now - since_us;
    log_say("%s %s; restarted in %u.%u ms", role_name(name, entry), death_words(words, status),
            (unsigned)(took / 1000), (unsigned)(took % 1000 / 100));
}

/*
 * Did the input in hand end its process too often? A death by somebody's SIGKILL is no sign of
 * that, nor is want of memory; a worker without input cannot have died of any, and one that has
 * been passed over is not in hand.
 */
static bool
is_deadly_input(const struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    static struct event event; /* large */
    uint64_t position;
    return death_may_be_wild(status) && !death_found_no_memory(status) &&
           supervisor->crashes[at] >= SUPERVISOR_DEATHS_HERE && entry->role == ROLE_WORKER &&
           engine_input_in_hand(supervisor->engine, entry->index, &position, &event) &&
           !process_must_skip(process_of(supervisor, entry), position);
}

/* Nothing says that one life more would end better. */
static bool
is_hopeless(const struct supervisor *supervisor, uint32_t at)
{
    const struct shm_process *process = process_of(supervisor, &supervisor->table[at]);
    return supervisor->crashes[at] >= SUPERVISOR_CRASHES_MAX ||
           process_deaths_here(process) >= SUPERVISOR_DEATHS_MAX ||
           supervisor->buried[at] >= SUPERVISOR_BURIED_MAX;
}

/* Passes the input over that the worker dies of. False: it cannot be, and that was said. */
static bool
bury_input(struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    char words[DEATH_WORDS_SIZE];
    char why[SHARED_ENGINE_WHY];
    uint64_t position;
    struct shm_process *process = process_of(supervisor, entry);
    const char *path = supervisor->watch != NULL ? supervisor->watch->dead_letters : NULL;
    death_words(words, status);
    hush(supervisor);
    if (path == NULL)
        return false;
    if (!dead_letter_worker(path, supervisor->engine, entry->index, words, &position, why)) {
        log_say("worker %u %s %u times at the same input: %s", (unsigned)entry->index, words,
                (unsigned)supervisor->crashes[at], why);
        return false;
    }
    if (death_log_may_say(&supervisor->log, now_us() / 1000))
        log_say("worker %u %s %u times at the same input; passed over and noted in %s",
                (unsigned)entry->index, words, (unsigned)supervisor->crashes[at], path);
    process_skip_set(process, position);
    supervisor->buried[at]++;
    return true;
}

/* Is what the dead one left such that it can go on? Else it is said what is not. */
static bool
is_sound(const struct supervisor *supervisor, const struct role_entry *entry, int status)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    char why[SHARED_ENGINE_WHY];
    if (!death_may_be_wild(status) ||
        engine_verify(supervisor->engine, entry->role, entry->index, why))
        return true;
    hush(supervisor);
    log_say("%s %s and left damage: %s", role_name(name, entry), death_words(words, status), why);
    return false;
}

/* Notes the death, and whether the role has got on since the last one. */
static void
count_death(struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    struct shm_process *process = process_of(supervisor, entry);
    uint64_t progress = engine_progress(supervisor->engine, entry->role, entry->index);
    bool same = supervisor->died_at[at] == progress;
    process_deaths_here_set(process, same ? process_deaths_here(process) + 1 : 1);
    supervisor->crashes[at] = (same ? supervisor->crashes[at] : 0) + death_may_be_wild(status);
    supervisor->died_at[at] = progress;
}

/* True when the role lives again. */
static bool
revive(struct supervisor *supervisor, uint32_t at, int status, uint64_t since_us)
{
    const struct role_entry *entry = &supervisor->table[at];
    struct shm_process *process = process_of(supervisor, entry);
    const char *why;
    if (!may_live_again(supervisor, entry, status, &why)) {
        say_failure(supervisor, entry, status, why);
        return false;
    }
    count_death(supervisor, at, status);
    if (!is_sound(supervisor, entry, status))
        return false;
    if (is_hopeless(supervisor, at)) {
        say_failure(supervisor, entry, status,
                    death_found_no_memory(status) ? NULL : "it does not get on");
        return false;
    }
    if (is_deadly_input(supervisor, at, status) && !bury_input(supervisor, at, status))
        return false;
    if (!start_one(supervisor, at))
        return false;
    process_restarts_add(process);
    say_restart(supervisor, entry, status, since_us);
    return true;
}

static void
judge_end(struct supervisor *supervisor, uint32_t at, int status)
{
    uint64_t since_us = now_us();
    struct shm_process *process = process_of(supervisor, &supervisor->table[at]);
    supervisor->pids[at] = 0;
    supervisor->living--;
    process_pid_set(process, 0);
    if (supervisor->result != SUPERVISOR_DONE)
        return; /* the first failure is the one that matters; the others we killed */
    if (process_is_done(process) || revive(supervisor, at, status, since_us))
        return;
    supervisor->result = SUPERVISOR_FAILED;
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
            judge_end(supervisor, i, status);
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
        .engine = engine, .table = table, .watch = watch, .count = count};
    sigset_t before;
    sigset_t watched = watched_signals();
    supervisor_hold_signals(&before);
    catch_faults(engine);
    supervisor.signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signals < 0) {
        log_say("cannot watch signals: %s", strerror(errno));
        supervisor.result = SUPERVISOR_FAILED;
    } else {
        start(&supervisor);
        wait_for_end(&supervisor);
        kill_all(&supervisor);
        close(supervisor.signals);
    }
    if (supervisor.result == SUPERVISOR_DONE || !engine->lasting)
        shared_engine_unlink(engine);
    leave_faults();
    hush(&supervisor);
    say_unsaid(&supervisor);
    supervisor_release_signals(&before);
    return supervisor.result;
}
