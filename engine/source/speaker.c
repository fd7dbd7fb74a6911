#include "engine/source/speaker.h"

#include <stdbool.h>

#include "engine/csta/ber_header.h"

enum {
    TAG_INVOKE = 0xA1,
    TAG_RESULT = 0xA2,
    TAG_ASSOCIATION_REQUEST = 0x60,
    TAG_ASSOCIATION_RESPONSE = 0x61,
    TAG_INTEGER = 0x02,
    TAG_SEQUENCE = 0x30,
};

/* Local numbers of ECMA-285. */
enum {
    CLEAR_CALL = 4,
    CLEAR_CONNECTION = 5,
    EVENT_REPORT = 21,
    MONITOR_START = 71,
    SNAPSHOT_DEVICE = 74,
    SNAPSHOT_CALL = 75,
};

/* ---- XML ----------------------------------------------------------------------------------- */

static bool
is_name_end(char byte)
{
    return byte == '>' || byte == '/' || byte == ' ' || byte == '\t' || byte == '\r' ||
           byte == '\n';
}

/* The local name of the root element, behind a declaration if there is one. */
static struct text
root_name(struct text xml)
{
    while (xml.length > 0) {
        const char *open = memchr(xml.at, '<', xml.length);
        if (open == NULL)
            return TEXT_NONE;
        xml = text_skip(xml, (uint32_t)(open - xml.at) + 1);
        if (xml.length > 0 && xml.at[0] != '?' && xml.at[0] != '!')
            break;
    }
    struct text name = {xml.at, 0};
    while (name.length < xml.length && !is_name_end(xml.at[name.length])) {
        bool is_prefix = xml.at[name.length] == ':';
        name.length++;
        if (is_prefix) {
            xml = text_skip(xml, name.length);
            name = (struct text){xml.at, 0};
        }
    }
    return name;
}

/* Only what one of the two alone may send. Both may send SystemStatus and MonitorStop. */
static const struct {
    const char *root;
    enum speaker speaker;
} roots[] = {
    {"MonitorStart", SPEAKER_CLIENT},
    {"ClearConnection", SPEAKER_CLIENT},
    {"ClearCall", SPEAKER_CLIENT},
    {"SnapshotDevice", SPEAKER_CLIENT},
    {"SnapshotCall", SPEAKER_CLIENT},
    {"StartApplicationSession", SPEAKER_CLIENT},
    {"SystemRegister", SPEAKER_CLIENT},
    {"MonitorStartResponse", SPEAKER_SWITCH},
    {"ClearConnectionResponse", SPEAKER_SWITCH},
    {"SnapshotDeviceResponse", SPEAKER_SWITCH},
    {"SnapshotCallResponse", SPEAKER_SWITCH},
};

static enum speaker
speaker_of_xml(const struct frame *frame)
{
    struct text root = root_name(frame->payload);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (text_is_equal(root, text_of(roots[i].root)))
            return roots[i].speaker;
    }
    return text_is_equal(frame->invoke, TEXT("9999")) ? SPEAKER_SWITCH : SPEAKER_UNKNOWN;
}

/* ---- BER ----------------------------------------------------------------------------------- */

/* The content of the element with that tag at *at, which goes on behind it. False: it is not. */
static bool
take(const uint8_t **at, const uint8_t *end, uint8_t tag, struct ber_header *header)
{
    struct ber_refusal refusal;
    if (*at >= end || !ber_header_read(header, *at, end, &refusal) || header->tag != tag)
        return false;
    *at = header->end;
    return true;
}

/* The operation that an invoke or a result names; -1 when it names none. */
static int
operation_of(const uint8_t *at, const uint8_t *end, uint8_t tag)
{
    struct ber_header header;
    if (!take(&at, end, tag, &header))
        return -1;
    at = header.content;
    end = header.end;
    if (!take(&at, end, TAG_INTEGER, &header))
        return -1;
    if (tag == TAG_RESULT) {
        if (!take(&at, end, TAG_SEQUENCE, &header))
            return -1;
        at = header.content;
        end = header.end;
    }
    if (!take(&at, end, TAG_INTEGER, &header) || header.end - header.content != 1)
        return -1; /* what is asked for below takes one octet */
    return header.content[0];
}

static bool
is_asked_by_clients(int operation)
{
    return operation == CLEAR_CALL || operation == CLEAR_CONNECTION || operation == MONITOR_START ||
           operation == SNAPSHOT_DEVICE || operation == SNAPSHOT_CALL;
}

static enum speaker
speaker_of_ber(const struct frame *frame)
{
    const uint8_t *at = (const uint8_t *)frame->payload.at;
    const uint8_t *end = at + frame->payload.length;
    uint8_t tag = at == end ? 0 : *at;
    if (tag == TAG_ASSOCIATION_REQUEST)
        return SPEAKER_CLIENT;
    if (tag == TAG_ASSOCIATION_RESPONSE)
        return SPEAKER_SWITCH;
    if (tag != TAG_INVOKE && tag != TAG_RESULT)
        return SPEAKER_UNKNOWN;
    int operation = operation_of(at, end, tag);
    if (tag == TAG_INVOKE && operation == EVENT_REPORT)
        return SPEAKER_SWITCH;
    if (!is_asked_by_clients(operation))
        return SPEAKER_UNKNOWN;
    return tag == TAG_INVOKE ? SPEAKER_CLIENT : SPEAKER_SWITCH;
}

enum speaker
speaker_of(enum frame_kind kind, const struct frame *frame)
{
    return kind == FRAME_BER ? speaker_of_ber(frame) : speaker_of_xml(frame);
}
