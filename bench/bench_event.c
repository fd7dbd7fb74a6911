/*
 * One event into its ring slots and out again, beside a memcpy of the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/cbench.h"
#include "ipc/event_record.h"

static struct event event;
static struct event unpacked;
static alignas(64) uint8_t record[EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE];
static alignas(64) uint8_t copy[EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE];

/* A ConnectionCleared as the front-end completes it. */
static void
fill_event(void)
{
    event_reset(&event);
    event.kind = EVENT_CONNECTION_CLEARED;
    event.cause = 48;
    event.local_state = LOCAL_NULL;
    event.flags = EVENT_HAS_TIME;
    event.monitor = 41;
    event.order = 1000001;
    event.seq = 1000001;
    event.time_us = INT64_C(1795341605250000);
    event.clock_ms = 5250;
    event.texts[EVENT_TEXT_CALL] = TEXT("FF00010000000000A1B25F6E2C0A0000");
    event.texts[EVENT_TEXT_DEVICE] = TEXT("4989100200");
    event.texts[EVENT_TEXT_RELEASING] = TEXT("4989100200");
    event.texts[EVENT_TEXT_MONITOR_DEVICE] = TEXT("4989100200");
}

static void
pack(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        event_pack(&event, record, event_pack_slots(&event));
        cbench_keep(record);
    }
}

static void
unpack(void *context, uint64_t operations)
{
    (void)context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(event_unpack(&unpacked, record, EVENT_RECORD_SLOTS) > 0);
        cbench_keep(&unpacked);
    }
}

static void
copy_bytes(void *context, uint64_t operations)
{
    const size_t *size = context;
    for (uint64_t i = 0; i < operations; i++) {
        memcpy(copy, record, *size);
        cbench_keep(copy);
    }
}

int
main(void)
{
    fill_event();
    uint32_t slots = event_pack_slots(&event);
    event_pack(&event, record, slots);
    CHECK(event_unpack(&unpacked, record, slots) == slots);
    CHECK(unpacked.order == event.order);

    size_t size = (size_t)slots * EVENT_SLOT_SIZE;
    const struct cbench_case cases[] = {
        {"event.pack", "event", 200000, pack, NULL, 0},
        {"event.unpack", "event", 200000, unpack, NULL, 0},
        {"event.memcpy", "event", 200000, copy_bytes, &size, 0},
    };
    struct cbench_result results[3];
    struct cbench_options options = cbench_options_default();
    cbench_run(results, cases, 3, &options);
    for (uint32_t i = 0; i < 3; i++)
        cbench_print(&results[i]);
    cbench_print_comparison(&results[0], &results[2]);
    cbench_print_comparison(&results[1], &results[2]);
    return 0;
}
