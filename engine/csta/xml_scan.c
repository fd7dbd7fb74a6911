#include "engine/csta/xml_scan.h"

#include "base/check.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_markup.h"

static enum xml_token
failed(struct xml_scan *scan, enum csta_result result, const char *at, const char *why)
{
    xml_fail(scan, result, at, why);
    return XML_TOKEN_FAILED;
}

static enum xml_token
cut_off(struct xml_scan *scan)
{
    xml_fail_cut_off(scan);
    return XML_TOKEN_FAILED;
}

/* The bytes from scan->at go on with `text`; a document that ends inside it does so far. */
static bool
goes_on_with(const struct xml_scan *scan, struct text text)
{
    size_t left = (size_t)(scan->end - scan->at);
    return memcmp(scan->at, text.at, left < text.length ? left : text.length) == 0;
}

static bool
is_padding(char byte)
{
    return byte == '\0' || xml_byte_is(byte, XML_BYTE_SPACE);
}

void
xml_scan_begin(struct xml_scan *scan, const char *bytes, size_t length)
{
    CHECK(bytes != NULL || length == 0);
    const char *end = bytes + length;
    while (bytes < end && is_padding(*bytes))
        bytes++;
    while (bytes < end && is_padding(end[-1]))
        end--;

    /* The arrays are filled before they are read; clearing them would cost more than a scan. */
    scan->begin = scan->at = bytes;
    scan->end = end;
    scan->end_is_due = scan->is_in_cdata = scan->root_is_over = false;
    scan->encoding = XML_ENCODING_UTF_8;
    scan->depth = scan->attribute_count = 0;
    scan->result = CSTA_OK;
    scan->why = NULL;

    length = (size_t)(end - bytes);
    if (length > CSTA_MESSAGE_MAX)
        xml_fail(scan, CSTA_REFUSED, bytes, "a document over 65536 bytes");
    else if (length >= 2 && (memcmp(bytes, "<\0", 2) == 0 || memcmp(bytes, "\xff\xfe", 2) == 0 ||
                             memcmp(bytes, "\xfe\xff", 2) == 0))
        xml_fail(scan, CSTA_REFUSED, bytes, "UTF-16");
    else if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        scan->at += 3;
    if (scan->result == CSTA_OK)
        xml_read_declaration(scan);
}

/* ------------------------------------------------------------------------ text */

static enum xml_token
give_piece(struct xml_scan *scan, const char *from, const char *to, bool is_passing)
{
    scan->piece = (struct text){from, (uint32_t)(to - from)};
    scan->piece_is_passing = is_passing;
    return XML_TOKEN_TEXT;
}

/* A character that is not in the bytes as it is meant: a reference, or a Latin-1 letter. */
static enum xml_token
give_resolved(struct xml_scan *scan, uint32_t code)
{
    uint32_t length = xml_char_write(scan->resolved, code);
    return give_piece(scan, scan->resolved, scan->resolved + length, true);
}

/* CR and CR LF are line ends (XML 1.0, 2.11): the LF is given, the CR never. */
static enum xml_token
read_line_end(struct xml_scan *scan)
{
    scan->at++;
    if (scan->at < scan->end && *scan->at == '\n')
        return give_piece(scan, scan->at - 1, scan->at - 1, false);
    return give_resolved(scan, '\n');
}

/*
 * Moves over text that stands for itself, up to a byte that does not. UTF-8 stands for itself,
 * Latin-1 does not. False on failure.
 */
static bool
skip_plain(struct xml_scan *scan)
{
    const char *at = scan->at, *const end = scan->end;
    uint32_t code;
    for (;;) {
        while (at < end && xml_byte_is(*at, XML_BYTE_PLAIN))
            at++;
        scan->at = at;
        if (at == end || !xml_byte_is(*at, XML_BYTE_HIGH) ||
            scan->encoding == XML_ENCODING_ISO_8859_1)
            return true;
        if (!xml_read_high(scan, &code))
            return false;
        at = scan->at;
    }
}

/* What the byte that ended a plain run, neither < nor ], becomes. */
static enum xml_token
read_special(struct xml_scan *scan)
{
    uint32_t code;
    char byte = *scan->at;
    if (byte == '\r')
        return read_line_end(scan);
    if (byte == '&')
        return xml_read_reference(scan, &code) ? give_resolved(scan, code) : XML_TOKEN_FAILED;
    if (xml_byte_is(byte, XML_BYTE_HIGH)) {
        xml_read_high(scan, &code); /* Latin-1: every byte is a character */
        return give_resolved(scan, code);
    }
    return failed(scan, CSTA_MALFORMED, scan->at, "a byte that is no legal character here");
}

static enum xml_token
read_text(struct xml_scan *scan)
{
    const char *from = scan->at;
    for (;;) {
        if (!skip_plain(scan))
            return XML_TOKEN_FAILED;
        if (scan->at == scan->end)
            return cut_off(scan);
        if (*scan->at != ']')
            break;
        if (scan->end - scan->at >= 3 && memcmp(scan->at, "]]>", 3) == 0)
            return failed(scan, CSTA_MALFORMED, scan->at, "the end of a CDATA section in text");
        scan->at++;
    }
    if (scan->at > from)
        return give_piece(scan, from, scan->at, false);
    return read_special(scan);
}

/* Inside a CDATA section: a piece of it, or its end. */
static enum xml_token
read_cdata(struct xml_scan *scan)
{
    const char *from = scan->at;
    for (;;) {
        if (!skip_plain(scan))
            return XML_TOKEN_FAILED;
        if (scan->at == scan->end)
            return cut_off(scan);
        char byte = *scan->at;
        if (byte == ']' && scan->end - scan->at >= 3 && memcmp(scan->at, "]]>", 3) == 0)
            break;
        if (byte != ']' && byte != '&' && byte != '<')
            break;
        scan->at++;
    }
    if (scan->at > from)
        return give_piece(scan, from, scan->at, false);
    if (*scan->at != ']')
        return read_special(scan);
    scan->at += 3;
    scan->is_in_cdata = false;
    return give_piece(scan, scan->at, scan->at, false);
}

/* ------------------------------------------------------------------------ tags */

/* An attribute's value, from quote to quote. */
static bool
read_value(struct xml_scan *scan, struct text *value)
{
    const char quote = *scan->at;
    if (quote != '"' && quote != '\'')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "an attribute's value has no quotes");
    const char *const from = ++scan->at, *const end = scan->end;
    const char *at = from;
    for (;;) {
        while (at < end && xml_byte_is(*at, XML_BYTE_VALUE))
            at++;
        scan->at = at;
        if (at == end)
            return xml_fail_cut_off(scan);
        uint32_t code;
        if (*at == quote)
            break;
        if (*at == '"' || *at == '\'')
            scan->at++;
        else if (*at == '&' ? !xml_read_reference(scan, &code)
                 : xml_byte_is(*at, XML_BYTE_HIGH)
                     ? !xml_read_high(scan, &code)
                     : !xml_fail(scan, CSTA_MALFORMED, at, "no legal character of an attribute"))
            return false;
        at = scan->at;
    }
    *value = (struct text){from, (uint32_t)(scan->at - from)};
    scan->at++;
    return true;
}

static bool
is_repeated(const struct xml_scan *scan, struct text name)
{
    for (uint32_t i = 0; i < scan->attribute_count; i++) {
        if (text_is_equal(scan->attributes[i].name, name))
            return true;
    }
    return false;
}

static bool
read_attribute(struct xml_scan *scan)
{
    const char *from = scan->at;
    struct text name, local, value;
    if (!xml_read_name(scan, &name, &local))
        return false;
    xml_skip_spaces(scan);
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    if (*scan->at != '=')
        return xml_fail(scan, CSTA_MALFORMED, scan->at, "an attribute without a value");
    scan->at++;
    xml_skip_spaces(scan);
    if (scan->at == scan->end)
        return xml_fail_cut_off(scan);
    if (!read_value(scan, &value))
        return false;
    if (is_repeated(scan, name))
        return xml_fail(scan, CSTA_MALFORMED, from, "an attribute twice in one tag");
    if (scan->attribute_count == XML_ATTRIBUTES_MAX)
        return xml_fail(scan, CSTA_REFUSED, from, "more than 64 attributes in one tag");
    scan->attributes[scan->attribute_count++] = (struct xml_attribute){name, value};
    return true;
}

/* Attributes up to the end of a start tag. */
static bool
read_attributes(struct xml_scan *scan)
{
    for (;;) {
        bool was_spaced = xml_skip_spaces(scan);
        if (scan->at == scan->end)
            return xml_fail_cut_off(scan);
        if (*scan->at == '>' || *scan->at == '/')
            break;
        if (!was_spaced)
            return xml_fail(scan, CSTA_MALFORMED, scan->at, "white space was expected");
        if (!read_attribute(scan))
            return false;
    }
    if (*scan->at == '/') {
        scan->at++;
        if (scan->at == scan->end)
            return xml_fail_cut_off(scan);
        if (*scan->at != '>')
            return xml_fail(scan, CSTA_MALFORMED, scan->at, "a tag's slash without its bracket");
        scan->end_is_due = true;
    }
    scan->at++;
    return true;
}

static enum xml_token
read_start_tag(struct xml_scan *scan)
{
    const char *from = scan->at++;
    struct text whole;
    scan->attribute_count = 0;
    if (!xml_read_name(scan, &whole, &scan->name))
        return XML_TOKEN_FAILED;
    if (*scan->at == '>')
        scan->at++;
    else if (!read_attributes(scan))
        return XML_TOKEN_FAILED;
    if (scan->depth == XML_DEPTH_MAX)
        return failed(scan, CSTA_REFUSED, from, "elements nested deeper than 32");
    scan->open[scan->depth++] = whole;
    return XML_TOKEN_START;
}

static enum xml_token
close_element(struct xml_scan *scan)
{
    scan->end_is_due = false;
    scan->depth--;
    scan->root_is_over = scan->depth == 0;
    return XML_TOKEN_END;
}

static enum xml_token
read_end_tag(struct xml_scan *scan)
{
    struct text open = scan->open[scan->depth - 1];
    const char *name = scan->at + 2;
    if ((size_t)(scan->end - name) <= open.length) {
        scan->at = name;
        bool is_same = goes_on_with(scan, open);
        return is_same
                   ? cut_off(scan)
                   : failed(scan, CSTA_MALFORMED, name, "an end tag that closes another element");
    }
    scan->at = name + open.length;
    if (memcmp(name, open.at, open.length) != 0)
        return failed(scan, CSTA_MALFORMED, name, "an end tag that closes another element");
    xml_skip_spaces(scan);
    if (scan->at == scan->end)
        return cut_off(scan);
    if (*scan->at != '>')
        return failed(scan, CSTA_MALFORMED, name, "an end tag that closes another element");
    scan->at++;
    return close_element(scan);
}

/* ------------------------------------------------------------------------ document */

/* <! begins a comment, a CDATA section inside the root, or a DTD outside of it. */
static bool
read_exclamation(struct xml_scan *scan)
{
    if (goes_on_with(scan, TEXT("<!--")))
        return scan->end - scan->at < 4 ? xml_fail_cut_off(scan) : xml_read_comment(scan);
    if (scan->depth > 0 && goes_on_with(scan, TEXT("<![CDATA["))) {
        if (scan->end - scan->at < 9)
            return xml_fail_cut_off(scan);
        scan->at += 9;
        scan->is_in_cdata = true;
        return true;
    }
    if (scan->depth == 0 && !scan->root_is_over && goes_on_with(scan, TEXT("<!DOCTYPE"))) {
        if (scan->end - scan->at < 9)
            return xml_fail_cut_off(scan);
        return xml_fail(scan, CSTA_REFUSED, scan->at, "a document type definition");
    }
    return xml_fail(scan, CSTA_MALFORMED, scan->at, "neither comment nor CDATA section");
}

/* Reads the markup at <, all of which is over at once except tags and CDATA sections. */
static bool
read_aside(struct xml_scan *scan)
{
    return scan->at[1] == '?' ? xml_read_instruction(scan) : read_exclamation(scan);
}

/* Before and after the root element. */
static enum xml_token
next_outside(struct xml_scan *scan)
{
    for (;;) {
        xml_skip_spaces(scan);
        if (scan->at == scan->end)
            return scan->root_is_over ? XML_TOKEN_FINISHED : cut_off(scan);
        if (*scan->at != '<')
            return failed(scan, CSTA_MALFORMED, scan->at, "text outside the root element");
        if (scan->end - scan->at < 2)
            return cut_off(scan);
        if (scan->at[1] != '?' && scan->at[1] != '!')
            break;
        if (!read_aside(scan))
            return XML_TOKEN_FAILED;
    }
    if (scan->root_is_over)
        return failed(scan, CSTA_MALFORMED, scan->at, "a second root element");
    return read_start_tag(scan);
}

enum xml_token
xml_scan_next(struct xml_scan *scan)
{
    if (scan->result != CSTA_OK)
        return XML_TOKEN_FAILED;
    if (scan->end_is_due)
        return close_element(scan);
    if (scan->depth == 0)
        return next_outside(scan);
    for (;;) {
        if (scan->is_in_cdata)
            return read_cdata(scan);
        if (scan->at == scan->end)
            return cut_off(scan);
        if (*scan->at != '<')
            return read_text(scan);
        if (scan->end - scan->at < 2)
            return cut_off(scan);
        char second = scan->at[1];
        if (second == '/')
            return read_end_tag(scan);
        if (second != '!' && second != '?')
            return read_start_tag(scan);
        if (!read_aside(scan))
            return XML_TOKEN_FAILED;
    }
}

/* Does an attribute's value as written, references resolved, read `wanted` (ASCII)? */
static bool
value_reads(struct text written, struct text wanted)
{
    if (text_is_equal(written, wanted))
        return true;
    if (written.length == 0 || memchr(written.at, '&', written.length) == NULL)
        return false;
    struct xml_scan part = {.at = written.at, .end = written.at + written.length};
    uint32_t same = 0;
    while (part.at < part.end && same < wanted.length) {
        uint32_t code = (uint8_t)*part.at;
        if (code != '&')
            part.at++;
        else if (!xml_read_reference(&part, &code))
            return false;
        if (code != (uint8_t)wanted.at[same++])
            return false;
    }
    return part.at == part.end && same == wanted.length;
}

bool
xml_scan_has(const struct xml_scan *scan, struct text name, struct text value)
{
    for (uint32_t i = 0; i < scan->attribute_count; i++) {
        struct text whole = scan->attributes[i].name;
        uint32_t prefix = whole.length - name.length;
        if (whole.length < name.length || (prefix > 0 && whole.at[prefix - 1] != ':'))
            continue;
        if (text_is_equal(text_skip(whole, prefix), name) &&
            value_reads(scan->attributes[i].value, value))
            return true;
    }
    return false;
}
