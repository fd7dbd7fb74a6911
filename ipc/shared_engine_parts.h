#ifndef IPC_SHARED_ENGINE_PARTS_H
#define IPC_SHARED_ENGINE_PARTS_H

/*
 * ipc/shared_engine_parts.h - what the files of the shared engine have in common; for nobody else.
 *
 *   shared_engine.c       create, take over, end; watermark and progress
 *   shared_engine_make.c  the segments come to be
 *   shared_engine_role.c  who uses what, and may write it
 *   shared_engine_parts.c where things stand
 */

#include "ipc/segment.h"
#include "ipc/shared_engine.h"

/* How many segments an engine of that shape has. */
uint32_t engine_segment_count(const struct engine_shape *shape);

/* The segment of a kind; `number` counts where each worker, or front-end, has one. */
struct shared_segment *engine_segment(const struct shared_engine *engine, enum segment_kind kind,
                                      uint32_t number);

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

/* How the segments come to be: made, or found as a dead engine left them. */
struct engine_making {
    uint64_t epoch; /* that all of one engine have */
    bool fresh;
};

/* engine_succeeded - if not, `why` has words; the system's own where the system refused. */
bool engine_succeeded(const struct shared_segment *segment, enum segment_result result, char *why);

/* Bytes of a control segment of that shape. */
uint64_t engine_control_size(const struct engine_shape *shape);

/* engine_use_control - the control segment is mapped: engine->control and what points into it. */
void engine_use_control(struct shared_engine *engine);

/* engine_make_control - made new, under the name. False: `why` says why not. */
bool engine_make_control(struct shared_engine *engine, uint64_t epoch, char *why);

/* engine_make_segments - all but the control segment, which stands. False: `why` says why not. */
bool engine_make_segments(struct shared_engine *engine, const struct engine_making *making,
                          char *why);

#endif
