/*
 * workers/act_judge.c - the verdict of an act, as far as it can be reached, and what follows.
 */
#include "workers/act.h"
#include "workers/directory.h"
#include "workers/evidence.h"

static void
note_initiator(struct step *step, struct call call, const struct shm_act *act,
               struct reason_set *set)
{
    const struct shm_call *block = call.block;
    struct text initiator = call_text(block, act->initiator);
    const struct shm_party *subject = act_subject(call, act);
    const struct shm_party *party = call_party(block, initiator);
    bool ends = party != NULL && (act_ends(call, party, act) || party == subject);
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
    FOR_EACH_PARTY (party, call.block) {
        if (!act_ends(call, party, act))
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
    act->rule = (uint8_t)verdict->rule;
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
    FOR_EACH_REQUEST (request, call.block) {
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

void
act_take_over(struct call call, struct shm_act *act, struct shm_act *later)
{
    FOR_EACH_PARTY (party, call.block) {
        if (!act_ends(call, party, later))
            continue;
        const struct shm_party *other = act_other(call, act, party);
        party->act = act_ref(call, act);
        party->other = other == NULL ? 0 : other->number;
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
        if ((later->flags & (ACT_WAITING | ACT_FOLLOWS)) != ACT_WAITING)
            continue;
        bool by_clear_call;
        struct evidence_set set = evidence_gather(step, call, later, NULL, &by_clear_call);
        struct verdict own = judge_release(&set);
        if (by_clear_call && is_by_clear_call(&set, &own) &&
            text_is_equal(own.initiator, verdict->initiator))
            act_take_over(call, act, later);
    }
}

/* Everybody left ends by this ClearCall. */
static void
claim_everybody(struct call call, struct shm_act *act)
{
    act->flags |= ACT_ENDS_ALL;
    act->scope = RULE_CLEAR_CALL_ENDS_ALL;
    FOR_EACH_PARTY (party, call.block) {
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
    FOR_EACH_REQUEST (request, call.block) {
        if (!request_is_open(step, request) || request->id > act->order)
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

/* What was known of the act, for whoever wants to know why; it decides nothing. */
static uint8_t
found_of(const struct step *step, struct call call, const struct shm_act *act,
         const struct evidence_set *set)
{
    unsigned found = act->found & 1U << FINDING_RELEASING_STRANGE;
    found |= (unsigned)(set->releasing.length != 0) << FINDING_RELEASING;
    found |= (unsigned)(set->asked_by_other.length != 0) << FINDING_ASKED_BY_OTHER;
    found |= (unsigned)(set->asked_by_self.length != 0) << FINDING_ASKED_BY_SELF;
    found |= (unsigned)(set->local.length != 0) << FINDING_LOCAL_STATE;
    found |= (unsigned)set->veto << FINDING_VETO;
    FOR_EACH_REQUEST (request, call.block) {
        if (request->id > act->order)
            continue;
        found |= (unsigned)(request->state == REQUEST_STATE_REFUSED) << FINDING_REFUSED;
        found |= (unsigned)(request->state == REQUEST_PENDING && !request_is_open(step, request))
                 << FINDING_UNANSWERED;
    }
    return (uint8_t)found;
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
        if (!span_is_set(call, SPAN_WAIT) ||
            span_at(step->table, call.number, SPAN_WAIT)->due_ms > until)
            span_set(step->table, call, SPAN_WAIT, until);
        return;
    }
    act->flags = (uint16_t)(act->flags & ~ACT_WAITING);
    if (set.any_granted)
        act->flags |= ACT_GRANTED;
    if (by_clear_call && is_by_clear_call(&set, &verdict)) {
        claim_everybody(call, act);
        take_over_waiting(step, call, act, &verdict);
    }
    act->found = found_of(step, call, act, &set);
    act_adopt(step, call, act, &verdict);
    use_up_requests(call, act);
}

void
act_reconsider(struct step *step, struct call call, struct shm_act *act)
{
    act->reason = (uint8_t)reason_now(step, call, act);
}

void
act_fix(struct call call, struct shm_act *act, enum reason reason, enum rule rule)
{
    act->flags = ACT_FIXED;
    act->initiator = 0;
    act->evidence = EVIDENCE_NONE;
    act->reason = (uint8_t)reason;
    act->rule = (uint8_t)rule;
    act->scope = RULE_NONE;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && act_ends(call, party, act)) {
            party->flags = (uint16_t)(party->flags & ~PARTY_ALONE);
            party->act = 0;
        }
    }
}

void
act_learn(struct step *step, struct call call, struct shm_act *act, struct text releasing,
          enum rule rule)
{
    if (releasing.length == 0 || act->initiator != 0 || act->releasing != 0 ||
        (act->flags & (ACT_FIXED | ACT_VETOED | ACT_BLIND)) != 0)
        return;
    act->releasing = call_add_text(call.block, releasing);
    if ((act->flags & ACT_WAITING) != 0) {
        act_judge(step, call, act);
        return;
    }
    struct verdict verdict = {releasing, EVIDENCE_RELEASING_DEVICE, rule, false};
    act_adopt(step, call, act, &verdict);
}
