/*
 * tools/explain/flow.c - what belongs to one flow, copies folded (tools/explain/flow.h).
 */
#include "tools/explain/flow.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"

static struct flow_call *
call_of(struct flow *flow, uint64_t conn_id)
{
    for (uint32_t i = 0; i < flow->call_count; i++)
        if (conn_id != 0 && flow->calls[i].conn_id == conn_id)
            return &flow->calls[i];
    return NULL;
}

static void
set_name(char name[FLOW_NAME], struct text text)
{
    if (text.length == 0 || text.length >= FLOW_NAME)
        return;
    memcpy(name, text.at, text.length);
    name[text.length] = '\0';
}

void
flow_event(const struct flow_moment *moment, struct event *event)
{
    CHECK(event_unpack(event, moment->record, moment->slots) != 0);
}

/* ---- copies -------------------------------------------------------------------------------- */

/* Says the later message nothing that the earlier one did not? */
static bool
is_same_fact(const struct flow_moment *moment, const struct flow_entry *entry)
{
    static struct event event; /* large */
    const struct event *later = entry->event;
    if (moment->kind != later->kind || moment->conn_id != entry->conn_id)
        return false;
    flow_event(moment, &event);
    struct text releasing = later->texts[EVENT_TEXT_RELEASING];
    return text_is_equal(event.texts[EVENT_TEXT_DEVICE], later->texts[EVENT_TEXT_DEVICE]) &&
           text_is_equal(event.texts[EVENT_TEXT_SECOND_CALL],
                         later->texts[EVENT_TEXT_SECOND_CALL]) &&
           (releasing.length == 0 || text_is_equal(event.texts[EVENT_TEXT_RELEASING], releasing));
}

/* A copy stands with the message it is one of; not if it has evidence of its own, or an effect. */
static bool
fold(struct flow *flow, const struct flow_entry *entry)
{
    bool may_be_copy = entry->is_copy || entry->rule == RULE_CALL_WAS_OVER;
    if (!may_be_copy || entry->outcome_count != 0)
        return false;
    for (uint32_t i = flow->moment_count; i > 0; i--) {
        struct flow_moment *moment = &flow->moments[i - 1];
        if (!is_same_fact(moment, entry))
            continue;
        moment->copies = flow_grow(moment->copies, moment->copy_count, sizeof *moment->copies);
        moment->copies[moment->copy_count++] = (struct flow_copy){
            .order = entry->event->order,
            .seq = entry->event->seq,
            .time_us = entry->event->time_us,
        };
        return true;
    }
    return false;
}

/* ---- moments ------------------------------------------------------------------------------- */

static bool
is_message(uint8_t kind)
{
    return kind != EVENT_TICK && kind != EVENT_LINK_END && kind != EVENT_LINK_DOWN &&
           kind != EVENT_LINK_UP && kind != EVENT_LINK && kind != EVENT_DEVICE;
}

static void
keep_outcomes(struct flow *flow, struct flow_moment *moment, const struct flow_entry *entry)
{
    for (uint32_t i = 0; i < entry->outcome_count; i++) {
        const struct shm_outcome *outcome = entry->outcomes[i];
        struct flow_call *call = call_of(flow, outcome->conn_id);
        if (call == NULL)
            continue;
        moment->outcomes =
            flow_grow(moment->outcomes, moment->outcome_count, sizeof *moment->outcomes);
        memcpy(&moment->outcomes[moment->outcome_count++], outcome, outcome_size(outcome));
        set_name(call->call_id, outcome_text(outcome, OUTCOME_TEXT_CALL_ID));
        call->ended |= outcome->event == OUTCOME_CALL_DELETED;
        if ((outcome->flags & OUTCOME_HAS_NEW_CONN_ID) != 0)
            call->joined_to = outcome->new_conn_id;
    }
}

/* A tick says when it was; several may have ended in one step. But what waited for it is older than
 * the moment at which nobody waited any longer. */
static void
set_time(const struct flow *flow, struct flow_moment *moment, const struct flow_entry *entry)
{
    const struct flow_moment *before = flow->moment_count > 1 ? moment - 1 : NULL;
    moment->has_time = (entry->event->flags & EVENT_HAS_TIME) != 0;
    moment->time_us = entry->event->time_us;
    if (entry->event->kind != EVENT_TICK || moment->outcome_count == 0)
        return;
    if (before != NULL && before->has_time && moment->outcomes[0].time_us < before->time_us)
        return;
    moment->has_time = (moment->outcomes[0].flags & OUTCOME_HAS_TIME) != 0;
    moment->time_us = moment->outcomes[0].time_us;
}

static void
add_moment(struct flow *flow, const struct flow_entry *entry)
{
    const struct event *event = entry->event;
    flow->moments = flow_grow(flow->moments, flow->moment_count, sizeof *flow->moments);
    struct flow_moment *moment = &flow->moments[flow->moment_count++];
    *moment = (struct flow_moment){
        .order = event->order,
        .seq = is_message(event->kind) ? event->seq : 0,
        .conn_id = entry->conn_id,
        .other_conn_id = entry->other_conn_id,
        .early_conn_id = entry->early_conn_id,
        .is_copy = entry->is_copy,
        .kind = event->kind,
        .rule = entry->rule,
        .slots = event_pack_slots(event),
    };
    moment->record = calloc(moment->slots, EVENT_SLOT_SIZE);
    CHECK(moment->record != NULL);
    event_pack(event, moment->record, moment->slots);
    set_name(moment->subject, entry->subject);
    keep_outcomes(flow, moment, entry);
    set_time(flow, moment, entry);
}

static bool
has_outcomes(struct flow *flow, const struct flow_entry *entry)
{
    for (uint32_t i = 0; i < entry->outcome_count; i++)
        if (call_of(flow, entry->outcomes[i]->conn_id) != NULL)
            return true;
    return false;
}

/* A request for a call that nobody has heard of yet, or the link's going and coming: of interest
 * only to a flow that goes on after it. */
static bool
may_belong(const struct flow *flow, const struct flow_entry *entry)
{
    uint8_t kind = entry->event->kind;
    if (kind == EVENT_LINK_DOWN || kind == EVENT_LINK_UP)
        return flow->moment_count > 0 && text_is_equal(text_of(flow->link), entry->link);
    return entry->conn_id == 0 &&
           (kind == EVENT_CLEAR_CONNECTION || kind == EVENT_CLEAR_CALL ||
            kind == EVENT_REQUEST_GRANTED || kind == EVENT_REQUEST_REFUSED) &&
           text_is_equal(entry->event->texts[EVENT_TEXT_CALL], flow->wanted);
}

/* Every worker was told that a link went or came. */
static bool
is_told(const struct flow *flow, const struct flow_entry *entry)
{
    if (flow->moment_count == 0)
        return false;
    const struct flow_moment *last = &flow->moments[flow->moment_count - 1];
    return last->kind == entry->event->kind && last->order == entry->event->order && last->seq == 0;
}

void
flow_take(struct flow *flow, const struct flow_entry *entry)
{
    struct flow_call *call = call_of(flow, entry->conn_id);
    bool is_own =
        call != NULL || call_of(flow, entry->other_conn_id) != NULL || has_outcomes(flow, entry);
    if (!is_own && (!may_belong(flow, entry) || is_told(flow, entry)))
        return;
    if (is_own) {
        set_name(flow->link, entry->link);
        flow->waiting = 0;
    }
    struct flow_call *early = call_of(flow, entry->early_conn_id);
    if (early != NULL && call != NULL)
        early->joined_to = call->conn_id;
    if (call != NULL && entry->event->kind < EVENT_CLEAR_CONNECTION) {
        struct text result = entry->event->texts[EVENT_TEXT_NEW_CALL];
        set_name(call->call_id, result.length != 0 ? result : entry->event->texts[EVENT_TEXT_CALL]);
    }
    if (fold(flow, entry))
        return;
    add_moment(flow, entry);
    flow->waiting += !is_own;
}

static void
free_moment(struct flow_moment *moment)
{
    for (uint32_t i = 0; i < moment->copy_count; i++)
        free(moment->copies[i].raw);
    free(moment->record);
    free(moment->raw);
    free(moment->copies);
    free(moment->outcomes);
}

void
flow_end(struct flow *flow)
{
    for (; flow->waiting > 0; flow->waiting--)
        free_moment(&flow->moments[--flow->moment_count]);
}

/* The ConnID of a call that began with this message (docs/attribution.md). */
static uint64_t
conn_id_of(struct text link, struct text call_id, uint64_t number)
{
    unsigned char seq[8];
    for (size_t i = 0; i < sizeof seq; i++)
        seq[i] = (unsigned char)(number >> (8 * i));
    uint64_t hash = hash_bytes(HASH_START, link.at, link.length);
    hash = hash_bytes(hash, "", 1);
    hash = hash_bytes(hash, call_id.at, call_id.length);
    return hash_finish(hash_bytes(hash, seq, sizeof seq));
}

/* Is it the call's first message, or does it end the call and name that message, which is here? */
static bool
tells_beginning(const struct flow *flow, const struct flow_moment *moment, uint64_t conn_id)
{
    static struct event event; /* large */
    flow_event(moment, &event);
    struct text link = text_of(flow->link);
    if (conn_id_of(link, event.texts[EVENT_TEXT_CALL], moment->seq) == conn_id ||
        conn_id_of(link, event.texts[EVENT_TEXT_NEW_CALL], moment->seq) == conn_id)
        return true;
    for (uint32_t i = 0; i < moment->outcome_count; i++)
        if (moment->outcomes[i].conn_id == conn_id &&
            flow_seq_of(flow, moment->outcomes[i].call_order) != 0)
            return true;
    return false;
}

void
flow_find_beginning(struct flow *flow)
{
    for (uint32_t i = 0; i < flow->call_count; i++) {
        bool is_here = false;
        for (uint32_t each = 0; each < flow->moment_count && !is_here; each++)
            is_here = tells_beginning(flow, &flow->moments[each], flow->calls[i].conn_id);
        flow->begins_late = flow->begins_late || !is_here;
    }
}

void
flow_free(struct flow *flow)
{
    for (uint32_t i = 0; i < flow->moment_count; i++)
        free_moment(&flow->moments[i]);
    free(flow->moments);
    free(flow->calls);
}

uint64_t
flow_seq_of(const struct flow *flow, uint64_t order)
{
    for (uint32_t i = 0; i < flow->moment_count; i++)
        if (flow->moments[i].order == order && flow->moments[i].seq != 0)
            return flow->moments[i].seq;
    return 0;
}

char **
flow_raw_place(struct flow *flow, uint64_t order, uint32_t **length)
{
    for (uint32_t i = 0; i < flow->moment_count; i++) {
        struct flow_moment *moment = &flow->moments[i];
        if (moment->order == order && moment->seq != 0) {
            *length = &moment->raw_length;
            return &moment->raw;
        }
        for (uint32_t copy = 0; copy < moment->copy_count; copy++) {
            if (moment->copies[copy].order == order) {
                *length = &moment->copies[copy].raw_length;
                return &moment->copies[copy].raw;
            }
        }
    }
    return NULL;
}
