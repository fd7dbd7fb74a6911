#ifndef TESTS_UNIT_OUTCOME_SAMPLE_H
#define TESTS_UNIT_OUTCOME_SAMPLE_H

/*
 * tests/unit/outcome_sample.h - outcomes to test with: a party 2001 released by itself at
 * 2026-11-22T10:00:05.250000Z, 4.1 s after its answer.
 */

#include "ipc/outcome_record.h"

static inline struct shm_outcome
outcome_sample(enum outcome_event event)
{
    struct shm_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.decided_order = 35;
    outcome.call_order = 3;
    outcome.event = (uint8_t)event;
    outcome.reason = REASON_HANGUP;
    outcome.evidence = EVIDENCE_RELEASING_DEVICE;
    outcome.cause = CAUSE_NORMAL_CLEARING;
    outcome.seq = 17;
    outcome.time_us = INT64_C(1795341605250000);
    outcome.conn_id = UINT64_C(0x0a61f3c2d4e5b607);
    outcome.since_answer_ms = 4100;
    outcome.flags = OUTCOME_HAS_TIME | OUTCOME_HAS_SINCE_ANSWER;
    if (event == OUTCOME_RELEASED || event == OUTCOME_ABANDONED)
        outcome.releasing = RELEASING_LOCAL;
    outcome_add_text(&outcome, OUTCOME_TEXT_LINK, TEXT("pbx1"));
    outcome_add_text(&outcome, OUTCOME_TEXT_CALL_ID, TEXT("4711"));
    if (event != OUTCOME_CALL_DELETED)
        outcome_add_text(&outcome, OUTCOME_TEXT_PARTY, TEXT("2001"));
    return outcome;
}

/* Every text of it, `length` bytes `byte` each: the longest rows there can be. */
static inline struct shm_outcome
outcome_sample_full(enum outcome_event event, char byte, uint32_t length)
{
    char bytes[EVENT_TEXT_LENGTH];
    memset(bytes, byte, sizeof bytes);
    struct shm_outcome outcome = outcome_sample(event);
    memset(outcome.text_length, 0, sizeof outcome.text_length);
    outcome.text_bytes = 0;
    for (int i = 0; i < OUTCOME_TEXT_COUNT; i++)
        outcome_add_text(&outcome, (enum outcome_text)i, (struct text){bytes, length});
    outcome.call_type = CALL_TYPE_CONSULT;
    outcome.flags = OUTCOME_HAS_TIME | OUTCOME_HAS_SINCE_START | OUTCOME_HAS_SINCE_ANSWER |
                    OUTCOME_HAS_NEW_CONN_ID;
    outcome.seq = outcome.since_start_ms = outcome.since_answer_ms = UINT64_MAX;
    outcome.conn_id = outcome.new_conn_id = UINT64_MAX;
    outcome.time_us = INT64_MIN;
    return outcome;
}

#endif
