#include "workers/call_step.h"

#include "base/check.h"
#include "base/hash.h"
#include "workers/clearing.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/fact_step.h"
#include "workers/join.h"
#include "workers/left.h"
#include "workers/part.h"
#include "workers/party_step.h"
#include "workers/request_step.h"
#include "workers/snapshot_step.h"
#include "workers/span_step.h"

void
step_begin(struct step *step, const struct event *event)
{
    call_table_ease(step->table);
    step->event = event;
    step->link = &step->table->links[event->link];
    table_touch(step->table, step->link, sizeof *step->link);
    step->decided_order = 2 * event->order + 1;
    step->decided_tick = 0;
    step->seq = event->seq;
    step->has_time = (event->flags & EVENT_HAS_TIME) != 0;
    step->time_us = event->time_us;
    step->now_ms = step->link->tick_ms;
    step->horizon_ms = event->clock_ms;
    step->held_count = 0;
    step->note = (struct step_note){.rule = RULE_NONE};
    part_begin(step);
}

/* Events by which a call is seen from its start (docs/attribution.md). */
static bool
is_opening(uint8_t kind)
{
    return kind == EVENT_SERVICE_INITIATED || kind == EVENT_ORIGINATED || kind == EVENT_OFFERED ||
           kind == EVENT_DELIVERED || kind == EVENT_QUEUED;
}

/* Is the call seen from its start by the message in hand? Soon after calls were lost, only where it
 * is a call's first in any case. */
static bool
is_from_start(const struct step *step)
{
    uint8_t kind = step->event->kind;
    bool is_first = kind == EVENT_SERVICE_INITIATED || kind == EVENT_ORIGINATED;
    return is_first || (is_opening(kind) && !doubt_is_regained(step, SPAN_REGAIN_MS));
}

static uint64_t
conn_id_of(const struct step *step, struct text call_id)
{
    uint8_t seq[8];
    for (int i = 0; i < 8; i++)
        seq[i] = (uint8_t)(step->event->seq >> (8 * i));
    struct text link = link_name(step->link);
    uint64_t hash = hash_bytes(HASH_START, link.at, link.length);
    hash = hash_bytes(hash, "", 1);
    hash = hash_bytes(hash, call_id.at, call_id.length);
    return hash_finish(hash_bytes(hash, seq, sizeof seq));
}

void
call_open(struct step *step, struct call call)
{
    struct shm_call *block = call.block;
    block->life = CALL_LIVING;
    block->first_order = step->event->order;
    block->conn_id = conn_id_of(step, call_text(block, block->call_id));
    if (is_from_start(step))
        block->flags |= CALL_FROM_START;
    else if (doubt_is_regained(step, UINT64_MAX))
        block->flags |= CALL_REGAINED;
    if (step->has_time) {
        block->flags |= CALL_HAS_TIMES;
        block->start_us = step->time_us;
    }
    span_clear(step->table, call, SPAN_LINGER);
    counter_add(step->counters, COUNTER_CALLS_OPENED, 1);
}

void
call_note(const struct step *step, struct call call)
{
    call.slot->last_order = step->event->order;
}

void
call_touch(struct step *step, struct call call)
{
    call_note(step, call);
    if (call.block->life != CALL_LIVING)
        return;
    call.slot->touched_order = step->event->order;
    span_set(step->table, call, SPAN_IDLE, step->event->clock_ms);
    doubt_list(step, call);
}

void
step_hold(struct step *step, struct call call)
{
    CHECK(step->held_count < STEP_HELD_MAX);
    step->held[step->held_count++] = call.number;
}

static bool
is_held(const struct step *step, struct call call)
{
    for (uint32_t i = 0; i < step->held_count; i++) {
        if (step->held[i] == call.number)
            return true;
    }
    return false;
}

/* The first call of a list that nothing has in hand. */
static struct call
first_idle(const struct step *step, uint16_t link, enum call_span span)
{
    struct call call = span_first(step->table, link, span);
    while (call.number != 0 && is_held(step, call))
        call = span_next(step->table, call, span);
    return call;
}

static struct call
oldest_idle(const struct step *step)
{
    struct call oldest = CALL_NONE;
    for (uint32_t i = 0; i < CALL_LINKS_MAX; i++) {
        if (step->table->links[i].known == 0)
            continue;
        struct call first = first_idle(step, (uint16_t)i, SPAN_IDLE);
        if (first.number == 0)
            first = first_idle(step, (uint16_t)i, SPAN_LINGER);
        if (first.number != 0 &&
            (oldest.number == 0 || first.slot->last_order < oldest.slot->last_order))
            oldest = first;
    }
    return oldest;
}

/* What gives way says the last that was heard on its own link. */
static void
give_way(struct step *step, struct call call)
{
    struct step own = *step;
    own.link = &step->table->links[call.slot->link];
    own.seq = own.link->last_seq;
    own.has_time = own.link->has_time != 0;
    own.time_us = own.link->last_us;
    event_reset(step->blank);
    step->blank->link = call.slot->link;
    step->blank->order = step->event->order;
    step->blank->clock_ms = own.link->clock_ms;
    own.event = step->blank;
    span_end_stale(&own, call);
    step->outcome_count = own.outcome_count;
    step->position = own.position;
}

/* Let the call go that was idle longest, on whatever link. */
static bool
force_out_oldest(struct step *step)
{
    struct call oldest = oldest_idle(step);
    if (oldest.number == 0)
        return false;
    call_table_touch(step->table, &oldest);
    counter_add(step->counters, COUNTER_CALLS_FORCED_OUT, 1);
    give_way(step, oldest);
    if (oldest.slot->detached == CALL_ATTACHED)
        step->port.closed(step->port.context, oldest.slot->key, oldest.slot->last_order);
    call_table_remove(step->table, oldest);
    return true;
}

/*
 * Too large for any block: a call like that is nobody's, and takes no other's place. Clearings get
 * more room than the rest, and what ends the call for good gets the last of it.
 */
static bool
is_oversize(const struct step *step, struct call call, uint32_t bytes)
{
    uint64_t used = call.number == 0 ? sizeof(struct shm_call) + CALL_ROOM_TEXT : call.block->used;
    bool ends =
        step->event->kind == EVENT_CONNECTION_CLEARED || step->event->kind == EVENT_CALL_CLEARED;
    return used + bytes > CALL_BLOCK_MAX - (ends ? CALL_ROOM_LAST : CALL_ROOM_ENDS);
}

/* call_obtain() of what was looked for already: `call`, of number 0 if there is none. */
static struct call
obtain(struct step *step, struct call call, uint64_t key, struct text call_id, uint32_t bytes)
{
    uint16_t link = step->event->link;
    for (;;) {
        if (is_oversize(step, call, bytes)) {
            if (call.number != 0 && step->event->kind == EVENT_CONNECTION_CLEARED)
                span_end_stale(step, call);
            break;
        }
        bool known = call.number != 0;
        if (!known)
            call = call_table_add(step->table, key, link, call_id, bytes);
        if (call.number != 0 && call_table_reserve(step->table, &call, bytes)) {
            if (!known)
                span_set(step->table, call, SPAN_LINGER, step->event->clock_ms + SPAN_EMBRYO_MS);
            return call;
        }
        if (!force_out_oldest(step))
            break;
        call = call_table_find(step->table, key, link, call_id);
    }
    counter_add(step->counters, COUNTER_OVERSIZE_CALLS, 1);
    return CALL_NONE;
}

struct call
call_obtain(struct step *step, struct text call_id, uint32_t bytes)
{
    uint16_t link = step->event->link;
    uint64_t key = call_key(link, call_id);
    struct call call = call_table_find(step->table, key, link, call_id);
    return obtain(step, call, key, call_id, bytes);
}

static void
note_first(struct shm_call *block, call_ref *place, struct text text)
{
    if (*place == 0)
        *place = call_add_text(block, text);
}

void
call_note_details(struct step *step, struct call call)
{
    static const enum event_text named[] = {
        EVENT_TEXT_CALLING,
        EVENT_TEXT_CALLED,
        EVENT_TEXT_NEW_DESTINATION,
        EVENT_TEXT_NETWORK_DEVICE,
        EVENT_TEXT_ASSOCIATED_CALLING,
        EVENT_TEXT_ASSOCIATED_CALLED,
        EVENT_TEXT_NETWORK_CALLING,
        EVENT_TEXT_NETWORK_CALLED,
    };
    struct shm_call *block = call.block;
    uint8_t kind = step->event->kind;
    note_first(block, &block->ani, step_text(step, EVENT_TEXT_CALLING));
    note_first(block, &block->dnis, step_text(step, EVENT_TEXT_CALLED));
    note_first(block, &block->linkage, step_text(step, EVENT_TEXT_LINKAGE));
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        call_note_name(block, step_text(step, named[i]), 0);
    call_note_name(block, step_text(step, EVENT_TEXT_LAST_REDIRECTION), NAME_ELSEWHERE);
    if (kind == EVENT_DIVERTED)
        call_note_name(block, step_text(step, EVENT_TEXT_NEW_DESTINATION), NAME_ELSEWHERE);
    if (step->event->monitor_type == MONITOR_CALL)
        block->flags |= CALL_WATCHED;
    bool from_network = !text_is_none(step_text(step, EVENT_TEXT_NETWORK_DEVICE)) ||
                        !text_is_none(step_text(step, EVENT_TEXT_NETWORK_CALLING));
    if (from_network && (kind == EVENT_OFFERED || kind == EVENT_DELIVERED || kind == EVENT_QUEUED ||
                         kind == EVENT_ESTABLISHED))
        block->flags |= CALL_INBOUND;
}

bool
call_forget(struct step *step, struct call call)
{
    struct shm_call_slot *slot = call.slot;
    if (slot->detached != CALL_REPLACED) {
        uint64_t key = slot->detached == CALL_UNREPORTED ? slot->touched_order : slot->key;
        if (!step->port.closed(step->port.context, key, slot->last_order)) {
            if (slot->detached == CALL_ATTACHED) {
                slot->touched_order = key;
                call_detach(step, call);
                slot->detached = CALL_UNREPORTED;
            }
            return false;
        }
    }
    call_table_remove(step->table, call);
    return true;
}

void
call_detach(struct step *step, struct call call)
{
    call.slot->detached = CALL_REPLACED;
    call_table_rekey(
        step->table, call,
        hash_finish(call.slot->key ^ step->event->order ^ (uint64_t)call.number << 40));
}

/*
 * A message for a call that has ended and is remembered. True if that is all there is to it: a
 * clearing, or a copy of what we know. Else the callID belongs to a new call.
 */
static bool
step_ended(struct step *step, struct call call)
{
    uint8_t kind = step->event->kind;
    call.slot->last_order = step->event->order;
    step->note = (struct step_note){.conn_id = call.block->conn_id, .rule = RULE_CALL_WAS_OVER};
    if (kind == EVENT_CONNECTION_CLEARED) {
        if (call_table_reserve(step->table, &call, call_room(step->event)))
            clearing_copy(step, call);
        return true;
    }
    if (kind == EVENT_CALL_CLEARED)
        return true;
    if (call_is_copy(call.block, kind, step_text(step, EVENT_TEXT_DEVICE), step->event->monitor)) {
        counter_add(step->counters, COUNTER_COPIES, 1);
        step->note.is_copy = true;
        return true;
    }
    return false;
}

/* A late copy of the old call's messages must not look new to the one that reuses its callID. */
static struct call
reopen(struct step *step, struct call old)
{
    call_detach(step, old);
    step_hold(step, old);
    uint32_t room = call_room(step->event) + old.block->used;
    struct call call = call_obtain(step, step_text(step, EVENT_TEXT_CALL), room);
    if (call.number == 0)
        return call;
    call_copy_facts(call.block, old.block);
    call.block->joined_key = old.slot->key; /* answers to the old one's requests go on to it */
    return call;
}

static void
step_living(struct step *step, struct call call)
{
    const struct event *event = step->event;
    bool opening = call.block->life == CALL_EMBRYO;
    bool was_quiet = span_is_set(call, SPAN_QUIET);
    span_clear(step->table, call, SPAN_QUIET);
    if (opening)
        call_open(step, call);
    step->note = (struct step_note){.conn_id = call.block->conn_id, .rule = RULE_NONE};
    call_note_details(step, call);
    doubt_see_event(step, call);
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    if (call_note_fact(call.block, event->kind, device, event->monitor)) {
        if (call.block->fact_count < UINT16_MAX)
            call.block->fact_count++;
        fact_step(step, call, opening);
    } else {
        step->note.is_copy = true;
        counter_add(step->counters, COUNTER_COPIES, 1);
        if (event->kind == EVENT_CONNECTION_CLEARED)
            clearing_copy(step, call);
    }
    if (call.block->life == CALL_LIVING) {
        party_make_monitored(step, call);
        if (opening)
            doubt_note_first(step, call);
        if (was_quiet && left_is_unseen(step, call))
            span_set(step->table, call, SPAN_QUIET, event->clock_ms + SPAN_QUIET_MS);
    }
    call_touch(step, call);
}

static void
step_call_event(struct step *step)
{
    const struct event *event = step->event;
    struct text call_id = step_text(step, EVENT_TEXT_CALL);
    DCHECK(step->key == 0 || step->key == call_key(event->link, call_id));
    uint64_t key = step->key != 0 ? step->key : call_key(event->link, call_id);
    struct call call = call_table_find(step->table, key, event->link, call_id);
    if (clearing_is_hold(step)) {
        step->note.conn_id = call.number == 0 ? 0 : call.block->conn_id;
        step->note.rule = RULE_HOLD_CLEARING;
        return;
    }
    if (call.number != 0 && is_opening(event->kind) && call.block->life == CALL_LIVING &&
        call_table_reserve(step->table, &call, CALL_ROOM_STEP))
        left_end_replaced(step, call);
    bool ended = call.number != 0 && call.block->life == CALL_ENDED;
    if (ended && step_ended(step, call))
        return;
    if (event->kind == EVENT_CALL_CLEARED &&
        (call.number == 0 || call.block->life == CALL_EMBRYO)) {
        if (call.number == 0)
            step->port.closed(step->port.context, key, event->order);
        return;
    }
    call = ended ? reopen(step, call) : obtain(step, call, key, call_id, call_room(event));
    if (call.number != 0)
        step_living(step, call);
}

/* The last that was heard on the link. */
static void
note_moment(struct step *step)
{
    struct shm_worker_link *link = step->link;
    link->clock_ms = step->event->clock_ms;
    if (step->event->kind == EVENT_LINK || step->event->kind == EVENT_DEVICE)
        return;
    link->last_seq = step->seq;
    link->has_time = step->has_time;
    link->last_us = step->time_us;
}

static void
note_loss(struct step *step)
{
    const struct event *event = step->event;
    struct shm_worker_link *link = step->link;
    bool is_up = event->kind == EVENT_LINK_UP;
    link->lost_order = event->order;
    link->lost_ms = event->clock_ms;
    link->up_ms = is_up ? event->clock_ms + 1 : 0;
    if (is_up && (link->flags & EVENT_LINK_REGAINED) != 0 && link->regained_ms == 0)
        link->regained_ms = event->clock_ms + 1;
}

void
call_step(struct step *step)
{
    const struct event *event = step->event;
    note_moment(step);
    switch ((enum event_kind)event->kind) {
    case EVENT_LINK:
        directory_note_link(step->table, event);
        break;
    case EVENT_DEVICE:
        if (!directory_note_device(step->table, event))
            counter_add(step->counters, COUNTER_BAD_RECORDS, 1);
        break;
    case EVENT_TICK:
        span_step_tick(step);
        break;
    case EVENT_LINK_END:
        span_step_end(step);
        break;
    case EVENT_LINK_DOWN:
    case EVENT_LINK_UP:
        note_loss(step);
        break;
    case EVENT_SNAPSHOT_DEVICE:
    case EVENT_SNAPSHOT_CALL:
        snapshot_step(step);
        break;
    case EVENT_CLEAR_CONNECTION:
    case EVENT_CLEAR_CALL:
        request_step_sent(step);
        break;
    case EVENT_REQUEST_GRANTED:
    case EVENT_REQUEST_REFUSED:
        request_step_answered(step);
        break;
    case EVENT_CONFERENCED:
    case EVENT_TRANSFERRED:
        join_calls(step);
        break;
    case EVENT_BRIDGED:
    case EVENT_CALL_CLEARED:
    case EVENT_CONNECTION_CLEARED:
    case EVENT_DELIVERED:
    case EVENT_DIGITS_DIALED:
    case EVENT_DIVERTED:
    case EVENT_ESTABLISHED:
    case EVENT_FAILED:
    case EVENT_HELD:
    case EVENT_NETWORK_CAPABILITIES_CHANGED:
    case EVENT_NETWORK_REACHED:
    case EVENT_OFFERED:
    case EVENT_ORIGINATED:
    case EVENT_QUEUED:
    case EVENT_RETRIEVED:
    case EVENT_SERVICE_INITIATED:
        step_call_event(step);
        break;
    case EVENT_NONE:
    case EVENT_RETOLD:
    case EVENT_FINISH:
    case EVENT_MOVE_OUT:
    case EVENT_MOVE_IN:
    case EVENT_KIND_COUNT:
        CHECK_NEVER("handled by the worker process");
    }
}
