#ifndef WORKERS_PART_H
#define WORKERS_PART_H

/*
 * workers/part.h - an event that ends more calls than one transaction should hold.
 *
 * The end of a link, a tick after a long pause, or a snapshot may end any number of calls. They are
 * ended one after the other, in the order of the output; between two of them everything so far can
 * be committed without the event being done with. What has been committed is not done again:
 *
 *   at a tick                what was due and is done is not due any more; whatever it made wait
 *                            is due later
 *   at a link's end, or a    calls up to the last one done are passed over (struct shm_part), as
 *   snapshot                 ending it may have made it wait for something else
 *
 * Outcomes are the same, in the same order and with the same positions, in however many parts.
 */

#include "workers/due.h"
#include "workers/step.h"

/* part_begin - the position of the first outcome of the message, or tick, in hand. */
void part_begin(struct step *step);

/* part_is_done - was this call ended by an earlier part? */
bool part_is_done(const struct step *step, const struct due_call *due);

/*
 * part_end - hand on what has been decided, and commit it if there is much of it
 *
 * After everything that `due` says of its call is done, and with nothing else of the table in hand.
 * False: give the event up here (struct step_port, pause).
 */
bool part_end(struct step *step, const struct due_call *due);

#endif
