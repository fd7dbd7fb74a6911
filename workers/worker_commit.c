/*
 * workers/worker_commit.c - a worker's transactions: what they carry, and what others see of them.
 */
#include "workers/worker_parts.h"

#include "base/check.h"
#include "base/clock.h"
#include "ipc/process_state.h"

enum {
    SPIN_POLLS = 200, /* looks before it sleeps */
};

/* ---- waiting ------------------------------------------------------------------------------- */

/* Looks a while, then sleeps until somebody rings; returns when `ready`, or now and then. */
static void
wait_a_while(struct worker *worker, bool (*ready)(struct worker *))
{
    for (int i = 0; i < SPIN_POLLS; i++)
        if (ready(worker))
            return;
    process_beat(worker->self);
    uint32_t token = doorbell_prepare(&worker->self->doorbell);
    if (!ready(worker))
        doorbell_sleep(&worker->self->doorbell, token);
    doorbell_finish(&worker->self->doorbell);
}

static bool
result_has_room(struct worker *worker)
{
    return ring_result_has_room(&worker->engine->result);
}

bool
worker_outbox_has_room(const struct worker *worker, const struct channel *channel)
{
    return ring_spsc_claim(channel->outbox, worker->engine->shape.outbox_slots / 2);
}

static bool
outbox_has_room(struct worker *worker)
{
    return worker_outbox_has_room(worker, worker->channel);
}

struct ring_spsc *
worker_lane(struct worker *worker)
{
    uint32_t peer = (uint32_t)worker->event.extra;
    bool out = worker->event.kind == EVENT_MOVE_OUT;
    return out ? &worker->channel->lanes_out[peer] : &worker->channel->lanes_in[peer];
}

/* ---- telling others ------------------------------------------------------------------------ */

/* From the outbox into the result ring, in this order. */
static void
worker_flush(struct worker *worker)
{
    struct ring_result *ring = &worker->engine->result;
    const struct ring_spsc *outbox = worker->channel->outbox;
    uint32_t frontend = worker->channel->frontend;
    uint32_t owner = engine_channel(worker->engine, frontend, worker->index);
    uint64_t flushed = ring_result_flushed(&worker->self->flushed[frontend]);
    bool news = flushed < outbox->position;
    while (flushed < outbox->position) {
        const struct shm_outbox_slot *slot = ring_spsc_slot(outbox, flushed);
        if (ring_result_flush(ring, owner, &worker->self->flushed[frontend], &slot->outcome)) {
            flushed++;
            continue;
        }
        counter_add(&worker->self->counters, COUNTER_RESULT_WAITS, 1);
        doorbell_ring(&worker->engine->publisher->doorbell);
        wait_a_while(worker, result_has_room);
    }
    if (news)
        doorbell_ring(&worker->engine->publisher->doorbell);
}

void
worker_tell_progress(struct worker *worker, uint64_t decided)
{
    uint32_t frontend = worker->channel->frontend;
    if (decided <= progress_get(worker->self, frontend))
        return;
    progress_set(worker->self, frontend, decided);
    doorbell_ring(&worker->engine->publisher->doorbell);
}

static void
publish_lanes(struct worker *worker)
{
    struct channel *channel = worker->channel;
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        struct ring_spsc *out = &channel->lanes_out[i];
        struct ring_spsc *in = &channel->lanes_in[i];
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
    struct channel *channel = worker->channel;
    if (ring_spsc_held(channel->outbox) != 0)
        ring_spsc_publish(channel->outbox, 0);
    if (ring_spsc_held(channel->closed) != 0)
        ring_spsc_publish(channel->closed, 0);
    history_publish(&channel->history);
    publish_lanes(worker);
    if (ring_spsc_held(channel->events) != 0) {
        ring_spsc_release(channel->events, 0);
        doorbell_ring(&worker->engine->frontends[channel->frontend].doorbell);
    }
    worker_flush(worker);
    worker_tell_progress(worker, decided);
}

/* ---- transactions -------------------------------------------------------------------------- */

const struct shm_worker_cursors *
worker_committed(const struct worker *worker, const struct channel *channel)
{
    return worker_cursors_of(transaction_cursors(&worker->transaction),
                             worker->engine->shape.workers, channel->frontend);
}

void
worker_begin(struct worker *worker)
{
    struct channel *channel = worker->channel;
    worker->cursors = worker_cursors_of(transaction_begin(&worker->transaction),
                                        worker->engine->shape.workers, channel->frontend);
    transaction_touch(&worker->transaction, &worker->self->counters, sizeof(struct shm_counters));
    worker->step.table = &channel->table;
    worker->step.part = &worker->cursors->part;
    worker->to_skip = worker->cursors->part.emitted;
    worker->overflows = false;
    worker->records = 0;
}

void
worker_commit(struct worker *worker)
{
    struct channel *channel = worker->channel;
    struct shm_worker_cursors *cursors = worker->cursors;
    cursors->events = channel->events->position;
    cursors->outbox = channel->outbox->position;
    cursors->closed = channel->closed->position;
    cursors->history = channel->history.position;
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        cursors->lanes[i].out = channel->lanes_out[i].position;
        cursors->lanes[i].in = channel->lanes_in[i].position;
    }
    uint64_t decided = cursors->decided;
    call_table_commit(&channel->table);
    worker_publish(worker, decided);
}

void
worker_rewind(struct worker *worker)
{
    struct channel *channel = worker->channel;
    const struct shm_worker_cursors *cursors = worker_committed(worker, channel);
    channel->events->position = cursors->events;
    channel->outbox->position = cursors->outbox;
    channel->closed->position = cursors->closed;
    history_rewind(&channel->history, cursors->history);
    for (uint32_t i = 0; i < worker->engine->shape.workers; i++) {
        channel->lanes_out[i].position = cursors->lanes[i].out;
        channel->lanes_in[i].position = cursors->lanes[i].in;
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

/* ---- what comes next ----------------------------------------------------------------------- */

uint64_t
worker_look_ahead(struct worker *worker, uint64_t next, uint64_t end)
{
    const struct call_table *table = &worker->channel->table;
    while (next != end && ahead_wants(&worker->ahead)) {
        uint16_t link;
        uint32_t slots;
        struct text call = event_peek_call(ring_spsc_slot(worker->channel->events, next),
                                           (uint32_t)(end - next), &link, &slots);
        if (slots == 0)
            return end; /* what is wrong with it is found when it has its turn */
        ahead_add(&worker->ahead, table, call.length == 0 ? 0 : call_key(link, call));
        next += slots;
    }
    return next;
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
    struct ring_spsc *outbox = worker->channel->outbox;
    counter_add(&worker->self->counters, COUNTER_OUTCOMES, 1);
    /* Also of one that was handed over before: its record is not in the history yet. */
    struct shm_history_entry entry = {.kind = HISTORY_OUTCOME, .conn_id = outcome->conn_id};
    history_add(&worker->channel->history, &entry, outcome, outcome_size(outcome));
    if (worker->to_skip > 0) {
        worker->to_skip--;
        return;
    }
    if (!TRANSACTION_PROTECTS && !ring_spsc_claim(outbox, 1)) {
        worker_publish(worker, 0);
        while (!outbox_has_room(worker))
            wait_a_while(worker, outbox_has_room);
    }
    worker->overflows |= !ring_spsc_claim(outbox, 1);
    if (worker->overflows)
        return;
    struct shm_outbox_slot *slot = ring_spsc_slot(outbox, outbox->position);
    memcpy(&slot->outcome, outcome, outcome_size(outcome));
    slot->checksum = outcome_checksum(&slot->outcome);
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
    struct ring_spsc *ring = worker->channel->closed;
    if (!ring_spsc_claim(ring, 1))
        return false;
    struct shm_call_report *report = ring_spsc_slot(ring, ring->position);
    *report =
        (struct shm_call_report){.kind = CALL_FORGOTTEN, .key = key, .last_order = last_order};
    ring_spsc_stage(ring, 1);
    return true;
}

/* Half of the ring is for calls that were forgotten. */
bool
worker_ask_about(void *context, struct call call)
{
    struct worker *worker = context;
    struct ring_spsc *ring = worker->channel->closed;
    if (!ring_spsc_claim(ring, CLOSED_SLOTS / 2))
        return false;
    struct text call_id = call_text(call.block, call.block->call_id);
    struct shm_call_report *report = ring_spsc_slot(ring, ring->position);
    *report = (struct shm_call_report){
        .kind = CALL_ASKED_ABOUT,
        .key = call.slot->key,
        .last_order = call.slot->last_order,
        .link = call.slot->link,
        .call_length = (uint8_t)call_id.length,
    };
    if (!text_is_none(call_id))
        memcpy(report->call, call_id.at, call_id.length);
    ring_spsc_stage(ring, 1);
    return true;
}

/* Is it about a call, or of what calls hang on? Devices, links and time alone are not. */
static bool
is_of_interest(const struct worker *worker)
{
    uint8_t kind = worker->event.kind;
    return worker->channel->history.position != worker->channel->history.begun_at ||
           kind <= EVENT_SNAPSHOT_CALL || kind == EVENT_LINK_DOWN || kind == EVENT_LINK_UP;
}

void
worker_note_record(struct worker *worker, const void *record, uint32_t slots)
{
    struct history *history = &worker->channel->history;
    const struct step_note *note = &worker->step.note;
    struct shm_history_entry entry = {
        .kind = HISTORY_EVENT,
        .conn_id = note->conn_id,
        .other_conn_id = note->other_conn_id,
        .early_conn_id = note->early_conn_id,
        .rule = (uint8_t)note->rule,
        .is_copy = note->is_copy,
    };
    if (is_of_interest(worker))
        history_add(history, &entry, record, slots * EVENT_SLOT_SIZE);
    history->begun_at = history->position;
    worker->step.note = (struct step_note){.rule = RULE_NONE};
}

/* All outcomes of what is about to be committed are in the outbox. */
void
worker_all_handed_over(struct worker *worker)
{
    CHECK(worker->to_skip == 0); /* the same record has the same outcomes each time */
    worker->cursors->part.emitted = 0;
}

/*
 * With the only front-end there is we may as well wait here. Another's work must not wait for that,
 * or two workers could wait for each other's; so it is a short while, and then the event is given
 * up until there is room.
 */
bool
worker_pause(void *context)
{
    struct worker *worker = context;
    if (worker->overflows)
        return false;
    worker_all_handed_over(worker);
    worker_note_decided(worker, worker_decided_before(&worker->event));
    worker_commit(worker);
    do {
        wait_a_while(worker, outbox_has_room);
    } while (!outbox_has_room(worker) && worker->engine->shape.frontends == 1);
    worker_begin(worker);
    worker->overflows = !outbox_has_room(worker);
    return !worker->overflows;
}
