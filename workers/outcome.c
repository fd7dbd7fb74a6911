#include "workers/outcome.h"

#include "workers/act.h"
#include "workers/directory.h"
#include "workers/judge.h"

enum {
    CALL_STATE_OK = 0,
    CALL_STATE_NO_ANSWER = 7,
    CALL_STATE_REDIRECTED = 22,
};

static uint8_t
call_type_of(const struct step *step, struct call call)
{
    const struct shm_call *block = call.block;
    if ((block->flags & CALL_CONSULT) != 0)
        return CALL_TYPE_CONSULT;
    if ((block->flags & CALL_OUTBOUND) != 0)
        return CALL_TYPE_OUTBOUND;
    if ((block->flags & CALL_INBOUND) != 0)
        return CALL_TYPE_INBOUND;
    uint16_t link = call.slot->link;
    if (directory_has_monitor(step->table, link, call_text(block, block->ani)) &&
        directory_has_monitor(step->table, link, call_text(block, block->dnis)))
        return CALL_TYPE_INTERNAL;
    return CALL_TYPE_UNKNOWN;
}

/* The next free record of the batch, with all that any outcome of this call says. */
static struct shm_outcome *
outcome_new(struct step *step, struct call call, enum outcome_event event)
{
    if (step->outcome_count == OUTCOMES_IN_BATCH)
        step_flush(step); /* a call of thousands of parties */
    struct shm_outcome *outcome = &step->outcomes[step->outcome_count++];
    memset(outcome, 0, offsetof(struct shm_outcome, text));
    outcome->decided_order = step->decided_order;
    outcome->decided_tick = step->decided_tick;
    outcome->call_order = call.block->first_order;
    outcome->event = (uint8_t)event;
    outcome->link = call.slot->link;
    outcome->conn_id = call.block->conn_id;
    outcome->call_type = call_type_of(step, call);
    return outcome;
}

static void
set_moment(struct shm_outcome *outcome, uint64_t seq, bool has_time, int64_t time_us)
{
    outcome->seq = seq;
    outcome->time_us = time_us;
    if (has_time)
        outcome->flags |= OUTCOME_HAS_TIME;
}

static uint64_t
since_ms(const struct shm_outcome *outcome, int64_t then_us)
{
    return outcome->time_us > then_us ? (uint64_t)(outcome->time_us - then_us) / 1000 : 0;
}

static void
set_since(struct shm_outcome *outcome, bool started, int64_t start_us, bool answered,
          int64_t answer_us)
{
    if ((outcome->flags & OUTCOME_HAS_TIME) == 0 || !started)
        return;
    outcome->flags |= OUTCOME_HAS_SINCE_START;
    outcome->since_start_ms = since_ms(outcome, start_us);
    if (!answered)
        return;
    outcome->flags |= OUTCOME_HAS_SINCE_ANSWER;
    outcome->since_answer_ms = since_ms(outcome, answer_us);
}

/* Texts in the order of outcome_text.def; `party`, `other` and `ctrl` may be absent. */
static void
add_texts(struct step *step, struct shm_outcome *outcome, struct call call, struct text party,
          struct text other, struct text ctrl)
{
    const struct shm_call *block = call.block;
    outcome_add_text(outcome, OUTCOME_TEXT_LINK, link_name(step->link));
    outcome_add_text(outcome, OUTCOME_TEXT_CALL_ID, call_text(block, block->call_id));
    outcome_add_text(outcome, OUTCOME_TEXT_PARTY, party);
    outcome_add_text(outcome, OUTCOME_TEXT_OTHER_DN, other);
    outcome_add_text(outcome, OUTCOME_TEXT_THIS_QUEUE, call_text(block, block->queue));
    const struct shm_device *device = directory_find(step->table, call.slot->link, party);
    if (device != NULL)
        outcome_add_text(outcome, OUTCOME_TEXT_AGENT_ID,
                         (struct text){device->agent, device->agent_length});
    outcome_add_text(outcome, OUTCOME_TEXT_ANI, call_text(block, block->ani));
    outcome_add_text(outcome, OUTCOME_TEXT_DNIS, call_text(block, block->dnis));
    outcome_add_text(outcome, OUTCOME_TEXT_CTRL_PARTY, ctrl);
    outcome_add_text(outcome, OUTCOME_TEXT_LINKAGE, call_text(block, block->linkage));
}

static struct shm_outcome *
party_outcome(struct step *step, struct call call, const struct shm_party *party,
              enum outcome_event event)
{
    struct shm_outcome *outcome = outcome_new(step, call, event);
    set_moment(outcome, party->end_seq, (party->flags & PARTY_END_HAS_TIME) != 0, party->end_us);
    set_since(outcome, (party->flags & PARTY_HAS_START) != 0, party->start_us,
              (party->flags & PARTY_ANSWERED) != 0, party->answer_us);
    outcome->cause = party->end_cause;
    return outcome;
}

static void
set_verdict(struct shm_outcome *outcome, const struct shm_act *act)
{
    outcome->reason = act->reason;
    outcome->evidence = act->evidence;
    outcome->rule = act->rule;
    outcome->found = act->found;
    outcome->act = act->number;
}

/* Why it ended in the act; the one whose connection cleared needs no reason, but where nobody else
 * ends by it, that is one. */
static void
set_scope(struct call call, struct shm_outcome *outcome, const struct shm_act *act,
          const struct shm_party *party)
{
    bool is_subject = act->subject != 0 && act->subject == party_ref(call.block, party);
    bool ends_itself_only = act->scope == RULE_GOES_ON || act->scope == RULE_OBSERVER_LEAVES;
    if (is_subject == ends_itself_only)
        outcome->scope = act->scope;
}

/* A party known by a dynamic ID alone may be the one who released, unless that is another party. */
static enum releasing_party
releasing_of(struct call call, const struct shm_party *party, struct text initiator)
{
    if (initiator.length == 0)
        return RELEASING_UNKNOWN;
    if (text_is_equal(call_text(call.block, party->number), initiator))
        return RELEASING_LOCAL;
    bool is_nobody = call_party(call.block, initiator) == NULL;
    return (party->flags & PARTY_DYNAMIC) != 0 && is_nobody ? RELEASING_UNKNOWN : RELEASING_REMOTE;
}

void
outcome_dn(struct step *step, struct call call, const struct shm_act *act,
           const struct shm_party *party)
{
    const struct shm_call *block = call.block;
    if (!directory_is_monitored(step->table, call.slot->link, call_text(block, party->number)))
        return;
    struct text initiator = act_initiator(call, act);
    enum releasing_party releasing = releasing_of(call, party, initiator);
    bool abandoned = party_is_waiting(party) && releasing != RELEASING_LOCAL;
    struct shm_outcome *outcome =
        party_outcome(step, call, party, abandoned ? OUTCOME_ABANDONED : OUTCOME_RELEASED);
    outcome->releasing = (uint8_t)releasing;
    set_verdict(outcome, act);
    set_scope(call, outcome, act, party);
    if (releasing == RELEASING_UNKNOWN && initiator.length != 0)
        outcome->scope = RULE_DYNAMIC_ID;
    outcome->call_state = party->end_call_state;
    add_texts(step, outcome, call, call_text(block, party->number), call_text(block, party->other),
              TEXT_NONE);
}

void
outcome_party(struct step *step, struct call call, const struct shm_act *act,
              const struct shm_party *party)
{
    struct text number = call_text(call.block, party->number);
    outcome_dn(step, call, act, party);
    struct shm_outcome *outcome = party_outcome(step, call, party, OUTCOME_PARTY_DELETED);
    set_verdict(outcome, act);
    set_scope(call, outcome, act, party);
    add_texts(step, outcome, call, number, TEXT_NONE, act_initiator(call, act));
}

void
outcome_call(struct step *step, struct call call, const struct shm_act *act)
{
    const struct shm_call *block = call.block;
    struct shm_outcome *outcome = outcome_new(step, call, OUTCOME_CALL_DELETED);
    set_moment(outcome, block->deleted_seq, block->deleted_has_time != 0, block->deleted_us);
    set_since(outcome, (block->flags & CALL_HAS_TIMES) != 0, block->start_us,
              (block->flags & CALL_ANSWERED) != 0, block->answer_us);
    outcome->cause = block->deleted_cause;
    set_verdict(outcome, act);
    outcome->scope = act->scope;
    if (block->new_conn_id != 0) {
        outcome->flags |= OUTCOME_HAS_NEW_CONN_ID;
        outcome->new_conn_id = block->new_conn_id;
    }
    add_texts(step, outcome, call, TEXT_NONE, TEXT_NONE, act_initiator(call, act));
}

void
outcome_redirect(struct step *step, struct call call, const struct shm_party *party, uint8_t cause)
{
    struct text number = call_text(call.block, party->number);
    if (!directory_is_monitored(step->table, call.slot->link, number))
        return;
    bool no_answer = cause == CAUSE_CALL_NOT_ANSWERED || cause == CAUSE_ALERT_TIME_EXPIRED;
    struct shm_outcome *outcome = party_outcome(step, call, party, OUTCOME_RELEASED);
    outcome->releasing = RELEASING_UNKNOWN;
    outcome->reason = no_answer ? REASON_NO_ANSWER : REASON_ABANDON;
    outcome->evidence = EVIDENCE_NONE;
    outcome->rule = RULE_REDIRECTED;
    outcome->call_state = no_answer ? CALL_STATE_NO_ANSWER : CALL_STATE_REDIRECTED;
    add_texts(step, outcome, call, number, call_text(call.block, party->other), TEXT_NONE);
}

static bool
is_before(const struct shm_outcome *left, const struct shm_outcome *right)
{
    if (left->call_order != right->call_order)
        return left->call_order < right->call_order;
    return left->conn_id < right->conn_id;
}

void
step_flush(struct step *step)
{
    /* A stable insertion sort by call: nearly always in order, as most messages touch one. */
    for (uint32_t i = 1; i < step->outcome_count; i++) {
        for (uint32_t j = i; j > 0 && is_before(&step->outcomes[j], &step->outcomes[j - 1]); j--) {
            struct shm_outcome swap = step->outcomes[j];
            step->outcomes[j] = step->outcomes[j - 1];
            step->outcomes[j - 1] = swap;
        }
    }
    for (uint32_t i = 0; i < step->outcome_count; i++) {
        step->outcomes[i].position = step->position++;
        step->port.write(step->port.context, &step->outcomes[i]);
    }
    step->outcome_count = 0;
}
