#include "engine/csta/xml_word.h"

#include "base/check.h"

static uint64_t
load(const char *at, uint32_t length)
{
    uint64_t bytes = 0;
    memcpy(&bytes, at, length);
    return bytes;
}

/* Its first eight bytes, its last eight, and its length tell most words apart. */
static uint32_t
hash(struct text word)
{
    uint64_t first, last;
    if (word.length >= 8) {
        first = load(word.at, 8);
        last = load(word.at + word.length - 8, 8);
    } else if (word.length >= 4) {
        first = load(word.at, 4);
        last = load(word.at + word.length - 4, 4);
    } else {
        first = word.length > 0 ? load(word.at, 1) : 0;
        last = word.length > 0 ? load(word.at + word.length - 1, 1) : 0;
    }
    uint64_t mixed = (first ^ word.length) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 32) ^ last) * 0xd6e8feb86659fd93u;
    return (uint32_t)(mixed >> 55);
}

static_assert(XML_WORD_ENTRIES == 1 << (64 - 55), "a hash is an entry");

void
xml_words_fill(struct xml_words *words, const struct text *list, uint32_t count)
{
    CHECK(count <= XML_WORDS_MAX);
    words->list = list;
    words->count = count;
    memset(words->entries, 0, sizeof(words->entries));
    for (uint32_t i = 0; i < count; i++) {
        CHECK(xml_words_find(words, list[i]) < 0);
        uint32_t at = hash(list[i]);
        while (words->entries[at] != 0)
            at = (at + 1) % XML_WORD_ENTRIES;
        words->entries[at] = (uint8_t)(i + 1);
    }
}

int
xml_words_find(const struct xml_words *words, struct text word)
{
    uint32_t at = hash(word);
    for (uint32_t entry; (entry = words->entries[at]) != 0; at = (at + 1) % XML_WORD_ENTRIES) {
        if (text_is_equal(words->list[entry - 1], word))
            return (int)entry - 1;
    }
    return -1;
}
