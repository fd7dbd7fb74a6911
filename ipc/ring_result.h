#ifndef IPC_RING_RESULT_H
#define IPC_RING_RESULT_H

/*
 * ipc/ring_result.h - many workers write outcomes, one publisher reads them in ring order; any of
 * them may be killed at any instruction.
 *
 * A worker commits outcomes to an outbox first, and copies them from there into the ring, in their
 * order. How many are there is `flushed`, a word of its own. It has an outbox for each front-end:
 * the owner of a slot is the outbox (engine_channel()), its writer the worker. Fixed slots. The
 * claim names its owner in the same atomic word as the position, so whoever meets an unfinished
 * claim knows whose it is, and a producer that stalls between claiming a slot and moving the tail
 * is helped, never waited for. One that stalls between claim and commit holds up the publisher,
 * not the other workers (until the ring is full). One that dies there has at most one open claim;
 * its successor finishes it, from the outbox, for each of its outboxes.
 *
 *   hdr: pos << 12 | owner << 2 | state     state: CLAIMED 1, COMMITTED 2
 *
 *   producer: recover once; then flush          (any worker, concurrently)
 *   consumer: poll -> read the slot -> release  (the publisher)
 *
 *             recover flush poll release
 *   recover      -      -     -     -        "-" free to overlap; but a worker's recover and flush
 *   flush        -      -     -     -        are one process's, its predecessor being dead
 *   poll         -      -     X     X        "X" never: one process only
 *   release      -      -     X     X
 *
 *   edge  store                               load                          carries
 *   M1    flush: hdr COMMITTED (release)   -> poll: hdr (acquire)           the slot's bytes
 *   M2    release: cursor (release)        -> flush: cursor (acquire)       permission to overwrite
 *   M3    claim, help: tail CAS (release)  -> flush: tail (acquire)         claims below the tail
 *   M4    claim: hdr CLAIMED (release)     -> flush: hdr (acquire)          whose turn to move tail
 *   M5    fill: body_position (release)    -> recover: the same (acquire)   the slot's other bytes
 *   M6    fill: flushed (release)          -> recover: flushed (acquire)    the body it counts
 *   M7    claim, then body (fence)         -> peek: body, then hdr (fence)  that it was claimed
 *
 * How a position p of a ring of N slots goes round, in slot p % N:
 *
 *   hdr (p-N, x, COMMITTED), cursor > p-N, tail = p         free: anybody may claim p
 *   hdr (p, me, CLAIMED)                                    mine; the tail is p until somebody,
 *                                                           me or a helper, makes it p+1
 *     the bytes, then body_position = p, then flushed + 1
 *   hdr (p, me, COMMITTED)                                  the publisher's, once its cursor is p
 *
 * The order of these steps is what tells a successor how far the dead one came: a body of position
 * p that is number `flushed` is whole and counted, any other is written again. A kill leaves the
 * stores of the dead in program order, so M5 and M6 bind the compiler.
 *
 * Positions are 64 bits, headers hold the low 52 of them; compared by equality and by unsigned
 * difference only. tests/model/ring_result.pml checks this protocol, ring_recover.pml what kills
 * make of it; their mutants show that the claim must come before the tail, the body before its
 * position, and the count before the commit.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/identity.h"

enum {
    RESULT_OWNER_NONE = 1023, /* who is said to have written a slot nobody has yet */
};

/* A process's private handle; geometry checked and copied once at attach. */
struct ring_result {
    struct shm_result_header *shared;
    struct shm_result_slot *slots;
    uint64_t mask;
    uint64_t position; /* consumer: next position to read */
    uint64_t cursor;   /* producer: the consumer's cursor when we last looked */
};

/* Bytes a ring of `slot_count` (power of two) needs; whole pages. */
uint64_t ring_result_size(uint32_t slot_count);

/* Write a fresh ring into zeroed memory of at least ring_result_size(). Creator only. */
void ring_result_format(void *mapping, uint64_t mapping_size, uint32_t slot_count, uint64_t epoch);

/*
 * ring_result_attach - check a mapped ring and fill a handle, for a producer or the consumer
 *
 * Trusts nothing in `mapping`. On any result but ATTACH_OK, *ring is untouched. Good at any time:
 * others may be claiming and releasing meanwhile.
 */
enum attach_result ring_result_attach(struct ring_result *ring, void *mapping,
                                      uint64_t mapping_size);

/* The position of the first outcome there ever was: positions count from the ring's size. */
static inline uint64_t
ring_result_first(const struct ring_result *ring)
{
    return ring->mask + 1;
}

/* How many outcomes of a worker stand, or have stood, in the ring. */
uint64_t ring_result_flushed(const _Atomic uint64_t *flushed);

/*
 * ring_result_flush - copy the worker's next outcome into the ring; false when the ring is full
 *
 * `outcome` is number *flushed + 1 of the worker's outbox; *flushed is one more afterwards. Never
 * blocks, never makes a system call; each of its retries means that another worker got on.
 * `owner` is below RESULT_OWNER_NONE. In a ring that somebody scribbled over the answer is false.
 */
bool ring_result_flush(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                       const struct shm_outcome *outcome);

/*
 * ring_result_recover - finish what a dead predecessor of this worker had begun
 *
 * `next` is what number *flushed + 1 of its outbox is, if there is such a number; else not looked
 * at. Done twice, or killed and done again, it comes to the same. Caller: the worker's successor,
 * before its first flush.
 */
void ring_result_recover(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                         const struct shm_outcome *next);

/* What is known of a ring whose processes are all dead, by owner. */
struct ring_result_owner {
    uint64_t arrived; /* outcomes that were taken from it */
    uint64_t flushed; /* ... that stand in it, or stood */
};

/*
 * ring_result_is_whole - is each slot one that the protocol can have left?
 *
 * When all its processes are dead. `taken` is the position up to which its slots were taken, for
 * good. In each slot from there to the tail stands its owner's next outcome; the last one may be an
 * open claim; what was counted is there. The slots behind are those of a round before. Bytes of
 * outcomes are not looked at: ring_result_is_sound() does that. `owners` has `count` of them; what
 * stands there afterwards is of no use.
 */
bool ring_result_is_whole(const struct ring_result *ring, uint64_t taken,
                          struct ring_result_owner *owners, uint32_t count);

/*
 * ring_result_is_possible - can the slot at our position, which is not committed, become so?
 *
 * For the consumer, below ring_result_end(): somebody has claimed it then, so it names this
 * position. False: its header was written over, and nobody will ever commit it.
 */
bool ring_result_is_possible(const struct ring_result *ring);

/* Would a flush find room? By a look at the cursor; others may take it meanwhile. */
bool ring_result_has_room(struct ring_result *ring);

/*
 * ring_result_poll - the slot at our position, or NULL while it is not committed
 *
 * Valid until ring_result_release(). Judge it by ring_result_is_sound(), and what it carries by
 * outcome_is_sound(), before believing it.
 */
const struct shm_result_slot *ring_result_poll(struct ring_result *ring);

/*
 * ring_result_is_sound - are these the bytes its owner wrote for this position?
 *
 * Its owner is the header's, and position and checksum agree. Which number comes next is the
 * caller's to know.
 */
bool ring_result_is_sound(const struct ring_result *ring, const struct shm_result_slot *slot);

/* ring_result_take - count the polled slot as read, without giving it back yet. */
static inline void
ring_result_take(struct ring_result *ring)
{
    ring->position++;
}

/* ring_result_release - give everything taken back to the producers. */
void ring_result_release(struct ring_result *ring);

/*
 * ring_result_peek - for onlookers: copy the outcome of that position
 *
 * False when it is not committed, or was overwritten while it was copied; *outcome is then
 * undefined. Bytes of a copy are to be judged by outcome_is_sound().
 */
bool ring_result_peek(const struct shm_result_slot *slot, uint64_t position,
                      struct shm_outcome *outcome);

/* For onlookers: will the slot yet hold the outcome of that position? */
bool ring_result_is_pending(const struct shm_result_slot *slot, uint64_t position);

/* What the header of a slot says, for onlookers. */
struct ring_result_claim {
    uint64_t position;
    uint32_t owner;    /* engine_channel() */
    bool is_open;      /* claimed, not committed */
    const char *state; /* "claimed", "committed", "?" */
};

struct ring_result_claim ring_result_claim_of(uint64_t header);

/* Outcomes claimed and not yet released, for onlookers. */
uint64_t ring_result_depth(const struct ring_result *ring);

/* The tail, for the consumer: everything claimed so far lies before it. */
uint64_t ring_result_end(const struct ring_result *ring);

#endif
