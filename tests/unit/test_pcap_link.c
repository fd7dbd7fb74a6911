/*
 * Which connections of a capture are links, what they are called, when they come and go, and what
 * is said when bytes of them are missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/connection.h"
#include "engine/source/packets.h"
#include "tests/capture_rig.h"
#include "tests/unit/source_rig.h"

static uint8_t room[RIG_CAPTURE_MAX];
static struct rig_capture capture;
static struct packet_figures figures;

static int
setup(void **state)
{
    (void)state;
    capture = (struct rig_capture){.layer = RIG_ETHERNET, .bytes = room, .time_us = 1000000};
    rig_begin(&capture);
    return 0;
}

static struct rig_connection
connection_of(uint8_t client, uint16_t port)
{
    return (struct rig_connection){.ends = {{client, port, 100}, {5, 1040, 7000}}};
}

static const char *
read_known(struct source_options options)
{
    struct source source;
    uint8_t *copy = malloc(capture.length);
    memcpy(copy, room, capture.length);
    assert_true(source_open_bytes(&source, "pbx", copy, capture.length));
    source_set_options(&source, &options);
    source_read_all(&source);
    figures = *packets_figures(&source);
    source_close(&source);
    free(copy);
    return source_said;
}

static const char *
read_it(void)
{
    return read_known((struct source_options){.port_count = 0});
}

/* What a line says of kind, direction, link, invoke and payload; without times and offsets. */
static const char *
brief(const char *said)
{
    static char text[SOURCE_RIG_TEXT];
    char *to = text;
    while (*said != '\0') {
        if (strncmp(said, " time=", 6) == 0 || strncmp(said, " offset=", 8) == 0 ||
            strncmp(said, " packet=", 8) == 0 || strncmp(said, " link=", 6) == 0) {
            bool is_link = said[1] == 'l';
            said += is_link ? 6 : 1;
            *to = ' ';
            to += is_link;
            while (*said != ' ' && *said != '\n') {
                *to = *said++;
                to += is_link;
            }
            continue;
        }
        *to++ = *said++;
    }
    *to = '\0';
    return text;
}

static void
event(struct rig_connection *connection)
{
    rig_send_xml(&capture, connection, RIG_SERVER, "9999", "<e/>");
}

#define MESSAGE(link) "message < " link " invoke=9999 payload=<e/>\n"

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
a_reset_ends_a_link_and_what_comes_late_is_nothing(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_segment(&capture, &pbx, RIG_CLIENT, RIG_RST, pbx.ends[RIG_CLIENT].next, "", 0);
    event(&pbx);
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
        MESSAGE("10.0.0.5_1040") "message > 10.0.0.5_1040 invoke=0001 "
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
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<MonitorStart/>");
    rig_send_xml(&capture, &pbx, RIG_SERVER, "0001", "<MonitorStartResponse/>");
    assert_string_equal(brief(read_it()),
                        "message 10.0.0.5_1040 invoke=0001 payload=<MonitorStart/>\n"
                        "message < 10.0.0.5_1040 invoke=0001 payload=<MonitorStartResponse/>\n");
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

static void
a_side_with_missing_bytes_is_over_until_a_new_connection(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    pbx.ends[RIG_SERVER].next += 12;
    for (int i = 0; i < 10; i++)
        event(&pbx);
    rig_close(&capture, &pbx);
    struct rig_connection next = connection_of(9, 40001);
    rig_syn(&capture, &next);
    event(&next);
    const char *said = brief(read_it());
    assert_string_equal(said, "up 10.0.0.5_1040\n" MESSAGE(
                                  "10.0.0.5_1040") "broken 10.0.0.5_1040 why: 10.0.0.5:1040 to "
                                                   "10.0.0.9:40000, at 1970-01-01 00:00:01.004000 "
                                                   "UTC: 12 bytes are missing, and where the next "
                                                   "message begins cannot be told; no more is "
                                                   "read of it\n"
                                                   "down 10.0.0.5_1040\nup 10.0.0.5_1040\n" MESSAGE(
                                                       "10.0.0.5_1040"));
    assert_int_equal(figures.lost_bytes, 12);
}

static void
missing_requests_do_not_end_the_events(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    pbx.ends[RIG_CLIENT].next += 12;
    rig_send_xml(&capture, &pbx, RIG_CLIENT, "0001", "<MonitorStart/>");
    event(&pbx);
    rig_close(&capture, &pbx);
    const char *said = brief(read_it());
    assert_non_null(strstr(
        said, MESSAGE("10.0.0.5_1040") MESSAGE(
                  "10.0.0.5_1040") "broken 10.0.0.5_1040 why: 10.0.0.9:40000 to 10.0.0.5:1040"));
    assert_null(strstr(said, "MonitorStart"));
}

static void
bytes_missing_within_a_message_lose_that_message_only(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    char frame[256];
    rig_syn(&capture, &pbx);
    event(&pbx);
    uint32_t size = rig_xml(frame, "9999", "<e>a text that is not all captured</e>");
    for (uint32_t lost_to = 20; lost_to <= size; lost_to += size - 20) {
        rig_send(&capture, &pbx, RIG_SERVER, frame, 10);
        pbx.ends[RIG_SERVER].next += lost_to - 10;
        if (lost_to < size)
            rig_send(&capture, &pbx, RIG_SERVER, frame + lost_to, size - lost_to);
        for (int i = 0; i < 9; i++)
            event(&pbx);
    }
    const char *said = brief(read_it());
    assert_non_null(strstr(said, "bad 10.0.0.5_1040 why: 10 bytes of a message were not captured: "
                                 "it is lost\n" MESSAGE("10.0.0.5_1040")));
    assert_non_null(strstr(said, "bad 10.0.0.5_1040 why: 36 bytes of a message were not captured: "
                                 "it is lost\n" MESSAGE("10.0.0.5_1040")));
    assert_null(strstr(said, "broken"));
    uint32_t events = 0;
    for (const char *at = said; (at = strstr(at, "payload=<e/>")) != NULL; at++)
        events++;
    assert_int_equal(events, 19);
}

static void
packets_cut_by_the_snap_length_are_gaps(void **state)
{
    (void)state;
    capture.length = 0;
    capture.snap = 96;
    rig_begin(&capture);
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_send_xml(&capture, &pbx, RIG_SERVER, "9999", "<e>longer than what was captured of it</e>");
    event(&pbx);
    assert_string_equal(brief(read_it()), "up 10.0.0.5_1040\n" MESSAGE(
                                              "10.0.0.5_1040") "bad 10.0.0.5_1040 why: 20 bytes of "
                                                               "a message were not captured: it is "
                                                               "lost\n" MESSAGE("10.0.0.5_1040"));
}

static void
a_framing_error_ends_its_link_and_no_other(void **state)
{
    (void)state;
    struct rig_connection a = connection_of(9, 40000);
    struct rig_connection b = {.ends = {{9, 40000, 100}, {6, 1040, 7000}}};
    rig_syn(&capture, &a);
    rig_syn(&capture, &b);
    event(&a);
    event(&b);
    rig_send(&capture, &a, RIG_SERVER, "\0\x01\0\x0c", 4);
    event(&a);
    event(&b);
    assert_string_equal(
        brief(read_it()),
        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") "up 10.0.0.6_1040\n" MESSAGE(
            "10.0.0.6_1040") "broken 10.0.0.5_1040 why: 10.0.0.5:1040 to 10.0.0.9:40000, at "
                             "1970-01-01 00:00:01.008000 "
                             "UTC: a frame begins with two zero bytes; no more is read of it\n"
                             "down 10.0.0.5_1040\n" MESSAGE("10.0.0.6_1040"));
}

static void
a_message_that_the_capture_cuts_is_said(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_syn(&capture, &pbx);
    event(&pbx);
    rig_send(&capture, &pbx, RIG_SERVER,
             "\0\0\0\x20"
             "9999<a",
             10);
    assert_non_null(strstr(read_it(), "the capture ends inside a message"));
}

static void
more_connections_than_can_be_followed_are_said(void **state)
{
    (void)state;
    capture.padding = 0;
    struct rig_connection first = connection_of(9, 40000);
    rig_syn(&capture, &first);
    event(&first);
    /* Others, that are no links, never push out one that is. */
    for (uint32_t i = 0; i < 2 * CONNECTIONS_MAX; i++) {
        struct rig_connection other = connection_of(10, (uint16_t)(10000 + i));
        rig_segment(&capture, &other, RIG_CLIENT, RIG_SYN, 1, "", 0);
    }
    event(&first);
    assert_string_equal(brief(read_it()),
                        "up 10.0.0.5_1040\n" MESSAGE("10.0.0.5_1040") MESSAGE("10.0.0.5_1040"));
    assert_int_equal(figures.forgotten, 0);
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct rig_connection other = connection_of(11, (uint16_t)(10000 + i));
        event(&other);
    }
    char wanted[] = "10.0.0.9:40000 to 10.0.0.5:1040: more than 1024 connections at once, this one "
                    "is not followed any more\n";
    struct source source;
    struct source_message message;
    uint32_t said = 0;
    assert_true(source_open_bytes(&source, "pbx", room, capture.length));
    while (source_next(&source, &message) == SOURCE_OK)
        said += message.kind == SOURCE_BROKEN && strncmp(message.why, wanted, 40) == 0;
    assert_int_equal(said, 1);
    assert_int_equal(packets_figures(&source)->forgotten, 1);
    source_close(&source);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_that_comes_again_is_the_same_link),
        TEST(several_at_a_time_have_numbers),
        TEST(a_reset_ends_a_link_and_what_comes_late_is_nothing),
        TEST(a_new_syn_between_the_same_endpoints_is_a_new_connection),
        TEST(after_its_end_a_connection_may_come_again_with_the_same_numbers),
        TEST(a_syn_that_comes_twice_is_one),
        TEST(a_half_closed_connection_gives_way_to_the_same_hosts_next),
        TEST(a_capture_that_begins_in_the_midst_waits_for_a_sure_beginning),
        TEST(without_a_syn_the_messages_tell_who_the_switch_is),
        TEST(where_nothing_tells_it_is_either),
        TEST(ber_is_found_and_tells_who_the_switch_is),
        TEST(with_ports_only_their_connections_count),
        TEST(a_connection_on_a_named_port_that_is_no_csta_is_said_once_for_each_side),
        TEST(an_encoding_decides_where_a_named_port_does_not_tell),
        TEST(a_side_with_missing_bytes_is_over_until_a_new_connection),
        TEST(missing_requests_do_not_end_the_events),
        TEST(bytes_missing_within_a_message_lose_that_message_only),
        TEST(packets_cut_by_the_snap_length_are_gaps),
        TEST(a_framing_error_ends_its_link_and_no_other),
        TEST(a_message_that_the_capture_cuts_is_said),
        TEST(more_connections_than_can_be_followed_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
