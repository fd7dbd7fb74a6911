#include "workers/cleared.h"

#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/evidence.h"
#include "workers/judge.h"
#include "workers/left.h"
#include "workers/party_step.h"

/* May the clearing be about this party? What was forwarded, picked up or not answered alerts or
 * queues; whoever called is not whom he called; and the monitor's own device is not gone while its
 * copy says how it stands. */
static bool
may_have_cleared(const struct step *step, struct call call, const struct shm_party *party)
{
    const struct event *event = step->event;
    if ((judge_is_diversion(event->cause) || judge_is_no_answer(event->cause)) &&
        !party_is_waiting(party))
        return false;
    if ((party->flags & PARTY_CALLER) != 0 && (event->flags & EVENT_DEVICE_DYNAMIC) == 0 &&
        text_is_equal(step_text(step, EVENT_TEXT_DEVICE), call_text(call.block, call.block->dnis)))
        return false;
    bool is_own = event->monitor_type == MONITOR_DEVICE &&
                  party_is_named(call.block, party, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    return !is_own || event->local_state == LOCAL_ABSENT || event->local_state == LOCAL_NULL;
}

/* The one active party that may have cleared and for which `fits` holds, or NULL if there is none
 * or more than one. */
static struct shm_party *
only_party(struct step *step, struct call call,
           bool (*fits)(struct step *, struct call, const struct shm_party *))
{
    struct shm_party *found = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party) || !may_have_cleared(step, call, party) ||
            !fits(step, call, party))
            continue;
        if (found != NULL)
            return NULL;
        found = party;
    }
    return found;
}

/* No dynamic ID of it is known, and it may have one: no message showed its connection under its own
 * number. */
static bool
has_unknown_id(struct step *step, struct call call, const struct shm_party *party)
{
    (void)step;
    (void)call;
    return party->aliases == 0 && (party->flags & (PARTY_DYNAMIC | PARTY_PLAIN)) == 0;
}

static bool
has_no_monitor(struct step *step, struct call call, const struct shm_party *party)
{
    return !directory_has_monitor(step->table, call.slot->link,
                                  call_text(call.block, party->number));
}

static bool
is_unknown_and_unmonitored(struct step *step, struct call call, const struct shm_party *party)
{
    return has_unknown_id(step, call, party) && has_no_monitor(step, call, party);
}

/* Does the clearing name the party itself, and it has a monitor, whose copy may yet come? Nobody
 * shows it to be there: then it is the one that cleared. */
static bool
released_itself(struct step *step, struct call call, const struct shm_party *party)
{
    struct text releasing = step_text(step, EVENT_TEXT_RELEASING);
    return releasing.length != 0 && party_is_named(call.block, party, releasing) &&
           !has_no_monitor(step, call, party) && party->seen_order != step->event->order;
}

/* Did the other answer while this one alerted, or by what showed that it alerts? */
static bool
answered_since(const struct shm_party *party, const struct shm_party *other)
{
    return other->answered_fact != 0 && other->answered_fact >= party->joined_fact;
}

bool
cleared_is_passed_over(struct step *step, struct call call, const struct shm_party *party)
{
    struct text releasing = step_text(step, EVENT_TEXT_RELEASING);
    const struct shm_party *named = call_party(call.block, releasing);
    bool answered = false;
    bool alerting = false;
    FOR_EACH_PARTY (each, call.block) {
        if (each == party)
            continue;
        alerting |= each->state == LOCAL_ALERTING && party_counts(step, call, each);
        bool answers = answered_since(party, each);
        if (releasing.length == 0)
            answered |= answers;
        else if (each == named && answers)
            return true;
    }
    return releasing.length == 0 && (answered || alerting);
}

/* A dynamic device ID nobody explained: the monitor's own device, the one without such an ID, or
 * the one without a monitor. */
static struct shm_party *
guess_dynamic(struct step *step, struct call call)
{
    struct shm_party *own =
        call_active_party(call.block, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    if (step->event->local_state == LOCAL_NULL && own != NULL)
        return own;
    struct shm_party *party = only_party(step, call, has_unknown_id);
    if (party == NULL)
        party = only_party(step, call, is_unknown_and_unmonitored);
    if (party == NULL || doubt_is_whole(step, call) || released_itself(step, call, party) ||
        (party->state == LOCAL_ALERTING && cleared_is_passed_over(step, call, party)))
        return party;
    /* It may as well be one of whom we were never told: nothing more is said of this one, unless a
     * message shows that he is there. */
    if (party->seen_order != step->event->order)
        party->flags |= PARTY_UNSURE;
    return NULL;
}

/* The party whose connection cleared, under a name it has not gone by so far; or NULL. */
static struct shm_party *
guess_party(struct step *step, struct call call)
{
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    if ((step->event->flags & EVENT_DEVICE_DYNAMIC) != 0 && left_any(call))
        return guess_dynamic(step, call);
    if (directory_has_monitor(step->table, call.slot->link, device))
        return NULL;
    if (doubt_is_whole(step, call))
        return only_party(step, call, has_no_monitor);
    struct shm_party *anonymous = call_anonymous_party(call.block);
    return anonymous != NULL && may_have_cleared(step, call, anonymous) ? anonymous : NULL;
}

/* As whom the clearing shows one who was never seen before. */
static enum local_state
state_before(const struct step *step)
{
    uint8_t cause = step->event->cause;
    return judge_is_diversion(cause) || judge_is_no_answer(cause) ? LOCAL_ALERTING
                                                                  : LOCAL_CONNECTED;
}

/* Nothing was seen of the party before. A dynamic ID that clears at the monitor's own device is
 * that device. */
static struct shm_party *
join_cleared(struct step *step, struct call call, struct text device)
{
    struct text own = step_text(step, EVENT_TEXT_MONITOR_DEVICE);
    bool is_dynamic = (step->event->flags & EVENT_DEVICE_DYNAMIC) != 0;
    if (is_dynamic && step->event->local_state == LOCAL_NULL && own.length != 0) {
        struct shm_party *before = call_party(call.block, own);
        if (before != NULL) { /* he has left already, under another name */
            party_learn_name(call.block, before, device);
            step->note.rule = RULE_LEFT_BEFORE;
            return NULL;
        }
        struct shm_party *party = party_join(step, call, own, state_before(step));
        party_note_name(step, call, party, device);
        return party;
    }
    struct shm_party *party = party_join(step, call, device, state_before(step));
    if (is_dynamic)
        party->flags |= PARTY_DYNAMIC;
    return party;
}

struct shm_party *
cleared_party(struct step *step, struct call call)
{
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    struct shm_party *party = call_party(call.block, device);
    if (party != NULL) {
        step->note.rule = party_is_active(party) ? RULE_NONE : RULE_LEFT_BEFORE;
        return party_is_active(party) ? party : NULL;
    }
    const struct shm_name *name = call_find_name(call.block, device);
    if (name != NULL && (name->flags & NAME_FAILED) != 0) {
        step->note.rule = RULE_NEVER_A_PARTY;
        return NULL;
    }
    bool is_elsewhere = name != NULL && (name->flags & NAME_ELSEWHERE) != 0;
    party = is_elsewhere ? NULL : guess_party(step, call);
    if (party != NULL) {
        party_note_name(step, call, party, device);
        return party;
    }
    if (doubt_is_whole(step, call)) {
        counter_add(step->counters, COUNTER_UNMATCHED_CLEARINGS, 1);
        step->note.rule = RULE_FITS_NOBODY;
        return NULL;
    }
    return join_cleared(step, call, device);
}
