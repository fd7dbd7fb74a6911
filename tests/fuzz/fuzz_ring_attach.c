/*
 * Attaches to arbitrary bytes as event ring and as result ring, and asserts the promise of both:
 * refused, or everything they give out lies within the mapping.
 *
 * The input is laid over the parts of a segment that are read: byte 0 chooses, then the header's
 * written-once part, then the two positions (a page each), then the first slots.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "ipc/ring_attach.h"
#include "ipc/ring_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PAGES = 13,
    SEALED = 1, /* the header gets its magic and checksum: what is inside is what lies */
    IS_RESULT = 2,
    PAGES_SHIFT = 2, /* the rest of byte 0: pages that the mapping is shorter */
};

/* Copies up to `length` bytes of what is left of the input. */
static void
lay(uint8_t *to, size_t length, const uint8_t **data, size_t *left)
{
    size_t count = *left < length ? *left : length;
    memcpy(to, *data, count);
    *data += count;
    *left -= count;
}

/* Keeps what the input says of kind and sizes, and makes the rest convincing. */
static void
seal(uint8_t *mapping)
{
    struct shm_identity *identity = (void *)mapping;
    identity_seal(mapping, &(struct identity){
                               .kind = (enum segment_kind)identity->kind,
                               .header_size = sizeof(struct shm_ring_header),
                               .fixed_size = sizeof(struct shm_ring_fixed),
                               .total_size = identity->total_size,
                               .epoch = identity->epoch,
                           });
}

static void
check_inside(const void *at, uint64_t length, const uint8_t *mapping, uint64_t size)
{
    uint64_t offset = (uint64_t)((const uint8_t *)at - mapping);
    CHECK(offset <= size);
    CHECK(length <= size - offset);
}

static void
try_ring(uint8_t *mapping, uint64_t size)
{
    struct ring_spsc ring;
    if (ring_attach_consumer(&ring, mapping, size) == ATTACH_OK) {
        uint32_t ready = ring_spsc_poll(&ring, UINT32_MAX);
        check_inside(ring_spsc_slot(&ring, ring.position), (uint64_t)ready * ring.slot_size,
                     mapping, size);
        ring_spsc_release(&ring, ready);
    }
    if (ring_attach_producer(&ring, mapping, size) == ATTACH_OK) {
        uint32_t count = (uint32_t)ring.mask + 1;
        while (count > 0 && !ring_spsc_claim(&ring, count))
            count /= 2;
        check_inside(ring_spsc_slot(&ring, ring.position), (uint64_t)count * ring.slot_size,
                     mapping, size);
        memset(ring_spsc_slot(&ring, ring.position), 0xaa, (size_t)count * ring.slot_size);
        ring_spsc_publish(&ring, count);
    }
}

static void
try_result(uint8_t *mapping, uint64_t size)
{
    struct ring_result ring;
    _Atomic uint64_t flushed = 0;
    static struct shm_outcome outcome = {.text_bytes = sizeof outcome.text};
    if (ring_result_attach(&ring, mapping, size) != ATTACH_OK)
        return;
    for (int i = 0; i < 3; i++) {
        const struct shm_result_slot *slot = ring_result_poll(&ring);
        if (slot != NULL) {
            check_inside(slot, sizeof *slot, mapping, size);
            ring_result_is_sound(&ring, slot);
            ring_result_take(&ring);
            ring_result_release(&ring);
        }
        /* Whatever it writes lies inside, or the sanitizer says so. */
        ring_result_recover(&ring, 1, &flushed, &outcome);
        ring_result_flush(&ring, 1, &flushed, &outcome);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t choice = data[0];
    uint64_t pages = PAGES - (uint64_t)(choice >> PAGES_SHIFT) % PAGES;
    uint64_t mapping_size = pages * SHM_PAGE;
    uint8_t *mapping = aligned_alloc(SHM_PAGE, mapping_size);
    CHECK(mapping != NULL);
    memset(mapping, 0, mapping_size);
    data++;
    size--;
    lay(mapping, sizeof(struct shm_ring_fixed), &data, &size);
    for (uint64_t page = 1; page < pages && page < 4; page++)
        lay(mapping + page * SHM_PAGE, page < 3 ? sizeof(uint64_t) : SHM_PAGE, &data, &size);
    if (choice & SEALED)
        seal(mapping);
    if (choice & IS_RESULT)
        try_result(mapping, mapping_size);
    else
        try_ring(mapping, mapping_size);
    free(mapping);
    return 0;
}
