#include "engine/csta/xml_fast.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_take.h"

enum {
    ATTRIBUTES_MAX = 16, /* in one tag; more are unusual */
};

/* A name as written, prefix and all. */
struct name {
    uint32_t at;
    uint32_t length;
};

struct tag {
    struct name name;
    uint32_t prefix; /* bytes of its prefix, colon included */
    uint32_t end;    /* behind its > */
    bool is_empty;   /* <like this/> */
    bool is_dynamic; /* typeOfNumber="dynamic" */
};

/* One open element that xml_root.def knows. */
struct frame {
    const struct xml_shape *shape;
    char *place;
    uint8_t what; /* enum xml_what */
    uint8_t next; /* the row whose name is expected next */
};

/* One document on its way. Filled by hand: most of it is never read. */
struct fast {
    const char *bytes;
    uint32_t length;
    uint32_t next;      /* of index.tags: the tag that is read next */
    uint32_t reference; /* of index.references: the first one that is not behind us */
    uint32_t depth;     /* open elements */
    uint32_t skipped;   /* of these, inside an unknown one, itself included */
    struct name prefix; /* the root's, colon included; others have the same, mostly */
    struct csta_message *message;
    const struct csta_options *options;
    struct csta_scratch *scratch;
    const char *problem;
    uint32_t problem_at;
    struct name open[XML_DEPTH_MAX];
    struct frame frames[XML_FRAMES_MAX];
    struct xml_index index;
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

/* ------------------------------------------------------------------------ names */

/* Vectors of the compiler's own: every processor has something for them. */
typedef uint64_t half_name __attribute__((vector_size(16)));

/* Are the first `length` of 32 bytes the same? Both must have 32 that may be read. */
static inline bool
is_same(const char *left, const char *right, uint32_t length)
{
    static const char masks[2 * XML_NAME_SIZE] =
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    half_name first[2], second[2], mask[2];
    memcpy(first, left, XML_NAME_SIZE);
    memcpy(second, right, XML_NAME_SIZE);
    memcpy(mask, masks + XML_NAME_SIZE - length, XML_NAME_SIZE);
    half_name differences = ((first[0] ^ second[0]) & mask[0]) | ((first[1] ^ second[1]) & mask[1]);
    return (differences[0] | differences[1]) == 0;
}

/* Does the document have this name, of 32 bytes that may be read, at `at`? */
static inline bool
has_name(const struct fast *fast, uint32_t at, const char *name, uint32_t length)
{
    if (length <= XML_NAME_SIZE && at + XML_NAME_SIZE <= fast->length)
        return is_same(fast->bytes + at, name, length);
    return at + length <= fast->length && memcmp(fast->bytes + at, name, length) == 0;
}

/* An ASCII name with at most one colon, that neither begins nor ends it. The document's last byte
 * is >, so there is always something that ends a name. */
static bool
read_name(const struct fast *fast, uint32_t at, struct tag *tag)
{
    const char *from = fast->bytes + at, *to = from;
    tag->name.at = at;
    tag->prefix = 0;
    if (!xml_byte_is(*to, XML_BYTE_START))
        return false;
    while (xml_byte_is(*to, XML_BYTE_NAME))
        to++;
    if (*to == ':') {
        to++;
        tag->prefix = (uint32_t)(to - from);
        if (!xml_byte_is(*to, XML_BYTE_START))
            return false;
        while (xml_byte_is(*to, XML_BYTE_NAME))
            to++;
    }
    tag->name.length = (uint32_t)(to - from);
    return true;
}

static struct text
local_name(const struct fast *fast, const struct tag *tag)
{
    return (struct text){fast->bytes + tag->name.at + tag->prefix, tag->name.length - tag->prefix};
}

/* ------------------------------------------------------------------------ attributes */

struct attributes {
    uint32_t count;
    struct name names[ATTRIBUTES_MAX];
};

static uint32_t
skip_spaces(const struct fast *fast, uint32_t at)
{
    while (xml_byte_is(fast->bytes[at], XML_BYTE_SPACE))
        at++;
    return at;
}

/* Where the next " is; the document's length when there is none. */
static uint32_t
next_quote(const struct fast *fast, uint32_t at)
{
    uint32_t word = at / XML_BLOCK;
    uint64_t quotes = fast->index.quotes[word] >> at % XML_BLOCK << at % XML_BLOCK;
    while (quotes == 0) {
        if (++word > (fast->length - 1) / XML_BLOCK)
            return fast->length;
        quotes = fast->index.quotes[word];
    }
    return word * XML_BLOCK + (uint32_t)__builtin_ctzll(quotes);
}

/* The end of a value whose opening quote is at `at`; `limit` when it is not before that. */
static uint32_t
end_of_value(const struct fast *fast, uint32_t at, uint32_t limit)
{
    if (fast->bytes[at] == '"')
        return next_quote(fast, at + 1);
    const char *from = fast->bytes + at + 1;
    const char *end = fast->bytes[at] == '\'' ? memchr(from, '\'', limit - at - 1) : NULL;
    return end == NULL ? limit : (uint32_t)(end - fast->bytes);
}

static bool
note_attribute(const struct fast *fast, struct attributes *attributes, struct name name)
{
    for (uint32_t i = 0; i < attributes->count; i++) {
        if (attributes->names[i].length == name.length &&
            memcmp(fast->bytes + attributes->names[i].at, fast->bytes + name.at, name.length) == 0)
            return false;
    }
    if (attributes->count == ATTRIBUTES_MAX)
        return false;
    attributes->names[attributes->count++] = name;
    return true;
}

/* Reads the attribute at `*at`, of a tag that is over before `limit`; it moves behind it. */
static bool
read_attribute(const struct fast *fast, struct attributes *attributes, struct tag *tag,
               uint32_t *at, uint32_t limit)
{
    struct tag attribute;
    if (!read_name(fast, *at, &attribute) || !note_attribute(fast, attributes, attribute.name))
        return false;
    uint32_t equals = *at + attribute.name.length;
    if (fast->bytes[equals] != '=')
        return false;
    uint32_t end = end_of_value(fast, equals + 1, limit);
    if (end >= limit)
        return false;
    *at = end + 1;
    if (!text_is_equal(local_name(fast, &attribute), TEXT("typeOfNumber")))
        return true;
    struct text value = {fast->bytes + equals + 2, end - equals - 2};
    tag->is_dynamic |= text_is_equal(value, TEXT("dynamic"));
    return memchr(value.at, '&', value.length) == NULL;
}

/* Reads from behind a tag's name to its end, which is before `limit`. */
static bool
read_attributes(const struct fast *fast, struct tag *tag, uint32_t limit)
{
    struct attributes attributes = {.count = 0};
    uint32_t at = tag->name.at + tag->name.length;
    for (;;) {
        uint32_t from = at;
        at = skip_spaces(fast, at);
        if (at >= limit)
            return false;
        if (fast->bytes[at] == '>' || fast->bytes[at] == '/')
            break;
        if (at == from || !read_attribute(fast, &attributes, tag, &at, limit))
            return false;
    }
    tag->is_empty = fast->bytes[at] == '/';
    tag->end = at + 1 + tag->is_empty;
    return fast->bytes[tag->end - 1] == '>';
}

/* ------------------------------------------------------------------------ texts */

/* The number of a character reference whose digits begin at `at`; 0 when it is none. */
static uint32_t
read_number(const struct fast *fast, uint32_t at, uint32_t *end)
{
    const char *digit = fast->bytes + at;
    uint32_t base = *digit == 'x' ? 16 : 10, code = 0;
    digit += base == 16;
    for (; *digit != ';'; digit++) {
        uint32_t value =
            (uint32_t)(*digit >= '0' && *digit <= '9'                 ? *digit - '0'
                       : base == 16 && *digit >= 'a' && *digit <= 'f' ? *digit - 'a' + 10
                       : base == 16 && *digit >= 'A' && *digit <= 'F' ? *digit - 'A' + 10
                                                                      : 0x110000);
        code = code * base + value;
        if (code > 0x10ffff)
            return 0;
    }
    *end = (uint32_t)(digit + 1 - fast->bytes);
    return code;
}

/* The character that is referred to at `at`; 0 when there is none, or it is not one of ours. */
static uint32_t
read_reference(const struct fast *fast, uint32_t at, uint32_t *end)
{
    static const struct {
        struct text written;
        uint32_t code;
    } entities[] = {
        {{"&lt;", 4}, '<'},   {{"&gt;", 4}, '>'},    {{"&amp;", 5}, '&'},
        {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''},
    };
    struct text rest = {fast->bytes + at, fast->length - at};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (text_has_prefix(rest, entities[i].written)) {
            *end = at + entities[i].written.length;
            return entities[i].code;
        }
    }
    return rest.at[1] == '#' ? read_number(fast, at + 2, end) : 0;
}

/* Checks the references before `to`, which stand in no text that counts. */
static bool
pass_references(struct fast *fast, uint32_t to)
{
    uint32_t end = 0;
    while (fast->index.references[fast->reference] < to) {
        uint32_t code = read_reference(fast, fast->index.references[fast->reference++], &end);
        if (!xml_char_is_legal(code) || end > to)
            return false;
    }
    return true;
}

/* The text from `from` to `to` with its references resolved: no longer than it was, so that the
 * scratch has room for all of a document. False if one of them is wrong. */
static bool
resolve(struct fast *fast, uint32_t from, uint32_t to, struct text *text)
{
    char *begin = fast->scratch->bytes + fast->scratch->used, *out = begin;
    uint32_t at;
    while ((at = fast->index.references[fast->reference]) < to) {
        memcpy(out, fast->bytes + from, at - from);
        out += at - from;
        uint32_t code = read_reference(fast, at, &from);
        if (!xml_char_is_legal(code) || from > to)
            return false;
        out += xml_char_write(out, code);
        fast->reference++;
    }
    memcpy(out, fast->bytes + from, to - from);
    out += to - from;
    *text = (struct text){begin, (uint32_t)(out - begin)};
    fast->scratch->used += text->length;
    return true;
}

/* The text that counts, from `from` to `to`. */
static bool
read_text(struct fast *fast, uint32_t from, uint32_t to, struct text *text)
{
    struct text raw = {fast->bytes + from, to - from};
    if (fast->index.has_return && memchr(xml_trim(raw).at, '\r', xml_trim(raw).length) != NULL)
        return false; /* a line end inside a text: rare, and to be made an LF */
    if (!pass_references(fast, from))
        return false;
    if (fast->index.references[fast->reference] >= to)
        *text = raw;
    else if (!resolve(fast, from, to, text))
        return false;
    *text = xml_trim(*text);
    return true;
}

/* ------------------------------------------------------------------------ elements */

static struct frame *
innermost(struct fast *fast)
{
    return &fast->frames[fast->depth - 1];
}

static void
push(struct fast *fast, struct name name)
{
    fast->open[fast->depth++] = name;
}

/* Reads the end tag at `at`, if that is what it is, of the element `name`; its end, or 0. */
static inline uint32_t
read_end_tag(const struct fast *fast, uint32_t at, struct name name)
{
    uint32_t end = at + 2 + name.length;
    bool is_it = fast->bytes[at + 1] == '/' && end < fast->length &&
                 has_name(fast, at + 2, fast->bytes + name.at, name.length) &&
                 fast->bytes[end] == '>';
    return is_it ? end + 1 : 0;
}

/* The row that the name at `at` is of, in the order of the schemas and with the root's prefix;
 * NULL if it is none, or has to be looked at more closely. */
static const struct xml_row *
expect_row(const struct fast *fast, struct frame *frame, uint32_t at)
{
    at += fast->prefix.length;
    if (at + XML_NAME_SIZE >= fast->length ||
        !has_name(fast, at - fast->prefix.length, fast->bytes + fast->prefix.at,
                  fast->prefix.length))
        return NULL;
    const struct xml_shape *shape = frame->shape;
    const char *name = fast->bytes + at;
    uint8_t next = frame->next;
    for (uint8_t i = 0; i < shape->count; i++) {
        const struct xml_row *row = &shape->rows[next];
        next = next + 1 < shape->count ? (uint8_t)(next + 1) : 0;
        if (is_same(name, row->name, row->length) && row->length > 0 &&
            xml_byte_is(name[row->length], XML_BYTE_AFTER_NAME)) {
            frame->next = next;
            return row;
        }
    }
    return NULL;
}

/* Reads the start tag at `at` and finds its row among those of `frame`, which is NULL inside an
 * unknown element. */
static bool
read_start_tag(struct fast *fast, struct frame *frame, uint32_t at, struct tag *tag,
               const struct xml_row **row)
{
    *row = frame == NULL ? NULL : expect_row(fast, frame, at + 1);
    if (*row != NULL) {
        tag->prefix = fast->prefix.length;
        tag->name = (struct name){at + 1, tag->prefix + (*row)->length};
    } else {
        if (!read_name(fast, at + 1, tag))
            return false;
        if (frame != NULL)
            *row = xml_shape_find(frame->shape, &frame->next, local_name(fast, tag));
    }
    tag->end = tag->name.at + tag->name.length + 1;
    tag->is_empty = tag->is_dynamic = false;
    if (fast->bytes[tag->end - 1] == '>')
        return true;
    uint32_t limit =
        fast->next == fast->index.tag_count ? fast->length : fast->index.tags[fast->next];
    return read_attributes(fast, tag, limit);
}

/* What a known element of `frame` is, and where it goes; NULL when there is no room for it. */
static char *
take_element(struct fast *fast, const struct frame *frame, const struct xml_row *row, uint32_t end)
{
    char *place =
        row->what == WHAT_ITEM ? (char *)xml_take_item(fast->message) : frame->place + row->place;
    if (place == NULL)
        note_problem(fast, "more than 64 connections in one list", end);
    else if (row->what < WHAT_CALL_ID)
        xml_take_open(fast->message, (enum xml_what)row->what);
    return place;
}

/* A known element without child elements closes; its text is from `from` to `to`. */
static bool
take_leaf(struct fast *fast, const struct xml_row *row, char *place, const struct tag *tag,
          uint32_t to, uint32_t end)
{
    struct text text = TEXT_NONE;
    if (row->what == WHAT_ITEM)
        xml_take_item_end(fast->message);
    if (row->what < WHAT_CALL_ID)
        return true;
    if (to > tag->end && !read_text(fast, tag->end, to, &text))
        return false;
    if (tag->is_dynamic && row->what == WHAT_SUBJECT_DEVICE)
        xml_take_dynamic(fast->message);
    note_problem(fast,
                 xml_take_text(fast->message, (enum xml_what)row->what, place, text, fast->options),
                 end);
    return true;
}

/* Opens the element at `at`, inside another one; if it has no child elements it closes it too. */
static bool
open_element(struct fast *fast, uint32_t at)
{
    struct frame *frame = fast->skipped > 0 ? NULL : innermost(fast);
    const struct xml_row *row;
    struct tag tag;
    if (fast->depth == XML_DEPTH_MAX || !read_start_tag(fast, frame, at, &tag, &row) ||
        fast->next == fast->index.tag_count)
        return false;
    char *place = row == NULL ? NULL : take_element(fast, frame, row, tag.end);
    uint32_t to = tag.is_empty ? tag.end : fast->index.tags[fast->next];
    uint32_t end = tag.is_empty ? tag.end : read_end_tag(fast, to, tag.name);
    if (end != 0) {
        fast->next += !tag.is_empty;
        return place == NULL || take_leaf(fast, row, place, &tag, to, end);
    }
    push(fast, tag.name);
    if (place == NULL)
        fast->skipped++;
    else
        *innermost(fast) = (struct frame){row->shape, place, row->what, 0};
    return true;
}

static bool
close_element(struct fast *fast, uint32_t at, uint32_t *end)
{
    *end = read_end_tag(fast, at, fast->open[fast->depth - 1]);
    if (*end == 0)
        return false;
    if (fast->skipped > 0)
        fast->skipped--;
    else if (innermost(fast)->what == WHAT_ITEM)
        xml_take_item_end(fast->message);
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
    if (fast->bytes[1] != '?')
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_has_prefix((struct text){fast->bytes, fast->length}, known[i])) {
            *at = skip_spaces(fast, known[i].length);
            fast->next++;
            return true;
        }
    }
    return false;
}

/* Opens the root, which may be all there is: then *end is where it ends, else 0. */
static bool
open_root(struct fast *fast, uint32_t *end, size_t *root_at)
{
    uint32_t at;
    const struct xml_row *row;
    struct tag tag;
    if (!skip_declaration(fast, &at) || fast->next == fast->index.tag_count ||
        fast->index.tags[fast->next++] != at || !read_start_tag(fast, NULL, at, &tag, &row))
        return false;
    const struct xml_root *root = xml_root_find(local_name(fast, &tag));
    *root_at = tag.name.at + tag.prefix;
    if (root != NULL) {
        fast->message->message_class = (enum message_class)root->message_class;
        fast->message->event.kind = root->kind;
    }
    *end = tag.is_empty ? tag.end : 0;
    if (tag.is_empty)
        return true;
    push(fast, tag.name);
    fast->prefix = (struct name){tag.name.at, tag.prefix};
    fast->skipped = root == NULL;
    if (root != NULL)
        fast->frames[0] = (struct frame){root->shape, (char *)fast->message, WHAT_GROUP, 0};
    return true;
}

/* Reads from the root's start tag to its end, which must be the document's. */
static bool
read_elements(struct fast *fast, uint32_t end)
{
    while (fast->depth > 0) {
        if (fast->next == fast->index.tag_count)
            return false;
        uint32_t at = fast->index.tags[fast->next++];
        if (fast->bytes[at + 1] == '/' ? !close_element(fast, at, &end) : !open_element(fast, at))
            return false;
    }
    return end == fast->length && pass_references(fast, fast->length);
}

/* Settles at once what is true of all bytes, whatever they are: after this, names, quotes and
 * balance are left. */
static bool
has_legal_bytes(struct fast *fast, const struct xml_index_way *way)
{
    struct xml_index *index = &fast->index;
    way->build(index, fast->bytes, fast->length);
    if (!index->is_whole || index->has_control)
        return false;
    if (index->has_bracket && memmem(fast->bytes, fast->length, "]]>", 3) != NULL)
        return false;
    index->references[index->reference_count] = UINT32_MAX;
    return !index->has_high || xml_text_is_legal(fast->bytes, fast->length);
}

/* NOLINTBEGIN(readability-function-size): seven parameters; one call fills and says why not */
enum xml_fast
xml_fast_decode(struct csta_message *message, struct text bytes, const struct xml_index_way *way,
                const struct csta_options *options, struct csta_scratch *scratch, const char **why,
                size_t *where)
{
    struct fast fast; /* cleared by hand: the index inside is large and clears itself */
    uint32_t end;
    size_t root_at;
    if (bytes.length < 4 || bytes.length > CSTA_MESSAGE_MAX || bytes.at[0] != '<' ||
        bytes.at[bytes.length - 1] != '>')
        return XML_FAST_PASSED_ON;
    fast.bytes = bytes.at;
    fast.length = bytes.length;
    fast.next = fast.reference = fast.depth = fast.skipped = 0;
    fast.prefix = (struct name){0, 0};
    fast.message = message;
    fast.options = options;
    fast.scratch = scratch;
    fast.problem = NULL;
    scratch->used = 0;
    xml_take_begin(message);
    if (!has_legal_bytes(&fast, way) || !open_root(&fast, &end, &root_at) ||
        !read_elements(&fast, end))
        return XML_FAST_PASSED_ON;
    note_problem(&fast, xml_take_end(message), (uint32_t)root_at);
    if (fast.problem == NULL)
        return XML_FAST_OK;
    *why = fast.problem;
    *where = fast.problem_at;
    return XML_FAST_UNUSABLE;
}
/* NOLINTEND(readability-function-size) */
