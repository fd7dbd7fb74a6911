#ifndef TESTS_ASN1_BER_COMPARE_H
#define TESTS_ASN1_BER_COMPARE_H

/*
 * tests/asn1/ber_compare.h - one PDU through both decoders: do they say the same?
 *
 *   asn1c takes it      ours must take it with equal fields, or refuse it for a reason that
 *                       ber_justified.def knows
 *   asn1c refuses it    ours may take it or call it unusable: it skips what it does not know, in
 *                       any order. Equal fields cannot be asked for then, a result can: an
 *                       element that reaches out of the one that holds it is refused by both
 */

#include "tests/asn1/ber_oracle.h"

enum ber_agreement {
    BER_AGREE_FIELDS,    /* both take it, all fields are equal */
    BER_AGREE_REFUSED,   /* both refuse it */
    BER_AGREE_JUSTIFIED, /* ours refuses what asn1c takes, and should */
    BER_AGREE_LENIENT,   /* ours takes what asn1c refuses, and may */
    BER_DISAGREE,
};

struct ber_comparison {
    struct ber_oracle oracle;
    struct csta_scratch scratch;
    struct csta_message message;
    enum csta_result result;
    const char *difference; /* BER_DISAGREE: the field, or what is wrong */
};

/* ber_compare - reads the PDU twice. `bytes` are what both messages point into. */
enum ber_agreement ber_compare(struct ber_comparison *comparison, const char *bytes, size_t length,
                               enum csta_encoding phase);

/* ber_compare_print - the bytes in hex and the difference, to stderr. */
void ber_compare_print(const struct ber_comparison *comparison, const char *bytes, size_t length,
                       enum csta_encoding phase);

#endif
