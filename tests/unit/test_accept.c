/* A client gets what it likes best by RFC 9110, whatever else stands in its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/accept.h"

static const char open_metrics[] = "application/openmetrics-text";

static uint32_t
quality(const char *header, const char *type)
{
    return accept_quality(text_of(header), type);
}

static void
who_says_nothing_takes_everything(void **state)
{
    (void)state;
    assert_int_equal(accept_quality(TEXT_NONE, open_metrics), ACCEPT_MOST);
    assert_int_equal(quality("", open_metrics), ACCEPT_MOST);
}

static void
what_is_not_named_is_not_wanted(void **state)
{
    (void)state;
    assert_int_equal(quality("text/html", open_metrics), 0);
    assert_int_equal(quality(" , ;;, /", open_metrics), 0);
}

static void
the_most_specific_range_decides(void **state)
{
    (void)state;
    const char *header = "*/*;q=0.1, text/*;q=0.3, text/plain;q=0.7";
    assert_int_equal(quality(header, "text/plain"), 700);
    assert_int_equal(quality(header, "text/html"), 300);
    assert_int_equal(quality(header, open_metrics), 100);
    assert_int_equal(quality("text/plain;q=0.2, text/*, */*", "text/plain"), 200);
}

static void
of_several_alike_the_kindest_decides(void **state)
{
    (void)state;
    /* As Prometheus 2.42 asks. */
    const char *header = "application/openmetrics-text;version=1.0.0,"
                         "application/openmetrics-text;version=0.0.1;q=0.75,"
                         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    assert_int_equal(quality(header, open_metrics), ACCEPT_MOST);
    assert_int_equal(quality(header, "text/plain"), 500);
}

static void
letters_and_blanks_do_not_matter(void **state)
{
    (void)state;
    assert_int_equal(quality("\t TEXT/Plain ; charset=utf-8 ;\tQ = 0.25", "text/plain"), 250);
}

static void
zero_refuses_and_a_wrong_number_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(quality("text/plain;q=0", "text/plain"), 0);
    assert_int_equal(quality("text/plain;q=0.000, */*", "text/plain"), 0);
    assert_int_equal(quality("text/plain;q=0.001", "text/plain"), 1);
    assert_int_equal(quality("text/plain;q=1.000", "text/plain"), ACCEPT_MOST);
    assert_int_equal(quality("text/plain;q=9.9", "text/plain"), ACCEPT_MOST);
    assert_int_equal(quality("text/plain;q=0.0001", "text/plain"), ACCEPT_MOST);
    assert_int_equal(quality("text/plain;q=.5", "text/plain"), ACCEPT_MOST);
    assert_int_equal(quality("text/plain;q=", "text/plain"), ACCEPT_MOST);
    assert_int_equal(quality("text/plain;q", "text/plain"), ACCEPT_MOST);
}

static void
what_stands_behind_many_ranges_is_not_looked_at(void **state)
{
    (void)state;
    char header[2 * ACCEPT_RANGES + 16];
    for (int i = 0; i < ACCEPT_RANGES; i++) {
        header[2 * i] = 'a';
        header[2 * i + 1] = ',';
    }
    strcpy(header + sizeof header - 16, "text/plain");
    assert_int_equal(quality(header, "text/plain"), 0);
    assert_int_equal(quality(header + 2, "text/plain"), ACCEPT_MOST);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_nothing_takes_everything),
        cmocka_unit_test(what_is_not_named_is_not_wanted),
        cmocka_unit_test(the_most_specific_range_decides),
        cmocka_unit_test(of_several_alike_the_kindest_decides),
        cmocka_unit_test(letters_and_blanks_do_not_matter),
        cmocka_unit_test(zero_refuses_and_a_wrong_number_says_nothing),
        cmocka_unit_test(what_stands_behind_many_ranges_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
