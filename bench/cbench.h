#ifndef BENCH_CBENCH_H
#define BENCH_CBENCH_H

/*
 * bench/cbench.h - how long something takes, on a machine that is never quiet.
 *
 * Identical code varies by a factor of two between one minute and the next on a shared machine. So
 * cases that are to be compared run in turn within every round, and two of them are compared round
 * by round: what disturbs a round disturbs both. A figure is the median over the rounds with its
 * spread (the median absolute deviation); a difference is claimed only where the rounds agree.
 *
 *   warm-up  case 1, case 2, ...            not counted
 *   round 1  case 1, case 2, ...   ->  ns per operation of each
 *   ...
 *   round n  case 1, case 2, ...   ->  median, spread; ratio of two cases in each round
 *
 * Clock: CLOCK_MONOTONIC_RAW. Nothing is pinned to a core. Everything is printed as one JSON
 * object a line, with the machine and the commit measured (ONHOOK_COMMIT in the environment, which
 * tools/dev sets). README.md beside this file tells the keys.
 * Single-threaded; the case itself may fork.
 */

#include <stdint.h>

enum {
    CBENCH_ROUNDS_MAX = 101,
    CBENCH_CASES_MAX = 16,
    CBENCH_ROUNDS_TO_CLAIM = 8, /* with fewer rounds no difference is ever claimed */
};

struct cbench_case {
    const char *name;    /* printed: letters, digits, . _ - */
    const char *unit;    /* what one operation is: "message" prints "ns/message" */
    uint64_t operations; /* of one round; chosen so that a round takes some milliseconds */
    void (*run)(void *context, uint64_t operations);
    void *context;
};

struct cbench_options {
    uint32_t rounds;  /* 1..CBENCH_ROUNDS_MAX */
    uint32_t warm_up; /* rounds not counted */
};

/* What was measured of one case. */
struct cbench_result {
    const char *name;
    const char *unit;
    uint32_t rounds;
    double median_ns;                   /* of one operation */
    double spread_ns;                   /* median absolute deviation from the median */
    double round_ns[CBENCH_ROUNDS_MAX]; /* of one operation, in the order measured */
};

enum cbench_verdict {
    CBENCH_SAME,   /* no difference that the noise could not have made, or too few rounds */
    CBENCH_FASTER, /* the first of the two takes less time */
    CBENCH_SLOWER,
};

/* The first of two cases against the second. */
struct cbench_comparison {
    double ratio; /* time of the second / time of the first: 2 means the first is twice as fast */
    double low;   /* the ratio lies between these two in at least 99 of 100 such runs; */
    double high;  /* least and greatest of the rounds where they are too few to say more */
    enum cbench_verdict verdict;
};

/* 21 rounds after 2 of warm-up; CBENCH_ROUNDS in the environment overrides the first. */
struct cbench_options cbench_options_default(void);

/*
 * cbench_run - measure `count` cases (1..CBENCH_CASES_MAX) in turn
 *
 * results[i] belongs to cases[i]. A wrong count or number of rounds is a bug (CHECK).
 */
void cbench_run(struct cbench_result *results, const struct cbench_case *cases, uint32_t count,
                const struct cbench_options *options);

/* cbench_summarize - median and spread of the rounds that are in *result. */
void cbench_summarize(struct cbench_result *result);

/*
 * cbench_compare - two cases of one cbench_run(), round by round
 *
 * FASTER and SLOWER only where the interval for the median ratio leaves out 1 by more than one
 * part in a hundred: a sign test over the rounds at the 99 % level, which asks nothing of how
 * the noise is distributed. Both must have the same number of rounds (CHECK).
 */
struct cbench_comparison cbench_compare(const struct cbench_result *first,
                                        const struct cbench_result *second);

/* One line of JSON each, on stdout. */
void cbench_print(const struct cbench_result *result);
void cbench_print_comparison(const struct cbench_result *first, const struct cbench_result *second);

/* cbench_keep - make the compiler believe that what `value` points to is used. */
static inline void
cbench_keep(const void *value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
