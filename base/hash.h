#ifndef BASE_HASH_H
#define BASE_HASH_H

/*
 * base/hash.h - one fixed 64-bit hash. Its values appear in outputs (ConnID) and decide
 * where a call lives, so the function is part of the published behaviour: never change it.
 *
 * It is FNV-1a over bytes, finished by the murmur3 64-bit mixer so that low bits can be
 * used as table indexes.
 */

#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static inline uint64_t
hash_finish(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return hash;
}

/*
 * hash_quick - the same for places that are found again by the same program only: eight bytes at
 * once. May change with any version; nothing of it may appear in an output.
 */
static inline uint64_t
hash_quick(uint64_t scope, struct text text)
{
    uint64_t hash = HASH_START ^ (scope << 32 | text.length);
    uint64_t word;
    uint32_t at = 0;
    for (; at + sizeof word <= text.length; at += (uint32_t)sizeof word) {
        memcpy(&word, text.at + at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
        hash ^= hash >> 32;
    }
    word = 0;
    for (; at < text.length; at++)
        word = word << 8 | (uint8_t)text.at[at];
    return hash_finish(hash ^ word);
}

/* The key of a text within a numbered scope (a link). */
static inline uint64_t
hash_text(uint64_t scope, struct text text)
{
    return hash_finish(
        hash_bytes(HASH_START ^ (scope * UINT64_C(0x9e3779b97f4a7c15)), text.at, text.length));
}

#endif
