#ifndef ENGINE_CSTA_XML_CHAR_H
#define ENGINE_CSTA_XML_CHAR_H

/*
 * engine/csta/xml_char.h - what a byte may be in an XML document (XML 1.0), and texts of them.
 *
 * One table look-up per ASCII byte; everything above is read as one UTF-8 character. Pure
 * functions and constants.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    XML_NAME_SIZE = 32, /* bytes of a name that are compared together */
};

/* What an ASCII byte may be; a sum of these. */
enum {
    XML_BYTE_START = 1 << 0, /* begins a name: letters and _; a colon is neither START nor NAME,
                                so that name loops stop at prefixes */
    XML_BYTE_NAME = 1 << 1,  /* goes on in a name */
    XML_BYTE_SPACE = 1 << 2, /* production 3, S */
};

extern const uint8_t xml_byte[256];

static inline bool
xml_byte_is(char byte, unsigned what)
{
    return (xml_byte[(uint8_t)byte] & what) != 0;
}

/* xml_trim - the text without white space around it. */
static inline struct text
xml_trim(struct text text)
{
    while (text.length > 0 && xml_byte_is(text.at[0], XML_BYTE_SPACE))
        text = text_skip(text, 1);
    while (text.length > 0 && xml_byte_is(text.at[text.length - 1], XML_BYTE_SPACE))
        text.length--;
    return text;
}

/* xml_without_padding - the text without white space and NULs around it. */
struct text xml_without_padding(struct text text);

/* xml_char_write - `code`, a legal character, as UTF-8 into bytes[4]; the number of bytes. */
uint32_t xml_char_write(char *bytes, uint32_t code);

/* xml_char_is_legal - production 2, Char. */
bool xml_char_is_legal(uint32_t code);

/*
 * xml_text_is_utf_8 - the bytes are UTF-8 throughout, and every character beyond ASCII is legal
 *
 * Overlong forms, surrogates and forms cut off at the end are not UTF-8. ASCII is passed quickly.
 */
bool xml_text_is_utf_8(const char *bytes, size_t length);

#endif
