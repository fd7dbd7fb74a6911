/*
 * What the summary and the progress bar promise, one promise per test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/outcome_record.h"
#include "tools/progress.h"
#include "tools/summary.h"

static char printed[32 * 1024];

static const char *
print(const struct summary *summary, void (*how)(const struct summary *, FILE *))
{
    memset(printed, 0, sizeof printed);
    FILE *out = fmemopen(printed, sizeof printed - 1, "w");
    assert_non_null(out);
    how(summary, out);
    fclose(out);
    return printed;
}

static struct summary
sample(void)
{
    struct summary summary;
    memset(&summary, 0, sizeof summary);
    summary.elapsed_ms = 2310;
    summary.counts[COUNTER_MESSAGES] = 1234567;
    summary.counts[COUNTER_EVENTS] = 1000000;
    summary.counts[COUNTER_CALLS_OPENED] = 250000;
    summary.counts[COUNTER_CALLS_CLOSED] = 249988;
    summary.counts[counter_of_reason(REASON_HANGUP, RELEASING_LOCAL)] = 120000;
    summary.counts[counter_of_reason(REASON_HANGUP, RELEASING_REMOTE)] = 999;
    summary.counts[counter_of_reason(REASON_ABANDON, RELEASING_UNKNOWN)] = 12;
    return summary;
}

static void
a_run_without_oddities_is_told_in_a_few_lines(void **state)
{
    (void)state;
    struct summary summary = sample();
    assert_string_equal(
        print(&summary, summary_print),
        "1,234,567 messages, 1,000,000 events, 250,000 calls in 2.31 s (534,444 messages/s)\n"
        "  released by                 1 Local       2 Remote      3 Unknown\n"
        "  abandon                           -              -             12\n"
        "  hangup                      120,000            999              -\n"
        "  all                         120,000            999             12\n"
        "  calls still open                 12\n"
        "  unreadable messages               0\n");
    assert_false(summary_has_losses(&summary));
}

static void
an_oddity_is_told_with_advice(void **state)
{
    (void)state;
    struct summary summary = sample();
    summary.counts[COUNTER_UNMATCHED_RELEASERS] = 3;
    assert_non_null(
        strstr(print(&summary, summary_print), "\n  unmatched releasers               3  "));
    assert_non_null(strstr(printed, "[aliases]"));
    assert_null(strstr(printed, "unmatched clearings"));
    assert_false(summary_has_losses(&summary));
}

static void
what_was_skipped_is_a_loss(void **state)
{
    (void)state;
    static const enum counter losses[] = {COUNTER_UNREADABLE, COUNTER_FRAMING_ERRORS,
                                          COUNTER_CALLS_FORCED_OUT};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        struct summary summary = sample();
        summary.counts[losses[i]] = 1;
        assert_true(summary_has_losses(&summary));
    }
}

static void
an_instant_run_divides_by_nothing(void **state)
{
    (void)state;
    struct summary summary;
    memset(&summary, 0, sizeof summary);
    assert_non_null(strstr(print(&summary, summary_print), "0 calls in 0.00 s (0 messages/s)"));
}

static void
the_json_form_is_one_object_on_a_line(void **state)
{
    (void)state;
    struct summary summary = sample();
    summary.frontend_restarts = 1;
    summary.worker_restarts = 2000;
    summary.publisher_restarts = 3;
    assert_non_null(strstr(print(&summary, summary_print),
                           "deaths and restarts           2,004  front-end 1, workers 2,000, "
                           "publisher 3\n"));
    print(&summary, summary_print_json);
    assert_non_null(strstr(printed,
                           "{\"seconds\":2.310,\"messages_per_second\":534444,"
                           "\"calls_open\":12,\"restarts\":{\"front-end\":1,\"workers\":2000,"
                           "\"publisher\":3},\"releases\":{\"1 Local\":120000,"
                           "\"2 Remote\":999,\"3 Unknown\":12},\"reasons\":{\"abandon\":"));
    assert_non_null(strstr(printed, "\"messages\":1234567"));
    assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
}

static void
the_json_form_holds_the_largest_counts(void **state)
{
    (void)state;
    struct summary summary;
    memset(&summary, 0xff, sizeof summary);
    summary.elapsed_ms = 0;
    print(&summary, summary_print_json);
    assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
}

static void
counters_of_all_processes_are_added_up(void **state)
{
    (void)state;
    static struct shared_engine engine;
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "test-summary-%d", (int)getpid());
    struct engine_shape shape = {
        .workers = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    assert_true(shared_engine_create(&engine, name, &shape, why));
    counter_add(&engine.frontends->counters, COUNTER_MESSAGES, 5);
    counter_add(&engine.workers[0].counters, COUNTER_CALLS_OPENED, 3);
    counter_add(&engine.workers[1].counters, COUNTER_CALLS_OPENED, 4);
    counter_add(&engine.workers[1].counters, COUNTER_CALLS_CLOSED, 2);
    counter_add(&engine.publisher->counters, COUNTER_CALLS_DELETED, 2);
    struct summary summary;
    summary_take(&summary, &engine, 10);
    shared_engine_destroy(&engine);
    assert_int_equal(summary.counts[COUNTER_MESSAGES], 5);
    assert_int_equal(summary.counts[COUNTER_CALLS_OPENED], 7);
    assert_int_equal(summary.counts[COUNTER_CALLS_DELETED], 2);
    assert_int_equal(summary_calls_open(&summary), 5);
}

static void
each_reason_and_releasing_party_has_its_own_counter(void **state)
{
    (void)state;
    bool seen[COUNTER_COUNT] = {false};
    for (uint8_t reason = 0; reason < REASON_COUNT; reason++) {
        for (uint8_t releasing = RELEASING_LOCAL; releasing <= RELEASING_UNKNOWN; releasing++) {
            enum counter counter = counter_of_reason(reason, releasing);
            assert_false(seen[counter]);
            seen[counter] = true;
            assert_non_null(strstr(counter_name(counter), reason_name(reason)));
            assert_non_null(strstr(counter_meaning(counter), releasing_party_name(releasing)));
        }
        assert_int_equal(counter_of_reason(reason, RELEASING_NONE),
                         counter_of_reason(reason, RELEASING_UNKNOWN));
    }
}

static void
the_bar_says_how_far_it_is(void **state)
{
    (void)state;
    char line[PROGRESS_LINE_SIZE];
    assert_string_equal(progress_line(line, 500000, 1000000, 2000, 1000),
                        " 50 % [============>           ] 500.0 kB of 1.0 MB, 2000 messages/s");
    assert_string_equal(progress_line(line, 2000000, 1000000, 0, 0),
                        "100 % [========================] 2.0 MB of 1.0 MB, 0 messages/s");
    assert_string_equal(progress_line(line, 0, 1, 0, 0),
                        "  0 % [>                       ] 0 B of 1 B, 0 messages/s");
    assert_string_equal(progress_line(line, 1500, 0, 7, 1000),
                        "1.5 kB read, 7 messages, 7 messages/s");
    assert_true(strlen(progress_line(line, UINT64_MAX - 1, UINT64_MAX, UINT64_MAX, 1)) <
                PROGRESS_LINE_SIZE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_without_oddities_is_told_in_a_few_lines),
        cmocka_unit_test(an_oddity_is_told_with_advice),
        cmocka_unit_test(what_was_skipped_is_a_loss),
        cmocka_unit_test(an_instant_run_divides_by_nothing),
        cmocka_unit_test(the_json_form_is_one_object_on_a_line),
        cmocka_unit_test(the_json_form_holds_the_largest_counts),
        cmocka_unit_test(counters_of_all_processes_are_added_up),
        cmocka_unit_test(each_reason_and_releasing_party_has_its_own_counter),
        cmocka_unit_test(the_bar_says_how_far_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
