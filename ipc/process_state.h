#ifndef IPC_PROCESS_STATE_H
#define IPC_PROCESS_STATE_H

/*
 * ipc/process_state.h - who is running, and who has finished: the words of shm_process that are
 * neither counters nor doorbell.
 *
 *   edge  store (release)                  load (acquire)                carries
 *   P3    process_done_set              -> process_is_done               all the process wrote
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

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

#endif
