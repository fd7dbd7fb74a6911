#include "workers/evidence.h"

#include "ipc/profile.h"
#include "workers/act.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/party_step.h"

bool
party_is_observer(const struct step *step, struct call call, const struct shm_party *party)
{
    return (party->flags & PARTY_OBSERVER) != 0 ||
           (directory_flags(step->table, call.slot->link, call_text(call.block, party->number)) &
            EVENT_DEVICE_OBSERVER) != 0;
}

bool
party_counts(const struct step *step, struct call call, const struct shm_party *party)
{
    if (!party_is_active(party) || (party->flags & PARTY_UNSURE) != 0)
        return false;
    if ((party->flags & PARTY_BRIDGED) != 0 && (party->flags & PARTY_TALKED) == 0)
        return false;
    return !party_is_observer(step, call, party);
}

struct shm_party *
evidence_only_other(const struct step *step, struct call call, const struct shm_party *party)
{
    struct shm_party *other = NULL;
    FOR_EACH_PARTY (each, call.block) {
        if (each == party || !party_counts(step, call, each))
            continue;
        if (other != NULL)
            return NULL;
        other = each;
    }
    return other;
}

/* The anonymous caller, if everybody else is known by a monitor of its own: then a name that fits
 * nobody can only be the caller's. */
static struct shm_party *
only_nameless(const struct step *step, struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && party->number != 0 &&
            !directory_has_monitor(step->table, call.slot->link,
                                   call_text(call.block, party->number)))
            return NULL;
    }
    return call_anonymous_party(call.block);
}

struct text
evidence_fit(struct step *step, struct call call, struct text device)
{
    if (device.length == 0)
        return TEXT_NONE;
    const struct shm_party *party = call_party(call.block, device);
    if (party != NULL)
        return call_text(call.block, party->number);
    if (call_find_name(call.block, device) != NULL)
        return device;
    if ((directory_flags(step->table, call.slot->link, device) &
         (EVENT_DEVICE_MONITORED | EVENT_DEVICE_HAS_MONITOR)) != 0)
        return device;
    struct shm_party *nameless = only_nameless(step, call);
    if (nameless != NULL) {
        party_note_name(step, call, nameless, device);
        return device;
    }
    if (!doubt_is_whole(step, call))
        return device;
    counter_add(step->counters, COUNTER_UNMATCHED_RELEASERS, 1);
    return TEXT_NONE;
}

bool
request_is_open(const struct step *step, const struct shm_request *request)
{
    return request->state == REQUEST_PENDING &&
           step->now_ms < request->sent_ms + step->link->request_timeout_ms;
}

bool
request_is_fresh(const struct step *step, const struct shm_request *request)
{
    return step->now_ms < request->answered_ms + SPAN_GRANTED_MS;
}

static bool
request_counts(const struct shm_request *request, const struct shm_act *act,
               const struct shm_request *assumed)
{
    if (request->id > act->order)
        return false;
    if (request == assumed)
        return true;
    return request->state == REQUEST_STATE_GRANTED &&
           act->tick_ms < request->answered_ms + SPAN_GRANTED_MS;
}

/* The name to print for a device a request spoke of: its party's number, if it is one. */
static struct text
party_name(const struct shm_call *call, call_ref ref)
{
    struct text name = call_text(call, ref);
    const struct shm_party *party = call_party(call, name);
    return party == NULL ? name : call_text(call, party->number);
}

static struct text
gather_clear_call(struct evidence_set *set, const struct shm_call *call,
                  const struct shm_request *request)
{
    set->any_granted = true;
    struct text asker = party_name(call, request->requester);
    if (asker.length == 0)
        asker = party_name(call, request->target);
    if (asker.length == 0)
        set->asked_by_nobody = true;
    return asker;
}

/* A request for X's own connection. With three or more parties, one that names nobody may have
 * been anybody's. */
static void
gather_own(struct evidence_set *set, const struct shm_call *call, const struct shm_act *act,
           const struct shm_party *subject, const struct shm_request *request)
{
    struct text asker = party_name(call, request->requester);
    if (asker.length == 0) {
        if (act->counted >= 3)
            return;
        set->asked_by_self = call_text(call, subject->number);
    } else if (party_is_named(call, subject, asker)) {
        set->asked_by_self = asker;
    } else {
        set->asked_by_other = asker;
    }
    set->any_granted = true;
}

/* The switch stopped ringing it by itself: whoever else was to be released has an end of his own. */
static bool
was_not_answered(const struct shm_act *act, const struct shm_party *subject)
{
    return subject != NULL && judge_is_no_answer(act->cause) && party_is_waiting(subject);
}

/* Two parties left: a request for either tells who ended the call, whichever clears first. */
static struct text
gather_other(struct evidence_set *set, struct call call, const struct shm_act *act,
             const struct shm_party *subject, const struct shm_request *request)
{
    if (act->counted != 2 || was_not_answered(act, subject))
        return TEXT_NONE;
    struct text target = party_name(call.block, request->target);
    const struct shm_party *other = subject == NULL ? NULL : act_other(call, act, subject);
    if (subject != NULL && (other == NULL || !party_is_named(call.block, other, target)))
        return TEXT_NONE;
    set->any_granted = true;
    struct text asker = party_name(call.block, request->requester);
    return asker.length != 0 ? asker : target;
}

/* localConnectionInfo null: the monitored device released. Connected or fail: it did not. */
static struct text
local_evidence(const struct step *step, struct call call, const struct shm_act *act,
               const struct shm_party *subject)
{
    if ((profile_row(step->link->profile)->flags & PROFILE_LOCAL_STATE) == 0 || act->monitor == 0)
        return TEXT_NONE;
    struct text monitor = call_text(call.block, act->monitor);
    if (act->local_state == LOCAL_NULL)
        return party_name(call.block, act->monitor);
    if (act->local_state != LOCAL_CONNECTED && act->local_state != LOCAL_FAIL)
        return TEXT_NONE;
    if (!party_is_named(call.block, subject, monitor))
        return call_text(call.block, subject->number);
    const struct shm_party *other = act_other(call, act, subject);
    return other == NULL ? TEXT_NONE : call_text(call.block, other->number);
}

struct evidence_set
evidence_gather(const struct step *step, struct call call, const struct shm_act *act,
                const struct shm_request *assumed, bool *by_clear_call)
{
    const struct shm_call *block = call.block;
    const struct shm_party *subject = act->subject == 0 ? NULL : call_at(block, act->subject);
    struct evidence_set set = {
        .releasing = call_text(block, act->releasing),
        .veto = judge_is_veto(act->cause),
    };
    *by_clear_call = false;
    bool is_blind = (act->flags & ACT_BLIND) != 0;
    if (is_blind)
        set.releasing = TEXT_NONE;
    if (subject != NULL)
        set.subject = call_text(block, subject->number);
    if (subject != NULL && !is_blind) {
        set.releasing_is_subject = party_is_named(block, subject, set.releasing);
        set.local = local_evidence(step, call, act, subject);
        set.infer_subject = (step->link->flags & EVENT_LINK_INFER) != 0 &&
                            (act->flags & ACT_FIRST_CLEARING) != 0 &&
                            (act->cause == CAUSE_ABSENT || act->cause == CAUSE_NORMAL ||
                             act->cause == CAUSE_NORMAL_CLEARING);
    }
    /* A request for the subject's own connection tells most, one for the other's comes next. */
    struct text by_other = TEXT_NONE;
    struct text by_clear_all = TEXT_NONE;
    FOR_EACH_REQUEST (request, block) {
        if (!request_counts(request, act, assumed))
            continue;
        struct text target = call_text(block, request->target);
        if (request->clears_call) {
            by_clear_all = gather_clear_call(&set, block, request);
            *by_clear_call = true;
        } else if (subject != NULL && (party_is_named(block, subject, target) ||
                                       (target.length == 0 && act->counted <= 2))) {
            gather_own(&set, block, act, subject, request);
        } else if (by_other.length == 0) {
            by_other = gather_other(&set, call, act, subject, request);
        }
    }
    set.asked_rule = RULE_REQUEST_BY_SELF;
    if (set.asked_by_self.length == 0) {
        set.asked_by_self = by_other;
        set.asked_rule = RULE_REQUEST_FOR_OTHER;
    }
    if (set.asked_by_self.length == 0) {
        set.asked_by_self = by_clear_all;
        set.asked_rule = RULE_CLEAR_CALL;
    }
    return set;
}
