#ifndef WORKERS_JOIN_H
#define WORKERS_JOIN_H

/*
 * workers/join.h - Conferenced and Transferred (ECMA-269 17.2.3, 17.2.18): two calls become one.
 */

#include "workers/step.h"

/*
 * join_calls - handle a Conferenced or Transferred event
 *
 * Both old calls are in this worker (the front-end moved them). Done twice it changes nothing.
 */
void join_calls(struct step *step);

#endif
