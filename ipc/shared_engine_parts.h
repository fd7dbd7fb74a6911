#ifndef IPC_SHARED_ENGINE_PARTS_H
#define IPC_SHARED_ENGINE_PARTS_H

/*
 * ipc/shared_engine_parts.h - what shared_engine.c and shared_engine_role.c have in common: where
 * things stand; for nobody else.
 */

#include "ipc/segment.h"
#include "ipc/shared_engine.h"

enum {
    PROCESS_FRONTEND = 0, /* in shm_control */
    PROCESS_PUBLISHER = 1,
    PROCESS_WORKERS = 2,
};

/* The segment of a kind; `worker` counts where each worker has one. */
struct shared_segment *engine_segment(const struct shared_engine *engine, enum segment_kind kind,
                                      uint32_t worker);

/* The shape of the rings in a segment of that kind. */
struct ring_shape engine_ring_shape(const struct shared_engine *engine, enum segment_kind kind);

/* One ring as it is mapped. */
struct engine_ring_view {
    uint8_t *at;
    uint64_t size;
};

/* Ring number `ring` of the segment of that kind. */
struct engine_ring_view engine_view(const struct shared_engine *engine, enum segment_kind kind,
                                    uint32_t worker, uint32_t ring);

#endif
