#ifndef TOOLS_EXPLAIN_FLOW_H
#define TOOLS_EXPLAIN_FLOW_H

/*
 * tools/explain/flow.h - one call from its first message to its last, with all it was joined to.
 *
 * What workers did comes as entries, in order: each event with what was noted of it, and the
 * outcomes it led to. They are gone through twice. First a search finds the calls that are meant
 * and what they were joined to (by ConnID: a callID may be used again); then each flow gathers what
 * is its own. Nothing is judged here: rules and verdicts are the workers' (ipc/rule.h).
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ipc/event_record.h"
#include "ipc/outcome_record.h"
#include "ipc/rule.h"
#include "tools/explain/flow_index.h"

enum {
    FLOW_CALLS_MAX = 4096, /* calls joined to one another; more are left out */
    FLOW_SEEN_MAX = 8,     /* callIDs remembered to name when the one asked for is not there */
    FLOW_NAME = EVENT_TEXT_LENGTH + 1,
};

/* One event a worker handled. Texts and arrays live as long as the callback. */
struct flow_entry {
    const struct event *event;
    struct text link;       /* its name */
    struct text subject;    /* the party its connection is, as the worker knew it; or none */
    uint64_t conn_id;       /* of the call; 0: of none, or of one nobody has heard of yet */
    uint64_t other_conn_id; /* of calls that were joined to it by the event, or 0 */
    uint64_t early_conn_id;
    uint8_t rule; /* enum rule, of kind SILENT */
    bool is_copy;
    const struct shm_outcome *const *outcomes;
    uint32_t outcome_count;
};

/* ---- which calls --------------------------------------------------------------------------- */

struct flow_pair {
    uint64_t conn_id;
    uint64_t other;
};

/* All zero but the first three: nothing found yet. */
struct flow_search {
    struct text call_id; /* what is asked for: a callID, or a ConnID of 16 hex digits */
    uint64_t conn_id;    /* that as a ConnID, or 0 */
    struct text link;    /* only on this one; or none */
    uint64_t *found;     /* ConnIDs of calls that fit, as they came */
    uint32_t found_count;
    struct flow_index known; /* their places in `found` */
    struct flow_pair *joins;
    uint32_t join_count;
    char seen[FLOW_SEEN_MAX][FLOW_NAME];
    uint32_t seen_count;
};

void flow_search_begin(struct flow_search *search, const char *wanted, const char *link);
void flow_search_take(struct flow_search *search, const struct flow_entry *entry);
void flow_search_end(struct flow_search *search);

/* ---- what belongs to one ------------------------------------------------------------------- */

/* A later report of the same fact by another monitor. */
struct flow_copy {
    uint64_t order;
    uint64_t seq;
    int64_t time_us;
    char *raw; /* as below */
    uint32_t raw_length;
};

/* One message, or a moment of time at which something was decided. */
struct flow_moment {
    uint64_t order;
    uint64_t seq; /* 0: no message */
    uint64_t conn_id;
    uint64_t other_conn_id;
    uint64_t early_conn_id;
    int64_t time_us;
    bool has_time;
    bool is_copy; /* of a message that is not here, or with other evidence */
    uint8_t kind; /* enum event_kind */
    uint8_t rule;
    uint32_t slots;
    void *record; /* the event, packed */
    char subject[FLOW_NAME];
    char *raw; /* the message's bytes, if they were asked for */
    uint32_t raw_length;
    struct flow_copy *copies;
    uint32_t copy_count;
    struct shm_outcome *outcomes;
    uint32_t outcome_count;
};

struct flow_call {
    uint64_t conn_id;
    uint64_t joined_to; /* ConnID, or 0 */
    bool ended;
    char call_id[FLOW_NAME]; /* the last it had */
};

struct flow {
    struct flow_call *calls; /* the one asked for first */
    uint32_t call_count;
    struct flow_moment *moments;
    uint32_t moment_count;
    uint32_t waiting; /* moments at the end that belong to it only if more comes */
    bool begins_late; /* the first message of one of its calls is not here any more */
    struct text wanted;
    char link[FLOW_NAME];
    uint64_t turn; /* of its set, when it was last given an entry */
};

/* The flows of all calls that were found; each call is in one. */
struct flow_set {
    struct flow *flows;
    uint32_t count;
    struct flow_index index; /* which flow a call is in */
    uint64_t turn;
};

/* flows_make - an empty flow for each group of calls; to be freed. */
void flows_make(struct flow_set *set, const struct flow_search *search);
/* flows_take - an entry for whichever of them it belongs to. */
void flows_take(struct flow_set *set, const struct flow_entry *entry);
void flows_free(struct flow_set *set);
/* flow_take - the same for one. */
void flow_take(struct flow *flow, const struct flow_entry *entry);
/* flow_end - nothing more comes. */
void flow_end(struct flow *flow);
/* flow_free - what it holds. */
void flow_free(struct flow *flow);
/* flow_find_beginning - of a source that forgets: sets begins_late. After flow_end(). */
void flow_find_beginning(struct flow *flow);

/* flow_event - the event of a moment; texts point into the moment. */
void flow_event(const struct flow_moment *moment, struct event *event);

/* flow_call_of - the call with that ConnID, or NULL. */
const struct flow_call *flow_call_of(const struct flow *flow, uint64_t conn_id);

/* flow_seq_of - Seq of the message with that order, 0 if it is not here. */
uint64_t flow_seq_of(const struct flow *flow, uint64_t order);

/* flow_raw_place - where the bytes of the message with that order go, or NULL. */
char **flow_raw_place(struct flow *flow, uint64_t order, uint32_t **length);

/* flow_grow - room for one more in an array of `count`; never fails (CHECK). */
void *flow_grow(void *array, uint32_t count, size_t size);

#endif
