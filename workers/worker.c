#include "workers/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "ipc/process_state.h"
#include "workers/due.h"
#include "workers/move.h"
#include "workers/worker_parts.h"

enum {
    BATCH_RECORDS = 64,        /* records in one transaction */
    BATCH_LOG_BYTES = 1 << 20, /* old bytes after which it is committed early */
    BATCH_OUTCOMES = 64,       /* room in the outbox without which no further record is taken */
    SPIN_POLLS = 200,          /* empty polls before the worker sleeps */
};

/* ---- records ------------------------------------------------------------------------------- */

enum batch {
    BATCH_EMPTY,    /* no record is there */
    BATCH_MORE,     /* committed; look for more */
    BATCH_FULL,     /* the outbox is */
    BATCH_LANE,     /* a move waits for its lane */
    BATCH_FINISHED, /* the last record there will be */
    BATCH_BROKEN,   /* a record that nobody can have sent */
};

static enum batch
worker_move(struct worker *worker)
{
    struct step *step = &worker->step;
    if (worker->event.extra >= worker->engine->shape.workers ||
        worker->event.extra == worker->index)
        return BATCH_BROKEN;
    struct ring_spsc *lane = worker_lane(worker);
    bool out = worker->event.kind == EVENT_MOVE_OUT;
    enum move_result result = out ? move_out(step, lane) : move_in(step, lane);
    step_flush(step); /* of a call that had to give way */
    if (result == MOVE_BROKEN)
        return BATCH_BROKEN;
    if (worker->overflows)
        return BATCH_FULL;
    return result == MOVE_DONE ? BATCH_MORE : BATCH_LANE;
}

/* One record; BATCH_MORE when all of it is done. */
static enum batch
worker_handle(struct worker *worker)
{
    struct event *event = &worker->event;
    if (event->kind == EVENT_FINISH)
        return BATCH_FINISHED;
    if (event->link >= CALL_LINKS_MAX)
        return BATCH_BROKEN;
    step_begin(&worker->step, event);
    if (event->kind == EVENT_MOVE_OUT || event->kind == EVENT_MOVE_IN)
        return worker_move(worker);
    call_step(&worker->step);
    step_flush(&worker->step);
    return worker->overflows ? BATCH_FULL : BATCH_MORE;
}

/* The record is done with. */
static void
worker_consume(struct worker *worker, uint32_t slots)
{
    worker_all_handed_over(worker);
    worker->cursors->part = (struct shm_part){0};
    worker_note_decided(worker, worker_decided_before(&worker->event) +
                                    (worker->event.kind == EVENT_TICK ? 1 : 0));
    counter_add(&worker->self->counters, COUNTER_STEPS, 1);
    if (worker->event.received_ns != 0)
        histogram_add(&worker->self->latency[STAGE_DECODED_JUDGED], worker->event.decoded_ns,
                      worker_judged_ns(worker));
    ring_spsc_take(&worker->engine->rings[worker->index], slots);
    worker->records++;
}

/*
 * The record in hand has more outcomes than there is room for. Others of the batch are done without
 * it first; then what fits is handed over, and the record comes again when there is room.
 */
static enum batch
worker_overflow(struct worker *worker)
{
    uint32_t before = worker->records;
    uint64_t decided = worker_decided_before(&worker->event);
    const struct shm_worker_cursors *last = transaction_cursors(&worker->transaction);
    uint64_t fitted = worker_outbox(worker)->position - last->outbox;
    transaction_roll_back(&worker->transaction);
    worker_rewind(worker);
    if (before > 0) {
        worker->batch_most = before;
        return BATCH_MORE;
    }
    worker->cursors = transaction_begin(&worker->transaction);
    worker->cursors->part.emitted += fitted;
    worker_outbox(worker)->position += fitted;
    worker_note_decided(worker, decided);
    worker_commit(worker);
    return BATCH_FULL;
}

/* Is it time to commit, though there are more records? */
static bool
batch_is_large(struct worker *worker)
{
    uint32_t half = worker->engine->shape.outbox_slots / 2;
    return transaction_used(&worker->transaction) > BATCH_LOG_BYTES ||
           !ring_spsc_claim(worker_outbox(worker), half < BATCH_OUTCOMES ? half : BATCH_OUTCOMES);
}

/* An input that this worker died of again and again (ipc/process_state.h). */
static bool
is_passed_over(struct worker *worker)
{
    const struct event *event = &worker->event;
    if (!process_must_skip(worker->self, worker->engine->rings[worker->index].position))
        return false;
    /* Another worker waits for a move, or for the lane it leaves free. */
    if (event->kind == EVENT_MOVE_OUT || event->kind == EVENT_MOVE_IN)
        return false;
    worker->to_skip = 0; /* of a record handed on in parts, the rest */
    counter_add(&worker->self->counters, COUNTER_DEAD_LETTERS, 1);
    return true;
}

static enum batch
worker_records(struct worker *worker, uint32_t ready)
{
    struct ring_spsc *ring = &worker->engine->rings[worker->index];
    uint64_t end = ring->position + ready;
    while (ring->position != end && worker->records < worker->batch_most) {
        uint32_t left = (uint32_t)(end - ring->position);
        uint32_t slots = event_unpack(&worker->event, ring_spsc_slot(ring, ring->position), left);
        if (slots == 0)
            return BATCH_BROKEN;
        worker->judged_ns = 0;
        enum batch result = is_passed_over(worker) ? BATCH_MORE : worker_handle(worker);
        if (result != BATCH_MORE)
            return result;
        worker_consume(worker, slots);
        if (batch_is_large(worker))
            break;
    }
    return BATCH_MORE;
}

/* A record that ends the process must be alone in its transaction, so that the next life of this
 * worker knows it. */
static void
set_batch_most(struct worker *worker)
{
    worker->batch_most = worker->careful > 0 ? 1 : BATCH_RECORDS;
    worker->careful -= worker->careful > 0;
}

static enum batch
worker_batch(struct worker *worker)
{
    struct ring_spsc *ring = &worker->engine->rings[worker->index];
    uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
    if (ready == 0)
        return BATCH_EMPTY;
    worker_begin(worker);
    enum batch result = worker_records(worker, ready);
    set_batch_most(worker);
    if (result == BATCH_FULL)
        return worker_overflow(worker);
    if (result == BATCH_BROKEN)
        return result;
    if (result == BATCH_LANE) {
        worker_all_handed_over(worker);
        worker_note_decided(worker, worker_decided_before(&worker->event));
    }
    if (result == BATCH_FINISHED) {
        worker->cursors->finished = 1;
        worker->cursors->decided = UINT64_MAX;
    }
    worker_commit(worker);
    return result;
}

/* ---- the process --------------------------------------------------------------------------- */

/* The ring is empty: what the front-end had pushed before is done. Wait for more. */
static void
worker_idle(struct worker *worker, uint64_t watermark, uint32_t *polls)
{
    worker_tell_progress(worker, decided_by(watermark));
    if (++*polls < SPIN_POLLS)
        return;
    struct ring_spsc *ring = &worker->engine->rings[worker->index];
    uint32_t token = doorbell_prepare(&worker->self->doorbell);
    if (ring_spsc_poll(ring, 1) == 0 && watermark_get(worker->engine) == watermark)
        doorbell_sleep(&worker->self->doorbell, token);
    doorbell_finish(&worker->self->doorbell);
    *polls = 0;
}

static int
worker_broken(struct worker *worker, const char *what)
{
    fprintf(stderr, "onhook: worker %u: %s at input %llu; stopped\n", worker->index, what,
            (unsigned long long)worker->event.order);
    return 1;
}

static int
worker_loop(struct worker *worker)
{
    uint32_t polls = 0;
    for (;;) {
        uint64_t watermark = watermark_get(worker->engine);
        switch (worker_batch(worker)) {
        case BATCH_EMPTY:
            worker_idle(worker, watermark, &polls);
            break;
        case BATCH_MORE:
            polls = 0;
            break;
        case BATCH_FULL:
            worker_wait_for_outbox(worker);
            break;
        case BATCH_LANE:
            worker_wait(worker, worker_lane_is_ready);
            break;
        case BATCH_FINISHED:
            return 0;
        case BATCH_BROKEN:
            return worker_broken(worker, "a record that nobody can have sent");
        }
    }
}

static void
attach_lanes(struct worker *worker)
{
    struct shared_engine *engine = worker->engine;
    for (uint32_t i = 0; i < engine->shape.workers; i++) {
        if (i == worker->index)
            continue;
        worker->lanes_out[i] = shared_engine_lane(engine, worker->index, i, true);
        worker->lanes_in[i] = shared_engine_lane(engine, i, worker->index, false);
    }
}

/*
 * What a predecessor had not committed never was; what it had committed is shown to everybody,
 * again if need be, and its one open claim in the result ring is finished. Whoever it may have owed
 * a ring is rung. False: its journal cannot be what it wrote.
 */
static bool
worker_recover(struct worker *worker)
{
    struct shared_engine *engine = worker->engine;
    transaction_open(&worker->transaction, engine->journals[worker->index],
                     worker_cursor_bytes(engine->shape.workers),
                     worker_log_bytes(engine->shape.calls_bytes));
    transaction_cover(&worker->transaction, engine->calls[worker->index],
                      engine->shape.calls_bytes);
    transaction_cover(&worker->transaction, &worker->self->counters, sizeof(struct shm_counters));
    if (!transaction_recover(&worker->transaction))
        return false;
    worker_rewind(worker);
    const struct ring_spsc *outbox = worker_outbox(worker);
    uint64_t next = ring_result_flushed(&worker->self->flushed);
    const struct shm_outbox_slot *slot = ring_spsc_slot(outbox, next);
    ring_result_recover(&engine->result, worker->index, &worker->self->flushed, &slot->outcome);
    const struct shm_worker_cursors *cursors = transaction_cursors(&worker->transaction);
    worker_publish(worker, cursors->decided);
    doorbell_ring(&engine->frontend->doorbell);
    doorbell_ring(&engine->publisher->doorbell);
    for (uint32_t i = 0; i < engine->shape.workers; i++)
        doorbell_ring(&engine->workers[i].doorbell);
    return true;
}

static bool
worker_prepare(struct worker *worker, const struct worker_options *options)
{
    struct shared_engine *engine = worker->engine;
    if (!call_table_open(&worker->table, engine->calls[worker->index], engine->shape.calls_bytes,
                         options->max_calls, &worker->transaction))
        return false;
    uint32_t half = engine->shape.outbox_slots / 2;
    worker->step = (struct step){
        .table = &worker->table,
        .counters = &worker->self->counters,
        .port = {worker_write, worker_closed, worker, worker_pause},
        .part_outcomes = half < OUTCOMES_IN_BATCH / 2 ? half : OUTCOMES_IN_BATCH / 2,
        .part_log = BATCH_LOG_BYTES,
        .outcomes = malloc(sizeof(struct shm_outcome) * OUTCOMES_IN_BATCH),
        .due = malloc(sizeof(struct due_call) * (size_t)options->max_calls),
        .tick = &worker->tick,
        .blank = &worker->blank,
    };
    worker->careful = process_deaths_here(worker->self) > 0 ? BATCH_RECORDS : 0;
    set_batch_most(worker);
    return worker->step.outcomes != NULL && worker->step.due != NULL;
}

static int
worker_live(struct worker *worker, const struct worker_options *options)
{
    attach_lanes(worker);
    if (!worker_recover(worker))
        return worker_broken(worker, "a journal that nobody can have written");
    const struct shm_worker_cursors *cursors = transaction_cursors(&worker->transaction);
    bool finished = cursors->finished != 0;
    if (!finished && !worker_prepare(worker, options))
        return worker_broken(worker, "no memory for the call table");
    int code = finished ? 0 : worker_loop(worker);
    if (code == 0)
        process_done_set(worker->self);
    doorbell_ring(&worker->engine->publisher->doorbell);
    return code;
}

int
worker_run(struct shared_engine *engine, uint32_t index, const struct worker_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);
    CHECK(worker != NULL);
    worker->engine = engine;
    worker->index = index;
    worker->self = &engine->workers[index];
    int code = worker_live(worker, options);
    free(worker->step.outcomes);
    free(worker->step.due);
    free(worker);
    return code;
}
