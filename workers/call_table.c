#include "workers/call_table.h"

#include "base/check.h"
#include "base/hash.h"
#include "workers/call.h"
#include "workers/call_block.h"

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
    uint64_t links, devices, device_index, index, slots, waits, works, blocks, end;
};

/* Blocks get 6 KiB a call on average: the usual one takes a tenth. Sparse: unused costs nothing. */
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
    at.waits = at.slots + round_up(sizeof(struct shm_call_slot) * (max_calls + UINT64_C(1)), PAGE);
    at.works = at.waits + round_up(sizeof(struct shm_call_waits) * (max_calls + UINT64_C(1)), PAGE);
    at.blocks = at.works + round_up((uint64_t)CALL_WORKS * CALL_WORK_BYTES, PAGE);
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
    shared->waits_offset = at->waits;
    shared->works_offset = at->works;
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
           shared->slots_offset == at->slots && shared->waits_offset == at->waits &&
           shared->works_offset == at->works && shared->blocks_offset == at->blocks;
}

bool
call_table_open(struct call_table *table, void *memory, uint64_t bytes, uint32_t max_calls,
                struct transaction *transaction)
{
    CHECK(max_calls > 0);
    struct layout at = layout_of(max_calls);
    if (bytes < at.end || at.end / CALL_BLOCK_UNIT > UINT32_MAX)
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
        .waits = (struct shm_call_waits *)(void *)(base + at.waits),
    };
    return true;
}

void
call_table_touch(struct call_table *table, struct call *call)
{
    call_table_touch_slot(table, *call);
    block_in_hand(table, call);
}

static uint32_t
tag_of(uint64_t key)
{
    return (uint32_t)(key >> 32);
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
call_table_find(struct call_table *table, uint64_t key, uint16_t link, struct text call_id)
{
    uint32_t mask = table->shared->index_mask;
    for (uint32_t i = call_index_home(table, key);; i = (i + 1) & mask) {
        struct shm_index_entry entry = table->index[i];
        if (entry.slot == 0)
            return CALL_NONE;
        if (entry.tag != tag_of(key))
            continue;
        struct call call = call_table_at(table, entry.slot);
        if (is_sought(call, key, link, call_id)) {
            call_table_touch(table, &call);
            return call;
        }
    }
}

struct call
call_table_find_key(struct call_table *table, uint64_t key, uint16_t link)
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
    uint32_t i = call_index_home(table, key);
    while (table->index[i].slot != 0)
        i = (i + 1) & mask;
    index_set(table, i, (struct shm_index_entry){tag_of(key), number});
}

static void
index_delete(struct call_table *table, uint64_t key, uint32_t number)
{
    uint32_t mask = table->shared->index_mask;
    uint32_t hole = call_index_home(table, key);
    while (table->index[hole].slot != number)
        hole = (hole + 1) & mask;
    /* Shift back whoever would no longer be found across the hole. */
    for (uint32_t i = (hole + 1) & mask; table->index[i].slot != 0; i = (i + 1) & mask) {
        uint32_t home = table->index[i].tag & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            index_set(table, hole, table->index[i]);
            hole = i;
        }
    }
    index_set(table, hole, (struct shm_index_entry){0, 0});
}

static uint32_t
slot_take(struct call_table *table)
{
    struct shm_call_table *shared = table->shared;
    uint32_t number = shared->free_slot;
    table_touch(table, shared, sizeof *shared);
    if (number != 0)
        shared->free_slot = table->slots[number].block;
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
    table->slots[number].block = table->shared->free_slot;
    table->shared->free_slot = number;
}

struct call
call_table_add(struct call_table *table, uint64_t key, uint16_t link, struct text call_id,
               uint32_t bytes)
{
    uint32_t number = slot_take(table);
    if (number == 0)
        return CALL_NONE;
    struct call call = {&table->slots[number], NULL, number};
    *call.slot = (struct shm_call_slot){.key = key, .link = link};
    if (!block_begin(table, &call, sizeof(struct shm_call) + (uint64_t)bytes + CALL_ROOM_TEXT)) {
        slot_give(table, number);
        return CALL_NONE;
    }
    call.block->call_id = call_add_text(call.block, call_id);
    index_insert(table, key, number);
    table->shared->living++;
    return call;
}

bool
call_table_reserve(struct call_table *table, struct call *call, uint32_t bytes)
{
    uint64_t needed = (uint64_t)call->block->used + bytes;
    return needed <= call->block->capacity || block_grow(table, call, needed);
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
    call_table_touch_slot(table, call);
    table_touch(table, table->shared, sizeof *table->shared);
    for (int span = 0; call.slot->spans != 0; span++)
        span_clear(table, call, (enum call_span)span);
    index_delete(table, call.slot->key, call.number);
    block_end(table, call);
    slot_give(table, call.number);
    table->shared->living--;
}
