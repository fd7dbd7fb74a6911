#include "tests/asn1/ber_oracle.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "tests/asn1/asn1c.h"
#include "tests/asn1/ber_walk.h"

/* A structure of asn1c's making and what it is. */
struct decoded {
    asn_TYPE_descriptor_t *type;
    void *structure;
};

/* decode_as - the bytes, all of them, as the type; .structure is NULL if they are none. */
static struct decoded
decode_as(asn_TYPE_descriptor_t *type, const void *bytes, size_t length)
{
    struct decoded decoded = {type, NULL};
    asn_dec_rval_t result = asn1c_ber_decode(NULL, type, &decoded.structure, bytes, length);
    if (result.code == RC_OK && result.consumed == length)
        return decoded;
    if (decoded.structure != NULL)
        type->free_struct(type, decoded.structure, 0);
    decoded.structure = NULL;
    return decoded;
}

static void
decoded_free(struct decoded decoded)
{
    if (decoded.structure != NULL)
        decoded.type->free_struct(decoded.type, decoded.structure, 0);
}

static const struct ber_operation *
find_operation(enum csta_encoding phase, long opcode)
{
    for (const struct ber_operation *operation = ber_operations; operation->opcode != 0;
         operation++)
        if (operation->phase == phase && operation->opcode == opcode)
            return operation;
    return NULL;
}

/* The invoke ID's content octets in shortest form; none if there are more than four. */
static void
read_invoke_id(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *type, const void *structure)
{
    const asn_TYPE_descriptor_t *member = type;
    const INTEGER_t *id = asn1c_find(&member, structure, "invokeID");
    if (id != NULL && asn1c_is_choice(member))
        id = asn1c_find(&member, id, "present");
    if (id == NULL)
        return;
    const uint8_t *at = id->buf;
    size_t length = (size_t)id->size;
    while (length > 1 && ((at[0] == 0 && at[1] < 0x80) || (at[0] == 0xff && at[1] >= 0x80))) {
        at++;
        length--;
    }
    if (length <= 4)
        oracle->message.invoke = ber_walk_keep(oracle, at, length);
}

/* The alternative's name is the event's, but for its first letter. */
static uint8_t
kind_of(const char *name)
{
    for (uint8_t kind = EVENT_BRIDGED; kind <= EVENT_TRANSFERRED; kind++)
        if (strcasecmp(event_kind_name(kind), name) == 0)
            return kind;
    return EVENT_NONE;
}

/* Phases II and III: the event is an alternative of an alternative. */
static void
classify_event(struct csta_message *message, const asn_TYPE_descriptor_t *type,
               const void *structure)
{
    message->message_class = MESSAGE_OTHER;
    const void *group = asn1c_find(&type, structure, "eventSpecificInfo");
    const asn_TYPE_member_t *chosen = group == NULL ? NULL : asn1c_chosen(type, group);
    if (chosen == NULL || !asn1c_is_choice(chosen->type))
        return;
    const asn_TYPE_member_t *event = asn1c_chosen(chosen->type, asn1c_member(chosen, group));
    if (event == NULL)
        return;
    message->event.kind = kind_of(event->name);
    if (message->event.kind != EVENT_NONE)
        message->message_class = MESSAGE_CALL_EVENT;
    else if (strcmp(event->name, "agentLoggedOn") == 0)
        message->message_class = MESSAGE_AGENT_LOGGED_ON;
    else if (strcmp(event->name, "agentLoggedOff") == 0)
        message->message_class = MESSAGE_AGENT_LOGGED_OFF;
}

/* Phase I: a number says what the event is. False if that is not what follows. */
static bool
read_event1(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *report, const void *structure)
{
    const asn_TYPE_descriptor_t *type = report;
    const struct ber_event1 *event = ber_events1;
    long event_type = ber_walk_integer(asn1c_find(&type, structure, "eventType"));
    while (event->event_type != 0 && event->event_type != event_type)
        event++;
    oracle->message.message_class = event->event_type == 0 ? MESSAGE_OTHER : event->message_class;
    oracle->message.event.kind = event->kind;
    if (event->event_type == 0)
        return true;
    type = report;
    const ANY_t *info = asn1c_find(&type, structure, "eventInfo");
    struct decoded decoded = decode_as(event->type, info->buf, (size_t)info->size);
    if (decoded.structure != NULL)
        ber_walk(oracle, decoded.type, decoded.structure);
    decoded_free(decoded);
    return decoded.structure != NULL;
}

static bool
read_argument(struct ber_oracle *oracle, const struct ber_operation *operation, const ANY_t *any)
{
    struct csta_message *message = &oracle->message;
    struct decoded decoded = decode_as(operation->argument, any->buf, (size_t)any->size);
    bool is_read = decoded.structure != NULL;
    message->message_class = operation->request;
    if (is_read && operation->request == MESSAGE_CALL_EVENT) {
        if (operation->phase == ENCODING_BER1)
            is_read = read_event1(oracle, decoded.type, decoded.structure);
        else
            classify_event(message, decoded.type, decoded.structure);
    }
    if (is_read)
        ber_walk(oracle, decoded.type, decoded.structure);
    decoded_free(decoded);
    return is_read;
}

static bool
read_invoke(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *type, const void *structure,
            enum csta_encoding phase)
{
    const asn_TYPE_descriptor_t *member = type;
    long opcode = ber_walk_integer(asn1c_find(&member, structure, "opcode"));
    const struct ber_operation *operation = find_operation(phase, opcode);
    member = type;
    const ANY_t *argument = asn1c_find(&member, structure, "argument");
    if (operation == NULL)
        return true; /* MESSAGE_OTHER */
    return argument != NULL && read_argument(oracle, operation, argument);
}

static bool
read_result(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *type, const void *structure,
            enum csta_encoding phase)
{
    oracle->message.message_class = MESSAGE_RESULT;
    const void *body = asn1c_find(&type, structure, "body");
    if (body == NULL)
        return true;
    const asn_TYPE_descriptor_t *member = type;
    long opcode = ber_walk_integer(asn1c_find(&member, body, "opcode"));
    const struct ber_operation *operation = find_operation(phase, opcode);
    oracle->message.message_class = operation == NULL ? MESSAGE_OTHER : operation->answer;
    const ANY_t *result = asn1c_find(&type, body, "result");
    if (operation == NULL || operation->result->name == NULL)
        return true;
    if (result == NULL)
        return false;
    struct decoded decoded = decode_as(operation->result, result->buf, (size_t)result->size);
    if (decoded.structure != NULL)
        ber_walk(oracle, decoded.type, decoded.structure);
    decoded_free(decoded);
    return decoded.structure != NULL;
}

static bool
read_rose(struct ber_oracle *oracle, const void *structure, enum csta_encoding phase)
{
    const asn_TYPE_member_t *pdu = asn1c_chosen(&asn_DEF_RosePdu, structure);
    const void *inside = asn1c_member(pdu, structure);
    read_invoke_id(oracle, pdu->type, inside);
    if (strcmp(pdu->name, "invoke") == 0)
        return read_invoke(oracle, pdu->type, inside, phase);
    oracle->message.invoke_unreadable = text_is_none(oracle->message.invoke);
    if (strcmp(pdu->name, "returnResult") == 0)
        return read_result(oracle, pdu->type, inside, phase);
    oracle->message.message_class = MESSAGE_ERROR;
    return true;
}

static bool
read_acse(struct ber_oracle *oracle, const void *structure)
{
    const asn_TYPE_member_t *pdu = asn1c_chosen(&asn_DEF_AcsePdu, structure);
    const asn_TYPE_descriptor_t *type = pdu->type;
    enum message_class message_class = MESSAGE_ASSOCIATION_ENDED;
    if (strcmp(pdu->name, "aarq") == 0)
        message_class = MESSAGE_OTHER;
    if (strcmp(pdu->name, "rlrq") == 0)
        message_class = MESSAGE_ASSOCIATION_RELEASE;
    if (strcmp(pdu->name, "aare") == 0) {
        message_class = MESSAGE_ASSOCIATION_REFUSED;
        const void *result = asn1c_find(&type, asn1c_member(pdu, structure), "result");
        if (ber_walk_integer(result) == 0)
            message_class = MESSAGE_ASSOCIATION_BEGUN;
    }
    oracle->message.message_class = message_class;
    return true;
}

static void
oracle_reset(struct ber_oracle *oracle)
{
    memset(&oracle->message, 0, offsetof(struct csta_message, event));
    event_reset(&oracle->message.event);
    oracle->message.cross_ref = oracle->message.object = oracle->message.invoke = TEXT_NONE;
    oracle->message.object_is_call = oracle->message.monitors_calls = false;
    oracle->message.whole = oracle->message.has_time = false;
    oracle->message.invoke_unreadable = false;
    oracle->message.status = STATUS_ABSENT;
    oracle->message.time_us = 0;
    oracle->used = 0;
}

/* What a snapshot's answer says beside its list is not part of the message. */
static void
drop_what_is_not_asked(struct csta_message *message)
{
    if (message->message_class != MESSAGE_SNAPSHOT_CALL_RESPONSE &&
        message->message_class != MESSAGE_SNAPSHOT_DEVICE_RESPONSE)
        return;
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        message->event.texts[i] = TEXT_NONE;
    message->event.flags = 0;
}

/* What follows from the rest: engine/csta/csta_message.h, event_text.def. */
static void
add_what_follows(struct csta_message *message)
{
    struct event *event = &message->event;
    if (message->message_class != MESSAGE_CALL_EVENT)
        return;
    if (event->kind == EVENT_ORIGINATED)
        event->texts[EVENT_TEXT_SUBJECT] = event->texts[EVENT_TEXT_CALLING];
    for (int i = event->item_count - 1; i >= 0; i--)
        if (event->items[i].new_call.length > 0)
            event->texts[EVENT_TEXT_NEW_CALL] = event->items[i].new_call;
}

enum {
    SOUND_DEPTH = 64,      /* how deep is_sound looks */
    LENGTH_OCTETS_MAX = 4, /* ber_decode.h */
};

/* The element at `at`: its first bytes, taken apart by asn1c. False if there is none. */
static bool
fetch_header(const uint8_t *at, size_t length, ber_tlv_tag_t *tag, ber_tlv_len_t *inside,
             size_t *size)
{
    ssize_t tag_size = ber_fetch_tag(at, length, tag);
    if (tag_size <= 0)
        return false;
    ssize_t length_size =
        ber_fetch_length((at[0] & 0x20) != 0, at + tag_size, length - (size_t)tag_size, inside);
    *size = (size_t)(tag_size + length_size);
    bool is_end = at[0] == 0; /* end-of-contents octets, where they do not end anything */
    bool is_primitive = (at[0] & 0x20) == 0;
    return length_size > 0 && length_size <= 1 + LENGTH_OCTETS_MAX && !is_end &&
           !(is_primitive && at[tag_size] == 0x80);
}

static bool
is_one_element(const uint8_t *at, size_t length)
{
    ber_tlv_tag_t tag;
    ber_tlv_len_t inside;
    size_t header = 0;
    return length >= 2 && fetch_header(at, length, &tag, &inside, &header) &&
           (inside < 0 || header + (size_t)inside == length);
}

static bool straighten(struct ber_oracle *oracle, const uint8_t *at, size_t length, int depth,
                       size_t *taken);

/* The elements of one that is constructed; of indefinite length, they end with two zeros. */
static bool
straighten_all(struct ber_oracle *oracle, const uint8_t *at, size_t length, bool is_indefinite,
               int depth, size_t *taken)
{
    size_t done = 0;
    while (done < length) {
        if (is_indefinite && length - done >= 2 && at[done] == 0 && at[done + 1] == 0) {
            *taken = done + 2;
            return true;
        }
        size_t one = 0;
        if (!straighten(oracle, at + done, length - done, depth, &one))
            return false;
        done += one;
    }
    *taken = done;
    return !is_indefinite;
}

/* One element and all in it, written again with the shortest tags and lengths. */
static bool
straighten(struct ber_oracle *oracle, const uint8_t *at, size_t length, int depth, size_t *taken)
{
    ber_tlv_tag_t tag;
    ber_tlv_len_t inside;
    struct ber_writer *writer = &oracle->straight;
    size_t header = 0, start = writer->size;
    if (depth == 0 || !fetch_header(at, length, &tag, &inside, &header))
        return false;
    size_t inner = inside < 0 ? length - header : (size_t)inside;
    bool is_constructed = (at[0] & 0x20) != 0;
    if (inner > length - header)
        return false;
    bool is_unknown = BER_TAG_VALUE(tag) >= BER_TAG_UNKNOWN;
    if (!is_constructed) {
        oracle->is_doubtful |= is_one_element(at + header, inner);
        ber_write_bytes(writer, at + header, inner);
    } else if (!straighten_all(oracle, at + header, inner, inside < 0, depth - 1, &inner)) {
        return false;
    }
    ber_write_wrap(writer, start, (uint32_t)BER_TAG_CLASS(tag) << 30 | (uint32_t)BER_TAG_VALUE(tag),
                   is_constructed);
    if (is_unknown)
        writer->size = start;
    *taken = header + inner;
    return true;
}

/*
 * What asn1c 0.9.28 is given is the same PDU in its shortest form, because it takes no element of
 * indefinite length where a type has several tags and the outer one's length is definite; and
 * without the elements that nobody knows, because its "..." takes all that follows one for
 * unknown too.
 */
static bool
straighten_pdu(struct ber_oracle *oracle, const char *bytes, size_t length)
{
    size_t taken = 0;
    oracle->is_doubtful = false;
    oracle->straight.plain = true;
    oracle->straight.size = 0;
    return length <= BER_WRITE_MAX &&
           straighten(oracle, (const uint8_t *)bytes, length, SOUND_DEPTH, &taken) &&
           taken == length;
}

void
ber_oracle_read(struct ber_oracle *oracle, const char *bytes, size_t length,
                enum csta_encoding phase)
{
    oracle_reset(oracle);
    oracle->is_accepted = false;
    oracle->is_sound = straighten_pdu(oracle, bytes, length);
    if (!oracle->is_sound)
        return;
    bytes = (const char *)oracle->straight.bytes;
    length = oracle->straight.size;
    bool is_acse = length > 0 && ((uint8_t)bytes[0] & 0xc0) == 0x40;
    struct decoded decoded =
        decode_as(is_acse ? &asn_DEF_AcsePdu : &asn_DEF_RosePdu, bytes, length);
    if (decoded.structure == NULL)
        return;
    oracle->is_accepted = is_acse ? read_acse(oracle, decoded.structure)
                                  : read_rose(oracle, decoded.structure, phase);
    drop_what_is_not_asked(&oracle->message);
    add_what_follows(&oracle->message);
    decoded_free(decoded);
}
