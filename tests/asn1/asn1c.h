#ifndef TESTS_ASN1_ASN1C_H
#define TESTS_ASN1_ASN1C_H

/*
 * tests/asn1/asn1c.h - the one place that includes what asn1c generated.
 *
 * asn1c describes every type at run time (members, offsets, tags). The oracle and the generator
 * go by these descriptions, so the .asn1 files are the only list of what a phase has.
 */

/* Before asn1c's headers, which define macros of the C library's. */
#include "engine/csta/csta_message.h"

/* Ours has that name too; build.sh compiles asn1c's under this one. */
#define ber_decode asn1c_ber_decode
#include <ANY.h>
#include <BIT_STRING.h>
#include <BOOLEAN.h>
#include <ENUMERATED.h>
#include <GeneralizedTime.h>
#include <INTEGER.h>
#include <NULL.h>
#include <OBJECT_IDENTIFIER.h>
#include <OCTET_STRING.h>
#include <UTCTime.h>
#include <asn_SET_OF.h>
#include <asn_application.h>
#include <asn_internal.h>
#include <constr_CHOICE.h>
#include <constr_SEQUENCE.h>
#include <constr_SET_OF.h>
#undef ber_decode

/* What CSTA asks of a peer, and in which words: a row of ber_operation.def. */
struct ber_operation {
    enum csta_encoding phase;
    int opcode;
    enum message_class request;
    enum message_class answer;
    asn_TYPE_descriptor_t *argument;
    asn_TYPE_descriptor_t *result; /* NULL: the answer says nothing of use */
};

/* All of them; ends with an opcode of 0. */
extern const struct ber_operation ber_operations[];

/* Phase I: what eventInfo is for an eventType; ends with an event_type of 0. */
struct ber_event1 {
    int event_type;
    enum message_class message_class;
    uint8_t kind; /* enum event_kind */
    asn_TYPE_descriptor_t *type;
};

extern const struct ber_event1 ber_events1[];

extern asn_TYPE_descriptor_t asn_DEF_RosePdu;
extern asn_TYPE_descriptor_t asn_DEF_AcsePdu;

static inline bool
asn1c_is_choice(const asn_TYPE_descriptor_t *type)
{
    return type->free_struct == CHOICE_free;
}

static inline bool
asn1c_is_sequence(const asn_TYPE_descriptor_t *type)
{
    return type->free_struct == SEQUENCE_free;
}

static inline bool
asn1c_is_list(const asn_TYPE_descriptor_t *type)
{
    return type->free_struct == SET_OF_free;
}

/* asn1c_member - where the member is in a decoded structure; NULL if it is absent. */
const void *asn1c_member(const asn_TYPE_member_t *member, const void *structure);

/* asn1c_chosen - the alternative a decoded CHOICE has; NULL if it is one not known. */
const asn_TYPE_member_t *asn1c_chosen(const asn_TYPE_descriptor_t *type, const void *structure);

/*
 * asn1c_find - the member of a decoded SEQUENCE or CHOICE by its name; NULL if it is absent
 *
 * Sets *type to the member's type.
 */
const void *asn1c_find(const asn_TYPE_descriptor_t **type, const void *structure, const char *name);

#endif
