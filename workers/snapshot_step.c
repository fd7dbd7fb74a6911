#include "workers/snapshot_step.h"

#include "workers/act.h"
#include "workers/call_step.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/due.h"
#include "workers/evidence.h"
#include "workers/left.h"
#include "workers/part.h"
#include "workers/party_step.h"

/* Of two parties lost, one after the other, the second ends in the first one's act. */
static struct shm_act *
lost_act(struct step *step, struct call call, const struct shm_party *party)
{
    FOR_EACH_ACT (act, call.block) {
        if ((act->flags & ACT_FIXED) != 0 && act->reason == REASON_LOST &&
            act_other(call, act, party) != NULL)
            return act;
    }
    return act_begin_fixed(step, call, TEXT_NONE, EVIDENCE_NONE, REASON_LOST, RULE_LOST);
}

/* Does the answer that nobody is in the call come with the act? Who has a monitor, and was not seen
 * since the loss, may have left before. */
static bool
is_gone_with(const struct step *step, struct call call, const struct shm_party *party,
             const struct shm_act *act)
{
    return step->event->kind == EVENT_SNAPSHOT_CALL && step->event->item_count == 0 &&
           left_is_together(step, act) &&
           !(doubt_is_party(step, party) &&
             directory_has_monitor(step->table, call.slot->link,
                                   call_text(call.block, party->number)));
}

/* Connections ended while we could not see. Whoever is left keeps the evidence of its own clearing;
 * one left out of sight ends with them. Whoever was alone ends in the act he was left alone in, if
 * we knew all who were there, or the switch knows nobody any more as soon as he was alone. */
static struct shm_act *
lose_party(struct step *step, struct call call, struct shm_party *party, struct shm_act *act)
{
    if ((party->flags & PARTY_UNSURE) != 0) {
        act_drop_party(call, party);
        return act;
    }
    struct shm_act *own =
        (party->flags & PARTY_ALONE) == 0 ? NULL : call_at(call.block, party->act);
    if (own != NULL && ((own->flags & ACT_GAP) == 0 || is_gone_with(step, call, party, own))) {
        act_end_party(step, call, party, own);
        return act != NULL ? act : own;
    }
    if (act == NULL)
        act = lost_act(step, call, party);
    act_end_party(step, call, party, act);
    return act;
}

static void
finish_loss(struct step *step, struct call call, struct shm_act *act)
{
    struct shm_party *other = evidence_only_other(step, call, NULL);
    if (act != NULL && other != NULL && (other->flags & PARTY_ALONE) == 0 &&
        left_is_unseen(step, call))
        act_mark_alone(call, other, act);
    left_finish(step, call, act);
}

static bool
lists_call(const struct event *event, struct text call_id)
{
    for (uint32_t i = 0; i < event->item_count; i++) {
        if (text_is_equal(event->items[i].new_call, call_id))
            return true;
    }
    return false;
}

static struct text
item_device(const struct event_item *item)
{
    return item->endpoint.length != 0 ? item->endpoint : item->new_device;
}

static bool
lists_party(const struct event *event, const struct shm_call *block, const struct shm_party *party)
{
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        if (item->state != LOCAL_NULL && (party_is_named(block, party, item->endpoint) ||
                                          party_is_named(block, party, item->new_device)))
            return true;
    }
    return false;
}

/* Is it no name of anybody who is or was in the call? */
static bool
fits_nobody(struct call call, struct text device, struct text alias)
{
    return call_party(call.block, device) == NULL && call_party(call.block, alias) == NULL;
}

/* Nobody is in a call of which we know every name, but under another one: the only such of the list
 * is the one party without a monitor that is not listed, or NULL. */
static struct shm_party *
unlisted_party(const struct step *step, struct call call, struct text device)
{
    struct shm_party *unlisted = NULL;
    uint32_t strange = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < step->event->item_count; i++) {
        const struct event_item *item = &step->event->items[i];
        strange += item->state != LOCAL_NULL && item->state != LOCAL_FAIL &&
                   fits_nobody(call, item_device(item), item->new_device);
    }
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party) || lists_party(step->event, call.block, party) ||
            directory_has_monitor(step->table, call.slot->link,
                                  call_text(call.block, party->number)))
            continue;
        unlisted = party;
        count++;
    }
    bool is_monitored = directory_has_monitor(step->table, call.slot->link, device);
    return strange == 1 && count == 1 && !is_monitored ? unlisted : NULL;
}

/* Does an answer name one whom nobody knows, in a call of which every name is known? */
static bool
is_strange(const struct step *step, struct call call, struct text device, struct text alias)
{
    return step->event->kind == EVENT_SNAPSHOT_CALL && doubt_is_whole(step, call) &&
           fits_nobody(call, device, alias);
}

/* A connection that stands: the call and the party exist, in the state it is in. False: it is
 * somebody's of whom we are not told who he is. */
static bool
adopt(struct step *step, struct call call, struct text device, struct text alias, uint8_t state)
{
    if (state == LOCAL_NULL || state == LOCAL_FAIL)
        return true;
    if (device.length == 0)
        return false;
    enum local_state known = state == LOCAL_ABSENT ? LOCAL_CONNECTED : (enum local_state)state;
    struct shm_party *party = call_active_party(call.block, device);
    if (party == NULL)
        party = call_active_party(call.block, alias);
    if (party == NULL && is_strange(step, call, device, alias)) {
        party = unlisted_party(step, call, device);
        if (party == NULL)
            return false;
        party_note_name(step, call, party, device);
    }
    if (party == NULL)
        party = party_join(step, call, device, known);
    party_note_name(step, call, party, alias);
    doubt_clear(step, party);
    if (state != LOCAL_ABSENT)
        party->state = state;
    return true;
}

static struct call
obtain_living(struct step *step, struct text call_id)
{
    struct call call = call_obtain(step, call_id, call_room(step->event));
    if (call.number != 0 && call.block->life == CALL_EMBRYO)
        call_open(step, call);
    return call;
}

/* Was the device in this call before the loss, and nothing has shown it there since? */
static bool
lacks(const struct step *step, struct call call, struct text device)
{
    if (call.block->life != CALL_LIVING)
        return false;
    const struct shm_party *party = call_active_party(call.block, device);
    return party != NULL && doubt_is_party(step, party) &&
           !lists_call(step->event, call_text(call.block, call.block->call_id));
}

/* The calls this device was in and is not any more: those not spoken of since the loss, which stand
 * first in the list of idle ones, and those spoken of in which a monitored party is in doubt. */
static uint32_t
gather_unlisted(const struct step *step, struct text device)
{
    uint16_t link = step->event->link;
    uint32_t count = 0;
    for (struct call call = span_first(step->table, link, SPAN_IDLE);
         call.number != 0 && call.slot->idle.due_ms <= step->link->lost_ms;
         call = span_next(step->table, call, SPAN_IDLE)) {
        if (doubt_is_call(step, call) && lacks(step, call, device))
            step->due[count++] = due_call_of(call, SPAN_IDLE);
    }
    for (struct call call = span_first(step->table, link, SPAN_DOUBT); call.number != 0;
         call = span_next(step->table, call, SPAN_DOUBT)) {
        if (!doubt_is_call(step, call) && lacks(step, call, device))
            step->due[count++] = due_call_of(call, SPAN_DOUBT);
    }
    return count;
}

/* False: given up. */
static bool
lose_unlisted_calls(struct step *step)
{
    struct text device = step_text(step, EVENT_TEXT_DEVICE);
    if (step->event->extra == 0 || step->link->lost_order == 0)
        return true;
    uint32_t count = gather_unlisted(step, device);
    due_sort(step->due, count);
    for (uint32_t i = 0; i < count; i++) {
        if (part_is_done(step, &step->due[i]))
            continue;
        struct call call = call_table_at(step->table, step->due[i].number);
        call_table_touch(step->table, &call);
        if (!call_table_reserve(step->table, &call, CALL_ROOM_STEP))
            continue;
        struct shm_party *party = call_active_party(call.block, device);
        finish_loss(step, call, lose_party(step, call, party, NULL));
        doubt_list(step, call);
        if (!part_end(step, &step->due[i]))
            return false;
    }
    return true;
}

static bool
was_doubtful(const struct step *step, struct text call_id)
{
    uint16_t link = step->event->link;
    struct call call = call_table_find(step->table, call_key(link, call_id), link, call_id);
    return call.number != 0 && doubt_is_call(step, call);
}

/* Each listed connection of the device stands. */
static void
adopt_listed_calls(struct step *step)
{
    for (uint32_t i = 0; i < step->event->item_count; i++) {
        const struct event_item *item = &step->event->items[i];
        call_table_ease(step->table);
        if (item->state == LOCAL_NULL || item->state == LOCAL_FAIL)
            continue;
        bool doubtful = was_doubtful(step, item->new_call);
        struct call call = obtain_living(step, item->new_call);
        if (call.number == 0 || call.block->life == CALL_ENDED)
            continue;
        adopt(step, call, step_text(step, EVENT_TEXT_DEVICE), item->new_device, item->state);
        if (doubtful)
            call_note(step, call); /* its other parties are as doubtful as before */
        else
            call_touch(step, call);
        doubt_ask(step, call, false);
    }
}

/* Nothing has shown him since the loss; or nobody is there by whose monitor his end would show. */
static bool
may_have_left(const struct step *step, const struct shm_party *party)
{
    return doubt_is_party(step, party) ||
           (step->event->item_count == 0 && (party->flags & PARTY_ALONE) != 0);
}

/* Whoever is in doubt and not listed by the answer has left while we could not see; nobody listed,
 * and it is the old call that has. */
static void
lose_unlisted(struct step *step, struct call call)
{
    struct shm_act *act = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && may_have_left(step, party) &&
            !lists_party(step->event, call.block, party))
            act = lose_party(step, call, party, act);
    }
    if (act != NULL)
        finish_loss(step, call, act);
    else if (step->event->item_count == 0)
        left_end_empty(step, call);
}

/* An answer that was under way may list one whom we have seen leaving since it was asked for. */
static bool
has_left_since(const struct step *step, struct call call, const struct event_item *item)
{
    const struct shm_party *party = call_party(call.block, item_device(item));
    if (party == NULL)
        party = call_party(call.block, item->new_device);
    if (party == NULL || party_is_active(party))
        return false;
    uint64_t asked = step->event->request;
    const struct shm_act *act = party->act == 0 ? NULL : call_at(call.block, party->act);
    return party->seen_order > asked || (act != NULL && act->order > asked);
}

static void
snapshot_call(struct step *step)
{
    const struct event *event = step->event;
    if (event->extra == 0)
        return;
    struct text call_id = step_text(step, EVENT_TEXT_CALL);
    struct call call =
        call_table_find(step->table, call_key(event->link, call_id), event->link, call_id);
    bool had_ended = call.number != 0 && call.block->life == CALL_ENDED;
    if (call.number != 0 && call.block->life == CALL_LIVING &&
        call_table_reserve(step->table, &call, call_room(event)))
        lose_unlisted(step, call);
    /* What ended before the answer came was still there when the switch wrote it. */
    if (event->item_count == 0 || had_ended)
        return;
    if (call.number != 0 && call.block->life == CALL_ENDED)
        call_detach(step, call);
    call = obtain_living(step, call_id);
    if (call.number == 0)
        return;
    step->note.conn_id = call.block->conn_id;
    bool all = true;
    for (uint32_t i = 0; i < event->item_count; i++) {
        if (!has_left_since(step, call, &event->items[i]))
            all &= adopt(step, call, item_device(&event->items[i]), event->items[i].new_device,
                         event->items[i].state);
    }
    call.block->listed_order = all ? event->order : 0;
    call_touch(step, call);
}

void
snapshot_step(struct step *step)
{
    if (step->event->kind == EVENT_SNAPSHOT_CALL) {
        snapshot_call(step);
        return;
    }
    if (lose_unlisted_calls(step))
        adopt_listed_calls(step);
}
