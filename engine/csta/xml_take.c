#include "engine/csta/xml_take.h"

#include "base/check.h"
#include "engine/csta/xml_value.h"

enum {
    DEVICE_LENGTH_MAX = 512, /* bytes of a device text as the switch writes it */
    SESSION_LENGTH_MAX = 128,
};

void
xml_take_open(struct csta_message *message, enum xml_what what)
{
    if (what == WHAT_SNAPSHOT_DATA)
        message->whole = true;
    else if (what == WHAT_CALL_OBJECT)
        message->object_is_call = text_is_none(message->object);
}

void
xml_take_dynamic(struct csta_message *message)
{
    if (text_is_none(message->event.texts[EVENT_TEXT_DEVICE]))
        message->event.flags |= EVENT_DEVICE_DYNAMIC;
}

const struct xml_text_bound xml_text_bounds[WHAT_CAUSE] = {
    [WHAT_CALL_ID] = {EVENT_TEXT_LENGTH, "a callID over 64 bytes"},
    [WHAT_CROSS_REF] = {EVENT_TEXT_LENGTH, "a monitorCrossRefID over 64 bytes"},
    [WHAT_AGENT_ID] = {EVENT_TEXT_LENGTH, "an agentID over 64 bytes"},
    [WHAT_DEVICE] = {DEVICE_LENGTH_MAX, "a device over 512 bytes"},
    [WHAT_SUBJECT_DEVICE] = {DEVICE_LENGTH_MAX, "a device over 512 bytes"},
    [WHAT_LINKAGE] = {EVENT_TEXT_LENGTH, NULL},
    [WHAT_WORD] = {EVENT_TEXT_LENGTH, NULL},
    [WHAT_SESSION] = {SESSION_LENGTH_MAX, "a sessionID over 128 bytes"},
    [WHAT_REGISTER] = {EVENT_TEXT_LENGTH, "a sysStatRegisterID over 64 bytes"},
    [WHAT_SERVICE_REF] = {EVENT_TEXT_LENGTH, "a serviceCrossRefID over 64 bytes"},
    [WHAT_DEVICE_ID] = {EVENT_TEXT_LENGTH, "a device's identifier over 64 bytes"},
};

static void
take_withheld(struct csta_message *message, struct text text, uint8_t event)
{
    if (xml_value_is_true(text))
        message->withheld |= event;
}

/* What monitors, sessions and segments say. */
static void
take_service_word(struct csta_message *message, enum xml_what what, struct text text)
{
    if (what == WHAT_SECONDS)
        message->session_seconds = xml_value_number(text);
    else if (what == WHAT_SEGMENT)
        message->segment = xml_value_number(text);
    else if (what == WHAT_LAST_SEGMENT)
        message->whole = xml_value_is_true(text);
    else if (what == WHAT_EXISTING_CALLS)
        message->skips_existing = text.length > 0 && !xml_value_is_true(text);
    else if (what == WHAT_NO_CONNECTION_CLEARED)
        take_withheld(message, text, WITHHELD_CONNECTION_CLEARED);
    else if (what == WHAT_NO_CALL_CLEARED)
        take_withheld(message, text, WITHHELD_CALL_CLEARED);
    else if (what == WHAT_NO_ESTABLISHED)
        take_withheld(message, text, WITHHELD_ESTABLISHED);
}

void
xml_take_word(struct csta_message *message, enum xml_what what, struct text text,
              const struct csta_options *options)
{
    struct event *event = &message->event;
    if (what == WHAT_CAUSE && event->cause == 0)
        event->cause = xml_value_cause(text, options->loose_causes);
    else if (what == WHAT_LOCAL_STATE && event->local_state == LOCAL_ABSENT)
        event->local_state = xml_value_local_state(text);
    else if (what == WHAT_ITEM_STATE)
        csta_message_item_state(message, xml_value_local_state(text));
    else if (what == WHAT_SIMPLE_STATE)
        csta_message_item_state(message, xml_value_simple_state(text));
    else if (what == WHAT_MONITOR_TYPE)
        message->monitors_calls = text_is_equal(text, TEXT("call"));
    else if (what == WHAT_STATUS)
        message->status = xml_value_status(text);
    else if (what == WHAT_TIME && !message->has_time)
        message->has_time = xml_value_time(text, &message->time_us);
    else if (what > WHAT_TIME)
        take_service_word(message, what, text);
}
