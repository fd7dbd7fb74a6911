#include "base/utf8.h"

#include "base/check.h"

/* The lead bytes of RFC 3629: how many follow, and what the first of them may be. */
static unsigned
sequence_of(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 1;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0)
            *low = 0xa0; /* else overlong */
        if (lead == 0xed)
            *high = 0x9f; /* else a surrogate */
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0)
            *low = 0x90;
        if (lead == 0xf4)
            *high = 0x8f; /* else above U+10FFFF */
        return 3;
    }
    return 0;
}

uint32_t
utf8_take(const uint8_t **at, const uint8_t *end)
{
    DCHECK(*at < end);

    uint8_t lead = *(*at)++;
    if (lead < 0x80)
        return lead;
    uint8_t low;
    uint8_t high;
    unsigned follow = sequence_of(lead, &low, &high);
    if (follow == 0)
        return UTF8_WRONG;
    uint32_t character = lead & (0x3fu >> follow);
    for (unsigned i = 0; i < follow; i++) {
        if (*at == end || **at < low || **at > high)
            return UTF8_WRONG;
        character = character << 6 | (*(*at)++ & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    return character;
}

bool
utf8_is_harmless(uint32_t character)
{
    if (character < 0x20 || (character >= 0x7f && character <= 0x9f))
        return false;
    if (character == 0x61c || character == 0xfeff)
        return false;
    if (character < 0x200e || character > 0x2069)
        return true;
    return !(character <= 0x200f || (character >= 0x2028 && character <= 0x202e) ||
             character >= 0x2066);
}
