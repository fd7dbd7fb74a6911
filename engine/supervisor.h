#ifndef ENGINE_SUPERVISOR_H
#define ENGINE_SUPERVISOR_H

/*
 * engine/supervisor.h - the parent of all roles: forks them, waits, and cleans up after them.
 *
 * A role is a function in a process of its own. It ends well when it has set its `done` in the
 * process table and returns 0. Any other end is a failure of the whole run: it is named on
 * standard error, all others are killed, and nothing is left: no process, no segment. No timeout
 * ever decides that a process is dead; only waitpid() does.
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
    SUPERVISOR_ROLES_MAX = WORKERS_MAX + 2,
};

/* One process to be. */
struct role_entry {
    enum role role; /* ROLE_FRONTEND, ROLE_WORKER or ROLE_PUBLISHER */
    uint32_t index; /* the worker's number, else 0 */
    /* The whole life of the process; returns its exit code. A seam: engine and workers are
     * strangers, only the command knows both. */
    int (*run)(struct shared_engine *engine, uint32_t index, const void *options);
    const void *options; /* inherited by fork */
    /* It recovers from any death of its own: started again, on the same segments. Else its death
     * ends the run; so a publisher whose output cannot be cut back. */
    bool may_restart;
};

/* Called in the supervisor while it waits. */
struct supervisor_watch {
    void (*tick)(void *context); /* every SUPERVISOR_TICK_MS, and when a process ended; or NULL */
    void (*hush)(void *context); /* before anything is printed, and at the end; or NULL */
    void *context;
};

enum supervisor_result {
    SUPERVISOR_DONE = 0,
    SUPERVISOR_FAILED,      /* a role failed or could not be started; said on standard error */
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
 * `count` is 1..SUPERVISOR_ROLES_MAX. Returns when no child is left. The names of the segments are
 * gone then, whatever the result, and also when the supervisor itself dies of a fault; the memory
 * is still mapped. A publisher killed by SIGPIPE (its reader went away) is a failure
 * without words. Children die with their supervisor.
 */
enum supervisor_result supervisor_run(struct shared_engine *engine, const struct role_entry *table,
                                      uint32_t count, const struct supervisor_watch *watch);

#endif
