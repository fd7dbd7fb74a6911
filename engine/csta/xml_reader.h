#ifndef ENGINE_CSTA_XML_READER_H
#define ENGINE_CSTA_XML_READER_H

/*
 * engine/csta/xml_reader.h - the markup of a document, read at the marks of its index.
 *
 * For the fast path (xml_fast.h): marks and names; tags and texts are in xml_markup.h. Inline, and
 * small things go from hand to hand by value, in registers: through memory they would have to wait
 * for themselves. What is wrong or unusual is "none", and nothing more is said of it.
 *
 * Positions are offsets in the document, which begins with < and ends with >. So whoever reads
 * bytes one by one and stops at what he does not know stops in time.
 */

#include <string.h>

#include "engine/csta/csta_message.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_index.h"

struct xml_name {
    uint32_t length; /* prefix and all; 0: there is none */
    uint32_t prefix; /* bytes of its prefix, colon included */
};

/* On the way along one kind of the index's bits. */
struct xml_marks {
    uint32_t at;   /* offset of the next one; not before the document's end when there is none */
    uint32_t word; /* that it stands in */
    uint64_t left; /* of that word: it and those behind it */
};

/* One document. Filled by xml_reader_begin(); most of the index is never touched. */
struct xml_reader {
    const char *bytes;
    uint32_t length;
    struct xml_marks tags;       /* the tag that is read next */
    struct xml_marks references; /* the first one that is not behind us */
    struct csta_scratch *scratch;
    struct xml_index index;
};

/*
 * xml_reader_begin - settle what is true of all bytes, whatever they are, and index the tags
 *
 * Afterwards characters are known to be legal, and UTF-8; names, quotes, references and balance are
 * left. False if they are not, or if the document does not begin with < or end with >, is too long,
 * or has a CDATA section.
 */
bool xml_reader_begin(struct xml_reader *reader, struct text document, struct csta_scratch *scratch,
                      const struct xml_index_way *way);

/* ------------------------------------------------------------------------ marks */

/* Finds the next one from the words at hand on. There is one behind the end of every document. */
static inline void
xml_find_mark(struct xml_marks *marks, const uint64_t *words)
{
    while (marks->left == 0)
        marks->left = words[++marks->word];
    marks->at = marks->word * XML_BLOCK + (uint32_t)__builtin_ctzll(marks->left);
}

static inline void
xml_next_mark(struct xml_marks *marks, const uint64_t *words)
{
    marks->left &= marks->left - 1;
    xml_find_mark(marks, words);
}

/* xml_next_tag - go on to the next one; there is none if reader->tags.at is then the end. */
static inline void
xml_next_tag(struct xml_reader *reader)
{
    xml_next_mark(&reader->tags, reader->index.tags);
}

/* ------------------------------------------------------------------------ names */

/* Vectors of the compiler's own: every processor has something for them. */
typedef uint64_t xml_half_name __attribute__((vector_size(16)));

static inline xml_half_name
xml_load_half(const char *at)
{
    xml_half_name half;
    memcpy(&half, at, sizeof(half));
    return half;
}

/* Are the first `length` of 32 bytes the same? Both must have 32 that may be read. */
static inline bool
xml_is_same(const char *left, const char *right, uint32_t length)
{
    static const char masks[2 * XML_NAME_SIZE] =
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    const char *mask = masks + XML_NAME_SIZE - length;
    xml_half_name differences =
        ((xml_load_half(left) ^ xml_load_half(right)) & xml_load_half(mask)) |
        ((xml_load_half(left + 16) ^ xml_load_half(right + 16)) & xml_load_half(mask + 16));
    return (differences[0] | differences[1]) == 0;
}

/* Does the document have this name, of 32 bytes that may be read, at `at`? */
static inline bool
xml_has_name(const struct xml_reader *reader, uint32_t at, const char *name, uint32_t length)
{
    if (length <= XML_NAME_SIZE && at + XML_NAME_SIZE <= reader->length)
        return xml_is_same(reader->bytes + at, name, length);
    return at + length <= reader->length && memcmp(reader->bytes + at, name, length) == 0;
}

/* How many bytes of names there are from `at` on. */
static inline uint32_t
xml_count_name_bytes(const struct xml_reader *reader, uint32_t at)
{
    uint32_t word = at / XML_BLOCK;
    uint64_t others = ~reader->index.names[word] >> at % XML_BLOCK;
    if (others != 0)
        return (uint32_t)__builtin_ctzll(others);
    uint32_t end = (word + 1) * XML_BLOCK;
    while ((others = ~reader->index.names[++word]) == 0)
        end += XML_BLOCK;
    return end + (uint32_t)__builtin_ctzll(others) - at;
}

/* An ASCII name with at most one colon, that neither begins nor ends it. The document's last byte
 * is >, so there is always something that ends a name. */
static inline struct xml_name
xml_read_name(const struct xml_reader *reader, uint32_t at)
{
    struct xml_name name = {0, 0};
    if (!xml_byte_is(reader->bytes[at], XML_BYTE_START))
        return name;
    uint32_t length = xml_count_name_bytes(reader, at);
    if (reader->bytes[at + length] == ':') {
        name.prefix = ++length;
        if (!xml_byte_is(reader->bytes[at + length], XML_BYTE_START))
            return name;
        length += xml_count_name_bytes(reader, at + length);
    }
    name.length = length;
    return name;
}

static inline struct text
xml_local_name(const struct xml_reader *reader, uint32_t at, struct xml_name name)
{
    return (struct text){reader->bytes + at + name.prefix, name.length - name.prefix};
}

#endif
