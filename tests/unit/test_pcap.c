/*
 * Captures of every kind: file formats, link layers, IP; one small conversation in each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "tests/capture_rig.h"
#include "tests/unit/source_rig.h"

static uint8_t room[RIG_CAPTURE_MAX];

static struct rig_capture
capture_of(struct rig_capture capture)
{
    capture.bytes = room;
    capture.time_us = INT64_C(1795000000000000);
    rig_begin(&capture);
    return capture;
}

static struct rig_connection
connection_of(bool is_v6)
{
    return (struct rig_connection){
        .ends = {{.host = 9, .port = 40000, .next = 100}, {.host = 5, .port = 1040, .next = 7000}},
        .is_v6 = is_v6,
    };
}

/* A request, its answer in two segments, an event; six packets around them. */
static void
talk(struct rig_capture *capture, bool is_v6)
{
    struct rig_connection pbx = connection_of(is_v6);
    char frame[256];
    rig_syn(capture, &pbx);
    rig_send_xml(capture, &pbx, RIG_CLIENT, "0001", "<MonitorStart/>");
    uint32_t size = rig_xml(frame, "0001", "<MonitorStartResponse/>");
    rig_send(capture, &pbx, RIG_SERVER, frame, 5);
    rig_send(capture, &pbx, RIG_SERVER, frame + 5, size - 5);
    rig_send_xml(capture, &pbx, RIG_SERVER, "9999", "<HeldEvent/>");
    rig_close(capture, &pbx);
}

#define TALK(name, p4, p6, p7, p9)                                                                 \
    "up link=" name " time=1795000000003000 offset=0 packet=" p4 "\n"                              \
    "message > link=" name " time=1795000000003000 offset=8 packet=" p4                            \
    " invoke=0001 payload=<MonitorStart/>\n"                                                       \
    "message < link=" name " time=1795000000005000 offset=8 packet=" p6                            \
    " invoke=0001 payload=<MonitorStartResponse/>\n"                                               \
    "message < link=" name " time=1795000000006000 offset=39 packet=" p7                           \
    " invoke=9999 payload=<HeldEvent/>\n"                                                          \
    "down link=" name " time=1795000000008000 offset=0 packet=" p9 "\n"

#define TALK_V4 TALK("10.0.0.5_1040", "4", "6", "7", "9")
#define TALK_V6 TALK("fd00__5_1040", "4", "6", "7", "9")

static void
a_conversation_comes_out_with_its_link_directions_and_times(void **state)
{
    (void)state;
    struct rig_capture capture = capture_of((struct rig_capture){.layer = RIG_ETHERNET});
    talk(&capture, false);
    assert_string_equal(source_read_bytes(room, capture.length), TALK_V4);
}

static void
every_form_of_pcap_is_read(void **state)
{
    (void)state;
    for (int form = 0; form < 4; form++) {
        struct rig_capture capture = capture_of((struct rig_capture){
            .layer = RIG_ETHERNET, .big_endian = (form & 1) != 0, .nanoseconds = (form & 2) != 0});
        talk(&capture, false);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V4);
    }
}

static void
pcapng_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    for (int form = 0; form < 2; form++) {
        struct rig_capture capture = capture_of((struct rig_capture){
            .layer = RIG_ETHERNET, .file = RIG_PCAPNG, .big_endian = form == 1});
        talk(&capture, false);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V4);
    }
}

static void
interfaces_of_pcapng_may_count_time_in_different_units(void **state)
{
    (void)state;
    struct rig_capture capture =
        capture_of((struct rig_capture){.layer = RIG_ETHERNET, .file = RIG_PCAPNG});
    struct rig_connection pbx = connection_of(false);
    rig_syn(&capture, &pbx);
    rig_interface(&capture, 9);
    rig_interface(&capture, 0x80 | 20);
    rig_interface(&capture, 3);
    static const uint64_t ticks[] = {1000000000, 1 << 20, 1000};
    for (uint32_t i = 0; i < 3; i++) {
        capture.interface = i + 1;
        capture.ticks = ticks[i];
        capture.time_us = INT64_C(1795000000500000) + i * 1000000;
        rig_send_xml(&capture, &pbx, RIG_SERVER, "9999", "<a/>");
    }
    assert_string_equal(
        source_read_bytes(room, capture.length),
        "up link=10.0.0.5_1040 time=1795000000500000 offset=0 packet=4\n"
        "message < link=10.0.0.5_1040 time=1795000000500000 offset=8 packet=4 invoke=9999 "
        "payload=<a/>\n"
        "message < link=10.0.0.5_1040 time=1795000001500000 offset=20 packet=5 invoke=9999 "
        "payload=<a/>\n"
        "message < link=10.0.0.5_1040 time=1795000002500000 offset=32 packet=6 invoke=9999 "
        "payload=<a/>\n");
}

static void
every_link_layer_is_read(void **state)
{
    (void)state;
    static const enum rig_layer layers[] = {RIG_ETHERNET, RIG_NULL, RIG_RAW,
                                            RIG_LOOP,     RIG_SLL,  RIG_SLL2};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct rig_capture capture = capture_of((struct rig_capture){.layer = layers[i]});
        talk(&capture, false);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V4);
        capture = capture_of((struct rig_capture){.layer = layers[i]});
        talk(&capture, true);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V6);
    }
}

static void
tags_options_extension_headers_and_padding_are_passed_over(void **state)
{
    (void)state;
    for (uint32_t tags = 1; tags <= 2; tags++) {
        struct rig_capture capture = capture_of((struct rig_capture){
            .layer = RIG_ETHERNET, .tags = tags, .options = 12, .padding = 18});
        talk(&capture, false);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V4);
        capture = capture_of(
            (struct rig_capture){.layer = RIG_SLL, .tags = tags, .extension = 1, .padding = 6});
        talk(&capture, true);
        assert_string_equal(source_read_bytes(room, capture.length), TALK_V6);
    }
}

/* Every packet in two to four parts: the parts are counted as packets. */
static void
fragments_are_put_together(void **state)
{
    (void)state;
    for (int form = 0; form < 4; form++) {
        bool is_v6 = (form & 1) != 0;
        struct rig_capture capture = capture_of((struct rig_capture){
            .layer = RIG_ETHERNET, .fragment = 24, .backwards = (form & 2) != 0, .padding = 2});
        talk(&capture, is_v6);
        const char *expected = is_v6 ? TALK("fd00__5_1040", "9", "14", "17", "21")
                                     : TALK("10.0.0.5_1040", "9", "14", "17", "21");
        assert_string_equal(source_read_bytes(room, capture.length), expected);
    }
}

static void
a_capture_cut_short_anywhere_gives_what_came_before_and_says_so(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++) {
        struct rig_capture capture =
            capture_of((struct rig_capture){.layer = RIG_ETHERNET, .file = (enum rig_file)file});
        talk(&capture, false);
        size_t whole = capture.length;
        for (size_t length = 24; length < whole; length++) {
            const char *said = source_read_bytes(room, length);
            const char *broken = strstr(said, "broken");
            size_t before = broken == NULL ? strlen(said) : (size_t)(broken - said);
            assert_memory_equal(said, TALK_V4, before);
        }
        assert_non_null(
            strstr(source_read_bytes(room, whole - 80), "why: the capture cannot be read on: "));
    }
}

static void
a_link_layer_that_is_not_read_is_said(void **state)
{
    (void)state;
    struct rig_capture capture =
        capture_of((struct rig_capture){.layer = (enum rig_layer)105 /* IEEE 802.11 */});
    talk(&capture, false);
    const char *said = source_read_bytes(room, capture.length);
    assert_non_null(strstr(said, "packets of a link layer that is not read: IEEE802_11\n"));
    assert_null(strstr(said, "message"));
}

static void
a_capture_without_csta_is_said(void **state)
{
    (void)state;
    struct rig_capture capture = capture_of((struct rig_capture){.layer = RIG_ETHERNET});
    struct rig_connection web = connection_of(false);
    rig_syn(&capture, &web);
    rig_send(&capture, &web, RIG_CLIENT, "GET / HTTP/1.1\r\n\r\n", 18);
    rig_close(&capture, &web);
    const char *said = source_read_bytes(room, capture.length);
    assert_non_null(strstr(said, "why: none of its TCP connections carries CSTA\n"));
    assert_int_equal(strncmp(said, "broken ", 7), 0);
}

struct drip {
    int descriptor;
    size_t length;
};

static void *
drip(void *argument)
{
    const struct drip *job = argument;
    for (size_t at = 0; at < job->length; at++) {
        assert_int_equal(write(job->descriptor, room + at, 1), 1);
        if (at % 64 == 0)
            usleep(50);
    }
    close(job->descriptor);
    return NULL;
}

static void
a_pipe_that_drips_gives_the_same_messages(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++) {
        struct rig_capture capture =
            capture_of((struct rig_capture){.layer = RIG_ETHERNET, .file = (enum rig_file)file});
        talk(&capture, false);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        struct source source;
        assert_true(source_open(&source, path));
        close(ends[0]);
        struct drip job = {ends[1], capture.length};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, drip, &job), 0);
        assert_string_equal(source_read_all(&source), TALK_V4);
        assert_int_equal(pthread_join(thread, NULL), 0);
        source_close(&source);
    }
}

/* What was captured so far comes out while the capture goes on. */
static void
a_silent_pipe_is_not_waited_for_inside(void **state)
{
    (void)state;
    for (int file = 0; file < 2; file++) {
        struct rig_capture capture =
            capture_of((struct rig_capture){.layer = RIG_ETHERNET, .file = (enum rig_file)file});
        struct rig_connection pbx = connection_of(false);
        rig_send_xml(&capture, &pbx, RIG_SERVER, "9999", "<a/>");
        size_t first = capture.length;
        rig_send_xml(&capture, &pbx, RIG_SERVER, "9999", "<b/>");
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
        struct source source;
        struct source_message message;
        assert_true(source_open(&source, path));
        close(ends[0]);
        assert_int_equal(source_next(&source, &message), SOURCE_WAIT);
        assert_int_equal(write(ends[1], room, first + 20), (ssize_t)first + 20);
        assert_int_equal(source_next(&source, &message), SOURCE_OK);
        assert_true(text_is_equal(message.payload, TEXT("<a/>")));
        assert_int_equal(source_next(&source, &message), SOURCE_WAIT);
        size_t rest = capture.length - first - 20;
        assert_int_equal(write(ends[1], room + first + 20, rest), (ssize_t)rest);
        assert_int_equal(source_next(&source, &message), SOURCE_OK);
        assert_true(text_is_equal(message.payload, TEXT("<b/>")));
        close(ends[1]);
        assert_int_equal(source_next(&source, &message), SOURCE_END);
        source_close(&source);
    }
}

/* By tcpdump, on a loopback device (tests/samples/README.md). */
static void
a_real_capture_gives_what_was_sent(void **state)
{
    (void)state;
    struct source source;
    struct source_message message;
    uint32_t events = 0;
    uint32_t reports = 0;
    assert_true(source_open(&source, TESTS_DIR "/samples/loopback.pcap"));
    while (source_next(&source, &message) == SOURCE_OK) {
        assert_true(message.kind == SOURCE_MESSAGE || message.kind == SOURCE_UP ||
                    message.kind == SOURCE_DOWN);
        if (message.direction != SOURCE_FROM_SWITCH)
            continue;
        const char *end = message.payload.at + message.payload.length;
        if (text_is_equal(message.link, TEXT("127.0.0.1_1040"))) {
            events++;
            assert_true(text_is_equal(message.invoke, TEXT("9999")));
            assert_memory_equal(message.payload.at, "<?xml ", 6);
            assert_memory_equal(end - 6, "Event>", 6);
        } else {
            reports++;
            assert_true(text_is_equal(message.link, TEXT("127.0.0.1_2555")));
            /* Invoke IDs count from 1; the PDU fills the message. */
            assert_int_equal(message.payload.at[4], reports);
            assert_int_equal(message.payload.length, 2 + message.payload.at[1]);
        }
    }
    assert_int_equal(events, 8);
    assert_int_equal(reports, 6);
    assert_int_equal(source_bytes(&source), 10496);
    source_close(&source);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_comes_out_with_its_link_directions_and_times),
        cmocka_unit_test(every_form_of_pcap_is_read),
        cmocka_unit_test(pcapng_is_read_in_both_byte_orders),
        cmocka_unit_test(interfaces_of_pcapng_may_count_time_in_different_units),
        cmocka_unit_test(every_link_layer_is_read),
        cmocka_unit_test(tags_options_extension_headers_and_padding_are_passed_over),
        cmocka_unit_test(fragments_are_put_together),
        cmocka_unit_test(a_capture_cut_short_anywhere_gives_what_came_before_and_says_so),
        cmocka_unit_test(a_link_layer_that_is_not_read_is_said),
        cmocka_unit_test(a_capture_without_csta_is_said),
        cmocka_unit_test(a_pipe_that_drips_gives_the_same_messages),
        cmocka_unit_test(a_silent_pipe_is_not_waited_for_inside),
        cmocka_unit_test(a_real_capture_gives_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
