/*
 * Which connections of a capture are links, what they are called, when they come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/connection.h"
#include "tests/unit/pcap_rig.h"

static void
a_connection_that_comes_again_is_the_same_link(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 2; i++) {
        struct rig_connection pbx = connection_of(9, 40000 + i);
        rig_syn(&capture, &pbx);
        event(&pbx);
        rig_close(&capture, &pbx);
    }
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") "down 10.0.0.5_1040\nup "
                                                      "10.0.0.5_1040\n" MESSAGE(
                                                          "10.0.0.5_1040") "down 10.0.0.5_1040\n");
}

static void
several_at_a_time_have_numbers(void **state)
{
    (void)state;
    struct rig_connection a = connection_of(9, 40000);
    struct rig_connection b = connection_of(8, 40000);
    rig_syn(&capture, &a);
    rig_syn(&capture, &b);
    event(&a);
    event(&b);
    rig_close(&capture, &a);
    rig_close(&capture, &b);
    /* Who comes again has the name it had, whoever comes first. */
    b = connection_of(8, 40001);
    a = connection_of(9, 40001);
    rig_syn(&capture, &b);
    event(&b);
    rig_syn(&capture, &a);
    event(&a);
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") "up 10.0.0.5_1040-2\n" MESSAGE(
            "10.0.0.5_1040-2") "down 10.0.0.5_1040\ndown 10.0.0.5_1040-2\n"
                               "up 10.0.0.5_1040-2\n" MESSAGE(
                                   "10.0.0.5_1040-2") "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_"
                                                                                   "1040"));
}

static void
a_reset_ends_a_link_and_what_comes_late_is_said_once(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    uint32_t sent = pbx.ends[RIG_SERVER].next;
    rig_segment(&capture, &pbx, RIG_CLIENT, RIG_RST, pbx.ends[RIG_CLIENT].next, "", 0);
    rig_segment(&capture, &pbx, RIG_SERVER, RIG_ACK, sent - 5, "9<e/>", 5); /* nothing new */
    event(&pbx);
    event(&pbx);
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE(
            "10.0.0.5_1040") "down 10.0.0.5_1040\n"
                             "bad why: 10.0.0.5:1040 to 10.0.0.9:40000: 12 bytes after the "
                             "connection's end; what comes of it is not read\n");
    assert_int_equal(figures.late_bytes, 24);
}

/* Numbers that are behind, and such as nobody can have got to. */
static void
a_reset_or_an_end_out_of_place_ends_nothing(void **state)
{
    (void)state;
    static const uint8_t flags[] = {RIG_RST, RIG_RST | RIG_ACK, RIG_FIN | RIG_ACK};
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<MonitorStart/>");
    for (uint32_t i = 0; i < sizeof flags; i++) {
        for (uint32_t end = 0; end < 2; end++) {
            uint32_t next = pbx.ends[end].next;
            rig_segment(&capture, &pbx, end, flags[i], next - 5, "", 0);
            rig_segment(&capture, &pbx, end, flags[i], next - 5000, "", 0);
            rig_segment(&capture, &pbx, end, flags[i], next + 900000, "", 0);
        }
    }
    event(&pbx);
    assert_string_equal(brief(read_it()),
                        "up 10.0.0.5_1040\n" MESSAGE(
                            "10.0.0.5_1040") "message > 10.0.0.5_1040 invoke=0001 "
                                             "payload=<MonitorStart/>\n" MESSAGE("10.0.0.5_1040"));
}

/* It answers what its sender did not see all of: it is where the receiver is. */
static void
a_reset_where_the_receiver_is_ends_a_link(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    uint32_t awaited = pbx.ends[RIG_SERVER].next;
    event(&pbx);
    rig_segment(&capture, &pbx, RIG_SERVER, RIG_RST, awaited, "", 0);
    assert_string_equal(brief(read_it()),
                        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") "down 10.0.0.5_1040\n");
}

static void
a_new_syn_between_the_same_endpoints_is_a_new_connection(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    pbx.ends[RIG_CLIENT].next = 500000;
    pbx.ends[RIG_SERVER].next = 900000;
    rig_syn(&capture, &pbx);
    event(&pbx);
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE(
            "10.0.0.5_1040") "down 10.0.0.5_1040\nup 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040"));
}

static void
after_its_end_a_connection_may_come_again_with_the_same_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rig_connection pbx = connection_of(9, 40000);
        rig_syn(&capture, &pbx);
        event(&pbx);
        rig_close(&capture, &pbx);
    }
    const char *once = "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") "down 10.0.0.5_1040\n";
    const char *said = brief(read_it());
    assert_int_equal(strlen(said), 2 * strlen(once));
    assert_memory_equal(said, once, strlen(once));
    assert_string_equal(said + strlen(once), once);
}

static void
a_syn_that_comes_twice_is_one(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_segment(&capture, &pbx, RIG_CLIENT, RIG_SYN, 100, "", 0);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_segment(&capture, &pbx, RIG_CLIENT, RIG_SYN, 100, "", 0);
    event(&pbx);
    assert_string_equal(brief(read_it()),
                        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") MESSAGE("10.0.0.5_1040"));
}

static void
a_half_closed_connection_gives_way_to_the_same_hosts_next(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_fin(&capture, &pbx, RIG_SERVER);
    struct rig_connection next = connection_of(9, 40001);
    rig_syn(&capture, &next);
    event(&next);
    rig_fin(&capture, &pbx, RIG_CLIENT);
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE(
            "10.0.0.5_1040") "down 10.0.0.5_1040\nup 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040"));
}

static void
a_capture_that_begins_in_the_midst_waits_for_a_sure_beginning(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_send(&capture, &pbx, RIG_SERVER, "of a message</e>", 16);
    event(&pbx);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<SystemStatusResponse/>");
    rig_close(&capture, &pbx);
    assert_string_equal(
        brief(read_it()),
        "bad why: 10.0.0.5:1040 to 10.0.0.9:40000: 16 bytes before the first message that surely "
        "begins were not read\n" MESSAGE(
            "10.0.0.5_1040") "message > 10.0.0.5_1040 invoke=0001 "
                             "payload=<SystemStatusResponse/>\ndown 10.0.0.5_1040\n");
}

static void
without_a_syn_the_messages_tell_who_the_switch_is(void **state)
{
    (void)state;
    /* The switch has the higher port: only its event tells. */
    struct rig_connection pbx = {.ends = {{9, 80, 100}, {5, 60000, 7000}}};
    event(&pbx);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<MonitorStart/>");
    assert_string_equal(
        brief(read_it()),
        MESSAGE("10.0.0.5_60000") "message > 10.0.0.5_60000 invoke=0001 payload=<MonitorStart/>\n");
}

static void
where_nothing_tells_it_is_either(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<SystemStatus/>");
    rig_send_xml(&capture, &pbx, RIG_SERVER, "0001", "<SystemStatusResponse/>");
    assert_string_equal(brief(read_it()),
                        "message 10.0.0.5_1040 invoke=0001 payload=<SystemStatus/>\n"
                        "message 10.0.0.5_1040 invoke=0001 payload=<SystemStatusResponse/>\n");
}

static void
ber_is_found_and_tells_who_the_switch_is(void **state)
{
    (void)state;
    struct rig_connection pbx = {.ends = {{9, 80, 100}, {5, 60000, 7000}}};
    static const char report[] = "\0\x0b\xa1\x09\x02\x01\x01\x02\x01\x15\x30\x01x";
    rig_send(&capture, &pbx, RIG_SERVER, report, 13);
    assert_string_equal(brief(read_it()),
                        "message < 10.0.0.5_60000 payload=\xa1\t\x02\x01\x01\x02\x01\x15\x30\x01x"
                        "\n");
    setup(NULL);
    rig_send(&capture, &pbx, RIG_CLIENT, "\0\x04\x60\x02mm", 6);
    assert_string_equal(brief(read_it()), "message > 10.0.0.5_60000 payload=\x60\x02mm\n");
}

/* The switch has the client's part of the rig: it opened the connection. */
#define OPENED_BY_SWITCH                                                                           \
    (struct rig_connection)                                                                        \
    {                                                                                              \
        .ends = { {5, 1040, 100}, {9, 50000, 7000} }                                               \
    }

static void
a_switch_that_opened_the_connection_is_the_switch(void **state)
{
    (void)state;
    struct rig_connection pbx = OPENED_BY_SWITCH;
    rig_syn(&capture, &pbx);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<SystemStatus/>");
    rig_send_xml(&capture, &pbx, RIG_SERVER, "0001", "<SystemStatusResponse/>");
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "9999", "<e/>");
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\nmessage < 10.0.0.5_1040 invoke=0001 payload=<SystemStatus/>\n"
        "message > 10.0.0.5_1040 invoke=0001 payload=<SystemStatusResponse/>\n" MESSAGE(
            "10.0.0.5_1040"));
    assert_int_equal(figures.csta_connections, 1);
}

static void
a_request_too_says_who_the_switch_is(void **state)
{
    (void)state;
    struct rig_connection pbx = OPENED_BY_SWITCH;
    rig_syn(&capture, &pbx);
    rig_send_xml(&capture, &pbx, RIG_SERVER, "0001", "<MonitorStart/>");
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<CSTAErrorCode/>");
    assert_string_equal(brief(read_it()),
                        "up 10.0.0.5_1040\nmessage > 10.0.0.5_1040 invoke=0001 "
                        "payload=<MonitorStart/>\n"
                        "message < 10.0.0.5_1040 invoke=0001 payload=<CSTAErrorCode/>\n");
}

static void
a_named_port_is_the_switchs_whoever_opened_the_connection(void **state)
{
    (void)state;
    struct rig_connection pbx = OPENED_BY_SWITCH;
    rig_syn(&capture, &pbx);
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<SystemStatus/>");
    assert_string_equal(
        brief(read_known((struct source_options){.ports = {1040}, .port_count = 1})),
        "up 10.0.0.5_1040\nmessage < 10.0.0.5_1040 invoke=0001 payload=<SystemStatus/>\n");
}

/* Only so many messages wait; the link goes by what is known, until one tells. */
static void
a_link_that_has_the_wrong_name_gets_the_right_one(void **state)
{
    (void)state;
    struct rig_connection pbx = OPENED_BY_SWITCH;
    rig_syn(&capture, &pbx);
    for (int i = 0; i < CONNECTION_PROBES_MAX + 1; i++)
        rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<SystemStatus/>");
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "9999", "<e/>");
    rig_send_xml(&capture, &pbx, RIG_SERVER, "9999", "<f/>"); /* turns nothing back */
    const char *said = brief(read_it());
    static const char wrong[] = "message > 10.0.0.9_50000 invoke=0001 payload=<SystemStatus/>\n";
    static const char up[] = "up 10.0.0.9_50000\n";
    assert_memory_equal(said, up, sizeof up - 1);
    said += sizeof up - 1;
    for (int i = 0; i < CONNECTION_PROBES_MAX + 1; i++, said += sizeof wrong - 1)
        assert_memory_equal(said, wrong, sizeof wrong - 1);
    assert_string_equal(said,
                        "down 10.0.0.9_50000\nup 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") //
                        "message > 10.0.0.5_1040 invoke=9999 payload=<f/>\n");
    assert_int_equal(figures.csta_connections, 1);
}

static void
without_a_syn_the_name_waits_for_a_message_that_tells(void **state)
{
    (void)state;
    struct rig_connection pbx = {.ends = {{9, 80, 100}, {5, 60000, 7000}}};
    static const char error[] = "\0\x08\xa3\x06\x02\x01\x01\x02\x01\x01";
    static const char report[] = "\0\x0b\xa1\x09\x02\x01\x01\x02\x01\x15\x30\x01x";
    rig_send(&capture, &pbx, RIG_CLIENT, error, 10);
    rig_send(&capture, &pbx, RIG_SERVER, report, 13);
    assert_string_equal(read_it(), "message > link=10.0.0.5_60000 time=1000000 offset=2 packet=1 "
                                   "payload=\xa3\x06\x02\x01\x01\x02\x01\x01\n"
                                   "message < link=10.0.0.5_60000 time=1001000 offset=2 packet=2 "
                                   "payload=\xa1\t\x02\x01\x01\x02\x01\x15\x30\x01x\n");
}

/* What waited is given before what is wrong, and before the end. */
static void
messages_that_wait_are_not_lost(void **state)
{
    (void)state;
    static const char *const ends[] = {"\0\x01\0\x0c", "\0\0\0\x20"
                                                       "0001<"};
    static const char message[] = "message > 10.0.0.5_1040 invoke=0001 payload=<MonitorStop/>\n";
    for (int way = 0; way < 4; way++) {
        setup(NULL);
        struct rig_connection pbx = connection_of(9, 40000);
        rig_syn(&capture, &pbx);
        rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<MonitorStop/>");
        if (way < 2)
            rig_send(&capture, &pbx, RIG_CLIENT, ends[way], way == 0 ? 4 : 9);
        else if (way == 2)
            rig_close(&capture, &pbx);
        else
            rig_syn(&capture, &(struct rig_connection){.ends = {{9, 40000, 500}, {5, 1040, 900}}});
        const char *said = brief(read_it());
        const char *first = strchr(said, '\n') + 1;
        assert_memory_equal(said, "up 10.0.0.5_1040\n", 17);
        assert_memory_equal(first, message, sizeof message - 1);
        first += sizeof message - 1;
        assert_memory_equal(first, way < 2 ? "brok" : "down", 4);
    }
}

static void
with_ports_only_their_connections_count(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    struct rig_connection web = {.ends = {{9, 40001, 100}, {6, 80, 7000}}};
    event(&pbx);
    event(&web);
    rig_syn(&capture, &web);
    assert_string_equal(
        brief(read_known((struct source_options){.ports = {1040}, .port_count = 1})),
        MESSAGE("10.0.0.5_1040"));
    assert_int_equal(figures.connections, 1);
}

static void
a_connection_on_a_named_port_that_is_no_csta_is_said_once_for_each_side(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    rig_send(&capture, &pbx, RIG_CLIENT, "\x16\x03\x01 a TLS hello", 15);
    rig_send(&capture, &pbx, RIG_CLIENT, "\x16\x03\x01 and more of it", 18);
    const char *said = read_known((struct source_options){.ports = {1040}, .port_count = 1});
    const char *why = "10.0.0.9:40000 to 10.0.0.5:1040, at 1970-01-01 00:00:01.003000 UTC: this is "
                      "neither framed CSTA XML nor BER with 2-byte lengths; no more is read of it";
    const char *first = strstr(said, why);
    assert_non_null(first);
    assert_null(strstr(first + strlen(why), "40000"));
}

static void
an_encoding_decides_where_a_named_port_does_not_tell(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    rig_send(&capture, &pbx, RIG_SERVER, "\0\x04\x30\x02mm\0\x04\x30\x02nn", 12);
    struct source_options options = {.ports = {1040}, .port_count = 1, .encoding = ENCODING_BER2};
    assert_string_equal(brief(read_known(options)),
                        "up 10.0.0.5_1040\nmessage < 10.0.0.5_1040 payload=0\x02mm\n"
                        "message < 10.0.0.5_1040 payload=0\x02nn\n");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_that_comes_again_is_the_same_link),
        TEST(several_at_a_time_have_numbers),
        TEST(a_reset_ends_a_link_and_what_comes_late_is_said_once),
        TEST(a_reset_or_an_end_out_of_place_ends_nothing),
        TEST(a_reset_where_the_receiver_is_ends_a_link),
        TEST(a_new_syn_between_the_same_endpoints_is_a_new_connection),
        TEST(after_its_end_a_connection_may_come_again_with_the_same_numbers),
        TEST(a_syn_that_comes_twice_is_one),
        TEST(a_half_closed_connection_gives_way_to_the_same_hosts_next),
        TEST(a_capture_that_begins_in_the_midst_waits_for_a_sure_beginning),
        TEST(without_a_syn_the_messages_tell_who_the_switch_is),
        TEST(where_nothing_tells_it_is_either),
        TEST(ber_is_found_and_tells_who_the_switch_is),
        TEST(a_switch_that_opened_the_connection_is_the_switch),
        TEST(a_request_too_says_who_the_switch_is),
        TEST(a_named_port_is_the_switchs_whoever_opened_the_connection),
        TEST(a_link_that_has_the_wrong_name_gets_the_right_one),
        TEST(without_a_syn_the_name_waits_for_a_message_that_tells),
        TEST(messages_that_wait_are_not_lost),
        TEST(with_ports_only_their_connections_count),
        TEST(a_connection_on_a_named_port_that_is_no_csta_is_said_once_for_each_side),
        TEST(an_encoding_decides_where_a_named_port_does_not_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
