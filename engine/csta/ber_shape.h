#ifndef ENGINE_CSTA_BER_SHAPE_H
#define ENGINE_CSTA_BER_SHAPE_H

/*
 * engine/csta/ber_shape.h - the lists of ber_shape.def as tables, for the decoder alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/csta/csta_message.h"

/* What an element is. The order groups them: see the functions below. */
enum ber_what {
    BER_GROUP, /* only holds others */
    BER_MEANS, /* says what the message is */
    BER_SNAPSHOT_DATA,
    BER_CALL_OBJECT,
    BER_NO_INVOKE, /* NULL, with or without content, where the invokeID is due */

    BER_CALL_ID, /* strings, which may be constructed */
    BER_CROSS_REF,
    BER_AGENT_ID,
    BER_LINKAGE,
    BER_BITS_WITHHELD,
    BER_DIGITS,     /* a device, IA5String */
    BER_OTHER_PLAN, /* a device, OCTET STRING */
    BER_DYNAMIC,    /* likewise, dynamic */
    BER_SUBJECT_DYNAMIC,
    BER_UTC_TIME,
    BER_GENERALIZED_TIME,

    BER_NUMBER, /* a device, INTEGER; integers or enumerations, to BER_SELECT */
    BER_INVOKE,
    BER_CAUSE,
    BER_LOCAL_STATE,
    BER_ITEM_STATE,
    BER_SIMPLE_STATE,
    BER_MONITOR_TYPE,
    BER_STATUS,
    BER_EXISTING_CALLS, /* BOOLEAN */
    BER_LAST_SEGMENT,   /* BOOLEAN */
    BER_SEGMENT,
    BER_ASSOCIATE_RESULT,
    BER_SELECT, /* says by number what the elements that follow it are */

    BER_PIECE, /* these two may come again and again */
    BER_ITEM,  /* opens the next of event.items */

    BER_WHAT_COUNT,
};

/* Where texts go: bytes from the parent element's place, which for the PDU is the message. */
enum ber_place {
    BER_PLACE_HERE = 0,
    BER_PLACE_NEXT_TEXT = sizeof(struct text), /* a connection is {call, device} everywhere */
    BER_PLACE_CROSS_REF = offsetof(struct csta_message, cross_ref),
    BER_PLACE_OBJECT = offsetof(struct csta_message, object),
    BER_PLACE_REGISTER = offsetof(struct csta_message, register_id),
    BER_PLACE_SERVICE_REF = offsetof(struct csta_message, service_ref),
    BER_PLACE_REFUSAL = offsetof(struct csta_message, refusal),
    BER_PLACE_LACK = offsetof(struct csta_message, lack),
    BER_PLACE_OPERATION = offsetof(struct csta_message, operation),
    BER_PLACE_ITEM_NEW = offsetof(struct event_item, new_call),
    BER_PLACE_ITEM_OLD = offsetof(struct event_item, old_call),
    BER_PLACE_ITEM_ENDPOINT = offsetof(struct event_item, endpoint),
    BER_PLACE_TEXTS = offsetof(struct csta_message, event) + offsetof(struct event, texts),
#define EVENT_TEXT(name, holds)                                                                    \
    BER_PLACE_##name = BER_PLACE_TEXTS + EVENT_TEXT_##name * sizeof(struct text),
#include "ipc/event_text.def"
#undef EVENT_TEXT
};

enum {
    BER_ROWS_MAX = 32,   /* of one shape: which have matched is a 32-bit mask */
    BER_NO_TAG = 0xffff, /* of the row behind the last of a shape: equals no identifier octet */
};

struct ber_row {
    uint16_t tag;   /* identifier octet, or the number a SELECT chooses by */
    uint16_t place; /* enum ber_place */
    uint8_t what;   /* enum ber_what */
    uint8_t message_class;
    uint8_t kind;               /* enum event_kind */
    bool holds_choice;          /* of what it holds only the first element counts, whatever it is */
    const struct ber_row *rows; /* what it holds; behind the last is one of BER_NO_TAG */
};

/* An element nobody knows; it is also the one row of what it holds. */
extern const struct ber_row ber_row_nothing;
/* The pieces of a constructed string, X.690 8.7.3; the second holds pieces itself. */
extern const struct ber_row ber_rows_pieces[];

/* ber_row_pdu - what holds a PDU of that phase (ENCODING_BER1 to _BER3). */
const struct ber_row *ber_row_pdu(enum csta_encoding phase);

static inline bool
ber_what_repeats(uint8_t what)
{
    return what >= BER_PIECE;
}

static inline bool
ber_what_is_string(uint8_t what)
{
    return what >= BER_CALL_ID && what <= BER_GENERALIZED_TIME;
}

static inline bool
ber_what_is_integer(uint8_t what)
{
    return what >= BER_NUMBER && what <= BER_SELECT;
}

#endif
