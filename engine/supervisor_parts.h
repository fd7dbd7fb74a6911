#ifndef ENGINE_SUPERVISOR_PARTS_H
#define ENGINE_SUPERVISOR_PARTS_H

/*
 * engine/supervisor_parts.h - what the files of the supervisor have in common; for nobody else.
 *
 *   supervisor.c         the run: waits, reaps, ends
 *   supervisor_signal.c  what the supervisor and its children do with signals
 *   supervisor_child.c   a role becomes a process
 *   supervisor_death.c   a process has ended: what follows
 *   supervisor_live.c    a live run is told to stop, or to read its configuration again
 */

#include <sys/types.h>

#include "engine/death.h"
#include "engine/supervisor.h"

enum {
    ROLE_NAME_SIZE = 24,
};

struct supervisor {
    struct shared_engine *engine;
    const struct role_entry *table;
    const struct supervisor_watch *watch;
    pid_t pids[SUPERVISOR_ROLES_MAX]; /* 0: not started, or reaped */
    /* Of its deaths over the input of each front-end (a worker's; else all count as the first's):
     * its progress then; 0: never. */
    uint64_t died_at[SUPERVISOR_ROLES_MAX][FRONTENDS_MAX];
    uint32_t deaths[SUPERVISOR_ROLES_MAX][FRONTENDS_MAX]; /* one after the other without progress */
    uint32_t crashes[SUPERVISOR_ROLES_MAX][FRONTENDS_MAX]; /* of these, by a fault of its own */
    uint32_t buried[SUPERVISOR_ROLES_MAX];                 /* its inputs that were passed over */
    uint32_t count;
    uint32_t living;
    uint64_t stop_ms; /* CLOCK_MONOTONIC: a live run was told to stop; 0: it was not */
    int signals;      /* signalfd: SIGCHLD and what ends a run */
    enum supervisor_result result;
    struct death_log log;
};

/* ---- signals ---- */

/* The signals that end a run, those of them that were not ignored, and SIGCHLD. */
sigset_t supervisor_watched_signals(void);

/* A fault of the supervisor itself must not leave names in /dev/shm; until ..._leave_faults(). */
void supervisor_catch_faults(struct shared_engine *engine);
void supervisor_leave_faults(void);

/* What a child does with signals. */
void supervisor_child_signals(bool hears_reload);

/* ---- children ---- */

struct shm_process *supervisor_process(const struct supervisor *supervisor,
                                       const struct role_entry *entry);

/* "worker 2", "publisher", "front-end", "front-end 1" where there are several. Returns `name`. */
const char *supervisor_role_name(char name[static ROLE_NAME_SIZE],
                                 const struct supervisor *supervisor,
                                 const struct role_entry *entry);

/* supervisor_start_one - the entry's process. False: it could not be started, and that was said. */
bool supervisor_start_one(struct supervisor *supervisor, uint32_t at);

/* supervisor_start - everybody whose work is not done; result says if that failed. */
void supervisor_start(struct supervisor *supervisor);

/* ---- a live run (supervisor_live.c) ---- */

/* supervisor_take_signal - one that ends a run, or SIGHUP. */
void supervisor_take_signal(struct supervisor *supervisor, int number);

/* supervisor_drain - while a stop is under way: has it come to its end, or taken too long? */
void supervisor_drain(struct supervisor *supervisor);

/* ---- deaths ---- */

/* supervisor_judge_end - the entry's process was reaped: it was done, lives again, or the run has
 * failed. */
void supervisor_judge_end(struct supervisor *supervisor, uint32_t at, int status);

/* supervisor_say_unsaid - how many deaths were only counted. */
void supervisor_say_unsaid(struct supervisor *supervisor);

/* supervisor_hush - before anything is printed. */
void supervisor_hush(const struct supervisor *supervisor);

#endif
