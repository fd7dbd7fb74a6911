#include "ipc/transaction.h"

enum {
    PLACE_SHIFT = 56,
    LOG_UNIT = 8,
};

#define PLACE_MASK ((UINT64_C(1) << PLACE_SHIFT) - 1)

/* The program's order of stores is what a kill leaves; the compiler keeps to it here. */
static inline void
in_this_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static uint64_t
round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

uint64_t
transaction_bytes(uint32_t cursor_bytes, uint64_t log_bytes)
{
    return round_up(sizeof(struct shm_transaction) + 2 * round_up(cursor_bytes, SHM_LINE) +
                        log_bytes,
                    SHM_PAGE);
}

void
transaction_open(struct transaction *transaction, void *memory, uint32_t cursor_bytes,
                 uint64_t log_bytes)
{
    CHECK(cursor_bytes <= TRANSACTION_CURSORS_MAX);
    CHECK(log_bytes / LOG_UNIT < UINT32_MAX && log_bytes % LOG_UNIT == 0);
    uint8_t *base = memory;
    uint64_t block = round_up(cursor_bytes, SHM_LINE);
    memset(transaction, 0, sizeof *transaction);
    transaction->shared = memory;
    transaction->cursors[0] = base + sizeof(struct shm_transaction);
    transaction->cursors[1] = transaction->cursors[0] + block;
    transaction->log = transaction->cursors[1] + block;
    transaction->log_bytes = log_bytes;
    transaction->cursor_bytes = cursor_bytes;
}

void
transaction_cover(struct transaction *transaction, void *at, uint64_t bytes)
{
    CHECK(transaction->piece_count < TRANSACTION_PIECES_MAX);
    CHECK(bytes <= PLACE_MASK);
    transaction->pieces[transaction->piece_count++] = (struct transaction_piece){at, bytes};
}

/* Entries stand one before the other from the end of the log. */
static struct shm_undo *
entry_at(const struct transaction *transaction, uint64_t number)
{
    uint8_t *end = transaction->log + transaction->log_bytes;
    return (struct shm_undo *)(void *)(end - (number + 1) * sizeof(struct shm_undo));
}

static bool
entry_is_sound(const struct transaction *transaction, const struct shm_undo *entry)
{
    uint64_t number = entry->place >> PLACE_SHIFT;
    uint64_t offset = entry->place & PLACE_MASK;
    uint64_t at = (uint64_t)entry->at * LOG_UNIT;
    if (number >= transaction->piece_count || at > transaction->log_bytes ||
        entry->length > transaction->log_bytes - at)
        return false;
    uint64_t bytes = transaction->pieces[number].bytes;
    return offset <= bytes && entry->length <= bytes - offset;
}

static bool
entries_are_sound(const struct transaction *transaction, uint64_t count)
{
    if (count > transaction->log_bytes / sizeof(struct shm_undo))
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!entry_is_sound(transaction, entry_at(transaction, i)))
            return false;
    return true;
}

/* The latest first: where a place stands twice, its oldest bytes have the last word. */
static void
undo_entries(const struct transaction *transaction, uint64_t count)
{
    while (count-- > 0) {
        const struct shm_undo *entry = entry_at(transaction, count);
        uint8_t *piece = transaction->pieces[entry->place >> PLACE_SHIFT].at;
        memcpy(piece + (entry->place & PLACE_MASK),
               transaction->log + (uint64_t)entry->at * LOG_UNIT, entry->length);
    }
    in_this_order();
}

bool
transaction_recover(struct transaction *transaction)
{
    struct shm_transaction *shared = transaction->shared;
    transaction->open = false;
    transaction->serial++;
    /* acquire: T1. */
    uint64_t commit = atomic_load_explicit(&shared->commit, memory_order_acquire);
    /* acquire: T2. */
    uint64_t undo_of = atomic_load_explicit(&shared->undo_of, memory_order_acquire);
    /* acquire: T2. */
    uint64_t count = atomic_load_explicit(&shared->undo_count, memory_order_acquire);
    if (undo_of == commit)
        return true;
    if (undo_of != commit + 1)
        return false;
    if (!entries_are_sound(transaction, count))
        return false;
    undo_entries(transaction, count);
    return true;
}

void *
transaction_begin(struct transaction *transaction)
{
    DCHECK(!transaction->open);
    struct shm_transaction *shared = transaction->shared;
    /* relaxed: no edge. Ours alone. */
    uint64_t commit = atomic_load_explicit(&shared->commit, memory_order_relaxed);
    transaction->open = true;
    transaction->serial++;
    if (!TRANSACTION_PROTECTS)
        return transaction->cursors[commit % 2];
    transaction->used = 0;
    transaction->count = 0;
    /* release: T2. Entries of an older transaction go before the name of this one stands. */
    atomic_store_explicit(&shared->undo_count, 0, memory_order_release);
    in_this_order();
    /* release: T2. */
    atomic_store_explicit(&shared->undo_of, commit + 1, memory_order_release);
    in_this_order();
    uint8_t *cursors = transaction->cursors[(commit + 1) % 2];
    memcpy(cursors, transaction->cursors[commit % 2], transaction->cursor_bytes);
    return cursors;
}

static uint64_t
place_of(const struct transaction *transaction, const void *at, uint64_t length)
{
    for (uint32_t i = 0; i < transaction->piece_count; i++) {
        const struct transaction_piece *piece = &transaction->pieces[i];
        uint64_t offset = (uint64_t)((uintptr_t)at - (uintptr_t)piece->at);
        if (offset < piece->bytes && length <= piece->bytes - offset)
            return (uint64_t)i << PLACE_SHIFT | offset;
    }
    CHECK_NEVER("what is touched is covered");
}

/* Most of what is written down is a word, two, or a line: these are copied without a call. */
static inline void
copy_old(uint8_t *to, const void *from, uint64_t length)
{
    if (length == sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
    else if (length == 2 * sizeof(uint64_t))
        memcpy(to, from, 2 * sizeof(uint64_t));
    else if (length == SHM_LINE)
        memcpy(to, from, SHM_LINE);
    else
        memcpy(to, from, length);
}

void
transaction_log(struct transaction *transaction, const void *at, uint64_t length)
{
    DCHECK(transaction->open);
    CHECK(length <= transaction_room(transaction));
    uint64_t place = place_of(transaction, at, length);
    copy_old(transaction->log + transaction->used, at, length);
    *entry_at(transaction, transaction->count) = (struct shm_undo){
        .place = place,
        .length = (uint32_t)length,
        .at = (uint32_t)(transaction->used / LOG_UNIT),
    };
    in_this_order();
    transaction->count++;
    /* release: T2. The old bytes are there; only now may the caller change them. */
    atomic_store_explicit(&transaction->shared->undo_count, transaction->count,
                          memory_order_release);
    in_this_order();
    transaction->used += round_up(length, LOG_UNIT);
    transaction_own(transaction, at, length);
}

void
transaction_commit(struct transaction *transaction)
{
    DCHECK(transaction->open);
    transaction->open = false;
    if (!TRANSACTION_PROTECTS)
        return;
    struct shm_transaction *shared = transaction->shared;
    in_this_order();
    /* relaxed: no edge. Ours alone. */
    uint64_t commit = atomic_load_explicit(&shared->commit, memory_order_relaxed);
    /* release: T1. The one instant at which all of it happens. */
    atomic_store_explicit(&shared->commit, commit + 1, memory_order_release);
    in_this_order();
}

void
transaction_roll_back(struct transaction *transaction)
{
    DCHECK(transaction->open);
    in_this_order();
    undo_entries(transaction, transaction->count);
    transaction->open = false;
}
