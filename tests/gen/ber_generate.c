#include "tests/gen/ber_generate.h"

#include <stdio.h>
#include <string.h>

#include "tests/asn1/asn1c.h"

/* X.680 8.4. */
enum {
    UNIVERSAL_BOOLEAN = 1,
    UNIVERSAL_INTEGER = 2,
    UNIVERSAL_BIT_STRING = 3,
    UNIVERSAL_OCTET_STRING = 4,
    UNIVERSAL_NULL = 5,
    UNIVERSAL_OBJECT_ID = 6,
    UNIVERSAL_ENUMERATED = 10,
    UNIVERSAL_SEQUENCE = 16,
    UNIVERSAL_IA5_STRING = 22,
    UNIVERSAL_UTC_TIME = 23,
    UNIVERSAL_GENERALIZED_TIME = 24,
};

#define APPLICATION (0x40U << 24)
#define CONTEXT     (0x80U << 24)

static void write_type(struct ber_writer *writer, const asn_TYPE_descriptor_t *type, int tag_mode,
                       ber_tlv_tag_t tag, const char *name);

/* asn1c's tags have the class in the two lowest bits. */
static uint32_t
tag_of(ber_tlv_tag_t tag)
{
    return (uint32_t)BER_TAG_CLASS(tag) << 30 | (uint32_t)BER_TAG_VALUE(tag);
}

static bool
chance(struct ber_writer *writer, uint32_t one_in)
{
    return ber_random(writer, one_in) == 0;
}

static void
write_random_bytes(struct ber_writer *writer, uint32_t least, uint32_t most)
{
    uint32_t length = least + ber_random(writer, most - least + 1);
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)ber_random(writer, 256);
        ber_write_bytes(writer, &byte, 1);
    }
}

/* The contents of an INTEGER of one to `most` octets, not always the shortest. */
static void
write_number(struct ber_writer *writer, uint32_t most)
{
    write_random_bytes(writer, 1, most);
}

static void
write_digits(struct ber_writer *writer)
{
    static const char characters[] = "0123456789*#+N<>;= @";
    uint32_t length = ber_random(writer, 16), of = chance(writer, 8) ? 20 : 10;
    for (uint32_t i = 0; i < length; i++)
        ber_write_bytes(writer, &characters[ber_random(writer, of)], 1);
}

static void
write_enumerated(struct ber_writer *writer, const asn_TYPE_descriptor_t *type)
{
    asn_INTEGER_specifics_t *known = type->specifics;
    uint32_t value = ber_random(writer, 128);
    if (known != NULL && known->extension == 0 && !chance(writer, 50))
        value =
            (uint32_t)known->value2enum[ber_random(writer, (uint32_t)known->map_count)].nat_value;
    uint8_t byte = (uint8_t)value;
    ber_write_bytes(writer, &byte, 1);
}

static void
write_time(struct ber_writer *writer, bool is_generalized)
{
    char text[32];
    int size =
        snprintf(text, sizeof(text), "%s%02u%02u%02u%02u%02u%02uZ", is_generalized ? "20" : "",
                 ber_random(writer, 38), 1 + ber_random(writer, 12), 1 + ber_random(writer, 28),
                 ber_random(writer, 24), ber_random(writer, 60), ber_random(writer, 60));
    ber_write_bytes(writer, text, (size_t)size);
}

/* Something nobody knows: a value, or a sequence of some, with tags short and long. */
static void
write_unknown(struct ber_writer *writer, int depth, uint32_t least_tag)
{
    size_t start = writer->size;
    bool is_constructed = depth > 0 && chance(writer, 2);
    if (is_constructed) {
        for (uint32_t i = ber_random(writer, 3); i > 0; i--)
            write_unknown(writer, depth - 1, least_tag);
    } else {
        write_random_bytes(writer, 0, 9);
    }
    ber_write_wrap(writer, start, CONTEXT | (least_tag + ber_random(writer, 900)), is_constructed);
}

static void
write_bits(struct ber_writer *writer)
{
    uint8_t unused = (uint8_t)ber_random(writer, 8);
    ber_write_bytes(writer, &unused, 1);
    write_random_bytes(writer, 1, 5);
}

static void
write_value(struct ber_writer *writer, const asn_TYPE_descriptor_t *type, const char *name)
{
    static const uint8_t object[] = {0x2b, 0x0c, 0x89, 0x36, 0x84, 0x09};
    uint32_t universal = type->all_tags_count == 0
                             ? 0
                             : (uint32_t)BER_TAG_VALUE(type->all_tags[type->all_tags_count - 1]);
    if (universal == UNIVERSAL_ENUMERATED) {
        write_enumerated(writer, type);
    } else if (universal == UNIVERSAL_BOOLEAN) {
        uint8_t truth = (uint8_t)ber_random(writer, 256);
        ber_write_bytes(writer, &truth, 1);
    } else if (strcmp(name, "opcode") == 0) {
        uint8_t opcode = (uint8_t)(100 + ber_random(writer, 28)); /* of no operation known here */
        ber_write_bytes(writer, &opcode, 1);
    } else if (strcmp(name, "result") == 0 && chance(writer, 2)) {
        ber_write_bytes(writer, "", 1); /* AARE: accepted */
    } else if (universal == UNIVERSAL_INTEGER) {
        write_number(writer, strcmp(name, "invokeID") == 0 ? 4 : 3);
    } else if (universal == UNIVERSAL_BIT_STRING) {
        write_bits(writer);
    } else if (universal == UNIVERSAL_OCTET_STRING) {
        write_random_bytes(writer, chance(writer, 20) ? 0 : 1, chance(writer, 30) ? 32 : 8);
    } else if (universal == UNIVERSAL_OBJECT_ID) {
        ber_write_bytes(writer, object, sizeof(object));
    } else if (universal == UNIVERSAL_IA5_STRING) {
        write_digits(writer);
    } else if (universal == UNIVERSAL_UTC_TIME || universal == UNIVERSAL_GENERALIZED_TIME) {
        write_time(writer, universal == UNIVERSAL_GENERALIZED_TIME);
    }
}

/* Nobody adds to what carries CSTA, and in a Connection ID an alternative would be meant. */
static bool
is_carrier(const asn_TYPE_descriptor_t *type)
{
    static const char *const names[] = {"Invoke", "ReturnResult", "body", "ReturnError", "Reject"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(type->name, names[i]) == 0)
            return true;
    return false;
}

static void
write_members(struct ber_writer *writer, const asn_TYPE_descriptor_t *type)
{
    bool takes_more = !is_carrier(type);
    uint32_t missing_one_in = 1 + ber_random(writer, 4);
    for (int i = 0; i < type->elements_count; i++) {
        const asn_TYPE_member_t *member = &type->elements[i];
        if (takes_more && i > 0 && chance(writer, 80))
            write_unknown(writer, 3, BER_TAG_UNKNOWN);
        bool is_call = strcmp(member->name, "callID") == 0 && !chance(writer, 60);
        if (member->optional != 0 && !is_call && ber_random(writer, 5) < missing_one_in)
            continue;
        write_type(writer, member->type, member->tag_mode, member->tag, member->name);
    }
    if (takes_more && chance(writer, 8))
        write_unknown(writer, 3, BER_TAG_UNKNOWN);
}

static void
write_choice(struct ber_writer *writer, const asn_TYPE_descriptor_t *type)
{
    uint32_t alternative = ber_random(writer, (uint32_t)type->elements_count);
    if (strncmp(type->name, "EventSpecificInfo", 17) == 0 && !chance(writer, 6))
        alternative = 0; /* call events matter most */
    if (strcmp(type->name, "ConnectionID3") == 0 && !chance(writer, 20))
        alternative = chance(writer, 3) ? 0 : 2; /* with a callID */
    const asn_TYPE_member_t *member = &type->elements[alternative];
    write_type(writer, member->type, member->tag_mode, member->tag, member->name);
}

static void
write_list(struct ber_writer *writer, const asn_TYPE_descriptor_t *type)
{
    const asn_TYPE_member_t *member = type->elements;
    uint32_t count = ber_random(writer, chance(writer, 60) ? 70 : 5);
    for (uint32_t i = 0; i < count; i++)
        write_type(writer, member->type, member->tag_mode, member->tag, "");
}

static void
write_contents(struct ber_writer *writer, const asn_TYPE_descriptor_t *type, const char *name)
{
    if (asn1c_is_choice(type))
        write_choice(writer, type);
    else if (asn1c_is_sequence(type))
        write_members(writer, type);
    else if (asn1c_is_list(type))
        write_list(writer, type);
    else if (type == &asn_DEF_ANY)
        write_unknown(writer, 3, 40);
    else
        write_value(writer, type, name);
}

/*
 * A type with its tags: those of its own, the first replaced when the member's tag is IMPLICIT,
 * or one more around them when it is EXPLICIT.
 */
static void
write_type(struct ber_writer *writer, const asn_TYPE_descriptor_t *type, int tag_mode,
           ber_tlv_tag_t tag, const char *name)
{
    size_t start = writer->size;
    bool is_constructed = asn1c_is_choice(type) || asn1c_is_sequence(type) || asn1c_is_list(type);
    write_contents(writer, type, name);
    for (int i = type->tags_count - 1; i >= 0; i--) {
        bool is_replaced = i == 0 && tag_mode == -1;
        ber_write_wrap(writer, start, tag_of(is_replaced ? tag : type->tags[i]), is_constructed);
        is_constructed = true;
    }
    if (tag_mode == 1 || (tag_mode == -1 && type->tags_count == 0))
        ber_write_wrap(writer, start, tag_of(tag), true);
}

static void
write_integer(struct ber_writer *writer, uint32_t value)
{
    size_t start = writer->size;
    uint8_t octets[] = {(uint8_t)(value >> 8), (uint8_t)value};
    bool is_short = value < 128;
    ber_write_bytes(writer, octets + is_short, sizeof(octets) - is_short);
    ber_write_wrap(writer, start, UNIVERSAL_INTEGER, false);
}

static void
write_report1(struct ber_writer *writer)
{
    size_t start = writer->size, at = start;
    int count = 0;
    while (ber_events1[count].event_type != 0)
        count++;
    const struct ber_event1 *event = &ber_events1[ber_random(writer, (uint32_t)count)];
    write_random_bytes(writer, 1, 4);
    ber_write_wrap(writer, at, APPLICATION | 21, false);
    at = writer->size;
    uint8_t octets[] = {(uint8_t)(event->event_type >> 8), (uint8_t)event->event_type};
    bool is_short = event->event_type < 128;
    ber_write_bytes(writer, octets + is_short, sizeof(octets) - is_short);
    ber_write_wrap(writer, at, CONTEXT, false);
    write_type(writer, event->type, 0, 0, "");
    ber_write_wrap(writer, start, UNIVERSAL_SEQUENCE, true);
}

static const struct ber_operation *
some_operation(struct ber_writer *writer, enum csta_encoding phase)
{
    const struct ber_operation *first = ber_operations;
    uint32_t count = 0;
    while (first->phase != phase)
        first++;
    while (first[count].opcode != 0 && first[count].phase == phase)
        count++;
    return chance(writer, 2) ? first : &first[ber_random(writer, count)];
}

static void
write_invoke_id(struct ber_writer *writer)
{
    size_t start = writer->size;
    write_number(writer, 4);
    ber_write_wrap(writer, start, UNIVERSAL_INTEGER, false);
}

static void
write_invoke(struct ber_writer *writer, const struct ber_operation *operation)
{
    size_t start = writer->size;
    write_invoke_id(writer);
    write_integer(writer, (uint32_t)operation->opcode);
    if (operation->phase == ENCODING_BER1 && operation->request == MESSAGE_CALL_EVENT)
        write_report1(writer);
    else
        write_type(writer, operation->argument, 0, 0, "");
    ber_write_wrap(writer, start, CONTEXT | 1, true);
}

static void
write_result(struct ber_writer *writer, const struct ber_operation *operation)
{
    size_t start = writer->size;
    write_invoke_id(writer);
    if (!chance(writer, 8)) {
        size_t body = writer->size;
        write_integer(writer, (uint32_t)operation->opcode);
        if (operation->result->name != NULL)
            write_type(writer, operation->result, 0, 0, "");
        else if (chance(writer, 2))
            ber_write_wrap(writer, writer->size, UNIVERSAL_NULL, false);
        ber_write_wrap(writer, body, UNIVERSAL_SEQUENCE, true);
    }
    ber_write_wrap(writer, start, CONTEXT | 2, true);
}

void
ber_generate(struct ber_writer *writer, enum csta_encoding phase, uint64_t seed)
{
    writer->size = 0;
    writer->seed = seed;
    writer->plain = chance(writer, 3);
    const struct ber_operation *operation = some_operation(writer, phase);
    uint32_t dice = ber_random(writer, 20);
    if (dice == 0)
        write_type(writer, &asn_DEF_AcsePdu, 0, 0, "");
    else if (dice == 1)
        write_type(writer, &asn_DEF_RosePdu, 0, 0, "");
    else if (dice < 6)
        write_result(writer, operation);
    else
        write_invoke(writer, operation);
}

static void
mutate_once(struct ber_writer *writer, const struct ber_writer *other)
{
    uint32_t size = (uint32_t)writer->size, at = ber_random(writer, size);
    uint32_t part = 1 + ber_random(writer, size - at < 16 ? size - at : 16);
    uint8_t *byte = &writer->bytes[at];
    uint32_t from = ber_random(writer, (uint32_t)other->size);
    switch (ber_random(writer, 7)) {
    case 0:
        *byte ^= (uint8_t)(1U << ber_random(writer, 8));
        break;
    case 1:
        *byte = (uint8_t)ber_random(writer, 256);
        break;
    case 2: /* what looks like a length is made a little wrong */
        *byte = (uint8_t)(*byte + ber_random(writer, 5) - 2);
        break;
    case 3:
        writer->size = at + 1;
        break;
    case 4:
        memmove(byte, byte + part, size - at - part);
        writer->size = size - part < 1 ? 1 : size - part;
        break;
    case 5:
        memmove(byte + part, byte, size - at);
        writer->size = size + part;
        break;
    default:
        if (from + part <= other->size)
            memcpy(byte, other->bytes + from, part);
        break;
    }
}

void
ber_mutate(struct ber_writer *writer, const struct ber_writer *other)
{
    for (uint32_t i = chance(writer, 3) ? 3 : 1; i > 0; i--)
        if (writer->size > 0 && writer->size < BER_WRITE_MAX && other->size > 0)
            mutate_once(writer, other);
}
