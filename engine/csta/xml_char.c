#include "engine/csta/xml_char.h"

#include "base/check.h"

/* The rows of the table, named by the bytes that have them. */
#define NO     0
#define HIGH   XML_BYTE_HIGH
#define PUNCT  (XML_BYTE_PLAIN | XML_BYTE_VALUE | XML_BYTE_LEGAL)
#define BLANK  (XML_BYTE_SPACE | PUNCT)
#define RETURN (XML_BYTE_SPACE | XML_BYTE_VALUE | XML_BYTE_LEGAL)
#define QUOTE  (XML_BYTE_PLAIN | XML_BYTE_LEGAL)
#define MARK   XML_BYTE_LEGAL
#define BRACK  (XML_BYTE_VALUE | XML_BYTE_LEGAL)
#define DIGIT  (XML_BYTE_NAME | PUNCT)
#define LETTER (XML_BYTE_START | DIGIT)

#define FOUR(row)    row, row, row, row
#define SIXTEEN(row) FOUR(row), FOUR(row), FOUR(row), FOUR(row)

/* clang-format off */
const uint8_t xml_byte[256] = {
    FOUR(NO), FOUR(NO), NO, BLANK, BLANK, NO, NO, RETURN, NO, NO,
    SIXTEEN(NO),
    /*    !      "      #      $      %      &     '      (      )      *      +      ,  */
    BLANK, PUNCT, QUOTE, PUNCT, PUNCT, PUNCT, MARK, QUOTE, PUNCT, PUNCT, PUNCT, PUNCT, PUNCT,
    /* -      .      /  */
    DIGIT, DIGIT, PUNCT,
    /* 0 to 9, then : ; < = > ? */
    FOUR(DIGIT), FOUR(DIGIT), DIGIT, DIGIT, PUNCT, PUNCT, MARK, PUNCT, PUNCT, PUNCT,
    /* @, A to O */
    PUNCT, LETTER, LETTER, LETTER, FOUR(LETTER), FOUR(LETTER), FOUR(LETTER),
    /* P to Z, then [ \ ] ^ _ */
    FOUR(LETTER), FOUR(LETTER), LETTER, LETTER, LETTER, PUNCT, PUNCT, BRACK, PUNCT, LETTER,
    /* `, a to o */
    PUNCT, LETTER, LETTER, LETTER, FOUR(LETTER), FOUR(LETTER), FOUR(LETTER),
    /* p to z, then { | } ~ DEL */
    FOUR(LETTER), FOUR(LETTER), LETTER, LETTER, LETTER, PUNCT, PUNCT, PUNCT, PUNCT, PUNCT,
    SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH),
    SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH), SIXTEEN(HIGH),
};
/* clang-format on */

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
static int
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

int
xml_char_read(const char *at, const char *end, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    CHECK(at < end);

    uint32_t found = 0;
    int length = read_lead((uint8_t)*at, &found);
    if (length == 0)
        return XML_CHAR_ILLEGAL;
    for (int i = 1; i < length; i++) {
        if (at + i == end)
            return XML_CHAR_CUT_OFF;
        uint8_t byte = (uint8_t)at[i];
        if ((byte & 0xc0) != 0x80)
            return XML_CHAR_ILLEGAL;
        found = found << 6 | (byte & 0x3f);
    }
    if (found < smallest[length] || !xml_char_is_legal(found))
        return XML_CHAR_ILLEGAL;
    *code = found;
    return length;
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

struct range {
    uint32_t first;
    uint32_t last;
};

static bool
is_in(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

bool
xml_char_is_name(uint32_t code, bool is_first)
{
    static const struct range starts[] = {
        {0xc0, 0xd6},     {0xd8, 0xf6},     {0xf8, 0x2ff},    {0x370, 0x37d},
        {0x37f, 0x1fff},  {0x200c, 0x200d}, {0x2070, 0x218f}, {0x2c00, 0x2fef},
        {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd}, {0x10000, 0xeffff},
    };
    static const struct range goes_on[] = {{0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}};

    if (is_in(code, starts, sizeof(starts) / sizeof(starts[0])))
        return true;
    return !is_first && is_in(code, goes_on, sizeof(goes_on) / sizeof(goes_on[0]));
}
