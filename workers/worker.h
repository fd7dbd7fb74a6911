#ifndef WORKERS_WORKER_H
#define WORKERS_WORKER_H

/*
 * workers/worker.h - the worker process: takes events from its ring, steps calls, hands outcomes
 * to the result ring in the order of outcome_compare().
 */

#include <stdint.h>

#include "ipc/shared_engine.h"

struct worker_options {
    uint32_t max_calls; /* live calls in the table; the oldest idle one gives way beyond that */
};

/*
 * worker_run - the whole life of worker `index`; called in a forked child
 *
 * Returns the process's exit code: 0 after a FINISH event was handled and everything before it
 * committed (then done = 1, progress = UINT64_MAX). Never returns while the front-end lives and
 * has not finished.
 */
int worker_run(struct shared_engine *engine, uint32_t index, const struct worker_options *options);

#endif
