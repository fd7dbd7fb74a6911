#ifndef WORKERS_MOVE_H
#define WORKERS_MOVE_H

/*
 * workers/move.h - a call goes to another worker, because an event relates it to a call there.
 *
 * The front-end pushes MOVE_OUT to the one that has the call and MOVE_IN to the one that gets it,
 * in this order, under one move number; so every wait here points to a smaller number, and nobody
 * waits in a circle, however small the lanes are (tests/model/handoff.pml).
 *
 * What is put into a lane, or taken out of it, is staged: it is the other side's when the caller
 * publishes it, after the commit. A call that does not fit into the lane goes in parts, each of
 * which can be committed: step->part says how much of it is through. It is here until all of it is
 * in the lane, and there when all of it has come.
 */

#include "ipc/ring_spsc.h"
#include "workers/step.h"

enum move_result {
    MOVE_DONE,
    MOVE_WAITS,  /* the lane is full, or empty: commit, wait for the other side, come again */
    MOVE_BROKEN, /* what comes is not that move: the lane's other side broke its promise */
};

/* move_out - put the call into the lane, or word that there is none, and forget it here. */
enum move_result move_out(struct step *step, struct ring_spsc *lane);

/* move_in - take the call of that move number out of the lane and install it. */
enum move_result move_in(struct step *step, struct ring_spsc *lane);

#endif
