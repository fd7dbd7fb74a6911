/*
 * Every BER sample and some made by hand, cut at every byte and with every bit flipped, read as
 * each phase from a copy of just its size: nothing crashes, nothing is read outside, nothing is
 * invented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"
#include "tests/ber_invariants.h"

static uint32_t taken;

static enum csta_result
check(struct text pdu, enum csta_encoding phase)
{
    enum csta_result result = decode_text(pdu, phase);
    ber_phases(decoded, pdu.length);
    if (result == CSTA_OK) {
        struct text bytes = {decoded, pdu.length};
        ber_check_message(&(struct ber_checked){&message, &scratch, bytes});
        taken++;
    }
    return result;
}

static void
cut(struct text pdu)
{
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER3; phase++) {
        for (uint32_t length = 0; length < pdu.length; length++)
            assert_int_equal(check((struct text){pdu.at, length}, phase), CSTA_INCOMPLETE);
    }
}

static void
flip(struct text pdu)
{
    char *bytes = malloc(pdu.length);
    assert_non_null(bytes);
    memcpy(bytes, pdu.at, pdu.length);
    for (enum csta_encoding phase = ENCODING_BER1; phase <= ENCODING_BER3; phase++) {
        for (uint32_t bit = 0; bit < 8 * pdu.length; bit++) {
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
            check((struct text){bytes, pdu.length}, phase);
            bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        }
    }
    free(bytes);
}

static void
a_sample_cut_anywhere_is_incomplete(void **state)
{
    (void)state;
    assert_int_equal(for_each_oxe(cut), 13);
}

static void
a_sample_with_any_bit_flipped_is_taken_or_refused(void **state)
{
    (void)state;
    taken = 0;
    assert_int_equal(for_each_oxe(flip), 13);
    assert_true(taken > 1000);
}

static void
so_are_messages_of_the_other_phases(void **state)
{
    (void)state;
    struct text dynamic = SEQ(0x6B, SEQ(0x30, hex("80 02 2B 82"), SEQ(0xA1, hex("83 02 08 B3"))));
    struct text item = SEQ(0x30, SEQ(0xA0, dynamic), SEQ(0xA1, dynamic), SEQ(0xA2, ID3("2002")));
    struct text pdus[] = {
        REPORT1("01 0E", CONNECTION1("c1", "2001"), CONNECTION1("c2", "2001"),
                DEVICE1(0x63, "2001"), DEVICE1(0x63, "2003"), SEQ(0x6C, CONNECTION1("c3", "2002"))),
        REPORT3(0xB1, dynamic, SEQ(0xA0, BOTH3("c2", "2001")), DEVICE3(0x63, "2001"),
                SEQ(0x63, hex("30 04 81 02 07 D1")), SEQ(0xA1, item, item), BYTE(0x4E, 3),
                BYTE(0x0A, 32), SEQ(0x7E, SEQ(0xA0, STR(0x18, "20250301160827Z")))),
        RESULT("01 4A", SEQ(0x30, SEQ(0x76, SEQ(0x30, CONNECTION3("c1", "2001"),
                                                SEQ(0xA0, BYTE(0x4E, 4)))))),
        hex("A1 80 02 01 07 02 01 15 30 80 75 80 04 01 6D 04 01 31 00 00 A0 80 A3 80 6B 80 A0 04"
            "04 02 2B 82 00 00 63 80 30 80 A0 80 24 80 04 02 32 30 00 00 04 02 30 31 00 00 00 00"
            "00 00 4E 81 01 00 00 00 00 00 00 00 00 00"),
    };
    for (size_t i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
        DECODES(3, pdus[i]);
        cut(pdus[i]);
        flip(pdus[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_cut_anywhere_is_incomplete),
        cmocka_unit_test(a_sample_with_any_bit_flipped_is_taken_or_refused),
        cmocka_unit_test(so_are_messages_of_the_other_phases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
