#include "workers/span_step.h"

#include "workers/act.h"
#include "workers/call_step.h"
#include "workers/due.h"
#include "workers/left.h"
#include "workers/part.h"
#include "workers/request_step.h"

enum {
    DUE_LINE = 64,
    DUE_LINES = 6, /* of most calls, all */
    DUE_AHEAD = 8, /* calls between the one whose span ends and the one that is asked for */
};

static uint64_t
tick_at_or_after(uint64_t ms)
{
    return (ms + TICK_MS - 1) / TICK_MS * TICK_MS;
}

/* While a link is down nothing is released for want of messages. */
static bool
waits_for_link(enum call_span span)
{
    return span == SPAN_SIGHT || span == SPAN_QUIET || span == SPAN_IDLE;
}

/* When the span of this call ends. Idle calls are listed by when they were last touched. */
static uint64_t
due_tick(const struct step *step, struct call call, enum call_span span)
{
    uint64_t due = span_at(step->table, call.number, span)->due_ms;
    if (span == SPAN_IDLE)
        due += step->link->stale_after_ms;
    if (waits_for_link(span) && due < step->link->up_ms)
        due = step->link->up_ms;
    return tick_at_or_after(due);
}

void
span_end_stale(struct step *step, struct call call)
{
    if (call.block->life != CALL_LIVING)
        return;
    if (call_table_reserve(step->table, &call, CALL_ROOM_STEP)) {
        left_end_all(step, call, REASON_STALE);
        request_rejudge(step, call);
    }
}

/* What cannot be done yet is tried again: at the tail of the list, since that is where a call gets
 * in at no cost, and there may be thousands. */
static void
end_linger(struct step *step, struct call call)
{
    if (act_any_waits(call) || !call_forget(step, call))
        span_set(step->table, call, SPAN_LINGER, step->horizon_ms + SPAN_LINGER_MS);
}

static void
end_sight(struct step *step, struct call call)
{
    if (!left_any(call) || left_is_unseen(step, call))
        left_end_all(step, call, REASON_OUT_OF_SIGHT);
}

static void
end_span(struct step *step, struct call call, enum call_span span)
{
    call_table_touch_slot(step->table, call);
    span_clear(step->table, call, span);
    if (span == SPAN_LINGER) {
        end_linger(step, call);
        return;
    }
    call_table_touch(step->table, &call);
    if (!call_table_reserve(step->table, &call, CALL_ROOM_STEP))
        return;
    switch (span) {
    case SPAN_WAIT:
        request_rejudge(step, call);
        break;
    case SPAN_SIGHT:
    case SPAN_QUIET:
        end_sight(step, call);
        break;
    case SPAN_IDLE:
        span_end_stale(step, call);
        break;
    case SPAN_LINGER:
    case SPAN_DOUBT:
    case SPAN_COUNT:
        break;
    }
}

/* The earliest tick at or before `limit` at which some span ends, or 0. */
static uint64_t
next_due(const struct step *step, uint64_t limit)
{
    uint64_t next = 0;
    for (int span = 0; span < SPAN_COUNT; span++) {
        struct call first = span_first(step->table, step->event->link, (enum call_span)span);
        if (first.number == 0 || (waits_for_link((enum call_span)span) && step->link->up_ms == 0))
            continue;
        uint64_t due = due_tick(step, first, (enum call_span)span);
        if (due <= limit && (next == 0 || due < next))
            next = due;
    }
    return next;
}

/* All calls of one span list that are due by `tick` (any, if it is UINT64_MAX). */
static uint32_t
gather_due(const struct step *step, enum call_span span, uint64_t tick, struct due_call *due,
           uint32_t count)
{
    for (struct call call = span_first(step->table, step->event->link, span);
         call.number != 0 && due_tick(step, call, span) <= tick;
         call = span_next(step->table, call, span)) {
        if (count < step->table->shared->max_calls)
            due[count++] = (struct due_call){.number = call.number, .span = (uint32_t)span};
        __builtin_prefetch(call.block);
    }
    return count;
}

/* Where its index entry and its block stand, of one that is due soon. */
static void
ask_for_due(const struct step *step, struct call call)
{
    __builtin_prefetch(&step->table->index[call_index_home(step->table, call.slot->key)], 1);
    for (int i = 1; i < DUE_LINES; i++)
        __builtin_prefetch((const uint8_t *)call.block + (size_t)i * DUE_LINE);
}

/* The list was walked along the slots alone, and the blocks were asked for on the way. */
static void
sort_gathered(const struct step *step, struct due_call *due, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct call call = call_table_at(step->table, due[i].number);
        due[i] = due_call_of(call, (enum call_span)due[i].span);
        if (i < DUE_AHEAD)
            ask_for_due(step, call);
    }
    due_sort(due, count);
}

/* False: given up. */
static bool
end_gathered(struct step *step, const struct due_call *due, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct call call = call_table_at(step->table, due[i].number);
        if (i + DUE_AHEAD < count)
            ask_for_due(step, call_table_at(step->table, due[i + DUE_AHEAD].number));
        /* An earlier one may have ended, or even forgotten, this call. */
        if (!part_is_done(step, &due[i]) && call.slot->key != 0 &&
            call.slot->link == step->event->link && span_is_set(call, (enum call_span)due[i].span))
            end_span(step, call, (enum call_span)due[i].span);
        bool was_last_of_call = i + 1 == count || due[i + 1].number != due[i].number;
        if (was_last_of_call && !part_end(step, &due[i]))
            return false;
    }
    return true;
}

static bool
end_tick(struct step *step, uint64_t tick)
{
    struct due_call *due = step->due;
    uint32_t count = 0;
    for (int span = 0; span < SPAN_COUNT; span++) {
        if (!waits_for_link((enum call_span)span) || step->link->up_ms != 0)
            count = gather_due(step, (enum call_span)span, tick, due, count);
    }
    sort_gathered(step, due, count);
    if (!end_gathered(step, due, count))
        return false;
    step_flush(step);
    return true;
}

/* The tick at `tick` as an event of its own: what ends then says its time. */
static void
take_up_tick(struct step *step, const struct event *last, uint64_t tick)
{
    step->tick->clock_ms = tick;
    step->tick->time_us = last->time_us - (int64_t)(last->clock_ms - tick) * 1000;
    step->event = step->tick;
    step->decided_order = 2 * last->order;
    step->decided_tick = tick;
    step->time_us = step->tick->time_us;
    step->now_ms = tick;
    part_begin(step);
}

/* When a call is asked about that nobody mentions. */
static uint64_t
asked_at(const struct step *step, struct call call)
{
    uint64_t stale_after_ms = step->link->stale_after_ms;
    uint64_t before_ms = stale_after_ms / 2 < STALE_ASKED_MS ? stale_after_ms / 2 : STALE_ASKED_MS;
    return call.slot->idle.due_ms + stale_after_ms - before_ms;
}

/* Decides nothing: only an answer that comes in time does. */
static void
ask_about_idle(struct step *step)
{
    if (step->port.ask_about == NULL || step->link->up_ms == 0)
        return;
    struct call call = span_first_unasked(step->table, step->event->link);
    while (call.number != 0 && asked_at(step, call) <= step->event->clock_ms &&
           step->port.ask_about(step->port.context, call)) {
        span_note_asked(step->table, call);
        call = span_first_unasked(step->table, step->event->link);
    }
}

void
span_step_tick(struct step *step)
{
    const struct event *last = step->event;
    event_reset(step->tick);
    step->tick->kind = EVENT_TICK;
    step->tick->link = last->link;
    step->tick->local_state = LOCAL_ABSENT;
    step->tick->order = last->order;
    step->tick->seq = last->seq;
    step->tick->flags = last->flags & EVENT_HAS_TIME;
    uint64_t tick;
    while ((tick = next_due(step, last->clock_ms)) != 0) {
        take_up_tick(step, last, tick);
        if (!end_tick(step, tick))
            break;
    }
    step->event = last;
    step->link->tick_ms = last->clock_ms;
    ask_about_idle(step);
}

void
span_step_end(struct step *step)
{
    static const enum call_span waiting[] = {SPAN_WAIT, SPAN_SIGHT, SPAN_QUIET};
    struct due_call *due = step->due;
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++)
        count = gather_due(step, waiting[i], UINT64_MAX, due, count);
    sort_gathered(step, due, count);
    step->now_ms = UINT64_MAX / 2; /* no request is waited for any more */
    end_gathered(step, due, count);
}
