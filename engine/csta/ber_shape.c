#include "engine/csta/ber_shape.h"

#include "base/check.h"

static_assert(BER_PLACE_DEVICE - BER_PLACE_CALL == BER_PLACE_NEXT_TEXT, "a connection");
static_assert(BER_PLACE_SECOND_DEVICE - BER_PLACE_SECOND_CALL == BER_PLACE_NEXT_TEXT, "likewise");
static_assert(offsetof(struct event_item, new_device) == BER_PLACE_ITEM_NEW + BER_PLACE_NEXT_TEXT,
              "likewise");
static_assert(offsetof(struct event_item, old_device) == BER_PLACE_ITEM_OLD + BER_PLACE_NEXT_TEXT,
              "likewise");
static_assert(sizeof(struct csta_message) <= UINT16_MAX, "a place is 16 bits");
static_assert(sizeof(struct ber_row) == 16, "four rows a cache line");

/* clang-format off */
#define BEHIND_LAST {BER_NO_TAG, 0, BER_GROUP, MESSAGE_OTHER, EVENT_NONE, &ber_shape_nothing}
static const struct ber_row rows_nothing[] = {BEHIND_LAST};
const struct ber_shape ber_shape_nothing = {rows_nothing, 0, false};
#define shape_NOTHING ber_shape_nothing

static const struct ber_row rows_pieces[] = {
    {0x04, BER_PLACE_HERE, BER_PIECE, MESSAGE_OTHER, EVENT_NONE, &ber_shape_nothing},
    {0x24, BER_PLACE_HERE, BER_PIECE, MESSAGE_OTHER, EVENT_NONE, &ber_shape_pieces},
    BEHIND_LAST
};
const struct ber_shape ber_shape_pieces = {rows_pieces, 2, false};

#define SHAPE(name) static const struct ber_row rows_##name[] = {
#define ROW(tag, what, place, shape) \
    {tag, BER_PLACE_##place, BER_##what, MESSAGE_OTHER, EVENT_NONE, &shape_##shape},
#define MEANS(tag, message_class, shape) \
    {tag, BER_PLACE_HERE, BER_MEANS, MESSAGE_##message_class, EVENT_NONE, &shape_##shape},
#define EVENT(tag, kind, shape) \
    {tag, BER_PLACE_HERE, BER_MEANS, MESSAGE_CALL_EVENT, EVENT_##kind, &shape_##shape},
#define COUNT(name) (sizeof(rows_##name) / sizeof(rows_##name[0]) - 1)
#define CLOSE(name, is_choice) BEHIND_LAST }; \
    static_assert(COUNT(name) <= BER_ROWS_MAX, #name); \
    static const struct ber_shape shape_##name = {rows_##name, COUNT(name), is_choice};
#define END(name) CLOSE(name, false)
#define END_CHOICE(name) CLOSE(name, true)
#include "engine/csta/ber_shape.def"
#include "engine/csta/ber_shape3.def"
#include "engine/csta/ber_operation.def"
/* clang-format on */

const struct ber_shape *
ber_shape_pdu(enum csta_encoding phase)
{
    switch (phase) {
    case ENCODING_BER1:
        return &shape_I_PDU;
    case ENCODING_BER2:
        return &shape_II_PDU;
    case ENCODING_BER3:
        return &shape_III_PDU;
    case ENCODING_AUTO:
    case ENCODING_XML:
        break;
    }
    CHECK_NEVER("the caller knows the phase");
}
