#ifndef IPC_ENGINE_SEGMENTS_H
#define IPC_ENGINE_SEGMENTS_H

/*
 * ipc/engine_segments.h - where each segment and each ring of an engine is, as this process has it
 * mapped. For ipc/ only; everybody else has ipc/shared_engine.h.
 */

#include "ipc/ring_attach.h"
#include "ipc/segment.h"
#include "ipc/shared_engine.h"

/* Places in shm_control's processes. */
enum {
    PROCESS_FRONTEND = 0,
    PROCESS_PUBLISHER = 1,
    PROCESS_WORKERS = 2,
};

/* One ring as it is mapped: ring_view_size() bytes. */
struct ring_view {
    uint8_t *at;
    uint64_t size;
};

/* The segment of that kind; `worker` counts for kinds of which each worker has one. */
struct shared_segment *engine_segment(const struct shared_engine *engine, enum segment_kind kind,
                                      uint32_t worker);

/* The rings in a segment of that kind: SEGMENT_RING, SEGMENT_LANES or SEGMENT_CLOSED. */
struct ring_shape engine_ring_shape(const struct shared_engine *engine, enum segment_kind kind);

/* Ring number `ring` of a segment. */
struct ring_view engine_ring_view(const struct shared_engine *engine, enum segment_kind kind,
                                  uint32_t worker, uint32_t ring);

struct ring_view engine_event_ring(const struct shared_engine *engine, uint32_t worker);
struct ring_view engine_closed_ring(const struct shared_engine *engine, uint32_t worker);

/* A worker has no lane to itself; the place is there, formatted, and nobody uses it. */
struct ring_view engine_lane(const struct shared_engine *engine, uint32_t from, uint32_t to);

#endif
