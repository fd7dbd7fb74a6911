/*
 * top_pages.c - the pages of `onhook top` about the engine itself: processes and rings, links,
 * errors, memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_write.h"
#include "base/log.h"
#include "tools/inspect/look.h"
#include "tools/inspect/top_draw_parts.h"

enum {
    BAR_WIDTH = 16,
    AGE_SIZE = 24,
};

#define NS_PER_MS UINT64_C(1000000)

/* How long ago: "0.4 s", "12 s", "3 min", "5 h". */
static const char *
age_words(char out[AGE_SIZE], uint64_t age_ms)
{
    if (age_ms < 10000)
        snprintf(out, AGE_SIZE, "%" PRIu64 ".%" PRIu64 " s", age_ms / 1000, age_ms % 1000 / 100);
    else if (age_ms < 120000)
        snprintf(out, AGE_SIZE, "%" PRIu64 " s", age_ms / 1000);
    else if (age_ms < 7200000)
        snprintf(out, AGE_SIZE, "%" PRIu64 " min", age_ms / 60000);
    else
        snprintf(out, AGE_SIZE, "%" PRIu64 " h", age_ms / 3600000);
    return out;
}

/* The time of day. */
static const char *
clock_words(char out[AGE_SIZE], int64_t time_us)
{
    char time[JSON_TIME_SIZE];
    time_text(time, time_us);
    snprintf(out, AGE_SIZE, "%.8s", time + 11);
    return out;
}

/* ---- processes and rings ------------------------------------------------------------------- */

static void
draw_process(struct grid *grid, uint32_t row, const struct top_model *model, uint32_t process)
{
    const struct view *view = &model->view;
    const struct watch_process *watched = &model->watch.processes[process];
    char buffer[24];
    char age[AGE_SIZE];
    const char *state = top_model_state(model, process, buffer);
    bool is_alarm = state[0] == 'S' || state[0] == 'D';
    grid_put(grid, row, 0, GRID_PLAIN, "%-9s %3" PRIu32 " %8" PRIu32, view_role_name(view, process),
             view_role_index(view, process), view_pid(view, process));
    grid_put(grid, row, 23, is_alarm ? GRID_ALARM : GRID_PLAIN, "%-11s", state);
    grid_put(grid, row, 34, GRID_PLAIN, " %4" PRIu32 "%%", watched->busy_percent);
    if (watched->has_journal)
        grid_put(grid, row, 40, is_alarm ? GRID_ALARM : GRID_PLAIN, " %7s",
                 age_words(age, top_watch_age_ms(&model->watch, process)));
    uint32_t restarts = view_restarts(view, process);
    grid_put(grid, row, 71, restarts > 0 ? GRID_ALARM : GRID_PLAIN, " %8" PRIu32, restarts);
    uint64_t sent = model->watermark;
    uint64_t done = model->progress[process];
    if (view_role(view, process) == ROLE_WORKER && done != UINT64_MAX)
        grid_put(grid, row, 48, GRID_PLAIN, " %12" PRIu64 " %9" PRIu64, done,
                 sent > done ? sent - done : 0);
}

static void
draw_ring(struct grid *grid, uint32_t row, const char *name, const char *number,
          const struct view_fill *fill, uint64_t high)
{
    uint64_t filled = (fill->depth * BAR_WIDTH + fill->slots - 1) / fill->slots;
    enum grid_style style = fill->depth * 10 > (uint64_t)fill->slots * 9 ? GRID_ALARM : GRID_PLAIN;
    grid_put(grid, row, 0, GRID_PLAIN, "%-8s %3s", name, number);
    grid_put(grid, row, 13, style, "%8" PRIu64 " of %7" PRIu32 " ", fill->depth, fill->slots);
    for (uint32_t i = 0; i < BAR_WIDTH; i++)
        grid_put(grid, row, 34 + i, style, "%c", i < filled ? '#' : '.');
    grid_put(grid, row, 51, GRID_PLAIN, "%8" PRIu64, high);
    grid_put(grid, row, 60, GRID_DIM, "%16" PRIu64, fill->written);
}

static void
draw_channels(struct grid *grid, struct top_rows *rows, const struct top_model *model,
              const char *name, enum watch_ring ring,
              bool (*fill_of)(const struct view *, uint32_t, struct view_fill *))
{
    char number[LOOK_CHANNEL_SIZE];
    struct view_fill fill;
    uint32_t row;
    for (uint32_t i = 0; i < model->view.channel_count; i++)
        if (fill_of(&model->view, i, &fill) && top_rows_next(rows, &row))
            draw_ring(grid, row, name, look_channel(number, &model->view, i), &fill,
                      top_watch_high(&model->watch, ring, i));
}

static void
draw_processes(struct grid *grid, struct top_rows *rows, const struct top_model *model,
               const struct top_look *look)
{
    uint32_t row;
    for (uint32_t i = 0; i < model->view.process_count; i++)
        if (top_passes(look, view_role_name(&model->view, i)) && top_rows_next(rows, &row))
            draw_process(grid, row, model, i);
}

uint32_t
top_draw_rings(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    struct view_fill fill;
    uint32_t row;
    grid_put(grid, TOP_BODY, 0, GRID_TITLE, "%-9s %3s %8s %-11s %5s %7s %12s %9s %8s", "process",
             "", "pid", " state", "busy", "step", "done", "behind", "restarts");
    struct top_rows rows = top_rows_begin(grid, look, TOP_BODY + 1);
    draw_processes(grid, &rows, model, look);
    top_rows_next(&rows, &row); /* an empty one */
    if (top_rows_next(&rows, &row))
        grid_put(grid, row, 0, GRID_TITLE, "%-8s %3s %8s    %7s %-16s %8s %16s", "ring", "",
                 "in use", "slots", "", "highest", "ever written");
    if (view_result(&model->view, &fill) && top_rows_next(&rows, &row))
        draw_ring(grid, row, "results", "0", &fill,
                  top_watch_high(&model->watch, WATCH_RESULTS, 0));
    draw_channels(grid, &rows, model, "events", WATCH_EVENTS, view_ring);
    draw_channels(grid, &rows, model, "outbox", WATCH_OUTBOX, view_outbox);
    draw_channels(grid, &rows, model, "closed", WATCH_CLOSED, view_closed);
    return top_rows_most(&rows);
}

/* ---- links --------------------------------------------------------------------------------- */

static int
link_by_rate(const void *left, const void *right)
{
    const struct watch_link *one = *(const struct watch_link *const *)left;
    const struct watch_link *other = *(const struct watch_link *const *)right;
    if (one->rate != other->rate)
        return one->rate < other->rate ? 1 : -1;
    return strcmp(one->now.name, other->now.name);
}

static int
link_by_name(const void *left, const void *right)
{
    const struct watch_link *one = *(const struct watch_link *const *)left;
    const struct watch_link *other = *(const struct watch_link *const *)right;
    return strcmp(one->now.name, other->now.name);
}

static void
draw_link(struct grid *grid, uint32_t row, const struct top_watch *watch,
          const struct watch_link *link)
{
    char name[TOP_CELL];
    char messages[LOOK_NUMBER_SIZE];
    char rate[LOOK_NUMBER_SIZE];
    char clock[AGE_SIZE] = "-";
    char age[AGE_SIZE] = "-";
    bool is_alarm = link->now.state == VIEW_LINK_DOWN;
    if (link->now.has_time)
        clock_words(clock, link->now.time_us);
    if (link->moved_ns != 0)
        age_words(age, (watch->looked_ns - link->moved_ns) / NS_PER_MS);
    grid_put(grid, row, 0, GRID_PLAIN, "%-17.17s",
             log_escape(name, sizeof name, text_of(link->now.name)));
    grid_put(grid, row, 18, is_alarm ? GRID_ALARM : GRID_PLAIN, "%-9s",
             view_link_state_name(link->now.state));
    grid_put(grid, row, 28, GRID_PLAIN, "%9" PRIu32 " %14s %9s %8s %7s", link->now.frontend,
             look_grouped(messages, link->now.messages), look_rate(rate, link->rate), clock, age);
}

uint32_t
top_draw_links(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    static const struct watch_link *sorted[WATCH_LINKS];
    const struct top_watch *watch = &model->watch;
    uint32_t count = 0;
    uint32_t row = TOP_BODY;
    for (uint32_t i = 0; i < watch->link_count && i < WATCH_LINKS; i++)
        if (top_passes(look, watch->links[i].now.name))
            sorted[count++] = &watch->links[i];
    qsort(sorted, count, sizeof *sorted, look->sort == TOP_SORT_NAME ? link_by_name : link_by_rate);
    grid_put(grid, row++, 0, GRID_TITLE, "%-17s %-9s %9s %14s %9s %8s %7s", "link", "state",
             "front-end", "messages", "a second", "last at", "ago");
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (uint32_t i = 0; i < count; i++)
        if (top_rows_next(&rows, &row))
            draw_link(grid, row, watch, sorted[i]);
    if (watch->link_count == 0)
        grid_put(grid, row, 0, GRID_DIM, "no link has said anything yet");
    if (watch->link_count > WATCH_LINKS && top_rows_next(&rows, &row))
        grid_put(grid, row, 0, GRID_DIM, "and %" PRIu32 " more", watch->link_count - WATCH_LINKS);
    return top_rows_most(&rows);
}

/* ---- errors -------------------------------------------------------------------------------- */

static void
draw_error(struct grid *grid, uint32_t row, const struct watch_error *error)
{
    char count[LOOK_NUMBER_SIZE];
    char first[AGE_SIZE] = "before";
    char last[AGE_SIZE] = "before";
    if (error->first_us != 0)
        clock_words(first, error->first_us);
    if (error->last_us != 0)
        clock_words(last, error->last_us);
    grid_put(grid, row, 0, GRID_ALARM, "%-19s", error->name);
    grid_put(grid, row, 19, GRID_PLAIN, " %10s %8s %8s  %s", look_grouped(count, error->count),
             first, last, error->meaning);
}

static int
error_by_time(const void *left, const void *right)
{
    const struct watch_error *one = *(const struct watch_error *const *)left;
    const struct watch_error *other = *(const struct watch_error *const *)right;
    if (one->last_us != other->last_us)
        return one->last_us < other->last_us ? 1 : -1;
    return strcmp(one->name, other->name);
}

static int
error_by_name(const void *left, const void *right)
{
    const struct watch_error *one = *(const struct watch_error *const *)left;
    const struct watch_error *other = *(const struct watch_error *const *)right;
    return strcmp(one->name, other->name);
}

uint32_t
top_draw_errors(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    const struct watch_error *sorted[WATCH_ERRORS];
    uint32_t count = 0;
    uint32_t row = TOP_BODY;
    for (uint32_t i = 0; i < WATCH_ERRORS; i++) {
        const struct watch_error *error = &model->watch.errors[i];
        if (error->name != NULL && error->count > 0 && top_passes(look, error->name))
            sorted[count++] = error;
    }
    qsort(sorted, count, sizeof *sorted,
          look->sort == TOP_SORT_NAME ? error_by_name : error_by_time);
    grid_put(grid, row++, 0, GRID_TITLE, "%-19s %10s %8s %8s  %s", "error", "count", "first",
             "last", "what it is");
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (uint32_t i = 0; i < count; i++)
        if (top_rows_next(&rows, &row))
            draw_error(grid, row, sorted[i]);
    if (count == 0)
        grid_put(grid, row, 0, GRID_DIM, "none");
    return top_rows_most(&rows);
}

/* ---- memory -------------------------------------------------------------------------------- */

static int
segment_by_size(const void *left, const void *right)
{
    const struct watch_segment *one = *(const struct watch_segment *const *)left;
    const struct watch_segment *other = *(const struct watch_segment *const *)right;
    if (one->resident != other->resident)
        return one->resident < other->resident ? 1 : -1;
    return strcmp(one->suffix, other->suffix);
}

static int
segment_by_name(const void *left, const void *right)
{
    const struct watch_segment *one = *(const struct watch_segment *const *)left;
    const struct watch_segment *other = *(const struct watch_segment *const *)right;
    return strverscmp(one->suffix, other->suffix);
}

uint32_t
top_draw_memory(struct grid *grid, const struct top_model *model, const struct top_look *look)
{
    static const struct watch_segment *sorted[WATCH_SEGMENTS];
    const struct top_watch *watch = &model->watch;
    char bytes[LOOK_NUMBER_SIZE];
    char resident[LOOK_NUMBER_SIZE];
    uint32_t count = 0;
    uint32_t row = TOP_BODY;
    for (uint32_t i = 0; i < watch->segment_count; i++)
        if (top_passes(look, watch->segments[i].suffix))
            sorted[count++] = &watch->segments[i];
    qsort(sorted, count, sizeof *sorted,
          look->sort == TOP_SORT_NAME ? segment_by_name : segment_by_size);
    grid_put(grid, row++, 0, GRID_TITLE, "%-16s %20s %20s", "segment", "bytes in memory",
             "it may grow to");
    grid_put(grid, row++, 0, GRID_PLAIN, "%-16s %20s", "all",
             look_grouped(resident, watch->resident));
    struct top_rows rows = top_rows_begin(grid, look, row);
    for (uint32_t i = 0; i < count; i++)
        if (top_rows_next(&rows, &row))
            grid_put(grid, row, 0, GRID_PLAIN, "%-16s %20s %20s", sorted[i]->suffix,
                     look_grouped(resident, sorted[i]->resident),
                     look_grouped(bytes, sorted[i]->bytes));
    return top_rows_most(&rows);
}
