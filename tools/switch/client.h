#ifndef TOOLS_SWITCH_CLIENT_H
#define TOOLS_SWITCH_CLIENT_H

/*
 * tools/switch/client.h - one connection: bytes in and out, and which of them surely arrived.
 *
 * What is sent is remembered with the call it tells of until it is old enough; when the connection
 * goes, all that the peer's kernel had not acknowledged, or that went out less than `doubt-ms`
 * before, is taken for lost: its calls are touched (truth.h). A client that lags by more than
 * `buffer` MiB loses messages, and is told so by SystemStatus messagesLost.
 */

#include "tools/switch/event.h"
#include "tools/switch/simulator.h"
#include "tools/switch/tls.h"

enum {
    CLIENT_IN_SIZE = 65544,
    CLIENT_SENT_MAX = 1 << 16, /* messages remembered */
    CLIENT_FRAME_SPARE = 8,
    CLIENT_EVENT_INVOKE = 9999, /* of what is no answer, XML */
};

struct sent_message {
    uint64_t end; /* of its bytes in the stream */
    uint64_t serial;
    int64_t time_us;
};

/* Something that is said later. */
struct delayed {
    struct delayed *next;
    uint64_t due_ms;
    uint64_t serial; /* the call it is about; 0: none */
    int64_t time_us;
    bool is_snapshot; /* the answer is made when it is due */
    struct answer snapshot;
    struct pbx_device *device;
    uint32_t length;
    char bytes[];
};

struct client {
    struct client *next;
    struct listener *listener;
    struct pbx *pbx;
    int fd;
    struct tls *tls; /* NULL: none */
    char in[CLIENT_IN_SIZE];
    uint32_t in_length;
    char *out;
    size_t out_start, out_end, out_room;
    uint64_t queued, sent; /* bytes since the beginning */
    bool ends_with_nul;    /* XML without headers (Uni-tel) */
    bool is_open;          /* the session stands: requests are granted */
    bool is_associated;    /* BER: by an association that was not released */
    bool is_closing;       /* close when all is sent */
    bool is_gone;          /* to be freed at the end of this turn */
    bool wants_out;
    bool lags;       /* messages were lost: say so when there is room */
    bool is_spoiled; /* a wrong length was said: nobody can read on */
    uint32_t invoke;
    uint32_t asked_invoke;
    uint64_t asked_ms; /* a SystemStatus of ours is not answered; 0: none */
    uint64_t ask_at_ms;
    uint32_t session;
    uint64_t session_ends_ms; /* 0: no timer */
    int64_t mute_from_us;
    uint64_t mute_until_ms;
    uint64_t read_at_ms; /* a slow reader reads again */
    struct sent_message *messages;
    uint64_t message_count;
    struct delayed *delayed;
};

/* client_open - take over a connected socket; NULL: no memory, the socket is closed. */
struct client *client_open(struct listener *listener, int fd);

/* client_tell - a monitor's copy of an event, at once or later. */
void client_tell(struct monitor *monitor, const struct event_copy *copy, uint32_t late_ms);

/* client_answer_request - an answer or a request of ours; `about`: the call it concerns, or 0. */
void client_answer_request(struct client *client, const struct answer *answer, uint64_t about);
void client_answer_later(struct client *client, const struct answer *answer, uint64_t about,
                         uint32_t late_ms);
/* client_snapshot_later - a snapshot that is taken when it is answered. */
void client_snapshot_later(struct client *client, const struct answer *answer,
                           struct pbx_device *device, uint64_t serial, uint32_t late_ms);

/* client_send_delayed - what is due by then; all of it with UINT64_MAX. */
void client_send_delayed(struct client *client, uint64_t by_ms);

/* client_put - bytes of a message into the stream; `serial`: the call it is about, or 0. */
void client_put(struct client *client, const char *bytes, size_t length, uint64_t serial,
                int64_t time_us);

/* client_touch - a message about that call was lost. */
void client_touch(struct client *client, uint64_t serial, int64_t time_us);

/* client_ready - epoll says so. */
void client_read(struct client *client);
void client_write(struct client *client);

/* client_tick - timers: keep-alive, session, silence. */
void client_tick(struct client *client);

enum client_end {
    CLIENT_ENDS, /* orderly: what was sent arrives */
    CLIENT_LEFT, /* the client has ended it: what it had not acknowledged by then is lost */
    CLIENT_CUT,  /* reset: what was not acknowledged is lost */
};
void client_close(struct client *client, enum client_end how);
void client_free(struct client *client);

/* client_wrong_length - say a frame whose length is wrong: the stream is over. */
void client_wrong_length(struct client *client);

/* client_message - one frame of the client: session.c. False: drop the client. */
bool client_message(struct client *client, uint32_t invoke, struct text payload);
/* client_begin_session - what the switch says first; session.c */
void client_begin_session(struct client *client);
/* client_snapshot - answer with what is so now; session.c */
void client_snapshot(struct client *client, struct answer *answer, struct pbx_device *device,
                     uint64_t serial);

/* ---- monitors (monitors.c) ------------------------------------------------------------------ */

struct monitor *pbx_monitor_start(struct client *client, struct pbx_device *device, bool of_calls);
/* False: the client has no such monitor. The device is not wanted any more. */
bool pbx_monitor_stop(struct client *client, uint32_t cross_ref);
/* pbx_monitor_end - the switch stops all monitors of a device, and says so. */
void pbx_monitor_end(struct pbx *pbx, struct pbx_device *device);
/* pbx_monitor_void - all of a client (NULL: of all clients of the pbx): the devices stay wanted. */
void pbx_monitor_void(struct pbx *pbx, const struct client *client);

#endif
