/* What `onhook bench` makes of its figures, and that the load it writes is what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/advice.h"
#include "tools/bench/load.h"

static const struct advice_way ways[] = {
    {1, 1, 100000},
    {1, 2, 150000},
    {2, 1, 140000},
    {2, 2, 290000},
};

static struct advice
advice_for(double calls_per_second)
{
    struct advice_input input = {
        .calls_per_second = calls_per_second,
        .messages_per_call = 10,
        .seconds_per_call = 100,
        .bytes_per_call = 1000,
        .bytes_fixed = 1e6,
        .cpu_seconds = 2,
        .ways = ways,
        .way_count = 4,
    };
    return advise(&input);
}

static void
a_small_site_needs_one_process_of_each(void **state)
{
    (void)state;
    struct advice advice = advice_for(10);
    assert_true(advice.is_enough);
    assert_int_equal(advice.frontends, 1);
    assert_int_equal(advice.workers, 1);
    assert_int_equal((int)advice.average, 100);
    assert_int_equal((int)advice.peak, 100 * ADVICE_PEAK);
    assert_int_equal((int)advice.live_calls, 10 * ADVICE_PEAK * 100);
    assert_int_equal((int)advice.memory_bytes, 1000000 + 10 * ADVICE_PEAK * 100 * 1000);
}

static void
the_fewest_processes_that_carry_twice_the_peak_are_named(void **state)
{
    (void)state;
    /* The peak is 68,000 a second, so 136,000 are wanted: both ways of three processes carry it. */
    struct advice advice = advice_for(1700);
    assert_true(advice.is_enough);
    assert_int_equal(advice.frontends, 1);
    assert_int_equal(advice.workers, 2);
}

static void
a_site_too_large_for_the_machine_is_told_so_and_gets_the_fastest(void **state)
{
    (void)state;
    struct advice advice = advice_for(5000);
    assert_false(advice.is_enough);
    assert_int_equal(advice.frontends, 2);
    assert_int_equal(advice.workers, 2);
    assert_true(advice.spare < ADVICE_SPARE);
}

static void
sizes_stay_within_what_the_configuration_takes(void **state)
{
    (void)state;
    struct advice least = advice_for(0.01), most = advice_for(1e9);
    assert_int_equal(least.ring_slots, 16384);
    assert_int_equal(least.max_calls, 16384);
    assert_int_equal(most.ring_slots, 1048576);
    assert_int_equal(most.max_calls, 16777216);
}

static void
the_knee_is_where_more_processes_bring_less_than_a_tenth(void **state)
{
    (void)state;
    const struct advice_way flat[] = {{1, 1, 100}, {1, 2, 105}, {2, 2, 109}};
    assert_int_equal(advice_knee(flat, 3), 0);
    assert_int_equal(advice_knee(ways, 4), 3);
}

/* Frames of the file, which must fill it. */
static uint64_t
frames_in(const char *path, uint64_t *bytes)
{
    static unsigned char content[8 << 20];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content, file), at = 0;
    fclose(file);
    uint64_t frames = 0;
    for (; at + 4 <= length; frames++) {
        bool is_xml = content[at] == 0 && content[at + 1] == 0;
        at += is_xml ? (size_t)(content[at + 2] << 8 | content[at + 3])
                     : (size_t)(content[at] << 8 | content[at + 1]) + 2;
    }
    assert_int_equal(at, length);
    *bytes = length;
    return frames;
}

static struct load_shape
shape_of(enum csta_encoding encoding)
{
    return (struct load_shape){.agents = 100,
                               .calls_per_second = 2,
                               .related = 20,
                               .encoding = encoding,
                               .links = 2,
                               .talk_ms = 10000};
}

static void
a_load_has_as_many_frames_as_it_says_in_xml_and_ber(void **state)
{
    (void)state;
    static const enum csta_encoding encodings[] = {ENCODING_XML, ENCODING_BER1, ENCODING_BER2,
                                                   ENCODING_BER3};
    for (int i = 0; i < 4; i++) {
        char path[] = "/tmp/onhook-load-XXXXXX";
        struct load_shape shape = shape_of(encodings[i]);
        struct load_facts facts = {0};
        uint64_t bytes;
        int descriptor = mkstemp(path);
        assert_true(descriptor >= 0);
        close(descriptor);
        assert_true(load_write(&shape, 1, 2000, path, &facts));
        assert_int_equal(frames_in(path, &bytes), facts.messages);
        assert_int_equal(bytes, facts.bytes);
        assert_true(facts.messages >= 2000 && facts.messages < 4000);
        assert_true(facts.calls > 100);
        assert_int_equal(facts.live, 0);
        unlink(path);
    }
}

static void
standing_calls_stand_at_the_end(void **state)
{
    (void)state;
    char path[] = "/tmp/onhook-load-XXXXXX";
    struct load_shape shape = shape_of(ENCODING_XML);
    struct load_facts facts = {0};
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_true(load_write_standing(&shape, 500, path, &facts));
    assert_int_equal(facts.calls, 500); /* the last one may not have dialled yet */
    assert_true(facts.live >= 499 && facts.live <= 500);
    unlink(path);
}

static void
the_monitored_devices_are_those_of_every_link(void **state)
{
    (void)state;
    char text[LOAD_MONITORED_SIZE];
    load_monitored(text, 100, 2);
    assert_string_equal(text, "--monitored=100001-100050,190000-190007,195000-195003,"
                              "200001-200050,290000-290007,295000-295003");
    load_monitored(text, LOAD_AGENTS_MAX, LOAD_LINKS_MAX);
    assert_non_null(strstr(text, ",895000-895003"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_site_needs_one_process_of_each),
        cmocka_unit_test(the_fewest_processes_that_carry_twice_the_peak_are_named),
        cmocka_unit_test(a_site_too_large_for_the_machine_is_told_so_and_gets_the_fastest),
        cmocka_unit_test(sizes_stay_within_what_the_configuration_takes),
        cmocka_unit_test(the_knee_is_where_more_processes_bring_less_than_a_tenth),
        cmocka_unit_test(a_load_has_as_many_frames_as_it_says_in_xml_and_ber),
        cmocka_unit_test(standing_calls_stand_at_the_end),
        cmocka_unit_test(the_monitored_devices_are_those_of_every_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
