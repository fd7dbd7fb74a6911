#ifndef WORKERS_REQUEST_STEP_H
#define WORKERS_REQUEST_STEP_H

/*
 * workers/request_step.h - our own ClearConnection and ClearCall requests, and their answers.
 */

#include "workers/step.h"

/* request_step_sent - a request was sent; its call may not have been heard of yet. */
void request_step_sent(struct step *step);

/* request_step_answered - granted or refused: acts that waited for it are judged. */
void request_step_answered(struct step *step);

/* request_rejudge - judge all waiting acts of a call anew, and tell what can be told. */
void request_rejudge(struct step *step, struct call call);

#endif
