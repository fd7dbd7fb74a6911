#ifndef IPC_WORKER_JOURNAL_H
#define IPC_WORKER_JOURNAL_H

/*
 * ipc/worker_journal.h - what a worker's transactions carry: its positions everywhere.
 *
 * Positions are those of ipc/ring_spsc.h, of a ring's whole life. All zero is a worker that has
 * not begun. Cursors of its channels stand one behind the other, by front-end.
 */

#include "ipc/transaction.h"

/* A log holds the whole call table, and something for bytes that stand in it twice: then nothing
 * that one event does can be too much. It is sparse; a usual batch takes a hundred KiB. */
#define JOURNAL_LOG_MORE (UINT64_C(16) << 20)
#define JOURNAL_LOG_MOST (UINT64_C(30) << 30)

enum {
    JOURNAL_WORKERS_MAX = 64,  /* WORKERS_MAX */
    JOURNAL_FRONTENDS_MAX = 8, /* FRONTENDS_MAX */
};

/* How far a record is that is handled in several transactions; all zero: it has not begun. */
struct shm_part {
    uint64_t emitted;    /* outcomes handed over whose causes in the call table are not committed */
    uint64_t tick_ms;    /* of the tick in hand */
    uint64_t position;   /* of the next outcome of that tick, or message */
    uint64_t last_order; /* first_order and conn_id of the last call done with */
    uint64_t last_conn_id;
    uint64_t calls_done; /* 1: the two above are valid */
    uint64_t moved;      /* bytes of the call on the move that are through, header included */
    uint64_t moving;     /* ... that there are */
    uint64_t slot;       /* where a call that is coming in is put; 0: nowhere, there was no room */
};

/* How far a worker is in the lanes between it and another. */
struct shm_lane_cursors {
    uint64_t out; /* slots of the lane to that worker */
    uint64_t in;  /* slots of the lane from it */
};

/* What became of a channel's table of calls that was found damaged. */
enum table_loss {
    TABLE_WHOLE = 0,
    TABLE_DAMAGED, /* it is to be emptied before anything else is done */
    TABLE_UNTOLD,  /* it was: until the front-end has told all again, only that is listened to */
};

/* Where a worker is in the channel of one front-end. */
struct shm_worker_cursors {
    uint64_t events;  /* slots of the event ring that are done with */
    uint64_t outbox;  /* outcomes put into the outbox */
    uint64_t closed;  /* calls reported as forgotten */
    uint64_t decided; /* as in struct shm_outcome: every outcome decided up to it is there */
    uint64_t finished;
    uint64_t history; /* slots of the history that are behind us */
    uint64_t loss;    /* enum table_loss */
    uint64_t emptied; /* times the table of calls was emptied */
    struct shm_part part;
    struct shm_lane_cursors lanes[]; /* [workers] */
};

static_assert(sizeof(struct shm_part) == 72, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_lane_cursors) == 16, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_worker_cursors) == 136, "bump SHM_LAYOUT_VERSION");

/* Bytes of the cursors of one channel in an engine of so many workers. */
static inline uint32_t
worker_channel_bytes(uint32_t workers)
{
    return (uint32_t)sizeof(struct shm_worker_cursors) + workers * 16;
}

/* Of all channels of a worker: no more is copied in each transaction. */
static inline uint32_t
worker_cursor_bytes(uint32_t frontends, uint32_t workers)
{
    return frontends * worker_channel_bytes(workers);
}

/* The cursors of one front-end's channel, in all of a worker's. */
static inline struct shm_worker_cursors *
worker_cursors_of(const void *cursors, uint32_t workers, uint32_t frontend)
{
    const uint8_t *at = (const uint8_t *)cursors + frontend * worker_channel_bytes(workers);
    return (struct shm_worker_cursors *)(uintptr_t)at;
}

/* Bytes of the log of a worker whose call table has so many. */
static inline uint64_t
worker_log_bytes(uint64_t calls_bytes)
{
    bool fits = calls_bytes < JOURNAL_LOG_MOST - JOURNAL_LOG_MORE;
    return fits ? calls_bytes / 8 * 8 + JOURNAL_LOG_MORE : JOURNAL_LOG_MOST;
}

/* Bytes of its journal. */
static inline uint64_t
worker_journal_bytes(uint32_t frontends, uint32_t workers, uint64_t calls_bytes)
{
    return transaction_bytes(worker_cursor_bytes(frontends, workers),
                             worker_log_bytes(calls_bytes));
}

#endif
