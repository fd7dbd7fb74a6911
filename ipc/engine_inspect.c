#include "ipc/engine_inspect.h"

#include <stdio.h>

#include "base/hash.h"
#include "ipc/front_state.h"
#include "ipc/process_state.h"
#include "ipc/publisher_memory.h"
#include "ipc/ring_attach.h"
#include "ipc/ring_result.h"
#include "ipc/worker_journal.h"

/* How far a ring's two sides were when they were looked at. One of them is dead, so what lies
 * between them can only have become less. */
struct stretch {
    uint64_t from; /* the consumer's */
    uint64_t to;   /* the producer's */
    bool sound;
};

static struct stretch
stretch_of(const struct ring_spsc *ring)
{
    struct stretch stretch;
    /* acquire: R2. */
    stretch.from = atomic_load_explicit(&ring->shared->consumer_position, memory_order_acquire);
    /* acquire: R1. */
    stretch.to = atomic_load_explicit(&ring->shared->producer_position, memory_order_acquire);
    stretch.sound = stretch.to - stretch.from <= ring->mask + 1;
    return stretch;
}

/* It stands first in the role's own memory. NULL: the role has none. */
static void *
journal_of(const struct shared_engine *engine, enum role role, uint32_t index)
{
    if (role == ROLE_WORKER)
        return engine->journals[index];
    if (role == ROLE_PUBLISHER)
        return engine->publisher_memory;
    bool has_one = role == ROLE_FRONTEND && engine->shape.frontend_bytes >= front_state_bytes();
    return has_one ? engine->frontend_memory[index] : NULL;
}

uint64_t
engine_commits(const struct shared_engine *engine, enum role role, uint32_t index)
{
    const struct shm_transaction *journal = journal_of(engine, role, index);
    /* acquire: T1. The dead one's; its order is the program's. */
    return journal != NULL ? atomic_load_explicit(&journal->commit, memory_order_acquire) : 0;
}

uint32_t
engine_turn(const struct shared_engine *engine, enum role role, uint32_t index)
{
    if (role != ROLE_WORKER)
        return 0;
    uint32_t turn = process_turn(&engine->workers[index]);
    return turn < engine->shape.frontends ? turn : 0;
}

uint64_t
engine_progress(const struct shared_engine *engine, enum role role, uint32_t index)
{
    static struct transaction transaction; /* large */
    void *journal = journal_of(engine, role, index);
    uint32_t workers = engine->shape.workers;
    uint32_t bytes = publisher_cursor_bytes(engine_channel_count(engine));
    uint32_t from = 0; /* of these, what tells how far it is */
    uint32_t counted = bytes;
    if (role == ROLE_WORKER) {
        bytes = worker_cursor_bytes(engine->shape.frontends, workers);
        counted = worker_channel_bytes(workers);
        from = engine_turn(engine, role, index) * counted;
    }
    if (role == ROLE_FRONTEND) {
        bytes = sizeof(struct shm_front_cursors);
        counted = offsetof(struct shm_front_cursors, counters);
    }
    if (journal == NULL)
        return 1;
    transaction_open(&transaction, journal, bytes, 0);
    const uint8_t *cursors = transaction_cursors(&transaction);
    uint64_t hash = hash_bytes(HASH_START, cursors + from, counted);
    return hash != 0 ? hash : 1;
}

/* How much of a front-end's ring a worker has committed. */
static uint64_t
committed_position(const struct shared_engine *engine, uint32_t frontend, uint32_t worker)
{
    static struct transaction journal; /* large */
    uint32_t workers = engine->shape.workers;
    transaction_open(&journal, engine->journals[worker],
                     worker_cursor_bytes(engine->shape.frontends, workers), 0);
    return worker_cursors_of(transaction_cursors(&journal), workers, frontend)->events;
}

bool
engine_input_in_hand(const struct shared_engine *engine, uint32_t frontend, uint32_t worker,
                     uint64_t *position, struct event *event)
{
    const struct ring_spsc *ring = &engine->rings[engine_channel(engine, frontend, worker)];
    struct stretch stretch = stretch_of(ring);
    uint64_t at = committed_position(engine, frontend, worker);
    if (!stretch.sound || at - stretch.from >= stretch.to - stretch.from)
        return false;
    *position = at;
    return event_unpack(event, ring_spsc_slot(ring, at), (uint32_t)(stretch.to - at)) != 0;
}

bool
engine_is_drained(const struct shared_engine *engine)
{
    for (uint32_t channel = 0; channel < engine_channel_count(engine); channel++) {
        /* In this order: what leaves the ring is in the outbox before. */
        struct stretch events = stretch_of(&engine->rings[channel]);
        struct stretch outcomes = stretch_of(&engine->outboxes[channel]);
        if (events.from != events.to || outcomes.from != outcomes.to)
            return false;
    }
    return true;
}

uint64_t
engine_undelivered(const struct shared_engine *engine)
{
    uint64_t count = 0;
    for (uint32_t channel = 0; channel < engine_channel_count(engine); channel++) {
        struct stretch outcomes = stretch_of(&engine->outboxes[channel]);
        count += outcomes.sound ? outcomes.to - outcomes.from : 0;
    }
    return count;
}

static bool
refuse(char *why, const char *what, uint32_t number)
{
    snprintf(why, SHARED_ENGINE_WHY, "%s %u", what, (unsigned)number);
    return false;
}

/* Every record that is published and not yet released must be the one a front-end has packed. */
static bool
stretch_is_whole(const struct ring_spsc *ring, struct stretch stretch)
{
    static struct event event; /* large, and of no further use */
    if (!stretch.sound)
        return false;
    for (uint64_t at = stretch.from; at != stretch.to;) {
        uint32_t slots =
            event_unpack(&event, ring_spsc_slot(ring, at), (uint32_t)(stretch.to - at));
        if (slots == 0 || !event_is_whole(&event, ring_spsc_slot(ring, at)))
            return false;
        at += slots;
    }
    return true;
}

bool
engine_records_are_whole(const struct shared_engine *engine, uint32_t frontend, uint32_t worker,
                         uint64_t from)
{
    const struct ring_spsc *ring = &engine->rings[engine_channel(engine, frontend, worker)];
    struct stretch stretch = stretch_of(ring);
    stretch.sound &= from - stretch.from <= stretch.to - stretch.from;
    stretch.from = from;
    return stretch_is_whole(ring, stretch);
}

static bool
frontend_is_sound(const struct shared_engine *engine, uint32_t index, char *why)
{
    for (uint32_t worker = 0; worker < engine->shape.workers; worker++) {
        uint32_t channel = engine_channel(engine, index, worker);
        if (!stretch_is_whole(&engine->rings[channel], stretch_of(&engine->rings[channel])))
            return refuse(why, "the event ring of worker", worker);
        if (!stretch_of(&engine->closed[channel]).sound)
            return refuse(why, "the ring of closed calls of worker", worker);
    }
    return true;
}

static bool
result_is_sound(const struct ring_result *ring)
{
    struct ring_result again;
    return ring_result_attach(&again, ring->shared, ring_result_size((uint32_t)ring->mask + 1)) ==
           ATTACH_OK;
}

static bool
channel_is_sound(const struct shared_engine *engine, uint32_t frontend, uint32_t index, char *why)
{
    uint32_t channel = engine_channel(engine, frontend, index);
    if (!stretch_of(&engine->rings[channel]).sound)
        return refuse(why, "its position in the event ring of worker", index);
    if (!stretch_of(&engine->closed[channel]).sound)
        return refuse(why, "the ring of closed calls of worker", index);
    for (uint32_t to = 0; to < engine->shape.workers; to++) {
        if (to == index)
            continue;
        if (!shared_engine_lane_is_sound(engine, frontend, index, to))
            return refuse(why, "its lane to worker", to);
        if (!shared_engine_lane_is_sound(engine, frontend, to, index))
            return refuse(why, "its position in the lane from worker", to);
    }
    return true;
}

static bool
worker_is_sound(const struct shared_engine *engine, uint32_t index, char *why)
{
    for (uint32_t frontend = 0; frontend < engine->shape.frontends; frontend++)
        if (!channel_is_sound(engine, frontend, index, why))
            return false;
    if (!result_is_sound(&engine->result))
        return refuse(why, "the result ring, as left by worker", index);
    return true;
}

bool
engine_verify(const struct shared_engine *engine, enum role role, uint32_t index, char *why)
{
    switch (role) {
    case ROLE_FRONTEND:
        return frontend_is_sound(engine, index, why);
    case ROLE_WORKER:
        return worker_is_sound(engine, index, why);
    case ROLE_PUBLISHER:
        if (result_is_sound(&engine->result))
            return true;
        snprintf(why, SHARED_ENGINE_WHY, "the publisher's position in the result ring");
        return false;
    case ROLE_SUPERVISOR:
        break;
    }
    return true;
}
