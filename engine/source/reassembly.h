#ifndef ENGINE_SOURCE_REASSEMBLY_H
#define ENGINE_SOURCE_REASSEMBLY_H

/*
 * engine/source/reassembly.h - one direction of a TCP connection, as the bytes that were sent.
 *
 *                  offset                next
 *   stream  -------+---------------------+- - - - - -+----------+- - - -
 *           read   | unread: kept, run   | a hole    | held     |
 *                  +---------------------+- - - - - -+----------+
 *
 * Segments are taken as they were captured: late, twice, overlapping, in any order. Of bytes that
 * come twice the first copy counts. Sequence numbers wrap (RFC 9293, 3.4).
 *
 *   direction_take -> direction_unread, direction_skip ... -> direction_settle -> next segment
 *
 * A segment that comes in order is not copied: direction_unread() shows it where it lies, unless
 * the beginning of a message was left over from the one before. A hole is waited for until its
 * bytes are surely lost: the receiver acknowledged them and DIRECTION_PATIENCE pieces came since,
 * or so much is held that a bound is reached, or the connection or the capture ends.
 *
 * What is allocated counts in a budget shared by all directions. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    DIRECTION_HELD_BYTES_MAX = 256 * 1024, /* held behind a hole */
    DIRECTION_HELD_MAX = 1024,             /* pieces of them */
    DIRECTION_PATIENCE = 8,
    DIRECTION_WINDOW = 1 << 30, /* further ahead is not of this connection (RFC 7323, 2.3) */
    BUDGET_BYTES_MAX = 64 << 20,
};

/* Bytes allocated by all the directions of one input. */
struct budget {
    size_t used;
    size_t most; /* used ever at once */
};

/* budget_take - false: there is no room for so many. */
bool budget_take(struct budget *budget, size_t bytes);

void budget_give(struct budget *budget, size_t bytes);

struct held; /* bytes that came before those in front of them */

struct direction {
    bool started;    /* `next` is known */
    bool acked_set;  /* so is `acked` */
    bool has_end;    /* a FIN was seen: `end` */
    uint32_t next;   /* sequence number of the first byte that is not there yet */
    uint32_t acked;  /* highest that the receiver acknowledged */
    uint32_t end;    /* sequence number behind the last byte */
    uint64_t offset; /* of the first unread byte, from where the capture has the direction */

    struct text run; /* unread bytes that lie elsewhere: in the packet, in `current` */
    char *kept;      /* unread bytes before those: [kept_read, kept_length) */
    uint32_t kept_read;
    uint32_t kept_length;
    uint32_t kept_capacity;

    struct held *held;    /* ascending, apart from each other */
    struct held *current; /* the one `run` points into */
    uint32_t held_count;
    uint32_t held_bytes;
};

enum direction_result {
    DIRECTION_OK = 0, /* there may be more to read */
    DIRECTION_FULL,   /* a bound is reached: the hole will not be filled, direction_hole() */
    DIRECTION_MEMORY, /* the budget is used up, or memory is out: give the direction up */
};

/* direction_start - the byte with this sequence number comes first. */
void direction_start(struct direction *direction, uint32_t sequence);

/*
 * direction_take - a segment's bytes; nothing may be unread but what was settled
 *
 * `bytes` must stay until direction_settle(). Bytes before `next` are dropped.
 */
enum direction_result direction_take(struct direction *direction, struct budget *budget,
                                     uint32_t sequence, struct text bytes);

/* direction_acknowledge - the receiver says that it has everything before this number. */
void direction_acknowledge(struct direction *direction, uint32_t sequence);

/*
 * direction_unread - the bytes in order that were not skipped yet, as one view
 *
 * Valid until the next call with this direction. DIRECTION_MEMORY: *unread is untouched.
 */
enum direction_result direction_unread(struct direction *direction, struct budget *budget,
                                       struct text *unread);

/* direction_skip - the first `count` of the unread bytes are done with. */
void direction_skip(struct direction *direction, uint32_t count);

/* direction_settle - keep what is unread, so that the packet may go. */
enum direction_result direction_settle(struct direction *direction, struct budget *budget);

/* direction_more - after direction_settle(): go on with what was held. False if nothing fits. */
bool direction_more(struct direction *direction, struct budget *budget);

/* direction_hole - bytes missing before what is held; 0 when nothing is held. */
uint32_t direction_hole(const struct direction *direction);

/* direction_is_hopeless - will the hole never be filled? */
bool direction_is_hopeless(const struct direction *direction);

/*
 * direction_lose - `count` bytes from `next` on will never come
 *
 * After direction_settle(). The caller has skipped what is kept: its continuation is lost.
 */
void direction_lose(struct direction *direction, uint32_t count);

/*
 * direction_can_end - could its sender have got to this sequence number?
 *
 * Not if it lies behind what was taken, or more than DIRECTION_HELD_BYTES_MAX ahead of it: then it
 * is old, or of somebody else (RFC 5961, 3.2). Of one that is not started the receiver knows.
 */
bool direction_can_end(const struct direction *direction, uint32_t sequence);

/* direction_late - how many of `length` bytes at `sequence` are new; they are done with then. */
uint32_t direction_late(struct direction *direction, uint32_t sequence, uint32_t length);

/* direction_is_complete - there was a FIN, and everything before it was taken. */
bool direction_is_complete(const struct direction *direction);

/* direction_drop - forget all bytes and give memory back; `offset` stays. */
void direction_drop(struct direction *direction, struct budget *budget);

#endif
