/*
 * tools/cmd_replay.c - `onhook replay`: the engine's own processes over recorded input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/segment.h"
#include "engine/outward.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/port_row.h"
#include "tools/replay.h"

/* ---- the command line ---------------------------------------------------------------------- */

static const char *const formats[] = {
    [FORMAT_JSONL] = "jsonl", [FORMAT_TEXT] = "text", [FORMAT_TEXT + 1] = NULL};

static const struct option_row rows[] = {
    ROW_TEXT('c', "config", struct replay, config_file, "FILE",
             "links, aliases and limits (see onhook.ini.example)", NULL),
    ROW_TEXT(0, "profile", struct replay, profile, "NAME",
             "the family of the switch, for all links", NULL),
    ROW_TEXT(0, "encoding", struct replay, encoding, "NAME",
             "how messages are written, for all links: auto, xml, ber1, ber2, ber3 (the phases of "
             "CSTA)",
             NULL),
    ROW_PORT(struct replay, input.options),
    ROW_TEXT(0, "monitored", struct replay, monitored, "LIST",
             "the devices with a monitor, for all links: 2001,2002, 2001-2099, @FILE", NULL),
    ROW_NUMBER(0, "workers", struct replay, workers, "N",
               "processes that judge, 1 to 64; same output for any", NULL, 1, WORKERS_MAX, NULL),
    ROW_NUMBER(0, "front-ends", struct replay, frontends, "N",
               "processes that read, 1 to 8, every N-th FILE each, at the same time; the files of "
               "a link must be one process's. Each link's results are in order, those of links "
               "mixed as they come",
               "1", 1, FRONTENDS_MAX, NULL),
    ROW_TEXT('o', "out", struct replay, out_file, "FILE",
             "results to FILE instead of standard output", NULL),
    ROW_CHOICE(0, "format", struct replay, format, "NAME", "jsonl, or text: a table to read",
               "jsonl", formats),
    ROW_FLAG(0, "unordered", struct replay, unordered,
             "results as they come, not in the order of the input"),
    ROW_TEXT(0, "name", struct replay, engine_name, "NAME",
             "name of the shared memory (replay-PID). A run with a name, --out and regular files "
             "that was killed is gone on with by the same command",
             NULL),
    ROW_FLAG(0, "fresh", struct replay, fresh,
             "begin again instead, and remove what is left under the name"),
    ROW_FLAG('q', "quiet", struct replay, quiet, "no summary"),
    ROW_FLAG(0, "json", struct replay, json, "the summary as one JSON object"),
};

static const struct option_table table = {
    .command = "replay",
    .above =
        "  onhook replay --monitored 2001,2002 monday.trace > monday.jsonl\n"
        "\n"
        "Reads recorded CSTA messages and says who hung up in every call: one line on standard\n"
        "output for each party and each call that ended, a summary on standard error.\n"
        "\n"
        "usage: onhook replay [options] FILE...        FILE may be - for standard input\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "What stands on the command line goes before what stands in the configuration.\n"
             "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration;\n"
             "3 done, but some messages could not be read.\n",
    .takes_words = true,
};

static int
read_words(struct replay *replay, const struct option_rest *rest)
{
    if (replay->engine_name != NULL && !segment_name_is_valid(replay->engine_name))
        return options_refuse(&table, "name", replay->engine_name,
                              "1 to 40 of A-Z a-z 0-9 . _ - are wanted");
    if (replay->monitored != NULL && replay->monitored[0] == '\0')
        return options_refuse(&table, "monitored", "", "a list of device numbers is wanted");
    replay->input.files = (const char *const *)rest->words;
    replay->input.file_count = (uint32_t)rest->count;
    if (rest->count == 0)
        return options_wrong(&table, "no FILE to read");
    if (replay->frontends > replay->input.file_count)
        return options_wrong(&table, "--front-ends: there are fewer FILEs than that");
    return EXIT_DONE;
}

/* ---- settings ------------------------------------------------------------------------------ */

/* One key of the command line: for links nobody declared, and for those of the file. */
static int
override_key(struct replay *replay, const char *key, const char *value)
{
    if (value == NULL)
        return EXIT_DONE;
    const char *why = settings_override(&replay->settings, key, value);
    if (why == NULL)
        return EXIT_DONE;
    return options_wrong(&table, "--%s", why);
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
        replay->settings.workers = (uint32_t)replay->workers;
    int result = override_key(replay, "profile", replay->profile);
    if (result == EXIT_DONE)
        result = override_key(replay, "encoding", replay->encoding);
    replay->input.options.encoding = replay->settings.defaults.encoding;
    if (result == EXIT_DONE)
        result = override_key(replay, "monitored", replay->monitored);
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
    struct replay replay = {.quiet = false};
    const struct option_rest rest = options_read(&table, &replay, argc, argv);
    if (rest.is_over)
        return rest.code;
    int code = read_words(&replay, &rest);
    if (code != EXIT_DONE)
        return code;
    code = run_replay(&replay);
    settings_free(&replay.settings);
    return code;
}
