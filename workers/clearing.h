#ifndef WORKERS_CLEARING_H
#define WORKERS_CLEARING_H

/*
 * workers/clearing.h - ConnectionCleared and CallCleared (ECMA-269 17.2.2, 17.2.4): the events
 * the whole program is about.
 */

#include "workers/step.h"

/*
 * clearing_is_hold - a ConnectionCleared that only says the line went on hold (PROFILE_HOLD_CLEARS)
 *
 * Then it is no fact at all: nothing of it counts.
 */
bool clearing_is_hold(const struct step *step);

/* clearing_connection - a new fact: the subject connection has cleared. */
void clearing_connection(struct step *step, struct call call);

/* clearing_call - a new fact: the whole call has cleared. */
void clearing_call(struct step *step, struct call call);

/* clearing_decide - an act that hung on a request's answer has its verdict: if the request was not
 * granted, its party was diverted or not answered, and nobody ended it. */
void clearing_decide(struct step *step, struct call call, struct shm_act *act);

/* clearing_copy - another monitor tells of a clearing we know; it may say more than the first. */
void clearing_copy(struct step *step, struct call call);

/* clearing_leave_by_transfer - the party leaves through a transfer it asked for. */
void clearing_leave_by_transfer(struct step *step, struct call call, struct shm_party *party);

#endif
