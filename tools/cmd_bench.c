/*
 * onhook bench - what this machine carries, and what a site of so many agents needs.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/bench/site.h"
#include "tools/command.h"

enum {
    SECONDS_BETWEEN_CALLS = 180, /* of one agent, unless said */
};

static void
print_help(FILE *out)
{
    fputs(
        "  onhook bench --agents 5000\n"
        "  onhook bench --agents 800 --calls 12 --related 40 --encoding ber3 --json\n"
        "\n"
        "Says what this machine carries, and what a site of so many agents needs: it writes what\n"
        "the site's switches would say, replays that with different numbers of processes, sends\n"
        "it message by message to see how late outcomes are, and fills the engine with calls to\n"
        "see what they take. Takes about a minute. Run it on a machine that does nothing else.\n"
        "\n"
        "usage: onhook bench [options]\n"
        "\n"
        "      --agents N       agents of the site (1000)\n"
        "      --calls N        calls that begin in a second, such as 12.5 (a call each three\n"
        "                       minutes of each agent)\n"
        "      --related N      percent of calls with a transfer or a conference (20)\n"
        "      --encoding NAME  xml (default), ber1, ber2, ber3\n"
        "      --rounds N       replays of each number of processes (5)\n"
        "      --messages N     messages of each replay (400000)\n"
        "      --seconds N      how long messages are sent at each rate (3)\n"
        "      --dir FOLDER     where the load is written for the time being (/tmp)\n"
        "      --json           one JSON object\n"
        "  -h, --help           this help\n"
        "\n"
        "Exit codes: 0 done; 1 something failed; 2 wrong usage.\n",
        out);
}

static bool
read_number(uint64_t *value, const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (end != text && *end == '\0' && *text != '-' && number >= least && number <= most) {
        *value = number;
        return true;
    }
    log_say("--%s: a number from %llu to %llu; see `onhook bench --help`", name,
            (unsigned long long)least, (unsigned long long)most);
    return false;
}

static bool
read_decimal(double *value, const char *name, const char *text, double least, double most)
{
    char *end;
    double number = strtod(text, &end);
    if (end != text && *end == '\0' && number >= least && number <= most) {
        *value = number;
        return true;
    }
    log_say("--%s: a number from %g to %g; see `onhook bench --help`", name, least, most);
    return false;
}

static bool
read_encoding(struct site *site)
{
    static const struct {
        const char *name;
        enum csta_encoding encoding;
    } known[] = {
        {"xml", ENCODING_XML},
        {"ber1", ENCODING_BER1},
        {"ber2", ENCODING_BER2},
        {"ber3", ENCODING_BER3},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, site->options.encoding) == 0) {
            site->shape.encoding = known[i].encoding;
            return true;
        }
    }
    log_say("--encoding: xml, ber1, ber2 or ber3; see `onhook bench --help`");
    return false;
}

enum {
    OPTION_AGENTS = 256,
    OPTION_CALLS,
    OPTION_RELATED,
    OPTION_ENCODING,
    OPTION_ROUNDS,
    OPTION_MESSAGES,
    OPTION_SECONDS,
    OPTION_DIR,
    OPTION_JSON,
};

/* One option; false when its value cannot be, which was said. */
static bool
take_option(struct site_options *options, int option)
{
    switch (option) {
    case OPTION_AGENTS:
        return read_number(&options->agents, "agents", optarg, 1, LOAD_AGENTS_MAX);
    case OPTION_CALLS:
        return read_decimal(&options->calls_per_second, "calls", optarg, 0.01, 100000);
    case OPTION_RELATED:
        return read_number(&options->related, "related", optarg, 0, 100);
    case OPTION_ENCODING:
        options->encoding = optarg;
        return true;
    case OPTION_ROUNDS:
        return read_number(&options->rounds, "rounds", optarg, 1, TRIAL_ROUNDS_MAX);
    case OPTION_MESSAGES:
        return read_number(&options->messages, "messages", optarg, 1000, 100000000);
    case OPTION_SECONDS:
        return read_decimal(&options->seconds, "seconds", optarg, 0.1, 3600);
    case OPTION_DIR:
        options->folder = optarg;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    default:
        log_say("`onhook bench --help` shows the options");
        return false;
    }
}

/* EXIT_DONE: go on. -1: the help was asked for, and printed. */
static int
parse_options(struct site_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"agents", required_argument, NULL, OPTION_AGENTS},
        {"calls", required_argument, NULL, OPTION_CALLS},
        {"related", required_argument, NULL, OPTION_RELATED},
        {"encoding", required_argument, NULL, OPTION_ENCODING},
        {"rounds", required_argument, NULL, OPTION_ROUNDS},
        {"messages", required_argument, NULL, OPTION_MESSAGES},
        {"seconds", required_argument, NULL, OPTION_SECONDS},
        {"dir", required_argument, NULL, OPTION_DIR},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (option == 'h') {
            print_help(stdout);
            return -1;
        }
        if (!take_option(options, option))
            return EXIT_WRONG_USAGE;
    }
    if (optind < argc) {
        log_say("bench takes no files; see `onhook bench --help`");
        return EXIT_WRONG_USAGE;
    }
    return EXIT_DONE;
}

int
cmd_bench(int argc, char **argv)
{
    static struct site site;
    site = (struct site){.options = {.agents = 1000,
                                     .related = 20,
                                     .rounds = 5,
                                     .messages = 400000,
                                     .seconds = 3,
                                     .encoding = "xml",
                                     .folder = "/tmp"}};
    int code = parse_options(&site.options, argc, argv);
    if (code != EXIT_DONE)
        return code < 0 ? EXIT_DONE : code;
    if (!read_encoding(&site))
        return EXIT_WRONG_USAGE;
    site.shape.agents = (uint32_t)site.options.agents;
    site.shape.related = (uint32_t)site.options.related;
    site.shape.calls_per_second = site.options.calls_per_second > 0
                                      ? site.options.calls_per_second
                                      : (double)site.options.agents / SECONDS_BETWEEN_CALLS;
    code = site_measure(&site);
    if (code != EXIT_DONE)
        return code;
    if (site.options.json)
        site_print_json(&site);
    else
        site_print(&site);
    return EXIT_DONE;
}
