#include "engine/csta/ber_time.h"

#include <endian.h>

#include "base/calendar.h"
#include "engine/csta/ber_lanes.h"

#define US_PER_SECOND INT64_C(1000000)

enum {
    FRACTION_DIGITS_MAX = 9, /* 3600 s in us times 10^9 are 62 bits */
    SECONDS_PER_DAY = 86400,
};

struct clock {
    uint32_t year, month, day, hour, minute, second;
};

static bool
next_is_digit(struct text text)
{
    return text.length > 0 && text.at[0] >= '0' && text.at[0] <= '9';
}

/* Four numbers of two digits each; false where one of the eight bytes is no digit. */
static inline bool
take_four_pairs(uint32_t *pairs, const char *at)
{
    uint64_t lanes = le64toh(ber_lanes_read(at)); /* the first byte is the low one */
    if (!ber_lanes_all(ber_lanes_in_range(lanes, '0', '9'), lanes))
        return false;
    lanes -= '0' * BER_LANES;
    lanes = 10 * lanes + (lanes >> 8); /* each second lane: its tens and the ones behind them */
    for (uint32_t i = 0; i < 4; i++)
        pairs[i] = lanes >> 16 * i & 0xff;
    return true;
}

/* Takes up to `most` numbers of two digits from the front of the text; how many there were. */
static inline uint32_t
take_pairs(uint32_t *pairs, uint32_t most, struct text *text)
{
    uint32_t count = 0;
    const char *at = text->at;
    if (most >= 4 && text->length >= 8 && take_four_pairs(pairs, at))
        count = 4;
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
static inline bool
set_clock(struct clock *clock, uint32_t year, const uint32_t *pairs, uint32_t count)
{
    clock->year = year;
    clock->month = pairs[0];
    clock->day = pairs[1];
    clock->hour = pairs[2];
    clock->minute = count > 3 ? pairs[3] : 0;
    clock->second = count > 4 ? pairs[4] : 0;
    /* A leap second is told as the one after it. */
    return clock->hour < 24 && clock->minute < 60 && clock->second <= 60;
}

/* Nothing or Z, which are UTC, +hhmm, -hhmm, and in a GeneralizedTime +hh, -hh; all that is left of
 * the text. */
static inline bool
take_zone(int64_t *east_seconds, struct text text, bool is_generalized)
{
    *east_seconds = 0;
    if (text.length == 0)
        return true;
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

static inline bool
set_time(int64_t *time_us, const struct clock *clock, int64_t east_seconds, int64_t fraction_us)
{
    int64_t days;
    if (!calendar_days(&days, clock->year, clock->month, clock->day))
        return false;
    uint32_t of_day = 3600 * clock->hour + 60 * clock->minute + clock->second;
    int64_t seconds = days * SECONDS_PER_DAY + of_day - east_seconds;
    int64_t us = seconds * US_PER_SECOND + fraction_us;
    if (!calendar_holds(us))
        return false;
    *time_us = us;
    return true;
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
    return set_time(time_us, &clock, east, 0);
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
    return set_time(time_us, &clock, east, fraction_us);
}
