#include "engine/csta/xml_shape.h"

#include <assert.h>

#include "engine/csta/xml_word.h"

/* Where texts go: bytes from the parent element's place. */
enum xml_place {
    PLACE_HERE = 0,
    PLACE_NEXT_TEXT = sizeof(struct text), /* a connection is {call, device} everywhere */
    PLACE_CROSS_REF = offsetof(struct csta_message, cross_ref),
    PLACE_OBJECT = offsetof(struct csta_message, object),
    PLACE_SESSION = offsetof(struct csta_message, session),
    PLACE_DEVICE_ID = offsetof(struct csta_message, device_id),
    PLACE_REGISTER = offsetof(struct csta_message, register_id),
    PLACE_SERVICE_REF = offsetof(struct csta_message, service_ref),
    PLACE_REFUSAL = offsetof(struct csta_message, refusal),
    PLACE_LACK = offsetof(struct csta_message, lack),
    PLACE_OPERATION = offsetof(struct csta_message, operation),
    PLACE_ITEM_NEW = offsetof(struct event_item, new_call),
    PLACE_ITEM_OLD = offsetof(struct event_item, old_call),
    PLACE_ITEM_ENDPOINT = offsetof(struct event_item, endpoint),
    PLACE_TEXTS = offsetof(struct csta_message, event) + offsetof(struct event, texts),
#define EVENT_TEXT(name, holds)                                                                    \
    PLACE_##name = PLACE_TEXTS + EVENT_TEXT_##name * sizeof(struct text),
#include "ipc/event_text.def"
#undef EVENT_TEXT
};

static_assert(PLACE_DEVICE - PLACE_CALL == PLACE_NEXT_TEXT, "a connection");
static_assert(PLACE_SECOND_DEVICE - PLACE_SECOND_CALL == PLACE_NEXT_TEXT, "a connection");
static_assert(offsetof(struct event_item, new_device) == PLACE_ITEM_NEW + PLACE_NEXT_TEXT, "same");
static_assert(offsetof(struct event_item, old_device) == PLACE_ITEM_OLD + PLACE_NEXT_TEXT, "same");
static_assert(sizeof(struct csta_message) <= UINT16_MAX, "a place is 16 bits");

static const struct xml_row no_row;
static const struct xml_shape shape_NOTHING = {&no_row, 0};

/* clang-format off */
#define SHAPE(name) static const struct xml_row rows_##name[] = {
#define ROW(name, what, place, shape) \
    {name, sizeof(name) - 1, WHAT_##what, PLACE_##place, &shape_##shape},
#define ANY(what, place, shape) {"", 0, WHAT_##what, PLACE_##place, &shape_##shape},
#define END(name) }; static const struct xml_shape shape_##name = \
    {rows_##name, sizeof(rows_##name) / sizeof(rows_##name[0])};
#include "engine/csta/xml_shape.def"
/* clang-format on */

static const struct text root_names[] = {
#define ROOT(name, message_class, kind, shape) {name, sizeof(name) - 1},
#include "engine/csta/xml_root.def"
};

static const struct xml_root roots[] = {
#define ROOT(name, message_class, kind, shape)                                                     \
    {MESSAGE_##message_class, EVENT_##kind, &shape_##shape},
#include "engine/csta/xml_root.def"
};

static struct xml_words names;

__attribute__((constructor)) static void
fill_names(void)
{
    xml_words_fill(&names, root_names, sizeof(root_names) / sizeof(root_names[0]));
}

const struct xml_root *
xml_root_find(struct text name)
{
    int index = xml_words_find(&names, name);
    return index < 0 ? NULL : &roots[index];
}

const struct xml_row *
xml_shape_find(const struct xml_shape *shape, uint8_t *next, struct text name)
{
    for (uint8_t i = 0; i < shape->count; i++) {
        uint8_t at = (uint8_t)((*next + i) % shape->count);
        const struct xml_row *row = &shape->rows[at];
        if (row->length == name.length && memcmp(row->name, name.at, name.length) == 0) {
            *next = at + 1;
            return row;
        }
    }
    const struct xml_row *last = shape->count > 0 ? &shape->rows[shape->count - 1] : NULL;
    return last != NULL && last->length == 0 ? last : NULL;
}
