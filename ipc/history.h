#ifndef IPC_HISTORY_H
#define IPC_HISTORY_H

/*
 * ipc/history.h - what a worker did last, for onlookers: messages it handled, what it decided.
 *
 * A ring of bytes in which the newest overwrites the oldest; nobody waits for a reader, and nothing
 * is decided by what stands here. One for each channel, one behind the other in the worker's
 * segment:
 *
 *   +--------------------+---------------------------------------------------- - - -+
 *   | published, claimed | entries: header, then an event record or an outcome      |
 *   +--------------------+---------------------------------------------------- - - -+
 *     a page               slots of 64 bytes
 *
 * Positions count slots and only grow. An entry's place is position & mask; a body that reaches the
 * end goes on at the beginning. The outcomes of a record come first, then the record.
 *
 *   overwritten     whole     being written
 *  ------------+-------------+------------+
 *       claimed - slots   published     claimed
 *
 * A worker adds entries behind `published` while its transaction is in hand, and shows them when it
 * is committed. Where it stands is one of the transaction's cursors (ipc/worker_journal.h): what a
 * killed worker had not committed is written again by its successor, at the same place, so nothing
 * is there twice; what it had committed and not shown, the successor shows. Before a byte is
 * changed, `claimed` says so, and it never falls, so a reader knows of every byte it copied
 * whether it may have been changed since.
 *
 *   edge  store (release)              load (acquire)             carries
 *   H1    history_publish: published   view_history: published    entries
 *   H2    history_add: claimed         view_history: claimed      that older bytes go
 *
 * Caller of what is here: the one worker whose it is. Readers: ipc/view_history.h.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ipc/layout.h"

enum {
    HISTORY_SLOT_SIZE = 64,
    HISTORY_SLOTS_MIN = 1024, /* holds the longest record twice; 0: no history */
    HISTORY_SLOTS_MAX = 1 << 24,
};

enum history_kind {
    HISTORY_NONE = 0,
    HISTORY_EVENT,   /* body: struct shm_event_record */
    HISTORY_OUTCOME, /* body: struct shm_outcome, outcome_size() bytes */
};

/* Writer: the worker. */
struct shm_history_head {
    alignas(SHM_PAGE) _Atomic uint64_t published; /* edge H1 */
    _Atomic uint64_t claimed;                     /* edge H2 */
};

/* Writer: the worker. */
struct shm_history_entry {
    alignas(HISTORY_SLOT_SIZE) uint64_t mark; /* history_mark() of its position */
    uint64_t conn_id;                         /* events: struct step_note */
    uint64_t other_conn_id;
    uint64_t early_conn_id;
    uint32_t bytes; /* of the body */
    uint8_t kind;   /* enum history_kind */
    uint8_t rule;
    uint8_t is_copy;
    uint8_t reserved[25];
};

static_assert(sizeof(struct shm_history_head) == SHM_PAGE, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_history_entry) == HISTORY_SLOT_SIZE, "bump SHM_LAYOUT_VERSION");

/* Tells an entry's first slot from all else, and from what stood there before. */
static inline uint64_t
history_mark(uint64_t position)
{
    return (position + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ SHM_MAGIC;
}

/* Slots of an entry with such a body. */
static inline uint64_t
history_entry_slots(uint32_t body_bytes)
{
    return 1 + ((uint64_t)body_bytes + HISTORY_SLOT_SIZE - 1) / HISTORY_SLOT_SIZE;
}

/* Bytes of the history of one channel; 0 where none is kept. */
static inline uint64_t
history_bytes(uint32_t slots)
{
    return slots == 0 ? 0 : sizeof(struct shm_history_head) + (uint64_t)slots * HISTORY_SLOT_SIZE;
}

/* A worker's private handle. */
struct history {
    struct shm_history_head *head; /* NULL: none is kept */
    uint8_t *slots;
    uint64_t mask;
    uint64_t position; /* of the next entry */
    uint64_t claimed;  /* as shared */
    uint64_t told;     /* published */
    uint64_t begun_at; /* where the record in hand began */
};

/* history_open - over history_bytes(slots) bytes, zeroed or a dead worker's; `memory` NULL: none.
 * `slots`: a power of two. The position is set by history_rewind(). */
void history_open(struct history *history, void *memory, uint32_t slots);

/* history_rewind - what was added behind that position never was. */
static inline void
history_rewind(struct history *history, uint64_t position)
{
    history->position = history->begun_at = position;
}

/*
 * history_add - one more entry, not shown yet
 *
 * Sets the entry's mark and bytes. What is longer than a quarter of the ring is left out.
 */
void history_add(struct history *history, struct shm_history_entry *entry, const void *body,
                 uint32_t bytes);

/* history_publish - all that was added is shown. */
static inline void
history_publish(struct history *history)
{
    if (history->position == history->told || history->head == NULL)
        return;
    history->told = history->position;
    /* release: H1. Entries before the position are whole. */
    atomic_store_explicit(&history->head->published, history->position, memory_order_release);
}

#endif
