#ifndef WORKERS_AHEAD_H
#define WORKERS_AHEAD_H

/*
 * workers/ahead.h - the calls of the next few events, on their way into the cache.
 *
 * A call that nobody has spoken of for a while lies in main memory, at the end of a chain: index,
 * slot, block. Waiting for each of them takes longer than the step. So the events behind the one in
 * hand are looked at, and each link of their chains is asked for some events before it is read.
 *
 *   ahead_begin
 *   for each event:  while (ahead_wants) ahead_add of an event behind; ahead_take
 *
 * Nothing is changed, and nothing hangs on what is found: a call may be gone, or come, meanwhile.
 */

#include "workers/call_table.h"

enum {
    AHEAD_INDEX = 12, /* events before its turn: the index entry is asked for */
    AHEAD_SLOT = 8,   /* ... the slot */
    AHEAD_BLOCK = 4,  /* ... the block, and its neighbours in the list of idle calls */
    AHEAD_SIZE = 16,  /* a power of two */
};

struct ahead {
    uint32_t added; /* events, from ahead_begin() on; those below have got so far */
    uint32_t in_slots;
    uint32_t in_blocks;
    uint32_t taken;
    struct {
        uint64_t key;
        uint32_t number; /* of what is likely its slot; 0: none */
    } events[AHEAD_SIZE];
};

static inline void
ahead_begin(struct ahead *ahead)
{
    ahead->added = ahead->in_slots = ahead->in_blocks = ahead->taken = 0;
}

/* Is there room for one more event? */
static inline bool
ahead_wants(const struct ahead *ahead)
{
    return ahead->added - ahead->taken < AHEAD_INDEX;
}

/* ahead_add - the next event behind those added; key 0: it is about no call. */
void ahead_add(struct ahead *ahead, const struct call_table *table, uint64_t key);

/* ahead_take - the first event added and not taken has its turn: its key; 0 where there is none. */
uint64_t ahead_take(struct ahead *ahead, const struct call_table *table);

#endif
