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

#endif
