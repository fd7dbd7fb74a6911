/*
 * What a value in BER becomes: texts of octet strings and integers, devices and what is none,
 * causes, times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/csta/ber_text.h"
#include "engine/csta/ber_time.h"
#include "engine/csta/ber_value.h"
#include "tests/ber_fixture.h"

static struct text
text_of_octets(struct text octets)
{
    struct text text = TEXT_NONE;
    scratch.used = 0;
    assert_int_equal(ber_text_octets(&text, octets, 64, &scratch), BER_TEXT_OK);
    return text;
}

static void
an_octet_string_is_text_or_hex(void **state)
{
    (void)state;
    IS(text_of_octets(TEXT("4711")), "4711");
    IS(text_of_octets(TEXT("aZ09")), "aZ09");
    IS(text_of_octets(TEXT("a-1@b:c.")), "a-1@b:c.");
    IS(text_of_octets(TEXT("a-1@b:c")), "0x612D3140623A63");
    IS(text_of_octets(TEXT("+z")), "0x2B7A");
    IS(text_of_octets(TEXT("a bcdefgh")), "0x612062636465666768");
    IS(text_of_octets(TEXT("\0")), "0x00");
    IS(text_of_octets(TEXT("\xff\x80\x7f")), "0xFF807F");
    IS(text_of_octets(TEXT("0x2b7a")), "0x307832623761");
    IS(text_of_octets(TEXT("0x")), "0x3078");
}

static void
a_call_id_is_hex(void **state)
{
    (void)state;
    const struct text call_ids[] = {TEXT("\x2b\x82"), TEXT("4711"), TEXT("0x2B82")};
    const char *texts[] = {"2B82", "34373131", "307832423832"};
    for (size_t i = 0; i < sizeof(call_ids) / sizeof(call_ids[0]); i++) {
        struct text text = TEXT_NONE;
        scratch.used = 0;
        assert_int_equal(ber_text_identifier(&text, call_ids[i], 64, &scratch), BER_TEXT_OK);
        IS(text, texts[i]);
    }
}

/* All strings of one and two bytes, and the texts of some as strings themselves. */
static void
two_octet_strings_never_give_one_text(void **state)
{
    (void)state;
    static char texts[65536][8];
    for (uint32_t i = 0; i < 65536; i++) {
        char bytes[2] = {(char)(i >> 8), (char)i};
        struct text text = text_of_octets((struct text){bytes, 2});
        assert_true(text.length < 8);
        memcpy(texts[i], text.at, text.length);
        struct text again = text_of_octets((struct text){texts[i], text.length});
        bool is_hex = text_has_prefix(text_of(texts[i]), TEXT("0x"));
        assert_true(is_hex != text_is_equal(again, text_of(texts[i])));
    }
    qsort(texts, 65536, sizeof(texts[0]), (int (*)(const void *, const void *))strcmp);
    for (uint32_t i = 1; i < 65536; i++)
        assert_string_not_equal(texts[i - 1], texts[i]);
}

static void
a_device_number_is_decimal(void **state)
{
    (void)state;
    const struct {
        const char *octets;
        const char *expected;
    } numbers[] = {
        {"00", "0"},
        {"5E 27", "24103"},
        {"00 80", "128"},
        {"80", "-128"},
        {"00 00 00 07", "7"},
        {"7F FF FF FF FF FF FF FF", "9223372036854775807"},
        {"80 00 00 00 00 00 00 00", "-9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        DECODES(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, tlv(0x81, hex(numbers[i].octets))))));
        IS(message.object, numbers[i].expected);
    }
}

static void
a_device_is_any_of_its_forms(void **state)
{
    (void)state;
    struct text forms[] = {
        STR(0x80, "2001"),
        STR(0x82, "2001"),
        STR(0x84, "2001"),
        SEQ(0xA3, STR(0x80, "2001")),
        SEQ(0xA3, STR(0x85, "2001")),
        hex("81 02 07 D1"),
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct text third =
            SEQ(0x61, SEQ(0x30, forms[i], SEQ(0xA0, STR(0x16, "9")), SEQ(0xA1, STR(0x16, "name"))));
        DECODES(3, REPORT3(0xA4, CONNECTION3("c1", "1"), third));
        HAS(CALLING, "2001");
        DECODES(2, REPORT2(0xA3, CONNECTION1("c1", "1"), tlv(0x61, forms[i])));
        HAS(CALLING, "2001");
        DECODES(1, REPORT1("01 04", CONNECTION1("c1", "1"), tlv(0x61, forms[i])));
        HAS(CALLING, "2001");
    }
    DECODES(3, REPORT3(0xA4, CONNECTION3("c1", "1"), SEQ(0x61, SEQ(0x30, STR(0x86, "2001")))));
    HAS(CALLING, "0x32303031");
}

static void
no_device_is_none(void **state)
{
    (void)state;
    const char *nones[] = {"87 00", "88 00", "89 00", "8A 00", "", "05 00"};
    for (size_t i = 0; i < sizeof(nones) / sizeof(nones[0]); i++) {
        struct text none = hex(nones[i]);
        DECODES(3, REPORT3(0xA4, CONNECTION3("c1", "1"), tlv(0x63, none), tlv(0x61, none),
                           tlv(0x62, none), tlv(0x64, none)));
        HAS(SUBJECT, "");
        HAS(CALLING, "");
        HAS(CALLED, "");
        HAS(LAST_REDIRECTION, "");
        DECODES(2, REPORT2(0xA3, CONNECTION1("c1", "1"), tlv(0x63, none), tlv(0x64, none)));
        HAS(SUBJECT, "");
        HAS(LAST_REDIRECTION, "");
    }
    /* A private number is no device's, whether there is one or not. */
    DECODES(3,
            REPORT3(0xA4, CONNECTION3("c1", "1"),
                    SEQ(0x61, SEQ(0x30, hex("87 00"), SEQ(0xA0, STR(0x04, "9")), STR(0x80, "8")))));
    HAS(CALLING, "");
    /* Two subject devices: the second is not the first because that one is not known. */
    DECODES(3, REPORT3(0xA6, CONNECTION3("c1", "1"), hex("63 02 87 00"), DEVICE3(0x63, "2004"),
                       DEVICE3(0x63, "2005")));
    HAS(SUBJECT, "");
    HAS(NEW_DESTINATION, "2004");
}

static void
digits_that_cannot_be_seen_are_hex(void **state)
{
    (void)state;
    const char *numbers[] = {"2\x01", "2\x7f", "\xff-", "2001200\x1b", "20012001\n"};
    const char *texts[] = {"0x3201", "0x327F", "0xFF2D", "0x323030313230301B",
                           "0x32303031323030310A"};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        DECODES(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, STR(0x80, numbers[i])))));
        IS(message.object, texts[i]);
    }
    DECODES(3, INVOKE("01 4A", SEQ(0x30, SEQ(0x30, STR(0x80, " ~2001 200")))));
    IS(message.object, " ~2001 200");
}

static void
a_dynamic_device_says_so(void **state)
{
    (void)state;
    struct text dynamic = SEQ(0xA1, hex("83 02 08 B3"));
    DECODES(3, REPORT3(0xA9, SEQ(0x6B, SEQ(0x30, STR(0x80, "c1"), dynamic))));
    HAS(DEVICE, "0x08B3");
    assert_int_equal(message.event.flags, EVENT_DEVICE_DYNAMIC);
    DECODES(3, REPORT3(0xA9, SEQ(0x6B, SEQ(0x30, STR(0x80, "c1"), SEQ(0xA1, STR(0x83, "2103"))))));
    HAS(DEVICE, "0x32313033"); /* not the number 2103 */
    assert_int_equal(message.event.flags, EVENT_DEVICE_DYNAMIC);
    DECODES(3, REPORT3(0xA9, SEQ(0x6B, SEQ(0x30, STR(0x80, "c1"), SEQ(0xA1, hex("83 00"))))));
    assert_int_equal(message.event.flags, 0);
    /* Of another connection: no number for a caller, no flag. */
    DECODES(3,
            REPORT3(0xA4, CONNECTION3("c1", "1"), SEQ(0x6B, SEQ(0x30, STR(0x80, "c2"), dynamic))));
    HAS(NETWORK_DEVICE, "");
    assert_int_equal(message.event.flags, 0);
}

static void
a_cause_is_a_number_that_we_know(void **state)
{
    (void)state;
    uint32_t known = 0;
    for (int number = -1; number < 300; number++) {
        uint8_t cause = ber_value_cause(number);
        assert_true(cause == 0 || cause == number);
        known += cause != 0;
    }
    assert_int_equal(known, 120);
    assert_int_equal(ber_value_cause(34), 0); /* withdrawn by ECMA-285 */
    const char *others[] = {"0A 01 22", "0A 01 B0", "0A 02 01 30",
                            "0A 09 01 00 00 00 00 00 00 00 30"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        DECODES(3, REPORT3(0xA9, CONNECTION3("c1", "1"), hex(others[i]), hex("4E 01 07")));
        CAUSE_IS(0);
        STATE_IS(ABSENT);
    }
    DECODES(3, REPORT3(0xA9, CONNECTION3("c1", "1"), hex("0A 02 00 30"), hex("4E 01 06")));
    CAUSE_IS(48);
    STATE_IS(FAIL);
}

#define SECONDS INT64_C(1000000)

static void
times_are_read_in_every_form(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t us;
    } utc[] = {
        {"700101000000Z", 0},
        {"700101000001Z", SECONDS},
        {"7001010000Z", 0},
        {"7001010100+0100", 0},
        {"691231233000-0030", 0},
        {"700101000000", 0},
        {"7001010002", 120 * SECONDS},
        {"700101000060Z", 60 * SECONDS},
        {"991231235959Z", 946684799 * SECONDS},
        {"000229000000Z", 951782400 * SECONDS},
        {"491231235959Z", 2524607999 * SECONDS},
        {"250301160827Z", 1740845307 * SECONDS},
    };
    const struct {
        const char *text;
        int64_t us;
    } generalized[] = {
        {"20250301160827Z", 1740845307 * SECONDS},
        {"20250301160827", 1740845307 * SECONDS},
        {"20250301160827.5Z", 1740845307 * SECONDS + 500000},
        {"20250301160827,1234567Z", 1740845307 * SECONDS + 123456},
        {"202503011608.25Z", 1740845295 * SECONDS},
        {"2025030116.5+01", 1740843000 * SECONDS},
        {"20250301160827+0130", (1740845307 - 5400) * SECONDS},
        {"2025030116Z", 1740844800 * SECONDS},
        {"20250301160860", 1740845340 * SECONDS},
        {"19691231233000-0030", 0},
        {"99991231235959.999999Z", 253402300800 * SECONDS - 1},
        {"21000228000000Z", 4107456000 * SECONDS},
    };
    int64_t us = 0;
    for (size_t i = 0; i < sizeof(utc) / sizeof(utc[0]); i++) {
        assert_true(ber_time_utc(&us, text_of(utc[i].text)));
        assert_int_equal(us, utc[i].us);
    }
    for (size_t i = 0; i < sizeof(generalized) / sizeof(generalized[0]); i++) {
        assert_true(ber_time_generalized(&us, text_of(generalized[i].text)));
        assert_int_equal(us, generalized[i].us);
    }
}

static void
what_is_no_time_is_ignored(void **state)
{
    (void)state;
    const char *utc[] = {"",
                         "Z",
                         "700101",
                         "70010100Z",
                         "701301000000Z",
                         "700001000000Z",
                         "700100000000Z",
                         "700230000000Z",
                         "230229000000Z",
                         "700101240000Z",
                         "700101006000Z",
                         "700101000061Z",
                         "700101000000+0001",
                         "691231235959Z",
                         "500101000000Z",
                         "700101000000z",
                         "700101000000ZZ",
                         "7001010000000Z",
                         "700101000000.5Z",
                         "700101000000+01",
                         "700101000000+2400",
                         "700101000000+0160",
                         "7o0101000000Z",
                         "70010100000Z"};
    const char *generalized[] = {"",
                                 "20250301",
                                 "20250301160827.Z",
                                 "20250301160827.5.5Z",
                                 "202503011608275Z",
                                 "20250229000000Z",
                                 "21000229000000Z",
                                 "20250301160827+1",
                                 "20250301160827+0",
                                 "20250301160861Z",
                                 "00000301000000Z",
                                 "19691231235959.999999",
                                 "99991231235960Z",
                                 "99991231235959-0001",
                                 "20250301160827Zz"};
    for (size_t i = 0; i < sizeof(utc) / sizeof(utc[0]); i++) {
        DECODES(2, RESULT("01 49", SEQ(0x7E, SEQ(0xA0, STR(0x17, utc[i])))));
        assert_false(message.has_time);
        assert_int_equal(message.time_us, 0);
    }
    for (size_t i = 0; i < sizeof(generalized) / sizeof(generalized[0]); i++) {
        DECODES(3, RESULT("01 49", SEQ(0x7E, SEQ(0xA0, STR(0x18, generalized[i])))));
        assert_false(message.has_time);
    }
}

static void
a_time_may_follow_a_number_and_stand_in_pieces(void **state)
{
    (void)state;
    DECODES(3,
            RESULT("01 49", SEQ(0x7E, SEQ(0xA0, hex("80 01 05"), STR(0x18, "19700101000001Z")))));
    assert_int_equal(message.time_us, SECONDS);
    DECODES(2, RESULT("01 49",
                      SEQ(0x7E, SEQ(0xA0, SEQ(0x37, STR(0x04, "7001010"), STR(0x04, "00002Z"))))));
    assert_int_equal(message.time_us, 2 * SECONDS);
    assert_true(message.has_time);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_octet_string_is_text_or_hex),
        cmocka_unit_test(a_call_id_is_hex),
        cmocka_unit_test(two_octet_strings_never_give_one_text),
        cmocka_unit_test(a_device_number_is_decimal),
        cmocka_unit_test(a_device_is_any_of_its_forms),
        cmocka_unit_test(no_device_is_none),
        cmocka_unit_test(digits_that_cannot_be_seen_are_hex),
        cmocka_unit_test(a_dynamic_device_says_so),
        cmocka_unit_test(a_cause_is_a_number_that_we_know),
        cmocka_unit_test(times_are_read_in_every_form),
        cmocka_unit_test(what_is_no_time_is_ignored),
        cmocka_unit_test(a_time_may_follow_a_number_and_stand_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
