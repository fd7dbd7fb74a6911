#include "engine/csta/ber_decode.h"

#include "base/check.h"
#include "engine/csta/ber_header.h"
#include "engine/csta/ber_shape.h"
#include "engine/csta/ber_store.h"

enum {
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
    struct ber_store store;
    struct text joined; /* the open constructed string so far */
    const uint8_t *joined_at;
    bool joined_is_string; /* it holds nothing but pieces */
    const uint8_t *event_at;
    struct ber_refusal refusal;
    struct frame frames[BER_DEPTH_MAX + 1];
};

static const char too_deep[] = "elements nested more than 16 deep";
static const char no_end_of_contents[] = "no end-of-contents octets";

static bool
refuse(struct walk *walk, enum csta_result result, const uint8_t *at, const char *why)
{
    walk->refusal = (struct ber_refusal){result, why, at};
    return false;
}

/* ------------------------------------------------------------------------ elements */

static void
apply_meaning(struct walk *walk, const struct ber_row *row, const uint8_t *at)
{
    walk->store.message->message_class = (enum message_class)row->message_class;
    walk->store.message->event.kind = row->kind;
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
    walk->store.message->message_class = MESSAGE_OTHER;
    expect(frame, &ber_shape_nothing);
}

/* The row has been, once or, of a choice, for all of them. */
static inline void
mark(struct frame *frame, const struct ber_row *row)
{
    if (!ber_what_repeats(row->what) && row == frame->expected)
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
        frame->expected = &rows[i];
        return &rows[i];
    }
    for (uint32_t i = 0; frame->passed >> i != 0; i++) {
        if ((frame->passed >> i & 1) == 0 || rows[i].tag != tag)
            continue;
        if (!ber_what_repeats(rows[i].what))
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

/* What a constructed element does that is more than a group; `frame` is its own. */
static void
open_special(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at)
{
    switch (row->what) {
    case BER_MEANS:
        apply_meaning(walk, row, at);
        break;
    case BER_ITEM: {
        char *item = (char *)ber_store_open_item(&walk->store, at);
        frame->what = item == NULL ? BER_GROUP : BER_ITEM;
        frame->place = item + row->place;
        expect(frame, item == NULL ? &ber_shape_nothing : row->shape);
        break;
    }
    case BER_SNAPSHOT_DATA:
        walk->store.message->whole = true;
        break;
    case BER_CALL_OBJECT:
        walk->store.message->object_is_call = text_is_none(walk->store.message->object);
        break;
    case BER_PIECE:
        break;
    default:
        DCHECK(ber_what_is_string(row->what));
        walk->joined = (struct text){walk->store.scratch->bytes + walk->store.scratch->used, 0};
        walk->joined_at = at;
        walk->joined_is_string = true;
        frame->what = row->what;
        expect(frame, &ber_shape_pieces);
        break;
    }
}

/* NULL when it is nested too deep. */
static inline struct frame *
open_element(struct walk *walk, struct frame *parent, struct element element)
{
    if (parent == &walk->frames[BER_DEPTH_MAX]) {
        refuse(walk, CSTA_REFUSED, element.at, too_deep);
        return NULL;
    }
    struct frame *frame = parent + 1;
    const struct ber_row *row = element.row;
    frame->end = element.end;
    frame->is_indefinite = element.is_indefinite;
    frame->what = BER_GROUP;
    frame->place = parent->place + row->place;
    expect(frame, row->shape);
    if (row->what != BER_GROUP)
        open_special(walk, frame, row, element.at);
    return frame;
}

static void
close_special(struct walk *walk, const struct frame *frame)
{
    if (frame->what == BER_ITEM)
        ber_store_close_item(&walk->store);
    else if (walk->joined_is_string)
        ber_store_string(&walk->store, walk->joined_at, frame->what, frame->place, walk->joined);
}

static inline struct frame *
close_element(struct walk *walk, struct frame *frame)
{
    if (frame->what != BER_GROUP)
        close_special(walk, frame);
    return frame - 1;
}

static inline bool
take_primitive(struct walk *walk, struct frame *frame, struct element element)
{
    const struct ber_row *row = element.row;
    struct text octets = {(const char *)element.content, (uint32_t)(element.end - element.content)};
    if (ber_what_is_integer(row->what)) {
        if (octets.length == 0)
            return refuse(walk, CSTA_MALFORMED, element.at, "an INTEGER without content");
        if (row->what == BER_SELECT)
            select_by(walk, frame, row, element.at, ber_store_number(octets));
        else
            ber_store_integer(&walk->store, element.at, row->what, frame->place + row->place,
                              octets);
    } else if (row->what == BER_PIECE) {
        ber_store_piece(&walk->store, element.at, &walk->joined, octets);
    } else {
        ber_store_string(&walk->store, element.at, row->what, frame->place + row->place, octets);
    }
    return true;
}

/* Does an element fit whose identifier and length are one octet each? Most are. */
static inline bool
is_short(const uint8_t *at, const uint8_t *end)
{
    return end - at >= 2 && at[1] <= SHORT_LENGTH_MAX && at[1] <= end - at - 2 &&
           (at[0] & HIGH_TAG) != HIGH_TAG;
}

/* The element at `at`, and its row if somebody knows it. */
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
        struct ber_header header; /* its own, so that *element may live in registers */
        if (!ber_header_read(&header, at, frame->end, &walk->refusal))
            return false;
        element->content = header.content;
        element->end = header.end;
        element->is_indefinite = header.is_indefinite;
    }
    element->row = NULL;
    if (element->tag == frame->expected->tag)
        mark(frame, element->row = frame->expected);
    else if (element->tag != END_OF_CONTENTS)
        element->row = match(walk, frame, element->tag);
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

/*
 * What ends where the element does that nobody knows, or NULL. Its structure is checked all the way
 * down, in frames that hold nothing else, so that a message that is taken is sound as a whole.
 */
static const uint8_t *
skip_element(struct walk *walk, struct frame *parent, const uint8_t *at)
{
    struct frame *frame = parent;
    do {
        const uint8_t *end = frame->end;
        if (frame != parent && at == end && !frame->is_indefinite) {
            frame--;
            continue;
        }
        if (is_short(at, end) && at[0] != END_OF_CONTENTS && (at[0] & BER_CONSTRUCTED) == 0) {
            at += 2 + at[1];
            continue;
        }
        struct ber_header header;
        if (at == end)
            refuse(walk, CSTA_INCOMPLETE, at, no_end_of_contents);
        if (at == end || !ber_header_read(&header, at, end, &walk->refusal))
            return NULL;
        if (header.tag == END_OF_CONTENTS) {
            if (!check_end_of_contents(walk, frame, at))
                return NULL;
            at += 2;
            frame--;
        } else if ((header.tag & BER_CONSTRUCTED) == 0) {
            at = header.end;
        } else if (frame == &walk->frames[BER_DEPTH_MAX]) {
            refuse(walk, CSTA_REFUSED, at, too_deep);
            return NULL;
        } else {
            frame++;
            frame->end = header.end;
            frame->is_indefinite = header.is_indefinite;
            at = header.content;
        }
    } while (frame != parent);
    return at;
}

/* Walks through the PDU, which stands in frames[0]; *end is where it ends. */
static bool
walk_pdu(struct walk *walk, const uint8_t *at, const uint8_t **end)
{
    struct frame *frame = &walk->frames[0];
    do {
        if (at == frame->end) {
            if (frame->is_indefinite)
                return refuse(walk, CSTA_INCOMPLETE, at, no_end_of_contents);
            frame = close_element(walk, frame);
            continue;
        }
        struct element element;
        if (!read_element(walk, frame, at, &element))
            return false;
        at = element.end;
        if (element.row == NULL && element.tag == END_OF_CONTENTS) {
            if (!check_end_of_contents(walk, frame, element.at))
                return false;
            frame = close_element(walk, frame);
        } else if (element.row == NULL) {
            at = skip_element(walk, frame, element.at);
            if (at == NULL)
                return false;
        } else if ((element.tag & BER_CONSTRUCTED) != 0) {
            frame = open_element(walk, frame, element);
            if (frame == NULL)
                return false;
            at = element.content;
        } else if (!take_primitive(walk, frame, element)) {
            return false;
        }
    } while (frame != walk->frames);
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
is_pdu(const struct ber_shape *shape, uint8_t tag)
{
    for (uint8_t i = 0; i < shape->count; i++) {
        if (shape->rows[i].tag == tag)
            return true;
    }
    return false;
}

static bool
decode_pdu(struct walk *walk, const uint8_t *bytes, const uint8_t *end, enum csta_encoding phase)
{
    const struct ber_shape *shape = ber_shape_pdu(phase);
    if (bytes == end)
        return refuse(walk, CSTA_INCOMPLETE, bytes, "an empty PDU");
    if (!is_pdu(shape, bytes[0]))
        return refuse(walk, CSTA_REFUSED, bytes, "neither a ROSE nor an ACSE PDU");
    walk->frames[0] = (struct frame){.end = end, .place = (char *)walk->store.message};
    expect(&walk->frames[0], shape);
    const uint8_t *pdu_end = NULL;
    if (!walk_pdu(walk, bytes, &pdu_end))
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
    walk.store.message = message;
    walk.store.scratch = scratch;
    walk.store.problem = NULL;
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
        ber_store_problem(&walk.store, walk.event_at, lacks);
    if (walk.store.problem != NULL) {
        *why = walk.store.problem;
        *where = (size_t)(walk.store.problem_at - first);
        return CSTA_UNUSABLE;
    }
    return CSTA_OK;
}
/* NOLINTEND(readability-function-size) */
