#include "engine/csta/ber_text.h"

#include "base/check.h"

enum {
    GRAPHIC_LENGTH_MIN = 8, /* shorter graphic strings are as often binary */
    DECIMAL_LENGTH_MAX = 20,
    INTEGER_LENGTH_MAX = 8,
};

/* Is a byte in a set, given as 16 rows (first hex digit) of 16 bits (second)? */
static inline bool
is_in(const uint16_t rows[16], uint8_t byte)
{
    return (rows[byte >> 4] >> (byte & 0xf) & 1) != 0;
}

static bool
all_are_in(const uint16_t rows[16], struct text octets)
{
    for (uint32_t i = 0; i < octets.length; i++) {
        if (!is_in(rows, (uint8_t)octets.at[i]))
            return false;
    }
    return true;
}

static bool
is_text(struct text octets)
{
    static const uint16_t letters_and_digits[16] = {
        [3] = 0x03ff, [4] = 0xfffe, [5] = 0x07ff, [6] = 0xfffe, [7] = 0x07ff};
    static const uint16_t graphic[16] = {
        [2] = 0xfffe, [3] = 0xffff, [4] = 0xffff, [5] = 0xffff, [6] = 0xffff, [7] = 0x7fff};
    if (text_has_prefix(octets, TEXT("0x")))
        return false;
    return all_are_in(letters_and_digits, octets) ||
           (octets.length >= GRAPHIC_LENGTH_MIN && all_are_in(graphic, octets));
}

static char *
take(struct csta_scratch *scratch, uint32_t length)
{
    if (length > sizeof(scratch->bytes) - scratch->used)
        return NULL;
    char *taken = scratch->bytes + scratch->used;
    scratch->used += length;
    return taken;
}

enum ber_text_result
ber_text_octets(struct text *text, struct text octets, uint32_t length_max,
                struct csta_scratch *scratch)
{
    static const char digits[] = "0123456789abcdef";
    if (octets.length > length_max)
        return BER_TEXT_TOO_LONG;
    if (is_text(octets)) {
        *text = octets;
        return BER_TEXT_OK;
    }
    uint32_t length = 2 + 2 * octets.length;
    if (length > length_max)
        return BER_TEXT_TOO_LONG;
    char *at = take(scratch, length);
    if (at == NULL)
        return BER_TEXT_SCRATCH_FULL;
    *text = (struct text){at, length};
    *at++ = '0';
    *at++ = 'x';
    for (uint32_t i = 0; i < octets.length; i++) {
        *at++ = digits[(uint8_t)octets.at[i] >> 4];
        *at++ = digits[(uint8_t)octets.at[i] & 0xf];
    }
    return BER_TEXT_OK;
}

enum ber_text_result
ber_text_decimal(struct text *text, struct text octets, struct csta_scratch *scratch)
{
    CHECK(octets.length > 0);
    if (octets.length > INTEGER_LENGTH_MAX)
        return BER_TEXT_TOO_LONG;
    bool is_negative = (octets.at[0] & 0x80) != 0;
    uint64_t value = is_negative ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < octets.length; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    if (is_negative)
        value = 0 - value;
    char digits[DECIMAL_LENGTH_MAX];
    char *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    if (is_negative)
        *--first = '-';
    uint32_t length = (uint32_t)(digits + sizeof(digits) - first);
    char *at = take(scratch, length);
    if (at == NULL)
        return BER_TEXT_SCRATCH_FULL;
    memcpy(at, first, length);
    *text = (struct text){at, length};
    return BER_TEXT_OK;
}
