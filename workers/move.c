#include "workers/move.h"

#include "ipc/shared_engine.h"
#include "workers/call_step.h"

static uint64_t
at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

static struct shm_move
describe(const struct step *step, struct call call, uint64_t key)
{
    struct shm_move move = {.number = step->event->request, .key = key, .link = step->event->link};
    if (call.number == 0)
        return move;
    move.bytes = call.block->used;
    move.last_order = call.slot->last_order;
    move.touched_order = call.slot->touched_order;
    move.spans = call.slot->spans;
    for (int span = 0; span < SPAN_COUNT; span++)
        move.due_ms[span] = span_at(step->table, call.number, (enum call_span)span)->due_ms;
    return move;
}

/* The header and then the block, as one row of bytes: fills a slot with what comes at `from`. */
static void
fill_slot(uint8_t *slot, const struct shm_move *move, const void *block, uint64_t from)
{
    uint64_t header = from == 0 ? sizeof *move : 0;
    uint64_t at = from == 0 ? 0 : from - sizeof *move;
    uint64_t part = at_most(move->bytes - at, LANE_SLOT_SIZE - header);
    if (header != 0)
        memcpy(slot, move, sizeof *move);
    if (part != 0)
        memcpy(slot + header, (const uint8_t *)block + at, part);
}

enum move_result
move_out(struct step *step, struct ring_spsc *lane)
{
    struct text call_id = step_text(step, EVENT_TEXT_CALL);
    uint16_t link = step->event->link;
    uint64_t key = call_key(link, call_id);
    struct call call = call_table_find(step->table, key, link, call_id);
    struct shm_move move = describe(step, call, key);
    uint64_t whole = sizeof move + move.bytes;
    while (step->part->moved < whole) {
        if (!ring_spsc_claim(lane, 1))
            return MOVE_WAITS;
        fill_slot(ring_spsc_slot(lane, lane->position), &move, call.block, step->part->moved);
        ring_spsc_stage(lane, 1);
        step->part->moved += LANE_SLOT_SIZE;
    }
    if (call.number != 0)
        call_table_remove(step->table, call);
    return MOVE_DONE;
}

/* The call takes its place here with the first slot of it; its block comes as it comes. */
static bool
begin_call(struct step *step, const uint8_t *slot)
{
    struct shm_move move;
    memcpy(&move, slot, sizeof move);
    if (move.number != step->event->request || move.bytes > CALL_BLOCK_MAX)
        return false;
    step->part->moving = sizeof move + move.bytes;
    if (move.bytes == 0)
        return true;
    struct call call = call_obtain(step, step_text(step, EVENT_TEXT_CALL), move.bytes);
    step->part->slot = call.number;
    if (call.number == 0)
        return true;
    call.slot->last_order = move.last_order;
    call.slot->touched_order = move.touched_order;
    for (int span = 0; span < SPAN_COUNT; span++) {
        span_clear(step->table, call, (enum call_span)span);
        if ((move.spans >> span & 1) != 0)
            span_set(step->table, call, (enum call_span)span, move.due_ms[span]);
    }
    return true;
}

/* One slot's share of the block. The block's header comes with the first one, and says how long the
 * block was where it came from. */
static void
add_to_block(struct step *step, const uint8_t *slot)
{
    const struct shm_part *part = step->part;
    if (part->slot == 0)
        return;
    struct call call = call_table_at(step->table, (uint32_t)part->slot);
    uint64_t header = part->moved == 0 ? sizeof(struct shm_move) : 0;
    uint64_t at = part->moved == 0 ? 0 : part->moved - sizeof(struct shm_move);
    uint64_t left = part->moving - sizeof(struct shm_move) - at;
    call_table_touch(step->table, &call);
    uint32_t capacity = call.block->capacity;
    memcpy((uint8_t *)call.block + at, slot + header, at_most(left, LANE_SLOT_SIZE - header));
    call.block->capacity = capacity;
    call.block->checksum = 0; /* noted when all of it is put down */
}

enum move_result
move_in(struct step *step, struct ring_spsc *lane)
{
    struct shm_part *part = step->part;
    while (part->moved == 0 || part->moved < part->moving) {
        if (ring_spsc_poll(lane, 1) == 0)
            return MOVE_WAITS;
        const uint8_t *slot = ring_spsc_slot(lane, lane->position);
        if (part->moved == 0 && !begin_call(step, slot))
            return MOVE_BROKEN;
        add_to_block(step, slot);
        part->moved += LANE_SLOT_SIZE;
        ring_spsc_take(lane, 1);
    }
    return MOVE_DONE;
}
