#ifndef TESTS_ASN1_BER_WALK_H
#define TESTS_ASN1_BER_WALK_H

/*
 * tests/asn1/ber_walk.h - from a structure of asn1c's to what the message says (ber_member.def).
 */

#include "tests/asn1/asn1c.h"
#include "tests/asn1/ber_oracle.h"

/* ber_walk - adds what `structure`, decoded as `type`, says to oracle->message. */
void ber_walk(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *type, const void *structure);

/* ber_walk_integer - the value of an INTEGER or ENUMERATED; -1 if negative or too large. */
long ber_walk_integer(const void *structure);

/* ber_walk_keep - a copy of the bytes that lives as long as the oracle; none for no bytes. */
struct text ber_walk_keep(struct ber_oracle *oracle, const void *bytes, size_t length);

#endif
