#include "tools/bench/site.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/command.h"

enum {
    TALK_MS = 120000,
    CALL_SECONDS = TALK_MS / 1000 + 5, /* ringing, queueing */
    LINKS = 2,
    LINKS_LARGE = 4,
    CORES_LARGE = 8,
    STANDING_FEW = 2000,
    STANDING_MANY = 22000,
    BAR_WIDTH = 30,
};

/* How far it is, on a terminal only. `part` of 1; above 1 the line is empty again. */
static void
show_progress(const char *what, double part)
{
    const char *no_color = getenv("NO_COLOR");
    if (!isatty(STDERR_FILENO) || (no_color != NULL && *no_color != '\0'))
        return;
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = (double)i < part * BAR_WIDTH ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (part > 1)
        fprintf(stderr, "%60s\r", "");
    else
        fprintf(stderr, "[%s] %3.0f %% %-20s\r", bar, part * 100, what);
}

static int
fail(const char *what)
{
    show_progress("", 2);
    log_say("%s: %s", what, errno != 0 ? strerror(errno) : "it did not end well");
    return EXIT_FAILED;
}

static bool
make_load(struct site *site)
{
    load_monitored(site->monitored, site->shape.agents, site->shape.links);
    site->input.monitored = site->monitored;
    site->input.count = site->shape.links;
    site->input.folder = site->folder;
    for (uint32_t link = 0; link < site->shape.links; link++) {
        snprintf(site->paths[link], sizeof site->paths[link], "%s/link%u", site->folder, link + 1);
        site->input.paths[link] = site->paths[link];
        show_progress("writing a load", 0.05 * link);
        if (!load_write(&site->shape, link, site->options.messages / site->shape.links,
                        site->paths[link], &site->facts))
            return false;
    }
    site->input.messages = site->facts.messages;
    return true;
}

static void
add_way(struct site *site, uint32_t frontends, uint32_t workers)
{
    site->ways[site->way_count++] = (struct trial_way){.frontends = frontends, .workers = workers};
}

static void
choose_ways(struct site *site)
{
    add_way(site, 1, 1);
    add_way(site, 1, 2);
    add_way(site, 2, 1);
    add_way(site, 2, 2);
    if (site->cores >= CORES_LARGE) {
        add_way(site, 2, 4);
        add_way(site, 4, 4);
        add_way(site, 4, 8);
    }
}

/* All ways in turn in each round, so that what disturbs one disturbs all. */
static bool
measure_capacity(struct site *site)
{
    for (uint32_t round = 0; round < site->options.rounds; round++) {
        show_progress("how much it carries", 0.2 + 0.3 * round / (double)site->options.rounds);
        for (uint32_t i = 0; i < site->way_count; i++)
            if (!trial_run(&site->ways[i], &site->input))
                return false;
    }
    for (uint32_t i = 0; i < site->way_count; i++) {
        struct trial_way *way = &site->ways[i];
        site->figures[i] = (struct advice_way){way->frontends, way->workers,
                                               trial_median(way->per_second, way->rounds)};
    }
    site->cpu_seconds = trial_median(site->ways[0].cpu_seconds, site->ways[0].rounds);
    return true;
}

static bool
measure_flood(struct site *site)
{
    struct trial_pace pace = {0};
    if (!trial_flood(&pace, &site->input, site->options.seconds))
        return false;
    site->floods[site->flood_count++] = pace.achieved;
    return true;
}

static bool
measure_floods(struct site *site)
{
    for (uint32_t round = 0; round < site->options.rounds; round++) {
        show_progress("how much over TCP", 0.5 + 0.1 * round / (double)site->options.rounds);
        if (!measure_flood(site))
            return false;
    }
    site->flood = trial_median(site->floods, site->flood_count);
    return true;
}

/* Both in turn, at the rate that was asked for. */
static bool
measure_offered(struct site *site)
{
    for (uint32_t round = 0; round < site->options.rounds; round++) {
        struct trial_pace *pace = &site->paces[site->pace_count++];
        pace->offered = site->options.offered;
        show_progress("live, over TCP", 0.1 + 0.9 * round / (double)site->options.rounds);
        if (!measure_flood(site) || !trial_pace(pace, &site->input, site->options.seconds))
            return false;
    }
    site->flood = trial_median(site->floods, site->flood_count);
    return true;
}

static bool
measure_latency(struct site *site, double peak)
{
    static const double parts[] = {0.1, 0.25, 0.5};
    site->paces[site->pace_count++].offered = peak;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        site->paces[site->pace_count++].offered = parts[i] * site->figures[0].per_second;
    for (uint32_t i = 0; i < site->pace_count; i++) {
        show_progress("how late it is", 0.6 + 0.3 * i / site->pace_count);
        if (!trial_pace(&site->paces[i], &site->input, site->options.seconds))
            return false;
    }
    return true;
}

/* What calls take is the difference between few and many: the rest is there without them. */
static bool
measure_memory(struct site *site)
{
    static const uint64_t calls[2] = {STANDING_FEW, STANDING_MANY};
    uint64_t bytes[2], live[2];
    for (int i = 0; i < 2; i++) {
        struct load_facts facts = {0};
        char monitored[LOAD_MONITORED_SIZE];
        load_monitored(monitored, (uint32_t)calls[i], 1);
        struct trial_input input = {.paths = {site->paths[0]}, .count = 1, .monitored = monitored};
        show_progress("what a call takes", 0.9 + 0.05 * i);
        if (!load_write_standing(&site->shape, calls[i], site->paths[0], &facts) ||
            !trial_memory(&input, &bytes[i]))
            return false;
        live[i] = facts.live;
    }
    if (live[1] <= live[0] || bytes[1] < bytes[0])
        return false;
    site->bytes_per_call = (double)(bytes[1] - bytes[0]) / (double)(live[1] - live[0]);
    site->bytes_fixed = (double)bytes[0] - site->bytes_per_call * (double)live[0];
    return true;
}

static void
remove_folder(const struct site *site)
{
    for (uint32_t i = 0; i < site->input.count; i++)
        unlink(site->paths[i]);
    rmdir(site->folder);
}

static int
measure_parts(struct site *site)
{
    errno = 0;
    if (!make_load(site))
        return fail("the load cannot be written");
    errno = 0;
    if (site->options.offered > 0)
        return measure_offered(site) ? EXIT_DONE : fail("an engine on a live link failed");
    if (!measure_capacity(site))
        return fail("a replay of the load failed");
    if (!measure_floods(site))
        return fail("an engine on a live link failed");
    double messages_per_call = (double)site->facts.messages / (double)site->facts.calls;
    double average = site->shape.calls_per_second * messages_per_call;
    if (!measure_latency(site, average * ADVICE_PEAK))
        return fail("messages could not be sent one by one");
    if (!measure_memory(site))
        return fail("the memory of calls could not be measured");
    struct advice_input input = {
        .calls_per_second = site->shape.calls_per_second,
        .messages_per_call = messages_per_call,
        .seconds_per_call = CALL_SECONDS,
        .bytes_per_call = site->bytes_per_call,
        .bytes_fixed = site->bytes_fixed,
        .cpu_seconds = site->cpu_seconds,
        .ways = site->figures,
        .way_count = site->way_count,
    };
    site->advice = advise(&input);
    return EXIT_DONE;
}

int
site_measure(struct site *site)
{
    site->cores = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    site->shape.links = site->cores >= CORES_LARGE ? LINKS_LARGE : LINKS;
    site->shape.talk_ms = TALK_MS;
    choose_ways(site);
    /* A pipe whose reader has gone is an answer, not a death. */
    signal(SIGPIPE, SIG_IGN);
    snprintf(site->folder, sizeof site->folder, "%.80s/onhook-bench-XXXXXX", site->options.folder);
    if (mkdtemp(site->folder) == NULL)
        return fail(site->options.folder);
    int code = measure_parts(site);
    remove_folder(site);
    show_progress("", 2);
    return code;
}
