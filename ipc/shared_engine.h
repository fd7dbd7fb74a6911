#ifndef IPC_SHARED_ENGINE_H
#define IPC_SHARED_ENGINE_H

/*
 * ipc/shared_engine.h - all shared memory of one running engine, made once by the supervisor.
 *
 *   /dev/shm/onhook-NAME.control   identity, process table, doorbells, counters, progress
 *   /dev/shm/onhook-NAME.ring-W    events, front-end -> worker W (slots mapped twice in a row)
 *   /dev/shm/onhook-NAME.calls-W   worker W's call table (grown on demand, bounded)
 *   /dev/shm/onhook-NAME.lanes     calls on the move between workers, one lane for each pair
 *   /dev/shm/onhook-NAME.closed    call keys whose memory has run out, worker -> front-end
 *   /dev/shm/onhook-NAME.result    outcomes, all workers -> publisher
 *
 * The supervisor maps everything before it forks, so every role has it at the same address; each
 * role then gives up write access to what it does not write (shared_engine_become()).
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/counters.h"
#include "ipc/doorbell.h"
#include "ipc/ring_result.h"
#include "ipc/ring_spsc.h"

enum {
    WORKERS_MAX = 64,
    LANE_SLOT_SIZE = 1024, /* a call on the move takes as many lane slots as it needs */
};

enum role {
    ROLE_SUPERVISOR,
    ROLE_FRONTEND,
    ROLE_WORKER,
    ROLE_PUBLISHER,
};

struct engine_shape {
    uint32_t workers;       /* 1..WORKERS_MAX */
    uint32_t ring_slots;    /* 64-byte slots of each event ring; power of two, >= 1024 */
    uint32_t result_slots;  /* outcomes; power of two, >= 64 */
    uint64_t calls_bytes;   /* upper bound of each worker's call table segment */
};

/* What one process says of itself. Writer: that process (pid: the supervisor). */
struct shm_process {
    alignas(64) _Atomic uint32_t pid;
    _Atomic uint32_t done;    /* 1: finished its work and is about to exit with success */
    _Atomic uint64_t progress; /* workers: every outcome decided by an input order up to this has
                                  been committed to the result ring. Edge P2 */
    struct shm_doorbell doorbell; /* rung by whoever gives this process work or room */
    struct shm_counters counters;
};

struct shared_engine {
    char name[64];
    struct engine_shape shape;
    struct shm_control *control;
    struct shm_process *frontend;  /* views into control */
    struct shm_process *publisher;
    struct shm_process *workers;   /* [shape.workers] */
    struct ring_spsc rings[WORKERS_MAX];  /* re-attach as producer or consumer after fork */
    struct ring_spsc closed[WORKERS_MAX]; /* 64-byte slots: struct shm_closed_call */
    struct ring_result result;
    void *calls[WORKERS_MAX];      /* base of each worker's segment; zeroed; calls_bytes long */
    /* private: mappings and descriptors, see shared_engine.c */
    struct shared_segment *segments;
    uint32_t segment_count;
};

/* Worker -> front-end: the worker no longer remembers this call. */
struct shm_closed_call {
    uint64_t key;        /* hash of (link, callID) */
    uint64_t last_order; /* order of the last record the worker handled for it */
    uint64_t reserved[6];
};

/*
 * shared_engine_create - make, map and populate all segments (call tables: mapped, not populated)
 *
 * On failure returns false, leaves nothing behind, and `why` (at least 160 bytes) says what and
 * errno's text. `name`: 1..40 of [A-Za-z0-9._-]. Segments of a dead engine of the same name
 * are removed first; those of a living one make it fail ("is running").
 */
bool shared_engine_create(struct shared_engine *engine, const char *name,
                          const struct engine_shape *shape, char *why);

/* shared_engine_become - after fork: drop write access to what this role never writes, attach
 * rings in the role's direction. `index` is the worker's number, else 0. */
void shared_engine_become(struct shared_engine *engine, enum role role, uint32_t index);

/* The lane from worker `from` to worker `to`, attached in the direction this process uses. */
struct ring_spsc shared_engine_lane(struct shared_engine *engine, uint32_t from, uint32_t to,
                                    bool as_producer);

/* shared_engine_destroy - unmap and unlink everything. Caller: the supervisor. */
void shared_engine_destroy(struct shared_engine *engine);

/* shared_engine_unlink - remove the names only; async-signal-safe enough for an exit path. */
void shared_engine_unlink(struct shared_engine *engine);

/*
 * The watermark: every record with an order up to it has been published to the ring it belongs
 * to. Writer: the front-end, after it published all rings. A worker reads it BEFORE it polls;
 * once the ring is empty, all its work up to that watermark is done.
 *
 *   edge  store (release)                  load (acquire)                carries
 *   P1    watermark_set                 -> watermark_get                 ring positions
 *   P2    progress_set                  -> progress_get                  committed outcomes
 */
void watermark_set(struct shared_engine *engine, uint64_t order);
uint64_t watermark_get(const struct shared_engine *engine);
void progress_set(struct shm_process *worker, uint64_t order);
uint64_t progress_get(const struct shm_process *worker);

#endif
