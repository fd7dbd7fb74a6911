/*
 * What the table for people promises, one promise per test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf8.h"
#include "engine/sink/sink.h"
#include "tests/unit/outcome_sample.h"

static struct sink sink;
static struct shm_sink_state state_of_sink;
static char bytes[4 * SINK_BYTES_MAX];
static uint32_t used;

static void
begin(uint32_t columns, bool colours)
{
    memset(&state_of_sink, 0, sizeof state_of_sink);
    sink_init(&sink, FORMAT_TEXT, &(struct sink_look){.columns = columns, .colours = colours},
              &state_of_sink);
    used = sink_begin(&sink, bytes);
    bytes[used] = '\0';
}

static void
add(const struct shm_outcome *outcome, uint32_t lane)
{
    assert_true(outcome_is_sound(outcome));
    uint32_t length = sink_row(&sink, bytes + used, outcome, lane);
    assert_true(length <= SINK_BYTES_MAX);
    used += length;
    bytes[used] = '\0';
}

static void
end(uint32_t lane)
{
    used += sink_end(&sink, bytes + used, lane);
    bytes[used] = '\0';
}

static struct shm_outcome
with(struct shm_outcome outcome, enum outcome_text which, const char *text)
{
    outcome_add_text(&outcome, which, text_of(text));
    return outcome;
}

/* Characters of the longest line. */
static uint32_t
widest(void)
{
    uint32_t most = 0;
    uint32_t line = 0;
    const uint8_t *at = (const uint8_t *)bytes;
    while (at < (const uint8_t *)bytes + used) {
        uint32_t character = utf8_take(&at, (const uint8_t *)bytes + used);
        assert_true(character != UTF8_WRONG);
        line = character == '\n' ? 0 : line + 1;
        most = line > most ? line : most;
    }
    return most;
}

static void
one_row_tells_how_a_party_ended_and_by_whom(void **state)
{
    (void)state;
    begin(120, false);
    struct shm_outcome released = outcome_sample(OUTCOME_RELEASED);
    released.releasing = RELEASING_REMOTE;
    struct shm_outcome gone =
        with(outcome_sample(OUTCOME_PARTY_DELETED), OUTCOME_TEXT_CTRL_PARTY, "4989555");
    struct shm_outcome ended =
        with(outcome_sample(OUTCOME_CALL_DELETED), OUTCOME_TEXT_CTRL_PARTY, "4989555");
    add(&released, 0);
    add(&gone, 0);
    add(&ended, 0);
    end(0);
    assert_string_equal(
        bytes,
        "time         link     call       party        event      who                 reason     "
        "      evidence          duration\n"
        "2026-11-22\n"
        "10:00:05.250 pbx1     4711       2001         released   remote by 4989555   hangup     "
        "      releasing-device     4.1 s\n"
        "10:00:05.250 pbx1     4711       -            call ended by 4989555          hangup     "
        "      releasing-device     4.1 s\n");
}

static void
a_party_without_monitor_has_its_row_too(void **state)
{
    (void)state;
    begin(120, false);
    struct shm_outcome gone =
        with(outcome_sample(OUTCOME_PARTY_DELETED), OUTCOME_TEXT_CTRL_PARTY, "2001");
    add(&gone, 0);
    assert_non_null(strstr(bytes, " 2001         party gone local "));
    gone = with(outcome_sample(OUTCOME_PARTY_DELETED), OUTCOME_TEXT_CTRL_PARTY, "2002");
    add(&gone, 0);
    assert_non_null(strstr(bytes, " party gone remote by 2002 "));
    gone = outcome_sample(OUTCOME_PARTY_DELETED);
    add(&gone, 0);
    assert_non_null(strstr(bytes, " party gone unknown "));
}

static void
a_dn_event_alone_is_not_lost(void **state)
{
    (void)state;
    struct shm_outcome first = outcome_sample(OUTCOME_RELEASED);
    struct shm_outcome second = outcome_sample(OUTCOME_ABANDONED);
    second.conn_id++;
    second.releasing = RELEASING_UNKNOWN;
    begin(120, false);
    add(&first, 0);
    add(&second, 0);
    assert_non_null(strstr(bytes, " released   local "));
    assert_null(strstr(bytes, " abandoned  unknown "));
    end(0);
    assert_non_null(strstr(bytes, " abandoned  unknown "));
    uint32_t before = used;
    end(0);
    assert_int_equal(used, before);
}

static void
lanes_do_not_mix(void **state)
{
    (void)state;
    struct shm_outcome one = outcome_sample(OUTCOME_RELEASED);
    struct shm_outcome two = outcome_sample(OUTCOME_RELEASED);
    two.conn_id++;
    struct shm_outcome one_gone = outcome_sample(OUTCOME_PARTY_DELETED);
    struct shm_outcome two_gone = outcome_sample(OUTCOME_PARTY_DELETED);
    two_gone.conn_id++;
    begin(120, false);
    add(&one, 0);
    add(&two, 63);
    add(&one_gone, 0);
    add(&two_gone, 63);
    end(0);
    end(63);
    int rows = 0;
    for (const char *at = bytes; (at = strchr(at, '\n')) != NULL; at++)
        rows++;
    assert_int_equal(rows, 2 + 2); /* heading, day, and a row for each party */
}

static void
rows_keep_to_the_terminal_and_cut_with_an_ellipsis(void **state)
{
    (void)state;
    for (uint32_t columns = 60; columns <= 140; columns += 10) {
        begin(columns, false);
        struct shm_outcome full = outcome_sample_full(OUTCOME_PARTY_DELETED, '7', 64);
        add(&full, 0);
        assert_non_null(strstr(bytes, "777\u2026"));
        uint32_t limit = columns < 80 ? 80 : columns > 120 ? 120 : columns;
        assert_true(widest() <= limit);
        assert_true(widest() + 8 > limit);
    }
}

static void
calls_and_parties_keep_their_last_digits(void **state)
{
    (void)state;
    begin(120, false);
    struct shm_outcome gone = outcome_sample(OUTCOME_PARTY_DELETED);
    memset(gone.text_length, 0, sizeof gone.text_length);
    gone.text_bytes = 0;
    outcome_add_text(&gone, OUTCOME_TEXT_CALL_ID, TEXT("FF00010000001234567"));
    outcome_add_text(&gone, OUTCOME_TEXT_PARTY, TEXT("\u00e9\u00e94989555000123"));
    add(&gone, 0);
    assert_non_null(strstr(bytes, " \u2026001234567 \u202689555000123 "));
}

static void
hostile_bytes_do_not_reach_the_terminal(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        begin(120, false);
        struct shm_outcome full = outcome_sample_full(OUTCOME_CALL_DELETED, (char)byte, 64);
        add(&full, 0);
        for (uint32_t i = 0; i < used; i++)
            assert_true(bytes[i] == '\n' || ((uint8_t)bytes[i] >= 0x20 && bytes[i] != 0x7f));
        assert_true(widest() <= 120);
    }
    begin(120, false);
    struct shm_outcome wide = with(outcome_sample(OUTCOME_CALL_DELETED), OUTCOME_TEXT_CTRL_PARTY,
                                   "\u202e\u00e9\u00e9\u00e9\u4e2d\xff\u00e9");
    add(&wide, 0);
    assert_null(strstr(bytes, "\u202e"));
    assert_true(widest() <= 120);
}

static void
colours_come_only_when_wanted(void **state)
{
    (void)state;
    struct shm_outcome ended = outcome_sample(OUTCOME_CALL_DELETED);
    begin(120, true);
    add(&ended, 0);
    assert_non_null(strchr(bytes, '\033'));
    begin(120, false);
    add(&ended, 0);
    assert_null(strchr(bytes, '\033'));
}

static void
the_day_is_said_once(void **state)
{
    (void)state;
    struct shm_outcome ended = outcome_sample(OUTCOME_CALL_DELETED);
    begin(120, false);
    add(&ended, 0);
    add(&ended, 0);
    ended.flags = 0;
    add(&ended, 0);
    ended.flags = OUTCOME_HAS_TIME;
    ended.time_us += INT64_C(86400) * 1000000;
    add(&ended, 0);
    const char *day = strstr(bytes, "2026-11-22\n");
    assert_non_null(day);
    assert_null(strstr(day + 1, "2026-11-22\n"));
    assert_non_null(strstr(bytes, "2026-11-23\n"));
    assert_non_null(strstr(bytes, "\n-            pbx1"));
}

static void
durations_read_well(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *words;
    } samples[] = {
        {0, "    0.0 s\n"},        {59999, "   59.9 s\n"},           {60000, "     1:00\n"},
        {3599999, "    59:59\n"},  {3600000, "  1:00:00\n"},         {35999999, "  9:59:59\n"},
        {36000000, "     10 h\n"}, {UINT64_MAX, "51240955\u2026\n"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct shm_outcome ended = outcome_sample(OUTCOME_CALL_DELETED);
        ended.since_answer_ms = samples[i].ms;
        begin(120, false);
        add(&ended, 0);
        assert_non_null(strstr(bytes, samples[i].words));
    }
    struct shm_outcome ended = outcome_sample(OUTCOME_CALL_DELETED);
    ended.flags = OUTCOME_HAS_SINCE_START;
    ended.since_start_ms = 35999000;
    begin(120, false);
    add(&ended, 0);
    assert_non_null(strstr(bytes, "(9:59:59)\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_row_tells_how_a_party_ended_and_by_whom),
        cmocka_unit_test(a_party_without_monitor_has_its_row_too),
        cmocka_unit_test(a_dn_event_alone_is_not_lost),
        cmocka_unit_test(lanes_do_not_mix),
        cmocka_unit_test(rows_keep_to_the_terminal_and_cut_with_an_ellipsis),
        cmocka_unit_test(calls_and_parties_keep_their_last_digits),
        cmocka_unit_test(hostile_bytes_do_not_reach_the_terminal),
        cmocka_unit_test(colours_come_only_when_wanted),
        cmocka_unit_test(the_day_is_said_once),
        cmocka_unit_test(durations_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
