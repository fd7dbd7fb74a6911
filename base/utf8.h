#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/*
 * base/utf8.h - what the bytes of a text are, one character at a time (RFC 3629).
 */

#include <stdbool.h>
#include <stdint.h>

/* Not a character: the bytes are not UTF-8. */
#define UTF8_WRONG UINT32_MAX

/*
 * utf8_take - the character at *at, which moves behind it
 *
 * *at must be before `end`. Of bytes that are not UTF-8 (overlong forms, surrogates, above
 * U+10FFFF, cut short) the longest part that could begin a character is taken and UTF8_WRONG
 * returned: at least one byte, so a loop over any bytes ends.
 */
uint32_t utf8_take(const uint8_t **at, const uint8_t *end);

/*
 * utf8_is_harmless - may the character be shown as it is?
 *
 * Not: control characters (C0, DEL, C1), line and paragraph separator, bidirectional controls
 * (U+061C, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069), U+FEFF.
 */
bool utf8_is_harmless(uint32_t character);

#endif
