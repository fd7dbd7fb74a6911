#ifndef ENGINE_PUBLISHER_H
#define ENGINE_PUBLISHER_H

/*
 * engine/publisher.h - the publisher process: outcomes of all workers, in order, to one sink.
 */

#include <stdbool.h>

#include "ipc/shared_engine.h"

enum output_format {
    FORMAT_JSONL,
    FORMAT_TEXT,
};

struct publisher_options {
    int descriptor; /* where the lines go */
    enum output_format format;
    bool unordered; /* write outcomes as they come from the ring */
    bool rewrites;  /* a run before this one wrote there, and is begun again: see below */
};

/*
 * publisher_can_restart - can a publisher that died be followed by another?
 *
 * Where rows can be written again to the same place: a regular file, not opened to append. What
 * went into a pipe or onto a terminal cannot be taken back, nor is it known how far it came.
 */
bool publisher_can_restart(const struct publisher_options *options);

/*
 * publisher_can_rewrite - may all rows be written again, from the first one on?
 *
 * Of a run that is to begin again. Where that is so, and all that the output holds from the first
 * row on is the run's own, the same rows come to the same places, and what is behind the last one
 * is cut off at the end (publisher_options.rewrites): who reads along meets no row twice.
 */
bool publisher_can_rewrite(const struct shared_engine *engine,
                           const struct publisher_options *options);

/*
 * publisher_run - the whole life of the publisher; called in a forked child
 *
 * Begins by going on where a dead predecessor's last commit stands, if there was one.
 * Ends when every worker is done and the ring is empty. Returns the exit code: 0; 1 when the sink
 * failed (said on stderr; a closed pipe is a failure without words); PROCESS_EXIT_DAMAGED when what
 * it goes on with, or the result ring, was written over (said).
 */
int publisher_run(struct shared_engine *engine, const struct publisher_options *options);

#endif
