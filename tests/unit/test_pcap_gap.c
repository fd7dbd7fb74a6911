/*
 * What is said when bytes of a capture are missing, wrong or too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/connection.h"
#include "tests/unit/pcap_rig.h"

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

/* With what begins in their midst: the tail of a frame, then one that surely begins. */
static void
bytes_before_the_first_sure_message_are_said(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    rig_send(&capture, &pbx, RIG_SERVER, "of a message</e>", 16);
    rig_send(&capture, &pbx, RIG_SERVER, "and of another</e>", 18);
    event(&pbx);
    event(&pbx);
    assert_string_equal(brief(read_it()),
                        "bad why: 10.0.0.5:1040 to 10.0.0.9:40000: 34 bytes before the first "
                        "message that surely begins were not read\n" MESSAGE("10.0.0.5_1040")
                            MESSAGE("10.0.0.5_1040"));
    assert_int_equal(figures.passed_bytes, 34);
    setup(NULL);
    event(&pbx);
    rig_send(&capture, &pbx, RIG_CLIENT, "of a request</r>", 16);
    assert_string_equal(brief(read_it()),
                        MESSAGE("10.0.0.5_1040") "bad why: 10.0.0.9:40000 to 10.0.0.5:1040: 16 "
                                                 "bytes before the first message that surely "
                                                 "begins were not read\n");
}

/* A whole frame and the header of the next agree with themselves and with each other. */
static void
a_frame_and_the_beginning_of_the_next_begin_surely(void **state)
{
    (void)state;
    struct rig_connection pbx = connection_of(9, 40000);
    static const char report[] = "\0\x0b\xa1\x09\x02\x01\x01\x02\x01\x15\x30\x01x"
                                 "\0\x0b\xa1\x09\x02\x01\x02\x02\x01\x15\x30\x01y";
    static const char first[] =
        "message < 10.0.0.5_1040 payload=\xa1\t\x02\x01\x01\x02\x01\x15\x30\x01x\n";
    static const char second[] =
        "message < 10.0.0.5_1040 payload=\xa1\t\x02\x01\x02\x02\x01\x15\x30\x01y\n";
    for (uint32_t part = 17; part < 26; part++) {
        setup(NULL);
        rig_send(&capture, &pbx, RIG_SERVER, report, part);
        rig_send(&capture, &pbx, RIG_SERVER, report + part, 26 - part);
        const char *said = brief(read_it());
        assert_memory_equal(said, first, sizeof first - 1);
        assert_string_equal(said + sizeof first - 1, second);
    }
    /* What follows does not look like a header: the frame may be chance. */
    setup(NULL);
    rig_send(&capture, &pbx, RIG_SERVER, "\0\x0b\xa1\x09\x02\x01\x01\x02\x01\x15\x30\x01xabcdef",
             19);
    assert_null(strstr(read_it(), "message"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_side_with_missing_bytes_is_over_until_a_new_connection),
        TEST(missing_requests_do_not_end_the_events),
        TEST(bytes_missing_within_a_message_lose_that_message_only),
        TEST(packets_cut_by_the_snap_length_are_gaps),
        TEST(a_framing_error_ends_its_link_and_no_other),
        TEST(a_message_that_the_capture_cuts_is_said),
        TEST(bytes_before_the_first_sure_message_are_said),
        TEST(a_frame_and_the_beginning_of_the_next_begin_surely),
        TEST(more_connections_than_can_be_followed_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
