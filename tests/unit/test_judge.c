/* The evidence order and its conflicts, one promise a test (docs/attribution.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workers/judge.h"

static const struct text x = {"X", 1};
static const struct text r = {"R", 1};
static const struct text z = {"Z", 1};

static void
check(const struct evidence_set *set, struct text initiator, enum evidence evidence)
{
    struct verdict verdict = judge_release(set);
    assert_true(text_is_equal(verdict.initiator, initiator));
    assert_int_equal(verdict.evidence, evidence);
}

static void
nothing_said_is_unknown(void **state)
{
    (void)state;
    check(&(struct evidence_set){.subject = x}, TEXT_NONE, EVIDENCE_NONE);
}

static void
a_request_by_another_beats_a_silent_switch(void **state)
{
    (void)state;
    check(&(struct evidence_set){.subject = x, .asked_by_other = r, .any_granted = true}, r,
          EVIDENCE_REQUEST);
}

static void
a_request_by_another_beats_the_dropped_device_itself(void **state)
{
    (void)state;
    check(&(struct evidence_set){.subject = x,
                                 .releasing = x,
                                 .releasing_is_subject = true,
                                 .asked_by_other = r,
                                 .any_granted = true},
          r, EVIDENCE_REQUEST);
}

static void
a_third_device_beats_a_request_by_another(void **state)
{
    (void)state;
    check(
        &(struct evidence_set){
            .subject = x, .releasing = z, .asked_by_other = r, .any_granted = true},
        z, EVIDENCE_RELEASING_DEVICE);
}

static void
a_named_device_beats_a_request_by_the_party_itself(void **state)
{
    (void)state;
    check(
        &(struct evidence_set){
            .subject = x, .releasing = z, .asked_by_self = x, .any_granted = true},
        z, EVIDENCE_RELEASING_DEVICE);
}

static void
a_request_by_the_party_itself_beats_silence_and_local_state(void **state)
{
    (void)state;
    check(&(struct evidence_set){.subject = x, .asked_by_self = x, .any_granted = true, .local = z},
          x, EVIDENCE_REQUEST);
}

static void
local_state_beats_inference(void **state)
{
    (void)state;
    check(&(struct evidence_set){.subject = x, .local = z, .infer_subject = true}, z,
          EVIDENCE_LOCAL_STATE);
    check(&(struct evidence_set){.subject = x, .infer_subject = true}, x, EVIDENCE_INFERRED);
}

static void
a_veto_cause_beats_everything_but_a_granted_request(void **state)
{
    (void)state;
    struct evidence_set set = {.subject = x, .releasing = z, .veto = true};
    struct verdict verdict = judge_release(&set);
    assert_true(verdict.abnormal);
    assert_int_equal(verdict.initiator.length, 0);
    set.asked_by_other = z;
    set.any_granted = true;
    check(&set, z, EVIDENCE_REQUEST);
}

static void
reasons_go_by_precedence(void **state)
{
    (void)state;
    struct reason_set all = {.abnormal = true,
                             .initiator_known = true,
                             .initiator_forces = true,
                             .initiator_alerted = true,
                             .failed = true,
                             .busy = true,
                             .initiator_gone = true,
                             .ends_all = true,
                             .abandons = true,
                             .talked = 3};
    assert_int_equal(judge_reason(&all), REASON_ABNORMAL);
    all.abnormal = false;
    assert_int_equal(judge_reason(&all), REASON_FORCED);
    all.initiator_forces = false;
    assert_int_equal(judge_reason(&all), REASON_REJECT);
    all.initiator_alerted = false;
    assert_int_equal(judge_reason(&all), REASON_BUSY);
    all.busy = false;
    assert_int_equal(judge_reason(&all), REASON_BLOCKED);
    all.failed = false;
    assert_int_equal(judge_reason(&all), REASON_CONFERENCE_DROP);
    all.initiator_gone = false;
    assert_int_equal(judge_reason(&all), REASON_CONFERENCE_END);
    all.talked = 2;
    assert_int_equal(judge_reason(&all), REASON_ABANDON);
    all.abandons = false;
    assert_int_equal(judge_reason(&all), REASON_HANGUP);
}

static void
leaving_three_who_go_on_is_no_hangup(void **state)
{
    (void)state;
    struct reason_set set = {.initiator_known = true, .initiator_is_subject = true, .counted = 3};
    assert_int_equal(judge_reason(&set), REASON_CONFERENCE_LEAVE);
    set.initiator_is_subject = false;
    assert_int_equal(judge_reason(&set), REASON_CONFERENCE_DROP);
    set.initiator_known = false;
    assert_int_equal(judge_reason(&set), REASON_HANGUP);
}

static void
failures_have_the_call_states_of_t_library(void **state)
{
    (void)state;
    assert_int_equal(judge_failure_call_state(CAUSE_BUSY), 6);
    assert_int_equal(judge_failure_call_state(CAUSE_TRUNKS_BUSY), 10);
    assert_int_equal(judge_failure_call_state(CAUSE_NUMBER_UNALLOCATED), 11);
    assert_int_equal(judge_failure_call_state(CAUSE_DEST_NOT_OBTAINABLE), 12);
    assert_int_equal(judge_failure_call_state(CAUSE_SELECTED_TRUNK_BUSY), 15);
    assert_int_equal(judge_failure_call_state(CAUSE_REORDER_TONE), 16);
    assert_int_equal(judge_failure_call_state(CAUSE_BLOCKED), 14);
    assert_int_equal(judge_failure_call_state(CAUSE_ABSENT), 14);
    assert_int_equal(judge_failure_call_state(255), 14);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_unknown),
        cmocka_unit_test(a_request_by_another_beats_a_silent_switch),
        cmocka_unit_test(a_request_by_another_beats_the_dropped_device_itself),
        cmocka_unit_test(a_third_device_beats_a_request_by_another),
        cmocka_unit_test(a_named_device_beats_a_request_by_the_party_itself),
        cmocka_unit_test(a_request_by_the_party_itself_beats_silence_and_local_state),
        cmocka_unit_test(local_state_beats_inference),
        cmocka_unit_test(a_veto_cause_beats_everything_but_a_granted_request),
        cmocka_unit_test(reasons_go_by_precedence),
        cmocka_unit_test(leaving_three_who_go_on_is_no_hangup),
        cmocka_unit_test(failures_have_the_call_states_of_t_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
