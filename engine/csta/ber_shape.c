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

#define BEHIND_LAST                                                                                \
    {                                                                                              \
        BER_NO_TAG, 0, BER_GROUP, MESSAGE_OTHER, EVENT_NONE, false, &ber_row_nothing               \
    }
const struct ber_row ber_row_nothing = BEHIND_LAST;
#define rows_NOTHING &ber_row_nothing

const struct ber_row ber_rows_pieces[] = {
    {0x04, BER_PLACE_HERE, BER_PIECE, MESSAGE_OTHER, EVENT_NONE, false, rows_NOTHING},
    {0x24, BER_PLACE_HERE, BER_PIECE, MESSAGE_OTHER, EVENT_NONE, false, ber_rows_pieces},
    BEHIND_LAST,
};

/* clang-format off */
enum { choice_NOTHING = false };
#define ROW_OF(tag, what, place, message_class, kind, shape) \
    {tag, place, BER_##what, MESSAGE_##message_class, EVENT_##kind, choice_##shape, rows_##shape},
#define SHAPE(name) static const struct ber_row rows_##name[] = {
#define ROW(tag, what, place, shape) ROW_OF(tag, what, BER_PLACE_##place, OTHER, NONE, shape)
#define MEANS(tag, message_class, shape) ROW_OF(tag, MEANS, 0, message_class, NONE, shape)
#define EVENT(tag, kind, shape) ROW_OF(tag, MEANS, 0, CALL_EVENT, kind, shape)
#define COUNT(name) (sizeof(rows_##name) / sizeof(rows_##name[0]) - 1)
#define CLOSE(name, is_choice) BEHIND_LAST }; \
    enum { choice_##name = is_choice }; \
    static_assert(COUNT(name) <= BER_ROWS_MAX, #name);
#define END(name) CLOSE(name, false)
#define END_CHOICE(name) CLOSE(name, true)
#include "engine/csta/ber_shape.def"
#include "engine/csta/ber_shape3.def"
#include "engine/csta/ber_operation.def"
/* clang-format on */

const struct ber_row *
ber_row_pdu(enum csta_encoding phase)
{
    static const struct ber_row pdus[] = {
        [ENCODING_BER1] = {.rows = rows_I_PDU},
        [ENCODING_BER2] = {.rows = rows_II_PDU},
        [ENCODING_BER3] = {.rows = rows_III_PDU},
    };
    CHECK(phase >= ENCODING_BER1 && phase <= ENCODING_BER3);
    return &pdus[phase];
}
