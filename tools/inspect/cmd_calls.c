/*
 * onhook calls - the calls an engine knows at this moment, from its workers' tables.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/log.h"
#include "tools/command.h"
#include "tools/inspect/calls_print.h"
#include "tools/inspect/look.h"

#define ALL_WORKERS UINT64_MAX

struct calls_options {
    struct look look;
    struct calls_filter filter;
    uint64_t worker; /* ALL_WORKERS: any */
    uint64_t limit;  /* calls printed; 0: all */
};

/* What a look came upon. */
struct calls_tally {
    uint64_t read;
    uint64_t matching;
    uint64_t shown;
    uint64_t torn;
    uint64_t unsound;
    uint64_t tables_missing;
};

/* ---- options ------------------------------------------------------------------------------- */

static const char *
take_state(void *place, const char *value)
{
    if (!calls_state_is_known(value))
        return "living, ended, requested, initiated, alerting, connected, hold, queued or fail is "
               "wanted";
    *(const char **)place = value;
    return NULL;
}

static const struct option_row rows[] = {
    ROW_TEXT(0, "device", struct calls_options, filter.device, "GLOB",
             "calls with such a device, now or before", NULL),
    ROW_TEXT(0, "link", struct calls_options, filter.link, "GLOB", "calls of such links", NULL),
    ROW_NUMBER(0, "worker", struct calls_options, worker, "N", "calls of that worker", NULL, 0,
               WORKERS_MAX - 1, NULL),
    ROW_OTHER(0, "state", struct calls_options, filter.state, "STATE",
              "living, ended (remembered for late messages), requested (only asked for); or calls "
              "with a device that is initiated, alerting, connected, hold, queued or fail",
              NULL, take_state),
    ROW_FLAG(0, "all", struct calls_options, filter.with_all, "ended and requested calls too"),
    ROW_DECIMAL(0, "older", struct calls_options, filter.older_s, "SECONDS",
                "that began so long ago or longer, by their link's own time", NULL, 0.001,
                1000000000, "seconds"),
    ROW_DECIMAL(0, "younger", struct calls_options, filter.younger_s, "SECONDS",
                "that began not so long ago", NULL, 0.001, 1000000000, "seconds"),
    ROW_NUMBER(0, "limit", struct calls_options, limit, "N", "print no more than N", NULL, 1,
               1000000000, NULL),
    LOOK_WHICH(struct calls_options),
    LOOK_OFTEN(struct calls_options),
};

static const struct option_table table = {
    .command = "calls",
    .above =
        "  onhook calls --device '20*' --older 600\n"
        "\n"
        "usage: onhook calls [options]\n"
        "\n"
        "Prints the calls that live in an engine: one that runs, one that hangs, or what a dead\n"
        "one left. Each is read from its worker's table as of the worker's last commit; one that\n"
        "changes whenever it is read is counted as torn. The engine does not notice.\n"
        "\n",
    ROWS(rows),
    .below = LOOK_CODES,
};

/* ---- a look -------------------------------------------------------------------------------- */

static void
print_call(const struct calls_options *options, const struct calls_entry *entry,
           struct calls_tally *tally)
{
    tally->matching++;
    if (options->limit != 0 && tally->shown == options->limit)
        return;
    if (options->look.json) {
        fputs(tally->shown > 0 ? "," : "", stdout);
        calls_print_json(entry);
    } else {
        calls_print_text(entry);
    }
    tally->shown++;
}

static void
walk_table(const struct calls_options *options, const struct view *view, struct view_calls *calls,
           uint32_t channel, struct calls_tally *tally)
{
    static struct view_call call; /* large */
    for (;;) {
        switch (view_calls_next(calls, &call)) {
        case VIEW_CALL_FOUND: {
            struct calls_entry entry = {&call, view_calls_link(calls, call.slot.link),
                                        channel / view->fixed.workers,
                                        channel % view->fixed.workers};
            tally->read++;
            if (calls_wants(&options->filter, &entry))
                print_call(options, &entry, tally);
            break;
        }
        case VIEW_CALL_TORN:
            tally->torn++;
            break;
        case VIEW_CALL_UNSOUND:
            tally->unsound++;
            break;
        case VIEW_CALLS_END:
            return;
        }
    }
}

static void
walk_channel(const struct calls_options *options, const struct view *view, uint32_t channel,
             struct calls_tally *tally)
{
    uint32_t worker = channel % view->fixed.workers;
    static struct view_calls calls; /* large */
    char why[VIEW_WHY];
    if (view_calls_open(&calls, view, channel, why)) {
        walk_table(options, view, &calls, channel, tally);
        if (!calls.has_undo && calls.head.slots_used > 0)
            log_say("the journal of worker %u cannot be used: what it had half done is shown so",
                    (unsigned)worker);
    } else {
        log_say("%s", why);
        tally->tables_missing++;
    }
    view_calls_close(&calls);
}

static void
print_tally(const struct calls_tally *tally)
{
    printf("  %" PRIu64 " of %" PRIu64 " calls", tally->matching, tally->read);
    if (tally->shown < tally->matching)
        printf("; %" PRIu64 " are shown", tally->shown);
    if (tally->torn > 0)
        printf("; %" PRIu64 " changed whenever they were read", tally->torn);
    if (tally->unsound > 0)
        printf("; %" PRIu64 " are damaged", tally->unsound);
    printf("\n\n");
}

static void
json_tally(const struct calls_tally *tally)
{
    printf("],\"Read\":%" PRIu64 ",\"Matching\":%" PRIu64 ",\"Shown\":%" PRIu64 ",\"Torn\":%" PRIu64
           ",\"Damaged\":%" PRIu64 ",\"TablesMissing\":%" PRIu64 "}\n",
           tally->read, tally->matching, tally->shown, tally->torn, tally->unsound,
           tally->tables_missing);
}

static int
look_once(const struct calls_options *options, const struct view *view)
{
    struct calls_tally tally = {0};
    if (options->look.json) {
        printf("{\"Version\":%d,\"Engine\":\"%s\",\"Owner\":%" PRIu32 ",\"Calls\":[", CALLS_VERSION,
               view->name, view_owner(view));
    } else {
        look_print_head(view);
        calls_print_head();
    }
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (options->worker == ALL_WORKERS || options->worker == i % view->fixed.workers)
            walk_channel(options, view, i, &tally);
    if (options->look.json)
        json_tally(&tally);
    else
        print_tally(&tally);
    fflush(stdout);
    return tally.tables_missing > 0 ? EXIT_FAILED : EXIT_DONE;
}

int
cmd_calls(int argc, char **argv)
{
    struct calls_options options = {.worker = ALL_WORKERS};
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    static struct view view;
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    int code = EXIT_DONE;
    if (options.worker != ALL_WORKERS && options.worker >= view.fixed.workers) {
        log_say("engine %s has %u workers, numbered from 0", view.name,
                (unsigned)view.fixed.workers);
        code = EXIT_WRONG_USAGE;
    }
    uint64_t done = 0;
    if (code == EXIT_DONE) {
        do {
            code = look_once(&options, &view);
        } while (look_again(&options.look, &view, ++done));
    }
    view_close(&view);
    return code;
}
