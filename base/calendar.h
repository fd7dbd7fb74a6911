#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

/*
 * base/calendar.h - the Gregorian calendar, and the times that a record can hold. Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>

/* The first microsecond of the year 10000, since 1970 (UTC). */
#define CALENDAR_END_US (INT64_C(253402300800) * 1000000)

static inline bool
calendar_is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * calendar_days - days from 1970-01-01 to a date of the years 0 to 9999; before 1970 negative
 *
 * False when there is no such date; *days is then untouched.
 */
static inline bool
calendar_days(int64_t *days, uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    if (year > 9999 || month < 1 || month > 12)
        return false;
    uint32_t leap_day = calendar_is_leap(year) ? 1 : 0;
    if (day < 1 || day > lengths[month - 1] + (month == 2 ? leap_day : 0))
        return false;
    /* Counted from 400 years, which are 146097 days, before the year 1. */
    uint32_t years = year + 399;
    uint32_t leap_days = years / 4 - years / 100 + years / 400 + (month > 2 ? leap_day : 0);
    *days = (int64_t)(365 * years + leap_days + before[month - 1] + day - 1) - 146097 - 719162;
    return true;
}

/* calendar_holds - is the time, in us since 1970, in the years 1970 to 9999? */
static inline bool
calendar_holds(int64_t time_us)
{
    return time_us >= 0 && time_us < CALENDAR_END_US;
}

#endif
