#include "workers/ahead.h"

#include "base/check.h"

enum {
    LINE = 64,
    BLOCK_LINES = 6, /* of most calls, all */
};

void
ahead_add(struct ahead *ahead, const struct call_table *table, uint64_t key)
{
    DCHECK(ahead_wants(ahead));
    uint32_t at = ahead->added++ % AHEAD_SIZE;
    ahead->events[at].key = key;
    ahead->events[at].number = 0;
    if (key != 0)
        __builtin_prefetch(&table->index[call_index_home(table, key)]);
}

/* The first entry with the key's tag is nearly always the one. */
static uint32_t
likely_slot(const struct call_table *table, uint64_t key)
{
    uint32_t mask = table->shared->index_mask;
    for (uint32_t i = call_index_home(table, key); table->index[i].slot != 0; i = (i + 1) & mask)
        if (table->index[i].tag == (uint32_t)(key >> 32))
            return table->index[i].slot;
    return 0;
}

static void
ask_for_slot(struct ahead *ahead, const struct call_table *table, uint32_t event)
{
    uint64_t key = ahead->events[event % AHEAD_SIZE].key;
    uint32_t number = key == 0 ? 0 : likely_slot(table, key);
    ahead->events[event % AHEAD_SIZE].number = number;
    if (number != 0)
        __builtin_prefetch(&table->slots[number], 1);
}

static void
ask_for_block(const struct ahead *ahead, const struct call_table *table, uint32_t event)
{
    uint32_t number = ahead->events[event % AHEAD_SIZE].number;
    const struct shm_call_slot *slot = &table->slots[number];
    if (number == 0 || slot->key == 0)
        return;
    const uint8_t *block = table->base + call_block_offset(slot);
    for (int i = 0; i < BLOCK_LINES; i++)
        __builtin_prefetch(block + (size_t)i * LINE);
    __builtin_prefetch(&table->slots[slot->idle.previous], 1);
    __builtin_prefetch(&table->slots[slot->idle.next], 1);
}

static uint32_t
at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

uint64_t
ahead_take(struct ahead *ahead, const struct call_table *table)
{
    if (ahead->taken == ahead->added)
        return 0;
    uint32_t slots = at_most(ahead->taken + AHEAD_SLOT, ahead->added);
    while (ahead->in_slots < slots)
        ask_for_slot(ahead, table, ahead->in_slots++);
    uint32_t blocks = at_most(ahead->taken + AHEAD_BLOCK, ahead->added);
    while (ahead->in_blocks < blocks)
        ask_for_block(ahead, table, ahead->in_blocks++);
    return ahead->events[ahead->taken++ % AHEAD_SIZE].key;
}
