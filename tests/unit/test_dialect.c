/*
 * A link's messages are read as its settings or its profile say, else as they show themselves;
 * what the phases of BER read differently is never guessed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/dialect.h"

static struct dialect_reader reader;
static struct settings settings;
static struct shm_dialect dialect;
static const char *why;
static size_t where;

/* Phase II, captured: the clearing of 24103's connection in call 0x2b82. */
#define CLEARED_2                                                                                  \
    "A15902022A30020115305055040135F303A01FA21D301B6B0A82022B82830408B30100"                       \
    "630784053234313033"                                                                           \
    "4E0100"                                                                                       \
    "0A0130"                                                                                       \
    "7E27A00F170D3235303330313136303832375AA114301206062B0C8936840904083422C367752B0100"
/* What a switch answers to MonitorStart: the same in every phase. */
#define MONITOR_GRANTED                                                                            \
    "A20F020101"                                                                                   \
    "300A020147"                                                                                   \
    "30055503010203"
/* ClearConnection of 30{6B{80 "1"}}: in phases I and II a device without a call, in III a call. */
#define CLEAR_EITHER                                                                               \
    "A10D020107"                                                                                   \
    "020105"                                                                                       \
    "30056B03800131"
/* MonitorStart of 30{80 "24001"}, as an OXE's client sends it: not of phase III. */
#define MONITOR_OLD                                                                                \
    "A10F020101"                                                                                   \
    "020147"                                                                                       \
    "300780053234303031"
/* ClearConnection of {82 "9", 83 "1"}: phase II. */
#define CLEAR_2                                                                                    \
    "A10E020107"                                                                                   \
    "020105"                                                                                       \
    "6B06820139830131"

/* The same of 34 digits: a device in phases I and II, a callID too long in III. */
#define CLEAR_LONG                                                                                 \
    "A12E020107"                                                                                   \
    "020105"                                                                                       \
    "30266B248022"                                                                                 \
    "31313131313131313131313131313131313131313131313131313131313131313131"

static int
begin(void **state)
{
    (void)state;
    settings_default(&settings);
    reader.completer.settings = &settings;
    dialect = (struct shm_dialect){.found = ENCODING_AUTO};
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    settings_free(&settings);
    return 0;
}

static void
settle(const char *key, const char *value)
{
    assert_null(settings_link_key(&settings.defaults, text_of(key), text_of(value)));
    dialect_settle(&dialect, &settings.defaults);
}

static bool
read_bytes(struct text payload)
{
    where = 0;
    why = dialect_read(&reader, &dialect, payload, TEXT_NONE, &where);
    return why == NULL;
}

static bool
read_hex(const char *hex)
{
    static char bytes[256];
    uint32_t length = (uint32_t)strlen(hex) / 2;
    for (uint32_t i = 0; i < length; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (char)strtoul(digits, NULL, 16);
    }
    return read_bytes((struct text){bytes, length});
}

static void
the_first_message_tells_which_phase_it_is(void **state)
{
    (void)state;
    assert_true(read_hex(CLEARED_2));
    assert_int_equal(dialect.found, ENCODING_BER2);
    assert_int_equal(reader.message.event.kind, EVENT_CONNECTION_CLEARED);
    assert_true(text_is_equal(reader.message.event.texts[EVENT_TEXT_RELEASING], TEXT("24103")));
    assert_false(read_bytes(TEXT("<HeldEvent/>")));
}

static void
the_first_document_makes_it_xml(void **state)
{
    (void)state;
    assert_true(read_bytes(TEXT("\xEF\xBB\xBF <SystemStatus/>")));
    assert_int_equal(dialect.found, ENCODING_XML);
    assert_false(read_hex(CLEARED_2));
    assert_string_equal(why, "not XML");
}

static void
what_all_phases_read_alike_is_read_before_the_phase_is_known(void **state)
{
    (void)state;
    assert_true(read_hex(MONITOR_GRANTED));
    assert_int_equal(reader.message.message_class, MESSAGE_MONITOR_START_RESPONSE);
    assert_int_equal(dialect.found, ENCODING_AUTO);
    assert_true(read_hex(CLEARED_2));
    assert_int_equal(dialect.found, ENCODING_BER2);
}

static void
what_they_read_differently_is_not_guessed(void **state)
{
    (void)state;
    assert_false(read_hex(CLEAR_EITHER));
    assert_string_equal(why,
                        "BER that each phase reads differently: say encoding = ber1, ber2 or ber3");
    assert_int_equal(dialect.found, ENCODING_AUTO);
    assert_false(read_hex(CLEAR_LONG));
    assert_string_equal(why,
                        "BER that each phase reads differently: say encoding = ber1, ber2 or ber3");
    settle("encoding", "ber3");
    assert_true(read_hex(CLEAR_EITHER));
    assert_true(text_is_equal(reader.message.event.texts[EVENT_TEXT_CALL], TEXT("31")));
}

static void
several_messages_tell_it_together(void **state)
{
    (void)state;
    assert_true(read_hex(MONITOR_OLD));
    assert_int_equal(reader.message.message_class, MESSAGE_MONITOR_START);
    assert_true(text_is_equal(reader.message.object, TEXT("24001")));
    assert_int_equal(dialect.found, ENCODING_AUTO);
    assert_true(read_hex(CLEAR_EITHER));
    assert_true(text_is_equal(reader.message.event.texts[EVENT_TEXT_DEVICE], TEXT("1")));
    assert_true(read_hex(CLEAR_2));
    assert_int_equal(dialect.found, ENCODING_BER2);
}

static void
a_profile_implies_a_phase_unless_the_encoding_is_said(void **state)
{
    (void)state;
    settle("profile", "oxe");
    assert_int_equal(dialect.found, ENCODING_BER2);
    settle("encoding", "ber3");
    assert_int_equal(dialect.found, ENCODING_BER3);
    settle("encoding", "xml");
    assert_false(read_hex(CLEARED_2));
}

static void
what_was_found_stays_when_other_settings_change(void **state)
{
    (void)state;
    settle("encoding", "auto");
    assert_true(read_hex(CLEARED_2));
    settle("infer", "first-cleared");
    assert_int_equal(dialect.found, ENCODING_BER2);
}

static void
rubbish_is_refused_whatever_the_encoding(void **state)
{
    (void)state;
    static const char *const encodings[] = {"auto", "xml", "ber1", "ber2", "ber3"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        settle("encoding", encodings[i]);
        assert_false(read_hex("FF03020101"));
        assert_false(read_hex(""));
        assert_non_null(why);
        static char long_one[CSTA_MESSAGE_MAX + 1];
        assert_false(read_bytes((struct text){long_one, sizeof long_one}));
        assert_string_equal(why, "a message of more than 65536 bytes");
    }
}

static void
documents_in_utf_16_are_xml(void **state)
{
    (void)state;
    assert_true(read_bytes(TEXT("\xFF\xFE<\0a\0/\0>\0")));
    assert_int_equal(dialect.found, ENCODING_XML);
    assert_true(read_bytes(TEXT("\xFE\xFF\0<\0a\0/\0>")));
}

static void
a_stream_is_opened_as_its_links_section_says(void **state)
{
    (void)state;
    struct link_settings *link = settings_link(&settings, TEXT("pbx1"));
    assert_null(settings_link_key(link, TEXT("encoding"), TEXT("ber2")));
    const struct source_options none = {.encoding = ENCODING_AUTO};
    const struct source_options xml = {.encoding = ENCODING_XML};
    assert_int_equal(dialect_options(&none, &settings, "in/pbx1.bin").encoding, ENCODING_BER2);
    assert_int_equal(dialect_options(&none, &settings, "in/pbx2.bin").encoding, ENCODING_AUTO);
    assert_int_equal(dialect_options(&xml, &settings, "in/pbx1.bin").encoding, ENCODING_XML);
}

int
main(void)
{
#define PROMISE(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    const struct CMUnitTest tests[] = {
        PROMISE(the_first_message_tells_which_phase_it_is),
        PROMISE(the_first_document_makes_it_xml),
        PROMISE(what_all_phases_read_alike_is_read_before_the_phase_is_known),
        PROMISE(what_they_read_differently_is_not_guessed),
        PROMISE(several_messages_tell_it_together),
        PROMISE(a_profile_implies_a_phase_unless_the_encoding_is_said),
        PROMISE(what_was_found_stays_when_other_settings_change),
        PROMISE(documents_in_utf_16_are_xml),
        PROMISE(a_stream_is_opened_as_its_links_section_says),
        PROMISE(rubbish_is_refused_whatever_the_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
