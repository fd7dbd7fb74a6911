#ifndef TESTS_ASN1_BER_ORACLE_H
#define TESTS_ASN1_BER_ORACLE_H

/*
 * tests/asn1/ber_oracle.h - one PDU as asn1c's decoders see it: to find the mistakes of ours.
 *
 * asn1c reads the PDU by the .asn1 files beside this header; ber_walk.c carries what it found
 * into a struct csta_message. Nothing of engine/csta's decoders takes part.
 */

#include "engine/csta/csta_message.h"
#include "tests/gen/ber_write.h"

struct ber_oracle {
    bool is_accepted; /* asn1c took the whole PDU by the grammar of the phase */
    bool is_sound;    /* every element lies within the one that holds it, to the leaves */
    bool is_doubtful; /* a primitive element holds just what one element would be; see below */
    struct csta_message message; /* if accepted; its texts point into `bytes` below */
    struct ber_writer straight;  /* the PDU in the shortest form, if sound */
    uint32_t used;
    char bytes[4 * CSTA_MESSAGE_MAX];
};

/*
 * ber_oracle_read - fill *oracle with what asn1c says of the PDU in `phase`
 *
 * Where a tag is EXPLICIT, asn1c 0.9.28 does not see whether its element is constructed, as X.690
 * 8.14 wants, and reads on inside a primitive one. is_doubtful says that this may have been.
 */
void ber_oracle_read(struct ber_oracle *oracle, const char *bytes, size_t length,
                     enum csta_encoding phase);

/*
 * ber_oracle_difference - the name of the first field in which two messages differ, or NULL
 *
 * Compares what struct csta_message says of its class, nothing of how it was written.
 */
const char *ber_oracle_difference(const struct csta_message *left,
                                  const struct csta_message *right);

#endif
