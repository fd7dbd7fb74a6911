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

struct calls_options {
    struct look look;
    struct calls_filter filter;
    bool one_worker;
    uint32_t worker;
    uint64_t limit; /* calls printed; 0: all */
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

static void
print_help(void)
{
    fputs(
        "example: onhook calls --device '20*' --older 600\n"
        "\n"
        "usage: onhook calls [options]\n"
        "\n"
        "Prints the calls that live in an engine: one that runs, one that hangs, or what a dead\n"
        "one left. Each is read from its worker's table as of the worker's last commit; one that\n"
        "changes whenever it is read is counted as torn. The engine does not notice.\n"
        "\n"
        "      --device GLOB       calls with such a device, now or before\n"
        "      --link GLOB         calls of such links\n"
        "      --worker N          calls of that worker\n"
        "      --state STATE       living, ended (remembered for late messages), requested (only\n"
        "                          asked for); or calls with a device that is initiated,\n"
        "                          alerting, connected, hold, queued or fail\n"
        "      --all               ended and requested calls too\n"
        "      --older SECONDS     that began so long ago or longer, by their link's own time\n"
        "      --younger SECONDS   that began not so long ago\n"
        "      --limit N           print no more than N\n" LOOK_HELP,
        stdout);
}

/* ---- options ------------------------------------------------------------------------------- */

enum option_code {
    OPTION_DEVICE = LOOK_OWN,
    OPTION_LINK,
    OPTION_WORKER,
    OPTION_STATE,
    OPTION_ALL,
    OPTION_OLDER,
    OPTION_YOUNGER,
    OPTION_LIMIT,
};

static int
take_state(struct calls_options *options)
{
    options->filter.state = optarg;
    if (calls_state_is_known(optarg))
        return EXIT_DONE;
    log_say("--state \"%s\": living, ended, requested, initiated, alerting, connected, hold, "
            "queued or fail is wanted",
            optarg);
    return EXIT_WRONG_USAGE;
}

static int
take_whole(const char *option, uint64_t least, uint64_t most, uint64_t *number)
{
    double value;
    if (look_take_number(&value, optarg, (double)least, (double)most) &&
        value == (double)(uint64_t)value) {
        *number = (uint64_t)value;
        return EXIT_DONE;
    }
    log_say("--%s \"%s\": a number from %" PRIu64 " to %" PRIu64 " is wanted", option, optarg,
            least, most);
    return EXIT_WRONG_USAGE;
}

static int
take_seconds(const char *option, double *seconds)
{
    if (look_take_number(seconds, optarg, 0.001, 1e9))
        return EXIT_DONE;
    log_say("--%s \"%s\": 0.001 to 1000000000 seconds are wanted", option, optarg);
    return EXIT_WRONG_USAGE;
}

static int
take_option(struct calls_options *options, int code)
{
    uint64_t worker = 0;
    int result;
    switch (code) {
    case OPTION_DEVICE:
        options->filter.device = optarg;
        return EXIT_DONE;
    case OPTION_LINK:
        options->filter.link = optarg;
        return EXIT_DONE;
    case OPTION_WORKER:
        result = take_whole("worker", 0, WORKERS_MAX - 1, &worker);
        options->one_worker = true;
        options->worker = (uint32_t)worker;
        return result;
    case OPTION_STATE:
        return take_state(options);
    case OPTION_ALL:
        options->filter.with_all = true;
        return EXIT_DONE;
    case OPTION_OLDER:
        return take_seconds("older", &options->filter.older_s);
    case OPTION_YOUNGER:
        return take_seconds("younger", &options->filter.younger_s);
    case OPTION_LIMIT:
        return take_whole("limit", 1, UINT64_C(1000000000), &options->limit);
    default:
        return look_take_option(&options->look, code, optarg);
    }
}

static int
parse_options(struct calls_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        LOOK_OPTIONS,
        {"device", required_argument, NULL, OPTION_DEVICE},
        {"link", required_argument, NULL, OPTION_LINK},
        {"worker", required_argument, NULL, OPTION_WORKER},
        {"state", required_argument, NULL, OPTION_STATE},
        {"all", no_argument, NULL, OPTION_ALL},
        {"older", required_argument, NULL, OPTION_OLDER},
        {"younger", required_argument, NULL, OPTION_YOUNGER},
        {"limit", required_argument, NULL, OPTION_LIMIT},
        {NULL, 0, NULL, 0},
    };
    int code;
    optind = 1;
    while ((code = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        int result = take_option(options, code);
        if (result != EXIT_DONE)
            return result;
    }
    if (optind == argc)
        return EXIT_DONE;
    log_say("\"%s\": nothing but options is wanted; see `onhook calls --help`", argv[optind]);
    return EXIT_WRONG_USAGE;
}

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
walk_table(const struct calls_options *options, struct view_calls *calls, uint32_t worker,
           struct calls_tally *tally)
{
    static struct view_call call; /* large */
    for (;;) {
        switch (view_calls_next(calls, &call)) {
        case VIEW_CALL_FOUND: {
            struct calls_entry entry = {&call, view_calls_link(calls, call.slot.link), worker};
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
        walk_table(options, &calls, worker, tally);
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
        if (!options->one_worker || options->worker == i % view->fixed.workers)
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
    struct calls_options options = {.limit = 0};
    int code = parse_options(&options, argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (options.look.help) {
        print_help();
        return EXIT_DONE;
    }
    static struct view view;
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    if (options.one_worker && options.worker >= view.fixed.workers) {
        log_say("engine %s has %u workers, numbered from 0", view.name,
                (unsigned)view.fixed.workers);
        code = EXIT_WRONG_USAGE;
    }
    unsigned long done = 0;
    if (code == EXIT_DONE) {
        do {
            code = look_once(&options, &view);
        } while (look_again(&options.look, &view, ++done));
    }
    view_close(&view);
    return code;
}
