#ifndef TESTS_UNIT_SOURCE_RIG_H
#define TESTS_UNIT_SOURCE_RIG_H

/*
 * tests/unit/source_rig.h - an input as text: what source_next() gives, a message a line.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/source/source.h"

enum {
    SOURCE_RIG_TEXT = 1 << 16,
};

static char source_said[SOURCE_RIG_TEXT];
static size_t source_used;

__attribute__((format(printf, 1, 2))) static inline void
source_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length =
        vsnprintf(source_said + source_used, sizeof source_said - source_used, format, arguments);
    va_end(arguments);
    source_used += (size_t)length;
    assert_true(source_used < sizeof source_said);
}

static inline void
source_say_text(const char *name, struct text text)
{
    if (text.length > 0)
        source_say(" %s=%.*s", name, (int)(text.length > 80 ? 80 : text.length), text.at);
}

static inline void
source_say_message(const struct source_message *message)
{
    static const char *const kinds[] = {"message", "declare", "up",  "down",
                                        "tick",    "set",     "bad", "broken"};
    static const char *const directions[] = {"", " <", " >"};
    source_say("%s%s", kinds[message->kind], directions[message->direction]);
    source_say_text("link", message->link);
    if (message->has_time)
        source_say(" time=%" PRId64, message->time_us);
    if (message->line > 0)
        source_say(" line=%" PRIu64, message->line);
    else
        source_say(" offset=%" PRIu64, message->offset);
    if (message->packet > 0)
        source_say(" packet=%" PRIu64, message->packet);
    source_say_text("invoke", message->invoke);
    source_say_text("by", message->by);
    source_say_text("key", message->key);
    source_say_text("value", message->value);
    source_say_text("payload", message->payload);
    if (message->why != NULL)
        source_say(" why: %s", message->why);
    source_say("\n");
}

/* Everything a source gives; "failed\n" at the end if it could not be read. */
static inline const char *
source_read_all(struct source *source)
{
    struct source_message message;
    enum source_result result;
    source_used = 0;
    source_said[0] = '\0';
    while ((result = source_next(source, &message)) == SOURCE_OK || result == SOURCE_WAIT) {
        if (result == SOURCE_OK)
            source_say_message(&message);
        else
            source_wait(source, 1000);
    }
    if (result == SOURCE_FAILED)
        source_say("failed\n");
    return source_said;
}

static inline const char *
source_read_known(const void *bytes, size_t length, const struct source_options *options)
{
    struct source source;
    /* A heap copy of just that size: a sanitizer sees any look beyond it. */
    void *copy = malloc(length == 0 ? 1 : length);
    memcpy(copy, bytes, length);
    assert_true(source_open_bytes(&source, "dir/pbx.xml", copy, length));
    source_set_options(&source, options);
    source_read_all(&source);
    source_close(&source);
    free(copy);
    return source_said;
}

static inline const char *
source_read_bytes(const void *bytes, size_t length)
{
    return source_read_known(bytes, length, &(struct source_options){.port_count = 0});
}

#define READ(literal) source_read_bytes(literal, sizeof(literal) - 1)

#endif
