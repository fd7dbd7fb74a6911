#include "engine/csta/xml_encode.h"

#include <string.h>

#include "base/check.h"

/* A document being written. Once something failed, nothing is added any more. */
struct xml_writer {
    char *bytes;
    size_t capacity, used;
    enum encode_result result;
    const char *why;
};

static void
fail(struct xml_writer *xml, enum encode_result result, const char *why)
{
    if (xml->result != ENCODE_OK)
        return;
    xml->result = result;
    xml->why = why;
}

static void
put(struct xml_writer *xml, struct text text)
{
    if (xml->result != ENCODE_OK)
        return;
    if (text.length > xml->capacity - xml->used) {
        fail(xml, ENCODE_NO_ROOM, "the message is longer than the buffer");
        return;
    }
    memcpy(xml->bytes + xml->used, text.at, text.length);
    xml->used += text.length;
}

#define PUT(xml, literal) put((xml), TEXT(literal))

/* For contents and for values in double quotes alike. */
static void
put_escaped(struct xml_writer *xml, struct text text)
{
    if (!outgoing_text_is_sound(text)) {
        fail(xml, ENCODE_BAD_TEXT, "a text is too long, not UTF-8, or has control characters");
        return;
    }
    for (uint32_t i = 0; i < text.length; i++) {
        switch (text.at[i]) {
        case '<':
            PUT(xml, "&lt;");
            break;
        case '>':
            PUT(xml, "&gt;");
            break;
        case '&':
            PUT(xml, "&amp;");
            break;
        case '"':
            PUT(xml, "&quot;");
            break;
        default:
            put(xml, (struct text){text.at + i, 1});
            break;
        }
    }
}

static void
put_open(struct xml_writer *xml, const char *name)
{
    PUT(xml, "<");
    put(xml, text_of(name));
    PUT(xml, ">");
}

static void
put_close(struct xml_writer *xml, const char *name)
{
    PUT(xml, "</");
    put(xml, text_of(name));
    PUT(xml, ">");
}

static void
put_element(struct xml_writer *xml, const char *name, struct text value)
{
    put_open(xml, name);
    put_escaped(xml, value);
    put_close(xml, name);
}

static void
put_optional(struct xml_writer *xml, const char *name, struct text value)
{
    if (!text_is_none(value))
        put_element(xml, name, value);
}

static void
put_required(struct xml_writer *xml, const char *name, struct text value, const char *why)
{
    if (text_is_none(value))
        fail(xml, ENCODE_MISSING, why);
    put_element(xml, name, value);
}

static void
put_number(struct xml_writer *xml, const char *name, uint32_t number)
{
    char digits[10];
    uint32_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put_element(xml, name, (struct text){digits + first, (uint32_t)sizeof(digits) - first});
}

static void
put_device(struct xml_writer *xml, const char *name, const struct outgoing *message)
{
    PUT(xml, "<");
    put(xml, text_of(name));
    if (message->device_is_other)
        PUT(xml, " typeOfNumber=\"other\"");
    else if (message->device_is_dynamic)
        PUT(xml, " typeOfNumber=\"dynamic\"");
    PUT(xml, ">");
    put_escaped(xml, message->device);
    put_close(xml, name);
}

static void
put_connection(struct xml_writer *xml, const char *name, const struct outgoing *message)
{
    put_open(xml, name);
    if (text_is_none(message->call))
        fail(xml, ENCODE_MISSING, "a connection needs its callID");
    put_element(xml, "callID", message->call);
    if (!text_is_none(message->device))
        put_device(xml, "deviceID", message);
    put_close(xml, name);
}

/* Which device: one that only a connection can have is none. */
static void
put_device_object(struct xml_writer *xml, const char *name, const struct outgoing *message)
{
    if (text_is_none(message->device) || message->device_is_dynamic)
        fail(xml, ENCODE_MISSING, "the message needs a device");
    put_device(xml, name, message);
}

static void
put_filter(struct xml_writer *xml)
{
    PUT(xml, "<requestedMonitorFilter>");
#define GROUP(name) PUT(xml, "<" name ">");
#define EVENT(name) PUT(xml, "<" name ">true</" name ">");
#define END(name)   PUT(xml, "</" name ">");
#include "engine/csta/xml_filter.def"
#undef GROUP
#undef EVENT
#undef END
    PUT(xml, "</requestedMonitorFilter>");
}

static void
put_monitor_start(struct xml_writer *xml, const struct outgoing *message)
{
    PUT(xml, "<monitorObject>");
    if (text_is_none(message->call))
        put_device_object(xml, "deviceObject", message);
    else
        put_connection(xml, "callObject", message);
    PUT(xml, "</monitorObject>");
    if (message->is_filtered)
        put_filter(xml);
    put_element(xml, "monitorType", message->monitors_calls ? TEXT("call") : TEXT("device"));
}

static void
put_status(struct xml_writer *xml, enum system_status status)
{
    struct text word = TEXT_NONE;
    switch (status) {
    case STATUS_INITIALIZING:
        word = TEXT("initializing");
        break;
    case STATUS_ENABLED:
        word = TEXT("enabled");
        break;
    case STATUS_NORMAL:
        word = TEXT("normal");
        break;
    case STATUS_MESSAGES_LOST:
        word = TEXT("messagesLost");
        break;
    case STATUS_DISABLED:
        word = TEXT("disabled");
        break;
    case STATUS_PARTIAL_OVERLOAD: /* of its kinds the one that asks for fewer requests */
        word = TEXT("overloadReached");
        break;
    case STATUS_RELIEVED:
        word = TEXT("overloadRelieved");
        break;
    case STATUS_ABSENT:
        break;
    }
    put_required(xml, "systemStatus", word, "the message needs a system status");
}

static void
put_session_start(struct xml_writer *xml, const struct outgoing *message)
{
    PUT(xml, "<applicationInfo>");
    put_required(xml, "applicationID", message->application, "a session needs an applicationID");
    if (!text_is_none(message->user)) {
        PUT(xml, "<applicationSpecificInfo><ns1:SessionLoginInfo xsi:type=\"ns1:SessionLoginInfo\""
                 " xmlns:ns1=\"http://www.avaya.com/csta\""
                 " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">");
        put_element(xml, "ns1:userName", message->user);
        put_element(xml, "ns1:password", message->password);
        PUT(xml, "</ns1:SessionLoginInfo></applicationSpecificInfo>");
    }
    PUT(xml, "</applicationInfo><requestedProtocolVersions>");
    put_required(xml, "protocolVersion", message->version, "a session needs a protocol version");
    PUT(xml, "</requestedProtocolVersions>");
    if (message->session_seconds != 0)
        put_number(xml, "requestedSessionDuration", message->session_seconds);
}

static void
put_session(struct xml_writer *xml, const struct outgoing *message)
{
    put_required(xml, "sessionID", message->session, "the message needs a sessionID");
    if (message->kind == OUTGOING_SESSION_RESET_TIMER && message->session_seconds != 0)
        put_number(xml, "requestedSessionDuration", message->session_seconds);
    if (message->kind == OUTGOING_SESSION_STOP)
        PUT(xml, "<sessionEndReason><appEndReason>stopped</appEndReason></sessionEndReason>");
}

static void
put_fields(struct xml_writer *xml, const struct outgoing *message)
{
    switch (message->kind) {
    case OUTGOING_MONITOR_START:
        put_monitor_start(xml, message);
        break;
    case OUTGOING_MONITOR_STOP:
        put_required(xml, "monitorCrossRefID", message->cross_ref,
                     "the message needs a monitorCrossRefID");
        break;
    case OUTGOING_CLEAR_CONNECTION:
        if (text_is_none(message->device))
            fail(xml, ENCODE_MISSING, "the connection needs its device");
        put_connection(xml, "connectionToBeCleared", message);
        break;
    case OUTGOING_CLEAR_CALL:
        put_connection(xml, "callToBeCleared", message);
        break;
    case OUTGOING_SNAPSHOT_DEVICE:
        put_device_object(xml, "snapshotObject", message);
        break;
    case OUTGOING_SNAPSHOT_CALL:
        put_connection(xml, "snapshotObject", message);
        break;
    case OUTGOING_SYSTEM_STATUS:
        put_optional(xml, "sysStatRegisterID", message->register_id);
        put_status(xml, message->status);
        break;
    case OUTGOING_REQUEST_SYSTEM_STATUS:
        put_optional(xml, "sysStatRegisterID", message->register_id);
        break;
    case OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE:
        put_status(xml, message->status);
        break;
    case OUTGOING_SYSTEM_REGISTER:
        PUT(xml, "<requestTypes><systemStatus>true</systemStatus></requestTypes>");
        break;
    case OUTGOING_SYSTEM_REGISTER_RESPONSE:
        put_required(xml, "sysStatRegisterID", message->register_id,
                     "the message needs a sysStatRegisterID");
        break;
    case OUTGOING_SESSION_START:
        put_session_start(xml, message);
        break;
    case OUTGOING_SESSION_RESET_TIMER:
    case OUTGOING_SESSION_STOP:
        put_session(xml, message);
        break;
    case OUTGOING_GET_DEVICE_ID:
        put_required(xml, "switchName", message->switch_name,
                     "a device's identifier is asked for by switch-name");
        put_required(xml, "extension", message->device, "the message needs a device");
        break;
    case OUTGOING_MONITOR_STOP_RESPONSE:
    case OUTGOING_SYSTEM_STATUS_RESPONSE:
        break;
    case OUTGOING_ASSOCIATE:
    case OUTGOING_RELEASE:
    case OUTGOING_RELEASE_RESPONSE:
    case OUTGOING_ABORT:
    case OUTGOING_KIND_COUNT:
        fail(xml, ENCODE_UNKNOWN, "CSTA XML has no such message");
        break;
    }
}

static struct text
space_of(enum outgoing_kind kind, const struct xml_namespaces *namespaces)
{
    if (kind == OUTGOING_GET_DEVICE_ID)
        return TEXT("http://www.avaya.com/csta");
    bool is_of_session = kind == OUTGOING_SESSION_START || kind == OUTGOING_SESSION_RESET_TIMER ||
                         kind == OUTGOING_SESSION_STOP;
    return is_of_session ? namespaces->session : namespaces->csta;
}

enum encode_result
xml_encode(char *bytes, size_t capacity, size_t *length, const struct outgoing *message,
           const struct xml_namespaces *namespaces, const char **why)
{
    static const char *const roots[] = {
#define OUTGOING(name, root, phase12, phase3) root,
#include "engine/csta/outgoing.def"
#undef OUTGOING
    };
    CHECK(message->kind < OUTGOING_KIND_COUNT);
    struct xml_writer xml = {.bytes = bytes, .capacity = capacity};
    const char *root = roots[message->kind];
    struct text space = space_of(message->kind, namespaces);

    PUT(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><");
    put(&xml, text_of(root));
    if (!text_is_none(space)) {
        PUT(&xml, " xmlns=\"");
        put_escaped(&xml, space);
        PUT(&xml, "\"");
    }
    PUT(&xml, ">");
    put_fields(&xml, message);
    put_close(&xml, root);
    if (xml.result != ENCODE_OK)
        *why = xml.why;
    else
        *length = xml.used;
    return xml.result;
}
