/* The calendar, day by day, and what time a record can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/calendar.h"

/* Day after day from 0000-01-01, which is 719528 days before 1970, to 9999-12-31: each date that
 * there is has the next number, and every other is none. */
static void
every_day_follows_the_one_before(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0};
    int64_t expected = -719528;
    for (uint32_t year = 0; year <= 9999; year++) {
        uint32_t leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 1 : 0;
        for (uint32_t month = 0; month <= 13; month++) {
            uint32_t last = lengths[month] + (month == 2 ? leap : 0);
            for (uint32_t day = 0; day <= 32; day++) {
                int64_t days = 77;
                bool is_date = calendar_days(&days, year, month, day);
                assert_int_equal(is_date, day >= 1 && day <= last);
                assert_int_equal(days, is_date ? expected++ : 77);
            }
        }
    }
    assert_int_equal(expected * 86400, CALENDAR_END_US / 1000000);
}

static void
known_days_have_their_numbers(void **state)
{
    (void)state;
    int64_t days = 0;
    assert_true(calendar_days(&days, 1970, 1, 1));
    assert_int_equal(days, 0);
    assert_true(calendar_days(&days, 2000, 2, 29));
    assert_int_equal(days, 11016);
    assert_false(calendar_days(&days, 1900, 2, 29));
    assert_false(calendar_days(&days, 10000, 1, 1));
    assert_false(calendar_days(&days, UINT32_MAX, 1, 1));
    assert_int_equal(days, 11016);
}

static void
times_are_of_1970_to_9999(void **state)
{
    (void)state;
    assert_true(calendar_holds(0));
    assert_true(calendar_holds(CALENDAR_END_US - 1));
    assert_false(calendar_holds(-1));
    assert_false(calendar_holds(CALENDAR_END_US));
    assert_false(calendar_holds(INT64_MIN));
    assert_false(calendar_holds(INT64_MAX));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(known_days_have_their_numbers),
        cmocka_unit_test(times_are_of_1970_to_9999),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
