/*
 * tools/cmd_run.c - `onhook run`: the engine over live links, day and night.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/outward.h"
#include "ipc/segment.h"
#include "tools/command.h"
#include "tools/run.h"

enum {
    SHOWN_SIZE = 256, /* of a word of the command line in a message */
};

static void
print_help(FILE *out)
{
    fputs(
        "  onhook run -c /etc/onhook/onhook.ini\n"
        "\n"
        "Connects to the switches of the configuration and says who hung up in every call, as it\n"
        "happens: one line for each party and each call that ended.\n"
        "\n"
        "usage: onhook run -c FILE [options]\n"
        "\n"
        "  -c, --config FILE       links, their devices, where outcomes go (onhook.ini.example)\n"
        "      --name NAME         name of the shared memory and of the control socket\n"
        "      --workers N         processes that judge, 1 to 64\n"
        "  -o, --out FILE          outcomes to FILE, appended, instead of what [sink jsonl] says\n"
        "      --format NAME       jsonl, or text: a table to read\n"
        "      --record FILE       everything received and sent, as a trace for onhook replay\n"
        "                          (several front-ends: FILE, FILE-1, FILE-2, for their links)\n"
        "      --log NAME          how messages are written: plain, logfmt or json\n"
        "      --fresh             begin anew where a lasting engine could be gone on with\n"
        "  -q, --quiet             no summary at the end\n"
        "  -h, --help\n"
        "\n"
        "SIGTERM or Ctrl-C stops it: links are closed, what is on its way comes out. SIGHUP reads\n"
        "the configuration again: links and devices come and go, all others are not disturbed.\n"
        "Another terminal: onhook top, onhook stat, onhook release DN.\n"
        "Exit codes: 0 stopped when told to; 1 failed; 2 wrong usage or configuration.\n",
        out);
}

static int
wrong_usage(const char *option, const char *value, const char *allowed)
{
    char shown[SHOWN_SIZE];
    log_say("%s \"%s\": %s; see `onhook run --help`", option,
            log_escape(shown, sizeof shown, text_of(value)), allowed);
    return EXIT_WRONG_USAGE;
}

static int
set_workers(struct run *run, const char *value)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(value, &end, 10);
    if (errno != 0 || *value < '0' || *value > '9' || *end != '\0' || number < 1 ||
        number > WORKERS_MAX)
        return wrong_usage("--workers", value, "a number from 1 to 64 is wanted");
    run->workers = (uint32_t)number;
    return EXIT_DONE;
}

static int
set_format(struct run *run, const char *value)
{
    run->text = strcmp(value, "text") == 0;
    if (!run->text && strcmp(value, "jsonl") != 0)
        return wrong_usage("--format", value, "jsonl or text is wanted");
    return EXIT_DONE;
}

enum option_code {
    OPTION_CONFIG = 'c',
    OPTION_HELP = 'h',
    OPTION_OUT = 'o',
    OPTION_QUIET = 'q',
    OPTION_NAME = 256,
    OPTION_WORKERS,
    OPTION_FORMAT,
    OPTION_RECORD,
    OPTION_FRESH,
    OPTION_LOG,
};

static int
take_option(struct run *run, int code, const char *value)
{
    switch (code) {
    case OPTION_CONFIG:
        run->config_file = value;
        return EXIT_DONE;
    case OPTION_HELP:
        run->help = true;
        return EXIT_DONE;
    case OPTION_OUT:
        run->out_file = value;
        return EXIT_DONE;
    case OPTION_QUIET:
        run->quiet = true;
        return EXIT_DONE;
    case OPTION_NAME:
        run->engine_name = value;
        return EXIT_DONE;
    case OPTION_WORKERS:
        return set_workers(run, value);
    case OPTION_FORMAT:
        return set_format(run, value);
    case OPTION_RECORD:
        run->record_file = value;
        return EXIT_DONE;
    case OPTION_LOG:
        run->log = value;
        return EXIT_DONE;
    case OPTION_FRESH:
        run->fresh = true;
        return EXIT_DONE;
    default:
        CHECK(false); /* read_command_line() answers the rest */
    }
}

static int
read_command_line(struct run *run, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"help", no_argument, NULL, OPTION_HELP},
        {"out", required_argument, NULL, OPTION_OUT},
        {"quiet", no_argument, NULL, OPTION_QUIET},
        {"name", required_argument, NULL, OPTION_NAME},
        {"workers", required_argument, NULL, OPTION_WORKERS},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"record", required_argument, NULL, OPTION_RECORD},
        {"log", required_argument, NULL, OPTION_LOG},
        {"fresh", no_argument, NULL, OPTION_FRESH},
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
        int result = take_option(run, code, optarg);
        if (result != EXIT_DONE)
            return result;
    }
    if (optind < argc)
        return wrong_usage("word", argv[optind], "none is wanted");
    if (run->config_file == NULL && !run->help) {
        log_say("-c FILE is missing; see `onhook run --help`");
        return EXIT_WRONG_USAGE;
    }
    return EXIT_DONE;
}

static bool
has_live_links(const struct settings *settings)
{
    for (uint32_t i = 0; i < settings->link_count; i++)
        if (settings->links[i].addresses.count > 0)
            return true;
    return false;
}

static int
read_settings(struct run *run)
{
    settings_default(&run->settings);
    if (settings_read(&run->settings, run->config_file) > 0)
        return EXIT_WRONG_USAGE; /* each mistake was named */
    if (run->log != NULL && !outward_format(run->log, &run->settings.log_format))
        return wrong_usage("--log", run->log, "plain, logfmt or json is wanted");
    if (!outward_begin(&run->settings))
        return EXIT_WRONG_USAGE;
    log_limit();
    if (run->workers > 0)
        run->settings.workers = run->workers;
    if (run->engine_name != NULL)
        snprintf(run->settings.name, sizeof run->settings.name, "%s", run->engine_name);
    if (!segment_name_is_valid(run->settings.name))
        return wrong_usage("name", run->settings.name, "1 to 40 of A-Z a-z 0-9 . _ - are wanted");
    if (!has_live_links(&run->settings)) {
        log_at(run->config_file, 0, "no [link NAME] has addresses: there is nothing to connect to");
        return EXIT_WRONG_USAGE;
    }
    if (!run->settings.lasting || run->out_file != NULL || run->settings.sink_file[0] != '\0')
        return EXIT_DONE;
    log_at(run->config_file, 0, "lasting = yes needs a file for outcomes: [sink jsonl] file");
    return EXIT_WRONG_USAGE;
}

int
cmd_run(int argc, char **argv)
{
    struct run run = {.quiet = false};
    int code = read_command_line(&run, argc, argv);
    if (code == EXIT_DONE && run.help) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (code != EXIT_DONE)
        return code;
    code = read_settings(&run);
    if (code == EXIT_DONE)
        code = run_open_output(&run);
    if (code == EXIT_DONE) {
        code = run_engine(&run);
        int closed = run_close_output(&run);
        code = code == EXIT_DONE ? closed : code;
    }
    settings_free(&run.settings);
    return code;
}
