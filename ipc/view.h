#ifndef IPC_VIEW_H
#define IPC_VIEW_H

/*
 * ipc/view.h - a look at an engine's shared memory from outside: read-only, without locks.
 *
 * Works on an engine that lives, hangs or is dead, and on copies of its segments in a folder. The
 * engine cannot wait for an onlooker, nor notice one. Nothing in a segment is trusted: what is
 * written once is copied, judged, and used from the copy; positions are clamped to what their ring
 * can hold.
 *
 *   view_open -> view_counter, view_ring, ... -> view_close
 *
 * Caller: inspection commands, one thread. Nothing here writes to a terminal.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

#define VIEW_FOLDER "/dev/shm"

enum {
    VIEW_WHY = 200,        /* bytes of the buffer for a reason */
    VIEW_ENGINES_MAX = 64, /* names view_find() tells apart */
    VIEW_PROCESSES_MAX = FRONTENDS_MAX + 1 + WORKERS_MAX,
};

/* A file mapped read-only; never grows after it was mapped. */
struct view_map {
    const uint8_t *at; /* NULL: not mapped */
    uint64_t size;
    uint64_t device; /* of the file, whatever stands under its path by now */
    uint64_t inode;
};

struct view {
    char folder[64];
    char name[64];
    struct shm_control_fixed fixed; /* a copy, judged */
    uint32_t frontends;
    uint32_t channel_count; /* front-ends times workers: engine_channel() */
    uint32_t process_count; /* front-ends, publisher, then the workers */
    struct view_map control;
    struct view_map rings[WORKERS_MAX];    /* headers are sound; NULL where the file is not */
    struct view_map outboxes[WORKERS_MAX]; /* likewise */
    struct view_map closed;
    struct view_map result;
};

/* view_open - look at the engine of that name, whose segments stand in `folder`
 *
 * False when its control segment cannot be read: `why` (VIEW_WHY bytes) says what is wrong. Other
 * segments may be missing: then what they hold is not told.
 */
bool view_open(struct view *view, const char *folder, const char *name, char *why);
void view_close(struct view *view);

/*
 * view_renew - open what now stands under the same name; false, and nothing changes, where that
 * cannot be read
 *
 * The epoch of the control segment tells whether it is another engine's than before.
 */
bool view_renew(struct view *view);

/*
 * view_find - the names of engines with a control segment in `folder`, sorted
 *
 * Returns how many there are; at most VIEW_ENGINES_MAX are filled in.
 */
uint32_t view_find(const char *folder, char names[VIEW_ENGINES_MAX][64]);

/*
 * view_owner - the process that holds the engine's name: its supervisor
 *
 * 0 when nobody does: the engine is dead, or the segments are a copy. Of the control segment that
 * was opened: who runs another one under the same name by now does not count. Asks /proc/locks;
 * takes no lock itself.
 */
uint32_t view_owner(const struct view *view);

/* The processes, 0 .. process_count - 1. */
enum role view_role(const struct view *view, uint32_t process);
const char *view_role_name(const struct view *view, uint32_t process); /* "front-end", ... */
uint32_t view_role_index(const struct view *view, uint32_t process);   /* its number in its role */
uint32_t view_pid(const struct view *view, uint32_t process);
uint32_t view_beats(const struct view *view, uint32_t process);
uint32_t view_restarts(const struct view *view, uint32_t process);
bool view_is_done(const struct view *view, uint32_t process);
/* How many inputs a worker is done with, of all front-ends together; UINT64_MAX: with all. */
uint64_t view_progress(const struct view *view, uint32_t process);
/* How many inputs the front-ends have sent. */
uint64_t view_watermark(const struct view *view);
uint64_t view_counter(const struct view *view, uint32_t process, enum counter which);
/* view_latency - how long the stage took, over all processes; *latency is overwritten. */
void view_latency(const struct view *view, enum stage stage, struct latency *latency);
/* Over all processes. */
uint64_t view_total(const struct view *view, enum counter which);

/* How full a ring is. */
struct view_fill {
    uint64_t written;  /* slots ever published or claimed */
    uint64_t released; /* slots ever given back */
    uint64_t depth;    /* slots in use, at most slots */
    uint32_t slots;
    uint32_t slot_size; /* bytes */
};

/* False where the segment is missing or its header is not sound. `channel` < channel_count. */
bool view_ring(const struct view *view, uint32_t channel, struct view_fill *fill);
bool view_outbox(const struct view *view, uint32_t channel, struct view_fill *fill);
bool view_closed(const struct view *view, uint32_t channel, struct view_fill *fill);
bool view_result(const struct view *view, struct view_fill *fill);

/* Where an onlooker stands in the stream of outcomes. */
struct view_follow {
    uint64_t position;
    uint64_t missed; /* outcomes that were overwritten before they were looked at */
};

/*
 * view_follow_begin - stand before the outcomes still in the ring, at most `back` of them
 *
 * False where there is no result ring, or its header is not sound.
 */
bool view_follow_begin(const struct view *view, struct view_follow *follow, uint64_t back);

/*
 * view_follow_next - the next outcome, copied; false when there is none yet
 *
 * A copy that a worker wrote into meanwhile is thrown away and counted as missed, as is one that
 * is not sound.
 */
bool view_follow_next(const struct view *view, struct view_follow *follow,
                      struct shm_outcome *outcome);

#endif
