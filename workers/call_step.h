#ifndef WORKERS_CALL_STEP_H
#define WORKERS_CALL_STEP_H

/*
 * workers/call_step.h - one event, one step: event -> state of the call, and who released.
 */

#include "workers/step.h"

/*
 * call_step - handle any event but MOVE_OUT, MOVE_IN and FINISH
 *
 * step->event, decided_order, seq, time are set by the caller (step_begin). Outcomes are in the
 * batch afterwards: step_flush() hands them on.
 */
void call_step(struct step *step);

/* step_begin - take up an event: link, decided order, Seq, Time, tick clock. */
void step_begin(struct step *step, const struct event *event);

/*
 * call_obtain - the call with that callID, made if there is none (then an embryo)
 *
 * With room for `bytes` more. When the table is full the oldest idle call gives way. number 0
 * when there is no room at all (counted as oversize).
 */
struct call call_obtain(struct step *step, struct text call_id, uint32_t bytes);

/* call_open - the first call-control event of a call: it lives from now on. */
void call_open(struct step *step, struct call call);

/* call_note - a record for the call was taken, which says nothing new of it as a whole. */
void call_note(const struct step *step, struct call call);

/* call_touch - the call was spoken of just now: idle spans begin anew. */
void call_touch(struct step *step, struct call call);

/* call_note_details - names, numbers and IDs of the message that the call remembers. */
void call_note_details(struct step *step, struct call call);

/* call_detach - the same callID means a new call now. The old one, which has ended, is kept aside
 * until all of it is told. */
void call_detach(struct step *step, struct call call);

/* call_forget - a call whose memory has run out: remove it, tell the front-end. False when the
 * feedback ring is full: the call stays a little longer. */
bool call_forget(struct step *step, struct call call);

#endif
