#include "engine/csta/ber_decode.h"

#include "base/check.h"
#include "engine/csta/ber_header.h"
#include "engine/csta/ber_shape.h"
#include "engine/csta/ber_text.h"
#include "engine/csta/ber_time.h"
#include "engine/csta/ber_value.h"

enum {
    DEVICE_LENGTH_MAX = 512, /* bytes of a device text */
    INVOKE_LENGTH_MAX = 4,
    SHORT_LENGTH_MAX = 0x7f, /* greatest length that is one octet */
    HIGH_TAG = 0x1f,
    END_OF_CONTENTS = 0,
};

/* One open constructed element. */
struct frame {
    const struct ber_shape *shape;
    const struct ber_row *expected; /* where the next search begins */
    const uint8_t *end;
    char *place;
    uint32_t passed; /* rows before the expected one that have not been, a bit each */
    uint8_t what;    /* BER_ITEM, a string that is put together from pieces, else BER_GROUP */
    bool is_indefinite;
};

/* One element as it is met, with the row it matches or NULL. */
struct element {
    const struct ber_row *row;
    const uint8_t *at;
    const uint8_t *content;
    const uint8_t *end;
    uint8_t tag;
    bool is_indefinite;
};

/* One PDU on its way through the decoder. frames[0] holds the PDU. */
struct walk {
    struct csta_message *message;
    struct csta_scratch *scratch;
    struct text joined; /* the open constructed string so far */
    const uint8_t *joined_at;
    bool joined_is_string; /* it holds nothing but pieces */
    const char *problem;   /* why the message is unusable, NULL while it is not */
    const uint8_t *problem_at;
    const uint8_t *event_at;
    struct ber_refusal refusal;
    struct frame frames[BER_DEPTH_MAX + 1];
};

static bool
refuse(struct walk *walk, enum csta_result result, const uint8_t *at, const char *why)
{
    walk->refusal = (struct ber_refusal){result, why, at};
    return false;
}

/* Notes the first reason; the rest of the PDU is still checked. */
static void
note_problem(struct walk *walk, const uint8_t *at, const char *why)
{
    if (walk->problem != NULL)
        return;
    walk->problem = why;
    walk->problem_at = at;
}

/* ------------------------------------------------------------------------ strings */

/* The first of repeated elements counts. */
static void
store_octets(struct walk *walk, const uint8_t *at, struct text *place, struct text octets,
             uint32_t length_max, const char *too_long)
{
    if (!text_is_none(*place) || octets.length == 0)
        return;
    enum ber_text_result result = ber_text_octets(place, octets, length_max, walk->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        note_problem(walk, at, "texts longer than the scratch");
    else if (result == BER_TEXT_TOO_LONG && too_long != NULL)
        note_problem(walk, at, too_long);
}

static const char device_too_long[] = "a device over 512 bytes";

static void
store_digits(struct walk *walk, const uint8_t *at, struct text *place, struct text digits)
{
    if (digits.length > DEVICE_LENGTH_MAX)
        note_problem(walk, at, device_too_long);
    else if (text_is_none(*place))
        *place = digits;
}

static void
store_subject_dynamic(struct walk *walk, const uint8_t *at, struct text *place, struct text octets)
{
    if (text_is_none(*place) && octets.length > 0)
        walk->message->event.flags |= EVENT_DEVICE_DYNAMIC;
    store_octets(walk, at, place, octets, DEVICE_LENGTH_MAX, device_too_long);
}

/* What is no time counts as none; so does a second one. */
static void
store_time(struct csta_message *message, bool (*read)(int64_t *time_us, struct text text),
           struct text text)
{
    if (!message->has_time)
        message->has_time = read(&message->time_us, text);
}

/* What the element at `at` with the string content `octets` means. */
static void
store_string(struct walk *walk, const uint8_t *at, uint8_t what, char *place, struct text octets)
{
    struct text *text = (struct text *)(void *)place;
    switch (what) {
    case BER_CALL_ID:
        store_octets(walk, at, text, octets, EVENT_TEXT_LENGTH, "a callID over 64 bytes");
        break;
    case BER_CROSS_REF:
        store_octets(walk, at, text, octets, EVENT_TEXT_LENGTH, "a crossRefID over 64 bytes");
        break;
    case BER_AGENT_ID:
        store_octets(walk, at, text, octets, EVENT_TEXT_LENGTH, "an agentID over 64 bytes");
        break;
    case BER_LINKAGE:
        store_octets(walk, at, text, octets, EVENT_TEXT_LENGTH, NULL);
        break;
    case BER_DIGITS:
        store_digits(walk, at, text, octets);
        break;
    case BER_OTHER_PLAN:
    case BER_DYNAMIC:
        store_octets(walk, at, text, octets, DEVICE_LENGTH_MAX, device_too_long);
        break;
    case BER_SUBJECT_DYNAMIC:
        store_subject_dynamic(walk, at, text, octets);
        break;
    case BER_UTC_TIME:
        store_time(walk->message, ber_time_utc, octets);
        break;
    default:
        DCHECK(what == BER_GENERALIZED_TIME);
        store_time(walk->message, ber_time_generalized, octets);
        break;
    }
}

static void
join_piece(struct walk *walk, const uint8_t *at, struct text piece)
{
    struct csta_scratch *scratch = walk->scratch;
    if (piece.length > sizeof(scratch->bytes) - scratch->used) {
        note_problem(walk, at, "texts longer than the scratch");
        return;
    }
    memcpy(scratch->bytes + scratch->used, piece.at, piece.length);
    scratch->used += piece.length;
    walk->joined.length += piece.length;
}

/* ------------------------------------------------------------------------ integers */

static int64_t
integer_of(struct text octets)
{
    uint64_t value = (octets.at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < octets.length; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    return (int64_t)value;
}

/* A number too long to be one of ours is none of them. */
static int64_t
number_of(struct text octets)
{
    return octets.length <= sizeof(int64_t) ? integer_of(octets) : -1;
}

static void
store_device_number(struct walk *walk, const uint8_t *at, struct text *place, struct text octets)
{
    if (!text_is_none(*place))
        return;
    enum ber_text_result result = ber_text_decimal(place, octets, walk->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        note_problem(walk, at, "texts longer than the scratch");
    else if (result == BER_TEXT_TOO_LONG)
        note_problem(walk, at, "a deviceNumber over 8 bytes");
}

/* An octet is redundant where the next one's first bit says the same: X.690 8.3.2. */
static void
store_invoke(struct walk *walk, struct text octets)
{
    while (octets.length > 1 && octets.at[0] == ((octets.at[1] & 0x80) != 0 ? '\xff' : '\0'))
        octets = text_skip(octets, 1);
    if (octets.length <= INVOKE_LENGTH_MAX)
        walk->message->invoke = octets;
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

static void
apply_meaning(struct walk *walk, const struct ber_row *row, const uint8_t *at)
{
    walk->message->message_class = (enum message_class)row->message_class;
    walk->message->event.kind = row->kind;
    walk->event_at = at;
}

static void
expect(struct frame *frame, const struct ber_shape *shape)
{
    frame->shape = shape;
    frame->expected = shape->rows;
    frame->passed = 0;
}

/* The number says what the elements behind it in the same frame are. */
static void
select_by(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at,
          int64_t number)
{
    const struct ber_shape *numbers = row->shape;
    for (uint8_t i = 0; i < numbers->count; i++) {
        if (numbers->rows[i].tag != number)
            continue;
        apply_meaning(walk, &numbers->rows[i], at);
        expect(frame, numbers->rows[i].shape);
        return;
    }
    walk->message->message_class = MESSAGE_OTHER;
    expect(frame, &ber_shape_nothing);
}

static void
store_integer(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at,
              struct text octets)
{
    struct csta_message *message = walk->message;
    struct event *event = &message->event;
    int64_t number = number_of(octets);
    switch (row->what) {
    case BER_NUMBER:
        store_device_number(walk, at, (struct text *)(void *)(frame->place + row->place), octets);
        break;
    case BER_INVOKE:
        store_invoke(walk, octets);
        break;
    case BER_SELECT:
        select_by(walk, frame, row, at, number);
        break;
    case BER_CAUSE:
        if (event->cause == 0)
            event->cause = ber_value_cause(number);
        break;
    case BER_LOCAL_STATE:
        if (event->local_state == LOCAL_ABSENT)
            event->local_state = ber_value_local_state(number);
        break;
    case BER_ITEM_STATE:
        store_item_state(walk, ber_value_local_state(number));
        break;
    case BER_SIMPLE_STATE:
        store_item_state(walk, ber_value_simple_state(number));
        break;
    case BER_MONITOR_TYPE:
        message->monitors_calls = number == 0;
        break;
    case BER_STATUS:
        message->status = ber_value_status(number);
        break;
    default:
        DCHECK(row->what == BER_ASSOCIATE_RESULT);
        message->message_class =
            number == 0 ? MESSAGE_ASSOCIATION_BEGUN : MESSAGE_ASSOCIATION_ENDED;
        break;
    }
}

/* ------------------------------------------------------------------------ elements */

/* The row has been, once or, of a choice, for all of them. */
static inline void
mark(struct frame *frame, const struct ber_row *row)
{
    if (row >= frame->expected && !ber_what_repeats(row->what))
        frame->expected = row + 1;
    if (frame->shape->is_choice)
        expect(frame, &ber_shape_nothing);
}

/* The first row of that tag that has not been, from the expected one on, then of those passed. */
static const struct ber_row *
find_row(struct frame *frame, uint8_t tag)
{
    const struct ber_row *rows = frame->shape->rows;
    uint32_t expected = (uint32_t)(frame->expected - rows);
    for (uint32_t i = expected; i < frame->shape->count; i++) {
        if (rows[i].tag != tag)
            continue;
        frame->passed |= (UINT32_C(1) << i) - (UINT32_C(1) << expected);
        return &rows[i];
    }
    for (uint32_t i = 0; frame->passed >> i != 0; i++) {
        if ((frame->passed >> i & 1) == 0 || rows[i].tag != tag)
            continue;
        frame->passed ^= UINT32_C(1) << i;
        return &rows[i];
    }
    return NULL;
}

/* A string may also be constructed: its tag then says so. */
static const struct ber_row *
find_string_row(struct frame *frame, uint8_t tag)
{
    const struct frame before = *frame;
    const struct ber_row *row = find_row(frame, (uint8_t)(tag & ~BER_CONSTRUCTED));
    if (row != NULL && ber_what_is_string(row->what))
        return row;
    *frame = before;
    return NULL;
}

/* The row of an element that is not the expected one; NULL: one that nobody knows. */
static const struct ber_row *
match(struct walk *walk, struct frame *frame, uint8_t tag)
{
    if (frame->shape == &ber_shape_nothing || tag == END_OF_CONTENTS)
        return NULL;
    const struct ber_row *row = find_row(frame, tag);
    if (row == NULL && (tag & BER_CONSTRUCTED) != 0)
        row = find_string_row(frame, tag);
    if (row != NULL)
        mark(frame, row);
    else if (frame->shape->is_choice)
        expect(frame, &ber_shape_nothing);
    else if (frame->shape == &ber_shape_pieces)
        walk->joined_is_string = false;
    return row;
}

/* The next of event.items, empty; NULL when there are EVENT_ITEMS_MAX. */
static struct event_item *
open_item(struct walk *walk, const uint8_t *at)
{
    struct event *event = &walk->message->event;
    if (event->item_count == EVENT_ITEMS_MAX) {
        note_problem(walk, at, "more than 64 connections in one list");
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

/* What a constructed element does that is more than a group; `frame` is its own. */
static void
open_special(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at)
{
    switch (row->what) {
    case BER_MEANS:
        apply_meaning(walk, row, at);
        break;
    case BER_ITEM: {
        char *item = (char *)open_item(walk, at);
        frame->what = item == NULL ? BER_GROUP : BER_ITEM;
        frame->place = item + row->place;
        expect(frame, item == NULL ? &ber_shape_nothing : row->shape);
        break;
    }
    case BER_SNAPSHOT_DATA:
        walk->message->whole = true;
        break;
    case BER_CALL_OBJECT:
        walk->message->object_is_call = text_is_none(walk->message->object);
        break;
    case BER_PIECE:
        break;
    default:
        DCHECK(ber_what_is_string(row->what));
        walk->joined = (struct text){walk->scratch->bytes + walk->scratch->used, 0};
        walk->joined_at = at;
        walk->joined_is_string = true;
        frame->what = row->what;
        expect(frame, &ber_shape_pieces);
        break;
    }
}

/* NULL when it is nested too deep. An element nobody knows is looked into all the same. */
static inline struct frame *
open_element(struct walk *walk, struct frame *parent, const struct element *element)
{
    if (parent == &walk->frames[BER_DEPTH_MAX]) {
        refuse(walk, CSTA_REFUSED, element->at, "elements nested more than 16 deep");
        return NULL;
    }
    struct frame *frame = parent + 1;
    const struct ber_row *row = element->row;
    frame->end = element->end;
    frame->is_indefinite = element->is_indefinite;
    frame->what = BER_GROUP;
    if (row == NULL) {
        expect(frame, &ber_shape_nothing);
        return frame;
    }
    frame->place = parent->place + row->place;
    expect(frame, row->shape);
    if (row->what != BER_GROUP)
        open_special(walk, frame, row, element->at);
    return frame;
}

static void
close_special(struct walk *walk, const struct frame *frame)
{
    if (frame->what == BER_ITEM)
        close_item(walk);
    else if (walk->joined_is_string)
        store_string(walk, walk->joined_at, frame->what, frame->place, walk->joined);
}

static inline struct frame *
close_element(struct walk *walk, struct frame *frame)
{
    if (frame->what != BER_GROUP)
        close_special(walk, frame);
    return frame - 1;
}

static inline bool
take_primitive(struct walk *walk, struct frame *frame, const struct element *element)
{
    const struct ber_row *row = element->row;
    struct text octets = {(const char *)element->content,
                          (uint32_t)(element->end - element->content)};
    if (ber_what_is_integer(row->what)) {
        if (octets.length == 0)
            return refuse(walk, CSTA_MALFORMED, element->at, "an INTEGER without content");
        store_integer(walk, frame, row, element->at, octets);
    } else if (row->what == BER_PIECE) {
        join_piece(walk, element->at, octets);
    } else {
        store_string(walk, element->at, row->what, frame->place + row->place, octets);
    }
    return true;
}

/* Is this an element whose identifier and length are one octet each, and not 00? */
static inline bool
is_short(const uint8_t *at, const uint8_t *end)
{
    return end - at >= 2 && at[1] <= SHORT_LENGTH_MAX && at[1] <= end - at - 2 &&
           (at[0] & HIGH_TAG) != HIGH_TAG && at[0] != END_OF_CONTENTS;
}

static inline bool
read_element(struct walk *walk, struct frame *frame, const uint8_t *at, struct element *element)
{
    element->at = at;
    element->tag = at[0];
    if (is_short(at, frame->end)) {
        element->content = at + 2;
        element->end = at + 2 + at[1];
        element->is_indefinite = false;
    } else {
        struct ber_header header;
        if (!ber_header_read(&header, at, frame->end, &walk->refusal))
            return false;
        element->content = header.content;
        element->end = header.end;
        element->is_indefinite = header.is_indefinite;
    }
    if (element->tag == frame->expected->tag) {
        element->row = frame->expected;
        mark(frame, element->row);
    } else {
        element->row = match(walk, frame, element->tag);
    }
    return true;
}

static bool
check_end_of_contents(struct walk *walk, const struct frame *frame, const uint8_t *at)
{
    if (!frame->is_indefinite)
        return refuse(walk, CSTA_MALFORMED, at, "end-of-contents octets where none are due");
    if (at[1] != 0)
        return refuse(walk, CSTA_MALFORMED, at + 1, "end-of-contents octets with a length");
    return true;
}

/* Walks through what the PDU, open in frames[1], holds; *end is where that ends. */
static bool
walk_pdu(struct walk *walk, const uint8_t *at, const uint8_t **end)
{
    struct frame *frame = &walk->frames[1];
    while (frame != walk->frames) {
        if (at == frame->end) {
            if (frame->is_indefinite)
                return refuse(walk, CSTA_INCOMPLETE, at, "no end-of-contents octets");
            frame = close_element(walk, frame);
            continue;
        }
        struct element element;
        if (!read_element(walk, frame, at, &element))
            return false;
        if ((element.tag & BER_CONSTRUCTED) != 0) {
            frame = open_element(walk, frame, &element);
            if (frame == NULL)
                return false;
            at = element.content;
            continue;
        }
        if (element.row != NULL) {
            if (!take_primitive(walk, frame, &element))
                return false;
        } else if (element.tag == END_OF_CONTENTS) {
            if (!check_end_of_contents(walk, frame, at))
                return false;
            frame = close_element(walk, frame);
            element.end = at + 2;
        }
        at = element.end;
    }
    *end = at;
    return true;
}

/* ------------------------------------------------------------------------ message */

static void
reset_message(struct csta_message *message)
{
    message->message_class = MESSAGE_OTHER;
    event_reset(&message->event);
    message->cross_ref = message->object = TEXT_NONE;
    message->object_is_call = message->monitors_calls = message->whole = false;
    message->status = STATUS_ABSENT;
    message->invoke = TEXT_NONE;
    message->has_time = false;
    message->time_us = 0;
}

static bool
decode_pdu(struct walk *walk, const uint8_t *bytes, const uint8_t *end, enum csta_encoding phase)
{
    struct element pdu;
    struct frame *outside = &walk->frames[0];
    if (bytes == end)
        return refuse(walk, CSTA_INCOMPLETE, bytes, "an empty PDU");
    outside->end = end;
    outside->place = (char *)walk->message;
    expect(outside, ber_shape_pdu(phase));
    if (!read_element(walk, outside, bytes, &pdu))
        return false;
    if (pdu.row == NULL)
        return refuse(walk, CSTA_REFUSED, bytes, "neither a ROSE nor an ACSE PDU");
    open_element(walk, outside, &pdu);
    const uint8_t *pdu_end = NULL;
    if (!walk_pdu(walk, pdu.content, &pdu_end))
        return false;
    if (pdu_end != end)
        return refuse(walk, CSTA_MALFORMED, pdu_end, "bytes after the PDU");
    return true;
}

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum csta_result
ber_decode(struct csta_message *message, const char *bytes, size_t length, enum csta_encoding phase,
           struct csta_scratch *scratch, const char **why, size_t *where)
{
    CHECK(message != NULL && scratch != NULL && (bytes != NULL || length == 0));

    struct walk walk; /* cleared by hand: only the open frames count */
    const uint8_t *first = (const uint8_t *)bytes;
    walk.message = message;
    walk.scratch = scratch;
    walk.problem = NULL;
    walk.event_at = first;
    scratch->used = 0;
    reset_message(message);
    if (!decode_pdu(&walk, first, first + length, phase)) {
        *why = walk.refusal.why;
        *where = (size_t)(walk.refusal.at - first);
        return walk.refusal.result;
    }
    const char *lacks = csta_message_finish(message);
    if (lacks != NULL)
        note_problem(&walk, walk.event_at, lacks);
    if (walk.problem != NULL) {
        *why = walk.problem;
        *where = (size_t)(walk.problem_at - first);
        return CSTA_UNUSABLE;
    }
    return CSTA_OK;
}
/* NOLINTEND(readability-function-size) */
