#ifndef WORKERS_SPAN_STEP_H
#define WORKERS_SPAN_STEP_H

/*
 * workers/span_step.h - what happens because time passed: at ticks, and at the input's end.
 */

#include "workers/step.h"

/*
 * span_step_tick - the link's clock reached event->clock_ms: end every span due until then
 *
 * One TICK event stands for all ticks since the last. Each span ends at the first tick at or
 * after its due time; calls that are due at one tick go in the order of their first messages.
 * Flushes the batch after each tick.
 */
void span_step_tick(struct step *step);

/* span_step_end - the link's input has ended: nothing that waits will come. */
void span_step_end(struct step *step);

/* span_end_stale - end a call as stale: nobody spoke of it for too long, or it had to give way. */
void span_end_stale(struct step *step, struct call call);

#endif
