/*
 * Each call-control event of phase III (ECMA-285, all 18) and of phases I and II (14), put together
 * by hand, with every field that counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"

#define STATE(number) BYTE(0x4E, number)
#define CAUSE(number) BYTE(0x0A, number)
#define NETWORK_PARTIES3                                                                           \
    DEVICE3(0x67, "71"), DEVICE3(0x68, "81"), DEVICE3(0x65, "51"), DEVICE3(0x66, "61")
#define PARTIES3      DEVICE3(0x61, "1001"), DEVICE3(0x62, "2002")
#define REDIRECTION3  DEVICE3(0x64, "3003")
#define NID3          CONNECTION3("n1", "9009")
#define LINKAGE3(tag) SEQ(tag, SEQ(0x30, STR(0x16, "domain"), STR(0x80, "link")), hex("30 00"))
#define EXTENSIONS    SEQ(0x7E, SEQ(0xA0, STR(0x18, "20250301160827Z")))

static void
has_network_parties(void)
{
    HAS(NETWORK_CALLING, "71");
    HAS(NETWORK_CALLED, "81");
    HAS(ASSOCIATED_CALLING, "51");
    HAS(ASSOCIATED_CALLED, "61");
}

static void
has_connection(void)
{
    CLASS_IS(CALL_EVENT);
    IS(message.cross_ref, "6D31");
    HAS(CALL, "6331");
    HAS(DEVICE, "2001");
    assert_int_equal(message.event.flags, 0);
}

/* ------------------------------------------------------------------------ phase III */

static void
bridged_held_and_retrieved_of_phase_3_name_their_device(void **state)
{
    (void)state;
    const struct {
        uint8_t tag;
        uint8_t kind;
    } events[] = {{0xA0, EVENT_BRIDGED}, {0xA9, EVENT_HELD}, {0xAF, EVENT_RETRIEVED}};
    for (size_t i = 0; i < 3; i++) {
        DECODES(3,
                REPORT3(events[i].tag, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), STATE(4),
                        STR(0x80, "correlator"), CAUSE(37), LINKAGE3(0xA5), EXTENSIONS));
        assert_int_equal(message.event.kind, events[i].kind);
        has_connection();
        HAS(SUBJECT, "2001");
        HAS(LINKAGE, "link");
        STATE_IS(HOLD);
        CAUSE_IS(37);
        assert_true(message.has_time);
        assert_int_equal(message.time_us, INT64_C(1740845307000000));
    }
}

static void
call_cleared_of_phase_3_has_a_call_and_a_cause(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xA1, SEQ(0x6B, STR(0x80, "c1")), CAUSE(48), LINKAGE3(0xA4)));
    KIND_IS(CALL_CLEARED);
    HAS(CALL, "6331");
    HAS(DEVICE, "");
    HAS(LINKAGE, "link");
    CAUSE_IS(48);
    STATE_IS(ABSENT);
}

#define LIST_ITEM3(new_call, old_call, device)                                                     \
    SEQ(0x30, SEQ(0xA0, CONNECTION3(new_call, device)), SEQ(0xA1, CONNECTION3(old_call, device)),  \
        SEQ(0xA2, ID3(device)))

static void
has_joined_two_calls(void)
{
    has_connection();
    HAS(SECOND_CALL, "6332");
    HAS(SECOND_DEVICE, "2001");
    HAS(SUBJECT, "2001");
    HAS(NEW_DESTINATION, "2003");
    HAS(NEW_CALL, "6333");
    assert_int_equal(message.event.item_count, 2);
    IS(ITEM(0).new_call, "6333");
    IS(ITEM(0).old_call, "6331");
    IS(ITEM(0).new_device, "2002");
    IS(ITEM(0).old_device, "2002");
    IS(ITEM(0).endpoint, "2002");
    IS(ITEM(1).old_call, "6332");
    IS(ITEM(1).endpoint, "2003");
    assert_int_equal(ITEM(0).state, LOCAL_ABSENT);
    STATE_IS(CONNECTED);
    CAUSE_IS(63);
}

static void
conferenced_of_phase_3_has_a_plain_second_call_and_list(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xA2, CONNECTION3("c1", "2001"), CONNECTION3("c2", "2001"),
                       DEVICE3(0x63, "2001"), DEVICE3(0x63, "2003"),
                       SEQ(0x30, LIST_ITEM3("c3", "c1", "2002"), LIST_ITEM3("c3", "c2", "2003")),
                       STATE(3), CAUSE(63), hex("A6 00"),
                       SEQ(0xA5, SEQ(0xA0, STR(0x17, "7001010000Z")))));
    KIND_IS(CONFERENCED);
    has_joined_two_calls();
    assert_true(message.has_time);
    assert_int_equal(message.time_us, 0);
}

/* [0] and [1] IMPLICIT instead of 6B and 30: nowhere else. */
static void
transferred_of_phase_3_has_a_tagged_second_call_and_list(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xB1, CONNECTION3("c1", "2001"), SEQ(0xA0, BOTH3("c2", "2001")),
                       DEVICE3(0x63, "2001"), DEVICE3(0x63, "2003"),
                       SEQ(0xA1, LIST_ITEM3("c3", "c1", "2002"), LIST_ITEM3("c3", "c2", "2003")),
                       STATE(3), CAUSE(63), EXTENSIONS));
    KIND_IS(TRANSFERRED);
    has_joined_two_calls();
    DECODES(3, REPORT3(0xB1, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"),
                       DEVICE3(0x63, "2003"), SEQ(0xA1, hex("30 00")), STATE(0), CAUSE(32)));
    HAS(SECOND_CALL, "");
    assert_int_equal(message.event.item_count, 0);
}

static void
connection_cleared_of_phase_3_names_its_releaser(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xA3, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2002"), STATE(0),
                       STR(0x80, "correlator"), SEQ(0x7D, STR(0x04, "user data")), hex("A1 00"),
                       CAUSE(48), LINKAGE3(0xA6), EXTENSIONS));
    KIND_IS(CONNECTION_CLEARED);
    has_connection();
    HAS(RELEASING, "2002");
    HAS(SUBJECT, "");
    HAS(LINKAGE, "link");
    STATE_IS(NULL);
    CAUSE_IS(48);
}

static void
events_that_reach_a_device_of_phase_3_name_all_parties(void **state)
{
    (void)state;
    const struct {
        uint8_t tag;
        uint8_t kind;
        uint8_t linkage;
    } events[] = {
        {0xA4, EVENT_DELIVERED, 0xA5}, {0xA7, EVENT_ESTABLISHED, 0xA6},
        {0xA8, EVENT_FAILED, 0xA5},    {0xAB, EVENT_NETWORK_REACHED, 0xA6},
        {0xAC, EVENT_OFFERED, 0xA4},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        DECODES(3, REPORT3(events[i].tag, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"),
                           PARTIES3, REDIRECTION3, NID3, STATE(2), CAUSE(22), NETWORK_PARTIES3,
                           LINKAGE3(events[i].linkage)));
        assert_int_equal(message.event.kind, events[i].kind);
        has_connection();
        HAS(SUBJECT, "2001");
        HAS(CALLING, "1001");
        HAS(CALLED, "2002");
        HAS(LAST_REDIRECTION, "3003");
        HAS(NETWORK_DEVICE, "9009");
        HAS(LINKAGE, "link");
        HAS(SECOND_CALL, "");
        has_network_parties();
        STATE_IS(ALERTING);
        CAUSE_IS(22);
    }
}

static void
queued_and_diverted_of_phase_3_name_all_parties(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xAE, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), PARTIES3,
                       REDIRECTION3, hex("80 01 02 81 01 01"), STATE(5), CAUSE(42),
                       NETWORK_PARTIES3, LINKAGE3(0xA7)));
    KIND_IS(QUEUED);
    has_connection();
    has_network_parties();
    HAS(LINKAGE, "link");
    HAS(LAST_REDIRECTION, "3003");
    STATE_IS(QUEUED);
    DECODES(3,
            REPORT3(0xA6, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), DEVICE3(0x63, "2004"),
                    PARTIES3, REDIRECTION3, STATE(0), CAUSE(28), LINKAGE3(0xA5), NETWORK_PARTIES3));
    KIND_IS(DIVERTED);
    has_connection();
    has_network_parties();
    HAS(SUBJECT, "2001");
    HAS(NEW_DESTINATION, "2004");
    HAS(CALLING, "1001");
    HAS(CALLED, "2002");
    HAS(LINKAGE, "link");
}

static void
events_of_a_caller_of_phase_3_name_it(void **state)
{
    (void)state;
    DECODES(3,
            REPORT3(0xB0, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), DEVICE3(0x62, "2002"),
                    STATE(1), CAUSE(44), NETWORK_PARTIES3, LINKAGE3(0xA5)));
    KIND_IS(SERVICE_INITIATED);
    has_connection();
    has_network_parties();
    HAS(SUBJECT, "2001");
    HAS(CALLED, "2002");
    STATE_IS(INITIATED);
    DECODES(3, REPORT3(0xA5, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), ID3("2002"),
                       STATE(1), CAUSE(22), NETWORK_PARTIES3, LINKAGE3(0xA4)));
    KIND_IS(DIGITS_DIALED);
    has_connection();
    has_network_parties();
    HAS(SUBJECT, "2001");
    HAS(CALLED, "");
    DECODES(3,
            REPORT3(0xAD, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2001"), DEVICE3(0x62, "2002"),
                    ID3("2009"), STATE(3), CAUSE(22), NETWORK_PARTIES3, LINKAGE3(0xA7)));
    KIND_IS(ORIGINATED);
    has_connection();
    HAS(CALLING, "2001");
    HAS(SUBJECT, "2001");
    HAS(CALLED, "2002");
    HAS(LINKAGE, "link");
}

static void
network_capabilities_changed_of_phase_3_names_its_trunk(void **state)
{
    (void)state;
    DECODES(3, REPORT3(0xAA, CONNECTION3("c1", "2001"), DEVICE3(0x63, "T1"), DEVICE3(0x62, "2002"),
                       hex("30 06 0A 01 01 0A 01 00"), STATE(3), CAUSE(22), LINKAGE3(0xA5)));
    KIND_IS(NETWORK_CAPABILITIES_CHANGED);
    has_connection();
    HAS(SUBJECT, "T1");
    HAS(CALLED, "2002");
    CAUSE_IS(22); /* not the progressIndicator's numbers */
}

/* ------------------------------------------------------------------------ phases I and II */

struct early {
    uint8_t type; /* of phase I; a phase II tag is A0 and one less */
    uint8_t kind;
};

/* The event in both phases. */
#define EARLY(phase, event, ...)                                                                   \
    ((phase) == 1 ? INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), BYTE(0x80, (event).type),           \
                                        SEQ(0x30, __VA_ARGS__)))                                   \
                  : REPORT2((uint8_t)(0xA0 + (event).type - 1), __VA_ARGS__))
#define DECODES_EARLY(phase, pdu)                                                                  \
    check_decodes(__FILE__, __LINE__, (pdu), (phase) == 1 ? ENCODING_BER1 : ENCODING_BER2)

static void
early_events_with_one_device_name_it(void **state)
{
    (void)state;
    const struct early events[] = {
        {8, EVENT_HELD}, {12, EVENT_RETRIEVED}, {9, EVENT_NETWORK_REACHED}};
    for (int phase = 1; phase <= 2; phase++) {
        for (size_t i = 0; i < 3; i++) {
            DECODES_EARLY(phase, EARLY(phase, events[i], CONNECTION1("c1", "2001"),
                                       DEVICE1(0x63, "2001"), STATE(4), CAUSE(37)));
            assert_int_equal(message.event.kind, events[i].kind);
            has_connection();
            HAS(SUBJECT, "2001");
            STATE_IS(HOLD);
            CAUSE_IS(37);
        }
    }
}

static void
early_events_that_reach_a_device_name_all_parties(void **state)
{
    (void)state;
    const struct early events[] = {
        {4, EVENT_DELIVERED}, {6, EVENT_ESTABLISHED}, {7, EVENT_FAILED}, {11, EVENT_QUEUED}};
    for (int phase = 1; phase <= 2; phase++) {
        for (size_t i = 0; i < 4; i++) {
            DECODES_EARLY(phase,
                          EARLY(phase, events[i], CONNECTION1("c1", "2001"), DEVICE1(0x63, "2001"),
                                DEVICE1(0x61, "1001"), DEVICE1(0x62, "2002"), DEVICE1(0x64, "3003"),
                                hex("02 01 05"), STATE(2), CAUSE(22)));
            assert_int_equal(message.event.kind, events[i].kind);
            has_connection();
            HAS(SUBJECT, "2001");
            HAS(CALLING, "1001");
            HAS(CALLED, "2002");
            HAS(LAST_REDIRECTION, "3003");
            STATE_IS(ALERTING);
        }
    }
}

static void
early_clearings_name_the_call_and_the_releaser(void **state)
{
    (void)state;
    const struct early call = {1, EVENT_CALL_CLEARED};
    const struct early connection = {3, EVENT_CONNECTION_CLEARED};
    for (int phase = 1; phase <= 2; phase++) {
        DECODES_EARLY(phase, EARLY(phase, call, SEQ(0x6B, STR(0x82, "c1")), CAUSE(48)));
        KIND_IS(CALL_CLEARED);
        HAS(CALL, "6331");
        CAUSE_IS(48);
        DECODES_EARLY(phase, EARLY(phase, connection, CONNECTION1("c1", "2001"),
                                   DEVICE1(0x63, "2002"), STATE(0), CAUSE(5)));
        KIND_IS(CONNECTION_CLEARED);
        has_connection();
        HAS(RELEASING, "2002");
        STATE_IS(NULL);
        CAUSE_IS(5);
    }
}

static void
early_events_of_a_caller_name_it(void **state)
{
    (void)state;
    const struct early initiated = {13, EVENT_SERVICE_INITIATED};
    const struct early originated = {10, EVENT_ORIGINATED};
    const uint8_t tags[] = {0x61, 0x63};
    for (int phase = 1; phase <= 2; phase++) {
        DECODES_EARLY(phase, EARLY(phase, initiated, CONNECTION1("c1", "2001"), STATE(1)));
        KIND_IS(SERVICE_INITIATED);
        has_connection();
        for (int i = 0; i < 2; i++) {
            DECODES_EARLY(phase, EARLY(phase, originated, CONNECTION1("c1", "2001"),
                                       DEVICE1(tags[i], "2001"), DEVICE1(0x62, "2002"), STATE(3)));
            KIND_IS(ORIGINATED);
            has_connection();
            HAS(CALLING, "2001");
            HAS(SUBJECT, "2001");
            HAS(CALLED, "2002");
        }
    }
}

static void
early_joins_list_their_connections(void **state)
{
    (void)state;
    const struct early events[] = {{2, EVENT_CONFERENCED}, {14, EVENT_TRANSFERRED}};
    for (int i = 0; i < 2; i++) {
        struct text list1 = SEQ(0x6C, CONNECTION1("c3", "2002"), CONNECTION1("c3", "2003"));
        struct text list2 =
            SEQ(0x30, SEQ(0xA3, SEQ(0x30, CONNECTION1("c3", "2002"), STR(0x84, "2002"))),
                SEQ(0xA0, CONNECTION1("c3", "2003")));
        for (int phase = 1; phase <= 2; phase++) {
            DECODES_EARLY(phase, EARLY(phase, events[i], CONNECTION1("c1", "2001"),
                                       CONNECTION1("c2", "2001"), DEVICE1(0x63, "2001"),
                                       DEVICE1(0x63, "2003"), phase == 1 ? list1 : list2, STATE(3),
                                       CAUSE(32)));
            assert_int_equal(message.event.kind, events[i].kind);
            has_connection();
            HAS(SECOND_CALL, "6332");
            HAS(SUBJECT, "2001");
            HAS(NEW_DESTINATION, "2003");
            HAS(NEW_CALL, "6333");
            assert_int_equal(message.event.item_count, 2);
            IS(ITEM(0).new_device, "2002");
            IS(ITEM(1).new_call, "6333");
            IS(ITEM(1).new_device, "2003");
            IS(ITEM(0).endpoint, phase == 1 ? "" : "2002");
            CAUSE_IS(32);
        }
    }
}

/* newDestination is a called device in phase I; in II nobody knows what a called device is. */
static void
early_diverted_name_where_to(void **state)
{
    (void)state;
    DECODES(1, REPORT1("01 05", CONNECTION1("c1", "2001"), DEVICE1(0x63, "2001"),
                       DEVICE1(0x62, "2004"), STATE(0), CAUSE(28)));
    KIND_IS(DIVERTED);
    has_connection();
    HAS(NEW_DESTINATION, "2004");
    HAS(CALLED, "");
    DECODES(2, REPORT2(0xA4, CONNECTION1("c1", "2001"), DEVICE1(0x63, "2001"),
                       DEVICE1(0x62, "2004"), STATE(0)));
    KIND_IS(DIVERTED);
    HAS(SUBJECT, "2001");
    HAS(NEW_DESTINATION, "");
    HAS(CALLED, "");
}

/* ------------------------------------------------------------------------ other reports */

static void
agents_log_on_and_off_in_phases_1_and_3(void **state)
{
    (void)state;
    struct text on = SEQ(0xA4, SEQ(0xA1, DEVICE3(0x63, "2001"), STR(0x82, "agent7"), ID3("G1")));
    DECODES(3, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), on)));
    CLASS_IS(AGENT_LOGGED_ON);
    KIND_IS(NONE);
    HAS(DEVICE, "2001");
    HAS(AGENT, "agent7");
    IS(message.cross_ref, "6D31");
    struct text off = SEQ(0xA4, SEQ(0xA2, DEVICE3(0x63, "2001")));
    DECODES(3, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), off)));
    CLASS_IS(AGENT_LOGGED_OFF);
    DECODES(1, REPORT1("02 00 C9", DEVICE1(0x63, "2001"), STR(0x8A, "agent7")));
    CLASS_IS(AGENT_LOGGED_ON);
    HAS(DEVICE, "2001");
    HAS(AGENT, "agent7");
    DECODES(1, REPORT1("02 00 CA", DEVICE1(0x63, "2001")));
    CLASS_IS(AGENT_LOGGED_OFF);
}

static void
reports_of_other_things_are_of_no_use(void **state)
{
    (void)state;
    DECODES(3, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA4, SEQ(0xA0, hex("63 00"))))));
    CLASS_IS(OTHER);
    DECODES(3, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA1, SEQ(0xA3, ID3("1"))))));
    CLASS_IS(OTHER);
    DECODES(2, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA2, SEQ(0xA1, hex("30 00"))))));
    CLASS_IS(OTHER);
    DECODES(2, REPORT2(0xB1, CONNECTION1("c1", "2001")));
    CLASS_IS(OTHER);
    KIND_IS(NONE);
    DECODES(1, REPORT1("01 66", DEVICE1(0x63, "2001")));
    CLASS_IS(OTHER);
    DECODES(1, REPORT1("01 C9", DEVICE1(0x63, "2001"))); /* -55 is not 201 */
    CLASS_IS(OTHER);
}

/* The same bytes mean something else in another phase. */
static void
phases_do_not_read_each_others_events(void **state)
{
    (void)state;
    struct text third = REPORT3(0xA3, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2002"));
    struct text second = REPORT2(0xA2, CONNECTION1("c1", "2001"), DEVICE1(0x63, "2002"));
    assert_int_equal(decode_text(third, ENCODING_BER2), CSTA_UNUSABLE);
    assert_int_equal(decode_text(second, ENCODING_BER3), CSTA_UNUSABLE);
    DECODES(1, third);
    CLASS_IS(OTHER);
    DECODES(1, second);
    CLASS_IS(OTHER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bridged_held_and_retrieved_of_phase_3_name_their_device),
        cmocka_unit_test(call_cleared_of_phase_3_has_a_call_and_a_cause),
        cmocka_unit_test(conferenced_of_phase_3_has_a_plain_second_call_and_list),
        cmocka_unit_test(transferred_of_phase_3_has_a_tagged_second_call_and_list),
        cmocka_unit_test(connection_cleared_of_phase_3_names_its_releaser),
        cmocka_unit_test(events_that_reach_a_device_of_phase_3_name_all_parties),
        cmocka_unit_test(queued_and_diverted_of_phase_3_name_all_parties),
        cmocka_unit_test(events_of_a_caller_of_phase_3_name_it),
        cmocka_unit_test(network_capabilities_changed_of_phase_3_names_its_trunk),
        cmocka_unit_test(early_events_with_one_device_name_it),
        cmocka_unit_test(early_events_that_reach_a_device_name_all_parties),
        cmocka_unit_test(early_clearings_name_the_call_and_the_releaser),
        cmocka_unit_test(early_events_of_a_caller_name_it),
        cmocka_unit_test(early_joins_list_their_connections),
        cmocka_unit_test(early_diverted_name_where_to),
        cmocka_unit_test(agents_log_on_and_off_in_phases_1_and_3),
        cmocka_unit_test(reports_of_other_things_are_of_no_use),
        cmocka_unit_test(phases_do_not_read_each_others_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
