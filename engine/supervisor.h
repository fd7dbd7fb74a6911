#ifndef ENGINE_SUPERVISOR_H
#define ENGINE_SUPERVISOR_H

/*
 * engine/supervisor.h - the parent of all roles: forks them, waits, and cleans up after them.
 *
 * A role is a function in a process of its own. It ends well when it has set its `done` in the
 * process table. Any other end is a death, and only waitpid() ever says that a process is dead, no
 * timeout does. Who died is started again on the same segments and recovers itself there, within
 * milliseconds; each death is counted (process_restarts()) and said on standard error, with
 * restraint when there are many. The run fails instead when
 *
 *   - the role may not be restarted, or has refused to go on (ROLE_EXIT_FAILED, engine/death.h);
 *   - it died of a fault of its own and left damage (engine_verify());
 *   - it dies again and again without getting on. A worker that crashes SUPERVISOR_DEATHS_HERE
 *     times at the same input has that input passed over first (engine/dead_letter.h), but not
 *     when it found no memory (SIGBUS);
 *   - it was taken over, and cannot go on where it was.
 *
 * Then what happened is named on standard error, all others are killed, and no process is left.
 *
 *   supervisor_hold_signals(&before);
 *   shared_engine_create(&engine, ...)
 *   result = supervisor_run(&engine, table, count, &watch);
 *   ... counters can still be read ...
 *   shared_engine_destroy(&engine);
 *   supervisor_release_signals(&before);
 *
 * One run at a time in a process, and from a process with one thread.
 */

#include <signal.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

enum {
    SUPERVISOR_TICK_MS = 100,
    SUPERVISOR_ROLES_MAX = FRONTENDS_MAX + 1 + WORKERS_MAX,
    SUPERVISOR_DEATHS_HERE = 3,   /* crashes at one input; then it is passed over */
    SUPERVISOR_CRASHES_MAX = 8,   /* crashes without getting on, of whatever; then the run fails */
    SUPERVISOR_DEATHS_MAX = 1000, /* the same, when somebody kills it */
    SUPERVISOR_SERVICES_MAX = 64,
    SUPERVISOR_BURIED_MAX = 100, /* inputs of one worker passed over; then its next crash ends it */
};

/* One process to be. */
struct role_entry {
    enum role role; /* ROLE_FRONTEND, ROLE_WORKER or ROLE_PUBLISHER */
    uint32_t index; /* the worker's or front-end's number, else 0 */
    /* The whole life of the process; returns its exit code. A seam: engine and workers are
     * strangers, only the command knows both. */
    int (*run)(struct shared_engine *engine, uint32_t index, const void *options);
    const void *options; /* inherited by fork */
    /* May it live again after its death? Then it recovers by itself on the same segments. If not,
     * *why (static text) says it. NULL: it may never. Called in the supervisor. */
    bool (*may_restart)(const struct shared_engine *engine, uint32_t index, const void *options,
                        const char **why);
};

/* What else the supervisor waits for, and does then; it never waits in it. */
struct supervisor_service {
    int descriptor;
    void (*serve)(void *context);
    void *context;
};

/*
 * A run that goes on until it is told to stop. SIGTERM and SIGINT are given to the front-ends,
 * which end their links; the rest drains. After drain_ms, or at a second signal, what is left is
 * killed. SIGHUP is given to the front-ends too, and waits for one that is just being started.
 */
struct supervisor_live {
    uint32_t drain_ms;
    bool (*reload)(void *context);   /* at SIGHUP; false: front-ends are not told. NULL: they are */
    void (*stopping)(void *context); /* once, when the stop begins; or NULL */
    const struct supervisor_service *services;
    uint32_t service_count;
};

/* Called in the supervisor while it waits. */
struct supervisor_watch {
    void (*tick)(void *context); /* every SUPERVISOR_TICK_MS, and when a process ended; or NULL */
    void (*hush)(void *context); /* before anything is printed, and at the end; or NULL */
    void *context;
    const char *dead_letters;           /* path of the file; NULL: no input is ever passed over */
    const struct supervisor_live *live; /* NULL: a run over recorded input */
};

enum supervisor_result {
    SUPERVISOR_DONE = 0,
    SUPERVISOR_FAILED,      /* a role failed or could not be started; said on standard error */
    SUPERVISOR_DAMAGED,     /* memory was written over, said: what reads its input again may begin
                               again, with an engine made new */
    SUPERVISOR_STOPPED,     /* a lasting live engine, on request: its memory can be gone on with */
    SUPERVISOR_INTERRUPTED, /* SIGINT, SIGTERM, SIGHUP or SIGQUIT; said on standard error */
};

/*
 * supervisor_hold_signals - from now on the signals that end a run wait for supervisor_run()
 *
 * So that none of them falls between making the segments and looking after them. *before is
 * what supervisor_release_signals() restores.
 */
void supervisor_hold_signals(sigset_t *before);
void supervisor_release_signals(const sigset_t *before);

/*
 * supervisor_run - one process for each entry, from start to end
 *
 * `count` is 1..SUPERVISOR_ROLES_MAX. Roles that are done already (of an engine that was taken
 * over) are not started. Returns when no child is left. The names of the segments are gone then,
 * and also when the supervisor itself dies of a fault; but a lasting engine's only after
 * SUPERVISOR_DONE, so that it can be taken over. The memory is still mapped. A publisher killed by
 * SIGPIPE (its reader went away) is a failure without words. Children die with their supervisor.
 */
enum supervisor_result supervisor_run(struct shared_engine *engine, const struct role_entry *table,
                                      uint32_t count, const struct supervisor_watch *watch);

#endif
