#include "engine/csta/xml_markup.h"

#include <strings.h>

#include "base/check.h"
#include "engine/csta/xml_char.h"

static const char not_a_character[] = "a byte that is no legal character here";

bool
xml_fail(struct xml_scan *scan, enum csta_result result, const char *at, const char *why)
{
    scan->at = at;
    scan->result = result;
    scan->why = why;
    return false;
}

bool
xml_fail_cut_off(struct xml_scan *scan)
{
    return xml_fail(scan, CSTA_INCOMPLETE, scan->end, "the document ends too early");
}

bool
xml_skip_spaces(struct xml_scan *scan)
{
    const char *from = scan->at;
    while (scan->at < scan->end && xml_byte_is(*scan->at, XML_BYTE_SPACE))
        scan->at++;
    return scan->at != from;
}

bool
xml_read_high(struct xml_scan *scan, uint32_t *code)
{
    DCHECK(xml_byte_is(*scan->at, XML_BYTE_HIGH));
    if (scan->encoding == XML_ENCODING_ISO_8859_1) {
        *code = (uint8_t)*scan->at++;
        return true;
    }
    if (scan->encoding == XML_ENCODING_US_ASCII)
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "a byte over 127 in US-ASCII");
    int length = xml_char_read(scan->at, scan->end, code);
    if (length == XML_CHAR_CUT_OFF)
        return xml_fail_cut_off(scan);
    if (length == XML_CHAR_ILLEGAL)
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "not UTF-8, or no legal character");
    scan->at += length;
    return true;
}

/* Moves over one name character that is neither an ASCII name byte nor a colon. */
static bool
read_high_name(struct xml_scan *scan, bool is_first)
{
    const char *from = scan->at;
    uint32_t code;
    if (!xml_read_high(scan, &code))
        return false;
    if (!xml_char_is_name(code, is_first))
        return xml_fail(scan, CSTA_MALFORMED, from, "a character that no name may have");
    return true;
}

bool
xml_read_name(struct xml_scan *scan, struct text *whole, struct text *local)
{
    const char *const from = scan->at, *const end = scan->end;
    const char *after_colon = from, *at = from;
    if (at < end && !xml_byte_is(*at, XML_BYTE_START | XML_BYTE_HIGH) && *at != ':')
        return xml_fail(scan, CSTA_MALFORMED, from, "a name was expected");
    for (;;) {
        while (at < end && xml_byte_is(*at, XML_BYTE_NAME))
            at++;
        if (at == end)
            return xml_fail_cut_off(scan);
        if (*at == ':') {
            after_colon = ++at;
            continue;
        }
        if (!xml_byte_is(*at, XML_BYTE_HIGH))
            break;
        scan->at = at;
        if (!read_high_name(scan, at == from))
            return false;
        at = scan->at;
    }
    scan->at = at;
    *whole = (struct text){from, (uint32_t)(at - from)};
    *local = (struct text){after_colon, (uint32_t)(at - after_colon)};
    return true;
}

static int
digit_value(char byte, uint32_t base)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (base == 16 && byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (base == 16 && byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* The number of a character reference, from behind &# to behind the semicolon. */
static bool
read_number(struct xml_scan *scan, const char *from, uint32_t *code)
{
    uint32_t base = 10, value = 0;
    if (scan->at < scan->end && *scan->at == 'x') {
        base = 16;
        scan->at++;
    }
    const char *first = scan->at;
    int digit;
    while (scan->at < scan->end && (digit = digit_value(*scan->at, base)) >= 0) {
        /* Leading zeros may go on for ever; a number too large stays too large. */
        value = value > 0x10ffff ? value : value * base + (uint32_t)digit;
        scan->at++;
    }
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    if (*scan->at != ';' || scan->at == first || !xml_char_is_legal(value))
        return xml_fail(scan, CSTA_MALFORMED, from, "a character reference to no legal character");
    scan->at++;
    *code = value;
    return true;
}

bool
xml_read_reference(struct xml_scan *scan, uint32_t *code)
{
    static const struct {
        struct text name;
        char character;
    } entities[] = {
        {{"lt;", 3}, '<'},   {{"gt;", 3}, '>'},    {{"amp;", 4}, '&'},
        {{"quot;", 5}, '"'}, {{"apos;", 5}, '\''},
    };
    const char *from = scan->at;
    DCHECK(*from == '&');

    scan->at++;
    if (scan->at < scan->end && *scan->at == '#') {
        scan->at++;
        return read_number(scan, from, code);
    }
    struct text rest = {scan->at, (uint32_t)(scan->end - scan->at)};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (text_has_prefix(rest, entities[i].name)) {
            scan->at += entities[i].name.length;
            *code = (uint8_t)entities[i].character;
            return true;
        }
    }
    struct text whole, local;
    if (!xml_read_name(scan, &whole, &local))
        return false;
    return xml_fail(scan, CSTA_MALFORMED, from, "an entity that is not one of the five");
}

/* Moves to the next `stop`, an ASCII byte, over legal characters. */
static bool
skip_to(struct xml_scan *scan, char stop)
{
    uint32_t code;
    while (scan->at < scan->end && *scan->at != stop) {
        if (xml_byte_is(*scan->at, XML_BYTE_LEGAL))
            scan->at++;
        else if (!xml_byte_is(*scan->at, XML_BYTE_HIGH))
            return xml_fail(scan, CSTA_MALFORMED, scan->at, not_a_character);
        else if (!xml_read_high(scan, &code))
            return false;
    }
    return scan->at < scan->end || xml_fail_cut_off(scan);
}

bool
xml_read_comment(struct xml_scan *scan)
{
    scan->at += 4; /* <!-- */
    for (;;) {
        if (!skip_to(scan, '-'))
            return false;
        if (scan->end - scan->at < 2)
            return xml_fail_cut_off(scan);
        if (scan->at[1] == '-')
            break;
        scan->at++;
    }
    if (scan->end - scan->at < 3)
        return xml_fail_cut_off(scan);
    if (scan->at[2] != '>')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "two hyphens inside a comment");
    scan->at += 3;
    return true;
}

bool
xml_read_instruction(struct xml_scan *scan)
{
    const char *from = scan->at;
    struct text target, local;
    scan->at += 2; /* <? */
    if (!xml_read_name(scan, &target, &local))
        return false;
    if (target.length == 3 && strncasecmp(target.at, "xml", 3) == 0)
        return xml_fail(scan, CSTA_MALFORMED, from, "an XML declaration that is not at the start");
    if (*scan->at != '?' && !xml_byte_is(*scan->at, XML_BYTE_SPACE))
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "white space was expected");
    bool has_data = *scan->at != '?';
    for (;;) {
        if (!skip_to(scan, '?'))
            return false;
        if (scan->end - scan->at < 2)
            return xml_fail_cut_off(scan);
        if (scan->at[1] == '>')
            break;
        if (!has_data)
            return xml_fail(scan, CSTA_MALFORMED, scan->at, "white space was expected");
        scan->at++;
    }
    scan->at += 2;
    return true;
}

/* One `name = "value"` of the declaration; the value has only bytes all encodings share. */
static bool
read_pseudo_attribute(struct xml_scan *scan, struct text *name, struct text *value)
{
    struct text local;
    if (!xml_read_name(scan, name, &local))
        return false;
    xml_skip_spaces(scan);
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    if (*scan->at != '=')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "an equals sign was expected");
    scan->at++;
    xml_skip_spaces(scan);
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    char quote = *scan->at;
    if (quote != '"' && quote != '\'')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "a quote was expected");
    const char *from = ++scan->at;
    while (scan->at < scan->end && xml_byte_is(*scan->at, XML_BYTE_NAME))
        scan->at++;
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    if (*scan->at != quote)
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "a character no declaration may have");
    *value = (struct text){from, (uint32_t)(scan->at - from)};
    scan->at++;
    return true;
}

static bool
accept_version(struct xml_scan *scan, struct text value)
{
    bool is_one = value.length > 2 && text_has_prefix(value, TEXT("1."));
    for (uint32_t i = 2; i < value.length; i++)
        is_one = is_one && value.at[i] >= '0' && value.at[i] <= '9';
    return is_one || xml_fail(scan, CSTA_REFUSED, value.at, "an XML version other than 1.x");
}

static bool
accept_encoding(struct xml_scan *scan, struct text value)
{
    static const struct text names[] = {
        [XML_ENCODING_UTF_8] = {"UTF-8", 5},
        [XML_ENCODING_US_ASCII] = {"US-ASCII", 8},
        [XML_ENCODING_ISO_8859_1] = {"ISO-8859-1", 10},
    };
    bool has_mark = scan->begin[0] == '\xef';
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (value.length != names[i].length ||
            strncasecmp(value.at, names[i].at, value.length) != 0)
            continue;
        /* US-ASCII is a part of UTF-8, so the mark does not contradict it. */
        if (has_mark && i == XML_ENCODING_ISO_8859_1)
            return xml_fail(scan, CSTA_REFUSED, value.at,
                            "a UTF-8 byte order mark, but another encoding");
        scan->encoding = (uint8_t)i;
        return true;
    }
    return xml_fail(scan, CSTA_REFUSED, value.at,
                    "an encoding other than UTF-8, US-ASCII and ISO-8859-1");
}

static bool
accept_standalone(struct xml_scan *scan, struct text value)
{
    return text_is_equal(value, TEXT("yes")) || text_is_equal(value, TEXT("no")) ||
           xml_fail(scan, CSTA_MALFORMED, value.at, "standalone is yes or no");
}

/* The part named `name`: VERSION, ENCODING, STANDALONE, in this order, VERSION always. */
static bool
accept_part(struct xml_scan *scan, uint32_t *next, struct text name, struct text value)
{
    enum { VERSION, ENCODING, STANDALONE };
    static const struct text names[] = {{"version", 7}, {"encoding", 8}, {"standalone", 10}};

    uint32_t part = *next;
    if (part == ENCODING && text_is_equal(name, names[STANDALONE]))
        part = STANDALONE;
    if (part > STANDALONE || !text_is_equal(name, names[part]))
        return xml_fail(scan, CSTA_MALFORMED, name.at,
                        "not version, encoding, standalone in this order");
    *next = part + 1;
    return part == VERSION    ? accept_version(scan, value)
           : part == ENCODING ? accept_encoding(scan, value)
                              : accept_standalone(scan, value);
}

bool
xml_read_declaration(struct xml_scan *scan)
{
    struct text rest = {scan->at, (uint32_t)(scan->end - scan->at)};
    if (rest.length <= 5 || !text_has_prefix(rest, TEXT("<?xml")) ||
        !xml_byte_is(rest.at[5], XML_BYTE_SPACE))
        return true; /* none, or an instruction whose target merely begins with xml */
    scan->at += 5;

    uint32_t next = 0;
    for (;;) {
        bool was_spaced = xml_skip_spaces(scan);
        if (scan->end - scan->at < 2 && (scan->at == scan->end || *scan->at == '?'))
            return xml_fail_cut_off(scan);
        if (*scan->at == '?')
            break;
        struct text name, value;
        if (!was_spaced)
            return xml_fail(scan, CSTA_MALFORMED, scan->at, "white space was expected");
        if (!read_pseudo_attribute(scan, &name, &value) || !accept_part(scan, &next, name, value))
            return false;
    }
    if (next == 0 || scan->at[1] != '>')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "an XML declaration without its version");
    scan->at += 2;
    return true;
}
