#ifndef ENGINE_CSTA_XML_SHAPE_H
#define ENGINE_CSTA_XML_SHAPE_H

/*
 * engine/csta/xml_shape.h - xml_shape.def as tables: which elements matter, what they are, and
 * where their texts go. Constants, for whoever walks a document (xml_walk.h, xml_fast.h).
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/csta/csta_message.h"
#include "engine/csta/xml_char.h"

enum {
    XML_FRAMES_MAX = 8, /* the deepest path of xml_shape.def, root included */
};

/* What an element of xml_shape.def is. The first ones only have children. */
enum xml_what {
    WHAT_GROUP,
    WHAT_ITEM, /* opens the next of event.items */
    WHAT_SNAPSHOT_DATA,
    WHAT_CALL_OBJECT,

    WHAT_CALL_ID, /* from here on its own text counts, if it has no child elements */
    WHAT_CROSS_REF,
    WHAT_AGENT_ID,
    WHAT_DEVICE,
    WHAT_SUBJECT_DEVICE,
    WHAT_LINKAGE,
    WHAT_WORD, /* what is too long is left out */
    WHAT_SESSION,
    WHAT_REGISTER,
    WHAT_SERVICE_REF,
    WHAT_DEVICE_ID,

    WHAT_CAUSE, /* from here on the text is a word, or a time, and means a number */
    WHAT_LOCAL_STATE,
    WHAT_ITEM_STATE,
    WHAT_SIMPLE_STATE,
    WHAT_MONITOR_TYPE,
    WHAT_STATUS,
    WHAT_TIME,
    WHAT_SECONDS,
    WHAT_SEGMENT,
    WHAT_LAST_SEGMENT,
    WHAT_EXISTING_CALLS,
    WHAT_NO_CONNECTION_CLEARED,
    WHAT_NO_CALL_CLEARED,
    WHAT_NO_ESTABLISHED,
};

struct xml_shape {
    const struct xml_row *rows; /* never NULL */
    uint8_t count;
};

struct xml_row {
    char name[XML_NAME_SIZE]; /* zeros to its end: all of it may be compared */
    uint8_t length;           /* of name; 0: any name, last in its shape */
    uint8_t what;             /* enum xml_what */
    uint16_t place; /* bytes from the parent element's place, which for the root is the message */
    const struct xml_shape *shape;
};

struct xml_root {
    uint8_t message_class; /* enum message_class */
    uint8_t kind;          /* enum event_kind */
    const struct xml_shape *shape;
};

/* xml_root_find - the root element of that local name; NULL when it is none of ours. */
const struct xml_root *xml_root_find(struct text name);

/*
 * xml_shape_find - the row of a child with that local name; NULL when it is none of ours
 *
 * *next is the row where the search begins, 0 for the first child; it moves behind what is found,
 * because fields mostly come in the order of the schemas. Behind the last row comes the first.
 */
const struct xml_row *xml_shape_find(const struct xml_shape *shape, uint8_t *next,
                                     struct text name);

#endif
