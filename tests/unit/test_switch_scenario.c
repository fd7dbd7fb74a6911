/* What a scenario file may say, and what is said of one that may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tools/switch/scenario.h"

static struct scenario_book book;
static unsigned line;
static const char *why;

static bool
reads(const char *text)
{
    memset(&book, 0, sizeof book);
    return scenario_read(&book, text, &line, &why);
}

static void
a_scenario_is_read_step_by_step(void **state)
{
    (void)state;
    assert_true(reads("# comment\nscenario a 3 related\n cast A outside; cast B agent\n"
                      " dial 1 A B consultation # more\n wait 10..20; wait talk\n hangup 1 A|B"));
    const struct scenario *scenario = &book.scenarios[0];
    assert_int_equal(book.count, 1);
    assert_string_equal(scenario->name, "a");
    assert_true(scenario->is_related);
    assert_int_equal(book.weight[1], 3);
    assert_int_equal(scenario->cast_count, 2);
    assert_int_equal(scenario->cast[0], DEVICE_OUTSIDE);
    assert_int_equal(scenario->step_count, 4);
    assert_int_equal(scenario->steps[0].op, OP_DIAL);
    assert_string_equal(scenario->steps[0].cause, "consultation");
    assert_int_equal(scenario->steps[1].high_ms, 20);
    assert_int_equal(scenario->steps[2].wait, WAIT_TALK);
    assert_int_equal(scenario->steps[3].who, 3);
}

static void
what_cannot_be_read_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } wrong[] = {
        {"", 0},
        {"dial 1 A B\n", 1},
        {"scenario a\n", 1},
        {"scenario a x\n", 1},
        {"scenario a 1\ncast B agent\n", 2},
        {"scenario a 1\ncast A robot\n", 2},
        {"scenario a 1\ncast A agent\nhangup 1 B\n", 3},
        {"scenario a 1\ncast A agent\nhangup 5 A\n", 3},
        {"scenario a 1\ncast A agent\nhangup 1 A|\n", 3},
        {"scenario a 1\ncast A agent\nfly 1 A\n", 3},
        {"scenario a 1\ncast A agent\nring 1 A noSuchCause\n", 3},
        {"scenario a 1\ncast A agent\nwait 20..10\n", 3},
        {"scenario a 1\ncast A agent; wait\n", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(reads(wrong[i].text));
        assert_non_null(why);
        assert_int_equal(line, wrong[i].line);
    }
}

static void
the_usual_mix_can_be_read(void **state)
{
    (void)state;
    memset(&book, 0, sizeof book);
    for (int i = 0; scenario_mix[i] != NULL; i++)
        assert_true(scenario_read(&book, scenario_mix[i], &line, &why));
    assert_true(book.weight[0] > 0 && book.weight[1] > 0);
}

static void
stories_are_chosen_by_weight(void **state)
{
    struct random random = {.state = 1};
    uint32_t often = 0;
    (void)state;
    assert_true(reads("scenario rare 1\nscenario often 9\nscenario joined 1 related"));
    for (int i = 0; i < 1000; i++)
        often += scenario_choose(&book, false, &random) == &book.scenarios[1];
    assert_in_range(often, 850, 950);
    assert_ptr_equal(scenario_choose(&book, true, &random), &book.scenarios[2]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scenario_is_read_step_by_step),
        cmocka_unit_test(what_cannot_be_read_is_named_with_its_line),
        cmocka_unit_test(the_usual_mix_can_be_read),
        cmocka_unit_test(stories_are_chosen_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
