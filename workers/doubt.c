#include "workers/doubt.h"

#include "workers/directory.h"
#include "workers/evidence.h"

enum {
    TRIED_OUT_MAX = 3,
};

void
doubt_clear(const struct step *step, struct shm_party *party)
{
    party->seen_order = step->event->order;
    party->flags = (uint16_t)(party->flags & ~PARTY_UNSURE);
}

bool
doubt_is_party(const struct step *step, const struct shm_party *party)
{
    return step->link->lost_order != 0 && party->seen_order < step->link->lost_order;
}

bool
doubt_is_call(const struct step *step, struct call call)
{
    return call.block->life == CALL_LIVING && step->link->lost_order != 0 &&
           call.slot->touched_order < step->link->lost_order;
}

bool
doubt_is_older(const struct step *step, struct call call)
{
    return step->link->lost_order != 0 && call.block->first_order < step->link->lost_order;
}

bool
doubt_is_whole(const struct step *step, struct call call)
{
    return (call.block->flags & CALL_FROM_START) != 0 && !doubt_is_older(step, call);
}

static bool
is_listed(const struct step *step, struct call call)
{
    return call.block->listed_order > step->link->lost_order;
}

bool
doubt_is_lossless(const struct step *step)
{
    return step->link->lost_order == 0;
}

bool
doubt_knows_all(const struct step *step, struct call call)
{
    bool is_begun = (call.block->flags & (CALL_FROM_START | CALL_BOTH_NAMED)) != 0;
    return (is_begun && !doubt_is_older(step, call)) || is_listed(step, call);
}

/* Somebody answered who was called, and was not added to those who talked already. */
void
doubt_note_first(const struct step *step, struct call call)
{
    struct text calling = step_text(step, EVENT_TEXT_CALLING);
    uint8_t cause = step->event->cause;
    bool is_added = cause == CAUSE_CONFERENCE || cause == CAUSE_SINGLE_STEP_CONFERENCE ||
                    cause == CAUSE_SILENT_PARTICIPATION || cause == CAUSE_ACTIVE_PARTICIPATION ||
                    cause == CAUSE_JOIN_CALL;
    if ((call.block->flags & CALL_REGAINED) == 0 && step->event->kind == EVENT_ESTABLISHED &&
        !is_added && calling.length != 0 &&
        !text_is_equal(calling, step_text(step, EVENT_TEXT_SUBJECT)))
        call.block->flags |= CALL_BOTH_NAMED;
    doubt_note_third(call);
}

void
doubt_note_third(struct call call)
{
    uint32_t count = 0;
    FOR_EACH_PARTY (party, call.block)
        count++;
    if (count > 2)
        call.block->flags &= ~(uint32_t)CALL_BOTH_NAMED;
}

void
doubt_try_out(const struct step *step, struct call call)
{
    if (step->port.ask_about == NULL || step->link->up_ms == 0 || step->link->lost_order == 0 ||
        step->link->tried_out >= TRIED_OUT_MAX)
        return;
    if (step->port.ask_about(step->port.context, call))
        step->link->tried_out++;
}

void
doubt_ask(const struct step *step, struct call call, bool again)
{
    bool was_asked = call.block->asked_order > step->link->lost_order;
    if (step->port.ask_about == NULL || step->link->up_ms == 0 || doubt_knows_all(step, call) ||
        (was_asked && !again))
        return;
    if (step->port.ask_about(step->port.context, call))
        call.block->asked_order = step->event->order;
}

bool
doubt_is_regained(const struct step *step, uint64_t span_ms)
{
    uint64_t since_ms = step->link->regained_ms;
    return since_ms != 0 &&
           (step->event->clock_ms < since_ms || step->event->clock_ms - since_ms < span_ms);
}

bool
doubt_is_blind(const struct step *step, struct call call, uint32_t counted)
{
    return (call.block->flags & CALL_REGAINED) != 0 &&
           (counted < 2 || doubt_is_regained(step, SPAN_GRANTED_MS));
}

/* Whose name the party's might be, too. */
static bool
knows_another(struct call call, const struct shm_party *party)
{
    FOR_EACH_PARTY (each, call.block) {
        if (each != party)
            return true;
    }
    return false;
}

bool
doubt_was_told(const struct step *step, struct call call, const struct shm_party *party)
{
    return (call.block->flags & CALL_REGAINED) != 0 && party_is_active(party) &&
           party->end_seq == step->event->order &&
           (doubt_is_regained(step, SPAN_LINGER_MS) || knows_another(call, party));
}

/* Its own monitor says in which state it is now; it may have answered while we could not see. */
static void
see_answered(const struct step *step, struct call call, struct text name)
{
    struct shm_party *party = call_active_party(call.block, name);
    uint8_t state = step->event->local_state;
    if (party != NULL && party->state == LOCAL_ALERTING && doubt_is_older(step, call) &&
        (state == LOCAL_CONNECTED || state == LOCAL_HOLD))
        party->state = state;
}

static void
see_named(const struct step *step, struct call call, struct text name)
{
    struct shm_party *party = call_active_party(call.block, name);
    if (party != NULL)
        doubt_clear(step, party);
}

void
doubt_see_event(const struct step *step, struct call call)
{
    const struct event *event = step->event;
    if (event->kind != EVENT_CONFERENCED && event->kind != EVENT_TRANSFERRED &&
        event->kind != EVENT_CONNECTION_CLEARED) /* it shows that he was there, not since when */
        see_named(step, call, step_text(step, EVENT_TEXT_DEVICE));
    if (event->monitor_type == MONITOR_DEVICE && event->local_state != LOCAL_NULL &&
        event->local_state != LOCAL_FAIL) {
        see_named(step, call, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
        see_answered(step, call, step_text(step, EVENT_TEXT_MONITOR_DEVICE));
    }
}

static bool
has_doubtful_monitored(const struct step *step, struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && doubt_is_party(step, party) &&
            directory_is_monitored(step->table, call.slot->link,
                                   call_text(call.block, party->number)))
            return true;
    }
    return false;
}

void
doubt_list(const struct step *step, struct call call)
{
    bool listed = span_is_set(call, SPAN_DOUBT);
    bool doubtful = call.block->life == CALL_LIVING && doubt_is_older(step, call) &&
                    has_doubtful_monitored(step, call);
    if (doubtful && !listed)
        span_set(step->table, call, SPAN_DOUBT, SPAN_NEVER_MS);
    else if (!doubtful && listed)
        span_clear(step->table, call, SPAN_DOUBT);
}

/* Whoever ended in an act of this side of the loss was there until then. */
static bool
was_there(const struct step *step, struct call call, const struct shm_party *party)
{
    if (party_is_active(party))
        return !doubt_is_party(step, party);
    if (party->act == 0)
        return false;
    const struct shm_act *act = call_at(call.block, party->act);
    return act->order > step->link->lost_order && act->reason != REASON_LOST;
}

bool
doubt_is_phantom(const struct step *step, struct call call, const struct shm_party *party)
{
    uint32_t others = 0;
    if (!doubt_is_party(step, party))
        return false;
    FOR_EACH_PARTY (each, call.block) {
        if (each != party && was_there(step, call, each) && !party_is_observer(step, call, each))
            others++;
    }
    return others >= 2;
}
