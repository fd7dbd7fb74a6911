#ifndef WORKERS_LEFT_H
#define WORKERS_LEFT_H

/*
 * workers/left.h - who is left when a connection has ended, and what becomes of them.
 */

#include "workers/step.h"

/*
 * left_after - decide who of those left will end in `act`, which `subject` has just ended in
 *
 * One left, or only parties nobody talks to: they are alone, they end in this act whoever is
 * named then. Else the act closes with the subject.
 */
void left_after(struct step *step, struct call call, struct shm_act *act,
                const struct shm_party *subject);

/* left_finish - end what we shall never hear of again, and the call when nobody is left in it.
 * For ends by clearing, loss and being alone; not for diversions. Then tells what can be told. */
void left_finish(struct step *step, struct call call, struct shm_act *act);

/* left_is_together - does what comes now come with the act, so that it may be of it? */
bool left_is_together(const struct step *step, const struct shm_act *act);

/* left_end_empty - the switch says that the call is over, in which others might have gone on: by
 * the act that ended the last one we knew of, if it comes with it. False: nothing is done. */
bool left_end_empty(struct step *step, struct call call);

/* left_end_replaced - a message that opens calls came: is the callID a new call's? Then the one we
 * knew, which all we know of have left, is over. False if it is not, or somebody is in it. */
bool left_end_replaced(struct step *step, struct call call);

/* left_end_all - end all that are left, and the call: out of sight, stale, lost. Whoever was surely
 * alone ends in the act he was left alone in. */
void left_end_all(struct step *step, struct call call, enum reason reason);

/* Will the call send us nothing more: no monitored party left, no call monitor? */
bool left_is_unseen(const struct step *step, struct call call);

/* Is any party active? */
bool left_any(struct call call);

/* left_join - somebody joined, or the call failed: whoever was alone is so no more. */
void left_join(struct call call);

/* left_talks_on - the party answered, went on hold or came back: where others may be in the call of
 * whom we were never told, somebody is there with it, and it is alone no more. */
void left_talks_on(struct call call, struct shm_party *party);

#endif
