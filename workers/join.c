#include "workers/join.h"

#include "workers/act.h"
#include "workers/call_step.h"
#include "workers/clearing.h"
#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/join_list.h"
#include "workers/left.h"
#include "workers/party_step.h"

/* A Conferenced or Transferred event in hand. */
struct join {
    bool conference;
    bool replaces_path;     /* pathReplacement: IDs change, nobody leaves */
    struct text controller; /* the conferencing or transferring device */
    struct text result;     /* callID of what comes out */
    struct call kept;       /* the old call the result continues */
    struct call other;      /* the other old call; number 0: none, or it has ended */
};

static struct text
first_known(struct text first, struct text second, struct text third)
{
    if (first.length != 0)
        return first;
    return second.length != 0 ? second : third;
}

static struct call
find_call(const struct step *step, struct text call_id)
{
    uint16_t link = step->event->link;
    if (call_id.length == 0)
        return CALL_NONE;
    return call_table_find(step->table, call_key(link, call_id), link, call_id);
}

/* An old call, made if nobody has heard of it: then the controller's connection existed in it. */
static struct call
obtain_old(struct step *step, const struct join *join, struct text call_id, struct text device,
           uint32_t room)
{
    struct call call = find_call(step, call_id);
    if (call.number != 0 && call.block->life == CALL_ENDED)
        return CALL_NONE;
    call = call_obtain(step, call_id, room);
    if (call.number == 0)
        return call;
    step_hold(step, call);
    if (call.block->life != CALL_EMBRYO)
        return call;
    call_open(step, call);
    struct text number = join->controller.length != 0 ? join->controller : device;
    if (number.length != 0 && !join->replaces_path) {
        struct shm_party *party = party_join(step, call, number, LOCAL_CONNECTED);
        party_note_name(step, call, party, device);
    }
    return call;
}

/* Of the transferring party's two old connections, the device of the one in this call. */
static struct text
old_device_in(const struct step *step, struct call call)
{
    struct text id = call_text(call.block, call.block->call_id);
    bool is_primary = text_is_equal(id, step_text(step, EVENT_TEXT_CALL));
    return step_text(step, is_primary ? EVENT_TEXT_DEVICE : EVENT_TEXT_SECOND_DEVICE);
}

/* Who transferred, where the switch names nobody and the old connection fits nobody: the list tells
 * who goes on, and he is the one who does not. */
static struct shm_party *
find_missing(struct step *step, struct call call, struct text device)
{
    if (device.length == 0 || step_text(step, EVENT_TEXT_SUBJECT).length != 0 ||
        directory_has_monitor(step->table, call.slot->link, device))
        return NULL;
    return join_list_misses(step, call);
}

/* The transferring party has left this old call; it is reported once, however often it is said. The
 * old connection's device is another name of it, unless it is somebody else's. */
static void
leave_old(struct step *step, const struct join *join, struct call call)
{
    struct text device = old_device_in(step, call);
    struct shm_party *party = call_party(call.block, join->controller);
    if (party == NULL)
        party = call_party(call.block, device);
    if (party == NULL && (call.block->flags & CALL_FROM_START) == 0)
        party = party_join(step, call, join->controller, LOCAL_CONNECTED);
    if (party == NULL)
        party = find_missing(step, call, device);
    if (party == NULL)
        return;
    if (call_party(call.block, device) == NULL &&
        !directory_has_monitor(step->table, call.slot->link, device))
        party_learn_name(call.block, party, device);
    if (party_is_active(party))
        clearing_leave_by_transfer(step, call, party);
}

/* The active party of the kept call that goes by one of the names `from` goes by. */
static struct shm_party *
find_same(struct call kept, const struct shm_party *from, const struct shm_call *other)
{
    FOR_EACH_PARTY (party, kept.block) {
        if (party_is_active(party) &&
            party_is_named(other, from, call_text(kept.block, party->number)))
            return party;
    }
    return call_active_party(kept.block, call_text(other, from->number));
}

/* Does the one who called still take part? Else the other call's caller is the one who waits. */
static bool
call_has_caller(struct call call)
{
    FOR_EACH_PARTY (party, call.block) {
        if (party_is_active(party) && (party->flags & PARTY_CALLER) != 0)
            return true;
    }
    return false;
}

static void
merge_party(struct call kept, struct shm_party *from, const struct shm_call *other)
{
    bool has_caller = call_has_caller(kept);
    struct shm_party *same = find_same(kept, from, other);
    if (same == NULL) {
        same = call_add_party(kept.block, call_text(other, from->number));
        call_ref number = same->number;
        *same = *from;
        /* Whatever it did in the other call was before it came here. */
        same->joined_fact = kept.block->fact_count;
        same->answered_fact = 0;
        same->next = 0;
        same->number = number;
        same->aliases = 0;
        same->act = 0;
        same->other = 0;
        same->flags = (uint16_t)(same->flags & ~PARTY_ALONE);
        if (has_caller)
            same->flags = (uint16_t)(same->flags & ~PARTY_CALLER);
    }
    party_learn_names_of(kept.block, same, other, from);
    from->flags = (uint16_t)((from->flags & ~PARTY_ALONE) | PARTY_ENDED | PARTY_TOLD);
    from->act = 0;
}

static void
merge_requests(struct call kept, const struct shm_call *other)
{
    FOR_EACH_REQUEST (from, other) {
        if (from->state == REQUEST_STATE_USED)
            continue;
        struct shm_request *to = call_add_request(kept.block);
        call_ref next = to->next;
        *to = *from;
        to->next = next;
        to->target = call_add_text(kept.block, call_text(other, from->target));
        to->requester = call_add_text(kept.block, call_text(other, from->requester));
    }
}

static void
merge_names(struct call kept, const struct shm_call *other)
{
    for (call_ref ref = other->names; ref != 0;) {
        const struct shm_name *name = call_at(other, ref);
        call_note_name(kept.block, call_text(other, name->text), name->flags);
        ref = name->next;
    }
}

/* What the kept call takes over from the other. Its own beginning, numbers and ConnID stay. */
static void
merge_details(struct step *step, struct call kept, struct call from)
{
    struct shm_call *block = kept.block;
    const struct shm_call *other = from.block;
    bool known = doubt_knows_all(step, kept) && doubt_knows_all(step, from);
    block->listed_order = known ? step->event->order : 0;
    block->flags &= ~(uint32_t)CALL_BOTH_NAMED;
    bool both_from_start = (block->flags & other->flags & CALL_FROM_START) != 0;
    block->flags |= other->flags & (CALL_WATCHED | CALL_CONFERENCE | CALL_HAD_CLEARING);
    if (!both_from_start)
        block->flags &= ~(uint32_t)CALL_FROM_START;
    if ((block->flags & CALL_ANSWERED) == 0 && (other->flags & CALL_ANSWERED) != 0) {
        block->flags |= CALL_ANSWERED;
        block->answer_us = other->answer_us;
    }
    if (block->queue == 0)
        block->queue = call_add_text(block, call_text(other, other->queue));
}

/* False, and nothing merged, when the two do not fit into one block. */
static bool
merge_calls(struct step *step, struct join *join, struct call from)
{
    uint32_t room = from.block->used + call_room(step->event) + CALL_ROOM_STEP;
    if (!call_table_reserve(step->table, &join->kept, room)) {
        counter_add(step->counters, COUNTER_OVERSIZE_CALLS, 1);
        return false;
    }
    struct shm_call *other = from.block;
    left_join(join->kept);
    merge_details(step, join->kept, from);
    FOR_EACH_PARTY (party, other) {
        if (party_is_active(party))
            merge_party(join->kept, party, other);
    }
    merge_requests(join->kept, other);
    merge_names(join->kept, other);
    return true;
}

/* The old call that is not continued: one EventCallDeleted, none when only IDs changed. */
static void
end_other(struct step *step, const struct join *join)
{
    struct call other = join->other;
    if (!call_table_reserve(step->table, &other, CALL_ROOM_STEP))
        return;
    other.block->new_conn_id = join->kept.block->conn_id;
    other.block->joined_key = join->kept.slot->key;
    struct shm_act *act = NULL;
    if (!join->replaces_path)
        act = act_begin_fixed(step, other, join->controller, EVIDENCE_RELEASING_DEVICE,
                              REASON_TRANSFER, RULE_JOINED);
    act_end_call(step, other, act);
    act_settle(step, other);
}

/* Under its old callID the call is remembered for late copies, as one that has ended. */
static void
leave_tombstone(struct step *step, struct call kept, struct text old_id)
{
    struct call stone =
        call_obtain(step, old_id, kept.block->used + (uint32_t)sizeof(struct shm_fact_chunk));
    if (stone.number == 0)
        return;
    call_copy_facts(stone.block, kept.block);
    stone.block->life = CALL_ENDED;
    stone.block->flags |= CALL_DELETE_TOLD;
    stone.block->joined_key = kept.slot->key;
    stone.block->conn_id = kept.block->conn_id; /* for who asks what a late copy is about */
    stone.slot->last_order = step->event->order;
    span_set(step->table, stone, SPAN_LINGER, step->event->clock_ms + SPAN_LINGER_MS);
}

/*
 * The result's callID is free for the kept call: whatever stood under it is set aside if it has
 * ended, and is taken in if it was heard of before this event told what it is.
 */
static bool
clear_result_id(struct step *step, struct join *join)
{
    struct call found = find_call(step, join->result);
    if (found.number == 0)
        return true;
    if (found.block->life == CALL_ENDED) {
        call_detach(step, found);
        return true;
    }
    if (!merge_calls(step, join, found))
        return false;
    step->note.early_conn_id = found.block->conn_id;
    if (found.block->life == CALL_LIVING)
        act_end_call(step, found, NULL);
    else
        found.block->flags |= CALL_DELETE_TOLD;
    found.block->life = CALL_ENDED;
    found.block->joined_key = join->kept.slot->key;
    call_detach(step, found);
    return true;
}

static void
rename_call(struct step *step, struct join *join)
{
    char old_id[EVENT_TEXT_LENGTH];
    struct text old = call_text(join->kept.block, join->kept.block->call_id);
    if (text_is_equal(old, join->result) || !clear_result_id(step, join))
        return;
    old = call_text(join->kept.block, join->kept.block->call_id);
    if (!text_is_none(old))
        memcpy(old_id, old.at, old.length);
    old.at = old_id;
    call_table_rekey(step->table, join->kept, call_key(step->event->link, join->result));
    join->kept.block->call_id = call_add_text(join->kept.block, join->result);
    leave_tombstone(step, join->kept, old);
    join->kept.block->facts = 0; /* nothing was said of it under this callID so far */
}

static void
join_two(struct step *step, struct join *join)
{
    if (!join->conference && !join->replaces_path) {
        leave_old(step, join, join->kept);
        if (join->other.number != 0)
            leave_old(step, join, join->other);
    }
    bool merged = join->other.number != 0 && merge_calls(step, join, join->other);
    rename_call(step, join);
    if (merged)
        end_other(step, join);
    left_join(join->kept);
    if (join_list(step, join->kept, join->controller))
        join->kept.block->listed_order = step->event->order;
    if (join->conference) {
        join->kept.block->flags |= CALL_CONFERENCE;
        join->kept.block->controller = call_add_text(join->kept.block, join->controller);
    } else if (!join->replaces_path) {
        span_set(step->table, join->kept, SPAN_SIGHT, step->event->clock_ms + SPAN_SIGHT_MS);
    }
    party_make_monitored(step, join->kept);
}

/* The primary call ended by itself just before; what is said of the other still counts. */
static bool
is_only_second_left(const struct step *step, struct call primary)
{
    struct call second = find_call(step, step_text(step, EVENT_TEXT_SECOND_CALL));
    return second.number != 0 && second.block->life == CALL_LIVING &&
           primary.block->joined_key == 0;
}

/* Said before, or about a call that is no more: only the fact is noted. */
static bool
is_known(struct step *step)
{
    struct call primary = find_call(step, step_text(step, EVENT_TEXT_CALL));
    if (primary.number == 0 || primary.block->life == CALL_EMBRYO)
        return false;
    primary.slot->last_order = step->event->order;
    step->note.conn_id = primary.block->conn_id;
    if (primary.block->life == CALL_ENDED)
        return !is_only_second_left(step, primary);
    if (!call_table_reserve(step->table, &primary, call_room(step->event)))
        return true;
    return !call_note_fact(primary.block, step->event->kind, fact_subject(step->event),
                           step->event->monitor);
}

/* A call this event made has not counted the fact yet. */
static void
note_once(struct step *step, struct call call)
{
    struct text subject = fact_subject(step->event);
    uint32_t monitor = step->event->monitor;
    if (call_fact_count(call.block, step->event->kind, subject, monitor) == 0)
        call_note_fact(call.block, step->event->kind, subject, monitor);
}

static void
touch_ended(struct step *step, struct text call_id)
{
    struct call call = find_call(step, call_id);
    if (call.number != 0)
        call.slot->last_order = step->event->order;
    else if (call_id.length != 0)
        step->port.closed(step->port.context, call_key(step->event->link, call_id),
                          step->event->order);
}

/* Which calls it was about, for who wants to know. */
static void
note_join(struct step *step, const struct join *join)
{
    if (join->kept.number != 0)
        step->note.conn_id = join->kept.block->conn_id;
    if (join->other.number != 0)
        step->note.other_conn_id = join->other.block->conn_id;
    if (join->replaces_path)
        step->note.rule = RULE_PATH_REPLACED;
}

void
join_calls(struct step *step)
{
    struct text primary = step_text(step, EVENT_TEXT_CALL);
    struct text second = step_text(step, EVENT_TEXT_SECOND_CALL);
    struct join join = {
        .conference = step->event->kind == EVENT_CONFERENCED,
        .replaces_path = step->event->cause == CAUSE_PATH_REPLACEMENT,
        .controller =
            first_known(step_text(step, EVENT_TEXT_SUBJECT), step_text(step, EVENT_TEXT_DEVICE),
                        step_text(step, EVENT_TEXT_SECOND_DEVICE)),
        .result = first_known(step_text(step, EVENT_TEXT_NEW_CALL), primary, TEXT_NONE),
        .kept = CALL_NONE,
        .other = CALL_NONE,
    };
    if (is_known(step)) {
        step->note.is_copy = true;
        counter_add(step->counters, COUNTER_COPIES, 1);
    } else {
        uint32_t room = call_room(step->event) + CALL_ROOM_STEP;
        join.kept = obtain_old(step, &join, primary, step_text(step, EVENT_TEXT_DEVICE), room);
        if (join.kept.number != 0) {
            call_note_details(step, join.kept);
            note_once(step, join.kept);
        }
        if (second.length != 0 && !text_is_equal(second, primary))
            join.other =
                obtain_old(step, &join, second, step_text(step, EVENT_TEXT_SECOND_DEVICE), room);
        if (join.other.number != 0 &&
            (join.kept.number == 0 || text_is_equal(second, join.result))) {
            struct call swap = join.kept;
            join.kept = join.other;
            join.other = swap;
        }
        if (join.kept.number != 0)
            join_two(step, &join);
        if (join.kept.number != 0)
            call_touch(step, join.kept);
        note_join(step, &join);
    }
    touch_ended(step, primary);
    touch_ended(step, second);
    touch_ended(step, step_text(step, EVENT_TEXT_NEW_CALL));
}
