#include "workers/act.h"

#include "workers/directory.h"
#include "workers/evidence.h"
#include "workers/outcome.h"

static struct shm_party *
act_subject(struct call call, const struct shm_act *act)
{
    return act->subject == 0 ? NULL : call_at(call.block, act->subject);
}

static call_ref
act_ref(struct call call, const struct shm_act *act)
{
    return (call_ref)(((const uint8_t *)act - (const uint8_t *)call.block) / CALL_UNIT);
}

static bool
ends_in(struct call call, const struct shm_party *party, const struct shm_act *act)
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
    FOR_EACH_PARTY(party, call.block)
    {
        if (!party_counts(step, call, party))
            continue;
        if (count < 2)
            act->pair[count] = party_ref(call.block, party);
        count++;
    }
    if (count != 2)
        act->pair[0] = act->pair[1] = 0;
    act->counted = at_most_255(count);
}

struct shm_party *
act_other(struct call call, const struct shm_act *act, const struct shm_party *party)
{
    if (act->pair[0] == 0)
        return NULL;
    call_ref ref = party_ref(call.block, party);
    if (ref != act->pair[0] && ref != act->pair[1])
        return NULL;
    return call_at(call.block, act->pair[ref == act->pair[0] ? 1 : 0]);
}

struct shm_act *
act_begin(struct step *step, struct call call, struct shm_party *subject)
{
    const struct shm_call *block = call.block;
    struct shm_act *act = call_add_act(call.block);
    act->cause = step->event->cause;
    act->local_state = step->event->local_state;
    act->clock_ms = step->event->clock_ms;
    note_present(step, call, act);
    act->reason = REASON_HANGUP;
    act->evidence = EVIDENCE_NONE;
    act->monitor = call_add_text(call.block, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    if (subject == NULL) {
        act->flags |= ACT_CALL_CLEARED | ACT_ENDS_ALL;
    } else {
        act->subject = party_ref(block, subject);
        act->subject_state = subject->state;
    }
    if ((block->flags & CALL_FAILED) != 0) {
        act->flags |= ACT_FAILED;
        act->failure_cause = block->failure_cause;
    }
    if ((block->flags & CALL_HAD_CLEARING) == 0)
        act->flags |= ACT_FIRST_CLEARING;
    call.block->flags |= CALL_HAD_CLEARING;
    return act;
}

struct shm_act *
act_begin_fixed(struct step *step, struct call call, struct text initiator, enum evidence evidence,
                enum reason reason)
{
    struct shm_act *act = call_add_act(call.block);
    note_present(step, call, act);
    act->flags = ACT_FIXED;
    act->cause = step->event->cause;
    act->clock_ms = step->event->clock_ms;
    act->initiator = call_add_text(call.block, initiator);
    act->evidence = (uint8_t)evidence;
    act->reason = (uint8_t)reason;
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
    act_mark_alone(call, party, act);
    const struct shm_party *other = act_other(call, act, party);
    party->other = other == NULL ? 0 : other->number;
    party->flags = (uint16_t)((party->flags & ~PARTY_ALONE) | PARTY_ENDED);
    party->end_index = ++call.block->ended_count;
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
    party->flags = (uint16_t)((party->flags & ~PARTY_ALONE) | PARTY_ENDED | PARTY_TOLD);
    party->act = 0;
    party->end_index = ++call.block->ended_count;
}

static void
note_initiator(struct step *step, struct call call, const struct shm_act *act,
               struct reason_set *set)
{
    const struct shm_call *block = call.block;
    struct text initiator = call_text(block, act->initiator);
    const struct shm_party *subject = act_subject(call, act);
    const struct shm_party *party = call_party(block, initiator);
    bool ends = party != NULL && (ends_in(call, party, act) || party == subject);
    bool is_queue = party != NULL && (party->flags & PARTY_QUEUE) != 0;
    uint32_t device = directory_flags(step->table, call.slot->link, initiator);
    set->initiator_known = true;
    set->initiator_is_subject = subject != NULL && party_is_named(block, subject, initiator);
    set->initiator_forces = is_queue || (device & EVENT_DEVICE_ROUTE_POINT) != 0;
    set->initiator_alerted = ends && party_is_waiting(party);
    set->initiator_gone = (block->flags & CALL_CONFERENCE) != 0 && !ends &&
                          (party == NULL || !party_is_active(party));
}

static enum reason
reason_now(struct step *step, struct call call, const struct shm_act *act)
{
    struct reason_set set = {
        .abnormal = (act->flags & ACT_VETOED) != 0,
        .failed = (act->flags & ACT_FAILED) != 0,
        .busy = judge_failure_is_busy(act->failure_cause),
        .ends_all = (act->flags & ACT_ENDS_ALL) != 0,
        .observer = (act->flags & ACT_OBSERVER) != 0,
        .counted = act->counted,
    };
    if (act->initiator != 0)
        note_initiator(step, call, act, &set);
    else
        set.initiator_forces = act->evidence == EVIDENCE_REQUEST;
    struct text initiator = call_text(call.block, act->initiator);
    FOR_EACH_PARTY(party, call.block)
    {
        if (!ends_in(call, party, act))
            continue;
        set.talked += (party->flags & PARTY_TALKED) != 0 && !party_is_observer(step, call, party);
        if (party_is_waiting(party) && !party_is_named(call.block, party, initiator))
            set.abandons = true;
    }
    return judge_reason(&set);
}

static void
act_adopt(struct step *step, struct call call, struct shm_act *act, const struct verdict *verdict)
{
    act->initiator = call_add_text(call.block, verdict->initiator);
    act->evidence = (uint8_t)verdict->evidence;
    act->flags = (uint16_t)(verdict->abnormal ? act->flags | ACT_VETOED : act->flags & ~ACT_VETOED);
    act->reason = (uint8_t)reason_now(step, call, act);
}

/* Once the verdict stands, requests for the subject's connection have had their clearing. */
static void
use_up_requests(struct call call, const struct shm_act *act)
{
    const struct shm_party *subject = act_subject(call, act);
    if (subject == NULL)
        return;
    FOR_EACH_REQUEST(request, call.block)
    {
        if (!request->clears_call &&
            party_is_named(call.block, subject, call_text(call.block, request->target)))
            request->state = REQUEST_STATE_USED;
    }
}

/* Is the one who asked for the ClearCall the one who is named, by whatever evidence? */
static bool
is_by_clear_call(const struct evidence_set *set, const struct verdict *verdict)
{
    if (verdict->initiator.length == 0)
        return verdict->evidence == EVIDENCE_REQUEST;
    return text_is_equal(verdict->initiator, set->asked_by_self);
}

/* A later clearing that waited for the same answer was no act of its own. */
static void
take_over(struct call call, struct shm_act *act, struct shm_act *later)
{
    FOR_EACH_PARTY(party, call.block)
    {
        if (ends_in(call, party, later))
            party->act = act_ref(call, act);
    }
    if (call.block->deleted_act == act_ref(call, later))
        call.block->deleted_act = act_ref(call, act);
    later->flags = (uint16_t)((later->flags | ACT_FIXED) & ~ACT_WAITING);
}

static void
take_over_waiting(struct step *step, struct call call, struct shm_act *act,
                  const struct verdict *verdict)
{
    for (struct shm_act *later = call_next_act(call.block, act); later != NULL;
         later = call_next_act(call.block, later)) {
        if ((later->flags & ACT_WAITING) == 0)
            continue;
        bool by_clear_call;
        struct evidence_set set = evidence_gather(step, call, later, NULL, &by_clear_call);
        struct verdict own = judge_release(&set);
        if (by_clear_call && is_by_clear_call(&set, &own) &&
            text_is_equal(own.initiator, verdict->initiator))
            take_over(call, act, later);
    }
}

/* Everybody left ends by this ClearCall. */
static void
claim_everybody(struct call call, struct shm_act *act)
{
    act->flags |= ACT_ENDS_ALL | ACT_BY_CLEAR_CALL;
    FOR_EACH_PARTY(party, call.block)
    {
        if (party_is_active(party) && (party->flags & PARTY_ALONE) == 0)
            act_mark_alone(call, party, act);
    }
}

static bool
is_same_verdict(const struct verdict *left, const struct verdict *right)
{
    return left->abnormal == right->abnormal && text_is_equal(left->initiator, right->initiator);
}

/* The earliest moment at which an open request that would change the verdict is given up, or 0. */
static uint64_t
waits_until(struct step *step, struct call call, const struct shm_act *act,
            const struct verdict *known)
{
    uint64_t until = 0;
    FOR_EACH_REQUEST(request, call.block)
    {
        if (!request_is_open(step, request))
            continue;
        bool by_clear_call;
        struct evidence_set set = evidence_gather(step, call, act, request, &by_clear_call);
        struct verdict then = judge_release(&set);
        if (is_same_verdict(&then, known))
            continue;
        uint64_t end = request->sent_ms + step->link->request_timeout_ms;
        if (until == 0 || end < until)
            until = end;
    }
    return until;
}

void
act_judge(struct step *step, struct call call, struct shm_act *act)
{
    if ((act->flags & ACT_FIXED) != 0)
        return;
    bool by_clear_call;
    struct evidence_set set = evidence_gather(step, call, act, NULL, &by_clear_call);
    struct verdict verdict = judge_release(&set);
    uint64_t until = waits_until(step, call, act, &verdict);
    if (until != 0) {
        act->flags |= ACT_WAITING;
        if (!span_is_set(call, SPAN_WAIT) || call.slot->span[SPAN_WAIT].due_ms > until)
            span_set(step->table, call, SPAN_WAIT, until);
        return;
    }
    act->flags = (uint16_t)(act->flags & ~ACT_WAITING);
    if (by_clear_call && is_by_clear_call(&set, &verdict)) {
        claim_everybody(call, act);
        take_over_waiting(step, call, act, &verdict);
    }
    act_adopt(step, call, act, &verdict);
    use_up_requests(call, act);
}

void
act_learn(struct step *step, struct call call, struct shm_act *act, struct text releasing)
{
    if (releasing.length == 0 || act->initiator != 0 || act->releasing != 0 ||
        (act->flags & (ACT_FIXED | ACT_VETOED)) != 0)
        return;
    act->releasing = call_add_text(call.block, releasing);
    if ((act->flags & ACT_WAITING) != 0) {
        act_judge(step, call, act);
        return;
    }
    struct verdict verdict = {releasing, EVIDENCE_RELEASING_DEVICE, false};
    act_adopt(step, call, act, &verdict);
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
    if (act == NULL)
        block->flags |= CALL_DELETE_TOLD;
    else
        block->deleted_act = act_ref(call, act);
    counter_add(step->counters, COUNTER_CALLS_CLOSED, 1);
    span_clear(step->table, call, SPAN_SIGHT);
    span_clear(step->table, call, SPAN_QUIET);
    span_clear(step->table, call, SPAN_IDLE);
    span_set(step->table, call, SPAN_LINGER, step->event->clock_ms + SPAN_LINGER_MS);
}

/* The party of that act which ended first and was not told yet. */
static struct shm_party *
first_untold(struct call call, const struct shm_act *act)
{
    struct shm_party *first = NULL;
    FOR_EACH_PARTY(party, call.block)
    {
        if (!ends_in(call, party, act) || party_is_active(party) ||
            (party->flags & PARTY_TOLD) != 0)
            continue;
        if (first == NULL || party->end_index < first->end_index)
            first = party;
    }
    return first;
}

void
act_settle(struct step *step, struct call call)
{
    bool waiting = false;
    FOR_EACH_ACT(act, call.block)
    {
        waiting |= (act->flags & ACT_WAITING) != 0;
        /* Who talks on out of sight does so because of what the waiting act ended. */
        if ((act->flags & ACT_WAITING) != 0 || (waiting && act->reason == REASON_OUT_OF_SIGHT))
            continue;
        struct shm_party *party;
        while ((party = first_untold(call, act)) != NULL) {
            outcome_party(step, call, act, party);
            party->flags |= PARTY_TOLD;
        }
    }
    struct shm_call *block = call.block;
    if (block->life == CALL_ENDED && (block->flags & CALL_DELETE_TOLD) == 0) {
        const struct shm_act *act = call_at(block, block->deleted_act);
        if (!waiting) {
            outcome_call(step, call, act);
            block->flags |= CALL_DELETE_TOLD;
        }
    }
    if (!waiting)
        span_clear(step->table, call, SPAN_WAIT);
}
