#include "engine/csta/ber_header.h"

enum {
    TAG_OCTETS_MAX = 4,
    LENGTH_OCTETS_MAX = 4,
    LENGTH_INDEFINITE = 0x80,
    LENGTH_RESERVED = 0xff,
    MORE = 0x80,
    VALUE = 0x7f,
};

static const char longer[] = "an element is longer than what holds it";

const char ber_too_deep[] = "elements nested more than 16 deep";
const char ber_no_end_of_contents[] = "no end-of-contents octets";

bool
ber_refuse(struct ber_refusal *refusal, enum csta_result result, const uint8_t *at, const char *why)
{
    *refusal = (struct ber_refusal){result, why, at};
    return false;
}

/* Takes the octets of a high tag number, whose value nobody here knows. X.690 8.1.2.4. */
static bool
skip_high_tag(const uint8_t **at, const uint8_t *start, const uint8_t *end,
              struct ber_refusal *refusal)
{
    uint32_t number = 0;
    for (uint32_t count = 0;; count++) {
        if (*at == end)
            return ber_refuse(refusal, CSTA_INCOMPLETE, start, longer);
        if (count == TAG_OCTETS_MAX)
            return ber_refuse(refusal, CSTA_REFUSED, *at, "a tag number of more than 28 bits");
        uint8_t octet = *(*at)++;
        if (count == 0 && octet == MORE)
            return ber_refuse(refusal, CSTA_MALFORMED, *at - 1,
                              "a tag number that begins with zeros");
        number = number << 7 | (octet & VALUE);
        if ((octet & MORE) == 0)
            break;
    }
    if (number < BER_HIGH_TAG)
        return ber_refuse(refusal, CSTA_MALFORMED, start, "a small tag number in the high form");
    return true;
}

static bool
read_long_length(uint32_t *length, const uint8_t **at, const uint8_t *start, const uint8_t *end,
                 struct ber_refusal *refusal)
{
    uint8_t first = *(*at)++;
    uint32_t octets = first & VALUE;
    if (first == LENGTH_RESERVED)
        return ber_refuse(refusal, CSTA_MALFORMED, *at - 1, "a reserved length octet");
    if (octets > LENGTH_OCTETS_MAX)
        return ber_refuse(refusal, CSTA_REFUSED, *at - 1, "a length of more than 4 octets");
    if (octets > (size_t)(end - *at))
        return ber_refuse(refusal, CSTA_INCOMPLETE, start, longer);
    *length = 0;
    for (uint32_t i = 0; i < octets; i++)
        *length = *length << 8 | *(*at)++;
    return true;
}

bool
ber_header_read_any(struct ber_header *header, const uint8_t *at, const uint8_t *end,
                    struct ber_refusal *refusal)
{
    const uint8_t *start = at;
    header->tag = *at++;
    if ((header->tag & BER_HIGH_TAG) == BER_HIGH_TAG && !skip_high_tag(&at, start, end, refusal))
        return false;
    if (at == end)
        return ber_refuse(refusal, CSTA_INCOMPLETE, start, longer);
    header->is_indefinite = *at == LENGTH_INDEFINITE;
    if (header->is_indefinite) {
        if ((header->tag & BER_CONSTRUCTED) == 0)
            return ber_refuse(refusal, CSTA_MALFORMED, at, "an indefinite length of a primitive");
        header->content = at + 1;
        header->end = end;
        return true;
    }
    uint32_t length = *at;
    if (length < LENGTH_INDEFINITE)
        at++;
    else if (!read_long_length(&length, &at, start, end, refusal))
        return false;
    if (length > (size_t)(end - at))
        return ber_refuse(refusal, CSTA_INCOMPLETE, start, longer);
    header->content = at;
    header->end = at + length;
    return true;
}

bool
ber_end_of_contents_check(const uint8_t *at, bool is_indefinite, struct ber_refusal *refusal)
{
    if (!is_indefinite)
        return ber_refuse(refusal, CSTA_MALFORMED, at, "end-of-contents octets where none are due");
    if (at[1] != 0)
        return ber_refuse(refusal, CSTA_MALFORMED, at + 1, "end-of-contents octets with a length");
    return true;
}
