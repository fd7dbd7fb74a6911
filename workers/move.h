#ifndef WORKERS_MOVE_H
#define WORKERS_MOVE_H

/*
 * workers/move.h - a call goes to another worker, because an event relates it to a call there.
 *
 * The front-end pushes MOVE_OUT to the one that has the call and MOVE_IN to the one that gets it,
 * in this order, under one move number; so every wait here points to a smaller number, and nobody
 * waits in a circle, however small the lanes are (tests/model/handoff.pml).
 */

#include "ipc/ring_spsc.h"
#include "workers/step.h"

/* How a mover waits while the lane is full or empty; in the worker: sleep on the doorbell. */
struct move_lane {
    struct ring_spsc *ring;      /* slots of LANE_SLOT_SIZE bytes */
    void (*news)(void *context); /* something was put into, or taken out of, the lane */
    void (*wait)(void *context);
    void *context;
};

/* move_out - put the call into the lane, or word that there is none, and forget it here. */
void move_out(struct step *step, const struct move_lane *lane);

/* move_in - take the call of that move number out of the lane and install it.
 * False when what comes is not that move: the lane's other side broke its promise. */
bool move_in(struct step *step, const struct move_lane *lane);

#endif
