/*
 * What the simulated switch writes is what the engine's decoders read: two readings of the
 * standards, each by its own hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/ber_decode.h"
#include "engine/csta/xml_decode.h"
#include "tools/switch/write.h"

static struct pbx pbx;
static struct call call;
static struct pbx_device agent = {.number = "100001"};
static struct pbx_device other = {.number = "100002"};
static struct pbx_device customer = {.number = "4989555", .kind = DEVICE_OUTSIDE};
static char bytes[WRITE_MAX];
static struct csta_scratch scratch;
static struct csta_message message;

static const enum csta_encoding encodings[] = {ENCODING_XML, ENCODING_BER1, ENCODING_BER2,
                                               ENCODING_BER3};

static void
set_up(enum csta_encoding encoding)
{
    pbx = (struct pbx){.encoding = encoding, .edition = 4};
    call = (struct call){.pbx = &pbx, .serial = 1200, .caller = &customer, .called = "100001"};
}

static void
decode(size_t length)
{
    const char *why = "";
    size_t where = 0;
    struct csta_options options = {.loose_causes = pbx.profile == PBX_UNITEL};
    enum csta_result result =
        pbx.encoding == ENCODING_XML
            ? xml_decode(&message, bytes, length, &options, &scratch, &why, &where)
            : ber_decode(&message, bytes, length, pbx.encoding, &scratch, &why, &where);
    if (result != CSTA_OK)
        fail_msg("encoding %d: %s at %zu", pbx.encoding, why, where);
}

static void
tell_it(const struct telling *telling, enum connection_state state)
{
    struct event_copy copy = {
        .telling = telling, .cross_ref = 77, .state = state, .state_name = state_name(state)};
    decode(pbx.encoding == ENCODING_XML ? write_xml_event(bytes, &pbx, &copy)
                                        : write_ber_event(bytes, &pbx, &copy, 300));
    assert_int_equal(message.message_class, MESSAGE_CALL_EVENT);
}

static void
answer_it(const struct answer *answer)
{
    size_t length = pbx.encoding == ENCODING_XML ? write_xml_answer(bytes, &pbx, answer)
                                                 : write_ber_answer(bytes, &pbx, answer);
    assert_true(length > 0);
    decode(length);
}

static void
assert_text(enum event_text which, const char *expected)
{
    struct text text = message.event.texts[which];
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.at, expected, text.length);
}

static const char *
call_id(void)
{
    return pbx.encoding == ENCODING_XML ? "1200" : "000004B0";
}

static void
a_clearing_says_who_and_what_in_every_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct telling telling = {.event = SAID_CLEARED,
                                  .call = &call,
                                  .subject = &agent,
                                  .named = &customer,
                                  .cause = "normalClearing"};
        tell_it(&telling, STATE_NULL);
        assert_int_equal(message.event.kind, EVENT_CONNECTION_CLEARED);
        assert_int_equal(message.event.cause, 48);
        assert_text(EVENT_TEXT_CALL, call_id());
        assert_text(EVENT_TEXT_DEVICE, "100001");
        assert_text(EVENT_TEXT_RELEASING, "4989555");
    }
}

static void
a_silent_clearing_names_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct telling telling = {.event = SAID_CLEARED, .call = &call, .subject = &agent};
        tell_it(&telling, STATE_NULL);
        assert_true(text_is_none(message.event.texts[EVENT_TEXT_RELEASING]));
    }
}

static void
every_event_is_read_as_what_it_is(void **state)
{
    static const struct {
        enum event_name said;
        enum event_kind read;
    } pairs[] = {{SAID_INITIATED, EVENT_SERVICE_INITIATED},
                 {SAID_ORIGINATED, EVENT_ORIGINATED},
                 {SAID_DELIVERED, EVENT_DELIVERED},
                 {SAID_ESTABLISHED, EVENT_ESTABLISHED},
                 {SAID_HELD, EVENT_HELD},
                 {SAID_RETRIEVED, EVENT_RETRIEVED},
                 {SAID_QUEUED, EVENT_QUEUED},
                 {SAID_DIVERTED, EVENT_DIVERTED},
                 {SAID_FAILED, EVENT_FAILED},
                 {SAID_REACHED, EVENT_NETWORK_REACHED},
                 {SAID_CALL_CLEARED, EVENT_CALL_CLEARED}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t pair = 0; pair < sizeof pairs / sizeof *pairs; pair++) {
            set_up(encodings[i]);
            struct telling telling = {
                .event = pairs[pair].said, .call = &call, .subject = &agent, .target = &other};
            tell_it(&telling, STATE_CONNECTED);
            assert_int_equal(message.event.kind, pairs[pair].read);
            assert_text(EVENT_TEXT_CALL, call_id());
        }
    }
}

static void
a_join_lists_who_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct telling telling = {.event = SAID_TRANSFERRED,
                                  .call = &call,
                                  .subject = &agent,
                                  .target = &other,
                                  .primary = 1200,
                                  .secondary = 1300,
                                  .result = 1200,
                                  .joined = {{&customer, 1200}, {&other, 1300}},
                                  .joined_count = 2};
        tell_it(&telling, STATE_NULL);
        assert_int_equal(message.event.kind, EVENT_TRANSFERRED);
        assert_int_equal(message.event.item_count, 2);
        assert_text(EVENT_TEXT_SUBJECT, "100001");
        assert_text(EVENT_TEXT_SECOND_CALL, pbx.encoding == ENCODING_XML ? "1300" : "00000514");
        telling.event = SAID_CONFERENCED;
        tell_it(&telling, STATE_CONNECTED);
        assert_int_equal(message.event.kind, EVENT_CONFERENCED);
    }
}

static void
a_snapshot_is_whole_and_says_the_states(void **state)
{
    struct snapshot_item items[] = {{&agent, 1200, STATE_HOLD}, {&agent, 1300, STATE_ALERTING}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct answer answer = {
            .kind = ANSWER_SNAPSHOT_DEVICE, .invoke = 5, .items = items, .item_count = 2};
        answer_it(&answer);
        assert_int_equal(message.message_class, MESSAGE_SNAPSHOT_DEVICE_RESPONSE);
        assert_true(message.whole);
        assert_int_equal(message.event.item_count, 2);
        answer.kind = ANSWER_SNAPSHOT_CALL;
        answer.by_call = true;
        answer_it(&answer);
        assert_int_equal(message.message_class, MESSAGE_SNAPSHOT_CALL_RESPONSE);
    }
}

static void
an_answer_is_told_from_a_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct answer answer = {.kind = ANSWER_MONITOR_START, .invoke = 700, .cross_ref = 0x1234};
        answer_it(&answer);
        assert_int_equal(message.message_class, MESSAGE_MONITOR_START_RESPONSE);
        assert_false(text_is_none(message.cross_ref));
        for (int refusal = REFUSAL_OBJECT; refusal <= REFUSAL_SECURITY; refusal++) {
            answer = (struct answer){
                .kind = ANSWER_REFUSAL, .invoke = 700, .refusal = (enum refusal)refusal};
            answer_it(&answer);
            assert_int_equal(message.message_class, MESSAGE_ERROR);
        }
    }
}

static void
a_status_is_asked_about_in_every_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        set_up(encodings[i]);
        struct answer ask = {.kind = ASK_SYSTEM_STATUS, .status = STATUS_MESSAGES_LOST};
        answer_it(&ask);
        assert_int_equal(message.message_class, MESSAGE_SYSTEM_STATUS);
        assert_int_equal(message.status, STATUS_MESSAGES_LOST);
    }
}

static void
an_oxe_names_connections_dynamically(void **state)
{
    (void)state;
    set_up(ENCODING_BER2);
    pbx.profile = PBX_OXE;
    struct telling telling = {.event = SAID_HELD, .call = &call, .subject = &agent};
    tell_it(&telling, STATE_HOLD);
    assert_memory_equal(message.event.texts[EVENT_TEXT_DEVICE].at, "0x08", 4);
    assert_text(EVENT_TEXT_SUBJECT, "100001");
}

static void
a_unitel_writes_causes_as_people_do(void **state)
{
    (void)state;
    set_up(ENCODING_XML);
    pbx.profile = PBX_UNITEL;
    struct telling telling = {
        .event = SAID_CLEARED, .call = &call, .subject = &agent, .cause = "normalClearing"};
    tell_it(&telling, STATE_NULL);
    assert_non_null(strstr(bytes, "<cause>Normal Clearing</cause>"));
    assert_int_equal(message.event.cause, 48);
}

static void
numbers_of_ber_are_the_shortest(void **state)
{
    static const uint32_t invokes[] = {0, 1, 127, 128, 255, 256, 32767};
    (void)state;
    set_up(ENCODING_BER3);
    for (size_t i = 0; i < sizeof invokes / sizeof *invokes; i++) {
        struct answer answer = {.kind = ANSWER_CLEAR_CONNECTION, .invoke = invokes[i]};
        answer_it(&answer);
        uint32_t value = 0;
        for (uint32_t at = 0; at < message.invoke.length; at++)
            value = value << 8 | (uint8_t)message.invoke.at[at];
        assert_int_equal(value, invokes[i]);
        assert_int_equal(bytes[3], invokes[i] < 128 ? 1 : 2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clearing_says_who_and_what_in_every_encoding),
        cmocka_unit_test(a_silent_clearing_names_nobody),
        cmocka_unit_test(every_event_is_read_as_what_it_is),
        cmocka_unit_test(a_join_lists_who_goes_on),
        cmocka_unit_test(a_snapshot_is_whole_and_says_the_states),
        cmocka_unit_test(an_answer_is_told_from_a_refusal),
        cmocka_unit_test(a_status_is_asked_about_in_every_encoding),
        cmocka_unit_test(an_oxe_names_connections_dynamically),
        cmocka_unit_test(a_unitel_writes_causes_as_people_do),
        cmocka_unit_test(numbers_of_ber_are_the_shortest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
