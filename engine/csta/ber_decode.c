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
    uint32_t matched; /* rows that have been, a bit each */
    uint8_t what;     /* a string: it is put together from pieces; an item: it is one */
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
    frame->matched = 0;
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

/* No further element of this frame counts. */
static inline void
shut(struct frame *frame)
{
    frame->matched = UINT32_MAX;
    frame->expected = frame->shape->rows + frame->shape->count;
}

static inline void
mark(struct frame *frame, const struct ber_row *row)
{
    if (!ber_what_repeats(row->what)) {
        frame->matched |= UINT32_C(1) << (row - frame->shape->rows);
        if (row >= frame->expected)
            frame->expected = row + 1; /* so from there on no row has been */
    }
    if (frame->shape->is_choice)
        shut(frame);
}

/* The first row of that tag that has not been, from the expected one on, then from the first. */
static const struct ber_row *
find_row(const struct frame *frame, uint8_t tag)
{
    const struct ber_row *rows = frame->shape->rows;
    uint32_t count = frame->shape->count;
    uint32_t index = (uint32_t)(frame->expected - rows);
    for (uint32_t i = 0; i < count; i++, index++) {
        if (index >= count)
            index = 0;
        if (rows[index].tag == tag && (frame->matched >> index & 1) == 0)
            return &rows[index];
    }
    return NULL;
}

/* A string may also be constructed: its tag then says so. NULL: an element nobody knows. */
static const struct ber_row *
match(struct walk *walk, struct frame *frame, uint8_t tag)
{
    const struct ber_row *row = find_row(frame, tag);
    if (row == NULL && (tag & BER_CONSTRUCTED) != 0) {
        row = find_row(frame, (uint8_t)(tag & ~BER_CONSTRUCTED));
        if (row != NULL && !ber_what_is_string(row->what))
            row = NULL;
    }
    if (row != NULL)
        mark(frame, row);
    else if (frame->shape->is_choice)
        shut(frame);
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

/* What a constructed element that has a row opens; `frame` is its own, empty so far. */
static void
open_known(struct walk *walk, struct frame *frame, const struct frame *parent,
           const struct ber_row *row, const uint8_t *at)
{
    char *base = parent->place;
    switch (row->what) {
    case BER_GROUP:
        break;
    case BER_MEANS:
        apply_meaning(walk, row, at);
        break;
    case BER_ITEM:
        base = (char *)open_item(walk, at);
        if (base == NULL)
            return;
        break;
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
        expect(frame, &ber_shape_pieces);
        frame->what = row->what;
        frame->place = base + row->place;
        return;
    }
    expect(frame, row->shape);
    frame->what = row->what;
    frame->place = base + row->place;
}

/* NULL when it is nested too deep. An element nobody knows is looked into all the same. */
static struct frame *
open_element(struct walk *walk, struct frame *parent, const struct ber_row *row, const uint8_t *at,
             const struct ber_header *header)
{
    if (parent == &walk->frames[BER_DEPTH_MAX]) {
        refuse(walk, CSTA_REFUSED, at, "elements nested more than 16 deep");
        return NULL;
    }
    struct frame *frame = parent + 1;
    frame->end = header->end;
    frame->is_indefinite = header->is_indefinite;
    frame->what = BER_GROUP;
    frame->place = parent->place;
    expect(frame, &ber_shape_nothing);
    if (row != NULL)
        open_known(walk, frame, parent, row, at);
    return frame;
}

static struct frame *
close_element(struct walk *walk, struct frame *frame)
{
    if (frame->what == BER_ITEM)
        close_item(walk);
    else if (ber_what_is_string(frame->what) && walk->joined_is_string)
        store_string(walk, walk->joined_at, frame->what, frame->place, walk->joined);
    return frame - 1;
}

static inline bool
take_primitive(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at,
               const struct ber_header *header)
{
    struct text octets = {(const char *)header->content, (uint32_t)(header->end - header->content)};
    if (ber_what_is_integer(row->what)) {
        if (octets.length == 0)
            return refuse(walk, CSTA_MALFORMED, at, "an INTEGER without content");
        store_integer(walk, frame, row, at, octets);
    } else if (row->what == BER_PIECE) {
        join_piece(walk, at, octets);
    } else {
        store_string(walk, at, row->what, frame->place + row->place, octets);
    }
    return true;
}

/* Mostly it is the expected one, its length one octet. */
static inline bool
read_element(struct walk *walk, struct frame *frame, const uint8_t *at, struct ber_header *header,
             const struct ber_row **row)
{
    const struct ber_row *expected = frame->expected;
    if (frame->end - at >= 2 && at[0] == expected->tag && at[1] <= frame->end - at - 2 &&
        at[1] <= SHORT_LENGTH_MAX) {
        *header = (struct ber_header){at + 2, at + 2 + at[1], at[0], false};
        mark(frame, expected);
        *row = expected;
        return true;
    }
    if (!ber_header_read(header, at, frame->end, &walk->refusal))
        return false;
    *row = header->tag == END_OF_CONTENTS ? NULL : match(walk, frame, header->tag);
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
        struct ber_header header;
        const struct ber_row *row;
        if (at == frame->end) {
            if (frame->is_indefinite)
                return refuse(walk, CSTA_INCOMPLETE, at, "no end-of-contents octets");
            frame = close_element(walk, frame);
            continue;
        }
        if (!read_element(walk, frame, at, &header, &row))
            return false;
        if (header.tag == END_OF_CONTENTS) {
            if (!check_end_of_contents(walk, frame, at))
                return false;
            frame = close_element(walk, frame);
            at += 2;
        } else if ((header.tag & BER_CONSTRUCTED) != 0) {
            frame = open_element(walk, frame, row, at, &header);
            if (frame == NULL)
                return false;
            at = header.content;
        } else {
            if (row != NULL && !take_primitive(walk, frame, row, at, &header))
                return false;
            at = header.end;
        }
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
    struct ber_header header;
    if (bytes == end)
        return refuse(walk, CSTA_INCOMPLETE, bytes, "an empty PDU");
    if (!ber_header_read(&header, bytes, end, &walk->refusal))
        return false;
    struct frame *outside = &walk->frames[0];
    expect(outside, ber_shape_pdu(phase));
    outside->place = (char *)walk->message;
    const struct ber_row *row = find_row(outside, header.tag);
    if (row == NULL)
        return refuse(walk, CSTA_REFUSED, bytes, "neither a ROSE nor an ACSE PDU");
    open_element(walk, outside, row, bytes, &header);
    const uint8_t *pdu_end = NULL;
    if (!walk_pdu(walk, header.content, &pdu_end))
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
