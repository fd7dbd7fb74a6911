/*
 * onhook top - an engine on a full screen, live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tools/command.h"
#include "tools/inspect/look.h"
#include "tools/inspect/screen.h"
#include "tools/inspect/top_draw.h"

enum {
    SCROLL_PAGE = 10,
    KEY_ESCAPE = 27,
    KEY_RUBOUT = 127,
};

struct top_options {
    struct look look;
    bool once;
    uint32_t rows;
    uint32_t columns;
    struct top_look shown;
};

static void
print_help(void)
{
    fputs("example: onhook top\n"
          "\n"
          "usage: onhook top [options]\n"
          "\n"
          "An engine on a full screen: rates, live calls, who hangs up and why, rings, processes,\n"
          "releases as they happen, the busiest devices, counters, links, errors, memory. Keys are "
          "on the last line; ? is\n"
          "help. The engine does not notice.\n"
          "\n"
          "      --once              print one screen as text, after two looks at least\n"
          "                          2.1 seconds apart, and end\n"
          "      --page NAME         overview, rings, releases, devices, counters, links, errors,\n"
          "                          memory\n"
          "      --rows N            of --once; 24\n"
          "      --columns N         of --once; 80\n"
          "      --name NAME         which engine; alone it finds the one that runs\n"
          "      --dir FOLDER        look at copies of segments in FOLDER, not at /dev/shm\n"
          "      --every SECONDS     time between two looks; 1\n"
          "  -h, --help              this help\n"
          "\n"
          "Exit codes: 0 done; 1 no such engine, its segments cannot be read, or no terminal;\n"
          "2 wrong usage.\n",
          stdout);
}

/* ---- options ------------------------------------------------------------------------------- */

enum option_code {
    OPTION_ONCE = LOOK_OWN,
    OPTION_PAGE,
    OPTION_ROWS,
    OPTION_COLUMNS,
};

static int
take_size(uint32_t *size, const char *option, unsigned long most)
{
    char *end;
    unsigned long number = strtoul(optarg, &end, 10);
    if (*optarg < '0' || *optarg > '9' || *end != '\0' || number < 4 || number > most) {
        log_say("%s \"%s\": a number from 4 to %lu is wanted", option, optarg, most);
        return EXIT_WRONG_USAGE;
    }
    *size = (uint32_t)number;
    return EXIT_DONE;
}

static int
take_page(struct top_look *shown)
{
    for (unsigned i = 0; i < TOP_HELP; i++) {
        if (strcmp(top_page_name((enum top_page)i), optarg) == 0) {
            shown->page = (enum top_page)i;
            return EXIT_DONE;
        }
    }
    log_say("--page \"%s\": overview, rings, releases, devices, counters, links, errors or memory "
            "is wanted",
            optarg);
    return EXIT_WRONG_USAGE;
}

static int
take_option(struct top_options *options, int code)
{
    switch (code) {
    case OPTION_ONCE:
        options->once = true;
        return EXIT_DONE;
    case OPTION_PAGE:
        return take_page(&options->shown);
    case OPTION_ROWS:
        return take_size(&options->rows, "--rows", GRID_ROWS_MAX);
    case OPTION_COLUMNS:
        return take_size(&options->columns, "--columns", GRID_COLUMNS_MAX);
    default:
        return look_take_option(&options->look, code, optarg);
    }
}

static int
parse_options(struct top_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"name", required_argument, NULL, LOOK_NAME},
        {"dir", required_argument, NULL, LOOK_DIR},
        {"every", required_argument, NULL, LOOK_EVERY},
        {"help", no_argument, NULL, 'h'},
        {"once", no_argument, NULL, OPTION_ONCE},
        {"page", required_argument, NULL, OPTION_PAGE},
        {"rows", required_argument, NULL, OPTION_ROWS},
        {"columns", required_argument, NULL, OPTION_COLUMNS},
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
    log_say("\"%s\": nothing but options is wanted; see `onhook top --help`", argv[optind]);
    return EXIT_WRONG_USAGE;
}

/* ---- keys ---------------------------------------------------------------------------------- */

static void
type_filter(struct top_look *shown, int key)
{
    size_t length = strlen(shown->filter);
    if (key == '\n' || key == '\r') {
        shown->is_typing = false;
    } else if (key == KEY_ESCAPE) {
        shown->is_typing = false;
        shown->filter[0] = '\0';
    } else if ((key == '\b' || key == KEY_RUBOUT) && length > 0) {
        shown->filter[length - 1] = '\0';
    } else if (key >= ' ' && key <= '~' && length + 1 < sizeof shown->filter) {
        shown->filter[length] = (char)key;
        shown->filter[length + 1] = '\0';
    }
    shown->skipped = 0;
}

static void
turn_page(struct top_look *shown, int by)
{
    int pages = TOP_HELP; /* help is reached by its own key */
    int page = shown->page == TOP_HELP ? 0 : ((int)shown->page + by + pages) % pages;
    shown->page = (enum top_page)page;
    shown->skipped = 0;
}

static void
scroll_by(struct top_look *shown, int by)
{
    int64_t skipped = (int64_t)shown->skipped + by;
    shown->skipped = skipped < 0 ? 0 : (uint32_t)skipped;
}

/* False when it is time to leave. */
static bool
take_key(struct top_look *shown, int key)
{
    if (key == SCREEN_GONE)
        return false;
    if (shown->is_typing) {
        type_filter(shown, key);
        return true;
    }
    if (key >= '1' && key <= '8') {
        shown->page = (enum top_page)(key - '1');
        shown->skipped = 0;
    } else if (key == '\t' || key == SCREEN_RIGHT) {
        turn_page(shown, 1);
    } else if (key == SCREEN_LEFT) {
        turn_page(shown, -1);
    } else if (key == SCREEN_UP || key == SCREEN_PAGE_UP) {
        scroll_by(shown, key == SCREEN_UP ? -1 : -SCROLL_PAGE);
    } else if (key == SCREEN_DOWN || key == SCREEN_PAGE_DOWN) {
        scroll_by(shown, key == SCREEN_DOWN ? 1 : SCROLL_PAGE);
    } else if (key == '/') {
        shown->is_typing = true;
        shown->filter[0] = '\0';
    } else if (key == 's') {
        shown->sort = (enum top_sort)((shown->sort + 1) % TOP_SORTS);
    } else if (key == 'p') {
        shown->is_paused = !shown->is_paused;
    } else if (key == '?' || key == 'h') {
        shown->page = TOP_HELP;
    }
    return key != 'q';
}

/* ---- the screen ---------------------------------------------------------------------------- */

static struct grid grid;

static void
run_screen(struct top_model *model, struct top_options *options)
{
    struct top_look *shown = &options->shown;
    double every = options->look.every > 0 ? options->look.every : 1;
    int key;
    do {
        uint32_t rows;
        uint32_t columns;
        if (!shown->is_paused) {
            top_model_look(model);
        }
        do {
            screen_size(&rows, &columns);
            grid_clear(&grid, rows, columns);
            top_draw(&grid, model, shown);
            screen_show(&grid);
            key = screen_key((int)(every * 1000));
        } while (key != SCREEN_NONE && take_key(shown, key));
    } while (key == SCREEN_NONE);
}

static void
print_once(struct top_model *model, const struct top_options *options)
{
    double apart = (TOP_STALE_MS + 100) / 1000.0; /* or nothing could be found to stand still */
    top_model_look(model);
    look_nap(options->look.every > apart ? options->look.every : apart);
    top_model_look(model);
    grid_clear(&grid, options->rows, options->columns);
    top_draw(&grid, model, &options->shown);
    grid_print(&grid);
}

int
cmd_top(int argc, char **argv)
{
    static struct top_model model;
    static struct view view;
    struct top_options options = {.rows = 24, .columns = 80};
    int code = parse_options(&options, argc, argv);
    if (code != EXIT_DONE)
        return code;
    if (options.look.help) {
        print_help();
        return EXIT_DONE;
    }
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    top_model_open(&model, &view);
    if (options.once) {
        print_once(&model, &options);
    } else if (screen_open()) {
        look_before_refusal(screen_close);
        run_screen(&model, &options);
        look_before_refusal(NULL);
        screen_close();
    } else {
        log_say("top needs a terminal; --once prints one screen as text");
        code = EXIT_FAILED;
    }
    top_model_close(&model);
    return code;
}
