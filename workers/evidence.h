#ifndef WORKERS_EVIDENCE_H
#define WORKERS_EVIDENCE_H

/*
 * workers/evidence.h - what the call's state and our requests say about one act.
 */

#include "workers/judge.h"
#include "workers/step.h"

/*
 * evidence_fit - the name under which a releasing device counts in this call, or TEXT_NONE
 *
 * It counts if it is a party, was named in the call before, or has a monitor; in a call joined in
 * the middle always. Otherwise it may be another name of any party: counted as unmatched. The
 * result lives in the call's block or in `device`.
 */
struct text evidence_fit(struct step *step, struct call call, struct text device);

/*
 * evidence_gather - the evidence of an act, with one pending request taken as granted
 *
 * `assumed` may be NULL: then only what is known counts. *by_clear_call tells if a granted
 * ClearCall is part of it. Texts live in the call's block.
 */
struct evidence_set evidence_gather(const struct step *step, struct call call,
                                    const struct shm_act *act, const struct shm_request *assumed,
                                    bool *by_clear_call);

/* Is the request unanswered, and not yet too old to be waited for? */
bool request_is_open(const struct step *step, const struct shm_request *request);

/* Does a granted request still wait for its clearing? */
bool request_is_fresh(const struct step *step, const struct shm_request *request);

/* Parties that count as left: active, surely there, no observers, no bridged connections that never
 * talked. */
bool party_counts(const struct step *step, struct call call, const struct shm_party *party);
bool party_is_observer(const struct step *step, struct call call, const struct shm_party *party);

/* The party other than `party` that counts, if there is exactly one; else NULL. */
struct shm_party *evidence_only_other(const struct step *step, struct call call,
                                      const struct shm_party *party);

#endif
