#ifndef ENGINE_CSTA_BER_ENCODE_H
#define ENGINE_CSTA_BER_ENCODE_H

/*
 * engine/csta/ber_encode.h - what onhook sends as a ROSE or ACSE PDU in BER.
 *
 * Phases I (ECMA-180), II (ECMA-218) and III (ECMA-285); definite lengths in the shortest form.
 * Pure functions, no allocation. CallIDs, crossRefIDs and dynamic device IDs are texts as the
 * decoder made them (ber_text.h): "0x" and hex for the octets, or the octets themselves. Devices
 * are dialling numbers in ASCII.
 */

#include <stddef.h>

#include "engine/csta/outgoing.h"

enum { BER_PREFIX_SIZE = 2 };

/*
 * ber_encode - write the message as one PDU of `phase` (ENCODING_BER1 to _BER3) to bytes[capacity]
 *
 * On ENCODE_OK *length is the PDU's. On any other result `bytes` holds nothing of use, *length
 * is untouched and *why is a static sentence. ASSOCIATE asks for the version of `phase`. In
 * phases I and II a MonitorStart of device type says no type, as switches expect it.
 */
enum encode_result ber_encode(char *bytes, size_t capacity, size_t *length,
                              const struct outgoing *message, enum csta_encoding phase,
                              const char **why);

/*
 * ber_write_prefix - the two bytes that go before a PDU of `length` bytes on TCP
 *
 * False, with `prefix` untouched, when the PDU is longer than 65535 bytes.
 */
bool ber_write_prefix(char prefix[BER_PREFIX_SIZE], size_t length);

#endif
