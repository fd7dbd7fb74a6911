#ifndef WORKERS_FACT_STEP_H
#define WORKERS_FACT_STEP_H

/*
 * workers/fact_step.h - one new fact about one call: event -> state.
 */

#include "workers/step.h"

/*
 * fact_step - apply a call-control event that is no copy, and neither joins calls
 *
 * `opening`: it is the first the call hears of.
 */
void fact_step(struct step *step, struct call call, bool opening);

#endif
