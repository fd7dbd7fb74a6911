#include "ipc/shared_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "ipc/front_state.h"
#include "ipc/segment.h"

enum {
    RING_SLOTS_MIN = 1024,
    RESULT_SLOTS_MIN = 64,
    PROCESS_FRONTEND = 0, /* in shm_control */
    PROCESS_PUBLISHER = 1,
    PROCESS_WORKERS = 2,
};

#define NS_PER_SECOND UINT64_C(1000000000)

/* Where a segment stands in engine->segments: control, rings, call tables, then the single ones.
 * Control comes first: it is made first and removed last, for it holds the name. */
static struct shared_segment *
segment_of(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker)
{
    uint32_t workers = engine->shape.workers;
    switch (kind) {
    case SEGMENT_CONTROL:
        return &engine->segments[0];
    case SEGMENT_RING:
        return &engine->segments[1 + worker];
    case SEGMENT_CALLS:
        return &engine->segments[1 + workers + worker];
    case SEGMENT_LANES:
        return &engine->segments[1 + 2 * workers];
    case SEGMENT_CLOSED:
        return &engine->segments[2 + 2 * workers];
    case SEGMENT_RESULT:
        return &engine->segments[3 + 2 * workers];
    case SEGMENT_FRONT:
        return &engine->segments[4 + 2 * workers];
    case SEGMENT_NONE:
    case SEGMENT_KIND_COUNT:
        break;
    }
    CHECK(false);
    return NULL;
}

static struct ring_shape
shape_of(const struct shared_engine *engine, enum segment_kind kind)
{
    uint32_t workers = engine->shape.workers;
    if (kind == SEGMENT_RING)
        return (struct ring_shape){kind, EVENT_SLOT_SIZE, engine->shape.ring_slots, 1};
    if (kind == SEGMENT_LANES)
        return (struct ring_shape){kind, LANE_SLOT_SIZE, LANE_SLOTS, workers * workers};
    CHECK(kind == SEGMENT_CLOSED);
    return (struct ring_shape){kind, sizeof(struct shm_closed_call), CLOSED_SLOTS, workers};
}

/* One ring as it is mapped. */
struct view {
    uint8_t *at;
    uint64_t size;
};

static struct view
view_of(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker, uint32_t ring)
{
    struct ring_shape shape = shape_of(engine, kind);
    uint64_t size = ring_view_size(&shape);
    return (struct view){segment_of(engine, kind, worker)->mapping + ring * size, size};
}

static struct view
ring_view(const struct shared_engine *engine, uint32_t worker)
{
    return view_of(engine, SEGMENT_RING, worker, 0);
}

static struct view
closed_view(const struct shared_engine *engine, uint32_t worker)
{
    return view_of(engine, SEGMENT_CLOSED, 0, worker);
}

/* A worker has no lane to itself; the place is there, formatted, and nobody uses it. */
static struct view
lane_view(const struct shared_engine *engine, uint32_t from, uint32_t to)
{
    return view_of(engine, SEGMENT_LANES, 0, from * engine->shape.workers + to);
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
    control->fixed.workers = engine->shape.workers;
    control->fixed.ring_slots = engine->shape.ring_slots;
    control->fixed.result_slots = engine->shape.result_slots;
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
    struct shared_segment *segment = segment_of(engine, SEGMENT_CONTROL, 0);
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
    struct shared_segment *segment = segment_of(engine, kind, worker);
    struct ring_shape shape = shape_of(engine, kind);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, kind, worker);
    enum segment_result result =
        segment_create(segment, path, ring_size(&shape) * shape.ring_count, kind != SEGMENT_LANES);
    if (result == SEGMENT_OK)
        result = segment_map_rings(segment, &shape);
    if (!succeeded(segment, result, why))
        return false;
    for (uint32_t ring = 0; ring < shape.ring_count; ring++)
        ring_format(view_of(engine, kind, worker, ring).at, &shape, ring, epoch);
    return true;
}

static bool
make_calls(struct shared_engine *engine, uint32_t worker, uint64_t epoch, char *why)
{
    struct shared_segment *segment = segment_of(engine, SEGMENT_CALLS, worker);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, SEGMENT_CALLS, worker);
    uint64_t header = sizeof(struct shm_calls_header);
    uint64_t size = engine->shape.calls_bytes > UINT64_MAX - header
                        ? UINT64_MAX
                        : engine->shape.calls_bytes + header;
    enum segment_result result = segment_create(segment, path, size, false);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!succeeded(segment, result, why))
        return false;
    engine->calls[worker] = segment->mapping + header;
    identity_seal(segment->mapping, &(struct identity){
                                        .kind = SEGMENT_CALLS,
                                        .header_size = sizeof(struct shm_calls_header),
                                        .fixed_size = sizeof(struct shm_identity),
                                        .total_size = segment->size,
                                        .epoch = epoch,
                                    });
    return true;
}

static bool
make_result(struct shared_engine *engine, uint64_t epoch, char *why)
{
    struct shared_segment *segment = segment_of(engine, SEGMENT_RESULT, 0);
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
make_front(struct shared_engine *engine, uint64_t epoch, char *why)
{
    struct shared_segment *segment = segment_of(engine, SEGMENT_FRONT, 0);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, SEGMENT_FRONT, 0);
    uint64_t header = sizeof(struct shm_front_header);
    enum segment_result result = segment_create(segment, path, header + front_state_bytes(), false);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!succeeded(segment, result, why))
        return false;
    engine->front = segment->mapping + header;
    identity_seal(segment->mapping, &(struct identity){
                                        .kind = SEGMENT_FRONT,
                                        .header_size = sizeof(struct shm_front_header),
                                        .fixed_size = sizeof(struct shm_identity),
                                        .total_size = segment->size,
                                        .epoch = epoch,
                                    });
    return true;
}

static bool
make_segments(struct shared_engine *engine, uint64_t epoch, char *why)
{
    if (!make_control(engine, epoch, why))
        return false;
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        if (!make_rings(engine, SEGMENT_RING, worker, epoch, why) ||
            !make_calls(engine, worker, epoch, why))
            return false;
    }
    return make_rings(engine, SEGMENT_LANES, 0, epoch, why) &&
           make_rings(engine, SEGMENT_CLOSED, 0, epoch, why) && make_result(engine, epoch, why) &&
           make_front(engine, epoch, why);
}

bool
shared_engine_create(struct shared_engine *engine, const char *name,
                     const struct engine_shape *shape, char *why)
{
    const char *fault = fault_of_request(name, shape);
    if (fault != NULL) {
        snprintf(why, SHARED_ENGINE_WHY, "%s", fault);
        return false;
    }
    *engine = (struct shared_engine){.shape = *shape, .segment_count = 5 + 2 * shape->workers};
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

static void
attach(struct ring_spsc *ring, struct view view, bool as_producer)
{
    enum attach_result result = as_producer ? ring_attach_producer(ring, view.at, view.size)
                                            : ring_attach_consumer(ring, view.at, view.size);
    CHECK(result == ATTACH_OK);
}

void
shared_engine_attach(struct shared_engine *engine, enum role role, uint32_t index)
{
    CHECK(index < engine->shape.workers);
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        if (role == ROLE_PUBLISHER || (role == ROLE_WORKER && worker != index))
            continue;
        attach(&engine->rings[worker], ring_view(engine, worker), role != ROLE_WORKER);
        attach(&engine->closed[worker], closed_view(engine, worker), role == ROLE_WORKER);
    }
    const struct shared_segment *result = segment_of(engine, SEGMENT_RESULT, 0);
    CHECK(ring_result_attach(&engine->result, result->mapping, result->mapping_size) == ATTACH_OK);
}

struct ring_spsc
shared_engine_lane(struct shared_engine *engine, uint32_t from, uint32_t to, bool as_producer)
{
    CHECK(from < engine->shape.workers && to < engine->shape.workers && from != to);
    struct ring_spsc lane;
    attach(&lane, lane_view(engine, from, to), as_producer);
    return lane;
}

/* Faults taken now are not taken by the first events. In vain on a kernel that has no such
 * advice; then they are taken later, so the result does not matter. */
static void
make_present(void *at, uint64_t size, bool to_write)
{
    madvise(at, size, to_write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static void
allow_writing(void *at, uint64_t size)
{
    CHECK(mprotect(at, size, PROT_READ | PROT_WRITE) == 0);
}

static void
allow_producer(struct view view)
{
    uint64_t header = sizeof(struct shm_ring_header);
    allow_writing(view.at + offsetof(struct shm_ring_header, producer_position), SHM_PAGE);
    allow_writing(view.at + header, view.size - header);
}

static void
allow_consumer(struct view view)
{
    allow_writing(view.at + offsetof(struct shm_ring_header, consumer_position), SHM_PAGE);
}

static void
become_frontend(struct shared_engine *engine)
{
    allow_writing(engine->frontend, sizeof *engine->frontend);
    allow_writing(&engine->control->watermark, SHM_PAGE);
    allow_writing(engine->front, front_state_bytes());
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        struct view ring = ring_view(engine, worker);
        allow_producer(ring);
        allow_consumer(closed_view(engine, worker));
        uint64_t header = sizeof(struct shm_ring_header);
        make_present(ring.at + header, ring.size - header, true);
    }
}

static void
become_worker(struct shared_engine *engine, uint32_t index)
{
    allow_writing(&engine->workers[index], sizeof engine->workers[index]);
    struct view ring = ring_view(engine, index);
    allow_consumer(ring);
    make_present(ring.at, ring.size, false);
    allow_producer(closed_view(engine, index));
    const struct shared_segment *calls = segment_of(engine, SEGMENT_CALLS, index);
    if (calls->size > sizeof(struct shm_calls_header))
        allow_writing(engine->calls[index], calls->size - sizeof(struct shm_calls_header));
    for (uint32_t other = 0; other < engine->shape.workers; other++) {
        if (other == index)
            continue;
        allow_producer(lane_view(engine, index, other));
        allow_consumer(lane_view(engine, other, index));
    }
    const struct shared_segment *result = segment_of(engine, SEGMENT_RESULT, 0);
    uint64_t header = sizeof(struct shm_result_header);
    allow_writing(result->mapping + offsetof(struct shm_result_header, tail), SHM_PAGE);
    allow_writing(result->mapping + header, result->mapping_size - header);
    make_present(result->mapping + header, result->mapping_size - header, true);
}

static void
become_publisher(struct shared_engine *engine)
{
    allow_writing(engine->publisher, sizeof *engine->publisher);
    const struct shared_segment *result = segment_of(engine, SEGMENT_RESULT, 0);
    allow_writing(result->mapping + offsetof(struct shm_result_header, cursor), SHM_PAGE);
    make_present(result->mapping, result->mapping_size, false);
}

void
shared_engine_become(struct shared_engine *engine, enum role role, uint32_t index)
{
    shared_engine_attach(engine, role, index);
    if (role == ROLE_SUPERVISOR)
        return;
    for (uint32_t i = 0; i < engine->segment_count; i++)
        CHECK(mprotect(engine->segments[i].mapping, engine->segments[i].mapping_size, PROT_READ) ==
              0);
    for (uint32_t i = 0; i < PROCESS_WORKERS + engine->shape.workers; i++)
        allow_writing(&engine->control->processes[i].doorbell, SHM_PAGE);
    if (role == ROLE_FRONTEND)
        become_frontend(engine);
    else if (role == ROLE_WORKER)
        become_worker(engine, index);
    else
        become_publisher(engine);
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
progress_set(struct shm_process *worker, uint64_t order)
{
    /* release: P2. The outcomes committed before it. */
    atomic_store_explicit(&worker->progress, order, memory_order_release);
}

uint64_t
progress_get(const struct shm_process *worker)
{
    /* acquire: P2. A poll after this sees every outcome up to that order. */
    return atomic_load_explicit(&worker->progress, memory_order_acquire);
}
