/* What the decoder promises of call-control events, and of every document whatever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/xml_fixture.h"

/* The fields each event has of its own: root, kind, subject connection, subject device. */
static const struct own {
    const char *root;
    uint8_t kind;
    const char *connection;
    const char *device;
} owns[] = {
    {"BridgedEvent", EVENT_BRIDGED, "bridgedConnection", "bridgedAppearance"},
    {"CallClearedEvent", EVENT_CALL_CLEARED, "clearedCall", NULL},
    {"ConferencedEvent", EVENT_CONFERENCED, "primaryOldCall", "conferencingDevice"},
    {"ConnectionClearedEvent", EVENT_CONNECTION_CLEARED, "droppedConnection", NULL},
    {"DeliveredEvent", EVENT_DELIVERED, "connection", "alertingDevice"},
    {"DigitsDialedEvent", EVENT_DIGITS_DIALED, "dialingConnection", "dialingDevice"},
    {"DivertedEvent", EVENT_DIVERTED, "connection", "divertingDevice"},
    {"EstablishedEvent", EVENT_ESTABLISHED, "establishedConnection", "answeringDevice"},
    {"FailedEvent", EVENT_FAILED, "failedConnection", "failingDevice"},
    {"HeldEvent", EVENT_HELD, "heldConnection", "holdingDevice"},
    {"NetworkCapabilitiesChangedEvent", EVENT_NETWORK_CAPABILITIES_CHANGED, "outboundConnection",
     "networkInterfaceUsed"},
    {"NetworkReachedEvent", EVENT_NETWORK_REACHED, "outboundConnection", "networkInterfaceUsed"},
    {"OfferedEvent", EVENT_OFFERED, "offeredConnection", "offeredDevice"},
    {"OriginatedEvent", EVENT_ORIGINATED, "originatedConnection", "callingDevice"},
    {"QueuedEvent", EVENT_QUEUED, "queuedConnection", "queue"},
    {"RetrievedEvent", EVENT_RETRIEVED, "retrievedConnection", "retrievingDevice"},
    {"ServiceInitiatedEvent", EVENT_SERVICE_INITIATED, "initiatedConnection", "initiatingDevice"},
    {"TransferedEvent", EVENT_TRANSFERRED, "primaryOldCall", "transferringDevice"},
    {"TransferredEvent", EVENT_TRANSFERRED, "primaryOldCall", "transferringDevice"},
};

enum { OWN_COUNT = sizeof(owns) / sizeof(owns[0]) };

static void
field(char *document, size_t size, const char *name, const char *inside)
{
    size_t used = strlen(document);
    snprintf(document + used, size - used, "<%s>%s</%s>", name, inside, name);
}

static void
check_own(const struct own *own)
{
    assert_int_equal(message.event.kind, own->kind);
    CLASS_IS(CALL_EVENT);
    IS(message.cross_ref, "77");
    HAS(CALL, "4711");
    HAS(DEVICE, "2001");
    HAS(SUBJECT, own->device == NULL ? "" : "2002");
    HAS(RELEASING, "");
    assert_int_equal(message.event.cause, 48);
    assert_int_equal(message.event.local_state, LOCAL_HOLD);
    assert_int_equal(message.event.item_count, 0);
    assert_int_equal(message.event.flags, 0);
}

static void
each_call_event_gives_its_connection_and_its_device(void **state)
{
    (void)state;
    for (int i = 0; i < OWN_COUNT; i++) {
        char inside[1024] = "", document[2048] = "";
        field(inside, sizeof(inside), "monitorCrossRefID", "77");
        field(inside, sizeof(inside), owns[i].connection,
              "<callID>4711</callID><deviceID>2001</deviceID>");
        if (owns[i].device != NULL)
            field(inside, sizeof(inside), owns[i].device,
                  "<deviceIdentifier>2002</deviceIdentifier>");
        field(inside, sizeof(inside), "localConnectionInfo", "hold");
        field(inside, sizeof(inside), "cause", "normalClearing");
        field(document, sizeof(document), owns[i].root, inside);
        DECODES(document);
        check_own(&owns[i]);
    }
}

static void
fields_may_come_in_any_order_with_strangers_between(void **state)
{
    (void)state;
    for (int i = 0; i < OWN_COUNT; i++) {
        char inside[1024] = "", document[2048] = "";
        field(inside, sizeof(inside), "cause", "normalClearing");
        field(inside, sizeof(inside), "extensions", "<cause>busy</cause><callID>1</callID>");
        if (owns[i].device != NULL)
            field(inside, sizeof(inside), owns[i].device,
                  "<x/><deviceIdentifier>2002</deviceIdentifier>");
        field(inside, sizeof(inside), "localConnectionInfo", "hold");
        field(inside, sizeof(inside), owns[i].connection,
              "<deviceID>2001</deviceID><!-- --><callID>4711</callID>");
        field(inside, sizeof(inside), "monitorCrossRefID", "77");
        field(document, sizeof(document), owns[i].root, inside);
        DECODES(document);
        check_own(&owns[i]);
    }
}

static void
every_event_needs_a_call_id(void **state)
{
    (void)state;
    for (int i = 0; i < OWN_COUNT; i++) {
        char inside[256] = "", document[1024] = "";
        field(inside, sizeof(inside), owns[i].connection, "<deviceID>2001</deviceID><callID/>");
        field(document, sizeof(document), owns[i].root, inside);
        UNUSABLE(document);
        snprintf(document, sizeof(document), "<%s/>", owns[i].root);
        UNUSABLE(document);
    }
}

static void
any_prefix_and_namespace_will_do(void **state)
{
    (void)state;
    DECODES("<csta:HeldEvent xmlns:csta='http://www.ecma.ch/standards/ecma-323/csta/ed2'>"
            "<csta:monitorCrossRefID>1</csta:monitorCrossRefID><csta:heldConnection>"
            "<x:callID xmlns:x='y'>2</x:callID></csta:heldConnection><cause>normal</cause>"
            "</csta:HeldEvent>");
    KIND_IS(HELD);
    HAS(CALL, "2");
    IS(message.cross_ref, "1");
    assert_int_equal(message.event.cause, 78);
}

#define CLEARED(inside)                                                                            \
    "<ConnectionClearedEvent><droppedConnection><callID>1</callID></droppedConnection>" inside     \
    "</ConnectionClearedEvent>"

static void
a_device_counts_only_when_it_is_said(void **state)
{
    (void)state;
    DECODES(CLEARED("<releasingDevice><deviceIdentifier typeOfNumber='other'> N&lt;20&gt;;n=1\n"
                    "</deviceIdentifier></releasingDevice>"));
    HAS(RELEASING, "N<20>;n=1");
    DECODES(CLEARED("<releasingDevice>2001</releasingDevice>"));
    HAS(RELEASING, "2001");
    static const char *const none[] = {
        CLEARED("<releasingDevice><notKnown/></releasingDevice>"),
        CLEARED("<releasingDevice><restricted/></releasingDevice>"),
        CLEARED("<releasingDevice><notRequired/></releasingDevice>"),
        CLEARED("<releasingDevice><notSpecified/></releasingDevice>"),
        CLEARED("<releasingDevice><numberDialed>1</numberDialed></releasingDevice>"),
        CLEARED("<releasingDevice><deviceIdentifier/></releasingDevice>"),
        CLEARED("<releasingDevice><deviceIdentifier> </deviceIdentifier></releasingDevice>"),
        CLEARED("<releasingDevice>20<notKnown/>01</releasingDevice>"),
        CLEARED("<releasingDevice/>"),
        CLEARED("<x><releasingDevice>2001</releasingDevice></x>"),
        CLEARED(""),
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        DECODES(none[i]);
        HAS(RELEASING, "");
    }
}

static void
the_first_of_repeated_fields_counts(void **state)
{
    (void)state;
    DECODES(CLEARED("<releasingDevice>1</releasingDevice><releasingDevice>2</releasingDevice>"
                    "<cause>busy</cause><cause>normal</cause>"
                    "<localConnectionInfo>null</localConnectionInfo>"
                    "<localConnectionInfo>fail</localConnectionInfo>"));
    HAS(RELEASING, "1");
    assert_int_equal(message.event.cause, 3);
    assert_int_equal(message.event.local_state, LOCAL_NULL);
}

static void
what_is_not_said_is_absent(void **state)
{
    (void)state;
    memset(&message, 0x5a, sizeof(message));
    DECODES(CLEARED(""));
    HAS(CALL, "1");
    for (int i = EVENT_TEXT_CALL + 1; i < EVENT_TEXT_COUNT; i++)
        assert_true(text_is_none(message.event.texts[i]));
    assert_int_equal(message.event.cause, 0);
    assert_int_equal(message.event.local_state, LOCAL_ABSENT);
    assert_true(text_is_none(message.cross_ref) && text_is_none(message.object));
    assert_false(message.whole || message.monitors_calls || message.object_is_call);
    assert_int_equal(message.status, STATUS_ABSENT);
}

static void
every_party_of_a_delivered_call_is_given(void **state)
{
    (void)state;
    DECODES("<DeliveredEvent><connection><callID>1</callID></connection>"
            "<callingDevice><deviceIdentifier>a</deviceIdentifier></callingDevice>"
            "<calledDevice><deviceIdentifier>b</deviceIdentifier></calledDevice>"
            "<lastRedirectionDevice><deviceIdentifier>c</deviceIdentifier></lastRedirectionDevice>"
            "<originatingNIDConnection><callID>9</callID><deviceID>d</deviceID>"
            "</originatingNIDConnection>"
            "<networkCallingDevice><deviceIdentifier>e</deviceIdentifier></networkCallingDevice>"
            "<networkCalledDevice><deviceIdentifier>f</deviceIdentifier></networkCalledDevice>"
            "<associatedCallingDevice><deviceIdentifier>g</deviceIdentifier>"
            "</associatedCallingDevice>"
            "<associatedCalledDevice><deviceIdentifier>h</deviceIdentifier>"
            "</associatedCalledDevice>"
            "<callLinkageData><globalCallData><globalCallSwitchingSubDomainName>n"
            "</globalCallSwitchingSubDomainName><globalCallLinkageID>"
            "<globallyUniqueCallLinkageID>i</globallyUniqueCallLinkageID></globalCallLinkageID>"
            "</globalCallData><threadData><threadLinkageID><globallyUniqueThreadID>x"
            "</globallyUniqueThreadID></threadLinkageID></threadData></callLinkageData>"
            "</DeliveredEvent>");
    HAS(CALL, "1");
    HAS(CALLING, "a");
    HAS(CALLED, "b");
    HAS(LAST_REDIRECTION, "c");
    HAS(NETWORK_DEVICE, "d");
    HAS(NETWORK_CALLING, "e");
    HAS(NETWORK_CALLED, "f");
    HAS(ASSOCIATED_CALLING, "g");
    HAS(ASSOCIATED_CALLED, "h");
    HAS(LINKAGE, "i");
    HAS(SECOND_CALL, "");
}

static void
the_network_connection_is_found_under_both_spellings(void **state)
{
    (void)state;
    DECODES("<EstablishedEvent><establishedConnection><callID>1</callID></establishedConnection>"
            "<originatinNIDConnection><deviceID>d</deviceID></originatinNIDConnection>"
            "</EstablishedEvent>");
    HAS(NETWORK_DEVICE, "d");
    DECODES("<EstablishedEvent><establishedConnection><callID>1</callID></establishedConnection>"
            "<originatingNIDConnection><deviceID>e</deviceID></originatingNIDConnection>"
            "</EstablishedEvent>");
    HAS(NETWORK_DEVICE, "e");
}

static void
originated_names_its_caller_as_subject_too(void **state)
{
    (void)state;
    DECODES("<OriginatedEvent><originatedConnection><callID>1</callID></originatedConnection>"
            "<callingDevice><deviceIdentifier>a</deviceIdentifier></callingDevice>"
            "<originatingDevice>z</originatingDevice></OriginatedEvent>");
    HAS(SUBJECT, "a");
    HAS(CALLING, "a");
    DECODES("<OriginatedEvent><originatedConnection><callID>1</callID></originatedConnection>"
            "<callingDevice><notKnown/></callingDevice></OriginatedEvent>");
    HAS(SUBJECT, "");
}

static void
failed_takes_an_originated_connection_only_for_want_of_its_own(void **state)
{
    (void)state;
    DECODES("<FailedEvent><originatedConnection><callID>1</callID><deviceID>a</deviceID>"
            "</originatedConnection></FailedEvent>");
    HAS(CALL, "1");
    HAS(DEVICE, "a");
    HAS(SECOND_CALL, "");
    HAS(SECOND_DEVICE, "");
    DECODES("<FailedEvent><originatedConnection><callID>1</callID><deviceID>a</deviceID>"
            "</originatedConnection><failedConnection><callID>2</callID></failedConnection>"
            "</FailedEvent>");
    HAS(CALL, "2");
    HAS(DEVICE, "");
    HAS(SECOND_CALL, "");
    UNUSABLE("<FailedEvent><failedConnection><deviceID>b</deviceID></failedConnection>"
             "<originatedConnection><callID>1</callID></originatedConnection></FailedEvent>");
}

static void
a_diversion_names_where_to(void **state)
{
    (void)state;
    DECODES("<DivertedEvent><connection><callID>1</callID></connection><divertingDevice>"
            "<deviceIdentifier>a</deviceIdentifier></divertingDevice><newDestination>"
            "<deviceIdentifier>b</deviceIdentifier></newDestination></DivertedEvent>");
    HAS(SUBJECT, "a");
    HAS(NEW_DESTINATION, "b");
}

static void
only_the_subject_connections_device_can_be_dynamic(void **state)
{
    (void)state;
    DECODES("<HeldEvent><heldConnection><callID>1</callID><deviceID typeOfNumber='dynamic'>9"
            "</deviceID></heldConnection></HeldEvent>");
    assert_int_equal(message.event.flags, EVENT_DEVICE_DYNAMIC);
    DECODES("<HeldEvent><heldConnection><callID>1</callID><deviceID typeOfNumber='dialingNumber'>9"
            "</deviceID></heldConnection></HeldEvent>");
    assert_int_equal(message.event.flags, 0);
    DECODES("<HeldEvent><heldConnection><callID>1</callID><deviceID>9</deviceID>"
            "<deviceID typeOfNumber='dynamic'>8</deviceID></heldConnection></HeldEvent>");
    assert_int_equal(message.event.flags, 0);
    DECODES("<TransferedEvent><primaryOldCall><callID>1</callID></primaryOldCall>"
            "<secondaryOldCall><deviceID typeOfNumber='dynamic'>9</deviceID></secondaryOldCall>"
            "</TransferedEvent>");
    assert_int_equal(message.event.flags, 0);
}

static const char transfer[] =
    "<TransferedEvent><monitorCrossRefID>7</monitorCrossRefID>"
    "<primaryOldCall><callID>p</callID><deviceID>B</deviceID></primaryOldCall>"
    "<secondaryOldCall><deviceID>B2</deviceID><callID>s</callID></secondaryOldCall>"
    "<transferringDevice><deviceIdentifier>B</deviceIdentifier></transferringDevice>"
    "<transferredToDevice><deviceIdentifier>C</deviceIdentifier></transferredToDevice>"
    "<transferredConnections>"
    "<connectionListItem><oldConnection><callID>p</callID><deviceID>A</deviceID></oldConnection>"
    "<endpoint><deviceID>A1</deviceID></endpoint></connectionListItem>"
    "<connectionListItem><newConnection><callID>n</callID><deviceID>C</deviceID></newConnection>"
    "<oldConnection><callID>s</callID><deviceID>C0</deviceID></oldConnection>"
    "<endpoint><notKnown/></endpoint></connectionListItem>"
    "<connectionListItem><endpoint><restricted/></endpoint></connectionListItem>"
    "<connectionListItem><newConnection><callID>m</callID></newConnection></connectionListItem>"
    "</transferredConnections><localConnectionInfo>null</localConnectionInfo>"
    "<cause>transfer</cause></TransferedEvent>";

static void
a_transfer_gives_both_calls_and_its_list(void **state)
{
    (void)state;
    DECODES(transfer);
    KIND_IS(TRANSFERRED);
    HAS(CALL, "p");
    HAS(DEVICE, "B");
    HAS(SECOND_CALL, "s");
    HAS(SECOND_DEVICE, "B2");
    HAS(SUBJECT, "B");
    HAS(NEW_DESTINATION, "C");
    HAS(NEW_CALL, "n");
    const struct event_item *items = message.event.items;
    assert_int_equal(message.event.item_count, 3); /* the one that says nothing is left out */
    IS(items[0].new_call, "");
    IS(items[0].old_call, "p");
    IS(items[0].old_device, "A");
    IS(items[0].endpoint, "A1");
    IS(items[1].new_call, "n");
    IS(items[1].new_device, "C");
    IS(items[1].old_call, "s");
    IS(items[1].old_device, "C0");
    IS(items[1].endpoint, "");
    IS(items[2].new_call, "m");
    assert_int_equal(items[0].state, LOCAL_ABSENT);
}

static void
a_conference_gives_both_calls_and_its_list(void **state)
{
    (void)state;
    DECODES("<ConferencedEvent><primaryOldCall><callID>p</callID></primaryOldCall>"
            "<conferencingDevice><deviceIdentifier>A</deviceIdentifier></conferencingDevice>"
            "<addedParty><deviceIdentifier>C</deviceIdentifier></addedParty>"
            "<conferenceConnections><connectionListItem><newConnection><deviceID>A</deviceID>"
            "<callID>n</callID></newConnection></connectionListItem></conferenceConnections>"
            "</ConferencedEvent>");
    KIND_IS(CONFERENCED);
    HAS(CALL, "p");
    HAS(SECOND_CALL, "");
    HAS(SUBJECT, "A");
    HAS(NEW_DESTINATION, "C");
    HAS(NEW_CALL, "n");
    assert_int_equal(message.event.item_count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_event_gives_its_connection_and_its_device),
        cmocka_unit_test(fields_may_come_in_any_order_with_strangers_between),
        cmocka_unit_test(every_event_needs_a_call_id),
        cmocka_unit_test(any_prefix_and_namespace_will_do),
        cmocka_unit_test(a_device_counts_only_when_it_is_said),
        cmocka_unit_test(the_first_of_repeated_fields_counts),
        cmocka_unit_test(what_is_not_said_is_absent),
        cmocka_unit_test(every_party_of_a_delivered_call_is_given),
        cmocka_unit_test(the_network_connection_is_found_under_both_spellings),
        cmocka_unit_test(originated_names_its_caller_as_subject_too),
        cmocka_unit_test(failed_takes_an_originated_connection_only_for_want_of_its_own),
        cmocka_unit_test(a_diversion_names_where_to),
        cmocka_unit_test(only_the_subject_connections_device_can_be_dynamic),
        cmocka_unit_test(a_transfer_gives_both_calls_and_its_list),
        cmocka_unit_test(a_conference_gives_both_calls_and_its_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
