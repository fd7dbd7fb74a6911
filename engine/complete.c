#include "engine/complete.h"

#include "base/check.h"
#include "engine/csta/device_number.h"

#define BIT(text) (UINT32_C(1) << EVENT_TEXT_##text)

static const uint32_t device_texts = BIT(DEVICE) | BIT(SUBJECT) | BIT(RELEASING) | BIT(CALLING) |
                                     BIT(CALLED) | BIT(LAST_REDIRECTION) | BIT(NEW_DESTINATION) |
                                     BIT(NETWORK_DEVICE) | BIT(SECOND_DEVICE) |
                                     BIT(ASSOCIATED_CALLING) | BIT(ASSOCIATED_CALLED) |
                                     BIT(NETWORK_CALLING) | BIT(NETWORK_CALLED) | BIT(REQUESTER);

void
complete_start(struct completer *completer, uint32_t profile_flags)
{
    completer->profile_flags = profile_flags;
    completer->used = 0;
}

/* Numbers made in the work buffer are kept until the message is done with. */
static struct text
keep(struct completer *completer, struct text made)
{
    if (made.length == 0)
        return TEXT_NONE;
    uintptr_t from = (uintptr_t)completer->work;
    uintptr_t at = (uintptr_t)made.at;
    if (at < from || at >= from + sizeof completer->work)
        return made;
    CHECK(made.length <= sizeof completer->bytes - completer->used);
    char *kept = completer->bytes + completer->used;
    memcpy(kept, made.at, made.length);
    completer->used += made.length;
    return (struct text){kept, made.length};
}

bool
complete_number(struct completer *completer, struct text *number)
{
    if (number->length == 0)
        return true;
    if (number->length > sizeof completer->work)
        return false;
    struct text canonical =
        device_number_canonical(*number, completer->profile_flags, completer->work);
    canonical = settings_alias(completer->settings, canonical);
    if (canonical.length > EVENT_TEXT_LENGTH)
        return false;
    *number = keep(completer, canonical);
    return true;
}

static bool
complete_texts(struct completer *completer, struct event *event)
{
    bool dynamic = (event->flags & EVENT_DEVICE_DYNAMIC) != 0;
    for (uint32_t i = 0; i < EVENT_TEXT_COUNT; i++) {
        bool names_device = (device_texts >> i & 1) != 0 && !(dynamic && i == EVENT_TEXT_DEVICE);
        if (names_device && !complete_number(completer, &event->texts[i]))
            return false;
        if (event->texts[i].length > EVENT_TEXT_LENGTH)
            return false;
    }
    return true;
}

static bool
complete_items(struct completer *completer, struct event *event)
{
    for (uint16_t i = 0; i < event->item_count; i++) {
        struct event_item *item = &event->items[i];
        if (item->new_call.length > EVENT_TEXT_LENGTH || item->old_call.length > EVENT_TEXT_LENGTH)
            return false;
        if (!complete_number(completer, &item->new_device) ||
            !complete_number(completer, &item->old_device) ||
            !complete_number(completer, &item->endpoint))
            return false;
    }
    return true;
}

const char *
complete_message(struct completer *completer, struct csta_message *message)
{
    static const char too_long[] = "a callID, device or other text of more than 64 bytes";
    if (!complete_texts(completer, &message->event) || !complete_items(completer, &message->event))
        return too_long;
    if (message->cross_ref.length > EVENT_TEXT_LENGTH)
        return too_long;
    if (!message->object_is_call && !complete_number(completer, &message->object))
        return too_long;
    return message->object.length > EVENT_TEXT_LENGTH ? too_long : NULL;
}

static bool
needs_device(const struct event *event)
{
    return event->kind != EVENT_CALL_CLEARED && event->kind != EVENT_CONFERENCED &&
           event->kind != EVENT_TRANSFERRED;
}

static struct text
monitors_own(const struct shm_monitor *monitor)
{
    if (monitor == NULL || monitor->type != MONITOR_DEVICE)
        return TEXT_NONE;
    return monitor_device(monitor);
}

/* BER up to phase II has no initiatingDevice: who lifts the handset is the monitor's own device. */
static void
name_initiator(struct event *event, const struct shm_monitor *monitor)
{
    struct text *subject = &event->texts[EVENT_TEXT_SUBJECT];
    bool is_own = event->local_state == LOCAL_INITIATED || event->local_state == LOCAL_ABSENT;
    if (event->kind == EVENT_SERVICE_INITIATED && (event->flags & EVENT_DEVICE_DYNAMIC) != 0 &&
        text_is_none(*subject) && is_own)
        *subject = monitors_own(monitor);
}

const char *
complete_connection(struct event *event, const struct shm_monitor *monitor)
{
    if (text_is_none(event->texts[EVENT_TEXT_CALL]))
        return "a call event without a callID";
    name_initiator(event, monitor);
    struct text *device = &event->texts[EVENT_TEXT_DEVICE];
    if (!needs_device(event) || !text_is_none(*device))
        return NULL;
    bool clears = event->kind == EVENT_CONNECTION_CLEARED;
    if (!clears)
        *device = event->texts[EVENT_TEXT_SUBJECT];
    if (text_is_none(*device))
        *device = monitors_own(monitor);
    if (text_is_none(*device) && clears && event->local_state == LOCAL_NULL)
        *device = event->texts[EVENT_TEXT_RELEASING];
    if (!text_is_none(*device))
        return NULL;
    return clears ? "a clearing that does not say whose connection was dropped"
                  : "a call event that does not say whose connection it is about";
}

#undef BIT
