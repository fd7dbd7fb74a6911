#include "engine/csta/csta_message.h"

#include <string.h>

#include "base/check.h"

struct event_item *
csta_message_open_item(struct csta_message *message)
{
    struct event *event = &message->event;
    if (event->item_count == EVENT_ITEMS_MAX)
        return NULL;
    struct event_item *item = &event->items[event->item_count++];
    memset(item, 0, sizeof(*item));
    item->state = LOCAL_ABSENT;
    return item;
}

void
csta_message_close_item(struct csta_message *message)
{
    struct event *event = &message->event;
    const struct event_item *item = &event->items[event->item_count - 1];
    if (text_is_none(item->new_call) && text_is_none(item->new_device) &&
        text_is_none(item->old_call) && text_is_none(item->old_device) &&
        text_is_none(item->endpoint))
        event->item_count--;
}

void
csta_message_item_state(struct csta_message *message, uint8_t state)
{
    struct event *event = &message->event;
    CHECK(event->item_count > 0);
    struct event_item *item = &event->items[event->item_count - 1];
    if (item->state == LOCAL_ABSENT)
        item->state = state;
}

static bool
items_are_equal(const struct event *left, const struct event *right)
{
    if (left->item_count != right->item_count)
        return false;
    for (uint16_t i = 0; i < left->item_count; i++) {
        const struct event_item *one = &left->items[i];
        const struct event_item *other = &right->items[i];
        if (one->state != other->state || !text_is_equal(one->new_call, other->new_call) ||
            !text_is_equal(one->new_device, other->new_device) ||
            !text_is_equal(one->old_call, other->old_call) ||
            !text_is_equal(one->old_device, other->old_device) ||
            !text_is_equal(one->endpoint, other->endpoint))
            return false;
    }
    return true;
}

static bool
events_are_equal(const struct event *left, const struct event *right)
{
    for (int i = 0; i < EVENT_TEXT_COUNT; i++) {
        if (!text_is_equal(left->texts[i], right->texts[i]))
            return false;
    }
    return left->kind == right->kind && left->cause == right->cause &&
           left->local_state == right->local_state && left->flags == right->flags &&
           items_are_equal(left, right);
}

bool
csta_message_is_request(const struct csta_message *message)
{
    enum message_class message_class = message->message_class;
    return message_class == MESSAGE_MONITOR_START || message_class == MESSAGE_MONITOR_STOP ||
           message_class == MESSAGE_CLEAR_CONNECTION || message_class == MESSAGE_CLEAR_CALL ||
           message_class == MESSAGE_SNAPSHOT_DEVICE || message_class == MESSAGE_SNAPSHOT_CALL ||
           message_class == MESSAGE_GET_DEVICE_ID;
}

bool
csta_message_is_equal(const struct csta_message *left, const struct csta_message *right)
{
    return left->message_class == right->message_class &&
           events_are_equal(&left->event, &right->event) &&
           text_is_equal(left->cross_ref, right->cross_ref) &&
           text_is_equal(left->object, right->object) &&
           left->object_is_call == right->object_is_call &&
           left->monitors_calls == right->monitors_calls && left->whole == right->whole &&
           left->skips_existing == right->skips_existing && left->withheld == right->withheld &&
           left->session_seconds == right->session_seconds && left->segment == right->segment &&
           text_is_equal(left->session, right->session) &&
           text_is_equal(left->device_id, right->device_id) &&
           text_is_equal(left->register_id, right->register_id) &&
           text_is_equal(left->service_ref, right->service_ref) &&
           text_is_equal(left->refusal, right->refusal) && text_is_equal(left->lack, right->lack) &&
           left->status == right->status && text_is_equal(left->invoke, right->invoke) &&
           left->invoke_unreadable == right->invoke_unreadable &&
           left->has_time == right->has_time && left->time_us == right->time_us;
}

/* Words of ECMA-323, numbers of ECMA-285 and of phases I and II. */
bool
csta_message_knows_no_call(const struct csta_message *message)
{
    static const char *const words[] = {
        "invalidCallID", "invalidConnectionID", "objectNotKnown", "11", "13", "4"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_is_equal(message->operation, text_of(words[i])))
            return true;
    }
    return false;
}

const char *
csta_message_finish(struct csta_message *message)
{
    struct event *event = &message->event;
    struct text *texts = event->texts;
    if (text_is_none(message->refusal))
        message->refusal = message->operation;
    if (message->message_class != MESSAGE_CALL_EVENT)
        return NULL;
    if (event->kind == EVENT_FAILED) {
        if (text_is_none(texts[EVENT_TEXT_CALL]) && text_is_none(texts[EVENT_TEXT_DEVICE])) {
            texts[EVENT_TEXT_CALL] = texts[EVENT_TEXT_SECOND_CALL];
            texts[EVENT_TEXT_DEVICE] = texts[EVENT_TEXT_SECOND_DEVICE];
        }
        texts[EVENT_TEXT_SECOND_CALL] = texts[EVENT_TEXT_SECOND_DEVICE] = TEXT_NONE;
    }
    if (event->kind == EVENT_ORIGINATED)
        texts[EVENT_TEXT_SUBJECT] = texts[EVENT_TEXT_CALLING];
    for (uint16_t i = 0; i < event->item_count && text_is_none(texts[EVENT_TEXT_NEW_CALL]); i++)
        texts[EVENT_TEXT_NEW_CALL] = event->items[i].new_call;
    if (text_is_none(texts[EVENT_TEXT_CALL]))
        return "a call event whose connection has no callID";
    return NULL;
}
