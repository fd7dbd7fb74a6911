/* What onhook sends in BER: as an OXE's client writes it, and as both decoders read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "engine/csta/ber_encode.h"
#include "tests/asn1/ber_compare.h"

static const enum csta_encoding phases[] = {ENCODING_BER1, ENCODING_BER2, ENCODING_BER3};
static struct ber_comparison comparison;
static char bytes[OUTGOING_SIZE_MAX];
static size_t length;
static const char *why;

static struct outgoing
full_message(enum outgoing_kind kind)
{
    return (struct outgoing){
        .kind = kind,
        .invoke_id = 300,
        .call = TEXT("2B82"),
        .device = TEXT("24103"),
        .cross_ref = TEXT("35F303"),
        .status = STATUS_NORMAL,
        .register_id = TEXT("17"),
    };
}

/* The prefix and the PDU are these bytes, in hex with blanks between. */
static void
assert_encodes(const struct outgoing *message, enum csta_encoding phase, const char *hex)
{
    char prefix[BER_PREFIX_SIZE];
    assert_int_equal(ber_encode(bytes, sizeof(bytes), &length, message, phase, &why), ENCODE_OK);
    assert_true(ber_write_prefix(prefix, length));
    char *next;
    for (size_t i = 0; i < BER_PREFIX_SIZE + length; i++) {
        uint8_t byte = (uint8_t)(i < BER_PREFIX_SIZE ? prefix[i] : bytes[i - BER_PREFIX_SIZE]);
        assert_int_equal(byte, strtoul(hex, &next, 16));
        hex = next;
    }
    assert_string_equal(hex, "");
}

static void
requests_are_what_an_oxe_client_sends(void **state)
{
    (void)state;
    struct outgoing start = {.kind = OUTGOING_MONITOR_START, .invoke_id = 1};
    start.device = TEXT("24001");
    assert_encodes(&start, ENCODING_BER2,
                   "00 11 A1 0F 02 01 01 02 01 47 30 07 80 05 32 34 30 30 31");
    struct outgoing snapshot = {.kind = OUTGOING_SNAPSHOT_DEVICE, .invoke_id = 3};
    snapshot.device = TEXT("24001");
    assert_encodes(&snapshot, ENCODING_BER2, "00 0F A1 0D 02 01 03 02 01 4A 80 05 32 34 30 30 31");
    /* The client pads its invoke ID to two octets, which X.690 8.3.2 forbids: 02 02 00 01. */
    struct outgoing status = {.kind = OUTGOING_SYSTEM_STATUS, .invoke_id = 1};
    status.status = STATUS_NORMAL;
    assert_encodes(&status, ENCODING_BER2, "00 0B A1 09 02 01 01 02 01 34 0A 01 02");
    /* Where two octets are due, all is as the client has it. */
    status.invoke_id = 0x101;
    assert_encodes(&status, ENCODING_BER2, "00 0C A1 0A 02 02 01 01 02 01 34 0A 01 02");
}

static void
an_association_is_asked_for_as_an_oxe_client_does(void **state)
{
    (void)state;
    /* The client's, but for the bits: it asks for versions one and two at once and for services
     * onhook never uses. */
    struct outgoing associate = {.kind = OUTGOING_ASSOCIATE};
    assert_encodes(&associate, ENCODING_BER2,
                   "00 3F 60 3D 80 02 07 80 A1 07 06 05 2B 0C 00 81 34 BE 2E 28 2C 06 07 2B 0C 00 "
                   "81 5A 81 48 A0 21 30 1F 03 02 06 40 30 13 80 02 02 0C 81 05 07 FF FC 01 80 83 "
                   "02 06 40 84 02 03 B8 30 04 83 02 06 40");
}

static void
phase_3_wraps_its_arguments(void **state)
{
    (void)state;
    struct outgoing start = full_message(OUTGOING_MONITOR_START);
    start.call = TEXT_NONE;
    start.is_filtered = true;
    assert_encodes(&start, ENCODING_BER3,
                   "00 22 A1 20 02 02 01 2C 02 01 47 30 17 30 07 80 05 32 34 31 30 33 A0 09 87 02 "
                   "06 C0 88 03 05 FF E0 0A 01 01");
    struct outgoing clear = full_message(OUTGOING_CLEAR_CONNECTION);
    assert_encodes(&clear, ENCODING_BER3,
                   "00 1E A1 1C 02 02 01 2C 02 01 05 30 13 6B 11 30 0F 80 02 2B 82 A1 09 30 07 80 "
                   "05 32 34 31 30 33");
    struct outgoing answer = full_message(OUTGOING_SYSTEM_STATUS_RESPONSE);
    assert_encodes(&answer, ENCODING_BER3, "00 0E A2 0C 02 02 01 2C 30 06 02 02 00 D3 05 00");
}

/* Fields that a class of message says. */
static void
assert_says(const struct csta_message *message, const struct outgoing *sent)
{
    const struct text *texts = message->event.texts;
    if (message->message_class == MESSAGE_MONITOR_STOP)
        assert_true(text_is_equal(message->cross_ref, sent->cross_ref));
    if (message->message_class == MESSAGE_SYSTEM_STATUS)
        assert_int_equal(message->status, sent->status);
    if (message->message_class == MESSAGE_SNAPSHOT_DEVICE)
        assert_true(text_is_equal(message->object, sent->device));
    if (message->message_class == MESSAGE_CLEAR_CONNECTION ||
        message->message_class == MESSAGE_CLEAR_CALL ||
        message->message_class == MESSAGE_SNAPSHOT_CALL) {
        assert_true(text_is_equal(texts[EVENT_TEXT_CALL], sent->call));
        assert_true(text_is_equal(texts[EVENT_TEXT_DEVICE], sent->device));
        assert_int_equal((message->event.flags & EVENT_DEVICE_DYNAMIC) != 0,
                         sent->device_is_dynamic);
    }
    if (message->message_class == MESSAGE_MONITOR_START) {
        bool is_call = !text_is_none(sent->call);
        assert_int_equal(message->object_is_call, is_call);
        assert_true(text_is_equal(message->object, is_call ? sent->call : sent->device));
        assert_int_equal(message->monitors_calls, sent->monitors_calls);
    }
}

static const enum message_class classes[OUTGOING_KIND_COUNT] = {
    [OUTGOING_MONITOR_START] = MESSAGE_MONITOR_START,
    [OUTGOING_MONITOR_STOP] = MESSAGE_MONITOR_STOP,
    [OUTGOING_MONITOR_STOP_RESPONSE] = MESSAGE_MONITOR_STOP_RESPONSE,
    [OUTGOING_CLEAR_CONNECTION] = MESSAGE_CLEAR_CONNECTION,
    [OUTGOING_CLEAR_CALL] = MESSAGE_CLEAR_CALL,
    [OUTGOING_SNAPSHOT_DEVICE] = MESSAGE_SNAPSHOT_DEVICE,
    [OUTGOING_SNAPSHOT_CALL] = MESSAGE_SNAPSHOT_CALL,
    [OUTGOING_SYSTEM_STATUS] = MESSAGE_SYSTEM_STATUS,
    [OUTGOING_SYSTEM_STATUS_RESPONSE] = MESSAGE_SYSTEM_STATUS_RESPONSE,
    [OUTGOING_REQUEST_SYSTEM_STATUS] = MESSAGE_REQUEST_SYSTEM_STATUS,
    [OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE] = MESSAGE_REQUEST_SYSTEM_STATUS_RESPONSE,
    [OUTGOING_SYSTEM_REGISTER] = MESSAGE_SYSTEM_REGISTER,
    [OUTGOING_SYSTEM_REGISTER_RESPONSE] = MESSAGE_SYSTEM_REGISTER_RESPONSE,
    [OUTGOING_RELEASE] = MESSAGE_ASSOCIATION_RELEASE,
    [OUTGOING_RELEASE_RESPONSE] = MESSAGE_ASSOCIATION_ENDED,
    [OUTGOING_ABORT] = MESSAGE_ASSOCIATION_ENDED,
};

/* Encodes, and both decoders read what was meant. False if the phase has no such message. */
static bool
round_trip(const struct outgoing *message, enum csta_encoding phase)
{
    enum encode_result result = ber_encode(bytes, sizeof(bytes), &length, message, phase, &why);
    if (result == ENCODE_UNKNOWN)
        return false;
    assert_int_equal(result, ENCODE_OK);
    if (ber_compare(&comparison, bytes, length, phase) != BER_AGREE_FIELDS) {
        ber_compare_print(&comparison, bytes, length, phase);
        fail();
    }
    assert_int_equal(comparison.message.message_class, classes[message->kind]);
    assert_says(&comparison.message, message);
    return true;
}

static void
both_decoders_read_every_message(void **state)
{
    (void)state;
    static const unsigned written[] = {13, 13, 17};
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        unsigned count = 0;
        for (int kind = 0; kind < OUTGOING_KIND_COUNT; kind++) {
            struct outgoing message = full_message((enum outgoing_kind)kind);
            count += round_trip(&message, phases[i]);
            message.device_is_dynamic = true;
            message.device = TEXT("0x32313033"); /* the octets of a number, and yet none */
            if (kind == OUTGOING_CLEAR_CONNECTION || kind == OUTGOING_SNAPSHOT_CALL)
                round_trip(&message, phases[i]);
            message = full_message((enum outgoing_kind)kind);
            message.call = TEXT_NONE;
            message.monitors_calls = true;
            if (kind == OUTGOING_MONITOR_START)
                round_trip(&message, phases[i]);
        }
        assert_int_equal(count, written[i]);
    }
}

static enum encode_result
encode(const struct outgoing *message, size_t capacity)
{
    return ber_encode(bytes, capacity, &length, message, ENCODING_BER2, &why);
}

static void
what_could_not_be_meant_is_refused(void **state)
{
    (void)state;
    struct outgoing message = full_message(OUTGOING_CLEAR_CONNECTION);
    message.device = TEXT("24\n01");
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_BAD_TEXT);
    message.device = TEXT("\xc3\xa4");
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_BAD_TEXT);
    message.device = TEXT_NONE;
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_MISSING);
    message = full_message(OUTGOING_CLEAR_CONNECTION);
    const struct text calls[] = {TEXT("2B8"),    TEXT("0x2B82"),
                                 TEXT("2b82"),   TEXT("4711\x1b[m"),
                                 TEXT("call-1"), TEXT("an-id-of-thirty-two-graphic-byte")};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        message.call = calls[i];
        assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_BAD_TEXT);
    }
    message = full_message(OUTGOING_CLEAR_CONNECTION);
    message.device_is_dynamic = true;
    message.device = TEXT("0x08b3");
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_BAD_TEXT);
    message = full_message(OUTGOING_MONITOR_STOP);
    message.cross_ref = TEXT_NONE;
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_MISSING);
    message = full_message(OUTGOING_SYSTEM_STATUS);
    message.status = STATUS_ABSENT;
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_MISSING);
    message = full_message(OUTGOING_SYSTEM_REGISTER);
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_UNKNOWN);
}

static void
a_buffer_too_small_is_said_at_every_size(void **state)
{
    (void)state;
    struct outgoing message = full_message(OUTGOING_CLEAR_CONNECTION);
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_OK);
    size_t needed = length;
    length = 77;
    for (size_t size = 0; size < needed; size++)
        assert_int_equal(encode(&message, size), ENCODE_NO_ROOM);
    assert_int_equal(length, 77);
    assert_int_equal(encode(&message, needed), ENCODE_OK);
}

/* What could be hex is hex: only texts that are longer stand for themselves. */
static void
what_the_decoder_made_of_a_call_id_is_sent_as_it_was(void **state)
{
    (void)state;
    static const char graphic[] =
        "urn:uuid:0D9C2B36-7F0E-4D6A-9C4B-1F2E3D4C5B6A/41:a-call/leg=0001";
    static const char digits[] = "0102030405060708090A0B0C0D0E0F10FFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0";
    const struct text calls[] = {TEXT("00"),    TEXT("34373131"), {graphic, 33},
                                 {graphic, 64}, {digits, 34},     {digits, 64}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct outgoing message = full_message(OUTGOING_SNAPSHOT_CALL);
        message.call = calls[i];
        for (size_t j = 0; j < sizeof(phases) / sizeof(phases[0]); j++)
            assert_true(round_trip(&message, phases[j]));
    }
}

static void
the_longest_texts_fit(void **state)
{
    (void)state;
    static char text[OUTGOING_TEXT_MAX + 1];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = '7';
    struct outgoing message = full_message(OUTGOING_CLEAR_CONNECTION);
    message.call = message.device = (struct text){text, OUTGOING_TEXT_MAX};
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        assert_int_equal(ber_encode(bytes, sizeof(bytes), &length, &message, phases[i], &why),
                         ENCODE_OK);
    message.call.length++;
    assert_int_equal(encode(&message, sizeof(bytes)), ENCODE_BAD_TEXT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_what_an_oxe_client_sends),
        cmocka_unit_test(an_association_is_asked_for_as_an_oxe_client_does),
        cmocka_unit_test(phase_3_wraps_its_arguments),
        cmocka_unit_test(both_decoders_read_every_message),
        cmocka_unit_test(what_could_not_be_meant_is_refused),
        cmocka_unit_test(a_buffer_too_small_is_said_at_every_size),
        cmocka_unit_test(what_the_decoder_made_of_a_call_id_is_sent_as_it_was),
        cmocka_unit_test(the_longest_texts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
