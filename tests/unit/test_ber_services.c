/*
 * Requests, results, errors and associations in BER, in each phase.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"

static void
monitor_start_names_what_it_watches(void **state)
{
    (void)state;
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER2; phase++) {
        check_decodes(__FILE__, __LINE__,
                      INVOKE("01 47", SEQ(0x30, STR(0x80, "2001"), BYTE(0x0A, 1))), phase);
        CLASS_IS(MONITOR_START);
        IS(message.object, "2001");
        assert_false(message.object_is_call || message.monitors_calls);
        struct text call = INVOKE("01 47", SEQ(0x30, CONNECTION1("c1", "2001"), BYTE(0x0A, 0)));
        check_decodes(__FILE__, __LINE__, call, phase);
        IS(message.object, "6331");
        assert_true(message.object_is_call && message.monitors_calls);
    }
    DECODES(3, INVOKE("01 47", SEQ(0x30, ID3("2001"), hex("A0 00"), BYTE(0x0A, 0))));
    CLASS_IS(MONITOR_START);
    IS(message.object, "2001");
    assert_true(message.monitors_calls && !message.object_is_call);
    DECODES(3, INVOKE("01 47", SEQ(0x30, CONNECTION3("c1", "2001"))));
    IS(message.object, "6331");
    assert_true(message.object_is_call && !message.monitors_calls);
    DECODES(3, INVOKE("01 47", SEQ(0x30, SEQ(0x6B, STR(0x80, "c1")))));
    IS(message.object, "6331");
}

/* A filter whose tag is that of a constructed device number is not one. */
static void
a_filter_is_no_device(void **state)
{
    (void)state;
    DECODES(2, INVOKE("01 47", SEQ(0x30, SEQ(0x6B, STR(0x82, "c1")), hex("A0 04 80 02 06 C0"))));
    IS(message.object, "6331");
    DECODES(2, INVOKE("01 47", SEQ(0x30, hex("A0 04 80 02 06 C0"))));
    IS(message.object, "");
}

static void
monitors_are_granted_and_stopped_in_every_phase(void **state)
{
    (void)state;
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER3; phase++) {
        struct text fields[] = {STR(0x55, "m1"), SEQ(0x30, STR(0x55, "m1"), hex("A0 00 01 01 FF"))};
        for (int i = 0; i < 2; i++) {
            check_decodes(__FILE__, __LINE__, RESULT("01 47", fields[i]), phase);
            CLASS_IS(MONITOR_START_RESPONSE);
            IS(message.cross_ref, "6D31");
            IS(message.invoke, "\x07");
            check_decodes(__FILE__, __LINE__, INVOKE("01 49", fields[i]), phase);
            CLASS_IS(MONITOR_STOP);
            IS(message.cross_ref, "6D31");
        }
        check_decodes(__FILE__, __LINE__, RESULT("01 49", hex("05 00")), phase);
        CLASS_IS(MONITOR_STOP_RESPONSE);
    }
}

static void
clearings_name_their_connection(void **state)
{
    (void)state;
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER2; phase++) {
        check_decodes(__FILE__, __LINE__, INVOKE("01 05", CONNECTION1("c1", "2001")), phase);
        CLASS_IS(CLEAR_CONNECTION);
        HAS(CALL, "6331");
        HAS(DEVICE, "2001");
        check_decodes(__FILE__, __LINE__, INVOKE("01 04", SEQ(0x30, CONNECTION1("c1", "2001"))),
                      phase);
        CLASS_IS(CLEAR_CALL);
        HAS(CALL, "6331");
    }
    DECODES(3, INVOKE("01 05", SEQ(0x30, CONNECTION3("c1", "2001"), BYTE(0x0A, 48))));
    CLASS_IS(CLEAR_CONNECTION);
    HAS(CALL, "6331");
    HAS(DEVICE, "2001");
    CAUSE_IS(0);
    KIND_IS(NONE);
    DECODES(3, INVOKE("01 04", SEQ(0x30, SEQ(0x6B, STR(0x80, "c1")))));
    CLASS_IS(CLEAR_CALL);
    DECODES(3, RESULT("01 05", hex("05 00")));
    CLASS_IS(CLEAR_CONNECTION_RESPONSE);
    DECODES(3, RESULT("01 04", SEQ(0x7E, SEQ(0xA0, STR(0x18, "19700101000001Z")))));
    CLASS_IS(CLEAR_CALL_RESPONSE);
    assert_int_equal(message.time_us, 1000000);
}

static void
snapshots_name_what_they_ask_about(void **state)
{
    (void)state;
    DECODES(1, INVOKE("01 4A", STR(0x80, "2001")));
    CLASS_IS(SNAPSHOT_DEVICE);
    IS(message.object, "2001");
    DECODES(3, INVOKE("01 4A", SEQ(0x30, ID3("2001"))));
    CLASS_IS(SNAPSHOT_DEVICE);
    IS(message.object, "2001");
    DECODES(2, INVOKE("01 4B", CONNECTION1("c1", "2001")));
    CLASS_IS(SNAPSHOT_CALL);
    HAS(CALL, "6331");
    DECODES(3, INVOKE("01 4B", SEQ(0x30, CONNECTION3("c1", "2001"))));
    CLASS_IS(SNAPSHOT_CALL);
    HAS(CALL, "6331");
    HAS(DEVICE, "2001");
}

static void
a_device_snapshot_of_phase_3_lists_its_calls(void **state)
{
    (void)state;
    struct text first = SEQ(0x30, CONNECTION3("c1", "2001"), DEVICE3(0xA3, "2002"),
                            SEQ(0xA0, BYTE(0x4E, 4), BYTE(0x4E, 3)), hex("A0 03 03 01 00"));
    struct text second = SEQ(0x30, CONNECTION3("c2", "2001"), BYTE(0x81, 50));
    struct text third = SEQ(0x30, CONNECTION3("c3", "2001"), hex("82 00 A0 00"));
    DECODES(3, RESULT("01 4A", SEQ(0x30, SEQ(0x76, first, second, third, hex("30 00")))));
    CLASS_IS(SNAPSHOT_DEVICE_RESPONSE);
    assert_true(message.whole);
    assert_int_equal(message.event.item_count, 3);
    IS(ITEM(0).new_call, "6331");
    IS(ITEM(0).new_device, "2001");
    IS(ITEM(0).endpoint, "2002");
    assert_int_equal(ITEM(0).state, LOCAL_HOLD);
    assert_int_equal(ITEM(1).state, LOCAL_ALERTING);
    assert_int_equal(ITEM(2).state, LOCAL_ABSENT);
    DECODES(3, RESULT("01 4A", SEQ(0x30, STR(0x04, "later"))));
    CLASS_IS(SNAPSHOT_DEVICE_RESPONSE);
    assert_false(message.whole);
}

static void
early_snapshots_list_calls_and_devices(void **state)
{
    (void)state;
    const char *operations[] = {"01 4A", "01 4B"};
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER2; phase++) {
        for (uint8_t i = 0; i < 2; i++) {
            struct text item =
                SEQ(0x30, DEVICE1(0x63, "2002"), CONNECTION1("c1", "2001"), BYTE(0x4E, 3));
            struct text result =
                SEQ(0x30, hex("02"), hex(operations[i]), SEQ((uint8_t)(0x76 + i), item));
            check_decodes(__FILE__, __LINE__, SEQ(0xA2, hex("02 01 07"), result), phase);
            assert_int_equal(message.message_class, i == 0 ? MESSAGE_SNAPSHOT_DEVICE_RESPONSE
                                                           : MESSAGE_SNAPSHOT_CALL_RESPONSE);
            assert_true(message.whole);
            assert_int_equal(message.event.item_count, 1);
            IS(ITEM(0).endpoint, "2002");
            IS(ITEM(0).new_call, "6331");
            assert_int_equal(ITEM(0).state, LOCAL_CONNECTED);
        }
    }
}

static void
a_call_snapshot_of_phase_3_lists_its_devices(void **state)
{
    (void)state;
    struct text first = SEQ(0x30, DEVICE3(0x63, "2001"), CONNECTION3("c1", "2001"), BYTE(0x4E, 3));
    struct text second = SEQ(0x30, hex("63 02 87 00"), SEQ(0x6B, STR(0x80, "c1")), BYTE(0x4E, 9));
    DECODES(3, RESULT("01 4B", SEQ(0x30, SEQ(0x77, first, second), DEVICE3(0x61, "1001"))));
    CLASS_IS(SNAPSHOT_CALL_RESPONSE);
    assert_true(message.whole);
    assert_int_equal(message.event.item_count, 2);
    IS(ITEM(0).endpoint, "2001");
    assert_int_equal(ITEM(0).state, LOCAL_CONNECTED);
    IS(ITEM(1).endpoint, "");
    IS(ITEM(1).new_call, "6331");
    assert_int_equal(ITEM(1).state, LOCAL_ABSENT);
    HAS(CALLING, "");
}

static void
system_status_has_two_numbers(void **state)
{
    (void)state;
    const enum system_status expected[] = {STATUS_INITIALIZING,     STATUS_ENABLED,
                                           STATUS_NORMAL,           STATUS_MESSAGES_LOST,
                                           STATUS_DISABLED,         STATUS_PARTIAL_OVERLOAD,
                                           STATUS_PARTIAL_OVERLOAD, STATUS_RELIEVED,
                                           STATUS_PARTIAL_OVERLOAD, STATUS_ABSENT};
    for (uint8_t i = 0; i < 10; i++) {
        DECODES(1, INVOKE("01 34", BYTE(0x0A, i)));
        CLASS_IS(SYSTEM_STATUS);
        assert_int_equal(message.status, expected[i]);
        DECODES(3, INVOKE("02 00 D3", SEQ(0x30, STR(0x04, "id"), BYTE(0x0A, i))));
        CLASS_IS(SYSTEM_STATUS);
        assert_int_equal(message.status, expected[i]);
    }
    DECODES(3, INVOKE("01 34", BYTE(0x0A, 2)));
    CLASS_IS(OTHER);
    DECODES(2, INVOKE("02 00 D3", BYTE(0x0A, 2)));
    CLASS_IS(OTHER);
    DECODES(2, INVOKE("01 D3", BYTE(0x0A, 2)));
    CLASS_IS(OTHER);
    DECODES(2, RESULT("01 34", hex("05 00")));
    CLASS_IS(SYSTEM_STATUS_RESPONSE);
}

static void
results_and_refusals_without_an_operation_have_their_invoke(void **state)
{
    (void)state;
    DECODES(3, hex("A2 03 02 01 07"));
    CLASS_IS(RESULT);
    IS(message.invoke, "\x07");
    DECODES(3, RESULT("01 0A", SEQ(0x30, CONNECTION3("c1", "2001"))));
    CLASS_IS(OTHER); /* of makeCall: no other's answer */
    DECODES(3, hex("A3 0B 02 01 09 02 01 01 A0 03 0A 01 04"));
    CLASS_IS(ERROR);
    IS(message.invoke, "\x09");
    DECODES(2, hex("A4 06 02 01 09 81 01 01"));
    CLASS_IS(ERROR);
    IS(message.invoke, "\x09");
    assert_false(message.invoke_unreadable);
}

/* Which is not the same as an input without invoke IDs: an event has none that matters. */
static void
an_answer_without_an_invoke_id_says_so(void **state)
{
    (void)state;
    const char *answers[] = {
        "A4 05 05 00 80 01 00",
        "A4 80 05 03 06 5D 5D 02 02 AB 01 00 00", /* what follows the NULL is no invokeID */
        "A4 08 05 00 02 01 07 80 01 00",
        "A4 03 80 01 00",
        "A3 0A 02 05 01 02 03 04 05 02 01 01",
        "A2 00",
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        DECODES(3, hex(answers[i]));
        IS(message.invoke, "");
        assert_true(message.invoke_unreadable);
    }
    DECODES(3, hex("A2 03 02 01 07"));
    assert_false(message.invoke_unreadable);
    DECODES(3, hex("63 00"));
    assert_false(message.invoke_unreadable);
}

static void
an_invoke_id_is_in_its_shortest_form(void **state)
{
    (void)state;
    const struct {
        const char *id;
        const char *expected;
        uint32_t length;
    } invokes[] = {
        {"02 01 00", "\x00", 1},
        {"02 02 00 80", "\x00\x80", 2},
        {"02 02 00 7F", "\x7F", 1},
        {"02 02 FF 80", "\x80", 1},
        {"02 02 FF 7F", "\xFF\x7F", 2},
        {"02 04 12 34 56 78", "\x12\x34\x56\x78", 4},
        {"02 06 00 00 12 34 56 78", "\x12\x34\x56\x78", 4},
        {"02 05 00 FF FF FF FF", "", 0},
        {"02 03 00 00 00", "\x00", 1},
    };
    for (size_t i = 0; i < sizeof(invokes) / sizeof(invokes[0]); i++) {
        DECODES(3, SEQ(0xA2, hex(invokes[i].id)));
        struct text expected = {invokes[i].expected, invokes[i].length};
        assert_true(text_is_equal(message.invoke, expected));
    }
}

static void
a_refusal_says_whether_resources_lack(void **state)
{
    (void)state;
    DECODES(3, SEQ(0xA3, hex("02 01 07"), hex("02 01 01"), hex("A1 03 0A 01 0C")));
    CLASS_IS(ERROR);
    IS(message.refusal, "12");
    IS(message.lack, "");
    DECODES(3, SEQ(0xA3, hex("02 01 07"), hex("02 01 01"), hex("A4 03 0A 01 02")));
    IS(message.refusal, "");
    IS(message.lack, "2");
    DECODES(1, SEQ(0xA3, hex("02 01 07"), hex("02 01 01"), hex("83 01 05")));
    IS(message.lack, "5");
    DECODES(2, SEQ(0xA4, hex("02 01 07"), hex("83 01 05"))); /* a reject: an invoke problem */
    CLASS_IS(ERROR);
    IS(message.lack, "");
}

static void
a_monitor_says_what_it_does_not_tell(void **state)
{
    (void)state;
    DECODES(
        3, SEQ(0xA2, hex("02 01 07"),
               SEQ(0x30, hex("02 01 47"),
                   SEQ(0x30, hex("55 01 2A"), SEQ(0xA0, hex("80 03 06 51 00")), hex("01 01 00")))));
    CLASS_IS(MONITOR_START_RESPONSE);
    IS(message.cross_ref, "2A");
    assert_true(message.skips_existing);
    assert_int_equal(message.withheld,
                     WITHHELD_CALL_CLEARED | WITHHELD_CONNECTION_CLEARED | WITHHELD_ESTABLISHED);
    DECODES(3, SEQ(0xA2, hex("02 01 07"),
                   SEQ(0x30, hex("02 01 47"), SEQ(0x30, hex("55 01 2A"), hex("01 01 FF")))));
    assert_false(message.skips_existing);
    assert_int_equal(message.withheld, 0);
}

static void
a_snapshot_may_come_in_segments(void **state)
{
    (void)state;
    DECODES(3,
            SEQ(0xA2, hex("02 01 07"), SEQ(0x30, hex("02 01 4A"), SEQ(0x30, hex("04 02 AB CD")))));
    CLASS_IS(SNAPSHOT_DEVICE_RESPONSE);
    assert_false(message.whole);
    IS(message.service_ref, "ABCD");
    struct text item = SEQ(0x30, SEQ(0x6B, hex("80 01 11")));
    DECODES(3, INVOKE("01 4D", SEQ(0x30, hex("04 02 AB CD"), hex("02 01 02"), hex("01 01 FF"),
                                   SEQ(0x76, item))));
    CLASS_IS(SNAPSHOT_DEVICE_DATA);
    IS(message.service_ref, "ABCD");
    assert_int_equal(message.segment, 2);
    assert_true(message.whole);
    assert_int_equal(message.event.item_count, 1);
    DECODES(3, INVOKE("01 4C", SEQ(0x30, hex("04 02 AB CD"), hex("01 01 00"), SEQ(0x77, item))));
    CLASS_IS(SNAPSHOT_CALL_DATA);
    assert_false(message.whole);
}

static void
associations_begin_and_end(void **state)
{
    (void)state;
    struct text context = hex("A1 07 06 05 2B 0C 00 81 34");
    DECODES(2, SEQ(0x61, context, hex("A2 03 02 01 00"), hex("A3 05 A1 03 02 01 00")));
    CLASS_IS(ASSOCIATION_BEGUN);
    DECODES(2, SEQ(0x61, context, hex("A2 03 02 01 01")));
    CLASS_IS(ASSOCIATION_REFUSED);
    DECODES(2, SEQ(0x61, context, hex("A2 03 02 01 02")));
    CLASS_IS(ASSOCIATION_REFUSED);
    DECODES(2, SEQ(0x61, context));
    CLASS_IS(OTHER);
    const char *ends[] = {"63 03 80 01 00", "63 00", "64 03 80 01 00"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        DECODES(3, hex(ends[i]));
        CLASS_IS(ASSOCIATION_ENDED);
    }
    DECODES(3, hex("62 03 80 01 00"));
    CLASS_IS(ASSOCIATION_RELEASE);
    DECODES(1, hex("62 00"));
    CLASS_IS(ASSOCIATION_RELEASE);
    DECODES(1, SEQ(0x60, context));
    CLASS_IS(OTHER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monitor_start_names_what_it_watches),
        cmocka_unit_test(a_filter_is_no_device),
        cmocka_unit_test(monitors_are_granted_and_stopped_in_every_phase),
        cmocka_unit_test(clearings_name_their_connection),
        cmocka_unit_test(snapshots_name_what_they_ask_about),
        cmocka_unit_test(a_device_snapshot_of_phase_3_lists_its_calls),
        cmocka_unit_test(early_snapshots_list_calls_and_devices),
        cmocka_unit_test(a_call_snapshot_of_phase_3_lists_its_devices),
        cmocka_unit_test(system_status_has_two_numbers),
        cmocka_unit_test(results_and_refusals_without_an_operation_have_their_invoke),
        cmocka_unit_test(an_answer_without_an_invoke_id_says_so),
        cmocka_unit_test(an_invoke_id_is_in_its_shortest_form),
        cmocka_unit_test(a_refusal_says_whether_resources_lack),
        cmocka_unit_test(a_monitor_says_what_it_does_not_tell),
        cmocka_unit_test(a_snapshot_may_come_in_segments),
        cmocka_unit_test(associations_begin_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
