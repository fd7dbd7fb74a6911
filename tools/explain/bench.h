#ifndef TOOLS_EXPLAIN_BENCH_H
#define TOOLS_EXPLAIN_BENCH_H

/*
 * tools/explain/bench.h - the workers' rules on a bench: records go in one by one, and each comes
 * out with its outcomes and what was noted of it. No other process sees it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tools/explain/flow.h"
#include "workers/call_step.h"

struct bench {
    void (*take)(void *context, const struct flow_entry *entry);
    void *context;
    struct call_table table;
    struct transaction transaction;
    struct step step;
    struct event tick;
    struct event blank;
    struct shm_counters counters;
    void *memory;
    uint64_t memory_bytes;
    void *journal;
    uint64_t journal_bytes;
    struct shm_outcome *made; /* outcomes of the record in hand */
    const struct shm_outcome **shown;
    uint32_t made_count;
};

/* bench_open - an empty table of max_calls calls. False: memory is out; bench_close() all the same.
 * `take` may be NULL. */
bool bench_open(struct bench *bench, uint32_t max_calls,
                void (*take)(void *context, const struct flow_entry *entry), void *context);

/* bench_step - handle a record. False: one that a single worker is never sent. */
bool bench_step(struct bench *bench, const struct event *event);

void bench_close(struct bench *bench);

#endif
