#ifndef IPC_OUTCOME_RECORD_H
#define IPC_OUTCOME_RECORD_H

/*
 * ipc/outcome_record.h - one line of the answer: a party or a call ended, and who asked for it.
 *
 * Fixed size, plain bytes: it travels worker -> result ring -> publisher. Only the bytes up to
 * the last text are ever written or read (outcome_size()).
 *
 * Order of the output: ascending (decided_order, decided_tick, call_order, conn_id, position);
 * conn_id tells apart calls that one message opened. A worker
 * hands its outcomes over in that order; the publisher merges the workers' runs by it.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/event_record.h"
#include "ipc/rule.h"

enum outcome_event {
    OUTCOME_RELEASED,      /* EventReleased */
    OUTCOME_ABANDONED,     /* EventAbandoned */
    OUTCOME_PARTY_DELETED, /* EventCallPartyDeleted */
    OUTCOME_CALL_DELETED,  /* EventCallDeleted */
    OUTCOME_EVENT_COUNT,
};

/* T-Library's Extensions.ReleasingParty; meaningful in DN events only. */
enum releasing_party {
    RELEASING_NONE = 0, /* call events carry CtrlParty instead */
    RELEASING_LOCAL = 1,
    RELEASING_REMOTE = 2,
    RELEASING_UNKNOWN = 3,
};

enum reason {
#define REASON(name, printed) REASON_##name,
#include "ipc/reason.def"
#undef REASON
    REASON_COUNT,
};

enum evidence {
#define EVIDENCE(name, printed) EVIDENCE_##name,
#include "ipc/evidence.def"
#undef EVIDENCE
    EVIDENCE_COUNT,
};

enum cause {
    CAUSE_ABSENT = 0, /* no cause element, or a text that is no cause */
#define CAUSE(number, name, printed) CAUSE_##name = number,
#include "ipc/cause.def"
#undef CAUSE
    CAUSE_COUNT = 128,
};

/* T-Library CallType. */
enum call_type {
    CALL_TYPE_UNKNOWN = 0,
    CALL_TYPE_INTERNAL = 1,
    CALL_TYPE_INBOUND = 2,
    CALL_TYPE_OUTBOUND = 3,
    CALL_TYPE_CONSULT = 4,
};

enum outcome_text {
#define OUTCOME_TEXT(name) OUTCOME_TEXT_##name,
#include "ipc/outcome_text.def"
#undef OUTCOME_TEXT
    OUTCOME_TEXT_COUNT,
};

enum {
    OUTCOME_HAS_TIME = 1 << 0,
    OUTCOME_HAS_SINCE_START = 1 << 1,
    OUTCOME_HAS_SINCE_ANSWER = 1 << 2,
    OUTCOME_HAS_NEW_CONN_ID = 1 << 3,
};

struct shm_outcome {
    uint64_t decided_order; /* 2 * order of the deciding message + 1; ticks before it: 2 * order */
    uint64_t decided_tick;  /* ticks: the tick's clock in ms; else 0 */
    uint64_t call_order;    /* order of the call's first message */
    uint32_t position;      /* within the deciding message and the call */
    uint8_t event;          /* enum outcome_event */
    uint8_t releasing;      /* enum releasing_party */
    uint8_t reason;         /* enum reason */
    uint8_t evidence;       /* enum evidence */
    uint8_t cause;          /* enum cause */
    uint8_t call_state;     /* T-Library number; DN events only */
    uint8_t call_type;      /* enum call_type */
    uint8_t flags;
    uint16_t link;
    uint16_t text_bytes; /* bytes of `text` in use */
    uint64_t seq;
    int64_t time_us; /* since 1970; OUTCOME_HAS_TIME */
    uint64_t conn_id;
    uint64_t new_conn_id;     /* OUTCOME_HAS_NEW_CONN_ID */
    uint64_t since_start_ms;  /* OUTCOME_HAS_SINCE_START */
    uint64_t since_answer_ms; /* OUTCOME_HAS_SINCE_ANSWER */
    uint8_t text_length[12];  /* by enum outcome_text; 0: absent */
    uint8_t rule;             /* enum rule: what decided who asked */
    uint8_t scope;            /* enum rule: why this one ends in the act, or why no other does */
    uint8_t found;            /* 1 << enum finding */
    uint8_t act;              /* number of the act in its call; 0: there was none */
    char text[OUTCOME_TEXT_COUNT * EVENT_TEXT_LENGTH]; /* one after the other */
};

static_assert(OUTCOME_TEXT_COUNT <= 12, "text_length has room");
static_assert(sizeof(struct shm_outcome) == 104 + 640, "bump SHM_LAYOUT_VERSION");

/* Bytes of the outcome that mean something: what a copy must carry. At most sizeof. */
static inline uint32_t
outcome_size(const struct shm_outcome *outcome)
{
    return (uint32_t)offsetof(struct shm_outcome, text) + outcome->text_bytes;
}

/* outcome_add_text - append a text; at most once for each, in ascending enum order. */
static inline void
outcome_add_text(struct shm_outcome *outcome, enum outcome_text which, struct text text)
{
    if (text.length == 0)
        return;
    memcpy(outcome->text + outcome->text_bytes, text.at, text.length);
    outcome->text_length[which] = (uint8_t)text.length;
    outcome->text_bytes = (uint16_t)(outcome->text_bytes + text.length);
}

/*
 * outcome_is_sound - can this be an outcome of ours?
 *
 * For bytes another process wrote: lengths add up, enums are in range. Everything below may be
 * used only when it says yes.
 */
bool outcome_is_sound(const struct shm_outcome *outcome);

/* outcome_text - one text of a sound outcome; TEXT_NONE where absent. */
struct text outcome_text(const struct shm_outcome *outcome, enum outcome_text which);

/* What outcomes are ordered by, the first one first. */
struct outcome_order {
    uint64_t decided_order;
    uint64_t decided_tick;
    uint64_t call_order;
    uint64_t conn_id;
    uint64_t position;
};

static inline struct outcome_order
outcome_order_of(const struct shm_outcome *outcome)
{
    return (struct outcome_order){outcome->decided_order, outcome->decided_tick,
                                  outcome->call_order, outcome->conn_id, outcome->position};
}

/* -1, 0, 1 as `left` comes before, is, or comes after `right` in the output. */
int outcome_order_compare(const struct outcome_order *left, const struct outcome_order *right);
int outcome_compare(const struct shm_outcome *left, const struct shm_outcome *right);

/* Printed names; "?" when out of range. cause_name(0) is "". */
const char *outcome_event_name(uint8_t event);
const char *reason_name(uint8_t reason);
const char *evidence_name(uint8_t evidence);
const char *cause_name(uint8_t cause);
const char *releasing_party_name(uint8_t releasing); /* "1 Local", ... */

/* outcome_checksum - of the bytes that mean something; 0 of what cannot be an outcome's length. */
uint64_t outcome_checksum(const struct shm_outcome *outcome);

#endif
