#ifndef WORKERS_OUTCOME_H
#define WORKERS_OUTCOME_H

/*
 * workers/outcome.h - from a party or a call that ended to the records that say so.
 */

#include "workers/step.h"

/* outcome_party - its DN event, if it is monitored, then its EventCallPartyDeleted. */
void outcome_party(struct step *step, struct call call, const struct shm_act *act,
                   const struct shm_party *party);

/* outcome_dn - its DN event alone, if it is monitored: the rest was told under another name. */
void outcome_dn(struct step *step, struct call call, const struct shm_act *act,
                const struct shm_party *party);

/* outcome_call - EventCallDeleted. */
void outcome_call(struct step *step, struct call call, const struct shm_act *act);

/* outcome_redirect - EventReleased of a diverted party, where report-redirect asks for it. */
void outcome_redirect(struct step *step, struct call call, const struct shm_party *party,
                      uint8_t cause);

#endif
