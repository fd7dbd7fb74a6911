/*
 * ipc/shared_engine_role.c - who uses what: rings in a role's direction, memory it may write.
 */
#include <sys/mman.h>

#include "base/check.h"
#include "ipc/engine_inspect.h"
#include "ipc/shared_engine_parts.h"

static struct engine_ring_view
ring_view(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return engine_view(engine, SEGMENT_RING, worker, frontend);
}

static struct engine_ring_view
outbox_view(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return engine_view(engine, SEGMENT_OUTBOX, worker, frontend);
}

static struct engine_ring_view
closed_view(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return engine_view(engine, SEGMENT_CLOSED, 0, engine_channel(engine, frontend, worker));
}

/* A worker has no lane to itself; the place is there, formatted, and nobody uses it. */
static struct engine_ring_view
lane_view(const struct shared_engine *engine, uint32_t frontend, uint32_t from, uint32_t to)
{
    uint32_t channel = engine_channel(engine, frontend, from);
    return engine_view(engine, SEGMENT_LANES, 0, channel * engine->shape.workers + to);
}

static void
attach(struct ring_spsc *ring, struct engine_ring_view view, bool as_producer)
{
    enum attach_result result = as_producer ? ring_attach_producer(ring, view.at, view.size)
                                            : ring_attach_consumer(ring, view.at, view.size);
    CHECK(result == ATTACH_OK);
}

/* What a role does with a channel: the supervisor, who only looks, what the front-end and the
 * publisher do. */
static void
attach_channel(struct shared_engine *engine, enum role role, uint32_t frontend, uint32_t worker)
{
    uint32_t channel = engine_channel(engine, frontend, worker);
    if (role != ROLE_FRONTEND)
        attach(&engine->outboxes[channel], outbox_view(engine, frontend, worker),
               role == ROLE_WORKER);
    if (role == ROLE_PUBLISHER)
        return;
    attach(&engine->rings[channel], ring_view(engine, frontend, worker), role != ROLE_WORKER);
    attach(&engine->closed[channel], closed_view(engine, frontend, worker), role == ROLE_WORKER);
}

void
shared_engine_attach(struct shared_engine *engine, enum role role, uint32_t index)
{
    CHECK(index < (role == ROLE_FRONTEND ? engine->shape.frontends : engine->shape.workers));
    for (uint32_t frontend = 0; frontend < engine->shape.frontends; frontend++) {
        for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
            bool anothers = (role == ROLE_FRONTEND && frontend != index) ||
                            (role == ROLE_WORKER && worker != index);
            if (!anothers)
                attach_channel(engine, role, frontend, worker);
        }
    }
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    CHECK(ring_result_attach(&engine->result, result->mapping, result->mapping_size) == ATTACH_OK);
}

struct ring_spsc
shared_engine_lane(struct shared_engine *engine, uint32_t frontend, uint32_t from, uint32_t to,
                   bool as_producer)
{
    CHECK(frontend < engine->shape.frontends);
    CHECK(from < engine->shape.workers && to < engine->shape.workers && from != to);
    struct ring_spsc lane;
    attach(&lane, lane_view(engine, frontend, from, to), as_producer);
    return lane;
}

bool
shared_engine_lane_is_sound(const struct shared_engine *engine, uint32_t frontend, uint32_t from,
                            uint32_t to)
{
    struct ring_spsc lane;
    struct engine_ring_view view = lane_view(engine, frontend, from, to);
    return ring_attach_consumer(&lane, view.at, view.size) == ATTACH_OK;
}

static void
allow_writing(void *at, uint64_t size)
{
    CHECK(mprotect(at, size, PROT_READ | PROT_WRITE) == 0);
}

static void
allow_producer(struct engine_ring_view view)
{
    uint64_t header = sizeof(struct shm_ring_header);
    allow_writing(view.at + offsetof(struct shm_ring_header, producer_position), SHM_PAGE);
    allow_writing(view.at + header, view.size - header);
}

static void
allow_consumer(struct engine_ring_view view)
{
    allow_writing(view.at + offsetof(struct shm_ring_header, consumer_position), SHM_PAGE);
}

static void
allow_memory(struct shared_engine *engine, enum segment_kind kind, uint32_t worker)
{
    const struct shared_segment *segment = engine_segment(engine, kind, worker);
    uint64_t header = sizeof(struct shm_memory_header);
    if (segment->size > header)
        allow_writing(segment->mapping + header, segment->size - header);
}

static void
become_frontend(struct shared_engine *engine, uint32_t index)
{
    allow_writing(&engine->frontends[index], sizeof engine->frontends[index]);
    allow_writing(&engine->control->watermarks[index], SHM_PAGE);
    allow_memory(engine, SEGMENT_FRONTEND, index);
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        struct engine_ring_view ring = ring_view(engine, index, worker);
        allow_producer(ring);
        allow_consumer(closed_view(engine, index, worker));
    }
}

static void
allow_channel(struct shared_engine *engine, uint32_t frontend, uint32_t index)
{
    struct engine_ring_view ring = ring_view(engine, frontend, index);
    allow_consumer(ring);
    allow_producer(closed_view(engine, frontend, index));
    allow_producer(outbox_view(engine, frontend, index));
    for (uint32_t other = 0; other < engine->shape.workers; other++) {
        if (other == index)
            continue;
        allow_producer(lane_view(engine, frontend, index, other));
        allow_consumer(lane_view(engine, frontend, other, index));
    }
}

static void
become_worker(struct shared_engine *engine, uint32_t index)
{
    allow_writing(&engine->workers[index], sizeof engine->workers[index]);
    allow_memory(engine, SEGMENT_CALLS, index);
    allow_memory(engine, SEGMENT_JOURNAL, index);
    if (engine->shape.history_slots > 0)
        allow_memory(engine, SEGMENT_HISTORY, index);
    for (uint32_t frontend = 0; frontend < engine->shape.frontends; frontend++)
        allow_channel(engine, frontend, index);
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    uint64_t header = sizeof(struct shm_result_header);
    allow_writing(result->mapping + offsetof(struct shm_result_header, tail), SHM_PAGE);
    allow_writing(result->mapping + header, result->mapping_size - header);
}

static void
become_publisher(struct shared_engine *engine)
{
    allow_writing(engine->publisher, sizeof *engine->publisher);
    allow_memory(engine, SEGMENT_PUBLISHER, 0);
    for (uint32_t frontend = 0; frontend < engine->shape.frontends; frontend++)
        for (uint32_t worker = 0; worker < engine->shape.workers; worker++)
            allow_consumer(outbox_view(engine, frontend, worker));
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    allow_writing(result->mapping + offsetof(struct shm_result_header, cursor), SHM_PAGE);
}

/* ---- pages --------------------------------------------------------------------------------- */

/* In vain on a kernel that has no such advice; then faults are taken later, so the result does not
 * matter. */
static void
make_present(uint8_t *at, uint64_t size, bool to_write)
{
    madvise(at, size, to_write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

static void
make_rings_present(const struct shared_engine *engine, uint32_t frontend, uint32_t worker,
                   bool to_write)
{
    struct engine_ring_view ring = ring_view(engine, frontend, worker);
    uint64_t header = to_write ? sizeof(struct shm_ring_header) : 0;
    make_present(ring.at + header, ring.size - header, to_write);
}

static void
make_result_present(const struct shared_engine *engine, bool to_write)
{
    const struct shared_segment *result = engine_segment(engine, SEGMENT_RESULT, 0);
    uint64_t header = to_write ? sizeof(struct shm_result_header) : 0;
    make_present(result->mapping + header, result->mapping_size - header, to_write);
}

/* Faults taken now are not taken by the first events. */
static void
make_all_present(const struct shared_engine *engine, enum role role, uint32_t index)
{
    for (uint32_t i = 0; role == ROLE_FRONTEND && i < engine->shape.workers; i++)
        make_rings_present(engine, index, i, true);
    for (uint32_t i = 0; role == ROLE_WORKER && i < engine->shape.frontends; i++)
        make_rings_present(engine, i, index, false);
    if (role == ROLE_WORKER || role == ROLE_PUBLISHER)
        make_result_present(engine, role == ROLE_WORKER);
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
    for (uint32_t i = 0; i < engine->shape.frontends + 1 + engine->shape.workers; i++)
        allow_writing(&engine->control->processes[i].doorbell, SHM_PAGE);
    if (role == ROLE_FRONTEND)
        become_frontend(engine, index);
    else if (role == ROLE_WORKER)
        become_worker(engine, index);
    else
        become_publisher(engine);
    /* A successor is waited for, and of what it is given it needs a little, now. */
    if (engine_commits(engine, role, index) == 0)
        make_all_present(engine, role, index);
}

bool
engine_empty_calls(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    return madvise(engine_calls(engine, frontend, worker), engine->shape.calls_bytes,
                   MADV_REMOVE) == 0;
}
