#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "tools/switch/simulator.h"
#include "tools/switch/write.h"

struct xml {
    const struct pbx *pbx;
    char *start, *at, *end;
};

static void
put(struct xml *xml, const char *text)
{
    size_t length = strlen(text);
    CHECK(length < (size_t)(xml->end - xml->at));
    memcpy(xml->at, text, length);
    xml->at += length;
}

static void
put_open(struct xml *xml, const char *name)
{
    put(xml, "<");
    put(xml, name);
    put(xml, ">");
}

static void
put_close(struct xml *xml, const char *name)
{
    put(xml, "</");
    put(xml, name);
    put(xml, ">");
}

static void
put_value(struct xml *xml, const char *name, const char *value)
{
    put_open(xml, name);
    put(xml, value);
    put_close(xml, name);
}

static void
put_number(struct xml *xml, const char *name, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    put_value(xml, name, digits);
}

static struct xml
xml_begin(char *out, const struct pbx *pbx, const char *root, const char *space)
{
    struct xml xml = {.pbx = pbx, .start = out, .at = out, .end = out + WRITE_MAX};
    put(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><");
    put(&xml, root);
    put(&xml, " xmlns=\"");
    put(&xml, space);
    if (*space == '\0') {
        static const char *const editions[] = {"ed3", "ed4", "ed5", "ed6"};
        put(&xml, "http://www.ecma-international.org/standards/ecma-323/csta/");
        put(&xml, editions[pbx->edition - 3]);
    }
    put(&xml, "\">");
    return xml;
}

static size_t
xml_end(struct xml *xml, const char *root)
{
    put_close(xml, root);
    return (size_t)(xml->at - xml->start);
}

/* Device texts as the switch family writes them. */
static void
put_device_text(struct xml *xml, const char *number, bool inside)
{
    if (xml->pbx->profile == PBX_OPENSCAPE) {
        put(xml, "N&lt;");
        put(xml, number);
        put(xml, "&gt;;displayNumber=");
        put(xml, number);
        put(xml, ";noa=nk");
        return;
    }
    put(xml, number);
    if (xml->pbx->profile == PBX_AVAYA && inside)
        put(xml, ":SWITCH:10.0.0.1:0");
}

static void
put_device(struct xml *xml, const char *element, const struct pbx_device *device)
{
    put_open(xml, element);
    if (device == NULL) {
        put(xml, "<notKnown/>");
    } else {
        put(xml, xml->pbx->profile == PBX_AVAYA ? "<deviceIdentifier typeOfNumber=\"other\">"
                                                : "<deviceIdentifier>");
        put_device_text(xml, device->number, device_is_inside(device));
        put(xml, "</deviceIdentifier>");
    }
    put_close(xml, element);
}

static void
put_dialled(struct xml *xml, const char *element, const char *number)
{
    put_open(xml, element);
    put(xml, "<deviceIdentifier>");
    put_device_text(xml, number, false);
    put(xml, "</deviceIdentifier>");
    put_close(xml, element);
}

static void
put_connection(struct xml *xml, const char *element, uint64_t serial,
               const struct pbx_device *device)
{
    put_open(xml, element);
    put_number(xml, "callID", serial);
    if (device != NULL) {
        put(xml, "<deviceID>");
        put_device_text(xml, device->number, device_is_inside(device));
        put(xml, "</deviceID>");
    }
    put_close(xml, element);
}

static void
put_sides(struct xml *xml, const struct telling *telling, bool with_redirection)
{
    put_device(xml, "callingDevice", telling->call->caller);
    put_dialled(xml, "calledDevice", telling->call->called);
    if (with_redirection && telling->redirected != NULL)
        put_device(xml, "lastRedirectionDevice", telling->redirected);
    else if (with_redirection)
        put(xml, "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>");
}

static void
put_join(struct xml *xml, const struct telling *telling, const char *second, const char *list)
{
    if (telling->secondary != 0)
        put_connection(xml, "secondaryOldCall", telling->secondary, telling->subject);
    put_device(xml, event_shapes[telling->event].subject, telling->subject);
    put_device(xml, second, telling->target);
    put_open(xml, list);
    for (uint32_t i = 0; i < telling->joined_count; i++) {
        const struct joined *joined = &telling->joined[i];
        put(xml, "<connectionListItem>");
        put_connection(xml, "newConnection", telling->result, joined->device);
        put_connection(xml, "oldConnection", joined->old_serial, joined->device);
        put(xml, "<endpoint><deviceID>");
        put_device_text(xml, joined->device->number, device_is_inside(joined->device));
        put(xml, "</deviceID></endpoint></connectionListItem>");
    }
    put_close(xml, list);
}

/* What stands between the event's own connection and localConnectionInfo. */
static void
put_body(struct xml *xml, const struct telling *telling)
{
    const char *subject = event_shapes[telling->event].subject;
    switch (telling->event) {
    case SAID_INITIATED:
    case SAID_HELD:
    case SAID_RETRIEVED:
        put_device(xml, subject, telling->subject);
        break;
    case SAID_ORIGINATED:
        put_device(xml, subject, telling->subject);
        put_dialled(xml, "calledDevice", telling->call->called);
        break;
    case SAID_DELIVERED:
    case SAID_ESTABLISHED:
    case SAID_QUEUED:
        put_device(xml, subject, telling->subject);
        put_sides(xml, telling, true);
        break;
    case SAID_DIVERTED:
        put_device(xml, subject, telling->subject);
        put_device(xml, "newDestination", telling->target);
        break;
    case SAID_FAILED:
        put_device(xml, subject, telling->subject);
        put_sides(xml, telling, false);
        break;
    case SAID_REACHED:
        put(xml, "<networkInterfaceUsed><notKnown/></networkInterfaceUsed>");
        put_sides(xml, telling, false);
        break;
    case SAID_CONFERENCED:
        put_join(xml, telling, "addedParty", "conferenceConnections");
        break;
    case SAID_TRANSFERRED:
        put_join(xml, telling, "transferredToDevice", "transferredConnections");
        break;
    case SAID_CLEARED:
        put_device(xml, subject, telling->named);
        break;
    case SAID_CALL_CLEARED:
    case SAID_NAMES:
        break;
    }
}

/* A Uni-tel writes causes as people do: Normal Clearing. */
static void
put_cause(struct xml *xml, const char *cause)
{
    char words[64];
    size_t length = 0;
    if (xml->pbx->profile != PBX_UNITEL) {
        put_value(xml, "cause", cause);
        return;
    }
    for (const char *at = cause; *at != '\0' && length + 2 < sizeof words; at++) {
        bool begins = at == cause || (*at >= 'A' && *at <= 'Z');
        if (begins && at != cause)
            words[length++] = ' ';
        words[length++] = begins && *at >= 'a' ? (char)(*at - 'a' + 'A') : *at;
    }
    words[length] = '\0';
    put_value(xml, "cause", words);
}

size_t
write_xml_event(char out[WRITE_MAX], const struct pbx *pbx, const struct event_copy *copy)
{
    const struct telling *telling = copy->telling;
    const struct event_shape *shape = &event_shapes[telling->event];
    struct xml xml = xml_begin(out, pbx, shape->root, "");
    bool is_join = telling->event == SAID_CONFERENCED || telling->event == SAID_TRANSFERRED;
    put_number(&xml, "monitorCrossRefID", copy->cross_ref);
    put_connection(&xml, shape->connection, is_join ? telling->primary : telling->call->serial,
                   telling->event == SAID_CALL_CLEARED ? NULL : telling->subject);
    put_body(&xml, telling);
    if (copy->state_name != NULL)
        put_value(&xml, "localConnectionInfo", copy->state_name);
    if (telling->cause != NULL)
        put_cause(&xml, telling->cause);
    return xml_end(&xml, shape->root);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void
put_device_item(struct xml *xml, const struct snapshot_item *item)
{
    put(xml, "<snapshotDeviceResponseInfo>");
    put_connection(xml, "connectionIdentifier", item->serial, item->device);
    put_device(xml, "endpointDevice", item->device);
    put(xml, "<localCallState><compoundCallState>");
    put_value(xml, "localConnectionState", state_name(item->state));
    put(xml, "</compoundCallState></localCallState></snapshotDeviceResponseInfo>");
}

static void
put_call_item(struct xml *xml, const struct snapshot_item *item)
{
    put(xml, "<snapshotCallResponseInfo>");
    put_device(xml, "deviceOnCall", item->device);
    put_connection(xml, "callIdentifier", item->serial, item->device);
    put_value(xml, "localConnectionInfo", state_name(item->state));
    put(xml, "</snapshotCallResponseInfo>");
}

static void
put_snapshot_data(struct xml *xml, const struct answer *answer)
{
    put(xml, "<snapshotData>");
    for (uint32_t i = 0; i < answer->item_count; i++) {
        if (answer->by_call)
            put_call_item(xml, &answer->items[i]);
        else
            put_device_item(xml, &answer->items[i]);
    }
    put(xml, "</snapshotData>");
}

static void
put_snapshot(struct xml *xml, const struct answer *answer)
{
    put(xml, "<crossRefIDorSnapshotData>");
    if (answer->is_segmented)
        put_number(xml, "serviceCrossRefID", answer->cross_ref);
    else
        put_snapshot_data(xml, answer);
    put(xml, "</crossRefIDorSnapshotData>");
}

static void
put_segment(struct xml *xml, const struct answer *answer)
{
    put_number(xml, "serviceCrossRefID", answer->cross_ref);
    put_number(xml, "segmentID", answer->segment);
    put_value(xml, "lastSegment", answer->is_last ? "true" : "false");
    put_snapshot_data(xml, answer);
}

static void
put_refusal(struct xml *xml, enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_OBJECT:
        put_value(xml, "operation", "invalidDeviceID");
        break;
    case REFUSAL_CALL:
        put_value(xml, "operation", "invalidCallID");
        break;
    case REFUSAL_CONNECTION:
        put_value(xml, "stateIncompatibility", "noConnectionToClear");
        break;
    case REFUSAL_STATE:
        put_value(xml, "stateIncompatibility", "generic");
        break;
    case REFUSAL_LIMIT:
        put_value(xml, "subscribedResourceAvailability", "objectMonitorLimitExceeded");
        break;
    case REFUSAL_BUSY:
        put_value(xml, "systemResourceAvailibility", "resourceBusy");
        break;
    case REFUSAL_SECURITY:
        put_value(xml, "security", "securityViolation");
        break;
    }
}

static const char *
status_word(enum system_status status)
{
    static const char *const words[] = {[STATUS_ABSENT] = "normal",
                                        [STATUS_INITIALIZING] = "initializing",
                                        [STATUS_ENABLED] = "enabled",
                                        [STATUS_NORMAL] = "normal",
                                        [STATUS_MESSAGES_LOST] = "messagesLost",
                                        [STATUS_DISABLED] = "disabled",
                                        [STATUS_PARTIAL_OVERLOAD] = "overloadReached"};
    return words[status];
}

static void
put_answer(struct xml *xml, const struct answer *answer)
{
    switch (answer->kind) {
    case ANSWER_MONITOR_START:
        put_number(xml, "monitorCrossRefID", answer->cross_ref);
        put_value(xml, "monitorExistingCalls", answer->existing ? "true" : "false");
        break;
    case ANSWER_SNAPSHOT_DEVICE:
    case ANSWER_SNAPSHOT_CALL:
        put_snapshot(xml, answer);
        break;
    case ANSWER_REQUEST_SYSTEM_STATUS:
    case ASK_SYSTEM_STATUS:
        put_value(xml, "systemStatus", status_word(answer->status));
        break;
    case ANSWER_SYSTEM_REGISTER:
        put_number(xml, "sysStatRegisterID", answer->cross_ref);
        break;
    case ANSWER_SESSION_START:
        put_number(xml, "sessionID", answer->cross_ref);
        put(xml, "<actualProtocolVersion>http://www.ecma-international.org/standards/ecma-323/"
                 "csta/ed3</actualProtocolVersion>");
        put_number(xml, "actualSessionDuration", answer->seconds);
        break;
    case ANSWER_SESSION_REFUSED:
        put(xml, "<errorCode><definedError>invalidApplicationInfo</definedError></errorCode>");
        break;
    case ANSWER_SESSION_TIMER:
        put_number(xml, "actualSessionDuration", answer->seconds);
        break;
    case SAY_SESSION_ENDED:
        put_number(xml, "sessionID", answer->cross_ref);
        put(xml, "<sessionTermReason><definedTermReason>sessionTimerExpired</definedTermReason>"
                 "</sessionTermReason>");
        break;
    case ANSWER_DEVICE_ID:
        put(xml, "<device typeOfNumber=\"other\" mediaClass=\"voice\">");
        CHECK(answer->device.length < PBX_NUMBER_SIZE);
        memcpy(xml->at, answer->device.at, answer->device.length);
        xml->at += answer->device.length;
        put(xml, xml->pbx->simulator->options.device_ids ? PBX_ASKED_ID "</device>"
                                                         : ":SWITCH::0</device>");
        break;
    case ANSWER_REFUSAL:
        put_refusal(xml, answer->refusal);
        break;
    case ASK_MONITOR_STOP:
        put_number(xml, "monitorCrossRefID", answer->cross_ref);
        break;
    case ASK_SNAPSHOT_DATA:
        put_segment(xml, answer);
        break;
    case ANSWER_MONITOR_STOP:
    case ANSWER_CLEAR_CONNECTION:
    case ANSWER_CLEAR_CALL:
    case ANSWER_SYSTEM_STATUS:
    case ANSWER_SESSION_STOP:
    case ACSE_ACCEPT:
    case ACSE_REFUSE:
    case ACSE_RELEASED:
    case ACSE_ABORT:
        break;
    }
}

#define SESSION_SPACE "http://www.ecma-international.org/standards/ecma-354/appl_session"
#define AVAYA_SPACE   "http://www.avaya.com/csta"

size_t
write_xml_answer(char out[WRITE_MAX], const struct pbx *pbx, const struct answer *answer)
{
    static const struct {
        const char *root, *space;
    } roots[] = {
        [ANSWER_MONITOR_START] = {"MonitorStartResponse", ""},
        [ANSWER_MONITOR_STOP] = {"MonitorStopResponse", ""},
        [ANSWER_CLEAR_CONNECTION] = {"ClearConnectionResponse", ""},
        [ANSWER_CLEAR_CALL] = {"ClearCallResponse", ""},
        [ANSWER_SNAPSHOT_DEVICE] = {"SnapshotDeviceResponse", ""},
        [ANSWER_SNAPSHOT_CALL] = {"SnapshotCallResponse", ""},
        [ANSWER_SYSTEM_STATUS] = {"SystemStatusResponse", ""},
        [ANSWER_REQUEST_SYSTEM_STATUS] = {"RequestSystemStatusResponse", ""},
        [ANSWER_SYSTEM_REGISTER] = {"SystemRegisterResponse", ""},
        [ANSWER_SESSION_START] = {"StartApplicationSessionPosResponse", SESSION_SPACE},
        [ANSWER_SESSION_REFUSED] = {"StartApplicationSessionNegResponse", SESSION_SPACE},
        [ANSWER_SESSION_TIMER] = {"ResetApplicationSessionTimerPosResponse", SESSION_SPACE},
        [ANSWER_SESSION_STOP] = {"StopApplicationSessionPosResponse", SESSION_SPACE},
        [ANSWER_DEVICE_ID] = {"GetThirdPartyDeviceIdResponse", AVAYA_SPACE},
        [ANSWER_REFUSAL] = {"CSTAErrorCode", ""},
        [ASK_SYSTEM_STATUS] = {"SystemStatus", ""},
        [ASK_MONITOR_STOP] = {"MonitorStop", ""},
        [SAY_SESSION_ENDED] = {"ApplicationSessionTerminated", SESSION_SPACE},
        [ACSE_ABORT] = {NULL, NULL},
    };
    const char *root = roots[answer->kind].root, *space = roots[answer->kind].space;
    if (answer->kind == ASK_SNAPSHOT_DATA) {
        root = answer->by_call ? "SnapshotCallData" : "SnapshotDeviceData";
        space = "";
    }
    if (root == NULL)
        return 0;
    struct xml xml = xml_begin(out, pbx, root, space);
    put_answer(&xml, answer);
    return xml_end(&xml, root);
}
