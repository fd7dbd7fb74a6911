#include "engine/csta/ber_time.h"

#define US_PER_SECOND INT64_C(1000000)

enum {
    FRACTION_DIGITS_MAX = 9, /* 3600 s in us times 10^9 are 62 bits */
    SECONDS_PER_DAY = 86400,
};

struct clock {
    int64_t year;
    uint32_t month, day, hour, minute, second;
};

/* Days from 1970-01-01, counted in years that begin in March; year 0 or later. */
static int64_t
days_of_date(const struct clock *clock)
{
    int64_t year = clock->year - (clock->month <= 2 ? 1 : 0) + 400;
    int64_t march_month = (clock->month + 9) % 12;
    int64_t day_of_year = (153 * march_month + 2) / 5 + clock->day - 1;
    return 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719468 - 146097;
}

static bool
is_date(const struct clock *clock)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (clock->month < 1 || clock->month > 12)
        return false;
    bool is_leap = clock->year % 4 == 0 && (clock->year % 100 != 0 || clock->year % 400 == 0);
    uint32_t last = days[clock->month - 1] + (clock->month == 2 && is_leap ? 1U : 0U);
    return clock->day >= 1 && clock->day <= last;
}

/* Takes two digits of at most `most` from the front of the text. */
static bool
take_two(uint32_t *value, struct text *text, uint32_t most)
{
    if (text->length < 2)
        return false;
    uint32_t tens = (uint32_t)(uint8_t)text->at[0] - '0';
    uint32_t ones = (uint32_t)(uint8_t)text->at[1] - '0';
    if (tens > 9 || ones > 9 || 10 * tens + ones > most)
        return false;
    *value = 10 * tens + ones;
    *text = text_skip(*text, 2);
    return true;
}

static bool
next_is_digit(struct text text)
{
    return text.length > 0 && text.at[0] >= '0' && text.at[0] <= '9';
}

/* Nothing, Z, +hhmm, -hhmm, and in a GeneralizedTime +hh, -hh; all that is left of the text. */
static bool
take_zone(int64_t *east_seconds, struct text text, bool is_generalized)
{
    *east_seconds = 0;
    if (text.length == 0)
        return is_generalized;
    if (text.at[0] == 'Z')
        return text.length == 1;
    int64_t sign = text.at[0] == '+' ? 1 : -1;
    if (text.at[0] != '+' && text.at[0] != '-')
        return false;
    uint32_t hours = 0;
    uint32_t minutes = 0;
    text = text_skip(text, 1);
    if (!take_two(&hours, &text, 23))
        return false;
    if (!(is_generalized && text.length == 0) && !take_two(&minutes, &text, 59))
        return false;
    *east_seconds = sign * (int64_t)(3600 * hours + 60 * minutes);
    return text.length == 0;
}

/* A fraction of `unit_us`, if one follows. */
static bool
take_fraction(int64_t *us, struct text *text, int64_t unit_us)
{
    *us = 0;
    if (text->length == 0 || (text->at[0] != '.' && text->at[0] != ','))
        return true;
    *text = text_skip(*text, 1);
    if (!next_is_digit(*text))
        return false;
    int64_t value = 0;
    int64_t scale = 1;
    for (uint32_t count = 0; next_is_digit(*text); count++, *text = text_skip(*text, 1)) {
        if (count >= FRACTION_DIGITS_MAX)
            continue;
        value = 10 * value + (text->at[0] - '0');
        scale *= 10;
    }
    *us = unit_us * value / scale;
    return true;
}

static int64_t
us_of(const struct clock *clock, int64_t east_seconds, int64_t fraction_us)
{
    int64_t of_day = (int64_t)(3600 * clock->hour + 60 * clock->minute + clock->second);
    int64_t seconds = days_of_date(clock) * SECONDS_PER_DAY + of_day - east_seconds;
    return seconds * US_PER_SECOND + fraction_us;
}

bool
ber_time_utc(int64_t *time_us, struct text text)
{
    struct clock clock = {.second = 0};
    uint32_t year = 0;
    int64_t east = 0;
    if (!take_two(&year, &text, 99) || !take_two(&clock.month, &text, 12) ||
        !take_two(&clock.day, &text, 31) || !take_two(&clock.hour, &text, 23) ||
        !take_two(&clock.minute, &text, 59))
        return false;
    clock.year = year + (year < 50 ? 2000 : 1900);
    if (next_is_digit(text) && !take_two(&clock.second, &text, 59))
        return false;
    if (!take_zone(&east, text, false) || !is_date(&clock))
        return false;
    *time_us = us_of(&clock, east, 0);
    return true;
}

bool
ber_time_generalized(int64_t *time_us, struct text text)
{
    struct clock clock = {.minute = 0};
    uint32_t century = 0;
    uint32_t year = 0;
    int64_t east = 0;
    int64_t fraction_us = 0;
    int64_t unit_us = 3600 * US_PER_SECOND;
    if (!take_two(&century, &text, 99) || !take_two(&year, &text, 99) ||
        !take_two(&clock.month, &text, 12) || !take_two(&clock.day, &text, 31) ||
        !take_two(&clock.hour, &text, 23))
        return false;
    clock.year = (int64_t)(100 * century + year);
    if (next_is_digit(text)) {
        unit_us = 60 * US_PER_SECOND;
        if (!take_two(&clock.minute, &text, 59))
            return false;
        if (next_is_digit(text)) {
            unit_us = US_PER_SECOND;
            if (!take_two(&clock.second, &text, 59))
                return false;
        }
    }
    if (!take_fraction(&fraction_us, &text, unit_us) || !take_zone(&east, text, true) ||
        !is_date(&clock))
        return false;
    *time_us = us_of(&clock, east, fraction_us);
    return true;
}
