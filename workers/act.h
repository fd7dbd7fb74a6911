#ifndef WORKERS_ACT_H
#define WORKERS_ACT_H

/*
 * workers/act.h - release acts: who ends in them, and when that can be told.
 *
 * A party ends in an act at once; its outcomes are made when the act's verdict stands
 * (act_settle). Until then the party's own record keeps the Seq and Time of its clearing.
 */

#include "workers/step.h"

/* act_begin - a new act about `subject` (NULL: CallCleared), with what the message says. */
struct shm_act *act_begin(struct step *step, struct call call, struct shm_party *subject);

/* act_begin_fixed - an act whose verdict is given: initiator (may be absent), evidence, reason, and
 * the rule that gives it. */
struct shm_act *act_begin_fixed(struct step *step, struct call call, struct text initiator,
                                enum evidence evidence, enum reason reason, enum rule rule);

/* act_subject - the party whose clearing began the act; NULL for CallCleared and fixed acts. */
struct shm_party *act_subject(struct call call, const struct shm_act *act);

call_ref act_ref(struct call call, const struct shm_act *act);

/* act_ends - has the party ended in this act, or will it? */
bool act_ends(struct call call, const struct shm_party *party, const struct shm_act *act);

/* act_other - the other one of the two parties that counted when the act began; NULL if there were
 * more, or fewer, or this one was not of them. */
struct shm_party *act_other(struct call call, const struct shm_act *act,
                            const struct shm_party *party);

/* act_initiator - who released, under the number its party goes by now; TEXT_NONE: not known. */
struct text act_initiator(struct call call, const struct shm_act *act);

/* act_end_party - the party's connection ends now, in this act. */
void act_end_party(struct step *step, struct call call, struct shm_party *party,
                   struct shm_act *act);

/* act_drop_party - the party leaves silently: nothing is told of it, no act. */
void act_drop_party(struct call call, struct shm_party *party);

/* act_mark_alone - the party will end in `act`, whoever is named then. */
void act_mark_alone(struct call call, struct shm_party *party, struct shm_act *act);

/* act_judge - work out the verdict anew from requests and what the clearing said. */
void act_judge(struct step *step, struct call call, struct shm_act *act);

/* act_take_over - a later clearing turns out to be no act of its own, but of this one. */
void act_take_over(struct call call, struct shm_act *act, struct shm_act *later);

/* act_reconsider - the verdict stands, but more end in the act now: its reason may be another. */
void act_reconsider(struct step *step, struct call call, struct shm_act *act);

/* act_fix - nobody decided after all: the act stands with that reason and no initiator, and leaves
 * nobody alone. */
void act_fix(struct call call, struct shm_act *act, enum reason reason, enum rule rule);

/* act_any_waits - does some act of the call hang on the answer to a request? */
bool act_any_waits(struct call call);

/* act_settle - tell what can be told: parties that ended in acts which wait no more, and the
 * call's own end. */
void act_settle(struct step *step, struct call call);

/* act_end_call - the call has ended in `act` (NULL: nothing to tell); it lingers from now on. */
void act_end_call(struct step *step, struct call call, struct shm_act *act);

/* act_learn - a later message names who released; counts, by `rule`, for what was not told yet. */
void act_learn(struct step *step, struct call call, struct shm_act *act, struct text releasing,
               enum rule rule);

#endif
