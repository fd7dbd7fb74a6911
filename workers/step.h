#ifndef WORKERS_STEP_H
#define WORKERS_STEP_H

/*
 * workers/step.h - one event in hand: everything the rules may look at while they handle it.
 *
 * The rules are functions of the call table and this; they know no clock, do no I/O, allocate
 * nothing. What they decide goes into the batch, which the worker process hands on.
 */

#include "ipc/counters.h"
#include "ipc/event_record.h"
#include "ipc/outcome_record.h"
#include "ipc/worker_journal.h"
#include "workers/call.h"
#include "workers/call_table.h"

enum {
    OUTCOMES_IN_BATCH = 4096, /* more outcomes of one message are handed on in parts */
};

/* Where a step's results go; a real seam: shared memory in the worker, arrays in tests. */
struct step_port {
    /* Called with outcomes in the order of the output. */
    void (*write)(void *context, const struct shm_outcome *outcome);
    /* Nothing of that call is remembered any more. False: not now, ask again later. */
    bool (*closed)(void *context, uint64_t key, uint64_t last_order);
    void *context;
    /*
     * A good moment to commit all so far, and the step's `part` with it, though the event is not
     * done with. `part` may stand elsewhere afterwards. False: the event is to be given up as it
     * stands; whatever it changed will be undone, and it will come again. NULL: no such moments.
     */
    bool (*pause)(void *context);
    /* The switch should be asked who is in the call: it ends as stale soon, or we know too little
     * of it. False: not now, ask again later. NULL: there is nobody to ask. */
    bool (*ask_about)(void *context, struct call call);
};

enum {
    STEP_HELD_MAX = 8,
};

/* What an event was about, beside its outcomes: for who explains it. Nothing is decided by it. */
struct step_note {
    uint64_t conn_id;       /* of the call; 0: none, or one nobody has heard of yet */
    uint64_t other_conn_id; /* of the other old call of a join */
    uint64_t early_conn_id; /* of what was heard under the join's result before it */
    enum rule rule;         /* RULE_IS_SILENT: why it ended nobody; RULE_NONE: nothing to say */
    bool is_copy;           /* of a fact that was known */
};

struct due_call;

struct step {
    struct call_table *table;
    struct shm_counters *counters;
    struct step_port port;
    const struct event *event; /* the message, or the tick, being handled */
    struct shm_worker_link *link;
    uint64_t key; /* call_key() of the event's callID, if somebody knows it already; else 0 */
    uint64_t decided_order; /* as in struct shm_outcome */
    uint64_t decided_tick;
    uint64_t seq; /* what is printed for what ends now */
    int64_t time_us;
    bool has_time;
    uint64_t now_ms;              /* the last tick: spans are over when it has reached their end */
    uint32_t held[STEP_HELD_MAX]; /* slots of calls in hand, which nothing may evict */
    uint32_t held_count;
    uint64_t horizon_ms;    /* clock of the event in hand: what cannot be done now is for later */
    uint32_t position;      /* of the next outcome handed on; 0 again for each message and tick */
    struct shm_part *part;  /* how far the event is, if some of it was committed; or NULL */
    uint32_t part_outcomes; /* outcomes in the batch, and bytes in the journal, from which on a */
    uint64_t part_log;      /* part is large */
    struct step_note note;
    uint32_t outcome_count;
    struct shm_outcome *outcomes; /* [OUTCOMES_IN_BATCH] */
    struct due_call *due;         /* [max_calls]: calls one event concerns */
    struct event *blank;          /* says nothing: for a call that gives way */
    struct event *tick;           /* the tick in hand while spans end */
};

/* The spans of docs/attribution.md, in ms of link time. */
enum {
    TICK_MS = 100,
    SPAN_GRANTED_MS = 10000, /* a granted request waits for its clearing */
    SPAN_LINGER_MS = 5000,   /* an ended call is remembered; phones fall silent after an answer */
    SPAN_SIGHT_MS = 5000,    /* after a transfer */
    SPAN_QUIET_MS = 300000,  /* after a diversion out of sight */
    SPAN_TOGETHER_MS = 200,  /* two connections of one act clear at once */
    SPAN_EMBRYO_MS = 15000,  /* requests for a call nobody has mentioned */
    SPAN_REGAIN_MS = 60000,  /* after calls were lost: what opens may have begun before */
    STALE_ASKED_MS = 60000,  /* so long before a call is stale the switch is asked about it */
};

/* A span that no clock ends: such a list is for finding. */
#define SPAN_NEVER_MS (UINT64_MAX / 2)

static inline struct text
step_text(const struct step *step, enum event_text which)
{
    return step->event->texts[which];
}

/* step_hold - the call is in hand until the event is done: nothing evicts it. */
void step_hold(struct step *step, struct call call);

/* step_flush - hand the batch on, ordered; called after each event and each tick. */
void step_flush(struct step *step);

#endif
