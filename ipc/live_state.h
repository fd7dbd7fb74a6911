#ifndef IPC_LIVE_STATE_H
#define IPC_LIVE_STATE_H

/*
 * ipc/live_state.h - what the front-end remembers of its live links, so that a successor goes on.
 *
 * Part of the front-end's tables (ipc/front_state.h): a place is touched before it changes, and
 * changes with the transaction in hand. Times are CLOCK_MONOTONIC in milliseconds.
 *
 *   stream  the bytes: which socket, how far it was read, what is to be sent on it
 *   talk    the words: how far the session, its monitors and snapshots are (engine/live/)
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/event_record.h"

enum {
    LIVE_LINKS_MAX = 256,          /* live links of one front-end */
    LIVE_STREAM_BYTES = 256 << 10, /* buffer of each direction of a link; a power of two */
    LIVE_INVOKE_LENGTH = 4,
};

/* A link's connection. */
struct shm_live_stream {
    uint64_t serial;   /* by which the supervisor knows the descriptor; 0: there is none */
    uint64_t in_done;  /* bytes received that are done with */
    uint64_t out_end;  /* bytes to be sent; those the socket took it knows itself */
    uint64_t out_base; /* tcp_out_begin() */
    uint64_t heard_ms; /* when something was received last */
    uint64_t looked;   /* bytes received that were looked at for a SystemStatus before their turn */
    uint32_t early;    /* answers to SystemStatus that were sent, and have no Seq yet */
    uint8_t framing;   /* enum frame_kind; FRAME_UNDECIDED: nothing was received yet */
    uint8_t closing;   /* it is to be closed once everything is sent */
    uint8_t reserved[2];
};

/* How far the session is. */
enum talk_stage {
    TALK_SILENT = 0, /* no connection */
    TALK_GREETING,   /* connected; what the switch wants said first is being said */
    TALK_USABLE,     /* LINK_UP was told; monitors and requests may be sent */
};

/* A link's conversation. Fields after `reserved` belong to engine/live/conversation alone. */
struct shm_live_talk {
    uint8_t stage; /* enum talk_stage */
    uint8_t reserved[3];
    uint32_t next_invoke; /* of our next request; in XML below 9999 */
};

struct shm_live_link {
    char name[EVENT_TEXT_LENGTH + 1]; /* terminated; empty: a free place */
    uint8_t reserved[7];
    struct shm_live_stream stream;
    struct shm_live_talk talk;
};

/* What the front-end does at a time, beside recorded input. A successor does it again, first: it
 * may have been committed in parts (struct shm_front_begun). */
enum live_hand {
    LIVE_HAND_NOTHING = 0,
    LIVE_HAND_FRAME, /* the frame at stream.in_done */
    LIVE_HAND_SEND,  /* conversation_work() */
    LIVE_HAND_UP,    /* a notice */
    LIVE_HAND_DOWN,
    LIVE_HAND_TICK,
};

struct shm_live_hand {
    uint8_t kind; /* enum live_hand */
    uint8_t reserved;
    uint16_t link; /* its place */
    uint32_t reserved2;
};

static_assert(sizeof(struct shm_live_stream) == 56, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_live_talk) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_live_link) == 136, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_live_hand) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_live_link, stream) == 72, "bump SHM_LAYOUT_VERSION");

#endif
