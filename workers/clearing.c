#include "workers/clearing.h"

#include "ipc/profile.h"
#include "workers/act.h"
#include "workers/cleared.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/evidence.h"
#include "workers/judge.h"
#include "workers/left.h"
#include "workers/outcome.h"
#include "workers/party_step.h"

enum {
    CALL_STATE_TRANSFERRED = 1,
    CALL_STATE_NO_ANSWER = 7,
};

bool
clearing_is_hold(const struct step *step)
{
    const struct event *event = step->event;
    return event->kind == EVENT_CONNECTION_CLEARED &&
           (profile_row(step->link->profile)->flags & PROFILE_HOLD_CLEARS) != 0 &&
           text_is_equal(event->texts[EVENT_TEXT_DEVICE],
                         event->texts[EVENT_TEXT_MONITOR_DEVICE]) &&
           event->local_state != LOCAL_ABSENT && event->local_state != LOCAL_NULL &&
           !text_is_equal(event->texts[EVENT_TEXT_RELEASING], event->texts[EVENT_TEXT_DEVICE]);
}

/* A bridged connection that never talked comes and goes unseen; and of who may have cleared under
 * another name nothing more is said. */
static bool
is_silent(const struct shm_party *party)
{
    return ((party->flags & PARTY_BRIDGED) != 0 && (party->flags & PARTY_TALKED) == 0) ||
           (party->flags & PARTY_UNSURE) != 0;
}

/* Several phones under one number: all but the last one's clearings say nothing of the party, nor
 * those of the ones that were not answered. */
static bool
is_one_of_many_phones(struct step *step, struct call call, struct shm_party *party)
{
    const struct shm_name *id = party_alias(call.block, party, step_text(step, EVENT_TEXT_DEVICE));
    if (party->state == LOCAL_ALERTING && party->phones > 1) {
        party->phones--;
        return true;
    }
    if (id != NULL && (id->flags & NAME_ANSWERED) != 0)
        return false;
    if (party->silent_clears > 0 && step->now_ms < party->answered_clock_ms + SPAN_LINGER_MS) {
        party->silent_clears--;
        return true;
    }
    return false;
}

enum asked {
    NOT_ASKED,
    MAYBE_ASKED, /* a request for it is not answered yet */
    WAS_ASKED,   /* a request for it was granted */
};

/* Did we ask for this party's connection to be cleared? */
static enum asked
asked_for(struct step *step, struct call call, const struct shm_party *party)
{
    enum asked asked = NOT_ASKED;
    FOR_EACH_REQUEST (request, call.block) {
        if (!request->clears_call &&
            !party_is_named(call.block, party, call_text(call.block, request->target)))
            continue;
        if (request->state == REQUEST_STATE_GRANTED && request_is_fresh(step, request))
            return WAS_ASKED;
        if (request_is_open(step, request))
            asked = MAYBE_ASKED;
    }
    return asked;
}

/* Out of sight after a diversion is looked at much later: the next Delivered may bring somebody
 * we see. */
static void
watch_quiet(struct step *step, struct call call)
{
    if (left_is_unseen(step, call))
        span_set(step->table, call, SPAN_QUIET, step->event->clock_ms + SPAN_QUIET_MS);
}

static void
end_unanswered(struct step *step, struct call call, struct shm_party *party, struct shm_act *act)
{
    act_fix(call, act, REASON_NO_ANSWER, RULE_NO_ANSWER);
    party->end_call_state = CALL_STATE_NO_ANSWER;
    act_settle(step, call);
    watch_quiet(step, call);
}

void
clearing_leave_by_transfer(struct step *step, struct call call, struct shm_party *party)
{
    struct shm_act *act =
        act_begin_fixed(step, call, call_text(call.block, party->number), EVIDENCE_RELEASING_DEVICE,
                        REASON_TRANSFER, RULE_TRANSFER);
    act_end_party(step, call, party, act);
    party->end_call_state = CALL_STATE_TRANSFERRED;
    act_settle(step, call);
    span_set(step->table, call, SPAN_SIGHT, step->event->clock_ms + SPAN_SIGHT_MS);
}

/* What the clearing's releasingDevice says, under the name its party goes by. */
static struct text
releasing_of(struct step *step, struct call call, const struct shm_party *subject)
{
    struct text releasing = step_text(step, EVENT_TEXT_RELEASING);
    if (party_is_named(call.block, subject, releasing))
        return call_text(call.block, subject->number);
    return evidence_fit(step, call, releasing);
}

/* Who else ends because the party ended; an observer's leaving ends nothing. */
static void
mark_others(struct step *step, struct call call, struct shm_party *party, struct shm_act *act)
{
    if (!party_is_observer(step, call, party) || act->counted == 0)
        left_after(step, call, act, party);
    else
        act->scope = RULE_OBSERVER_LEAVES;
}

/* The party ends; whether by somebody, the answer to a request must still tell. */
static bool
is_undecided(const struct shm_act *act)
{
    return (act->flags & (ACT_ELSE_UNANSWERED | ACT_ELSE_DIVERTED)) != 0;
}

/* An undecided act whose other party this one is, or NULL; also if somebody joined him since. */
static struct shm_act *
undecided_with(const struct step *step, struct call call, const struct shm_party *party)
{
    FOR_EACH_PARTY (other, call.block) {
        if (other != party && party_counts(step, call, other))
            return NULL;
    }
    FOR_EACH_ACT (act, call.block) {
        if (is_undecided(act) && (act->flags & ACT_WAITING) != 0 &&
            act_other(call, act, party) != NULL)
            return act;
    }
    return NULL;
}

/* Somebody ended the first of two: the other, who cleared since, ends in the same act. Or nobody
 * did: then it has an act of its own. */
static void
decide_followers(struct step *step, struct call call, struct shm_act *act, bool released)
{
    for (struct shm_act *later = call_next_act(call.block, act); later != NULL;
         later = call_next_act(call.block, later)) {
        if ((later->flags & ACT_FOLLOWS) == 0)
            continue;
        later->flags = (uint16_t)(later->flags & ~(ACT_FOLLOWS | ACT_WAITING));
        if (released)
            act_take_over(call, act, later);
        else
            act_judge(step, call, later);
    }
}

void
clearing_decide(struct step *step, struct call call, struct shm_act *act)
{
    if (!is_undecided(act) || (act->flags & ACT_WAITING) != 0)
        return;
    decide_followers(step, call, act, (act->flags & ACT_GRANTED) != 0);
    struct shm_party *party = act_subject(call, act);
    bool unanswered = (act->flags & ACT_ELSE_UNANSWERED) != 0;
    act->flags = (uint16_t)(act->flags & ~(ACT_ELSE_UNANSWERED | ACT_ELSE_DIVERTED));
    if ((act->flags & ACT_GRANTED) != 0) {
        mark_others(step, call, party, act);
        act_reconsider(step, call, act);
        left_finish(step, call, act);
    } else if (unanswered) {
        end_unanswered(step, call, party, act);
    } else {
        act_fix(call, act, REASON_HANGUP, RULE_REDIRECTED);
        party_divert(step, call, party, RULE_PASSED_OVER);
        watch_quiet(step, call);
    }
}

static void
end_in_own_act(struct step *step, struct call call, struct shm_party *party, uint16_t unless)
{
    struct text releasing = releasing_of(step, call, party);
    struct shm_act *act = act_begin(step, call, party);
    act->releasing = call_add_text(call.block, releasing);
    if (releasing.length == 0 && step_text(step, EVENT_TEXT_RELEASING).length != 0)
        act->found |= 1 << FINDING_RELEASING_STRANGE;
    act->flags |= unless;
    if (party_is_observer(step, call, party))
        act->flags |= ACT_OBSERVER;
    bool follows = undecided_with(step, call, party) != NULL;
    act_end_party(step, call, party, act);
    if (unless == 0)
        mark_others(step, call, party, act);
    if (follows)
        act->flags |= ACT_FOLLOWS | ACT_WAITING;
    else
        act_judge(step, call, act);
    if (unless == 0)
        left_finish(step, call, act);
    else
        clearing_decide(step, call, act);
}

static void
end_no_more_alone(struct step *step, struct call call, struct shm_party *party)
{
    party->flags = (uint16_t)(party->flags & ~PARTY_ALONE);
    party->act = 0;
    end_in_own_act(step, call, party, 0);
}

/* Who alerted before a loss, and was not seen since, may have answered meanwhile. */
static bool
may_talk(const struct step *step, const struct shm_party *party)
{
    return party_is_engaged(party) || doubt_is_party(step, party);
}

/* Where a party may be whom we never saw, one who talks need not have been left alone: his end is
 * of the same act if it comes with it, or names the other. */
static bool
may_have_talked_on(const struct step *step, struct call call, const struct shm_party *party,
                   const struct shm_act *act, struct text releasing)
{
    if ((act->flags & ACT_GAP) == 0 || party->state == LOCAL_QUEUED)
        return false;
    if (releasing.length == 0)
        return may_talk(step, party) && !left_is_together(step, act);
    return party_is_named(call.block, party, releasing);
}

/* The end of a party that was alone: the first clearing decided. Only another device than the two,
 * named now, makes it an act of its own; and where nobody was known, a named other counts. */
static void
end_alone(struct step *step, struct call call, struct shm_party *party)
{
    struct shm_act *act = call_at(call.block, party->act);
    struct text releasing = releasing_of(step, call, party);
    bool names_other = releasing.length != 0 && !party_is_named(call.block, party, releasing);
    const struct shm_party *subject = act->subject == 0 ? NULL : call_at(call.block, act->subject);
    bool names_third =
        names_other && subject != NULL && !party_is_named(call.block, subject, releasing);
    if ((names_third && act->initiator != 0 &&
         !text_is_equal(call_text(call.block, act->initiator), releasing)) ||
        may_have_talked_on(step, call, party, act, releasing)) {
        end_no_more_alone(step, call, party);
        return;
    }
    if (names_other)
        act_learn(step, call, act, releasing, RULE_LATER_MESSAGE);
    act_end_party(step, call, party, act);
    left_finish(step, call, act);
}

/* A waiting party that nobody need have hung up on: diverted, or not answered. A request of ours
 * for it, if it was granted, makes it a release all the same. */
static void
end_waiting(struct step *step, struct call call, struct shm_party *party)
{
    enum asked asked = asked_for(step, call, party);
    uint16_t unless = 0;
    if (judge_is_no_answer(step->event->cause))
        unless = ACT_ELSE_UNANSWERED;
    else if (party->state == LOCAL_ALERTING && cleared_is_passed_over(step, call, party))
        unless = ACT_ELSE_DIVERTED;
    if (judge_is_diversion(step->event->cause) ||
        (unless == ACT_ELSE_DIVERTED && asked == NOT_ASKED)) {
        party_divert(step, call, party,
                     unless == ACT_ELSE_DIVERTED ? RULE_PASSED_OVER : RULE_DIVERSION_CAUSE);
        watch_quiet(step, call);
    } else {
        end_in_own_act(step, call, party, unless);
    }
}

void
clearing_connection(struct step *step, struct call call)
{
    struct shm_party *party = cleared_party(step, call);
    party_make_monitored(step, call);
    if (party == NULL)
        return;
    if (judge_is_transfer(step->event->cause)) {
        clearing_leave_by_transfer(step, call, party);
    } else if (is_silent(party)) {
        step->note.rule = RULE_BRIDGED;
        act_drop_party(call, party);
        left_finish(step, call, NULL);
    } else if (is_one_of_many_phones(step, call, party)) {
        step->note.rule = RULE_MANY_PHONES;
    } else if ((party->flags & PARTY_ALONE) != 0) {
        end_alone(step, call, party);
    } else if (party_is_waiting(party)) {
        end_waiting(step, call, party);
    } else {
        end_in_own_act(step, call, party, 0);
    }
}

/* A call whose parties all left silently before: only its own end is to be told. */
static void
clear_empty_call(struct step *step, struct call call)
{
    if (left_end_empty(step, call))
        return;
    struct shm_act *act =
        act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, REASON_HANGUP, RULE_ALL_GONE);
    act_end_call(step, call, (call.block->flags & CALL_HAD_PARTY) != 0 ? act : NULL);
    act_settle(step, call);
}

void
clearing_call(struct step *step, struct call call)
{
    struct shm_act *act = NULL; /* of those who were not alone before */
    struct shm_act *last = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && is_silent(party))
            act_drop_party(call, party);
        if (party_is_active(party) && (party->flags & PARTY_ALONE) == 0 && act == NULL)
            act = act_begin(step, call, NULL);
    }
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party))
            continue;
        last = (party->flags & PARTY_ALONE) != 0 ? call_at(call.block, party->act) : act;
        act_end_party(step, call, party, last);
    }
    if (last == NULL) {
        clear_empty_call(step, call);
        return;
    }
    if (act != NULL)
        act_judge(step, call, act);
    act_end_call(step, call, act != NULL ? act : last);
    act_settle(step, call);
}

/* Of a call that seemed to have ended, the copy shows one who was there and was left by it. */
static void
find_left(struct step *step, struct call call, struct shm_act *act)
{
    if (call.block->life != CALL_LIVING || left_any(call))
        return;
    party_make_monitored(step, call);
    struct shm_party *party = evidence_only_other(step, call, NULL);
    if (party != NULL)
        act_mark_alone(call, party, act);
}

/* Somebody was diverted under a dynamic ID that nobody had explained. This copy does: it comes from
 * his own monitor. */
static void
divert_namesake(struct step *step, struct call call, const struct shm_party *diverted)
{
    struct shm_party *own =
        call_active_party(call.block, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    if (own != NULL && diverted != NULL && !party_is_active(diverted) && diverted->act == 0 &&
        (diverted->flags & PARTY_DYNAMIC) != 0 && step->event->local_state == LOCAL_NULL)
        act_drop_party(call, own);
}

/* Somebody cleared under a dynamic ID that nobody had explained, and this copy does: it comes from
 * his own monitor. False: nothing of the kind. */
static bool
name_cleared(struct step *step, struct call call, struct shm_party *cleared)
{
    struct text monitor = step_text(step, EVENT_TEXT_MONITOR_DEVICE);
    struct shm_party *own = call_active_party(call.block, monitor);
    if ((cleared->flags & PARTY_DYNAMIC) == 0 || monitor.length == 0 ||
        step->event->monitor_type != MONITOR_DEVICE || step->event->local_state != LOCAL_NULL ||
        (call.block->flags & CALL_REGAINED) != 0)
        return false;
    if (own == NULL && call_party(call.block, monitor) != NULL)
        return false; /* he left otherwise */
    party_note_name(step, call, cleared,
                    own != NULL ? call_text(call.block, own->number) : monitor);
    if (own != NULL) {
        party_inherit(cleared, own);
        act_drop_party(call, own);
    }
    return true;
}

/* The first copy fitted nobody; this one, from the monitor of a party, says that the ID was his. */
static bool
is_found_out(const struct step *step, struct call call)
{
    return (step->event->flags & EVENT_DEVICE_DYNAMIC) != 0 &&
           step->event->monitor_type == MONITOR_DEVICE && step->event->local_state == LOCAL_NULL &&
           call_active_party(call.block, step_text(step, EVENT_TEXT_MONITOR_DEVICE)) != NULL;
}

/* If his end was told under the ID, only his DN event is missing. */
static void
tell_named(struct step *step, struct call call, struct shm_party *cleared)
{
    struct shm_act *act = call_at(call.block, cleared->act);
    if ((cleared->flags & PARTY_TOLD) != 0) {
        cleared->end_seq = step->seq;
        cleared->end_us = step->time_us;
        outcome_dn(step, call, act, cleared);
    }
    left_finish(step, call, act);
}

void
clearing_copy(struct step *step, struct call call)
{
    struct text releasing = step_text(step, EVENT_TEXT_RELEASING);
    struct shm_party *party = call_party(call.block, step_text(step, EVENT_TEXT_DEVICE));
    if (party == NULL && is_found_out(step, call)) {
        clearing_connection(step, call);
        return;
    }
    divert_namesake(step, call, party);
    if (party == NULL || party_is_active(party) || party->act == 0)
        return;
    bool is_named = name_cleared(step, call, party);
    struct shm_act *act = call_at(call.block, party->act);
    bool is_subject = party_ref(call.block, party) == act->subject;
    find_left(step, call, act);
    if (releasing.length != 0 && (is_subject || !party_is_named(call.block, party, releasing))) {
        act_learn(step, call, act, releasing_of(step, call, party), RULE_LATER_COPY);
        act_settle(step, call);
    }
    if (is_named)
        tell_named(step, call, party);
}
