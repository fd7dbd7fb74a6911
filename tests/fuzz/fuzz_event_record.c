/*
 * Reads any bytes as an event record, as if a broken process had written them. What unpacks must
 * pack again to the same number of slots, unpack again, and then be the same record byte for byte.
 */
#include <stdlib.h>

#include "base/check.h"
#include "ipc/event_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Packs into memory of exactly that many slots, so a byte too far is seen by the sanitizer. */
static uint8_t *
repack(const struct event *event, uint32_t slots)
{
    uint8_t *record = aligned_alloc(EVENT_SLOT_SIZE, (size_t)slots * EVENT_SLOT_SIZE);
    CHECK(record != NULL);
    memset(record, 0, (size_t)slots * EVENT_SLOT_SIZE);
    event_pack(event, record, slots);
    return record;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event event;
    static struct event again;
    uint32_t available = (uint32_t)(size / EVENT_SLOT_SIZE);
    if (available == 0)
        return 0;
    uint8_t *slots = aligned_alloc(EVENT_SLOT_SIZE, (size_t)available * EVENT_SLOT_SIZE);
    CHECK(slots != NULL);
    memcpy(slots, data, (size_t)available * EVENT_SLOT_SIZE);

    uint32_t used = event_unpack(&event, slots, available);
    CHECK(used <= available);
    if (used != 0) {
        CHECK(event_pack_slots(&event) == used);
        uint8_t *first = repack(&event, used);
        CHECK(event_unpack(&again, first, used) == used);
        uint8_t *second = repack(&again, used);
        CHECK(memcmp(first, second, (size_t)used * EVENT_SLOT_SIZE) == 0);
        free(second);
        free(first);
    }
    free(slots);
    return 0;
}
