#ifndef ENGINE_CSTA_XML_INDEX_H
#define ENGINE_CSTA_XML_INDEX_H

/*
 * engine/csta/xml_index.h - where the tags of a document are, found many bytes at a time.
 *
 * One pass over the bytes, 64 at a time, without looking at what they mean, leaves a bit for each
 * byte that does mean something:
 *
 *   bytes       <cause>normal &amp; good</cause>\n</HeldEvent>
 *   tags        ^                       ^         ^              where < is
 *   references                ^                                  where & is
 *   quotes                                                       where " is
 *   names        ^^^^^ ^^^^^^  ^^^  ^^^^   ^^^^^      ^^^^^^^^^  letters, digits, . - _
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
    XML_BLOCK = 64, /* bytes looked at together */
    XML_BLOCKS_MAX = CSTA_MESSAGE_MAX / XML_BLOCK,
};

/* Bit i % 64 of word i / 64 is byte i. Of block_count words each, and one more for whoever walks
 * along them and wants to stop there; the words beyond are not touched. */
struct xml_index {
    uint32_t block_count;
    bool has_high;    /* a byte over 0x7f */
    bool has_control; /* a byte below 0x20, but for tab, LF and CR */
    bool has_return;  /* a CR */
    bool has_bracket; /* a ] */
    uint64_t tags[XML_BLOCKS_MAX + 1];
    uint64_t references[XML_BLOCKS_MAX + 1];
    uint64_t quotes[XML_BLOCKS_MAX + 1];
    uint64_t names[XML_BLOCKS_MAX + 1];
};

struct xml_index_way {
    const char *name; /* "plain", "avx2", "avx512" */
    /* Fills *index; `length` is at most CSTA_MESSAGE_MAX. */
    void (*build)(struct xml_index *index, const char *bytes, size_t length);
};

/* xml_index_ways - those this processor has, the plain one first, the best last; their number. */
uint32_t xml_index_ways(const struct xml_index_way **ways);

/* xml_index_best - the last of them. */
const struct xml_index_way *xml_index_best(void);

#endif
