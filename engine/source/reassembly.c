#include "engine/source/reassembly.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum {
    KEPT_FIRST = 2048,         /* room for what is kept at first; doubles */
    KEPT_IDLE_MAX = 16 * 1024, /* more than this is given back when it is empty */
};

struct held {
    struct held *after;
    uint32_t sequence;
    uint32_t length;
    char bytes[];
};

/* How far `to` is ahead of `from`; negative when it is behind. */
static int32_t
ahead(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

bool
budget_take(struct budget *budget, size_t bytes)
{
    if (bytes > BUDGET_BYTES_MAX - budget->used)
        return false;
    budget->used += bytes;
    if (budget->used > budget->most)
        budget->most = budget->used;
    return true;
}

void
budget_give(struct budget *budget, size_t bytes)
{
    CHECK(bytes <= budget->used);
    budget->used -= bytes;
}

void
direction_start(struct direction *direction, uint32_t sequence)
{
    CHECK(!direction->started);
    direction->started = true;
    direction->next = sequence;
}

/* ---- what came too early ------------------------------------------------------------------- */

static void
free_held(struct held *held, struct budget *budget)
{
    if (held == NULL)
        return;
    budget_give(budget, sizeof *held + held->length);
    free(held);
}

static bool
is_full(const struct direction *direction, uint32_t more)
{
    return direction->held_count >= DIRECTION_HELD_MAX ||
           direction->held_bytes + more > DIRECTION_HELD_BYTES_MAX;
}

/* Puts a copy of the bytes before *place. */
static enum direction_result
hold_piece(struct direction *direction, struct budget *budget, struct held **place,
           uint32_t sequence, struct text bytes)
{
    if (!budget_take(budget, sizeof(struct held) + bytes.length))
        return DIRECTION_MEMORY;
    struct held *held = malloc(sizeof *held + bytes.length);
    if (held == NULL) {
        budget_give(budget, sizeof *held + bytes.length);
        return DIRECTION_MEMORY;
    }
    *held = (struct held){.after = *place, .sequence = sequence, .length = bytes.length};
    memcpy(held->bytes, bytes.at, bytes.length);
    *place = held;
    direction->held_count++;
    direction->held_bytes += bytes.length;
    return DIRECTION_OK;
}

/* Holds those of the bytes that are not held yet. */
static enum direction_result
hold(struct direction *direction, struct budget *budget, uint32_t sequence, struct text bytes)
{
    struct held **place = &direction->held;
    while (bytes.length > 0 && *place != NULL) {
        int32_t before = ahead(sequence, (*place)->sequence);
        if (before > 0) {
            struct text piece = bytes;
            if (piece.length > (uint32_t)before)
                piece.length = (uint32_t)before;
            enum direction_result result = hold_piece(direction, budget, place, sequence, piece);
            if (result != DIRECTION_OK)
                return result;
            sequence += piece.length;
            bytes = text_skip(bytes, piece.length);
            place = &(*place)->after;
            continue;
        }
        int32_t beyond = ahead(sequence, (*place)->sequence + (*place)->length);
        if (beyond > 0) {
            uint32_t covered = (uint32_t)beyond < bytes.length ? (uint32_t)beyond : bytes.length;
            sequence += covered;
            bytes = text_skip(bytes, covered);
        }
        place = &(*place)->after;
    }
    if (bytes.length == 0)
        return DIRECTION_OK;
    return hold_piece(direction, budget, place, sequence, bytes);
}

/* ---- taking -------------------------------------------------------------------------------- */

enum direction_result
direction_take(struct direction *direction, struct budget *budget, uint32_t sequence,
               struct text bytes)
{
    CHECK(direction->started && direction->run.length == 0);
    int32_t distance = ahead(direction->next, sequence);
    if (distance > DIRECTION_WINDOW || distance < -DIRECTION_WINDOW)
        return DIRECTION_OK;
    if (distance < 0) {
        bytes = text_skip(bytes, 0 - (uint32_t)distance);
        sequence = direction->next;
    }
    if (bytes.length == 0)
        return DIRECTION_OK;
    if (sequence != direction->next)
        return is_full(direction, bytes.length) ? DIRECTION_FULL
                                                : hold(direction, budget, sequence, bytes);
    /* What is held came first, so it counts. No bound is asked for: the hole is being filled. */
    uint32_t hole = direction_hole(direction);
    if (hole > 0 && bytes.length > hole) {
        struct text beyond = text_skip(bytes, hole);
        if (hold(direction, budget, sequence + hole, beyond) != DIRECTION_OK)
            return DIRECTION_MEMORY;
        bytes.length = hole;
    }
    direction->run = bytes;
    direction->next += bytes.length;
    return DIRECTION_OK;
}

void
direction_acknowledge(struct direction *direction, uint32_t sequence)
{
    if (direction->acked_set && ahead(direction->acked, sequence) <= 0)
        return;
    direction->acked = sequence;
    direction->acked_set = true;
}

bool
direction_more(struct direction *direction, struct budget *budget)
{
    CHECK(direction->run.length == 0);
    free_held(direction->current, budget);
    direction->current = NULL;
    struct held *held = direction->held;
    if (held == NULL || held->sequence != direction->next)
        return false;
    direction->held = held->after;
    direction->held_count--;
    direction->held_bytes -= held->length;
    direction->current = held;
    direction->run = (struct text){held->bytes, held->length};
    direction->next += held->length;
    return true;
}

/* ---- reading ------------------------------------------------------------------------------- */

static void
free_kept(struct direction *direction, struct budget *budget)
{
    free(direction->kept);
    budget_give(budget, direction->kept_capacity);
    direction->kept = NULL;
    direction->kept_read = direction->kept_length = direction->kept_capacity = 0;
}

static bool
make_room(struct direction *direction, struct budget *budget, uint32_t wanted)
{
    if (wanted <= direction->kept_capacity)
        return true;
    uint32_t capacity = direction->kept_capacity == 0 ? KEPT_FIRST : direction->kept_capacity;
    while (capacity < wanted)
        capacity *= 2;
    uint32_t more = capacity - direction->kept_capacity;
    if (!budget_take(budget, more))
        return false;
    char *kept = realloc(direction->kept, capacity);
    if (kept == NULL) {
        budget_give(budget, more);
        return false;
    }
    direction->kept = kept;
    direction->kept_capacity = capacity;
    return true;
}

/* Moves the run behind what is kept. */
static enum direction_result
keep_run(struct direction *direction, struct budget *budget)
{
    if (direction->run.length == 0)
        return DIRECTION_OK;
    uint32_t unread = direction->kept_length - direction->kept_read;
    if (!make_room(direction, budget, unread + direction->run.length))
        return DIRECTION_MEMORY;
    if (unread > 0)
        memmove(direction->kept, direction->kept + direction->kept_read, unread);
    memcpy(direction->kept + unread, direction->run.at, direction->run.length);
    direction->kept_read = 0;
    direction->kept_length = unread + direction->run.length;
    direction->run = TEXT_NONE;
    return DIRECTION_OK;
}

enum direction_result
direction_unread(struct direction *direction, struct budget *budget, struct text *unread)
{
    if (direction->kept_read == direction->kept_length) {
        *unread = direction->run;
        return DIRECTION_OK;
    }
    enum direction_result result = keep_run(direction, budget);
    if (result == DIRECTION_OK)
        *unread = (struct text){direction->kept + direction->kept_read,
                                direction->kept_length - direction->kept_read};
    return result;
}

void
direction_skip(struct direction *direction, uint32_t count)
{
    direction->offset += count;
    uint32_t kept = direction->kept_length - direction->kept_read;
    uint32_t from_kept = count < kept ? count : kept;
    direction->kept_read += from_kept;
    CHECK(count - from_kept <= direction->run.length);
    if (count > from_kept)
        direction->run = text_skip(direction->run, count - from_kept);
}

enum direction_result
direction_settle(struct direction *direction, struct budget *budget)
{
    enum direction_result result = keep_run(direction, budget);
    bool is_empty = direction->kept_read == direction->kept_length;
    if (is_empty && direction->kept_capacity > KEPT_IDLE_MAX)
        free_kept(direction, budget);
    return result;
}

/* ---- holes and ends ------------------------------------------------------------------------ */

uint32_t
direction_hole(const struct direction *direction)
{
    return direction->held == NULL ? 0 : direction->held->sequence - direction->next;
}

bool
direction_is_hopeless(const struct direction *direction)
{
    return direction->held_count >= DIRECTION_PATIENCE && direction->acked_set &&
           ahead(direction->held->sequence, direction->acked) >= 0;
}

void
direction_lose(struct direction *direction, uint32_t count)
{
    CHECK(direction->run.length == 0 && direction->kept_read == direction->kept_length);
    direction->next += count;
    direction->offset += count;
}

bool
direction_can_end(const struct direction *direction, uint32_t sequence)
{
    if (!direction->started && !direction->acked_set)
        return true;
    /* What is acknowledged may hold a FIN, which takes a number behind the last byte. */
    uint32_t least = direction->started ? direction->next : direction->acked - 1;
    int32_t distance = ahead(least, sequence);
    return distance >= 0 && distance <= DIRECTION_HELD_BYTES_MAX;
}

uint32_t
direction_late(struct direction *direction, uint32_t sequence, uint32_t length)
{
    int32_t distance = ahead(direction->next, sequence + length);
    if (!direction->started || distance <= 0 || distance > DIRECTION_WINDOW)
        return 0;
    direction->next = sequence + length;
    return (uint32_t)distance < length ? (uint32_t)distance : length;
}

bool
direction_is_complete(const struct direction *direction)
{
    return direction->has_end && direction->started && ahead(direction->end, direction->next) >= 0;
}

void
direction_drop(struct direction *direction, struct budget *budget)
{
    free_held(direction->current, budget);
    direction->current = NULL;
    while (direction->held != NULL) {
        struct held *held = direction->held;
        direction->held = held->after;
        free_held(held, budget);
    }
    free_kept(direction, budget);
    direction->held_count = direction->held_bytes = 0;
    direction->run = TEXT_NONE;
}
