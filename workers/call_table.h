#ifndef WORKERS_CALL_TABLE_H
#define WORKERS_CALL_TABLE_H

/*
 * workers/call_table.h - where a worker keeps its calls: find, add, grow, forget.
 *
 * The bytes are ipc/call_record.h's; this handle holds addresses into the mapped segment. One
 * process, one thread. No allocation outside the segment; every bound is the segment's.
 *
 * What changes is touched first, so that a transaction that is not committed never was
 * (ipc/transaction.h). The table touches what is its own: index, lists, spans, free memory. A call
 * is touched when it is taken in hand: call_table_find() and call_table_add() have done so,
 * call_table_at() has not.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/call_key.h"
#include "ipc/call_record.h"
#include "ipc/transaction.h"

enum {
    CALL_GIVEN_MAX = 256, /* blocks that a transaction gives back at no cost */
};

/* What the transaction in hand has taken out of the table's blocks; see workers/call_block.h. */
struct call_hand {
    uint64_t serial; /* of the transaction */
    uint64_t number; /* of those committed before it */
    uint32_t work_count;
    uint32_t pinned_count;
    uint32_t given_count;
    uint32_t works[CALL_WORKS];  /* slot whose call stands in the work; 0: none any more */
    uint32_t pinned[CALL_WORKS]; /* slots whose calls are changed where they stand */
    struct call_given {
        uint64_t block;
        uint32_t size;
    } given[CALL_GIVEN_MAX]; /* free from the commit on */
};

struct call_table {
    struct transaction *transaction; /* covers the memory; in hand whenever the table changes */
    uint8_t *base;
    struct shm_call_table *shared;
    struct shm_worker_link *links;
    struct shm_device *devices; /* devices[0] is never used */
    struct shm_index_entry *device_indexes;
    struct shm_index_entry *index;
    struct shm_call_slot *slots; /* slots[0] is never used */
    struct shm_call_waits *waits;
    struct call_hand hand;
};

/* A call in hand. `block` moves when it is touched first in an event, and may move when it grows:
 * re-read it after call_table_touch() and call_table_reserve(). */
struct call {
    struct shm_call_slot *slot;
    struct shm_call *block;
    uint32_t number; /* of the slot; 0: no call */
};

#define CALL_NONE ((struct call){NULL, NULL, 0})

/*
 * call_table_open - the table in memory of call_table_bytes(max_calls); a fresh one if it is zero
 *
 * `transaction` covers the memory, was recovered, and is not in hand. Returns false when the memory
 * is too small, or holds a table that is laid out otherwise; nothing is written then.
 */
bool call_table_open(struct call_table *table, void *memory, uint64_t bytes, uint32_t max_calls,
                     struct transaction *transaction);

/* The size of blocks of a class, of CALL_CLASSES; and the class of the smallest blocks that hold
 * `bytes`, CALL_CLASSES where there is none. */
uint32_t call_class_size(uint32_t class_number);
uint32_t call_class_of(uint64_t bytes);

/* call_table_touch - the call is about to change: its slot and all of its block, which may stand
 * elsewhere from now on: call->block is renewed. */
void call_table_touch(struct call_table *table, struct call *call);

/* call_table_touch_slot - only its slot is about to change. */
static inline void
call_table_touch_slot(const struct call_table *table, struct call call)
{
    transaction_touch(table->transaction, call.slot, sizeof *call.slot);
}

/*
 * call_table_commit - commit the transaction that changed this table
 *
 * Settles first; so does whoever commits otherwise. No call is in hand any more.
 */
void call_table_commit(struct call_table *table);

/* call_table_settle - every call stands in a block of its size: nothing more changes until the
 * commit. No call is in hand any more. */
void call_table_settle(struct call_table *table);

/* call_table_put_down - no call is in hand any more; the transaction goes on. */
void call_table_put_down(struct call_table *table);

/* call_table_undone - the transaction was rolled back in this life: what was in hand never was. To
 * be called before any other transaction commits. */
void call_table_undone(struct call_table *table);

/* call_table_ease - the same, if there are many: between two events, so that what is worked on
 * stays in the cache. */
void call_table_ease(struct call_table *table);

/* table_touch - something else of the table is about to change. */
static inline void
table_touch(const struct call_table *table, const void *at, uint64_t length)
{
    transaction_touch(table->transaction, at, length);
}

/* The index of devices in use; those it has outgrown stand before it. */
static inline struct shm_index_entry *
device_index(const struct call_table *table)
{
    return table->device_indexes + table->shared->device_mask + 1;
}

/* Where in the index the search for a key begins. The entry alone says it, so that deleting one
 * looks at no slots. */
static inline uint32_t
call_index_home(const struct call_table *table, uint64_t key)
{
    return (uint32_t)(key >> 32) & table->shared->index_mask;
}

/* call_table_find - the call with that key and callID on that link, touched; number 0 if there is
 * none. */
struct call call_table_find(struct call_table *table, uint64_t key, uint16_t link,
                            struct text call_id);

/* call_table_find_key - the same by key and link alone, for a key that came from the table. */
struct call call_table_find_key(struct call_table *table, uint64_t key, uint16_t link);

/* The call in slot `number`, which must be in use; not touched. */
static inline struct call
call_table_at(const struct call_table *table, uint32_t number)
{
    struct shm_call_slot *slot = &table->slots[number];
    return (struct call){slot, (struct shm_call *)(void *)(table->base + call_block_offset(slot)),
                         number};
}

/*
 * call_table_add - a new call with an empty block that has at least `bytes` free
 *
 * CALL_NONE when the table is full (max_calls, or no block to be had): the caller lets the
 * oldest idle call go and tries again.
 */
struct call call_table_add(struct call_table *table, uint64_t key, uint16_t link,
                           struct text call_id, uint32_t bytes);

/*
 * call_table_reserve - make sure that `bytes` more fit into the call's block
 *
 * May move the block: earlier pointers into it are dead, `call->block` is renewed. False when
 * it would pass CALL_BLOCK_MAX or memory is out; nothing has changed then.
 */
bool call_table_reserve(struct call_table *table, struct call *call, uint32_t bytes);

/* call_table_rekey - the call has a new callID now; its text is the caller's business. */
void call_table_rekey(struct call_table *table, struct call call, uint64_t key);

/* call_table_remove - forget the call: spans, index entry, block and slot are given back. */
void call_table_remove(struct call_table *table, struct call call);

/* span_set - the call waits for `span` until the link's clock says due_ms (moves it if it was
 * waiting already). The list stays ordered by due time. */
void span_set(struct call_table *table, struct call call, enum call_span span, uint64_t due_ms);

/* span_clear - the call no longer waits for it; nothing happens if it did not. */
void span_clear(struct call_table *table, struct call call, enum call_span span);

/* A slot's place in the list of a span. */
static inline struct shm_span *
span_at(const struct call_table *table, uint32_t number, enum call_span span)
{
    switch (span) {
    case SPAN_IDLE:
        return &table->slots[number].idle;
    case SPAN_LINGER:
        return &table->slots[number].linger;
    case SPAN_WAIT:
        return &table->waits[number].wait;
    case SPAN_SIGHT:
        return &table->waits[number].sight;
    case SPAN_QUIET:
        return &table->waits[number].quiet;
    case SPAN_DOUBT:
    case SPAN_COUNT:
        break;
    }
    return &table->waits[number].doubt;
}

static inline bool
span_is_set(struct call call, enum call_span span)
{
    return (call.slot->spans >> span & 1) != 0;
}

/* The call that stands behind it in the list, number 0 if it is the last. */
static inline struct call
span_next(const struct call_table *table, struct call call, enum call_span span)
{
    uint32_t next = span_at(table, call.number, span)->next;
    return next == 0 ? CALL_NONE : call_table_at(table, next);
}

/* The first call of a link's span list, number 0 if the list is empty. */
struct call span_first(const struct call_table *table, uint16_t link, enum call_span span);

/* The longest idle call of a link that nobody asked about since it was touched, or number 0. */
struct call span_first_unasked(const struct call_table *table, uint16_t link);

/* span_note_asked - that call, and all that are idle for longer, were asked about. */
void span_note_asked(struct call_table *table, struct call call);

#endif
