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

static bool
next_is_digit(struct text text)
{
    return text.length > 0 && text.at[0] >= '0' && text.at[0] <= '9';
}

/* Takes up to `most` numbers of two digits from the front of the text; how many there were. */
static uint32_t
take_pairs(uint32_t *pairs, uint32_t most, struct text *text)
{
    uint32_t count = 0;
    const char *at = text->at;
    while (count < most && 2 * count + 2 <= text->length) {
        uint32_t tens = (uint32_t)(uint8_t)at[2 * count] - '0';
        uint32_t ones = (uint32_t)(uint8_t)at[2 * count + 1] - '0';
        if (tens > 9 || ones > 9)
            break;
        pairs[count++] = 10 * tens + ones;
    }
    *text = text_skip(*text, 2 * count);
    return count;
}

/* month, day, hour, minute, second; the last ones may be missing. */
static bool
set_clock(struct clock *clock, uint32_t year, const uint32_t *pairs, uint32_t count)
{
    clock->year = year;
    clock->month = pairs[0];
    clock->day = pairs[1];
    clock->hour = pairs[2];
    clock->minute = count > 3 ? pairs[3] : 0;
    clock->second = count > 4 ? pairs[4] : 0;
    return is_date(clock) && clock->hour < 24 && clock->minute < 60 && clock->second < 60;
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
    uint32_t pairs[2] = {0, 0};
    text = text_skip(text, 1);
    uint32_t count = take_pairs(pairs, 2, &text);
    if (count == 0 || (count == 1 && !is_generalized) || pairs[0] > 23 || pairs[1] > 59)
        return false;
    *east_seconds = sign * (int64_t)(3600 * pairs[0] + 60 * pairs[1]);
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
    struct clock clock;
    uint32_t pairs[6];
    int64_t east = 0;
    uint32_t count = take_pairs(pairs, 6, &text);
    if (count < 5)
        return false;
    uint32_t year = pairs[0] + (pairs[0] < 50 ? 2000 : 1900);
    if (!set_clock(&clock, year, pairs + 1, count - 1) || !take_zone(&east, text, false))
        return false;
    *time_us = us_of(&clock, east, 0);
    return true;
}

bool
ber_time_generalized(int64_t *time_us, struct text text)
{
    static const int64_t units_us[] = {3600 * US_PER_SECOND, 60 * US_PER_SECOND, US_PER_SECOND};
    struct clock clock;
    uint32_t pairs[7];
    int64_t east = 0;
    int64_t fraction_us = 0;
    uint32_t count = take_pairs(pairs, 7, &text);
    if (count < 5 || !set_clock(&clock, 100 * pairs[0] + pairs[1], pairs + 2, count - 2) ||
        !take_fraction(&fraction_us, &text, units_us[count - 5]) || !take_zone(&east, text, true))
        return false;
    *time_us = us_of(&clock, east, fraction_us);
    return true;
}
