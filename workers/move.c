#include "workers/move.h"

#include "ipc/shared_engine.h"
#include "workers/call_step.h"

static uint32_t
at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

/* Bytes travel slot by slot; only the last slot of a move is partly used. */
static void
lane_write(const struct move_lane *lane, const struct shm_move *move, const void *block)
{
    uint32_t left = move->bytes;
    const uint8_t *from = block;
    uint32_t room = LANE_SLOT_SIZE - (uint32_t)sizeof *move;
    bool first = true;
    do {
        while (!ring_spsc_claim(lane->ring, 1))
            lane->wait(lane->context);
        uint8_t *slot = ring_spsc_slot(lane->ring, lane->ring->position);
        uint32_t part = at_most(left, room);
        if (first)
            memcpy(slot, move, sizeof *move);
        if (part != 0)
            memcpy(slot + LANE_SLOT_SIZE - room, from, part);
        ring_spsc_publish(lane->ring, 1);
        lane->news(lane->context);
        from += part;
        left -= part;
        room = LANE_SLOT_SIZE;
        first = false;
    } while (left != 0);
}

static const uint8_t *
lane_next(const struct move_lane *lane)
{
    while (ring_spsc_poll(lane->ring, 1) == 0)
        lane->wait(lane->context);
    return ring_spsc_slot(lane->ring, lane->ring->position);
}

static void
lane_done(const struct move_lane *lane)
{
    ring_spsc_release(lane->ring, 1);
    lane->news(lane->context);
}

void
move_out(struct step *step, const struct move_lane *lane)
{
    struct text call_id = step_text(step, EVENT_TEXT_CALL);
    uint16_t link = step->event->link;
    struct shm_move move = {
        .number = step->event->request, .key = call_key(link, call_id), .link = link};
    struct call call = call_table_find(step->table, move.key, link, call_id);
    if (call.number == 0) {
        lane_write(lane, &move, NULL);
        return;
    }
    move.bytes = call.block->used;
    move.last_order = call.slot->last_order;
    move.touched_order = call.slot->touched_order;
    move.spans = call.slot->spans;
    for (int span = 0; span < SPAN_COUNT; span++)
        move.due_ms[span] = call.slot->span[span].due_ms;
    lane_write(lane, &move, call.block);
    call_table_remove(step->table, call);
}

/* The rest of the block, into a call that has the room for it. */
static void
lane_read_block(const struct move_lane *lane, const struct shm_move *move, struct shm_call *block)
{
    uint32_t capacity = block->capacity;
    uint8_t *to = (uint8_t *)block;
    uint32_t left = move->bytes;
    uint32_t room = LANE_SLOT_SIZE - (uint32_t)sizeof *move;
    for (;;) {
        uint32_t part = at_most(left, room);
        memcpy(to, lane_next(lane) + LANE_SLOT_SIZE - room, part);
        lane_done(lane);
        to += part;
        left -= part;
        room = LANE_SLOT_SIZE;
        if (left == 0)
            break;
    }
    block->capacity = capacity;
}

static void
lane_skip(const struct move_lane *lane, uint32_t bytes)
{
    uint32_t room = LANE_SLOT_SIZE - (uint32_t)sizeof(struct shm_move);
    lane_next(lane);
    lane_done(lane);
    for (uint32_t left = bytes - at_most(bytes, room); left != 0;
         left -= at_most(left, LANE_SLOT_SIZE)) {
        lane_next(lane);
        lane_done(lane);
    }
}

bool
move_in(struct step *step, const struct move_lane *lane)
{
    struct shm_move move;
    memcpy(&move, lane_next(lane), sizeof move);
    if (move.number != step->event->request || move.bytes > CALL_BLOCK_MAX)
        return false;
    if (move.bytes == 0) {
        lane_done(lane);
        return true;
    }
    struct call call = call_obtain(step, step_text(step, EVENT_TEXT_CALL), move.bytes);
    if (call.number == 0) {
        lane_skip(lane, move.bytes);
        return true;
    }
    lane_read_block(lane, &move, call.block);
    call.slot->last_order = move.last_order;
    call.slot->touched_order = move.touched_order;
    for (int span = 0; span < SPAN_COUNT; span++) {
        span_clear(step->table, call, (enum call_span)span);
        if ((move.spans >> span & 1) != 0)
            span_set(step->table, call, (enum call_span)span, move.due_ms[span]);
    }
    return true;
}
