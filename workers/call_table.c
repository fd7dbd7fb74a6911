#include "workers/call_table.h"

#include "base/check.h"
#include "base/hash.h"
#include "workers/call.h"

#define PAGE UINT64_C(4096)

enum {
    DEVICE_INDEX_MIN = 1024,
};

static uint64_t
round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Half full at most, so that probes stay short. */
static uint32_t
index_size(uint32_t max_calls)
{
    uint32_t size = 64;
    while (size / 2 < max_calls)
        size *= 2;
    return size;
}

struct layout {
    uint64_t links, devices, device_index, index, slots, blocks, end;
};

/* Blocks get 6 KiB a call on average: the usual one takes 1 to 2. Sparse: unused costs nothing. */
static struct layout
layout_of(uint32_t max_calls)
{
    struct layout at;
    at.links = round_up(sizeof(struct shm_call_table), PAGE);
    at.devices = at.links + round_up(sizeof(struct shm_worker_link) * CALL_LINKS_MAX, PAGE);
    at.device_index =
        at.devices + round_up(sizeof(struct shm_device) * (CALL_DEVICES_MAX + UINT64_C(1)), PAGE);
    at.index = at.device_index + sizeof(struct shm_index_entry) * 4 * CALL_DEVICES_MAX;
    at.slots = at.index + round_up(sizeof(struct shm_index_entry) * index_size(max_calls), PAGE);
    at.blocks = at.slots + round_up(sizeof(struct shm_call_slot) * (max_calls + UINT64_C(1)), PAGE);
    at.end = at.blocks + (uint64_t)max_calls * 6144 + 4 * (uint64_t)CALL_BLOCK_MAX;
    return at;
}

uint64_t
call_table_bytes(uint32_t max_calls)
{
    return round_up(layout_of(max_calls).end, PAGE);
}

static void
lay_fresh(struct transaction *transaction, struct shm_call_table *shared, const struct layout *at,
          uint64_t bytes, uint32_t max_calls)
{
    transaction_begin(transaction);
    transaction_touch(transaction, shared, sizeof *shared);
    shared->segment_bytes = bytes;
    shared->max_calls = max_calls;
    shared->index_mask = index_size(max_calls) - 1;
    shared->links_offset = at->links;
    shared->devices_offset = at->devices;
    shared->device_index_offset = at->device_index;
    shared->device_mask = DEVICE_INDEX_MIN - 1;
    shared->index_offset = at->index;
    shared->slots_offset = at->slots;
    shared->blocks_offset = at->blocks;
    shared->blocks_end = at->blocks;
    transaction_commit(transaction);
}

/* Does the header say what lay_fresh() made it say? */
static bool
is_laid_out(const struct shm_call_table *shared, const struct layout *at, uint32_t max_calls)
{
    return shared->max_calls == max_calls && shared->index_mask == index_size(max_calls) - 1 &&
           shared->links_offset == at->links && shared->devices_offset == at->devices &&
           shared->device_index_offset == at->device_index && shared->index_offset == at->index &&
           shared->slots_offset == at->slots && shared->blocks_offset == at->blocks;
}

bool
call_table_open(struct call_table *table, void *memory, uint64_t bytes, uint32_t max_calls,
                struct transaction *transaction)
{
    CHECK(max_calls > 0);
    struct layout at = layout_of(max_calls);
    if (bytes < at.end)
        return false;
    uint8_t *base = memory;
    struct shm_call_table *shared = memory;
    if (shared->segment_bytes == 0)
        lay_fresh(transaction, shared, &at, bytes, max_calls);
    else if (shared->segment_bytes != bytes || !is_laid_out(shared, &at, max_calls))
        return false;
    *table = (struct call_table){
        .transaction = transaction,
        .base = base,
        .shared = shared,
        .links = (struct shm_worker_link *)(void *)(base + at.links),
        .devices = (struct shm_device *)(void *)(base + at.devices),
        .device_indexes = (struct shm_index_entry *)(void *)(base + at.device_index),
        .index = (struct shm_index_entry *)(void *)(base + at.index),
        .slots = (struct shm_call_slot *)(void *)(base + at.slots),
    };
    return true;
}

struct call
call_table_at(const struct call_table *table, uint32_t number)
{
    struct shm_call_slot *slot = &table->slots[number];
    return (struct call){slot, (struct shm_call *)(void *)(table->base + slot->block), number};
}

/* Of the block only what is in use matters, now and in whatever it grows to. */
void
call_table_touch(const struct call_table *table, struct call call)
{
    table_touch(table, call.slot, sizeof *call.slot);
    table_touch(table, call.block, call.block->used);
    transaction_own(table->transaction, call.block, call.block->capacity);
}

static uint32_t
tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

/* Where the entry would stand if nobody stood there: the entry alone says it, so that deleting one
 * looks at no slots. */
static uint32_t
home_of(uint32_t tag, uint32_t mask)
{
    return tag & mask;
}

/* Is this the call we look for? A call ID of length 0 asks for the key alone. */
static bool
is_sought(struct call call, uint64_t key, uint16_t link, struct text call_id)
{
    return call.slot->key == key && call.slot->link == link &&
           (call_id.length == 0 ||
            text_is_equal(call_text(call.block, call.block->call_id), call_id));
}

struct call
call_table_find(const struct call_table *table, uint64_t key, uint16_t link, struct text call_id)
{
    uint32_t mask = table->shared->index_mask;
    for (uint32_t i = home_of(tag_of(key), mask);; i = (i + 1) & mask) {
        struct shm_index_entry entry = table->index[i];
        if (entry.slot == 0)
            return CALL_NONE;
        if (entry.tag != tag_of(key))
            continue;
        struct call call = call_table_at(table, entry.slot);
        if (is_sought(call, key, link, call_id)) {
            call_table_touch(table, call);
            return call;
        }
    }
}

struct call
call_table_find_key(const struct call_table *table, uint64_t key, uint16_t link)
{
    return call_table_find(table, key, link, TEXT_NONE);
}

static void
index_set(struct call_table *table, uint32_t at, struct shm_index_entry entry)
{
    table_touch(table, &table->index[at], sizeof table->index[at]);
    table->index[at] = entry;
}

static void
index_insert(struct call_table *table, uint64_t key, uint32_t number)
{
    uint32_t mask = table->shared->index_mask;
    uint32_t i = home_of(tag_of(key), mask);
    while (table->index[i].slot != 0)
        i = (i + 1) & mask;
    index_set(table, i, (struct shm_index_entry){tag_of(key), number});
}

static void
index_delete(struct call_table *table, uint64_t key, uint32_t number)
{
    uint32_t mask = table->shared->index_mask;
    uint32_t hole = home_of(tag_of(key), mask);
    while (table->index[hole].slot != number)
        hole = (hole + 1) & mask;
    /* Shift back whoever would no longer be found across the hole. */
    for (uint32_t i = (hole + 1) & mask; table->index[i].slot != 0; i = (i + 1) & mask) {
        uint32_t home = home_of(table->index[i].tag, mask);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            index_set(table, hole, table->index[i]);
            hole = i;
        }
    }
    index_set(table, hole, (struct shm_index_entry){0, 0});
}

uint32_t
call_class_size(uint32_t class_number)
{
    uint32_t power = (uint32_t)CALL_BLOCK_MIN << (class_number / 2);
    return class_number % 2 == 0 ? power : power + power / 2;
}

/* The smallest class that holds `bytes`, or CALL_CLASSES. */
uint32_t
call_class_of(uint64_t bytes)
{
    uint32_t class_number = 0;
    while (class_number < CALL_CLASSES && call_class_size(class_number) < bytes)
        class_number++;
    return class_number;
}

static uint64_t
block_take(struct call_table *table, uint32_t class_number)
{
    struct shm_call_table *shared = table->shared;
    uint64_t block = shared->free_blocks[class_number];
    uint32_t size = call_class_size(class_number);
    table_touch(table, shared, sizeof *shared);
    if (block != 0) {
        memcpy(&shared->free_blocks[class_number], table->base + block, sizeof block);
        table_touch(table, table->base + block, sizeof block);
    } else {
        if (size > shared->segment_bytes - shared->blocks_end)
            return 0;
        block = shared->blocks_end;
        shared->blocks_end += size;
    }
    transaction_own(table->transaction, table->base + block, size);
    return block;
}

static void
block_give(struct call_table *table, uint64_t block, uint32_t size)
{
    uint64_t *list = &table->shared->free_blocks[call_class_of(size)];
    table_touch(table, table->shared, sizeof *table->shared);
    table_touch(table, table->base + block, sizeof block);
    memcpy(table->base + block, list, sizeof *list);
    *list = block;
}

static uint32_t
slot_take(struct call_table *table)
{
    struct shm_call_table *shared = table->shared;
    uint32_t number = shared->free_slot;
    table_touch(table, shared, sizeof *shared);
    if (number != 0)
        shared->free_slot = table->slots[number].next_free;
    else if (shared->slots_used < shared->max_calls)
        number = ++shared->slots_used;
    table_touch(table, &table->slots[number], sizeof table->slots[number]);
    return number;
}

static void
slot_give(struct call_table *table, uint32_t number)
{
    table->slots[number].key = 0;
    table->slots[number].detached = CALL_ATTACHED;
    table->slots[number].next_free = table->shared->free_slot;
    table->shared->free_slot = number;
}

struct call
call_table_add(struct call_table *table, uint64_t key, uint16_t link, struct text call_id,
               uint32_t bytes)
{
    uint32_t class_number = call_class_of(sizeof(struct shm_call) + (uint64_t)bytes + 96);
    if (class_number == CALL_CLASSES)
        return CALL_NONE;
    uint32_t number = slot_take(table);
    if (number == 0)
        return CALL_NONE;
    uint64_t block = block_take(table, class_number);
    if (block == 0) {
        slot_give(table, number);
        return CALL_NONE;
    }
    struct shm_call_slot *slot = &table->slots[number];
    *slot = (struct shm_call_slot){.key = key, .block = block, .link = link};
    struct call call = call_table_at(table, number);
    *call.block = (struct shm_call){.used = sizeof(struct shm_call),
                                    .capacity = call_class_size(class_number)};
    call.block->call_id = call_add_text(call.block, call_id);
    index_insert(table, key, number);
    table->shared->living++;
    return call;
}

bool
call_table_reserve(struct call_table *table, struct call *call, uint32_t bytes)
{
    struct shm_call *old = call->block;
    uint64_t needed = (uint64_t)old->used + bytes;
    if (needed <= old->capacity)
        return true;
    uint32_t class_number = call_class_of(needed);
    if (class_number == CALL_CLASSES)
        return false;
    uint64_t block = block_take(table, class_number);
    if (block == 0)
        return false;
    struct shm_call *grown = (struct shm_call *)(void *)(table->base + block);
    memcpy(grown, old, old->used);
    grown->capacity = call_class_size(class_number);
    block_give(table, call->slot->block, old->capacity);
    call->slot->block = block;
    call->block = grown;
    return true;
}

void
call_table_rekey(struct call_table *table, struct call call, uint64_t key)
{
    index_delete(table, call.slot->key, call.number);
    call.slot->key = key;
    index_insert(table, key, call.number);
}

void
call_table_remove(struct call_table *table, struct call call)
{
    call_table_touch(table, call);
    for (int span = 0; span < SPAN_COUNT; span++)
        span_clear(table, call, (enum call_span)span);
    index_delete(table, call.slot->key, call.number);
    block_give(table, call.slot->block, call.block->capacity);
    slot_give(table, call.number);
    table->shared->living--;
}
