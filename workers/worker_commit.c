/*
 * workers/worker_commit.c - a worker's transactions: what they carry, and what others see of them.
 */
#include "workers/worker_parts.h"

#include "base/check.h"
#include "base/clock.h"

enum {
    SPIN_POLLS = 200, /* looks before it sleeps */
};

/* ---- waiting ------------------------------------------------------------------------------- */

/* Looks a while, then sleeps until somebody rings; returns when `ready`, or now and then. */
void
worker_wait(struct worker *worker, bool (*ready)(struct worker *))
{
    for (int i = 0; i < SPIN_POLLS; i++)
        if (ready(worker))
            return;
    uint32_t token = doorbell_prepare(&worker->self->doorbell);
    if (!ready(worker))
        doorbell_sleep(&worker->self->doorbell, token);
    doorbell_finish(&worker->self->doorbell);
}

struct ring_spsc *
worker_outbox(struct worker *worker)
{
    return &worker->engine->outboxes[worker->index];
}

static struct ring_spsc *
closed_of(struct worker *worker)
{
    return &worker->engine->closed[worker->index];
}

static bool
result_has_room(struct worker *worker)
{
    return ring_result_has_room(&worker->engine->result);
}

/* Half of the outbox: all that is in it can be given out, whatever we wait for. */
static bool
outbox_has_room(struct worker *worker)
{
    return ring_spsc_claim(worker_outbox(worker), worker->engine->shape.outbox_slots / 2);
}

void
worker_wait_for_outbox(struct worker *worker)
{
    while (!outbox_has_room(worker))
        worker_wait(worker, outbox_has_room);
}

struct ring_spsc *
worker_lane(struct worker *worker)
{
    uint32_t peer = (uint32_t)worker->event.extra;
    bool out = worker->event.kind == EVENT_MOVE_OUT;
    return out ? &worker->lanes_out[peer] : &worker->lanes_in[peer];
}

bool
worker_lane_is_ready(struct worker *worker)
{
    struct ring_spsc *lane = worker_lane(worker);
    return worker->event.kind == EVENT_MOVE_OUT ? ring_spsc_claim(lane, 1)
                                                : ring_spsc_poll(lane, 1) != 0;
}

/* ---- telling others ------------------------------------------------------------------------ */

/* From the outbox into the result ring, in this order. */
static void
worker_flush(struct worker *worker)
{
    struct ring_result *ring = &worker->engine->result;
    const struct ring_spsc *outbox = worker_outbox(worker);
    uint64_t flushed = ring_result_flushed(&worker->self->flushed);
    bool news = flushed < outbox->position;
    while (flushed < outbox->position) {
        const struct shm_outbox_slot *slot = ring_spsc_slot(outbox, flushed);
        if (ring_result_flush(ring, worker->index, &worker->self->flushed, &slot->outcome)) {
            flushed++;
            continue;
        }
        counter_add(&worker->self->counters, COUNTER_RESULT_WAITS, 1);
        doorbell_ring(&worker->engine->publisher->doorbell);
        worker_wait(worker, result_has_room);
    }
    if (news)
        doorbell_ring(&worker->engine->publisher->doorbell);
}

void
worker_tell_progress(struct worker *worker, uint64_t decided)
{
    if (decided <= progress_get(worker->self))
        return;
    progress_set(worker->self, decided);
    doorbell_ring(&worker->engine->publisher->doorbell);
}

static void
publish_lanes(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        struct ring_spsc *out = &worker->lanes_out[i];
        struct ring_spsc *in = &worker->lanes_in[i];
        bool news = ring_spsc_held(out) != 0 || ring_spsc_held(in) != 0;
        if (ring_spsc_held(out) != 0)
            ring_spsc_publish(out, 0);
        if (ring_spsc_held(in) != 0)
            ring_spsc_release(in, 0);
        if (news)
            doorbell_ring(&worker->engine->workers[i].doorbell);
    }
}

/* Shows what is committed, all of which our own positions say. Outcomes come before the progress
 * that speaks of them. */
void
worker_publish(struct worker *worker, uint64_t decided)
{
    struct ring_spsc *outbox = worker_outbox(worker);
    if (ring_spsc_held(outbox) != 0)
        ring_spsc_publish(outbox, 0);
    if (ring_spsc_held(closed_of(worker)) != 0)
        ring_spsc_publish(closed_of(worker), 0);
    publish_lanes(worker);
    struct ring_spsc *events = &worker->engine->rings[worker->index];
    if (ring_spsc_held(events) != 0) {
        ring_spsc_release(events, 0);
        doorbell_ring(&worker->engine->frontend->doorbell);
    }
    worker_flush(worker);
    worker_tell_progress(worker, decided);
}

/* ---- transactions -------------------------------------------------------------------------- */

void
worker_begin(struct worker *worker)
{
    worker->cursors = transaction_begin(&worker->transaction);
    transaction_touch(&worker->transaction, &worker->self->counters, sizeof(struct shm_counters));
    worker->step.part = &worker->cursors->part;
    worker->to_skip = worker->cursors->part.emitted;
    worker->overflows = false;
    worker->records = 0;
}

void
worker_commit(struct worker *worker)
{
    struct shm_worker_cursors *cursors = worker->cursors;
    cursors->events = worker->engine->rings[worker->index].position;
    cursors->outbox = worker_outbox(worker)->position;
    cursors->closed = closed_of(worker)->position;
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        cursors->lanes[i].out = worker->lanes_out[i].position;
        cursors->lanes[i].in = worker->lanes_in[i].position;
    }
    uint64_t decided = cursors->decided;
    transaction_commit(&worker->transaction);
    worker_publish(worker, decided);
}

/* Our own positions are those of the last commit again. */
void
worker_rewind(struct worker *worker)
{
    const struct shm_worker_cursors *cursors = transaction_cursors(&worker->transaction);
    worker->engine->rings[worker->index].position = cursors->events;
    worker_outbox(worker)->position = cursors->outbox;
    closed_of(worker)->position = cursors->closed;
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        worker->lanes_out[i].position = cursors->lanes[i].out;
        worker->lanes_in[i].position = cursors->lanes[i].in;
    }
}

/* What is proven when everything in front of this record is done: a message's tick comes before all
 * of it but the link's settings and its devices. */
uint64_t
worker_decided_before(const struct event *event)
{
    bool may_precede_tick =
        event->kind == EVENT_LINK || event->kind == EVENT_DEVICE || event->kind == EVENT_TICK;
    return 2 * event->order - may_precede_tick;
}

void
worker_note_decided(struct worker *worker, uint64_t decided)
{
    if (decided > worker->cursors->decided)
        worker->cursors->decided = decided;
}

/* ---- what a step hands over ---------------------------------------------------------------- */

uint64_t
worker_judged_ns(struct worker *worker)
{
    if (worker->judged_ns == 0)
        worker->judged_ns = clock_ns();
    return worker->judged_ns;
}

void
worker_write(void *context, const struct shm_outcome *outcome)
{
    struct worker *worker = context;
    struct ring_spsc *outbox = worker_outbox(worker);
    counter_add(&worker->self->counters, COUNTER_OUTCOMES, 1);
    if (worker->to_skip > 0) {
        worker->to_skip--;
        return;
    }
    if (!TRANSACTION_PROTECTS && !ring_spsc_claim(outbox, 1)) {
        worker_publish(worker, 0);
        worker_wait_for_outbox(worker);
    }
    worker->overflows |= !ring_spsc_claim(outbox, 1);
    if (worker->overflows)
        return;
    struct shm_outbox_slot *slot = ring_spsc_slot(outbox, outbox->position);
    memcpy(&slot->outcome, outcome, outcome_size(outcome));
    slot->received_ns = worker->event.received_ns;
    if (slot->received_ns != 0)
        slot->judged_ns = worker_judged_ns(worker);
    ring_spsc_stage(outbox, 1);
}

/* The front-end keeps a route for a call only where there is more than one worker. */
bool
worker_closed(void *context, uint64_t key, uint64_t last_order)
{
    struct worker *worker = context;
    if (worker->engine->shape.workers == 1)
        return true;
    struct ring_spsc *ring = closed_of(worker);
    if (!ring_spsc_claim(ring, 1))
        return false;
    struct shm_closed_call *closed = ring_spsc_slot(ring, ring->position);
    closed->key = key;
    closed->last_order = last_order;
    ring_spsc_stage(ring, 1);
    return true;
}

/* All outcomes of what is about to be committed are in the outbox. */
void
worker_all_handed_over(struct worker *worker)
{
    CHECK(worker->to_skip == 0); /* the same record has the same outcomes each time */
    worker->cursors->part.emitted = 0;
}

bool
worker_pause(void *context)
{
    struct worker *worker = context;
    if (worker->overflows)
        return false;
    worker_all_handed_over(worker);
    worker_note_decided(worker, worker_decided_before(&worker->event));
    worker_commit(worker);
    worker_wait_for_outbox(worker);
    worker_begin(worker);
    return true;
}
