#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/talk.h"

enum {
    OVERLOAD_PAUSE_MS = 60000, /* for which an overload counts at most, unless it is said again */
};

static void
hear_overload(const struct talk *talk)
{
    talk_touch(talk);
    talk->state->paused_ms = talk->now_ms + OVERLOAD_PAUSE_MS;
    if (talk_say_once(talk, TALK_SAID_OVERLOAD))
        log_say("link %s: the switch is overloaded; our requests wait", talk->link->link->name);
}

static void
hear_disabled(const struct talk *talk)
{
    if (talk->state->held != 0)
        return;
    talk_touch(talk);
    talk->state->held = 1;
    errand_void_all(talk);
    log_say("link %s: the switch is disabled; its monitors are void", talk->link->link->name);
}

static void
hear_enabled(const struct talk *talk)
{
    if (talk->state->held == 0 && talk->state->paused_ms == 0)
        return;
    talk_touch(talk);
    talk->state->paused_ms = 0;
    if (talk->state->held == 0)
        return;
    talk->state->held = 0;
    if (talk->link->state->talk.stage == TALK_USABLE)
        monitoring_begin(talk);
}

static void
hear_status(const struct talk *talk, enum system_status status)
{
    switch (status) {
    case STATUS_DISABLED:
    case STATUS_INITIALIZING:
        hear_disabled(talk);
        break;
    case STATUS_ENABLED:
    case STATUS_NORMAL:
    case STATUS_RELIEVED:
        hear_enabled(talk);
        break;
    case STATUS_MESSAGES_LOST:
        if (talk->link->state->talk.stage == TALK_USABLE && talk->state->held == 0)
            resync_begin(talk);
        break;
    case STATUS_PARTIAL_OVERLOAD:
        hear_overload(talk);
        break;
    case STATUS_ABSENT:
        break;
    }
}

/* The errand whose request was answered; NULL: it was another's, or an earlier one of its. */
static struct shm_errand *
answered_errand(const struct talk *talk, enum errand_kind kind, struct text text,
                enum errand_state state)
{
    const struct shm_front_request *request = &talk->link->session->answered;
    struct text invoke = {request->invoke, request->invoke_length};
    struct shm_errand *errand = errand_find(talk, kind, text);
    if (errand == NULL || errand_state(talk, errand) != state ||
        errand->invoke != talk_invoke_number(talk, invoke))
        return NULL;
    return errand;
}

static void
hear_request_refused(const struct talk *talk)
{
    const struct shm_front_request *request = &talk->link->session->answered;
    struct shm_errand *errand;
    if (request->kind == REQUEST_MONITOR_START || request->kind == REQUEST_GET_DEVICE_ID) {
        bool named = request->kind == REQUEST_GET_DEVICE_ID;
        errand = answered_errand(talk, ERRAND_DEVICE, request_device(request),
                                 named ? ERRAND_NAMED : ERRAND_ASKED);
        if (errand == NULL)
            return;
        errand_answered(talk, errand);
        if (named)
            resync_look_done(talk, errand); /* nothing else can be asked about it */
        monitoring_hear_refused(talk, errand, named, NULL);
    } else if (request->kind == REQUEST_MONITOR_STOP) {
        monitoring_hear_ended(talk, request_call(request));
    } else if (request->kind == REQUEST_SNAPSHOT_DEVICE || request->kind == REQUEST_SNAPSHOT_CALL) {
        bool is_call = request->kind == REQUEST_SNAPSHOT_CALL;
        errand = answered_errand(talk, is_call ? ERRAND_CALL : ERRAND_DEVICE,
                                 is_call ? request_call(request) : request_device(request),
                                 ERRAND_LOOKED);
        if (errand == NULL)
            return;
        errand_answered(talk, errand);
        resync_failed(talk, errand, false);
    }
}

/* The answer to a snapshot; where it says that it comes in segments, they are waited for. */
static void
hear_snapshot(const struct talk *talk)
{
    const struct session *session = talk->link->session;
    const struct csta_message *message = &session->reader.message;
    const struct shm_front_request *request = &session->answered;
    bool is_call = request->kind == REQUEST_SNAPSHOT_CALL;
    struct shm_errand *errand =
        answered_errand(talk, is_call ? ERRAND_CALL : ERRAND_DEVICE,
                        is_call ? request_call(request) : request_device(request), ERRAND_LOOKED);
    bool is_answer = message->message_class == MESSAGE_SNAPSHOT_DEVICE_RESPONSE ||
                     message->message_class == MESSAGE_SNAPSHOT_CALL_RESPONSE;
    if (errand == NULL)
        return;
    if (is_answer && !message->whole && !text_is_none(message->service_ref)) {
        errand_move(talk, errand, is_call ? LINE_OPEN_OTHER : LINE_OPEN,
                    talk->now_ms + talk->link->settings->answer_ms);
    } else if (!message->whole) {
        errand_answered(talk, errand);
        resync_failed(talk, errand, false);
    } else if (is_call) {
        resync_hear_call(talk, errand);
    } else {
        resync_hear_device(talk, errand);
    }
}

static void
hear_device_id(const struct talk *talk)
{
    const struct shm_front_request *request = &talk->link->session->answered;
    struct shm_errand *errand =
        answered_errand(talk, ERRAND_DEVICE, request_device(request), ERRAND_NAMED);
    if (errand != NULL)
        naming_hear(talk, errand);
}

static void
hear_answer(const struct talk *talk)
{
    const struct session *session = talk->link->session;
    const struct shm_front_request *request = &session->answered;
    enum message_class message_class = session->reader.message.message_class;
    if (message_class == MESSAGE_ERROR)
        hear_request_refused(talk);
    else if (message_class == MESSAGE_MONITOR_START_RESPONSE)
        monitoring_hear_granted(talk);
    else if (message_class == MESSAGE_GET_DEVICE_ID_RESPONSE)
        hear_device_id(talk);
    else if (request->kind == REQUEST_MONITOR_STOP)
        monitoring_hear_ended(talk, request_call(request));
    else if (request->kind == REQUEST_SNAPSHOT_DEVICE || request->kind == REQUEST_SNAPSHOT_CALL)
        hear_snapshot(talk);
}

void
conversation_hear(struct live_link *link, struct text invoke)
{
    const struct csta_message *message = &link->session->reader.message;
    if (message->message_class == MESSAGE_CALL_EVENT || message->message_class == MESSAGE_OTHER)
        return;
    struct talk talk = talk_of(link);
    switch ((int)message->message_class) {
    case MESSAGE_SYSTEM_STATUS:
        talk_answer(&talk, OUTGOING_SYSTEM_STATUS_RESPONSE, invoke);
        hear_status(&talk, message->status);
        break;
    case MESSAGE_REQUEST_SYSTEM_STATUS:
        talk_answer(&talk, OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE, invoke);
        break;
    case MESSAGE_SYSTEM_REGISTER:
        talk_answer(&talk, OUTGOING_SYSTEM_REGISTER_RESPONSE, invoke);
        break;
    case MESSAGE_MONITOR_STOP:
        talk_answer(&talk, OUTGOING_MONITOR_STOP_RESPONSE, invoke);
        monitoring_hear_stopped(&talk);
        break;
    case MESSAGE_ASSOCIATION_RELEASE:
        talk_answer(&talk, OUTGOING_RELEASE_RESPONSE, TEXT_NONE);
        break;
    default:
        break;
    }
    if (link->session->has_answered)
        hear_answer(&talk);
    else
        greeting_hear(&talk, invoke);
}
