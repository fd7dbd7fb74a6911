/*
 * engine/live/live.c - what is done with a live link in one step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/csta/ber_encode.h"
#include "engine/csta/xml_encode.h"
#include "engine/live/live_parts.h"

enum {
    XML_INVOKES = 9999,  /* 0 to 9998; 9999 is of events */
    BER_INVOKES = 32768, /* two octets hold them in all phases */
};

void
live_touch(struct live_link *link)
{
    session_begin(link->session);
    front_touch(&link->session->front, link->state, sizeof *link->state);
}

uint64_t
live_now_ms(const struct live_link *link)
{
    return link->live->now_ms;
}

void
live_step(struct live_link *link, enum live_hand hand)
{
    session_begin(link->session);
    link->session->front.now->hand =
        (struct shm_live_hand){.kind = (uint8_t)hand, .link = link->place};
}

void
live_step_done(struct live *live)
{
    live->session->front.now->hand = (struct shm_live_hand){.kind = LIVE_HAND_NOTHING};
    live->taken++;
}

struct source_message
live_message(const struct live_link *link, enum source_kind kind)
{
    return (struct source_message){
        .kind = kind,
        .link = text_of(link->link->name),
        .has_time = true,
        .time_us = link->live->time_us,
    };
}

/* The first of a minute in detail, then how many more there were. */
static void
complain(struct live_link *link, const char *why, size_t where)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->complaints_since_ms + LIVE_COMPLAINTS_MS <= link->live->now_ms ||
        wire->complaints == 0) {
        if (wire->complaints > LIVE_COMPLAINTS)
            log_say("link %s: %u more messages that could not be read", link->link->name,
                    (unsigned)(wire->complaints - LIVE_COMPLAINTS));
        wire->complaints_since_ms = link->live->now_ms;
        wire->complaints = 0;
    }
    if (++wire->complaints <= LIVE_COMPLAINTS)
        log_say("link %s: message %llu, offset %zu: %s", link->link->name,
                (unsigned long long)link->link->seq, where, why);
}

static void
take(struct live_link *link, const struct source_message *message,
     const struct source_message *recorded)
{
    const char *why = NULL;
    size_t where = 0;
    if (session_take(link->session, message, 1, &why, &where) == SESSION_UNREADABLE)
        complain(link, why, where);
    if (link->live->record != NULL)
        record_take(link->live->record, recorded);
}

void
live_take(struct live_link *link, const struct source_message *message)
{
    take(link, message, message);
}

void
live_publish(struct live *live, bool pause)
{
    struct session *session = live->session;
    if (live->record != NULL)
        session_begin(session); /* so that something is committed */
    session_publish(session, pause);
    live->taken = 0;
    for (uint32_t i = 0; i < live->count; i++) {
        live->wires[i].in_done = live->links[i].state->stream.in_done;
        live->wires[i].out_end = live->links[i].state->stream.out_end;
    }
}

/* ---- sending ------------------------------------------------------------------------------- */

enum csta_encoding
live_encoding(const struct live_link *link)
{
    const struct shm_dialect *dialect = &link->link->dialect;
    uint8_t encoding = dialect->told != ENCODING_AUTO ? dialect->told : dialect->found;
    if (encoding == ENCODING_AUTO)
        encoding = (uint8_t)link->settings->encoding;
    return encoding == ENCODING_AUTO ? ENCODING_XML : (enum csta_encoding)encoding;
}

/* An invoke ID as a table of requests knows it. Returns `bytes`. */
static struct text
invoke_text(char bytes[LIVE_INVOKE_LENGTH + 1], enum csta_encoding encoding, uint32_t invoke)
{
    if (encoding == ENCODING_XML) {
        snprintf(bytes, LIVE_INVOKE_LENGTH + 1, "%04u", (unsigned)(invoke % XML_INVOKES));
        return (struct text){bytes, LIVE_INVOKE_LENGTH};
    }
    uint32_t length = 0;
    if (invoke > INT8_MAX)
        bytes[length++] = (char)(invoke >> 8);
    bytes[length++] = (char)invoke;
    return (struct text){bytes, length};
}

/* The next invoke ID nobody waits for; false: for each of them somebody does. */
static bool
next_invoke(struct live_link *link, enum csta_encoding encoding, uint32_t *invoke)
{
    const uint32_t invokes = encoding == ENCODING_XML ? XML_INVOKES : BER_INVOKES;
    *invoke = link->state->talk.next_invoke % invokes;
    for (uint32_t i = 0; i < invokes; i++, *invoke = (*invoke + 1) % invokes) {
        char bytes[LIVE_INVOKE_LENGTH + 1];
        struct text text = invoke_text(bytes, encoding, *invoke);
        if (!request_waits(&link->session->requests, link->link->index, text))
            return true;
    }
    return false;
}

/* The number that an invoke ID of the switch is; what is none is 0, and goes back as it came. */
static uint32_t
number_of(struct text invoke, enum csta_encoding encoding)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < invoke.length; i++) {
        uint8_t byte = (uint8_t)invoke.at[i];
        if (encoding != ENCODING_XML)
            number = number << 8 | byte;
        else if (byte >= '0' && byte <= '9')
            number = number * 10 + (uint32_t)(byte - '0');
    }
    return number;
}

static enum encode_result
encode(const struct live_link *link, enum csta_encoding encoding, const struct outgoing *message,
       char bytes[OUTGOING_SIZE_MAX], size_t *length, const char **why)
{
    if (encoding != ENCODING_XML)
        return ber_encode(bytes, OUTGOING_SIZE_MAX, length, message, encoding, why);
    char csta[96];
    snprintf(csta, sizeof csta, "http://www.ecma-international.org/standards/ecma-323/csta/ed%u",
             (unsigned)link->settings->edition);
    const struct xml_namespaces namespaces = {
        .csta = text_of(csta),
        .session = TEXT("http://www.ecma-international.org/standards/ecma-354/appl_session"),
    };
    return xml_encode(bytes, OUTGOING_SIZE_MAX, length, message, &namespaces, why);
}

/* The bytes of a message to the switch, and the invoke ID that goes with them. */
struct written {
    enum csta_encoding encoding;
    struct text id;
    struct text payload;
    char invoke[LIVE_INVOKE_LENGTH + 1];
    char bytes[OUTGOING_SIZE_MAX];
};

/* A request of ours has its invoke ID already. */
static enum encode_result
write_message(struct live_link *link, struct written *to, struct outgoing *message,
              struct text answers, const char **why)
{
    char invoke[LIVE_INVOKE_LENGTH + 1];
    bool is_answer = !text_is_none(answers);
    size_t length = 0;
    to->encoding = live_encoding(link);
    if (is_answer)
        message->invoke_id = number_of(answers, to->encoding);
    enum encode_result result = encode(link, to->encoding, message, to->bytes, &length, why);
    to->payload = (struct text){to->bytes, (uint32_t)length};
    struct text id =
        is_answer && to->encoding == ENCODING_XML && answers.length == LIVE_INVOKE_LENGTH
            ? answers
            : invoke_text(invoke, to->encoding, message->invoke_id);
    memcpy(to->invoke, id.at, id.length); /* `answers` may stand in what session_take() reuses */
    to->id = (struct text){to->invoke, id.length};
    return result;
}

static void
append(struct live_link *link, const void *bytes, size_t length)
{
    struct shm_live_stream *stream = &link->state->stream;
    memcpy(live_wire_of(link)->out_buffer + stream->out_end % LIVE_STREAM_BYTES, bytes, length);
    stream->out_end += length;
}

/* Behind everything that is to be sent; not sent before it is committed. */
static void
append_frame(struct live_link *link, const struct written *written)
{
    char header[FRAME_HEADER_SIZE];
    char prefix[BER_PREFIX_SIZE];
    uint32_t length = written->payload.length;
    live_touch(link);
    if (written->encoding == ENCODING_XML) {
        CHECK(frame_write_header(header, 0, length));
        CHECK(written->id.length == LIVE_INVOKE_LENGTH);
        memcpy(header + sizeof header - LIVE_INVOKE_LENGTH, written->invoke, LIVE_INVOKE_LENGTH);
        append(link, header, sizeof header);
    } else {
        CHECK(ber_write_prefix(prefix, length));
        append(link, prefix, sizeof prefix);
    }
    append(link, written->bytes, length);
}

static bool
has_room(struct live_link *link, uint32_t messages)
{
    const struct live_wire *wire = live_wire_of(link);
    uint64_t waiting = link->state->stream.out_end - wire->out.sent;
    return waiting + (uint64_t)messages * (OUTGOING_SIZE_MAX + FRAME_HEADER_SIZE) <=
           LIVE_STREAM_BYTES;
}

/* What a recording has in place of a message with a password. */
static struct text
without_password(const struct live_link *link, enum csta_encoding encoding,
                 const struct outgoing *message, char bytes[OUTGOING_SIZE_MAX])
{
    struct outgoing hidden = *message;
    const char *why;
    size_t length = 0;
    hidden.password = TEXT("*");
    CHECK(encode(link, encoding, &hidden, bytes, &length, &why) == ENCODE_OK);
    return (struct text){bytes, (uint32_t)length};
}

/* Was this sent before its turn? Those that were are the oldest that wait. */
static bool
was_early(const struct live_link *link, enum outgoing_kind kind)
{
    return link->state->stream.early > 0 && (kind == OUTGOING_SYSTEM_STATUS_RESPONSE ||
                                             kind == OUTGOING_REQUEST_SYSTEM_STATUS_RESPONSE);
}

bool
live_send_early(struct live_link *link, struct outgoing *message, struct text answers)
{
    static struct written written;
    const char *why = NULL;
    if (!has_room(link, 2)) /* the message in hand has its place already */
        return false;
    if (write_message(link, &written, message, answers, &why) != ENCODE_OK)
        return true; /* nor will it be in its turn */
    append_frame(link, &written);
    link->state->stream.early++;
    return true;
}

enum live_sent
live_send(struct live_link *link, struct outgoing *message, struct text by, struct text answers,
          const char **why)
{
    static struct written written;
    static char hidden[OUTGOING_SIZE_MAX];
    if (live_wire_of(link)->socket < 0) {
        *why = "the link is not connected";
        return LIVE_REFUSED;
    }
    if (!has_room(link, 1))
        return LIVE_FULL;
    bool is_answer = !text_is_none(answers);
    if (!is_answer && !next_invoke(link, live_encoding(link), &message->invoke_id))
        return LIVE_FULL;
    if (write_message(link, &written, message, answers, why) != ENCODE_OK) {
        explicit_bzero(&written, sizeof written);
        return LIVE_REFUSED;
    }
    struct source_message source = live_message(link, SOURCE_MESSAGE);
    source.direction = SOURCE_TO_SWITCH;
    source.by = by;
    source.payload = written.payload;
    if (written.encoding == ENCODING_XML)
        source.invoke = written.id;
    struct source_message recorded = source;
    if (!text_is_none(message->password))
        recorded.payload = without_password(link, written.encoding, message, hidden);
    live_step(link, LIVE_HAND_SEND);
    take(link, &source, &recorded);
    live_touch(link);
    if (is_answer && was_early(link, message->kind))
        link->state->stream.early--;
    else
        append_frame(link, &written);
    if (!is_answer)
        link->state->talk.next_invoke = message->invoke_id + 1;
    live_step_done(link->live);
    if (!text_is_none(message->password))
        explicit_bzero(&written, sizeof written);
    return LIVE_SENT;
}

void
live_notice(struct live_link *link, enum source_kind kind)
{
    CHECK(kind == SOURCE_UP || kind == SOURCE_DOWN);
    struct source_message message = live_message(link, kind);
    live_step(link, kind == SOURCE_UP ? LIVE_HAND_UP : LIVE_HAND_DOWN);
    live_take(link, &message);
    live_step_done(link->live);
}

void
live_close(struct live_link *link, const char *why)
{
    if (why != NULL)
        log_say("link %s: closed: %s", link->link->name, why);
    live_touch(link);
    link->state->stream.closing = 1;
}
