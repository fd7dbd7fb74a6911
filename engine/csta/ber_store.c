#include "engine/csta/ber_store.h"

#include "base/check.h"
#include "engine/csta/ber_shape.h"
#include "engine/csta/ber_text.h"
#include "engine/csta/ber_time.h"
#include "engine/csta/ber_value.h"

enum {
    DEVICE_LENGTH_MAX = 512, /* bytes of a device text */
    INVOKE_LENGTH_MAX = 4,
};

static const char scratch_full[] = "texts longer than the scratch";
static const char device_too_long[] = "a device over 512 bytes";

void
ber_store_problem(struct ber_store *store, const uint8_t *at, const char *why)
{
    if (store->problem != NULL)
        return;
    store->problem = why;
    store->problem_at = at;
}

/* ------------------------------------------------------------------------ strings */

/* The first of repeated elements counts. */
static inline void
store_octets(struct ber_store *store, const uint8_t *at, char *place, struct text octets,
             enum ber_text_result (*as_text)(struct text *, struct text, uint32_t,
                                             struct csta_scratch *),
             uint32_t length_max, const char *too_long)
{
    struct text *text = (struct text *)(void *)place;
    if (!text_is_none(*text) || octets.length == 0)
        return;
    enum ber_text_result result = as_text(text, octets, length_max, store->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        ber_store_problem(store, at, scratch_full);
    else if (result == BER_TEXT_TOO_LONG && too_long != NULL)
        ber_store_problem(store, at, too_long);
}

static void
store_call_id(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    store_octets(store, at, place, octets, ber_text_identifier, EVENT_TEXT_LENGTH,
                 "a callID over 64 bytes");
}

static void
store_cross_ref(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    store_octets(store, at, place, octets, ber_text_identifier, EVENT_TEXT_LENGTH,
                 "a crossRefID over 64 bytes");
}

static void
store_agent_id(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    store_octets(store, at, place, octets, ber_text_octets, EVENT_TEXT_LENGTH,
                 "an agentID over 64 bytes");
}

static void
store_linkage(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    store_octets(store, at, place, octets, ber_text_octets, EVENT_TEXT_LENGTH, NULL);
}

static void
store_device_octets(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    store_octets(store, at, place, octets, ber_text_hex, DEVICE_LENGTH_MAX, device_too_long);
}

static void
store_subject_dynamic(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    if (text_is_none(*(struct text *)(void *)place) && octets.length > 0)
        store->message->event.flags |= EVENT_DEVICE_DYNAMIC;
    store_device_octets(store, at, place, octets);
}

static void
store_digits(struct ber_store *store, const uint8_t *at, char *place, struct text digits)
{
    store_octets(store, at, place, digits, ber_text_digits, DEVICE_LENGTH_MAX, device_too_long);
}

/* callControl of phase III's MonitorFilter: the number of unused bits, then a bit for each event in
 * the order of its tags. */
static void
store_withheld(struct ber_store *store, const uint8_t *at, char *place, struct text bits)
{
    (void)at;
    (void)place;
    if (bits.length < 2)
        return;
    uint8_t first = (uint8_t)bits.at[1];
    store->message->withheld = (uint8_t)(((first & 0x10) != 0 ? WITHHELD_CONNECTION_CLEARED : 0) |
                                         ((first & 0x40) != 0 ? WITHHELD_CALL_CLEARED : 0) |
                                         ((first & 0x01) != 0 ? WITHHELD_ESTABLISHED : 0));
}

/* What is no time counts as none; so does a second one. */
static void
store_utc_time(struct ber_store *store, const uint8_t *at, char *place, struct text text)
{
    (void)at;
    (void)place;
    if (!store->message->has_time)
        store->message->has_time = ber_time_utc(&store->message->time_us, text);
}

static void
store_generalized_time(struct ber_store *store, const uint8_t *at, char *place, struct text text)
{
    (void)at;
    (void)place;
    if (!store->message->has_time)
        store->message->has_time = ber_time_generalized(&store->message->time_us, text);
}

void
ber_store_piece(struct ber_store *store, const uint8_t *at, struct text *joined, struct text piece)
{
    struct csta_scratch *scratch = store->scratch;
    if (piece.length > sizeof(scratch->bytes) - scratch->used) {
        ber_store_problem(store, at, scratch_full);
        return;
    }
    memcpy(scratch->bytes + scratch->used, piece.at, piece.length);
    scratch->used += piece.length;
    joined->length += piece.length;
}

/* ------------------------------------------------------------------------ integers */

static void
store_device_number(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    struct text *text = (struct text *)(void *)place;
    if (!text_is_none(*text))
        return;
    enum ber_text_result result = ber_text_decimal(text, octets, store->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        ber_store_problem(store, at, scratch_full);
    else if (result == BER_TEXT_TOO_LONG)
        ber_store_problem(store, at, "a deviceNumber over 8 bytes");
}

/* An octet is redundant where the next one's first bit says the same: X.690 8.3.2. */
static void
store_invoke(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    while (octets.length > 1 && octets.at[0] == ((octets.at[1] & 0x80) != 0 ? '\xff' : '\0'))
        octets = text_skip(octets, 1);
    if (octets.length <= INVOKE_LENGTH_MAX && !store->message->invoke_unreadable)
        store->message->invoke = octets;
}

/* What comes behind it is no invokeID. */
static void
store_no_invoke(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    (void)octets;
    store->message->invoke_unreadable = true;
}

static void
store_cause(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    struct event *event = &store->message->event;
    if (event->cause == 0)
        event->cause = ber_value_cause(ber_store_number(octets));
}

static void
store_local_state(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    struct event *event = &store->message->event;
    if (event->local_state == LOCAL_ABSENT)
        event->local_state = ber_value_local_state(ber_store_number(octets));
}

static void
store_item_state(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    csta_message_item_state(store->message, ber_value_local_state(ber_store_number(octets)));
}

static void
store_simple_state(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    csta_message_item_state(store->message, ber_value_simple_state(ber_store_number(octets)));
}

static void
store_monitor_type(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    store->message->monitors_calls = ber_store_number(octets) == 0;
}

static void
store_status(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    store->message->status = ber_value_status(ber_store_number(octets));
}

static void
store_existing_calls(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    store->message->skips_existing = ber_store_number(octets) == 0;
}

static void
store_last_segment(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    store->message->whole = ber_store_number(octets) != 0;
}

static void
store_segment(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    int64_t number = ber_store_number(octets);
    store->message->segment = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static void
store_associate_result(struct ber_store *store, const uint8_t *at, char *place, struct text octets)
{
    (void)at;
    (void)place;
    store->message->message_class =
        ber_store_number(octets) == 0 ? MESSAGE_ASSOCIATION_BEGUN : MESSAGE_ASSOCIATION_REFUSED;
}

ber_store_function *const ber_store[BER_WHAT_COUNT] = {
    [BER_NO_INVOKE] = store_no_invoke,
    [BER_CALL_ID] = store_call_id,
    [BER_CROSS_REF] = store_cross_ref,
    [BER_AGENT_ID] = store_agent_id,
    [BER_LINKAGE] = store_linkage,
    [BER_BITS_WITHHELD] = store_withheld,
    [BER_DIGITS] = store_digits,
    [BER_OTHER_PLAN] = store_device_octets,
    [BER_DYNAMIC] = store_device_octets,
    [BER_SUBJECT_DYNAMIC] = store_subject_dynamic,
    [BER_UTC_TIME] = store_utc_time,
    [BER_GENERALIZED_TIME] = store_generalized_time,
    [BER_NUMBER] = store_device_number,
    [BER_INVOKE] = store_invoke,
    [BER_CAUSE] = store_cause,
    [BER_LOCAL_STATE] = store_local_state,
    [BER_ITEM_STATE] = store_item_state,
    [BER_SIMPLE_STATE] = store_simple_state,
    [BER_MONITOR_TYPE] = store_monitor_type,
    [BER_STATUS] = store_status,
    [BER_EXISTING_CALLS] = store_existing_calls,
    [BER_LAST_SEGMENT] = store_last_segment,
    [BER_SEGMENT] = store_segment,
    [BER_ASSOCIATE_RESULT] = store_associate_result,
};
