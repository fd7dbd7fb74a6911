/* Lists of device numbers: what is no list that can be meant is refused, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/device_list.h"

static const char *
added(struct device_list *list, const char *value)
{
    *list = (struct device_list){0};
    return device_list_add(list, text_of(value), 0, ".");
}

static void
assert_refused(const char *value, const char *why)
{
    struct device_list list;
    const char *said = added(&list, value);
    assert_non_null(said);
    assert_string_equal(said, why);
    device_list_free(&list);
}

/* As one number it would be monitored in vain, and nobody would be told. */
static void
a_range_whose_ends_have_not_equally_many_digits_is_refused(void **state)
{
    (void)state;
    assert_refused("98-102", "\"98-102\" is a range whose ends have not equally many digits; say "
                             "it in parts, such as 98-99, 100-102");
    assert_refused("1, 1-99999999", "\"1-99999999\" is a range whose ends have not equally many "
                                    "digits; say it in parts, such as 98-99, 100-102");
    assert_refused("0098-102", "\"0098-102\" is a range whose ends have not equally many digits; "
                               "say it in parts, such as 98-99, 100-102");
}

static void
a_range_of_more_digits_than_a_number_has_is_refused(void **state)
{
    (void)state;
    assert_refused("1000000000000000000-1000000000000000001",
                   "\"1000000000000000000-1000000000000000001\" is a range of more than 18 digits");
}

/* In the brackets of CSTA it is a number as it stands; and so it is with anything but digits. */
static void
a_number_with_a_dash_can_still_be_said(void **state)
{
    (void)state;
    struct device_list list;
    assert_null(added(&list, "N<89-1234>, 89-a, -5, 5-, 1-2-3"));
    assert_int_equal(list.count, 5);
    assert_string_equal(list.numbers[0], "89-1234");
    assert_string_equal(list.numbers[4], "1-2-3");
    device_list_free(&list);
}

static void
a_range_holds_its_ends(void **state)
{
    (void)state;
    struct device_list list;
    assert_null(added(&list, "099-101,7-7"));
    assert_int_equal(list.count, 4);
    assert_string_equal(list.numbers[0], "099");
    assert_string_equal(list.numbers[2], "101");
    assert_string_equal(list.numbers[3], "7");
    device_list_free(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_whose_ends_have_not_equally_many_digits_is_refused),
        cmocka_unit_test(a_range_of_more_digits_than_a_number_has_is_refused),
        cmocka_unit_test(a_number_with_a_dash_can_still_be_said),
        cmocka_unit_test(a_range_holds_its_ends),
    };
    return cmocka_run_group_tests_name("device_list", tests, NULL, NULL);
}
