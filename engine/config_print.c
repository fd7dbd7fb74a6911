/*
 * The keys of a configuration, and values of it, in words.
 */
#include <inttypes.h>

#include "base/check.h"
#include "engine/config_key.h"

/* The place of the value's word in its list. */
static uint32_t
word_place(const struct config_key *key, const void *field)
{
    switch (key->type) {
    case CONFIG_YES_NO:
    case CONFIG_INFER:
    case CONFIG_FORMAT:
        return *(const bool *)field;
    case CONFIG_PROFILE:
    case CONFIG_ENCODING:
    case CONFIG_SESSION:
    case CONFIG_LOG:
    case CONFIG_MASK:
    case CONFIG_NUMBER:
    case CONFIG_POWER:
    case CONFIG_POWER_OR_0:
    case CONFIG_SPAN:
    case CONFIG_LONG_SPAN:
    case CONFIG_MICROSECONDS:
    case CONFIG_DEVICES:
    case CONFIG_TEXT:
    case CONFIG_ADDRESSES:
        break;
    }
    return *(const uint32_t *)field;
}

static int
print_value(const struct config_key *key, const void *field, char *out, size_t size)
{
    switch (key->type) {
    case CONFIG_NUMBER:
    case CONFIG_POWER:
    case CONFIG_POWER_OR_0:
        return snprintf(out, size, "%" PRIu32, *(const uint32_t *)field);
    case CONFIG_SPAN:
        return snprintf(out, size, "%" PRIu32 "ms", *(const uint32_t *)field);
    case CONFIG_LONG_SPAN:
        return snprintf(out, size, "%" PRIu64 "ms", *(const uint64_t *)field);
    case CONFIG_MICROSECONDS:
        return snprintf(out, size, "%" PRIu32 "us", *(const uint32_t *)field);
    case CONFIG_YES_NO:
    case CONFIG_INFER:
    case CONFIG_FORMAT:
    case CONFIG_PROFILE:
    case CONFIG_ENCODING:
    case CONFIG_SESSION:
    case CONFIG_LOG:
    case CONFIG_MASK:
        return snprintf(out, size, "%s", config_key_words(key->type)[word_place(key, field)]);
    case CONFIG_TEXT:
        return snprintf(out, size, "%s", (const char *)field);
    case CONFIG_DEVICES:
    case CONFIG_ADDRESSES:
        break;
    }
    return -1;
}

bool
config_key_value(const struct config_key *key, const void *base, char *out, size_t size)
{
    int length = print_value(key, (const char *)base + key->offset, out, size);
    return length >= 0 && (size_t)length < size;
}

void
config_print_keys(FILE *out)
{
    for (unsigned section = 0; section < SECTION_COUNT; section++) {
        fprintf(out, "%s[%s]  %s\n", section == 0 ? "" : "\n",
                config_section_heading((enum config_section)section),
                config_section_help((enum config_section)section));
        const struct config_key *key;
        for (unsigned i = 0; (key = config_key_at(i)) != NULL; i++) {
            char allowed[256];
            if (key->section != section)
                continue;
            fprintf(out, "  %-16s %s\n  %-16s %s", key->name, key->help, "",
                    config_key_allowed(key, allowed, sizeof(allowed)));
            if (key->by_default[0] != '\0')
                fprintf(out, "; default %s", key->by_default);
            fputc('\n', out);
        }
    }
}
