#ifndef ENGINE_FRONT_H
#define ENGINE_FRONT_H

/*
 * engine/front.h - the front-end's memory, and the transactions it changes in.
 *
 * What outlives a message lies in shared memory (ipc/front_state.h). A batch of messages is one
 * transaction (ipc/transaction.h): whatever is small is set in `now`, a place in a table is touched
 * and then changed, records are staged behind the published positions of the rings. route_publish()
 * commits all that and shows it. Who dies before has done nothing.
 *
 *   front_begin -> front_touch, changes -> front_commit        any number of times
 *
 * Everything that is found faster with an index has one in private memory; whoever opens a table
 * builds it anew from the places.
 *
 * Caller: the front-end's decode loop only.
 */

#include "ipc/front_state.h"
#include "ipc/shared_engine.h"

struct front {
    struct shm_front_tables *tables;
    /* Of the transaction in hand; while there is none, those of the last, to be read only. */
    struct shm_front_cursors *now;
    struct shm_front_input input; /* all that stands before this place is done */
    uint32_t first_link;          /* its links have these numbers, and no other front-end's have */
    uint32_t links_max;
    struct transaction transaction;
};

/*
 * front_open - over front_state_bytes() bytes that are fresh (all zero) or a dead front-end's
 *
 * The front-end is number `index` of `frontends`.
 *
 * What the dead one had not committed is undone. False: the memory is not as we could have left it.
 */
bool front_open(struct front *front, void *memory, uint32_t index, uint32_t frontends);

/*
 * front_open_private - memory of our own, for who wants the tables and no successor
 *
 * False: memory is out. front_close_private() gives it back.
 */
bool front_open_private(struct front *front);
void front_close_private(struct front *front);

/* front_begin - from here on things may be changed; nothing if a transaction is in hand. */
void front_begin(struct front *front);

/* front_commit - the transaction in hand, with front->input, has happened. */
void front_commit(struct front *front);

/* Is there room for the old bytes of what is not committed in parts? */
static inline bool
front_has_room(const struct front *front)
{
    return transaction_room(&front->transaction) >= FRONT_UNIT_LOG_BYTES;
}

/* The link that was the i-th heard of, 0 .. now->links.count - 1. */
static inline struct shm_link *
front_link(const struct front *front, uint32_t i)
{
    return &front->tables->links[front->first_link + i];
}

/* front_touch - these bytes of the tables are about to change. */
static inline void
front_touch(struct front *front, const void *at, size_t length)
{
    transaction_touch(&front->transaction, at, length);
}

/*
 * front_is_complete - can a successor go on where front-end `index` ended? Caller: anybody who
 * knows that it is dead, before a successor runs.
 */
bool front_is_complete(const struct shared_engine *engine, uint32_t index);

#endif
