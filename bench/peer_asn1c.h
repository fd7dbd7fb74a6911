#ifndef BENCH_PEER_ASN1C_H
#define BENCH_PEER_ASN1C_H

/*
 * bench/peer_asn1c.h - what asn1c's generated code takes to read an event report.
 *
 * Driven fairly: the ROSE PDU and the report in it are decoded once each, and freed; nothing is
 * looked up by name, nothing printed, no constraint checked. asn1c cannot decode into memory it
 * was given once and keep it. Compiled with the same optimization as the decoder.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/csta/csta_message.h"

/* peer_asn1c_read - one invoke with an event report, of that phase; false when it is refused. */
bool peer_asn1c_read(const char *bytes, size_t length, enum csta_encoding phase);

#endif
