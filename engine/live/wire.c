/*
 * engine/live/wire.c - one link's connection: made, read in frames, written, lost.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/live_parts.h"
#include "ipc/live_stream.h"

enum {
    UNWATCHED_MS = 100, /* a call that cannot be waited for is looked at so often */
};

/* False: errno. Watches are limited by the system. */
static bool
watch(struct live_link *link, int operation, int descriptor, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u32 = link->place};
    return epoll_ctl(link->live->epoll, operation, descriptor, &event) == 0;
}

static void
watch_socket(struct live_link *link, int operation, uint32_t events)
{
    struct live_wire *wire = live_wire_of(link);
    if (!watch(link, operation, wire->socket, events))
        wire->over = strerror(errno);
    wire->awaited = events;
}

static const struct shm_live_stream *
stream_of(const struct live_link *link)
{
    return &link->state->stream;
}

/* ---- a connection ends --------------------------------------------------------------------- */

static void
stop_dialing(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->dialing >= 0)
        epoll_ctl(link->live->epoll, EPOLL_CTL_DEL, wire->dialing, NULL); /* may be closed */
    wire->dialing = -1;
}

/* The link has none of its own to call any more. */
static void
drop_dial(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    stop_dialing(link);
    if (wire->dial != NULL)
        dial_close(wire->dial);
    wire->dial = NULL;
}

/* What was sent may hold a password: it is not left in memory that others read. The buffer has
 * nothing that is LIVE_STREAM_BYTES before `end`, which is behind all that is to be sent. */
static void
wipe_out(struct live_wire *wire, uint64_t from, uint64_t to, uint64_t end)
{
    if (from + LIVE_STREAM_BYTES < end)
        from = end - LIVE_STREAM_BYTES;
    if (wire->out_buffer != NULL && from < to)
        explicit_bzero(wire->out_buffer + from % LIVE_STREAM_BYTES, to - from);
}

static void
drop_socket(struct live_wire *wire)
{
    if (wire->socket >= 0)
        close(wire->socket); /* epoll forgets it, unless a successor's copy is open elsewhere */
    wire->socket = -1;
    wire->readable = wire->frames_left = false;
    wire->partial_since_ms = wire->closing_since_ms = wire->deaf_since_ms = 0;
    wire->leave_until_ms = 0;
    wire->ended = wire->floods = wire->waits = false;
    wire->over = NULL;
}

/* The connection is gone; what that means to the calls is the conversation's to say. */
static void
lose(struct live_link *link)
{
    struct live *live = link->live;
    struct live_wire *wire = live_wire_of(link);
    /* Where no session is needed, who accepts calls and says nothing would be called for ever. */
    bool usable = link->state->talk.stage == TALK_USABLE && stream_of(link)->in_done > 0;
    uint64_t serial = stream_of(link)->serial;
    if (wire->socket >= 0)
        epoll_ctl(live->epoll, EPOLL_CTL_DEL, wire->socket, NULL);
    drop_socket(wire);
    wipe_out(wire, 0, stream_of(link)->out_end, stream_of(link)->out_end);
    live_touch(link);
    link->state->stream = (struct shm_live_stream){.serial = 0};
    conversation_end(link);
    wire->due_ms = 0;
    live->taken++;
    live_publish(live, false); /* the socket may be forgotten when nobody will ask for it */
    if (serial != 0)
        holder_forget(live->options->holder, serial);
    if (live->desk != NULL)
        desk_lost(live->desk, link);
    if (wire->dial != NULL)
        dial_lost(wire->dial, usable, live->now_ms);
    wire->dial_due_ms = 0;
}

/* The connection that stands is not by the settings that are to be. A goodbye can be said where one
 * is owed, in words of both. */
static void
end_outdated(struct live_link *link, const struct link_settings *settings)
{
    struct live *live = link->live;
    bool parts =
        link->state->talk.stage == TALK_USABLE && settings_speak_alike(link->settings, settings);
    log_say("link %s: %s: its settings are others now; connecting anew", link->link->name,
            parts ? "left" : "closed");
    if (!parts)
        lose(link);
    else if (live_wire_of(link)->leave_until_ms == 0)
        wire_leave(link, live->now_ms + LIVE_LEAVE_MS);
}

void
wire_reload(struct live_link *link, const struct link_settings *settings)
{
    struct live_wire *wire = live_wire_of(link);
    bool stays = settings_connect_alike(link->settings, settings);
    if (wire->socket >= 0 && !stays)
        end_outdated(link, settings);
    link->settings = settings;
    if (wire->dial == NULL)
        return;
    if (!stays)
        stop_dialing(link); /* what is being made may be closed */
    dial_reload(wire->dial, settings, link->live->now_ms);
    wire->dial_due_ms = 0;
}

void
wire_leave(struct live_link *link, uint64_t until_ms)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->socket < 0)
        return;
    wire->leave_until_ms = until_ms;
    wire->due_ms = 0;
    conversation_leave(link);
}

void
wire_cut(struct live_link *link)
{
    if (live_wire_of(link)->socket >= 0)
        lose(link);
}

/* Everything is said; the switch's side ends when it has read that. */
static void
look_leaving(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    bool said = stream_of(link)->closing != 0 && wire->out.sent == stream_of(link)->out_end;
    if (said && !wire->ended)
        wire->ended = shutdown(wire->socket, SHUT_WR) == 0;
    if ((wire->over != NULL && !wire->frames_left) || wire->leave_until_ms <= link->live->now_ms)
        lose(link);
}

void
wire_look(struct live_link *link)
{
    struct live *live = link->live;
    struct live_wire *wire = live_wire_of(link);
    if (wire->socket < 0) {
        if (wire->removed)
            drop_dial(link);
        return;
    }
    if (wire->partial_since_ms != 0 && wire->partial_since_ms + LIVE_PARTIAL_MS <= live->now_ms)
        wire->over = "a message was begun and not ended for 10 seconds";
    if (wire->over != NULL || conversation_may_hear(link))
        wire->deaf_since_ms = 0;
    else if (wire->deaf_since_ms == 0)
        wire->deaf_since_ms = live->now_ms;
    if (wire->deaf_since_ms != 0 && wire->deaf_since_ms + LIVE_DEAF_MS <= live->now_ms) {
        wire->over = "the switch asks more than it reads answers";
        wire->readable = false;
    }
    if (wire->leave_until_ms != 0) {
        look_leaving(link);
        return;
    }
    if (stream_of(link)->closing && wire->closing_since_ms == 0)
        wire->closing_since_ms = live->now_ms;
    bool sent = wire->out.sent == stream_of(link)->out_end;
    if (stream_of(link)->closing &&
        (sent || wire->closing_since_ms + LIVE_CLOSING_MS <= live->now_ms)) {
        lose(link);
    } else if (wire->over != NULL && !wire->frames_left) {
        log_say("link %s: connection lost: %s", link->link->name, wire->over);
        lose(link);
    }
}

void
wire_close(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    drop_dial(link);
    drop_socket(wire);
}

/* ---- a connection begins ------------------------------------------------------------------- */

static bool
map_buffers(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->in_buffer == NULL)
        wire->in_buffer =
            live_stream_map(link->live->engine, link->live->index, link->place, LIVE_IN);
    if (wire->out_buffer == NULL)
        wire->out_buffer =
            live_stream_map(link->live->engine, link->live->index, link->place, LIVE_OUT);
    return wire->in_buffer != NULL && wire->out_buffer != NULL;
}

static void
begin_reading(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    wire->in_done = stream_of(link)->in_done;
    wire->out_end = stream_of(link)->out_end;
    wire->readable = wire->frames_left = true;
    wire->due_ms = 0;
    watch_socket(link, EPOLL_CTL_ADD, EPOLLIN);
}

/* A fresh connection, held by the supervisor since before the first byte is read. */
static void
connected(struct live_link *link)
{
    struct live *live = link->live;
    struct live_wire *wire = live_wire_of(link);
    struct shm_live_stream stream = {.heard_ms = live->now_ms};
    wire->socket = dial_take(wire->dial, &stream.serial, live->now_ms);
    if (wire->socket < 0)
        return; /* said */
    if (!map_buffers(link) || !tcp_out_begin(wire->socket, &stream.out_base) ||
        !tcp_in_open(&wire->in, wire->socket, wire->in_buffer, LIVE_STREAM_BYTES, 0) ||
        !tcp_out_open(&wire->out, wire->socket, wire->out_buffer, LIVE_STREAM_BYTES,
                      stream.out_base, 0)) {
        log_say("link %s: cannot use the connection: %s", link->link->name, strerror(errno));
        holder_forget(live->options->holder, stream.serial);
        drop_socket(wire);
        dial_lost(wire->dial, false, live->now_ms);
        return;
    }
    live_touch(link);
    link->state->stream = stream;
    conversation_begin(link);
    live->taken++;
    begin_reading(link);
}

/* One that a front-end before us had. */
static void
reconnected(struct live_link *link)
{
    struct live *live = link->live;
    struct live_wire *wire = live_wire_of(link);
    const struct shm_live_stream *stream = stream_of(link);
    wire->socket = holder_find(live->options->holder, stream->serial);
    if (wire->socket >= 0 && map_buffers(link) &&
        tcp_in_open(&wire->in, wire->socket, wire->in_buffer, LIVE_STREAM_BYTES, stream->in_done) &&
        tcp_out_open(&wire->out, wire->socket, wire->out_buffer, LIVE_STREAM_BYTES,
                     stream->out_base, stream->out_end)) {
        wipe_out(wire, 0, wire->out.sent, stream->out_end);
        begin_reading(link);
        return;
    }
    log_say("link %s: its connection did not outlive the front-end", link->link->name);
    lose(link);
}

void
wire_open(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    uint8_t *in_buffer = wire->in_buffer;
    uint8_t *out_buffer = wire->out_buffer;
    drop_dial(link);
    *wire = (struct live_wire){
        .socket = -1, .dialing = -1, .in_buffer = in_buffer, .out_buffer = out_buffer};
    wire->dial =
        dial_open(link->link->name, link->settings, (uint64_t)link->live->time_us + link->place,
                  link->live->options->holder);
    if (stream_of(link)->serial != 0)
        reconnected(link);
}

void
wire_dial(struct live_link *link)
{
    struct live *live = link->live;
    struct live_wire *wire = live_wire_of(link);
    if (wire->socket >= 0 || wire->dial == NULL || wire->removed || live->stopping)
        return;
    stop_dialing(link);
    enum dial_state state = dial_work(wire->dial, live->now_ms);
    wire->dial_due_ms = dial_due_ms(wire->dial);
    if (state == DIAL_CONNECTED) {
        connected(link);
        wire->dial_due_ms = dial_due_ms(wire->dial);
    } else if (state == DIAL_TRYING && dial_descriptor(wire->dial) >= 0) {
        wire->dialing = dial_descriptor(wire->dial);
        if (!watch(link, EPOLL_CTL_ADD, wire->dialing, EPOLLIN | EPOLLOUT | EPOLLONESHOT))
            wire->dial_due_ms = live->now_ms + UNWATCHED_MS;
    }
}

/* ---- bytes and frames ---------------------------------------------------------------------- */

void
wire_receive(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->socket < 0 || !wire->readable)
        return;
    uint64_t before = wire->in.received;
    enum tcp_result result = tcp_in_receive(&wire->in, wire->in_done);
    wire->readable = result == TCP_OK || result == TCP_FULL;
    session_received(link->session, clock_ns());
    if (result == TCP_END)
        wire->over = "the switch closed it";
    else if (result == TCP_FAILED)
        wire->over = strerror(errno);
    counter_add(link->session->counters, COUNTER_BYTES, wire->in.received - before);
    if (wire->in.received != before)
        wire->frames_left = true;
}

/* How the stream is framed; FRAME_UNDECIDED when its first bytes do not tell yet. */
static enum frame_kind
framing_of(struct live_link *link, const char *bytes, size_t length)
{
    enum frame_kind kind = (enum frame_kind)stream_of(link)->framing;
    if (kind != FRAME_UNDECIDED)
        return kind;
    if (link->settings->encoding != ENCODING_AUTO)
        kind = link->settings->encoding == ENCODING_XML ? FRAME_XML : FRAME_BER;
    else
        kind = frame_sniff(bytes, length);
    if (kind == FRAME_XML || kind == FRAME_BER) {
        live_touch(link);
        link->state->stream.framing = (uint8_t)kind;
    }
    return kind;
}

static void
take_frame(struct live_link *link, const struct frame *frame)
{
    struct live *live = link->live;
    struct source_message message = live_message(link, SOURCE_MESSAGE);
    message.direction = SOURCE_FROM_SWITCH;
    message.invoke = frame->invoke;
    message.payload = frame->payload;
    live_step(link, LIVE_HAND_FRAME);
    live_take(link, &message);
    live_touch(link);
    link->state->stream.in_done += frame->size;
    link->state->stream.heard_ms = live->now_ms;
    struct text invoke = link->session->reader.message.invoke;
    conversation_hear(link, text_is_none(invoke) ? frame->invoke : invoke);
    if (live->desk != NULL)
        desk_hear(live->desk, link);
    live_step_done(live);
    live_wire_of(link)->due_ms = 0;
}

static void
broken(struct live_link *link, const char *why)
{
    struct live_wire *wire = live_wire_of(link);
    struct source_message message = live_message(link, SOURCE_BROKEN);
    message.why = why;
    session_begin(link->session);
    live_take(link, &message);
    wire->over = why;
    wire->readable = false;
}

/* True: a frame was taken. */
static bool
take_next(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    const char *bytes = (const char *)tcp_in_at(&wire->in, stream_of(link)->in_done);
    uint64_t length = tcp_in_ready(&wire->in, stream_of(link)->in_done);
    const char *why = "it is neither CSTA XML nor BER";
    struct frame frame;
    if (length == 0)
        return false;
    enum frame_kind kind = framing_of(link, bytes, length);
    enum frame_result result = FRAME_NEED_MORE;
    if (kind == FRAME_NONE)
        result = FRAME_BAD;
    else if (kind != FRAME_UNDECIDED)
        result = frame_read(kind, &frame, bytes, length, &why);
    if (result == FRAME_BAD)
        broken(link, why);
    if (result != FRAME_OK) {
        if (wire->partial_since_ms == 0)
            wire->partial_since_ms = link->live->now_ms;
        return false;
    }
    take_frame(link, &frame);
    wire->partial_since_ms = 0;
    return true;
}

/*
 * May a message be taken? Once the connection is over, all that came before: nobody will read an
 * answer. So may one that a front-end before us was in the middle of.
 */
static bool
may_hear(const struct live_link *link)
{
    const struct shm_front_cursors *now = link->session->front.now;
    return now->hand.kind == LIVE_HAND_FRAME || link->live->wires[link->place].over != NULL ||
           conversation_may_hear(link);
}

void
wire_take_frames(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    uint32_t share = link->live->share > 0 ? link->live->share : LIVE_FRAMES_PER_TURN;
    uint32_t count = 0;
    while (wire->socket >= 0 && wire->frames_left && count < share && may_hear(link)) {
        wire->frames_left = take_next(link);
        count++;
    }
    wire->floods = wire->frames_left && count == share;
}

void
wire_send(struct live_link *link)
{
    struct live_wire *wire = live_wire_of(link);
    if (wire->socket < 0)
        return;
    uint64_t sent = wire->out.sent;
    while (wire->out.sent != wire->out_end) {
        enum tcp_result result = tcp_out_send(&wire->out, wire->out_end);
        if (result == TCP_OK)
            continue;
        if (result == TCP_FAILED)
            wire->over = strerror(errno);
        break;
    }
    wipe_out(wire, sent, wire->out.sent, wire->out_end);
    bool waits = wire->over == NULL && wire->out.sent != wire->out_end;
    uint32_t awaited =
        (wire->deaf_since_ms == 0 && !wire->waits ? EPOLLIN : 0u) | (waits ? EPOLLOUT : 0u);
    if (awaited != wire->awaited)
        watch_socket(link, EPOLL_CTL_MOD, awaited);
}
