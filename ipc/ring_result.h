#ifndef IPC_RING_RESULT_H
#define IPC_RING_RESULT_H

/*
 * ipc/ring_result.h - many workers write outcomes, one publisher reads them in ring order.
 *
 * Fixed slots. The claim names its owner in the same atomic word as the position, so whoever
 * meets an unfinished claim knows whose it is, and a producer that stalls between claiming a
 * slot and moving the tail is helped, never waited for. One that stalls between claim and commit
 * holds up the publisher, not the other workers (until the ring is full).
 *
 *   hdr: pos << 12 | worker << 4 | state     state: CLAIMED 1, COMMITTED 2
 *
 *   producer: claim -> write the slot -> commit        (any worker, concurrently)
 *   consumer: poll -> read the slot -> release         (the publisher)
 *
 *             claim commit poll release
 *   claim       -     -     -     -        "-" free to overlap
 *   commit      -     -     -     -        "X" never: one process only
 *   poll        -     -     X     X
 *   release     -     -     X     X
 *
 *   edge  store                             load                          carries
 *   M1    commit: hdr COMMITTED (release)-> poll: hdr (acquire)           the slot's bytes
 *   M2    release: cursor (release)      -> claim: cursor (acquire)       permission to overwrite
 *   M3    claim, help: tail CAS (release)-> claim: tail (acquire)         the claim below the tail
 *   M4    claim: hdr CLAIMED (release)   -> claim: hdr (acquire)          whose turn to move tail
 *
 * How a position p of a ring of N slots goes round, in slot p % N:
 *
 *   hdr (p-N, x, COMMITTED), cursor > p-N, tail = p         free: anybody may claim p
 *   hdr (p, me, CLAIMED)                                    mine; the tail is p until somebody,
 *                                                           me or a helper, makes it p+1
 *   hdr (p, me, COMMITTED)                                  the publisher's, once its cursor is p
 *
 * Positions are 64 bits, headers hold the low 52 of them; compared by equality and by unsigned
 * difference only. tests/model/ring_result.pml checks this protocol; its mutants show that the
 * claim must come before the tail and the commit after the bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/identity.h"

enum {
    RESULT_WORKER_NONE = 255, /* who is said to have written a slot nobody has yet */
};

/* A process's private handle; geometry checked and copied once at attach. */
struct ring_result {
    struct shm_result_header *shared;
    struct shm_result_slot *slots;
    uint64_t mask;
    uint64_t claimed;  /* position of our open claim; valid between claim and commit */
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

/*
 * ring_result_claim - the next free slot, now ours; NULL when the ring is full
 *
 * Exactly one ring_result_commit() must follow a non-NULL result before the next claim. The slot's
 * bytes are what an older outcome left there. Never blocks, never makes a system call; each of
 * its retries means that another worker got on. `worker` is below RESULT_WORKER_NONE. In a ring
 * that somebody scribbled over the answer is NULL.
 */
struct shm_outcome *ring_result_claim(struct ring_result *ring, uint32_t worker);

/* ring_result_commit - show the claimed slot to the consumer. The slot is no longer ours. */
void ring_result_commit(struct ring_result *ring, uint32_t worker);

/*
 * ring_result_poll - the outcome at the cursor, or NULL while it is not committed
 *
 * *worker is set to the one that wrote it, as the slot says: 0..255. Bound it before it indexes
 * anything, and judge the outcome by outcome_is_sound(). Valid until ring_result_release().
 */
const struct shm_outcome *ring_result_poll(struct ring_result *ring, uint32_t *worker);

/* ring_result_release - give the polled slot back to the producers. After a successful poll. */
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

/* Outcomes claimed and not yet released, for onlookers. */
uint64_t ring_result_depth(const struct ring_result *ring);

#endif
