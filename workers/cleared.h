#ifndef WORKERS_CLEARED_H
#define WORKERS_CLEARED_H

/*
 * workers/cleared.h - whose connection a ConnectionCleared is about: the droppedConnection's party.
 */

#include "workers/step.h"

/*
 * cleared_party - the party that the event in hand says has left; made in a call not known whole
 *
 * NULL when nothing is to end, and step->note.rule says why: it ended before, was never a party's,
 * or fits nobody (counted).
 */
struct shm_party *cleared_party(struct step *step, struct call call);

/*
 * cleared_is_passed_over - parallel ringing, pickup: another party answered, or goes on alerting,
 * and the clearing of this one, which alerts, names nobody or the one that answered
 */
bool cleared_is_passed_over(struct step *step, struct call call, const struct shm_party *party);

#endif
