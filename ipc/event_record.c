#include "ipc/event_record.h"

#include "base/check.h"
#include "ipc/outcome_record.h"

enum {
    ITEM_TEXTS = 5,
    EXTRA_SIZE = 8,
    TIMES_SIZE = 16,
};

/* The longest record there can be, so that EVENT_RECORD_SLOTS is a promise, not a guess. */
static_assert(EVENT_SLOT_SIZE + EXTRA_SIZE + TIMES_SIZE +
                      EVENT_TEXT_COUNT * (1 + EVENT_TEXT_LENGTH) +
                      EVENT_ITEMS_MAX * (1 + ITEM_TEXTS * (1 + EVENT_TEXT_LENGTH)) <=
                  EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE,
              "EVENT_RECORD_SLOTS holds the longest record");
static_assert(EVENT_TEXT_LENGTH <= UINT8_MAX, "a length is one byte");

/* A run of bytes being read; what it points at may be anything. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

void
event_reset(struct event *event)
{
    event->kind = EVENT_NONE;
    event->cause = CAUSE_ABSENT;
    event->local_state = LOCAL_ABSENT;
    event->monitor_type = MONITOR_DEVICE;
    event->link = 0;
    event->item_count = 0;
    event->flags = 0;
    event->monitor = 0;
    event->order = 0;
    event->seq = 0;
    event->time_us = 0;
    event->clock_ms = 0;
    event->request = 0;
    event->extra = 0;
    event->received_ns = 0;
    event->decoded_ns = 0;
    /* Each by itself, which is a store or two: for all at once a string instruction is made, which
     * takes longer to start than the stores take. */
#define EVENT_TEXT(name, holds) memset(&event->texts[EVENT_TEXT_##name], 0, sizeof(struct text));
#include "ipc/event_text.def"
#undef EVENT_TEXT
}

static uint32_t
text_size(struct text text)
{
    CHECK(text.length <= EVENT_TEXT_LENGTH);
    return 1 + text.length;
}

static uint32_t
item_size(const struct event_item *item)
{
    return 1 + text_size(item->new_call) + text_size(item->new_device) + text_size(item->old_call) +
           text_size(item->old_device) + text_size(item->endpoint);
}

/* Bytes of the event when packed. */
static uint32_t
packed_size(const struct event *event)
{
    CHECK(event->item_count <= EVENT_ITEMS_MAX);

    uint32_t size = EVENT_SLOT_SIZE;
    size += event->extra != 0 ? EXTRA_SIZE : 0;
    size += event->received_ns != 0 ? TIMES_SIZE : 0;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++) {
        uint32_t length = event->texts[i].length;
        longest = length > longest ? length : longest;
        size += length + (length != 0);
    }
    CHECK(longest <= EVENT_TEXT_LENGTH);
    for (uint32_t i = 0; i < event->item_count; i++)
        size += item_size(&event->items[i]);
    return size;
}

uint32_t
event_pack_slots(const struct event *event)
{
    return (packed_size(event) + EVENT_SLOT_SIZE - 1) / EVENT_SLOT_SIZE;
}

/* Of whole words; two at a time, since each multiplication waits for the one before. */
static uint16_t
checksum_of(const struct shm_event_record *header, const uint8_t *record, size_t size)
{
    uint64_t words[sizeof *header / sizeof(uint64_t)];
    uint64_t even = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t odd = UINT64_C(0xd1b54a32d192ed03);
    memcpy(words, header, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i += 2) {
        even = (even ^ words[i]) * UINT64_C(0xff51afd7ed558ccd);
        odd = (odd ^ words[i + 1]) * UINT64_C(0xc4ceb9fe1a85ec53);
        even ^= even >> 32;
        odd ^= odd >> 32;
    }
    for (size_t at = sizeof *header; at < size; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, record + at, sizeof word);
        uint64_t next = (even ^ word) * UINT64_C(0xff51afd7ed558ccd);
        even = odd;
        odd = next ^ next >> 32;
    }
    uint64_t sum = (even ^ odd >> 1) * UINT64_C(0xff51afd7ed558ccd);
    return (uint16_t)(sum >> 48);
}

/* Up to the next whole word. */
static uint8_t *
fill_word(uint8_t *at, const uint8_t *record)
{
    while ((size_t)(at - record) % sizeof(uint64_t) != 0)
        *at++ = 0;
    return at;
}

static uint32_t
text_mask_of(const struct event *event)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++)
        mask |= (uint32_t)(event->texts[i].length != 0) << i;
    return mask;
}

/*
 * Texts are mostly numbers of a few bytes, where a call of memcpy() costs more than the copy: two
 * overlapping words do for 4 to 16 bytes.
 */
static inline void
copy_text(uint8_t *to, const char *from, uint32_t length)
{
    if (length > 16) {
        memcpy(to, from, length);
    } else if (length >= 8) {
        memcpy(to, from, 8);
        memcpy(to + length - 8, from + length - 8, 8);
    } else if (length >= 4) {
        memcpy(to, from, 4);
        memcpy(to + length - 4, from + length - 4, 4);
    } else {
        for (uint32_t i = 0; i < length; i++)
            to[i] = (uint8_t)from[i];
    }
}

static uint8_t *
put_text(uint8_t *at, struct text text)
{
    *at++ = (uint8_t)text.length;
    copy_text(at, text.at, text.length);
    return at + text.length;
}

static uint8_t *
put_item(uint8_t *at, const struct event_item *item)
{
    *at++ = item->state;
    at = put_text(at, item->new_call);
    at = put_text(at, item->new_device);
    at = put_text(at, item->old_call);
    at = put_text(at, item->old_device);
    return put_text(at, item->endpoint);
}

static uint8_t
follows_of(const struct event *event)
{
    return (uint8_t)((event->extra != 0 ? FOLLOWS_EXTRA : 0) |
                     (event->received_ns != 0 ? FOLLOWS_TIMES : 0));
}

static uint8_t *
put_times(uint8_t *at, const struct event *event)
{
    memcpy(at, &event->received_ns, sizeof event->received_ns);
    memcpy(at + sizeof event->received_ns, &event->decoded_ns, sizeof event->decoded_ns);
    return at + TIMES_SIZE;
}

void
event_pack(const struct event *event, void *slot, uint32_t slots)
{
    DCHECK(slots == event_pack_slots(event));
    CHECK(event->kind != EVENT_NONE && event->kind < EVENT_KIND_COUNT);

    struct shm_event_record header = {
        .slots = (uint16_t)slots,
        .kind = event->kind,
        .cause = event->cause,
        .local_state = event->local_state,
        .monitor_type = event->monitor_type,
        .link = event->link,
        .flags = event->flags,
        .text_mask = text_mask_of(event),
        .order = event->order,
        .seq = event->seq,
        .time_us = event->time_us,
        .clock_ms = event->clock_ms,
        .request = event->request,
        .monitor = event->monitor,
        .item_count = (uint8_t)event->item_count,
        .follows = follows_of(event),
    };

    uint8_t *at = (uint8_t *)slot + sizeof(header);
    if (event->extra != 0) {
        memcpy(at, &event->extra, EXTRA_SIZE);
        at += EXTRA_SIZE;
    }
    if (event->received_ns != 0)
        at = put_times(at, event);
    for (uint32_t mask = header.text_mask; mask != 0; mask &= mask - 1)
        at = put_text(at, event->texts[__builtin_ctz(mask)]);
    for (uint32_t i = 0; i < event->item_count; i++)
        at = put_item(at, &event->items[i]);
    at = fill_word(at, slot);
    CHECK((size_t)(at - (uint8_t *)slot) <= (size_t)slots * EVENT_SLOT_SIZE);
    header.checksum = checksum_of(&header, slot, (size_t)(at - (uint8_t *)slot));
    memcpy(slot, &header, sizeof(header));
}

bool
event_is_whole(const struct event *event, const void *slot)
{
    struct shm_event_record header;
    memcpy(&header, slot, sizeof header);
    uint16_t checksum = header.checksum;
    header.checksum = 0;
    size_t size = (packed_size(event) + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    return checksum == checksum_of(&header, slot, size);
}

static bool
is_local_state(uint8_t state)
{
    return state <= LOCAL_FAIL || state == LOCAL_ABSENT;
}

/* Whether a header is one that event_pack() could have written. */
static bool
header_is_sound(const struct shm_event_record *header, uint32_t available)
{
    return header->slots >= 1 && header->slots <= EVENT_RECORD_SLOTS &&
           header->slots <= available && header->kind != EVENT_NONE &&
           header->kind < EVENT_KIND_COUNT && header->cause < CAUSE_COUNT &&
           is_local_state(header->local_state) && header->monitor_type <= MONITOR_CALL &&
           (header->text_mask >> (EVENT_TEXT_COUNT - 1)) <= 1 &&
           header->item_count <= EVENT_ITEMS_MAX &&
           header->follows <= (FOLLOWS_EXTRA | FOLLOWS_TIMES);
}

static bool
take_text(struct reader *reader, struct text *text)
{
    if (reader->at == reader->end)
        return false;
    uint8_t length = *reader->at++;
    if (length > EVENT_TEXT_LENGTH || length > reader->end - reader->at)
        return false;
    *text = (struct text){length != 0 ? (const char *)reader->at : NULL, length};
    reader->at += length;
    return true;
}

static bool
take_item(struct reader *reader, struct event_item *item)
{
    if (reader->at == reader->end)
        return false;
    item->state = *reader->at++;
    return is_local_state(item->state) && take_text(reader, &item->new_call) &&
           take_text(reader, &item->new_device) && take_text(reader, &item->old_call) &&
           take_text(reader, &item->old_device) && take_text(reader, &item->endpoint);
}

static bool
take_times(struct reader *reader, struct event *event)
{
    if (reader->end - reader->at < TIMES_SIZE)
        return false;
    memcpy(&event->received_ns, reader->at, sizeof event->received_ns);
    memcpy(&event->decoded_ns, reader->at + sizeof event->received_ns, sizeof event->decoded_ns);
    reader->at += TIMES_SIZE;
    return event->received_ns != 0;
}

/* What stands after the header: extra, times, texts, items. */
static bool
take_body(struct reader *reader, struct event *event, const struct shm_event_record *header)
{
    event->extra = 0;
    event->received_ns = 0;
    event->decoded_ns = 0;
    if ((header->follows & FOLLOWS_EXTRA) != 0) {
        if (reader->end - reader->at < EXTRA_SIZE)
            return false;
        memcpy(&event->extra, reader->at, EXTRA_SIZE);
        reader->at += EXTRA_SIZE;
        if (event->extra == 0)
            return false;
    }
    if ((header->follows & FOLLOWS_TIMES) != 0) {
        if (!take_times(reader, event))
            return false;
    }
    /* Each by itself, which is a store or two: for all at once a string instruction is made, which
     * takes longer to start than the stores take. */
#define EVENT_TEXT(name, holds) memset(&event->texts[EVENT_TEXT_##name], 0, sizeof(struct text));
#include "ipc/event_text.def"
#undef EVENT_TEXT
    for (uint32_t mask = header->text_mask; mask != 0; mask &= mask - 1) {
        struct text *text = &event->texts[__builtin_ctz(mask)];
        if (!take_text(reader, text) || text->length == 0)
            return false;
    }
    for (uint32_t i = 0; i < header->item_count; i++) {
        if (!take_item(reader, &event->items[i]))
            return false;
    }
    return true;
}

uint32_t
event_unpack(struct event *event, const void *slot, uint32_t available)
{
    if (available == 0)
        return 0;

    struct shm_event_record header; /* a copy: what is judged is what is used */
    memcpy(&header, slot, sizeof(header));
    if (!header_is_sound(&header, available))
        return 0;

    const uint8_t *start = slot;
    struct reader reader = {start + sizeof(header), start + header.slots * EVENT_SLOT_SIZE};
    if (!take_body(&reader, event, &header) || reader.end - reader.at >= EVENT_SLOT_SIZE)
        return 0;

    event->kind = header.kind;
    event->cause = header.cause;
    event->local_state = header.local_state;
    event->monitor_type = header.monitor_type;
    event->link = header.link;
    event->item_count = header.item_count;
    event->flags = header.flags;
    event->monitor = header.monitor;
    event->order = header.order;
    event->seq = header.seq;
    event->time_us = header.time_us;
    event->clock_ms = header.clock_ms;
    event->request = header.request;
    return header.slots;
}

struct text
event_peek_call(const void *slot, uint32_t available, uint16_t *link, uint32_t *slots)
{
    static_assert(EVENT_TEXT_CALL == 0, "it is the first text");
    *slots = 0;
    if (available == 0)
        return TEXT_NONE;
    struct shm_event_record header;
    memcpy(&header, slot, sizeof(header));
    if (!header_is_sound(&header, available))
        return TEXT_NONE;
    *slots = header.slots;
    *link = header.link;
    const uint8_t *start = slot;
    struct reader reader = {start + sizeof(header), start + header.slots * EVENT_SLOT_SIZE};
    uint32_t before = ((header.follows & FOLLOWS_EXTRA) != 0 ? EXTRA_SIZE : 0U) +
                      ((header.follows & FOLLOWS_TIMES) != 0 ? TIMES_SIZE : 0U);
    struct text call = TEXT_NONE;
    if ((header.text_mask & 1) == 0 || reader.end - reader.at < before)
        return TEXT_NONE;
    reader.at += before;
    return take_text(&reader, &call) ? call : TEXT_NONE;
}

const char *
event_kind_name(uint8_t kind)
{
    static const char *const names[] = {
        [EVENT_NONE] = "None",
#define EVENT_KIND(name, printed) [EVENT_##name] = printed,
#include "ipc/event_kind.def"
#undef EVENT_KIND
    };
    return kind < EVENT_KIND_COUNT ? names[kind] : "?";
}

const char *
local_state_name(uint8_t state)
{
    static const char *const names[] = {
        [LOCAL_NULL] = "null",         [LOCAL_INITIATED] = "initiated",
        [LOCAL_ALERTING] = "alerting", [LOCAL_CONNECTED] = "connected",
        [LOCAL_HOLD] = "hold",         [LOCAL_QUEUED] = "queued",
        [LOCAL_FAIL] = "fail",
    };
    if (state == LOCAL_ABSENT)
        return "";
    return state < sizeof names / sizeof *names ? names[state] : "?";
}
