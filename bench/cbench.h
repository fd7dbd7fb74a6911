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
 *   sizing   case 1, case 2, ...            how many operations last ROUND_MS
 *   warm-up  case 1, case 2, ...            not counted
 *   round 1  case 1, case 2, ...   ->  ns per operation of each
 *   ...
 *   round n  case 1, case 2, ...   ->  median, spread; ratio of two cases in each round
 *
 * A round in which the kernel took the processor away from us, or from a child that was waited for,
 * is marked as disturbed and counted; it stays in the figure, for leaving it out would favour
 * whoever is disturbed more. Cycles are those of the processor, ours and our children's, where the
 * machine lets us count them. cbench_pin() binds the caller to a core.
 *
 * Clock: CLOCK_MONOTONIC_RAW. Everything is printed as one JSON object a line, with the machine
 * and the commit measured (ONHOOK_COMMIT in the environment); README.md beside this file tells the
 * keys.
 * Needs libm and base/check.h, nothing else of this repository. Linux. Single-threaded; the case
 * itself may fork, or make threads and end them.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    CBENCH_ROUNDS_MAX = 101,
    CBENCH_CASES_MAX = 32,
    CBENCH_ROUNDS_TO_CLAIM = 8, /* with fewer rounds no difference is ever claimed */
};

struct cbench_case {
    const char *name;    /* printed: letters, digits, . _ - */
    const char *unit;    /* what one operation is: "message" prints "ns/message" */
    uint64_t operations; /* of one round; 0: as many as last options.round_ms, found out before */
    void (*run)(void *context, uint64_t operations);
    void *context;
    uint64_t multiple; /* operations are a multiple of this; 0 is 1 */
};

struct cbench_options {
    uint32_t rounds;  /* 1..CBENCH_ROUNDS_MAX */
    uint32_t warm_up; /* rounds not counted */
    double round_ms;  /* how long a round of a case without `operations` is to last; 0: 10 */
    uint64_t most;    /* operations of one round, whatever was asked for; 0: no bound */
};

/* What was measured of one case. */
struct cbench_result {
    const char *name;
    const char *unit;
    uint32_t rounds;
    double median_ns;    /* of one operation */
    double spread_ns;    /* median absolute deviation from the median */
    double low_ns;       /* the true median lies between these two in 99 of 100 */
    double high_ns;      /* such runs; least and greatest where rounds are few */
    double p10_ns;       /* nine of ten rounds took longer */
    double p90_ns;       /* one of ten did */
    double cycles;       /* median, of one operation; 0: not to be had */
    uint64_t operations; /* of one round */
    uint32_t disturbed;  /* rounds in which somebody took our processor */
    bool is_disturbed[CBENCH_ROUNDS_MAX];
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

/*
 * 21 rounds of 10 ms after 2 of warm-up; in the environment CBENCH_ROUNDS overrides the first, and
 * CBENCH_QUICK makes it one round of few operations, which only shows that everything works.
 */
struct cbench_options cbench_options_default(void);

/* Was CBENCH_QUICK asked for? Who prepares much for a measurement prepares little then. */
bool cbench_is_quick(void);

/*
 * cbench_pin - this thread stays on the n-th (0..) of the cores it is allowed to run on
 *
 * False, and nothing changed, when there are not so many, or CBENCH_PIN=0 in the environment.
 * Children inherit it.
 */
bool cbench_pin(uint32_t n);

/* cbench_unpin - it may run where it might when the program first called cbench_pin(). */
void cbench_unpin(void);

/*
 * cbench_percentile - the value that `percent` of 100 of the `count` values do not exceed
 *
 * Sorts them. Nearest rank: always one of the values. count >= 1.
 */
double cbench_percentile(double *values, uint32_t count, double percent);

/*
 * cbench_run - measure `count` cases (1..CBENCH_CASES_MAX) in turn
 *
 * results[i] belongs to cases[i]. A wrong count or number of rounds is a bug (CHECK).
 */
void cbench_run(struct cbench_result *results, const struct cbench_case *cases, uint32_t count,
                const struct cbench_options *options);

/* cbench_summarize - what follows from the rounds in *result: median, spread, bounds. */
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
