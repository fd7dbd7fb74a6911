#ifndef IPC_PROCESS_STATE_H
#define IPC_PROCESS_STATE_H

/*
 * ipc/process_state.h - who is running, who has finished, and what is to be done about one that
 * died: the words of shm_process that are neither counters nor doorbell.
 *
 * A role that dies is started again on the same segments, and recovers itself at the beginning of
 * its run function. What it has to know for that:
 *
 *   deaths_here   it died so often, one time after the other, without having got on. While this
 *                 is not 0, one input is one transaction: so the next death names the culprit.
 *   doubted       a store of its last life may have gone anywhere, or nobody watched over what it
 *                 left: it looks at its own memory before it goes on.
 *   skip          a worker's input at this position of a front-end's ring is to be passed over:
 *                 counted, and otherwise treated as if it had never come. The supervisor has
 *                 written it to the dead letters.
 *
 * The supervisor writes the last three while the process is dead, so they need no edge but fork().
 *
 *   edge  store (release)                  load (acquire)                carries
 *   P3    process_done_set              -> process_is_done               all the process wrote
 *   P4    process_emptied_set           -> process_emptied               nothing: it only grows
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

enum {
    /* The exit code of a role that found what it was to go on with damaged, and has said so: nobody
     * can go on with it. */
    PROCESS_EXIT_DAMAGED = 4,
};

/* Caller: the supervisor, after fork and, with 0, after it has reaped the process. */
static inline void
process_pid_set(struct shm_process *process, uint32_t pid)
{
    /* relaxed: no edge. A number for onlookers. */
    atomic_store_explicit(&process->pid, pid, memory_order_relaxed);
}

/* For onlookers; 0 when it does not run. */
static inline uint32_t
process_pid(const struct shm_process *process)
{
    /* relaxed: no edge. */
    return atomic_load_explicit(&process->pid, memory_order_relaxed);
}

/* Caller: the process itself, when its work is done and it is about to exit with success. */
static inline void
process_done_set(struct shm_process *process)
{
    /* release: P3. Whoever sees it done sees everything it did. */
    atomic_store_explicit(&process->done, 1, memory_order_release);
}

static inline bool
process_is_done(const struct shm_process *process)
{
    /* acquire: P3. Its counters and outcomes are final. */
    return atomic_load_explicit(&process->done, memory_order_acquire) != 0;
}

/* Caller: the supervisor, after it has reaped the process: how often it died where it is now. */
static inline void
process_deaths_here_set(struct shm_process *process, uint32_t deaths)
{
    /* relaxed: no edge but fork(). */
    atomic_store_explicit(&process->deaths_here, deaths, memory_order_relaxed);
}

/* Not 0: take one input at a time (see above). */
static inline uint32_t
process_deaths_here(const struct shm_process *process)
{
    /* relaxed: no edge but fork(). */
    return atomic_load_explicit(&process->deaths_here, memory_order_relaxed);
}

/* Caller: the supervisor, between two lives of the process. */
static inline void
process_doubt_set(struct shm_process *process, bool doubted)
{
    /* relaxed: no edge but fork(). */
    atomic_store_explicit(&process->doubted, doubted ? 1 : 0, memory_order_relaxed);
}

static inline bool
process_is_doubted(const struct shm_process *process)
{
    /* relaxed: no edge but fork(). */
    return atomic_load_explicit(&process->doubted, memory_order_relaxed) != 0;
}

/* Caller: the supervisor, between two lives of the process. */
static inline void
process_restarts_add(struct shm_process *process)
{
    /* relaxed: no edge. One writer, a number for onlookers. */
    uint32_t now = atomic_load_explicit(&process->restarts, memory_order_relaxed);
    atomic_store_explicit(&process->restarts, now + 1, memory_order_relaxed);
}

static inline uint32_t
process_restarts(const struct shm_process *process)
{
    /* relaxed: no edge. */
    return atomic_load_explicit(&process->restarts, memory_order_relaxed);
}

/* Caller: the supervisor, between two lives of the process. */
static inline void
process_skip_set(struct shm_process *process, uint32_t frontend, uint64_t position)
{
    /* relaxed: no edge but fork(). */
    atomic_store_explicit(&process->skip[frontend], position + 1, memory_order_relaxed);
}

/* Is the input at this position of that front-end's ring to be passed over? */
static inline bool
process_must_skip(const struct shm_process *process, uint32_t frontend, uint64_t position)
{
    /* relaxed: no edge but fork(). */
    return atomic_load_explicit(&process->skip[frontend], memory_order_relaxed) == position + 1;
}

/* Caller: a worker, before it looks at a front-end's input: who dies of it has said whose it is. */
static inline void
process_turn_set(struct shm_process *process, uint32_t frontend)
{
    /* relaxed: no edge but death. A kill leaves the stores of the dead in program order. */
    if (atomic_load_explicit(&process->turn, memory_order_relaxed) != frontend)
        atomic_store_explicit(&process->turn, frontend, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

/* Caller: a worker, after the commit that says so: so often it has lost that front-end's calls. */
static inline void
process_emptied_set(struct shm_process *process, uint32_t frontend, uint64_t emptied)
{
    /* release: P4. */
    atomic_store_explicit(&process->emptied[frontend], emptied, memory_order_release);
}

/* Caller: the front-end, which then tells that worker all again. */
static inline uint64_t
process_emptied(const struct shm_process *process, uint32_t frontend)
{
    /* acquire: P4. */
    return atomic_load_explicit(&process->emptied[frontend], memory_order_acquire);
}

/* The front-end whose input a dead worker had in hand. Not trusted: it may be any number. */
static inline uint32_t
process_turn(const struct shm_process *process)
{
    /* relaxed: no edge but death. */
    return atomic_load_explicit(&process->turn, memory_order_relaxed);
}

/* Caller: the process itself, whenever it finds nothing to do: some times a second then. */
static inline void
process_beat(struct shm_process *process)
{
    /* relaxed: no edge. One writer, a number for onlookers. */
    uint32_t now = atomic_load_explicit(&process->beats, memory_order_relaxed);
    atomic_store_explicit(&process->beats, now + 1, memory_order_relaxed);
}

/* A process is stuck whose beats and commits (engine_commits()) both stand still. */
static inline uint32_t
process_beats(const struct shm_process *process)
{
    /* relaxed: no edge. */
    return atomic_load_explicit(&process->beats, memory_order_relaxed);
}

#endif
