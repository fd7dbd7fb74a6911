#ifndef WORKERS_PARTY_STEP_H
#define WORKERS_PARTY_STEP_H

/*
 * workers/party_step.h - parties come into a call, change state, or leave it silently.
 */

#include "workers/step.h"

/* party_note_name - it goes by this name too; by the one with a monitor first. */
void party_note_name(struct step *step, struct call call, struct shm_party *party,
                     struct text name);

/* party_inherit - it is `from`, known before: its state, start and answer. */
void party_inherit(struct shm_party *party, const struct shm_party *from);

/* party_join - a new party in `state`; whoever was alone is so no more. */
struct shm_party *party_join(struct step *step, struct call call, struct text number,
                             enum local_state state);

/*
 * party_of_subject - the active party the message's subject connection belongs to
 *
 * Found by deviceID or by the subject device's number; both names are learned. NULL if there is
 * none.
 */
struct shm_party *party_of_subject(struct step *step, struct call call);

/* party_make_subject - the same, made in `state` if there is none. *made tells. */
struct shm_party *party_make_subject(struct step *step, struct call call, enum local_state state,
                                     bool *made);

/* party_make_caller - the calling device of the message that opens a call: a party, named or not */
void party_make_caller(struct step *step, struct call call);

/* party_make_monitored - the device whose monitor reports is in the call, if the message says so */
void party_make_monitored(struct step *step, struct call call);

/* party_divert - it leaves silently: forwarded, picked up, taken from the queue. */
void party_divert(struct step *step, struct call call, struct shm_party *party, enum rule rule);

/* party_answer - this party talks now, and with it whoever is connected or holds. */
void party_answer(struct step *step, struct call call, struct shm_party *party);

#endif
