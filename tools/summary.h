#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

/*
 * tools/summary.h - what a run did, in one short block: the counters of all its processes.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ipc/shared_engine.h"

struct summary {
    uint64_t counts[COUNTER_COUNT]; /* added up over front-end, workers and publisher */
    uint64_t elapsed_ms;
    /* Deaths after which a process was started again. */
    uint64_t frontend_restarts;
    uint64_t worker_restarts;
    uint64_t publisher_restarts;
};

/* summary_take - read the counters of an engine whose segments are still mapped. */
void summary_take(struct summary *summary, const struct shared_engine *engine, uint64_t elapsed_ms);

/* Calls that were opened and have not ended. */
uint64_t summary_calls_open(const struct summary *summary);

/* Was anything of the input skipped or passed over, or given up for want of room? Then a command
 * exits with 3. */
bool summary_has_losses(const struct summary *summary);

/*
 * summary_print - for people: totals, who hung up by reason, and whatever is odd, with advice
 *
 * Numbers are grouped by commas. What is zero and odd is left out.
 */
void summary_print(const struct summary *summary, FILE *out);

/* summary_print_json - the same and all other counters, zero or not, as one JSON object on a line.
 * Of the reasons only those that were met. */
void summary_print_json(const struct summary *summary, FILE *out);

#endif
