#include "ipc/ring_result.h"

#include "base/check.h"
#include "base/hash.h"

enum {
    STATE_CLAIMED = 1,
    STATE_COMMITTED = 2,
    STATE_BITS = 2,
    OWNER_BITS = 10,
    POSITION_SHIFT = STATE_BITS + OWNER_BITS,
};

#define STATE_MASK ((UINT64_C(1) << STATE_BITS) - 1)

static uint64_t
header_of(uint64_t position, uint32_t owner, uint64_t state)
{
    return position << POSITION_SHIFT | (uint64_t)owner << STATE_BITS | state;
}

static uint32_t
header_owner(uint64_t header)
{
    return (uint32_t)(header >> STATE_BITS) & RESULT_OWNER_NONE;
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
        atomic_store_explicit(&slots[i].header, header_of(i, RESULT_OWNER_NONE, STATE_COMMITTED),
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

/* ---- the bytes ----------------------------------------------------------------------------- */

/* Of what the outcome carries, and of who says it is which. */
static uint32_t
checksum_of(const struct shm_result_slot *slot)
{
    uint64_t who = slot->number * UINT64_C(0x9e3779b97f4a7c15) ^ slot->owner;
    return (uint32_t)hash_finish(who ^ outcome_checksum(&slot->outcome));
}

/* Everything of the slot but its header, and then that it is there and counts. */
static void
fill(struct shm_result_slot *slot, uint64_t position, uint32_t owner, _Atomic uint64_t *flushed,
     const struct shm_outcome *outcome)
{
    uint64_t number = ring_result_flushed(flushed) + 1;
    memcpy(&slot->outcome, outcome, outcome_size(outcome));
    slot->owner = owner;
    slot->number = number;
    slot->checksum = checksum_of(slot);
    /* release: M5. Every other byte stands before it. */
    atomic_store_explicit(&slot->body_position, position, memory_order_release);
    /* release: M6. It counts only when it is whole. */
    atomic_store_explicit(flushed, number, memory_order_release);
}

static void
commit(struct shm_result_slot *slot, uint64_t position, uint32_t owner)
{
    /* release: M1. Every byte of the outcome, and its count, come before the slot says so. */
    atomic_store_explicit(&slot->header, header_of(position, owner, STATE_COMMITTED),
                          memory_order_release);
}

/* ---- producers ----------------------------------------------------------------------------- */

uint64_t
ring_result_flushed(const _Atomic uint64_t *flushed)
{
    /* acquire: M6. */
    return atomic_load_explicit(flushed, memory_order_acquire);
}

/* Claims the tail's slot for us. False when the ring is full, or no step of ours leads further. */
static bool
claim(struct ring_result *ring, uint32_t owner, uint64_t *position)
{
    for (;;) {
        /* acquire: M3. */
        uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
        if (!has_room(ring, tail))
            return false;

        struct shm_result_slot *slot = &ring->slots[tail & ring->mask];
        /* acquire: M4. A claim we see here is one we may help. */
        uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
        if (header_has_position(header, tail)) {
            pass_tail(ring, tail);
        } else if (header_is(header, tail - (ring->mask + 1), STATE_COMMITTED)) {
            uint64_t mine = header_of(tail, owner, STATE_CLAIMED);
            *position = tail;
            /* release: M4. */
            if (atomic_compare_exchange_strong_explicit(
                    &slot->header, &header, mine, memory_order_release, memory_order_relaxed)) {
                /* release: M7. The body is written after the claim can be seen. */
                atomic_thread_fence(memory_order_release);
                return true;
            }
        } else if (atomic_load_explicit(&ring->shared->tail, memory_order_relaxed) == tail) {
            return false; /* somebody scribbled */
        }
    }
}

bool
ring_result_flush(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                  const struct shm_outcome *outcome)
{
    DCHECK(owner < RESULT_OWNER_NONE);
    uint64_t position;
    if (!claim(ring, owner, &position))
        return false;
    pass_tail(ring, position);
    struct shm_result_slot *slot = &ring->slots[position & ring->mask];
    fill(slot, position, owner, flushed, outcome);
    commit(slot, position, owner);
    return true;
}

/* The dead one's open claim: between the cursor and the tail, which it may not have moved. */
static bool
find_claim(struct ring_result *ring, uint32_t owner, uint64_t *position)
{
    /* acquire: M2. Before the tail, so that nothing of ours lies below. */
    uint64_t from = atomic_load_explicit(&ring->shared->cursor, memory_order_acquire);
    /* acquire: M3. */
    uint64_t tail = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
    for (uint64_t at = from; at - from <= tail - from && at - from <= ring->mask + 1; at++) {
        /* acquire: M4. */
        uint64_t header =
            atomic_load_explicit(&ring->slots[at & ring->mask].header, memory_order_acquire);
        if (header != header_of(at, owner, STATE_CLAIMED))
            continue;
        *position = at;
        return true;
    }
    return false;
}

void
ring_result_recover(struct ring_result *ring, uint32_t owner, _Atomic uint64_t *flushed,
                    const struct shm_outcome *next)
{
    uint64_t position;
    if (!find_claim(ring, owner, &position))
        return;
    pass_tail(ring, position);
    struct shm_result_slot *slot = &ring->slots[position & ring->mask];
    /* acquire: M5. */
    uint64_t body = atomic_load_explicit(&slot->body_position, memory_order_acquire);
    bool is_counted =
        body == position && slot->owner == owner && slot->number == ring_result_flushed(flushed);
    if (!is_counted)
        fill(slot, position, owner, flushed, next);
    commit(slot, position, owner);
}

bool
ring_result_has_room(struct ring_result *ring)
{
    /* acquire: M3. */
    return has_room(ring, atomic_load_explicit(&ring->shared->tail, memory_order_acquire));
}

/* ---- what the dead left -------------------------------------------------------------------- */

/* A slot that somebody claimed, and that was not taken yet: is it its owner's next? */
static bool
slot_is_next(const struct shm_result_slot *slot, uint64_t position, uint64_t header,
             struct ring_result_owner *owner)
{
    /* acquire: M5. Of the dead. */
    uint64_t body = atomic_load_explicit(&slot->body_position, memory_order_acquire);
    bool is_filled = body == position && slot->owner == header_owner(header) &&
                     slot->number == owner->arrived + 1;
    if (header_is(header, position, STATE_COMMITTED)) {
        owner->arrived++;
        return is_filled && owner->arrived <= owner->flushed;
    }
    bool is_last =
        owner->arrived == owner->flushed || (is_filled && owner->arrived + 1 == owner->flushed);
    owner->arrived = UINT64_MAX; /* after an open claim it has no other */
    return is_last;
}

static bool
claim_is_whole(const struct shm_result_slot *slot, uint64_t position, uint64_t taken,
               struct ring_result_owner *owners, uint32_t count)
{
    /* acquire: M4. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
    uint32_t owner = header_owner(header);
    if (owner >= count || !header_has_position(header, position))
        return false;
    if (position < taken)
        return header_is(header, position, STATE_COMMITTED);
    return (header_is(header, position, STATE_COMMITTED) ||
            header_is(header, position, STATE_CLAIMED)) &&
           owners[owner].arrived != UINT64_MAX &&
           slot_is_next(slot, position, header, &owners[owner]);
}

static bool
is_untouched(const struct ring_result *ring, uint64_t position)
{
    /* acquire: M4. */
    uint64_t header =
        atomic_load_explicit(&ring->slots[position & ring->mask].header, memory_order_acquire);
    return header_is(header, position - (ring->mask + 1), STATE_COMMITTED);
}

bool
ring_result_is_whole(const struct ring_result *ring, uint64_t taken,
                     struct ring_result_owner *owners, uint32_t count)
{
    uint64_t cursor;
    if (!positions_are_sound(ring->shared, ring->mask + 1, &cursor))
        return false;
    uint64_t tail = ring_result_end(ring);
    if (taken < cursor || taken > tail)
        return false;
    for (uint64_t at = cursor; at != cursor + ring->mask + 1; at++) {
        bool is_claimed = at < tail || (at == tail && !is_untouched(ring, at));
        if (is_claimed ? !claim_is_whole(&ring->slots[at & ring->mask], at, taken, owners, count)
                       : !is_untouched(ring, at))
            return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (owners[i].arrived != UINT64_MAX && owners[i].arrived != owners[i].flushed)
            return false;
    return true;
}

/* ---- the consumer -------------------------------------------------------------------------- */

const struct shm_result_slot *
ring_result_poll(struct ring_result *ring)
{
    struct shm_result_slot *slot = &ring->slots[ring->position & ring->mask];
    /* acquire: M1. Seeing the commit means seeing the outcome. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_acquire);
    return header_is(header, ring->position, STATE_COMMITTED) ? slot : NULL;
}

bool
ring_result_is_possible(const struct ring_result *ring)
{
    /* acquire: M4. */
    uint64_t header = atomic_load_explicit(&ring->slots[ring->position & ring->mask].header,
                                           memory_order_acquire);
    return header_is(header, ring->position, STATE_CLAIMED) ||
           header_is(header, ring->position, STATE_COMMITTED);
}

bool
ring_result_is_sound(const struct ring_result *ring, const struct shm_result_slot *slot)
{
    /* relaxed: no edge. The slot was polled: M1 carries all of it. */
    uint64_t header = atomic_load_explicit(&slot->header, memory_order_relaxed);
    uint64_t body = atomic_load_explicit(&slot->body_position, memory_order_relaxed);
    return body == ring->position && slot->owner == header_owner(header) &&
           slot->checksum == checksum_of(slot);
}

void
ring_result_release(struct ring_result *ring)
{
    /* release: M2. Our reads of the slots finish before a worker may claim them again. */
    atomic_store_explicit(&ring->shared->cursor, ring->position, memory_order_release);
}

uint64_t
ring_result_end(const struct ring_result *ring)
{
    /* acquire: M3. */
    return atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
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
    /* acquire: M7. The copy came before this look: what is still there was not written over. */
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

struct ring_result_claim
ring_result_claim_of(uint64_t header)
{
    uint64_t state = header & STATE_MASK;
    return (struct ring_result_claim){
        .position = header >> POSITION_SHIFT,
        .owner = header_owner(header),
        .is_open = state == STATE_CLAIMED,
        .state = state == STATE_CLAIMED     ? "claimed"
                 : state == STATE_COMMITTED ? "committed"
                                            : "?",
    };
}
