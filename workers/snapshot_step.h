#ifndef WORKERS_SNAPSHOT_STEP_H
#define WORKERS_SNAPSHOT_STEP_H

/*
 * workers/snapshot_step.h - answers to SnapshotDevice and SnapshotCall: what was lost is said, what
 * is new is adopted, and nothing is invented (ECMA-269 16.1.1, 16.1.2).
 */

#include "workers/step.h"

/*
 * snapshot_step - SNAPSHOT_DEVICE (the calls a device is in, as far as they live in this worker)
 * and SNAPSHOT_CALL (who is in a call)
 *
 * Only connections known before the last loss and not seen since (workers/doubt.h) can be lost;
 * only a whole answer proves an absence.
 */
void snapshot_step(struct step *step);

#endif
