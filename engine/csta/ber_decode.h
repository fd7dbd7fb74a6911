#ifndef ENGINE_CSTA_BER_DECODE_H
#define ENGINE_CSTA_BER_DECODE_H

/*
 * engine/csta/ber_decode.h - one CSTA message in BER (ROSE or ACSE PDU) to what it says.
 *
 * Phases I (ECMA-180), II (ECMA-218) and III (ECMA-285). One pass, iterative, no allocation.
 * Accepts what X.690 BER allows: long and non-minimal lengths (at most 4 length octets), the
 * indefinite form, high tag numbers, constructed strings, nesting to BER_DEPTH_MAX. Unknown
 * elements are skipped, but looked into all the way down: what is taken, or only unusable, is
 * sound BER as a whole. What each phase writes how, and how sure that is: docs/csta-ber.md.
 *
 * Octet strings become text (ber_text.h): callIDs and monitorCrossRefIDs as upper-case hex, 2B82;
 * dynamic device IDs and `other` numbers as "0x" and upper-case hex; agentIDs, linkages and digits
 * as they are where they can be read, else likewise. notKnown, notRequired, restricted and
 * notSpecified are no device.
 */

#include "engine/csta/csta_message.h"

enum {
    BER_DEPTH_MAX = 16,
};

/*
 * ber_decode - decode exactly one PDU of `length` bytes, without its two-byte length prefix
 *
 * `phase` is ENCODING_BER1, _BER2 or _BER3. On CSTA_OK fills *message, also its invoke (for a
 * result, error or reject without one that can be read invoke_unreadable) and, from the security
 * extension, its time (one without a zone counts as UTC, what is none is ignored); texts point into
 * `bytes` or *scratch. On any other result *message is undefined, *why a static sentence and *where
 * the offset of the offending byte.
 * CSTA_INCOMPLETE: an element is longer than what holds it, *where it begins. Bytes after the PDU
 * are malformed. CSTA_REFUSED: neither ROSE nor ACSE, too deep, too many tag or length octets.
 * Limits are those of xml_decode(), of texts as they are written here: 512 bytes a device, 64 a
 * callID; 64 connections a list.
 */
enum csta_result ber_decode(struct csta_message *message, const char *bytes, size_t length,
                            enum csta_encoding phase, struct csta_scratch *scratch,
                            const char **why, size_t *where);

/* Sets of phases. */
enum {
    BER_PHASE_1 = 1 << ENCODING_BER1,
    BER_PHASE_2 = 1 << ENCODING_BER2,
    BER_PHASE_3 = 1 << ENCODING_BER3,
    BER_ANY_PHASE = BER_PHASE_1 | BER_PHASE_2 | BER_PHASE_3,
};

/*
 * ber_phases - which phases a PDU may be of, by its shape
 *
 * AARQ and AARE say it in their user information; reports and some requests by their tags. Never
 * empty: BER_ANY_PHASE when this one does not tell. Reads nothing outside `bytes`, whatever they
 * are.
 */
uint32_t ber_phases(const char *bytes, size_t length);

#endif
