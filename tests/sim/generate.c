/*
 * tests/sim/generate.c - `sim_generate`: a recording of calls that never were, and the truth
 * about each (README.md).
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/plain.h"
#include "tests/sim/say.h"
#include "tests/sim/scenes.h"

struct options {
    uint64_t calls;    /* stories stop when so many calls are told */
    uint64_t messages; /* or so many messages; 0: no such end */
    uint64_t seed;
    uint32_t links;
    uint32_t related_percent;
    uint32_t silent_percent;
    bool phase2_only;
    bool no_requests;
    bool plain;
    const char *trace;
    const char *truth;
    const char *framed;
};

static void
usage(FILE *out)
{
    fputs("sim_generate --calls 3000 --seed 7 --links 3 --trace t.trace --truth t.truth\n"
          "  --calls N      stop after about N calls        --messages N   or about N messages\n"
          "  --seed S       the same seed, the same bytes   --links L      1.. (default 1)\n"
          "  --related P    percent of stories with transfer, consultation or conference\n"
          "  --silent P     percent of releases where the switch names nobody\n"
          "  --phase2-events      only what CSTA phase II can say as well\n"
          "  --no-requests        nobody asks for anything; monitors are configured, not started\n"
          "  --plain --messages N --framed FILE   two-party calls as framed XML, for speed\n",
          out);
}

static bool
number(const char *text, uint64_t most, uint64_t *value)
{
    char *end;
    unsigned long long read = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0' || read > most)
        return false;
    *value = read;
    return true;
}

static bool
small_number(const char *text, uint32_t most, uint32_t *value)
{
    uint64_t read;
    if (!number(text, most, &read))
        return false;
    *value = (uint32_t)read;
    return true;
}

static bool
option_set(struct options *options, int option)
{
    switch (option) {
    case 'c':
        return number(optarg, UINT64_C(1) << 40, &options->calls);
    case 'm':
        return number(optarg, UINT64_C(1) << 40, &options->messages);
    case 's':
        return number(optarg, UINT64_MAX, &options->seed);
    case 'l':
        return small_number(optarg, SIM_LINKS_MAX, &options->links) && options->links > 0;
    case 'r':
        return small_number(optarg, 100, &options->related_percent);
    case 'q':
        return small_number(optarg, 100, &options->silent_percent);
    case 'p':
        options->plain = true;
        return true;
    case '2':
        options->phase2_only = true;
        return true;
    case 'n':
        options->no_requests = true;
        return true;
    case 't':
        options->trace = optarg;
        return true;
    case 'u':
        options->truth = optarg;
        return true;
    case 'f':
        options->framed = optarg;
        return true;
    default:
        return false;
    }
}

static bool
options_read(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"calls", required_argument, NULL, 'c'},   {"messages", required_argument, NULL, 'm'},
        {"seed", required_argument, NULL, 's'},    {"links", required_argument, NULL, 'l'},
        {"related", required_argument, NULL, 'r'}, {"silent", required_argument, NULL, 'q'},
        {"plain", no_argument, NULL, 'p'},         {"trace", required_argument, NULL, 't'},
        {"truth", required_argument, NULL, 'u'},   {"framed", required_argument, NULL, 'f'},
        {"phase2-events", no_argument, NULL, '2'}, {"no-requests", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (!option_set(options, option))
            return false;
    }
    if (options->plain)
        return optind == argc && options->messages > 0 && options->framed != NULL;
    return optind == argc && (options->calls > 0 || options->messages > 0);
}

/* ---- telling -------------------------------------------------------------------------------- */

static bool
is_enough(const struct options *options, const struct site *site, uint64_t calls)
{
    if (options->calls > 0 && calls >= options->calls)
        return true;
    return options->messages > 0 && site->told >= options->messages;
}

/* On average three stories begin in a second on each link. */
static void
tell_all(struct site *site, const struct options *options)
{
    uint64_t now_ms = 5000, noise_ms = 5000, calls = 0;
    while (!is_enough(options, site, calls)) {
        struct sim_link *link = &site->links[random_below(&site->random, site->link_count)];
        site_write_until(site, now_ms);
        if (scene_play(site, link, now_ms))
            calls += 1 + random_chance(&site->random, site->related_percent);
        now_ms += random_below(&site->random, 660 / site->link_count + 1);
        for (; noise_ms < now_ms; noise_ms += 2500)
            say_noise(site, &site->links[random_below(&site->random, site->link_count)], now_ms);
    }
    site_write_until(site, UINT64_MAX);
}

static FILE *
open_out(const char *file)
{
    if (file == NULL)
        return fopen("/dev/null", "w");
    return strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
}

static bool
close_out(FILE *out)
{
    bool good = ferror(out) == 0;
    return fclose(out) == 0 && good;
}

static int
generate(const struct options *options)
{
    struct site site = {.silent_percent = options->silent_percent,
                        .related_percent = options->related_percent,
                        .phase2_only = options->phase2_only,
                        .no_requests = options->no_requests,
                        .trace = open_out(options->trace),
                        .truth = open_out(options->truth)};
    if (site.trace == NULL || site.truth == NULL) {
        perror("sim_generate");
        return 1;
    }
    site_open(&site, options->seed, options->links);
    site_write_head(&site);
    tell_all(&site, options);
    fprintf(stderr, "sim_generate: seed %" PRIu64 ": %" PRIu64 " messages, %" PRIu64 " calls\n",
            options->seed, site.written, site.calls);
    site_close(&site);
    bool traced = close_out(site.trace);
    return close_out(site.truth) && traced ? 0 : 1;
}

int
main(int argc, char **argv)
{
    struct options options = {.seed = 1, .links = 1, .related_percent = 20, .silent_percent = 25};
    if (!options_read(&options, argc, argv)) {
        usage(stderr);
        return 2;
    }
    if (options.plain)
        return plain_write(options.framed, options.messages, options.seed);
    return generate(&options);
}
