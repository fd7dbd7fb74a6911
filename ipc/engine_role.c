/*
 * ipc/engine_role.c - what each role may write, and in which direction it uses the rings
 * (ipc/shared_engine.h).
 */
#include <sys/mman.h>

#include "base/check.h"
#include "ipc/engine_segments.h"
#include "ipc/shared_engine.h"

static void
attach(struct ring_spsc *ring, struct ring_view view, bool as_producer)
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
        attach(&engine->rings[worker], engine_event_ring(engine, worker), role != ROLE_WORKER);
        attach(&engine->closed[worker], engine_closed_ring(engine, worker), role == ROLE_WORKER);
    }
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    CHECK(ring_result_attach(&engine->result, result->mapping, result->mapping_size) == ATTACH_OK);
}

struct ring_spsc
shared_engine_lane(struct shared_engine *engine, uint32_t from, uint32_t to, bool as_producer)
{
    CHECK(from < engine->shape.workers && to < engine->shape.workers && from != to);
    struct ring_spsc lane;
    attach(&lane, engine_lane(engine, from, to), as_producer);
    return lane;
}

bool
shared_engine_lane_is_sound(const struct shared_engine *engine, uint32_t from, uint32_t to)
{
    struct ring_spsc lane;
    struct ring_view view = engine_lane(engine, from, to);
    return ring_attach_consumer(&lane, view.at, view.size) == ATTACH_OK;
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
allow_producer(struct ring_view view)
{
    uint64_t header = sizeof(struct shm_ring_header);
    allow_writing(view.at + offsetof(struct shm_ring_header, producer_position), SHM_PAGE);
    allow_writing(view.at + header, view.size - header);
}

static void
allow_consumer(struct ring_view view)
{
    allow_writing(view.at + offsetof(struct shm_ring_header, consumer_position), SHM_PAGE);
}

static void
become_frontend(struct shared_engine *engine)
{
    allow_writing(engine->frontend, sizeof *engine->frontend);
    allow_writing(&engine->control->watermark, SHM_PAGE);
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        struct ring_view ring = engine_event_ring(engine, worker);
        allow_producer(ring);
        allow_consumer(engine_closed_ring(engine, worker));
        uint64_t header = sizeof(struct shm_ring_header);
        make_present(ring.at + header, ring.size - header, true);
    }
}

static void
become_worker(struct shared_engine *engine, uint32_t index)
{
    allow_writing(&engine->workers[index], sizeof engine->workers[index]);
    struct ring_view ring = engine_event_ring(engine, index);
    allow_consumer(ring);
    make_present(ring.at, ring.size, false);
    allow_producer(engine_closed_ring(engine, index));
    const struct shared_segment *calls = engine_segment(engine, SEGMENT_CALLS, index);
    if (calls->size > sizeof(struct shm_calls_header))
        allow_writing(engine->calls[index], calls->size - sizeof(struct shm_calls_header));
    for (uint32_t other = 0; other < engine->shape.workers; other++) {
        if (other == index)
            continue;
        allow_producer(engine_lane(engine, index, other));
        allow_consumer(engine_lane(engine, other, index));
    }
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    uint64_t header = sizeof(struct shm_result_header);
    allow_writing(result->mapping + offsetof(struct shm_result_header, tail), SHM_PAGE);
    allow_writing(result->mapping + header, result->mapping_size - header);
    make_present(result->mapping + header, result->mapping_size - header, true);
}

static void
become_publisher(struct shared_engine *engine)
{
    allow_writing(engine->publisher, sizeof *engine->publisher);
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
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
