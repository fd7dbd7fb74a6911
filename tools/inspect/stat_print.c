#include "tools/inspect/stat_print.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/json_write.h"
#include "tools/inspect/look.h"

enum {
    JSON_SIZE = 1 << 20,
    NAME_SIZE = 48,
};

#define NS_PER_SECOND UINT64_C(1000000000)

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void
stat_take(struct stat_sample *sample, const struct view *view)
{
    sample->taken_ns = now_ns(CLOCK_MONOTONIC);
    sample->time_us = (int64_t)(now_ns(CLOCK_REALTIME) / 1000);
    for (uint32_t i = 0; i < view->process_count; i++)
        for (unsigned which = 0; which < COUNTER_COUNT; which++)
            sample->values[i][which] = view_counter(view, i, (enum counter)which);
    for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
        view_latency(view, (enum stage)stage, &sample->latency[stage]);
}

bool
stat_wants(const struct stat_request *request, enum counter which)
{
    for (int i = 0; i < request->pattern_count; i++)
        if (fnmatch(request->patterns[i], counter_name(which), 0) == 0)
            return true;
    return request->pattern_count == 0;
}

static uint64_t
total_of(const struct stat_sample *sample, uint32_t processes, unsigned which)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < processes; i++)
        total += sample->values[i][which];
    return total;
}

/* A second's worth of what came between two samples; a counter that fell has begun anew. */
static double
rate_of(uint64_t now, uint64_t then, const struct stat_sample *sample,
        const struct stat_sample *before)
{
    uint64_t span_ns = sample->taken_ns - before->taken_ns;
    if (now < then || span_ns == 0)
        return 0;
    return (double)(now - then) * (double)NS_PER_SECOND / (double)span_ns;
}

void
stat_latency(struct latency *latency, enum stage stage, const struct stat_sample *sample,
             const struct stat_sample *before)
{
    *latency = sample->latency[stage];
    if (before != NULL)
        latency_subtract(latency, &before->latency[stage]);
}

static const char *
process_name(char name[NAME_SIZE], const struct view *view, uint32_t process)
{
    const char *role = view_role_name(view, process);
    bool is_one_of_many = view_role(view, process) == ROLE_WORKER ||
                          (view_role(view, process) == ROLE_FRONTEND && view->frontends > 1);
    if (is_one_of_many)
        snprintf(name, NAME_SIZE, "%s %" PRIu32, role, view_role_index(view, process));
    else
        snprintf(name, NAME_SIZE, "%s", role);
    return name;
}

/* ---- text ---------------------------------------------------------------------------------- */

static void
print_row(const char *name, uint64_t value, const double *rate, const char *meaning)
{
    char number[LOOK_NUMBER_SIZE];
    char speed[LOOK_NUMBER_SIZE] = "";
    printf("  %-22s %16s", name, look_grouped(number, value));
    if (rate != NULL)
        printf(" %12s/s", look_rate(speed, *rate));
    printf("  %s\n", meaning);
}

static void
print_block(const struct stat_request *request, const struct view *view,
            const struct stat_sample *sample, const struct stat_sample *before, uint32_t process)
{
    bool all = process == VIEW_PROCESSES_MAX;
    for (unsigned which = 0; which < COUNTER_COUNT; which++) {
        uint64_t now =
            all ? total_of(sample, view->process_count, which) : sample->values[process][which];
        if (!stat_wants(request, (enum counter)which) || (now == 0 && !request->with_zeros))
            continue;
        double rate = 0;
        if (before != NULL)
            rate = rate_of(now,
                           all ? total_of(before, view->process_count, which)
                               : before->values[process][which],
                           sample, before);
        print_row(counter_name((enum counter)which), now, before != NULL ? &rate : NULL,
                  counter_meaning((enum counter)which));
    }
}

/* Counters that were asked for are all that is wanted. */
static void
print_latency(const struct stat_request *request, const struct stat_sample *sample,
              const struct stat_sample *before)
{
    if (request->pattern_count > 0)
        return;
    printf("  %-22s %10s %10s %10s  of one message in %d\n", "latency", "p50", "p99", "p99.9",
           LATENCY_EVERY);
    for (unsigned i = 0; i < STAGE_COUNT; i++) {
        enum stage stage = (enum stage)i;
        struct latency latency;
        char spans[3][LOOK_NUMBER_SIZE];
        stat_latency(&latency, stage, sample, before);
        if (latency.count == 0 && !request->with_zeros)
            continue;
        printf("  %-22s %10s %10s %10s  %s\n", stage_name(stage),
               look_span(spans[0], latency_quantile_ns(&latency, 500)),
               look_span(spans[1], latency_quantile_ns(&latency, 990)),
               look_span(spans[2], latency_quantile_ns(&latency, 999)), stage_meaning(stage));
    }
}

static void
print_text(const struct stat_request *request, const struct view *view,
           const struct stat_sample *sample, const struct stat_sample *before)
{
    look_print_head(view);
    print_block(request, view, sample, before, VIEW_PROCESSES_MAX);
    print_latency(request, sample, before);
    for (uint32_t i = 0; request->by_process && i < view->process_count; i++) {
        char name[NAME_SIZE];
        printf("%s, process %" PRIu32 "%s\n", process_name(name, view, i), view_pid(view, i),
               view_is_done(view, i) ? ", done" : "");
        print_block(request, view, sample, before, i);
    }
    printf("\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void
json_counters(struct json_writer *json, const struct stat_request *request, const char *key,
              const uint64_t values[COUNTER_COUNT])
{
    json_open_key(json, key, '{');
    for (unsigned which = 0; which < COUNTER_COUNT; which++)
        if (stat_wants(request, (enum counter)which))
            json_unsigned(json, counter_name((enum counter)which), values[which]);
    json_close(json, '}');
}

static void
json_latency(struct json_writer *json, const char *key, const struct stat_sample *sample,
             const struct stat_sample *before)
{
    json_open_key(json, key, '{');
    for (unsigned i = 0; i < STAGE_COUNT; i++) {
        struct latency latency;
        stat_latency(&latency, (enum stage)i, sample, before);
        json_open_key(json, stage_name((enum stage)i), '{');
        json_unsigned(json, "Count", latency.count);
        json_unsigned(json, "SumNs", latency.sum_ns);
        json_unsigned(json, "P50Ns", latency_quantile_ns(&latency, 500));
        json_unsigned(json, "P99Ns", latency_quantile_ns(&latency, 990));
        json_unsigned(json, "P999Ns", latency_quantile_ns(&latency, 999));
        if (before == NULL) /* it is of the whole life */
            json_unsigned(json, "LongestNs", latency.longest_ns);
        json_close(json, '}');
    }
    json_close(json, '}');
}

static void
json_processes(struct json_writer *json, const struct stat_request *request,
               const struct view *view, const struct stat_sample *sample)
{
    json_open_key(json, "Processes", '[');
    for (uint32_t i = 0; i < view->process_count; i++) {
        json_open(json, '{');
        json_string(json, "Role", view_role_name(view, i));
        json_unsigned(json, "Index", view_role_index(view, i));
        json_unsigned(json, "Pid", view_pid(view, i));
        json_unsigned(json, "Restarts", view_restarts(view, i));
        json_bool(json, "Done", view_is_done(view, i));
        json_counters(json, request, "Counters", sample->values[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* What the time since the look before brought; null where there is none. */
static void
json_since(struct json_writer *json, const struct stat_request *request, const struct view *view,
           const struct stat_sample *sample, const struct stat_sample *before)
{
    if (before == NULL) {
        json_null(json, "PerSecond");
        json_null(json, "LatencySince");
        return;
    }
    json_open_key(json, "PerSecond", '{');
    for (unsigned which = 0; which < COUNTER_COUNT; which++) {
        double rate = rate_of(total_of(sample, view->process_count, which),
                              total_of(before, view->process_count, which), sample, before);
        if (stat_wants(request, (enum counter)which))
            json_decimal(json, counter_name((enum counter)which), (uint64_t)(rate * 1000 + 0.5), 3);
    }
    json_close(json, '}');
    json_latency(json, "LatencySince", sample, before);
}

static void
print_json(const struct stat_request *request, const struct view *view,
           const struct stat_sample *sample, const struct stat_sample *before)
{
    static char buffer[JSON_SIZE];
    uint64_t totals[COUNTER_COUNT];
    uint64_t restarts = 0;
    for (unsigned which = 0; which < COUNTER_COUNT; which++)
        totals[which] = total_of(sample, view->process_count, which);
    for (uint32_t i = 0; i < view->process_count; i++)
        restarts += view_restarts(view, i);
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", STAT_VERSION);
    json_string(&json, "Engine", view->name);
    json_time(&json, "Time", sample->time_us);
    json_unsigned(&json, "Owner", view_owner(view));
    json_unsigned(&json, "FrontEnds", view->frontends);
    json_unsigned(&json, "Workers", view->fixed.workers);
    json_unsigned(&json, "Restarts", restarts);
    json_counters(&json, request, "Counters", totals);
    json_latency(&json, "Latency", sample, NULL);
    json_since(&json, request, view, sample, before);
    json_processes(&json, request, view, sample);
    json_close(&json, '}');
    size_t length = json_end(&json);
    fwrite(buffer, 1, length, stdout);
    printf("\n");
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void
csv_row(const struct view *view, const struct stat_sample *sample, const char *process,
        enum counter which, uint64_t value)
{
    char time[JSON_TIME_SIZE];
    time_text(time, sample->time_us);
    printf("%.*s,%s,%s,%s,%" PRIu64 "\n", JSON_TIME_SIZE, time, view->name, process,
           counter_name(which), value);
}

static void
print_csv(const struct stat_request *request, const struct view *view,
          const struct stat_sample *sample)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter which = (enum counter)i;
        uint64_t total = total_of(sample, view->process_count, i);
        if (!stat_wants(request, which) || (total == 0 && !request->with_zeros))
            continue;
        csv_row(view, sample, "all", which, total);
        for (uint32_t process = 0; request->by_process && process < view->process_count;
             process++) {
            char name[NAME_SIZE];
            csv_row(view, sample, process_name(name, view, process), which,
                    sample->values[process][i]);
        }
    }
}

/* -------------------------------------------------------------------------------------------- */

void
stat_begin(const struct stat_request *request)
{
    if (request->form == STAT_CSV)
        printf("time,engine,process,counter,value\n");
}

void
stat_print(const struct stat_request *request, const struct view *view,
           const struct stat_sample *sample, const struct stat_sample *before)
{
    switch (request->form) {
    case STAT_TEXT:
        print_text(request, view, sample, before);
        break;
    case STAT_JSON:
        print_json(request, view, sample, before);
        break;
    case STAT_CSV:
        print_csv(request, view, sample);
        break;
    }
    fflush(stdout);
}

void
stat_list(const struct stat_request *request)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter which = (enum counter)i;
        const char *unit = counter_unit(which);
        if (stat_wants(request, which))
            printf("%-22s %-5s  %s\n", counter_name(which), unit[0] != '\0' ? unit : "count",
                   counter_meaning(which));
    }
}
