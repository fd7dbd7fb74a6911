#ifndef ENGINE_CSTA_XML_WORD_H
#define ENGINE_CSTA_XML_WORD_H

/*
 * engine/csta/xml_word.h - which word of a list is this: one hash, mostly one comparison.
 *
 * A table is filled before main() and only read from then on. The words stay where they are.
 */

#include <stdint.h>

#include "base/text.h"

enum {
    XML_WORDS_MAX = 128,    /* words of one list */
    XML_WORD_ENTRIES = 512, /* four for each word, so that chains are short */
};

struct xml_words {
    const struct text *list; /* no word twice */
    uint32_t count;
    uint8_t entries[XML_WORD_ENTRIES]; /* index in the list + 1; 0 for none */
};

/* xml_words_fill - a table over `count` words (CHECK: at most XML_WORDS_MAX). */
void xml_words_fill(struct xml_words *words, const struct text *list, uint32_t count);

/* xml_words_find - the word's index in the list, -1 when it is not there. */
int xml_words_find(const struct xml_words *words, struct text word);

#endif
