#include "bench/cbench.h"

#include <linux/perf_event.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"

/* A ratio this near to 1 is called the same however sure we are of it. */
#define SAME_WITHIN 0.01

#define ROUND_MS_DEFAULT 10.0

enum {
    QUICK_OPERATIONS = 256,
    SIZING_STEPS_MAX = 40, /* doublings from one operation on */
    SIZING_TRIES = 3,
};

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

bool
cbench_is_quick(void)
{
    return getenv("CBENCH_QUICK") != NULL;
}

struct cbench_options
cbench_options_default(void)
{
    struct cbench_options options = {.rounds = 21, .warm_up = 2};
    if (cbench_is_quick())
        return (struct cbench_options){.rounds = 1, .round_ms = 0.1, .most = QUICK_OPERATIONS};
    const char *wanted = getenv("CBENCH_ROUNDS");
    unsigned long rounds = wanted ? strtoul(wanted, NULL, 10) : 0;
    if (rounds >= 1 && rounds <= CBENCH_ROUNDS_MAX)
        options.rounds = (uint32_t)rounds;
    return options;
}

/* The cores we may use, as they were before anything was pinned. */
static const cpu_set_t *
allowed_cores(void)
{
    static cpu_set_t allowed;
    static bool is_known;
    if (!is_known)
        CHECK(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    is_known = true;
    return &allowed;
}

bool
cbench_pin(uint32_t n)
{
    const char *wanted = getenv("CBENCH_PIN");
    const cpu_set_t *allowed = allowed_cores();
    if (wanted != NULL && strcmp(wanted, "0") == 0)
        return false;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, allowed) || n-- > 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        return sched_setaffinity(0, sizeof one, &one) == 0;
    }
    return false;
}

void
cbench_unpin(void)
{
    const cpu_set_t *allowed = allowed_cores();
    CHECK(sched_setaffinity(0, sizeof *allowed, allowed) == 0);
}

/* What the kernel counted of us and of children we waited for. */
static long
involuntary_switches(void)
{
    struct rusage own, children;
    CHECK(getrusage(RUSAGE_SELF, &own) == 0 && getrusage(RUSAGE_CHILDREN, &children) == 0);
    return own.ru_nivcsw + children.ru_nivcsw;
}

/* A counter of cycles in user mode, those of later children too; -1 where there is none. */
static int
open_cycles(void)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_HW_CPU_CYCLES,
        .inherit = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static uint64_t
read_cycles(int counter)
{
    uint64_t cycles = 0;
    if (counter < 0 || read(counter, &cycles, sizeof cycles) != (ssize_t)sizeof cycles)
        return 0;
    return cycles;
}

static double
time_operations(const struct cbench_case *measured, uint64_t operations)
{
    uint64_t start = now_ns();
    measured->run(measured->context, operations);
    return (double)(now_ns() - start);
}

static uint64_t
round_to(uint64_t operations, uint64_t multiple)
{
    if (multiple == 0)
        multiple = 1;
    return operations < multiple ? multiple : operations / multiple * multiple;
}

/* The least of some tries: a try in which somebody took the processor says nothing of the case. */
static double
least_time(const struct cbench_case *measured, uint64_t operations)
{
    double least_ns = time_operations(measured, operations);
    for (int try = 1; try < SIZING_TRIES; try++) {
        double took_ns = time_operations(measured, operations);
        least_ns = took_ns < least_ns ? took_ns : least_ns;
    }
    return least_ns;
}

/* As many operations as last a round: doubled until a quarter of it is seen, then by proportion. */
static uint64_t
size_of_round(const struct cbench_case *measured, const struct cbench_options *options)
{
    double wanted_ns = (options->round_ms > 0 ? options->round_ms : ROUND_MS_DEFAULT) * 1e6;
    uint64_t most = options->most != 0 ? options->most : UINT64_MAX;
    uint64_t operations = measured->operations;
    if (operations == 0) {
        operations = round_to(1, measured->multiple);
        for (int step = 0; step < SIZING_STEPS_MAX && operations < most; step++) {
            double took_ns = time_operations(measured, operations);
            if (took_ns >= wanted_ns / 4)
                took_ns = least_time(measured, operations);
            if (took_ns >= wanted_ns / 4) {
                operations = (uint64_t)((double)operations * wanted_ns / took_ns) + 1;
                break;
            }
            operations *= 2;
        }
    }
    return round_to(operations < most ? operations : most, measured->multiple);
}

struct meter {
    int cycles; /* descriptor */
    double per_operation[CBENCH_CASES_MAX][CBENCH_ROUNDS_MAX];
};

static void
measure_round(struct cbench_result *result, const struct cbench_case *measured, uint32_t round,
              struct meter *meter, double *cycles)
{
    long switches = involuntary_switches();
    uint64_t before = read_cycles(meter->cycles);
    double took_ns = time_operations(measured, result->operations);
    *cycles = (double)(read_cycles(meter->cycles) - before) / (double)result->operations;
    result->round_ns[round] = took_ns / (double)result->operations;
    result->is_disturbed[round] = involuntary_switches() != switches;
}

void
cbench_run(struct cbench_result *results, const struct cbench_case *cases, uint32_t count,
           const struct cbench_options *options)
{
    CHECK(count >= 1 && count <= CBENCH_CASES_MAX);
    CHECK(options->rounds >= 1 && options->rounds <= CBENCH_ROUNDS_MAX);
    static struct meter meter;
    for (uint32_t i = 0; i < count; i++) {
        results[i] = (struct cbench_result){.name = cases[i].name, .unit = cases[i].unit};
        results[i].rounds = options->rounds;
        results[i].operations = size_of_round(&cases[i], options);
    }
    for (uint32_t round = 0; round < options->warm_up; round++)
        for (uint32_t i = 0; i < count; i++)
            (void)time_operations(&cases[i], results[i].operations);
    meter.cycles = open_cycles();
    for (uint32_t round = 0; round < options->rounds; round++)
        for (uint32_t i = 0; i < count; i++)
            measure_round(&results[i], &cases[i], round, &meter, &meter.per_operation[i][round]);
    if (meter.cycles >= 0)
        close(meter.cycles);
    for (uint32_t i = 0; i < count; i++) {
        results[i].cycles = median_of(meter.per_operation[i], options->rounds);
        cbench_summarize(&results[i]);
    }
}

double
cbench_percentile(double *values, uint32_t count, double percent)
{
    CHECK(count >= 1 && percent >= 0 && percent <= 100);
    qsort(values, count, sizeof *values, order_doubles);
    double rank = ceil(percent / 100 * count);
    return values[rank < 1 ? 0 : (uint32_t)rank - 1];
}

void
cbench_summarize(struct cbench_result *result)
{
    CHECK(result->rounds >= 1 && result->rounds <= CBENCH_ROUNDS_MAX);
    double values[CBENCH_ROUNDS_MAX];
    memcpy(values, result->round_ns, result->rounds * sizeof values[0]);
    result->median_ns = median_of(values, result->rounds);
    uint32_t skip = interval_skip(result->rounds);
    uint32_t outside = skip > 0 ? skip - 1 : 0;
    result->low_ns = values[outside];
    result->high_ns = values[result->rounds - 1 - outside];
    result->p10_ns = cbench_percentile(values, result->rounds, 10);
    result->p90_ns = cbench_percentile(values, result->rounds, 90);
    result->disturbed = 0;
    for (uint32_t i = 0; i < result->rounds; i++)
        result->disturbed += result->is_disturbed[i];
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
    printf("\"low\":%.2f,\"high\":%.2f,\"p10\":%.2f,\"p90\":%.2f,\"operations\":%llu,",
           result->low_ns, result->high_ns, result->p10_ns, result->p90_ns,
           (unsigned long long)result->operations);
    if (result->cycles > 0)
        printf("\"cycles\":%.1f,", result->cycles);
    printf("\"disturbed\":%u,", result->disturbed);
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
