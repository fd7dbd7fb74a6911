#include "tests/asn1/ber_walk.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum member_what {
    WHAT_PARTY,
    WHAT_ITEMS,
    WHAT_SNAPSHOT,
    WHAT_ITEM_NEW,
    WHAT_ITEM_OLD,
    WHAT_ITEM_ENDPOINT,
    WHAT_ITEM_STATE,
    WHAT_COMPOUND_STATE,
    WHAT_SIMPLE_STATE,
    WHAT_CROSS_REF,
    WHAT_OBJECT,
    WHAT_CALL_OBJECT,
    WHAT_MONITOR_TYPE,
    WHAT_STATUS,
    WHAT_LAST,
    WHAT_LOCAL_STATE,
    WHAT_CAUSE,
    WHAT_AGENT,
    WHAT_LINKAGE,
    WHAT_GENERALIZED_TIME,
    WHAT_UTC_TIME,
    WHAT_CALL_ID,
    WHAT_DYNAMIC_ID,
    WHAT_DEVICE_NUMBER,
    WHAT_DEVICE_TEXT,
    WHAT_OTHER_PLAN,
    WHAT_SKIP,
    WHAT_NOTHING,
};

enum { EVENT_TEXT_NONE = -1 };

#define YEAR_10000 INT64_C(253402300800) /* seconds since 1970 */

struct member {
    const char *name;
    enum member_what what;
    int call, device; /* WHAT_PARTY: enum event_text */
};

static const struct member members[] = {
#define PARTY(name, call, device) {name, WHAT_PARTY, EVENT_TEXT_##call, EVENT_TEXT_##device},
#define MEMBER(name, what)        {name, WHAT_##what, EVENT_TEXT_NONE, EVENT_TEXT_NONE},
#include "tests/asn1/ber_member.def"
};

/* Where the callID and the device of what is walked go; NULL: nowhere. */
struct place {
    struct text *call;
    struct text *device;
};

struct walk {
    struct ber_oracle *oracle;
    struct event_item *item; /* the one that is being filled */
    bool in_list;
};

static const struct member *
find_member(const char *name)
{
    static const struct member nothing = {"", WHAT_NOTHING, EVENT_TEXT_NONE, EVENT_TEXT_NONE};
    for (size_t i = 0; name != NULL && i < sizeof(members) / sizeof(members[0]); i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return &nothing;
}

struct text
ber_walk_keep(struct ber_oracle *oracle, const void *bytes, size_t length)
{
    CHECK(oracle->used + length <= sizeof(oracle->bytes));
    if (length == 0)
        return TEXT_NONE;
    char *at = oracle->bytes + oracle->used;
    memcpy(at, bytes, length);
    oracle->used += (uint32_t)length;
    return (struct text){at, (uint32_t)length};
}

static bool
stands_for_itself(const OCTET_STRING_t *octets)
{
    bool is_plain = true, is_graphic = octets->size >= 8;
    for (int i = 0; i < octets->size; i++) {
        is_plain &= isascii(octets->buf[i]) && isalnum(octets->buf[i]);
        is_graphic &= isascii(octets->buf[i]) && isgraph(octets->buf[i]);
    }
    bool looks_like_hex = octets->size >= 2 && memcmp(octets->buf, "0x", 2) == 0;
    return (is_plain || is_graphic) && !looks_like_hex;
}

static struct text
keep_hex(struct ber_oracle *oracle, const char *prefix, const OCTET_STRING_t *octets)
{
    char *at = oracle->bytes + oracle->used;
    size_t size = (size_t)octets->size, length = strlen(prefix) + 2 * size;
    if (size == 0)
        return TEXT_NONE;
    CHECK(oracle->used + length + 1 < sizeof(oracle->bytes));
    char *end = stpcpy(at, prefix);
    for (size_t i = 0; i < size; i++)
        end += sprintf(end, "%02X", octets->buf[i]);
    oracle->used += (uint32_t)length;
    return (struct text){at, (uint32_t)length};
}

/* As ber_text.h says octets are shown: callIDs and monitorCrossRefIDs. Where hex would be too long
 * and what stands there is nothing to read, the decoder finds the message unusable. */
static struct text
keep_identifier(struct ber_oracle *oracle, const OCTET_STRING_t *octets)
{
    return 2 * octets->size > EVENT_TEXT_LENGTH
               ? ber_walk_keep(oracle, octets->buf, (size_t)octets->size)
               : keep_hex(oracle, "", octets);
}

/* Agents and linkages: as they are if they can be read, else in hex. */
static struct text
keep_agent(struct ber_oracle *oracle, const OCTET_STRING_t *octets)
{
    return stands_for_itself(octets) ? ber_walk_keep(oracle, octets->buf, (size_t)octets->size)
                                     : keep_hex(oracle, "0x", octets);
}

/* Dialling numbers: as they are if all can be seen. */
static struct text
keep_digits(struct ber_oracle *oracle, const OCTET_STRING_t *octets)
{
    for (int i = 0; i < octets->size; i++)
        if (!isascii(octets->buf[i]) || !isprint(octets->buf[i]))
            return keep_hex(oracle, "0x", octets);
    return ber_walk_keep(oracle, octets->buf, (size_t)octets->size);
}

long
ber_walk_integer(const void *structure)
{
    long value = -1;
    return asn_INTEGER2long(structure, &value) == 0 && value >= 0 ? value : -1;
}

static struct text
keep_number(struct ber_oracle *oracle, const void *structure)
{
    char digits[32];
    long value = 0;
    if (asn_INTEGER2long(structure, &value) != 0)
        return TEXT_NONE;
    return ber_walk_keep(oracle, digits, (size_t)snprintf(digits, sizeof(digits), "%ld", value));
}

static uint8_t
state_of(long value)
{
    return value >= LOCAL_NULL && value <= LOCAL_FAIL ? (uint8_t)value : LOCAL_ABSENT;
}

/* ECMA-285 numbers simple call states 16 * far end + near end; 96 is callBlocked: fail here. */
static uint8_t
simple_state_of(long value)
{
    static const uint8_t known[] = {0, 1, 3, 35, 36, 50, 51, 52, 66, 67, 83, 84, 96, 99, 100};
    if (value == 96)
        return LOCAL_FAIL;
    for (size_t i = 0; i < sizeof(known); i++)
        if (value == known[i])
            return (uint8_t)(value & 15);
    return LOCAL_ABSENT;
}

static uint8_t
cause_of(long value)
{
    switch (value) {
#define CAUSE(number, name, printed) case number:
#include "ipc/cause.def"
#undef CAUSE
        return (uint8_t)value;
    default:
        return 0;
    }
}

static enum system_status
status_of(long value)
{
    static const enum system_status statuses[] = {
        STATUS_INITIALIZING,     STATUS_ENABLED,  STATUS_NORMAL,
        STATUS_MESSAGES_LOST,    STATUS_DISABLED, STATUS_PARTIAL_OVERLOAD,
        STATUS_PARTIAL_OVERLOAD, STATUS_RELIEVED, STATUS_PARTIAL_OVERLOAD,
    };
    return value >= 0 && value <= 8 ? statuses[value] : STATUS_ABSENT;
}

static void
keep_time(struct ber_oracle *oracle, time_t seconds, int microseconds)
{
    if (seconds < 0 || seconds >= YEAR_10000)
        return;
    oracle->message.has_time = true;
    oracle->message.time_us = (int64_t)seconds * 1000000 + microseconds;
}

/* A dynamic ID means a connection's device, and nothing where a network's device is named. */
static void
walk_dynamic(struct ber_oracle *oracle, const OCTET_STRING_t *octets, struct text *device)
{
    struct event *event = &oracle->message.event;
    if (device == &event->texts[EVENT_TEXT_NETWORK_DEVICE])
        return;
    *device = keep_hex(oracle, "0x", octets);
    if (device == &event->texts[EVENT_TEXT_DEVICE] && octets->size > 0)
        event->flags |= EVENT_DEVICE_DYNAMIC;
}

/* A value with a row in ber_member.def. Octets and numbers are told apart by the row alone: the
 * .asn1 files and the rows belong together. */
static void
walk_value(struct walk *walk, enum member_what what, const void *value, struct place place)
{
    struct ber_oracle *oracle = walk->oracle;
    struct csta_message *message = &oracle->message;
    int fraction = 0;

    if (what == WHAT_CALL_ID && place.call != NULL) {
        *place.call = keep_identifier(oracle, value);
    } else if (what == WHAT_DYNAMIC_ID && place.device != NULL) {
        walk_dynamic(oracle, value, place.device);
    } else if (what == WHAT_DEVICE_TEXT && place.device != NULL) {
        *place.device = keep_digits(oracle, value);
    } else if (what == WHAT_OTHER_PLAN && place.device != NULL) {
        *place.device = keep_hex(oracle, "0x", value);
    } else if (what == WHAT_DEVICE_NUMBER && place.device != NULL) {
        *place.device = keep_number(oracle, value);
    } else if (what == WHAT_CROSS_REF) {
        message->cross_ref = keep_identifier(oracle, value);
    } else if (what == WHAT_AGENT) {
        message->event.texts[EVENT_TEXT_AGENT] = keep_agent(oracle, value);
    } else if (what == WHAT_LINKAGE && message->message_class == MESSAGE_CALL_EVENT) {
        struct text linkage = keep_agent(oracle, value);
        bool is_too_long = linkage.length > EVENT_TEXT_LENGTH; /* then it is left out */
        message->event.texts[EVENT_TEXT_LINKAGE] = is_too_long ? TEXT_NONE : linkage;
    } else if (what == WHAT_CAUSE && message->message_class == MESSAGE_CALL_EVENT) {
        message->event.cause = cause_of(ber_walk_integer(value));
    } else if (what == WHAT_LOCAL_STATE) {
        message->event.local_state = state_of(ber_walk_integer(value));
    } else if (what == WHAT_ITEM_STATE && walk->item != NULL) {
        walk->item->state = state_of(ber_walk_integer(value));
    } else if (what == WHAT_SIMPLE_STATE && walk->item != NULL) {
        walk->item->state = simple_state_of(ber_walk_integer(value));
    } else if (what == WHAT_LAST) {
        message->whole = *(const BOOLEAN_t *)value != 0;
    } else if (what == WHAT_STATUS) {
        message->status = status_of(ber_walk_integer(value));
    } else if (what == WHAT_MONITOR_TYPE) {
        message->monitors_calls = ber_walk_integer(value) == 0;
    } else if (what == WHAT_UTC_TIME) {
        keep_time(oracle, asn_UT2time(value, NULL, 1), 0);
    } else if (what == WHAT_GENERALIZED_TIME) {
        time_t seconds = asn_GT2time_prec(value, &fraction, 6, NULL, 1);
        keep_time(oracle, seconds, fraction);
    }
}

static void walk_member(struct walk *walk, const char *name, const asn_TYPE_descriptor_t *type,
                        const void *structure, struct place place);

static struct event_item *
begin_item(struct csta_message *message)
{
    if (message->event.item_count >= EVENT_ITEMS_MAX)
        return NULL;
    struct event_item *item = &message->event.items[message->event.item_count++];
    *item = (struct event_item){.state = LOCAL_ABSENT};
    return item;
}

/* An entry that names neither call nor device says nothing. */
static void
end_item(struct csta_message *message)
{
    const struct event_item *item = &message->event.items[message->event.item_count - 1];
    if (item->new_call.length + item->new_device.length + item->old_call.length +
            item->old_device.length + item->endpoint.length ==
        0)
        message->event.item_count--;
}

/* Every element of a list of connections is an item; in phase I it is the connection itself. */
static void
walk_items(struct walk *walk, const asn_TYPE_descriptor_t *type, const void *structure)
{
    const asn_anonymous_set_ *list = structure;
    for (int i = 0; i < list->count; i++) {
        walk->item = begin_item(&walk->oracle->message);
        if (walk->item == NULL)
            continue;
        struct place place = {&walk->item->new_call, &walk->item->new_device};
        walk_member(walk, NULL, type->elements[0].type, list->array[i], place);
        end_item(&walk->oracle->message);
    }
    walk->item = NULL;
}

static void
walk_inside(struct walk *walk, const asn_TYPE_descriptor_t *type, const void *structure,
            struct place place)
{
    if (asn1c_is_choice(type)) {
        const asn_TYPE_member_t *chosen = asn1c_chosen(type, structure);
        if (chosen != NULL)
            walk_member(walk, chosen->name, chosen->type, asn1c_member(chosen, structure), place);
    } else if (asn1c_is_sequence(type)) {
        for (int i = 0; i < type->elements_count; i++) {
            const asn_TYPE_member_t *member = &type->elements[i];
            walk_member(walk, member->name, member->type, asn1c_member(member, structure), place);
        }
    }
}

/* Where what lies below goes, for the rows that say so. */
static struct place
place_below(struct walk *walk, const struct member *row, struct place place)
{
    struct csta_message *message = &walk->oracle->message;
    struct text *texts = message->event.texts;
    struct event_item *item = walk->item;

    if (row->what == WHAT_PARTY)
        return (struct place){row->call == EVENT_TEXT_NONE ? NULL : &texts[row->call],
                              row->device == EVENT_TEXT_NONE ? NULL : &texts[row->device]};
    if (row->what == WHAT_OBJECT)
        return (struct place){NULL, &message->object};
    if (row->what == WHAT_CALL_OBJECT) {
        message->object_is_call = true;
        return (struct place){&message->object, NULL};
    }
    if (row->what == WHAT_ITEM_NEW && item != NULL)
        return (struct place){&item->new_call, &item->new_device};
    if (row->what == WHAT_ITEM_OLD && item != NULL)
        return (struct place){&item->old_call, &item->old_device};
    if (row->what == WHAT_ITEM_ENDPOINT && item != NULL)
        return (struct place){NULL, &item->endpoint};
    return place;
}

static void
walk_member(struct walk *walk, const char *name, const asn_TYPE_descriptor_t *type,
            const void *structure, struct place place)
{
    const struct member *row = find_member(name);
    if (structure == NULL || row->what == WHAT_SKIP)
        return;
    if (row->what == WHAT_COMPOUND_STATE) {
        /* The first is that of the device that was asked about (ECMA-269, compound call state). */
        const asn_anonymous_set_ *list = structure;
        if (list->count > 0)
            walk_value(walk, WHAT_ITEM_STATE, list->array[0], place);
    } else if (row->what == WHAT_ITEMS || row->what == WHAT_SNAPSHOT) {
        walk->oracle->message.whole |=
            row->what == WHAT_SNAPSHOT &&
            walk->oracle->message.message_class != MESSAGE_SNAPSHOT_DEVICE_DATA &&
            walk->oracle->message.message_class != MESSAGE_SNAPSHOT_CALL_DATA;
        walk_items(walk, type, structure);
    } else if (asn1c_is_choice(type) || asn1c_is_sequence(type)) {
        walk_inside(walk, type, structure, place_below(walk, row, place));
    } else if (type != &asn_DEF_NULL) {
        walk_value(walk, row->what, structure, place);
    }
}

/* Some arguments are the bare connection or device. */
static struct place
place_of_argument(struct csta_message *message)
{
    struct text *texts = message->event.texts;
    switch ((int)message->message_class) {
    case MESSAGE_CLEAR_CONNECTION:
    case MESSAGE_CLEAR_CALL:
    case MESSAGE_SNAPSHOT_CALL:
        return (struct place){&texts[EVENT_TEXT_CALL], &texts[EVENT_TEXT_DEVICE]};
    case MESSAGE_SNAPSHOT_DEVICE:
        return (struct place){NULL, &message->object};
    default:
        return (struct place){NULL, NULL};
    }
}

void
ber_walk(struct ber_oracle *oracle, const asn_TYPE_descriptor_t *type, const void *structure)
{
    struct walk walk = {.oracle = oracle};
    const char *name = asn1c_is_list(type) ? "snapshotData" : NULL;
    walk_member(&walk, name, type, structure, place_of_argument(&oracle->message));
}
