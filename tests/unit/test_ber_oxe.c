/*
 * What a switch really sent: phase II, an Alcatel OXE. The fields expected are those of the
 * .decode.txt beside each sample, which another program printed, and of the bytes themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"

/* 2025-03-01 00:00 UTC. */
#define MARCH_1 INT64_C(1740787200)

static void
read(const char *name)
{
    struct text pdu = read_oxe(name);
    DECODES(2, pdu);
    assert_int_equal(ber_phases(pdu.at, pdu.length), BER_PHASE_2);
    CLASS_IS(CALL_EVENT);
}

static void
time_is(int hours, int minutes, int seconds)
{
    assert_true(message.has_time);
    int64_t of_day = (hours * 60 + minutes) * 60 + seconds;
    assert_int_equal(message.time_us, (MARCH_1 + of_day) * 1000000);
}

static void
no_other_texts(uint32_t known)
{
    for (int i = 0; i < EVENT_TEXT_COUNT; i++) {
        bool expected = (known >> i & 1) != 0;
        assert_int_equal(!text_is_none(message.event.texts[i]), expected);
    }
}

#define BIT(which) (UINT32_C(1) << EVENT_TEXT_##which)

static void
a_connection_cleared_names_its_releaser(void **state)
{
    (void)state;
    read("oxe-02-connection_cleared.hex");
    KIND_IS(CONNECTION_CLEARED);
    IS(message.invoke, "\x2A\x30");
    IS(message.cross_ref, "0135F303"); /* 20312835 */
    HAS(CALL, "2B82");                 /* 11138 */
    HAS(DEVICE, "0x08B30100");
    assert_int_equal(message.event.flags, EVENT_DEVICE_DYNAMIC);
    HAS(RELEASING, "24103");
    STATE_IS(NULL);
    CAUSE_IS(48);
    time_is(16, 8, 27);
    no_other_texts(BIT(CALL) | BIT(DEVICE) | BIT(RELEASING));
    assert_int_equal(message.event.item_count, 0);
}

static void
a_conference_lists_its_connections(void **state)
{
    (void)state;
    read("oxe-01-conferenced.hex");
    KIND_IS(CONFERENCED);
    IS(message.cross_ref, "0135F303");
    HAS(CALL, "2B7A"); /* 11130 */
    HAS(DEVICE, "0x08B30100");
    HAS(SECOND_CALL, "2B7E"); /* 11134 */
    HAS(SECOND_DEVICE, "0x08B30100");
    HAS(SUBJECT, "24103");
    HAS(NEW_DESTINATION, "0017");
    HAS(NEW_CALL, "2B82");
    STATE_IS(CONNECTED);
    CAUSE_IS(0);
    time_is(16, 7, 23);
    assert_int_equal(message.event.item_count, 3);
    const char *devices[] = {"0x08B30100", "0x0BFE0104", "0x0BFD0104"};
    const char *endpoints[] = {"24103", "0017", "00789616004"};
    for (int i = 0; i < 3; i++) {
        IS(ITEM(i).new_call, "2B82"); /* 11138 */
        IS(ITEM(i).new_device, devices[i]);
        IS(ITEM(i).endpoint, endpoints[i]);
        IS(ITEM(i).old_call, "");
    }
}

static void
a_delivered_names_who_alerts_calls_and_was_called(void **state)
{
    (void)state;
    read("oxe-03-delivered.hex");
    KIND_IS(DELIVERED);
    IS(message.cross_ref, "013A9C03"); /* 20618243 */
    HAS(CALL, "2B91");                 /* 11153 */
    HAS(SUBJECT, "24650");
    HAS(CALLING, "24105");
    HAS(CALLED, "24640");
    HAS(LAST_REDIRECTION, ""); /* notRequired */
    STATE_IS(CONNECTED);
    CAUSE_IS(22);
    time_is(16, 9, 42);
    no_other_texts(BIT(CALL) | BIT(DEVICE) | BIT(SUBJECT) | BIT(CALLING) | BIT(CALLED));
}

/* The .decode.txt drops the trunk's prefix 0 of the called number; the bytes have it. */
static void
an_established_names_an_outside_number(void **state)
{
    (void)state;
    read("oxe-04-established.hex");
    KIND_IS(ESTABLISHED);
    HAS(CALL, "2ACE"); /* 10958 */
    HAS(DEVICE, "0x0BFF0104");
    HAS(SUBJECT, "000238221815");
    HAS(CALLING, "24103");
    HAS(CALLED, "00238221815");
    STATE_IS(CONNECTED);
    CAUSE_IS(46);
    time_is(15, 41, 52);
}

static void
a_held_names_its_holder(void **state)
{
    (void)state;
    read("oxe-06-held.hex");
    KIND_IS(HELD);
    IS(message.cross_ref, "01D26503"); /* 30565635 */
    HAS(CALL, "2AD8");                 /* 10968 */
    HAS(SUBJECT, "24104");
    STATE_IS(HOLD);
    CAUSE_IS(37);
    time_is(15, 43, 59);
}

static void
a_network_reached_may_have_no_trunk(void **state)
{
    (void)state;
    read("oxe-07-network_reached.hex");
    KIND_IS(NETWORK_REACHED);
    HAS(CALL, "2B63"); /* 11107 */
    HAS(DEVICE, "0x0BFC0104");
    HAS(SUBJECT, ""); /* notKnown */
    HAS(CALLED, "00659732122");
    STATE_IS(CONNECTED);
    CAUSE_IS(22);
    time_is(16, 0, 42);
}

static void
an_originated_is_about_its_caller(void **state)
{
    (void)state;
    read("oxe-08-originated.hex");
    KIND_IS(ORIGINATED);
    HAS(CALL, "2B69"); /* 11113 */
    HAS(CALLING, "24105");
    HAS(SUBJECT, "24105");
    HAS(CALLED, "00659732122");
    STATE_IS(CONNECTED);
    CAUSE_IS(22);
    time_is(16, 1, 39);
}

static void
a_service_initiated_has_no_device_but_the_connections(void **state)
{
    (void)state;
    read("oxe-10-service_initiated.hex");
    KIND_IS(SERVICE_INITIATED);
    HAS(CALL, "2DCB"); /* 11723 */
    HAS(DEVICE, "0x08B40100");
    STATE_IS(INITIATED);
    CAUSE_IS(0);
    time_is(17, 33, 1);
    no_other_texts(BIT(CALL) | BIT(DEVICE));
}

static void
a_diverted_names_where_from_and_where_to(void **state)
{
    (void)state;
    read("oxe-13-diverted_2.hex");
    KIND_IS(DIVERTED);
    IS(message.cross_ref, "01696A02");
    HAS(CALL, "4707");
    HAS(DEVICE, "0x0C7E0100");
    HAS(SUBJECT, "24005");
    HAS(NEW_DESTINATION, "24760");
    STATE_IS(NULL);
    CAUSE_IS(28);
    assert_int_equal(message.time_us, (MARCH_1 + 86400 + (14 * 60 + 13) * 60 + 54) * 1000000);
}

static void
requests_of_a_client_decode(void **state)
{
    (void)state;
    DECODES(2, read_oxe("oxe-req-monitorstart.hex"));
    CLASS_IS(MONITOR_START);
    IS(message.object, "24001");
    IS(message.invoke, "\x01");
    assert_false(message.object_is_call || message.monitors_calls);
    DECODES(2, read_oxe("oxe-req-snapshotdevice.hex"));
    CLASS_IS(SNAPSHOT_DEVICE);
    IS(message.object, "24001");
    IS(message.invoke, "\x03");
    DECODES(2, read_oxe("oxe-req-systemstatus.hex"));
    CLASS_IS(SYSTEM_STATUS);
    assert_int_equal(message.status, STATUS_NORMAL);
    IS(message.invoke, "\x01"); /* 00 01 in its shortest form */
    DECODES(2, read_oxe("oxe-req-aarq.hex"));
    CLASS_IS(OTHER);
}

/* The same PDU twice as ours: prefix and all, in the .ber beside the .hex. */
static void
both_files_of_a_sample_hold_the_same_bytes(void **state)
{
    (void)state;
    char bytes[512];
    FILE *file = fopen(TESTS_DIR "/samples/oxe-02-connection_cleared.ber", "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    struct text pdu = read_oxe("oxe-02-connection_cleared.hex");
    assert_int_equal(length, pdu.length + 2);
    assert_memory_equal(bytes + 2, pdu.at, pdu.length);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_cleared_names_its_releaser),
        cmocka_unit_test(a_conference_lists_its_connections),
        cmocka_unit_test(a_delivered_names_who_alerts_calls_and_was_called),
        cmocka_unit_test(an_established_names_an_outside_number),
        cmocka_unit_test(a_held_names_its_holder),
        cmocka_unit_test(a_network_reached_may_have_no_trunk),
        cmocka_unit_test(an_originated_is_about_its_caller),
        cmocka_unit_test(a_service_initiated_has_no_device_but_the_connections),
        cmocka_unit_test(a_diverted_names_where_from_and_where_to),
        cmocka_unit_test(requests_of_a_client_decode),
        cmocka_unit_test(both_files_of_a_sample_hold_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
