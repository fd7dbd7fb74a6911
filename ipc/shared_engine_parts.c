#include "ipc/shared_engine_parts.h"

#include "base/check.h"

enum {
    SINGLE_SEGMENTS = 5, /* control, lanes, closed, publisher, result */
    WORKER_SEGMENTS = 4, /* ring, calls, journal, outbox */
};

uint32_t
engine_segment_count(const struct engine_shape *shape)
{
    uint32_t streams = shape->live_links > 0 ? shape->frontends : 0;
    uint32_t histories = shape->history_slots > 0 ? shape->workers : 0;
    return SINGLE_SEGMENTS + WORKER_SEGMENTS * shape->workers + shape->frontends + histories +
           streams;
}

/* Where a segment stands in engine->segments: control, those of each worker, the single ones, those
 * of each front-end. Control comes first: it is made first and removed last, for it holds the
 * name. */
struct shared_segment *
engine_segment(const struct shared_engine *engine, enum segment_kind kind, uint32_t number)
{
    uint32_t workers = engine->shape.workers;
    uint32_t histories = engine->shape.history_slots > 0 ? workers : 0;
    switch (kind) {
    case SEGMENT_CONTROL:
        return &engine->segments[0];
    case SEGMENT_RING:
        return &engine->segments[1 + number];
    case SEGMENT_CALLS:
        return &engine->segments[1 + workers + number];
    case SEGMENT_JOURNAL:
        return &engine->segments[1 + 2 * workers + number];
    case SEGMENT_OUTBOX:
        return &engine->segments[1 + 3 * workers + number];
    case SEGMENT_LANES:
        return &engine->segments[1 + 4 * workers];
    case SEGMENT_CLOSED:
        return &engine->segments[2 + 4 * workers];
    case SEGMENT_PUBLISHER:
        return &engine->segments[3 + 4 * workers];
    case SEGMENT_RESULT:
        return &engine->segments[4 + 4 * workers];
    case SEGMENT_FRONTEND:
        return &engine->segments[5 + 4 * workers + number];
    case SEGMENT_STREAMS:
        return &engine->segments[5 + 4 * workers + engine->shape.frontends + histories + number];
    case SEGMENT_HISTORY:
        return &engine->segments[5 + 4 * workers + engine->shape.frontends + number];
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
    uint32_t frontends = engine->shape.frontends;
    if (kind == SEGMENT_RING)
        return (struct ring_shape){kind, EVENT_SLOT_SIZE, engine->shape.ring_slots, frontends};
    if (kind == SEGMENT_OUTBOX)
        return (struct ring_shape){kind, sizeof(struct shm_outbox_slot), engine->shape.outbox_slots,
                                   frontends};
    if (kind == SEGMENT_LANES)
        return (struct ring_shape){kind, LANE_SLOT_SIZE, LANE_SLOTS, frontends * workers * workers};
    CHECK(kind == SEGMENT_CLOSED);
    return (struct ring_shape){kind, sizeof(struct shm_call_report), CLOSED_SLOTS,
                               frontends * workers};
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
