#ifndef TOOLS_INSPECT_STAT_PRINT_H
#define TOOLS_INSPECT_STAT_PRINT_H

/*
 * tools/inspect/stat_print.h - counters of an engine on standard output: text, JSON or CSV.
 */

#include "ipc/view.h"

enum {
    STAT_VERSION = 1, /* of the JSON's and the CSV's shape; fields are only ever added */
};

enum stat_form {
    STAT_TEXT,
    STAT_JSON, /* one object a sample, on one line, always with the same keys */
    STAT_CSV,  /* a row a counter and sample */
};

/* All counters at one moment. */
struct stat_sample {
    uint64_t taken_ns; /* CLOCK_MONOTONIC; 0: no sample */
    int64_t time_us;   /* since 1970 */
    uint64_t values[VIEW_PROCESSES_MAX][COUNTER_COUNT];
    struct latency latency[STAGE_COUNT]; /* since the engine began */
};

struct stat_request {
    enum stat_form form;
    bool by_process;       /* each process on its own too; JSON always has them */
    bool with_zeros;       /* counters that never counted too */
    char *const *patterns; /* globs over counter names; none: all */
    int pattern_count;
};

void stat_take(struct stat_sample *sample, const struct view *view);

/* Is the counter asked for? */
bool stat_wants(const struct stat_request *request, enum counter which);

/* stat_begin - what stands before the first sample: the CSV's head. */
void stat_begin(const struct stat_request *request);

/* stat_print - one sample; with rates where there is one before it. */
void stat_print(const struct stat_request *request, const struct view *view,
                const struct stat_sample *sample, const struct stat_sample *before);

/* stat_latency - of the stage, what came since `before`; NULL: since the engine began. */
void stat_latency(struct latency *latency, enum stage stage, const struct stat_sample *sample,
                  const struct stat_sample *before);

/* stat_list - names and meanings of the counters, without any engine. */
void stat_list(const struct stat_request *request);

#endif
