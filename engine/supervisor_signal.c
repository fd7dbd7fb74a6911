/*
 * engine/supervisor_signal.c - what the supervisor and its children do with signals.
 */
#include "engine/supervisor_parts.h"

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

void
supervisor_catch_faults(struct shared_engine *engine)
{
    engine_at_fault = engine;
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = (int)SA_RESETHAND};
    for (int i = 0; i < FAULT_COUNT; i++)
        sigaction(fault_signals[i], &action, &before_fault[i]);
}

void
supervisor_leave_faults(void)
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

sigset_t
supervisor_watched_signals(void)
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
    sigset_t set = supervisor_watched_signals();
    sigprocmask(SIG_BLOCK, &set, before);
}

void
supervisor_release_signals(const sigset_t *before)
{
    sigprocmask(SIG_SETMASK, before, NULL);
}

/*
 * What a child does with signals: a Ctrl-C reaches the whole foreground group, but only the
 * supervisor decides. A closed pipe ends a publisher as it ends any program. Who is to hear SIGHUP
 * gets it when he is ready: it stays blocked, as it was before the fork.
 */
void
supervisor_child_signals(bool hears_reload)
{
    sigset_t watched = supervisor_watched_signals();
    supervisor_leave_faults();
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    if (hears_reload)
        sigdelset(&watched, SIGHUP);
    else
        signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &watched, NULL);
}
