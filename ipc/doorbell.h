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
 *             prepare sleep finish ring
 *   prepare      X      X     X     -      "-" free to overlap
 *   sleep        X      X     X     -      "X" never: one process only
 *   finish       X      X     X     -
 *   ring         -      -     -     -
 *
 *   edge  store                       load                        carries
 *   D1    prepare: sleepers = 1 ; fence ; look for news
 *         publish news ; fence ; ring: sleepers ?                 one of the two sees the other
 *   D2    ring: sequence (release) -> prepare: sequence (acquire) the news, to one who took its
 *                                                                 token after the ring
 *   D3    prepare: sleepers (release) -> ring: exchange (acquire) the token, older than the flag
 *
 * doorbell_ring costs a fence and a load of a shared line when nobody sleeps; callers ring once a
 * batch. Of several ringers one makes the system call: the first takes the sleeper's flag down.
 * A sleep ends after at most DOORBELL_NAP_MS whatever happens, so a lost wake-up (a ringer that
 * is killed with the flag in its hand) costs time, never progress.
 *
 * tests/model/doorbell.pml checks that nobody sleeps on news; its BUG1..BUG5 show that the order
 * of each step counts.
 */

#include <stdatomic.h>
#include <stdint.h>

enum {
    DOORBELL_NAP_MS = 100,
};

/* Both words on one line: while nobody sleeps, nobody writes either. */
struct shm_doorbell {
    _Atomic uint32_t sequence; /* the futex word. Writers: ringers, one added a ring */
    _Atomic uint32_t sleepers; /* 0 or 1. Writers: the one sleeper; a ringer, 1 -> 0 */
};

/* doorbell_prepare - say that we are about to sleep. News must be looked for AFTER it. */
uint32_t doorbell_prepare(struct shm_doorbell *bell);

/*
 * doorbell_sleep - sleep until a ring, or DOORBELL_NAP_MS
 *
 * Returns at once when somebody rang since doorbell_prepare() gave `token`. May return early for
 * no reason; look for news and prepare again.
 */
void doorbell_sleep(struct shm_doorbell *bell, uint32_t token);

/* doorbell_finish - say that we are awake, slept or not. */
void doorbell_finish(struct shm_doorbell *bell);

/* doorbell_ring - wake the sleeper, if there is one. Caller: anybody, after publishing news. */
void doorbell_ring(struct shm_doorbell *bell);

#endif
