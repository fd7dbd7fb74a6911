#include "tools/switch/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/csta/frame.h"
#include "tools/switch/tell.h"
#include "tools/switch/truth.h"
#include "tools/switch/write.h"

enum {
    OUT_ROOM_FIRST = 1 << 16,
    SLOW_BYTES = 16,
    SLOW_MS = 10,
};

struct client *
client_open(struct listener *listener, int fd)
{
    struct client *client = calloc(1, sizeof *client);
    int on = 1;
    if (client == NULL) {
        close(fd);
        return NULL;
    }
    client->listener = listener;
    client->pbx = &listener->pbx;
    client->fd = fd;
    client->ends_with_nul = client->pbx->profile == PBX_UNITEL;
    client->messages = calloc(CLIENT_SENT_MAX, sizeof *client->messages);
    client->out = malloc(OUT_ROOM_FIRST);
    client->out_room = OUT_ROOM_FIRST;
    client->tls = listener->tls ? tls_open(fd) : NULL;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = client}};
    if (client->messages == NULL || client->out == NULL || (listener->tls && client->tls == NULL) ||
        epoll_ctl(client->pbx->simulator->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        client_free(client);
        return NULL;
    }
    client->next = client->pbx->clients;
    client->pbx->clients = client;
    count(client->pbx, COUNT_CLIENTS);
    client_begin_session(client);
    return client;
}

void
client_free(struct client *client)
{
    while (client->delayed != NULL) {
        struct delayed *next = client->delayed->next;
        free(client->delayed);
        client->delayed = next;
    }
    tls_close(client->tls);
    if (client->fd >= 0)
        close(client->fd);
    free(client->messages);
    free(client->out);
    free(client);
}

/* ---- out ------------------------------------------------------------------------------------ */

static bool
make_room(struct client *client, size_t length)
{
    size_t pending = client->out_end - client->out_start;
    if (client->out_room - client->out_end >= length)
        return true;
    if (client->out_start > 0) {
        memmove(client->out, client->out + client->out_start, pending);
        client->out_start = 0;
        client->out_end = pending;
    }
    size_t room = client->out_room;
    while (room - pending < length)
        room *= 2;
    if (room == client->out_room)
        return true;
    if (room > client->pbx->simulator->options.buffer << 20)
        return false;
    char *out = realloc(client->out, room);
    if (out == NULL)
        return false;
    client->out = out;
    client->out_room = room;
    return true;
}

void
client_touch(struct client *client, uint64_t serial, int64_t time_us)
{
    struct call *call = pbx_call(client->pbx, serial);
    if (call != NULL && (call->touched_us == 0 || call->touched_us > time_us))
        call->touched_us = time_us;
    count(client->pbx, COUNT_LOST);
}

static void
lose_message(struct client *client, uint64_t serial, int64_t time_us)
{
    if (serial == 0)
        return;
    client_touch(client, serial, time_us);
    truth_lost_begin(client->pbx);
    truth_lost_add(client->pbx, serial, time_us);
    truth_lost_end(client->pbx);
    truth_down(client->pbx, time_us, time_us);
}

void
client_put(struct client *client, const char *bytes, size_t length, uint64_t serial,
           int64_t time_us)
{
    if (client->is_gone)
        return;
    if (client->is_closing) {
        lose_message(client, serial, time_us);
        return;
    }
    if (client->is_spoiled || !make_room(client, length)) {
        client->lags = !client->is_spoiled;
        lose_message(client, serial, time_us);
        return;
    }
    memcpy(client->out + client->out_end, bytes, length);
    client->out_end += length;
    client->queued += length;
    if (serial != 0)
        client->messages[client->message_count++ % CLIENT_SENT_MAX] =
            (struct sent_message){client->queued, serial, time_us};
}

/* The frame around `length` bytes of content at frame + CLIENT_FRAME_SPARE. */
static char *
close_frame(struct client *client, char *frame, size_t *length, uint32_t invoke)
{
    char *content = frame + CLIENT_FRAME_SPARE;
    if (client->pbx->encoding != ENCODING_XML) {
        content[-2] = (char)(*length >> 8);
        content[-1] = (char)*length;
        *length += 2;
        return content - 2;
    }
    if (client->ends_with_nul) {
        content[(*length)++] = '\0';
        return content;
    }
    size_t whole = *length + 8;
    frame[0] = frame[1] = 0;
    frame[2] = (char)(whole >> 8);
    frame[3] = (char)whole;
    for (int i = 7; i >= 4; i--, invoke /= 10)
        frame[i] = (char)('0' + invoke % 10);
    *length = whole;
    return frame;
}

static void
add_delayed(struct client *client, struct delayed *delayed)
{
    struct delayed **at = &client->delayed;
    while (*at != NULL && (*at)->due_ms <= delayed->due_ms)
        at = &(*at)->next;
    delayed->next = *at;
    *at = delayed;
}

static void
delay_bytes(struct client *client, const char *bytes, size_t length, uint64_t serial,
            uint64_t due_ms)
{
    int64_t now_us = client->pbx->simulator->now_us;
    struct delayed *delayed = malloc(sizeof *delayed + length);
    if (delayed == NULL) {
        client_put(client, bytes, length, serial, now_us);
        return;
    }
    *delayed = (struct delayed){
        .due_ms = due_ms, .serial = serial, .time_us = now_us, .length = (uint32_t)length};
    memcpy(delayed->bytes, bytes, length);
    add_delayed(client, delayed);
}

/* A message is about more than one call where calls are joined: lost, it is lost for each. */
static void
put_about(struct client *client, const char *bytes, size_t length, uint64_t serial, uint64_t due_ms)
{
    const struct simulator *simulator = client->pbx->simulator;
    if (due_ms <= simulator->now_ms)
        client_put(client, bytes, length, serial, simulator->now_us);
    else
        delay_bytes(client, bytes, length, serial, due_ms);
}

void
client_tell(struct monitor *monitor, const struct event_copy *copy, uint32_t late_ms)
{
    static char frame[CLIENT_FRAME_SPARE + WRITE_MAX + 1];
    struct client *client = monitor->client;
    struct pbx *pbx = client->pbx;
    char *content = frame + CLIENT_FRAME_SPARE;
    size_t length = pbx->encoding == ENCODING_XML
                        ? write_xml_event(content, pbx, copy)
                        : write_ber_event(content, pbx, copy, client->invoke++ % 32768);
    char *bytes = close_frame(client, frame, &length, CLIENT_EVENT_INVOKE);
    uint64_t due_ms = pbx->simulator->now_ms + late_ms;
    count(pbx, COUNT_MESSAGES);
    if (due_ms < monitor->delayed_to_ms)
        due_ms = monitor->delayed_to_ms;
    if (due_ms > pbx->simulator->now_ms)
        monitor->delayed_to_ms = due_ms;
    const struct telling *telling = copy->telling;
    put_about(client, bytes, length, telling->call->serial, due_ms);
    if (telling->primary != 0)
        put_about(client, bytes, 0, telling->primary, due_ms);
    if (telling->secondary != 0)
        put_about(client, bytes, 0, telling->secondary, due_ms);
}

void
client_answer_later(struct client *client, const struct answer *answer, uint64_t about,
                    uint32_t late_ms)
{
    static char frame[CLIENT_FRAME_SPARE + WRITE_MAX + 1];
    char *content = frame + CLIENT_FRAME_SPARE;
    struct simulator *simulator = client->pbx->simulator;
    size_t length = client->pbx->encoding == ENCODING_XML
                        ? write_xml_answer(content, client->pbx, answer)
                        : write_ber_answer(content, client->pbx, answer);
    if (length == 0)
        return;
    char *bytes = close_frame(client, frame, &length, answer->invoke);
    if (late_ms == 0)
        client_put(client, bytes, length, about, simulator->now_us);
    else
        delay_bytes(client, bytes, length, about, simulator->now_ms + late_ms);
}

void
client_answer_request(struct client *client, const struct answer *answer, uint64_t about)
{
    client_answer_later(client, answer, about, 0);
}

void
client_snapshot_later(struct client *client, const struct answer *answer, struct pbx_device *device,
                      uint64_t serial, uint32_t late_ms)
{
    struct delayed *delayed = malloc(sizeof *delayed);
    if (delayed == NULL)
        return;
    *delayed = (struct delayed){.due_ms = client->pbx->simulator->now_ms + late_ms,
                                .is_snapshot = true,
                                .snapshot = *answer,
                                .device = device,
                                .serial = serial};
    add_delayed(client, delayed);
}

void
client_send_delayed(struct client *client, uint64_t by_ms)
{
    struct delayed **at = &client->delayed;
    while (*at != NULL && (*at)->due_ms <= by_ms) {
        struct delayed *delayed = *at;
        if (delayed->is_snapshot && by_ms == UINT64_MAX) {
            at = &delayed->next; /* not copies: they may wait on */
            continue;
        }
        *at = delayed->next;
        if (delayed->is_snapshot)
            client_snapshot(client, &delayed->snapshot, delayed->device, delayed->serial);
        else
            client_put(client, delayed->bytes, delayed->length, delayed->serial, delayed->time_us);
        free(delayed);
    }
}

static ssize_t
send_some(struct client *client, size_t length)
{
    const char *bytes = client->out + client->out_start;
    return client->tls != NULL ? tls_write(client->tls, bytes, length)
                               : send(client->fd, bytes, length, MSG_NOSIGNAL);
}

static void
watch_out(struct client *client, bool wants_out)
{
    if (client->wants_out == wants_out)
        return;
    struct epoll_event event = {.events = EPOLLIN | (wants_out ? (uint32_t)EPOLLOUT : 0),
                                .data = {.ptr = client}};
    client->wants_out = wants_out;
    epoll_ctl(client->pbx->simulator->epoll, EPOLL_CTL_MOD, client->fd, &event);
}

static void
say_messages_lost(struct client *client)
{
    struct answer lost = {.kind = ASK_SYSTEM_STATUS,
                          .status = STATUS_MESSAGES_LOST,
                          .invoke = client->invoke++ % 9999};
    client->lags = false;
    client_answer_request(client, &lost, 0);
}

void
client_write(struct client *client)
{
    struct pbx *pbx = client->pbx;
    if (client->is_gone || client->mute_until_ms != 0)
        return;
    bool bytewise = pbx_chance(pbx, pbx->simulator->options.bytewise);
    size_t bytes_left = bytewise ? 512 : SIZE_MAX;
    while (client->out_start < client->out_end) {
        size_t length = client->out_end - client->out_start;
        ssize_t done = send_some(client, bytes_left > 0 && bytewise ? 1 : length);
        if (done < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (done <= 0) {
            client_close(client, CLIENT_CUT);
            return;
        }
        client->out_start += (size_t)done;
        client->sent += (uint64_t)done;
        if (bytewise && --bytes_left == 0)
            bytewise = false;
    }
    if (client->lags && client->out_end - client->out_start < client->out_room / 2)
        say_messages_lost(client);
    watch_out(client, client->out_start < client->out_end);
    if (client->is_closing && client->out_start == client->out_end)
        client_close(client, CLIENT_ENDS);
}

/* ---- in ------------------------------------------------------------------------------------- */

static enum frame_result
next_frame(struct client *client, struct frame *frame, const char *bytes, size_t length,
           const char **why)
{
    if (client->pbx->encoding != ENCODING_XML)
        return frame_read(FRAME_BER, frame, bytes, length, why);
    if (length > 0 && bytes[0] != 0)
        client->ends_with_nul = true;
    if (!client->ends_with_nul || (length > 0 && bytes[0] == 0))
        return frame_read(FRAME_XML, frame, bytes, length, why);
    const char *end = memchr(bytes, 0, length);
    if (end == NULL)
        return FRAME_NEED_MORE;
    *frame = (struct frame){.payload = {bytes, (uint32_t)(end - bytes)},
                            .size = (uint32_t)(end - bytes) + 1};
    return FRAME_OK;
}

static uint32_t
invoke_of(struct text invoke)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < invoke.length; i++)
        value = value * 10 +
                (uint32_t)(invoke.at[i] >= '0' && invoke.at[i] <= '9' ? invoke.at[i] - '0' : 0);
    return value;
}

static bool
take_frames(struct client *client)
{
    uint32_t at = 0;
    for (;;) {
        struct frame frame;
        const char *why;
        if (client->is_gone || client->is_closing)
            return true;
        enum frame_result result =
            next_frame(client, &frame, client->in + at, client->in_length - at, &why);
        if (result == FRAME_BAD)
            return false;
        if (result == FRAME_NEED_MORE)
            break;
        if (!client_message(client, invoke_of(frame.invoke), frame.payload))
            return false;
        at += frame.size;
    }
    memmove(client->in, client->in + at, client->in_length - at);
    client->in_length -= at;
    return client->in_length < CLIENT_IN_SIZE;
}

void
client_read(struct client *client)
{
    struct simulator *simulator = client->pbx->simulator;
    bool is_slow = simulator->options.slow_reader;
    size_t room = CLIENT_IN_SIZE - client->in_length;
    if (client->is_gone || client->mute_until_ms != 0)
        return;
    if (is_slow && client->read_at_ms > simulator->now_ms)
        return;
    client->read_at_ms = simulator->now_ms + SLOW_MS;
    if (is_slow && room > SLOW_BYTES)
        room = SLOW_BYTES;
    char *to = client->in + client->in_length;
    ssize_t length =
        client->tls != NULL ? tls_read(client->tls, to, room) : recv(client->fd, to, room, 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        bool is_rude = length < 0 || client->is_associated || client->session_ends_ms != 0;
        count(client->pbx, COUNT_CLIENTS_GONE);
        if (is_rude)
            count(client->pbx, COUNT_NO_GOODBYE);
        client_close(client, is_rude ? CLIENT_CUT : CLIENT_LEFT);
        return;
    }
    client->in_length += (uint32_t)length;
    if (!take_frames(client)) {
        count(client->pbx, COUNT_DROPPED);
        client_close(client, CLIENT_CUT);
    }
}
