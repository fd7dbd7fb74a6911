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
 * ber_text_octets - an octet string as a text of at most `length_max` bytes
 *
 * As it is if all of it are ASCII letters and digits, or if it has at least 8 bytes and all of
 * them are graphic; else, and where it begins with "0x", as "0x" and its bytes in lower-case hex.
 * So two different octet strings never give one text. Not OK: *text is untouched.
 */
enum ber_text_result ber_text_octets(struct text *text, struct text octets, uint32_t length_max,
                                     struct csta_scratch *scratch);

/* ber_text_decimal - an INTEGER's content octets (1 to 8) in decimal; likewise. */
enum ber_text_result ber_text_decimal(struct text *text, struct text octets,
                                      struct csta_scratch *scratch);

#endif
