/*
 * onhook dump - segments of an engine field by field, what its processes had in hand, and the
 * layout of all of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/inspect/dump_walk.h"
#include "tools/inspect/look.h"

struct dump_options {
    struct look look;
    bool layout;
    bool markdown;
    bool all;
    char *const *names;
    int name_count;
};

static const struct option_row rows[] = {
    ROW_FLAG(0, "all", struct dump_options, all, "free slots too"),
    ROW_FLAG(0, "layout", struct dump_options, layout,
             "the layout of shared memory itself, without an engine"),
    ROW_FLAG(0, "markdown", struct dump_options, markdown, "the same as docs/shared-memory.md"),
    LOOK_WHICH(struct dump_options),
    LOOK_OFTEN(struct dump_options),
};

static const struct option_table table = {
    .command = "dump",
    .above =
        "  onhook dump result journal-0\n"
        "\n"
        "usage: onhook dump [options] [SEGMENT...]\n"
        "       onhook dump --layout [--markdown | --json]\n"
        "\n"
        "Prints segments of an engine field by field, each with its offset in the file: of one\n"
        "that runs, one that hangs, or what a killed one left. SEGMENT is what the file's name\n"
        "ends in, as control, ring-0, calls-1, result; or all. Without any, says which there are,\n"
        "and what each process has in hand: its transaction, its claims in the result ring.\n"
        "\n",
    ROWS(rows),
    .below = LOOK_CODES,
    .takes_words = true,
};

static int
read_words(struct dump_options *options, const struct option_rest *rest)
{
    options->names = rest->words;
    options->name_count = rest->count;
    if (options->layout && (rest->count > 0 || (options->markdown && options->look.json)))
        return options_wrong(&table, "--layout goes with nothing but --markdown or --json");
    if (options->markdown && !options->layout)
        return options_wrong(&table, "--markdown goes with --layout");
    return EXIT_DONE;
}

/* ---- which segments ------------------------------------------------------------------------ */

static void
print_segment_line(const struct view *view, const char *suffix)
{
    struct dump dump = {.view = view, .suffix = suffix};
    char number[LOOK_NUMBER_SIZE];
    char resident[LOOK_NUMBER_SIZE];
    if (view_file_open_name(&dump.file, view, suffix))
        printf("  %-14s %18s %18s\n", suffix, look_grouped(number, dump.file.size),
               look_grouped(resident, view_file_resident(&dump.file)));
    else
        printf("  %-14s %s\n", suffix, strerror(errno));
    view_file_close(&dump.file);
}

static void
json_segment_line(const struct view *view, const char *suffix)
{
    struct view_file file;
    if (view_file_open_name(&file, view, suffix))
        printf("{\"Version\":%d,\"Segment\":\"%s\",\"Bytes\":%" PRIu64 ",\"Resident\":%" PRIu64
               "}\n",
               DUMP_VERSION, suffix, file.size, view_file_resident(&file));
    view_file_close(&file);
}

static void
list_segments(const struct view *view, char names[VIEW_FILES_MAX][VIEW_SUFFIX_SIZE], uint32_t count,
              bool json)
{
    if (!json)
        printf("  %-14s %18s %18s\n", "segment", "bytes", "in memory");
    for (uint32_t i = 0; i < count; i++) {
        if (json)
            json_segment_line(view, names[i]);
        else
            print_segment_line(view, names[i]);
    }
    if (!json)
        printf("\n");
}

/* ---- dumps --------------------------------------------------------------------------------- */

static int
dump_one(const struct dump_options *options, const struct view *view, const char *suffix)
{
    struct dump dump = {
        .view = view, .suffix = suffix, .json = options->look.json, .all = options->all};
    char why[VIEW_WHY];
    bool is_sound = false;
    if (view_file_open_name(&dump.file, view, suffix)) {
        if (!options->look.json)
            printf("%s  %" PRIu64 " bytes\n", dump.file.path, dump.file.size);
        is_sound = dump_walk(&dump, why);
        if (!options->look.json)
            printf("\n");
    } else {
        snprintf(why, sizeof why, "no segment %s of engine %s: %s", suffix, view->name,
                 strerror(errno));
    }
    view_file_close(&dump.file);
    if (is_sound)
        return EXIT_DONE;
    log_say("%s", why);
    return EXIT_FAILED;
}

static int
look_once(const struct dump_options *options, const struct view *view)
{
    static char names[VIEW_FILES_MAX][VIEW_SUFFIX_SIZE];
    uint32_t count = view_file_names(view, names);
    if (count > VIEW_FILES_MAX)
        count = VIEW_FILES_MAX;
    bool wants_all = options->name_count == 1 && strcmp(options->names[0], "all") == 0;
    int code = EXIT_DONE;
    if (options->name_count == 0 || wants_all) {
        if (!options->look.json)
            look_print_head(view);
        list_segments(view, names, count, options->look.json);
        dump_held(view, options->look.json);
    }
    for (uint32_t i = 0; wants_all && i < count; i++)
        if (dump_one(options, view, names[i]) != EXIT_DONE)
            code = EXIT_FAILED;
    for (int i = 0; !wants_all && i < options->name_count; i++)
        if (dump_one(options, view, options->names[i]) != EXIT_DONE)
            code = EXIT_FAILED;
    fflush(stdout);
    return code;
}

int
cmd_dump(int argc, char **argv)
{
    struct dump_options options = {.layout = false};
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    int code = read_words(&options, &rest);
    if (code != EXIT_DONE)
        return code;
    if (options.layout) {
        dump_layout(options.markdown    ? DUMP_LAYOUT_MARKDOWN
                    : options.look.json ? DUMP_LAYOUT_JSON
                                        : DUMP_LAYOUT_TEXT);
        return EXIT_DONE;
    }
    static struct view view;
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    uint64_t done = 0;
    do {
        code = look_once(&options, &view);
    } while (look_again(&options.look, &view, ++done));
    view_close(&view);
    return code;
}
