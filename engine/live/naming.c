#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "engine/live/conversation.h"
#include "engine/live/talk.h"

static bool
is_avaya(const struct live_link *link)
{
    return (profile_row(link->settings->profile)->flags & PROFILE_AVAYA_DEVICES) != 0;
}

static struct shm_device_id *
id_of(const struct talk *talk, const struct shm_errand *errand)
{
    return &talk->front->tables->device_ids[errand_number(talk, errand)];
}

/* How the settings have devices named: another number with another switch-name or ask-device-ids.
 * 0: by their numbers alone. */
static uint32_t
naming_of(const struct live_link *link)
{
    const struct link_settings *settings = link->settings;
    if (!is_avaya(link) || settings->switch_name[0] == '\0')
        return 0;
    return (uint32_t)hash_text(settings->asks_device_ids, text_of(settings->switch_name)) | 1;
}

/* None: the switch was not asked, or has not answered. */
static struct text
asked_id(struct live_link *link, struct text number)
{
    if (!link->settings->asks_device_ids)
        return TEXT_NONE;
    const struct talk talk = talk_of(link);
    const struct shm_errand *errand = errand_find(&talk, ERRAND_DEVICE, number);
    if (errand == NULL)
        return TEXT_NONE;
    const struct shm_device_id *id = id_of(&talk, errand);
    return id->naming == naming_of(link) ? (struct text){id->text, id->length} : TEXT_NONE;
}

void
conversation_name_device(struct live_link *link, struct outgoing *message, struct text number,
                         char buffer[CONVERSATION_DEVICE_SIZE])
{
    const struct link_settings *settings = link->settings;
    message->device = number;
    if (number.length == 0 || settings->switch_name[0] == '\0' || !is_avaya(link))
        return;
    message->device_is_other = true;
    struct text asked = asked_id(link, number);
    if (!text_is_none(asked))
        message->device = asked;
    if (!text_is_none(asked) || memchr(number.at, ':', number.length) != NULL)
        return;
    int length = snprintf(buffer, CONVERSATION_DEVICE_SIZE, "%.*s:%s::0", (int)number.length,
                          number.at, settings->switch_name);
    CHECK(length > 0 && length < CONVERSATION_DEVICE_SIZE);
    message->device = (struct text){buffer, (uint32_t)length};
}

bool
naming_is_due(const struct talk *talk, const struct shm_errand *errand)
{
    const struct shm_device_id *id = id_of(talk, errand);
    return talk->link->settings->asks_device_ids && is_avaya(talk->link) &&
           (id->length == 0 || id->naming != naming_of(talk->link));
}

bool
naming_has_changed(const struct talk *talk, const struct shm_errand *errand)
{
    return errand->epoch == talk->state->epoch &&
           id_of(talk, errand)->naming != naming_of(talk->link);
}

void
naming_begin(const struct talk *talk, const struct shm_errand *errand)
{
    struct shm_device_id *known = id_of(talk, errand);
    uint32_t naming = naming_of(talk->link);
    if (known->naming == naming)
        return;
    talk_touch(talk);
    front_touch(talk->front, known, sizeof *known);
    known->length = 0; /* it was called that when devices were named otherwise */
    known->naming = naming;
}

struct outgoing
naming_question(const struct talk *talk, const struct shm_errand *errand)
{
    return (struct outgoing){
        .kind = OUTGOING_GET_DEVICE_ID,
        .switch_name = text_of(talk->link->settings->switch_name),
        .device = errand_text(errand),
    };
}

void
naming_hear(const struct talk *talk, struct shm_errand *errand)
{
    struct text id = talk->link->session->reader.message.device_id;
    struct shm_device_id *known = id_of(talk, errand);
    errand_answered(talk, errand);
    if (text_is_none(id) || !outgoing_text_is_sound(id)) {
        resync_look_done(talk, errand);
        monitoring_hear_refused(talk, errand, true,
                                text_is_none(id) ? "the switch says none"
                                                 : "what the switch says cannot be sent");
        return;
    }
    CHECK(id.length <= EVENT_TEXT_LENGTH);
    front_touch(talk->front, known, sizeof *known);
    known->length = (uint8_t)id.length;
    memcpy(known->text, id.at, id.length);
    if (errand->wanted != 0 && errand->round == talk->state->round) {
        errand->round--; /* it was passed over while nobody knew its name */
        talk->state->unsure++;
    }
    if (errand->leaving != 0)
        monitoring_rest(talk, errand);
    else
        errand_move(talk, errand, LINE_FIRST, 0);
}

void
naming_forget(const struct talk *talk, const struct shm_errand *errand)
{
    struct shm_device_id *known = id_of(talk, errand);
    if (known->length == 0)
        return;
    talk_touch(talk);
    front_touch(talk->front, known, sizeof *known);
    known->length = 0;
}
