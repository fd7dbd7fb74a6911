#include "ipc/shared_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "ipc/publisher_memory.h"
#include "ipc/segment.h"
#include "ipc/shared_engine_parts.h"
#include "ipc/worker_journal.h"

static_assert((int)JOURNAL_WORKERS_MAX == (int)WORKERS_MAX, "a place for each");
static_assert((int)PUBLISHER_WORKERS_MAX == (int)WORKERS_MAX, "a place for each");

enum {
    RING_SLOTS_MIN = 1024,
    RESULT_SLOTS_MIN = 64,
};

#define NS_PER_SECOND UINT64_C(1000000000)

/* Where a segment stands in engine->segments: control, those of each worker, the single ones.
 * Control comes first: it is made first and removed last, for it holds the name. */
struct shared_segment *
engine_segment(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker)
{
    uint32_t workers = engine->shape.workers;
    switch (kind) {
    case SEGMENT_CONTROL:
        return &engine->segments[0];
    case SEGMENT_RING:
        return &engine->segments[1 + worker];
    case SEGMENT_CALLS:
        return &engine->segments[1 + workers + worker];
    case SEGMENT_JOURNAL:
        return &engine->segments[1 + 2 * workers + worker];
    case SEGMENT_OUTBOX:
        return &engine->segments[1 + 3 * workers + worker];
    case SEGMENT_LANES:
        return &engine->segments[1 + 4 * workers];
    case SEGMENT_CLOSED:
        return &engine->segments[2 + 4 * workers];
    case SEGMENT_FRONTEND:
        return &engine->segments[3 + 4 * workers];
    case SEGMENT_PUBLISHER:
        return &engine->segments[4 + 4 * workers];
    case SEGMENT_RESULT:
        return &engine->segments[5 + 4 * workers];
    case SEGMENT_NONE:
    case SEGMENT_KIND_COUNT:
        break;
    }
    CHECK(false);
    return NULL;
}

struct ring_shape
engine_ring_shape(const struct shared_engine *engine, enum segment_kind kind)
{
    uint32_t workers = engine->shape.workers;
    if (kind == SEGMENT_RING)
        return (struct ring_shape){kind, EVENT_SLOT_SIZE, engine->shape.ring_slots, 1};
    if (kind == SEGMENT_OUTBOX)
        return (struct ring_shape){kind, sizeof(struct shm_outbox_slot), engine->shape.outbox_slots,
                                   1};
    if (kind == SEGMENT_LANES)
        return (struct ring_shape){kind, LANE_SLOT_SIZE, LANE_SLOTS, workers * workers};
    CHECK(kind == SEGMENT_CLOSED);
    return (struct ring_shape){kind, sizeof(struct shm_closed_call), CLOSED_SLOTS, workers};
}

struct engine_ring_view
engine_view(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker,
            uint32_t ring)
{
    struct ring_shape shape = engine_ring_shape(engine, kind);
    uint64_t size = ring_view_size(&shape);
    return (struct engine_ring_view){engine_segment(engine, kind, worker)->mapping + ring * size,
                                     size};
}

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec now;
    CHECK(clock_gettime(clock, &now) == 0);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static bool
is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* What is left out: an outbox is as long as the result ring. */
static struct engine_shape
filled_up(const struct engine_shape *shape)
{
    struct engine_shape filled = *shape;
    if (filled.outbox_slots == 0)
        filled.outbox_slots = filled.result_slots;
    return filled;
}

static const char *
fault_of_request(const char *name, const struct engine_shape *shape)
{
    if (!segment_name_is_valid(name))
        return "a name is 1 to 40 of A-Z a-z 0-9 . _ -";
    if (shape->workers < 1 || shape->workers > WORKERS_MAX)
        return "workers must be 1 to 64";
    if (!is_power_of_two(shape->ring_slots) || shape->ring_slots < RING_SLOTS_MIN)
        return "slots of a ring must be a power of two, at least 1024";
    if (!is_power_of_two(shape->result_slots) || shape->result_slots < RESULT_SLOTS_MIN)
        return "slots of the result ring must be a power of two, at least 64";
    if (!is_power_of_two(shape->outbox_slots) || shape->outbox_slots < OUTBOX_SLOTS_MIN)
        return "slots of an outbox must be a power of two, at least 16";
    if (sysconf(_SC_PAGESIZE) != (long)SHM_PAGE)
        return "this build is for pages of 4096 bytes";
    return NULL;
}

/* Says why in words; with the system's own where the system refused. */
static bool
succeeded(const struct shared_segment *segment, enum segment_result result, char *why)
{
    if (result == SEGMENT_OK)
        return true;
    int reason = errno;
    bool systems = result == SEGMENT_NO_ROOM || result == SEGMENT_SYSTEM;
    snprintf(why, SHARED_ENGINE_WHY, "%s: %s%s%s", segment->path, segment_result_words(result),
             systems ? ": " : "", systems ? strerror(reason) : "");
    return false;
}

static void
control_format(struct shared_engine *engine, uint64_t size, uint64_t epoch)
{
    struct shm_control *control = engine->control;
    memcpy(control->fixed.name, engine->name, sizeof engine->name);
    control->fixed.created_ns = now_ns(CLOCK_MONOTONIC);
    control->fixed.calls_bytes = engine->shape.calls_bytes;
    control->fixed.frontend_bytes = engine->shape.frontend_bytes;
    control->fixed.workers = engine->shape.workers;
    control->fixed.ring_slots = engine->shape.ring_slots;
    control->fixed.result_slots = engine->shape.result_slots;
    control->fixed.outbox_slots = engine->shape.outbox_slots;
    identity_seal(control, &(struct identity){
                               .kind = SEGMENT_CONTROL,
                               .header_size = sizeof *control,
                               .fixed_size = sizeof control->fixed,
                               .total_size = size,
                               .epoch = epoch,
                           });
}

static bool
make_control(struct shared_engine *engine, uint64_t epoch, char *why)
{
    struct shared_segment *segment = engine_segment(engine, SEGMENT_CONTROL, 0);
    uint64_t size = sizeof(struct shm_control) +
                    (PROCESS_WORKERS + engine->shape.workers) * sizeof(struct shm_process);
    enum segment_result result = segment_create_control(segment, engine->name, size, WORKERS_MAX);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!succeeded(segment, result, why))
        return false;
    engine->control = (void *)segment->mapping;
    engine->frontend = &engine->control->processes[PROCESS_FRONTEND];
    engine->publisher = &engine->control->processes[PROCESS_PUBLISHER];
    engine->workers = &engine->control->processes[PROCESS_WORKERS];
    control_format(engine, size, epoch);
    return true;
}

static bool
make_rings(struct shared_engine *engine, enum segment_kind kind, uint32_t worker, uint64_t epoch,
           char *why)
{
    struct shared_segment *segment = engine_segment(engine, kind, worker);
    struct ring_shape shape = engine_ring_shape(engine, kind);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, kind, worker);
    enum segment_result result =
        segment_create(segment, path, ring_size(&shape) * shape.ring_count, kind != SEGMENT_LANES);
    if (result == SEGMENT_OK)
        result = segment_map_rings(segment, &shape);
    if (!succeeded(segment, result, why))
        return false;
    for (uint32_t ring = 0; ring < shape.ring_count; ring++)
        ring_format(engine_view(engine, kind, worker, ring).at, &shape, ring, epoch);
    return true;
}

/* Memory of one process: *memory is where it begins, behind the header. */
static bool
make_memory(struct shared_engine *engine, enum segment_kind kind, uint32_t worker, uint64_t bytes,
            void **memory, char *why)
{
    struct shared_segment *segment = engine_segment(engine, kind, worker);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, kind, worker);
    uint64_t header = sizeof(struct shm_memory_header);
    uint64_t size = bytes > UINT64_MAX - header ? UINT64_MAX : bytes + header;
    enum segment_result result = segment_create(segment, path, size, false);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!succeeded(segment, result, why))
        return false;
    *memory = segment->mapping + header;
    identity_seal(segment->mapping, &(struct identity){
                                        .kind = kind,
                                        .header_size = sizeof(struct shm_memory_header),
                                        .fixed_size = sizeof(struct shm_identity),
                                        .total_size = segment->size,
                                        .epoch = engine->control->fixed.identity.epoch,
                                    });
    return true;
}

static bool
make_result(struct shared_engine *engine, uint64_t epoch, char *why)
{
    struct shared_segment *segment = engine_segment(engine, SEGMENT_RESULT, 0);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, SEGMENT_RESULT, 0);
    uint64_t size = ring_result_size(engine->shape.result_slots);
    enum segment_result result = segment_create(segment, path, size, true);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!succeeded(segment, result, why))
        return false;
    ring_result_format(segment->mapping, segment->mapping_size, engine->shape.result_slots, epoch);
    return true;
}

static bool
make_worker(struct shared_engine *engine, uint32_t worker, uint64_t epoch, char *why)
{
    const struct engine_shape *shape = &engine->shape;
    return make_rings(engine, SEGMENT_RING, worker, epoch, why) &&
           make_memory(engine, SEGMENT_CALLS, worker, shape->calls_bytes, &engine->calls[worker],
                       why) &&
           make_memory(engine, SEGMENT_JOURNAL, worker,
                       worker_journal_bytes(shape->workers, shape->calls_bytes),
                       &engine->journals[worker], why) &&
           make_rings(engine, SEGMENT_OUTBOX, worker, epoch, why);
}

static bool
make_segments(struct shared_engine *engine, uint64_t epoch, char *why)
{
    const struct engine_shape *shape = &engine->shape;
    if (!make_control(engine, epoch, why))
        return false;
    for (uint32_t worker = 0; worker < shape->workers; worker++)
        if (!make_worker(engine, worker, epoch, why))
            return false;
    return make_rings(engine, SEGMENT_LANES, 0, epoch, why) &&
           make_rings(engine, SEGMENT_CLOSED, 0, epoch, why) &&
           make_memory(engine, SEGMENT_FRONTEND, 0, shape->frontend_bytes, &engine->frontend_memory,
                       why) &&
           make_memory(engine, SEGMENT_PUBLISHER, 0, publisher_memory_bytes(),
                       &engine->publisher_memory, why) &&
           make_result(engine, epoch, why);
}

bool
shared_engine_create(struct shared_engine *engine, const char *name,
                     const struct engine_shape *shape, char *why)
{
    const struct engine_shape filled = filled_up(shape);
    const char *fault = fault_of_request(name, &filled);
    if (fault != NULL) {
        snprintf(why, SHARED_ENGINE_WHY, "%s", fault);
        return false;
    }
    *engine = (struct shared_engine){.shape = filled, .segment_count = 6 + 4 * shape->workers};
    snprintf(engine->name, sizeof engine->name, "%s", name);
    engine->segments = calloc(engine->segment_count, sizeof *engine->segments);
    if (engine->segments == NULL) {
        snprintf(why, SHARED_ENGINE_WHY, "%s", strerror(errno));
        return false;
    }
    for (uint32_t i = 0; i < engine->segment_count; i++)
        engine->segments[i].descriptor = -1;
    if (!make_segments(engine, now_ns(CLOCK_REALTIME), why)) {
        shared_engine_destroy(engine);
        return false;
    }
    shared_engine_attach(engine, ROLE_SUPERVISOR, 0);
    return true;
}

void
shared_engine_unlink(struct shared_engine *engine)
{
    for (uint32_t i = engine->segment_count; i-- > 0;) {
        if (engine->segments[i].descriptor >= 0)
            segment_unlink(&engine->segments[i]);
    }
}

void
shared_engine_destroy(struct shared_engine *engine)
{
    shared_engine_unlink(engine);
    for (uint32_t i = engine->segment_count; i-- > 0;)
        segment_close(&engine->segments[i]);
    free(engine->segments);
    *engine = (struct shared_engine){0};
}

void
watermark_set(struct shared_engine *engine, uint64_t order)
{
    /* release: P1. The ring positions published before it. */
    atomic_store_explicit(&engine->control->watermark, order, memory_order_release);
}

uint64_t
watermark_get(const struct shared_engine *engine)
{
    /* acquire: P1. A poll after this sees every record up to the watermark. */
    return atomic_load_explicit(&engine->control->watermark, memory_order_acquire);
}

void
progress_set(struct shm_process *worker, uint64_t decided_order)
{
    /* release: P2. The outcomes committed before it. */
    atomic_store_explicit(&worker->progress, decided_order, memory_order_release);
}

uint64_t
progress_get(const struct shm_process *worker)
{
    /* acquire: P2. A poll after this sees every outcome up to that order. */
    return atomic_load_explicit(&worker->progress, memory_order_acquire);
}
