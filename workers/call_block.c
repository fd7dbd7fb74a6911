#include "workers/call_block.h"

#include "base/check.h"

enum {
    SMALL_CLASSES = 14, /* in steps of 64 bytes, up to 1 KiB */
    SMALL_MAX = 1024,
    SMALL_POWER = 10,
    MIDDLE_CLASSES = 8, /* four to a doubling, up to 4 KiB; then two */
    MIDDLE_MAX = 4096,
    MIDDLE_POWER = 12,
    WORK_CLASS_BYTES = 3072, /* of the block that holds what the fullest work holds */
    EASE_WORKS = 16,         /* calls in hand that stay in the nearest cache */
    SHRINK_ROOM = 1024,      /* a call with so much room left in a work belongs into one */
};

uint32_t
call_class_size(uint32_t class_number)
{
    if (class_number < SMALL_CLASSES)
        return CALL_BLOCK_MIN + class_number * CALL_BLOCK_UNIT;
    uint32_t above = class_number - SMALL_CLASSES;
    if (above < MIDDLE_CLASSES)
        return ((uint32_t)SMALL_MAX << above / 4) / 4 * (4 + above % 4 + 1);
    above -= MIDDLE_CLASSES;
    return ((uint32_t)MIDDLE_MAX << above / 2) / 2 * (2 + above % 2 + 1);
}

uint32_t
call_class_of(uint64_t bytes)
{
    if (bytes <= CALL_BLOCK_MIN)
        return 0;
    if (bytes <= SMALL_MAX)
        return (uint32_t)(bytes - CALL_BLOCK_MIN + CALL_BLOCK_UNIT - 1) / CALL_BLOCK_UNIT;
    if (bytes > CALL_BLOCK_MAX)
        return CALL_CLASSES;
    uint32_t last = (uint32_t)bytes - 1;
    uint32_t power = 31 - (uint32_t)__builtin_clz(last);
    if (bytes <= MIDDLE_MAX)
        return SMALL_CLASSES + (power - SMALL_POWER) * 4 + (last >> (power - 2) & 3);
    return SMALL_CLASSES + MIDDLE_CLASSES + (power - MIDDLE_POWER) * 2 + (last >> (power - 1) & 1);
}

/* Sums of words, and sums of these sums, which tell places apart; four of each side by side. */
struct sums {
    uint64_t words[4];
    uint64_t places[4];
};

static_assert(offsetof(struct shm_call, checksum) % sizeof(uint64_t) == 0, "whole words");
static_assert(CALL_UNIT % sizeof(uint64_t) == 0, "whole words");
static_assert(CALL_WORK_BYTES % CALL_BLOCK_UNIT == 0, "a slot names a work by its number of units");

static void
add_words(struct sums *sums, const uint8_t *at, uint32_t bytes)
{
    uint32_t i = 0;
    for (; i + sizeof sums->words <= bytes; i += sizeof sums->words) {
        uint64_t words[4];
        memcpy(words, at + i, sizeof words);
        for (int lane = 0; lane < 4; lane++) {
            sums->words[lane] += words[lane];
            sums->places[lane] += sums->words[lane];
        }
    }
    for (int lane = 0; i < bytes; i += sizeof(uint64_t), lane++) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        sums->words[lane] += word;
        sums->places[lane] += sums->words[lane];
    }
}

/* Odd factors for the ones, even ones for the others: so no change of one word goes unseen. */
uint64_t
block_sum(const struct shm_call *call)
{
    const uint32_t before = offsetof(struct shm_call, checksum);
    const uint32_t behind = before + sizeof call->checksum;
    struct sums sums = {{0}, {0}};
    add_words(&sums, (const uint8_t *)call, before);
    add_words(&sums, (const uint8_t *)call + behind, call->used - behind);
    uint64_t sum = call->used;
    uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    for (int lane = 0; lane < 4; lane++) {
        sum += sums.words[lane] * factor + sums.places[lane] * (factor << 1);
        factor *= UINT64_C(0xff51afd7ed558ccd);
    }
    return sum;
}

/* ---- the transaction's hand ---------------------------------------------------------------- */

/* What was in the hand of an older transaction is settled, or never was. */
static struct call_hand *
hand_of(struct call_table *table)
{
    struct call_hand *hand = &table->hand;
    const struct transaction *transaction = table->transaction;
    if (hand->serial == transaction->serial)
        return hand;
    CHECK(hand->work_count + hand->given_count == 0 ||
          hand->number == transaction_number(transaction)); /* it was undone */
    hand->serial = transaction->serial;
    hand->number = transaction_number(transaction);
    hand->work_count = hand->pinned_count = hand->given_count = 0;
    return hand;
}

/* Which work is it? CALL_WORKS or more: none. */
static uint64_t
work_number(const struct call_table *table, uint64_t offset)
{
    return (offset - table->shared->works_offset) / CALL_WORK_BYTES;
}

/* There must be a block for all that is in works, whatever comes of it. */
static bool
space_is_left(const struct call_table *table, uint32_t works, uint64_t size)
{
    uint64_t left = table->shared->segment_bytes - table->shared->blocks_end;
    return size + (uint64_t)works * WORK_CLASS_BYTES <= left;
}

static bool
work_is_left(const struct call_table *table, const struct call_hand *hand)
{
    return hand->work_count < CALL_WORKS && hand->pinned_count < CALL_WORKS &&
           space_is_left(table, hand->work_count + 1, 0);
}

static void
work_take(struct call_table *table, struct call_hand *hand, struct call *call)
{
    uint64_t offset = table->shared->works_offset + (uint64_t)hand->work_count * CALL_WORK_BYTES;
    hand->works[hand->work_count++] = call->number;
    call->slot->block = (uint32_t)(offset / CALL_BLOCK_UNIT);
    call->block = block_at(table, call->slot);
}

/* ---- blocks -------------------------------------------------------------------------------- */

/* The first of the free ones of a class; 0: there is none. */
static uint64_t
take_free(struct call_table *table, uint32_t class_number)
{
    struct shm_call_table *shared = table->shared;
    uint64_t block = shared->free_blocks[class_number];
    if (block == 0)
        return 0;
    table_touch(table, shared, sizeof *shared);
    memcpy(&shared->free_blocks[class_number], table->base + block, sizeof block);
    table_touch(table, table->base + block, sizeof block);
    return block;
}

/* One that there never was; 0: the area is at its end. */
static uint64_t
take_new(struct call_table *table, uint32_t class_number, uint32_t works)
{
    struct shm_call_table *shared = table->shared;
    uint32_t size = call_class_size(class_number);
    if (!space_is_left(table, works, size))
        return 0;
    table_touch(table, shared, sizeof *shared);
    uint64_t block = shared->blocks_end;
    shared->blocks_end += size;
    return block;
}

/*
 * The class of a new block for what needs one of `class_number`. Blocks are never split or joined:
 * calls that grow together leave as many free ones in each class they pass through. So when a third
 * of the area is in use there is one class to a doubling only, and what they leave is never more
 * than what they take.
 */
static uint32_t
class_to_make(const struct call_table *table, uint32_t class_number)
{
    const struct shm_call_table *shared = table->shared;
    uint64_t used = shared->blocks_end - shared->blocks_offset;
    if (used < (shared->segment_bytes - shared->blocks_offset) / 3)
        return class_number;
    uint32_t last = call_class_size(class_number) - 1;
    return call_class_of(UINT64_C(2) << (31 - (uint32_t)__builtin_clz(last)));
}

/* What somebody is in need of. */
struct need {
    uint32_t class_number; /* that, or a larger one */
    uint32_t below;        /* but none as large as this one */
    uint32_t works;        /* that must find room after it */
};

/* Its offset, and its class; 0: none is left. What it holds is of no meaning. */
static uint64_t
block_take(struct call_table *table, const struct need *need, uint32_t *class_number)
{
    uint64_t block = take_free(table, *class_number = need->class_number);
    if (block != 0)
        return block;
    uint32_t made = class_to_make(table, need->class_number);
    if (made >= need->below)
        made = need->class_number;
    if (made != need->class_number)
        block = take_free(table, *class_number = made);
    if (block == 0)
        block = take_new(table, *class_number = made, need->works);
    if (block == 0)
        block = take_new(table, *class_number = need->class_number, need->works);
    for (uint32_t i = need->class_number + 1; block == 0 && i < need->below; i++)
        block = take_free(table, *class_number = i);
    return block;
}

static void
block_free(struct call_table *table, uint64_t block, uint32_t size)
{
    uint64_t *list = &table->shared->free_blocks[call_class_of(size)];
    table_touch(table, table->shared, sizeof *table->shared);
    table_touch(table, table->base + block, sizeof block);
    memcpy(table->base + block, list, sizeof *list);
    *list = block;
}

/* Free from the commit on; at once where that cannot be noted, its bytes being written down. */
static void
block_give(struct call_table *table, struct call_hand *hand, uint64_t block, uint32_t size)
{
    if (hand->given_count < CALL_GIVEN_MAX) {
        hand->given[hand->given_count++] = (struct call_given){block, size};
        return;
    }
    table_touch(table, table->base + block, size);
    block_free(table, block, size);
}

/* The call, whose block is touched, stays in the area until the hand is settled. Where that cannot
 * be noted nobody will sum it up, and its sum is not known until it is in hand again. */
static void
pin(struct call_hand *hand, struct call call)
{
    if (hand->pinned_count < CALL_WORKS)
        hand->pinned[hand->pinned_count++] = call.number;
    else
        call.block->checksum = 0;
}

static bool
is_pinned(const struct call_hand *hand, uint32_t number)
{
    for (uint32_t i = 0; i < hand->pinned_count; i++)
        if (hand->pinned[i] == number)
            return true;
    return false;
}

/* The block that the slot leaves: a work, or one of the area. */
static void
block_leave(struct call_table *table, struct call_hand *hand, const struct shm_call_slot *slot)
{
    uint64_t offset = call_block_offset(slot);
    uint64_t work = work_number(table, offset);
    if (work < CALL_WORKS)
        hand->works[work] = 0;
    else
        block_give(table, hand, offset, block_at(table, slot)->capacity);
}

static void
block_move(struct call_table *table, struct shm_call_slot *slot, uint64_t block, uint32_t size)
{
    const struct shm_call *old = block_at(table, slot);
    struct shm_call *moved = (struct shm_call *)(void *)(table->base + block);
    memcpy(moved, old, old->used);
    moved->capacity = size;
    slot->block = (uint32_t)(block / CALL_BLOCK_UNIT);
}

/* ---- for the table ------------------------------------------------------------------------- */

void
block_in_hand(struct call_table *table, struct call *call)
{
    struct call_hand *hand = hand_of(table);
    uint64_t offset = call_block_offset(call->slot);
    call->block = block_at(table, call->slot);
    if (work_number(table, offset) < CALL_WORKS)
        return;
    struct shm_call *home = call->block;
    bool pinned = hand->pinned_count != 0 && is_pinned(hand, call->number);
    if (!pinned && home->capacity <= CALL_WORK_BYTES && work_is_left(table, hand)) {
        CHECK(home->used <= home->capacity);
        work_take(table, hand, call);
        memcpy(call->block, home, home->used);
        call->block->capacity = CALL_WORK_BYTES;
        block_give(table, hand, offset, home->capacity);
        return;
    }
    table_touch(table, home, home->used);
    transaction_own(table->transaction, home, home->capacity);
    if (!pinned)
        pin(hand, *call);
}

bool
block_begin(struct call_table *table, struct call *call, uint64_t bytes)
{
    struct call_hand *hand = hand_of(table);
    uint32_t capacity = CALL_WORK_BYTES;
    if (bytes <= CALL_WORK_BYTES && work_is_left(table, hand)) {
        work_take(table, hand, call);
    } else {
        const struct need need = {call_class_of(bytes), CALL_CLASSES, hand->work_count};
        uint32_t class_number;
        uint64_t block =
            need.class_number == CALL_CLASSES ? 0 : block_take(table, &need, &class_number);
        if (block == 0)
            return false;
        capacity = call_class_size(class_number);
        call->slot->block = (uint32_t)(block / CALL_BLOCK_UNIT);
        call->block = block_at(table, call->slot);
        transaction_own(table->transaction, call->block, capacity);
        pin(hand, *call);
    }
    *call->block = (struct shm_call){.used = sizeof(struct shm_call), .capacity = capacity};
    return true;
}

bool
block_grow(struct call_table *table, struct call *call, uint64_t bytes)
{
    struct call_hand *hand = hand_of(table);
    const struct need need = {call_class_of(bytes), CALL_CLASSES, hand->work_count};
    uint32_t class_number;
    if (need.class_number == CALL_CLASSES)
        return false;
    uint64_t block = block_take(table, &need, &class_number);
    if (block == 0)
        return false;
    struct shm_call_slot left = *call->slot;
    block_move(table, call->slot, block, call_class_size(class_number));
    block_leave(table, hand, &left);
    call->block = block_at(table, call->slot);
    transaction_own(table->transaction, call->block, call->block->capacity);
    if (!is_pinned(hand, call->number))
        pin(hand, *call);
    return true;
}

void
block_end(struct call_table *table, struct call call)
{
    block_leave(table, hand_of(table), call.slot);
}

/* ---- settling ------------------------------------------------------------------------------ */

static void
block_note_sum(struct shm_call *call)
{
    call->checksum = block_sum(call);
}

static void
settle_works(struct call_table *table, struct call_hand *hand)
{
    for (uint32_t i = 0; i < hand->work_count; i++) {
        if (hand->works[i] == 0)
            continue;
        struct shm_call_slot *slot = &table->slots[hand->works[i]];
        const struct need need = {call_class_of(block_at(table, slot)->used), CALL_CLASSES,
                                  hand->work_count - i - 1};
        uint32_t class_number;
        uint64_t block = block_take(table, &need, &class_number);
        CHECK(block != 0); /* space_is_left() */
        block_move(table, slot, block, call_class_size(class_number));
        block_note_sum(block_at(table, slot));
    }
    hand->work_count = 0;
}

/* What was large for a while need not stay so. */
static void
settle_pinned(struct call_table *table, struct call_hand *hand)
{
    for (uint32_t i = 0; i < hand->pinned_count; i++) {
        struct shm_call_slot *slot = &table->slots[hand->pinned[i]];
        struct shm_call *call = block_at(table, slot);
        if (slot->key == 0)
            continue;
        block_note_sum(call);
        if (call->used + SHRINK_ROOM > CALL_WORK_BYTES)
            continue;
        const struct need need = {call_class_of(call->used), call_class_of(call->capacity), 0};
        uint32_t class_number;
        uint64_t block =
            need.class_number < need.below ? block_take(table, &need, &class_number) : 0;
        if (block == 0)
            continue;
        struct shm_call_slot left = *slot;
        block_move(table, slot, block, call_class_size(class_number));
        block_note_sum(block_at(table, slot));
        block_leave(table, hand, &left);
    }
    hand->pinned_count = 0;
}

void
call_table_undone(struct call_table *table)
{
    table->hand.work_count = table->hand.pinned_count = table->hand.given_count = 0;
}

void
call_table_ease(struct call_table *table)
{
    struct call_hand *hand = &table->hand;
    if (hand->work_count + hand->pinned_count > EASE_WORKS)
        call_table_put_down(table);
}

void
call_table_put_down(struct call_table *table)
{
    struct call_hand *hand = hand_of(table);
    settle_works(table, hand);
    settle_pinned(table, hand);
}

void
call_table_settle(struct call_table *table)
{
    struct call_hand *hand = hand_of(table);
    call_table_put_down(table);
    for (uint32_t i = 0; i < hand->given_count; i++)
        block_free(table, hand->given[i].block, hand->given[i].size);
    hand->given_count = 0;
}

void
call_table_commit(struct call_table *table)
{
    call_table_settle(table);
    transaction_commit(table->transaction);
}
