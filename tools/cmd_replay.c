/*
 * tools/cmd_replay.c - `onhook replay`: the engine's own processes over recorded input.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/segment.h"
#include "engine/outward.h"
#include "tools/command.h"
#include "tools/replay.h"

enum {
    SHOWN_SIZE = 256, /* of a word of the command line in a message */
};

static void
print_help(FILE *out)
{
    fputs(
        "  onhook replay --monitored 2001,2002 monday.trace > monday.jsonl\n"
        "\n"
        "Reads recorded CSTA messages and says who hung up in every call: one line on standard\n"
        "output for each party and each call that ended, a summary on standard error.\n"
        "\n"
        "usage: onhook replay [options] FILE...        FILE may be - for standard input\n"
        "\n"
        "  -c, --config FILE       links, aliases and limits (see onhook.ini.example)\n"
        "      --profile NAME      the family of the switch, for all links\n"
        "      --encoding NAME     how messages are written, for all links: auto, xml,\n"
        "                          ber1, ber2, ber3 (the phases of CSTA)\n"
        "      --port LIST         ports of switches: of a pcap nothing else counts\n"
        "      --monitored LIST    the devices with a monitor, for all links: 2001,2002, @FILE\n"
        "      --workers N         processes that judge, 1 to 64; same output for any\n"
        "      --front-ends N      processes that read, 1 to 8, every N-th FILE each, at the same\n"
        "                          time; the files of a link must be one process's. Each link's\n"
        "                          results are in order, those of links mixed as they come\n"
        "  -o, --out FILE          results to FILE instead of standard output\n"
        "      --format NAME       jsonl (default), or text: a table to read\n"
        "      --unordered         results as they come, not in the order of the input\n"
        "      --name NAME         name of the shared memory (replay-PID). A run with a name,\n"
        "                          --out and regular files that was killed is gone on with by\n"
        "                          the same command\n"
        "      --fresh             begin again instead, and remove what is left under the name\n"
        "  -q, --quiet             no summary\n"
        "      --json              the summary as one JSON object\n"
        "  -h, --help\n"
        "\n"
        "What stands on the command line goes before what stands in the configuration.\n"
        "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration;\n"
        "3 done, but some messages could not be read.\n",
        out);
}

/* ---- the command line ---------------------------------------------------------------------- */

static int
wrong_usage(const char *option, const char *value, const char *allowed)
{
    char shown[SHOWN_SIZE];
    log_say("%s \"%s\": %s; see `onhook replay --help`", option,
            log_escape(shown, sizeof shown, text_of(value)), allowed);
    return EXIT_WRONG_USAGE;
}

/* 0: it is no number from 1 to `most`. */
static uint32_t
number_up_to(const char *value, uint32_t most)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(value, &end, 10);
    bool is_one = errno == 0 && *value >= '0' && *value <= '9' && *end == '\0' && number <= most;
    return is_one ? (uint32_t)number : 0;
}

static int
set_workers(struct replay *replay, const char *value)
{
    replay->workers = number_up_to(value, WORKERS_MAX);
    if (replay->workers == 0)
        return wrong_usage("--workers", value, "a number from 1 to 64 is wanted");
    return EXIT_DONE;
}

static int
set_frontends(struct replay *replay, const char *value)
{
    replay->frontends = number_up_to(value, FRONTENDS_MAX);
    if (replay->frontends == 0)
        return wrong_usage("--front-ends", value, "a number from 1 to 8 is wanted");
    return EXIT_DONE;
}

static int
add_ports(struct replay *replay, const char *value)
{
    const char *why = source_add_ports(&replay->input.options, value);
    return why == NULL ? EXIT_DONE : wrong_usage("--port", value, why);
}

static int
set_format(struct replay *replay, const char *value)
{
    if (strcmp(value, "jsonl") == 0)
        replay->format = FORMAT_JSONL;
    else if (strcmp(value, "text") == 0)
        replay->format = FORMAT_TEXT;
    else
        return wrong_usage("--format", value, "jsonl or text is wanted");
    return EXIT_DONE;
}

enum option_code {
    OPTION_CONFIG = 'c',
    OPTION_HELP = 'h',
    OPTION_OUT = 'o',
    OPTION_QUIET = 'q',
    OPTION_WORKERS = 256,
    OPTION_FRONTENDS,
    OPTION_PROFILE,
    OPTION_ENCODING,
    OPTION_MONITORED,
    OPTION_PORT,
    OPTION_FORMAT,
    OPTION_UNORDERED,
    OPTION_NAME,
    OPTION_JSON,
    OPTION_FRESH,
};

static int
take_option(struct replay *replay, int code, const char *value)
{
    switch (code) {
    case OPTION_CONFIG:
        replay->config_file = value;
        return EXIT_DONE;
    case OPTION_HELP:
        replay->help = true;
        return EXIT_DONE;
    case OPTION_OUT:
        replay->out_file = value;
        return EXIT_DONE;
    case OPTION_QUIET:
        replay->quiet = true;
        return EXIT_DONE;
    case OPTION_WORKERS:
        return set_workers(replay, value);
    case OPTION_FRONTENDS:
        return set_frontends(replay, value);
    case OPTION_PROFILE:
        replay->profile = value;
        return EXIT_DONE;
    case OPTION_ENCODING:
        replay->encoding = value;
        return EXIT_DONE;
    case OPTION_MONITORED:
        replay->monitored = value;
        return EXIT_DONE;
    case OPTION_PORT:
        return add_ports(replay, value);
    case OPTION_FORMAT:
        return set_format(replay, value);
    case OPTION_UNORDERED:
        replay->unordered = true;
        return EXIT_DONE;
    case OPTION_NAME:
        replay->engine_name = value;
        return EXIT_DONE;
    case OPTION_FRESH:
        replay->fresh = true;
        return EXIT_DONE;
    case OPTION_JSON:
        replay->json = true;
        return EXIT_DONE;
    default:
        CHECK(false); /* read_command_line() answers the rest */
    }
}

static int
read_command_line(struct replay *replay, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"help", no_argument, NULL, OPTION_HELP},
        {"out", required_argument, NULL, OPTION_OUT},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"workers", required_argument, NULL, OPTION_WORKERS},
        {"front-ends", required_argument, NULL, OPTION_FRONTENDS},
        {"profile", required_argument, NULL, OPTION_PROFILE},
        {"encoding", required_argument, NULL, OPTION_ENCODING},
        {"monitored", required_argument, NULL, OPTION_MONITORED},
        {"port", required_argument, NULL, OPTION_PORT},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"unordered", no_argument, NULL, OPTION_UNORDERED},
        {"name", required_argument, NULL, OPTION_NAME},
        {"fresh", no_argument, NULL, OPTION_FRESH},
        {"json", no_argument, NULL, OPTION_JSON},
        {NULL, 0, NULL, 0},
    };
    optind = 0; /* as if this were the first command line of the process */
    int code;
    while ((code = getopt_long(argc, argv, ":c:ho:q", options, NULL)) != -1) {
        const char *word = argv[optind > 0 ? optind - 1 : 0];
        if (code == '?')
            return wrong_usage("option", word, "there is none such, or it takes no value");
        if (code == ':')
            return wrong_usage("option", word, "its value is missing");
        int result = take_option(replay, code, optarg);
        if (result != EXIT_DONE)
            return result;
    }
    if (replay->engine_name != NULL && !segment_name_is_valid(replay->engine_name))
        return wrong_usage("--name", replay->engine_name,
                           "1 to 40 of A-Z a-z 0-9 . _ - are wanted");
    if (replay->monitored != NULL && replay->monitored[0] == '\0')
        return wrong_usage("--monitored", "", "a list of device numbers is wanted");
    replay->input.files = (const char *const *)(argv + optind);
    replay->input.file_count = (uint32_t)(argc - optind);
    if (replay->input.file_count == 0 && !replay->help) {
        log_say("no FILE to read; see `onhook replay --help`");
        return EXIT_WRONG_USAGE;
    }
    if (replay->frontends > replay->input.file_count && !replay->help) {
        log_say("--front-ends: there are fewer FILEs than that; see `onhook replay --help`");
        return EXIT_WRONG_USAGE;
    }
    return EXIT_DONE;
}

/* ---- settings ------------------------------------------------------------------------------ */

/* One key of the command line: for links nobody declared, and for those of the file. */
static int
override_key(struct replay *replay, const char *option, const char *key, const char *value)
{
    if (value == NULL)
        return EXIT_DONE;
    const char *why = settings_override(&replay->settings, key, value);
    if (why == NULL)
        return EXIT_DONE;
    log_say("%s: %s; see `onhook replay --help`", option, why);
    return EXIT_WRONG_USAGE;
}

static int
read_settings(struct replay *replay)
{
    settings_default(&replay->settings);
    if (replay->config_file != NULL && settings_read(&replay->settings, replay->config_file) > 0)
        return EXIT_WRONG_USAGE; /* each mistake was named */
    if (!outward_begin(&replay->settings))
        return EXIT_WRONG_USAGE;
    if (replay->workers > 0)
        replay->settings.workers = replay->workers;
    int result = override_key(replay, "--profile", "profile", replay->profile);
    if (result == EXIT_DONE)
        result = override_key(replay, "--encoding", "encoding", replay->encoding);
    replay->input.options.encoding = replay->settings.defaults.encoding;
    if (result == EXIT_DONE)
        result = override_key(replay, "--monitored", "monitored", replay->monitored);
    return result;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int
run_replay(struct replay *replay)
{
    int code = read_settings(replay);
    if (code == EXIT_DONE)
        code = replay_look_at_inputs(replay);
    if (code != EXIT_DONE)
        return code;
    replay->publisher = (struct publisher_options){
        .descriptor = STDOUT_FILENO, .format = replay->format, .unordered = replay->unordered};
    code = replay_open_output(replay);
    if (code == EXIT_DONE)
        code = replay_deal_inputs(replay);
    if (code == EXIT_DONE)
        code = replay_run(replay);
    free(replay->dealt);
    int closed = replay_close_output(replay);
    return code == EXIT_DONE ? closed : code;
}

int
cmd_replay(int argc, char **argv)
{
    struct replay replay = {.format = FORMAT_JSONL, .frontends = 1};
    int code = read_command_line(&replay, argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (replay.help) {
        print_help(stdout);
        return EXIT_DONE;
    }
    code = run_replay(&replay);
    settings_free(&replay.settings);
    return code;
}
