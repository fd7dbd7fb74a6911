#include "base/accept.h"

#include <stdbool.h>
#include <string.h>

/* How specific a range is. */
enum fit {
    FITS_NOT,
    FITS_ALL,  /* every type */
    FITS_KIND, /* every subtype */
    FITS,      /* just this */
};

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct text
trim(struct text text)
{
    while (text.length > 0 && is_blank(text.at[0])) {
        text.at++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.at[text.length - 1]))
        text.length--;
    return text;
}

/* What stands before the next `separator`; *rest is what stands behind it, none at the end. */
static struct text
cut(struct text *rest, char separator)
{
    const char *end = memchr(rest->at, separator, rest->length);
    struct text part = *rest;
    if (end == NULL) {
        *rest = TEXT_NONE;
        return trim(part);
    }
    part.length = (uint32_t)(end - rest->at);
    *rest = (struct text){end + 1, rest->length - part.length - 1};
    return trim(part);
}

static bool
is_same(struct text text, const char *word, size_t length)
{
    if (text.length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char byte = text.at[i];
        if (byte >= 'A' && byte <= 'Z')
            byte = (char)(byte - 'A' + 'a');
        if (byte != word[i])
            return false;
    }
    return true;
}

static enum fit
fit_of(struct text range, const char *type)
{
    size_t kind = (size_t)(strchr(type, '/') - type);
    if (is_same(range, type, strlen(type)))
        return FITS;
    if (is_same(range, "*/*", 3))
        return FITS_ALL;
    if (range.length == kind + 2 && range.at[kind + 1] == '*' &&
        is_same((struct text){range.at, range.length - 1}, type, kind + 1))
        return FITS_KIND;
    return FITS_NOT;
}

/* 0, 1, 0.5, 0.125, 1.000; anything else is as good as nothing said. */
static uint32_t
quality_of(struct text value)
{
    uint32_t thousandths = 0;
    uint32_t digit = ACCEPT_MOST;
    for (uint32_t i = 0; i < value.length; i++) {
        if (i == 1 && value.at[i] == '.')
            continue;
        if (value.at[i] < '0' || value.at[i] > '9' || digit == 0 || i == 1)
            return ACCEPT_MOST;
        thousandths += (uint32_t)(value.at[i] - '0') * digit;
        digit /= 10;
    }
    return thousandths < ACCEPT_MOST && value.length > 0 ? thousandths : ACCEPT_MOST;
}

static uint32_t
quality_of_parameters(struct text parameters)
{
    while (!text_is_none(parameters)) {
        struct text value = cut(&parameters, ';');
        if (text_is_none(value))
            continue;
        struct text name = cut(&value, '=');
        if (is_same(name, "q", 1))
            return quality_of(trim(value));
    }
    return ACCEPT_MOST;
}

uint32_t
accept_quality(struct text header, const char *type)
{
    enum fit best = FITS_NOT;
    uint32_t quality = text_is_none(header) ? ACCEPT_MOST : 0;
    for (int i = 0; i < ACCEPT_RANGES && !text_is_none(header); i++) {
        struct text parameters = cut(&header, ',');
        if (text_is_none(parameters))
            continue;
        struct text range = cut(&parameters, ';');
        enum fit fit = fit_of(range, type);
        if (fit == FITS_NOT || fit < best)
            continue;
        uint32_t said = quality_of_parameters(parameters);
        quality = fit > best || said > quality ? said : quality;
        best = fit;
    }
    return quality;
}
