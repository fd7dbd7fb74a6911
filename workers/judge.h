#ifndef WORKERS_JUDGE_H
#define WORKERS_JUDGE_H

/*
 * workers/judge.h - from evidence to who released: the published rules, and nothing else.
 *
 * Pure: no call table, no event. What is "X", "R", "releasing" is docs/attribution.md's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/outcome_record.h"

/* What is known when X's connection has cleared. A text of length 0: not said, or fits nothing. */
struct evidence_set {
    struct text subject;        /* X; absent for CallCleared and for an anonymous caller */
    struct text releasing;      /* releasingDevice, if it fits the call */
    bool releasing_is_subject;  /* by whatever name */
    struct text asked_by_other; /* R of a granted request for X by R, who is not X */
    struct text asked_by_self;  /* X or R of a granted request by X, by nobody named, ... */
    bool asked_by_nobody;       /* a granted ClearCall that names nobody at all */
    bool any_granted;           /* any request of ours that bears on this clearing */
    struct text local;          /* who localConnectionInfo says released, where trusted */
    enum rule asked_rule;       /* by which asked_by_self counts */
    bool infer_subject;         /* first-cleared applies */
    bool veto;                  /* the cause says that no person asked */
};

struct verdict {
    struct text initiator; /* absent: unknown */
    enum evidence evidence;
    enum rule rule;
    bool abnormal; /* the veto decided */
};

struct verdict judge_release(const struct evidence_set *set);

/* What the reason of an act depends on. */
struct reason_set {
    bool abnormal;
    bool initiator_known;
    bool initiator_is_subject;
    bool initiator_forces;  /* a queue, a route point; or a ClearCall nobody named */
    bool initiator_alerted; /* it alerted (or was queued, and is no queue) when the act began */
    bool initiator_gone;    /* it is no party left, of a call that was a conference */
    bool failed;            /* the call was in failure */
    bool busy;              /* ... and its cause is a busy one */
    bool ends_all;          /* everybody left ends in this act */
    bool observer;          /* X is an observer */
    bool abandons;          /* ends an alerting or queued party that did not end itself */
    uint32_t counted;       /* parties just before */
    uint32_t talked;        /* of those who end in it, how many had talked */
};

enum reason judge_reason(const struct reason_set *set);

/* Does the cause say that no person asked? */
bool judge_is_veto(uint8_t cause);

/* T-Library CallState of a call in failure. */
uint8_t judge_failure_call_state(uint8_t cause);
bool judge_failure_is_busy(uint8_t cause);

/* Causes that mean: nobody decided, the call was not answered in time. */
bool judge_is_no_answer(uint8_t cause);

/* Causes by which an alerting or queued connection that clears was diverted. */
bool judge_is_diversion(uint8_t cause);

/* Causes by which a party leaves through a transfer. */
bool judge_is_transfer(uint8_t cause);

#endif
