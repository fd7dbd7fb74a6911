#ifndef ENGINE_CSTA_BER_HEADER_H
#define ENGINE_CSTA_BER_HEADER_H

/*
 * engine/csta/ber_header.h - identifier and length octets of one element: X.690 8.1.2 and 8.1.3.
 *
 * Pure; reads nothing outside the bytes it is given.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/csta/csta_message.h"

struct ber_header {
    const uint8_t *content;
    const uint8_t *end; /* of the content; of all that holds the element where is_indefinite */
    uint8_t tag; /* first identifier octet: in the high tag form its low five bits are ones */
    bool is_indefinite; /* ends with end-of-contents octets */
};

/* Why an element is refused, and where; set only when it is. */
struct ber_refusal {
    enum csta_result result;
    const char *why;
    const uint8_t *at;
};

/*
 * ber_header_read - the element that begins at `at`, inside what ends at `end` (at < end)
 *
 * Any form: tag numbers of up to 28 bits, definite lengths of up to 4 octets however long they are
 * written, the indefinite form of constructed elements. False, and why not in *refusal, when
 * it is no element or does not fit.
 */
bool ber_header_read(struct ber_header *header, const uint8_t *at, const uint8_t *end,
                     struct ber_refusal *refusal);

#endif
