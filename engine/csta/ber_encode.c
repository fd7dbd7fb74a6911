#include "engine/csta/ber_encode.h"

#include <string.h>

#include "base/check.h"

/*
 * A PDU is written from its end to its beginning: when an element's tag and length are due, its
 * contents already stand behind them. So fields are put in reverse order below.
 */
struct ber_writer {
    char *bytes;
    size_t first; /* what is written begins here */
    enum csta_encoding phase;
    enum encode_result result;
    const char *why;
};

/* Identifier octets. */
enum {
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OBJECT_ID = 0x06,
    TAG_NULL = 0x05,
    TAG_ENUMERATED = 0x0a,
    TAG_EXTERNAL = 0x28,
    TAG_SEQUENCE = 0x30,
    TAG_OCTET_STRING = 0x04,
    TAG_CROSS_REF = 0x55,     /* [APPLICATION 21] */
    TAG_CONNECTION_ID = 0x6b, /* [APPLICATION 11] */
    TAG_AARQ = 0x60,
    TAG_RLRQ = 0x62,
    TAG_RLRE = 0x63,
    TAG_ABRT = 0x64,
    TAG_INVOKE = 0xa1,
    TAG_RESULT = 0xa2,
    TAG_USER_INFORMATION = 0xbe, /* [30] of ACSE */
};

static void
fail(struct ber_writer *ber, enum encode_result result, const char *why)
{
    if (ber->result != ENCODE_OK)
        return;
    ber->result = result;
    ber->why = why;
}

static void
put(struct ber_writer *ber, const void *bytes, size_t length)
{
    if (ber->result != ENCODE_OK)
        return;
    if (length > ber->first) {
        fail(ber, ENCODE_NO_ROOM, "the message is longer than the buffer");
        return;
    }
    if (length == 0)
        return;
    ber->first -= length;
    memcpy(ber->bytes + ber->first, bytes, length);
}

static void
put_byte(struct ber_writer *ber, unsigned byte)
{
    char octet = (char)byte;
    put(ber, &octet, 1);
}

/* Make one element of all that was put since the writer stood at `end`. */
static void
wrap(struct ber_writer *ber, size_t end, unsigned tag)
{
    size_t length = end - ber->first;
    if (length < 0x80) {
        put_byte(ber, (unsigned)length);
    } else {
        put_byte(ber, (unsigned)length & 0xff);
        if (length > 0xff)
            put_byte(ber, (unsigned)length >> 8 & 0xff);
        put_byte(ber, length > 0xff ? 0x82 : 0x81);
    }
    put_byte(ber, tag);
}

static void
put_integer(struct ber_writer *ber, unsigned tag, uint32_t value)
{
    size_t end = ber->first;
    uint32_t rest = value;
    unsigned last;
    do {
        last = rest & 0xff;
        put_byte(ber, last);
        rest >>= 8;
    } while (rest != 0);
    if (last >= 0x80)
        put_byte(ber, 0); /* else it would be negative */
    wrap(ber, end, tag);
}

static int
hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static void
put_hex(struct ber_writer *ber, struct text digits)
{
    if (digits.length % 2 != 0)
        fail(ber, ENCODE_BAD_TEXT, "hex of an odd number of digits");
    for (uint32_t i = digits.length; i >= 2 && ber->result == ENCODE_OK; i -= 2) {
        int high = hex_value(digits.at[i - 2]), low = hex_value(digits.at[i - 1]);
        if (high < 0 || low < 0)
            fail(ber, ENCODE_BAD_TEXT, "hex has upper-case digits");
        else
            put_byte(ber, (unsigned)(high << 4 | low));
    }
}

static bool
are_hex_digits(struct text text)
{
    for (uint32_t i = 0; i < text.length; i++) {
        if (hex_value(text.at[i]) < 0)
            return false;
    }
    return true;
}

/* What ber_text_identifier() made of the octets, back again. */
static void
put_identifier(struct ber_writer *ber, unsigned tag, struct text identifier)
{
    size_t end = ber->first;
    if (!outgoing_text_is_sound(identifier))
        fail(ber, ENCODE_BAD_TEXT, "an identifier is too long or has control characters");
    if (identifier.length > EVENT_TEXT_LENGTH / 2 && !are_hex_digits(identifier))
        put(ber, identifier.at, identifier.length);
    else
        put_hex(ber, identifier);
    wrap(ber, end, tag);
}

/* What ber_text_hex() made of the octets, back again; a text of other making as it is. */
static void
put_device_octets(struct ber_writer *ber, unsigned tag, struct text device)
{
    size_t end = ber->first;
    if (!outgoing_text_is_sound(device))
        fail(ber, ENCODE_BAD_TEXT, "a device is too long or has control characters");
    if (text_has_prefix(device, TEXT("0x")))
        put_hex(ber, text_skip(device, 2));
    else
        put(ber, device.at, device.length);
    wrap(ber, end, tag);
}

/* Dialling numbers are IA5: only what can be seen of it makes a number. */
static void
put_number(struct ber_writer *ber, struct text number)
{
    size_t end = ber->first;
    bool is_sound = number.length <= OUTGOING_TEXT_MAX;
    for (uint32_t i = 0; is_sound && i < number.length; i++)
        is_sound = number.at[i] >= ' ' && number.at[i] <= '~';
    if (!is_sound)
        fail(ber, ENCODE_BAD_TEXT, "a device is too long or has more than printable ASCII");
    put(ber, number.at, is_sound ? number.length : 0);
    wrap(ber, end, 0x80); /* dialingNumber [0] */
}

/* DeviceID: in phase III with the `other` plan, and a sequence; before, the bare choice. */
static void
put_device_id(struct ber_writer *ber, const struct outgoing *message)
{
    size_t end = ber->first;
    if (text_is_none(message->device) || message->device_is_dynamic)
        fail(ber, ENCODE_MISSING, "the message needs a device");
    if (ber->phase != ENCODING_BER3) {
        put_number(ber, message->device);
        return;
    }
    if (message->device_is_other)
        put_device_octets(ber, 0x86, message->device);
    else
        put_number(ber, message->device);
    wrap(ber, end, TAG_SEQUENCE);
}

static void
put_local_device(struct ber_writer *ber, const struct outgoing *message)
{
    if (message->device_is_dynamic)
        put_device_octets(ber, 0x83, message->device);
    else
        put_device_id(ber, message);
}

/* Phases I and II: {82 call, 80 or 83 device}; III: 80 call, or 30{80 call, A1 device}. */
static void
put_connection(struct ber_writer *ber, const struct outgoing *message)
{
    size_t end = ber->first;
    bool is_phase3 = ber->phase == ENCODING_BER3, has_device = !text_is_none(message->device);
    if (text_is_none(message->call))
        fail(ber, ENCODE_MISSING, "a connection needs its callID");
    if (has_device) {
        put_local_device(ber, message);
        if (is_phase3)
            wrap(ber, end, 0xa1);
    }
    put_identifier(ber, is_phase3 ? 0x80 : 0x82, message->call);
    if (is_phase3 && has_device)
        wrap(ber, end, TAG_SEQUENCE);
    wrap(ber, end, TAG_CONNECTION_ID);
}

static void
put_cross_ref(struct ber_writer *ber, const struct outgoing *message)
{
    if (text_is_none(message->cross_ref))
        fail(ber, ENCODE_MISSING, "the message needs a monitorCrossRefID");
    put_identifier(ber, TAG_CROSS_REF, message->cross_ref);
}

static void
put_status(struct ber_writer *ber, enum system_status status)
{
    static const uint8_t numbers[] = {
        [STATUS_INITIALIZING] = 0,  [STATUS_ENABLED] = 1,  [STATUS_NORMAL] = 2,
        [STATUS_MESSAGES_LOST] = 3, [STATUS_DISABLED] = 4, [STATUS_PARTIAL_OVERLOAD] = 6,
        [STATUS_RELIEVED] = 7,
    };
    if (status == STATUS_ABSENT)
        fail(ber, ENCODE_MISSING, "the message needs a system status");
    put_integer(ber, TAG_ENUMERATED, numbers[status]);
}

/* MonitorFilter of phase III; a bit that is set holds its event back (ECMA-269). */
static void
put_filter(struct ber_writer *ber)
{
    static const char all_physical[] = {5, '\xff', '\xe0'}, all_media[] = {6, '\xc0'};
    size_t end = ber->first, at = end;
    put(ber, all_physical, sizeof(all_physical));
    wrap(ber, at, 0x88);
    at = ber->first;
    put(ber, all_media, sizeof(all_media));
    wrap(ber, at, 0x87);
    wrap(ber, end, 0xa0);
}

static void
put_monitor_start(struct ber_writer *ber, const struct outgoing *message)
{
    bool is_phase3 = ber->phase == ENCODING_BER3;
    if (is_phase3 || message->monitors_calls)
        put_integer(ber, TAG_ENUMERATED, message->monitors_calls ? 0 : 1);
    if (is_phase3 && message->is_filtered)
        put_filter(ber);
    if (text_is_none(message->call))
        put_device_id(ber, message);
    else
        put_connection(ber, message);
}

/* What the argument or result is made of, without the SEQUENCE around it. */
static void
put_fields(struct ber_writer *ber, const struct outgoing *message)
{
    static const char system_status_only[] = {7, '\x80'};
    size_t end = ber->first;
    switch ((int)message->kind) {
    case OUTGOING_MONITOR_START:
        put_monitor_start(ber, message);
        break;
    case OUTGOING_MONITOR_STOP:
        put_cross_ref(ber, message);
        break;
    case OUTGOING_CLEAR_CONNECTION:
        if (text_is_none(message->device))
            fail(ber, ENCODE_MISSING, "the connection needs its device");
        put_connection(ber, message);
        break;
    case OUTGOING_CLEAR_CALL:
    case OUTGOING_SNAPSHOT_CALL:
        put_connection(ber, message);
        break;
    case OUTGOING_SNAPSHOT_DEVICE:
        put_device_id(ber, message);
        break;
    case OUTGOING_SYSTEM_STATUS:
    case OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE:
        put_status(ber, message->status);
        break;
    case OUTGOING_SYSTEM_REGISTER:
        put(ber, system_status_only, sizeof(system_status_only));
        wrap(ber, end, TAG_BIT_STRING);
        break;
    default:
        break;
    }
}

/* In phases I and II most arguments are the bare value; in phase III all are sequences. */
static bool
is_in_sequence(const struct ber_writer *ber, enum outgoing_kind kind)
{
    return ber->phase == ENCODING_BER3 || kind == OUTGOING_MONITOR_START;
}

static void
put_register_id(struct ber_writer *ber, const struct outgoing *message)
{
    bool is_needed = message->kind == OUTGOING_SYSTEM_REGISTER_RESPONSE;
    bool may_be = is_needed || message->kind == OUTGOING_SYSTEM_STATUS ||
                  message->kind == OUTGOING_REQUEST_SYSTEM_STATUS;
    if (is_needed && text_is_none(message->register_id))
        fail(ber, ENCODE_MISSING, "the message needs a sysStatRegisterID");
    if (ber->phase == ENCODING_BER3 && may_be && !text_is_none(message->register_id))
        put_identifier(ber, TAG_OCTET_STRING, message->register_id);
}

static void
put_argument(struct ber_writer *ber, const struct outgoing *message)
{
    size_t end = ber->first;
    put_fields(ber, message);
    put_register_id(ber, message);
    if (is_in_sequence(ber, message->kind))
        wrap(ber, end, TAG_SEQUENCE);
}

/* ROSE: A1{id, opcode, argument} or A2{id, 30{opcode, result}}. */
static void
put_rose(struct ber_writer *ber, const struct outgoing *message, uint32_t opcode)
{
    size_t end = ber->first;
    enum outgoing_kind kind = message->kind;
    bool is_empty =
        kind == OUTGOING_MONITOR_STOP_RESPONSE || kind == OUTGOING_SYSTEM_STATUS_RESPONSE;
    bool is_result = is_empty || kind == OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE ||
                     kind == OUTGOING_SYSTEM_REGISTER_RESPONSE;
    if (is_empty)
        wrap(ber, end, TAG_NULL); /* noData */
    else
        put_argument(ber, message);
    put_integer(ber, TAG_INTEGER, opcode);
    if (is_result)
        wrap(ber, end, TAG_SEQUENCE);
    put_integer(ber, TAG_INTEGER, message->invoke_id);
    wrap(ber, end, is_result ? TAG_RESULT : TAG_INVOKE);
}

/* CSTAFunctionality: what onhook needs of a switch and what it does for one, as far as phases I
 * and II let one say it: tag and contents of each bit string, last one first. */
struct functionality {
    uint8_t tag;
    uint8_t size;
    char bits[7];
};

/* statusReporting {monitorStart, stop, snapshots}, bidirectional {systemStatus}, eventReport {all
 * call events, loggedOn, loggedOff}, switchingFunction {clearCall, clearConnection}. */
static const struct functionality required[] = {
    {0x84, 2, {3, '\xb8'}},
    {0x83, 2, {6, '\x40'}},
    {0x81, 5, {7, '\xff', '\xfc', '\x01', '\x80'}},
    {0x80, 2, {2, '\x0c'}},
};

/* bidirectional {systemStatus}. */
static const struct functionality supplied[] = {
    {0x83, 2, {6, '\x40'}},
};

static void
put_functionality(struct ber_writer *ber, const struct functionality *list, size_t count)
{
    size_t end = ber->first;
    for (size_t i = 0; i < count; i++) {
        size_t at = ber->first;
        put(ber, list[i].bits, list[i].size);
        wrap(ber, at, list[i].tag);
    }
    wrap(ber, end, TAG_SEQUENCE);
}

/* CSTAVersion: bit 0 is phase I, bit 1 phase II; phase III is any of ECMA-285's editions. */
static void
put_version(struct ber_writer *ber)
{
    static const char versions[][4] = {{7, '\x80'}, {6, '\x40'}, {5, '\x28', '\x02', '\x20'}};
    size_t end = ber->first, phase = (size_t)(ber->phase - ENCODING_BER1);
    put(ber, versions[phase], phase == 2 ? 4 : 2);
    wrap(ber, end, TAG_BIT_STRING);
}

/* X.227: AARQ{80 version 1, A1{06 1.3.12.0.180}, BE{28{06 1.3.12.0.218.200, A0{30{...}}}}}. */
static void
put_association(struct ber_writer *ber)
{
    static const char information[] = {0x2b, 0x0c, 0x00, '\x81', 0x5a, '\x81', 0x48};
    static const char context[] = {0x2b, 0x0c, 0x00, '\x81', 0x34};
    static const char version1[] = {0x07, '\x80'};
    size_t end = ber->first, at;
    put_functionality(ber, supplied, sizeof(supplied) / sizeof(supplied[0]));
    put_functionality(ber, required, sizeof(required) / sizeof(required[0]));
    put_version(ber);
    wrap(ber, end, TAG_SEQUENCE);
    wrap(ber, end, 0xa0);
    at = ber->first;
    put(ber, information, sizeof(information));
    wrap(ber, at, TAG_OBJECT_ID);
    wrap(ber, end, TAG_EXTERNAL);
    wrap(ber, end, TAG_USER_INFORMATION);
    at = ber->first;
    put(ber, context, sizeof(context));
    wrap(ber, at, TAG_OBJECT_ID);
    wrap(ber, at, 0xa1);
    at = ber->first;
    put(ber, version1, sizeof(version1));
    wrap(ber, at, 0x80);
    wrap(ber, end, TAG_AARQ);
}

/* The reason is 0, normal; an abort's source is 0, the service user. */
static void
put_end(struct ber_writer *ber, unsigned tag)
{
    size_t end = ber->first;
    put_integer(ber, 0x80, 0);
    wrap(ber, end, tag);
}

static void
put_pdu(struct ber_writer *ber, const struct outgoing *message)
{
    static const uint8_t opcodes[][2] = {
#define OUTGOING(name, root, phase12, phase3) {phase12, phase3},
#include "engine/csta/outgoing.def"
#undef OUTGOING
    };
    uint32_t opcode = opcodes[message->kind][ber->phase == ENCODING_BER3];
    if (opcode != 0)
        put_rose(ber, message, opcode);
    else if (message->kind == OUTGOING_ASSOCIATE)
        put_association(ber);
    else if (message->kind == OUTGOING_RELEASE)
        put_end(ber, TAG_RLRQ);
    else if (message->kind == OUTGOING_RELEASE_RESPONSE)
        put_end(ber, TAG_RLRE);
    else if (message->kind == OUTGOING_ABORT)
        put_end(ber, TAG_ABRT);
    else
        fail(ber, ENCODE_UNKNOWN, "this phase of CSTA has no such message");
}

enum encode_result
ber_encode(char *bytes, size_t capacity, size_t *length, const struct outgoing *message,
           enum csta_encoding phase, const char **why)
{
    CHECK(phase >= ENCODING_BER1 && phase <= ENCODING_BER3);
    CHECK(message->kind < OUTGOING_KIND_COUNT);
    struct ber_writer ber = {.bytes = bytes, .first = capacity, .phase = phase};
    put_pdu(&ber, message);
    if (ber.result != ENCODE_OK) {
        *why = ber.why;
        return ber.result;
    }
    *length = capacity - ber.first;
    memmove(bytes, bytes + ber.first, *length);
    return ENCODE_OK;
}

bool
ber_write_prefix(char prefix[BER_PREFIX_SIZE], size_t length)
{
    if (length > 0xffff)
        return false;
    prefix[0] = (char)(length >> 8);
    prefix[1] = (char)length;
    return true;
}
