#ifndef ENGINE_CSTA_BER_STORE_H
#define ENGINE_CSTA_BER_STORE_H

/*
 * engine/csta/ber_store.h - what an element's content means to the message: the part of the BER
 * decoder that fills struct csta_message, for ber_decode.c alone.
 *
 * `at` is the element's first octet, for saying where a problem is. Of repeated elements the first
 * counts.
 */

#include <stdint.h>

#include "engine/csta/ber_shape.h"

struct ber_store {
    struct csta_message *message;
    struct csta_scratch *scratch;
    const char *problem; /* why the message is unusable, NULL while it is not */
    const uint8_t *problem_at;
};

/* ber_store_problem - the message is unusable; only the first reason is kept. */
void ber_store_problem(struct ber_store *store, const uint8_t *at, const char *why);

/*
 * What to do with the content octets of a string or integer; `place` is where its text goes. An
 * integer has at least one octet.
 */
typedef void ber_store_function(struct ber_store *store, const uint8_t *at, char *place,
                                struct text octets);

/* By enum ber_what: strings, and integers but BER_SELECT; NULL for all others. */
extern ber_store_function *const ber_store[BER_WHAT_COUNT];

/* ber_store_piece - one piece of a constructed string, put behind *joined, which is the last thing
 * in the scratch. */
void ber_store_piece(struct ber_store *store, const uint8_t *at, struct text *joined,
                     struct text piece);

/* ber_store_number - an integer of at least one octet; -1 for one too long to be one of ours. */
static inline int64_t
ber_store_number(struct text octets)
{
    if (octets.length > sizeof(int64_t))
        return -1;
    uint64_t value = (uint64_t)(int8_t)octets.at[0];
    for (uint32_t i = 1; i < octets.length; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    return (int64_t)value;
}

#endif
