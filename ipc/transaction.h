#ifndef IPC_TRANSACTION_H
#define IPC_TRANSACTION_H

/*
 * ipc/transaction.h - state in shared memory that its owner may be killed over, at any instruction.
 *
 * A process changes its state in place, but writes down the old bytes first. Killed before the
 * commit, its successor puts them back and takes the input again; killed after it, the successor
 * goes on. What other processes see of it - positions of rings - is published after the commit, and
 * again by the successor.
 *
 *   a life:   transaction_open; transaction_cover (each piece of state); transaction_recover;
 *             publish the cursors
 *   a batch:  cursors = transaction_begin
 *             transaction_touch(at, length), then change what is there; any number of times
 *             write outcomes and hand-offs behind every published position
 *             set the cursors; transaction_commit
 *             publish the cursors
 *
 *   journal:  +---------+------------+------------+-----------------------------------------+
 *             | commit  | cursors 0  | cursors 1  | old bytes ->                <- entries  |
 *             | undo_of |            |            |                                         |
 *             +---------+------------+------------+-----------------------------------------+
 *
 * Cursors are a small block of the owner's own layout. There are two of them: the committed ones
 * are cursors[commit % 2], those of the transaction in hand stand in the other. So they need no
 * old bytes, and flip with the commit. What is not there after a commit is the state only.
 *
 * The commit is one store of one word. Before it, everything the transaction did is undone by
 * whoever opens the journal next; after it, nothing is. recover() itself may be killed anywhere
 * and be run again. Proof of the death comes from outside (waitpid); nothing here looks at a clock.
 *
 * Caller: the one process the journal belongs to; or its successor, when that one is dead.
 *
 *   edge  store                            load                          carries
 *   T1    transaction_commit: commit    -> transaction_recover: commit   cursors, state
 *   T2    undo_of, undo_count           -> transaction_recover           the old bytes
 *
 * A dead writer leaves exactly its first n stores, in the order of the program; so T1 and T2 need
 * order between the compiler and the program only, and every step is followed by a signal fence.
 * tests/model/transaction.pml searches the protocol; its mutants show that each step's place
 * counts. tests/unit/test_transaction.c recovers from a copy made after every single instruction.
 *
 * ONHOOK_UNPROTECTED (a build for measuring the price) writes down and commits nothing.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "ipc/layout.h"

enum {
    TRANSACTION_PIECES_MAX = 8,      /* pieces of state one journal can cover */
    TRANSACTION_TOUCHED = 512,       /* touched places remembered, a power of two */
    TRANSACTION_CURSORS_MAX = 16384, /* bytes of one cursor block */
    TRANSACTION_ENTRY_SIZE = 16,     /* what a touch takes beside its bytes, rounded up to 8 */
};

/* Does this build write down what it changes? If not, nothing can be rolled back. */
#ifdef ONHOOK_UNPROTECTED
#define TRANSACTION_PROTECTS false
#else
#define TRANSACTION_PROTECTS true
#endif

/* One piece of old bytes. */
struct shm_undo {
    uint64_t place;  /* piece number << 56 | offset in the piece */
    uint32_t length; /* bytes */
    uint32_t at;     /* where the old bytes stand, in units of 8 from the log's first byte */
};

static_assert(sizeof(struct shm_undo) == TRANSACTION_ENTRY_SIZE, "bump SHM_LAYOUT_VERSION");

/* The first line of a journal. Zeroes are a fresh one. Writer: the owner. */
struct shm_transaction {
    alignas(SHM_LINE) _Atomic uint64_t commit; /* transactions committed */
    _Atomic uint64_t undo_of;                  /* which one the entries are of */
    _Atomic uint64_t undo_count;               /* entries whose old bytes are all there */
    uint64_t reserved[5];
};

static_assert(sizeof(struct shm_transaction) == 64, "bump SHM_LAYOUT_VERSION");

/* A process's private handle. */
struct transaction {
    struct shm_transaction *shared;
    uint8_t *cursors[2];
    uint8_t *log;
    uint64_t log_bytes; /* multiple of 8 */
    uint64_t used;      /* bytes of the log that hold old bytes */
    uint64_t count;     /* entries of the transaction in hand */
    uint32_t cursor_bytes;
    bool open;
    uint64_t serial; /* of transactions begun in this life; never 0 while one is in hand */
    uint32_t piece_count;
    struct transaction_piece {
        uint8_t *at;
        uint64_t bytes;
    } pieces[TRANSACTION_PIECES_MAX];
    /* Places touched by the transaction in hand, found by their address; a miss costs an entry. */
    struct transaction_mark {
        const void *at;
        uint64_t serial;
        uint64_t length;
    } marks[TRANSACTION_TOUCHED];
};

/* Bytes of a journal whose cursors take `cursor_bytes` and whose log `log_bytes`: whole pages. */
uint64_t transaction_bytes(uint32_t cursor_bytes, uint64_t log_bytes);

/*
 * transaction_open - a handle for a journal in `memory`, fresh (all zero) or of a dead owner
 *
 * memory: transaction_bytes(cursor_bytes, log_bytes) bytes at a page's beginning, the same in every
 * life, as both sizes are. cursor_bytes <= TRANSACTION_CURSORS_MAX; log_bytes < 32 GiB. Changes
 * nothing in it. What a log of pages never touched holds costs no memory.
 */
void transaction_open(struct transaction *transaction, void *memory, uint32_t cursor_bytes,
                      uint64_t log_bytes);

/*
 * transaction_cover - `bytes` bytes at `at` are state of this journal
 *
 * The same pieces in the same order in every life, before transaction_recover(); at other addresses
 * if need be. At most TRANSACTION_PIECES_MAX; bytes < 2^56.
 */
void transaction_cover(struct transaction *transaction, void *at, uint64_t bytes);

/*
 * transaction_recover - undo what a dead owner had not committed
 *
 * After it, state and transaction_cursors() are those of the last commit; a fresh journal is left
 * as it is. The caller then publishes the cursors and rings whoever may wait for what the dead one
 * had to tell. False when the journal is not one we could have written (a wild store before the
 * death): nothing is undone then, and the state is not to be trusted.
 */
bool transaction_recover(struct transaction *transaction);

/* The cursors of the last commit: zeroes at first. Not to be written. */
static inline const void *
transaction_cursors(const struct transaction *transaction)
{
    /* relaxed: no edge. Ours alone. */
    uint64_t commit = atomic_load_explicit(&transaction->shared->commit, memory_order_relaxed);
    return transaction->cursors[commit % 2];
}

/*
 * transaction_begin - begin; the cursors of this transaction, a copy of the last ones, to be set
 *
 * They are lost if the transaction is. No transaction is in hand (DCHECK).
 */
void *transaction_begin(struct transaction *transaction);

/* How many were committed so far. */
static inline uint64_t
transaction_number(const struct transaction *transaction)
{
    /* relaxed: no edge. Ours alone. */
    return atomic_load_explicit(&transaction->shared->commit, memory_order_relaxed);
}

/* Is one in hand, begun and not committed? */
static inline bool
transaction_is_open(const struct transaction *transaction)
{
    return transaction->open;
}

/* Bytes of old state the log still has room for, if it came in one touch. */
static inline uint64_t
transaction_room(const struct transaction *transaction)
{
    uint64_t taken = transaction->used + (transaction->count + 1) * TRANSACTION_ENTRY_SIZE;
    return taken < transaction->log_bytes ? transaction->log_bytes - taken : 0;
}

/* Bytes of the log that the transaction in hand has taken. */
static inline uint64_t
transaction_used(const struct transaction *transaction)
{
    return transaction->used + transaction->count * TRANSACTION_ENTRY_SIZE;
}

/* transaction_log - the slow half of transaction_touch(). */
void transaction_log(struct transaction *transaction, const void *at, uint64_t length);

static inline struct transaction_mark *
transaction_mark_of(struct transaction *transaction, const void *at)
{
    uint64_t hash = (uint64_t)(uintptr_t)at * UINT64_C(0x9e3779b97f4a7c15);
    return &transaction->marks[hash >> 32 & (TRANSACTION_TOUCHED - 1)];
}

/*
 * transaction_touch - `length` bytes at `at` are about to change: write down what they are
 *
 * Once for each place is enough; touching what this transaction has touched from the same address
 * on, as long or longer, is a look at a table. The bytes lie in one covered piece, a transaction is
 * in hand, and the log has room (CHECK): who may touch much looks at transaction_room() first, and
 * commits early.
 */
static inline void
transaction_touch(struct transaction *transaction, const void *at, uint64_t length)
{
    if (!TRANSACTION_PROTECTS)
        return;
    DCHECK(transaction->open);
    const struct transaction_mark *mark = transaction_mark_of(transaction, at);
    if (mark->at != at || mark->serial != transaction->serial || mark->length < length)
        transaction_log(transaction, at, length);
}

/*
 * transaction_own - `length` bytes at `at` hold nothing that matters if this transaction is undone
 *
 * A piece of free memory just taken into use, its place in the list of free ones being touched
 * already. Spares the touches that follow their old bytes; never needed.
 */
static inline void
transaction_own(struct transaction *transaction, const void *at, uint64_t length)
{
    if (TRANSACTION_PROTECTS)
        *transaction_mark_of(transaction, at) =
            (struct transaction_mark){at, transaction->serial, length};
}

/* transaction_commit - from here on it has happened. The caller publishes the cursors now. */
void transaction_commit(struct transaction *transaction);

/* transaction_roll_back - undo the transaction in hand: state and cursors are as before its begin.
 * Not for what was written outside of the pieces covered. */
void transaction_roll_back(struct transaction *transaction);

#endif
