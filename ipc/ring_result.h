#ifndef IPC_RING_RESULT_H
#define IPC_RING_RESULT_H

/*
 * ipc/ring_result.h - many workers write outcomes, one publisher reads them in ring order.
 *
 * Fixed slots. The claim names its owner in the same atomic word as the position, so whoever
 * meets an unfinished claim knows whose it is, and a producer that stalls between claiming a
 * slot and moving the tail is helped, never waited for.
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
 *   M3    claim, help: tail CAS (acq_rel)-> claim: tail (acquire)         the claim below the tail
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/outcome_record.h"

struct shm_result_header; /* ipc/layout.h */
struct shm_result_slot;

/* A process's private handle; geometry checked and copied once at attach. */
struct ring_result {
    struct shm_result_header *shared;
    struct shm_result_slot *slots;
    uint64_t mask;
    uint64_t claimed;  /* position of our open claim; valid between claim and commit */
    uint64_t position; /* consumer: next position to read */
    uint64_t cursor;   /* producer: the consumer's cursor when we last looked */
};

/* Bytes a ring of `slot_count` (power of two) needs. */
uint64_t ring_result_size(uint32_t slot_count);

/* Write a fresh ring into zeroed memory of at least ring_result_size(). Creator only. */
void ring_result_format(void *mapping, uint64_t mapping_size, uint32_t slot_count, uint64_t epoch);

/* Check a mapped ring and fill a handle; enum attach_result of ipc/ring_attach.h. */
int ring_result_attach(struct ring_result *ring, void *mapping, uint64_t mapping_size);

/*
 * ring_result_claim - the next free slot, now ours; NULL when the ring is full
 *
 * Exactly one ring_result_commit() must follow a non-NULL result before the next claim.
 */
struct shm_outcome *ring_result_claim(struct ring_result *ring, uint32_t worker);
void ring_result_commit(struct ring_result *ring, uint32_t worker);

/*
 * ring_result_poll - the outcome at the cursor, or NULL while it is not committed
 *
 * *worker is set to the one that wrote it. Valid until ring_result_release().
 */
const struct shm_outcome *ring_result_poll(struct ring_result *ring, uint32_t *worker);
void ring_result_release(struct ring_result *ring);

/* Outcomes claimed and not yet released, for onlookers. */
uint64_t ring_result_depth(const struct ring_result *ring);

#endif
