/*
 * Requests of people: which link, which call, the answer. Switch and sockets are a few lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/csta/xml_encode.h"
#include "engine/live/control_text.h"
#include "engine/live/conversation.h"
#include "engine/live/desk.h"
#include "tests/unit/session_rig.h"

enum {
    LINKS = 3, /* places; the last is free */
};

static struct shm_live_link states[LINKS];
static struct live_link links[LINKS];
static struct desk *desk;
static uint64_t clock_ms;
static const char *not_now;    /* why links may not be asked */
static const char *not_this;   /* only that one */
static enum live_sent sending; /* what live_send() says */
static char wire[4096];        /* what was sent last: "NAME INVOKE by=DN XML" */
static uint32_t invoke;
static char told[4096]; /* answers, a line each */

/* The linker takes calls of these here.
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
bool __wrap_conversation_may_request(const struct live_link *link, const char **why);
uint64_t __wrap_live_now_ms(const struct live_link *link);
enum live_sent __wrap_live_send(struct live_link *link, struct outgoing *message, struct text by,
                                struct text answers, const char **why);
void __wrap_control_answer(struct control *control, const struct control_answer *answer);

bool
__wrap_conversation_may_request(const struct live_link *link, const char **why)
{
    if (not_now == NULL || (not_this != NULL && strcmp(not_this, link->state->name) != 0))
        return true;
    *why = not_now;
    return false;
}

uint64_t
__wrap_live_now_ms(const struct live_link *link)
{
    (void)link;
    return clock_ms;
}

enum live_sent
__wrap_live_send(struct live_link *link, struct outgoing *message, struct text by,
                 struct text answers, const char **why)
{
    const struct xml_namespaces none = {TEXT_NONE, TEXT_NONE};
    static char document[OUTGOING_SIZE_MAX];
    size_t length = 0;
    assert_true(text_is_none(answers));
    if (sending == LIVE_REFUSED)
        *why = "it cannot be written";
    if (sending != LIVE_SENT)
        return sending;
    assert_int_equal(xml_encode(document, sizeof document, &length, message, &none, why),
                     ENCODE_OK);
    char number[16];
    snprintf(number, sizeof number, "%04u", (unsigned)++invoke % 10000);
    struct source_message sent = {.kind = SOURCE_MESSAGE,
                                  .direction = SOURCE_TO_SWITCH,
                                  .link = text_of(link->state->name),
                                  .invoke = text_of(number),
                                  .by = by,
                                  .payload = {document, (uint32_t)length},
                                  .has_time = true,
                                  .time_us = 60000000};
    size_t where;
    assert_int_equal(session_take(link->session, &sent, 1, why, &where), SESSION_OK);
    snprintf(wire, sizeof wire, "%s %s by=%.*s %.*s", link->state->name, number, (int)by.length,
             by.length > 0 ? by.at : "", (int)length, document);
    return LIVE_SENT;
}

void
__wrap_control_answer(struct control *control, const struct control_answer *answer)
{
    (void)control;
    size_t used = strlen(told);
    if (answer->links > 0)
        snprintf(told + used, sizeof told - used, "%u %s %u: %s%s%s%s\n", (unsigned)answer->ticket,
                 control_outcome_name(answer->outcome), answer->links, answer->named[0],
                 answer->links > 1 ? "," : "", answer->named[1], answer->in_call ? " in-call" : "");
    else
        snprintf(told + used, sizeof told - used, "%u %s %s %s: %s\n", (unsigned)answer->ticket,
                 control_outcome_name(answer->outcome), answer->link, answer->call, answer->text);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */

#define SHARED                       "# link pbx1 shared=yes\n# link pbx2 shared=yes\n"
#define AMBIGUOUS(ticket)            ticket " ambiguous 2: pbx1,pbx2 in-call\n"
#define EVENT_IN(link, call, device) "1.0 " link " < 9999 " ORIGINATED(call, device) "\n"

static int
setup(void **state)
{
    setup_one(state);
    memset(links, 0, sizeof links);
    memset(states, 0, sizeof states);
    clock_ms = 5000;
    not_now = not_this = NULL;
    sending = LIVE_SENT;
    wire[0] = told[0] = '\0';
    invoke = 16;
    /* pbx1: 2001 in 17 and then 18, 2002 in 17; pbx2: 3001 in 17, and 2002 is only known */
    rig_feed(&rig,
             "# link pbx2 monitored=2002,2009 request-timeout=1s\n" EVENT_IN("pbx1", "17", "2001")
                 EVENT_IN("pbx1", "17", "2002") EVENT_IN("pbx1", "18", "2001")
                     EVENT_IN("pbx2", "17", "3001"));
    for (uint16_t i = 0; i < LINKS - 1; i++) {
        snprintf(states[i].name, sizeof states[i].name, "pbx%d", i + 1);
        links[i] = (struct live_link){
            .session = rig.session,
            .settings = settings_link(&rig.settings, text_of(states[i].name)),
            .link = link_table_find(&rig.session->links, text_of(states[i].name)),
            .state = &states[i],
            .place = i,
        };
    }
    /* The array may have moved when the second was made. */
    links[0].settings = settings_link_find(&rig.settings, TEXT("pbx1"));
    desk = desk_open(NULL);
    assert_non_null(desk);
    return 0;
}

static int
close_all(void **state)
{
    desk_close(desk);
    return teardown(state);
}

/* Asks as a line of the control socket would. */
static void
ask(uint64_t ticket, const char *line)
{
    struct control_command command;
    char id[CONTROL_ID_MAX + 1];
    assert_null(control_read_command(text_of(line), &command, id));
    command.ticket = ticket;
    desk_take(desk, &command, links, LINKS);
}

static uint64_t
work(void)
{
    uint64_t due_ms = 0;
    while (desk_work(desk, &due_ms))
        ;
    return due_ms;
}

static void
hear(uint32_t at, const char *lines)
{
    rig_feed(&rig, lines);
    desk_hear(desk, &links[at]);
}

static void
release_clears_the_connection_of_the_last_call_on_its_own_behalf(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    assert_int_equal(work(), 5000 + links[0].settings->request_timeout_ms);
    assert_string_equal(
        wire, "pbx1 0017 by=2001 <?xml version=\"1.0\" encoding=\"UTF-8\"?><ClearConnection>"
              "<connectionToBeCleared><callID>18</callID><deviceID>2001</deviceID>"
              "</connectionToBeCleared></ClearConnection>");
    hear(0, "61 pbx1 < 0017 <ClearConnectionResponse/>\n");
    assert_string_equal(told, "1 granted pbx1 18: \n");
    assert_int_equal(work(), UINT64_MAX);
}

static void
an_avaya_gets_the_device_as_it_calls_it(void **state)
{
    (void)state;
    struct link_settings avaya = *links[0].settings;
    assert_null(settings_link_key(&avaya, TEXT("profile"), TEXT("avaya-dmcc")));
    assert_null(settings_link_key(&avaya, TEXT("switch-name"), TEXT("CM1")));
    links[0].settings = &avaya;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 0017 by=2001 "));
    assert_non_null(strstr(wire, "<callID>18</callID><deviceID typeOfNumber=\"other\">"
                                 "2001:CM1::0</deviceID>"));
    ask(2, "{\"request\":\"drop\",\"device\":\"2001:CM1:10.1.2.3:0\",\"by\":\"2002\","
           "\"call\":\"17\",\"link\":\"pbx1\"}");
    work();
    assert_non_null(strstr(wire, "<callID>17</callID><deviceID typeOfNumber=\"other\">"
                                 "2001:CM1:10.1.2.3:0</deviceID>"));
}

static void
drop_says_on_whose_behalf_and_clear_clears_the_call(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"drop\",\"device\":\"2001\",\"by\":\"2002\",\"call\":\"17\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 0017 by=2002 "));
    assert_non_null(strstr(wire, "<callID>17</callID><deviceID>2001</deviceID>"));
    ask(2, "{\"request\":\"clear\",\"call\":\"18\",\"by\":\"2002\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 0018 by=2002 "));
    assert_non_null(strstr(wire, "<ClearCall>"));
    hear(0, "61 pbx1 < 0018 <ClearCallResponse/>\n");
    hear(0, "61 pbx1 < 0017 <ClearConnectionResponse/>\n");
    assert_string_equal(told, "2 granted pbx1 18: \n1 granted pbx1 17: \n");
}

static void
a_call_that_only_a_snapshot_showed_can_be_released(void **state)
{
    (void)state;
    rig_feed(
        &rig,
        "2 pbx2 > 0001 <SnapshotDevice><snapshotObject>2009</snapshotObject></SnapshotDevice>\n"
        "2 pbx2 < 0001 <SnapshotDeviceResponse><crossRefIDorSnapshotData><snapshotData>"
        "<snapshotDeviceResponseInfo><connectionIdentifier><callID>77</callID><deviceID>2009"
        "</deviceID></connectionIdentifier><localCallState><compoundCallState>"
        "<localConnectionState>connected</localConnectionState></compoundCallState>"
        "</localCallState></snapshotDeviceResponseInfo></snapshotData>"
        "</crossRefIDorSnapshotData></SnapshotDeviceResponse>\n");
    ask(1, "{\"request\":\"release\",\"device\":\"2009\"}");
    work();
    assert_non_null(strstr(wire, "<callID>77</callID><deviceID>2009</deviceID>"));
}

static void
a_refusal_has_the_words_of_the_switch(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    hear(0, "61 pbx1 < 0017 <CSTAErrorCode><operation>invalidCallID</operation>"
            "</CSTAErrorCode>\n");
    assert_string_equal(told, "1 refused pbx1 18: invalidCallID\n");
}

static void
an_answer_to_something_else_is_not_ours(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    hear(0, "61 pbx1 < 0099 <ClearConnectionResponse/>\n");
    hear(0, EVENT_IN("pbx1", "19", "2005"));
    assert_string_equal(told, "");
}

static void
the_link_is_where_the_device_is_in_a_call(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2002\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 "));
    ask(2, "{\"request\":\"release\",\"device\":\"3001\"}");
    work();
    assert_non_null(strstr(wire, "pbx2 "));
}

static void
a_device_in_no_call_can_be_released_from_a_call_that_is_named(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2009\"}");
    assert_string_equal(told, "1 not-sent pbx2 : the device was not heard of in any call\n");
    ask(2, "{\"request\":\"release\",\"device\":\"2009\",\"call\":\"77\"}");
    work();
    assert_non_null(strstr(wire, "pbx2 0017 by=2009 "));
    assert_non_null(strstr(wire, "<callID>77</callID>"));
}

static void
a_call_id_of_two_links_needs_the_link(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"clear\",\"call\":\"17\"}");
    assert_string_equal(told, AMBIGUOUS("1"));
    told[0] = '\0';
    ask(2, "{\"request\":\"clear\",\"call\":\"17\",\"link\":\"pbx2\"}");
    work();
    assert_string_equal(told, "");
    assert_non_null(strstr(wire, "pbx2 0017 by= "));
}

static void
a_device_in_calls_of_two_links_needs_the_link_or_the_call(void **state)
{
    (void)state;
    rig_feed(&rig, SHARED EVENT_IN("pbx2", "21", "2001"));
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    assert_string_equal(told, AMBIGUOUS("1"));
    told[0] = '\0';
    assert_int_equal(work(), UINT64_MAX);
    ask(2, "{\"request\":\"release\",\"device\":\"2001\",\"call\":\"21\"}");
    work();
    assert_non_null(strstr(wire, "pbx2 0017 by=2001 "));
    ask(3, "{\"request\":\"release\",\"device\":\"2001\",\"link\":\"pbx1\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 0018 by=2001 "));
    assert_string_equal(told, "");
}

static void
links_to_one_switch_with_the_device_in_one_call_are_no_choice(void **state)
{
    (void)state;
    rig_feed(&rig, SHARED EVENT_IN("pbx2", "18", "2001"));
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    assert_non_null(strstr(wire, "pbx1 0017 by=2001 "));
    not_now = "the link is down";
    not_this = "pbx1";
    ask(2, "{\"request\":\"release\",\"device\":\"2001\"}");
    ask(3, "{\"request\":\"whose\",\"device\":\"2001\"}");
    work();
    assert_non_null(strstr(wire, "pbx2 0018 by=2001 "));
    assert_string_equal(told, "3 found 1: pbx2 in-call\n");
}

static void
links_to_two_switches_need_the_link_though_the_calls_have_one_id(void **state)
{
    (void)state;
    rig_feed(&rig, EVENT_IN("pbx2", "18", "2001"));
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    rig_feed(&rig, SHARED);
    settings_link_find(&rig.settings, TEXT("pbx2"))->switch_name[0] = 'x';
    ask(2, "{\"request\":\"release\",\"device\":\"2001\"}");
    assert_string_equal(told, AMBIGUOUS("1") AMBIGUOUS("2"));
}

static void
whose_it_is_is_told_and_nothing_is_sent(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"whose\",\"device\":\"2001\"}");
    ask(2, "{\"request\":\"whose\",\"device\":\"2009\"}");
    ask(3, "{\"request\":\"whose\",\"call\":\"17\"}");
    ask(4, "{\"request\":\"whose\",\"call\":\"18\"}");
    ask(5, "{\"request\":\"whose\",\"device\":\"2001\",\"link\":\"pbx2\"}");
    ask(6, "{\"request\":\"whose\",\"device\":\"9\"}");
    assert_string_equal(told, "1 found 1: pbx1 in-call\n2 found 1: pbx2\n"
                              "3 found 2: pbx1,pbx2 in-call\n4 found 1: pbx1 in-call\n"
                              "5 found 1: pbx2 in-call\n6 elsewhere  : \n");
    assert_int_equal(work(), UINT64_MAX);
    assert_string_equal(wire, "");
}

static void
what_nobody_here_knows_is_elsewhere(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"9\"}");
    ask(2, "{\"request\":\"clear\",\"call\":\"9\"}");
    ask(3, "{\"request\":\"clear\",\"call\":\"17\",\"link\":\"pbx9\"}");
    ask(4, "{\"request\":\"clear\",\"call\":\"17\",\"link\":\"pbx3\"}");
    assert_string_equal(told, "1 elsewhere  : \n2 elsewhere  9: \n"
                              "3 elsewhere  17: \n4 elsewhere  17: \n");
    assert_int_equal(work(), UINT64_MAX);
}

static void
an_alias_finds_the_call_and_the_number_is_sent_as_asked(void **state)
{
    (void)state;
    assert_null(settings_trace_alias(&rig.settings, TEXT("492001"), TEXT("2001")));
    ask(1, "{\"request\":\"release\",\"device\":\"492001\"}");
    work();
    assert_non_null(strstr(wire, "<callID>18</callID><deviceID>492001</deviceID>"));
}

static void
no_answer_within_request_timeout_is_said(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"3001\"}");
    assert_int_equal(work(), 6000); /* pbx2 has a second */
    clock_ms = 5999;
    assert_int_equal(work(), 6000);
    assert_string_equal(told, "");
    clock_ms = 6000;
    assert_int_equal(work(), UINT64_MAX);
    assert_string_equal(told, "1 timed-out pbx2 17: \n");
    hear(1, "61 pbx2 < 0017 <ClearConnectionResponse/>\n"); /* too late for him */
    assert_string_equal(told, "1 timed-out pbx2 17: \n");
}

static void
a_lost_link_leaves_the_result_unknown(void **state)
{
    (void)state;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    ask(2, "{\"request\":\"release\",\"device\":\"3001\"}");
    work();
    desk_lost(desk, &links[0]);
    assert_string_equal(told, "1 lost pbx1 18: the connection to the switch was lost\n");
    told[0] = '\0';
    hear(1, "61 pbx2 < 0018 <ClearConnectionResponse/>\n");
    assert_string_equal(told, "2 granted pbx2 17: \n");
}

static void
a_link_that_may_not_be_asked_says_why(void **state)
{
    (void)state;
    not_now = "the switch is overloaded";
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    assert_string_equal(told, "1 not-sent pbx1 : the switch is overloaded\n");
}

static void
a_full_link_is_tried_again_and_does_not_hold_up_another(void **state)
{
    (void)state;
    sending = LIVE_FULL;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    assert_int_equal(work(), 5020);
    assert_string_equal(told, "");
    sending = LIVE_SENT;
    work();
    assert_non_null(strstr(wire, "pbx1 0017"));
    sending = LIVE_FULL;
    ask(2, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    clock_ms += 2000;
    work();
    assert_non_null(strstr(told, "2 not-sent pbx1 18: the link takes nothing more at the moment"));
}

static void
what_cannot_be_written_is_not_sent(void **state)
{
    (void)state;
    sending = LIVE_REFUSED;
    ask(1, "{\"request\":\"release\",\"device\":\"2001\"}");
    work();
    assert_string_equal(told, "1 not-sent pbx1 18: it cannot be written\n");
}

static void
one_message_a_call_and_all_that_can_wait_do(void **state)
{
    (void)state;
    uint64_t due_ms;
    for (uint64_t i = 0; i < CONTROL_OPEN_MAX; i++)
        ask(i, "{\"request\":\"release\",\"device\":\"2001\"}");
    for (uint64_t i = 0; i < CONTROL_OPEN_MAX; i++)
        assert_true(desk_work(desk, &due_ms));
    assert_false(desk_work(desk, &due_ms));
    told[0] = '\0';
    hear(0, "61 pbx1 < 0100 <ClearConnectionResponse/>\n");
    assert_string_equal(told, "83 granted pbx1 18: \n");
}

int
main(void)
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, close_all)
    const struct CMUnitTest tests[] = {
        PROMISE(release_clears_the_connection_of_the_last_call_on_its_own_behalf),
        PROMISE(drop_says_on_whose_behalf_and_clear_clears_the_call),
        PROMISE(an_avaya_gets_the_device_as_it_calls_it),
        PROMISE(a_refusal_has_the_words_of_the_switch),
        PROMISE(a_call_that_only_a_snapshot_showed_can_be_released),
        PROMISE(an_answer_to_something_else_is_not_ours),
        PROMISE(the_link_is_where_the_device_is_in_a_call),
        PROMISE(a_device_in_no_call_can_be_released_from_a_call_that_is_named),
        PROMISE(a_call_id_of_two_links_needs_the_link),
        PROMISE(a_device_in_calls_of_two_links_needs_the_link_or_the_call),
        PROMISE(links_to_one_switch_with_the_device_in_one_call_are_no_choice),
        PROMISE(links_to_two_switches_need_the_link_though_the_calls_have_one_id),
        PROMISE(whose_it_is_is_told_and_nothing_is_sent),
        PROMISE(what_nobody_here_knows_is_elsewhere),
        PROMISE(an_alias_finds_the_call_and_the_number_is_sent_as_asked),
        PROMISE(no_answer_within_request_timeout_is_said),
        PROMISE(a_lost_link_leaves_the_result_unknown),
        PROMISE(a_link_that_may_not_be_asked_says_why),
        PROMISE(a_full_link_is_tried_again_and_does_not_hold_up_another),
        PROMISE(what_cannot_be_written_is_not_sent),
        PROMISE(one_message_a_call_and_all_that_can_wait_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
