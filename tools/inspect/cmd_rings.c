/*
 * onhook rings - how full the rings of an engine are, and how far its processes have come.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json_write.h"
#include "base/log.h"
#include "ipc/process_state.h"
#include "tools/command.h"
#include "tools/inspect/look.h"

enum {
    RINGS_VERSION = 1, /* of the JSON's shape; fields are only ever added */
    JSON_SIZE = 1 << 18,
    BAR_SIZE = 20,
};

struct rings_options {
    struct look look;
};

static const struct option_row rows[] = {
    LOOK_WHICH(struct rings_options),
    LOOK_OFTEN(struct rings_options),
};

static const struct option_table table = {
    .command = "rings",
    .above =
        "  onhook rings --every 1\n"
        "\n"
        "usage: onhook rings [options]\n"
        "\n"
        "Prints how full each ring of an engine is: events on the way to each worker, the outbox\n"
        "of each with outcomes that are not given out yet, calls that workers have forgotten on\n"
        "the way back, results on the way to the publisher; and how far behind the front-end\n"
        "each worker is. Where there are several front-ends each has such rings of its own: 1:2\n"
        "is what front-end 1 shares with worker 2. The engine does not notice.\n"
        "\n",
    ROWS(rows),
    .below = LOOK_CODES,
};

/* ---- text ---------------------------------------------------------------------------------- */

static void
print_fill(const char *name, const char *number, const struct view_fill *fill)
{
    char bar[BAR_SIZE + 1];
    uint64_t filled = (fill->depth * BAR_SIZE + fill->slots - 1) / fill->slots;
    for (uint64_t i = 0; i < BAR_SIZE; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_SIZE] = '\0';
    printf("  %-8s %4s %9" PRIu64 " of %8" PRIu32 "  %s %16" PRIu64 "\n", name, number, fill->depth,
           fill->slots, bar, fill->written);
}

static void
print_channels(const struct view *view, const char *name,
               bool (*fill_of)(const struct view *, uint32_t, struct view_fill *))
{
    char number[LOOK_CHANNEL_SIZE];
    struct view_fill fill;
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (fill_of(view, i, &fill))
            print_fill(name, look_channel(number, view, i), &fill);
}

static void
print_rings(const struct view *view)
{
    struct view_fill fill;
    printf("  %-8s %4s %9s    %8s  %-20s %16s\n", "ring", "", "in use", "slots", "",
           "ever written");
    print_channels(view, "events", view_ring);
    print_channels(view, "outbox", view_outbox);
    print_channels(view, "closed", view_closed);
    if (view_result(view, &fill))
        print_fill("results", "0", &fill);
}

/* How many inputs the front-ends have sent that the worker has not finished. */
static uint64_t
behind(const struct view *view, uint32_t process)
{
    uint64_t sent = view_watermark(view);
    uint64_t done = view_progress(view, process);
    return sent > done ? sent - done : 0;
}

static void
print_processes(const struct view *view)
{
    printf("  %-10s %4s %9s %9s %16s %12s\n", "process", "", "pid", "restarts", "done up to",
           "behind");
    for (uint32_t i = 0; i < view->process_count; i++) {
        bool works = view_role(view, i) == ROLE_WORKER;
        printf("  %-10s %4" PRIu32 " %9" PRIu32 " %9" PRIu32, view_role_name(view, i),
               view_role_index(view, i), view_pid(view, i), view_restarts(view, i));
        if (works && view_progress(view, i) != UINT64_MAX)
            printf(" %16" PRIu64 " %12" PRIu64, view_progress(view, i), behind(view, i));
        printf("%s\n", view_is_done(view, i) ? "  done" : "");
    }
}

static void
print_text(const struct view *view)
{
    look_print_head(view);
    print_rings(view);
    print_processes(view);
    printf("\n");
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void
json_fill(struct json_writer *json, const char *name, uint32_t frontend, uint32_t worker,
          const struct view_fill *fill)
{
    json_open(json, '{');
    json_string(json, "Ring", name);
    json_unsigned(json, "Index", worker);
    json_unsigned(json, "FrontEnd", frontend);
    json_unsigned(json, "Depth", fill->depth);
    json_unsigned(json, "Slots", fill->slots);
    json_unsigned(json, "SlotBytes", fill->slot_size);
    json_unsigned(json, "Written", fill->written);
    json_unsigned(json, "Released", fill->released);
    json_close(json, '}');
}

static void
json_channels(struct json_writer *json, const struct view *view, const char *name,
              bool (*fill_of)(const struct view *, uint32_t, struct view_fill *))
{
    struct view_fill fill;
    uint32_t workers = view->fixed.workers;
    for (uint32_t i = 0; i < view->channel_count; i++)
        if (fill_of(view, i, &fill))
            json_fill(json, name, i / workers, i % workers, &fill);
}

static void
json_rings(struct json_writer *json, const struct view *view)
{
    struct view_fill fill;
    json_open_key(json, "Rings", '[');
    json_channels(json, view, "events", view_ring);
    json_channels(json, view, "outbox", view_outbox);
    json_channels(json, view, "closed", view_closed);
    if (view_result(view, &fill))
        json_fill(json, "results", 0, 0, &fill);
    json_close(json, ']');
}

/* Others than workers have no inputs of their own to count. */
static void
json_progress(struct json_writer *json, const struct view *view, uint32_t process)
{
    uint64_t sent = view_watermark(view);
    uint64_t done = view_progress(view, process);
    if (view_role(view, process) != ROLE_WORKER) {
        json_null(json, "DoneUpTo");
        json_null(json, "Behind");
        return;
    }
    json_unsigned(json, "DoneUpTo", done < sent ? done : sent);
    json_unsigned(json, "Behind", behind(view, process));
}

static void
json_processes(struct json_writer *json, const struct view *view)
{
    json_open_key(json, "Processes", '[');
    for (uint32_t i = 0; i < view->process_count; i++) {
        json_open(json, '{');
        json_string(json, "Role", view_role_name(view, i));
        json_unsigned(json, "Index", view_role_index(view, i));
        json_unsigned(json, "Pid", view_pid(view, i));
        json_unsigned(json, "Restarts", view_restarts(view, i));
        json_bool(json, "Done", view_is_done(view, i));
        json_progress(json, view, i);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void
print_json(const struct view *view)
{
    static char buffer[JSON_SIZE];
    struct json_writer json;
    json_begin(&json, buffer, sizeof buffer);
    json_open(&json, '{');
    json_unsigned(&json, "Version", RINGS_VERSION);
    json_string(&json, "Engine", view->name);
    json_unsigned(&json, "Owner", view_owner(view));
    json_unsigned(&json, "Watermark", view_watermark(view));
    json_rings(&json, view);
    json_processes(&json, view);
    json_close(&json, '}');
    size_t length = json_end(&json);
    fwrite(buffer, 1, length, stdout);
    printf("\n");
}

/* -------------------------------------------------------------------------------------------- */

int
cmd_rings(int argc, char **argv)
{
    struct rings_options options = {.look = {.every = 0}};
    const struct option_rest rest = options_read(&table, &options, argc, argv);
    if (rest.is_over)
        return rest.code;
    static struct view view;
    if (!look_open(&options.look, &view))
        return EXIT_FAILED;
    uint64_t done = 0;
    do {
        if (options.look.json)
            print_json(&view);
        else
            print_text(&view);
        fflush(stdout);
    } while (look_again(&options.look, &view, ++done));
    view_close(&view);
    return EXIT_DONE;
}
