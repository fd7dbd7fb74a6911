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
    uint64_t rows;
    uint64_t columns;
    struct top_look shown;
};

static const struct option_row known[] = {
    ROW_FLAG(0, "once", struct top_options, once,
             "print one screen as text, after two looks at least 2.1 seconds apart, and end"),
    ROW_CHOICE(0, "page", struct top_options, shown.page, "NAME",
               "overview, rings, releases, devices, counters, links, errors, memory", "overview",
               top_page_names),
    ROW_NUMBER(0, "rows", struct top_options, rows, "N", "rows of --once", "24", 4, GRID_ROWS_MAX,
               NULL),
    ROW_NUMBER(0, "columns", struct top_options, columns, "N", "columns of --once", "80", 4,
               GRID_COLUMNS_MAX, NULL),
    LOOK_WHICH(struct top_options),
    ROW_DECIMAL(0, "every", struct top_options, look.every, "SECONDS", "time between two looks",
                "1", 0.01, 1000000, "seconds"),
};

static const struct option_table table = {
    .command = "top",
    .above = "  onhook top\n"
             "\n"
             "usage: onhook top [options]\n"
             "\n"
             "An engine on a full screen: rates, live calls, who hangs up and why, rings, "
             "processes,\n"
             "releases as they happen, the busiest devices, counters, links, errors, memory. Keys\n"
             "are on the last line; ? is help. The engine does not notice.\n"
             "\n",
    ROWS(known),
    .below = "\n"
             "Exit codes: 0 done; 1 no such engine, its segments cannot be read, or no terminal;\n"
             "2 wrong usage.\n",
};

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

/* Draws; what was scrolled too far is at its end. */
static void
show(const struct top_model *model, struct top_look *shown)
{
    uint32_t rows;
    uint32_t columns;
    screen_size(&rows, &columns);
    grid_clear(&grid, rows, columns);
    uint32_t most = top_draw(&grid, model, shown);
    if (shown->skipped > most) {
        shown->skipped = most;
        grid_clear(&grid, rows, columns);
        top_draw(&grid, model, shown);
    }
    screen_show(&grid);
}

/* Keys until the time of the next look, however many come; false when it is time to leave. */
static bool
take_keys(const struct top_model *model, struct top_look *shown, double next)
{
    for (;;) {
        show(model, shown);
        double left = next - look_seconds();
        int key = screen_key(left > 0 ? (int)(left * 1000 + 1) : 0);
        if (key != SCREEN_NONE && !take_key(shown, key))
            return false;
        if (look_seconds() >= next)
            return true;
    }
}

static void
run_screen(struct top_model *model, struct top_options *options)
{
    struct top_look *shown = &options->shown;
    double next;
    do {
        next = look_seconds() + options->look.every;
        if (!shown->is_paused)
            top_model_look(model);
    } while (take_keys(model, shown, next));
}

static void
print_once(struct top_model *model, const struct top_options *options)
{
    double apart = (TOP_STALE_MS + 100) / 1000.0; /* or nothing could be found to stand still */
    top_model_look(model);
    look_nap(options->look.every > apart ? options->look.every : apart);
    top_model_look(model);
    grid_clear(&grid, (uint32_t)options->rows, (uint32_t)options->columns);
    top_draw(&grid, model, &options->shown);
    grid_print(&grid);
}

int
cmd_top(int argc, char **argv)
{
    static struct top_model model;
    static struct view view;
    struct top_options options = {.once = false};
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    int code = EXIT_DONE;
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
