#ifndef WORKERS_CALL_BLOCK_H
#define WORKERS_CALL_BLOCK_H

/*
 * workers/call_block.h - where a call's block stands: in a block of its size, or in a work while a
 * transaction changes it. For the call table only.
 *
 * What a transaction takes in hand is copied into a work and changed there: nothing of the block it
 * came from has to be written down, for that stays as it is until the commit. Then the call goes
 * into a block of its size, and the one it came from is free. Calls too large for a work, and all
 * of them when works are out, are changed where they stand, and written down first.
 *
 * Blocks given back in a transaction are not used again in it: it may be undone.
 */

#include "workers/call_table.h"

static inline struct shm_call *
block_at(const struct call_table *table, const struct shm_call_slot *slot)
{
    return (struct shm_call *)(void *)(table->base + call_block_offset(slot));
}

/*
 * block_sum - the checksum of a block, whatever stands in its place
 *
 * It is noted when a call is put down, so it holds between transactions, and is looked at when a
 * store may have gone anywhere (workers/call_table_check.h). 0 is noted where it is not known: of a
 * call changed beside too many others. `used` is a multiple of CALL_UNIT.
 */
uint64_t block_sum(const struct shm_call *call);

/* block_in_hand - the call's block is about to change; *call says where it stands from now on. */
void block_in_hand(struct call_table *table, struct call *call);

/* block_begin - an empty block for a new call's slot, with room for `bytes` in all. False: none. */
bool block_begin(struct call_table *table, struct call *call, uint64_t bytes);

/* block_grow - the call in hand goes into a block of at least `bytes`. False: nothing changed. */
bool block_grow(struct call_table *table, struct call *call, uint64_t bytes);

/* block_end - the call is no more; its slot is touched. */
void block_end(struct call_table *table, struct call call);

#endif
