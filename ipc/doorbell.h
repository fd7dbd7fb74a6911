#ifndef IPC_DOORBELL_H
#define IPC_DOORBELL_H

/*
 * ipc/doorbell.h - sleep until somebody has news, without a system call while busy.
 *
 * One doorbell for each process that sleeps; everybody who gives it work or room rings it.
 *
 *   sleeper:                              ringer:
 *     token = doorbell_prepare(bell)        publish the news (release)
 *     look for news once more               doorbell_ring(bell)
 *     none: doorbell_sleep(bell, token)
 *     always: doorbell_finish(bell)
 *
 *   edge  store                       load                        carries
 *   D1    prepare: sleepers = 1 ; fence ; look for news
 *         publish news ; fence ; ring: sleepers ?                 one of the two sees the other
 *
 * doorbell_ring costs a fence and a load of a shared line when nobody sleeps; callers ring once a
 * batch. A sleep ends after at most DOORBELL_NAP_MS whatever happens, so a lost wake-up costs
 * time, never progress.
 */

#include <stdatomic.h>
#include <stdint.h>

enum {
    DOORBELL_NAP_MS = 100,
};

struct shm_doorbell {
    _Atomic uint32_t sequence; /* the futex word. Writers: ringers, one added a ring */
    _Atomic uint32_t sleepers; /* 0 or 1. Writer: the one sleeper */
};

uint32_t doorbell_prepare(struct shm_doorbell *bell);
void doorbell_sleep(struct shm_doorbell *bell, uint32_t token);
void doorbell_finish(struct shm_doorbell *bell);
void doorbell_ring(struct shm_doorbell *bell);

#endif
