/*
 * Which messages tell who sent them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/speaker.h"

static enum speaker
xml(const char *invoke, const char *payload)
{
    struct frame frame = {.invoke = text_of(invoke), .payload = text_of(payload)};
    return speaker_of(FRAME_XML, &frame);
}

#define BER(literal) ber(literal, sizeof(literal) - 1)

static enum speaker
ber(const char *pdu, uint32_t length)
{
    struct frame frame = {.payload = {pdu, length}};
    return speaker_of(FRAME_BER, &frame);
}

static void
an_event_is_the_switchs(void **state)
{
    (void)state;
    assert_int_equal(xml("9999", "<?xml version=\"1.0\"?><DeliveredEvent/>"), SPEAKER_SWITCH);
    assert_int_equal(BER("\xa1\x08\x02\x01\x01\x02\x01\x15\x30\x00"), SPEAKER_SWITCH);
    /* The indefinite form, and a length of more octets than it needs. */
    assert_int_equal(BER("\xa1\x80\x02\x01\x01\x02\x01\x15\x30\x00\0\0"), SPEAKER_SWITCH);
    assert_int_equal(BER("\xa1\x84\0\0\0\x08\x02\x01\x01\x02\x01\x15\x30\x00"), SPEAKER_SWITCH);
}

static void
a_request_that_only_clients_make_is_a_clients(void **state)
{
    (void)state;
    static const char *const roots[] = {
        "<MonitorStart xmlns='x'>", "<c:ClearConnection/>", "<ClearCall/>",
        "<SnapshotDevice/>",        "<SnapshotCall\n/>",    "<StartApplicationSession>",
        "<SystemRegister/>",
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        assert_int_equal(xml("0001", roots[i]), SPEAKER_CLIENT);
    static const char operations[] = {4, 5, 71, 74, 75};
    for (size_t i = 0; i < sizeof operations; i++) {
        char pdu[] = "\xa1\x08\x02\x01\x01\x02\x01?\x30\x00";
        pdu[7] = operations[i];
        assert_int_equal(ber(pdu, sizeof pdu - 1), SPEAKER_CLIENT);
        char result[] = "\xa2\x0a\x02\x01\x01\x30\x05\x02\x01?\x05\x00";
        result[9] = operations[i];
        assert_int_equal(ber(result, sizeof result - 1), SPEAKER_SWITCH);
    }
    assert_int_equal(BER("\x60\x02mm"), SPEAKER_CLIENT);
    assert_int_equal(BER("\x61\x02mm"), SPEAKER_SWITCH);
}

static void
an_answer_tells_only_if_it_says_to_what(void **state)
{
    (void)state;
    assert_int_equal(xml("0001", "<MonitorStartResponse/>"), SPEAKER_SWITCH);
    assert_int_equal(xml("0001", "<ClearConnectionResponse/>"), SPEAKER_SWITCH);
    assert_int_equal(xml("0001", "<SnapshotDeviceResponse/>"), SPEAKER_SWITCH);
    assert_int_equal(xml("0001", "<SnapshotCallResponse/>"), SPEAKER_SWITCH);
    assert_int_equal(xml("0001", "<SystemStatusResponse/>"), SPEAKER_UNKNOWN);
    assert_int_equal(xml("0001", "<RequestSystemStatusResponse/>"), SPEAKER_UNKNOWN);
    assert_int_equal(xml("0001", "<CSTAErrorCode/>"), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa2\x03\x02\x01\x01"), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa3\x09\x02\x01\x01\x02\x01\x01\x0a\x01\x01"), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa4\x06\x02\x01\x01\x80\x01\x00"), SPEAKER_UNKNOWN);
}

static void
what_both_may_send_tells_nothing(void **state)
{
    (void)state;
    assert_int_equal(xml("0001", "<SystemStatus/>"), SPEAKER_UNKNOWN);
    assert_int_equal(xml("0001", "<MonitorStop/>"), SPEAKER_UNKNOWN);
    assert_int_equal(xml("0001", ""), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa1\x09\x02\x01\x01\x02\x01\x34\x0a\x01\x02"), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa1\x0a\x02\x01\x01\x02\x02\0\xd3\x0a\x01\x02"), SPEAKER_UNKNOWN);
    assert_int_equal(BER("\xa1\x08\x02\x01\x01\x02\x01\x49\x30\x00"), SPEAKER_UNKNOWN);
}

static void
a_pdu_cut_short_tells_nothing(void **state)
{
    (void)state;
    static const char report[] = "\xa1\x08\x02\x01\x01\x02\x01\x15\x30\x00";
    for (uint32_t length = 0; length < sizeof report - 1; length++)
        assert_int_equal(ber(report, length), SPEAKER_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_the_switchs),
        cmocka_unit_test(a_request_that_only_clients_make_is_a_clients),
        cmocka_unit_test(an_answer_tells_only_if_it_says_to_what),
        cmocka_unit_test(what_both_may_send_tells_nothing),
        cmocka_unit_test(a_pdu_cut_short_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
