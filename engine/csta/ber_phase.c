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
static uint32_t
phase_of_version(uint32_t bit)
{
    switch (bit) {
    case 0:
        return BER_PHASE_1;
    case 1:
        return BER_PHASE_2;
    case 2:
    case 3: /* ISO/IEC 18052 */
    case 4:
    case 14:
    case 18:
        return BER_PHASE_3;
    default:
        return 0;
    }
}

/* CSTAVersion: one phase, or several between which the peers choose. */
static uint32_t
phases_of_versions(const struct ber_header *bits)
{
    uint32_t phases = 0;
    uint32_t octets = (uint32_t)(bits->end - bits->content);
    if (octets < 2 || bits->content[0] > 7)
        return BER_ANY_PHASE;
    uint32_t count = 8 * (octets - 1) - bits->content[0];
    for (uint32_t i = 0; i < count; i++) {
        if ((bits->content[1 + i / 8] << (i % 8) & 0x80) != 0)
            phases |= phase_of_version(i);
    }
    return phases == 0 ? BER_ANY_PHASE : phases;
}

/* user-information: BE{28{06 syntax, A0{value} or 81 value}}, value 30{03 versions, ...}; its
 * newer definition is [0] IMPLICIT. */
static uint32_t
phases_of_association(struct cursor pdu)
{
    struct ber_header element;
    if (!find(&pdu, 0xBE, &element))
        return BER_ANY_PHASE;
    struct cursor information = inside(&element);
    if (!next_is(&information, 0x28, &element))
        return BER_ANY_PHASE;
    struct cursor external = inside(&element);
    do {
        if (!next(&external, &element))
            return BER_ANY_PHASE;
    } while (element.tag != 0xA0 && element.tag != 0x81);
    struct cursor value = inside(&element);
    if (!next(&value, &element) || (element.tag != 0x30 && element.tag != 0xA0))
        return BER_ANY_PHASE;
    struct cursor fields = inside(&element);
    return next_is(&fields, 0x03, &element) ? phases_of_versions(&element) : BER_ANY_PHASE;
}

/* ------------------------------------------------------------------------ operations */

/* In phase III a report's event stands in its tag, in II in a SEQUENCE inside it; in I a number
 * says which it is. */
static uint32_t
phases_of_report(struct cursor argument)
{
    struct ber_header element;
    if (!next_is(&argument, 0x30, &element))
        return BER_ANY_PHASE;
    struct cursor report = inside(&element);
    if (!next_is(&report, 0x55, &element) || !next(&report, &element))
        return BER_ANY_PHASE;
    if (element.tag == 0x80)
        return BER_PHASE_1;
    struct cursor events = inside(&element);
    if (element.tag != 0xA0 || !next(&events, &element) || (element.tag & 0xE0) != 0xA0)
        return BER_ANY_PHASE;
    struct cursor event = inside(&element);
    if (!next(&event, &element))
        return BER_ANY_PHASE;
    if (element.tag == 0x30)
        return BER_PHASE_2;
    return element.tag == 0x6B ? BER_PHASE_3 : BER_ANY_PHASE;
}

/* A ConnectionID: 82 and 83 stand in it only in phases I and II, 83 (a dynamic device) in II; 30
 * and A1 only in III; a lone 80 may be a device or a callID. */
static uint32_t
phases_of_connection(const struct ber_header *connection)
{
    uint32_t phases = BER_ANY_PHASE;
    struct cursor fields = inside(connection);
    struct ber_header element;
    while (next(&fields, &element)) {
        if (element.tag == 0x30 || element.tag == 0xA1)
            phases &= BER_PHASE_3;
        else if (element.tag == 0x82)
            phases &= BER_PHASE_1 | BER_PHASE_2;
        else if (element.tag == 0x83)
            phases &= BER_PHASE_2;
    }
    return phases == 0 ? BER_ANY_PHASE : phases;
}

/* What a request is about: a connection, or a device: in phase III a SEQUENCE, in I and II its
 * number alone. */
static uint32_t
phases_of_object(struct cursor argument, bool stands_in_sequence)
{
    struct ber_header element;
    if (!next(&argument, &element))
        return BER_ANY_PHASE;
    bool is_inside = element.tag == 0x30;
    if (is_inside) {
        struct cursor fields = inside(&element);
        if (!next(&fields, &element))
            return BER_ANY_PHASE;
    }
    if (element.tag == 0x6B)
        return phases_of_connection(&element);
    if (is_inside && element.tag == 0x30)
        return BER_PHASE_3;
    /* Of the other requests, a SEQUENCE around a number may be phase III's DeviceID itself. */
    bool is_number = (element.tag & 0xE0) == 0x80;
    return is_number && is_inside == stands_in_sequence ? BER_PHASE_1 | BER_PHASE_2 : BER_ANY_PHASE;
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

static uint32_t
phases_of_invoke(struct cursor pdu)
{
    struct ber_header element;
    if (!next_is(&pdu, 0x02, &element) || !find(&pdu, 0x02, &element))
        return BER_ANY_PHASE;
    switch (operation_of(&element)) {
    case 21:
        return phases_of_report(pdu);
    case 211:
        return BER_PHASE_3;
    case 52:
        return BER_PHASE_1 | BER_PHASE_2;
    case 71:
        return phases_of_object(pdu, true);
    case 4:
    case 5:
    case 74:
    case 75:
        return phases_of_object(pdu, false);
    default:
        return BER_ANY_PHASE;
    }
}

uint32_t
ber_phases(const char *bytes, size_t length)
{
    const uint8_t *first = (const uint8_t *)bytes;
    struct cursor whole = {first, first + length};
    struct ber_header pdu;
    if (!next(&whole, &pdu))
        return BER_ANY_PHASE;
    switch (pdu.tag) {
    case 0x60:
    case 0x61:
        return phases_of_association(inside(&pdu));
    case 0xA1:
        return phases_of_invoke(inside(&pdu));
    default:
        return BER_ANY_PHASE;
    }
}
