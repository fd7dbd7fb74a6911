#include "engine/csta/xml_fast.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_take.h"

enum {
    ATTRIBUTES_MAX = 16, /* in one tag; more are unusual */
};

/* Small things go from hand to hand by value, in one register: through memory they would have to
 * wait for themselves. */
struct name {
    uint32_t length; /* prefix and all; 0: there is none */
    uint32_t prefix; /* bytes of its prefix, colon included */
};

struct tag_end {
    uint32_t at;     /* behind the >; 0: there is none */
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

/* On the way along one kind of the index's bits. */
struct marks {
    uint32_t at;   /* offset of the next one; not before the document's end when there is none */
    uint32_t word; /* that it stands in */
    uint64_t left; /* of that word: it and those behind it */
};

/* One document on its way. Filled by hand: most of it is never read. */
struct fast {
    const char *bytes;
    uint32_t length;
    struct marks tags;       /* the tag that is read next */
    struct marks references; /* the first one that is not behind us */
    uint32_t depth;          /* open elements */
    uint32_t skipped;        /* of these, inside an unknown one, itself included */
    uint32_t prefix;         /* of the root's name; others have the same, mostly */
    uint32_t prefix_at;
    struct csta_message *message;
    const struct csta_options *options;
    struct csta_scratch *scratch;
    const char *problem;
    uint32_t problem_at;
    uint32_t open_at[XML_DEPTH_MAX]; /* the names of the open elements */
    uint32_t open_length[XML_DEPTH_MAX];
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

/* ------------------------------------------------------------------------ marks */

/* Finds the next one from the words at hand. There is one behind the end of every document. */
static inline void
find_mark(struct marks *marks, const uint64_t *words)
{
    while (marks->left == 0)
        marks->left = words[++marks->word];
    marks->at = marks->word * XML_BLOCK + (uint32_t)__builtin_ctzll(marks->left);
}

static inline void
first_mark(struct marks *marks, uint64_t *words, uint32_t count)
{
    words[count] = 1;
    marks->word = 0;
    marks->left = words[0];
    find_mark(marks, words);
}

static inline void
next_mark(struct marks *marks, const uint64_t *words)
{
    marks->left &= marks->left - 1;
    find_mark(marks, words);
}

static inline void
next_tag(struct fast *fast)
{
    next_mark(&fast->tags, fast->index.tags);
}

/* ------------------------------------------------------------------------ names */

/* Vectors of the compiler's own: every processor has something for them. */
typedef uint64_t half_name __attribute__((vector_size(16)));

static inline half_name
load(const char *at)
{
    half_name half;
    memcpy(&half, at, sizeof(half));
    return half;
}

/* Are the first `length` of 32 bytes the same? Both must have 32 that may be read. */
static inline bool
is_same(const char *left, const char *right, uint32_t length)
{
    static const char masks[2 * XML_NAME_SIZE] =
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    const char *mask = masks + XML_NAME_SIZE - length;
    half_name differences = ((load(left) ^ load(right)) & load(mask)) |
                            ((load(left + 16) ^ load(right + 16)) & load(mask + 16));
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

/* How many bytes of names there are from `at` on. */
static inline uint32_t
count_name_bytes(const struct fast *fast, uint32_t at)
{
    uint32_t word = at / XML_BLOCK;
    uint64_t others = ~fast->index.names[word] >> at % XML_BLOCK;
    if (others != 0)
        return (uint32_t)__builtin_ctzll(others);
    uint32_t end = (word + 1) * XML_BLOCK;
    while ((others = ~fast->index.names[++word]) == 0)
        end += XML_BLOCK;
    return end + (uint32_t)__builtin_ctzll(others) - at;
}

/* An ASCII name with at most one colon, that neither begins nor ends it. The document's last byte
 * is >, so there is always something that ends a name. */
static inline struct name
read_name(const struct fast *fast, uint32_t at)
{
    struct name name = {0, 0};
    if (!xml_byte_is(fast->bytes[at], XML_BYTE_START))
        return name;
    uint32_t length = count_name_bytes(fast, at);
    if (fast->bytes[at + length] == ':') {
        name.prefix = ++length;
        if (!xml_byte_is(fast->bytes[at + length], XML_BYTE_START))
            return name;
        length += count_name_bytes(fast, at + length);
    }
    name.length = length;
    return name;
}

static struct text
local_name(const struct fast *fast, uint32_t at, struct name name)
{
    return (struct text){fast->bytes + at + name.prefix, name.length - name.prefix};
}

/* ------------------------------------------------------------------------ attributes */

/* The attributes of one tag. */
struct attributes {
    uint32_t count;
    bool is_dynamic;
    uint32_t at[ATTRIBUTES_MAX]; /* their names */
    uint32_t length[ATTRIBUTES_MAX];
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
note_attribute(const struct fast *fast, struct attributes *attributes, uint32_t at, uint32_t length)
{
    for (uint32_t i = 0; i < attributes->count; i++) {
        if (attributes->length[i] == length &&
            memcmp(fast->bytes + attributes->at[i], fast->bytes + at, length) == 0)
            return false;
    }
    if (attributes->count == ATTRIBUTES_MAX)
        return false;
    attributes->at[attributes->count] = at;
    attributes->length[attributes->count++] = length;
    return true;
}

/* Reads the attribute at `at`, of a tag that is over before `limit`; what is behind it, or 0. */
static uint32_t
read_attribute(const struct fast *fast, struct attributes *attributes, uint32_t at, uint32_t limit)
{
    struct name name = read_name(fast, at);
    uint32_t equals = at + name.length;
    if (name.length == 0 || fast->bytes[equals] != '=' ||
        !note_attribute(fast, attributes, at, name.length))
        return 0;
    uint32_t end = end_of_value(fast, equals + 1, limit);
    if (end >= limit)
        return 0;
    if (text_is_equal(local_name(fast, at, name), TEXT("typeOfNumber"))) {
        struct text value = {fast->bytes + equals + 2, end - equals - 2};
        attributes->is_dynamic |= text_is_equal(value, TEXT("dynamic"));
        if (fast->references.at < end && memchr(value.at, '&', value.length) != NULL)
            return 0;
    }
    return end + 1;
}

/* Reads from behind a tag's name, at `at`, to its end, which is before `limit`. */
static struct tag_end
read_attributes(const struct fast *fast, uint32_t at, uint32_t limit)
{
    static const struct tag_end none = {0, false, false};
    struct attributes attributes;
    attributes.count = 0;
    attributes.is_dynamic = false;
    for (;;) {
        uint32_t from = at;
        at = skip_spaces(fast, at);
        if (at >= limit)
            return none;
        if (fast->bytes[at] == '>' || fast->bytes[at] == '/')
            break;
        at = at == from ? 0 : read_attribute(fast, &attributes, at, limit);
        if (at == 0)
            return none;
    }
    bool is_empty = fast->bytes[at] == '/';
    at += 1 + is_empty;
    return fast->bytes[at - 1] == '>' ? (struct tag_end){at, is_empty, attributes.is_dynamic}
                                      : none;
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

/* The character that is referred to at `at`; 0 when there is none, or it is not one of ours. The
 * document's last byte is >, which is in no reference: whatever compares stops before the end. */
static uint32_t
read_reference(const struct fast *fast, uint32_t at, uint32_t *end)
{
    const char *name = fast->bytes + at + 1;
    if ((name[0] == 'l' || name[0] == 'g') && name[1] == 't' && name[2] == ';') {
        *end = at + 4;
        return name[0] == 'l' ? '<' : '>';
    }
    if (name[0] == '#')
        return read_number(fast, at + 2, end);
    struct text rest = {name, fast->length - at - 1};
    if (text_has_prefix(rest, TEXT("amp;"))) {
        *end = at + 5;
        return '&';
    }
    *end = at + 6;
    return text_has_prefix(rest, TEXT("quot;"))   ? '"'
           : text_has_prefix(rest, TEXT("apos;")) ? '\''
                                                  : 0;
}

/* Checks the references before `to`, which stand in no text that counts. */
static bool
pass_references(struct fast *fast, uint32_t to)
{
    uint32_t end = 0;
    while (fast->references.at < to) {
        uint32_t code = read_reference(fast, fast->references.at, &end);
        if (!xml_char_is_legal(code) || end > to)
            return false;
        next_mark(&fast->references, fast->index.references);
    }
    return true;
}

/* Copies bytes of the document, which are few; what is copied too much is written over later. */
static inline char *
copy(const struct fast *fast, char *to, uint32_t at, uint32_t length)
{
    const char *from = fast->bytes + at;
    if (length <= 32 && at + 32 <= fast->length &&
        to + 32 <= fast->scratch->bytes + sizeof(fast->scratch->bytes))
        memcpy(to, from, 32);
    else
        memcpy(to, from, length);
    return to + length;
}

/* The text from `from` to `to` with its references resolved: no longer than it was, so that the
 * scratch has room for all of a document. False if one of them is wrong. */
static bool
resolve(struct fast *fast, uint32_t from, uint32_t to, struct text *text)
{
    char *begin = fast->scratch->bytes + fast->scratch->used, *out = begin;
    uint32_t at;
    while ((at = fast->references.at) < to) {
        out = copy(fast, out, from, at - from);
        uint32_t code = read_reference(fast, at, &from);
        if (!xml_char_is_legal(code) || from > to)
            return false;
        if (code < 0x80)
            *out++ = (char)code;
        else
            out += xml_char_write(out, code);
        next_mark(&fast->references, fast->index.references);
    }
    out = copy(fast, out, from, to - from);
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
    if (fast->references.at < from && !pass_references(fast, from))
        return false;
    if (fast->references.at >= to)
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
push(struct fast *fast, uint32_t at, uint32_t length)
{
    fast->open_at[fast->depth] = at;
    fast->open_length[fast->depth++] = length;
}

/* Reads the end tag at `at`, if that is what it is, of the element whose name is at `name_at`; what
 * is behind it, or 0. */
static inline uint32_t
read_end_tag(const struct fast *fast, uint32_t at, uint32_t name_at, uint32_t length)
{
    uint32_t end = at + 2 + length;
    bool is_it = fast->bytes[at + 1] == '/' && end < fast->length && fast->bytes[end] == '>' &&
                 has_name(fast, at + 2, fast->bytes + name_at, length);
    return is_it ? end + 1 : 0;
}

/* Reads the rest of a start tag whose name ended before `at`. */
static inline struct tag_end
read_tag_end(const struct fast *fast, uint32_t at)
{
    if (fast->bytes[at] == '>')
        return (struct tag_end){at + 1, false, false};
    uint32_t limit = fast->tags.at < fast->length ? fast->tags.at : fast->length;
    return read_attributes(fast, at, limit);
}

static inline const struct xml_row *
find_between(const struct fast *fast, uint32_t at, uint32_t length, const struct xml_row *row,
             const struct xml_row *end)
{
    for (; row < end; row++) {
        if (row->length == length && has_name(fast, at, row->name, length))
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
    char *place =
        row->what == WHAT_ITEM ? (char *)xml_take_item(fast->message) : frame->place + row->place;
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
        xml_take_item_end(fast->message);
    if (row->what < WHAT_CALL_ID)
        return true;
    if (to > from && !read_text(fast, from, to, &text))
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
    struct name name = read_name(fast, ++at);
    struct tag_end tag = read_tag_end(fast, at + name.length);
    if (name.length == 0 || tag.at == 0 || fast->depth == XML_DEPTH_MAX ||
        fast->tags.at >= fast->length)
        return false;
    const struct xml_row *row =
        frame == NULL ? NULL : find_row(fast, frame, at + name.prefix, name.length - name.prefix);
    char *place = row == NULL ? NULL : take_element(fast, frame, row, tag.at);
    uint32_t to = tag.is_empty ? tag.at : fast->tags.at;
    uint32_t end = tag.is_empty ? tag.at : read_end_tag(fast, to, at, name.length);
    if (end != 0) {
        if (!tag.is_empty)
            next_tag(fast);
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
    *end = read_end_tag(fast, at, fast->open_at[innermost_open], fast->open_length[innermost_open]);
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
        if (fast->length > known[i].length &&
            memcmp(fast->bytes, known[i].at, known[i].length) == 0) {
            *at = skip_spaces(fast, known[i].length);
            next_tag(fast);
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
    if (!skip_declaration(fast, &at) || fast->tags.at != at)
        return false;
    next_tag(fast);
    struct name name = read_name(fast, ++at);
    struct tag_end tag = read_tag_end(fast, at + name.length);
    if (name.length == 0 || tag.at == 0)
        return false;
    const struct xml_root *root = xml_root_find(local_name(fast, at, name));
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
        uint32_t at = fast->tags.at;
        if (at >= fast->length)
            return false;
        next_tag(fast);
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
    if (index->has_control)
        return false;
    if (index->has_bracket && memmem(fast->bytes, fast->length, "]]>", 3) != NULL)
        return false;
    first_mark(&fast->tags, index->tags, index->block_count);
    first_mark(&fast->references, index->references, index->block_count);
    return !index->has_high || xml_text_is_utf_8(fast->bytes, fast->length);
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
    fast.depth = fast.skipped = 0;
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
