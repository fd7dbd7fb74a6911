#include "tools/inspect/top_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/process_state.h"

enum {
    UTIME_WORD = 12, /* of /proc/PID/stat, behind the name */
};

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  1e9

void
top_watch_begin(struct top_watch *watch)
{
    memset(watch, 0, sizeof *watch);
}

/* ---- links --------------------------------------------------------------------------------- */

static const struct watch_link *
link_before(const struct watch_link *before, uint32_t count, const struct view_link *link)
{
    for (uint32_t i = 0; i < count; i++)
        if (before[i].now.frontend == link->frontend && strcmp(before[i].now.name, link->name) == 0)
            return &before[i];
    return NULL;
}

static void
look_at_link(struct watch_link *link, const struct watch_link *before, uint64_t now_ns,
             uint64_t passed_ns)
{
    link->rate = 0;
    link->moved_ns = before != NULL ? before->moved_ns : 0;
    uint64_t messages = before != NULL ? before->now.messages : link->now.messages;
    if (link->now.messages <= messages || passed_ns == 0)
        return;
    link->moved_ns = now_ns;
    link->rate = (double)(link->now.messages - messages) * NS_PER_S / (double)passed_ns;
}

static void
look_at_links(struct top_watch *watch, const struct view *view, uint64_t now_ns)
{
    static struct view_link found[WATCH_LINKS];
    static struct watch_link before[WATCH_LINKS];
    uint32_t kept = watch->link_count < WATCH_LINKS ? watch->link_count : WATCH_LINKS;
    uint64_t passed_ns = watch->looked_ns != 0 ? now_ns - watch->looked_ns : 0;
    memcpy(before, watch->links, kept * sizeof *before);
    watch->link_count = 0;
    for (uint32_t f = 0; f < view->frontends; f++) {
        uint32_t count = view_links(view, f, found, WATCH_LINKS);
        for (uint32_t i = 0; i < count && i < WATCH_LINKS; i++) {
            uint32_t at = watch->link_count + i;
            if (at >= WATCH_LINKS)
                break;
            watch->links[at].now = found[i];
            look_at_link(&watch->links[at], link_before(before, kept, &found[i]), now_ns,
                         passed_ns);
        }
        watch->link_count += count;
    }
}

/* ---- errors -------------------------------------------------------------------------------- */

static void
look_at_error(struct watch_error *error, uint64_t count, bool is_first, int64_t now_us)
{
    if (count > error->count && !is_first) {
        error->first_us = error->count == 0 ? now_us : error->first_us;
        error->last_us = now_us;
    }
    error->count = count;
}

static void
look_at_errors(struct top_watch *watch, const struct view *view, int64_t now_us)
{
    bool is_first = watch->looked_ns == 0;
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        enum counter which = (enum counter)i;
        if (!counter_is_error(which))
            continue;
        struct watch_error *error = &watch->errors[i];
        error->name = counter_name(which);
        error->meaning = counter_meaning(which);
        look_at_error(error, view_total(view, which), is_first, now_us);
    }
    uint64_t restarts = 0;
    for (uint32_t i = 0; i < view->process_count; i++)
        restarts += view_restarts(view, i);
    struct watch_error *last = &watch->errors[WATCH_RESTARTS];
    last->name = "restarts";
    last->meaning = "processes that died and were started again";
    look_at_error(last, restarts, is_first, now_us);
}

/* ---- processes ----------------------------------------------------------------------------- */

/* Transactions it has committed; false where its journal cannot be read. */
static bool
commits_of(const struct view *view, uint32_t process, uint64_t *commits)
{
    static const enum segment_kind kinds[] = {[ROLE_SUPERVISOR] = SEGMENT_NONE,
                                              [ROLE_FRONTEND] = SEGMENT_FRONTEND,
                                              [ROLE_WORKER] = SEGMENT_JOURNAL,
                                              [ROLE_PUBLISHER] = SEGMENT_PUBLISHER};
    struct view_file file;
    enum segment_kind kind = kinds[view_role(view, process)];
    bool is_read =
        view_file_open(&file, view, kind, view_role_index(view, process)) &&
        view_file_memory(&file, kind) == ATTACH_OK &&
        view_file_read(&file, sizeof(struct shm_memory_header), commits, sizeof *commits);
    view_file_close(&file);
    return is_read;
}

/* The number that is so many words behind `at`. */
static uint64_t
number_of_word(const char *at, int words)
{
    while (words-- > 0 && at != NULL)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

/* utime and stime of /proc/PID/stat, behind the name in parentheses; 0 where there is none. */
static uint64_t
cpu_ticks_of(uint32_t pid)
{
    char path[48];
    char line[512];
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/stat", pid);
    FILE *stat = pid != 0 ? fopen(path, "re") : NULL;
    if (stat == NULL)
        return 0;
    const char *name_end = fgets(line, sizeof line, stat) != NULL ? strrchr(line, ')') : NULL;
    fclose(stat);
    if (name_end == NULL)
        return 0;
    return number_of_word(name_end, UTIME_WORD) + number_of_word(name_end, UTIME_WORD + 1);
}

static void
look_at_process(struct watch_process *process, const struct view *view, uint32_t number,
                uint64_t now_ns, uint64_t passed_ns)
{
    uint64_t commits = 0;
    process->has_journal = commits_of(view, number, &commits);
    if (process->stepped_ns == 0 || commits != process->commits)
        process->stepped_ns = now_ns;
    uint32_t beats = view_beats(view, number);
    if (process->moved_ns == 0 || process->stepped_ns == now_ns || beats != process->beats)
        process->moved_ns = now_ns;
    process->commits = commits;
    process->beats = beats;
    uint64_t ticks = cpu_ticks_of(view_pid(view, number));
    process->busy_percent = 0;
    if (passed_ns > 0 && process->cpu_ticks != 0 && ticks > process->cpu_ticks) {
        double seconds = (double)(ticks - process->cpu_ticks) / (double)sysconf(_SC_CLK_TCK);
        process->busy_percent = (uint32_t)(seconds * 100 * NS_PER_S / (double)passed_ns + 0.5);
    }
    process->cpu_ticks = ticks;
}

uint64_t
top_watch_age_ms(const struct top_watch *watch, uint32_t process)
{
    return (watch->looked_ns - watch->processes[process].stepped_ns) / NS_PER_MS;
}

uint64_t
top_watch_still_ms(const struct top_watch *watch, uint32_t process)
{
    return (watch->looked_ns - watch->processes[process].moved_ns) / NS_PER_MS;
}

/* ---- memory and rings ---------------------------------------------------------------------- */

static void
look_at_segments(struct top_watch *watch, const struct view *view)
{
    static char names[VIEW_FILES_MAX][VIEW_SUFFIX_SIZE];
    uint32_t count = view_file_names(view, names);
    watch->resident = 0;
    watch->segment_count = 0;
    for (uint32_t i = 0; i < count && i < VIEW_FILES_MAX && i < WATCH_SEGMENTS; i++) {
        struct watch_segment *segment = &watch->segments[watch->segment_count];
        struct view_file file;
        if (view_file_open_name(&file, view, names[i])) {
            memcpy(segment->suffix, names[i], sizeof segment->suffix);
            segment->bytes = file.size;
            segment->resident = view_file_resident(&file);
            watch->resident += segment->resident;
            watch->segment_count++;
        }
        view_file_close(&file);
    }
}

static uint32_t
ring_place(enum watch_ring ring, uint32_t channel)
{
    return (uint32_t)ring * CHANNELS_MAX + channel;
}

static void
note_high(struct top_watch *watch, enum watch_ring ring, uint32_t channel,
          const struct view_fill *fill)
{
    uint64_t *high = &watch->high[ring_place(ring, channel)];
    *high = fill->depth > *high ? fill->depth : *high;
}

static void
look_at_rings(struct top_watch *watch, const struct view *view)
{
    struct view_fill fill;
    for (uint32_t i = 0; i < view->channel_count; i++) {
        if (view_ring(view, i, &fill))
            note_high(watch, WATCH_EVENTS, i, &fill);
        if (view_outbox(view, i, &fill))
            note_high(watch, WATCH_OUTBOX, i, &fill);
        if (view_closed(view, i, &fill))
            note_high(watch, WATCH_CLOSED, i, &fill);
    }
    if (view_result(view, &fill))
        note_high(watch, WATCH_RESULTS, 0, &fill);
}

uint64_t
top_watch_high(const struct top_watch *watch, enum watch_ring ring, uint32_t channel)
{
    return watch->high[ring_place(ring, channel)];
}

void
top_watch_look(struct top_watch *watch, const struct view *view, uint64_t now_ns, int64_t now_us)
{
    uint64_t passed_ns = watch->looked_ns != 0 ? now_ns - watch->looked_ns : 0;
    look_at_links(watch, view, now_ns);
    look_at_errors(watch, view, now_us);
    for (uint32_t i = 0; i < view->process_count; i++)
        look_at_process(&watch->processes[i], view, i, now_ns, passed_ns);
    look_at_segments(watch, view);
    look_at_rings(watch, view);
    watch->looked_ns = now_ns;
}
