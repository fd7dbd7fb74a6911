/*
 * onhook bench - what this machine carries, and what a site of so many agents needs.
 */
#include <string.h>

#include "tools/bench/site.h"
#include "tools/command.h"
#include "tools/options.h"

enum {
    SECONDS_BETWEEN_CALLS = 180, /* of one agent, unless said */
};

/* In the order of `encodings`. */
static const char *const words[] = {"xml", "ber1", "ber2", "ber3", NULL};
static const enum csta_encoding encodings[] = {ENCODING_XML, ENCODING_BER1, ENCODING_BER2,
                                               ENCODING_BER3};

static const struct option_row rows[] = {
    ROW_NUMBER(0, "agents", struct site_options, agents, "N", "agents of the site", "1000", 1,
               LOAD_AGENTS_MAX, NULL),
    ROW_DECIMAL(0, "calls", struct site_options, calls_per_second, "N",
                "calls that begin in a second, such as 12.5 (a call each three minutes of each "
                "agent)",
                NULL, 0.01, 100000, NULL),
    ROW_NUMBER(0, "related", struct site_options, related, "N",
               "percent of calls with a transfer or a conference", "20", 0, 100, NULL),
    ROW_CHOICE(0, "encoding", struct site_options, encoding, "NAME", "xml, ber1, ber2 or ber3",
               "xml", words),
    ROW_NUMBER(0, "rounds", struct site_options, rounds, "N", "replays of each number of processes",
               "5", 1, TRIAL_ROUNDS_MAX, NULL),
    ROW_NUMBER(0, "messages", struct site_options, messages, "N",
               "messages of a replay, which reads them three times", "400000", 1000, 100000000,
               NULL),
    ROW_DECIMAL(0, "seconds", struct site_options, seconds, "N",
                "how long messages are sent at each rate", "3", 0.1, 3600, NULL),
    ROW_DECIMAL(0, "offered", struct site_options, offered, "N",
                "only what a live link takes, and how late outcomes are at so many messages a "
                "second; --rounds times",
                NULL, 1, 10000000, NULL),
    ROW_TEXT(0, "dir", struct site_options, folder, "FOLDER",
             "where the load is written for the time being", "/tmp"),
    ROW_FLAG(0, "json", struct site_options, json, "one JSON object"),
};

static const struct option_table table = {
    .command = "bench",
    .above =
        "  onhook bench --agents 5000\n"
        "  onhook bench --agents 800 --calls 12 --related 40 --encoding ber3 --json\n"
        "\n"
        "Says what this machine carries, and what a site of so many agents needs: it writes what\n"
        "the site's switches would say, replays that with different numbers of processes, sends\n"
        "it to a live link as fast as it is taken, and message by message to see how late\n"
        "outcomes are, and fills the engine with calls to see what they take. Takes about a\n"
        "minute. Run it on a machine that does nothing else.\n"
        "\n"
        "usage: onhook bench [options]\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "Exit codes: 0 done; 1 something failed; 2 wrong usage.\n",
};

int
cmd_bench(int argc, char **argv)
{
    static struct site site;
    memset(&site, 0, sizeof site);
    const struct option_rest rest = options_read(&table, &site.options, argc, argv);
    if (rest.is_over)
        return rest.code;
    site.encoding = words[site.options.encoding];
    site.shape.encoding = encodings[site.options.encoding];
    site.shape.agents = (uint32_t)site.options.agents;
    site.shape.related = (uint32_t)site.options.related;
    site.shape.calls_per_second = site.options.calls_per_second > 0
                                      ? site.options.calls_per_second
                                      : (double)site.options.agents / SECONDS_BETWEEN_CALLS;
    int code = site_measure(&site);
    if (code != EXIT_DONE)
        return code;
    if (site.options.json)
        site_print_json(&site);
    else
        site_print(&site);
    return EXIT_DONE;
}
