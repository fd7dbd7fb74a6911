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
    bool csv;
    struct stat_request request;
};

static const struct option_row rows[] = {
    ROW_FLAG(0, "rates", struct stat_options, rates,
             "what a second brings: two looks a second apart"),
    ROW_FLAG(0, "processes", struct stat_options, request.by_process,
             "each process on its own too, as --json always has it"),
    ROW_FLAG(0, "all", struct stat_options, request.with_zeros, "counters that are 0 too"),
    ROW_FLAG(0, "csv", struct stat_options, csv, "a row a counter"),
    ROW_FLAG(0, "list", struct stat_options, list, "what each counter counts, without an engine"),
    LOOK_WHICH(struct stat_options),
    LOOK_OFTEN(struct stat_options),
};

static const struct option_table table = {
    .command = "stat",
    .above =
        "  onhook stat --every 1 messages 'released_*'\n"
        "\n"
        "usage: onhook stat [options] [COUNTER...]\n"
        "\n"
        "Prints the counters of an engine: one that runs, one that hangs, or what a dead one\n"
        "left. The engine does not notice. COUNTER may have * and ?; without any, all that have\n"
        "counted something are printed.\n"
        "\n",
    ROWS(rows),
    .below = LOOK_CODES,
    .takes_words = true,
};

/* A word that is no counter's name is a slip, and silence would hide it. */
static int
read_words(struct stat_options *options, const struct option_rest *rest)
{
    struct stat_request *request = &options->request;
    if (options->look.json && options->csv)
        return options_wrong(&table, "--csv or --json is wanted, not both");
    request->form = options->look.json ? STAT_JSON : options->csv ? STAT_CSV : STAT_TEXT;
    request->patterns = rest->words;
    request->pattern_count = rest->count;
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
    uint64_t done = 0;
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
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    int code = read_words(&options, &rest);
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
