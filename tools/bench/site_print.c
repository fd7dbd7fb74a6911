#include "tools/bench/site.h"

#include <math.h>
#include <stdio.h>

#include "base/json_write.h"

enum {
    JSON_ROOM = 1 << 15,
};

static void
print_ways(const struct site *site)
{
    puts("\nWhat this machine carries, replayed, all protections on, outcomes thrown away:\n"
         "  front-ends  workers   messages/s      least       most   CPU s per million");
    for (uint32_t i = 0; i < site->way_count; i++) {
        const struct trial_way *way = &site->ways[i]; /* rates are sorted */
        double cpu[TRIAL_ROUNDS_MAX];
        for (uint32_t round = 0; round < way->rounds; round++)
            cpu[round] = way->cpu_seconds[round];
        printf("  %10u %8u %12.0f %10.0f %10.0f %19.2f\n", way->frontends, way->workers,
               site->figures[i].per_second, way->per_second[0], way->per_second[way->rounds - 1],
               trial_median(cpu, way->rounds));
    }
    const struct advice_way *knee = &site->figures[advice_knee(site->figures, site->way_count)];
    printf("It saturates at %u front-end%s and %u worker%s: more of either bring less than a tenth "
           "more.\n",
           knee->frontends, knee->frontends == 1 ? "" : "s", knee->workers,
           knee->workers == 1 ? "" : "s");
}

static void
print_floods(const struct site *site)
{
    printf(
        "\nLive, one link over loopback TCP, one front-end, one worker: %.0f messages/s (%.0f to "
        "%.0f)\nas fast as they are taken. The sender shares this machine's %u cores.\n",
        site->flood, site->floods[0], site->floods[site->flood_count - 1], site->cores);
}

/* A percentile that so few outcomes do not have is not made up. */
static void
print_lateness(double us, uint64_t count, uint64_t needed)
{
    if (count < needed)
        printf(" %9s", "-");
    else
        printf(" %9.0f", us);
}

static void
print_paces(const struct site *site)
{
    puts("\nHow late outcomes are live, from when their message was due to when their line was "
         "read, us:\n"
         "  offered/s   achieved/s       p50       p99     p99.9   longest   outcomes");
    for (uint32_t i = 0; i < site->pace_count; i++) {
        const struct trial_pace *pace = &site->paces[i];
        printf("  %9.0f %12.0f", pace->offered, pace->achieved);
        print_lateness(pace->p50_us, pace->count, 2);
        print_lateness(pace->p99_us, pace->count, 100);
        print_lateness(pace->p999_us, pace->count, 1000);
        printf(" %9.0f %10llu%s\n", pace->longest_us, (unsigned long long)pace->count,
               pace->achieved < 0.95 * pace->offered ? "  did not keep up" : "");
    }
}

static void
print_advice(const struct site *site)
{
    const struct advice *advice = &site->advice;
    printf("\nFor a site of %llu agents with %.1f calls a second:\n",
           (unsigned long long)site->options.agents, site->shape.calls_per_second);
    printf("  it says about %.0f messages a second, in the busiest second %d times that: %.0f;\n"
           "  about %.0f calls live at once then.\n",
           advice->average, ADVICE_PEAK, advice->peak, advice->live_calls);
    if (advice->is_enough)
        printf("  This machine suffices: it carries %.0f times the busiest second.\n",
               advice->spare);
    else
        printf("  This machine does not suffice: it carries %.1f times the busiest second, and "
               "%d\n  times are wanted. Spread the links over more machines, or take one with more "
               "cores.\n",
               advice->spare, ADVICE_SPARE);
    printf(
        "  It would be busy with %.1f %% of one core on average, and needs %.0f MiB of shared "
        "memory.\n\nPut this into onhook.ini:\n\n"
        "  [engine]\n  front-ends = %u\n  workers = %u\n  ring-slots = %llu\n  max-calls = %llu\n",
        advice->core_percent, ceil(advice->memory_bytes / 1048576), advice->frontends,
        advice->workers, (unsigned long long)advice->ring_slots,
        (unsigned long long)advice->max_calls);
}

void
site_print(const struct site *site)
{
    printf("%llu agents, %.1f calls/s, %llu %% of them with transfers or conferences, %s; "
           "%u cores\n",
           (unsigned long long)site->options.agents, site->shape.calls_per_second,
           (unsigned long long)site->options.related, site->encoding, site->cores);
    printf("A call says %.1f messages of %.0f bytes on average.\n",
           (double)site->facts.messages / (double)site->facts.calls,
           (double)site->facts.bytes / (double)site->facts.messages);
    if (site->options.offered <= 0)
        print_ways(site);
    print_floods(site);
    print_paces(site);
    if (site->options.offered > 0)
        return;
    printf(
        "\nA live call of two parties takes %.0f bytes of shared memory; the engine without calls "
        "%.0f MiB.\n",
        site->bytes_per_call, site->bytes_fixed / 1048576);
    print_advice(site);
}

static uint64_t
whole(double value)
{
    return value > 0 ? (uint64_t)(value + 0.5) : 0;
}

static void
put_ways(struct json_writer *json, const struct site *site)
{
    json_open_key(json, "Capacity", '[');
    for (uint32_t i = 0; i < site->way_count; i++) {
        const struct trial_way *way = &site->ways[i];
        json_open(json, '{');
        json_unsigned(json, "FrontEnds", way->frontends);
        json_unsigned(json, "Workers", way->workers);
        json_unsigned(json, "MessagesPerSecond", whole(site->figures[i].per_second));
        json_unsigned(json, "Least", whole(way->per_second[0]));
        json_unsigned(json, "Most", whole(way->per_second[way->rounds - 1]));
        json_unsigned(json, "Rounds", way->rounds);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
put_floods(struct json_writer *json, const struct site *site)
{
    json_open_key(json, "Live", '{');
    json_unsigned(json, "MessagesPerSecond", whole(site->flood));
    json_open_key(json, "Rounds", '[');
    for (uint32_t i = 0; i < site->flood_count; i++)
        json_unsigned(json, NULL, whole(site->floods[i]));
    json_close(json, ']');
    json_close(json, '}');
}

static void
put_paces(struct json_writer *json, const struct site *site)
{
    json_open_key(json, "Latency", '[');
    for (uint32_t i = 0; i < site->pace_count; i++) {
        const struct trial_pace *pace = &site->paces[i];
        json_open(json, '{');
        json_unsigned(json, "OfferedPerSecond", whole(pace->offered));
        json_unsigned(json, "AchievedPerSecond", whole(pace->achieved));
        json_unsigned(json, "Outcomes", pace->count);
        json_unsigned(json, "P50Ns", whole(pace->p50_us * 1000));
        json_unsigned(json, "P99Ns", whole(pace->p99_us * 1000));
        json_unsigned(json, "P999Ns", whole(pace->p999_us * 1000));
        json_unsigned(json, "LongestNs", whole(pace->longest_us * 1000));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
put_advice(struct json_writer *json, const struct site *site)
{
    const struct advice *advice = &site->advice;
    json_open_key(json, "Advice", '{');
    json_unsigned(json, "MessagesPerSecond", whole(advice->average));
    json_unsigned(json, "PeakPerSecond", whole(advice->peak));
    json_unsigned(json, "LiveCalls", whole(advice->live_calls));
    json_bool(json, "Suffices", advice->is_enough);
    json_unsigned(json, "FrontEnds", advice->frontends);
    json_unsigned(json, "Workers", advice->workers);
    json_unsigned(json, "RingSlots", advice->ring_slots);
    json_unsigned(json, "MaxCalls", advice->max_calls);
    json_unsigned(json, "MemoryBytes", whole(advice->memory_bytes));
    json_decimal(json, "CorePercent", whole(advice->core_percent * 100), 2);
    json_close(json, '}');
}

void
site_print_json(const struct site *site)
{
    static char line[JSON_ROOM];
    struct json_writer json;
    json_begin(&json, line, sizeof line);
    json_open(&json, '{');
    json_unsigned(&json, "Version", 1);
    json_unsigned(&json, "Agents", site->options.agents);
    json_decimal(&json, "CallsPerSecond", whole(site->shape.calls_per_second * 100), 2);
    json_unsigned(&json, "Related", site->options.related);
    json_string(&json, "Encoding", site->encoding);
    json_unsigned(&json, "Cores", site->cores);
    json_unsigned(&json, "Messages", site->facts.messages);
    json_unsigned(&json, "Calls", site->facts.calls);
    json_unsigned(&json, "Bytes", site->facts.bytes);
    put_floods(&json, site);
    put_paces(&json, site);
    if (site->options.offered <= 0) {
        put_ways(&json, site);
        json_unsigned(&json, "CpuMsPerMillion", whole(site->cpu_seconds * 1000));
        json_unsigned(&json, "BytesPerCall", whole(site->bytes_per_call));
        json_unsigned(&json, "BytesFixed", whole(site->bytes_fixed));
        put_advice(&json, site);
    }
    json_close(&json, '}');
    size_t length = json_end(&json);
    fwrite(line, 1, length, stdout);
    putchar('\n');
}
