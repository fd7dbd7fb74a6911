/* What the canonical form of a device text promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "engine/csta/device_number.h"
#include "ipc/profile.h"

struct row {
    const char *raw;
    const char *canonical;
};

static void
check_rows(const struct row *rows, size_t count, uint32_t flags)
{
    for (size_t i = 0; i < count; i++) {
        char buffer[256];
        struct text number = device_number_canonical(text_of(rows[i].raw), flags, buffer);
        if (!text_is_equal(number, text_of(rows[i].canonical)))
            fail_msg("%s gives %.*s, not %s", rows[i].raw, (int)number.length, number.at,
                     rows[i].canonical);
    }
}

#define CHECK_ROWS(rows, flags) check_rows(rows, sizeof(rows) / sizeof((rows)[0]), flags)

static void
device_texts_seen_on_the_wire_give_their_number(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"302118840101", "302118840101"},
        {"N<302118840101>;displayNumber=302118840101;noa=nk", "302118840101"},
        {"N<302118840101>", "302118840101"},
        {"N<123!98>", "123"},
        {"4989555;uid=FF00010000", "4989555"},
        {"tel:1062;device=ucclient", "1062"},
        {"22334455", "22334455"},
    };
    CHECK_ROWS(rows, 0);
}

static void
every_part_around_the_number_is_dropped(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {" \t\r\n2001\n ", "2001"},
        {"N<2001&4>", "2001"},
        {"N<2001/7>", "2001"},
        {"N<2001%agent>name", "2001"},
        {"N<2001", "2001"},
        {"N<2001;x>", "2001"},
        {"N<>", ""},
        {"N< tel:5 >", "5"},
        {"Nora", "Nora"},
        {"2001 ;x", "2001"},
        {";x", ""},
        {"", ""},
        {"   ", ""},
        {"12!3", "12!3"},
    };
    CHECK_ROWS(rows, 0);
}

static void
uris_give_their_user(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"sip:2001@pbx.example", "2001"},
        {"sips:2001@pbx.example:5061;transport=tls", "2001"},
        {"SIP:alice:secret@pbx.example", "alice"},
        {"sip:2001", "2001"},
        {"TEL:+49-89-555", "+4989555"},
        {"N<sip:2001@pbx>", "2001"},
        {"sip:@pbx", ""},
        {"sipster", "sipster"},
    };
    CHECK_ROWS(rows, 0);
}

static void
only_global_numbers_lose_separators(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"+49 (89) 555-0.1", "+498955501"},
        {"+4989555", "+4989555"},
        {"tel:+1-212-555", "+1212555"},
        {"sip:+1.212.555@host", "+1212555"},
        {"555-01", "555-01"},
        {"front desk", "front desk"},
        {"+", "+"},
        {"+-", "+"},
    };
    CHECK_ROWS(rows, 0);
}

static void
avaya_devices_are_cut_only_for_that_profile(void **state)
{
    (void)state;
    static const struct row generic[] = {{"4750::111.2.33.444:0", "4750::111.2.33.444:0"}};
    static const struct row avaya[] = {
        {"4750::111.2.33.444:0", "4750"},
        {"4750:SWITCH::0", "4750"},
        {"4750", "4750"},
        {"tel:4750", "4750"},
        {" 4750 :s:i:0", "4750"},
    };
    CHECK_ROWS(generic, 0);
    CHECK_ROWS(generic, PROFILE_HOLD_CLEARS);
    CHECK_ROWS(avaya, PROFILE_AVAYA_DEVICES);
}

static void
a_canonical_number_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const raws[] = {"N<302118840101>;noa=nk", "+49 89 555", "sip:2001@x",
                                       " tel:1062;device=a "};
    for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
        char first[64], second[64];
        struct text once = device_number_canonical(text_of(raws[i]), 0, first);
        struct text twice = device_number_canonical(once, 0, second);
        assert_true(text_is_equal(once, twice));
    }
}

static void
the_input_is_not_changed_and_no_byte_beyond_its_length_is_written(void **state)
{
    (void)state;
    char raw[] = "+1 2 3";
    char buffer[sizeof(raw)];
    buffer[sizeof(raw) - 1] = '#';
    struct text number = device_number_canonical(text_of(raw), 0, buffer);
    assert_ptr_equal(number.at, buffer);
    assert_true(text_is_equal(number, TEXT("+123")));
    assert_string_equal(raw, "+1 2 3");
    assert_int_equal(buffer[sizeof(raw) - 1], '#');
}

static void
zero_bytes_are_bytes_like_others(void **state)
{
    (void)state;
    char buffer[8];
    struct text number = device_number_canonical(TEXT("+1\0 2;"), 0, buffer);
    assert_true(text_is_equal(number, TEXT("+1\0"
                                           "2")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_texts_seen_on_the_wire_give_their_number),
        cmocka_unit_test(every_part_around_the_number_is_dropped),
        cmocka_unit_test(uris_give_their_user),
        cmocka_unit_test(only_global_numbers_lose_separators),
        cmocka_unit_test(avaya_devices_are_cut_only_for_that_profile),
        cmocka_unit_test(a_canonical_number_stays_as_it_is),
        cmocka_unit_test(the_input_is_not_changed_and_no_byte_beyond_its_length_is_written),
        cmocka_unit_test(zero_bytes_are_bytes_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
