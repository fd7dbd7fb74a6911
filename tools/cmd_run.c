/*
 * tools/cmd_run.c - `onhook run`: the engine over live links, day and night.
 */
#include <stdio.h>

#include "base/log.h"
#include "engine/outward.h"
#include "ipc/segment.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/run.h"

static const char *const formats[] = {
    [FORMAT_JSONL] = "jsonl", [FORMAT_TEXT] = "text", [FORMAT_TEXT + 1] = NULL};

static const struct option_row rows[] = {
    ROW_TEXT('c', "config", struct run, config_file, "FILE",
             "links, their devices, where outcomes go (onhook.ini.example)", NULL),
    ROW_TEXT(0, "name", struct run, engine_name, "NAME",
             "name of the shared memory and of the control socket", NULL),
    ROW_NUMBER(0, "workers", struct run, workers, "N", "processes that judge, 1 to 64", NULL, 1,
               WORKERS_MAX, NULL),
    ROW_TEXT('o', "out", struct run, out_file, "FILE",
             "outcomes to FILE, appended, instead of what [sink jsonl] says", NULL),
    ROW_CHOICE(0, "format", struct run, format, "NAME", "jsonl, or text: a table to read", NULL,
               formats),
    ROW_TEXT(0, "record", struct run, record_file, "FILE",
             "everything received and sent, as a trace for onhook replay (several front-ends: "
             "FILE, FILE-1, FILE-2, for their links)",
             NULL),
    ROW_TEXT(0, "log", struct run, log, "NAME", "how messages are written: plain, logfmt or json",
             NULL),
    ROW_FLAG(0, "fresh", struct run, fresh,
             "begin anew where a lasting engine could be gone on with"),
    ROW_FLAG('q', "quiet", struct run, quiet, "no summary at the end"),
};

static const struct option_table table = {
    .command = "run",
    .above =
        "  onhook run -c /etc/onhook/onhook.ini\n"
        "\n"
        "Connects to the switches of the configuration and says who hung up in every call, as it\n"
        "happens: one line for each party and each call that ended.\n"
        "\n"
        "usage: onhook run -c FILE [options]\n"
        "\n",
    ROWS(rows),
    .below =
        "\n"
        "SIGTERM or Ctrl-C stops it: links are closed, what is on its way comes out. SIGHUP reads\n"
        "the configuration again: links and devices come and go, all others are not disturbed.\n"
        "Another terminal: onhook top, onhook stat, onhook release DN.\n"
        "Exit codes: 0 stopped when told to; 1 failed; 2 wrong usage or configuration.\n",
};

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
        return options_refuse(&table, "log", run->log, "plain, logfmt or json is wanted");
    if (!outward_begin(&run->settings))
        return EXIT_WRONG_USAGE;
    log_limit();
    if (run->workers > 0)
        run->settings.workers = (uint32_t)run->workers;
    if (run->engine_name != NULL)
        snprintf(run->settings.name, sizeof run->settings.name, "%s", run->engine_name);
    if (!segment_name_is_valid(run->settings.name))
        return options_wrong(&table, "name \"%s\": 1 to 40 of A-Z a-z 0-9 . _ - are wanted",
                             run->settings.name);
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
    const struct option_rest rest = options_read(&table, &run, argc, argv);
    if (rest.is_over)
        return rest.code;
    if (run.config_file == NULL)
        return options_wrong(&table, "-c FILE is missing");
    int code = read_settings(&run);
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
