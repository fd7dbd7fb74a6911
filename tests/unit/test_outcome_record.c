/* What the outcome record promises, and the names of everything that is printed from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ipc/counters.h"
#include "ipc/outcome_record.h"
#include "ipc/profile.h"

static struct shm_outcome outcome;

static int
setup(void **state)
{
    (void)state;
    memset(&outcome, 0, sizeof(outcome));
    outcome.reason = REASON_HANGUP;
    outcome.evidence = EVIDENCE_NONE;
    outcome.releasing = RELEASING_LOCAL;
    outcome_add_text(&outcome, OUTCOME_TEXT_LINK, TEXT("pbx1"));
    outcome_add_text(&outcome, OUTCOME_TEXT_CALL_ID, TEXT("4711"));
    outcome_add_text(&outcome, OUTCOME_TEXT_LINKAGE, TEXT("Z"));
    return 0;
}

static void
texts_come_back_where_they_were_put(void **state)
{
    (void)state;
    assert_true(outcome_is_sound(&outcome));
    assert_true(text_is_equal(outcome_text(&outcome, OUTCOME_TEXT_LINK), TEXT("pbx1")));
    assert_true(text_is_equal(outcome_text(&outcome, OUTCOME_TEXT_CALL_ID), TEXT("4711")));
    assert_true(text_is_equal(outcome_text(&outcome, OUTCOME_TEXT_LINKAGE), TEXT("Z")));
    assert_true(text_is_none(outcome_text(&outcome, OUTCOME_TEXT_ANI)));
    assert_int_equal(outcome_size(&outcome), 104 + 9);
}

static void
all_texts_at_their_longest_fit(void **state)
{
    (void)state;
    char longest[EVENT_TEXT_LENGTH];
    memset(longest, 'y', sizeof(longest));
    struct shm_outcome full = {0};
    for (int i = 0; i < OUTCOME_TEXT_COUNT; i++)
        outcome_add_text(&full, (enum outcome_text)i, (struct text){longest, EVENT_TEXT_LENGTH});
    assert_true(outcome_is_sound(&full));
    assert_true(outcome_size(&full) <= sizeof(full));
    struct text last = outcome_text(&full, OUTCOME_TEXT_COUNT - 1);
    assert_ptr_equal(last.at + last.length, full.text + full.text_bytes);
}

static void
bytes_no_worker_writes_are_not_sound(void **state)
{
    (void)state;
#define UNSOUND(field, bad)                                                                        \
    do {                                                                                           \
        struct shm_outcome other = outcome;                                                        \
        other.field = (bad);                                                                       \
        assert_false(outcome_is_sound(&other));                                                    \
    } while (0)
    UNSOUND(event, OUTCOME_EVENT_COUNT);
    UNSOUND(releasing, RELEASING_UNKNOWN + 1);
    UNSOUND(reason, REASON_COUNT);
    UNSOUND(evidence, EVIDENCE_COUNT);
    UNSOUND(cause, CAUSE_COUNT);
    UNSOUND(call_type, CALL_TYPE_CONSULT + 1);
    UNSOUND(flags, 1 << 4);
    UNSOUND(text_bytes, 8);
    UNSOUND(text_bytes, 10);
    UNSOUND(text_length[OUTCOME_TEXT_ANI], 1);
    UNSOUND(text_length[OUTCOME_TEXT_COUNT], 1);
#undef UNSOUND
    struct shm_outcome other = outcome;
    other.text_length[OUTCOME_TEXT_ANI] = EVENT_TEXT_LENGTH + 1;
    other.text_bytes = (uint16_t)(other.text_bytes + EVENT_TEXT_LENGTH + 1);
    assert_false(outcome_is_sound(&other));
}

static void
order_is_message_then_tick_then_call_then_position(void **state)
{
    (void)state;
    struct shm_outcome later = outcome;
    assert_int_equal(outcome_compare(&outcome, &later), 0);
    later.position = 1;
    assert_int_equal(outcome_compare(&outcome, &later), -1);
    assert_int_equal(outcome_compare(&later, &outcome), 1);
    outcome.call_order = 1;
    assert_int_equal(outcome_compare(&outcome, &later), 1);
    later.decided_tick = 1;
    assert_int_equal(outcome_compare(&outcome, &later), -1);
    outcome.decided_order = UINT64_MAX;
    assert_int_equal(outcome_compare(&outcome, &later), 1);
}

static void
everything_printed_has_its_published_name(void **state)
{
    (void)state;
    assert_string_equal(outcome_event_name(OUTCOME_RELEASED), "EventReleased");
    assert_string_equal(outcome_event_name(OUTCOME_ABANDONED), "EventAbandoned");
    assert_string_equal(outcome_event_name(OUTCOME_PARTY_DELETED), "EventCallPartyDeleted");
    assert_string_equal(outcome_event_name(OUTCOME_CALL_DELETED), "EventCallDeleted");
    assert_string_equal(releasing_party_name(RELEASING_LOCAL), "1 Local");
    assert_string_equal(releasing_party_name(RELEASING_REMOTE), "2 Remote");
    assert_string_equal(releasing_party_name(RELEASING_UNKNOWN), "3 Unknown");
    assert_string_equal(reason_name(REASON_CONFERENCE_DROP), "conference-drop");
    assert_string_equal(evidence_name(EVIDENCE_RELEASING_DEVICE), "releasing-device");
    assert_string_equal(cause_name(CAUSE_ABSENT), "");
    assert_string_equal(cause_name(48), "normalClearing");
}

static void
a_number_out_of_range_is_printed_as_a_question_mark(void **state)
{
    (void)state;
    assert_string_equal(outcome_event_name(OUTCOME_EVENT_COUNT), "?");
    assert_string_equal(reason_name(REASON_COUNT), "?");
    assert_string_equal(evidence_name(255), "?");
    assert_string_equal(cause_name(34), "?"); /* ECMA-285 leaves 34 out */
    assert_string_equal(cause_name(255), "?");
    assert_string_equal(releasing_party_name(4), "?");
}

static void
profiles_are_found_by_their_whole_name(void **state)
{
    (void)state;
    assert_int_equal(profile_by_name(TEXT("avaya-dmcc")), PROFILE_AVAYA_DMCC);
    assert_int_equal(profile_by_name(TEXT("avaya")), PROFILE_COUNT);
    assert_int_equal(profile_by_name(TEXT_NONE), PROFILE_COUNT);
    assert_int_equal(profile_row(PROFILE_AVAYA_DMCC)->flags,
                     PROFILE_HOLD_CLEARS | PROFILE_AVAYA_DEVICES | PROFILE_HAS_SESSION);
    assert_string_equal(profile_row(PROFILE_GENERIC)->name, "generic");
}

static void
counters_have_names_and_add_up(void **state)
{
    (void)state;
    static struct shm_counters counters;
    counter_add(&counters, COUNTER_EVENTS, 2);
    counter_add(&counters, COUNTER_EVENTS, 3);
    assert_int_equal(counter_read(&counters, COUNTER_EVENTS), 5);
    assert_int_equal(counter_read(&counters, COUNTER_MESSAGES), 0);
    assert_string_equal(counter_name(COUNTER_CALLS_OPENED), "calls");
    for (int i = 0; i < COUNTER_COUNT; i++) {
        assert_true(counter_name((enum counter)i)[0] != '\0');
        assert_true(counter_meaning((enum counter)i)[0] != '\0');
    }
}

#define PROMISE(test) cmocka_unit_test_setup(test, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(texts_come_back_where_they_were_put),
        PROMISE(all_texts_at_their_longest_fit),
        PROMISE(bytes_no_worker_writes_are_not_sound),
        PROMISE(order_is_message_then_tick_then_call_then_position),
        PROMISE(everything_printed_has_its_published_name),
        PROMISE(a_number_out_of_range_is_printed_as_a_question_mark),
        PROMISE(profiles_are_found_by_their_whole_name),
        PROMISE(counters_have_names_and_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
