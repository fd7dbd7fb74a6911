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
    if (event->kind == EVENT_RETOLD) {
        worker_hear_retold(worker);
        return BATCH_MORE;
    }
    if (worker_misses(worker))
        return BATCH_MORE;
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
    struct ring_spsc *ring = worker->channel->events;
    worker_note_record(worker, ring_spsc_slot(ring, ring->position), slots);
    ring_spsc_take(ring, slots);
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
    struct ring_spsc *outbox = worker->channel->outbox;
    uint64_t fitted = outbox->position - worker_committed(worker, worker->channel)->outbox;
    transaction_roll_back(&worker->transaction);
    call_table_undone(&worker->channel->table);
    worker_rewind(worker);
    if (before > 0) {
        worker->channel->batch_most = before;
        return BATCH_MORE;
    }
    worker_begin(worker);
    worker->cursors->part.emitted += fitted;
    outbox->position += fitted;
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
           !ring_spsc_claim(worker->channel->outbox, half < BATCH_OUTCOMES ? half : BATCH_OUTCOMES);
}

/* An input that this worker died of again and again (ipc/process_state.h). */
static bool
is_passed_over(struct worker *worker)
{
    const struct event *event = &worker->event;
    const struct channel *channel = worker->channel;
    if (!process_must_skip(worker->self, channel->frontend, channel->events->position))
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
    struct ring_spsc *ring = worker->channel->events;
    uint64_t end = ring->position + ready;
    uint64_t next = ring->position;
    ahead_begin(&worker->ahead);
    while (ring->position != end && worker->records < worker->channel->batch_most) {
        uint32_t left = (uint32_t)(end - ring->position);
        uint32_t slots = event_unpack(&worker->event, ring_spsc_slot(ring, ring->position), left);
        if (slots == 0)
            return BATCH_BROKEN;
        worker->judged_ns = 0;
        next = worker_look_ahead(worker, next, end);
        worker->step.key = ahead_take(&worker->ahead, &worker->channel->table);
        enum batch result = is_passed_over(worker) ? BATCH_MORE : worker_handle(worker);
        worker->step.key = 0;
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
set_batch_most(struct channel *channel)
{
    channel->batch_most = channel->careful > 0 ? 1 : BATCH_RECORDS;
    channel->careful -= channel->careful > 0;
}

static enum batch
worker_batch(struct worker *worker)
{
    uint32_t ready = ring_spsc_poll(worker->channel->events, UINT32_MAX);
    if (ready == 0)
        return BATCH_EMPTY;
    worker_begin(worker);
    enum batch result = worker_records(worker, ready);
    set_batch_most(worker->channel);
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

/* ---- turns --------------------------------------------------------------------------------- */

/* Need the channel wait no longer for what it waits for? */
static bool
may_go_on(const struct worker *worker, const struct channel *channel)
{
    switch (channel->state) {
    case CHANNEL_OPEN:
        return true;
    case CHANNEL_FULL:
        return worker_outbox_has_room(worker, channel);
    case CHANNEL_LANE_OUT:
        return ring_spsc_claim(channel->lane, 1);
    case CHANNEL_LANE_IN:
        return ring_spsc_poll(channel->lane, 1) != 0;
    case CHANNEL_FINISHED:
        break;
    }
    return false;
}

/* A batch of the channel's records, if there are any and nothing else is waited for. */
static enum batch
take_turn(struct worker *worker, struct channel *channel)
{
    worker->channel = channel;
    if (!may_go_on(worker, channel))
        return BATCH_EMPTY;
    process_turn_set(worker->self, channel->frontend);
    uint64_t watermark = watermark_get(worker->engine, channel->frontend);
    enum batch result = worker_batch(worker);
    channel->state = CHANNEL_OPEN;
    switch (result) {
    case BATCH_EMPTY:
        /* What the front-end had pushed before is done. */
        worker_tell_progress(worker, decided_by(watermark));
        channel->watermark = watermark;
        break;
    case BATCH_FULL:
        channel->state = CHANNEL_FULL;
        break;
    case BATCH_LANE:
        channel->lane = worker_lane(worker);
        channel->state = worker->event.kind == EVENT_MOVE_OUT ? CHANNEL_LANE_OUT : CHANNEL_LANE_IN;
        break;
    case BATCH_FINISHED:
        channel->state = CHANNEL_FINISHED;
        break;
    case BATCH_MORE:
    case BATCH_BROKEN:
        break;
    }
    return result;
}

static bool
has_news(const struct worker *worker, const struct channel *channel)
{
    if (channel->state != CHANNEL_OPEN)
        return may_go_on(worker, channel);
    return ring_spsc_poll(channel->events, 1) != 0 ||
           watermark_get(worker->engine, channel->frontend) != channel->watermark;
}

static bool
any_has_news(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->engine->shape.frontends; i++)
        if (has_news(worker, &worker->channels[i]))
            return true;
    return false;
}

/* No channel got on: look again a while, then sleep until somebody rings. */
static void
worker_idle(struct worker *worker, uint32_t *polls)
{
    if (++*polls < SPIN_POLLS)
        return;
    process_beat(worker->self);
    uint32_t token = doorbell_prepare(&worker->self->doorbell);
    if (!any_has_news(worker))
        doorbell_sleep(&worker->self->doorbell, token);
    doorbell_finish(&worker->self->doorbell);
    *polls = 0;
}

static int
worker_broken(struct worker *worker, const char *what)
{
    fprintf(stderr, "onhook: worker %u: %s at input %llu; stopped\n", worker->index, what,
            (unsigned long long)worker->event.order);
    return PROCESS_EXIT_DAMAGED;
}

static int
worker_loop(struct worker *worker)
{
    uint32_t frontends = worker->engine->shape.frontends;
    uint32_t polls = 0;
    for (uint32_t finished = 0; finished < frontends;) {
        bool got_on = false;
        finished = 0;
        for (uint32_t i = 0; i < frontends; i++) {
            enum batch result = take_turn(worker, &worker->channels[i]);
            if (result == BATCH_BROKEN)
                return worker_broken(worker, "a record that nobody can have sent");
            got_on |= result != BATCH_EMPTY;
            finished += worker->channels[i].state == CHANNEL_FINISHED;
        }
        if (got_on)
            polls = 0;
        else
            worker_idle(worker, &polls);
    }
    return 0;
}

/* ---- the process --------------------------------------------------------------------------- */

static void
open_channel(struct worker *worker, uint32_t frontend)
{
    struct shared_engine *engine = worker->engine;
    struct channel *channel = &worker->channels[frontend];
    uint32_t number = engine_channel(engine, frontend, worker->index);
    channel->frontend = frontend;
    channel->events = &engine->rings[number];
    channel->outbox = &engine->outboxes[number];
    channel->closed = &engine->closed[number];
    history_open(&channel->history, engine_history(engine, frontend, worker->index),
                 engine->shape.history_slots);
    for (uint32_t i = 0; i < engine->shape.workers; i++) {
        if (i == worker->index)
            continue;
        channel->lanes_out[i] = shared_engine_lane(engine, frontend, worker->index, i, true);
        channel->lanes_in[i] = shared_engine_lane(engine, frontend, i, worker->index, false);
    }
}

/* What the dead one had committed in the channel is where we go on; its open claim in the result
 * ring, if it was of this channel, is finished. */
static void
recover_channel(struct worker *worker, struct channel *channel)
{
    struct shared_engine *engine = worker->engine;
    uint32_t frontend = channel->frontend;
    worker->channel = channel;
    worker_rewind(worker);
    const struct shm_outbox_slot *slot =
        ring_spsc_slot(channel->outbox, ring_result_flushed(&worker->self->flushed[frontend]));
    ring_result_recover(&engine->result, engine_channel(engine, frontend, worker->index),
                        &worker->self->flushed[frontend], &slot->outcome);
    process_emptied_set(worker->self, frontend, worker_committed(worker, channel)->emptied);
    if (worker_committed(worker, channel)->finished != 0)
        channel->state = CHANNEL_FINISHED;
}

static void
ring_everybody(struct shared_engine *engine)
{
    for (uint32_t i = 0; i < engine->shape.frontends; i++)
        doorbell_ring(&engine->frontends[i].doorbell);
    doorbell_ring(&engine->publisher->doorbell);
    for (uint32_t i = 0; i < engine->shape.workers; i++)
        doorbell_ring(&engine->workers[i].doorbell);
}

/* What a predecessor had not committed never was. False: its journal cannot be what it wrote. */
static bool
worker_undo(struct worker *worker)
{
    struct shared_engine *engine = worker->engine;
    const struct engine_shape *shape = &engine->shape;
    transaction_open(&worker->transaction, engine->journals[worker->index],
                     worker_cursor_bytes(shape->frontends, shape->workers),
                     worker_log_bytes(shape->calls_bytes));
    transaction_cover(&worker->transaction, engine->calls[worker->index],
                      shape->frontends * shape->calls_bytes);
    transaction_cover(&worker->transaction, &worker->self->counters, sizeof(struct shm_counters));
    return transaction_recover(&worker->transaction);
}

/*
 * What a predecessor had committed is shown to everybody, again if need be, and its one open claim
 * in the result ring is finished: before anything is shown, for the ring may be full and wait for
 * that. Whoever it may have owed a ring is rung.
 */
static void
worker_recover(struct worker *worker)
{
    uint32_t frontends = worker->engine->shape.frontends;
    for (uint32_t i = 0; i < frontends; i++)
        recover_channel(worker, &worker->channels[i]);
    for (uint32_t i = 0; i < frontends; i++) {
        worker->channel = &worker->channels[i];
        worker_publish(worker, worker_committed(worker, worker->channel)->decided);
    }
    ring_everybody(worker->engine);
}

static bool
worker_prepare(struct worker *worker, uint32_t max_calls)
{
    struct shared_engine *engine = worker->engine;
    uint32_t half = engine->shape.outbox_slots / 2;
    worker->step = (struct step){
        .counters = &worker->self->counters,
        .port = {worker_write, worker_closed, worker, worker_pause,
                 engine->shape.live_links > 0 ? worker_ask_about : NULL},
        .part_outcomes = half < OUTCOMES_IN_BATCH / 2 ? half : OUTCOMES_IN_BATCH / 2,
        .part_log = BATCH_LOG_BYTES,
        .outcomes = malloc(sizeof(struct shm_outcome) * OUTCOMES_IN_BATCH),
        .due = malloc(sizeof(struct due_call) * (size_t)max_calls),
        .tick = &worker->tick,
        .blank = &worker->blank,
    };
    for (uint32_t i = 0; i < engine->shape.frontends; i++) {
        worker->channels[i].careful = process_deaths_here(worker->self) > 0 ? BATCH_RECORDS : 0;
        set_batch_most(&worker->channels[i]);
    }
    return worker->step.outcomes != NULL && worker->step.due != NULL;
}

static bool
all_have_finished(const struct worker *worker)
{
    for (uint32_t i = 0; i < worker->engine->shape.frontends; i++)
        if (worker->channels[i].state != CHANNEL_FINISHED)
            return false;
    return true;
}

static int
worker_live(struct worker *worker, const struct worker_options *options)
{
    uint32_t frontends = worker->engine->shape.frontends;
    uint32_t max_calls = call_share(options->max_calls, frontends);
    for (uint32_t i = 0; i < frontends; i++)
        open_channel(worker, i);
    if (!worker_undo(worker))
        return worker_broken(worker, "a journal that nobody can have written");
    if (!worker_open_tables(worker, max_calls))
        return PROCESS_EXIT_DAMAGED;
    worker_recover(worker);
    bool finished = all_have_finished(worker);
    if (!finished && !worker_prepare(worker, max_calls)) {
        fprintf(stderr, "onhook: worker %u: no memory; stopped\n", worker->index);
        return 1;
    }
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
