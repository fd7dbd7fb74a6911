#ifndef IPC_SHARED_ENGINE_H
#define IPC_SHARED_ENGINE_H

/*
 * ipc/shared_engine.h - all shared memory of one running engine, made once by the supervisor.
 *
 *   /dev/shm/onhook-NAME.control    identity, shape, watermarks, processes: doorbells, counters
 *   /dev/shm/onhook-NAME.ring-W     events, front-ends -> worker W (slots mapped twice in a row)
 *   /dev/shm/onhook-NAME.calls-W    worker W's call tables (grown on demand, bounded)
 *   /dev/shm/onhook-NAME.journal-W  what worker W changes, undone if it dies (ipc/transaction.h)
 *   /dev/shm/onhook-NAME.outbox-W   outcomes of worker W until they are given out
 *   /dev/shm/onhook-NAME.history-W  what worker W did last, for onlookers (ipc/history.h)
 *   /dev/shm/onhook-NAME.lanes      calls on the move between workers, one lane for each pair
 *   /dev/shm/onhook-NAME.closed     call keys whose memory has run out, workers -> front-ends
 *   /dev/shm/onhook-NAME.frontend-F front-end F's own memory, which outlives it
 *   /dev/shm/onhook-NAME.publisher  the publisher's
 *   /dev/shm/onhook-NAME.streams-F  bytes of front-end F's live links; only where there are any
 *   /dev/shm/onhook-NAME.result     outcomes, all workers -> publisher
 *
 * Front-ends share nothing: each has links of its own, numbers what it sends by itself, and speaks
 * to each worker through a channel of its own: an event ring, a ring of closed calls, an outbox,
 * the lanes, and a call table. Whatever holds up one of them (a full outbox, a lane) so never
 * holds up another, and each is as if it had the workers for itself. Rings of one kind stand one
 * behind the other in a segment: in ring-W and outbox-W by front-end, in closed by channel, in
 * lanes by front-end, from and to.
 *
 * The supervisor maps everything before it forks, so every role has it at the same address; each
 * role then gives up write access to what it does not write (shared_engine_become()). A store
 * elsewhere is a SIGSEGV. Protection goes by pages of 4096 bytes, hence the layout:
 *
 *                                          front-end   worker w        publisher
 *   control  identity, shape               -           -               -
 *            a front-end's watermark       its own     -               -
 *            a process's own page          its own     its own         its own
 *            every process's doorbell      writes      writes          writes
 *   ring-W   producer page, slots          its own     -               -
 *            consumer page                 -           ring w          -
 *   calls-W  the table                     -           table w         -
 *   journal  all                           -           journal w       -
 *   history  all                           -           history w       -
 *   outbox   producer page, slots          -           outbox w        -
 *            consumer page                 -           -               writes
 *   lanes    producer page, slots          -           from w          -
 *            consumer page                 -           to w            -
 *   closed   producer page, slots          -           ring w          -
 *            consumer page                 its own     -               -
 *   frontend all                           its own     -               -
 *   publisher all                          -           -               writes
 *   result   tail, slots                   -           writes          -
 *            cursor                        -           -               writes
 *   streams  all, by live_stream_map()     writes      -               -
 *
 * The supervisor keeps everything writable. Everybody may read everything.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/counters.h"
#include "ipc/doorbell.h"
#include "ipc/event_record.h"
#include "ipc/histogram.h"
#include "ipc/history.h"
#include "ipc/ring_result.h"
#include "ipc/ring_spsc.h"

enum {
    WORKERS_MAX = 64,
    FRONTENDS_MAX = 8,
    CHANNELS_MAX = 256,    /* front-ends times workers */
    LANE_SLOT_SIZE = 1024, /* a call on the move takes as many lane slots as it needs */
    LANE_SLOTS = 16,
    OUTBOX_SLOTS_MIN = 16,
    CLOSED_SLOTS = 4096,     /* reports a worker can be ahead of the front-end */
    SHARED_ENGINE_WHY = 160, /* bytes of the buffer for a reason */
};

enum role {
    ROLE_SUPERVISOR,
    ROLE_FRONTEND,
    ROLE_WORKER,
    ROLE_PUBLISHER,
};

struct engine_shape {
    uint32_t workers;        /* 1..WORKERS_MAX */
    uint32_t frontends;      /* 1..FRONTENDS_MAX; 0: one */
    uint32_t ring_slots;     /* 64-byte slots of each event ring; power of two, >= 1024 */
    uint32_t result_slots;   /* outcomes; power of two, >= 64 */
    uint32_t outbox_slots;   /* of each channel, not given out; power of two, >= 16; 0: as above */
    uint64_t calls_bytes;    /* upper bound of each channel's call table; whole pages */
    uint64_t frontend_bytes; /* of each front-end's own memory, likewise */
    uint32_t history_slots;  /* of each channel (ipc/history.h); power of two, >= 1024; 0: none */
    uint32_t live_links; /* of each front-end, with stream buffers (ipc/live_stream.h); 0: none */
    uint64_t run;        /* digest of what it runs with; 0: nobody can go on with it */
};

/* What one process says of itself, on a page of its own, and a page on which others wake it. */
struct shm_process {
    /* 0: does not run. Writer of this line: the supervisor. */
    alignas(SHM_PAGE) _Atomic uint32_t pid;
    _Atomic uint32_t restarts; /* how often it died and was started again */
    /* Deaths one after the other without a commit between them; 0 once it has got on. */
    _Atomic uint32_t deaths_here;
    _Atomic uint32_t
        doubted; /* 1: what it left may be damaged: to be looked at before it is used */
    /* Of each front-end: its input at position skip - 1 has ended the process too often: to be
     * passed over. */
    _Atomic uint64_t skip[FRONTENDS_MAX];
    /* 1: finished its work and is about to exit with success. Writer: the process. */
    alignas(SHM_LINE) _Atomic uint32_t done;
    _Atomic uint32_t turn;  /* workers: the front-end whose input is in hand */
    _Atomic uint32_t beats; /* times it looked for news and there were none: it is not stuck */
    uint32_t reserved;
    /* Workers: every outcome of that front-end with a decided_order up to this has been committed
     * to the result ring. Writer: the process. Edge P2. */
    _Atomic uint64_t progress[FRONTENDS_MAX];
    /* Workers: outcomes of that front-end's outbox that stand in the result ring. Writer: the
     * process. */
    _Atomic uint64_t flushed[FRONTENDS_MAX];
    /* Workers: times that front-end's calls were lost, since their table was damaged. Writer: the
     * process. Edge P4. */
    _Atomic uint64_t emptied[FRONTENDS_MAX];
    struct shm_counters counters; /* Writer: the process. */
    /* By enum stage; only those the process ends count. Writer: the process. */
    alignas(SHM_PAGE) struct shm_histogram latency[STAGE_COUNT];
    /* Rung by whoever gives this process work or room. Writers: ipc/doorbell.h. */
    alignas(SHM_PAGE) struct shm_doorbell doorbell;
};

/* What is written once in a control segment. Writer: the creator. */
struct shm_control_fixed {
    struct shm_identity identity;
    char name[64];       /* the engine's, terminated */
    uint64_t created_ns; /* CLOCK_MONOTONIC */
    uint64_t calls_bytes;
    uint64_t frontend_bytes;
    uint64_t run; /* as in struct engine_shape */
    uint32_t workers;
    uint32_t ring_slots;
    uint32_t result_slots;
    uint32_t outbox_slots;
    uint32_t frontends;
    uint32_t live_links;
    uint32_t history_slots;
    uint32_t reserved;
};

/* Writer: the front-end whose it is. */
struct shm_watermark {
    alignas(SHM_PAGE) _Atomic uint64_t order; /* edge P1 */
};

struct shm_control {
    alignas(SHM_PAGE) struct shm_control_fixed fixed;
    /* 1 from when all segments stand until the first of them goes: the engine may be taken over.
     * Writer: the supervisor. */
    alignas(SHM_LINE) _Atomic uint32_t complete;
    struct shm_watermark watermarks[FRONTENDS_MAX];
    /* The front-ends, the publisher, then the workers. */
    alignas(SHM_PAGE) struct shm_process processes[];
};

static_assert(sizeof(struct shm_process) == 6 * SHM_PAGE, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_process, done) == 2 * SHM_LINE, "pid has another writer");
static_assert(offsetof(struct shm_process, latency) == SHM_PAGE, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_process, doorbell) == 5 * SHM_PAGE, "own page");
static_assert(sizeof(struct shm_control_fixed) == 192, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_control, complete) == 192, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_watermark) == SHM_PAGE, "own page");
static_assert(sizeof(struct shm_control) == (1 + FRONTENDS_MAX) * SHM_PAGE,
              "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_control, watermarks) == SHM_PAGE, "own page");
static_assert(offsetof(struct shm_control, processes) == (1 + FRONTENDS_MAX) * SHM_PAGE,
              "own page");

/*
 * One process's view of the engine. A plain copy is a second view of the same mappings: threads
 * that play several roles in one process take a copy each.
 */
struct shared_engine {
    char name[64];
    struct engine_shape shape;
    struct shm_control *control;
    struct shm_process *frontends; /* [shape.frontends]; views into control */
    struct shm_process *publisher;
    struct shm_process *workers;             /* [shape.workers] */
    struct ring_spsc rings[CHANNELS_MAX];    /* attached by shared_engine_become() or _attach() */
    struct ring_spsc closed[CHANNELS_MAX];   /* likewise; struct shm_call_report */
    struct ring_spsc outboxes[CHANNELS_MAX]; /* likewise: struct shm_outbox_slot */
    struct ring_result result;
    /* Memory of one process each, zeroed at first, beginning with a page. */
    void *calls[WORKERS_MAX];    /* each worker's tables, calls_bytes each: engine_calls() */
    void *journals[WORKERS_MAX]; /* each worker's; ipc/worker_journal.h */
    void *frontend_memory[FRONTENDS_MAX]; /* frontend_bytes long */
    void *publisher_memory;               /* ipc/publisher_memory.h */
    void *histories[WORKERS_MAX];         /* each worker's: engine_history() */
    bool lasting;        /* outlives a run that did not end well, for a take-over */
    uint64_t created_ns; /* CLOCK_MONOTONIC, of its first start */
    /* private: mappings and descriptors, see shared_engine.c */
    struct shared_segment *segments;
    uint32_t segment_count;
};

/* The number of the channel between a front-end and a worker, of CHANNELS_MAX. With one front-end
 * it is the worker's. */
static inline uint32_t
engine_channel(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return frontend * engine->shape.workers + worker;
}

static inline uint32_t
engine_channel_count(const struct shared_engine *engine)
{
    return engine->shape.frontends * engine->shape.workers;
}

/* Where a worker keeps a front-end's calls: shape.calls_bytes. */
static inline void *
engine_calls(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return (uint8_t *)engine->calls[worker] + frontend * engine->shape.calls_bytes;
}

/*
 * engine_empty_calls - that memory is zero again, and takes no room: for one found damaged
 *
 * Caller: the worker, which has no transaction in hand. False: the system refused.
 */
bool engine_empty_calls(const struct shared_engine *engine, uint32_t frontend, uint32_t worker);

/* Where a worker keeps what it did last for a front-end: history_bytes(shape.history_slots). NULL:
 * nowhere. */
static inline void *
engine_history(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    if (engine->histories[worker] == NULL)
        return NULL;
    return (uint8_t *)engine->histories[worker] +
           frontend * history_bytes(engine->shape.history_slots);
}

/* An outcome on its way to whoever gives it out. */
struct shm_outbox_slot {
    struct shm_outcome outcome;
    uint64_t received_ns; /* of the message that decided it; 0: not timed (ipc/histogram.h) */
    uint64_t judged_ns;   /* timed only */
    uint64_t checksum;    /* outcome_checksum() of the outcome, as its worker wrote it */
};

static_assert(sizeof(struct shm_outbox_slot) == 768, "bump SHM_LAYOUT_VERSION");

/* Are these the bytes the worker wrote? An outcome may wait here for long. */
static inline bool
outbox_slot_is_sound(const struct shm_outbox_slot *slot)
{
    return slot->checksum == outcome_checksum(&slot->outcome);
}

enum call_report {
    CALL_FORGOTTEN = 0, /* the worker no longer remembers it */
    CALL_ASKED_ABOUT,   /* the switch is to be asked who is in it */
};

/* Worker -> front-end: what has become of a call. */
struct shm_call_report {
    uint64_t key;        /* hash of (link, callID) */
    uint64_t last_order; /* order of the last record the worker handled for it */
    uint16_t link;       /* this and `call`: CALL_ASKED_ABOUT only */
    uint8_t kind;        /* enum call_report */
    uint8_t call_length;
    char call[EVENT_TEXT_LENGTH]; /* the callID */
    uint8_t reserved[44];
};

static_assert(sizeof(struct shm_call_report) == 128, "bump SHM_LAYOUT_VERSION");

/*
 * shared_engine_create - make and map all segments
 *
 * Memory of rings and control is taken now; that of lanes, and what one process has for itself,
 * when first touched. On
 * failure returns false, leaves nothing behind, and `why` (at least SHARED_ENGINE_WHY bytes) says
 * what and errno's text. `name`: 1..40 of [A-Za-z0-9._-]. Segments of a dead engine of the same
 * name are removed first; those of a living one make it fail ("is running"). Handles of the rings
 * are attached as for the supervisor (shared_engine_attach()).
 */
bool shared_engine_create(struct shared_engine *engine, const char *name,
                          const struct engine_shape *shape, char *why);

enum engine_found {
    ENGINE_TAKEN_OVER, /* the engine goes on where it was */
    ENGINE_NONE,       /* nothing that could go on: shared_engine_create() may make it new */
    ENGINE_REFUSED,    /* it runs, is another's, or is not what was asked for: see `why` */
};

/*
 * shared_engine_take_over - go on with the segments of a dead engine
 *
 * Its supervisor was killed, and its roles with it: that is so when the lock on its control segment
 * can be had, which is waited for a second at the most. Shape and `run` must be what it was made
 * with. Everything is mapped and attached as shared_engine_create() does it, and nothing in it is
 * changed: the roles recover themselves. After ENGINE_NONE and ENGINE_REFUSED nothing is held.
 */
enum engine_found shared_engine_take_over(struct shared_engine *engine, const char *name,
                                          const struct engine_shape *shape, char *why);

/* shared_engine_await - until the last process of a dead engine of that name is gone; a second at
 * the most. Before shared_engine_create() is to replace one that was just killed. */
void shared_engine_await(const char *name);

/*
 * shared_engine_become - after fork: drop write access to what this role never writes, attach
 * rings in the role's direction, make the pages it uses present
 *
 * `index` is the worker's or the front-end's number, else 0. Dies (CHECK) when the kernel refuses.
 */
void shared_engine_become(struct shared_engine *engine, enum role role, uint32_t index);

/*
 * shared_engine_attach - attach the rings in a role's direction, and nothing else
 *
 * rings[], closed[] and outboxes[] that the role has no part in are left as they are. A front-end
 * is the producer of its rings and the consumer of its closed, the supervisor of all; worker
 * `index` is the consumer of its rings and the producer of its closed and its outboxes, the
 * publisher the consumer of all outboxes. For threads that play roles in one process:
 * shared_engine_become() does it for processes.
 */
void shared_engine_attach(struct shared_engine *engine, enum role role, uint32_t index);

/* The lane for a front-end's calls from worker `from` to worker `to` (another one), attached in the
 * direction this process uses: LANE_SLOTS slots of LANE_SLOT_SIZE bytes. */
struct ring_spsc shared_engine_lane(struct shared_engine *engine, uint32_t frontend, uint32_t from,
                                    uint32_t to, bool as_producer);

/* Are the lane's header and positions such as that lane can have? For the supervisor. */
bool shared_engine_lane_is_sound(const struct shared_engine *engine, uint32_t frontend,
                                 uint32_t from, uint32_t to);

/* shared_engine_is_left - is there a dead engine under the name that somebody may go on with? */
bool shared_engine_is_left(const char *name);

/* shared_engine_close - unmap and forget everything; names that are still there stay, for somebody
 * to take over. Caller: the supervisor. */
void shared_engine_close(struct shared_engine *engine);

/* shared_engine_destroy - unlink, and close. Caller: the supervisor. */
void shared_engine_destroy(struct shared_engine *engine);

/* shared_engine_unlink - remove the names only, once: another engine may take the name then.
 * Async-signal-safe. Caller: the supervisor. */
void shared_engine_unlink(struct shared_engine *engine);

/*
 * The watermark of a front-end: every record of its with an order up to it has been published to
 * the ring it belongs to. Writer: the front-end, after it published all rings. A worker reads it
 * BEFORE it polls; once that front-end's ring is empty, all work of it up to there is done.
 *
 *   edge  store (release)                  load (acquire)                carries
 *   P1    watermark_set                 -> watermark_get                 ring positions
 *   P2    progress_set                  -> progress_get                  committed outcomes
 */
/* What being done with all records of an order up to `order` proves: outcomes with a decided_order
 * up to this are decided. */
static inline uint64_t
decided_by(uint64_t order)
{
    return order >= UINT64_MAX / 2 ? UINT64_MAX : 2 * order + 1;
}

void watermark_set(struct shared_engine *engine, uint32_t frontend, uint64_t order);
uint64_t watermark_get(const struct shared_engine *engine, uint32_t frontend);
void progress_set(struct shm_process *worker, uint32_t frontend, uint64_t decided_order);
uint64_t progress_get(const struct shm_process *worker, uint32_t frontend);

#endif
