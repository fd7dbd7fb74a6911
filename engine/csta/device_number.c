#include "engine/csta/device_number.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "ipc/profile.h"

static bool
is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct text
trim(struct text text)
{
    while (text.length > 0 && is_space(text.at[0]))
        text = text_skip(text, 1);
    while (text.length > 0 && is_space(text.at[text.length - 1]))
        text.length--;
    return text;
}

/* What stands before the first of the bytes in `stops`; all of it when none is there. */
static struct text
before_any(struct text text, const char *stops)
{
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] != '\0' && strchr(stops, text.at[i]) != NULL)
            return (struct text){text.at, i};
    }
    return text;
}

/* URI schemes are written in either case: RFC 3986 3.1. */
static bool
has_scheme(struct text text, struct text scheme)
{
    return text.length >= scheme.length && strncasecmp(text.at, scheme.at, scheme.length) == 0;
}

/* ECMA-269 12.1 "switching function representation": N<DN!SA&CA/EXT%AID>name. */
static struct text
inside_brackets(struct text text)
{
    if (!text_has_prefix(text, TEXT("N<")))
        return text;
    text = before_any(text_skip(text, 2), ">");
    return before_any(text, "!&/%");
}

/* The user of `user:password@host`; a sip URI without @ is taken as the user alone. */
static struct text
user_part(struct text text)
{
    struct text user = before_any(text, "@");
    if (user.length == text.length)
        return text;
    return before_any(user, ":");
}

static struct text
without_scheme(struct text text)
{
    if (has_scheme(text, TEXT("tel:")))
        text = text_skip(text, 4);
    if (has_scheme(text, TEXT("sips:")))
        return user_part(text_skip(text, 5));
    if (has_scheme(text, TEXT("sip:")))
        return user_part(text_skip(text, 4));
    return text;
}

/* Visual separators of a global number, RFC 3966 5.1.1, and spaces. */
static struct text
without_separators(struct text text, char *buffer)
{
    const char *separators = " -.()";
    if (text.length == 0 || text.at[0] != '+' || before_any(text, separators).length == text.length)
        return text;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.at[i] == '\0' || strchr(separators, text.at[i]) == NULL)
            buffer[kept++] = text.at[i];
    }
    return (struct text){buffer, kept};
}

/* Of digits alone there is nothing to leave out. Most numbers are. */
static bool
is_of_digits(struct text text)
{
    uint32_t others = 0;
    for (uint32_t i = 0; i < text.length; i++)
        others |= (uint32_t)((uint8_t)(text.at[i] - '0') > 9);
    return others == 0;
}

struct text
device_number_canonical(struct text raw, uint32_t profile_flags, char *buffer)
{
    CHECK(raw.length == 0 || (raw.at != NULL && buffer != NULL));
    if (is_of_digits(raw))
        return raw;
    struct text number = inside_brackets(trim(raw));
    number = trim(before_any(number, ";"));
    number = trim(without_scheme(number));
    number = without_separators(number, buffer);
    if (profile_flags & PROFILE_AVAYA_DEVICES)
        number = trim(before_any(number, ":"));
    return number;
}
