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

void
left_talks_on(struct call call, struct shm_party *party)
{
    if ((party->flags & PARTY_ALONE) == 0)
        return;
    const struct shm_act *act = call_at(call.block, party->act);
    if ((act->flags & ACT_GAP) == 0)
        return;
    party->flags = (uint16_t)(party->flags & ~PARTY_ALONE);
    party->act = 0;
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

/* Bridged connections that never talked keep no call open, nor does who may have cleared. */
static void
drop_silent(struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party) || (party->flags & PARTY_UNSURE) != 0)
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

/* Was he left alone by one who left everybody we may know of? Then he ends in that act, whatever
 * ends him; else others of whom we were never told may have gone on with him. */
static bool
is_surely_alone(const struct step *step, struct call call, const struct shm_party *party)
{
    const struct shm_act *act = party->act == 0 ? NULL : call_at(call.block, party->act);
    return (party->flags & PARTY_ALONE) != 0 && act != NULL &&
           ((act->flags & ACT_GAP) == 0 || doubt_is_lossless(step));
}

/* Those who are surely alone end in their act, if they were there at all; the others in one of
 * their own, of that reason. The act of the last one is returned; the latter's, if it has any but
 * phantoms. */
static struct shm_act *
end_left(struct step *step, struct call call, struct shm_act *act, enum reason reason)
{
    enum rule rule = rule_of(reason);
    struct shm_act *own = NULL;
    bool decides = false;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party))
            continue;
        if ((party->flags & PARTY_UNSURE) != 0) {
            act_drop_party(call, party);
            continue;
        }
        bool alone = is_surely_alone(step, call, party);
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

/* Others may be in the call of whom we were never told: another monitor, or the switch when it is
 * asked, may show them. */
static void
wait_for_more(struct step *step, struct call call)
{
    uint64_t span_ms = doubt_is_lossless(step) ? SPAN_TOGETHER_MS : SPAN_SIGHT_MS;
    span_set(step->table, call, SPAN_SIGHT, step->event->clock_ms + span_ms);
    doubt_ask(step, call, true);
}

/* Where calls were lost, the answers to come may still show that the call goes on. */
static bool
waits_for_answers(struct step *step, struct call call)
{
    uint64_t until_ms = step->link->lost_ms + SPAN_SIGHT_MS;
    if ((call.block->flags & CALL_REGAINED) == 0 || step->event->clock_ms >= until_ms)
        return false;
    span_set(step->table, call, SPAN_SIGHT, until_ms);
    return true;
}

static bool
are_surely_alone(const struct step *step, struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && !is_surely_alone(step, call, party))
            return false;
    }
    return true;
}

/* Did the one who asked for the act leave in it, or before, and another because of that? Then
 * nobody goes on. */
static bool
took_another(struct call call, const struct shm_act *act)
{
    const struct shm_party *initiator =
        call_party(call.block, call_text(call.block, act->initiator));
    if (act->initiator == 0 || initiator == NULL || party_is_active(initiator) ||
        initiator->act == 0)
        return false;
    FOR_EACH_PARTY (party, call.block) {
        if (act_ends(call, party, act) && party != initiator)
            return true;
    }
    return false;
}

/* Did the clearing of somebody make it known? */
static bool
was_met_as_it_ends(const struct step *step, struct call call)
{
    uint64_t first = call.block->first_order;
    if (first == step->event->order)
        return step->event->kind == EVENT_CONNECTION_CLEARED;
    FOR_EACH_ACT (act, call.block) {
        if (act->order == first && (act->flags & ACT_FIXED) == 0)
            return true;
    }
    return false;
}

/* All we knew of have left: is it certain that the call is over by this act? Where nothing was ever
 * lost we take it so, if more was seen of the call than its end. */
static bool
is_surely_over(const struct step *step, struct call call, const struct shm_act *act)
{
    return act == NULL || (act->flags & ACT_GAP) == 0 || took_another(call, act) ||
           (doubt_is_lossless(step) && !was_met_as_it_ends(step, call));
}

void
left_finish(struct step *step, struct call call, struct shm_act *act)
{
    drop_silent(call);
    if (left_any(call) && left_is_unseen(step, call) && !waits_for_answers(step, call)) {
        if (doubt_is_lossless(step) || doubt_knows_all(step, call) || are_surely_alone(step, call))
            act = end_left(step, call, act, REASON_OUT_OF_SIGHT);
        else
            wait_for_more(step, call);
    }
    if (!left_any(call) && call.block->life == CALL_LIVING && !waits_for_answers(step, call)) {
        if (is_surely_over(step, call, act))
            act_end_call(step, call, act);
        else
            wait_for_more(step, call);
    }
    act_settle(step, call);
}

/* The one who left last, in some act, if nobody is left; else NULL. */
static const struct shm_party *
last_party(struct call call)
{
    const struct shm_party *last = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party))
            return NULL;
        if ((party->flags & PARTY_UNSURE) == 0 &&
            (last == NULL || party->end_index > last->end_index))
            last = party;
    }
    return last == NULL || last->act == 0 ? NULL : last;
}

/* The act that the last one we knew of left in, if others may have gone on; NULL: no such. */
static struct shm_act *
last_act(struct call call)
{
    const struct shm_party *last = last_party(call);
    struct shm_act *act = last == NULL ? NULL : call_at(call.block, last->act);
    return act == NULL || (act->flags & ACT_GAP) == 0 ? NULL : act;
}

/* Nothing showed more of the call, which was lost to us, or made known by a clearing: it ends as it
 * was decided. */
static bool
end_as_decided(struct step *step, struct call call)
{
    const struct shm_party *last = last_party(call);
    const struct shm_act *act = last == NULL ? NULL : call_at(call.block, last->act);
    if (act == NULL)
        return false;
    bool decided = (call.block->flags & CALL_REGAINED) != 0
                       ? is_surely_over(step, call, act)
                       : doubt_is_lossless(step) && (act->flags & ACT_FIXED) == 0;
    if (!decided)
        return false;
    act_end_call(step, call, call_at(call.block, last->act));
    call.block->deleted_seq = last->end_seq;
    call.block->deleted_us = last->end_us;
    call.block->deleted_has_time = (last->flags & PARTY_END_HAS_TIME) != 0;
    call.block->deleted_cause = last->end_cause;
    act_settle(step, call);
    return true;
}

bool
left_is_together(const struct step *step, const struct shm_act *act)
{
    return step->now_ms <= act->tick_ms + SPAN_TOGETHER_MS;
}

bool
left_end_empty(struct step *step, struct call call)
{
    struct shm_act *act = last_act(call);
    if (act == NULL || !left_is_together(step, act))
        return false;
    act_end_call(step, call, act);
    act_settle(step, call);
    return true;
}

/* Does the message in hand begin a call? One that rings or queues may be of the call we know, where
 * somebody of it calls; and a copy is of it in any case. */
static bool
begins_another(const struct step *step, struct call call)
{
    const struct event *event = step->event;
    if (call_is_copy(call.block, event->kind, step_text(step, EVENT_TEXT_DEVICE), event->monitor))
        return false;
    struct text calling = step_text(step, EVENT_TEXT_CALLING);
    return event->kind == EVENT_SERVICE_INITIATED || event->kind == EVENT_ORIGINATED ||
           (calling.length != 0 && call_party(call.block, calling) == NULL);
}

bool
left_end_replaced(struct step *step, struct call call)
{
    struct shm_act *act = last_act(call);
    if (act == NULL || (act->order != call.block->first_order && !begins_another(step, call)))
        return false;
    if (end_as_decided(step, call))
        return true;
    act = act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, REASON_OUT_OF_SIGHT,
                          RULE_OUT_OF_SIGHT);
    act_end_call(step, call, act);
    call.block->deleted_cause = CAUSE_ABSENT;
    act_settle(step, call);
    return true;
}

void
left_end_all(struct step *step, struct call call, enum reason reason)
{
    if (end_as_decided(step, call))
        return;
    drop_silent(call);
    struct shm_act *act = end_left(step, call, NULL, reason);
    if (act == NULL && (call.block->flags & CALL_HAD_PARTY) != 0)
        act = act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, reason, rule_of(reason));
    act_end_call(step, call, act);
    act_settle(step, call);
}
