#include "engine/csta/xml_value.h"

#include <strings.h>

#include "engine/csta/xml_char.h"

struct value {
    struct text word;
    uint8_t number;
};

#define VALUE(word, number) {{(word), (uint32_t)sizeof(word) - 1}, (number)},
#define COUNT(values)       (sizeof(values) / sizeof((values)[0]))

static const struct value causes[] = {
#define CAUSE(number, name, word) VALUE(word, number)
#include "ipc/cause.def"
#undef CAUSE
};

static const struct value local_states[] = {
#define LOCAL_STATE(word, state) VALUE(word, LOCAL_##state)
#include "engine/csta/xml_value.def"
};

static const struct value simple_states[] = {
#define SIMPLE_STATE(word, state) VALUE(word, LOCAL_##state)
#include "engine/csta/xml_value.def"
};

static const struct value statuses[] = {
#define STATUS(word, status) VALUE(word, STATUS_##status)
#include "engine/csta/xml_value.def"
};

static uint8_t
find(const struct value *values, size_t count, struct text word, uint8_t otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (text_is_equal(values[i].word, word))
            return values[i].number;
    }
    return otherwise;
}

/* Is `word` the name, but for case and white space? */
static bool
is_loosely(struct text word, struct text name)
{
    uint32_t same = 0;
    for (uint32_t i = 0; i < word.length; i++) {
        if (xml_byte_is(word.at[i], XML_BYTE_SPACE))
            continue;
        if (same == name.length || strncasecmp(word.at + i, name.at + same, 1) != 0)
            return false;
        same++;
    }
    return same == name.length;
}

uint8_t
xml_value_cause(struct text word, bool is_loose)
{
    uint8_t cause = find(causes, COUNT(causes), word, 0);
    if (cause != 0 || !is_loose)
        return cause;
    for (size_t i = 0; i < COUNT(causes); i++) {
        if (is_loosely(word, causes[i].word))
            return causes[i].number;
    }
    return 0;
}

uint8_t
xml_value_local_state(struct text word)
{
    return find(local_states, COUNT(local_states), word, LOCAL_ABSENT);
}

uint8_t
xml_value_simple_state(struct text word)
{
    return find(simple_states, COUNT(simple_states), word, LOCAL_ABSENT);
}

enum system_status
xml_value_status(struct text word)
{
    return (enum system_status)find(statuses, COUNT(statuses), word, STATUS_ABSENT);
}
