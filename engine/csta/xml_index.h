#ifndef ENGINE_CSTA_XML_INDEX_H
#define ENGINE_CSTA_XML_INDEX_H

/*
 * engine/csta/xml_index.h - where the tags of a document are, found many bytes at a time.
 *
 * One pass over the bytes, 64 at a time, without looking at what they mean:
 *
 *   bytes    <cause>normal &amp; good</cause>\n</HeldEvent>
 *   tags     ^                       ^         ^              offsets of <
 *   references              ^                                 offsets of &
 *   quotes   a bit for every "
 *
 * and whether there is any byte that needs a closer look. There are several ways to do that, one
 * for each kind of processor; they give the same index, bit by bit. Pure functions; nothing beyond
 * the bytes is read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/csta/csta_message.h"

enum {
    XML_TAGS_MAX = 4096,
    XML_REFERENCES_MAX = 1024,
    XML_BLOCK = 64, /* bytes looked at together */
};

struct xml_index {
    bool is_whole;    /* false: more tags or references than fit, or bytes; nothing else is valid */
    bool has_high;    /* a byte over 0x7f */
    bool has_control; /* a byte below 0x20, but for tab, LF and CR */
    bool has_return;  /* a CR */
    bool has_bracket; /* a ] */
    uint32_t tag_count;
    uint32_t reference_count;
    uint32_t tags[XML_TAGS_MAX + XML_BLOCK]; /* ascending */
    uint32_t references[XML_REFERENCES_MAX + XML_BLOCK];
    uint64_t quotes[CSTA_MESSAGE_MAX / XML_BLOCK]; /* bit i % 64 of word i / 64: byte i is a " */
};

struct xml_index_way {
    const char *name; /* "plain", "avx2", "avx512" */
    void (*build)(struct xml_index *index, const char *bytes, size_t length);
};

/* xml_index_ways - those this processor has, the plain one first, the best last; their number. */
uint32_t xml_index_ways(const struct xml_index_way **ways);

/* xml_index_best - the last of them. */
const struct xml_index_way *xml_index_best(void);

#endif
