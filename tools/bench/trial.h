#ifndef TOOLS_BENCH_TRIAL_H
#define TOOLS_BENCH_TRIAL_H

/*
 * tools/bench/trial.h - runs of the real program over a load: how fast, how late, how large.
 *
 * Each is `onhook replay`, or `onhook run` where it is about time, as a process of its own, with
 * its front-ends, workers and publisher, all protections on. Messages of its own go to /dev/null.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    TRIAL_WAYS_MAX = 8,
    TRIAL_ROUNDS_MAX = 31,
    TRIAL_FILES_MAX = 8,
};

/* What there is to read. */
struct trial_input {
    const char *paths[TRIAL_FILES_MAX];
    uint32_t count;
    uint64_t messages;
    const char *monitored; /* the option that says which devices are */
    const char *folder;    /* for what a live engine needs */
};

/* One number of processes, and what its rounds gave. */
struct trial_way {
    uint32_t frontends;
    uint32_t workers;
    uint32_t rounds;
    double per_second[TRIAL_ROUNDS_MAX];  /* messages a second, as the engine itself says */
    double cpu_seconds[TRIAL_ROUNDS_MAX]; /* of a million messages, all processes */
};

/*
 * trial_run - one more round of it: all files, three times over
 *
 * False when the program failed or read less than that.
 */
bool trial_run(struct trial_way *way, const struct trial_input *input);

/* Latency of messages at one offered load. */
struct trial_pace {
    double offered; /* messages a second */
    double
        achieved;   /* what was written to the engine; below what was offered: it did not keep up */
    uint64_t count; /* outcomes timed */
    double p50_us;
    double p99_us;
    double p999_us;
    double longest_us;
};

/*
 * trial_pace - messages at times chosen beforehand, outcomes timed from when their message was due
 *
 * Gaps are exponential around 1 / offered. A message that could not be written when it was due, for
 * the engine was behind, is late from then on (open loop: nothing waits for an answer, and no delay
 * is left out). Timed are parties that ended by a message that names who released, from its due
 * time to the moment their line was read; what the rules make wait for more is not counted. The
 * first file of *input is sent to `onhook run` over TCP, for `seconds` or to its end.
 */
bool trial_pace(struct trial_pace *pace, const struct trial_input *input, double seconds);

/*
 * trial_flood - the same file over and over, as fast as the engine takes it, for `seconds`
 *
 * Sets `achieved` alone: outcomes are thrown away.
 */
bool trial_flood(struct trial_pace *pace, const struct trial_input *input, double seconds);

/*
 * trial_memory - bytes of shared memory in use while all of the input has been read and stands open
 *
 * Of one front-end and one worker. False when it could not be found out.
 */
bool trial_memory(const struct trial_input *input, uint64_t *bytes);

/* Of `count` (>= 1) values, which are sorted. */
double trial_median(double *values, uint32_t count);

#endif
