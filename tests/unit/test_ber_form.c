/*
 * The ways BER allows to write one thing (X.690 8.1), what is refused, and where exactly; what
 * limits a message keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"

/* ConnectionCleared of phase III; `call` and `releasing` may be written in any way. */
#define CLEARED(call, releasing)                                                                   \
    REPORT3(0xA3, SEQ(0x6B, SEQ(0x30, call, SEQ(0xA1, ID3("2001")))), releasing, BYTE(0x4E, 0))
#define PLAIN_CALL      STR(0x80, "c1")
#define PLAIN_RELEASING DEVICE3(0x63, "2002")

static void
is_plain(void)
{
    KIND_IS(CONNECTION_CLEARED);
    HAS(CALL, "6331");
    HAS(DEVICE, "2001");
    HAS(RELEASING, "2002");
    STATE_IS(NULL);
}

static void
a_length_may_be_written_long(void **state)
{
    (void)state;
    const char *calls[] = {"80 02 63 31", "80 81 02 63 31", "80 82 00 02 63 31",
                           "80 83 00 00 02 63 31", "80 84 00 00 00 02 63 31"};
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        DECODES(3, CLEARED(hex(calls[i]), PLAIN_RELEASING));
        is_plain();
    }
    DECODES(3, CLEARED(PLAIN_CALL, hex("63 81 0A 30 82 00 06 80 04 32 30 30 32")));
    is_plain();
}

static void
a_length_may_be_indefinite_if_constructed(void **state)
{
    (void)state;
    DECODES(3, CLEARED(PLAIN_CALL, hex("63 80 30 80 80 04 32 30 30 32 00 00 00 00")));
    is_plain();
    struct text event = ALL(CONNECTION3("c1", "2001"), PLAIN_RELEASING, BYTE(0x4E, 0));
    struct text all = ALL(hex("A1 80 02 01 07 02 01 15 30 80"), STR(0x55, "m1"), hex("A0 80 A3 80"),
                          event, hex("00 00 00 00 00 00 00 00"));
    DECODES(3, all);
    is_plain();
    DECODES(3, CLEARED(PLAIN_CALL, ALL(PLAIN_RELEASING, hex("BF 7F 80 04 00 00 00"))));
    is_plain();
}

static void
a_string_may_be_in_pieces(void **state)
{
    (void)state;
    const char *calls[] = {
        "A0 04 04 02 63 31",
        "A0 06 04 01 63 04 01 31",
        "A0 80 04 01 63 04 00 04 01 31 00 00",
        "A0 0A 24 03 04 01 63 24 03 04 01 31",
        "A0 0A 24 80 04 02 63 31 00 00 24 00",
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        DECODES(3, CLEARED(hex(calls[i]), PLAIN_RELEASING));
        is_plain();
    }
    DECODES(3, CLEARED(hex("A0 04 04 02 2B 82"), PLAIN_RELEASING));
    HAS(CALL, "2B82");
    DECODES(3, CLEARED(PLAIN_CALL, hex("63 0C 30 0A A0 08 04 02 32 30 04 02 30 32")));
    HAS(RELEASING, "2002");
    DECODES(3, INVOKE("01 15", SEQ(0x30, hex("75 06 04 01 6D 04 01 31"))));
    IS(message.cross_ref, "6D31");
}

/* Of an element in a string's place that is none nothing is taken. */
static void
what_holds_more_than_pieces_is_no_string(void **state)
{
    (void)state;
    DECODES(3, CLEARED(ALL(PLAIN_CALL, hex("A0 03 02 01 05")), PLAIN_RELEASING));
    is_plain();
    FAILS(3, CLEARED(hex("A0 07 04 02 63 31 02 01 05"), PLAIN_RELEASING), UNUSABLE, 16);
    assert_string_equal(why, "a call event whose connection has no callID");
}

static void
tag_numbers_may_be_high(void **state)
{
    (void)state;
    const char *unknown[] = {"9F 1F 01 00", "5F 81 00 00", "BF FF FF FF 7F 02 05 00", "1F 20 00"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        DECODES(3, CLEARED(PLAIN_CALL, ALL(hex(unknown[i]), PLAIN_RELEASING)));
        is_plain();
    }
}

static void
unknown_elements_are_skipped_anywhere(void **state)
{
    (void)state;
    struct text unknown = hex("04 01 FF 7D 04 04 02 AB CD 3F 20 02 05 00 AF 04 30 02 05 00");
    struct text event = ALL(unknown, CONNECTION3("c1", "2001"), unknown, PLAIN_RELEASING, unknown,
                            BYTE(0x4E, 0), unknown);
    struct text report = SEQ(0x30, STR(0x55, "m1"), unknown, SEQ(0xA0, SEQ(0xA3, event)), unknown);
    DECODES(3, SEQ(0xA1, hex("02 01 07 80 01 01 02 01 15"), report, unknown));
    is_plain();
}

/* ------------------------------------------------------------------------ refusals */

static void
what_does_not_fit_is_incomplete_where_it_begins(void **state)
{
    (void)state;
    FAILS(3, hex(""), INCOMPLETE, 0);
    FAILS(3, hex("A1"), INCOMPLETE, 0);
    FAILS(3, hex("A1 02 BF 81"), INCOMPLETE, 2);
    FAILS(3, hex("A1 82 01"), INCOMPLETE, 0);
    FAILS(3, hex("A1 04 02 01 07"), INCOMPLETE, 0);
    FAILS(3, hex("A1 84 FF FF FF FF 00"), INCOMPLETE, 0);
    FAILS(3, hex("A1 03 02 02 07"), INCOMPLETE, 2);
    FAILS(3, hex("A1 04 02 01 07 02"), INCOMPLETE, 5);
    FAILS(3, hex("A1 05 02 01 07 02 01"), INCOMPLETE, 5);
    FAILS(3, hex("A1 08 30 03 02 02 07 02 01 15"), INCOMPLETE, 4);
    FAILS(3, hex("A1 80 02 01 07"), INCOMPLETE, 5);
    FAILS(3, hex("A1 80 02 01 07 00"), INCOMPLETE, 5);
    FAILS(3, hex("A1 05 30 80 02 01 07"), INCOMPLETE, 7);
}

static void
what_is_not_ber_is_malformed_where_it_shows(void **state)
{
    (void)state;
    FAILS(3, hex("A1 03 02 01 07 00"), MALFORMED, 5);
    assert_string_equal(why, "bytes after the PDU");
    FAILS(3, hex("A1 80 00 00 A1 00"), MALFORMED, 4);
    FAILS(3, hex("A1 FF 00"), MALFORMED, 1);
    FAILS(3, hex("A1 03 02 80 07"), MALFORMED, 3);
    FAILS(3, hex("A1 02 00 00"), MALFORMED, 2);
    FAILS(3, hex("A1 80 30 02 00 00 00 00"), MALFORMED, 4);
    FAILS(3, hex("A1 80 00 01 00 00 00"), MALFORMED, 3);
    FAILS(3, hex("A1 04 1F 80 20 00"), MALFORMED, 3);
    FAILS(3, hex("A1 03 1F 1E 00"), MALFORMED, 2);
    FAILS(3, hex("A1 02 02 00"), MALFORMED, 2);
    assert_string_equal(why, "an INTEGER without content");
}

static void
what_we_do_not_take_is_refused(void **state)
{
    (void)state;
    FAILS(3, hex("A1 85 00 00 00 00 00"), REFUSED, 1);
    FAILS(3, hex("A1 07 1F 81 80 80 80 00 00"), REFUSED, 7);
    FAILS(3, hex("30 03 02 01 07"), REFUSED, 0);
    FAILS(3, hex("A5 00"), REFUSED, 0);
    FAILS(3, hex("81 00"), REFUSED, 0);
    FAILS(3, hex("3C 00"), REFUSED, 0);
    FAILS(3, hex("BF 81 00 00"), REFUSED, 0);
    FAILS(3, hex("BF 81"), REFUSED, 0);
    FAILS(3, hex("7F 03 00"), MALFORMED, 0); /* 63 00 would be a PDU */
    assert_string_equal(why, "a small tag number in the high form");
}

static struct text
nested(int depth)
{
    struct text text = hex("");
    for (int i = 1; i < depth; i++)
        text = tlv(0x30, text);
    return tlv(0xA1, text);
}

static void
sixteen_levels_are_taken_and_no_more(void **state)
{
    (void)state;
    DECODES(3, nested(BER_DEPTH_MAX));
    FAILS(3, nested(BER_DEPTH_MAX + 1), REFUSED, 2 * BER_DEPTH_MAX);
    assert_string_equal(why, "elements nested more than 16 deep");
    struct text many = hex("A1 80 30 80 30 80 30 80 30 80 30 80 30 80 30 80 30 80 30 80 30 80 30 80"
                           "30 80 30 80 30 80 30 80 30 80");
    FAILS(3, many, REFUSED, 32);
}

/* ------------------------------------------------------------------------ limits */

static struct text
of_length(uint8_t tag, char byte, uint32_t length)
{
    char bytes[1024];
    memset(bytes, byte, sizeof(bytes));
    return tlv(tag, (struct text){bytes, length});
}

static void
a_call_id_has_at_most_64_bytes(void **state)
{
    (void)state;
    DECODES(3, CLEARED(of_length(0x80, 'c', 64), PLAIN_RELEASING));
    assert_int_equal(message.event.texts[EVENT_TEXT_CALL].length, 64);
    FAILS(3, CLEARED(of_length(0x80, 'c', 65), PLAIN_RELEASING), UNUSABLE, 22);
    assert_string_equal(why, "a callID over 64 bytes");
    DECODES(3, CLEARED(of_length(0x80, '\x01', 32), PLAIN_RELEASING));
    assert_int_equal(message.event.texts[EVENT_TEXT_CALL].length, 64);
    DECODES(3, CLEARED(of_length(0x80, 'c', 33), PLAIN_RELEASING));
    assert_int_equal(message.event.texts[EVENT_TEXT_CALL].length, 33);
    FAILS(3, CLEARED(of_length(0x80, '\x01', 33), PLAIN_RELEASING), UNUSABLE, 22);
    FAILS(3, CLEARED(of_length(0x80, ' ', 33), PLAIN_RELEASING), UNUSABLE, 22);
    FAILS(3, CLEARED(of_length(0x80, 'C', 33), PLAIN_RELEASING), UNUSABLE, 22); /* like hex */
    FAILS(3, CLEARED(of_length(0x80, 'C', 64), PLAIN_RELEASING), UNUSABLE, 22);
    FAILS(3, INVOKE("01 49", of_length(0x55, 'm', 65)), UNUSABLE, 8);
}

static void
a_device_has_at_most_512_bytes(void **state)
{
    (void)state;
    DECODES(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, of_length(0x80, '1', 512)))));
    assert_int_equal(message.object.length, 512);
    FAILS(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, of_length(0x80, '1', 513)))), UNUSABLE, 18);
    assert_string_equal(why, "a device over 512 bytes");
    DECODES(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, of_length(0x86, '\x01', 255)))));
    assert_int_equal(message.object.length, 512);
    assert_int_equal(
        decode_text(INVOKE("01 4A", SEQ(0x30, SEQ(0x30, of_length(0x86, 1, 256)))), ENCODING_BER3),
        CSTA_UNUSABLE);
    FAILS(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, of_length(0x81, 1, 9)))), UNUSABLE, 12);
}

static void
a_list_has_at_most_64_connections(void **state)
{
    (void)state;
    struct text items[65];
    for (int i = 0; i < 65; i++)
        items[i] = SEQ(0x30, CONNECTION3("c1", "2001"), BYTE(0x81, 51));
    DECODES(3, RESULT("01 4A", SEQ(0x30, tlv(0x76, joined(items, 64)))));
    assert_int_equal(message.event.item_count, 64);
    IS(ITEM(63).new_device, "2001");
    assert_int_equal(
        decode_text(RESULT("01 4A", SEQ(0x30, tlv(0x76, joined(items, 65)))), ENCODING_BER3),
        CSTA_UNUSABLE);
    assert_string_equal(why, "more than 64 connections in one list");
}

/* 64 items of long dynamic IDs, twice as long in hex: more than the scratch holds. */
static void
the_scratch_is_never_overrun(void **state)
{
    (void)state;
    struct text items[64];
    for (int i = 0; i < 64; i++) {
        struct text device = SEQ(0xA1, of_length(0x83, '\x01', 255));
        struct text connection = SEQ(0x6B, SEQ(0x30, STR(0x80, "c1"), device));
        struct text endpoint = SEQ(0xA2, SEQ(0x30, of_length(0x86, '\x02', 255)));
        items[i] = SEQ(0x30, SEQ(0xA0, connection), SEQ(0xA1, connection), endpoint);
    }
    struct text pdu =
        REPORT3(0xA2, CONNECTION3("c1", "2001"), hex("63 00 63 00"), tlv(0x30, joined(items, 64)));
    assert_int_equal(decode_text(pdu, ENCODING_BER3), CSTA_UNUSABLE);
    assert_string_equal(why, "texts longer than the scratch");
    assert_true(scratch.used <= sizeof(scratch.bytes));
}

static void
a_call_event_needs_a_call_id(void **state)
{
    (void)state;
    FAILS(3, REPORT3(0xA3, SEQ(0x6B, SEQ(0xA1, ID3("2001"))), PLAIN_RELEASING), UNUSABLE, 16);
    FAILS(2, REPORT2(0xA2, SEQ(0x6B, STR(0x80, "2001"))), UNUSABLE, 16);
    FAILS(1, REPORT1("01 03", SEQ(0x6B, STR(0x80, "2001"))), UNUSABLE, 14);
    FAILS(3, REPORT3(0xA3, hex("6B 02 80 00")), UNUSABLE, 16);
    assert_string_equal(why, "a call event whose connection has no callID");
    /* What is not sound comes first. */
    struct text pdu = SEQ(0xA3, hex("6B 00"), hex("05 80"));
    FAILS(3, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, pdu))), MALFORMED, 21);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_may_be_written_long),
        cmocka_unit_test(a_length_may_be_indefinite_if_constructed),
        cmocka_unit_test(a_string_may_be_in_pieces),
        cmocka_unit_test(what_holds_more_than_pieces_is_no_string),
        cmocka_unit_test(tag_numbers_may_be_high),
        cmocka_unit_test(unknown_elements_are_skipped_anywhere),
        cmocka_unit_test(what_does_not_fit_is_incomplete_where_it_begins),
        cmocka_unit_test(what_is_not_ber_is_malformed_where_it_shows),
        cmocka_unit_test(what_we_do_not_take_is_refused),
        cmocka_unit_test(sixteen_levels_are_taken_and_no_more),
        cmocka_unit_test(a_call_id_has_at_most_64_bytes),
        cmocka_unit_test(a_device_has_at_most_512_bytes),
        cmocka_unit_test(a_list_has_at_most_64_connections),
        cmocka_unit_test(the_scratch_is_never_overrun),
        cmocka_unit_test(a_call_event_needs_a_call_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
