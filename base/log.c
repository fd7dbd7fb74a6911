#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/json_write.h"
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

/* ---- lines ----------------------------------------------------------------------------------- */

enum log_level {
    LEVEL_INFO,
    LEVEL_WARNING,
};

/* What is to be said. */
struct saying {
    enum log_level level;
    const char *file; /* NULL: of no file */
    unsigned long line;
    const char *sentence; /* terminated, not escaped yet */
};

static enum log_format chosen;
static const char *const levels[] = {"info", "warning"};

static void
write_bytes(const char *bytes, size_t size)
{
    /* Nobody is left to tell if standard error is gone. */
    while (write(STDERR_FILENO, bytes, size) < 0 && errno == EINTR)
        ;
}

static int64_t
wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Escaped and ended, with one system call. */
static void
write_plain(const struct saying *saying)
{
    char line[2 * LOG_LINE_MAX];
    char out[LOG_LINE_MAX];
    if (saying->file == NULL)
        snprintf(line, sizeof line, "onhook: %s", saying->sentence);
    else if (saying->line == 0)
        snprintf(line, sizeof line, "%s: %s", saying->file, saying->sentence);
    else
        snprintf(line, sizeof line, "%s:%lu: %s", saying->file, saying->line, saying->sentence);
    log_escape(out, sizeof out - 1, text_of(line));
    size_t size = strlen(out);
    out[size++] = '\n';
    write_bytes(out, size);
}

/* A value with what could end it escaped, in quotes; returns its length. */
static size_t
quote(char *out, size_t size, const char *value)
{
    char escaped[LOG_LINE_MAX];
    size_t used = 0;
    log_escape(escaped, sizeof escaped, text_of(value));
    out[used++] = '"';
    for (const char *at = escaped; *at != '\0' && used + 4 < size; at++) {
        if (*at == '"' || *at == '\\')
            out[used++] = '\\';
        out[used++] = *at;
    }
    out[used++] = '"';
    return used;
}

static void
write_logfmt(const struct saying *saying)
{
    char out[4 * LOG_LINE_MAX];
    char time[JSON_TIME_SIZE];
    time_text(time, wall_us());
    size_t used = (size_t)snprintf(out, sizeof out, "time=%.*s level=%s pid=%ld", JSON_TIME_SIZE,
                                   time, levels[saying->level], (long)getpid());
    if (saying->file != NULL) {
        used += (size_t)snprintf(out + used, sizeof out - used, " file=");
        used += quote(out + used, LOG_LINE_MAX, saying->file);
    }
    if (saying->line != 0)
        used += (size_t)snprintf(out + used, sizeof out - used, " line=%lu", saying->line);
    used += (size_t)snprintf(out + used, sizeof out - used, " message=");
    used += quote(out + used, 2 * LOG_LINE_MAX, saying->sentence);
    out[used++] = '\n';
    write_bytes(out, used);
}

static void
write_json(const struct saying *saying)
{
    char out[(2 * JSON_TEXT_GROWTH + 1) * LOG_LINE_MAX];
    struct json_writer json;
    json_begin(&json, out, sizeof out - 1);
    json_open(&json, '{');
    json_time(&json, "Time", wall_us());
    json_string(&json, "Level", levels[saying->level]);
    json_unsigned(&json, "Pid", (uint64_t)getpid());
    if (saying->file != NULL)
        json_text(&json, "File",
                  (struct text){saying->file, (uint32_t)strnlen(saying->file, LOG_LINE_MAX)});
    if (saying->line != 0)
        json_unsigned(&json, "Line", saying->line);
    json_string(&json, "Message", saying->sentence);
    json_close(&json, '}');
    size_t size = json_end(&json);
    out[size++] = '\n';
    write_bytes(out, size);
}

static void
write_line(const struct saying *saying)
{
    switch (chosen) {
    case LOG_PLAIN:
        write_plain(saying);
        break;
    case LOG_LOGFMT:
        write_logfmt(saying);
        break;
    case LOG_JSON:
        write_json(saying);
        break;
    }
}

void
log_choose(enum log_format format)
{
    chosen = format;
}

/* ---- lines that are alike -------------------------------------------------------------------- */

enum {
    KINDS = 32, /* of lines, that are counted at one time */
    LAST_SIZE = 256,
};

/* Lines of one format. */
struct kind {
    const char *format; /* NULL: a free place */
    uint64_t since_ms;
    uint32_t count;
    uint32_t unsaid;
    char last[LAST_SIZE]; /* the last that was not said */
};

static bool is_limited;
static struct kind kinds[KINDS];
static pthread_mutex_t kinds_lock = PTHREAD_MUTEX_INITIALIZER;

void
log_limit(void)
{
    is_limited = true;
}

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The kind's time is over: what was not said is, as a number. */
static void
end_kind(struct kind *kind)
{
    char sentence[LAST_SIZE + 64];
    if (kind->unsaid > 0) {
        snprintf(sentence, sizeof sentence, "... %u more like that: %s", kind->unsaid, kind->last);
        write_line(&(struct saying){.level = LEVEL_INFO, .sentence = sentence});
    }
    *kind = (struct kind){.format = NULL};
}

static void
end_old_kinds(uint64_t at_ms)
{
    for (uint32_t i = 0; i < KINDS; i++)
        if (kinds[i].format != NULL && at_ms - kinds[i].since_ms >= LOG_ALIKE_MS)
            end_kind(&kinds[i]);
}

/* The place of a format; the oldest kind gives way to a new one. */
static struct kind *
kind_of(const char *format, uint64_t at_ms)
{
    struct kind *place = kinds;
    for (uint32_t i = 0; i < KINDS; i++) {
        if (kinds[i].format == format)
            return &kinds[i];
        if (place->format != NULL &&
            (kinds[i].format == NULL || kinds[i].since_ms < place->since_ms))
            place = &kinds[i];
    }
    end_kind(place);
    *place = (struct kind){.format = format, .since_ms = at_ms};
    return place;
}

/* May a line of that format be written, or is it only counted? */
static bool
may_say(const char *format, const char *sentence)
{
    if (!is_limited)
        return true;
    pthread_mutex_lock(&kinds_lock);
    uint64_t at_ms = now_ms();
    end_old_kinds(at_ms);
    struct kind *kind = kind_of(format, at_ms);
    bool may = kind->count < LOG_ALIKE_MAX;
    kind->count++;
    if (!may) {
        kind->unsaid++;
        snprintf(kind->last, sizeof kind->last, "%s", sentence);
    }
    pthread_mutex_unlock(&kinds_lock);
    return may;
}

void
log_rest(void)
{
    if (!is_limited)
        return;
    pthread_mutex_lock(&kinds_lock);
    end_old_kinds(now_ms());
    pthread_mutex_unlock(&kinds_lock);
}

/* ---- what others call ------------------------------------------------------------------------ */

/* `saying` is all but its sentence. */
static void
say(struct saying saying, const char *format, va_list arguments)
{
    char sentence[LOG_LINE_MAX];
    if (vsnprintf(sentence, sizeof sentence, format, arguments) < 0)
        sentence[0] = '\0';
    saying.sentence = sentence;
    if (may_say(format, sentence))
        write_line(&saying);
}

void
log_say(const char *format, ...)
{
    const struct saying saying = {.level = LEVEL_INFO};
    va_list arguments;
    va_start(arguments, format);
    say(saying, format, arguments);
    va_end(arguments);
}

void
log_warn(const char *format, ...)
{
    const struct saying saying = {.level = LEVEL_WARNING};
    va_list arguments;
    va_start(arguments, format);
    say(saying, format, arguments);
    va_end(arguments);
}

void
log_at(const char *file, unsigned long line, const char *format, ...)
{
    const struct saying saying = {.level = LEVEL_WARNING, .file = file, .line = line};
    va_list arguments;
    va_start(arguments, format);
    say(saying, format, arguments);
    va_end(arguments);
}
