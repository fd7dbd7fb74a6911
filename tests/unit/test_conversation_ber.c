/*
 * Conversations in BER: the association, and what phases I and II have not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/talk_rig.h"

static void
feed_hex(const char *digits)
{
    char bytes[256];
    uint32_t length = 0;
    for (; *digits != '\0'; digits += digits[2] == ' ' ? 3 : 2) {
        const char pair[3] = {digits[0], digits[1], '\0'};
        char *end;
        bytes[length++] = (char)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
    }
    talk_rig_feed((struct text){bytes, length}, ""); /* BER has its own */
}

static void
associate(void)
{
    talk_rig_connect();
    talk_rig_expect(OUTGOING_ASSOCIATE);
    assert_int_equal(live.ups, 0);
    feed_hex("61 0E A1 07 06 05 2B 0C 00 81 34 A2 03 02 01 00");
    talk_rig_work();
    assert_int_equal(live.ups, 1);
}

static void
an_association_comes_first(void **state)
{
    (void)state;
    OPEN("encoding", "ber2", "monitored", "100");
    associate();
    const struct sent *sent = talk_rig_expect(OUTGOING_MONITOR_START);
    char granted[64];
    snprintf(granted, sizeof granted, "A2 0C 02 01 %02X 30 07 02 01 47 55 02 0A 0B",
             sent->number & 0xff);
    feed_hex(granted);
    assert_int_equal(talk_rig_talk()->standing, 1);
    talk_rig_after(5);
    sent = talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
    snprintf(granted, sizeof granted, "A2 0A 02 01 %02X 30 05 02 01 4A 76 00", sent->number & 0xff);
    feed_hex(granted);
    assert_int_equal(rig_count(&rig, COUNTER_RESYNCS), 1);
    feed_hex("A1 09 02 01 42 02 01 34 0A 01 03"); /* systemStatus: messagesLost */
    talk_rig_after(5);
    assert_int_equal(talk_rig_expect(OUTGOING_SYSTEM_STATUS_RESPONSE)->number, 0x42);
    talk_rig_expect(OUTGOING_SNAPSHOT_DEVICE);
}

static void
a_refused_association_closes_the_connection(void **state)
{
    (void)state;
    OPEN("encoding", "ber3");
    talk_rig_connect();
    talk_rig_expect(OUTGOING_ASSOCIATE);
    feed_hex("61 0E A1 07 06 05 2B 0C 00 81 34 A2 03 02 01 01");
    talk_rig_work();
    assert_string_equal(live.closed, "the switch refused the association");
}

static void
an_association_nobody_answers_closes_the_connection(void **state)
{
    (void)state;
    OPEN("encoding", "ber1");
    talk_rig_connect();
    talk_rig_after(10000);
    assert_string_equal(live.closed, "the switch does not answer our greeting");
}

static void
a_release_is_answered_before_the_connection_is_closed(void **state)
{
    (void)state;
    OPEN("encoding", "ber3");
    associate();
    feed_hex("62 03 80 01 00");
    talk_rig_work();
    talk_rig_expect(OUTGOING_RELEASE_RESPONSE);
    assert_string_equal(live.closed, "the switch ended the association");
    conversation_end(&live.link);
    talk_rig_work();
    assert_int_equal(live.downs, 1);
}

static void
an_abort_closes_the_connection(void **state)
{
    (void)state;
    OPEN("encoding", "ber2");
    associate();
    feed_hex("64 03 80 01 00");
    talk_rig_work();
    NOTHING_SENT();
    assert_string_equal(live.closed, "the switch ended the association");
}

static void
each_phase_is_kept_alive_in_its_way(void **state)
{
    (void)state;
    OPEN("encoding", "ber2", "keep-alive", "10s");
    associate();
    talk_rig_after(10000);
    talk_rig_expect(OUTGOING_SYSTEM_STATUS);
    talk_rig_close(state);
    OPEN("encoding", "ber3", "keep-alive", "10s");
    associate();
    talk_rig_after(10000);
    talk_rig_expect(OUTGOING_REQUEST_SYSTEM_STATUS);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, talk_rig_close)
    const struct CMUnitTest tests[] = {
        TEST(an_association_comes_first),
        TEST(a_refused_association_closes_the_connection),
        TEST(an_association_nobody_answers_closes_the_connection),
        TEST(a_release_is_answered_before_the_connection_is_closed),
        TEST(an_abort_closes_the_connection),
        TEST(each_phase_is_kept_alive_in_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
