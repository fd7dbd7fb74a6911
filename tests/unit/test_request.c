/*
 * Requests, their answers, and what the call's worker hears of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/front_rig.h"
#include "tests/unit/session_rig.h"

#define CLEAR(connection)                                                                          \
    "<ClearConnection><connectionToBeCleared>" connection                                          \
    "</connectionToBeCleared></ClearConnection>"
#define CLEAR_CALL(connection)                                                                     \
    "<ClearCall><callToBeCleared>" connection "</callToBeCleared></ClearCall>"
#define GRANTED      "<ClearConnectionResponse/>"
#define CALL_GRANTED "<ClearCallResponse/>"
#define REFUSED      "<CSTAErrorCode><operation>generic</operation></CSTAErrorCode>"
#define ASK_DEVICE(device)                                                                         \
    "<SnapshotDevice><snapshotObject>" device "</snapshotObject></SnapshotDevice>"
#define ASK_CALL(call)                                                                             \
    "<SnapshotCall><snapshotObject><callID>" call "</callID></snapshotObject></SnapshotCall>"
#define DEVICE_SAYS(calls)                                                                         \
    "<SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>" calls                       \
    "</snapshotData></crossRefIDorSnapshotData></SnapshotDeviceResponse>"
#define LISTED(call, device)                                                                       \
    "<snapshotDeviceResponseInfo><connectionIdentifier>" CONNECTION(                               \
        call, device) "</"                                                                         \
                      "connectionIdentifier><localCallState><compoundCallState><"                  \
                      "localConnectionState>connected"                                             \
                      "</localConnectionState></compoundCallState></localCallState></"             \
                      "snapshotDeviceResponseInfo>"

static const char *
said(const char *lines)
{
    rig_feed(&rig, lines);
    return rig_read(&rig, 0, SKIP(LINK) | SKIP(TICK) | SKIP(DEVICE));
}

static void
a_request_and_its_answer_reach_the_call(void **state)
{
    (void)state;
    assert_string_equal(
        said("1 p > 0007 by=tel:3 " CLEAR(
            CONNECTION("c1", "2001;x")) "\n"
                                        "1 p > 0008 " CLEAR_CALL(
                                            "<callID>c2</callID>") "\n"
                                                                   "1 p < 0008 " CALL_GRANTED "\n"
                                                                   "1 p < 0007 " REFUSED "\n"),
        "0 ClearConnection @1/1 CALL=c1 DEVICE=2001 REQUESTER=3 request=1\n"
        "0 ClearCall @2/2 CALL=c2 request=2\n"
        "0 RequestGranted @3/3 CALL=c2 request=2\n"
        "0 RequestRefused @4/4 CALL=c1 request=1\n");
}

static void
an_id_used_again_drops_the_older_request(void **state)
{
    (void)state;
    assert_string_equal(
        said("1 p > 0007 " CLEAR(CONNECTION("c1", "1")) "\n"
                                                        "1 p > 0007 " CLEAR(CONNECTION(
                                                            "c2", "2")) "\n"
                                                                        "1 p < 0007 " GRANTED "\n"
                                                                        "1 p < 0007 " GRANTED "\n"),
        "0 ClearConnection @1/1 CALL=c1 DEVICE=1 request=1\n"
        "0 ClearConnection @2/2 CALL=c2 DEVICE=2 request=2\n"
        "0 RequestGranted @3/3 CALL=c2 request=2\n");
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 1);
}

static void
an_answer_of_another_kind_matches_nothing(void **state)
{
    (void)state;
    assert_non_null(
        strstr(said("1 p > 0007 " CLEAR(CONNECTION("c1", "1")) "\n"
                                                               "1 p < 0007 " CALL_GRANTED "\n"
                                                               "1 p < 0007 " GRANTED "\n"),
               "0 RequestGranted @3/3 CALL=c1 request=1\n"));
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 1);
}

static void
links_do_not_answer_each_others_requests(void **state)
{
    (void)state;
    said("1 p > 0007 " CLEAR(CONNECTION("c1", "1")) "\n"
                                                    "1 q < 0007 " GRANTED "\n");
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 1);
}

static void
without_ids_the_oldest_of_the_kind_is_answered_and_an_error_is_for_the_oldest(void **state)
{
    (void)state;
    assert_string_equal(
        said("1 p > - " CLEAR_CALL(
            "<callID>c1</callID>") "\n"
                                   "1 p > - " CLEAR(CONNECTION(
                                       "c2", "2")) "\n"
                                                   "1 p > - " CLEAR(CONNECTION(
                                                       "c3", "3")) "\n"
                                                                   "1 p < - " GRANTED "\n"
                                                                   "1 p < - " REFUSED "\n"
                                                                   "1 p < - " REFUSED "\n"
                                                                   "1 p < - " REFUSED "\n"),
        "0 ClearCall @1/1 CALL=c1 request=1\n"
        "0 ClearConnection @2/2 CALL=c2 DEVICE=2 request=2\n"
        "0 ClearConnection @3/3 CALL=c3 DEVICE=3 request=3\n"
        "0 RequestGranted @4/4 CALL=c2 request=2\n"
        "0 RequestRefused @5/5 CALL=c1 request=1\n"
        "0 RequestRefused @6/6 CALL=c3 request=3\n");
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 1);
}

static void
without_ids_a_late_answer_is_not_for_a_request_given_up(void **state)
{
    (void)state;
    assert_string_equal(
        said("1.000 p > - " CLEAR(CONNECTION(
            "c1", "1")) "\n"
                        "1.001 p > - " CLEAR(CONNECTION("c2", "2")) "\n"
                                                                    "3.001 p < - " GRANTED "\n"),
        "0 ClearConnection @1/1 CALL=c1 DEVICE=1 request=1\n"
        "0 ClearConnection @2/2 CALL=c2 DEVICE=2 request=2\n"
        "0 RequestGranted @3/3 CALL=c2 request=2\n");
}

static void
with_an_id_a_late_answer_still_counts(void **state)
{
    (void)state;
    assert_non_null(
        strstr(said("1 p > 0001 " CLEAR(CONNECTION("c1", "1")) "\n"
                                                               "100 p < 0001 " GRANTED "\n"),
               "RequestGranted @2/2 CALL=c1 request=1\n"));
}

static void
a_device_without_a_call_means_its_last_one(void **state)
{
    (void)state;
    assert_non_null(strstr(
        said("1 p < 9999 " ORIGINATED(
            "c1",
            "2001") "\n"
                    "1 p < 9999 " ORIGINATED(
                        "c2",
                        "2001") "\n"
                                "1 p < 9999 " ORIGINATED(
                                    "c3",
                                    "2002") "\n"
                                            "1 p > 0001 " CLEAR(
                                                "<deviceID>2001</deviceID>") "\n"
                                                                             "1 p < 0001 " GRANTED
                                                                             "\n"),
        "0 ClearConnection @4/4 CALL=c2 DEVICE=2001 request=4\n"
        "0 RequestGranted @5/5 CALL=c2 request=4\n"));
    assert_string_equal(said("1 p > 0001 " CLEAR("<deviceID>2009</deviceID>") "\n"
                                                                              "1 p < 0001 " GRANTED
                                                                              "\n"),
                        "");
    assert_int_equal(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS), 0);
}

static void
snapshots_come_with_what_was_asked(void **state)
{
    (void)state;
    assert_string_equal(said("1 p > 0001 " ASK_DEVICE(
                            "2001;x") "\n"
                                      "1 p < 0001 " DEVICE_SAYS(LISTED(
                                          "c1", "2001")) "\n"
                                                         "1 p > 0002 " ASK_DEVICE(
                                                             "2002") "\n"
                                                                     "1 p < 0002 " REFUSED "\n"),
                        "0 SnapshotDeviceResponse @2/2 DEVICE=2001 request=1 [c1 ]\n");
}

static void
a_call_snapshot_goes_to_its_call(void **state)
{
    (void)state;
    assert_string_equal(
        said("1 p > 0001 " ASK_CALL(
            "c9") "\n"
                  "1 p < 0001 <SnapshotCallResponse><crossRefIDorSnapshotData>"
                  "<snapshotData/></crossRefIDorSnapshotData></SnapshotCallResponse>\n"),
        "0 SnapshotCallResponse @2/2 CALL=c9 request=1\n");
}

static void
our_own_answers_are_not_to_our_requests(void **state)
{
    (void)state;
    assert_string_equal(said("1 p > 0007 " CLEAR(CONNECTION("c1", "1")) "\n"
                                                                        "1 p > 0007 " REFUSED "\n"
                                                                        "1 p < 0007 " GRANTED "\n"),
                        "0 ClearConnection @1/1 CALL=c1 DEVICE=1 request=1\n"
                        "0 RequestGranted @3/3 CALL=c1 request=1\n");
}

/* The table by itself. */

static struct request_query
query(enum request_kind kind, const char *invoke)
{
    return (struct request_query){.kind = kind, .invoke = text_of(invoke), .timeout_ms = 2000};
}

static void
a_full_table_drops_the_oldest(void **state)
{
    (void)state;
    static struct front front;
    struct request_table table;
    struct shm_front_request request;
    front_rig_open(&front);
    request_table_open(&table, &front, 4);
    for (uint64_t order = 1; order <= 10; order++) {
        char invoke[8];
        snprintf(invoke, sizeof invoke, "%04d", (int)order);
        struct request_query sent = query(REQUEST_CLEAR_CALL, invoke);
        request_put(&table, &sent, order);
    }
    for (uint64_t order = 1; order <= 10; order++) {
        char invoke[8];
        snprintf(invoke, sizeof invoke, "%04d", (int)order);
        struct request_query answer = query(REQUEST_CLEAR_CALL, invoke);
        assert_int_equal(request_take(&table, &answer, &request), order > 6);
        if (order > 6)
            assert_int_equal(request.order, order);
    }
    front_rig_close(&front);
}

static void
requests_come_and_go_without_end_in_the_same_memory(void **state)
{
    (void)state;
    static struct front front;
    struct request_table table;
    struct shm_front_request request;
    front_rig_open(&front);
    request_table_open(&table, &front, 8);
    for (uint64_t order = 1; order <= 5000; order++) {
        enum request_kind kind = (enum request_kind)(order % REQUEST_KIND_COUNT);
        struct request_query sent = query(kind, "");
        request_put(&table, &sent, order);
        if (order % 7 == 0)
            front_rig_commit(&front);
        if (order % 3 == 0) {
            struct request_query answer = query(REQUEST_KIND_COUNT, "");
            assert_true(request_take(&table, &answer, &request));
        }
    }
    struct request_query any = query(REQUEST_KIND_COUNT, "");
    uint64_t last = 0;
    uint32_t left = 0;
    while (request_take(&table, &any, &request)) {
        assert_true(request.order > last);
        last = request.order;
        left++;
    }
    assert_int_equal(last, 5000);
    assert_int_equal(left, 8);
    front_rig_close(&front);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup_one, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_request_and_its_answer_reach_the_call),
        PROMISE(an_id_used_again_drops_the_older_request),
        PROMISE(an_answer_of_another_kind_matches_nothing),
        PROMISE(links_do_not_answer_each_others_requests),
        PROMISE(without_ids_the_oldest_of_the_kind_is_answered_and_an_error_is_for_the_oldest),
        PROMISE(without_ids_a_late_answer_is_not_for_a_request_given_up),
        PROMISE(with_an_id_a_late_answer_still_counts),
        PROMISE(a_device_without_a_call_means_its_last_one),
        PROMISE(snapshots_come_with_what_was_asked),
        PROMISE(a_call_snapshot_goes_to_its_call),
        PROMISE(our_own_answers_are_not_to_our_requests),
        cmocka_unit_test(a_full_table_drops_the_oldest),
        cmocka_unit_test(requests_come_and_go_without_end_in_the_same_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
