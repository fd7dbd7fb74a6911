/*
 * What a line of the JSONL output promises, one promise per test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/sink/sink.h"
#include "tests/unit/json_check.h"
#include "tests/unit/outcome_sample.h"

static char line[SINK_BYTES_MAX + 1];

static const char *
line_of(const struct shm_outcome *outcome)
{
    assert_true(outcome_is_sound(outcome));
    uint32_t length = jsonl_line(line, outcome);
    assert_true(length <= SINK_BYTES_MAX);
    assert_true(json_check_line(line, length));
    line[length] = '\0';
    return line;
}

static void
the_published_examples_come_out_byte_for_byte(void **state)
{
    (void)state;
    struct shm_outcome outcome = outcome_sample(OUTCOME_RELEASED);
    outcome_add_text(&outcome, OUTCOME_TEXT_OTHER_DN, TEXT("4989555"));
    assert_string_equal(
        line_of(&outcome),
        "{\"Event\":\"EventReleased\",\"Time\":\"2026-11-22T10:00:05.250000Z\",\"Link\":\"pbx1\","
        "\"Seq\":17,\"CallID\":\"4711\",\"ConnID\":\"0a61f3c2d4e5b607\",\"ThisDN\":\"2001\","
        "\"OtherDN\":\"4989555\",\"CallState\":0,\"Extensions\":{\"ReleasingParty\":\"1 Local\"},"
        "\"Reason\":\"hangup\",\"Evidence\":\"releasing-device\",\"Cause\":\"normalClearing\","
        "\"SinceAnswerMs\":4100}\n");

    outcome = outcome_sample(OUTCOME_PARTY_DELETED);
    outcome_add_text(&outcome, OUTCOME_TEXT_CTRL_PARTY, TEXT("2001"));
    assert_string_equal(
        line_of(&outcome),
        "{\"Event\":\"EventCallPartyDeleted\",\"Time\":\"2026-11-22T10:00:05.250000Z\","
        "\"Link\":\"pbx1\",\"Seq\":17,\"CallID\":\"4711\",\"ConnID\":\"0a61f3c2d4e5b607\","
        "\"Party\":\"2001\",\"CtrlParty\":\"2001\",\"Reason\":\"hangup\","
        "\"Evidence\":\"releasing-device\",\"Cause\":\"normalClearing\",\"SinceAnswerMs\":4100}\n");

    outcome = outcome_sample(OUTCOME_CALL_DELETED);
    outcome.cause = CAUSE_ABSENT;
    outcome_add_text(&outcome, OUTCOME_TEXT_CTRL_PARTY, TEXT("2001"));
    assert_string_equal(
        line_of(&outcome),
        "{\"Event\":\"EventCallDeleted\",\"Time\":\"2026-11-22T10:00:05.250000Z\","
        "\"Link\":\"pbx1\",\"Seq\":17,\"CallID\":\"4711\",\"ConnID\":\"0a61f3c2d4e5b607\","
        "\"CtrlParty\":\"2001\",\"Reason\":\"hangup\",\"Evidence\":\"releasing-device\","
        "\"SinceAnswerMs\":4100}\n");
}

/* Fails unless the keys stand in `wanted` (separated by blanks) and nothing else does. */
static void
assert_keys(const char *json, const char *wanted)
{
    char found[1024] = "";
    for (const char *at = json; (at = strchr(at, '"')) != NULL;) {
        const char *end = strchr(at + 1, '"');
        if (end[1] == ':') {
            strncat(found, at + 1, (size_t)(end - at - 1));
            strcat(found, " ");
        }
        at = end + 1;
    }
    assert_string_equal(found, wanted);
}

static void
every_key_stands_in_its_place(void **state)
{
    (void)state;
    struct shm_outcome outcome = outcome_sample_full(OUTCOME_RELEASED, 'x', 3);
    assert_keys(line_of(&outcome),
                "Event Time Link Seq CallID ConnID ThisDN OtherDN ThisQueue AgentID CallType ANI "
                "DNIS CallState Extensions ReleasingParty Reason Evidence Cause SinceStartMs "
                "SinceAnswerMs LinkageID ");
    outcome.event = OUTCOME_ABANDONED;
    assert_keys(line_of(&outcome),
                "Event Time Link Seq CallID ConnID ThisDN OtherDN ThisQueue AgentID CallType ANI "
                "DNIS CallState Extensions ReleasingParty Reason Evidence Cause SinceStartMs "
                "SinceAnswerMs LinkageID ");
    outcome.event = OUTCOME_PARTY_DELETED;
    assert_keys(line_of(&outcome),
                "Event Time Link Seq CallID ConnID Party ThisQueue AgentID CallType ANI DNIS "
                "CtrlParty Reason Evidence Cause SinceStartMs SinceAnswerMs LinkageID ");
    outcome.event = OUTCOME_CALL_DELETED;
    assert_keys(line_of(&outcome),
                "Event Time Link Seq CallID ConnID ThisQueue CallType ANI DNIS CtrlParty Reason "
                "Evidence Cause SinceStartMs SinceAnswerMs NewConnID LinkageID ");
}

static void
what_has_no_value_has_no_key(void **state)
{
    (void)state;
    struct shm_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.event = OUTCOME_RELEASED;
    assert_keys(line_of(&outcome),
                "Event Seq ConnID CallState Extensions ReleasingParty Reason Evidence ");
    outcome.event = OUTCOME_PARTY_DELETED;
    assert_keys(line_of(&outcome), "Event Seq ConnID Reason Evidence ");
    outcome.event = OUTCOME_CALL_DELETED;
    assert_keys(line_of(&outcome), "Event Seq ConnID Reason Evidence ");
}

static void
each_releasing_party_has_its_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        [RELEASING_LOCAL] = "\"Extensions\":{\"ReleasingParty\":\"1 Local\"}",
        [RELEASING_REMOTE] = "\"Extensions\":{\"ReleasingParty\":\"2 Remote\"}",
        [RELEASING_UNKNOWN] = "\"Extensions\":{\"ReleasingParty\":\"3 Unknown\"}",
    };
    for (uint8_t releasing = RELEASING_LOCAL; releasing <= RELEASING_UNKNOWN; releasing++) {
        struct shm_outcome outcome = outcome_sample(OUTCOME_ABANDONED);
        outcome.releasing = releasing;
        assert_non_null(strstr(line_of(&outcome), words[releasing]));
    }
}

static void
a_number_cannot_break_the_line(void **state)
{
    (void)state;
    struct shm_outcome outcome = outcome_sample(OUTCOME_RELEASED);
    outcome_add_text(&outcome, OUTCOME_TEXT_OTHER_DN,
                     TEXT("\"}\n\\\x1b[2J\xe2\x80\xae"
                          "12\xff"));
    const char *json = line_of(&outcome);
    assert_non_null(strstr(json, "\\\"}\\n\\\\\\u001b[2J\\u202e12\ufffd\""));
    assert_ptr_equal(strchr(json, '\n'), json + strlen(json) - 1);
}

static void
the_longest_line_fits(void **state)
{
    (void)state;
    for (int event = 0; event < OUTCOME_EVENT_COUNT; event++) {
        struct shm_outcome outcome =
            outcome_sample_full((enum outcome_event)event, '\x01', EVENT_TEXT_LENGTH);
        assert_true(strlen(line_of(&outcome)) > 64);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_examples_come_out_byte_for_byte),
        cmocka_unit_test(every_key_stands_in_its_place),
        cmocka_unit_test(what_has_no_value_has_no_key),
        cmocka_unit_test(each_releasing_party_has_its_words),
        cmocka_unit_test(a_number_cannot_break_the_line),
        cmocka_unit_test(the_longest_line_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
