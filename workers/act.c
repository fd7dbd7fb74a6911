#include "workers/act.h"

#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/evidence.h"
#include "workers/outcome.h"

struct shm_party *
act_subject(struct call call, const struct shm_act *act)
{
    return act->subject == 0 ? NULL : call_at(call.block, act->subject);
}

call_ref
act_ref(struct call call, const struct shm_act *act)
{
    return (call_ref)(((const uint8_t *)act - (const uint8_t *)call.block) / CALL_UNIT);
}

bool
act_ends(struct call call, const struct shm_party *party, const struct shm_act *act)
{
    return party->act != 0 && party->act == act_ref(call, act);
}

static uint8_t
at_most_255(uint32_t count)
{
    return count > UINT8_MAX ? UINT8_MAX : (uint8_t)count;
}

/* Who was there when the act began: how many, and if they were two, which. */
static void
note_present(struct step *step, struct call call, struct shm_act *act)
{
    uint32_t count = 0;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_counts(step, call, party))
            continue;
        if (count < 2)
            act->pair[count] = party_ref(call.block, party);
        count++;
    }
    if (count > 2)
        act->pair[0] = act->pair[1] = 0;
    act->counted = at_most_255(count);
}

struct shm_party *
act_other(struct call call, const struct shm_act *act, const struct shm_party *party)
{
    call_ref ref = party_ref(call.block, party);
    if (act->pair[1] == 0 || (ref != act->pair[0] && ref != act->pair[1]))
        return NULL;
    return call_at(call.block, act->pair[ref == act->pair[0] ? 1 : 0]);
}

/* A failure matters to a caller who has nobody; a conversation goes on in spite of it. */
static bool
talks_with_somebody(const struct step *step, struct call call, const struct shm_party *subject)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party != subject && party_counts(step, call, party) && party_is_engaged(party))
            return subject != NULL;
    }
    return false;
}

struct shm_act *
act_begin(struct step *step, struct call call, struct shm_party *subject)
{
    const struct shm_call *block = call.block;
    struct shm_act *act = call_add_act(call.block);
    act->cause = step->event->cause;
    act->local_state = step->event->local_state;
    act->tick_ms = step->now_ms;
    note_present(step, call, act);
    act->reason = REASON_HANGUP;
    act->evidence = EVIDENCE_NONE;
    act->monitor = call_add_text(call.block, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    act->order = step->event->order;
    act->subject = party_ref(block, subject);
    if (subject == NULL) {
        act->flags |= ACT_ENDS_ALL;
        act->scope = RULE_WHOLE_CALL;
    }
    if ((block->flags & CALL_FAILED) != 0 && !talks_with_somebody(step, call, subject)) {
        act->flags |= ACT_FAILED;
        act->failure_cause = block->failure_cause;
    }
    if ((block->flags & CALL_HAD_CLEARING) == 0)
        act->flags |= ACT_FIRST_CLEARING;
    if (!doubt_knows_all(step, call))
        act->flags |= ACT_GAP;
    if (doubt_is_blind(step, call, act->counted))
        act->flags |= ACT_BLIND;
    call.block->flags |= CALL_HAD_CLEARING;
    return act;
}

struct shm_act *
act_begin_fixed(struct step *step, struct call call, struct text initiator, enum evidence evidence,
                enum reason reason, enum rule rule)
{
    struct shm_act *act = call_add_act(call.block);
    note_present(step, call, act);
    act->flags = ACT_FIXED;
    act->cause = step->event->cause;
    act->tick_ms = step->now_ms;
    act->order = step->event->order;
    act->initiator = call_add_text(call.block, initiator);
    act->evidence = (uint8_t)evidence;
    act->reason = (uint8_t)reason;
    act->rule = (uint8_t)rule;
    return act;
}

void
act_mark_alone(struct call call, struct shm_party *party, struct shm_act *act)
{
    party->flags |= PARTY_ALONE;
    party->act = act_ref(call, act);
}

struct text
act_initiator(struct call call, const struct shm_act *act)
{
    struct text name = call_text(call.block, act->initiator);
    const struct shm_party *party = call_party(call.block, name);
    return party == NULL || party->number == 0 ? name : call_text(call.block, party->number);
}

void
act_end_party(struct step *step, struct call call, struct shm_party *party, struct shm_act *act)
{
    bool was_told = doubt_was_told(step, call, party);
    act_mark_alone(call, party, act);
    const struct shm_party *other = act_other(call, act, party);
    /* An observer of one counts nobody but him. */
    if (act->pair[0] != 0 && act->pair[1] == 0 && party_is_observer(step, call, party))
        other = call_at(call.block, act->pair[0]);
    party->other = other == NULL ? 0 : other->number;
    party->flags = (uint16_t)((party->flags & ~PARTY_ALONE) | PARTY_ENDED);
    party->end_index = ++call.block->ended_count;
    if (was_told) {
        party->flags |= PARTY_TOLD;
        call.block->flags |= CALL_OVER_BEFORE;
    } else {
        call.block->untold++;
    }
    party->end_seq = step->seq;
    party->end_us = step->time_us;
    if (step->has_time)
        party->flags |= PARTY_END_HAS_TIME;
    party->end_cause = step->event->cause;
    if ((act->flags & ACT_FAILED) != 0)
        party->end_call_state = judge_failure_call_state(act->failure_cause);
}

void
act_drop_party(struct call call, struct shm_party *party)
{
    if (!party_is_active(party) && (party->flags & PARTY_TOLD) == 0)
        call.block->untold--;
    party->flags = (uint16_t)((party->flags & ~PARTY_ALONE) | PARTY_ENDED | PARTY_TOLD);
    party->act = 0;
    party->end_index = ++call.block->ended_count;
}

void
act_end_call(struct step *step, struct call call, struct shm_act *act)
{
    struct shm_call *block = call.block;
    block->life = CALL_ENDED;
    block->deleted_seq = step->seq;
    block->deleted_us = step->time_us;
    block->deleted_has_time = step->has_time;
    block->deleted_cause = step->event->cause;
    if (act == NULL || (block->flags & CALL_OVER_BEFORE) != 0)
        block->flags |= CALL_DELETE_TOLD;
    else
        block->deleted_act = act_ref(call, act);
    counter_add(step->counters, COUNTER_CALLS_CLOSED, 1);
    span_clear(step->table, call, SPAN_SIGHT);
    span_clear(step->table, call, SPAN_QUIET);
    span_clear(step->table, call, SPAN_IDLE);
    span_clear(step->table, call, SPAN_DOUBT);
    span_set(step->table, call, SPAN_LINGER, step->event->clock_ms + SPAN_LINGER_MS);
}

bool
act_any_waits(struct call call)
{
    FOR_EACH_ACT (act, call.block) {
        if ((act->flags & ACT_WAITING) != 0)
            return true;
    }
    return false;
}

/* Of those whose end can be told: the first by act, then by end. Who talks on out of sight does so
 * because of what a waiting act ended, and is told after it. */
static struct shm_party *
first_untold(struct call call, bool waiting)
{
    struct shm_party *first = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) || (party->flags & PARTY_TOLD) != 0)
            continue;
        const struct shm_act *act = call_at(call.block, party->act);
        if ((act->flags & ACT_WAITING) != 0 || (waiting && act->reason == REASON_OUT_OF_SIGHT))
            continue;
        if (first == NULL || party->act < first->act ||
            (party->act == first->act && party->end_index < first->end_index))
            first = party;
    }
    return first;
}

void
act_settle(struct step *step, struct call call)
{
    struct shm_call *block = call.block;
    bool waiting = span_is_set(call, SPAN_WAIT) && act_any_waits(call);
    struct shm_party *party;
    while (block->untold != 0 && (party = first_untold(call, waiting)) != NULL) {
        outcome_party(step, call, call_at(block, party->act), party);
        party->flags |= PARTY_TOLD;
        block->untold--;
    }
    if (waiting)
        return;
    span_clear(step->table, call, SPAN_WAIT);
    if (block->life == CALL_ENDED && (block->flags & CALL_DELETE_TOLD) == 0) {
        outcome_call(step, call, call_at(block, block->deleted_act));
        block->flags |= CALL_DELETE_TOLD;
    }
}
