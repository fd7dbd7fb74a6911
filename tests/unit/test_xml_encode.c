/* What onhook sends as CSTA XML: byte by byte, and as our own decoder reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/frame.h"
#include "engine/csta/xml_decode.h"
#include "engine/csta/xml_encode.h"

#define ED3 "http://www.ecma-international.org/standards/ecma-323/csta/ed3"

static const struct xml_namespaces none;
static const struct xml_namespaces ed3 = {{ED3, sizeof(ED3) - 1}, {"urn:sessions", 12}};
static char bytes[OUTGOING_SIZE_MAX];
static size_t length;
static const char *why;

static enum encode_result
encode(const struct outgoing *message, const struct xml_namespaces *namespaces)
{
    return xml_encode(bytes, sizeof(bytes), &length, message, namespaces, &why);
}

static void
assert_document(const struct outgoing *message, const struct xml_namespaces *namespaces,
                const char *document)
{
    assert_int_equal(encode(message, namespaces), ENCODE_OK);
    struct text declaration = TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    struct text written = {bytes, (uint32_t)length};
    assert_true(text_has_prefix(written, declaration));
    written = text_skip(written, declaration.length);
    assert_int_equal(written.length, strlen(document));
    assert_memory_equal(written.at, document, written.length);
}

static void
a_document_is_as_the_schemas_order_it(void **state)
{
    (void)state;
    struct outgoing start = {.kind = OUTGOING_MONITOR_START, .device = TEXT("2001")};
    assert_document(&start, &ed3,
                    "<MonitorStart xmlns=\"" ED3 "\"><monitorObject><deviceObject>2001"
                    "</deviceObject></monitorObject><monitorType>device</monitorType>"
                    "</MonitorStart>");
    struct outgoing clear = {
        .kind = OUTGOING_CLEAR_CONNECTION, .call = TEXT("47"), .device = TEXT("2001")};
    assert_document(&clear, &none,
                    "<ClearConnection><connectionToBeCleared><callID>47</callID><deviceID>2001"
                    "</deviceID></connectionToBeCleared></ClearConnection>");
    struct outgoing answer = {.kind = OUTGOING_SYSTEM_STATUS_RESPONSE};
    assert_document(&answer, &none, "<SystemStatusResponse></SystemStatusResponse>");
    struct outgoing session = {
        .kind = OUTGOING_SESSION_RESET_TIMER, .session = TEXT("4-0"), .session_seconds = 180};
    assert_document(&session, &ed3,
                    "<ResetApplicationSessionTimer xmlns=\"urn:sessions\"><sessionID>4-0"
                    "</sessionID><requestedSessionDuration>180</requestedSessionDuration>"
                    "</ResetApplicationSessionTimer>");
}

static void
markup_in_a_text_is_escaped(void **state)
{
    (void)state;
    struct xml_namespaces quoted = {.csta = TEXT("a\"b<")};
    struct outgoing stop = {.kind = OUTGOING_MONITOR_STOP, .cross_ref = TEXT("<&>\"'")};
    assert_document(&stop, &quoted,
                    "<MonitorStop xmlns=\"a&quot;b&lt;\"><monitorCrossRefID>&lt;&amp;&gt;&quot;'"
                    "</monitorCrossRefID></MonitorStop>");
}

static void
what_may_not_be_sent_is_refused(void **state)
{
    (void)state;
    const struct text bad[] = {
        TEXT("\x01"),
        TEXT("a\nb"),
        TEXT("a\0b"),
        TEXT("\x7f"),
        TEXT("\xff"),
        TEXT("\xc0\x80"),
        TEXT("\xed\xa0\x80"),
        TEXT("\xef\xbf\xbe"),
        TEXT("\xc2"),
        TEXT("\xc2\x85"),
        TEXT("1\xf4\x90\x80\x80"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct outgoing stop = {.kind = OUTGOING_MONITOR_STOP, .cross_ref = bad[i]};
        assert_int_equal(encode(&stop, &ed3), ENCODE_BAD_TEXT);
        struct xml_namespaces namespaces = {.csta = bad[i]};
        stop.cross_ref = TEXT("1");
        assert_int_equal(encode(&stop, &namespaces), ENCODE_BAD_TEXT);
    }
    static char long_text[OUTGOING_TEXT_MAX + 1];
    memset(long_text, 'x', sizeof(long_text));
    struct outgoing stop = {.kind = OUTGOING_MONITOR_STOP,
                            .cross_ref = {long_text, OUTGOING_TEXT_MAX}};
    assert_int_equal(encode(&stop, &ed3), ENCODE_OK);
    stop.cross_ref.length++;
    assert_int_equal(encode(&stop, &ed3), ENCODE_BAD_TEXT);
}

static void
a_devices_identifier_is_asked_for_in_avayas_space(void **state)
{
    (void)state;
    struct outgoing ask = {
        .kind = OUTGOING_GET_DEVICE_ID, .switch_name = TEXT("CM1"), .device = TEXT("4750")};
    assert_int_equal(encode(&ask, &ed3), ENCODE_OK);
    const char *wanted = "<GetThirdPartyDeviceId xmlns=\"http://www.avaya.com/csta\">"
                         "<switchName>CM1</switchName><extension>4750</extension>"
                         "</GetThirdPartyDeviceId>";
    assert_int_equal(length, strlen(wanted) + 38);
    assert_memory_equal(bytes + 38, wanted, strlen(wanted));
    ask.switch_name = TEXT_NONE;
    assert_int_equal(encode(&ask, &ed3), ENCODE_MISSING);
    assert_string_equal(why, "a device's identifier is asked for by switch-name");
}

static void
a_field_that_is_needed_is_missed(void **state)
{
    (void)state;
    for (int kind = 0; kind < OUTGOING_KIND_COUNT; kind++) {
        struct outgoing message = {.kind = (enum outgoing_kind)kind};
        bool needs_nothing =
            kind == OUTGOING_MONITOR_STOP_RESPONSE || kind == OUTGOING_SYSTEM_STATUS_RESPONSE ||
            kind == OUTGOING_REQUEST_SYSTEM_STATUS || kind == OUTGOING_SYSTEM_REGISTER;
        bool is_acse = kind >= OUTGOING_ASSOCIATE;
        assert_int_equal(encode(&message, &ed3), needs_nothing ? ENCODE_OK
                                                 : is_acse     ? ENCODE_UNKNOWN
                                                               : ENCODE_MISSING);
    }
}

static void
a_buffer_too_small_is_said_at_every_size(void **state)
{
    (void)state;
    struct outgoing start = {.kind = OUTGOING_MONITOR_START, .device = TEXT("2<1")};
    assert_int_equal(encode(&start, &ed3), ENCODE_OK);
    size_t needed = length;
    length = 77;
    for (size_t size = 0; size < needed; size++)
        assert_int_equal(xml_encode(bytes, size, &length, &start, &ed3, &why), ENCODE_NO_ROOM);
    assert_int_equal(length, 77);
    assert_int_equal(xml_encode(bytes, needed, &length, &start, &ed3, &why), ENCODE_OK);
}

static void
the_largest_message_fits_the_size_promised(void **state)
{
    (void)state;
    static char quotes[OUTGOING_TEXT_MAX];
    memset(quotes, '"', sizeof(quotes));
    struct text text = {quotes, sizeof(quotes)};
    struct xml_namespaces namespaces = {text, text};
    for (int kind = 0; kind < OUTGOING_ASSOCIATE; kind++) {
        struct outgoing message = {(enum outgoing_kind)kind,
                                   0,
                                   text,
                                   text,
                                   false,
                                   false,
                                   text,
                                   true,
                                   true,
                                   STATUS_NORMAL,
                                   text,
                                   text,
                                   text,
                                   text,
                                   text,
                                   text,
                                   UINT32_MAX,
                                   text};
        assert_int_equal(encode(&message, &namespaces), ENCODE_OK);
    }
}

static void
our_decoder_reads_the_requests(void **state)
{
    (void)state;
    static struct csta_scratch scratch;
    static struct csta_message message;
    struct csta_options options = {false};
    size_t where;
    struct outgoing sent = {.kind = OUTGOING_CLEAR_CONNECTION,
                            .call = TEXT("FF <&> 17"),
                            .device = TEXT("N<2001>;noa=nk")};
    assert_int_equal(encode(&sent, &ed3), ENCODE_OK);
    assert_int_equal(xml_decode(&message, bytes, length, &options, &scratch, &why, &where),
                     CSTA_OK);
    assert_int_equal(message.message_class, MESSAGE_CLEAR_CONNECTION);
    assert_true(text_is_equal(message.event.texts[EVENT_TEXT_CALL], sent.call));
    assert_true(text_is_equal(message.event.texts[EVENT_TEXT_DEVICE], sent.device));

    sent.kind = OUTGOING_SYSTEM_STATUS;
    for (int status = STATUS_INITIALIZING; status <= STATUS_PARTIAL_OVERLOAD; status++) {
        sent.status = (enum system_status)status;
        assert_int_equal(encode(&sent, &none), ENCODE_OK);
        assert_int_equal(xml_decode(&message, bytes, length, &options, &scratch, &why, &where),
                         CSTA_OK);
        assert_int_equal(message.message_class, MESSAGE_SYSTEM_STATUS);
        assert_int_equal(message.status, status);
    }
    sent.kind = OUTGOING_MONITOR_START;
    sent.monitors_calls = true;
    assert_int_equal(encode(&sent, &none), ENCODE_OK);
    assert_int_equal(xml_decode(&message, bytes, length, &options, &scratch, &why, &where),
                     CSTA_OK);
    assert_int_equal(message.message_class, MESSAGE_MONITOR_START);
    assert_true(message.object_is_call && message.monitors_calls);
    assert_true(text_is_equal(message.object, sent.call));
}

static void
a_header_makes_a_frame_that_can_be_read(void **state)
{
    (void)state;
    char frame_bytes[FRAME_HEADER_SIZE + 4] = "........<a/>";
    struct frame frame;
    assert_true(frame_write_header(frame_bytes, 7, 4));
    assert_int_equal(frame_next(&frame, frame_bytes, sizeof(frame_bytes), &why), FRAME_OK);
    assert_true(text_is_equal(frame.invoke, TEXT("0007")));
    assert_true(text_is_equal(frame.payload, TEXT("<a/>")));
    assert_true(frame_write_header(frame_bytes, 9998, FRAME_MAX - FRAME_HEADER_SIZE));
    assert_memory_equal(frame_bytes,
                        "\0\0\xff\xff"
                        "9998",
                        FRAME_HEADER_SIZE);
    assert_false(frame_write_header(frame_bytes, 1, FRAME_MAX - FRAME_HEADER_SIZE + 1));
    assert_memory_equal(frame_bytes + 4, "9998", 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_as_the_schemas_order_it),
        cmocka_unit_test(markup_in_a_text_is_escaped),
        cmocka_unit_test(what_may_not_be_sent_is_refused),
        cmocka_unit_test(a_devices_identifier_is_asked_for_in_avayas_space),
        cmocka_unit_test(a_field_that_is_needed_is_missed),
        cmocka_unit_test(a_buffer_too_small_is_said_at_every_size),
        cmocka_unit_test(the_largest_message_fits_the_size_promised),
        cmocka_unit_test(our_decoder_reads_the_requests),
        cmocka_unit_test(a_header_makes_a_frame_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
