/*
 * tools/explain/cmd_explain.c - `onhook explain`: one call, message by message, and why.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/explain/past.h"
#include "tools/explain/paper.h"
#include "tools/explain/rerun.h"
#include "tools/inspect/look.h"
#include "tools/options.h"
#include "tools/port_row.h"

enum {
    SHOWN_SIZE = 256, /* of a word of the command line in a message */
};

struct explain {
    const char *config_file;
    const char *profile; /* NULL: not said; likewise below */
    const char *encoding;
    const char *monitored;
    const char *link;
    const char *wanted;
    struct look look; /* without a FILE: which engine */
    bool mermaid;     /* instead of the ladder; likewise */
    bool json;
    bool raw;
    struct settings settings;
    struct frontend_input input;
    struct flow_search search;
    struct flow_set set;
};

/* ---- the command line ---------------------------------------------------------------------- */

static const struct option_row rows[] = {
    ROW_TEXT('c', "config", struct explain, config_file, "FILE",
             "links, aliases and limits (see onhook.ini.example)", NULL),
    ROW_TEXT(0, "profile", struct explain, profile, "NAME",
             "the family of the switch, for all links", NULL),
    ROW_TEXT(0, "encoding", struct explain, encoding, "NAME",
             "how messages are written: auto, xml, ber1, ber2, ber3", NULL),
    ROW_PORT(struct explain, input.options),
    ROW_TEXT(0, "monitored", struct explain, monitored, "LIST",
             "the devices with a monitor: 2001,2002, 2001-2099, @FILE", NULL),
    ROW_TEXT(0, "link", struct explain, link, "NAME", "only calls of this link", NULL),
    LOOK_WHICH(struct explain),
    ROW_FLAG(0, "raw", struct explain, raw, "of a FILE: the messages' bytes, too"),
    ROW_FLAG(0, "mermaid", struct explain, mermaid, "a Mermaid sequenceDiagram"),
    ROW_FLAG(0, "json", struct explain, json,
             "one JSON object a line; its Version says which shape it has"),
};

static const struct option_table table = {
    .command = "explain",
    .above =
        "  onhook explain 4711 monday.trace\n"
        "\n"
        "Shows one call, recorded or of an engine, as a ladder: a column a party, a line a\n"
        "message, copies of other monitors in one line; then who hung up, by which rule of\n"
        "docs/attribution.md, what was found, and what would have made an unknown certain.\n"
        "Calls it was joined to by consultation, conference or transfer are shown with it.\n"
        "\n"
        "usage: onhook explain [options] CALLID FILE...\n"
        "       onhook explain [--name NAME] [options] CALLID\n"
        "\n"
        "Without a FILE: a call that lives in an engine or ended in it lately, as far back as\n"
        "its workers' histories go (history-slots). The engine may run, hang or be dead.\n"
        "\n"
        "CALLID is the switch's own, or a ConnID of 16 hex digits. Of a callID that was used\n"
        "again all calls are shown. FILE may be - for standard input.\n"
        "\n",
    ROWS(rows),
    .below = "\n"
             "Exit codes: 0 done; 1 there is no such call, or the input cannot be read; 2 wrong\n"
             "usage or configuration; 3 done, but some messages could not be read.\n",
    .takes_words = true,
};

static int
read_words(struct explain *explain, const struct option_rest *rest)
{
    bool has_port = explain->input.options.port_count > 0;
    if (explain->json && explain->mermaid)
        return options_wrong(&table, "--mermaid or --json is wanted, not both");
    if (rest->count == 0)
        return options_wrong(&table, "a CALLID is wanted");
    if (rest->count > 1 && (explain->look.name != NULL || explain->look.folder != NULL))
        return options_wrong(&table, "an engine or a FILE is wanted, not both");
    if (rest->count == 1 && (explain->config_file != NULL || explain->profile != NULL ||
                             explain->encoding != NULL || explain->monitored != NULL || has_port))
        return options_wrong(&table, "an engine has judged already: --config, --profile, "
                                     "--encoding, --port and --monitored want a FILE");
    if (rest->count == 1 && explain->raw)
        return options_wrong(&table, "an engine keeps no messages' bytes: --raw wants a FILE");
    explain->wanted = rest->words[0];
    explain->input.files = (const char *const *)(rest->words + 1);
    explain->input.file_count = (uint32_t)rest->count - 1;
    return EXIT_DONE;
}

static int
override_key(struct explain *explain, const char *key, const char *value)
{
    const char *why = value == NULL ? NULL : settings_override(&explain->settings, key, value);
    return why == NULL ? EXIT_DONE : options_wrong(&table, "--%s", why);
}

static int
read_settings(struct explain *explain)
{
    settings_default(&explain->settings);
    if (explain->config_file != NULL && settings_read(&explain->settings, explain->config_file) > 0)
        return EXIT_WRONG_USAGE; /* each mistake was named */
    int result = override_key(explain, "profile", explain->profile);
    if (result == EXIT_DONE)
        result = override_key(explain, "encoding", explain->encoding);
    explain->input.options.encoding = explain->settings.defaults.encoding;
    if (result == EXIT_DONE)
        result = override_key(explain, "monitored", explain->monitored);
    return result;
}

/* ---- inputs -------------------------------------------------------------------------------- */

static int
cannot_read(const char *file, const char *why)
{
    char shown[SHOWN_SIZE];
    log_say("cannot read %s: %s", log_escape(shown, sizeof shown, text_of(file)), why);
    return EXIT_FAILED;
}

/* Each input is gone through more than once. */
static int
look_at_inputs(const struct explain *explain)
{
    for (uint32_t i = 0; i < explain->input.file_count; i++) {
        const char *file = explain->input.files[i];
        struct stat status;
        if (strcmp(file, "-") == 0) {
            if (!rerun_keep_standard_input())
                return cannot_read("standard input", strerror(errno));
            continue;
        }
        if (stat(file, &status) != 0 || access(file, R_OK) != 0)
            return cannot_read(file, strerror(errno));
        if (!S_ISREG(status.st_mode))
            return cannot_read(file, "it is no file; what comes through a pipe is read as -");
    }
    return EXIT_DONE;
}

/* ---- the runs ------------------------------------------------------------------------------ */

static void
search_entry(void *context, const struct flow_entry *entry)
{
    struct explain *explain = context;
    flow_search_take(&explain->search, entry);
}

static void
gather_entry(void *context, const struct flow_entry *entry)
{
    struct explain *explain = context;
    flows_take(&explain->set, entry);
}

static void
gather_raw(void *context, uint64_t order, const char *bytes, uint32_t size)
{
    struct explain *explain = context;
    for (uint32_t i = 0; i < explain->set.count; i++) {
        uint32_t *length;
        char **place = flow_raw_place(&explain->set.flows[i], order, &length);
        if (place == NULL || *place != NULL)
            continue;
        *place = malloc((size_t)size + 1);
        *length = *place == NULL ? 0 : size;
        if (*place != NULL)
            memcpy(*place, bytes, size);
    }
}

static int
compare_orders(const void *left, const void *right)
{
    const uint64_t *first = left;
    const uint64_t *second = right;
    return (*first > *second) - (*first < *second);
}

static uint64_t *
orders_of(const struct explain *explain, uint32_t *count)
{
    uint64_t *orders = NULL;
    *count = 0;
    for (uint32_t i = 0; i < explain->set.count; i++) {
        for (uint32_t each = 0; each < explain->set.flows[i].moment_count; each++) {
            const struct flow_moment *moment = &explain->set.flows[i].moments[each];
            orders = flow_grow(orders, *count, sizeof *orders);
            orders[(*count)++] = moment->order;
            for (uint32_t copy = 0; copy < moment->copy_count; copy++) {
                orders = flow_grow(orders, *count, sizeof *orders);
                orders[(*count)++] = moment->copies[copy].order;
            }
        }
    }
    if (*count > 0)
        qsort(orders, *count, sizeof *orders, compare_orders);
    return orders;
}

static int
read_raw(struct explain *explain, struct rerun *again)
{
    if (!explain->raw)
        return EXIT_DONE;
    uint64_t *orders = orders_of(explain, &again->order_count);
    again->orders = orders;
    again->take = NULL;
    again->take_raw = gather_raw;
    int code = rerun(again);
    free(orders);
    return code;
}

static int
not_there(const struct explain *explain)
{
    char shown[SHOWN_SIZE];
    char some[FLOW_SEEN_MAX * (FLOW_NAME + 2)] = "";
    const struct flow_search *search = &explain->search;
    for (uint32_t i = 0; i < search->seen_count; i++) {
        size_t used = strlen(some);
        snprintf(some + used, sizeof some - used, "%s%s", i == 0 ? "" : ", ", search->seen[i]);
    }
    log_say("there is no call %s%s%s", log_escape(shown, sizeof shown, text_of(explain->wanted)),
            search->seen_count == 0 ? " here, nor any other" : "; there are, for example, ", some);
    return EXIT_FAILED;
}

static void
print_flows(const struct explain *explain)
{
    const struct paper paper = {stdout, explain->raw};
    for (uint32_t i = 0; i < explain->set.count; i++) {
        if (i > 0 && !explain->json)
            fputc('\n', stdout);
        if (explain->json)
            paper_json(&paper, &explain->set.flows[i]);
        else if (explain->mermaid)
            paper_mermaid(&paper, &explain->set.flows[i]);
        else
            paper_ladder(&paper, &explain->set.flows[i]);
    }
}

static int
explain_inputs(struct explain *explain)
{
    struct rerun again = {.settings = &explain->settings,
                          .input = explain->input,
                          .take = search_entry,
                          .context = explain};
    flow_search_begin(&explain->search, explain->wanted, explain->link);
    int code = rerun(&again);
    if (code != EXIT_DONE)
        return code;
    if (explain->search.found_count == 0)
        return not_there(explain);
    flows_make(&explain->set, &explain->search);
    again.take = gather_entry;
    again.silent = true;
    code = rerun(&again);
    for (uint32_t i = 0; i < explain->set.count; i++)
        flow_end(&explain->set.flows[i]);
    if (code == EXIT_DONE)
        code = read_raw(explain, &again);
    if (code != EXIT_DONE)
        return code;
    print_flows(explain);
    return again.unreadable > 0 ? EXIT_UNREADABLE : EXIT_DONE;
}

static int
explain_engine(struct explain *explain)
{
    struct view view;
    struct past past;
    char why[VIEW_WHY];
    if (!look_open(&explain->look, &view))
        return EXIT_FAILED;
    int code = EXIT_DONE;
    flow_search_begin(&explain->search, explain->wanted, explain->link);
    if (!past_open(&past, &view, why)) {
        log_say("%s", why);
        code = EXIT_FAILED;
    } else {
        past_tell(&past, search_entry, explain);
        if (explain->search.found_count == 0)
            code = not_there(explain);
    }
    if (code == EXIT_DONE) {
        flows_make(&explain->set, &explain->search);
        past_tell(&past, gather_entry, explain);
        for (uint32_t i = 0; i < explain->set.count; i++)
            flow_end(&explain->set.flows[i]);
        for (uint32_t i = 0; past.has_lost && i < explain->set.count; i++)
            flow_find_beginning(&explain->set.flows[i]);
        print_flows(explain);
    }
    past_close(&past);
    view_close(&view);
    return code;
}

static int
explain_files(struct explain *explain)
{
    int code = read_settings(explain);
    if (code == EXIT_DONE)
        code = look_at_inputs(explain);
    if (code == EXIT_DONE)
        code = explain_inputs(explain);
    settings_free(&explain->settings);
    return code;
}

int
cmd_explain(int argc, char **argv)
{
    struct explain explain = {.raw = false};
    const struct option_rest rest = options_read(&table, &explain, argc, argv);
    if (rest.is_over)
        return rest.code;
    int code = read_words(&explain, &rest);
    if (code != EXIT_DONE)
        return code;
    code = explain.input.file_count > 0 ? explain_files(&explain) : explain_engine(&explain);
    flow_search_end(&explain.search);
    flows_free(&explain.set);
    return code;
}
