#ifndef TESTS_BER_INVARIANTS_H
#define TESTS_BER_INVARIANTS_H

/*
 * tests/ber_invariants.h - what holds of every message ber_decode() takes, whatever the bytes:
 * texts are runs of the message or of the scratch, within their limits, and a text in the scratch
 * is hex, a decimal number, or a string that stands in pieces in the message. So no device is
 * invented.
 */

#include "base/check.h"
#include "engine/csta/ber_decode.h"

enum {
    BER_DEVICE_MAX = 512,
};

struct ber_checked {
    const struct csta_message *message;
    const struct csta_scratch *scratch;
    struct text pdu;
};

/* Can the text be read off the message, piece by piece, from its front to its back? */
static inline bool
ber_is_in_pieces(struct text text, struct text pdu)
{
    uint32_t found = 0;
    for (uint32_t at = 0; at < pdu.length && found < text.length; at++)
        found += pdu.at[at] == text.at[found];
    return found == text.length;
}

static inline uint8_t
ber_nibble(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* Hex, maybe behind "0x", of bytes that stand in the message in that order. */
static inline bool
ber_is_hex_of(struct text text, struct text pdu)
{
    if (text.length % 2 != 0)
        return false;
    uint32_t found = text_has_prefix(text, TEXT("0x")) ? 2 : 0;
    for (uint32_t at = 0; at < pdu.length && found < text.length; at++) {
        uint8_t byte = (uint8_t)(ber_nibble(text.at[found]) << 4 | ber_nibble(text.at[found + 1]));
        if (byte == (uint8_t)pdu.at[at])
            found += 2;
    }
    return found == text.length;
}

static inline bool
ber_is_decimal(struct text text)
{
    uint32_t first = text.at[0] == '-' ? 1 : 0;
    for (uint32_t i = first; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    }
    return text.length > first && text.length <= 20;
}

static inline void
ber_check_text(const struct ber_checked *checked, struct text text, uint32_t length_max)
{
    uintptr_t at = (uintptr_t)text.at;
    uintptr_t first = (uintptr_t)checked->pdu.at;
    uintptr_t copies = (uintptr_t)checked->scratch->bytes;
    if (text_is_none(text))
        return;
    CHECK(text.length <= length_max);
    if (at >= first && at + text.length <= first + checked->pdu.length)
        return;
    CHECK(at >= copies && at + text.length <= copies + checked->scratch->used);
    CHECK(ber_is_in_pieces(text, checked->pdu) || ber_is_hex_of(text, checked->pdu) ||
          ber_is_decimal(text));
}

static inline void
ber_check_items(const struct ber_checked *checked)
{
    const struct event *event = &checked->message->event;
    CHECK(event->item_count <= EVENT_ITEMS_MAX);
    for (uint16_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        ber_check_text(checked, item->new_call, EVENT_TEXT_LENGTH);
        ber_check_text(checked, item->new_device, BER_DEVICE_MAX);
        ber_check_text(checked, item->old_call, EVENT_TEXT_LENGTH);
        ber_check_text(checked, item->old_device, BER_DEVICE_MAX);
        ber_check_text(checked, item->endpoint, BER_DEVICE_MAX);
        CHECK(item->state <= LOCAL_FAIL || item->state == LOCAL_ABSENT);
        CHECK(item->new_call.length + item->new_device.length + item->old_call.length +
                  item->old_device.length + item->endpoint.length >
              0);
    }
}

/* ber_check_message - of one that ber_decode() said is CSTA_OK. */
static inline void
ber_check_message(const struct ber_checked *checked)
{
    const struct csta_message *taken = checked->message;
    const struct event *event = &taken->event;
    bool is_call_event = taken->message_class == MESSAGE_CALL_EVENT;
    CHECK(is_call_event == (event->kind != EVENT_NONE));
    CHECK(!is_call_event || !text_is_none(event->texts[EVENT_TEXT_CALL]));
    CHECK(event->local_state <= LOCAL_FAIL || event->local_state == LOCAL_ABSENT);
    CHECK(event->cause <= 121 && (event->flags & ~(uint32_t)EVENT_DEVICE_DYNAMIC) == 0);
    CHECK(event->flags == 0 || !text_is_none(event->texts[EVENT_TEXT_DEVICE]));
    CHECK(taken->has_time || taken->time_us == 0);
    CHECK(taken->invoke.length <= 4);
    ber_check_text(checked, taken->invoke, 4);
    ber_check_text(checked, taken->cross_ref, EVENT_TEXT_LENGTH);
    ber_check_text(checked, taken->object, BER_DEVICE_MAX);
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        ber_check_text(checked, event->texts[i], BER_DEVICE_MAX);
    ber_check_items(checked);
}

#endif
