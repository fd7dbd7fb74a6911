#ifndef TESTS_GEN_BER_GENERATE_H
#define TESTS_GEN_BER_GENERATE_H

/*
 * tests/gen/ber_generate.h - PDUs of every event and service of a phase, right or damaged.
 *
 * Goes by the .asn1 files of tests/asn1, through the descriptions asn1c makes of them: every
 * alternative, optional parts present or not, values of all kinds, unknown elements where a type
 * says "...". The same seed gives the same PDU.
 */

#include "engine/csta/csta_message.h"
#include "tests/gen/ber_write.h"

/* ber_generate - a valid PDU of `phase` into writer->bytes, writer->size bytes. */
void ber_generate(struct ber_writer *writer, enum csta_encoding phase, uint64_t seed);

/*
 * ber_mutate - damage it: bits flipped, bytes replaced, removed, doubled or cut off, a length
 * changed, a part of `other` put in. The seed goes on from where ber_generate() left it.
 */
void ber_mutate(struct ber_writer *writer, const struct ber_writer *other);

#endif
