/* What the pace promises: many in a while are waited for with naps, few are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/pace.h"

static void
many_in_a_span_make_it_busy_and_few_end_it(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t now = UINT64_C(50) * PACE_SPAN_NS;
    assert_false(pace_look(&pace, now));
    pace_add(&pace, PACE_BUSY);
    assert_false(pace_look(&pace, now + PACE_SPAN_NS - 1)); /* not yet counted for long enough */
    assert_true(pace_look(&pace, now + PACE_SPAN_NS));
    pace_add(&pace, PACE_BUSY - 1);
    assert_true(pace_look(&pace, now + 2 * PACE_SPAN_NS - 1));
    assert_false(pace_look(&pace, now + 2 * PACE_SPAN_NS));
}

static void
many_after_a_long_silence_are_few_a_span(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t now = UINT64_C(50) * PACE_SPAN_NS;
    pace_look(&pace, now);
    pace_add(&pace, 10 * PACE_BUSY);
    assert_false(pace_look(&pace, now + UINT64_C(11) * PACE_SPAN_NS));
    pace_add(&pace, 10 * PACE_BUSY);
    assert_true(pace_look(&pace, now + UINT64_C(21) * PACE_SPAN_NS));
}

static void
who_is_not_busy_or_napped_in_vain_sleeps_until_a_ring(void **state)
{
    (void)state;
    struct pace pace = {0};
    assert_false(pace_nap(&pace, 1));
    pace = (struct pace){0};
    pace_add(&pace, UINT64_MAX); /* since the machine's start: busy by any clock */
    assert_true(pace_nap(&pace, PACE_NAPS));
    assert_false(pace_nap(&pace, PACE_NAPS + 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_in_a_span_make_it_busy_and_few_end_it),
        cmocka_unit_test(many_after_a_long_silence_are_few_a_span),
        cmocka_unit_test(who_is_not_busy_or_napped_in_vain_sleeps_until_a_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
