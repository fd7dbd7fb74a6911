#include "workers/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "ipc/process_state.h"
#include "workers/call_step.h"
#include "workers/due.h"
#include "workers/move.h"

enum {
    BATCH_RECORDS = 64, /* records between two looks at the outside */
    SPIN_POLLS = 200,   /* empty polls before the worker sleeps */
};

struct worker {
    struct shared_engine *engine;
    uint32_t index;
    struct shm_process *self;
    struct call_table table;
    struct step step;
    struct event event;
    struct event tick;
    struct event blank;
    struct ring_spsc lanes_out[WORKERS_MAX];
    struct ring_spsc lanes_in[WORKERS_MAX];
    uint32_t peer; /* the other worker of the move in hand */
};

/* Nothing to do until somebody rings: a nap at the most, the condition is looked at again. */
static void
worker_nap(struct worker *worker)
{
    uint32_t token = doorbell_prepare(&worker->self->doorbell);
    doorbell_sleep(&worker->self->doorbell, token);
    doorbell_finish(&worker->self->doorbell);
}

static void
worker_write(void *context, const struct shm_outcome *outcome)
{
    struct worker *worker = context;
    struct ring_result *ring = &worker->engine->result;
    struct shm_outcome *slot;
    while ((slot = ring_result_claim(ring, worker->index)) == NULL) {
        counter_add(&worker->self->counters, COUNTER_RESULT_WAITS, 1);
        doorbell_ring(&worker->engine->publisher->doorbell);
        uint32_t token = doorbell_prepare(&worker->self->doorbell);
        if ((slot = ring_result_claim(ring, worker->index)) == NULL)
            doorbell_sleep(&worker->self->doorbell, token);
        doorbell_finish(&worker->self->doorbell);
        if (slot != NULL)
            break;
    }
    memcpy(slot, outcome, outcome_size(outcome));
    ring_result_commit(ring, worker->index);
    counter_add(&worker->self->counters, COUNTER_OUTCOMES, 1);
}

/* The front-end keeps a route for a call only where there is more than one worker. */
static bool
worker_closed(void *context, uint64_t key, uint64_t last_order)
{
    struct worker *worker = context;
    if (worker->engine->shape.workers == 1)
        return true;
    struct ring_spsc *ring = &worker->engine->closed[worker->index];
    if (!ring_spsc_claim(ring, 1))
        return false;
    struct shm_closed_call *closed = ring_spsc_slot(ring, ring->position);
    closed->key = key;
    closed->last_order = last_order;
    ring_spsc_publish(ring, 1);
    return true;
}

static void
lane_news(void *context)
{
    struct worker *worker = context;
    doorbell_ring(&worker->engine->workers[worker->peer].doorbell);
}

static void
lane_wait(void *context)
{
    worker_nap(context);
}

static bool
worker_move(struct worker *worker)
{
    worker->peer = (uint32_t)worker->event.extra;
    if (worker->peer >= worker->engine->shape.workers || worker->peer == worker->index)
        return false;
    struct move_lane lane = {NULL, lane_news, lane_wait, worker};
    if (worker->event.kind == EVENT_MOVE_OUT) {
        lane.ring = &worker->lanes_out[worker->peer];
        move_out(&worker->step, &lane);
        return true;
    }
    lane.ring = &worker->lanes_in[worker->peer];
    return move_in(&worker->step, &lane);
}

/* One record. False when it is one the front-end cannot have sent. */
static bool
worker_handle(struct worker *worker)
{
    struct event *event = &worker->event;
    counter_add(&worker->self->counters, COUNTER_STEPS, 1);
    if (event->link >= CALL_LINKS_MAX)
        return false;
    step_begin(&worker->step, event);
    if (event->kind == EVENT_MOVE_OUT || event->kind == EVENT_MOVE_IN)
        return worker_move(worker);
    call_step(&worker->step);
    step_flush(&worker->step);
    return true;
}

static int
worker_broken(struct worker *worker, const char *what)
{
    fprintf(stderr, "onhook: worker %u: %s at input %llu; stopped\n", worker->index, what,
            (unsigned long long)worker->event.order);
    return 1;
}

enum batch {
    BATCH_EMPTY,
    BATCH_MORE,
    BATCH_FINISHED,
    BATCH_BROKEN,
};

static enum batch
worker_batch(struct worker *worker)
{
    struct ring_spsc *ring = &worker->engine->rings[worker->index];
    uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
    if (ready == 0)
        return BATCH_EMPTY;
    uint32_t used = 0;
    enum batch result = BATCH_MORE;
    for (int i = 0; i < BATCH_RECORDS && used < ready && result == BATCH_MORE; i++) {
        uint32_t slots =
            event_unpack(&worker->event, ring_spsc_slot(ring, ring->position + used), ready - used);
        if (slots == 0)
            return BATCH_BROKEN;
        if (worker->event.kind == EVENT_FINISH)
            result = BATCH_FINISHED;
        else if (!worker_handle(worker))
            return BATCH_BROKEN;
        used += slots;
    }
    ring_spsc_release(ring, used);
    doorbell_ring(&worker->engine->frontend->doorbell);
    /* More with the same order may follow, so this one itself is not done yet. */
    progress_set(worker->self, worker->event.order - 1);
    return result;
}

/* The ring is empty: what the front-end had pushed before is done. Wait for more. */
static void
worker_idle(struct worker *worker, uint64_t watermark, uint32_t *polls)
{
    if (watermark > progress_get(worker->self)) {
        progress_set(worker->self, watermark);
        doorbell_ring(&worker->engine->publisher->doorbell);
    }
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
            /* Outcomes, or progress that another worker's outcomes wait for. */
            doorbell_ring(&worker->engine->publisher->doorbell);
            polls = 0;
            break;
        case BATCH_FINISHED:
            progress_set(worker->self, UINT64_MAX);
            process_done_set(worker->self);
            doorbell_ring(&worker->engine->publisher->doorbell);
            return 0;
        case BATCH_BROKEN:
            return worker_broken(worker, "a record that nobody can have sent");
        }
    }
}

static bool
worker_prepare(struct worker *worker, const struct worker_options *options)
{
    struct shared_engine *engine = worker->engine;
    if (!call_table_open(&worker->table, engine->calls[worker->index], engine->shape.calls_bytes,
                         options->max_calls))
        return false;
    for (uint32_t i = 0; i < engine->shape.workers; i++) {
        if (i == worker->index)
            continue;
        worker->lanes_out[i] = shared_engine_lane(engine, worker->index, i, true);
        worker->lanes_in[i] = shared_engine_lane(engine, i, worker->index, false);
    }
    worker->step = (struct step){
        .table = &worker->table,
        .counters = &worker->self->counters,
        .port = {worker_write, worker_closed, worker},
        .outcomes = malloc(sizeof(struct shm_outcome) * OUTCOMES_IN_BATCH),
        .due = malloc(sizeof(struct due_call) * (size_t)options->max_calls),
        .tick = &worker->tick,
        .blank = &worker->blank,
    };
    return worker->step.outcomes != NULL && worker->step.due != NULL;
}

int
worker_run(struct shared_engine *engine, uint32_t index, const struct worker_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);
    CHECK(worker != NULL);
    worker->engine = engine;
    worker->index = index;
    worker->self = &engine->workers[index];
    int code = 1;
    if (worker_prepare(worker, options))
        code = worker_loop(worker);
    else
        worker_broken(worker, "no memory for the call table");
    free(worker->step.outcomes);
    free(worker->step.due);
    free(worker);
    return code;
}
