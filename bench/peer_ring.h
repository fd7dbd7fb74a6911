#ifndef BENCH_PEER_RING_H
#define BENCH_PEER_RING_H

/*
 * bench/peer_ring.h - rings that others made, in memory that forked processes share.
 *
 * Each is driven as its documentation says is fastest: ck_ring by its typed functions, which copy
 * an entry in and out; rte_ring in bursts of the whole batch. Messages of 64, 128 or 256 bytes.
 */

#include <stdint.h>

struct peer_ring {
    const char *name;
    /* One producer, one consumer; `slots` a power of two. */
    void *(*make)(uint32_t size, uint32_t slots);
    /* How many of `count` messages were taken in, or were there; 0: full, or empty. */
    uint32_t (*put)(void *ring, const uint8_t *messages, uint32_t size, uint32_t count);
    uint32_t (*take)(void *ring, uint8_t *messages, uint32_t size, uint32_t count);
    /* The same ring with several producers at once; NULL: it has no such mode. */
    uint32_t (*put_shared)(void *ring, const uint8_t *messages, uint32_t size, uint32_t count);
    uint32_t (*take_shared)(void *ring, uint8_t *messages, uint32_t size, uint32_t count);
};

extern const struct peer_ring peer_ck;       /* Concurrency Kit's ck_ring */
extern const struct peer_ring peer_fetchadd; /* a slot number by fetch-and-add, a word a slot */
extern const struct peer_ring peer_rte;      /* DPDK's rte_ring */

/* peer_shared_memory - zeroed, mapped, populated; who cannot have it ends (CHECK). */
void *peer_shared_memory(uint64_t bytes);

#endif
