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
static void
store_octets(struct ber_store *store, const uint8_t *at, struct text *place, struct text octets,
             uint32_t length_max, const char *too_long)
{
    if (!text_is_none(*place) || octets.length == 0)
        return;
    enum ber_text_result result = ber_text_octets(place, octets, length_max, store->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        ber_store_problem(store, at, scratch_full);
    else if (result == BER_TEXT_TOO_LONG && too_long != NULL)
        ber_store_problem(store, at, too_long);
}

static void
store_digits(struct ber_store *store, const uint8_t *at, struct text *place, struct text digits)
{
    if (digits.length > DEVICE_LENGTH_MAX)
        ber_store_problem(store, at, device_too_long);
    else if (text_is_none(*place))
        *place = digits;
}

static void
store_subject_dynamic(struct ber_store *store, const uint8_t *at, struct text *place,
                      struct text octets)
{
    if (text_is_none(*place) && octets.length > 0)
        store->message->event.flags |= EVENT_DEVICE_DYNAMIC;
    store_octets(store, at, place, octets, DEVICE_LENGTH_MAX, device_too_long);
}

/* What is no time counts as none; so does a second one. */
static void
store_time(struct csta_message *message, bool (*read)(int64_t *time_us, struct text text),
           struct text text)
{
    if (!message->has_time)
        message->has_time = read(&message->time_us, text);
}

void
ber_store_string(struct ber_store *store, const uint8_t *at, uint8_t what, char *place,
                 struct text octets)
{
    struct text *text = (struct text *)(void *)place;
    switch (what) {
    case BER_CALL_ID:
        store_octets(store, at, text, octets, EVENT_TEXT_LENGTH, "a callID over 64 bytes");
        break;
    case BER_CROSS_REF:
        store_octets(store, at, text, octets, EVENT_TEXT_LENGTH, "a crossRefID over 64 bytes");
        break;
    case BER_AGENT_ID:
        store_octets(store, at, text, octets, EVENT_TEXT_LENGTH, "an agentID over 64 bytes");
        break;
    case BER_LINKAGE:
        store_octets(store, at, text, octets, EVENT_TEXT_LENGTH, NULL);
        break;
    case BER_DIGITS:
        store_digits(store, at, text, octets);
        break;
    case BER_OTHER_PLAN:
    case BER_DYNAMIC:
        store_octets(store, at, text, octets, DEVICE_LENGTH_MAX, device_too_long);
        break;
    case BER_SUBJECT_DYNAMIC:
        store_subject_dynamic(store, at, text, octets);
        break;
    case BER_UTC_TIME:
        store_time(store->message, ber_time_utc, octets);
        break;
    default:
        DCHECK(what == BER_GENERALIZED_TIME);
        store_time(store->message, ber_time_generalized, octets);
        break;
    }
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

static int64_t
integer_of(struct text octets)
{
    uint64_t value = (octets.at[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < octets.length; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    return (int64_t)value;
}

int64_t
ber_store_number(struct text octets)
{
    return octets.length <= sizeof(int64_t) ? integer_of(octets) : -1;
}

static void
store_device_number(struct ber_store *store, const uint8_t *at, struct text *place,
                    struct text octets)
{
    if (!text_is_none(*place))
        return;
    enum ber_text_result result = ber_text_decimal(place, octets, store->scratch);
    if (result == BER_TEXT_SCRATCH_FULL)
        ber_store_problem(store, at, scratch_full);
    else if (result == BER_TEXT_TOO_LONG)
        ber_store_problem(store, at, "a deviceNumber over 8 bytes");
}

/* An octet is redundant where the next one's first bit says the same: X.690 8.3.2. */
static void
store_invoke(struct ber_store *store, struct text octets)
{
    while (octets.length > 1 && octets.at[0] == ((octets.at[1] & 0x80) != 0 ? '\xff' : '\0'))
        octets = text_skip(octets, 1);
    if (octets.length <= INVOKE_LENGTH_MAX)
        store->message->invoke = octets;
}

static void
store_item_state(struct ber_store *store, uint8_t state)
{
    struct event *event = &store->message->event;
    CHECK(event->item_count > 0);
    struct event_item *item = &event->items[event->item_count - 1];
    if (item->state == LOCAL_ABSENT)
        item->state = state;
}

void
ber_store_integer(struct ber_store *store, const uint8_t *at, uint8_t what, char *place,
                  struct text octets)
{
    struct csta_message *message = store->message;
    struct event *event = &message->event;
    int64_t number = ber_store_number(octets);
    switch (what) {
    case BER_NUMBER:
        store_device_number(store, at, (struct text *)(void *)place, octets);
        break;
    case BER_INVOKE:
        store_invoke(store, octets);
        break;
    case BER_CAUSE:
        if (event->cause == 0)
            event->cause = ber_value_cause(number);
        break;
    case BER_LOCAL_STATE:
        if (event->local_state == LOCAL_ABSENT)
            event->local_state = ber_value_local_state(number);
        break;
    case BER_ITEM_STATE:
        store_item_state(store, ber_value_local_state(number));
        break;
    case BER_SIMPLE_STATE:
        store_item_state(store, ber_value_simple_state(number));
        break;
    case BER_MONITOR_TYPE:
        message->monitors_calls = number == 0;
        break;
    case BER_STATUS:
        message->status = ber_value_status(number);
        break;
    default:
        DCHECK(what == BER_ASSOCIATE_RESULT);
        message->message_class =
            number == 0 ? MESSAGE_ASSOCIATION_BEGUN : MESSAGE_ASSOCIATION_ENDED;
        break;
    }
}

/* ------------------------------------------------------------------------ items */

struct event_item *
ber_store_open_item(struct ber_store *store, const uint8_t *at)
{
    struct event *event = &store->message->event;
    if (event->item_count == EVENT_ITEMS_MAX) {
        ber_store_problem(store, at, "more than 64 connections in one list");
        return NULL;
    }
    struct event_item *item = &event->items[event->item_count++];
    memset(item, 0, sizeof(*item));
    item->state = LOCAL_ABSENT;
    return item;
}

void
ber_store_close_item(struct ber_store *store)
{
    struct event *event = &store->message->event;
    const struct event_item *item = &event->items[event->item_count - 1];
    if (text_is_none(item->new_call) && text_is_none(item->new_device) &&
        text_is_none(item->old_call) && text_is_none(item->old_device) &&
        text_is_none(item->endpoint))
        event->item_count--;
}
