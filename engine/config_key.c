#include "engine/config_key.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/check.h"
#include "base/utf8.h"
#include "engine/address_list.h"
#include "engine/settings.h"

enum {
    WORD_MAX = 24, /* longest word a suggestion is looked for */
};

static const struct config_key keys[] = {
#define CONFIG_SECTION(...)
#define SETTINGS_KEY(section, field, name, type, lowest, highest, by_default, help)                \
    {SECTION_##section, type, name, offsetof(struct settings, field), lowest, highest,             \
     by_default,        help, false},
#define LINK_KEY(field, name, type, lowest, highest, by_default, help)                             \
    {SECTION_LINK, type, name, offsetof(struct link_settings, field), lowest, highest,             \
     by_default,   help, false},
#define LIVE_KEY(field, name, type, lowest, highest, by_default, help)                             \
    {SECTION_LINK, type, name, offsetof(struct link_settings, field), lowest, highest,             \
     by_default,   help, true},
#include "engine/config_key.def"
#undef CONFIG_SECTION
#undef SETTINGS_KEY
#undef LINK_KEY
#undef LIVE_KEY
};

enum {
    KEY_COUNT = sizeof(keys) / sizeof(keys[0]),
};

static const struct {
    const char *heading;
    const char *help;
} sections[] = {
#define CONFIG_SECTION(name, heading, help) [SECTION_##name] = {heading, help},
#define SETTINGS_KEY(...)
#define LINK_KEY(...)
#define LIVE_KEY(...)
#include "engine/config_key.def"
#undef CONFIG_SECTION
#undef SETTINGS_KEY
#undef LINK_KEY
#undef LIVE_KEY
};

/* In the order of their enums. */
static const char *const yes_no_words[] = {"no", "yes", NULL};
static const char *const encoding_words[] = {"auto", "xml", "ber1", "ber2", "ber3", NULL};
static const char *const infer_words[] = {"none", "first-cleared", NULL};
static const char *const session_words[] = {"profile", "none", "register", "application", NULL};
static const char *const format_words[] = {"jsonl", "text", NULL};
static const char *const log_words[] = {"plain", "logfmt", "json", NULL};
static const char *const mask_words[] = {"no", "last4", "hash", NULL};
static const char *const profile_words[] = {
#define PROFILE(name, printed, flags, differs) printed,
#include "ipc/profile.def"
#undef PROFILE
    NULL,
};

static_assert(HANDSHAKE_PROFILE == 0 && HANDSHAKE_APPLICATION == 3, "session_words has its order");
static_assert(LOG_JSON == 2 && MASK_HASH == 2, "log_words and mask_words have their order");
static_assert(ENCODING_AUTO == 0 && ENCODING_BER3 == 4, "encoding_words has their order");

const struct config_key *
config_key_at(unsigned index)
{
    return index < KEY_COUNT ? &keys[index] : NULL;
}

const struct config_key *
config_key_find(enum config_section section, struct text name)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (keys[i].section == section && text_is_equal(text_of(keys[i].name), name))
            return &keys[i];
    }
    return NULL;
}

enum config_section
config_section_find(struct text heading)
{
    for (unsigned i = 0; i < SECTION_COUNT; i++)
        if (i != SECTION_LINK && text_is_equal(heading, text_of(sections[i].heading)))
            return (enum config_section)i;
    return SECTION_COUNT;
}

const char *
config_section_heading(enum config_section section)
{
    CHECK(section < SECTION_COUNT);
    return sections[section].heading;
}

const char *
config_section_help(enum config_section section)
{
    CHECK(section < SECTION_COUNT);
    return sections[section].help;
}

const char *const *
config_key_words(enum config_type type)
{
    switch (type) {
    case CONFIG_YES_NO:
        return yes_no_words;
    case CONFIG_PROFILE:
        return profile_words;
    case CONFIG_ENCODING:
        return encoding_words;
    case CONFIG_INFER:
        return infer_words;
    case CONFIG_SESSION:
        return session_words;
    case CONFIG_FORMAT:
        return format_words;
    case CONFIG_LOG:
        return log_words;
    case CONFIG_MASK:
        return mask_words;
    case CONFIG_NUMBER:
    case CONFIG_POWER:
    case CONFIG_POWER_OR_0:
    case CONFIG_SPAN:
    case CONFIG_LONG_SPAN:
    case CONFIG_MICROSECONDS:
    case CONFIG_DEVICES:
    case CONFIG_TEXT:
    case CONFIG_ADDRESSES:
        return NULL;
    }
    return NULL;
}

/* Decimal digits at the start of a text; false when there are none or too many. */
static bool
take_digits(struct text *text, uint64_t *value)
{
    uint32_t count = 0;
    *value = 0;
    while (count < text->length && text->at[count] >= '0' && text->at[count] <= '9') {
        if (count == 18)
            return false;
        *value = *value * 10 + (uint64_t)(text->at[count++] - '0');
    }
    *text = text_skip(*text, count);
    return count > 0;
}

static bool
read_number(struct text text, uint64_t *value)
{
    return take_digits(&text, value) && text_is_none(text);
}

#define US_PER_MS UINT64_C(1000)
#define US_PER_S  (1000 * US_PER_MS)

/* "90s", "8h", "1.5s", "250ms", "40us"; a bare number is seconds. */
static bool
read_span(struct text text, uint64_t *span_us)
{
    static const struct {
        struct text unit;
        uint64_t span_us;
    } units[] = {
        {{"", 0}, US_PER_S},          {{"us", 2}, 1},
        {{"ms", 2}, US_PER_MS},       {{"s", 1}, US_PER_S},
        {{"m", 1}, 60 * US_PER_S},    {{"h", 1}, 3600 * US_PER_S},
        {{"d", 1}, 86400 * US_PER_S},
    };
    uint64_t whole;
    uint64_t thousandths = 0;
    if (!take_digits(&text, &whole) || whole > 1000000000)
        return false;
    if (!text_is_none(text) && *text.at == '.') {
        text = text_skip(text, 1);
        uint32_t before = text.length;
        if (!take_digits(&text, &thousandths) || before - text.length > 3)
            return false;
        for (uint32_t i = before - text.length; i < 3; i++)
            thousandths *= 10;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text_is_equal(text, units[i].unit)) {
            if (whole > UINT64_MAX / 2 / units[i].span_us)
                return false;
            *span_us = whole * units[i].span_us + thousandths * units[i].span_us / 1000;
            return true;
        }
    }
    return false;
}

/* The value of one of the types that are numbers, if it is one and within bounds. */
static bool
read_bounded(const struct config_key *key, struct text text, uint64_t *value)
{
    bool is_ms = key->type == CONFIG_SPAN || key->type == CONFIG_LONG_SPAN;
    bool is_span = is_ms || key->type == CONFIG_MICROSECONDS;
    if (!(is_span ? read_span(text, value) : read_number(text, value)))
        return false;
    if (is_ms && *value % US_PER_MS != 0)
        return false;
    if (is_ms)
        *value /= US_PER_MS;
    bool is_power = key->type == CONFIG_POWER || key->type == CONFIG_POWER_OR_0;
    if (is_power && (*value & (*value - 1)) != 0)
        return false;
    if (key->type == CONFIG_POWER_OR_0 && *value == 0)
        return true;
    return *value >= key->lowest && *value <= key->highest;
}

/* The place of a word in its list; false if it is not there. */
static bool
read_word(const struct config_key *key, struct text text, uint64_t *value)
{
    const char *const *words = config_key_words(key->type);
    for (*value = 0; words[*value] != NULL; (*value)++) {
        if (text_is_equal(text, text_of(words[*value])))
            return true;
    }
    return false;
}

static void
store(const struct config_key *key, void *base, uint64_t value)
{
    void *field = (char *)base + key->offset;
    switch (key->type) {
    case CONFIG_NUMBER:
    case CONFIG_POWER:
    case CONFIG_POWER_OR_0:
    case CONFIG_SPAN:
    case CONFIG_MICROSECONDS:
        *(uint32_t *)field = (uint32_t)value;
        break;
    case CONFIG_LONG_SPAN:
        *(uint64_t *)field = value;
        break;
    case CONFIG_YES_NO:
    case CONFIG_INFER:
    case CONFIG_FORMAT:
        *(bool *)field = value != 0;
        break;
    case CONFIG_SESSION:
        *(enum handshake *)field = (enum handshake)value;
        break;
    case CONFIG_LOG:
        *(enum log_format *)field = (enum log_format)value;
        break;
    case CONFIG_MASK:
        *(enum mask_kind *)field = (enum mask_kind)value;
        break;
    case CONFIG_PROFILE:
        *(enum profile *)field = (enum profile)value;
        break;
    case CONFIG_ENCODING:
        *(enum csta_encoding *)field = (enum csta_encoding)value;
        break;
    case CONFIG_DEVICES:
    case CONFIG_TEXT:
    case CONFIG_ADDRESSES:
        CHECK(config_key_words(key->type) != NULL); /* they are no numbers */
        break;
    }
}

static bool
is_harmless(struct text text)
{
    const uint8_t *at = (const uint8_t *)text.at;
    const uint8_t *end = at + text.length;
    while (at != end) {
        uint32_t character = utf8_take(&at, end);
        if (character == UTF8_WRONG || !utf8_is_harmless(character))
            return false;
    }
    return true;
}

/* A text that may stand in a message, a path, a name: nothing a terminal would obey. */
static bool
store_text(const struct config_key *key, void *base, struct text value)
{
    char *field = (char *)base + key->offset;
    CHECK(key->highest <= SETTINGS_TEXT_MAX);
    if (value.length < key->lowest || value.length > key->highest || !is_harmless(value))
        return false;
    if (value.length > 0)
        memcpy(field, value.at, value.length);
    field[value.length] = '\0';
    return true;
}

bool
config_key_set(const struct config_key *key, void *base, struct text value)
{
    CHECK(key->type != CONFIG_DEVICES);

    if (key->type == CONFIG_TEXT)
        return store_text(key, base, value);
    if (key->type == CONFIG_ADDRESSES)
        return address_list_read((struct address_list *)(void *)((char *)base + key->offset),
                                 value);
    uint64_t found;
    bool has_words = config_key_words(key->type) != NULL;
    if (!(has_words ? read_word(key, value, &found) : read_bounded(key, value, &found)))
        return false;
    store(key, base, found);
    return true;
}

/* Appends to `out`, which may already be full. */
__attribute__((format(printf, 3, 4))) static void
append(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, size - used, format, arguments);
    va_end(arguments);
}

/* A span in its largest unit that leaves no rest. */
static void
append_span(char *out, size_t size, uint64_t span_ms)
{
    if (span_ms % 86400000 == 0)
        append(out, size, "%" PRIu64 "d", span_ms / 86400000);
    else if (span_ms % 3600000 == 0)
        append(out, size, "%" PRIu64 "h", span_ms / 3600000);
    else if (span_ms % 1000 == 0)
        append(out, size, "%" PRIu64 "s", span_ms / 1000);
    else
        append(out, size, "%" PRIu64 "ms", span_ms);
}

const char *
config_key_allowed(const struct config_key *key, char *out, size_t size)
{
    CHECK(size > 0);
    out[0] = '\0';
    switch (key->type) {
    case CONFIG_NUMBER:
        append(out, size, "a number from %" PRIu64 " to %" PRIu64, key->lowest, key->highest);
        break;
    case CONFIG_POWER:
        append(out, size, "a power of two from %" PRIu64 " to %" PRIu64, key->lowest, key->highest);
        break;
    case CONFIG_POWER_OR_0:
        append(out, size, "0, or a power of two from %" PRIu64 " to %" PRIu64, key->lowest,
               key->highest);
        break;
    case CONFIG_SPAN:
    case CONFIG_LONG_SPAN:
        append(out, size, "a time from ");
        append_span(out, size, key->lowest);
        append(out, size, " to ");
        append_span(out, size, key->highest);
        append(out, size, ", as 2, 1.5s, 90s, 30m or 8h");
        break;
    case CONFIG_YES_NO:
    case CONFIG_PROFILE:
    case CONFIG_ENCODING:
    case CONFIG_INFER:
    case CONFIG_SESSION:
    case CONFIG_FORMAT:
    case CONFIG_LOG:
    case CONFIG_MASK:
        for (const char *const *word = config_key_words(key->type); *word != NULL; word++)
            append(out, size, "%s%s", *word,
                   word[1] == NULL   ? ""
                   : word[2] == NULL ? " or "
                                     : ", ");
        break;
    case CONFIG_MICROSECONDS:
        append(out, size, "a time from 0 to ");
        append_span(out, size, key->highest / US_PER_MS);
        append(out, size, ", as 2ms, 500us or 1s");
        break;
    case CONFIG_TEXT:
        append(out, size, "a text of %" PRIu64 " to %" PRIu64 " bytes", key->lowest, key->highest);
        break;
    case CONFIG_ADDRESSES:
        append(out, size, "up to %d of host:port with commas between, [host]:port for IPv6",
               ADDRESSES_MAX);
        break;
    case CONFIG_DEVICES:
        append(out, size, "device numbers with commas between, ranges 2000-2010, or @FILE");
        break;
    }
    return out;
}

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
    unsigned lower = a < b ? a : b;
    return lower < c ? lower : c;
}

/* How many letters must be changed, added or removed to make one word the other. */
static unsigned
distance(struct text word, struct text known)
{
    unsigned row[WORD_MAX + 1];
    if (word.length > WORD_MAX || known.length > WORD_MAX)
        return WORD_MAX;
    for (unsigned i = 0; i <= known.length; i++)
        row[i] = i;
    for (unsigned i = 0; i < word.length; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (unsigned k = 0; k < known.length; k++) {
            unsigned change = diagonal + (word.at[i] != known.at[k]);
            diagonal = row[k + 1];
            row[k + 1] = least(change, row[k] + 1, diagonal + 1);
        }
    }
    return row[known.length];
}

/* The nearest word so far; a word is near when a third of it, or two letters, are wrong. */
struct nearest {
    struct text word;
    const char *known;
    unsigned distance;
};

static void
consider(struct nearest *nearest, const char *known)
{
    unsigned away = distance(nearest->word, text_of(known));
    unsigned bound = nearest->word.length / 3 < 2 ? nearest->word.length / 3 : 2;
    if (away <= bound && (nearest->known == NULL || away < nearest->distance)) {
        nearest->known = known;
        nearest->distance = away;
    }
}

const char *
config_suggest_key(enum config_section section, struct text word, char *out, size_t size)
{
    CHECK(size > 0);
    struct nearest nearest = {.word = word};
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (keys[i].section == section)
            consider(&nearest, keys[i].name);
    }
    out[0] = '\0';
    if (nearest.known != NULL) {
        append(out, size, "; did you mean \"%s\"?", nearest.known);
        return out;
    }
    const char *before = "; known are ";
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (keys[i].section != section || keys[i].live)
            continue;
        append(out, size, "%s%s", before, keys[i].name);
        before = ", ";
    }
    if (section == SECTION_LINK)
        append(out, size, "; and those of live links (onhook check --keys)");
    return out;
}

const char *
config_suggest_value(const struct config_key *key, struct text word, char *out, size_t size)
{
    CHECK(size > 0);
    struct nearest nearest = {.word = word};
    const char *const *words = config_key_words(key->type);
    for (; words != NULL && *words != NULL; words++)
        consider(&nearest, *words);
    out[0] = '\0';
    if (nearest.known != NULL)
        append(out, size, "; did you mean \"%s\"?", nearest.known);
    return out;
}
