#ifndef TOOLS_BENCH_SITE_H
#define TOOLS_BENCH_SITE_H

/*
 * tools/bench/site.h - `onhook bench`: what was asked, what was measured, and how it is said.
 */

#include "tools/bench/advice.h"
#include "tools/bench/load.h"
#include "tools/bench/trial.h"

enum {
    SITE_PACES_MAX = TRIAL_ROUNDS_MAX,
};

struct site_options {
    uint64_t agents;
    double calls_per_second; /* 0: from the agents */
    uint64_t related;
    uint64_t rounds;
    uint64_t messages;  /* of each round */
    double seconds;     /* of each offered load */
    double offered;     /* 0; else only what this many messages a second over TCP are like */
    unsigned encoding;  /* which of the words of --encoding */
    const char *folder; /* where inputs are written for the time being */
    bool json;
};

struct site {
    struct site_options options;
    const char *encoding; /* as a word */
    struct load_shape shape;
    struct load_facts facts;
    char folder[128]; /* ours, removed at the end */
    char paths[TRIAL_FILES_MAX][160];
    char monitored[LOAD_MONITORED_SIZE];
    struct trial_input input;
    struct trial_way ways[TRIAL_WAYS_MAX];
    struct advice_way figures[TRIAL_WAYS_MAX]; /* their medians */
    uint32_t way_count;
    struct trial_pace paces[SITE_PACES_MAX];
    uint32_t pace_count;
    double floods[TRIAL_ROUNDS_MAX]; /* messages a second over TCP, sorted */
    uint32_t flood_count;
    double flood;       /* their median */
    double cpu_seconds; /* of a million messages, one front-end and one worker */
    double bytes_per_call;
    double bytes_fixed;
    struct advice advice;
    uint32_t cores;
};

/* site_measure - everything, the load first; an exit code, and why was said. */
int site_measure(struct site *site);

/* site_print - for people, or one JSON object in one line. */
void site_print(const struct site *site);
void site_print_json(const struct site *site);

#endif
