#include "ipc/engine_segments.h"

#include "base/check.h"

/* Control, rings, call tables, then the single ones. Control comes first: it is made first and
 * removed last, for it holds the name. */
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
    case SEGMENT_LANES:
        return &engine->segments[1 + 2 * workers];
    case SEGMENT_CLOSED:
        return &engine->segments[2 + 2 * workers];
    case SEGMENT_RESULT:
        return &engine->segments[3 + 2 * workers];
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
    if (kind == SEGMENT_LANES)
        return (struct ring_shape){kind, LANE_SLOT_SIZE, LANE_SLOTS, workers * workers};
    CHECK(kind == SEGMENT_CLOSED);
    return (struct ring_shape){kind, sizeof(struct shm_closed_call), CLOSED_SLOTS, workers};
}

struct ring_view
engine_ring_view(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker,
                 uint32_t ring)
{
    struct ring_shape shape = engine_ring_shape(engine, kind);
    uint64_t size = ring_view_size(&shape);
    return (struct ring_view){engine_segment(engine, kind, worker)->mapping + ring * size, size};
}

struct ring_view
engine_event_ring(const struct shared_engine *engine, uint32_t worker)
{
    return engine_ring_view(engine, SEGMENT_RING, worker, 0);
}

struct ring_view
engine_closed_ring(const struct shared_engine *engine, uint32_t worker)
{
    return engine_ring_view(engine, SEGMENT_CLOSED, 0, worker);
}

struct ring_view
engine_lane(const struct shared_engine *engine, uint32_t from, uint32_t to)
{
    return engine_ring_view(engine, SEGMENT_LANES, 0, from * engine->shape.workers + to);
}
