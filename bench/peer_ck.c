#include "bench/peer_ring.h"

#include <ck_pr.h>
#include <ck_ring.h>
#include <sched.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"

void *
peer_shared_memory(uint64_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

struct message_64 {
    uint8_t bytes[64];
};
struct message_128 {
    uint8_t bytes[128];
};
struct message_256 {
    uint8_t bytes[256];
};

CK_RING_PROTOTYPE(m64, message_64)
CK_RING_PROTOTYPE(m128, message_128)
CK_RING_PROTOTYPE(m256, message_256)

struct ck_memory {
    struct ck_ring ring;
    alignas(64) uint8_t slots[];
};

static void *
ck_make(uint32_t size, uint32_t slots)
{
    struct ck_memory *memory = peer_shared_memory(sizeof *memory + (uint64_t)size * slots);
    ck_ring_init(&memory->ring, slots);
    return memory;
}

/* One function for each kind of call, whose sizes are known when it is compiled. */
#define EACH_SIZE(function, type)                                                                  \
    static uint32_t function(void *ring, type uint8_t *messages, uint32_t size, uint32_t count)    \
    {                                                                                              \
        if (size == 64)                                                                            \
            return function##_m64(ring, (type void *)messages, count);                             \
        if (size == 128)                                                                           \
            return function##_m128(ring, (type void *)messages, count);                            \
        return function##_m256(ring, (type void *)messages, count);                                \
    }

#define CK_CALLS(mode, name, message)                                                              \
    static uint32_t ck_put_##mode##_##name(struct ck_memory *memory,                               \
                                           const struct message *messages, uint32_t count)         \
    {                                                                                              \
        uint32_t done = 0;                                                                         \
        struct message *slots = (void *)memory->slots;                                             \
        while (done < count &&                                                                     \
               ck_ring_enqueue_##mode##_##name(&memory->ring, slots, (void *)&messages[done]))     \
            done++;                                                                                \
        return done;                                                                               \
    }                                                                                              \
    static uint32_t ck_take_##mode##_##name(struct ck_memory *memory, struct message *messages,    \
                                            uint32_t count)                                        \
    {                                                                                              \
        uint32_t done = 0;                                                                         \
        struct message *slots = (void *)memory->slots;                                             \
        while (done < count &&                                                                     \
               ck_ring_dequeue_##mode##_##name(&memory->ring, slots, &messages[done]))             \
            done++;                                                                                \
        return done;                                                                               \
    }

CK_CALLS(spsc, m64, message_64)
CK_CALLS(spsc, m128, message_128)
CK_CALLS(spsc, m256, message_256)
CK_CALLS(mpsc, m64, message_64)
CK_CALLS(mpsc, m128, message_128)
CK_CALLS(mpsc, m256, message_256)
EACH_SIZE(ck_put_spsc, const)
EACH_SIZE(ck_take_spsc, )
EACH_SIZE(ck_put_mpsc, const)
EACH_SIZE(ck_take_mpsc, )

const struct peer_ring peer_ck = {"ck",         ck_make,     ck_put_spsc,
                                  ck_take_spsc, ck_put_mpsc, ck_take_mpsc};

enum {
    SPINS = 1000, /* looks in vain before the core is given to somebody else */
};

/*
 * What one would write by hand: producers draw a number, wait until the slot's word says that it is
 * theirs, copy, and say so. A producer that is killed between the two stops everybody for ever.
 */
struct add_slot {
    uint64_t turn; /* of position p: p while it may be written, p + 1 while it may be read */
    uint8_t bytes[];
};

struct add_memory {
    alignas(64) uint64_t tail;
    alignas(64) uint64_t head; /* the consumer's */
    alignas(64) uint64_t mask;
    alignas(64) uint8_t slots[];
};

static void *
add_make(uint32_t size, uint32_t slots)
{
    uint64_t stride = sizeof(struct add_slot) + size;
    struct add_memory *memory = peer_shared_memory(sizeof *memory + stride * slots);
    memory->mask = slots - 1;
    for (uint64_t i = 0; i < slots; i++)
        memcpy(memory->slots + i * stride, &i, sizeof i);
    return memory;
}

static struct add_slot *
add_slot_of(struct add_memory *memory, uint64_t position, uint32_t size)
{
    return (void *)(memory->slots + (position & memory->mask) * (sizeof(struct add_slot) + size));
}

static uint32_t
add_put(void *ring, const uint8_t *messages, uint32_t size, uint32_t count)
{
    struct add_memory *memory = ring;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t position = ck_pr_faa_64(&memory->tail, 1);
        struct add_slot *slot = add_slot_of(memory, position, size);
        for (uint32_t spins = 1; ck_pr_load_64(&slot->turn) != position; spins++)
            if (spins % SPINS == 0)
                sched_yield();
            else
                ck_pr_stall();
        memcpy(slot->bytes, messages + (size_t)i * size, size);
        ck_pr_fence_store();
        ck_pr_store_64(&slot->turn, position + 1);
    }
    return count;
}

static uint32_t
add_take(void *ring, uint8_t *messages, uint32_t size, uint32_t count)
{
    struct add_memory *memory = ring;
    uint32_t done = 0;
    for (; done < count; done++) {
        struct add_slot *slot = add_slot_of(memory, memory->head, size);
        if (ck_pr_load_64(&slot->turn) != memory->head + 1)
            break;
        ck_pr_fence_load();
        memcpy(messages + (size_t)done * size, slot->bytes, size);
        ck_pr_fence_store();
        ck_pr_store_64(&slot->turn, memory->head + memory->mask + 1);
        memory->head++;
    }
    return done;
}

const struct peer_ring peer_fetchadd = {"fetchadd", add_make, add_put, add_take, add_put, add_take};
