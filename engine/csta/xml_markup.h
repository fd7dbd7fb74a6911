#ifndef ENGINE_CSTA_XML_MARKUP_H
#define ENGINE_CSTA_XML_MARKUP_H

/*
 * engine/csta/xml_markup.h - tags and texts, read at the marks of a document's index.
 *
 * The other half of xml_reader.h, for xml_fast.c alone, and inline: as functions elsewhere these
 * made a message take a twentieth longer.
 */

#include "engine/csta/xml_reader.h"

enum {
    XML_ATTRIBUTES_MAX = 16, /* in one tag; more are unusual */
};

struct xml_tag_end {
    uint32_t at;     /* behind the >; 0: there is none */
    bool is_empty;   /* <like this/> */
    bool is_dynamic; /* typeOfNumber="dynamic" */
};

/* ------------------------------------------------------------------------ attributes */

/* The attributes of one tag. */
struct xml_attributes {
    uint32_t count;
    bool is_dynamic;
    uint32_t at[XML_ATTRIBUTES_MAX]; /* their names */
    uint32_t length[XML_ATTRIBUTES_MAX];
};

static inline uint32_t
xml_skip_spaces(const struct xml_reader *reader, uint32_t at)
{
    while (xml_byte_is(reader->bytes[at], XML_BYTE_SPACE))
        at++;
    return at;
}

/* Where the next " is; the document's length when there is none. */
static inline uint32_t
xml_next_quote(const struct xml_reader *reader, uint32_t at)
{
    uint32_t word = at / XML_BLOCK;
    uint64_t quotes = reader->index.quotes[word] >> at % XML_BLOCK << at % XML_BLOCK;
    while (quotes == 0) {
        if (++word > (reader->length - 1) / XML_BLOCK)
            return reader->length;
        quotes = reader->index.quotes[word];
    }
    return word * XML_BLOCK + (uint32_t)__builtin_ctzll(quotes);
}

/* The end of a value whose opening quote is at `at`; `limit` when it is not before that. */
static inline uint32_t
xml_end_of_value(const struct xml_reader *reader, uint32_t at, uint32_t limit)
{
    if (reader->bytes[at] == '"')
        return xml_next_quote(reader, at + 1);
    const char *from = reader->bytes + at + 1;
    const char *end = reader->bytes[at] == '\'' ? memchr(from, '\'', limit - at - 1) : NULL;
    return end == NULL ? limit : (uint32_t)(end - reader->bytes);
}

static inline bool
xml_note_attribute(const struct xml_reader *reader, struct xml_attributes *attributes, uint32_t at,
                   uint32_t length)
{
    for (uint32_t i = 0; i < attributes->count; i++) {
        if (attributes->length[i] == length &&
            memcmp(reader->bytes + attributes->at[i], reader->bytes + at, length) == 0)
            return false;
    }
    if (attributes->count == XML_ATTRIBUTES_MAX)
        return false;
    attributes->at[attributes->count] = at;
    attributes->length[attributes->count++] = length;
    return true;
}

/* Reads the attribute at `at`, of a tag that is over before `limit`; what is behind it, or 0. */
static inline uint32_t
xml_read_attribute(const struct xml_reader *reader, struct xml_attributes *attributes, uint32_t at,
                   uint32_t limit)
{
    struct xml_name name = xml_read_name(reader, at);
    uint32_t equals = at + name.length;
    if (name.length == 0 || reader->bytes[equals] != '=' ||
        !xml_note_attribute(reader, attributes, at, name.length))
        return 0;
    uint32_t end = xml_end_of_value(reader, equals + 1, limit);
    if (end >= limit)
        return 0;
    if (text_is_equal(xml_local_name(reader, at, name), TEXT("typeOfNumber"))) {
        struct text value = {reader->bytes + equals + 2, end - equals - 2};
        attributes->is_dynamic |= text_is_equal(value, TEXT("dynamic"));
        if (reader->references.at < end && memchr(value.at, '&', value.length) != NULL)
            return 0;
    }
    return end + 1;
}

/* xml_read_attributes - from behind a tag's name to its end, which is before the next tag. */
static inline struct xml_tag_end
xml_read_attributes(const struct xml_reader *reader, uint32_t at)
{
    const uint32_t limit = reader->tags.at < reader->length ? reader->tags.at : reader->length;
    static const struct xml_tag_end none = {0, false, false};
    struct xml_attributes attributes;
    attributes.count = 0;
    attributes.is_dynamic = false;
    for (;;) {
        uint32_t from = at;
        at = xml_skip_spaces(reader, at);
        if (at >= limit)
            return none;
        if (reader->bytes[at] == '>' || reader->bytes[at] == '/')
            break;
        at = at == from ? 0 : xml_read_attribute(reader, &attributes, at, limit);
        if (at == 0)
            return none;
    }
    bool is_empty = reader->bytes[at] == '/';
    at += 1 + is_empty;
    return reader->bytes[at - 1] == '>' ? (struct xml_tag_end){at, is_empty, attributes.is_dynamic}
                                        : none;
}

/* xml_read_tag_end - the rest of a start tag whose name ended before `at`. */
static inline struct xml_tag_end
xml_read_tag_end(const struct xml_reader *reader, uint32_t at)
{
    if (reader->bytes[at] == '>')
        return (struct xml_tag_end){at + 1, false, false};
    return xml_read_attributes(reader, at);
}

/* xml_read_end_tag - the tag at `at`, if it ends the element whose name is at `name_at`
 *
 * What is behind it, or 0. */
static inline uint32_t
xml_read_end_tag(const struct xml_reader *reader, uint32_t at, uint32_t name_at, uint32_t length)
{
    uint32_t end = at + 2 + length;
    bool is_it = reader->bytes[at + 1] == '/' && end < reader->length &&
                 reader->bytes[end] == '>' &&
                 xml_has_name(reader, at + 2, reader->bytes + name_at, length);
    return is_it ? end + 1 : 0;
}

/* ------------------------------------------------------------------------ texts */

/* The number of a character reference whose digits begin at `at`; 0 when it is none. */
static inline uint32_t
xml_read_number(const struct xml_reader *reader, uint32_t at, uint32_t *end)
{
    const char *digit = reader->bytes + at;
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
    *end = (uint32_t)(digit + 1 - reader->bytes);
    return code;
}

/* The character that is referred to at `at`; 0 when there is none, or it is not one of ours. The
 * document's last byte is >, which is in no reference: whatever compares stops before the end. */
static inline uint32_t
xml_read_reference(const struct xml_reader *reader, uint32_t at, uint32_t *end)
{
    const char *name = reader->bytes + at + 1;
    if ((name[0] == 'l' || name[0] == 'g') && name[1] == 't' && name[2] == ';') {
        *end = at + 4;
        return name[0] == 'l' ? '<' : '>';
    }
    if (name[0] == '#')
        return xml_read_number(reader, at + 2, end);
    struct text rest = {name, reader->length - at - 1};
    if (text_has_prefix(rest, TEXT("amp;"))) {
        *end = at + 5;
        return '&';
    }
    *end = at + 6;
    return text_has_prefix(rest, TEXT("quot;"))   ? '"'
           : text_has_prefix(rest, TEXT("apos;")) ? '\''
                                                  : 0;
}

/* xml_pass_references - check the references before `to`, which stand in no text that counts. */
static inline bool
xml_pass_references(struct xml_reader *reader, uint32_t to)
{
    uint32_t end = 0;
    while (reader->references.at < to) {
        uint32_t code = xml_read_reference(reader, reader->references.at, &end);
        if (!xml_char_is_legal(code) || end > to)
            return false;
        xml_next_mark(&reader->references, reader->index.references);
    }
    return true;
}

/* Copies bytes of the document, which are few; what is copied too much is written over later. */
static inline char *
xml_copy(const struct xml_reader *reader, char *to, uint32_t at, uint32_t length)
{
    const char *from = reader->bytes + at;
    if (length <= 32 && at + 32 <= reader->length &&
        to + 32 <= reader->scratch->bytes + sizeof(reader->scratch->bytes))
        memcpy(to, from, 32);
    else
        memcpy(to, from, length);
    return to + length;
}

/* The text from `from` to `to` with its references resolved: no longer than it was, so that the
 * scratch has room for all of a document. False if one of them is wrong. */
static inline bool
xml_resolve(struct xml_reader *reader, uint32_t from, uint32_t to, struct text *text)
{
    char *begin = reader->scratch->bytes + reader->scratch->used, *out = begin;
    uint32_t at;
    while ((at = reader->references.at) < to) {
        out = xml_copy(reader, out, from, at - from);
        uint32_t code = xml_read_reference(reader, at, &from);
        if (!xml_char_is_legal(code) || from > to)
            return false;
        if (code < 0x80)
            *out++ = (char)code;
        else
            out += xml_char_write(out, code);
        xml_next_mark(&reader->references, reader->index.references);
    }
    out = xml_copy(reader, out, from, to - from);
    *text = (struct text){begin, (uint32_t)(out - begin)};
    reader->scratch->used += text->length;
    return true;
}

/* xml_resolve_text - xml_read_text() where there are references, or a CR somewhere. */
static inline bool
xml_resolve_text(struct xml_reader *reader, uint32_t from, uint32_t to, struct text *text)
{
    struct text raw = xml_trim((struct text){reader->bytes + from, to - from});
    if (reader->index.has_return && memchr(raw.at, '\r', raw.length) != NULL)
        return false; /* a line end inside a text: rare, and to be made an LF */
    if (reader->references.at < from && !xml_pass_references(reader, from))
        return false;
    *text = raw;
    if (reader->references.at < to) {
        if (!xml_resolve(reader, from, to, text))
            return false;
        *text = xml_trim(*text);
    }
    return true;
}

/* xml_read_text - the text that counts, from `from` to `to`; false if it is wrong or unusual. */
static inline bool
xml_read_text(struct xml_reader *reader, uint32_t from, uint32_t to, struct text *text)
{
    if (reader->references.at < to || reader->index.has_return)
        return xml_resolve_text(reader, from, to, text);
    *text = xml_trim((struct text){reader->bytes + from, to - from});
    return true;
}

#endif
