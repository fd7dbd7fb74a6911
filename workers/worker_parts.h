#ifndef WORKERS_WORKER_PARTS_H
#define WORKERS_WORKER_PARTS_H

/*
 * workers/worker_parts.h - what worker.c (records) and worker_commit.c (transactions, and what
 * others see of them) have in common; for nobody else.
 */

#include "ipc/shared_engine.h"
#include "ipc/worker_journal.h"
#include "workers/call_step.h"

struct worker {
    struct shared_engine *engine;
    uint32_t index;
    struct shm_process *self;
    struct transaction transaction;
    struct shm_worker_cursors *cursors; /* of the transaction in hand */
    struct call_table table;
    struct step step;
    struct event event;
    struct event tick;
    struct event blank;
    struct ring_spsc lanes_out[WORKERS_MAX];
    struct ring_spsc lanes_in[WORKERS_MAX];
    uint64_t to_skip;    /* outcomes of the record in hand that were handed over before */
    bool overflows;      /* the record in hand has more outcomes than the outbox has room for */
    uint32_t records;    /* done with in the transaction in hand */
    uint32_t batch_most; /* records in the next one */
    uint64_t judged_ns;  /* of the record in hand, if it is timed; 0: not yet */
    uint32_t careful;    /* records still to be taken one by one, after a death among them */
};

/* worker_wait - looks a while, then sleeps until somebody rings; returns when `ready`, or now and
 * then. */
void worker_wait(struct worker *worker, bool (*ready)(struct worker *));

/* worker_wait_for_outbox - until half of it is free: all that is in it can be given out, whatever
 * we wait for (docs/adr/0006-recovery.md). */
void worker_wait_for_outbox(struct worker *worker);

struct ring_spsc *worker_outbox(struct worker *worker);

/* The lane of the move in hand, and whether the next slot of it can be used. */
struct ring_spsc *worker_lane(struct worker *worker);
bool worker_lane_is_ready(struct worker *worker);

/* worker_begin - a transaction, at the record our position in the ring says. */
void worker_begin(struct worker *worker);

/* worker_commit - everything so far has happened; then everybody is shown. */
void worker_commit(struct worker *worker);

/* worker_rewind - our own positions are those of the last commit again. */
void worker_rewind(struct worker *worker);

/* worker_publish - shows others our own positions, all of which are committed; outcomes before the
 * progress that speaks of them. */
void worker_publish(struct worker *worker, uint64_t decided);

/* worker_tell_progress - unless more was told already. */
void worker_tell_progress(struct worker *worker, uint64_t decided);

/* What is proven when everything in front of this record is done. */
uint64_t worker_decided_before(const struct event *event);
void worker_note_decided(struct worker *worker, uint64_t decided);

/* worker_judged_ns - when the record in hand, which is timed, was judged: the first time asked. */
uint64_t worker_judged_ns(struct worker *worker);

/* worker_all_handed_over - all outcomes of what is about to be committed are in the outbox. */
void worker_all_handed_over(struct worker *worker);

/* The step's port (workers/step.h); the context is the worker. */
void worker_write(void *context, const struct shm_outcome *outcome);
bool worker_closed(void *context, uint64_t key, uint64_t last_order);
bool worker_pause(void *context);

#endif
