#ifndef ENGINE_CSTA_BER_SKIP_H
#define ENGINE_CSTA_BER_SKIP_H

/*
 * engine/csta/ber_skip.h - past one element that nobody knows.
 *
 * Pure; reads nothing outside the bytes it is given.
 */

#include <stdint.h>

#include "engine/csta/ber_header.h"

/*
 * ber_skip - what ends where the element at `at` does, or NULL
 *
 * It stands `depth` deep (0..BER_DEPTH_MAX) in what ends at `end` (at < end), and is no
 * end-of-contents. Its structure is checked all the way down, so that a message that is taken is
 * sound as a whole. NULL, and why not in *refusal, when it is not.
 */
const uint8_t *ber_skip(const uint8_t *at, const uint8_t *end, uint32_t depth,
                        struct ber_refusal *refusal);

#endif
