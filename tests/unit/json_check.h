#ifndef TESTS_UNIT_JSON_CHECK_H
#define TESTS_UNIT_JSON_CHECK_H

/*
 * tests/unit/json_check.h - is this one JSON value (RFC 8259), and nothing after it?
 *
 * Strict where our own writer has a choice to go wrong: strings are UTF-8 without control
 * characters, numbers have no leading zeros, no blanks anywhere. Nesting up to 8.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

struct json_check {
    const uint8_t *at;
    const uint8_t *end;
};

static inline bool
json_check_byte(struct json_check *in, char byte)
{
    if (in->at == in->end || *in->at != (uint8_t)byte)
        return false;
    in->at++;
    return true;
}

static inline bool
json_check_escape(struct json_check *in)
{
    if (in->at == in->end)
        return false;
    uint8_t kind = *in->at++;
    if (kind != 'u')
        return strchr("\"\\/bfnrt", kind) != NULL && kind != 0;
    for (int i = 0; i < 4; i++, in->at++)
        if (in->at == in->end || *in->at == 0 || strchr("0123456789abcdef", *in->at) == NULL)
            return false;
    return true;
}

static inline bool
json_check_string(struct json_check *in)
{
    if (!json_check_byte(in, '"'))
        return false;
    while (in->at != in->end) {
        uint32_t character = utf8_take(&in->at, in->end);
        if (character == '"')
            return true;
        if (character == UTF8_WRONG || !utf8_is_harmless(character))
            return false;
        if (character == '\\' && !json_check_escape(in))
            return false;
    }
    return false;
}

static inline bool
json_check_digits(struct json_check *in)
{
    const uint8_t *start = in->at;
    while (in->at != in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return in->at != start && (*start != '0' || in->at == start + 1);
}

/* Integers are all that outcomes hold. */
static inline bool
json_check_scalar(struct json_check *in)
{
    return in->at != in->end && *in->at == '"' ? json_check_string(in) : json_check_digits(in);
}

/* An object of scalars and objects; `depth` of them are open. */
static inline bool
json_check_object(struct json_check *in)
{
    int depth = 0;
    bool first = true;
    if (!json_check_byte(in, '{'))
        return false;
    for (depth = 1; depth > 0;) {
        if (json_check_byte(in, '}')) {
            depth--;
            first = false;
            continue;
        }
        if (!first && !json_check_byte(in, ','))
            return false;
        if (!json_check_string(in) || !json_check_byte(in, ':'))
            return false;
        first = json_check_byte(in, '{');
        if (first && ++depth > 8)
            return false;
        if (!first && !json_check_scalar(in))
            return false;
    }
    return true;
}

/* Exactly one object and a newline? */
static inline bool
json_check_line(const char *bytes, size_t length)
{
    struct json_check in = {(const uint8_t *)bytes, (const uint8_t *)bytes + length};
    return json_check_object(&in) && json_check_byte(&in, '\n') && in.at == in.end;
}

#endif
