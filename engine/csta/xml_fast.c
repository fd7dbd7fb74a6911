#include "engine/csta/xml_fast.h"

#include "base/check.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_markup.h"
#include "engine/csta/xml_take.h"

/* One open element that xml_shape.def knows. */
struct frame {
    const struct xml_shape *shape;
    char *place;
    uint8_t what; /* enum xml_what */
    uint8_t next; /* the row whose name is expected next */
};

/* One document on its way. Filled by hand: most of it is never read. */
struct fast {
    uint32_t depth;   /* open elements */
    uint32_t skipped; /* of these, inside an unknown one, itself included */
    struct csta_message *message;
    const struct csta_options *options;
    const char *problem; /* why the message is unusable, NULL while it is not */
    uint32_t problem_at;
    uint32_t open_at[XML_DEPTH_MAX]; /* the names of the open elements */
    uint32_t open_length[XML_DEPTH_MAX];
    struct frame frames[XML_FRAMES_MAX];
    struct xml_reader reader;
};

/* Notes the first reason; the rest of the document is still checked. */
static void
note_problem(struct fast *fast, const char *why, uint32_t where)
{
    if (why == NULL || fast->problem != NULL)
        return;
    fast->problem = why;
    fast->problem_at = where;
}

/* ------------------------------------------------------------------------ elements */

static struct frame *
innermost(struct fast *fast)
{
    return &fast->frames[fast->depth - 1];
}

static void
push(struct fast *fast, uint32_t at, uint32_t length)
{
    fast->open_at[fast->depth] = at;
    fast->open_length[fast->depth++] = length;
}

static inline const struct xml_row *
find_between(const struct fast *fast, uint32_t at, uint32_t length, const struct xml_row *row,
             const struct xml_row *end)
{
    for (; row < end; row++) {
        if (row->length == length && xml_has_name(&fast->reader, at, row->name, length))
            return row;
    }
    return NULL;
}

/* As xml_shape_find(), for the local name at `at`. */
static inline const struct xml_row *
find_row(const struct fast *fast, struct frame *frame, uint32_t at, uint32_t length)
{
    const struct xml_shape *shape = frame->shape;
    const struct xml_row *next = shape->rows + frame->next, *end = shape->rows + shape->count;
    const struct xml_row *row = find_between(fast, at, length, next, end);
    if (row == NULL)
        row = find_between(fast, at, length, shape->rows, next);
    if (row != NULL)
        frame->next = (uint8_t)(row + 1 - shape->rows);
    else if (shape->count > 0 && end[-1].length == 0)
        row = end - 1;
    return row;
}

/* What a known element of `frame` is, and where it goes; NULL when there is no room for it. */
static char *
take_element(struct fast *fast, const struct frame *frame, const struct xml_row *row, uint32_t end)
{
    char *place = row->what == WHAT_ITEM ? (char *)csta_message_open_item(fast->message)
                                         : frame->place + row->place;
    if (place == NULL)
        note_problem(fast, "more than 64 connections in one list", end);
    else if (row->what < WHAT_CALL_ID)
        xml_take_open(fast->message, (enum xml_what)row->what);
    return place;
}

/* A known element without child elements closes; its text is from `from` to `to`. */
static inline bool
take_leaf(struct fast *fast, const struct xml_row *row, char *place, uint32_t from, uint32_t to,
          uint32_t end)
{
    struct text text = TEXT_NONE;
    if (row->what == WHAT_ITEM)
        csta_message_close_item(fast->message);
    if (row->what < WHAT_CALL_ID)
        return true;
    if (to > from && !xml_read_text(&fast->reader, from, to, &text))
        return false;
    note_problem(fast,
                 xml_take_text(fast->message, (enum xml_what)row->what, place, text, fast->options),
                 end);
    return true;
}

/* Opens the element whose start tag is at `at`, inside another one; if it has no child elements it
 * closes it too. */
static bool
open_element(struct fast *fast, uint32_t at)
{
    struct frame *frame = fast->skipped > 0 ? NULL : innermost(fast);
    struct xml_name name = xml_read_name(&fast->reader, ++at);
    struct xml_tag_end tag = xml_read_tag_end(&fast->reader, at + name.length);
    if (name.length == 0 || tag.at == 0 || fast->depth == XML_DEPTH_MAX ||
        fast->reader.tags.at >= fast->reader.length)
        return false;
    const struct xml_row *row =
        frame == NULL ? NULL : find_row(fast, frame, at + name.prefix, name.length - name.prefix);
    char *place = row == NULL ? NULL : take_element(fast, frame, row, tag.at);
    uint32_t to = tag.is_empty ? tag.at : fast->reader.tags.at;
    uint32_t end = tag.is_empty ? tag.at : xml_read_end_tag(&fast->reader, to, at, name.length);
    if (end != 0) {
        if (!tag.is_empty)
            xml_next_tag(&fast->reader);
        if (tag.is_dynamic && row != NULL && row->what == WHAT_SUBJECT_DEVICE)
            xml_take_dynamic(fast->message);
        return place == NULL || take_leaf(fast, row, place, tag.at, to, end);
    }
    push(fast, at, name.length);
    if (place == NULL)
        fast->skipped++;
    else
        *innermost(fast) = (struct frame){row->shape, place, row->what, 0};
    return true;
}

static bool
close_element(struct fast *fast, uint32_t at, uint32_t *end)
{
    uint32_t innermost_open = fast->depth - 1;
    *end = xml_read_end_tag(&fast->reader, at, fast->open_at[innermost_open],
                            fast->open_length[innermost_open]);
    if (*end == 0)
        return false;
    if (fast->skipped > 0)
        fast->skipped--;
    else if (innermost(fast)->what == WHAT_ITEM)
        csta_message_close_item(fast->message);
    fast->depth--;
    return true;
}

/* ------------------------------------------------------------------------ document */

/* The declarations that are in use; what they say is what we assume anyway. */
static bool
skip_declaration(struct fast *fast, uint32_t *at)
{
    static const struct text known[] = {
#define DECLARATION(quoted) {quoted, sizeof(quoted) - 1},
#include "engine/csta/xml_declaration.def"
#undef DECLARATION
    };
    *at = 0;
    if (fast->reader.bytes[1] != '?')
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (fast->reader.length > known[i].length &&
            memcmp(fast->reader.bytes, known[i].at, known[i].length) == 0) {
            *at = xml_skip_spaces(&fast->reader, known[i].length);
            xml_next_tag(&fast->reader);
            return true;
        }
    }
    return false;
}

/* Opens the root, which may be all there is: then *end is where it ends. */
static bool
open_root(struct fast *fast, uint32_t *end, size_t *root_at)
{
    uint32_t at;
    if (!skip_declaration(fast, &at) || fast->reader.tags.at != at)
        return false;
    xml_next_tag(&fast->reader);
    struct xml_name name = xml_read_name(&fast->reader, ++at);
    struct xml_tag_end tag = xml_read_tag_end(&fast->reader, at + name.length);
    if (name.length == 0 || tag.at == 0)
        return false;
    const struct xml_root *root = xml_root_find(xml_local_name(&fast->reader, at, name));
    *root_at = at + name.prefix;
    if (root != NULL) {
        fast->message->message_class = (enum message_class)root->message_class;
        fast->message->event.kind = root->kind;
        fast->frames[0] = (struct frame){root->shape, (char *)fast->message, WHAT_GROUP, 0};
    }
    *end = tag.at;
    if (tag.is_empty)
        return true;
    push(fast, at, name.length);
    fast->skipped = root == NULL;
    return true;
}

/* Reads from the root's start tag to its end, which must be the document's. */
static bool
read_elements(struct fast *fast, uint32_t end)
{
    while (fast->depth > 0) {
        uint32_t at = fast->reader.tags.at;
        if (at >= fast->reader.length)
            return false;
        xml_next_tag(&fast->reader);
        if (fast->reader.bytes[at + 1] == '/' ? !close_element(fast, at, &end)
                                              : !open_element(fast, at))
            return false;
    }
    return end == fast->reader.length && xml_pass_references(&fast->reader, fast->reader.length);
}

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum xml_fast
xml_fast_decode(struct csta_message *message, struct text document, const struct xml_index_way *way,
                const struct csta_options *options, struct csta_scratch *scratch, const char **why,
                size_t *where)
{
    struct fast fast; /* cleared by hand: the index inside is large and clears itself */
    uint32_t end;
    size_t root_at;
    fast.depth = fast.skipped = 0;
    fast.message = message;
    fast.options = options;
    fast.problem = NULL;
    csta_message_reset(message);
    if (!xml_reader_begin(&fast.reader, document, scratch, way) ||
        !open_root(&fast, &end, &root_at) || !read_elements(&fast, end))
        return XML_FAST_PASSED_ON;
    note_problem(&fast, csta_message_finish(message), (uint32_t)root_at);
    if (fast.problem == NULL)
        return XML_FAST_OK;
    *why = fast.problem;
    *where = fast.problem_at;
    return XML_FAST_UNUSABLE;
}
/* NOLINTEND(readability-function-size) */
