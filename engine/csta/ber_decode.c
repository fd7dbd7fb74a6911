#include "engine/csta/ber_decode.h"

#include "base/check.h"
#include "engine/csta/ber_header.h"
#include "engine/csta/ber_shape.h"
#include "engine/csta/ber_skip.h"
#include "engine/csta/ber_store.h"

/* What takes an element is part of the walk: handing one over in memory takes longer than the rest
 * of its taking, and the compiler makes a function of what is wanted in two places. */
#define INTO_WALK __attribute__((always_inline))

/* Identifier octets of the PDUs between which are the answers. */
enum {
    BER_TAG_RESULT = 0xa2,
    BER_TAG_REJECT = 0xa4,
};

/* One open constructed element. */
struct frame {
    const struct ber_row *row;      /* holds the rows of its elements */
    const struct ber_row *expected; /* where the next search begins */
    const uint8_t *end;
    char *place;
    uint32_t passed; /* rows before the expected one that have not been, a bit each */
    uint8_t what;    /* BER_ITEM, a string that is put together from pieces, else BER_GROUP */
    bool is_indefinite;
};

/* One element, and the row it matches. */
struct element {
    const struct ber_row *row;
    const uint8_t *at;
    const uint8_t *content;
    const uint8_t *end;
    uint8_t tag;
    bool is_indefinite;
};

/* How far the walk has come: the innermost open element, and the next octet; NULL: refused. */
struct position {
    struct frame *frame;
    const uint8_t *at;
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

/* ------------------------------------------------------------------------ elements */

static void
apply_meaning(struct walk *walk, const struct ber_row *row, const uint8_t *at)
{
    walk->store.message->message_class = (enum message_class)row->message_class;
    walk->store.message->event.kind = row->kind;
    walk->event_at = at;
}

/* From now on the frame's elements are what that row holds. */
static inline void
expect(struct frame *frame, const struct ber_row *row)
{
    frame->row = row;
    frame->expected = row->rows;
    frame->passed = 0;
}

/* The number says what the elements behind it in the same frame are. */
static inline void
select_by(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at,
          int64_t number)
{
    for (const struct ber_row *chosen = row->rows; chosen->tag != BER_NO_TAG; chosen++) {
        if (chosen->tag != number)
            continue;
        apply_meaning(walk, chosen, at);
        expect(frame, chosen);
        return;
    }
    walk->store.message->message_class = MESSAGE_OTHER;
    expect(frame, &ber_row_nothing);
}

/* The first row of that tag that has not been, from the expected one on, then of those passed. */
static inline const struct ber_row *
find_row(const struct frame *frame, uint8_t tag)
{
    const struct ber_row *rows = frame->row->rows;
    for (const struct ber_row *row = frame->expected; row->tag != BER_NO_TAG; row++) {
        if (row->tag == tag)
            return row;
    }
    for (uint32_t i = 0; frame->passed >> i != 0; i++) {
        if ((frame->passed >> i & 1) != 0 && rows[i].tag == tag)
            return &rows[i];
    }
    return NULL;
}

/* A string may also be constructed: its tag then says so. */
static const struct ber_row *
find_string_row(const struct frame *frame, uint8_t tag)
{
    const struct ber_row *row = find_row(frame, (uint8_t)(tag & ~BER_CONSTRUCTED));
    return row != NULL && ber_what_is_string(row->what) ? row : NULL;
}

/* The row has been, once; those that it left out may still come. */
static void
mark(struct frame *frame, const struct ber_row *row)
{
    uint32_t bit = UINT32_C(1) << (row - frame->row->rows);
    uint32_t once = ber_what_repeats(row->what) ? 0 : 1;
    if (row < frame->expected) {
        frame->passed &= ~(once * bit);
    } else if (row > frame->expected) {
        frame->passed |= bit - (UINT32_C(1) << (frame->expected - frame->row->rows));
        frame->expected = row;
    }
    if (row == frame->expected)
        frame->expected += once;
}

/* The row of an element that is not the expected one; NULL: one that nobody knows. */
static const struct ber_row *
match(struct walk *walk, struct frame *frame, uint8_t tag)
{
    const struct ber_row *row = find_row(frame, tag);
    if (row == NULL && (tag & BER_CONSTRUCTED) != 0)
        row = find_string_row(frame, tag);
    if (frame->row->holds_choice)
        frame->expected = &ber_row_nothing;
    else if (row != NULL)
        mark(frame, row);
    else if (frame->row->rows == ber_rows_pieces)
        walk->joined_is_string = false;
    return row;
}

/* What a constructed element does that is more than a group; `frame` is its own. */
static void
open_special(struct walk *walk, struct frame *frame, const struct ber_row *row, const uint8_t *at)
{
    switch (row->what) {
    case BER_ITEM: {
        char *item = (char *)csta_message_open_item(walk->store.message);
        frame->what = item == NULL ? BER_GROUP : BER_ITEM;
        frame->place = item + row->place;
        if (item == NULL) {
            ber_store_problem(&walk->store, at, "more than 64 connections in one list");
            expect(frame, &ber_row_nothing);
        }
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
        expect(frame, &ber_rows_pieces[1]);
        break;
    }
}

INTO_WALK static inline struct position
open_element(struct walk *walk, struct frame *parent, struct element element)
{
    if (parent == &walk->frames[BER_DEPTH_MAX]) {
        ber_refuse(&walk->refusal, CSTA_REFUSED, element.at, ber_too_deep);
        return (struct position){parent, NULL};
    }
    struct frame *frame = parent + 1;
    const struct ber_row *row = element.row;
    expect(frame, row);
    frame->end = element.end;
    frame->place = parent->place + row->place;
    frame->what = BER_GROUP;
    frame->is_indefinite = element.is_indefinite;
    if (row->what == BER_MEANS)
        apply_meaning(walk, row, element.at);
    else if (row->what != BER_GROUP)
        open_special(walk, frame, row, element.at);
    return (struct position){frame, element.content};
}

static void
close_special(struct walk *walk, const struct frame *frame)
{
    if (frame->what == BER_ITEM)
        csta_message_close_item(walk->store.message);
    else if (walk->joined_is_string)
        ber_store[frame->what](&walk->store, walk->joined_at, frame->place, walk->joined);
}

static inline struct frame *
close_element(struct walk *walk, struct frame *frame)
{
    if (frame->what != BER_GROUP)
        close_special(walk, frame);
    return frame - 1;
}

/* What a primitive element does that is more than to be stored; and integers without content. */
static bool
take_special(struct walk *walk, struct frame *frame, const struct element *element,
             struct text octets)
{
    const struct ber_row *row = element->row;
    if (octets.length == 0 && ber_what_is_integer(row->what))
        return ber_refuse(&walk->refusal, CSTA_MALFORMED, element->at,
                          "an INTEGER without content");
    if (row->what == BER_SELECT)
        select_by(walk, frame, row, element->at, ber_store_number(octets));
    else if (row->what == BER_PIECE)
        ber_store_piece(&walk->store, element->at, &walk->joined, octets);
    else
        ber_store[row->what](&walk->store, element->at, frame->place + row->place, octets);
    return true;
}

/* Takes an element that somebody knows. */
INTO_WALK static inline struct position
take_element(struct walk *walk, struct frame *frame, struct element element)
{
    const struct ber_row *row = element.row;
    if ((element.tag & BER_CONSTRUCTED) != 0)
        return open_element(walk, frame, element);
    struct text octets = {(const char *)element.content, (uint32_t)(element.end - element.content)};
    if (octets.length > 0 && row->what < BER_SELECT) {
        ber_store[row->what](&walk->store, element.at, frame->place + row->place, octets);
        return (struct position){frame, element.end};
    }
    struct element special = element; /* its own, so that `element` may live in registers */
    bool is_taken = take_special(walk, frame, &special, octets);
    return (struct position){frame, is_taken ? element.end : NULL};
}

/* The element at `at`, if it is the one that is expected and in the form that is usual. */
static inline bool
read_expected(struct frame *frame, const uint8_t *at, struct element *element)
{
    const struct ber_row *row = frame->expected;
    if (!ber_length_is_short(at, frame->end) || row->tag != at[0])
        return false;
    *element = (struct element){row, at, at + 2, at + 2 + at[1], at[0], false};
    if (frame->row->holds_choice)
        frame->expected = &ber_row_nothing;
    else if (!ber_what_repeats(row->what))
        frame->expected = row + 1;
    return true;
}

/* Takes any other element: in any form, whether somebody knows it or not. */
static struct position
take_other(struct walk *walk, struct frame *frame, const uint8_t *at)
{
    struct ber_header header;
    if (!ber_header_read(&header, at, frame->end, &walk->refusal))
        return (struct position){frame, NULL};
    if (header.tag == BER_END_OF_CONTENTS) {
        if (!ber_end_of_contents_check(at, frame->is_indefinite, &walk->refusal))
            return (struct position){frame, NULL};
        return (struct position){close_element(walk, frame), header.end};
    }
    const struct ber_row *row = match(walk, frame, header.tag);
    if (row == NULL) {
        uint32_t depth = (uint32_t)(frame - walk->frames);
        return (struct position){frame, ber_skip(at, frame->end, depth, &walk->refusal)};
    }
    struct element element = {row,        at,         header.content,
                              header.end, header.tag, header.is_indefinite};
    return take_element(walk, frame, element);
}

/* Walks through the PDU, which stands in frames[0]. Where it ends; NULL: refused. */
static const uint8_t *
walk_pdu(struct walk *walk, const uint8_t *at)
{
    struct position here = {&walk->frames[0], at};
    do {
        struct element element;
        if (here.at == here.frame->end) {
            if (here.frame->is_indefinite) {
                ber_refuse(&walk->refusal, CSTA_INCOMPLETE, here.at, ber_no_end_of_contents);
                return NULL;
            }
            here.frame = close_element(walk, here.frame);
        } else if (read_expected(here.frame, here.at, &element)) {
            here = take_element(walk, here.frame, element);
        } else {
            here = take_other(walk, here.frame, here.at);
        }
    } while (here.at != NULL && here.frame != walk->frames);
    return here.at;
}

/* ------------------------------------------------------------------------ message */

static bool
is_pdu(const struct ber_row *row, uint8_t tag)
{
    while (row->tag != tag && row->tag != BER_NO_TAG)
        row++;
    return row->tag == tag;
}

/* A PDU that answers an invoke. */
static bool
is_answer(uint8_t tag)
{
    return tag >= BER_TAG_RESULT && tag <= BER_TAG_REJECT;
}

/* Bytes that begin no PDU; the high form of a tag that should be short is told from other tags. */
static bool
refuse_pdu(struct walk *walk, const uint8_t *bytes, const uint8_t *end)
{
    struct ber_header header;
    bool is_high = (bytes[0] & BER_HIGH_TAG) == BER_HIGH_TAG;
    if (is_high && !ber_header_read_any(&header, bytes, end, &walk->refusal) &&
        walk->refusal.result == CSTA_MALFORMED)
        return false;
    return ber_refuse(&walk->refusal, CSTA_REFUSED, bytes, "neither a ROSE nor an ACSE PDU");
}

static bool
decode_pdu(struct walk *walk, const uint8_t *bytes, const uint8_t *end, enum csta_encoding phase)
{
    const struct ber_row *pdu = ber_row_pdu(phase);
    if (bytes == end)
        return ber_refuse(&walk->refusal, CSTA_INCOMPLETE, bytes, "an empty PDU");
    if (!is_pdu(pdu->rows, bytes[0]))
        return refuse_pdu(walk, bytes, end);
    walk->frames[0] = (struct frame){.end = end, .place = (char *)walk->store.message};
    expect(&walk->frames[0], pdu);
    const uint8_t *pdu_end = walk_pdu(walk, bytes);
    if (pdu_end == NULL)
        return false;
    if (pdu_end != end)
        return ber_refuse(&walk->refusal, CSTA_MALFORMED, pdu_end, "bytes after the PDU");
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
    csta_message_reset(message);
    if (!decode_pdu(&walk, first, first + length, phase)) {
        *why = walk.refusal.why;
        *where = (size_t)(walk.refusal.at - first);
        return walk.refusal.result;
    }
    message->invoke_unreadable = is_answer(first[0]) && text_is_none(message->invoke);
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
