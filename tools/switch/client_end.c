/* How a connection ends, and what has its time: keep-alive, session, silence. */
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/switch/client.h"
#include "tools/switch/truth.h"

/* ---- the end -------------------------------------------------------------------------------- */

/* Bytes that the peer's kernel said it has; TLS hides which of ours they are. */
static uint64_t
acknowledged(const struct client *client)
{
    int waiting = 0;
    if (client->fd < 0 || ioctl(client->fd, SIOCOUTQ, &waiting) != 0 || client->tls != NULL)
        waiting = 0;
    return client->sent - (uint64_t)waiting;
}

static void
lose_messages(struct client *client)
{
    struct simulator *simulator = client->pbx->simulator;
    uint64_t arrived = acknowledged(client);
    int64_t sure_us = simulator->now_us - (int64_t)simulator->options.doubt * 1000;
    uint64_t kept =
        client->message_count < CLIENT_SENT_MAX ? client->message_count : CLIENT_SENT_MAX;
    truth_lost_begin(client->pbx);
    for (uint64_t back = 1; back <= kept; back++) {
        const struct sent_message *message =
            &client->messages[(client->message_count - back) % CLIENT_SENT_MAX];
        if (message->end <= arrived && message->time_us < sure_us)
            break;
        client_touch(client, message->serial, message->time_us);
        truth_lost_add(client->pbx, message->serial, message->time_us);
    }
    for (const struct delayed *at = client->delayed; at != NULL; at = at->next) {
        if (at->serial == 0 || at->is_snapshot)
            continue;
        client_touch(client, at->serial, at->time_us);
        truth_lost_add(client->pbx, at->serial, at->time_us);
    }
    truth_lost_end(client->pbx);
}

void
client_close(struct client *client, enum client_end how)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (client->is_gone)
        return;
    if (how != CLIENT_ENDS)
        lose_messages(client);
    pbx_monitor_void(client->pbx, client);
    client->is_gone = true;
    epoll_ctl(client->pbx->simulator->epoll, EPOLL_CTL_DEL, client->fd, NULL);
    if (how != CLIENT_CUT)
        tls_end(client->tls);
    else
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(client->fd);
    client->fd = -1;
}

/* A header that says less than itself; a PDU that does not fill its frame. */
void
client_wrong_length(struct client *client)
{
    static const char xml[] = {0, 0, 0, 5, '9', '9', '9', '9', '<', 'x', '/', '>'};
    static const char ber[] = {0, 5, '\xa1', 11, 2, 1, 1};
    if (client->pbx->encoding == ENCODING_XML)
        client_put(client, xml, sizeof xml, 0, 0);
    else
        client_put(client, ber, sizeof ber, 0, 0);
    client->is_spoiled = true;
}

/* ---- time ----------------------------------------------------------------------------------- */

static void
keep_alive(struct client *client, uint64_t now_ms)
{
    const struct switch_options *options = &client->pbx->simulator->options;
    if (client->asked_ms != 0 && now_ms - client->asked_ms > options->keep_alive_wait * 1000) {
        count(client->pbx, COUNT_DROPPED);
        client_close(client, CLIENT_CUT);
        return;
    }
    if (options->keep_alive == 0 || !client->is_open || client->asked_ms != 0 ||
        now_ms < client->ask_at_ms)
        return;
    struct answer ask = {
        .kind = ASK_SYSTEM_STATUS, .status = STATUS_NORMAL, .invoke = client->invoke++ % 9999};
    client->asked_invoke = ask.invoke;
    client->asked_ms = now_ms;
    client->ask_at_ms = now_ms + options->keep_alive * 1000;
    client_answer_request(client, &ask, 0);
}

void
client_tick(struct client *client)
{
    uint64_t now_ms = client->pbx->simulator->now_ms;
    if (client->is_gone)
        return;
    if (client->mute_until_ms != 0 && now_ms >= client->mute_until_ms) {
        /* What it was not told since is lost with the cut: its monitors were as good as void. */
        truth_down(client->pbx, client->mute_from_us, client->pbx->simulator->now_us);
        client_close(client, CLIENT_CUT);
        return;
    }
    if (client->mute_until_ms != 0)
        return;
    if (client->session_ends_ms != 0 && now_ms >= client->session_ends_ms) {
        struct answer ended = {
            .kind = SAY_SESSION_ENDED, .invoke = CLIENT_EVENT_INVOKE, .cross_ref = client->session};
        client_answer_request(client, &ended, 0);
        client->session_ends_ms = 0;
        client->is_open = false;
        pbx_monitor_void(client->pbx, client);
    }
    keep_alive(client, now_ms);
}
