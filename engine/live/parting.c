#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/talk.h"

enum {
    GOODBYE_MS = 1000, /* in which it is answered */
};

void
conversation_leave(struct live_link *link)
{
    struct talk talk = talk_of(link);
    if (link->state->talk.stage == TALK_SILENT || talk.state->close_due != CLOSE_NOT)
        return;
    talk_touch(&talk);
    talk.state->close_due = CLOSE_LEAVING;
}

/* What stands is ended, whatever the settings say by now; false: nothing does. */
static bool
goodbye_of(const struct talk *talk, struct outgoing *message)
{
    const struct shm_talk *state = talk->state;
    const struct shm_dialect *dialect = &talk->link->link->dialect;
    uint8_t encoding = dialect->told != ENCODING_AUTO ? dialect->told : dialect->found;
    if (encoding == ENCODING_BER1 || encoding == ENCODING_BER2 || encoding == ENCODING_BER3) {
        *message = (struct outgoing){.kind = OUTGOING_RELEASE};
        return state->greeting > GREETING_ASSOCIATED;
    }
    *message = (struct outgoing){
        .kind = OUTGOING_SESSION_STOP,
        .session = {state->session, state->session_length},
    };
    return state->session_end_ms != 0;
}

static enum talk_work
say_goodbye(const struct talk *talk)
{
    struct outgoing message;
    const char *why = NULL;
    enum live_sent sent = LIVE_REFUSED;
    if (goodbye_of(talk, &message))
        sent = talk_request(talk, &message, &why);
    if (sent == LIVE_FULL)
        return TALK_FULL;
    talk_touch(talk);
    talk->state->said |= TALK_SAID_GOODBYE;
    talk->state->greeting_invoke = sent == LIVE_SENT ? message.invoke_id : UINT32_MAX;
    talk->state->greeting_ms = sent == LIVE_SENT ? talk->now_ms + GOODBYE_MS : 0;
    return TALK_DONE;
}

void
parting_hear(const struct talk *talk, struct text invoke)
{
    const struct csta_message *message = &talk->link->session->reader.message;
    enum message_class heard = message->message_class;
    bool refused = heard == MESSAGE_ERROR && talk->state->greeting_invoke != UINT32_MAX &&
                   talk_invoke_number(talk, invoke) == talk->state->greeting_invoke;
    if (heard != MESSAGE_SESSION_STOPPED && heard != MESSAGE_SESSION_ENDED &&
        heard != MESSAGE_ASSOCIATION_ENDED && heard != MESSAGE_ASSOCIATION_RELEASE && !refused)
        return;
    talk_touch(talk);
    talk->state->said |= TALK_SAID_GOODBYE;
    talk->state->greeting_ms = 0;
}

enum talk_work
parting_work(const struct talk *talk, uint64_t *due_ms)
{
    struct shm_talk *state = talk->state;
    if ((state->said & TALK_SAID_GOODBYE) == 0)
        return say_goodbye(talk);
    if (state->greeting_ms > talk->now_ms) {
        talk_wake(due_ms, state->greeting_ms);
        return TALK_NOTHING;
    }
    if (state->greeting_ms != 0)
        log_say("link %s: the switch does not answer our goodbye", talk->link->link->name);
    live_close(talk->link, NULL);
    talk_touch(talk);
    state->closing = 1;
    return TALK_DONE;
}
