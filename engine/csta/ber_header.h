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

enum {
    BER_END_OF_CONTENTS = 0, /* identifier octet of what ends an indefinite form, X.690 8.1.5 */
    BER_CONSTRUCTED = 0x20,  /* bit of an identifier octet, X.690 8.1.2.5 */
    BER_HIGH_TAG = 0x1f,     /* the low bits of one that others follow, X.690 8.1.2.4 */
};

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

/* Why an element is refused for what it stands in. */
extern const char ber_too_deep[];
extern const char ber_no_end_of_contents[];

/* ber_refuse - sets *refusal. Always false, for its caller to return. */
bool ber_refuse(struct ber_refusal *refusal, enum csta_result result, const uint8_t *at,
                const char *why);

/* ber_end_of_contents_check - may the element at `at`, whose tag says so, end what holds it? */
bool ber_end_of_contents_check(const uint8_t *at, bool is_indefinite, struct ber_refusal *refusal);

/* ber_header_read_any - what ber_header_read() does, for any form. */
bool ber_header_read_any(struct ber_header *header, const uint8_t *at, const uint8_t *end,
                         struct ber_refusal *refusal);

/*
 * ber_length_is_short - is the length at at[1] one octet, and does so much follow it? at < end.
 *
 * One that is more octets has its top bit set: as a number it is negative, so greater than any.
 */
static inline bool
ber_length_is_short(const uint8_t *at, const uint8_t *end)
{
    return end - at >= 2 && (size_t)(int8_t)at[1] <= (size_t)(end - at - 2);
}

/*
 * ber_header_read - the element that begins at `at`, inside what ends at `end` (at < end)
 *
 * Any form: tag numbers of up to 28 bits, definite lengths of up to 4 octets however long they are
 * written, the indefinite form of constructed elements. False, and why not in *refusal, when
 * it is no element or does not fit.
 */
static inline bool
ber_header_read(struct ber_header *header, const uint8_t *at, const uint8_t *end,
                struct ber_refusal *refusal)
{
    if (ber_length_is_short(at, end) && (at[0] & BER_HIGH_TAG) != BER_HIGH_TAG) {
        *header = (struct ber_header){at + 2, at + 2 + at[1], at[0], false};
        return true;
    }
    struct ber_header any; /* its own, so that *header may live in registers */
    bool is_read = ber_header_read_any(&any, at, end, refusal);
    *header = any;
    return is_read;
}

#endif
