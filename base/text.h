#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/*
 * base/text.h - a run of bytes somebody else owns.
 *
 * A text is not terminated, may hold any byte, and lives as long as the buffer it
 * points into. A text of length 0 means "absent"; its `at` may be NULL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *at;
    uint32_t length; /* bytes */
};

#define TEXT_NONE ((struct text){NULL, 0})
/* A text over a string literal. */
#define TEXT(literal) ((struct text){(literal), (uint32_t)(sizeof(literal) - 1)})

static inline struct text
text_of(const char *string)
{
    return (struct text){string, (uint32_t)strlen(string)};
}

static inline bool
text_is_none(struct text text)
{
    return text.length == 0;
}

static inline bool
text_is_equal(struct text left, struct text right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.at, right.at, left.length) == 0);
}

static inline bool
text_has_prefix(struct text text, struct text prefix)
{
    return text.length >= prefix.length && memcmp(text.at, prefix.at, prefix.length) == 0;
}

/* The text without its first `count` bytes (at most all of it). */
static inline struct text
text_skip(struct text text, uint32_t count)
{
    if (count > text.length)
        count = text.length;
    return (struct text){text.at + count, text.length - count};
}

#endif
