#include "tests/asn1/asn1c.h"

#include <string.h>

/* Each type is declared as often as it has rows; NONE is the type of no result. */
extern asn_TYPE_descriptor_t asn_DEF_NONE;
asn_TYPE_descriptor_t asn_DEF_NONE;

#define OPERATION(phase, opcode, request, answer, argument, result)                                \
    extern asn_TYPE_descriptor_t asn_DEF_##argument, asn_DEF_##result;
#define EVENT1(event_type, message_class, kind, type) extern asn_TYPE_descriptor_t asn_DEF_##type;
#include "tests/asn1/ber_operation.def"

const struct ber_operation ber_operations[] = {
#define OPERATION(phase, opcode, request, answer, argument, result)                                \
    {ENCODING_BER##phase, opcode,           MESSAGE_##request, MESSAGE_##answer,                   \
     &asn_DEF_##argument, &asn_DEF_##result},
#include "tests/asn1/ber_operation.def"
    {.opcode = 0},
};

const struct ber_event1 ber_events1[] = {
#define EVENT1(event_type, message_class, kind, type)                                              \
    {event_type, MESSAGE_##message_class, EVENT_##kind, &asn_DEF_##type},
#include "tests/asn1/ber_operation.def"
    {.event_type = 0},
};

const void *
asn1c_member(const asn_TYPE_member_t *member, const void *structure)
{
    const char *at = (const char *)structure + member->memb_offset;
    if ((member->flags & ATF_POINTER) == 0)
        return at;
    const void *pointed;
    memcpy(&pointed, at, sizeof(pointed));
    return pointed;
}

const asn_TYPE_member_t *
asn1c_chosen(const asn_TYPE_descriptor_t *type, const void *structure)
{
    asn_CHOICE_specifics_t *specifics = type->specifics;
    int present = 0;
    memcpy(&present, (const char *)structure + specifics->pres_offset, sizeof(present));
    return present > 0 && present <= type->elements_count ? &type->elements[present - 1] : NULL;
}

const void *
asn1c_find(const asn_TYPE_descriptor_t **type, const void *structure, const char *name)
{
    const asn_TYPE_member_t *members = (*type)->elements;
    int count = (*type)->elements_count;
    if (asn1c_is_choice(*type)) {
        members = asn1c_chosen(*type, structure);
        count = members == NULL ? 0 : 1;
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(members[i].name, name) != 0)
            continue;
        *type = members[i].type;
        return asn1c_member(&members[i], structure);
    }
    return NULL;
}
