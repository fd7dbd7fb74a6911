#include "engine/csta/xml_value.h"

#include <strings.h>

#include "base/calendar.h"
#include "engine/csta/xml_char.h"
#include "engine/csta/xml_word.h"

/* Each list twice: its words, and what they mean. */
#define WORD(word) {(word), (uint32_t)sizeof(word) - 1},

static const struct text cause_words[] = {
#define CAUSE(number, name, word) WORD(word)
#include "ipc/cause.def"
#undef CAUSE
};

static const uint8_t cause_numbers[] = {
#define CAUSE(number, name, word) number,
#include "ipc/cause.def"
#undef CAUSE
};

static const struct text local_state_words[] = {
#define LOCAL_STATE(word, state) WORD(word)
#include "engine/csta/xml_value.def"
};

static const uint8_t local_state_numbers[] = {
#define LOCAL_STATE(word, state) LOCAL_##state,
#include "engine/csta/xml_value.def"
};

static const struct text simple_state_words[] = {
#define SIMPLE_STATE(word, state) WORD(word)
#include "engine/csta/xml_value.def"
};

static const uint8_t simple_state_numbers[] = {
#define SIMPLE_STATE(word, state) LOCAL_##state,
#include "engine/csta/xml_value.def"
};

static const struct text status_words[] = {
#define STATUS(word, status) WORD(word)
#include "engine/csta/xml_value.def"
};

static const uint8_t status_numbers[] = {
#define STATUS(word, status) STATUS_##status,
#include "engine/csta/xml_value.def"
};

static struct xml_words causes, local_states, simple_states, statuses;

__attribute__((constructor)) static void
fill_tables(void)
{
    xml_words_fill(&causes, cause_words, sizeof(cause_numbers));
    xml_words_fill(&local_states, local_state_words, sizeof(local_state_numbers));
    xml_words_fill(&simple_states, simple_state_words, sizeof(simple_state_numbers));
    xml_words_fill(&statuses, status_words, sizeof(status_numbers));
}

static uint8_t
find(const struct xml_words *words, const uint8_t *numbers, struct text word, uint8_t otherwise)
{
    int index = xml_words_find(words, word);
    return index < 0 ? otherwise : numbers[index];
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
    uint8_t cause = find(&causes, cause_numbers, word, 0);
    if (cause != 0 || !is_loose)
        return cause;
    for (size_t i = 0; i < sizeof(cause_numbers); i++) {
        if (is_loosely(word, cause_words[i]))
            return cause_numbers[i];
    }
    return 0;
}

uint8_t
xml_value_local_state(struct text word)
{
    return find(&local_states, local_state_numbers, word, LOCAL_ABSENT);
}

uint8_t
xml_value_simple_state(struct text word)
{
    return find(&simple_states, simple_state_numbers, word, LOCAL_ABSENT);
}

enum system_status
xml_value_status(struct text word)
{
    return (enum system_status)find(&statuses, status_numbers, word, STATUS_ABSENT);
}

bool
xml_value_is_true(struct text word)
{
    return text_is_equal(word, TEXT("true")) || text_is_equal(word, TEXT("1"));
}

/* `count` digits; false when they are none, or the text has no more. */
static bool
take_number(struct text *rest, uint32_t count, int64_t *number)
{
    if (rest->length < count)
        return false;
    *number = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '9')
            return false;
        *number = *number * 10 + (rest->at[i] - '0');
    }
    *rest = text_skip(*rest, count);
    return true;
}

uint32_t
xml_value_number(struct text word)
{
    int64_t number;
    bool is_number =
        word.length > 0 && word.length <= 9 && take_number(&word, word.length, &number);
    return is_number ? (uint32_t)number : 0;
}

static bool
take_byte(struct text *rest, char byte)
{
    if (rest->length == 0 || rest->at[0] != byte)
        return false;
    *rest = text_skip(*rest, 1);
    return true;
}

/* .5 and what follows: the first six digits count. */
static bool
take_fraction(struct text *rest, int64_t *us)
{
    *us = 0;
    if (!take_byte(rest, '.'))
        return true;
    int64_t digit, unit = 100000;
    if (!take_number(rest, 1, &digit))
        return false;
    do {
        *us += digit * unit;
        unit /= 10;
    } while (take_number(rest, 1, &digit));
    return true;
}

/* Z, +hh:mm or -hh:mm, in minutes; nothing is Z. */
static bool
take_zone(struct text *rest, int64_t *minutes)
{
    int64_t hour, minute;
    *minutes = 0;
    if (rest->length == 0 || take_byte(rest, 'Z'))
        return rest->length == 0;
    bool is_west = rest->at[0] == '-';
    if (!take_byte(rest, is_west ? '-' : '+') || !take_number(rest, 2, &hour) ||
        !take_byte(rest, ':') || !take_number(rest, 2, &minute) || rest->length > 0)
        return false;
    *minutes = (hour * 60 + minute) * (is_west ? -1 : 1);
    return hour <= 14 && minute <= 59;
}

bool
xml_value_time(struct text word, int64_t *time_us)
{
    int64_t year, month, day, hour, minute, second, us, zone, days;
    if (!take_number(&word, 4, &year) || !take_byte(&word, '-') || !take_number(&word, 2, &month) ||
        !take_byte(&word, '-') || !take_number(&word, 2, &day) || !take_byte(&word, 'T') ||
        !take_number(&word, 2, &hour) || !take_byte(&word, ':') ||
        !take_number(&word, 2, &minute) || !take_byte(&word, ':') ||
        !take_number(&word, 2, &second) || !take_fraction(&word, &us) || !take_zone(&word, &zone))
        return false;
    /* A leap second is told as the one after it. */
    if (hour > 23 || minute > 59 || second > 60 ||
        !calendar_days(&days, (uint32_t)year, (uint32_t)month, (uint32_t)day))
        return false;
    us += (((days * 24 + hour) * 60 + minute - zone) * 60 + second) * 1000000;
    if (!calendar_holds(us))
        return false;
    *time_us = us;
    return true;
}
