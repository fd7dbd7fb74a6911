#ifndef IPC_WORKER_JOURNAL_H
#define IPC_WORKER_JOURNAL_H

/*
 * ipc/worker_journal.h - what a worker's transactions carry: its positions everywhere.
 *
 * Positions are those of ipc/ring_spsc.h, of a ring's whole life. All zero is a worker that has
 * not begun.
 */

#include "ipc/transaction.h"

enum {
    JOURNAL_WORKERS_MAX = 64,      /* WORKERS_MAX */
    JOURNAL_LOG_BYTES = 16 << 20,  /* sparse; a usual batch takes a hundred KiB */
    JOURNAL_LOG_ONE_CALL = 2 << 20 /* what handling one call may take: several largest blocks */
};

/* How far a record is that is handled in several transactions; all zero: it has not begun. */
struct shm_part {
    uint64_t emitted;    /* outcomes handed over whose causes in the call table are not committed */
    uint64_t tick_ms;    /* of the tick in hand */
    uint64_t position;   /* of the next outcome of that tick, or message */
    uint64_t last_order; /* first_order and conn_id of the last call done with */
    uint64_t last_conn_id;
    uint64_t calls_done; /* 1: the two above are valid */
    uint64_t moved;      /* bytes of the moving call that are through, its header included */
    uint64_t slot;       /* where a call that is coming in is put; 0: none, its bytes are skipped */
};

struct shm_worker_cursors {
    uint64_t events;  /* slots of the event ring that are done with */
    uint64_t outbox;  /* outcomes put into the outbox */
    uint64_t closed;  /* calls reported as forgotten */
    uint64_t decided; /* as in struct shm_outcome: every outcome decided up to it is there */
    uint64_t finished;
    struct shm_part part;
    struct {
        uint64_t out; /* slots of the lane to that worker */
        uint64_t in;  /* slots of the lane from it */
    } lanes[JOURNAL_WORKERS_MAX];
};

static_assert(sizeof(struct shm_part) == 64, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_worker_cursors) == 104 + JOURNAL_WORKERS_MAX * 16,
              "bump SHM_LAYOUT_VERSION");

/* Bytes of cursors an engine of so many workers needs: no more is copied in each transaction. */
static inline uint32_t
worker_cursor_bytes(uint32_t workers)
{
    return (uint32_t)offsetof(struct shm_worker_cursors, lanes) + workers * 16;
}

/* Bytes of a worker's journal. */
static inline uint64_t
worker_journal_bytes(uint32_t workers)
{
    return transaction_bytes(worker_cursor_bytes(workers), JOURNAL_LOG_BYTES);
}

#endif
