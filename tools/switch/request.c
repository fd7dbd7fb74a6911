#include "tools/switch/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/csta/ber_decode.h"
#include "engine/csta/xml_decode.h"

void
request_dynamic_text(char text[16], uint32_t octets)
{
    snprintf(text, 16, "0x%08" PRIX32, octets);
}

/* ---- XML ------------------------------------------------------------------------------------ */

static bool
is_name_end(char byte)
{
    return strchr(" \t\r\n/>", byte) != NULL;
}

/* The root's local name, past declaration and comments; none: there is no root. */
static struct text
root_name(struct text document)
{
    struct text rest = document;
    for (;;) {
        const char *open = memchr(rest.at, '<', rest.length);
        if (open == NULL)
            return TEXT_NONE;
        rest = text_skip(rest, (uint32_t)(open - rest.at) + 1);
        if (rest.length == 0 || (rest.at[0] != '?' && rest.at[0] != '!'))
            break;
    }
    uint32_t length = 0, begin = 0;
    while (length < rest.length && !is_name_end(rest.at[length])) {
        if (rest.at[length] == ':')
            begin = length + 1;
        length++;
    }
    return (struct text){rest.at + begin, length - begin};
}

/* The text of the first element of that local name, as written; none: there is no such. */
static struct text
element_text(struct text document, const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = 1; i + length + 1 < document.length; i++) {
        bool begins = document.at[i - 1] == '<' || document.at[i - 1] == ':';
        if (!begins || memcmp(document.at + i, name, length) != 0 ||
            !is_name_end(document.at[i + length]))
            continue;
        const char *open = memchr(document.at + i, '>', document.length - i);
        if (open == NULL)
            return TEXT_NONE;
        struct text rest = text_skip(document, (uint32_t)(open + 1 - document.at));
        const char *close = memchr(rest.at, '<', rest.length);
        return close == NULL ? TEXT_NONE : (struct text){rest.at, (uint32_t)(close - rest.at)};
    }
    return TEXT_NONE;
}

static enum request_kind
kind_of_root(struct text root)
{
    static const struct {
        const char *name;
        enum request_kind kind;
    } roots[] = {
        {"StartApplicationSession", REQUEST_SESSION_START},
        {"ResetApplicationSessionTimer", REQUEST_SESSION_TIMER},
        {"StopApplicationSession", REQUEST_SESSION_STOP},
        {"SystemRegister", REQUEST_REGISTER},
        {"RequestSystemStatus", REQUEST_STATUS},
        {"SystemStatus", REQUEST_OUR_STATUS},
        {"GetThirdPartyDeviceId", REQUEST_DEVICE_ID},
    };
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (text_is_equal(root, text_of(roots[i].name)))
            return roots[i].kind;
    const struct text response = TEXT("Response");
    bool is_answer =
        root.length > response.length &&
        memcmp(root.at + root.length - response.length, response.at, response.length) == 0;
    return is_answer || text_is_equal(root, TEXT("CSTAErrorCode")) ? REQUEST_ANSWER : REQUEST_NONE;
}

static bool
read_xml(struct request *request, struct text payload)
{
    const char *why;
    size_t where;
    struct csta_options options = {.loose_causes = false};
    struct text root = root_name(payload);
    if (text_is_none(root))
        return false;
    request->kind = kind_of_root(root);
    if (request->kind == REQUEST_SESSION_START) {
        request->user = element_text(payload, "userName");
        request->password = element_text(payload, "password");
    } else if (request->kind == REQUEST_DEVICE_ID) {
        request->extension = element_text(payload, "extension");
    }
    if (request->kind != REQUEST_NONE)
        return true;
    enum csta_result result = xml_decode(&request->message, payload.at, payload.length, &options,
                                         &request->scratch, &why, &where);
    if (result == CSTA_OK && request->message.message_class != MESSAGE_OTHER)
        request->kind = REQUEST_CSTA;
    return result == CSTA_OK || result == CSTA_UNUSABLE;
}

/* ---- BER ------------------------------------------------------------------------------------ */

/* An element with a short or one- or two-octet length; false: there is none. */
static bool
take_element(struct text *rest, uint8_t *tag, struct text *content)
{
    const uint8_t *at = (const uint8_t *)rest->at;
    uint32_t length, head = 2;
    if (rest->length < 2)
        return false;
    *tag = at[0];
    length = at[1];
    if (length > 0x82 || length == 0x80)
        return false;
    for (uint32_t more = length > 0x80 ? length - 0x80 : 0; more > 0; more--) {
        if (head == rest->length)
            return false;
        length = head == 2 ? at[head] : length << 8 | at[head];
        head++;
    }
    if (length > rest->length - head)
        return false;
    *content = (struct text){rest->at + head, length};
    *rest = text_skip(*rest, head + length);
    return true;
}

static uint32_t
number_of(struct text octets)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < octets.length && i < 4; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    return value;
}

static enum request_kind
kind_of_pdu(uint8_t tag, uint32_t operation)
{
    switch (tag) {
    case 0x60:
        return REQUEST_ASSOCIATE;
    case 0x62:
        return REQUEST_RELEASE;
    case 0x61:
    case 0x63:
    case 0x64:
        return REQUEST_ABORT;
    case 0xa1:
        return operation == 207                      ? REQUEST_REGISTER
               : operation == 210                    ? REQUEST_STATUS
               : operation == 211 || operation == 52 ? REQUEST_OUR_STATUS
                                                     : REQUEST_NONE;
    default:
        return REQUEST_ANSWER;
    }
}

static bool
read_ber(struct request *request, enum csta_encoding encoding, struct text payload)
{
    const char *why;
    size_t where;
    struct text rest = payload, pdu, field;
    uint8_t tag, inner;
    uint32_t operation = 0;
    if (!take_element(&rest, &tag, &pdu))
        return false;
    if (tag >= 0xa1 && tag <= 0xa4) {
        if (!take_element(&pdu, &inner, &field))
            return false;
        request->invoke = number_of(field);
        if (tag == 0xa1 && take_element(&pdu, &inner, &field))
            operation = number_of(field);
    }
    request->kind = kind_of_pdu(tag, operation);
    if (request->kind != REQUEST_NONE)
        return true;
    enum csta_result result = ber_decode(&request->message, payload.at, payload.length, encoding,
                                         &request->scratch, &why, &where);
    if (result == CSTA_OK && request->message.message_class != MESSAGE_OTHER)
        request->kind = REQUEST_CSTA;
    return result == CSTA_OK || result == CSTA_UNUSABLE;
}

bool
request_read(struct request *request, enum csta_encoding encoding, uint32_t invoke,
             struct text payload)
{
    request->kind = REQUEST_NONE;
    request->invoke = invoke;
    request->user = request->password = request->extension = TEXT_NONE;
    return encoding == ENCODING_XML ? read_xml(request, payload)
                                    : read_ber(request, encoding, payload);
}
