#include "engine/csta/csta_message.h"

const char *
csta_message_finish(struct csta_message *message)
{
    struct event *event = &message->event;
    struct text *texts = event->texts;
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
