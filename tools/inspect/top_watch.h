#ifndef TOOLS_INSPECT_TOP_WATCH_H
#define TOOLS_INSPECT_TOP_WATCH_H

/*
 * tools/inspect/top_watch.h - what `onhook top` sees change from one look to the next: links,
 * errors, memory, the steps and the load of processes, how full rings have been.
 *
 * Private memory, bounded. An engine says only how things are; since when, this remembers.
 */

#include "ipc/view_links.h"

enum {
    WATCH_LINKS = 512,
    WATCH_SEGMENTS = 512,
    WATCH_RINGS = 3 * CHANNELS_MAX + 1, /* events, outboxes, closed, results */
};

struct watch_link {
    struct view_link now;
    double rate;       /* messages a second */
    uint64_t moved_ns; /* CLOCK_MONOTONIC: when a message was last seen to come; 0: never */
};

/* What somebody should look at, once for each kind of it. */
struct watch_error {
    const char *name;
    const char *meaning;
    uint64_t count;
    int64_t first_us; /* since 1970; 0: it had happened before we looked */
    int64_t last_us;
};

struct watch_process {
    uint64_t commits;
    uint32_t beats;
    uint64_t stepped_ns; /* CLOCK_MONOTONIC: its last commit was seen then */
    uint64_t moved_ns;   /* likewise, or its last beat */
    uint64_t cpu_ticks;
    uint32_t busy_percent;
    bool has_journal;
};

struct watch_segment {
    char suffix[VIEW_SUFFIX_SIZE];
    uint64_t bytes;
    uint64_t resident;
};

/* Of errors[]: those of counter_is_error(), at the counter's number; the rest have no name. */
enum {
    WATCH_RESTARTS = COUNTER_COUNT,
    WATCH_ERRORS,
};

struct top_watch {
    uint64_t looked_ns;  /* CLOCK_MONOTONIC; 0: not yet */
    uint32_t link_count; /* there are; WATCH_LINKS are kept */
    struct watch_link links[WATCH_LINKS];
    struct watch_error errors[WATCH_ERRORS];
    struct watch_process processes[VIEW_PROCESSES_MAX];
    uint32_t segment_count;
    struct watch_segment segments[WATCH_SEGMENTS];
    uint64_t resident; /* bytes of all segments */
    uint64_t high[WATCH_RINGS];
};

/* top_watch_begin - nothing was seen yet. */
void top_watch_begin(struct top_watch *watch);

/* top_watch_look - look again; `now_ns` CLOCK_MONOTONIC, `now_us` since 1970. */
void top_watch_look(struct top_watch *watch, const struct view *view, uint64_t now_ns,
                    int64_t now_us);

/* Milliseconds since the process was last seen to commit something. */
uint64_t top_watch_age_ms(const struct top_watch *watch, uint32_t process);

/* Milliseconds since it was last seen to commit something, or to beat (ipc/process_state.h). */
uint64_t top_watch_still_ms(const struct top_watch *watch, uint32_t process);

/* Which kind of ring, for high[]. */
enum watch_ring {
    WATCH_EVENTS,
    WATCH_OUTBOX,
    WATCH_CLOSED,
    WATCH_RESULTS,
};

/* top_watch_high - the most slots that were seen in use. */
uint64_t top_watch_high(const struct top_watch *watch, enum watch_ring ring, uint32_t channel);

#endif
