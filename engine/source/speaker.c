#include "engine/source/speaker.h"

#include <stdbool.h>

enum {
    TAG_INVOKE = 0xA1,
    TAG_RESULT = 0xA2,
    TAG_ERROR = 0xA3,
    TAG_ASSOCIATION_REQUEST = 0x60,
    TAG_ASSOCIATION_RESPONSE = 0x61,
    TAG_INTEGER = 0x02,
    TAG_SEQUENCE = 0x30,
    EVENT_REPORT = 21,
    SYSTEM_STATUS = 211,    /* phase III */
    SYSTEM_STATUS_OLD = 52, /* phases I and II */
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

static bool
ends_with(struct text text, struct text end)
{
    return text.length >= end.length &&
           text_is_equal(text_skip(text, text.length - end.length), end);
}

static enum speaker
speaker_of_xml(const struct frame *frame)
{
    struct text root = root_name(frame->payload);
    if (text_is_equal(frame->invoke, TEXT("9999")) || ends_with(root, TEXT("Event")))
        return SPEAKER_SWITCH;
    bool is_answer = ends_with(root, TEXT("Response")) || ends_with(root, TEXT("PosResponse"));
    return is_answer && !text_is_equal(root, TEXT("SystemStatusResponse")) ? SPEAKER_SWITCH
                                                                           : SPEAKER_UNKNOWN;
}

/* ---- BER ----------------------------------------------------------------------------------- */

/* Takes the header of the next element; *content is what of it is there. False: it is not. */
static bool
take_header(struct text *bytes, uint8_t tag, struct text *content)
{
    if (bytes->length < 2 || (uint8_t)bytes->at[0] != tag)
        return false;
    uint32_t length = (uint8_t)bytes->at[1];
    uint32_t header = 2;
    if (length > 0x80) {
        uint32_t octets = length & 0x7F;
        header += octets;
        if (octets > 4 || bytes->length < header)
            return false;
        length = 0;
        for (uint32_t i = 0; i < octets; i++)
            length = length << 8 | (uint8_t)bytes->at[2 + i];
    } else if (length == 0x80) {
        length = UINT32_MAX; /* up to an end that is not looked for here */
    }
    struct text rest = text_skip(*bytes, header);
    *content = (struct text){rest.at, rest.length < length ? rest.length : length};
    *bytes = text_skip(rest, length);
    return true;
}

/* The operation that an invoke or a result names; -1 when it names none. */
static int
operation_of(struct text pdu, uint8_t tag)
{
    struct text inside, ignored, code;
    if (!take_header(&pdu, tag, &inside) || !take_header(&inside, TAG_INTEGER, &ignored))
        return -1;
    if (tag == TAG_RESULT) {
        struct text result;
        if (!take_header(&inside, TAG_SEQUENCE, &result))
            return -1;
        inside = result;
    }
    if (!take_header(&inside, TAG_INTEGER, &code) || code.length == 0 || code.length > 2)
        return -1;
    int operation = 0;
    for (uint32_t i = 0; i < code.length; i++)
        operation = operation << 8 | (uint8_t)code.at[i];
    return operation;
}

static enum speaker
speaker_of_ber(const struct frame *frame)
{
    struct text pdu = frame->payload;
    uint8_t tag = pdu.length == 0 ? 0 : (uint8_t)pdu.at[0];
    if (tag == TAG_ASSOCIATION_REQUEST)
        return SPEAKER_CLIENT;
    if (tag == TAG_ASSOCIATION_RESPONSE || tag == TAG_ERROR)
        return SPEAKER_SWITCH;
    if (tag == TAG_INVOKE)
        return operation_of(pdu, tag) == EVENT_REPORT ? SPEAKER_SWITCH : SPEAKER_UNKNOWN;
    if (tag != TAG_RESULT)
        return SPEAKER_UNKNOWN;
    int operation = operation_of(pdu, tag);
    bool is_both = operation < 0 || operation == SYSTEM_STATUS || operation == SYSTEM_STATUS_OLD;
    return is_both ? SPEAKER_UNKNOWN : SPEAKER_SWITCH;
}

enum speaker
speaker_of(enum frame_kind kind, const struct frame *frame)
{
    return kind == FRAME_BER ? speaker_of_ber(frame) : speaker_of_xml(frame);
}
