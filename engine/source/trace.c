/*
 * engine/source/trace.c - `# onhook-trace 1`: a message a line, links and times in it.
 *
 *   # link NAME key=value ...
 *   # alias [NUMBER=NUMBER ...]
 *   SECONDS NAME < INVOKE PAYLOAD
 *   SECONDS NAME > INVOKE [by=DN] PAYLOAD
 *   SECONDS NAME ! up|down|tick|set
 */
#include <string.h>

#include "base/check.h"
#include "engine/source/source.h"

/* 9999-12-31T23:59:59Z is the last second that can be printed. */
#define SECONDS_END INT64_C(253402300800)

static bool
is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct text
without_leading_spaces(struct text line)
{
    while (line.length > 0 && is_space(line.at[0]))
        line = text_skip(line, 1);
    return line;
}

static struct text
without_trailing_spaces(struct text line)
{
    while (line.length > 0 &&
           (is_space(line.at[line.length - 1]) || line.at[line.length - 1] == '\r'))
        line.length--;
    return line;
}

/* The next field; *line is what follows it and the spaces behind it. */
static struct text
take_field(struct text *line)
{
    struct text field = {line->at, 0};
    while (field.length < line->length && !is_space(line->at[field.length]))
        field.length++;
    *line = without_leading_spaces(text_skip(*line, field.length));
    return field;
}

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* DIGITS[.DIGITS], to microseconds; finer digits are dropped. */
static bool
parse_seconds(struct text field, int64_t *time_us)
{
    int64_t seconds = 0;
    uint32_t at = 0;
    for (; at < field.length && is_digit(field.at[at]); at++) {
        seconds = seconds * 10 + (field.at[at] - '0');
        if (seconds >= SECONDS_END)
            return false;
    }
    if (at == 0)
        return false;
    int64_t fraction = 0;
    if (at < field.length) {
        if (field.at[at++] != '.' || at == field.length)
            return false;
        int64_t unit = 100000;
        for (; at < field.length && is_digit(field.at[at]); at++, unit /= 10)
            fraction += unit * (field.at[at] - '0');
    }
    if (at < field.length)
        return false;
    *time_us = seconds * 1000000 + fraction;
    return true;
}

static enum trace_line
bad(struct source_message *message, const char *why)
{
    message->kind = SOURCE_BAD;
    message->why = why;
    return TRACE_ENTRY;
}

static int
hex_value(char digit)
{
    if (is_digit(digit))
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static enum trace_line
parse_hex(struct text digits, char *hex, struct source_message *message)
{
    if (digits.length == 0 || digits.length % 2 != 0)
        return bad(message, "hex: needs an even number of digits");
    for (uint32_t i = 0; i < digits.length; i += 2) {
        int high = hex_value(digits.at[i]);
        int low = hex_value(digits.at[i + 1]);
        if (high < 0 || low < 0)
            return bad(message, "hex: is followed by something that is no hex digit");
        hex[i / 2] = (char)(high << 4 | low);
    }
    message->payload = (struct text){hex, digits.length / 2};
    return TRACE_ENTRY;
}

static enum trace_line
parse_payload(struct text payload, char *hex, struct source_message *message)
{
    if (text_has_prefix(payload, TEXT("hex:")))
        return parse_hex(text_skip(payload, 4), hex, message);
    if (payload.length == 0)
        return bad(message, "the payload is missing");
    if (payload.at[0] != '<')
        return bad(message, "the payload is neither XML nor hex:");
    message->payload = payload;
    return TRACE_ENTRY;
}

static bool
is_invoke(struct text field)
{
    return field.length == 4 && is_digit(field.at[0]) && is_digit(field.at[1]) &&
           is_digit(field.at[2]) && is_digit(field.at[3]);
}

/* x and four bytes in hex: old clients write them in binary. */
static bool
is_hex_invoke(struct text field, char *hex)
{
    if (field.length != 9 || field.at[0] != 'x')
        return false;
    struct source_message bytes = {.kind = SOURCE_MESSAGE};
    parse_hex(text_skip(field, 1), hex, &bytes);
    return bytes.kind != SOURCE_BAD;
}

/* The bytes of a hex invoke ID stand at the beginning of `hex`, those of the payload behind. */
static enum trace_line
parse_message(struct text rest, char *hex, struct source_message *message)
{
    struct text invoke = take_field(&rest);
    if (is_invoke(invoke)) {
        message->invoke = invoke;
    } else if (is_hex_invoke(invoke, hex)) {
        message->invoke = (struct text){hex, 4};
        hex += 4;
    } else if (!text_is_equal(invoke, TEXT("-"))) {
        return bad(message, "INVOKE must be 4 digits, x and 8 hex digits, or -");
    }
    if (message->direction == SOURCE_TO_SWITCH && text_has_prefix(rest, TEXT("by="))) {
        message->by = text_skip(take_field(&rest), 3);
        if (text_is_none(message->by))
            return bad(message, "by= names nobody");
    }
    return parse_payload(rest, hex, message);
}

/* A malformed one is still no message: it takes no Seq, so it belongs to no link. */
static enum trace_line
parse_notice(struct text rest, struct source_message *message)
{
    if (text_is_equal(rest, TEXT("up")))
        message->kind = SOURCE_UP;
    else if (text_is_equal(rest, TEXT("down")))
        message->kind = SOURCE_DOWN;
    else if (text_is_equal(rest, TEXT("tick")))
        message->kind = SOURCE_TICK;
    else if (text_is_equal(rest, TEXT("set")))
        message->kind = SOURCE_SET;
    if (message->kind != SOURCE_MESSAGE && message->has_time)
        return TRACE_ENTRY;
    message->link = TEXT_NONE;
    return bad(message, message->has_time ? "! must be followed by up, down, tick or set"
                                          : "SECONDS is no time");
}

static enum trace_line
parse_entry(struct text line, bool cut, char *hex, struct source_message *message)
{
    message->has_time = parse_seconds(take_field(&line), &message->time_us);
    struct text name = take_field(&line);
    if (!source_is_link_name(name))
        return bad(message, "expected SECONDS NAME, then <, > or !");
    message->link = name;

    struct text mark = take_field(&line);
    if (text_is_equal(mark, TEXT("!")))
        return parse_notice(line, message);
    if (cut)
        return bad(message, "the line is longer than 204800 bytes");
    if (!message->has_time)
        return bad(message, "SECONDS is no time");
    if (text_is_equal(mark, TEXT("<")))
        message->direction = SOURCE_FROM_SWITCH;
    else if (text_is_equal(mark, TEXT(">")))
        message->direction = SOURCE_TO_SWITCH;
    else
        return bad(message, "expected <, > or ! behind the link's name");
    return parse_message(line, hex, message);
}

static bool
is_declaration(struct text line)
{
    struct text rest = without_leading_spaces(text_skip(line, 1));
    struct text word = take_field(&rest);
    return text_is_equal(word, TEXT("link")) || text_is_equal(word, TEXT("alias"));
}

static enum trace_line
parse_declaration(struct text line, bool cut, struct source_message *message)
{
    struct text rest = without_leading_spaces(text_skip(line, 1));
    if (cut)
        return bad(message, "the line is longer than 204800 bytes");
    if (text_is_equal(take_field(&rest), TEXT("link"))) {
        message->link = take_field(&rest);
        if (!source_is_link_name(message->link)) {
            message->link = TEXT_NONE;
            return bad(message, "# link needs a NAME of letters, digits and . _ @ -");
        }
    }
    message->kind = SOURCE_DECLARE;
    message->payload = rest;
    return TRACE_DECLARATION;
}

enum trace_line
trace_parse_line(struct text line, bool cut, char *hex, struct source_message *message)
{
    *message = (struct source_message){.kind = SOURCE_MESSAGE};
    line = without_trailing_spaces(line);
    if (line.length == 0)
        return TRACE_NOTHING;
    if (line.at[0] != '#')
        return parse_entry(line, cut, hex, message);
    if (is_declaration(line))
        return parse_declaration(line, cut, message);
    return TRACE_NOTHING;
}

/* The next key of a `# link` line, or the line's one message if it has none. */
static enum source_result
next_declared(struct source *source, struct source_message *message)
{
    *message = source->declaration;
    source->declared++;
    struct text pair = take_field(&source->undeclared);
    const char *equals = pair.length == 0 ? NULL : memchr(pair.at, '=', pair.length);
    if (pair.length == 0)
        return SOURCE_OK;
    if (equals == NULL || equals == pair.at) {
        bad(message, text_is_none(message->link) ? "# alias must be followed by number=number"
                                                 : "# link NAME must be followed by key=value");
        message->link = TEXT_NONE;
        return SOURCE_OK;
    }
    message->key = (struct text){pair.at, (uint32_t)(equals - pair.at)};
    message->value = text_skip(pair, message->key.length + 1);
    return SOURCE_OK;
}

/* Leaves the reader behind the end of a line that was too long, or at the end of what is there. */
static void
skip_line(struct source *source)
{
    struct reader *reader = &source->reader;
    const char *end = memchr(reader_at(reader), '\n', reader_available(reader));
    source->skipping = end == NULL;
    reader_take(reader,
                end == NULL ? reader_available(reader) : (size_t)(end - reader_at(reader)) + 1);
}

enum line_result {
    LINE_OK,
    LINE_TOO_LONG, /* *line is its beginning */
    LINE_END,
    LINE_WAIT,
    LINE_FAILED,
};

/* Takes the next line from the reader; *line points into its buffer, without the line's end. */
static enum line_result
take_line(struct source *source, struct text *line)
{
    struct reader *reader = &source->reader;
    for (;;) {
        if (source->skipping && reader_available(reader) > 0)
            skip_line(source);
        size_t available = reader_available(reader);
        const char *end = NULL;
        if (available > source->searched)
            end = memchr(reader_at(reader) + source->searched, '\n', available - source->searched);
        size_t length = end == NULL ? available : (size_t)(end - reader_at(reader));
        if (length > TRACE_LINE_MAX) {
            *line = (struct text){reader_at(reader), TRACE_LINE_MAX};
            source->skipping = true;
            source->searched = 0;
            return LINE_TOO_LONG;
        }
        enum reader_result more = end != NULL ? READER_OK : reader_more(reader);
        if (more == READER_WAIT)
            return LINE_WAIT;
        if (more == READER_FAILED)
            return LINE_FAILED;
        if (end == NULL && more == READER_OK) {
            source->searched = length;
            continue;
        }
        if (end == NULL && length == 0)
            return LINE_END;
        *line = (struct text){reader_at(reader), (uint32_t)length};
        reader_take(reader, end == NULL ? length : length + 1);
        source->searched = 0;
        return LINE_OK;
    }
}

enum source_result
trace_next(struct source *source, struct source_message *message)
{
    if (source->undeclared.length > 0)
        return next_declared(source, message);
    for (;;) {
        struct text line;
        uint64_t at = source->reader.offset;
        enum line_result result = take_line(source, &line);
        if (result == LINE_WAIT)
            return SOURCE_WAIT;
        if (result == LINE_FAILED)
            return SOURCE_FAILED;
        if (result == LINE_END)
            return SOURCE_END;
        if (++source->line == 1)
            continue; /* the title, which told that this is a trace */
        enum trace_line said =
            trace_parse_line(line, result == LINE_TOO_LONG, source->hex, message);
        message->line = source->line;
        if (said == TRACE_ENTRY)
            return SOURCE_OK;
        if (said == TRACE_DECLARATION) {
            source->declared_at = at;
            source->declared = 0;
            source->undeclared = message->payload;
            message->payload = TEXT_NONE;
            source->declaration = *message;
            return next_declared(source, message);
        }
    }
}
