#include "tools/inspect/top_draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/log.h"
#include "tools/inspect/look.h"
#include "tools/inspect/top_draw_parts.h"

const char *const top_page_names[TOP_HELP + 1] = {
    [TOP_OVERVIEW] = "overview",    [TOP_RINGS] = "rings",       [TOP_RELEASES] = "releases",
    [TOP_DEVICES_PAGE] = "devices", [TOP_COUNTERS] = "counters", [TOP_LINKS] = "links",
    [TOP_ERRORS] = "errors",        [TOP_MEMORY] = "memory",     [TOP_HELP] = NULL,
};

const char *
top_page_name(enum top_page page)
{
    return page < TOP_HELP ? top_page_names[page] : "help";
}

bool
top_passes(const struct top_look *look, const char *words)
{
    return look->filter[0] == '\0' || strcasestr(words, look->filter) != NULL;
}

/* ---- head and foot ------------------------------------------------------------------------- */

static void
draw_head(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    char time[JSON_TIME_SIZE];
    const struct stat_sample *now = top_model_now(model);
    grid_fill_row(grid, 0, GRID_TITLE);
    uint32_t at = grid_put(grid, 0, 0, GRID_TITLE, "onhook  %s", model->view.name);
    if (now == NULL)
        return;
    time_text(time, now->time_us);
    if (model->owner != 0)
        at = grid_put(grid, 0, at, GRID_TITLE, "  up %.0f s",
                      (double)(now->taken_ns - model->view.fixed.created_ns) / 1e9);
    else
        at = grid_put(grid, 0, at, GRID_ALARM, "  DEAD: nobody runs it");
    at = grid_put(grid, 0, at, GRID_TITLE, "  %s%s", top_page_name(look->page),
                  look->is_paused ? "  PAUSED" : "");
    if (grid->columns > at + 10)
        grid_put(grid, 0, grid->columns - 9, GRID_TITLE, "%.8s", time + 11);
}

static void
draw_foot(struct grid *grid, const struct top_look *look)
{
    if (grid->rows < TOP_BODY + 1)
        return;
    uint32_t row = grid->rows - 1;
    grid_fill_row(grid, row, GRID_TITLE);
    if (look->is_typing || look->filter[0] != '\0') {
        grid_put(grid, row, 0, GRID_TITLE, "filter: %s%s", look->filter,
                 look->is_typing ? "_  (Enter keeps it, Esc drops it)" : "  (/ changes it)");
        return;
    }
    grid_put(grid, row, 0, GRID_TITLE,
             "1 all 2 rings 3 releases 4 devices 5 counters 6 links 7 errors 8 memory /sp?q");
    if (grid->columns >= TOP_WIDE)
        grid_put(grid, row, 72, GRID_TITLE, "  / filter  s sort  p pause  ? help");
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* The last line of the screen is the foot. */
struct top_rows
top_rows_begin(const struct grid *grid, const struct top_look *look, uint32_t first)
{
    uint32_t end = grid->rows > 0 ? grid->rows - 1 : 0;
    return (struct top_rows){
        .first = first, .room = end > first ? end - first : 0, .skipped = look->skipped};
}

bool
top_rows_next(struct top_rows *rows, uint32_t *row)
{
    uint32_t number = rows->met++;
    if (number < rows->skipped || number - rows->skipped >= rows->room)
        return false;
    *row = rows->first + (number - rows->skipped);
    return true;
}

uint32_t
top_rows_most(const struct top_rows *rows)
{
    return rows->met > rows->room ? rows->met - rows->room : 0;
}

/* ---- releases ------------------------------------------------------------------------------ */

static enum grid_style
style_of(uint8_t releasing)
{
    return releasing == RELEASING_LOCAL    ? GRID_LOCAL
           : releasing == RELEASING_REMOTE ? GRID_REMOTE
                                           : GRID_PLAIN;
}

static void
cell(char out[TOP_CELL], const struct shm_outcome *outcome, enum outcome_text which)
{
    log_escape(out, TOP_CELL, outcome_text(outcome, which));
}

static bool
release_passes(const struct top_look *look, const struct shm_outcome *outcome)
{
    char words[TOP_CELL * 5];
    char cells[4][TOP_CELL];
    cell(cells[0], outcome, OUTCOME_TEXT_LINK);
    cell(cells[1], outcome, OUTCOME_TEXT_CALL_ID);
    cell(cells[2], outcome, OUTCOME_TEXT_PARTY);
    cell(cells[3], outcome, OUTCOME_TEXT_OTHER_DN);
    snprintf(words, sizeof words, "%s %s %s %s %s %s", cells[0], cells[1], cells[2], cells[3],
             reason_name(outcome->reason), releasing_party_name(outcome->releasing));
    return top_passes(look, words);
}

static void
draw_release(struct grid *grid, uint32_t row, const struct shm_outcome *outcome)
{
    char link[TOP_CELL];
    char call[TOP_CELL];
    char party[TOP_CELL];
    char other[TOP_CELL];
    char time[JSON_TIME_SIZE];
    cell(link, outcome, OUTCOME_TEXT_LINK);
    cell(call, outcome, OUTCOME_TEXT_CALL_ID);
    cell(party, outcome, OUTCOME_TEXT_PARTY);
    cell(other, outcome, OUTCOME_TEXT_OTHER_DN);
    time_text(time, outcome->time_us);
    bool has_time = (outcome->flags & OUTCOME_HAS_TIME) != 0;
    grid_put(grid, row, 0, GRID_DIM, "%-12.12s", has_time ? time + 11 : "");
    grid_put(grid, row, 13, GRID_PLAIN, "%-6.6s %-10.10s %-10.10s %-10.10s", link, call, party,
             other);
    grid_put(grid, row, 53, style_of(outcome->releasing), "%s",
             releasing_party_name(outcome->releasing));
    grid_put(grid, row, 63, GRID_PLAIN, "%s", reason_name(outcome->reason));
    if (grid->columns < TOP_WIDE)
        return;
    grid_put(grid, row, 80, GRID_PLAIN, "%s",
             outcome->event == OUTCOME_ABANDONED ? "abandoned" : "released");
    grid_put(grid, row, 91, GRID_DIM, "%-17s", evidence_name(outcome->evidence));
    const struct rule_row *rule = rule_row(outcome->rule);
    if (rule->kind != RULE_IS_NONE)
        grid_put(grid, row, 109, GRID_DIM, "%-3s %s", rule->section, rule->says);
}

static uint32_t
draw_releases(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    uint32_t row = TOP_BODY;
    if (grid->columns >= TOP_WIDE)
        grid_put(grid, row, 80, GRID_TITLE, "%-10s %-17s %s", "event", "evidence",
                 "rule of docs/attribution.md");
    grid_put(grid, row++, 0, GRID_TITLE, "%-12s %-6s %-10s %-10s %-10s %-9s %s", "time", "link",
             "call", "device", "other", "who", "reason");
    uint64_t kept = model->outcome_count < TOP_OUTCOMES ? model->outcome_count : TOP_OUTCOMES;
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (uint64_t i = 0; i < kept; i++) {
        uint64_t number = look->sort == TOP_SORT_MOST ? model->outcome_count - 1 - i
                                                      : model->outcome_count - kept + i;
        const struct shm_outcome *outcome = &model->outcomes[number % TOP_OUTCOMES];
        if (release_passes(look, outcome) && top_rows_next(&rows, &row))
            draw_release(grid, row, outcome);
    }
    if (kept == 0)
        grid_put(grid, row, 0, GRID_DIM, "nobody has hung up since we look");
    return top_rows_most(&rows);
}

/* ---- devices ------------------------------------------------------------------------------- */

static int
by_most(const void *left, const void *right)
{
    const struct top_device *one = *(const struct top_device *const *)left;
    const struct top_device *other = *(const struct top_device *const *)right;
    if (one->ended != other->ended)
        return one->ended < other->ended ? 1 : -1;
    return strcmp(one->name, other->name);
}

static int
by_name(const void *left, const void *right)
{
    const struct top_device *one = *(const struct top_device *const *)left;
    const struct top_device *other = *(const struct top_device *const *)right;
    return strcmp(one->name, other->name);
}

static void
draw_device(struct grid *grid, uint32_t row, const struct top_device *device)
{
    char name[TOP_CELL];
    log_escape(name, sizeof name, text_of(device->name));
    grid_put(grid, row, 0, GRID_PLAIN, "%-24.24s %10" PRIu64, name, device->ended);
    grid_put(grid, row, 35, GRID_LOCAL, " %10" PRIu64, device->by[RELEASING_LOCAL]);
    grid_put(grid, row, 46, GRID_REMOTE, " %10" PRIu64, device->by[RELEASING_REMOTE]);
    grid_put(grid, row, 57, GRID_PLAIN, " %10" PRIu64 " %10" PRIu64, device->by[RELEASING_UNKNOWN],
             device->abandoned);
}

static uint32_t
draw_devices(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    static const struct top_device *sorted[TOP_DEVICES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < TOP_DEVICES; i++)
        if (model->devices[i].name[0] != '\0' && top_passes(look, model->devices[i].name))
            sorted[count++] = &model->devices[i];
    qsort(sorted, count, sizeof *sorted, look->sort == TOP_SORT_NAME ? by_name : by_most);
    uint32_t row = TOP_BODY;
    grid_put(grid, row++, 0, GRID_TITLE, "%-24s %10s %10s %10s %10s %10s", "device", "ended",
             "1 Local", "2 Remote", "3 Unknown", "abandoned");
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (uint32_t i = 0; i < count; i++)
        if (top_rows_next(&rows, &row))
            draw_device(grid, row, sorted[i]);
    if (model->devices_refused != 0 && top_rows_next(&rows, &row))
        grid_put(grid, row, 0, GRID_DIM, "and %" PRIu64 " of more devices than are kept",
                 model->devices_refused);
    return top_rows_most(&rows);
}

/* ---- counters, help ------------------------------------------------------------------------ */

static uint32_t
draw_counters(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    uint32_t row = TOP_BODY;
    grid_put(grid, row++, 0, GRID_TITLE, "%-22s %16s %14s  %s", "counter", "value", "a second",
             "what it counts");
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter which = (enum counter)i;
        char number[LOOK_NUMBER_SIZE];
        char rate[LOOK_NUMBER_SIZE];
        uint64_t value = top_model_total(model, which);
        if (value == 0 || !top_passes(look, counter_name(which)) || !top_rows_next(&rows, &row))
            continue;
        grid_put(grid, row, 0, GRID_PLAIN, "%-22s %16s %14s  %s", counter_name(which),
                 look_grouped(number, value), look_rate(rate, top_model_rate(model, which)),
                 counter_meaning(which));
    }
    return top_rows_most(&rows);
}

static uint32_t
draw_help(struct grid *grid, const struct top_look *look)
{
    static const char *const lines[] = {
        "1 overview   rates, live calls, who hung up and why, what needs a look",
        "2 rings      processes: how busy, how long since the last step, how far; STALE:",
        "             it has work and has not moved for two seconds, or has none and has",
        "             not looked for any; DEAD: its process is gone. Rings: how full they",
        "             are, and how full they were seen",
        "3 releases   who hung up, as it happens; a part of it when it happens fast",
        "4 devices    whose conversations ended most since this screen was opened",
        "5 counters   everything that is counted",
        "6 links      each link's state, its messages, when the last one came",
        "7 errors     each kind of them: how often, first and last seen by this screen",
        "8 memory     the segments, what they take and what they may take",
        "",
        "Tab, arrows  next page; scroll          /   only rows with these letters",
        "s            sort another way           p   stop and go on looking",
        "q            leave                      ?   this page",
        "",
        "1 Local: the device itself hung up. 2 Remote: somebody else did. 3 Unknown: the",
        "switch did not say, and nothing else proves it.",
    };
    uint32_t row;
    struct top_rows rows = top_rows_begin(grid, look, TOP_BODY);
    for (uint32_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (top_rows_next(&rows, &row))
            grid_put(grid, row, 0, GRID_PLAIN, "%s", lines[i]);
    return top_rows_most(&rows);
}

static uint32_t
draw_page(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    switch (look->page) {
    case TOP_OVERVIEW:
        return top_draw_overview(grid, model, look);
    case TOP_RINGS:
        return top_draw_rings(grid, model, look);
    case TOP_RELEASES:
        return draw_releases(grid, model, look);
    case TOP_DEVICES_PAGE:
        return draw_devices(grid, model, look);
    case TOP_COUNTERS:
        return draw_counters(grid, model, look);
    case TOP_LINKS:
        return top_draw_links(grid, model, look);
    case TOP_ERRORS:
        return top_draw_errors(grid, model, look);
    case TOP_MEMORY:
        return top_draw_memory(grid, model, look);
    case TOP_HELP:
    case TOP_PAGES:
        break;
    }
    return draw_help(grid, look);
}

uint32_t
top_draw(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    uint32_t most = draw_page(grid, model, look);
    draw_head(grid, model, look);
    top_draw_alarms_line(grid, 1, model);
    draw_foot(grid, look);
    return most;
}
