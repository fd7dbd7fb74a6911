/*
 * onhook stat - the counters of an engine, from outside.
 */
#include <stdio.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/inspect/look.h"
#include "tools/inspect/stat_print.h"

struct stat_options {
    struct look look;
    bool rates;
    bool list;
    struct stat_request request;
};

static void
print_help(void)
{
    fputs("example: onhook stat --every 1 messages 'released_*'\n"
          "\n"
          "usage: onhook stat [options] [COUNTER...]\n"
          "\n"
          "Prints the counters of an engine: one that runs, one that hangs, or what a dead one\n"
          "left. The engine does not notice. COUNTER may have * and ?; without any, all that have\n"
          "counted something are printed.\n"
          "\n"
          "      --rates             what a second brings: two looks a second apart\n"
          "      --processes         each process on its own too\n"
          "      --all               counters that are 0 too\n"
          "      --csv               a row a counter\n"
          "      --list              what each counter counts, without an engine\n" LOOK_HELP,
          stdout);
}

enum option_code {
    OPTION_RATES = LOOK_OWN,
    OPTION_PROCESSES,
    OPTION_ALL,
    OPTION_CSV,
    OPTION_LIST,
};

static int
take_option(struct stat_options *options, int code)
{
    switch (code) {
    case OPTION_RATES:
        options->rates = true;
        return EXIT_DONE;
    case OPTION_PROCESSES:
        options->request.by_process = true;
        return EXIT_DONE;
    case OPTION_ALL:
        options->request.with_zeros = true;
        return EXIT_DONE;
    case OPTION_CSV:
        options->request.form = STAT_CSV;
        return EXIT_DONE;
    case OPTION_LIST:
        options->list = true;
        return EXIT_DONE;
    default:
        return look_take_option(&options->look, code, optarg);
    }
}

static int
parse_options(struct stat_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        LOOK_OPTIONS,
        {"rates", no_argument, NULL, OPTION_RATES},
        {"processes", no_argument, NULL, OPTION_PROCESSES},
        {"all", no_argument, NULL, OPTION_ALL},
        {"csv", no_argument, NULL, OPTION_CSV},
        {"list", no_argument, NULL, OPTION_LIST},
        {NULL, 0, NULL, 0},
    };
    int code;
    optind = 1;
    while ((code = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        int result = take_option(options, code);
        if (result != EXIT_DONE)
            return result;
    }
    if (options->look.json && options->request.form == STAT_CSV) {
        log_say("--csv or --json is wanted, not both");
        return EXIT_WRONG_USAGE;
    }
    if (options->look.json)
        options->request.form = STAT_JSON;
    options->request.patterns = argv + optind;
    options->request.pattern_count = argc - optind;
    return EXIT_DONE;
}

/* A word that is no counter's name is a slip, and silence would hide it. */
static int
check_patterns(const struct stat_request *request)
{
    for (int i = 0; i < request->pattern_count; i++) {
        const struct stat_request one = {.patterns = &request->patterns[i], .pattern_count = 1};
        unsigned which = 0;
        while (which < COUNTER_COUNT && !stat_wants(&one, (enum counter)which))
            which++;
        if (which < COUNTER_COUNT)
            continue;
        log_say("no counter is called %s; `onhook stat --list` lists them", request->patterns[i]);
        return EXIT_WRONG_USAGE;
    }
    return EXIT_DONE;
}

static void
print_samples(const struct stat_options *options, struct view *view)
{
    static struct stat_sample samples[2];
    struct stat_sample *sample = &samples[0];
    struct stat_sample *before = &samples[1];
    before->taken_ns = 0;
    if (options->rates) {
        stat_take(before, view);
        look_nap(options->look.every > 0 ? options->look.every : 1);
    }
    stat_begin(&options->request);
    uint64_t epoch = view->fixed.identity.epoch;
    unsigned long done = 0;
    do {
        if (view->fixed.identity.epoch != epoch)
            before->taken_ns = 0; /* another engine's numbers */
        epoch = view->fixed.identity.epoch;
        stat_take(sample, view);
        stat_print(&options->request, view, sample, before->taken_ns != 0 ? before : NULL);
        struct stat_sample *older = before;
        before = sample;
        sample = older;
    } while (look_again(&options->look, view, ++done));
}

int
cmd_stat(int argc, char **argv)
{
    struct stat_options options = {.rates = false};
    int code = parse_options(&options, argc, argv);
    if (code == EXIT_DONE && options.look.help) {
        print_help();
        return EXIT_DONE;
    }
    if (code == EXIT_DONE)
        code = check_patterns(&options.request);
    if (code != EXIT_DONE)
        return code;
    if (options.list) {
        stat_list(&options.request);
        return EXIT_DONE;
    }
    static struct view view;
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    print_samples(&options, &view);
    view_close(&view);
    return EXIT_DONE;
}
