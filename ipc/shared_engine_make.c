/*
 * ipc/shared_engine_make.c - the segments come to be: made new, or found as they were left.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipc/live_stream.h"
#include "ipc/publisher_memory.h"
#include "ipc/shared_engine_parts.h"
#include "ipc/worker_journal.h"

/* Says why in words; with the system's own where the system refused. */
bool
engine_succeeded(const struct shared_segment *segment, enum segment_result result, char *why)
{
    if (result == SEGMENT_OK)
        return true;
    int reason = errno;
    bool systems = result == SEGMENT_NO_ROOM || result == SEGMENT_SYSTEM;
    snprintf(why, SHARED_ENGINE_WHY, "%s: %s%s%s", segment->path, segment_result_words(result),
             systems ? ": " : "", systems ? strerror(reason) : "");
    return false;
}

static enum segment_result
obtain(const struct engine_making *making, struct shared_segment *segment, const char *path,
       uint64_t size, bool reserve)
{
    if (making->fresh)
        return segment_create(segment, path, size, reserve);
    enum segment_result result = segment_open(segment, path);
    if (result == SEGMENT_OK && segment->size != (size + SHM_PAGE - 1) / SHM_PAGE * SHM_PAGE) {
        segment_close(segment);
        result = SEGMENT_OTHER_SIZE;
    }
    return result;
}

/* Is what was found a segment of this engine? Every header begins with its identity. */
static bool
is_of_engine(const struct engine_making *making, const struct shared_segment *segment, char *why)
{
    const struct shm_identity *identity = (const void *)segment->mapping;
    if (making->fresh || identity->epoch == making->epoch)
        return true;
    snprintf(why, SHARED_ENGINE_WHY, "%s: it is not of the same engine as the others",
             segment->path);
    return false;
}

static void
control_format(struct shared_engine *engine, uint64_t size, uint64_t epoch)
{
    struct shm_control *control = engine->control;
    memcpy(control->fixed.name, engine->name, sizeof engine->name);
    control->fixed.created_ns = engine->created_ns;
    control->fixed.calls_bytes = engine->shape.calls_bytes;
    control->fixed.frontend_bytes = engine->shape.frontend_bytes;
    control->fixed.run = engine->shape.run;
    control->fixed.workers = engine->shape.workers;
    control->fixed.ring_slots = engine->shape.ring_slots;
    control->fixed.result_slots = engine->shape.result_slots;
    control->fixed.outbox_slots = engine->shape.outbox_slots;
    control->fixed.live_links = engine->shape.live_links;
    control->fixed.history_slots = engine->shape.history_slots;
    control->fixed.frontends = engine->shape.frontends;
    identity_seal(control, &(struct identity){
                               .kind = SEGMENT_CONTROL,
                               .header_size = sizeof *control,
                               .fixed_size = sizeof control->fixed,
                               .total_size = size,
                               .epoch = epoch,
                           });
}

uint64_t
engine_control_size(const struct engine_shape *shape)
{
    return sizeof(struct shm_control) +
           (shape->frontends + 1 + shape->workers) * sizeof(struct shm_process);
}

void
engine_use_control(struct shared_engine *engine)
{
    engine->control = (void *)engine_segment(engine, SEGMENT_CONTROL, 0)->mapping;
    engine->frontends = engine->control->processes;
    engine->publisher = engine->frontends + engine->shape.frontends;
    engine->workers = engine->publisher + 1;
}

bool
engine_make_control(struct shared_engine *engine, uint64_t epoch, char *why)
{
    struct shared_segment *segment = engine_segment(engine, SEGMENT_CONTROL, 0);
    uint64_t size = engine_control_size(&engine->shape);
    enum segment_result result = segment_create_control(segment, engine->name, size, WORKERS_MAX);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!engine_succeeded(segment, result, why))
        return false;
    engine_use_control(engine);
    control_format(engine, size, epoch);
    return true;
}

static bool
make_rings(struct shared_engine *engine, enum segment_kind kind, uint32_t worker,
           const struct engine_making *making, char *why)
{
    struct shared_segment *segment = engine_segment(engine, kind, worker);
    struct ring_shape shape = engine_ring_shape(engine, kind);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, kind, worker);
    enum segment_result result =
        obtain(making, segment, path, ring_size(&shape) * shape.ring_count, kind != SEGMENT_LANES);
    if (result == SEGMENT_OK)
        result = segment_map_rings(segment, &shape);
    if (!engine_succeeded(segment, result, why) || !is_of_engine(making, segment, why))
        return false;
    for (uint32_t ring = 0; ring < shape.ring_count && making->fresh; ring++)
        ring_format(engine_view(engine, kind, worker, ring).at, &shape, ring, making->epoch);
    return true;
}

/* Memory of one process: *memory is where it begins, behind the header. */
static bool
make_memory(struct shared_engine *engine, enum segment_kind kind, uint32_t worker, uint64_t bytes,
            void **memory, const struct engine_making *making, char *why)
{
    struct shared_segment *segment = engine_segment(engine, kind, worker);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, kind, worker);
    uint64_t header = sizeof(struct shm_memory_header);
    uint64_t size = bytes > UINT64_MAX - header ? UINT64_MAX : bytes + header;
    enum segment_result result = obtain(making, segment, path, size, false);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!engine_succeeded(segment, result, why) || !is_of_engine(making, segment, why))
        return false;
    *memory = segment->mapping + header;
    if (making->fresh)
        identity_seal(segment->mapping, &(struct identity){
                                            .kind = kind,
                                            .header_size = sizeof(struct shm_memory_header),
                                            .fixed_size = sizeof(struct shm_identity),
                                            .total_size = segment->size,
                                            .epoch = making->epoch,
                                        });
    return true;
}

static bool
make_result(struct shared_engine *engine, const struct engine_making *making, char *why)
{
    struct shared_segment *segment = engine_segment(engine, SEGMENT_RESULT, 0);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, engine->name, SEGMENT_RESULT, 0);
    uint64_t size = ring_result_size(engine->shape.result_slots);
    enum segment_result result = obtain(making, segment, path, size, true);
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!engine_succeeded(segment, result, why) || !is_of_engine(making, segment, why))
        return false;
    if (making->fresh)
        ring_result_format(segment->mapping, segment->mapping_size, engine->shape.result_slots,
                           making->epoch);
    return true;
}

/* More than there are addresses is refused by whoever makes the segment. */
static uint64_t
all_calls_bytes(const struct engine_shape *shape)
{
    bool fits = shape->calls_bytes <= UINT64_MAX / shape->frontends;
    return fits ? shape->frontends * shape->calls_bytes : UINT64_MAX;
}

static bool
make_history(struct shared_engine *engine, uint32_t worker, const struct engine_making *making,
             char *why)
{
    uint64_t bytes = engine->shape.frontends * history_bytes(engine->shape.history_slots);
    return bytes == 0 || make_memory(engine, SEGMENT_HISTORY, worker, bytes,
                                     &engine->histories[worker], making, why);
}

static bool
make_worker(struct shared_engine *engine, uint32_t worker, const struct engine_making *making,
            char *why)
{
    const struct engine_shape *shape = &engine->shape;
    return make_rings(engine, SEGMENT_RING, worker, making, why) &&
           make_memory(engine, SEGMENT_CALLS, worker, all_calls_bytes(shape),
                       &engine->calls[worker], making, why) &&
           make_memory(engine, SEGMENT_JOURNAL, worker,
                       worker_journal_bytes(shape->frontends, shape->workers, shape->calls_bytes),
                       &engine->journals[worker], making, why) &&
           make_rings(engine, SEGMENT_OUTBOX, worker, making, why) &&
           make_history(engine, worker, making, why);
}

/* Where bytes of live links stand: no page of it before it is touched. */
static bool
make_streams(struct shared_engine *engine, uint32_t frontend, const struct engine_making *making,
             char *why)
{
    void *memory;
    uint64_t bytes = live_streams_bytes(engine->shape.live_links);
    return bytes == 0 ||
           make_memory(engine, SEGMENT_STREAMS, frontend, bytes, &memory, making, why);
}

/* All but the control segment, which stands. */
bool
engine_make_segments(struct shared_engine *engine, const struct engine_making *making, char *why)
{
    const struct engine_shape *shape = &engine->shape;
    for (uint32_t worker = 0; worker < shape->workers; worker++)
        if (!make_worker(engine, worker, making, why))
            return false;
    for (uint32_t frontend = 0; frontend < shape->frontends; frontend++)
        if (!make_memory(engine, SEGMENT_FRONTEND, frontend, shape->frontend_bytes,
                         &engine->frontend_memory[frontend], making, why) ||
            !make_streams(engine, frontend, making, why))
            return false;
    return make_rings(engine, SEGMENT_LANES, 0, making, why) &&
           make_rings(engine, SEGMENT_CLOSED, 0, making, why) &&
           make_memory(engine, SEGMENT_PUBLISHER, 0,
                       publisher_memory_bytes(engine_channel_count(engine)),
                       &engine->publisher_memory, making, why) &&
           make_result(engine, making, why);
}
