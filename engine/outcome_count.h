#ifndef ENGINE_OUTCOME_COUNT_H
#define ENGINE_OUTCOME_COUNT_H

/*
 * engine/outcome_count.h - which counters an outcome that is given out belongs to.
 */

#include "ipc/counters.h"
#include "ipc/outcome_record.h"

/* outcome_count - one more; the outcome is sound (outcome_is_sound()). */
void outcome_count(struct shm_counters *counters, const struct shm_outcome *outcome);

#endif
