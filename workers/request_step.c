#include "workers/request_step.h"

#include "workers/act.h"
#include "workers/call_step.h"
#include "workers/clearing.h"

enum {
    HOPS_MAX = 8, /* calls joined to one another within the memory of them */
};

static struct call
find_call(const struct step *step)
{
    struct text call_id = step_text(step, EVENT_TEXT_CALL);
    uint16_t link = step->event->link;
    return call_table_find(step->table, call_key(link, call_id), link, call_id);
}

void
request_step_sent(struct step *step)
{
    struct call call = find_call(step);
    for (int hop = 0; hop < HOPS_MAX && call.number != 0 && call.block->life == CALL_ENDED &&
                      call.block->joined_key != 0;
         hop++)
        call = call_table_find_key(step->table, call.block->joined_key, step->event->link);
    if (call.number == 0)
        call = call_obtain(step, step_text(step, EVENT_TEXT_CALL), call_room(step->event));
    else if (!call_table_reserve(step->table, &call, call_room(step->event)))
        call = CALL_NONE;
    if (call.number == 0)
        return;
    step->note.conn_id = call.block->conn_id;
    struct shm_request *request = call_add_request(call.block);
    request->id = step->event->order;
    request->sent_ms = step->event->clock_ms;
    request->clears_call = step->event->kind == EVENT_CLEAR_CALL;
    request->target = call_add_text(call.block, step_text(step, EVENT_TEXT_DEVICE));
    request->requester = call_add_text(call.block, step_text(step, EVENT_TEXT_REQUESTER));
    if (request->target == 0 && !request->clears_call)
        request->target = request->requester;
    call.slot->last_order = step->event->order;
}

void
request_rejudge(struct step *step, struct call call)
{
    span_clear(step->table, call, SPAN_WAIT);
    FOR_EACH_ACT (act, call.block) {
        if ((act->flags & (ACT_WAITING | ACT_FOLLOWS)) != ACT_WAITING)
            continue;
        act_judge(step, call, act);
        clearing_decide(step, call, act);
    }
    act_settle(step, call);
}

static void
apply_answer(struct step *step, struct call call)
{
    call.slot->last_order = step->event->order;
    step->note.conn_id = call.block->conn_id;
    FOR_EACH_REQUEST (request, call.block) {
        if (request->id != step->event->request || request->state != REQUEST_PENDING)
            continue;
        request->state = step->event->kind == EVENT_REQUEST_GRANTED ? REQUEST_STATE_GRANTED
                                                                    : REQUEST_STATE_REFUSED;
        request->answered_ms = step->event->clock_ms;
    }
    request_rejudge(step, call);
}

void
request_step_answered(struct step *step)
{
    struct call call = find_call(step);
    if (call.number == 0) {
        step->port.closed(step->port.context,
                          call_key(step->event->link, step_text(step, EVENT_TEXT_CALL)),
                          step->event->order);
        return;
    }
    /* Where the call went on, or what had its callID before. */
    for (int hop = 0; hop < HOPS_MAX && call.number != 0; hop++) {
        uint64_t next = call.block->joined_key;
        apply_answer(step, call);
        call = next == 0 ? CALL_NONE : call_table_find_key(step->table, next, step->event->link);
    }
}
