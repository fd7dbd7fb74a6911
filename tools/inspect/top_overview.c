/*
 * top_overview.c - the first page of `onhook top`: rates, who hung up and why, what is wrong; and
 * the line of alarms that stands on every page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "tools/inspect/look.h"
#include "tools/inspect/top_draw_parts.h"

enum {
    STATE_SIZE = 24,
};

/* ---- rates --------------------------------------------------------------------------------- */

/* A minute of a rate, the newest on the right, in eight steps of ASCII. */
static void
draw_history(struct grid *grid, uint32_t row, uint32_t column, const struct top_model *model,
             const double history[TOP_HISTORY])
{
    static const char steps[] = " .:-=+*#";
    double most = 0;
    uint64_t count = model->looks < TOP_HISTORY ? model->looks : TOP_HISTORY;
    for (uint64_t i = 0; i < count; i++)
        most = history[(model->looks - i) % TOP_HISTORY] > most
                   ? history[(model->looks - i) % TOP_HISTORY]
                   : most;
    for (uint64_t i = count; i-- > 0;) {
        double share = most > 0 ? history[(model->looks - i) % TOP_HISTORY] / most : 0;
        size_t step = (size_t)(share * (sizeof steps - 2) + 0.999);
        column = grid_put(grid, row, column, GRID_DIM, "%c",
                          steps[step < sizeof steps - 1 ? step : sizeof steps - 2]);
    }
}

static void
draw_rate(struct grid *grid, struct top_rows *rows, const struct top_model *model,
          const char *words, enum counter which, const double *history)
{
    char number[LOOK_NUMBER_SIZE];
    char rate[LOOK_NUMBER_SIZE];
    uint32_t row;
    if (!top_rows_next(rows, &row))
        return;
    grid_put(grid, row, 0, GRID_DIM, "%-12s", words);
    grid_put(grid, row, 12, GRID_PLAIN, "%16s",
             look_grouped(number, top_model_total(model, which)));
    grid_put(grid, row, 28, GRID_PLAIN, "%12s/s", look_rate(rate, top_model_rate(model, which)));
    if (history != NULL)
        draw_history(grid, row, 44, model, history);
}

static void
draw_live(struct grid *grid, struct top_rows *rows, const struct top_model *model)
{
    char number[LOOK_NUMBER_SIZE];
    uint32_t row;
    uint64_t opened = top_model_total(model, COUNTER_CALLS_OPENED);
    uint64_t closed = top_model_total(model, COUNTER_CALLS_CLOSED);
    if (!top_rows_next(rows, &row))
        return;
    grid_put(grid, row, 0, GRID_DIM, "%-12s", "live calls");
    grid_put(grid, row, 12, GRID_PLAIN, "%16s",
             look_grouped(number, opened > closed ? opened - closed : 0));
    grid_put(grid, row, 44, GRID_DIM, "links %" PRIu32 ", memory %s KiB", model->watch.link_count,
             look_grouped(number, model->watch.resident / 1024));
}

/* Of what came since the last look; of all where that is nothing. */
static void
draw_latency(struct grid *grid, struct top_rows *rows, const struct top_model *model)
{
    uint32_t row;
    const struct stat_sample *now = top_model_now(model);
    struct latency latency;
    char spans[3][LOOK_NUMBER_SIZE];
    if (!top_rows_next(rows, &row) || now == NULL)
        return;
    stat_latency(&latency, STAGE_RECEIVED_PUBLISHED, now, top_model_before(model));
    if (latency.count == 0)
        stat_latency(&latency, STAGE_RECEIVED_PUBLISHED, now, NULL);
    if (latency.count == 0)
        return;
    grid_put(grid, row, 0, GRID_DIM, "%-12s", "latency");
    grid_put(grid, row, 12, GRID_PLAIN, "p50 %-9s p99 %-9s p99.9 %-9s received..published",
             look_span(spans[0], latency_quantile_ns(&latency, 500)),
             look_span(spans[1], latency_quantile_ns(&latency, 990)),
             look_span(spans[2], latency_quantile_ns(&latency, 999)));
}

/* ---- reasons ------------------------------------------------------------------------------- */

/* A table of the DN events: reasons down, ReleasingParty across. */
static void
draw_reasons(struct grid *grid, struct top_rows *rows, const struct top_model *model)
{
    static const struct {
        const char *name;
        enum counter local;
    } reasons[] = {
#define REASON(name, printed) {printed, COUNTER_LOCAL_##name},
#include "ipc/reason.def"
#undef REASON
    };
    uint32_t row;
    if (top_rows_next(rows, &row))
        grid_put(grid, row, 0, GRID_TITLE, "%-18s %14s %14s %14s", "who hung up, why", "1 Local",
                 "2 Remote", "3 Unknown");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        uint64_t values[3];
        char numbers[3][LOOK_NUMBER_SIZE];
        for (unsigned column = 0; column < 3; column++) {
            values[column] =
                top_model_total(model, (enum counter)((unsigned)reasons[i].local + column));
            look_grouped(numbers[column], values[column]);
        }
        if (values[0] + values[1] + values[2] == 0 || !top_rows_next(rows, &row))
            continue;
        grid_put(grid, row, 0, GRID_PLAIN, "%-18s", reasons[i].name);
        grid_put(grid, row, 18, GRID_LOCAL, " %14s", numbers[0]);
        grid_put(grid, row, 33, GRID_REMOTE, " %14s", numbers[1]);
        grid_put(grid, row, 48, GRID_PLAIN, " %14s", numbers[2]);
    }
}

/* ---- alarms -------------------------------------------------------------------------------- */

static bool
is_down(const struct watch_link *link)
{
    return link->now.state == VIEW_LINK_DOWN;
}

static uint32_t
links_kept(const struct top_watch *watch)
{
    return watch->link_count < WATCH_LINKS ? watch->link_count : WATCH_LINKS;
}

/* NULL: nothing is wrong with it. */
static const char *
alarm_of(const struct top_model *model, uint32_t process, char *buffer)
{
    const char *state = top_model_state(model, process, buffer);
    return state[0] == 'S' || state[0] == 'D' ? state : NULL;
}

static void
draw_down_links(struct grid *grid, struct top_rows *rows, const struct top_watch *watch)
{
    char name[TOP_CELL];
    uint32_t row;
    for (uint32_t i = 0; i < links_kept(watch); i++)
        if (is_down(&watch->links[i]) && top_rows_next(rows, &row))
            grid_put(grid, row, 0, GRID_ALARM, "link %s is down",
                     log_escape(name, sizeof name, text_of(watch->links[i].now.name)));
}

static void
draw_still_processes(struct grid *grid, struct top_rows *rows, const struct top_model *model)
{
    char buffer[STATE_SIZE];
    uint32_t row;
    for (uint32_t i = 0; model->owner != 0 && i < model->view.process_count; i++) {
        const char *state = alarm_of(model, i, buffer);
        if (state != NULL && top_rows_next(rows, &row))
            grid_put(grid, row, 0, GRID_ALARM, "%s %" PRIu32 " is %s",
                     view_role_name(&model->view, i), view_role_index(&model->view, i), state);
    }
}

/* What an operator should know of, if it ever counted: faults, restarts; then the rest. */
static void
draw_errors(struct grid *grid, struct top_rows *rows, const struct top_watch *watch, bool faults)
{
    char number[LOOK_NUMBER_SIZE];
    uint32_t row;
    for (unsigned i = 0; i < WATCH_ERRORS; i++) {
        const struct watch_error *error = &watch->errors[i];
        bool is_fault = i == WATCH_RESTARTS || counter_is_fault((enum counter)i);
        if (error->name != NULL && error->count != 0 && is_fault == faults &&
            top_rows_next(rows, &row))
            grid_put(grid, row, 0, faults ? GRID_ALARM : GRID_PLAIN, "%s %s: %s",
                     look_grouped(number, error->count), error->name, error->meaning);
    }
}

static uint32_t
count_down_links(const struct top_watch *watch)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < links_kept(watch); i++)
        count += is_down(&watch->links[i]);
    return count;
}

static uint32_t
draw_first_still(struct grid *grid, uint32_t row, uint32_t at, const struct top_model *model)
{
    char buffer[STATE_SIZE];
    uint32_t more = 0;
    bool is_said = false;
    for (uint32_t i = 0; model->owner != 0 && i < model->view.process_count; i++) {
        const char *state = alarm_of(model, i, buffer);
        more += state != NULL && is_said;
        if (state == NULL || is_said)
            continue;
        at = grid_put(grid, row, at, GRID_ALARM, "%s %" PRIu32 " %s  ",
                      view_role_name(&model->view, i), view_role_index(&model->view, i), state);
        is_said = true;
    }
    return more == 0 ? at : grid_put(grid, row, at, GRID_ALARM, "and %" PRIu32 " more  ", more);
}

void
top_draw_alarms_line(struct grid *grid, uint32_t row, const struct top_model *model)
{
    const struct top_watch *watch = &model->watch;
    uint32_t at = 0;
    uint32_t kinds = 0;
    if (top_model_now(model) == NULL)
        return;
    uint32_t down = count_down_links(watch);
    if (down > 0)
        at = grid_put(grid, row, at, GRID_ALARM, "%" PRIu32 " of %" PRIu32 " links down  ", down,
                      watch->link_count);
    at = draw_first_still(grid, row, at, model);
    if (watch->errors[WATCH_RESTARTS].count > 0)
        at = grid_put(grid, row, at, GRID_ALARM, "%" PRIu64 " %s  ",
                      watch->errors[WATCH_RESTARTS].count,
                      watch->errors[WATCH_RESTARTS].count == 1 ? "restart" : "restarts");
    for (unsigned i = 0; i < COUNTER_COUNT; i++)
        kinds += counter_is_fault((enum counter)i) && watch->errors[i].count > 0;
    if (kinds > 0)
        grid_put(grid, row, at, GRID_ALARM, "%" PRIu32 " %s of errors: 7", kinds,
                 kinds == 1 ? "kind" : "kinds");
}

/* ---- the page ------------------------------------------------------------------------------ */

uint32_t
top_draw_overview(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    uint32_t row;
    struct top_rows rows = top_rows_begin(grid, look, TOP_BODY);
    draw_rate(grid, &rows, model, "messages", COUNTER_MESSAGES, model->messages);
    draw_rate(grid, &rows, model, "events", COUNTER_EVENTS, NULL);
    draw_rate(grid, &rows, model, "calls", COUNTER_CALLS_OPENED, NULL);
    draw_rate(grid, &rows, model, "ended", COUNTER_PARTIES_DELETED, model->ended);
    draw_live(grid, &rows, model);
    draw_latency(grid, &rows, model);
    draw_down_links(grid, &rows, &model->watch);
    draw_still_processes(grid, &rows, model);
    draw_errors(grid, &rows, &model->watch, true);
    top_rows_next(&rows, &row); /* an empty one */
    draw_reasons(grid, &rows, model);
    draw_errors(grid, &rows, &model->watch, false);
    return top_rows_most(&rows);
}
