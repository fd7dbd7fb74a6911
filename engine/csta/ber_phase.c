#include "engine/csta/ber_decode.h"
#include "engine/csta/ber_header.h"

/* Elements that follow one another. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

/* The next element, if there is one. Nothing behind an indefinite length is looked at. */
static bool
next(struct cursor *cursor, struct ber_header *element)
{
    struct ber_refusal refusal;
    if (cursor->at == cursor->end || !ber_header_read(element, cursor->at, cursor->end, &refusal))
        return false;
    cursor->at = element->end;
    return true;
}

static bool
next_is(struct cursor *cursor, uint8_t tag, struct ber_header *element)
{
    return next(cursor, element) && element->tag == tag;
}

static struct cursor
inside(const struct ber_header *element)
{
    return (struct cursor){element->content, element->end};
}

/* The first element of that tag that is still to come. */
static bool
find(struct cursor *cursor, uint8_t tag, struct ber_header *element)
{
    while (next(cursor, element)) {
        if (element->tag == tag)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------ associations */

/* Versions of CSTA, ECMA-285 annex on the application context; the other bits are ECMA-323. */
static enum csta_encoding
phase_of_version(uint32_t bit)
{
    switch (bit) {
    case 0:
        return ENCODING_BER1;
    case 1:
        return ENCODING_BER2;
    case 2:
    case 3: /* ISO/IEC 18052 */
    case 4:
    case 14:
    case 18:
        return ENCODING_BER3;
    default:
        return ENCODING_XML;
    }
}

/* CSTAVersion: one phase, or several between which the peers choose. */
static enum csta_encoding
phase_of_versions(const struct ber_header *bits)
{
    enum csta_encoding phase = ENCODING_AUTO;
    uint32_t octets = (uint32_t)(bits->end - bits->content);
    if (octets < 2 || bits->content[0] > 7)
        return ENCODING_AUTO;
    uint32_t count = 8 * (octets - 1) - bits->content[0];
    for (uint32_t i = 0; i < count; i++) {
        if ((bits->content[1 + i / 8] << (i % 8) & 0x80) == 0)
            continue;
        if (phase != ENCODING_AUTO && phase != phase_of_version(i))
            return ENCODING_AUTO;
        phase = phase_of_version(i);
    }
    return phase == ENCODING_XML ? ENCODING_AUTO : phase;
}

/* user-information: BE{28{06 syntax, A0{value} or 81 value}}, value 30{03 versions, ...}; its
 * newer definition is [0] IMPLICIT. */
static enum csta_encoding
phase_of_association(struct cursor pdu)
{
    struct ber_header element;
    if (!find(&pdu, 0xBE, &element))
        return ENCODING_AUTO;
    struct cursor information = inside(&element);
    if (!next_is(&information, 0x28, &element))
        return ENCODING_AUTO;
    struct cursor external = inside(&element);
    do {
        if (!next(&external, &element))
            return ENCODING_AUTO;
    } while (element.tag != 0xA0 && element.tag != 0x81);
    struct cursor value = inside(&element);
    if (!next(&value, &element) || (element.tag != 0x30 && element.tag != 0xA0))
        return ENCODING_AUTO;
    struct cursor fields = inside(&element);
    return next_is(&fields, 0x03, &element) ? phase_of_versions(&element) : ENCODING_AUTO;
}

/* ------------------------------------------------------------------------ operations */

/* In phase III a report's event stands in its tag, in II in a SEQUENCE inside it; in I a number
 * says which it is. */
static enum csta_encoding
phase_of_report(struct cursor argument)
{
    struct ber_header element;
    if (!next_is(&argument, 0x30, &element))
        return ENCODING_AUTO;
    struct cursor report = inside(&element);
    if (!next_is(&report, 0x55, &element) || !next(&report, &element))
        return ENCODING_AUTO;
    if (element.tag == 0x80)
        return ENCODING_BER1;
    struct cursor events = inside(&element);
    if (element.tag != 0xA0 || !next(&events, &element) || (element.tag & 0xE0) != 0xA0)
        return ENCODING_AUTO;
    struct cursor event = inside(&element);
    if (!next(&event, &element))
        return ENCODING_AUTO;
    if (element.tag == 0x30)
        return ENCODING_BER2;
    return element.tag == 0x6B ? ENCODING_BER3 : ENCODING_AUTO;
}

/* What a request is about: a DeviceID is a SEQUENCE only in phase III, and what only there stands
 * in a ConnectionID tells too. I and II say it alike. */
static enum csta_encoding
phase_of_object(struct cursor argument)
{
    struct ber_header element;
    if (!next(&argument, &element))
        return ENCODING_AUTO;
    if (element.tag == 0x30) {
        struct cursor fields = inside(&element);
        if (!next(&fields, &element))
            return ENCODING_AUTO;
        if (element.tag == 0x30)
            return ENCODING_BER3;
    }
    struct cursor connection = inside(&element);
    if (element.tag != 0x6B || !next(&connection, &element))
        return ENCODING_AUTO;
    return element.tag == 0x30 || element.tag == 0xA1 ? ENCODING_BER3 : ENCODING_AUTO;
}

/* An operation's number; no operation's for any other INTEGER. */
static uint32_t
operation_of(const struct ber_header *integer)
{
    uint32_t number = 0;
    if (integer->end == integer->content || integer->end - integer->content > 2 ||
        (integer->content[0] & 0x80) != 0)
        return UINT32_MAX;
    for (const uint8_t *at = integer->content; at < integer->end; at++)
        number = number << 8 | *at;
    return number;
}

static enum csta_encoding
phase_of_invoke(struct cursor pdu)
{
    struct ber_header element;
    if (!next_is(&pdu, 0x02, &element) || !find(&pdu, 0x02, &element))
        return ENCODING_AUTO;
    switch (operation_of(&element)) {
    case 21:
        return phase_of_report(pdu);
    case 211:
        return ENCODING_BER3;
    case 4:
    case 5:
    case 71:
    case 74:
    case 75:
        return phase_of_object(pdu);
    default:
        return ENCODING_AUTO;
    }
}

enum csta_encoding
ber_phase(const char *bytes, size_t length)
{
    const uint8_t *first = (const uint8_t *)bytes;
    struct cursor whole = {first, first + length};
    struct ber_header pdu;
    if (!next(&whole, &pdu))
        return ENCODING_AUTO;
    switch (pdu.tag) {
    case 0x60:
    case 0x61:
        return phase_of_association(inside(&pdu));
    case 0xA1:
        return phase_of_invoke(inside(&pdu));
    default:
        return ENCODING_AUTO;
    }
}
