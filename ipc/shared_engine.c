#include "ipc/shared_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "ipc/engine_audit.h"
#include "ipc/live_state.h"
#include "ipc/publisher_memory.h"
#include "ipc/segment.h"
#include "ipc/shared_engine_parts.h"
#include "ipc/worker_journal.h"

static_assert((int)JOURNAL_WORKERS_MAX == (int)WORKERS_MAX, "a place for each");
static_assert((int)JOURNAL_FRONTENDS_MAX == (int)FRONTENDS_MAX, "a place for each");
static_assert((int)PUBLISHER_CHANNELS_MAX == (int)CHANNELS_MAX, "a place for each");
static_assert((int)PUBLISHER_FRONTENDS_MAX == (int)FRONTENDS_MAX, "a place for each");
static_assert((int)CHANNELS_MAX < (int)RESULT_OWNER_NONE, "each can own a slot");

enum {
    RING_SLOTS_MIN = 1024,
    RESULT_SLOTS_MIN = 64,
    TAKE_OVER_NAPS = 100,
    TAKE_OVER_NAP_NS = 10 * 1000 * 1000,
};

#define NS_PER_SECOND UINT64_C(1000000000)

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

/* What is left out: one front-end, and an outbox as long as the result ring. */
static struct engine_shape
filled_up(const struct engine_shape *shape)
{
    struct engine_shape filled = *shape;
    if (filled.frontends == 0)
        filled.frontends = 1;
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
    if (shape->frontends > FRONTENDS_MAX)
        return "front-ends must be 1 to 8";
    if (shape->frontends * shape->workers > CHANNELS_MAX)
        return "front-ends times workers must be at most 256";
    if (shape->frontends > 1 && shape->calls_bytes % SHM_PAGE != 0)
        return "the bytes of a call table must be whole pages";
    if (!is_power_of_two(shape->ring_slots) || shape->ring_slots < RING_SLOTS_MIN)
        return "slots of a ring must be a power of two, at least 1024";
    if (!is_power_of_two(shape->result_slots) || shape->result_slots < RESULT_SLOTS_MIN)
        return "slots of the result ring must be a power of two, at least 64";
    if (!is_power_of_two(shape->outbox_slots) || shape->outbox_slots < OUTBOX_SLOTS_MIN)
        return "slots of an outbox must be a power of two, at least 16";
    if (shape->history_slots != 0 &&
        (!is_power_of_two(shape->history_slots) || shape->history_slots < HISTORY_SLOTS_MIN ||
         shape->history_slots > HISTORY_SLOTS_MAX))
        return "slots of a history must be 0, or a power of two from 1024 to 16777216";
    if (shape->live_links > LIVE_LINKS_MAX)
        return "live links must be 256 at the most";
    if (sysconf(_SC_PAGESIZE) != (long)SHM_PAGE)
        return "this build is for pages of 4096 bytes";
    return NULL;
}

/* A handle that holds nothing yet. */
static bool
begin(struct shared_engine *engine, const char *name, const struct engine_shape *shape, char *why)
{
    const struct engine_shape filled = filled_up(shape);
    const char *fault = fault_of_request(name, &filled);
    if (fault != NULL) {
        snprintf(why, SHARED_ENGINE_WHY, "%s", fault);
        return false;
    }
    *engine = (struct shared_engine){.shape = filled,
                                     .segment_count = engine_segment_count(&filled),
                                     .lasting = shape->run != 0};
    snprintf(engine->name, sizeof engine->name, "%s", name);
    engine->segments = calloc(engine->segment_count, sizeof *engine->segments);
    if (engine->segments == NULL) {
        snprintf(why, SHARED_ENGINE_WHY, "%s", strerror(errno));
        return false;
    }
    for (uint32_t i = 0; i < engine->segment_count; i++)
        engine->segments[i].descriptor = -1;
    return true;
}

static void
set_complete(struct shared_engine *engine, uint32_t complete)
{
    /* relaxed: no edge. Who acts upon it holds the lock that we had. */
    atomic_store_explicit(&engine->control->complete, complete, memory_order_relaxed);
}

bool
shared_engine_create(struct shared_engine *engine, const char *name,
                     const struct engine_shape *shape, char *why)
{
    struct engine_making making = {.epoch = now_ns(CLOCK_REALTIME), .fresh = true};
    if (!begin(engine, name, shape, why))
        return false;
    engine->created_ns = now_ns(CLOCK_MONOTONIC);
    if (!engine_make_control(engine, making.epoch, why) ||
        !engine_make_segments(engine, &making, why)) {
        shared_engine_destroy(engine);
        return false;
    }
    shared_engine_attach(engine, ROLE_SUPERVISOR, 0);
    set_complete(engine, 1);
    return true;
}

/* The lock of a dead engine's last process is given back a moment after it was killed. */
static enum segment_result
await_control(struct shared_segment *segment, const char *name)
{
    enum segment_result result = segment_open_control(segment, name);
    for (int nap = 0; nap < TAKE_OVER_NAPS && result == SEGMENT_RUNNING; nap++) {
        nanosleep(&(struct timespec){.tv_nsec = TAKE_OVER_NAP_NS}, NULL);
        result = segment_open_control(segment, name);
    }
    return result;
}

void
shared_engine_await(const char *name)
{
    struct shared_segment segment;
    if (await_control(&segment, name) == SEGMENT_OK)
        segment_close(&segment);
}

bool
shared_engine_is_left(const char *name)
{
    struct shared_segment segment;
    struct shm_control_fixed fixed;
    if (segment_open_control(&segment, name) != SEGMENT_OK)
        return false;
    bool is_left = segment.size >= sizeof(struct shm_control) &&
                   segment_map(&segment) == SEGMENT_OK &&
                   identity_read(&fixed, segment.mapping, segment.size, sizeof(struct shm_control),
                                 sizeof fixed) == ATTACH_OK &&
                   fixed.run != 0;
    segment_close(&segment);
    return is_left;
}

/* Judges a control segment that is ours now: can this engine go on? */
static enum engine_found
judge_control(struct shared_engine *engine, struct engine_making *making, char *why)
{
    const struct shared_segment *segment = engine_segment(engine, SEGMENT_CONTROL, 0);
    const struct engine_shape *shape = &engine->shape;
    struct shm_control_fixed fixed;
    enum attach_result result = identity_read(&fixed, segment->mapping, segment->size,
                                              sizeof(struct shm_control), sizeof fixed);
    /* relaxed: no edge. Its writer is dead. */
    if (result == ATTACH_NOT_READY ||
        (result == ATTACH_OK &&
         (atomic_load_explicit(&engine->control->complete, memory_order_relaxed) == 0 ||
          fixed.run == 0)))
        return ENGINE_NONE;
    if (result != ATTACH_OK) {
        snprintf(why, SHARED_ENGINE_WHY, "%s: %s", segment->path, attach_result_words(result));
        return ENGINE_REFUSED;
    }
    if (fixed.run != shape->run || fixed.workers != shape->workers ||
        fixed.frontends != shape->frontends || fixed.ring_slots != shape->ring_slots ||
        fixed.live_links != shape->live_links || fixed.history_slots != shape->history_slots ||
        fixed.result_slots != shape->result_slots || fixed.outbox_slots != shape->outbox_slots ||
        fixed.calls_bytes != shape->calls_bytes || fixed.frontend_bytes != shape->frontend_bytes ||
        segment->size != engine_control_size(shape)) {
        snprintf(why, SHARED_ENGINE_WHY, "it was started with other inputs, settings or output");
        return ENGINE_REFUSED;
    }
    making->epoch = fixed.identity.epoch;
    engine->created_ns = fixed.created_ns;
    return ENGINE_TAKEN_OVER;
}

static enum engine_found
find_control(struct shared_engine *engine, struct engine_making *making, char *why)
{
    struct shared_segment *segment = engine_segment(engine, SEGMENT_CONTROL, 0);
    enum segment_result result = await_control(segment, engine->name);
    if (result == SEGMENT_SYSTEM && errno == ENOENT)
        return ENGINE_NONE;
    if (result == SEGMENT_OK && segment->size < sizeof(struct shm_control))
        return ENGINE_NONE; /* killed before it had a size */
    if (result == SEGMENT_OK)
        result = segment_map(segment);
    if (!engine_succeeded(segment, result, why))
        return ENGINE_REFUSED;
    engine_use_control(engine);
    return judge_control(engine, making, why);
}

static bool
is_sound(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker, uint32_t ring)
{
    struct ring_spsc attached;
    struct engine_ring_view view = engine_view(engine, kind, worker, ring);
    return ring_attach_consumer(&attached, view.at, view.size) == ATTACH_OK;
}

static bool
channel_is_sound(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    bool sound = is_sound(engine, SEGMENT_RING, worker, frontend) &&
                 is_sound(engine, SEGMENT_OUTBOX, worker, frontend) &&
                 is_sound(engine, SEGMENT_CLOSED, 0, engine_channel(engine, frontend, worker));
    for (uint32_t to = 0; to < engine->shape.workers && sound; to++)
        sound = shared_engine_lane_is_sound(engine, frontend, worker, to);
    return sound;
}

/* Can every ring be attached to? What cannot must be found here, where there is an answer. */
static bool
rings_are_sound(const struct shared_engine *engine, char *why)
{
    struct ring_result result;
    const struct shared_segment *results = engine_segment(engine, SEGMENT_RESULT, 0);
    bool sound = ring_result_attach(&result, results->mapping, results->mapping_size) == ATTACH_OK;
    for (uint32_t frontend = 0; frontend < engine->shape.frontends && sound; frontend++)
        for (uint32_t worker = 0; worker < engine->shape.workers && sound; worker++)
            sound = channel_is_sound(engine, frontend, worker);
    if (!sound)
        snprintf(why, SHARED_ENGINE_WHY, "its rings are damaged");
    return sound;
}

enum engine_found
shared_engine_take_over(struct shared_engine *engine, const char *name,
                        const struct engine_shape *shape, char *why)
{
    struct engine_making making = {.fresh = false};
    if (!begin(engine, name, shape, why))
        return ENGINE_REFUSED;
    enum engine_found found = find_control(engine, &making, why);
    if (found == ENGINE_TAKEN_OVER &&
        (!engine_make_segments(engine, &making, why) || !rings_are_sound(engine, why)))
        found = ENGINE_REFUSED;
    if (found == ENGINE_TAKEN_OVER) {
        shared_engine_attach(engine, ROLE_SUPERVISOR, 0);
        if (!engine_audit(engine, why))
            found = ENGINE_REFUSED;
    }
    if (found != ENGINE_TAKEN_OVER)
        shared_engine_close(engine);
    return found;
}

void
shared_engine_unlink(struct shared_engine *engine)
{
    if (engine->control != NULL)
        set_complete(engine, 0);
    for (uint32_t i = engine->segment_count; i-- > 0;) {
        if (engine->segments[i].descriptor >= 0)
            segment_unlink(&engine->segments[i]);
    }
}

void
shared_engine_close(struct shared_engine *engine)
{
    for (uint32_t i = engine->segment_count; i-- > 0;)
        segment_close(&engine->segments[i]);
    free(engine->segments);
    *engine = (struct shared_engine){0};
}

void
shared_engine_destroy(struct shared_engine *engine)
{
    shared_engine_unlink(engine);
    shared_engine_close(engine);
}

void
watermark_set(struct shared_engine *engine, uint32_t frontend, uint64_t order)
{
    /* release: P1. The ring positions published before it. */
    atomic_store_explicit(&engine->control->watermarks[frontend].order, order,
                          memory_order_release);
}

uint64_t
watermark_get(const struct shared_engine *engine, uint32_t frontend)
{
    /* acquire: P1. A poll after this sees every record up to the watermark. */
    return atomic_load_explicit(&engine->control->watermarks[frontend].order, memory_order_acquire);
}

void
progress_set(struct shm_process *worker, uint32_t frontend, uint64_t decided_order)
{
    /* release: P2. The outcomes committed before it. */
    atomic_store_explicit(&worker->progress[frontend], decided_order, memory_order_release);
}

uint64_t
progress_get(const struct shm_process *worker, uint32_t frontend)
{
    /* acquire: P2. A poll after this sees every outcome up to that order. */
    return atomic_load_explicit(&worker->progress[frontend], memory_order_acquire);
}
