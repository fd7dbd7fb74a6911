#include "workers/fact_step.h"

#include "base/check.h"
#include "workers/act.h"
#include "workers/clearing.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/left.h"
#include "workers/party_step.h"

/* Whoever began the call by lifting the handset talks once somebody else rings or answers. */
static void
connect_callers(struct call call, const struct shm_party *subject)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party != subject && party_is_active(party) && party->state == LOCAL_INITIATED)
            party->state = LOCAL_CONNECTED;
    }
}

/* A queued party that the call was taken from. */
static void
leave_queue(struct step *step, struct call call, const struct shm_party *subject)
{
    struct text from = step_text(step, EVENT_TEXT_LAST_REDIRECTION);
    struct shm_party *queued = call_active_party(call.block, from);
    if (queued != NULL && queued != subject && queued->state == LOCAL_QUEUED)
        party_divert(step, call, queued, RULE_LEFT_QUEUE);
}

static void
leave_all_queues(struct step *step, struct call call, const struct shm_party *subject)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party != subject && party_is_active(party) && party->state == LOCAL_QUEUED)
            party_divert(step, call, party, RULE_LEFT_QUEUE);
    }
}

static void
step_originated(struct step *step, struct call call, enum local_state state)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, state, &made);
    party->state = (uint8_t)state;
    party->flags |= PARTY_CALLER;
    if (step->event->cause == CAUSE_CONSULTATION)
        call.block->flags |= CALL_CONSULT;
}

/* Does the party ring at one more phone? The monitor told of one before, under this ID; or under
 * another, and this one is new. */
static bool
rings_once_more(const struct step *step, struct call call, const struct shm_party *party,
                bool is_new_id)
{
    uint32_t monitor = step->event->monitor;
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    return party->state == LOCAL_ALERTING && step->event->kind == EVENT_DELIVERED &&
           (call_fact_count(call.block, EVENT_DELIVERED, device, monitor) >= 2 ||
            (is_new_id && party_fact_count(call.block, party, EVENT_DELIVERED, monitor) >= 2));
}

static void
step_delivered(struct step *step, struct call call, bool opening)
{
    bool is_new_id = (step->event->flags & EVENT_DEVICE_DYNAMIC) != 0 &&
                     call_active_party(call.block, step_text(step, EVENT_TEXT_DEVICE)) == NULL;
    bool made;
    struct shm_party *party = party_make_subject(step, call, LOCAL_ALERTING, &made);
    if (!made && party->phones < UINT8_MAX && rings_once_more(step, call, party, is_new_id))
        party->phones++;
    if ((party->flags & PARTY_TALKED) == 0) {
        party->state = LOCAL_ALERTING;
        party->flags |= PARTY_ALERTED;
    }
    leave_queue(step, call, party);
    connect_callers(call, party);
    call.block->flags &= ~(uint32_t)CALL_FAILED;
    if (opening)
        party_make_caller(step, call);
}

/* One of the phones under the party's number was answered: the others fall silent. */
static void
answer_one_phone(struct step *step, struct call call, struct shm_party *party)
{
    struct shm_name *id = party_alias(call.block, party, step_text(step, EVENT_TEXT_DEVICE));
    if (id != NULL)
        id->flags |= NAME_ANSWERED;
    party->silent_clears = (uint8_t)(party->phones - 1);
    party->answered_clock_ms = step->event->clock_ms;
    party->phones = 1;
}

static void
step_established(struct step *step, struct call call, bool opening)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, LOCAL_CONNECTED, &made);
    bool alerted = (party->flags & PARTY_ALERTED) != 0;
    bool treatment =
        (directory_flags(step->table, call.slot->link, call_text(call.block, party->number)) &
         EVENT_DEVICE_TREATMENT) != 0;
    party->state = LOCAL_CONNECTED;
    left_talks_on(call, party);
    if (party->phones > 1)
        answer_one_phone(step, call, party);
    leave_queue(step, call, party);
    if (alerted && !treatment && step->event->cause != CAUSE_REMAINS_IN_QUEUE)
        leave_all_queues(step, call, party);
    connect_callers(call, party);
    call.block->flags &= ~(uint32_t)CALL_FAILED;
    if (opening && !text_is_none(step_text(step, EVENT_TEXT_NETWORK_DEVICE)))
        party_make_caller(step, call);
    if (!treatment) {
        party->answered_fact = call.block->fact_count;
        if (call.block->answer_fact == 0)
            call.block->answer_fact = call.block->fact_count;
        party_answer(step, call, party);
        doubt_try_out(step, call);
    }
}

static void
step_queued(struct step *step, struct call call, bool opening)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, LOCAL_QUEUED, &made);
    party->state = LOCAL_QUEUED;
    party->flags |= PARTY_QUEUE;
    call.block->queue = party->number;
    connect_callers(call, party);
    call.block->flags &= ~(uint32_t)CALL_FAILED;
    if (opening)
        party_make_caller(step, call);
}

static void
step_diverted(struct step *step, struct call call)
{
    struct shm_party *party = party_of_subject(step, call);
    if (party != NULL && (party->flags & PARTY_ALONE) != 0) {
        struct shm_act *act = call_at(call.block, party->act);
        act_end_party(step, call, party, act);
        left_finish(step, call, act);
        return;
    }
    if (party != NULL)
        party_divert(step, call, party, RULE_DIVERTED);
    if (left_is_unseen(step, call))
        span_set(step->table, call, SPAN_QUIET, step->event->clock_ms + SPAN_QUIET_MS);
}

static void
step_failed(struct step *step, struct call call)
{
    struct shm_party *party = party_of_subject(step, call);
    call.block->flags |= CALL_FAILED;
    call.block->failure_cause = step->event->cause;
    left_join(call);
    if (party != NULL)
        party->state = LOCAL_FAIL;
    else if (call_party(call.block, step_text(step, EVENT_TEXT_DEVICE)) == NULL)
        call_note_name(call.block, step_text(step, EVENT_TEXT_DEVICE), NAME_FAILED);
}

static void
step_network_reached(struct step *step, struct call call, bool opening)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, LOCAL_CONNECTED, &made);
    call_note_name(call.block, step_text(step, EVENT_TEXT_SUBJECT), 0);
    call.block->flags |= CALL_OUTBOUND;
    connect_callers(call, party);
    if (opening)
        party_make_caller(step, call);
}

static void
step_bridged(struct step *step, struct call call)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, LOCAL_CONNECTED, &made);
    party->flags |= PARTY_BRIDGED;
}

static void
step_state(struct step *step, struct call call, enum local_state state)
{
    bool made;
    struct shm_party *party = party_make_subject(step, call, state, &made);
    party->state = (uint8_t)state;
    left_talks_on(call, party);
}

/* The connection exists, in that state unless we know better. */
static void
step_exists(struct step *step, struct call call, enum local_state state)
{
    bool made;
    party_make_subject(step, call, state, &made);
}

void
fact_step(struct step *step, struct call call, bool opening)
{
    switch ((enum event_kind)step->event->kind) {
    case EVENT_SERVICE_INITIATED:
        step_originated(step, call, LOCAL_INITIATED);
        break;
    case EVENT_ORIGINATED:
        step_originated(step, call, LOCAL_CONNECTED);
        break;
    case EVENT_OFFERED:
    case EVENT_DELIVERED:
        step_delivered(step, call, opening);
        break;
    case EVENT_ESTABLISHED:
        step_established(step, call, opening);
        break;
    case EVENT_HELD:
        step_state(step, call, LOCAL_HOLD);
        break;
    case EVENT_RETRIEVED:
        step_state(step, call, LOCAL_CONNECTED);
        break;
    case EVENT_QUEUED:
        step_queued(step, call, opening);
        break;
    case EVENT_DIVERTED:
        step_diverted(step, call);
        break;
    case EVENT_FAILED:
        step_failed(step, call);
        break;
    case EVENT_NETWORK_REACHED:
        step_network_reached(step, call, opening);
        break;
    case EVENT_BRIDGED:
        step_bridged(step, call);
        break;
    case EVENT_DIGITS_DIALED:
        step_exists(step, call, LOCAL_INITIATED);
        break;
    case EVENT_NETWORK_CAPABILITIES_CHANGED:
        step_exists(step, call, LOCAL_CONNECTED);
        break;
    case EVENT_CONNECTION_CLEARED:
        clearing_connection(step, call);
        break;
    case EVENT_CALL_CLEARED:
        clearing_call(step, call);
        break;
    case EVENT_NONE:
    case EVENT_CONFERENCED:
    case EVENT_TRANSFERRED:
    case EVENT_CLEAR_CONNECTION:
    case EVENT_CLEAR_CALL:
    case EVENT_REQUEST_GRANTED:
    case EVENT_REQUEST_REFUSED:
    case EVENT_SNAPSHOT_CALL:
    case EVENT_LINK:
    case EVENT_DEVICE:
    case EVENT_TICK:
    case EVENT_LINK_DOWN:
    case EVENT_LINK_UP:
    case EVENT_LINK_END:
    case EVENT_SNAPSHOT_DEVICE:
    case EVENT_RETOLD:
    case EVENT_FINISH:
    case EVENT_MOVE_OUT:
    case EVENT_MOVE_IN:
    case EVENT_KIND_COUNT:
        CHECK_NEVER("an event of one call");
    }
}
