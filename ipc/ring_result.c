#include "ipc/ring_result.h"

#include "base/check.h"

enum {
    STATE_CLAIMED = 1,
    STATE_COMMITTED = 2,
    STATE_BITS = 4,
    WORKER_BITS = 8,
    POSITION_SHIFT = STATE_BITS + WORKER_BITS,
};

#define STATE_MASK ((UINT64_C(1) << STATE_BITS) - 1)

static uint64_t
header_of(uint64_t position, uint32_t worker, uint64_t state)
{
    return position << POSITION_SHIFT | (uint64_t)worker << STATE_BITS | state;
}

static uint32_t
header_worker(uint64_t header)
{
    return (uint32_t)(header >> STATE_BITS) & RESULT_WORKER_NONE;
}

/* Both sides lose the top bits that a header has no room for. */
static bool
header_has_position(uint64_t header, uint64_t position)
{
    return header >> POSITION_SHIFT == position << POSITION_SHIFT >> POSITION_SHIFT;
}

static bool
header_is(uint64_t header, uint64_t position, uint64_t state)
{
    return header_has_position(header, position) && (header & STATE_MASK) == state;
}

static bool
is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

uint64_t
ring_result_size(uint32_t slot_count)
{
    uint64_t slots = (uint64_t)slot_count * sizeof(struct shm_result_slot);
    return sizeof(struct shm_result_header) + (slots + SHM_PAGE - 1) / SHM_PAGE * SHM_PAGE;
}

void
ring_result_format(void *mapping, uint64_t mapping_size, uint32_t slot_count, uint64_t epoch)
{
    CHECK(is_power_of_two(slot_count));
    CHECK(mapping_size >= ring_result_size(slot_count));

    struct shm_result_header *header = mapping;
    struct shm_result_slot *slots = (void *)(header + 1);
    for (uint32_t i = 0; i < slot_count; i++) {
        /* relaxed: nobody looks before the magic (S1). */
        atomic_store_explicit(&slots[i].header, header_of(i, RESULT_WORKER_NONE, STATE_COMMITTED),
                              memory_order_relaxed);
    }
    atomic_store_explicit(&header->tail, slot_count, memory_order_relaxed);
    atomic_store_explicit(&header->cursor, slot_count, memory_order_relaxed);
    header->fixed.slots_offset = sizeof *header;
    header->fixed.slot_size = sizeof *slots;
    header->fixed.slot_count = slot_count;
    identity_seal(header, &(struct identity){
                              .kind = SEGMENT_RESULT,
                              .header_size = sizeof *header,
                              .fixed_size = sizeof header->fixed,
                              .total_size = ring_result_size(slot_count),
                              .epoch = epoch,
                          });
}

/* cursor <= tail <= cursor + N at every instant. The cursor only grows, so looking at it before
 * the tail gives a bound from below, and after it a bound from above, while others go on. */
static bool
positions_are_sound(const struct shm_result_header *header, uint64_t slot_count, uint64_t *cursor)
{
    /* acquire: M2. */
    uint64_t before = atomic_load_explicit(&header->cursor, memory_order_acquire);
    /* acquire: M3. */
    uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire);
    /* acquire: M2. */
    uint64_t after = atomic_load_explicit(&header->cursor, memory_order_acquire);
    *cursor = after;
    return (int64_t)(tail - before) >= 0 && (int64_t)(tail - after) <= (int64_t)slot_count;
}

enum attach_result
ring_result_attach(struct ring_result *ring, void *mapping, uint64_t mapping_size)
{
    struct shm_result_header *header = mapping;
    struct shm_result_fixed fixed;
    enum attach_result result =
        identity_read(&fixed, mapping, mapping_size, sizeof *header, sizeof fixed);
    if (result != ATTACH_OK)
        return result;
    if (fixed.identity.kind != SEGMENT_RESULT)
        return ATTACH_OTHER_KIND;
    if (!is_power_of_two(fixed.slot_count) || fixed.slots_offset != sizeof *header ||
        fixed.slot_size != sizeof(struct shm_result_slot) ||
        fixed.identity.total_size != ring_result_size(fixed.slot_count) ||
        fixed.identity.total_size > mapping_size)
        return ATTACH_BAD_GEOMETRY;
    uint64_t cursor;
    if (!positions_are_sound(header, fixed.slot_count, &cursor))
        return ATTACH_BAD_POSITIONS;

    *ring = (struct ring_result){
        .shared = header,
        .slots = (void *)(header + 1),
        .mask = fixed.slot_count - 1,
        .position = cursor,
        .cursor = cursor,
    };
    return ATTACH_OK;
}

/* Signed: the tail we hold may be older than the cursor, others having gone on since. */
static bool
has_room(struct ring_result *ring, uint64_t tail)
{
    int64_t slot_count = (int64_t)ring->mask + 1;
    if ((int64_t)(tail - ring->cursor) < slot_count)
        return true;
    /* acquire: M2. The publisher's reads of the slot happened before we overwrite it. */
    ring->cursor = atomic_load_explicit(&ring->shared->cursor, memory_order_acquire);
    return (int64_t)(tail - ring->cursor) < slot_count;
}

/* Whoever comes first makes the tail pass a claimed position; it is no matter who. */
static void
pass_tail(struct ring_result *ring, uint64_t position)
{
    /* release: M3. Who sees the tail beyond a claim sees the claim. */
    atomic_compare_exchange_strong_explicit(&ring->shared->tail, &position, position + 1,
                                            memory_order_release, memory_order_relaxed);
}

struct shm_outcome *
ring_result_claim(struct ring_result *ring, uint32_t worker)
{
    DCHECK(worker < RESULT_WORKER_NONE);
    for (;;) {
        /* acquire: M3. */
        uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
        if (!has_room(ring, tail))
            return NULL;

        struct shm_result_slot *slot = &ring->slots[tail & ring->mask];
        /* acquire: M4. A claim we see here is one we may help. */
        uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
        if (header_has_position(header, tail)) {
            pass_tail(ring, tail);
        } else if (header_is(header, tail - (ring->mask + 1), STATE_COMMITTED)) {
            uint64_t mine = header_of(tail, worker, STATE_CLAIMED);
            /* release: M4. */
            if (atomic_compare_exchange_strong_explicit(
                    &slot->header, &header, mine, memory_order_release, memory_order_relaxed)) {
                pass_tail(ring, tail);
                ring->claimed = tail;
                return &slot->outcome;
            }
        } else if (atomic_load_explicit(&ring->shared->tail, memory_order_relaxed) == tail) {
            return NULL; /* no step of ours leads here: somebody scribbled */
        }
    }
}

void
ring_result_commit(struct ring_result *ring, uint32_t worker)
{
    struct shm_result_slot *slot = &ring->slots[ring->claimed & ring->mask];
    DCHECK(atomic_load_explicit(&slot->header, memory_order_relaxed) ==
           header_of(ring->claimed, worker, STATE_CLAIMED));
    /* release: M1. Every byte of the outcome is visible before the slot says so. */
    atomic_store_explicit(&slot->header, header_of(ring->claimed, worker, STATE_COMMITTED),
                          memory_order_release);
}

const struct shm_outcome *
ring_result_poll(struct ring_result *ring, uint32_t *worker)
{
    struct shm_result_slot *slot = &ring->slots[ring->position & ring->mask];
    /* acquire: M1. Seeing the commit means seeing the outcome. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
    if (!header_is(header, ring->position, STATE_COMMITTED))
        return NULL;
    *worker = header_worker(header);
    return &slot->outcome;
}

void
ring_result_release(struct ring_result *ring)
{
    ring->position++;
    /* release: M2. Our reads of the slot finish before a worker may claim it again. */
    atomic_store_explicit(&ring->shared->cursor, ring->position, memory_order_release);
}

uint64_t
ring_result_depth(const struct ring_result *ring)
{
    /* acquire: M2. What was released was claimed before, so the tail is not below the cursor. */
    uint64_t cursor = atomic_load_explicit(&ring->shared->cursor, memory_order_acquire);
    /* relaxed: no edge. Nothing but the number itself is used. */
    return atomic_load_explicit(&ring->shared->tail, memory_order_relaxed) - cursor;
}

bool
ring_result_peek(const struct shm_result_slot *slot, uint64_t position, struct shm_outcome *outcome)
{
    /* acquire: M1. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
    if (!header_is(header, position, STATE_COMMITTED))
        return false;
    memcpy(outcome, &slot->outcome, sizeof *outcome);
    /* The copy came before this look: what is still there was not written over meanwhile. */
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&slot->header, memory_order_relaxed) == header;
}

bool
ring_result_is_pending(const struct shm_result_slot *slot, uint64_t position)
{
    /* acquire: M4. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
    return !header_is(header, position, STATE_COMMITTED) &&
           (int64_t)((position << POSITION_SHIFT) - (header >> POSITION_SHIFT << POSITION_SHIFT)) >=
               0;
}
