#include "engine/declared.h"

#include "base/check.h"

enum {
    TEXTS = 3, /* of one declaration: link, key, value */
};

/* Behind the end of what is committed bytes mean nothing, so they need not be touched. */
static void
append(struct front *front, struct text text)
{
    uint8_t *at = front->tables->declared + front->now->declared_bytes;
    memcpy(at, &text.length, sizeof text.length);
    if (text.length > 0)
        memcpy(at + sizeof text.length, text.at, text.length);
    front->now->declared_bytes += (uint32_t)sizeof text.length + text.length;
}

void
declared_note(struct front *front, struct text link, struct text key, struct text value)
{
    uint64_t wanted =
        TEXTS * sizeof link.length + (uint64_t)link.length + key.length + value.length;
    if (wanted > DECLARED_BYTES - front->now->declared_bytes) {
        front->now->declared_too_much = 1;
        return;
    }
    append(front, link);
    append(front, key);
    append(front, value);
}

static struct text
take(const struct front *front, uint32_t *at)
{
    struct text text = {NULL, 0};
    memcpy(&text.length, front->tables->declared + *at, sizeof text.length);
    text.at = (const char *)front->tables->declared + *at + sizeof text.length;
    *at += (uint32_t)sizeof text.length + text.length;
    CHECK(*at <= front->now->declared_bytes);
    return text;
}

void
declared_apply(const struct front *front, struct settings *settings)
{
    for (uint32_t at = 0; at < front->now->declared_bytes;) {
        struct text name = take(front, &at);
        struct text key = take(front, &at);
        struct text value = take(front, &at);
        if (text_is_none(name)) {
            settings_trace_alias(settings, key, value);
            continue;
        }
        struct link_settings *link = settings_link(settings, name);
        if (link != NULL && !text_is_none(key))
            settings_trace_key(link, key, value); /* what was wrong with it was said */
    }
}
