#ifndef ENGINE_CSTA_BER_TEXT_H
#define ENGINE_CSTA_BER_TEXT_H

/*
 * engine/csta/ber_text.h - octet strings and integers of BER as texts. Pure but for the scratch,
 * where texts are written that do not stand in the message.
 */

#include <stdint.h>

#include "engine/csta/csta_message.h"

enum ber_text_result {
    BER_TEXT_OK = 0,
    BER_TEXT_TOO_LONG,
    BER_TEXT_SCRATCH_FULL,
};

/*
 * ber_text_identifier - a callID or monitorCrossRefID as a text of at most `length_max` bytes
 *
 * Its bytes in upper-case hex. Where that is too long and all of the string is graphic ASCII, but
 * not all of it hex digits, the string as it is. So two different strings never give one text.
 * Not OK: *text is untouched. `length_max` is at least 16.
 */
enum ber_text_result ber_text_identifier(struct text *text, struct text octets, uint32_t length_max,
                                         struct csta_scratch *scratch);

/* ber_text_hex - a dynamic device ID or `other` number: "0x" and upper-case hex; likewise. */
enum ber_text_result ber_text_hex(struct text *text, struct text octets, uint32_t length_max,
                                  struct csta_scratch *scratch);

/*
 * ber_text_octets - an agentID or linkage; likewise
 *
 * As it is if all of it are ASCII letters and digits, or if it has at least 8 bytes and all of
 * them are graphic; else, and where it begins with "0x", as ber_text_hex().
 */
enum ber_text_result ber_text_octets(struct text *text, struct text octets, uint32_t length_max,
                                     struct csta_scratch *scratch);

/* ber_text_digits - a dialling number: as it is, but if a byte of it is no printable ASCII as
 * ber_text_hex(); likewise. */
enum ber_text_result ber_text_digits(struct text *text, struct text octets, uint32_t length_max,
                                     struct csta_scratch *scratch);

/* ber_text_decimal - an INTEGER's content octets (1 to 8) in decimal; likewise. */
enum ber_text_result ber_text_decimal(struct text *text, struct text octets,
                                      struct csta_scratch *scratch);

#endif
