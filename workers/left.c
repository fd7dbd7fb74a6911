#include "workers/left.h"

#include "ipc/profile.h"
#include "workers/act.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/evidence.h"

bool
left_any(struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party))
            return true;
    }
    return false;
}

bool
left_is_unseen(const struct step *step, struct call call)
{
    if ((call.block->flags & CALL_WATCHED) != 0)
        return false;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && directory_is_monitored(step->table, call.slot->link,
                                                             call_text(call.block, party->number)))
            return false;
    }
    return true;
}

void
left_join(struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && (party->flags & PARTY_ALONE) != 0) {
            party->flags = (uint16_t)(party->flags & ~PARTY_ALONE);
            party->act = 0;
        }
    }
}

/* The conferencing device's own clearing, on a switch where that ends the conference for all. */
static bool
controller_ends(const struct step *step, struct call call, const struct shm_party *subject)
{
    return (profile_row(step->link->profile)->flags & PROFILE_CONTROLLER_ENDS) != 0 &&
           (call.block->flags & CALL_CONFERENCE) != 0 &&
           party_is_named(call.block, subject, call_text(call.block, call.block->controller));
}

/* Does a conversation go on, or could one begin, without the subject? RULE_GOES_ON; else why not,
 * or RULE_NONE where nobody is left. */
static enum rule
who_goes_on(const struct step *step, struct call call, const struct shm_party *subject)
{
    bool caller_left = (subject->flags & PARTY_CALLER) != 0;
    uint32_t count = 0;
    bool engaged = false;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_counts(step, call, party))
            continue;
        if (caller_left && party->state == LOCAL_QUEUED)
            continue;
        count++;
        engaged |= party_is_engaged(party);
    }
    if (count >= 2)
        return engaged ? RULE_GOES_ON : RULE_NOBODY_TALKS;
    if (count == 1)
        return RULE_TWO_LEFT;
    return left_any(call) ? RULE_NOBODY_TALKS : RULE_NONE;
}

void
left_after(struct step *step, struct call call, struct shm_act *act,
           const struct shm_party *subject)
{
    enum rule scope = controller_ends(step, call, subject) ? RULE_CONTROLLER_ENDS
                                                           : who_goes_on(step, call, subject);
    act->scope = (uint8_t)scope;
    if (scope == RULE_GOES_ON)
        return;
    act->flags |= ACT_ENDS_ALL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && (party->flags & PARTY_ALONE) == 0)
            act_mark_alone(call, party, act);
    }
}

/* Bridged connections that never talked keep no call open. */
static void
drop_silent(struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party))
            continue;
        if ((party->flags & PARTY_BRIDGED) == 0 || (party->flags & PARTY_TALKED) != 0)
            return;
    }
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party))
            act_drop_party(call, party);
    }
}

static enum rule
rule_of(enum reason reason)
{
    return reason == REASON_STALE ? RULE_STALE : RULE_OUT_OF_SIGHT;
}

/* Those who are alone end in their act, if they were there at all; the others in one of their own,
 * of that reason. The act of the last one is returned; the latter's, if it has any but phantoms. */
static struct shm_act *
end_left(struct step *step, struct call call, struct shm_act *act, enum reason reason)
{
    enum rule rule = rule_of(reason);
    struct shm_act *own = NULL;
    bool decides = false;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party))
            continue;
        bool alone = (party->flags & PARTY_ALONE) != 0;
        if (alone)
            act = call_at(call.block, party->act);
        if (alone && !doubt_is_phantom(step, call, party)) {
            act_end_party(step, call, party, act);
            continue;
        }
        if (own == NULL)
            own = act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, reason, rule);
        act_end_party(step, call, party, own);
        decides |= !alone;
    }
    return decides ? own : act;
}

/* Soon after a loss the answer for another device may still show that the call goes on there. */
static bool
waits_for_answers(struct step *step, struct call call)
{
    uint64_t until_ms = step->link->lost_ms + SPAN_SIGHT_MS;
    bool lived_through = doubt_is_older(step, call) || (call.block->flags & CALL_REGAINED) != 0;
    if (!lived_through || step->event->clock_ms >= until_ms)
        return false;
    span_set(step->table, call, SPAN_SIGHT, until_ms);
    return true;
}

/* The message that opened the call ended all we know of it: a copy may show who else is there. */
static bool
may_show_more(const struct step *step, struct call call)
{
    return step->event->kind == EVENT_CONNECTION_CLEARED &&
           call.block->first_order == step->event->order;
}

void
left_finish(struct step *step, struct call call, struct shm_act *act)
{
    drop_silent(call);
    if (left_any(call) && left_is_unseen(step, call) && !waits_for_answers(step, call))
        act = end_left(step, call, act, REASON_OUT_OF_SIGHT);
    if (!left_any(call) && call.block->life == CALL_LIVING) {
        bool is_regained = (call.block->flags & CALL_REGAINED) != 0;
        if (may_show_more(step, call))
            span_set(step->table, call, SPAN_SIGHT, step->event->clock_ms + SPAN_TOGETHER_MS);
        else if (!is_regained || !waits_for_answers(step, call))
            act_end_call(step, call, act);
    }
    act_settle(step, call);
}

/* The last party that ended, if the call's end waited for what more may be shown of it: that was by
 * the message that opened the call, or the call was regained. Else NULL. */
static const struct shm_party *
ended_and_waits(struct call call)
{
    const struct shm_party *last = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party))
            return NULL;
        if (last == NULL || party->end_index > last->end_index)
            last = party;
    }
    if (last == NULL || last->act == 0)
        return NULL;
    const struct shm_act *act = call_at(call.block, last->act);
    bool first = act->order == call.block->first_order && (act->flags & ACT_FIXED) == 0;
    return first || (call.block->flags & CALL_REGAINED) != 0 ? last : NULL;
}

bool
left_end_opened(struct step *step, struct call call)
{
    const struct shm_party *party = ended_and_waits(call);
    if (party == NULL)
        return false;
    act_end_call(step, call, call_at(call.block, party->act));
    call.block->deleted_seq = party->end_seq;
    call.block->deleted_us = party->end_us;
    call.block->deleted_has_time = (party->flags & PARTY_END_HAS_TIME) != 0;
    call.block->deleted_cause = party->end_cause;
    act_settle(step, call);
    return true;
}

void
left_end_all(struct step *step, struct call call, enum reason reason)
{
    if (left_end_opened(step, call))
        return;
    drop_silent(call);
    struct shm_act *act = end_left(step, call, NULL, reason);
    if (act == NULL && (call.block->flags & CALL_HAD_PARTY) != 0)
        act = act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, reason, rule_of(reason));
    act_end_call(step, call, act);
    act_settle(step, call);
}
