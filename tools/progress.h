#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

/*
 * tools/progress.h - a bar on a terminal's last line that says how far a run has come.
 *
 * Drawn with the cursor left at the start of its line, so whatever else is printed overwrites it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

enum {
    PROGRESS_LINE_SIZE = 256,
    PROGRESS_AFTER_MS = 300, /* a short run shows none */
};

struct progress {
    const struct shared_engine *engine;
    uint64_t total_bytes; /* of all inputs; 0 when not known */
    uint64_t started_ns;  /* CLOCK_MONOTONIC */
    bool wanted;
    bool shown; /* something stands there now */
};

/*
 * progress_begin - a bar on standard error, if it is a terminal and NO_COLOR is not set
 *
 * `results` is the descriptor results go to: if that is a terminal too, there is no bar.
 */
void progress_begin(struct progress *progress, const struct shared_engine *engine,
                    uint64_t total_bytes, int results);

/* For struct supervisor_watch: `context` is the struct progress. */
void progress_tick(void *context);
void progress_hush(void *context);

/*
 * progress_line - the words and the bar, terminated, without control characters; returns `out`
 *
 * `bytes` of `total_bytes` are read; with total_bytes 0 only counts are told.
 */
const char *progress_line(char out[PROGRESS_LINE_SIZE], uint64_t bytes, uint64_t total_bytes,
                          uint64_t messages, uint64_t elapsed_ms);

#endif
