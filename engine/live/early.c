#include "engine/live/early.h"

#include <stdlib.h>

#include "engine/live/live_parts.h"
#include "engine/live/talk.h"

/* The answer that a message gets, if it is one that does not wait; false: it is none. */
static bool
answer_to(const struct csta_message *message, enum outgoing_kind *kind)
{
    if (message->message_class == MESSAGE_SYSTEM_STATUS)
        *kind = OUTGOING_SYSTEM_STATUS_RESPONSE;
    else if (message->message_class == MESSAGE_REQUEST_SYSTEM_STATUS)
        *kind = OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE;
    else
        return false;
    return true;
}

static bool
answer(struct live_link *link, enum outgoing_kind kind, struct text invoke)
{
    struct outgoing message = talk_answer_message(kind);
    return live_send_early(link, &message, invoke);
}

/* Those of the conversation's answers that are of status, from the `skipped` oldest on. */
static bool
answer_heard(struct live_link *link, uint32_t skipped)
{
    const struct shm_talk *state = talk_of(link).state;
    for (uint32_t i = 0; i < state->answers_count; i++) {
        uint32_t at = ((uint32_t)state->answers_first + i) % TALK_ANSWERS_MAX;
        const struct shm_talk_answer *heard = &state->answers[at];
        enum outgoing_kind kind = (enum outgoing_kind)heard->kind;
        if (kind != OUTGOING_SYSTEM_STATUS_RESPONSE &&
            kind != OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE)
            continue;
        if (skipped > 0)
            skipped--;
        else if (!answer(link, kind, (struct text){heard->invoke, heard->invoke_length}))
            return false;
    }
    return true;
}

/* Reads a frame before its turn, as session_take() will; false: its answer found no room. */
static bool
answer_frame(struct live_link *link, const struct frame *frame)
{
    struct dialect_reader *ahead = link->live->ahead;
    struct shm_dialect dialect = link->link->dialect;
    enum outgoing_kind kind;
    size_t where = 0;
    ahead->completer.settings = link->session->settings;
    if (dialect_read(ahead, &dialect, frame->payload, TEXT_NONE, &where) != NULL ||
        !answer_to(&ahead->message, &kind))
        return true;
    struct text invoke = ahead->message.invoke;
    if (text_is_none(invoke))
        invoke = frame->invoke;
    return invoke.length > TALK_INVOKE_LENGTH || answer(link, kind, invoke);
}

/* Frames that nobody looked at, in their order. */
static void
answer_received(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    struct shm_live_stream *stream = &link->state->stream;
    struct frame frame;
    const char *why;
    while (stream->looked < wire->in.received &&
           frame_read((enum frame_kind)stream->framing, &frame,
                      (const char *)tcp_in_at(&wire->in, stream->looked),
                      tcp_in_ready(&wire->in, stream->looked), &why) == FRAME_OK) {
        if (!answer_frame(link, &frame))
            return;
        live_touch(link);
        stream->looked += frame.size;
    }
}

static void
look(struct live_link *link)
{
    struct shm_live_stream *stream = &link->state->stream;
    if (stream->looked < stream->in_done) {
        /* All that was answered early has been heard; what was not was heard later. */
        if (!answer_heard(link, stream->early))
            return;
        live_touch(link);
        stream->looked = stream->in_done;
    }
    answer_received(link);
}

/* Do we know how the switch writes, and is it still to be answered? */
static bool
can_be_answered(struct live_link *link)
{
    const struct shm_live_stream *stream = &link->state->stream;
    const struct shm_talk *state = talk_of(link).state;
    return live_wire_of(link)->socket >= 0 && link->link->announced != 0 &&
           link->link->changed == 0 && stream->closing == 0 && state->close_due == CLOSE_NOT &&
           (stream->framing == FRAME_XML || stream->framing == FRAME_BER) &&
           link->link->dialect.found != ENCODING_AUTO;
}

void
early_look(void *context)
{
    struct live *live = context;
    struct session *session = live->session;
    uint64_t received_ns = session->received_ns; /* of what is in hand */
    if (live->ahead == NULL)
        live->ahead = calloc(1, sizeof *live->ahead);
    if (live->ahead == NULL)
        return;
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_link *link = &live->links[i];
        if (link->link == NULL || !can_be_answered(link))
            continue;
        live->wires[i].readable = live->wires[i].over == NULL;
        wire_receive(link);
        look(link);
    }
    session_received(session, received_ns);
    route_publish(&session->route, false);
    for (uint32_t i = 0; i < live->count; i++) {
        if (live->links[i].link == NULL || live->wires[i].socket < 0)
            continue;
        live->wires[i].out_end = live->links[i].state->stream.out_end;
        wire_send(&live->links[i]);
    }
}
