#include "tests/asn1/ber_oracle.h"

static const char *const text_names[] = {
#define EVENT_TEXT(name, holds) #name,
#include "ipc/event_text.def"
#undef EVENT_TEXT
};

static const char *
item_difference(const struct event_item *left, const struct event_item *right)
{
    if (!text_is_equal(left->new_call, right->new_call))
        return "item new_call";
    if (!text_is_equal(left->new_device, right->new_device))
        return "item new_device";
    if (!text_is_equal(left->old_call, right->old_call))
        return "item old_call";
    if (!text_is_equal(left->old_device, right->old_device))
        return "item old_device";
    if (!text_is_equal(left->endpoint, right->endpoint))
        return "item endpoint";
    return left->state != right->state ? "item state" : NULL;
}

static const char *
event_difference(const struct event *left, const struct event *right)
{
    if (left->kind != right->kind)
        return "kind";
    if (left->cause != right->cause)
        return "cause";
    if (left->local_state != right->local_state)
        return "local_state";
    if ((left->flags ^ right->flags) & EVENT_DEVICE_DYNAMIC)
        return "flag DEVICE_DYNAMIC";
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        if (!text_is_equal(left->texts[i], right->texts[i]))
            return text_names[i];
    if (left->item_count != right->item_count)
        return "item_count";
    for (unsigned i = 0; i < left->item_count; i++) {
        const char *difference = item_difference(&left->items[i], &right->items[i]);
        if (difference != NULL)
            return difference;
    }
    return NULL;
}

const char *
ber_oracle_difference(const struct csta_message *left, const struct csta_message *right)
{
    if (left->message_class != right->message_class)
        return "message_class";
    if (!text_is_equal(left->invoke, right->invoke))
        return "invoke";
    if (left->invoke_unreadable != right->invoke_unreadable)
        return "invoke_unreadable";
    if (left->has_time != right->has_time || (left->has_time && left->time_us != right->time_us))
        return "time_us";
    if (left->message_class == MESSAGE_OTHER)
        return NULL;
    if (!text_is_equal(left->cross_ref, right->cross_ref))
        return "cross_ref";
    if (!text_is_equal(left->object, right->object))
        return "object";
    if (left->object_is_call != right->object_is_call)
        return "object_is_call";
    if (left->monitors_calls != right->monitors_calls)
        return "monitors_calls";
    if (left->whole != right->whole)
        return "whole";
    if (left->status != right->status)
        return "status";
    return event_difference(&left->event, &right->event);
}
