#include "engine/csta/ber_text.h"

#include "base/check.h"
#include "engine/csta/ber_lanes.h"

enum {
    GRAPHIC_LENGTH_MIN = 8, /* shorter graphic strings are as often binary */
    DECIMAL_LENGTH_MAX = 20,
    INTEGER_LENGTH_MAX = 8,
};

/* 1 to 7 bytes; they fill the lanes by standing there twice, or with digits. */
static inline uint64_t
few_lanes(struct text octets)
{
    if (octets.length >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, octets.at, 4);
        memcpy(&last, octets.at + octets.length - 4, 4);
        return (uint64_t)first << 32 | last;
    }
    uint8_t first = (uint8_t)octets.at[0];
    uint8_t middle = (uint8_t)octets.at[octets.length / 2];
    uint8_t last = (uint8_t)octets.at[octets.length - 1];
    return UINT64_C(0x3030303030000000) | (uint32_t)(first << 16 | middle << 8 | last);
}

static inline bool
are_letters_and_digits(uint64_t lanes)
{
    if ((lanes & BER_LANE_TOPS) != 0) /* where it is not, this mostly says so */
        return false;
    uint64_t digits = ber_lanes_in_range(lanes, '0', '9');
    uint64_t letters = ber_lanes_in_range(lanes | 0x20 * BER_LANES, 'a', 'z');
    return ber_lanes_all(digits | letters, lanes);
}

static inline bool
are_graphic(uint64_t lanes)
{
    return ber_lanes_all(ber_lanes_in_range(lanes, '!', '~'), lanes);
}

static bool
is_long_text(struct text octets)
{
    const char *last = octets.at + octets.length - 8;
    for (const char *at = octets.at; at < last; at += 8) {
        if (!are_graphic(ber_lanes_read(at)))
            return false;
    }
    return are_graphic(ber_lanes_read(last));
}

/* Letters and digits are graphic too, so of a long string nothing else need be asked. */
static inline bool
is_text(struct text octets)
{
    bool is_graphic = octets.length == 0 || (octets.length < GRAPHIC_LENGTH_MIN
                                                 ? are_letters_and_digits(few_lanes(octets))
                                                 : is_long_text(octets));
    return is_graphic && !text_has_prefix(octets, TEXT("0x"));
}

/* IA5 that can be seen, and spaces. */
static inline bool
is_printable(struct text octets)
{
    const char *at = octets.at;
    for (; octets.length >= 8; octets = text_skip(octets, 8), at += 8) {
        uint64_t lanes = ber_lanes_read(at);
        if (!ber_lanes_all(ber_lanes_in_range(lanes, ' ', '~'), lanes))
            return false;
    }
    for (uint32_t i = 0; i < octets.length; i++) {
        if (at[i] < ' ' || at[i] > '~')
            return false;
    }
    return true;
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

/* The two digits of each byte. */
/* clang-format off */
#define HEX_4(high, a, b, c, d) {high, a}, {high, b}, {high, c}, {high, d},
#define HEX_16(high) \
    HEX_4(high, '0', '1', '2', '3') HEX_4(high, '4', '5', '6', '7') \
    HEX_4(high, '8', '9', 'A', 'B') HEX_4(high, 'C', 'D', 'E', 'F')
static const char hex[256][2] = {
    HEX_16('0') HEX_16('1') HEX_16('2') HEX_16('3') HEX_16('4') HEX_16('5') HEX_16('6') HEX_16('7')
    HEX_16('8') HEX_16('9') HEX_16('A') HEX_16('B') HEX_16('C') HEX_16('D') HEX_16('E') HEX_16('F')
};
/* clang-format on */

/* What goes before the hex is 0x or nothing. */
static inline enum ber_text_result
write_hex(struct text *text, struct text octets, struct text prefix, uint32_t length_max,
          struct csta_scratch *scratch)
{
    if (octets.length > (length_max - prefix.length) / 2)
        return BER_TEXT_TOO_LONG;
    uint32_t length = prefix.length + 2 * octets.length;
    char *at = take(scratch, length);
    if (at == NULL)
        return BER_TEXT_SCRATCH_FULL;
    *text = (struct text){at, length};
    memcpy(at, prefix.at, prefix.length);
    at += prefix.length;
    for (uint32_t i = 0; i < octets.length; i++, at += 2)
        memcpy(at, hex[(uint8_t)octets.at[i]], 2);
    return BER_TEXT_OK;
}

enum ber_text_result
ber_text_octets(struct text *text, struct text octets, uint32_t length_max,
                struct csta_scratch *scratch)
{
    if (octets.length > length_max)
        return BER_TEXT_TOO_LONG;
    if (!is_text(octets))
        return ber_text_hex(text, octets, length_max, scratch);
    *text = octets;
    return BER_TEXT_OK;
}

enum ber_text_result
ber_text_hex(struct text *text, struct text octets, uint32_t length_max,
             struct csta_scratch *scratch)
{
    return write_hex(text, octets, TEXT("0x"), length_max, scratch);
}

static bool
are_hex_digits(struct text octets)
{
    for (uint32_t i = 0; i < octets.length; i++) {
        char digit = octets.at[i];
        if ((digit < '0' || digit > '9') && (digit < 'A' || digit > 'F'))
            return false;
    }
    return true;
}

enum ber_text_result
ber_text_identifier(struct text *text, struct text octets, uint32_t length_max,
                    struct csta_scratch *scratch)
{
    if (octets.length <= length_max / 2)
        return write_hex(text, octets, TEXT(""), length_max, scratch);
    if (octets.length > length_max || !is_long_text(octets) || are_hex_digits(octets))
        return BER_TEXT_TOO_LONG;
    *text = octets;
    return BER_TEXT_OK;
}

enum ber_text_result
ber_text_digits(struct text *text, struct text octets, uint32_t length_max,
                struct csta_scratch *scratch)
{
    if (octets.length > length_max)
        return BER_TEXT_TOO_LONG;
    if (!is_printable(octets))
        return ber_text_hex(text, octets, length_max, scratch);
    *text = octets;
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
