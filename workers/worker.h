#ifndef WORKERS_WORKER_H
#define WORKERS_WORKER_H

/*
 * workers/worker.h - the worker process: takes events from its rings, steps calls, hands outcomes
 * to the result ring, those of each front-end in the order of outcome_compare().
 *
 * A front-end's events, its calls and their outcomes go through a channel of their own
 * (ipc/shared_engine.h). Channels take turns, a batch of records each; one that waits, for a lane
 * or for its outbox, is passed over until it need not.
 */

#include <stdint.h>

#include "ipc/shared_engine.h"

struct worker_options {
    /* Live calls; call_share() of them of each front-end: beyond that its oldest idle one gives
     * way. */
    uint32_t max_calls;
};

/*
 * worker_run - the whole life of worker `index`; called in a forked child
 *
 * Returns the process's exit code: 0 after the FINISH event of every front-end was handled and
 * everything before it committed (then done = 1, progress = UINT64_MAX). Never returns while a
 * front-end lives and has not finished.
 */
int worker_run(struct shared_engine *engine, uint32_t index, const struct worker_options *options);

#endif
