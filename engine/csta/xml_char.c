#include "engine/csta/xml_char.h"

#include "base/check.h"

#define NO     0
#define BLANK  XML_BYTE_SPACE
#define DIGIT  XML_BYTE_NAME
#define LETTER (XML_BYTE_START | XML_BYTE_NAME)

#define FOUR(row)    row, row, row, row
#define SIXTEEN(row) FOUR(row), FOUR(row), FOUR(row), FOUR(row)

/* clang-format off */
const uint8_t xml_byte[256] = {
    FOUR(NO), FOUR(NO), NO, BLANK, BLANK, NO, NO, BLANK, NO, NO,
    SIXTEEN(NO),
    /* space, 12 others, - . / */
    BLANK, FOUR(NO), FOUR(NO), FOUR(NO), DIGIT, DIGIT, NO,
    /* 0 to 9, then : ; < = > ? */
    FOUR(DIGIT), FOUR(DIGIT), DIGIT, DIGIT, NO, NO, NO, NO, NO, NO,
    /* @, A to O */
    NO, LETTER, LETTER, LETTER, FOUR(LETTER), FOUR(LETTER), FOUR(LETTER),
    /* P to Z, then [ \ ] ^ _ */
    FOUR(LETTER), FOUR(LETTER), LETTER, LETTER, LETTER, FOUR(NO), LETTER,
    /* `, a to o */
    NO, LETTER, LETTER, LETTER, FOUR(LETTER), FOUR(LETTER), FOUR(LETTER),
    /* p to z, then { | } ~ DEL */
    FOUR(LETTER), FOUR(LETTER), LETTER, LETTER, LETTER, FOUR(NO), NO,
    SIXTEEN(NO), SIXTEEN(NO), SIXTEEN(NO), SIXTEEN(NO),
    SIXTEEN(NO), SIXTEEN(NO), SIXTEEN(NO), SIXTEEN(NO),
};
/* clang-format on */

static bool
is_padding(char byte)
{
    return byte == '\0' || xml_byte_is(byte, XML_BYTE_SPACE);
}

struct text
xml_without_padding(struct text text)
{
    while (text.length > 0 && is_padding(text.at[0]))
        text = text_skip(text, 1);
    while (text.length > 0 && is_padding(text.at[text.length - 1]))
        text.length--;
    return text;
}

bool
xml_char_is_legal(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    if (code < 0xd800)
        return true;
    return (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

/* The length a lead byte announces, 0 when it announces none, and the bits it carries. */
static size_t
read_lead(uint8_t lead, uint32_t *bits)
{
    if (lead < 0x80) {
        *bits = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        *bits = lead & 0x1fu;
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *bits = lead & 0x0fu;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *bits = lead & 0x07u;
        return 4;
    }
    return 0;
}

/* The length of the legal character at `at`, in bytes; 0 when there is none. */
static size_t
read_char(const char *at, size_t left)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = 0;
    size_t length = read_lead((uint8_t)*at, &code);
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        uint8_t byte = (uint8_t)at[i];
        if ((byte & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte & 0x3f);
    }
    return code >= smallest[length] && xml_char_is_legal(code) ? length : 0;
}

/* How many of the bytes from `at` are ASCII, looking at eight together. */
static size_t
skip_ascii(const char *at, size_t left)
{
    size_t skipped = 0;
    for (uint64_t word; left - skipped >= sizeof(word); skipped += sizeof(word)) {
        memcpy(&word, at + skipped, sizeof(word));
        if ((word & 0x8080808080808080u) != 0)
            break;
    }
    while (skipped < left && (uint8_t)at[skipped] < 0x80)
        skipped++;
    return skipped;
}

bool
xml_text_is_utf_8(const char *bytes, size_t length)
{
    for (size_t at = 0; (at += skip_ascii(bytes + at, length - at)) < length;) {
        size_t step = read_char(bytes + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

uint32_t
xml_char_write(char *bytes, uint32_t code)
{
    CHECK(xml_char_is_legal(code));
    if (code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    uint32_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (uint32_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    bytes[0] = (char)(lead[length] | code);
    return length;
}
