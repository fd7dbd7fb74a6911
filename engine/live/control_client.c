#include "engine/live/control_client.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum {
    ANSWER_MAX = 2048, /* bytes of one answer: every text escaped to the utmost */
};

void
client_begin(struct control_client *client, int descriptor, uint64_t number, uint64_t now_ms)
{
    CHECK(client->descriptor < 0);
    *client =
        (struct control_client){.descriptor = descriptor, .number = number, .heard_ms = now_ms};
}

void
client_end(struct control_client *client)
{
    close(client->descriptor);
    client->descriptor = -1;
}

bool
client_may_ask(const struct control_client *client)
{
    return !client->lost && client->open < CONTROL_CLIENT_OPEN_MAX &&
           CLIENT_OUT - client->out_used >= (size_t)ANSWER_MAX;
}

void
client_receive(struct control_client *client)
{
    memmove(client->in, client->in + client->in_taken, client->in_used - client->in_taken);
    client->in_used -= client->in_taken;
    client->in_taken = 0;
    if (client->in_used == CLIENT_IN || client->ended)
        return;
    ssize_t count = recv(client->descriptor, client->in + client->in_used,
                         CLIENT_IN - client->in_used, MSG_DONTWAIT);
    if (count > 0)
        client->in_used += (size_t)count;
    else if (count == 0)
        client->ended = true;
    else if (errno != EAGAIN && errno != EINTR)
        client->lost = true;
}

bool
client_next_line(struct control_client *client, struct text *line)
{
    const char *at = client->in + client->in_taken;
    size_t available = client->in_used - client->in_taken;
    const char *end = available > 0 ? memchr(at, '\n', available) : NULL;
    if (end != NULL) {
        *line = (struct text){at, (uint32_t)(end - at)};
        client->in_taken += line->length + 1;
        return true;
    }
    if (available < CLIENT_IN)
        return false;
    struct control_answer answer = {.outcome = CONTROL_NOT_SENT,
                                    .text = "a line has at most 4096 bytes"};
    client_answer(client, &answer, "");
    client_send(client);
    client->lost = true;
    return false;
}

void
client_answer(struct control_client *client, const struct control_answer *answer, const char *id)
{
    size_t length = control_write_answer(client->out + client->out_used,
                                         CLIENT_OUT - client->out_used, answer, id);
    client->out_used += length;
    client->lost = client->lost || length == 0;
}

void
client_send(struct control_client *client)
{
    if (client->out_used == 0 || client->lost)
        return;
    ssize_t count =
        send(client->descriptor, client->out, client->out_used, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
        client->out_used -= (size_t)count;
        memmove(client->out, client->out + count, client->out_used);
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        client->out_used = 0; /* he hung up; what he said before is still heard */
    }
}

bool
client_is_done(const struct control_client *client)
{
    return client->lost || (client->ended && client->open == 0 && client->out_used == 0);
}
