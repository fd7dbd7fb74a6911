/* DPDK's ring without its environment: rte_ring_init() in plain shared memory, no huge pages. */
#include "bench/peer_ring.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "base/check.h"

static void *
rte_make_with(uint32_t size, uint32_t slots, unsigned flags)
{
    ssize_t bytes = rte_ring_get_memsize_elem(size, slots);
    CHECK(bytes > 0);
    void *ring = peer_shared_memory((uint64_t)bytes);
    CHECK(rte_ring_init(ring, "bench", slots, flags) == 0);
    return ring;
}

/* Several producers, one consumer: the functions called say which of both modes is meant. */
static void *
rte_make(uint32_t size, uint32_t slots)
{
    return rte_make_with(size, slots, RING_F_SC_DEQ);
}

static uint32_t
rte_put(void *ring, const uint8_t *messages, uint32_t size, uint32_t count)
{
    return rte_ring_sp_enqueue_burst_elem(ring, messages, size, count, NULL);
}

static uint32_t
rte_take(void *ring, uint8_t *messages, uint32_t size, uint32_t count)
{
    return rte_ring_sc_dequeue_burst_elem(ring, messages, size, count, NULL);
}

static uint32_t
rte_put_shared(void *ring, const uint8_t *messages, uint32_t size, uint32_t count)
{
    return rte_ring_mp_enqueue_burst_elem(ring, messages, size, count, NULL);
}

const struct peer_ring peer_rte = {"rte", rte_make, rte_put, rte_take, rte_put_shared, rte_take};
