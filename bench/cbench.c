#include "bench/cbench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

/* A ratio this near to 1 is called the same however sure we are of it. */
#define SAME_WITHIN 0.01

static uint64_t
now_ns(void)
{
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC_RAW, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int
order_doubles(const void *left, const void *right)
{
    double l = *(const double *)left;
    double r = *(const double *)right;
    return (l > r) - (l < r);
}

/* Sorts `values` in place. */
static double
median_of(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, order_doubles);
    uint32_t middle = count / 2;
    return count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/*
 * How many values at each end of `count` sorted ones lie outside the 99 % interval of the median.
 * Each value is below the true median with probability 1/2, so the chance that fewer than k of
 * them are is a sum of binomials. 0: too few values to say anything.
 */
static uint32_t
interval_skip(uint32_t count)
{
    double chance = pow(0.5, count); /* of exactly 0 values below */
    double below = chance;
    uint32_t skip = 0;
    while (2 * below <= 0.01) {
        skip++;
        chance *= (double)(count - skip + 1) / skip;
        below += chance;
    }
    return skip;
}

struct cbench_options
cbench_options_default(void)
{
    struct cbench_options options = {.rounds = 21, .warm_up = 2};
    const char *wanted = getenv("CBENCH_ROUNDS");
    unsigned long rounds = wanted ? strtoul(wanted, NULL, 10) : 0;
    if (rounds >= 1 && rounds <= CBENCH_ROUNDS_MAX)
        options.rounds = (uint32_t)rounds;
    return options;
}

static double
time_case(const struct cbench_case *measured)
{
    uint64_t start = now_ns();
    measured->run(measured->context, measured->operations);
    return (double)(now_ns() - start) / (double)measured->operations;
}

void
cbench_run(struct cbench_result *results, const struct cbench_case *cases, uint32_t count,
           const struct cbench_options *options)
{
    CHECK(count >= 1 && count <= CBENCH_CASES_MAX);
    CHECK(options->rounds >= 1 && options->rounds <= CBENCH_ROUNDS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(cases[i].operations > 0);
        results[i].name = cases[i].name;
        results[i].unit = cases[i].unit;
        results[i].rounds = options->rounds;
    }
    for (uint32_t round = 0; round < options->warm_up; round++)
        for (uint32_t i = 0; i < count; i++)
            (void)time_case(&cases[i]);
    for (uint32_t round = 0; round < options->rounds; round++)
        for (uint32_t i = 0; i < count; i++)
            results[i].round_ns[round] = time_case(&cases[i]);
    for (uint32_t i = 0; i < count; i++)
        cbench_summarize(&results[i]);
}

void
cbench_summarize(struct cbench_result *result)
{
    CHECK(result->rounds >= 1 && result->rounds <= CBENCH_ROUNDS_MAX);
    double values[CBENCH_ROUNDS_MAX];
    memcpy(values, result->round_ns, result->rounds * sizeof values[0]);
    result->median_ns = median_of(values, result->rounds);
    for (uint32_t i = 0; i < result->rounds; i++)
        values[i] = fabs(result->round_ns[i] - result->median_ns);
    result->spread_ns = median_of(values, result->rounds);
}

struct cbench_comparison
cbench_compare(const struct cbench_result *first, const struct cbench_result *second)
{
    CHECK(first->rounds == second->rounds);
    uint32_t rounds = first->rounds;
    CHECK(rounds >= 1 && rounds <= CBENCH_ROUNDS_MAX);
    double ratios[CBENCH_ROUNDS_MAX];
    for (uint32_t i = 0; i < rounds; i++)
        ratios[i] = second->round_ns[i] / first->round_ns[i];

    struct cbench_comparison comparison = {.ratio = median_of(ratios, rounds)};
    uint32_t skip = interval_skip(rounds);
    uint32_t outside = skip > 0 ? skip - 1 : 0;
    comparison.low = ratios[outside];
    comparison.high = ratios[rounds - 1 - outside];
    if (skip > 0 && comparison.low > 1 + SAME_WITHIN)
        comparison.verdict = CBENCH_FASTER;
    else if (skip > 0 && comparison.high < 1 - SAME_WITHIN)
        comparison.verdict = CBENCH_SLOWER;
    else
        comparison.verdict = CBENCH_SAME;
    return comparison;
}

/* The model of the processor, without what JSON would have to escape. */
static void
processor_model(char *model, size_t size)
{
    snprintf(model, size, "unknown");
    FILE *info = fopen("/proc/cpuinfo", "r");
    if (!info)
        return;
    char line[256];
    while (fgets(line, sizeof line, info)) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value)
            continue;
        line[strcspn(line, "\n\"\\")] = '\0';
        snprintf(model, size, "%s", value + 1 + strspn(value + 1, " \t"));
        break;
    }
    fclose(info);
}

/* What every line ends with: on what, and of which code. */
static void
print_origin(uint32_t rounds)
{
    char model[128];
    processor_model(model, sizeof model);
    const char *commit = getenv("ONHOOK_COMMIT");
    printf("\"rounds\":%u,\"machine\":{\"cpu\":\"%s\",\"cores\":%ld},\"commit\":\"%s\"}\n", rounds,
           model, sysconf(_SC_NPROCESSORS_ONLN), commit ? commit : "unknown");
    fflush(stdout);
}

void
cbench_print(const struct cbench_result *result)
{
    printf("{\"name\":\"%s\",\"median\":%.2f,\"spread\":%.2f,\"unit\":\"ns/%s\",", result->name,
           result->median_ns, result->spread_ns, result->unit);
    print_origin(result->rounds);
}

void
cbench_print_comparison(const struct cbench_result *first, const struct cbench_result *second)
{
    static const char *const verdicts[] = {
        [CBENCH_SAME] = "same",
        [CBENCH_FASTER] = "faster",
        [CBENCH_SLOWER] = "slower",
    };
    struct cbench_comparison comparison = cbench_compare(first, second);
    printf("{\"name\":\"%s\",\"against\":\"%s\",\"verdict\":\"%s\",\"ratio\":%.3g,"
           "\"low\":%.3g,\"high\":%.3g,",
           first->name, second->name, verdicts[comparison.verdict], comparison.ratio,
           comparison.low, comparison.high);
    print_origin(first->rounds);
}
