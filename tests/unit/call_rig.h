#ifndef TESTS_UNIT_CALL_RIG_H
#define TESTS_UNIT_CALL_RIG_H

/*
 * tests/unit/call_rig.h - a worker's rules on a bench: events go in by hand, outcomes come out into
 * an array. No processes, no shared memory, no clock.
 *
 * Every event is handled twice: the first time it is undone, and the table and the counters must be
 * what they were, byte for byte; so whatever a rule changes without touching it first fails here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/table_picture.h"
#include "workers/call_step.h"
#include "workers/due.h"

enum {
    RIG_OUTCOMES = 256,
    RIG_LOG_BYTES = 8 << 20,
};

struct call_rig {
    struct call_table table;
    struct transaction transaction;
    void *journal;
    uint64_t journal_bytes;
    struct table_picture picture;
    struct shm_part part;
    void *pauses; /* of test_part.c */
    struct step step;
    struct event event;
    struct event tick;
    struct event blank;
    struct shm_counters counters;
    void *memory;
    uint64_t bytes;
    uint64_t order;
    uint64_t tick_ms;
    uint32_t outcome_count;
    struct shm_outcome outcomes[RIG_OUTCOMES];
    uint32_t closed_count;
    uint32_t stale_count; /* reports of calls that grow stale */
    bool refuse_closed;   /* the feedback ring is full */
};

static inline void
rig_write(void *context, const struct shm_outcome *outcome)
{
    struct call_rig *rig = context;
    assert_true(outcome_is_sound(outcome));
    assert_true(rig->outcome_count < RIG_OUTCOMES);
    memcpy(&rig->outcomes[rig->outcome_count++], outcome, outcome_size(outcome));
}

static inline bool
rig_closed(void *context, uint64_t key, uint64_t last_order)
{
    struct call_rig *rig = context;
    (void)key;
    (void)last_order;
    rig->closed_count += !rig->refuse_closed;
    return !rig->refuse_closed;
}

static inline bool
rig_ask_about(void *context, struct call call)
{
    struct call_rig *rig = context;
    assert_int_equal(call.block->life, CALL_LIVING);
    rig->stale_count += !rig->refuse_closed;
    return !rig->refuse_closed;
}

static inline void
rig_begin_transaction(struct call_rig *rig)
{
    transaction_begin(&rig->transaction);
    transaction_touch(&rig->transaction, &rig->counters, sizeof rig->counters);
}

static inline void
rig_step(struct call_rig *rig)
{
    rig_begin_transaction(rig);
    step_begin(&rig->step, &rig->event);
    call_step(&rig->step);
    step_flush(&rig->step);
}

/* Nothing of the transaction in hand ever was. */
static inline void
rig_roll_back(struct call_rig *rig)
{
    transaction_roll_back(&rig->transaction);
    call_table_undone(&rig->table);
}

/* The event happens, and then never did. */
static inline void
rig_rehearse(struct call_rig *rig)
{
    struct shm_counters counters = rig->counters;
    uint32_t outcome_count = rig->outcome_count;
    uint32_t closed_count = rig->closed_count;
    uint32_t stale_count = rig->stale_count;
    picture_take(&rig->picture, &rig->table);
    rig_step(rig);
    rig_roll_back(rig);
    assert_true(picture_is_like(&rig->picture, &rig->table));
    assert_memory_equal(&rig->counters, &counters, sizeof counters);
    rig->outcome_count = outcome_count;
    rig->closed_count = closed_count;
    rig->stale_count = stale_count;
}

static inline void
rig_handle(struct call_rig *rig)
{
    rig_rehearse(rig);
    rig_step(rig);
    call_table_commit(&rig->table);
}

/* Begin an event of link 0 at `ms`; fill rig->event further, then rig_send(). */
static inline void
rig_begin(struct call_rig *rig, enum event_kind kind, uint64_t ms)
{
    event_reset(&rig->event);
    rig->event.kind = (uint8_t)kind;
    rig->event.local_state = LOCAL_ABSENT;
    rig->event.flags = EVENT_HAS_TIME;
    rig->event.clock_ms = ms;
    rig->event.time_us = (int64_t)ms * 1000;
    rig->event.order = rig->order + 1;
    rig->event.seq = rig->order + 1;
}

/* Sends the event, after the tick that stands before it. */
static inline void
rig_send(struct call_rig *rig)
{
    uint64_t tick = rig->event.clock_ms / 100 * 100;
    rig->order++;
    if (tick > rig->tick_ms) {
        struct event message = rig->event;
        event_reset(&rig->event);
        rig->event.kind = EVENT_TICK;
        rig->event.flags = EVENT_HAS_TIME;
        rig->event.clock_ms = rig->tick_ms = tick;
        rig->event.time_us = (int64_t)tick * 1000;
        rig->event.order = message.order;
        rig->event.seq = message.seq - 1;
        rig_handle(rig);
        rig->event = message;
    }
    rig_handle(rig);
}

static inline void
rig_text(struct call_rig *rig, enum event_text which, const char *text)
{
    if (text != NULL)
        rig->event.texts[which] = text_of(text);
}

/* A call-control event about `device`'s connection in `call`, as its own monitor reports it. */
static inline void
rig_call_event(struct call_rig *rig, enum event_kind kind, uint64_t ms, const char *call,
               const char *device, const char *releasing)
{
    rig_begin(rig, kind, ms);
    rig_text(rig, EVENT_TEXT_CALL, call);
    rig_text(rig, EVENT_TEXT_DEVICE, device);
    rig_text(rig, EVENT_TEXT_SUBJECT, kind == EVENT_CONNECTION_CLEARED ? NULL : device);
    rig_text(rig, EVENT_TEXT_RELEASING, releasing);
    rig_send(rig);
}

/* A talks to B in `call` from `ms` on. */
static inline void
rig_conversation(struct call_rig *rig, uint64_t ms, const char *call)
{
    rig_call_event(rig, EVENT_ORIGINATED, ms, call, "A", NULL);
    rig_call_event(rig, EVENT_DELIVERED, ms + 100, call, "B", NULL);
    rig_call_event(rig, EVENT_ESTABLISHED, ms + 1100, call, "B", NULL);
}

static inline void
rig_link(struct call_rig *rig, uint32_t flags)
{
    rig_begin(rig, EVENT_LINK, 0);
    rig_text(rig, EVENT_TEXT_LINK, "pbx1");
    rig->event.flags = flags;
    rig->event.request = 2000;
    rig->event.extra = UINT64_C(8) * 3600 * 1000;
    rig_handle(rig);
}

static inline struct call_rig *
rig_open(uint32_t max_calls)
{
    struct call_rig *rig = calloc(1, sizeof *rig);
    rig->bytes = call_table_bytes(max_calls);
    rig->memory = mmap(NULL, rig->bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(rig->memory, MAP_FAILED);
    rig->journal_bytes = transaction_bytes(0, RIG_LOG_BYTES);
    rig->journal = mmap(NULL, rig->journal_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(rig->journal, MAP_FAILED);
    transaction_open(&rig->transaction, rig->journal, 0, RIG_LOG_BYTES);
    transaction_cover(&rig->transaction, rig->memory, rig->bytes);
    transaction_cover(&rig->transaction, &rig->counters, sizeof rig->counters);
    picture_open(&rig->picture, rig->bytes);
    assert_true(
        call_table_open(&rig->table, rig->memory, rig->bytes, max_calls, &rig->transaction));
    rig->step = (struct step){
        .table = &rig->table,
        .counters = &rig->counters,
        .port = {rig_write, rig_closed, rig, NULL, rig_ask_about},
        .part = &rig->part,
        .part_outcomes = OUTCOMES_IN_BATCH / 2,
        .part_log = UINT64_MAX,
        .outcomes = malloc(sizeof(struct shm_outcome) * OUTCOMES_IN_BATCH),
        .due = malloc(sizeof(struct due_call) * (size_t)max_calls),
        .tick = &rig->tick,
        .blank = &rig->blank,
    };
    rig_link(rig, EVENT_LINK_ALL_MONITORED);
    return rig;
}

static inline void
rig_close(struct call_rig *rig)
{
    munmap(rig->memory, rig->bytes);
    munmap(rig->journal, rig->journal_bytes);
    picture_close(&rig->picture);
    free(rig->step.outcomes);
    free(rig->step.due);
    free(rig);
}

#endif
