#ifndef IPC_PUBLISHER_MEMORY_H
#define IPC_PUBLISHER_MEMORY_H

/*
 * ipc/publisher_memory.h - what the publisher remembers beyond its death.
 *
 *   +---------------------+---------------------------+
 *   | journal with cursors| what a table holds back   |
 *   +---------------------+---------------------------+
 *
 * All zero is a publisher that has not begun. Writer: the publisher.
 */

#include "ipc/outcome_record.h"
#include "ipc/transaction.h"

enum {
    PUBLISHER_FRONTENDS_MAX = 8,      /* FRONTENDS_MAX */
    PUBLISHER_CHANNELS_MAX = 256,     /* CHANNELS_MAX */
    PUBLISHER_LOG_BYTES = 256 * 1024, /* the counters once, and each lane's held outcome once */
    SINK_DAY_SIZE = 16,
};

struct shm_publisher_cursors {
    uint64_t begun;   /* 1: the two below are valid */
    uint64_t offset;  /* of the output: where the next row goes in the file */
    uint64_t may_cut; /* 1: the file ended there when we began, so what comes behind is ours */
    uint64_t headed;  /* 1: the heading is out */
    uint64_t taken;   /* slots taken from the result ring */
    struct outcome_order last[PUBLISHER_FRONTENDS_MAX]; /* of the last one given out */
    struct {
        uint64_t arrived; /* outcomes seen in the result ring */
        uint64_t given;   /* of these, given out */
    } channels[];         /* as many as there are */
};

/* What a table for people holds back of each lane, and the day it last printed. */
struct shm_sink_lane {
    uint64_t holds;
    struct shm_outcome held;
};

struct shm_sink_state {
    char day[SINK_DAY_SIZE];
    struct shm_sink_lane lanes[PUBLISHER_CHANNELS_MAX];
};

static_assert(sizeof(struct outcome_order) == 40, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_publisher_cursors) == 40 + PUBLISHER_FRONTENDS_MAX * 40,
              "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_sink_lane) == 752, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_sink_state) == SINK_DAY_SIZE + PUBLISHER_CHANNELS_MAX * 752,
              "bump SHM_LAYOUT_VERSION");

/* Bytes of the cursors in an engine of so many channels. */
static inline uint32_t
publisher_cursor_bytes(uint32_t channels)
{
    return (uint32_t)sizeof(struct shm_publisher_cursors) + channels * 16;
}

/* Where the sink's state stands in the memory, and how long the whole is. */
static inline uint64_t
publisher_sink_offset(uint32_t channels)
{
    return transaction_bytes(publisher_cursor_bytes(channels), PUBLISHER_LOG_BYTES);
}

static inline uint64_t
publisher_memory_bytes(uint32_t channels)
{
    return publisher_sink_offset(channels) + sizeof(struct shm_sink_state);
}

#endif
