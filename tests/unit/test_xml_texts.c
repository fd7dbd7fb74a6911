/* What the decoder promises of texts and words: how they are put together, and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/xml_fixture.h"

#define CLEARED(inside)                                                                            \
    "<ConnectionClearedEvent><droppedConnection><callID>1</callID></droppedConnection>" inside     \
    "</ConnectionClearedEvent>"

static void
a_list_over_its_bound_is_unusable_but_still_checked(void **state)
{
    (void)state;
    static char document[16384];
    for (int count = EVENT_ITEMS_MAX; count <= EVENT_ITEMS_MAX + 1; count++) {
        strcpy(document, "<ConferencedEvent><primaryOldCall><callID>p</callID></primaryOldCall>"
                         "<conferenceConnections>");
        for (int i = 0; i < count; i++)
            strcat(document, "<connectionListItem><newConnection><callID>n</callID>"
                             "</newConnection></connectionListItem>");
        strcat(document, "</conferenceConnections>");
        char *end = document + strlen(document);
        strcpy(end, "</ConferencedEvent>");
        assert_int_equal(decode(document), count > EVENT_ITEMS_MAX ? CSTA_UNUSABLE : CSTA_OK);
        strcpy(end, "</Conferenced>");
        assert_int_equal(decode(document), CSTA_MALFORMED);
    }
}

static void
texts_over_their_bounds_are_refused_or_dropped(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        size_t length_max;
        enum csta_result beyond;
    } rows[] = {
        {"<HeldEvent><heldConnection><callID>%s</callID></heldConnection></HeldEvent>", 64,
         CSTA_UNUSABLE},
        {"<MonitorStop><monitorCrossRefID>%s</monitorCrossRefID></MonitorStop>", 64, CSTA_UNUSABLE},
        {"<AgentLoggedOnEvent><agentID>%s</agentID></AgentLoggedOnEvent>", 64, CSTA_UNUSABLE},
        {CLEARED("<releasingDevice>%s</releasingDevice>"), 512, CSTA_UNUSABLE},
        {CLEARED("<callLinkageData><globalCallData><globalCallLinkageID>%s</globalCallLinkageID>"
                 "</globalCallData></callLinkageData>"),
         64, CSTA_OK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[600], document[2048];
        memset(text, 'x', sizeof(text));
        text[rows[i].length_max] = '\0';
        snprintf(document, sizeof(document), rows[i].format, text);
        DECODES(document);
        text[rows[i].length_max] = 'x';
        text[rows[i].length_max + 1] = '\0';
        snprintf(document, sizeof(document), rows[i].format, text);
        assert_int_equal(decode(document), rows[i].beyond);
        HAS(LINKAGE, "");
    }
}

static void
references_cdata_and_comments_make_one_text(void **state)
{
    (void)state;
    DECODES("<HeldEvent><heldConnection><callID>\n 4<![CDATA[7]]>&#x31;<!-- x -->1&amp; </callID>"
            "<deviceID>&#x20;&lt;</deviceID></heldConnection>"
            "<holdingDevice>1<?p?>2</holdingDevice></HeldEvent>");
    HAS(CALL, "4711&");
    HAS(DEVICE, "<");
    HAS(SUBJECT, "12");
}

static void
the_scratch_begins_anew_with_each_message(void **state)
{
    (void)state;
    char document[256];
    snprintf(document, sizeof(document), CLEARED("<releasingDevice>&#65;%060d</releasingDevice>"),
             0);
    for (int i = 0; i < 2 * CSTA_MESSAGE_MAX / 60; i++)
        DECODES(document);
    assert_int_equal(message.event.texts[EVENT_TEXT_RELEASING].length, 61);
}

static void
the_first_reason_of_an_unusable_message_is_given(void **state)
{
    (void)state;
    char document[512];
    int length = snprintf(document, sizeof(document),
                          "<HeldEvent><monitorCrossRefID>%065d</monitorCrossRefID>", 0);
    strcat(document, "<heldConnection/></HeldEvent>");
    UNUSABLE(document);
    assert_string_equal(why, "a monitorCrossRefID over 64 bytes");
    assert_int_equal(where, length);
}

static void
latin_1_texts_come_as_utf_8(void **state)
{
    (void)state;
    DECODES("<?xml version='1.0' encoding='ISO-8859-1'?>" CLEARED(
        "<releasingDevice>M\xfcller</releasingDevice>"));
    HAS(RELEASING, "M\xc3\xbcller");
}

static void
latin_1_texts_that_outgrow_the_scratch_are_unusable(void **state)
{
    (void)state;
    static char document[CSTA_MESSAGE_MAX + 1];
    strcpy(document, "<?xml version='1.0' encoding='ISO-8859-1'?>"
                     "<ConnectionClearedEvent><droppedConnection><callID>1</callID>"
                     "</droppedConnection><releasingDevice>");
    size_t length = strlen(document);
    memset(document + length, '\xfc', 60000);
    strcpy(document + length + 60000, "</releasingDevice></ConnectionClearedEvent>");
    UNUSABLE(document);
    assert_true(scratch.used <= sizeof(scratch.bytes));
}

static void
cause_words_are_exact_unless_the_profile_is_loose(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        uint8_t exact;
        uint8_t loose;
    } rows[] = {
        {"normalClearing", 48, 48},
        {" normalClearing\n", 48, 48},
        {"Normal Clearing", 0, 48},
        {"NORMALCLEARING", 0, 48},
        {"acdbusy", 0, 57},
        {"aCDBusy", 57, 57},
        {"lawfulInterception", 121, 121},
        {"activeParticipation", 1, 1},
        {"Normal", 0, 78},
        {"normalClearin", 0, 0},
        {"normalClearings", 0, 0},
        {"", 0, 0},
        {"none", 0, 0},
        {"busy\tOverflow", 0, 94},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char document[256];
        snprintf(document, sizeof(document), CLEARED("<cause>%s</cause>"), rows[i].word);
        assert_int_equal(decode_bytes(document, strlen(document), false), CSTA_OK);
        assert_int_equal(message.event.cause, rows[i].exact);
        assert_int_equal(decode_bytes(document, strlen(document), true), CSTA_OK);
        assert_int_equal(message.event.cause, rows[i].loose);
    }
}

static void
every_cause_is_known_by_its_word(void **state)
{
    (void)state;
    static const struct {
        uint8_t number;
        const char *word;
    } causes[] = {
#define CAUSE(number, name, word) {number, word},
#include "ipc/cause.def"
#undef CAUSE
    };
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        char document[256];
        snprintf(document, sizeof(document), CLEARED("<cause>%s</cause>"), causes[i].word);
        DECODES(document);
        assert_int_equal(message.event.cause, causes[i].number);
        snprintf(document, sizeof(document), CLEARED("<cause>%.*s</cause>"),
                 (int)strlen(causes[i].word) - 1, causes[i].word);
        DECODES(document);
        assert_int_not_equal(message.event.cause, causes[i].number);
    }
}

#define STAMPED(name, time)                                                                        \
    CLEARED("<extensions><security><messageSequenceNumber>1</messageSequenceNumber><" name         \
            ">" time "</" name "></security></extensions>")

static void
a_time_stamp_is_in_microseconds_since_1970(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        int64_t time_us;
    } rows[] = {
        {STAMPED("timestamp", "1970-01-01T00:00:00Z"), 0},
        {STAMPED("timeStamp", "2026-11-22T09:01:41.967Z"), 1795338101967000},
        {STAMPED("timeStamp", "2026-11-22T10:01:41.967+01:00"), 1795338101967000},
        {STAMPED("timeStamp", "2026-11-21T22:31:41.967123999-10:30"), 1795338101967123},
        {STAMPED("timestamp", " 2024-02-29T23:59:60 "), 1709251200000000},
        {STAMPED("timestamp", "2000-02-29T12:00:00"), 951825600000000},
        {STAMPED("timestamp", "1969-12-31T23:30:00-00:30"), 0},
        {STAMPED("timestamp", "9999-12-31T23:59:59.9Z"), 253402300799900000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        DECODES(rows[i].document);
        assert_true(message.has_time);
        assert_true(message.time_us == rows[i].time_us);
    }
    DECODES(CLEARED("<extensions><security><timestamp>x</timestamp><timestamp>1970-01-01T00:00:01Z"
                    "</timestamp><timestamp>1970-01-01T00:00:02Z</timestamp></security>"
                    "</extensions>"));
    assert_true(message.has_time && message.time_us == 1000000);
}

static void
what_is_no_time_is_none(void **state)
{
    (void)state;
    static const char *const documents[] = {
        STAMPED("timestamp", ""),
        STAMPED("timestamp", "1970-01-01T00:00:00+00:01"),
        STAMPED("timestamp", "9999-12-31T23:59:60Z"),
        STAMPED("timestamp", "9999-12-31T23:59:59-00:01"),
        STAMPED("timestamp", "2026-11-22"),
        STAMPED("timestamp", "2026-11-22T09:01"),
        STAMPED("timestamp", "2026-13-22T09:01:41Z"),
        STAMPED("timestamp", "2026-00-22T09:01:41Z"),
        STAMPED("timestamp", "2026-11-31T09:01:41Z"),
        STAMPED("timestamp", "2025-02-29T09:01:41Z"),
        STAMPED("timestamp", "1900-02-28T09:01:41Z"),
        STAMPED("timestamp", "2026-11-22T24:01:41Z"),
        STAMPED("timestamp", "2026-11-22T09:60:41Z"),
        STAMPED("timestamp", "2026-11-22T09:01:61Z"),
        STAMPED("timestamp", "2026-11-22T09:01:41.Z"),
        STAMPED("timestamp", "2026-11-22T09:01:41Z1"),
        STAMPED("timestamp", "2026-11-22T09:01:41+1:00"),
        STAMPED("timestamp", "2026-11-22T09:01:41+15:00"),
        STAMPED("timestamp", "2026-11-22T09:01:41+01:60"),
        STAMPED("timestamp", "+026-11-22T09:01:41Z"),
        STAMPED("stamp", "2026-11-22T09:01:41Z"),
        CLEARED("<security><timestamp>2026-11-22T09:01:41Z</timestamp></security>"),
    };
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        DECODES(documents[i]);
        assert_false(message.has_time);
        assert_true(message.time_us == 0);
    }
}

static void
every_local_state_is_known_by_its_word(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        uint8_t state;
    } rows[] = {
        {"null", LOCAL_NULL},         {"initiated", LOCAL_INITIATED},
        {"alerting", LOCAL_ALERTING}, {"connected", LOCAL_CONNECTED},
        {"hold", LOCAL_HOLD},         {"queued", LOCAL_QUEUED},
        {"fail", LOCAL_FAIL},         {"Null", LOCAL_ABSENT},
        {"", LOCAL_ABSENT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char document[256];
        snprintf(document, sizeof(document),
                 CLEARED("<localConnectionInfo>%s</localConnectionInfo>"), rows[i].word);
        DECODES(document);
        assert_int_equal(message.event.local_state, rows[i].state);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_over_its_bound_is_unusable_but_still_checked),
        cmocka_unit_test(texts_over_their_bounds_are_refused_or_dropped),
        cmocka_unit_test(references_cdata_and_comments_make_one_text),
        cmocka_unit_test(the_scratch_begins_anew_with_each_message),
        cmocka_unit_test(the_first_reason_of_an_unusable_message_is_given),
        cmocka_unit_test(latin_1_texts_come_as_utf_8),
        cmocka_unit_test(latin_1_texts_that_outgrow_the_scratch_are_unusable),
        cmocka_unit_test(cause_words_are_exact_unless_the_profile_is_loose),
        cmocka_unit_test(every_cause_is_known_by_its_word),
        cmocka_unit_test(a_time_stamp_is_in_microseconds_since_1970),
        cmocka_unit_test(what_is_no_time_is_none),
        cmocka_unit_test(every_local_state_is_known_by_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
