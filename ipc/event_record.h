#ifndef IPC_EVENT_RECORD_H
#define IPC_EVENT_RECORD_H

/*
 * ipc/event_record.h - one message of a switch, on its way from front-end to worker.
 *
 * `struct event` is the message as our own code sees it: scalars and texts that point into
 * somebody's buffer. `struct shm_event_record` is the same message packed into consecutive
 * 64-byte ring slots. The decoder fills an event, the front-end completes and packs it, the
 * worker unpacks it. Both directions are pure functions: no clock, no I/O, no allocation.
 *
 *   record: +------------------+--------+------------------------+-----------------------------+
 *           | header, 64 bytes | extra, | {length, bytes} a text | {state, 5 x {length,        |
 *           |                  | times, | for each bit of        | bytes}} an item, item_count |
 *           |                  | if any | text_mask, low first   | times                       |
 *           +------------------+--------+------------------------+-----------------------------+
 */

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum event_kind {
    EVENT_NONE = 0, /* decoded, well-formed, of no use here: counted as `other` */
#define EVENT_KIND(name, printed) EVENT_##name,
#include "ipc/event_kind.def"
#undef EVENT_KIND
    EVENT_KIND_COUNT,
};

enum event_text {
#define EVENT_TEXT(name, holds) EVENT_TEXT_##name,
#include "ipc/event_text.def"
#undef EVENT_TEXT
    EVENT_TEXT_COUNT,
};

static_assert(EVENT_TEXT_COUNT <= 32, "presence is a 32-bit mask");

/* ECMA-269 6.1.5 LocalConnectionState, numbered as in ECMA-285; ABSENT where not said. */
enum local_state {
    LOCAL_NULL = 0,
    LOCAL_INITIATED,
    LOCAL_ALERTING,
    LOCAL_CONNECTED,
    LOCAL_HOLD,
    LOCAL_QUEUED,
    LOCAL_FAIL,
    LOCAL_ABSENT = 255,
};

enum monitor_type {
    MONITOR_DEVICE = 0, /* sees its device's connection; nothing once that is null */
    MONITOR_CALL,       /* a call monitor: follows its calls to their end */
};

enum {
    EVENT_ITEMS_MAX = 64,     /* connections in one conference, transfer or snapshot list */
    EVENT_TEXT_LENGTH = 64,   /* bytes of one callID, canonical number or name; more is refused */
    EVENT_SLOT_SIZE = 64,     /* bytes of one ring slot */
    EVENT_RECORD_SLOTS = 384, /* the longest record: header, every text, every item */
};

/* Flags of an event. */
enum {
    EVENT_HAS_TIME = 1 << 0,       /* time_us is the input's own clock */
    EVENT_DEVICE_DYNAMIC = 1 << 1, /* the subject connection's deviceID says it is dynamic */

    /* LINK events: how the link is judged. */
    EVENT_LINK_ALL_MONITORED = 1 << 8,    /* nothing was said about monitors: all count */
    EVENT_LINK_INFER = 1 << 9,            /* infer = first-cleared */
    EVENT_LINK_REPORT_REDIRECT = 1 << 10, /* report-redirect = yes */
    EVENT_LINK_REGAINED = 1 << 11,        /* all that was known was lost: doubt.h */

    /* DEVICE events: what the directory now says of TEXT_DEVICE (all flags at once). */
    EVENT_DEVICE_MONITORED = 1 << 16,   /* a granted device monitor, or configured */
    EVENT_DEVICE_HAS_MONITOR = 1 << 17, /* granted, configured, or learned from a crossRefID */
    EVENT_DEVICE_OBSERVER = 1 << 18,
    EVENT_DEVICE_TREATMENT = 1 << 19,
    EVENT_DEVICE_ROUTE_POINT = 1 << 20,
};

/* One connection of a conference, a transfer or a snapshot. */
struct event_item {
    struct text new_call; /* newConnection, or the snapshot's connection */
    struct text new_device;
    struct text old_call; /* oldConnection */
    struct text old_device;
    struct text endpoint; /* endpoint, endpointDevice, deviceOnCall */
    uint8_t state;        /* enum local_state; snapshots only, else LOCAL_ABSENT */
};

struct event {
    uint8_t kind;         /* enum event_kind */
    uint8_t cause;        /* ECMA-269 EventCause number, 0 when absent or unknown */
    uint8_t local_state;  /* enum local_state */
    uint8_t monitor_type; /* enum monitor_type of `monitor` */
    uint16_t link;        /* index of the link in this run */
    uint16_t item_count;
    uint32_t flags;
    uint32_t monitor;  /* number of the monitorCrossRefID on this link, 0 when there is none */
    uint64_t order;    /* input number over all links: the one order of everything, from 1 */
    uint64_t seq;      /* number of the message on its link, from 1; the last one's for TICK, ... */
    int64_t time_us;   /* since 1970, as printed; valid with EVENT_HAS_TIME */
    uint64_t clock_ms; /* the link's clock for spans: never falls, whatever the input says */
    uint64_t request;  /* requests: = order. Answers: order of the request. MOVE_*: number of the
                         move. LINK: profile << 32 | request timeout in ms */
    uint64_t extra;    /* LINK: stale-after in ms. MOVE_*: the other worker. SNAPSHOT_*: 1 if the
                         answer is whole. DEVICE, TICK: 0 */
    uint64_t received_ns; /* 0: not timed. Else clock_ns() of when the read that brought its bytes
                             returned; never anything that is decided (ipc/histogram.h) */
    uint64_t decoded_ns;  /* timed only: when it was an event */
    struct text texts[EVENT_TEXT_COUNT];
    struct event_item items[EVENT_ITEMS_MAX];
};

/* What stands between header and texts, in this order. */
enum {
    FOLLOWS_EXTRA = 1 << 0, /* 8 bytes: extra, not 0 */
    FOLLOWS_TIMES = 1 << 1, /* 16 bytes: received_ns, not 0, and decoded_ns */
};

/* The packed form's header. Writer: the front-end that owns the link. */
struct shm_event_record {
    alignas(64) uint16_t slots; /* ring slots of the whole record, this one included */
    uint8_t kind;
    uint8_t cause;
    uint8_t local_state;
    uint8_t monitor_type;
    uint16_t link;
    uint32_t flags;
    uint32_t text_mask;
    uint64_t order;
    uint64_t seq;
    int64_t time_us;
    uint64_t clock_ms;
    uint64_t request;
    uint32_t monitor;
    uint8_t item_count;
    uint8_t follows;   /* FOLLOWS_* */
    uint16_t checksum; /* of the record, this word as 0: event_is_whole() */
};

static_assert(sizeof(struct shm_event_record) == EVENT_SLOT_SIZE, "one slot");

/*
 * event_reset - an event with nothing in it
 *
 * Clears scalars and texts; local_state is LOCAL_ABSENT; items are left alone and item_count is 0.
 */
void event_reset(struct event *event);

/*
 * event_pack_slots - how many ring slots the event takes when packed: 1..EVENT_RECORD_SLOTS
 *
 * Every text must be at most EVENT_TEXT_LENGTH bytes, item_count at most EVENT_ITEMS_MAX (our own
 * front-end saw to that: CHECK).
 */
uint32_t event_pack_slots(const struct event *event);

/*
 * event_pack - write the event into `slots` consecutive 64-byte slots
 *
 * `slots` is what event_pack_slots() said. Bytes after the last text are zero up to a whole word;
 * what follows in the last slot is left as it was: readers never look at it. EVENT_NONE is never
 * packed (CHECK).
 */
void event_pack(const struct event *event, void *slot, uint32_t slots);

/*
 * event_unpack - read a record that another process wrote
 *
 * `available` is the number of slots that may be read from `slot`. Texts of *event point into
 * the slots. Returns the number of slots of the record, or 0 when the record is not one we
 * could have packed (bounds, counts, kinds): then *event is not to be used.
 */
uint32_t event_unpack(struct event *event, const void *slot, uint32_t available);

/*
 * event_is_whole - is it the very record that was packed, bit for bit?
 *
 * For who looks at what a crash left; whoever takes records in their turn trusts whoever packs
 * them. `event` is what event_unpack() made of the slots.
 */
bool event_is_whole(const struct event *event, const void *slot);

/*
 * event_peek_call - the callID and the link of a record that is not taken up yet
 *
 * For looking ahead: TEXT_NONE where there is none, or the record is not sound. *slots: how many
 * ring slots it has; 0: it is not sound.
 */
struct text event_peek_call(const void *slot, uint32_t available, uint16_t *link, uint32_t *slots);

/* The printed name of a kind; "None" for EVENT_NONE, "?" for anything else. */
const char *event_kind_name(uint8_t kind);

/* "connected", ... as ECMA-269 names it; "" for LOCAL_ABSENT, "?" for anything else. */
const char *local_state_name(uint8_t state);

#endif
