#include "workers/judge.h"

static struct verdict
verdict_of(struct text initiator, enum evidence evidence, enum rule rule)
{
    return (struct verdict){initiator, evidence, rule, false};
}

struct verdict
judge_release(const struct evidence_set *set)
{
    if (set->veto && !set->any_granted)
        return (struct verdict){TEXT_NONE, EVIDENCE_NONE, RULE_VETO, true};
    bool released_by_third = set->releasing.length != 0 && !set->releasing_is_subject &&
                             !text_is_equal(set->releasing, set->asked_by_other);
    if (set->asked_by_other.length != 0 && !released_by_third)
        return verdict_of(set->asked_by_other, EVIDENCE_REQUEST,
                          set->releasing.length != 0 && set->releasing_is_subject
                              ? RULE_REQUEST_BEATS_DROPPED
                              : RULE_REQUEST_BY_OTHER);
    if (set->releasing.length != 0)
        return verdict_of(set->releasing, EVIDENCE_RELEASING_DEVICE,
                          set->asked_by_other.length != 0 && released_by_third
                              ? RULE_THIRD_DEVICE
                              : RULE_RELEASING_DEVICE);
    if (set->asked_by_self.length != 0)
        return verdict_of(set->asked_by_self, EVIDENCE_REQUEST, set->asked_rule);
    if (set->asked_by_nobody)
        return verdict_of(TEXT_NONE, EVIDENCE_REQUEST, RULE_CLEAR_CALL_BY_NOBODY);
    if (set->local.length != 0)
        return verdict_of(set->local, EVIDENCE_LOCAL_STATE, RULE_LOCAL_STATE);
    if (set->infer_subject && set->subject.length != 0)
        return verdict_of(set->subject, EVIDENCE_INFERRED, RULE_FIRST_CLEARED);
    return verdict_of(TEXT_NONE, EVIDENCE_NONE, RULE_NO_EVIDENCE);
}

static bool
is_conference_drop(const struct reason_set *set)
{
    if (!set->initiator_known || set->initiator_is_subject)
        return false;
    return set->initiator_gone || (set->counted >= 3 && !set->ends_all);
}

enum reason
judge_reason(const struct reason_set *set)
{
    if (set->abnormal)
        return REASON_ABNORMAL;
    if (set->initiator_forces)
        return REASON_FORCED;
    if (set->initiator_known && set->initiator_alerted)
        return REASON_REJECT;
    if (set->failed)
        return set->busy ? REASON_BUSY : REASON_BLOCKED;
    if (is_conference_drop(set))
        return REASON_CONFERENCE_DROP;
    if (set->observer || (set->initiator_is_subject && set->counted >= 3 && !set->ends_all))
        return REASON_CONFERENCE_LEAVE;
    if (set->ends_all && set->talked >= 3)
        return REASON_CONFERENCE_END;
    return set->abandons ? REASON_ABANDON : REASON_HANGUP;
}

bool
judge_is_veto(uint8_t cause)
{
    return cause == CAUSE_SWITCHING_FUNCTION_TERMINATED || cause == CAUSE_NETWORK_OUT_OF_ORDER ||
           cause == CAUSE_MAINTENANCE || cause == CAUSE_DEST_OUT_OF_ORDER ||
           cause == CAUSE_RESOURCES_NOT_AVAILABLE || cause == CAUSE_LOCKOUT;
}

bool
judge_failure_is_busy(uint8_t cause)
{
    return cause == CAUSE_BUSY || cause == CAUSE_ACD_BUSY;
}

uint8_t
judge_failure_call_state(uint8_t cause)
{
    static const uint8_t call_states[CAUSE_COUNT] = {
        [CAUSE_BUSY] = 6,
        [CAUSE_ACD_BUSY] = 6,
        [CAUSE_TRUNKS_BUSY] = 10,
        [CAUSE_NETWORK_CONGESTION] = 10,
        [CAUSE_INVALID_NUMBER_FORMAT] = 11,
        [CAUSE_NUMBER_UNALLOCATED] = 11,
        [CAUSE_DEST_NOT_OBTAINABLE] = 12,
        [CAUSE_NETWORK_NOT_OBTAINABLE] = 12,
        [CAUSE_RESOURCES_NOT_AVAILABLE] = 15,
        [CAUSE_SELECTED_TRUNK_BUSY] = 15,
        [CAUSE_REORDER_TONE] = 16,
    };
    uint8_t call_state = cause < CAUSE_COUNT ? call_states[cause] : 0;
    return call_state != 0 ? call_state : 14;
}

bool
judge_is_no_answer(uint8_t cause)
{
    return cause == CAUSE_CALL_NOT_ANSWERED || cause == CAUSE_ALERT_TIME_EXPIRED ||
           cause == CAUSE_TIMEOUT || cause == CAUSE_QUEUE_TIME_OVERFLOW;
}

bool
judge_is_diversion(uint8_t cause)
{
    static const bool diversions[CAUSE_COUNT] = {
        [CAUSE_REDIRECTED] = true,
        [CAUSE_CALL_FORWARD] = true,
        [CAUSE_CALL_FORWARD_IMMEDIATE] = true,
        [CAUSE_CALL_FORWARD_BUSY] = true,
        [CAUSE_CALL_FORWARD_NO_ANSWER] = true,
        [CAUSE_ACD_FORWARD] = true,
        [CAUSE_CALL_PICKUP] = true,
        [CAUSE_RECALL] = true,
        [CAUSE_RECALL_BUSY] = true,
        [CAUSE_RECALL_FORWARDED] = true,
        [CAUSE_RECALL_NO_ANSWER] = true,
        [CAUSE_RECALL_RESOURCES_NOT_AVAILABLE] = true,
        [CAUSE_OVERFLOW] = true,
        [CAUSE_DISTRIBUTED] = true,
        [CAUSE_PARK] = true,
    };
    return cause < CAUSE_COUNT && diversions[cause];
}

bool
judge_is_transfer(uint8_t cause)
{
    return cause == CAUSE_TRANSFER || cause == CAUSE_SINGLE_STEP_TRANSFER;
}
