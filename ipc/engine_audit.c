#include "ipc/engine_audit.h"

#include <stdio.h>

#include "ipc/engine_inspect.h"
#include "ipc/front_state.h"
#include "ipc/process_state.h"
#include "ipc/publisher_memory.h"
#include "ipc/ring_result.h"
#include "ipc/shared_engine_parts.h"
#include "ipc/worker_journal.h"

/* Committed cursors of everybody; NULL: there are none. */
struct audit {
    const struct shared_engine *engine;
    const struct shm_publisher_cursors *publisher;
    const void *workers[WORKERS_MAX];
    const struct shm_front_cursors *frontends[FRONTENDS_MAX];
    char *why;
};

/* What a reader and a writer say of the ring between them. */
struct passage {
    uint64_t released; /* as others see it */
    uint64_t read;     /* as its reader has committed it */
    uint64_t published;
    uint64_t written;
    uint64_t slots;
};

static bool
refuse(const struct audit *audit, const char *what, uint32_t number)
{
    snprintf(audit->why, SHARED_ENGINE_WHY, "%s %u is not what its processes left", what,
             (unsigned)number);
    return false;
}

static const void *
committed(void *journal, uint32_t cursor_bytes)
{
    static struct transaction transaction; /* large */
    transaction_open(&transaction, journal, cursor_bytes, 0);
    return transaction_cursors(&transaction);
}

static bool
journal_is_sound(const void *memory)
{
    const struct shm_transaction *journal = memory;
    /* acquire: T1, T2. Of the dead. */
    uint64_t commit = atomic_load_explicit(&journal->commit, memory_order_acquire);
    uint64_t undo_of = atomic_load_explicit(&journal->undo_of, memory_order_acquire);
    return !TRANSACTION_PROTECTS || undo_of == commit || undo_of == commit + 1;
}

/* ---- rings --------------------------------------------------------------------------------- */

static struct passage
passage_of(const struct shared_engine *engine, enum segment_kind kind, uint32_t worker,
           uint32_t ring)
{
    const struct shm_ring_header *header = (void *)engine_view(engine, kind, worker, ring).at;
    return (struct passage){
        /* acquire: R2, R1. Of the dead. */
        .released = atomic_load_explicit(&header->consumer_position, memory_order_acquire),
        .published = atomic_load_explicit(&header->producer_position, memory_order_acquire),
        .slots = header->fixed.slot_count,
    };
}

static bool
passage_is_sound(const struct passage *passage)
{
    return passage->released <= passage->read && passage->read <= passage->published &&
           passage->published <= passage->written &&
           passage->written - passage->released <= passage->slots;
}

static const struct shm_worker_cursors *
cursors_of(const struct audit *audit, uint32_t frontend, uint32_t worker)
{
    return worker_cursors_of(audit->workers[worker], audit->engine->shape.workers, frontend);
}

static bool
events_are_sound(const struct audit *audit, uint32_t frontend, uint32_t worker)
{
    struct passage events = passage_of(audit->engine, SEGMENT_RING, worker, frontend);
    struct passage closed = passage_of(audit->engine, SEGMENT_CLOSED, 0,
                                       engine_channel(audit->engine, frontend, worker));
    const struct shm_worker_cursors *cursors = cursors_of(audit, frontend, worker);
    const struct shm_front_cursors *front = audit->frontends[frontend];
    events.read = cursors->events;
    events.written = front != NULL ? front->ring_tails[worker] : events.published;
    closed.read = front != NULL ? front->closed_cursors[worker] : closed.released;
    closed.written = cursors->closed;
    if (!passage_is_sound(&events))
        return refuse(audit, "the event ring of worker", worker);
    if (!engine_records_are_whole(audit->engine, frontend, worker, events.read))
        return refuse(audit, "a record in the event ring of worker", worker);
    return passage_is_sound(&closed) || refuse(audit, "the ring of closed calls of worker", worker);
}

static bool
lanes_are_sound(const struct audit *audit, uint32_t frontend, uint32_t from)
{
    uint32_t workers = audit->engine->shape.workers;
    for (uint32_t to = 0; to < workers; to++) {
        uint32_t number = engine_channel(audit->engine, frontend, from) * workers + to;
        struct passage lane = passage_of(audit->engine, SEGMENT_LANES, 0, number);
        lane.read = cursors_of(audit, frontend, to)->lanes[from].in;
        lane.written = cursors_of(audit, frontend, from)->lanes[to].out;
        if (!passage_is_sound(&lane))
            return refuse(audit, "a lane of worker", from);
    }
    return true;
}

static bool
outbox_is_sound(const struct audit *audit, uint32_t frontend, uint32_t worker)
{
    const struct shared_engine *engine = audit->engine;
    struct passage outbox = passage_of(engine, SEGMENT_OUTBOX, worker, frontend);
    const struct shm_given *given =
        &audit->publisher->channels[engine_channel(engine, frontend, worker)];
    uint64_t flushed = ring_result_flushed(&engine->workers[worker].flushed[frontend]);
    outbox.read = given->given;
    outbox.written = cursors_of(audit, frontend, worker)->outbox;
    return (passage_is_sound(&outbox) && given->given <= given->arrived &&
            given->arrived <= flushed && flushed <= outbox.published) ||
           refuse(audit, "the outbox of worker", worker);
}

/* ---- the result ring ----------------------------------------------------------------------- */

/*
 * All that was given to it and not yet taken is there, in each owner's order; what was counted and
 * not committed is the owner's open claim.
 */
static bool
results_are_sound(const struct audit *audit)
{
    static struct ring_result_owner owners[CHANNELS_MAX];
    const struct shared_engine *engine = audit->engine;
    uint32_t channels = engine_channel_count(engine);
    uint64_t taken = 0;
    for (uint32_t i = 0; i < channels; i++) {
        const struct shm_process *worker = &engine->workers[i % engine->shape.workers];
        owners[i].arrived = audit->publisher->channels[i].arrived;
        owners[i].flushed = ring_result_flushed(&worker->flushed[i / engine->shape.workers]);
        taken += owners[i].arrived;
    }
    return (taken == audit->publisher->taken &&
            ring_result_is_whole(&engine->result, ring_result_first(&engine->result) + taken,
                                 owners, channels)) ||
           refuse(audit, "the result ring, or what was taken of it: outcome", (uint32_t)taken);
}

/* ---- what is said to be done --------------------------------------------------------------- */

static bool
worker_is_sound(const struct audit *audit, uint32_t worker)
{
    const struct shared_engine *engine = audit->engine;
    const struct shm_process *process = &engine->workers[worker];
    bool finished = true;
    for (uint32_t frontend = 0; frontend < engine->shape.frontends; frontend++) {
        const struct shm_worker_cursors *cursors = cursors_of(audit, frontend, worker);
        uint64_t decided = decided_by(watermark_get(engine, frontend));
        decided = decided > cursors->decided ? decided : cursors->decided;
        finished &= cursors->finished == 1;
        if (cursors->finished > 1 || (cursors->finished == 1) != (cursors->decided == UINT64_MAX) ||
            progress_get(process, frontend) > decided ||
            (progress_get(process, frontend) == UINT64_MAX && cursors->finished == 0))
            return refuse(audit, "the progress of worker", worker);
    }
    return finished || !process_is_done(process) ||
           refuse(audit, "the word that says it is done of worker", worker);
}

static bool
publisher_is_sound(const struct audit *audit)
{
    const struct shared_engine *engine = audit->engine;
    bool all = true;
    for (uint32_t i = 0; i < engine_channel_count(engine); i++) {
        const struct shm_worker_cursors *cursors =
            cursors_of(audit, i / engine->shape.workers, i % engine->shape.workers);
        all &= cursors->finished == 1 && audit->publisher->channels[i].given == cursors->outbox;
    }
    return all || !process_is_done(engine->publisher) ||
           refuse(audit, "the word that says it is done of publisher", 0);
}

static bool
frontend_is_sound(const struct audit *audit, uint32_t frontend)
{
    const struct shm_front_cursors *front = audit->frontends[frontend];
    if (front == NULL)
        return true;
    if (watermark_get(audit->engine, frontend) > front->complete)
        return refuse(audit, "the watermark of front-end", frontend);
    return front->input.phase == INPUT_FINISHED ||
           !process_is_done(&audit->engine->frontends[frontend]) ||
           refuse(audit, "the word that says it is done of front-end", frontend);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static bool
open_journals(struct audit *audit)
{
    const struct shared_engine *engine = audit->engine;
    const struct engine_shape *shape = &engine->shape;
    bool has_fronts = shape->frontend_bytes >= front_state_bytes();
    for (uint32_t i = 0; i < shape->workers; i++) {
        if (!journal_is_sound(engine->journals[i]))
            return refuse(audit, "the journal of worker", i);
        audit->workers[i] =
            committed(engine->journals[i], worker_cursor_bytes(shape->frontends, shape->workers));
    }
    for (uint32_t i = 0; i < shape->frontends && has_fronts; i++) {
        if (!journal_is_sound(engine->frontend_memory[i]))
            return refuse(audit, "the journal of front-end", i);
        audit->frontends[i] =
            committed(engine->frontend_memory[i], sizeof(struct shm_front_cursors));
    }
    audit->publisher =
        committed(engine->publisher_memory, publisher_cursor_bytes(engine_channel_count(engine)));
    return journal_is_sound(engine->publisher_memory) ||
           refuse(audit, "the journal of publisher", 0);
}

static bool
channel_is_sound(const struct audit *audit, uint32_t frontend, uint32_t worker)
{
    return events_are_sound(audit, frontend, worker) && lanes_are_sound(audit, frontend, worker) &&
           outbox_is_sound(audit, frontend, worker);
}

bool
engine_audit(const struct shared_engine *engine, char *why)
{
    struct audit audit = {.engine = engine, .why = why};
    bool sound = open_journals(&audit);
    for (uint32_t i = 0; i < engine->shape.frontends && sound; i++)
        for (uint32_t j = 0; j < engine->shape.workers && sound; j++)
            sound = channel_is_sound(&audit, i, j);
    for (uint32_t i = 0; i < engine->shape.frontends && sound; i++)
        sound = frontend_is_sound(&audit, i);
    for (uint32_t i = 0; i < engine->shape.workers && sound; i++)
        sound = worker_is_sound(&audit, i);
    return sound && results_are_sound(&audit) && publisher_is_sound(&audit);
}
