#include "engine/csta/xml_decode.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_scan.h"
#include "engine/csta/xml_value.h"

enum {
    DEVICE_LENGTH_MAX = 512, /* bytes of a device text as the switch writes it */
    FRAMES_MAX = 8,          /* the deepest path of xml_root.def, root included */
};

/* What an element of xml_root.def is. The first ones only have children. */
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
    WHAT_CAUSE,
    WHAT_LOCAL_STATE,
    WHAT_ITEM_STATE,
    WHAT_SIMPLE_STATE,
    WHAT_MONITOR_TYPE,
    WHAT_STATUS,
};

/* Where texts go: bytes from the parent element's place, which for the root is the message. */
enum xml_place {
    PLACE_HERE = 0,
    PLACE_NEXT_TEXT = sizeof(struct text), /* a connection is {call, device} everywhere */
    PLACE_CROSS_REF = offsetof(struct csta_message, cross_ref),
    PLACE_OBJECT = offsetof(struct csta_message, object),
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

struct xml_shape {
    const struct xml_row *rows;
    uint8_t count;
};

struct xml_row {
    const char *name;
    uint8_t length; /* of name; 0: any name */
    uint8_t what;   /* enum xml_what */
    uint16_t place; /* enum xml_place */
    const struct xml_shape *shape;
};

struct xml_root {
    struct text name;
    uint8_t message_class;
    uint8_t kind;
    const struct xml_shape *shape;
};

static const struct xml_shape shape_NOTHING = {NULL, 0};

/* clang-format off */
#define SHAPE(name) static const struct xml_row rows_##name[] = {
#define ROW(name, what, place, shape) \
    {name, sizeof(name) - 1, WHAT_##what, PLACE_##place, &shape_##shape},
#define ANY(what, place, shape) {"", 0, WHAT_##what, PLACE_##place, &shape_##shape},
#define END(name) }; static const struct xml_shape shape_##name = \
    {rows_##name, sizeof(rows_##name) / sizeof(rows_##name[0])};
#include "engine/csta/xml_root.def"
/* clang-format on */

static const struct xml_root roots[] = {
#define ROOT(name, message_class, kind, shape)                                                     \
    {{name, sizeof(name) - 1}, MESSAGE_##message_class, EVENT_##kind, &shape_##shape},
#include "engine/csta/xml_root.def"
};

/* One open element that xml_root.def knows. */
struct frame {
    const struct xml_shape *shape;
    char *place;
    uint8_t what;
    uint8_t next; /* row where the next search begins: fields mostly come in order */
    bool has_child;
    bool is_dynamic; /* typeOfNumber="dynamic" */
};

/* One document on its way through the decoder. */
struct walk {
    struct xml_scan scan;
    struct csta_message *message;
    struct csta_scratch *scratch;
    const struct csta_options *options;
    struct text captured; /* the innermost known element's text so far */
    bool is_copied;       /* it stands in the scratch, at its end */
    uint32_t skipped;     /* open elements inside an unknown one, itself included */
    uint32_t frame_count;
    const char *problem; /* why the message is unusable, NULL while it is not */
    const char *problem_at;
    const char *root_at;
    struct frame frames[FRAMES_MAX];
};

/* Notes the first reason; the rest of the document is still checked. */
static void
note_problem(struct walk *walk, const char *at, const char *why)
{
    if (walk->problem != NULL)
        return;
    walk->problem = why;
    walk->problem_at = at;
}

/* ------------------------------------------------------------------------ texts */

static struct text
trim(struct text text)
{
    while (text.length > 0 && xml_byte_is(text.at[0], XML_BYTE_SPACE))
        text = text_skip(text, 1);
    while (text.length > 0 && xml_byte_is(text.at[text.length - 1], XML_BYTE_SPACE))
        text.length--;
    return text;
}

static void
append_to_scratch(struct walk *walk, struct text piece)
{
    struct csta_scratch *scratch = walk->scratch;
    if (piece.length > sizeof(scratch->bytes) - scratch->used) {
        note_problem(walk, walk->scan.at, "texts longer than the scratch when transcoded");
        return;
    }
    memcpy(scratch->bytes + scratch->used, piece.at, piece.length);
    scratch->used += piece.length;
    walk->captured.length += piece.length;
}

/* One piece stays where it is; several, or one that passes, are put together in the scratch. */
static void
capture_piece(struct walk *walk)
{
    struct text piece = walk->scan.piece;
    if (piece.length == 0)
        return;
    if (walk->captured.length == 0 && !walk->scan.piece_is_passing) {
        walk->captured = piece;
        walk->is_copied = false;
        return;
    }
    if (!walk->is_copied) {
        struct text first = walk->captured;
        walk->captured = (struct text){walk->scratch->bytes + walk->scratch->used, 0};
        walk->is_copied = true;
        if (first.length > 0)
            append_to_scratch(walk, first);
    }
    append_to_scratch(walk, piece);
}

/* The first of repeated elements counts. */
static void
store_text(struct walk *walk, struct text text, uint32_t length_max, const char *too_long)
{
    struct text *place = (struct text *)(void *)walk->frames[walk->frame_count - 1].place;
    if (text.length > length_max) {
        if (too_long != NULL)
            note_problem(walk, walk->scan.at, too_long);
        return;
    }
    if (text_is_none(*place))
        *place = text;
}

static void
store_device(struct walk *walk, struct text text)
{
    store_text(walk, text, DEVICE_LENGTH_MAX, "a device over 512 bytes");
}

static void
store_subject_device(struct walk *walk, struct text text)
{
    struct event *event = &walk->message->event;
    if (text_is_none(event->texts[EVENT_TEXT_DEVICE]) &&
        walk->frames[walk->frame_count - 1].is_dynamic)
        event->flags |= EVENT_DEVICE_DYNAMIC;
    store_device(walk, text);
}

static void
store_item_state(struct walk *walk, uint8_t state)
{
    struct event *event = &walk->message->event;
    CHECK(event->item_count > 0);
    struct event_item *item = &event->items[event->item_count - 1];
    if (item->state == LOCAL_ABSENT)
        item->state = state;
}

/* An element that may have a text of its own closes: what its text means. */
static void
store(struct walk *walk, enum xml_what what, struct text text)
{
    struct csta_message *message = walk->message;
    switch (what) {
    case WHAT_CALL_ID:
        store_text(walk, text, EVENT_TEXT_LENGTH, "a callID over 64 bytes");
        break;
    case WHAT_CROSS_REF:
        store_text(walk, text, EVENT_TEXT_LENGTH, "a monitorCrossRefID over 64 bytes");
        break;
    case WHAT_AGENT_ID:
        store_text(walk, text, EVENT_TEXT_LENGTH, "an agentID over 64 bytes");
        break;
    case WHAT_DEVICE:
        store_device(walk, text);
        break;
    case WHAT_SUBJECT_DEVICE:
        store_subject_device(walk, text);
        break;
    case WHAT_LINKAGE:
        store_text(walk, text, EVENT_TEXT_LENGTH, NULL);
        break;
    case WHAT_CAUSE:
        if (message->event.cause == 0)
            message->event.cause = xml_value_cause(text, walk->options->loose_causes);
        break;
    case WHAT_LOCAL_STATE:
        if (message->event.local_state == LOCAL_ABSENT)
            message->event.local_state = xml_value_local_state(text);
        break;
    case WHAT_ITEM_STATE:
        store_item_state(walk, xml_value_local_state(text));
        break;
    case WHAT_SIMPLE_STATE:
        store_item_state(walk, xml_value_simple_state(text));
        break;
    case WHAT_MONITOR_TYPE:
        message->monitors_calls = text_is_equal(text, TEXT("call"));
        break;
    case WHAT_STATUS:
        message->status = xml_value_status(text);
        break;
    case WHAT_GROUP:
    case WHAT_ITEM:
    case WHAT_SNAPSHOT_DATA:
    case WHAT_CALL_OBJECT:
        break;
    }
}

/* ------------------------------------------------------------------------ elements */

static const struct xml_row *
find_row(struct frame *frame, struct text name)
{
    const struct xml_shape *shape = frame->shape;
    uint8_t at = frame->next;
    for (uint8_t i = 0; i < shape->count; i++) {
        const struct xml_row *row = &shape->rows[at];
        at = at + 1 < shape->count ? (uint8_t)(at + 1) : 0;
        if (row->length == name.length && memcmp(row->name, name.at, name.length) == 0) {
            frame->next = at;
            return row;
        }
    }
    const struct xml_row *last = shape->count > 0 ? &shape->rows[shape->count - 1] : NULL;
    return last != NULL && last->length == 0 ? last : NULL;
}

/* The next of event.items, empty; NULL when there are EVENT_ITEMS_MAX. */
static struct event_item *
open_item(struct walk *walk)
{
    struct event *event = &walk->message->event;
    if (event->item_count == EVENT_ITEMS_MAX) {
        note_problem(walk, walk->scan.at, "more than 64 connections in one list");
        return NULL;
    }
    struct event_item *item = &event->items[event->item_count++];
    memset(item, 0, sizeof(*item));
    item->state = LOCAL_ABSENT;
    return item;
}

/* A list's entry that names neither call nor device says nothing. */
static void
close_item(struct walk *walk)
{
    struct event *event = &walk->message->event;
    const struct event_item *item = &event->items[event->item_count - 1];
    if (text_is_none(item->new_call) && text_is_none(item->new_device) &&
        text_is_none(item->old_call) && text_is_none(item->old_device) &&
        text_is_none(item->endpoint))
        event->item_count--;
}

static void
push_frame(struct walk *walk, const struct xml_shape *shape, char *place, uint8_t what)
{
    CHECK(walk->frame_count < FRAMES_MAX);
    struct frame *frame = &walk->frames[walk->frame_count++];
    frame->shape = shape;
    frame->place = place;
    frame->what = what;
    frame->next = 0;
    frame->has_child = frame->is_dynamic = false;
    walk->captured = TEXT_NONE;
    walk->is_copied = false;
}

static void
open_root(struct walk *walk)
{
    struct text name = walk->scan.name;
    walk->root_at = name.at;
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        if (!text_is_equal(roots[i].name, name))
            continue;
        walk->message->message_class = (enum message_class)roots[i].message_class;
        walk->message->event.kind = roots[i].kind;
        push_frame(walk, roots[i].shape, (char *)walk->message, WHAT_GROUP);
        return;
    }
    walk->skipped = 1;
}

static void
open_element(struct walk *walk)
{
    if (walk->skipped > 0) {
        walk->skipped++;
        return;
    }
    if (walk->frame_count == 0) {
        open_root(walk);
        return;
    }
    struct frame *parent = &walk->frames[walk->frame_count - 1];
    parent->has_child = true;
    const struct xml_row *row = find_row(parent, walk->scan.name);
    char *place = row == NULL              ? NULL
                  : row->what == WHAT_ITEM ? (char *)open_item(walk)
                                           : parent->place + row->place;
    if (place == NULL) {
        walk->skipped = 1;
        return;
    }
    push_frame(walk, row->shape, place, row->what);
    if (row->what == WHAT_SNAPSHOT_DATA)
        walk->message->whole = true;
    else if (row->what == WHAT_CALL_OBJECT)
        walk->message->object_is_call = text_is_none(walk->message->object);
    else if (row->what == WHAT_SUBJECT_DEVICE)
        walk->frames[walk->frame_count - 1].is_dynamic =
            xml_scan_has(&walk->scan, TEXT("typeOfNumber"), TEXT("dynamic"));
}

static void
close_element(struct walk *walk)
{
    if (walk->skipped > 0) {
        walk->skipped--;
        return;
    }
    const struct frame *frame = &walk->frames[walk->frame_count - 1];
    if (frame->what >= WHAT_CALL_ID && !frame->has_child)
        store(walk, frame->what, trim(walk->captured));
    else if (frame->what == WHAT_ITEM)
        close_item(walk);
    walk->frame_count--;
}

static void
take_text(struct walk *walk)
{
    if (walk->skipped > 0)
        return;
    const struct frame *frame = &walk->frames[walk->frame_count - 1];
    if (frame->what >= WHAT_CALL_ID && !frame->has_child)
        capture_piece(walk);
}

/* ------------------------------------------------------------------------ message */

static void
reset_message(struct csta_message *message)
{
    message->message_class = MESSAGE_OTHER;
    event_reset(&message->event);
    message->event.local_state = LOCAL_ABSENT;
    message->cross_ref = message->object = TEXT_NONE;
    message->object_is_call = message->monitors_calls = message->whole = false;
    message->status = STATUS_ABSENT;
    message->invoke = TEXT_NONE;
    message->has_time = false;
    message->time_us = 0;
}

static bool
walk_document(struct walk *walk)
{
    for (;;) {
        switch (xml_scan_next(&walk->scan)) {
        case XML_TOKEN_START:
            open_element(walk);
            break;
        case XML_TOKEN_TEXT:
            take_text(walk);
            break;
        case XML_TOKEN_END:
            close_element(walk);
            break;
        case XML_TOKEN_FINISHED:
            return true;
        case XML_TOKEN_FAILED:
            return false;
        }
    }
}

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum csta_result
xml_decode(struct csta_message *message, const char *bytes, size_t length,
           const struct csta_options *options, struct csta_scratch *scratch, const char **why,
           size_t *where)
{
    CHECK(message != NULL && options != NULL && scratch != NULL);

    struct walk walk; /* cleared by hand: the scan inside is large and clears itself */
    walk.message = message;
    walk.scratch = scratch;
    walk.options = options;
    walk.skipped = walk.frame_count = 0;
    walk.problem = NULL;
    scratch->used = 0;
    reset_message(message);
    xml_scan_begin(&walk.scan, bytes, length);
    if (!walk_document(&walk)) {
        *why = walk.scan.why;
        *where = (size_t)(walk.scan.at - bytes);
        return walk.scan.result;
    }
    const char *lacks = csta_message_finish(message);
    if (lacks != NULL)
        note_problem(&walk, walk.root_at, lacks);
    if (walk.problem != NULL) {
        *why = walk.problem;
        *where = (size_t)(walk.problem_at - bytes);
        return CSTA_UNUSABLE;
    }
    return CSTA_OK;
}
/* NOLINTEND(readability-function-size) */
