#ifndef ENGINE_CSTA_XML_CHAR_H
#define ENGINE_CSTA_XML_CHAR_H

/*
 * engine/csta/xml_char.h - what a byte may be in an XML document (XML 1.0, fifth edition).
 *
 * One table look-up per ASCII byte; everything above is read as one UTF-8 character. Pure
 * functions and constants.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a byte may be; a sum of these for each of the 256 bytes. */
enum {
    XML_BYTE_START = 1 << 0, /* begins a name: letters and _; a colon is neither START nor NAME,
                                so that name loops stop at prefixes */
    XML_BYTE_NAME = 1 << 1,  /* goes on in a name */
    XML_BYTE_SPACE = 1 << 2, /* production 3, S */
    XML_BYTE_PLAIN = 1 << 3, /* stands for itself in text: legal, and none of < & ] CR */
    XML_BYTE_VALUE = 1 << 4, /* stands for itself in an attribute: legal, none of < & " ' */
    XML_BYTE_LEGAL = 1 << 5, /* ASCII of production 2, Char */
    XML_BYTE_HIGH = 1 << 6,  /* not ASCII */
};

extern const uint8_t xml_byte[256];

static inline bool
xml_byte_is(char byte, unsigned what)
{
    return (xml_byte[(uint8_t)byte] & what) != 0;
}

enum {
    XML_CHAR_ILLEGAL = 0,
    XML_CHAR_CUT_OFF = -1,
};

/*
 * xml_char_read - the UTF-8 character at `at`, which must be before `end`
 *
 * Returns its length in bytes and sets *code; XML_CHAR_ILLEGAL when it is not UTF-8 (overlong
 * forms and surrogates are not) or not a legal XML character; XML_CHAR_CUT_OFF when the bytes
 * end inside it. *code is untouched unless a length is returned.
 */
int xml_char_read(const char *at, const char *end, uint32_t *code);

/* xml_char_write - `code`, a legal character, as UTF-8 into bytes[4]; the number of bytes. */
uint32_t xml_char_write(char *bytes, uint32_t code);

/* xml_char_is_legal - production 2, Char. */
bool xml_char_is_legal(uint32_t code);

/* xml_char_is_name - productions 4 and 4a for characters beyond ASCII. */
bool xml_char_is_name(uint32_t code, bool is_first);

#endif
