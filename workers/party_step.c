#include "workers/party_step.h"

#include "workers/act.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/evidence.h"
#include "workers/left.h"
#include "workers/outcome.h"

/* Is it what the switch calls the subject connection, and no device's number? */
static bool
is_dynamic(const struct step *step, struct text name)
{
    return (step->event->flags & EVENT_DEVICE_DYNAMIC) != 0 &&
           text_is_equal(name, step_text(step, EVENT_TEXT_DEVICE));
}

/* A dynamic ID is a party's number until a device is named; then that is, and it only a name. */
static void
end_dynamic(const struct step *step, struct call call, struct shm_party *party, struct text name)
{
    if ((party->flags & PARTY_DYNAMIC) == 0 || name.length == 0 || is_dynamic(step, name))
        return;
    party_prefer_name(call.block, party, name);
    party->flags = (uint16_t)(party->flags & ~PARTY_DYNAMIC);
}

/* A party goes by the name that has a monitor, if one of its names has. */
void
party_note_name(struct step *step, struct call call, struct shm_party *party, struct text name)
{
    uint16_t link = call.slot->link;
    party_learn_name(call.block, party, name);
    end_dynamic(step, call, party, name);
    if (party->number != 0 && directory_has_monitor(step->table, link, name) &&
        !directory_has_monitor(step->table, link, call_text(call.block, party->number)))
        party_prefer_name(call.block, party, name);
}

struct shm_party *
party_join(struct step *step, struct call call, struct text number, enum local_state state)
{
    left_join(call);
    struct shm_party *party = call_add_party(call.block, number);
    party->state = (uint8_t)state;
    doubt_note_third(call);
    party->end_seq = step->event->order;
    call.block->flags &= ~(uint32_t)CALL_OVER_BEFORE;
    doubt_clear(step, party);
    if (step->event->cause == CAUSE_SILENT_PARTICIPATION)
        party->flags |= PARTY_OBSERVER;
    if (state == LOCAL_ALERTING)
        party->flags |= PARTY_ALERTED;
    if (step->has_time) {
        party->flags |= PARTY_HAS_START;
        party->start_us = step->time_us;
    }
    return party;
}

void
party_inherit(struct shm_party *party, const struct shm_party *from)
{
    enum { SINCE = PARTY_HAS_START | PARTY_ANSWERED };
    party->state = from->state;
    party->start_us = from->start_us;
    party->answer_us = from->answer_us;
    party->flags = (uint16_t)((party->flags & ~SINCE) | (from->flags & (SINCE | PARTY_TALKED)));
}

/* The subject device names the subject connection's party; but the interface a call left through
 * (networkInterfaceUsed) is a group's, not the party's. */
static struct text
subject_device(const struct step *step)
{
    return step->event->kind == EVENT_NETWORK_REACHED ? TEXT_NONE
                                                      : step_text(step, EVENT_TEXT_SUBJECT);
}

/* The subject connection has the device's number, or a dynamic ID. */
static void
note_connection(struct step *step, struct call call, struct shm_party *party)
{
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    party_note_name(step, call, party, device);
    if (device.length != 0 && (step->event->flags & EVENT_DEVICE_DYNAMIC) == 0)
        party->flags |= PARTY_PLAIN;
}

struct shm_party *
party_of_subject(struct step *step, struct call call)
{
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    struct text subject = subject_device(step);
    struct shm_party *party = call_active_party(call.block, device);
    if (party == NULL)
        party = call_active_party(call.block, subject);
    if (party == NULL)
        return NULL;
    party_note_name(step, call, party, subject);
    note_connection(step, call, party);
    return party;
}

struct shm_party *
party_make_subject(struct step *step, struct call call, enum local_state state, bool *made)
{
    struct shm_party *party = party_of_subject(step, call);
    *made = party == NULL;
    if (party != NULL)
        return party;
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    struct text subject = subject_device(step);
    party = party_join(step, call, subject.length != 0 ? subject : device, state);
    if (subject.length == 0 && is_dynamic(step, device))
        party->flags |= PARTY_DYNAMIC;
    note_connection(step, call, party);
    return party;
}

void
party_make_caller(struct step *step, struct call call)
{
    struct text calling = step_text(step, EVENT_TEXT_CALLING);
    struct text network = step_text(step, EVENT_TEXT_NETWORK_DEVICE);
    struct shm_party *caller = call_active_party(call.block, calling);
    if (caller == NULL && calling.length == 0)
        caller = call_active_party(call.block, network);
    if (caller != NULL) {
        party_note_name(step, call, caller, network);
        return;
    }
    caller = party_join(step, call, calling.length != 0 ? calling : network, LOCAL_CONNECTED);
    caller->flags |= PARTY_CALLER;
    party_note_name(step, call, caller, network);
}

/* In a call met in the middle, a monitor that reports is in it unless it says otherwise; in one
 * seen from its start it must say that it is. */
static bool
says_it_is_in(const struct step *step, struct call call, enum local_state *state)
{
    *state = (enum local_state)step->event->local_state;
    if (*state == LOCAL_ABSENT) {
        *state = LOCAL_CONNECTED;
        return (call.block->flags & CALL_FROM_START) == 0;
    }
    return *state != LOCAL_NULL && *state != LOCAL_FAIL;
}

void
party_make_monitored(struct step *step, struct call call)
{
    struct text monitor = step_text(step, EVENT_TEXT_MONITOR_DEVICE);
    enum local_state state;
    if (monitor.length == 0 || step->event->monitor_type != MONITOR_DEVICE ||
        !says_it_is_in(step, call, &state) || call_party(call.block, monitor) != NULL)
        return;
    struct shm_party *anonymous = call_anonymous_party(call.block);
    /* A nameless caller who reports himself does so while the call is young. */
    if (anonymous != NULL && state == LOCAL_CONNECTED && call.block->answer_fact == 0) {
        party_note_name(step, call, anonymous, monitor);
        return;
    }
    party_join(step, call, monitor, state);
}

void
party_divert(struct step *step, struct call call, struct shm_party *party, enum rule rule)
{
    step->note.rule = rule;
    if ((step->link->flags & EVENT_LINK_REPORT_REDIRECT) != 0 &&
        !doubt_was_told(step, call, party)) {
        const struct shm_party *other = evidence_only_other(step, call, party);
        party->other = other == NULL ? 0 : other->number;
        if (party_is_active(party)) {
            party->end_seq = step->seq;
            party->end_us = step->time_us;
            party->end_cause = step->event->cause;
            if (step->has_time)
                party->flags |= PARTY_END_HAS_TIME;
        }
        outcome_redirect(step, call, party, party->end_cause);
    }
    act_drop_party(call, party);
    party->seen_order = step->event->order; /* leaving: an older answer does not bring it back */
}

static void
mark_answered(struct step *step, struct shm_party *party)
{
    party->flags |= PARTY_TALKED;
    if (!step->has_time || (party->flags & PARTY_ANSWERED) != 0)
        return;
    party->flags |= PARTY_ANSWERED;
    party->answer_us = step->time_us;
}

void
party_answer(struct step *step, struct call call, struct shm_party *party)
{
    mark_answered(step, party);
    FOR_EACH_PARTY (each, call.block) {
        if (party_is_active(each) && each != party &&
            (each->state == LOCAL_CONNECTED || each->state == LOCAL_HOLD) &&
            (directory_flags(step->table, call.slot->link, call_text(call.block, each->number)) &
             EVENT_DEVICE_TREATMENT) == 0)
            mark_answered(step, each);
    }
    if (step->has_time && (call.block->flags & CALL_ANSWERED) == 0) {
        call.block->flags |= CALL_ANSWERED;
        call.block->answer_us = step->time_us;
    }
}
