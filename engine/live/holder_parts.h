#ifndef ENGINE_LIVE_HOLDER_PARTS_H
#define ENGINE_LIVE_HOLDER_PARTS_H

/*
 * engine/live/holder_parts.h - what both sides of a holder have in common; for nobody else.
 *
 *   holder.c      the supervisor's side
 *   holder_ask.c  the front-end's
 */

#include <stddef.h>
#include <sys/types.h>

#include "engine/live/holder.h"

enum holder_side {
    HOLDER_SUPERVISOR = 0, /* of holder->sockets */
    HOLDER_FRONTEND = 1,
};

enum ask_kind {
    ASK_GIVE = 1, /* with the descriptor; is answered */
    ASK_GATE,     /* with that, the far end and the status pipe; is answered */
    ASK_FORGET,
    ASK_KEEP,
};

enum {
    ASK_DESCRIPTORS_MAX = 3,
};

/* One message; of the union only what the kind needs is sent. */
struct holder_ask {
    uint32_t kind;  /* enum ask_kind */
    uint32_t count; /* of `serials` */
    uint64_t ticket;
    union {
        uint64_t serial;                  /* FORGET */
        uint64_t serials[LIVE_LINKS_MAX]; /* KEEP */
        struct gate_order order;          /* GATE */
    };
};

struct holder_answer {
    uint64_t ticket;
    uint64_t serial; /* 0: it failed */
    int32_t error;
    uint32_t reserved;
};

struct held {
    uint64_t serial;
    int descriptor;
};

struct holder {
    struct shared_engine *engine;
    int sockets[2];
    uint64_t last_serial;
    uint64_t last_ticket;
    uint32_t count;
    struct held held[HOLDER_MAX];
    uint32_t gate_count;
    pid_t gates[HOLDER_MAX]; /* not buried yet */
};

/* Bytes of a message of that kind; 0: there is no such kind, or it cannot be so long. */
static inline size_t
holder_ask_size(uint32_t kind, uint32_t count)
{
    size_t head = offsetof(struct holder_ask, serial);
    switch (kind) {
    case ASK_GIVE:
        return head;
    case ASK_GATE:
        return head + sizeof(struct gate_order);
    case ASK_FORGET:
        return head + sizeof(uint64_t);
    case ASK_KEEP:
        return count <= LIVE_LINKS_MAX ? head + count * sizeof(uint64_t) : 0;
    default:
        return 0;
    }
}

#endif
