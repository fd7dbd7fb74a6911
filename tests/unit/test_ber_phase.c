/*
 * Which phase a PDU shows to be of; where it does not tell, nothing is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ber_fixture.h"

#define ANY                 BER_ANY_PHASE
#define OLD                 (BER_PHASE_1 | BER_PHASE_2)
#define MAY_BE(phases, pdu) assert_int_equal(phases_of(pdu), (phases))

/* Of a copy of just that size, so that a sanitizer sees what is read behind it. */
static uint32_t
phases_of(struct text pdu)
{
    char *copy = malloc(pdu.length > 0 ? pdu.length : 1);
    assert_non_null(copy);
    if (pdu.length > 0)
        memcpy(copy, pdu.at, pdu.length);
    uint32_t phases = ber_phases(copy, pdu.length);
    free(copy);
    return phases;
}

static void
reports_tell_their_phase(void **state)
{
    (void)state;
    MAY_BE(BER_PHASE_1, REPORT1("01 03", CONNECTION1("c1", "2001"), DEVICE1(0x63, "2002")));
    MAY_BE(BER_PHASE_1, REPORT1("02 00 C9", DEVICE1(0x63, "2001")));
    MAY_BE(BER_PHASE_2, REPORT2(0xA2, CONNECTION1("c1", "2001"), DEVICE1(0x63, "2002")));
    MAY_BE(BER_PHASE_3, REPORT3(0xA3, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2002")));
    MAY_BE(BER_PHASE_3, REPORT3(0xB1, CONNECTION3("c1", "2001"), DEVICE3(0x63, "2002")));
    MAY_BE(BER_PHASE_3, hex("A1 80 02 01 07 02 01 15 30 80 55 01 31 A0 80 A3 80 6B 80"));
}

static void
other_reports_do_not(void **state)
{
    (void)state;
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA4, hex("A1 02 30 00")))));
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, hex("A1 00")))));
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, hex("A1 02 63 00")))));
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"), SEQ(0xA0, hex("30 02 6B 00")))));
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, SEQ(0xA0, hex("A1 02 30 00")))));
    MAY_BE(ANY, INVOKE("01 15", SEQ(0x30, STR(0x55, "m1"))));
    MAY_BE(ANY, INVOKE("01 15", hex("30 00")));
}

static void
requests_tell_who_writes_them_so(void **state)
{
    (void)state;
    MAY_BE(BER_PHASE_3, INVOKE("02 00 D3", SEQ(0x30, BYTE(0x0A, 2))));
    MAY_BE(BER_PHASE_3, SEQ(0xA1, hex("02 01 07 80 01 01 02 02 00 D3")));
    MAY_BE(BER_PHASE_3, INVOKE("01 47", SEQ(0x30, ID3("2001"))));
    MAY_BE(BER_PHASE_3, INVOKE("01 47", SEQ(0x30, CONNECTION3("c1", "2001"))));
    MAY_BE(BER_PHASE_3, INVOKE("01 4A", SEQ(0x30, ID3("2001"))));
    MAY_BE(BER_PHASE_3, INVOKE("01 05", SEQ(0x30, CONNECTION3("c1", "2001"))));
    MAY_BE(BER_PHASE_3, INVOKE("01 04", SEQ(0x30, SEQ(0x6B, SEQ(0xA1, ID3("2001"))))));
    MAY_BE(ANY, INVOKE("01 D3", SEQ(0x30, BYTE(0x0A, 2)))); /* -45 */
    MAY_BE(OLD, INVOKE("01 34", BYTE(0x0A, 2)));
    MAY_BE(OLD, INVOKE("01 47", SEQ(0x30, STR(0x80, "2001"))));
    MAY_BE(OLD, INVOKE("01 4A", STR(0x80, "2001")));
    MAY_BE(OLD, INVOKE("01 05", CONNECTION1("c1", "2001")));
    MAY_BE(ANY, INVOKE("01 05", SEQ(0x30, SEQ(0x6B, STR(0x80, "c1")))));
    MAY_BE(BER_PHASE_2, INVOKE("01 05", SEQ(0x6B, STR(0x82, "c1"), STR(0x83, "2001"))));
    MAY_BE(ANY, INVOKE("01 4A", SEQ(0x30, STR(0x80, "2001"))));
    MAY_BE(ANY, INVOKE("01 49", SEQ(0x30, STR(0x55, "m1"))));
}

static void
answers_and_refusals_do_not_tell(void **state)
{
    (void)state;
    MAY_BE(ANY, RESULT("01 47", SEQ(0x30, STR(0x55, "m1"))));
    MAY_BE(ANY, hex("A3 0B 02 01 09 02 01 01 A0 03 0A 01 04"));
    MAY_BE(ANY, hex("A4 05 05 00 80 01 00"));
    MAY_BE(ANY, hex("62 00"));
    MAY_BE(ANY, hex("64 03 80 01 00"));
}

#define CONTEXT                 hex("A1 07 06 05 2B 0C 00 81 34")
#define USER_INFORMATION(value) SEQ(0xBE, SEQ(0x28, hex("06 07 2B 0C 00 81 5A 81 48"), value))
#define VERSIONS(bits)          SEQ(0xA0, SEQ(0x30, hex("03" bits), hex("30 00 30 00")))

static void
an_association_tells_if_it_leaves_no_choice(void **state)
{
    (void)state;
    const struct {
        struct text value;
        uint32_t phases;
    } offers[] = {
        {VERSIONS("02 07 80"), BER_PHASE_1},
        {VERSIONS("02 06 40"), BER_PHASE_2},
        {VERSIONS("02 05 20"), BER_PHASE_3},
        {VERSIONS("02 03 38"), BER_PHASE_3},
        {VERSIONS("03 01 00 02"), BER_PHASE_3},
        {VERSIONS("04 05 00 00 20"), BER_PHASE_3},
        {VERSIONS("02 06 C0"), OLD},
        {VERSIONS("02 05 60"), BER_PHASE_2 | BER_PHASE_3},
        {VERSIONS("02 00 21"), BER_PHASE_3}, /* or ECMA-323, which is no BER */
        {VERSIONS("02 00 01"), ANY},
        {VERSIONS("02 02 41"), BER_PHASE_2}, /* the last two bits are none */
        {VERSIONS("02 00 00"), ANY},
        {VERSIONS("01 00"), ANY},
        {VERSIONS("02 08 40"), ANY},
        {SEQ(0x81, SEQ(0x30, hex("03 02 06 40"))), BER_PHASE_2},
        {SEQ(0xA0, SEQ(0xA0, hex("03 02 05 20"))), BER_PHASE_3},
        {SEQ(0xA0, hex("03 02 06 40")), ANY},
    };
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        struct text fields = ALL(CONTEXT, USER_INFORMATION(offers[i].value));
        assert_int_equal(phases_of(tlv(0x60, fields)), offers[i].phases);
        assert_int_equal(phases_of(tlv(0x61, ALL(hex("A2 03 02 01 00"), fields))),
                         offers[i].phases);
    }
    MAY_BE(ANY, SEQ(0x60, CONTEXT));
}

/* A client that offers phases I and II leaves it to the switch. */
static void
samples_tell_what_they_are(void **state)
{
    (void)state;
    MAY_BE(OLD, read_oxe("oxe-req-aarq.hex"));
    MAY_BE(OLD, read_oxe("oxe-req-monitorstart.hex"));
    MAY_BE(OLD, read_oxe("oxe-req-systemstatus.hex"));
    MAY_BE(BER_PHASE_2, read_oxe("oxe-01-conferenced.hex"));
}

static void
nothing_is_read_outside_and_cut_reports_never_lie(void **state)
{
    (void)state;
    struct text pdus[] = {
        REPORT1("01 03", CONNECTION1("c1", "2001")),
        REPORT2(0xA2, CONNECTION1("c1", "2001")),
        REPORT3(0xA3, CONNECTION3("c1", "2001")),
        INVOKE("01 05", SEQ(0x30, CONNECTION3("c1", "2001"))),
        SEQ(0x60, CONTEXT, USER_INFORMATION(VERSIONS("02 06 40"))),
    };
    for (size_t i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
        assert_int_not_equal(phases_of(pdus[i]), ANY);
        for (uint32_t length = 0; length < pdus[i].length; length++)
            MAY_BE(ANY, ((struct text){pdus[i].at, length}));
        for (uint32_t bit = 0; bit < 8 * pdus[i].length; bit++) {
            char *at = (char *)(uintptr_t)pdus[i].at + bit / 8;
            *at = (char)(*at ^ 1 << bit % 8);
            uint32_t phases = phases_of(pdus[i]);
            assert_true(phases != 0 && (phases & ~(uint32_t)ANY) == 0);
            *at = (char)(*at ^ 1 << bit % 8);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_tell_their_phase),
        cmocka_unit_test(other_reports_do_not),
        cmocka_unit_test(requests_tell_who_writes_them_so),
        cmocka_unit_test(answers_and_refusals_do_not_tell),
        cmocka_unit_test(an_association_tells_if_it_leaves_no_choice),
        cmocka_unit_test(samples_tell_what_they_are),
        cmocka_unit_test(nothing_is_read_outside_and_cut_reports_never_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
