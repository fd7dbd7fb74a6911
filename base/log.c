#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/utf8.h"

#define ELLIPSIS "..."

enum {
    PIECE_SIZE = 16, /* three wrong bytes are \xHH\xHH\xHH, and a 0 */
};

/* One character of `count` bytes in printable form; returns the length. */
static size_t
escape_one(char out[PIECE_SIZE], uint32_t character, const uint8_t *bytes, size_t count)
{
    if (character == UTF8_WRONG) {
        size_t length = 0;
        for (size_t i = 0; i < count; i++)
            length += (size_t)snprintf(out + length, PIECE_SIZE - length, "\\x%02x", bytes[i]);
        return length;
    }
    if (utf8_is_harmless(character)) {
        memcpy(out, bytes, count);
        return count;
    }
    switch (character) {
    case '\n':
        return (size_t)snprintf(out, PIECE_SIZE, "\\n");
    case '\r':
        return (size_t)snprintf(out, PIECE_SIZE, "\\r");
    case '\t':
        return (size_t)snprintf(out, PIECE_SIZE, "\\t");
    default:
        return (size_t)snprintf(out, PIECE_SIZE, character < 0x80 ? "\\x%02x" : "\\u{%04x}",
                                character);
    }
}

const char *
log_escape(char *buffer, size_t size, struct text text)
{
    CHECK(size >= sizeof(ELLIPSIS));

    buffer[0] = '\0';
    if (text_is_none(text))
        return buffer;
    const uint8_t *at = (const uint8_t *)text.at;
    const uint8_t *end = at + text.length;
    size_t used = 0;
    size_t safe = 0; /* where "..." still fits */
    while (at != end) {
        const uint8_t *before = at;
        uint32_t character = utf8_take(&at, end);
        char piece[PIECE_SIZE];
        size_t length = escape_one(piece, character, before, (size_t)(at - before));
        if (used + length + 1 > size) {
            memcpy(buffer + safe, ELLIPSIS, sizeof(ELLIPSIS));
            return buffer;
        }
        memcpy(buffer + used, piece, length);
        used += length;
        if (used + sizeof(ELLIPSIS) <= size)
            safe = used;
    }
    buffer[used] = '\0';
    return buffer;
}

/* Writes the line, escaped and ended, with one system call. */
static void
write_line(const char *line, size_t length)
{
    char out[LOG_LINE_MAX];
    log_escape(out, sizeof(out) - 1, (struct text){line, (uint32_t)length});
    size_t size = strlen(out);
    out[size++] = '\n';
    /* Nobody is left to tell if standard error is gone. */
    while (write(STDERR_FILENO, out, size) < 0 && errno == EINTR)
        ;
}

/* What snprintf() put into a buffer of LOG_LINE_MAX; a little over is enough to say "cut off". */
static size_t
printed(int result)
{
    if (result < 0)
        return 0;
    return result < LOG_LINE_MAX ? (size_t)result : LOG_LINE_MAX - 1;
}

void
log_say(const char *format, ...)
{
    char line[2 * LOG_LINE_MAX];
    size_t length = printed(snprintf(line, LOG_LINE_MAX, "onhook: "));
    va_list arguments;
    va_start(arguments, format);
    length += printed(vsnprintf(line + length, LOG_LINE_MAX, format, arguments));
    va_end(arguments);
    write_line(line, length);
}

void
log_at(const char *file, unsigned long line_number, const char *format, ...)
{
    char line[2 * LOG_LINE_MAX];
    size_t length =
        printed(line_number != 0 ? snprintf(line, LOG_LINE_MAX, "%s:%lu: ", file, line_number)
                                 : snprintf(line, LOG_LINE_MAX, "%s: ", file));
    va_list arguments;
    va_start(arguments, format);
    length += printed(vsnprintf(line + length, LOG_LINE_MAX, format, arguments));
    va_end(arguments);
    write_line(line, length);
}
