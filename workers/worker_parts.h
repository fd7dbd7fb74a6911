#ifndef WORKERS_WORKER_PARTS_H
#define WORKERS_WORKER_PARTS_H

/*
 * workers/worker_parts.h - what worker.c (records), worker_commit.c (transactions, and what others
 * see of them) and worker_table.c (tables at the beginning of a life) have in common; for nobody
 * else.
 */

#include "ipc/shared_engine.h"
#include "ipc/worker_journal.h"
#include "workers/ahead.h"
#include "workers/call_step.h"

enum channel_state {
    CHANNEL_OPEN = 0,
    CHANNEL_FULL,     /* waits for room in its outbox */
    CHANNEL_LANE_OUT, /* waits for room in a lane */
    CHANNEL_LANE_IN,  /* waits for what comes through a lane */
    CHANNEL_FINISHED, /* there will be no more records */
};

/* What we have of one front-end. */
struct channel {
    uint32_t frontend;
    enum channel_state state;
    struct ring_spsc *lane; /* that it waits for */
    struct ring_spsc *events;
    struct ring_spsc *outbox;
    struct ring_spsc *closed;
    struct ring_spsc lanes_out[WORKERS_MAX];
    struct ring_spsc lanes_in[WORKERS_MAX];
    struct call_table table;
    struct history history;
    uint64_t watermark;  /* as it was before its ring was found empty */
    uint32_t batch_most; /* records in its next transaction */
    uint32_t careful;    /* records still to be taken one by one, after a death among them */
};

struct worker {
    struct shared_engine *engine;
    uint32_t index;
    struct shm_process *self;
    struct transaction transaction;
    struct channel channels[FRONTENDS_MAX];
    struct channel *channel;            /* the one in hand; a transaction is of one channel */
    struct shm_worker_cursors *cursors; /* of the transaction in hand, that channel's */
    struct step step;
    struct ahead ahead;
    struct event event;
    struct event tick;
    struct event blank;
    uint64_t to_skip;   /* outcomes of the record in hand that were handed over before */
    bool overflows;     /* the record in hand has more outcomes than the outbox has room for, now */
    uint32_t records;   /* done with in the transaction in hand */
    uint64_t judged_ns; /* of the record in hand, if it is timed; 0: not yet */
};

/* The cursors of a channel as they were last committed. */
const struct shm_worker_cursors *worker_committed(const struct worker *worker,
                                                  const struct channel *channel);

/* Is half of the channel's outbox free? All that is in it can be given out, whatever the front-end
 * or another worker waits for (docs/adr/0006-recovery.md). */
bool worker_outbox_has_room(const struct worker *worker, const struct channel *channel);

/* The lane of the move in hand. */
struct ring_spsc *worker_lane(struct worker *worker);

/* worker_begin - a transaction, at the record our position in the ring says. */
void worker_begin(struct worker *worker);

/* worker_commit - everything so far has happened; then everybody is shown. */
void worker_commit(struct worker *worker);

/* worker_rewind - our own positions in the channel are those of the last commit again. */
void worker_rewind(struct worker *worker);

/* worker_publish - shows others our own positions in the channel, all of which are committed;
 * outcomes before the progress that speaks of them. */
void worker_publish(struct worker *worker, uint64_t decided);

/* worker_tell_progress - unless more was told already. */
void worker_tell_progress(struct worker *worker, uint64_t decided);

/* What is proven when everything in front of this record is done. */
uint64_t worker_decided_before(const struct event *event);
void worker_note_decided(struct worker *worker, uint64_t decided);

/* worker_look_ahead - looks at records behind the one in hand, from `next` on; where to go on. */
uint64_t worker_look_ahead(struct worker *worker, uint64_t next, uint64_t end);

/* worker_judged_ns - when the record in hand, which is timed, was judged: the first time asked. */
uint64_t worker_judged_ns(struct worker *worker);

/* worker_all_handed_over - all outcomes of what is about to be committed are in the outbox. */
void worker_all_handed_over(struct worker *worker);

/* worker_note_record - the record in hand is done: into the history with it. */
void worker_note_record(struct worker *worker, const void *record, uint32_t slots);

/* ---- tables (worker_table.c) ---- */

/*
 * worker_open_tables - the tables of all channels, as a predecessor left them
 *
 * After a death by which a store may have gone anywhere they are looked at. A damaged one is
 * emptied where what was in it can be had again: the front-ends of live links are told so
 * (process_emptied()). Else, and where it cannot be emptied, false: said.
 */
bool worker_open_tables(struct worker *worker, uint32_t max_calls);

/* worker_misses - does the record in hand say nothing to us, since our table was emptied and not
 * all has been told again? Counted. */
bool worker_misses(struct worker *worker);

/* worker_hear_retold - RETOLD: if it is for us, what comes now is heard again. */
void worker_hear_retold(struct worker *worker);

/* The step's port (workers/step.h); the context is the worker. */
void worker_write(void *context, const struct shm_outcome *outcome);
bool worker_closed(void *context, uint64_t key, uint64_t last_order);
bool worker_pause(void *context);
bool worker_ask_about(void *context, struct call call);

#endif
