#include "engine/live/gate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/live/dial.h"
#include "engine/live/gate_tls.h"

enum {
    FLOW_BYTES = 64 << 10,
};

/* One direction. What was taken from one side waits here for the other. */
struct flow {
    uint8_t bytes[FLOW_BYTES];
    size_t at; /* of bytes not passed on yet, up to `end` */
    size_t end;
    bool ended;     /* nothing more comes in */
    bool passed_on; /* and the other side was told */
};

struct side {
    bool gone;    /* nothing goes there, or comes from there, any longer */
    bool hung_up; /* nothing more will come than what waits to be read */
};

struct gate {
    const struct gate_order *order;
    int far;    /* the front-end */
    int status; /* what it is told */
    int socket; /* the switch */
    struct gate_tls *tls;
    struct flow up;   /* front-end -> switch */
    struct flow down; /* switch -> front-end */
    struct side front;
    struct side other;      /* the switch */
    short wanted_of_switch; /* POLLIN, POLLOUT: what OpenSSL waits for */
    uint64_t moved_ms;      /* when bytes went last */
    bool has_failed;        /* and said why */
};

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool
gate_is_built(void)
{
    return true;
}

/* Who is not there any longer to read it does not need it. */
static void
tell(const struct gate *gate, enum gate_status status, const char *why)
{
    char words[GATE_WORDS_SIZE];
    int length = snprintf(words, sizeof words, "%c%s", (char)status, why);
    size_t count = length < (int)sizeof words ? (size_t)length : sizeof words - 1;
    if (write(gate->status, words, count) != (ssize_t)count)
        return;
}

/* ---- until the connection stands ------------------------------------------------------------ */

/* Waits for `descriptor`. False: it is too late, or the front-end has given up. */
static bool
await(const struct gate *gate, int descriptor, short events, uint64_t limit_ms)
{
    uint64_t now = now_ms();
    struct pollfd waits[] = {{.fd = descriptor, .events = events},
                             {.fd = gate->far, .events = POLLRDHUP}};
    if (now >= limit_ms)
        return false;
    if (poll(waits, 2, (int)(limit_ms - now)) < 0 && errno != EINTR)
        return false;
    return waits[1].revents == 0;
}

static struct link_settings
settings_of(const struct gate_order *order)
{
    struct link_settings settings = {.connect_ms = order->connect_ms,
                                     .reconnect_least_ms = order->connect_ms,
                                     .reconnect_most_ms = order->connect_ms};
    settings.addresses.count = 1;
    memcpy(settings.addresses.at[0].host, order->host, sizeof order->host);
    settings.addresses.at[0].port = order->port;
    return settings;
}

/* Connects to the switch. False: `why`. */
static bool
reach(struct gate *gate, uint64_t limit_ms, char *why)
{
    const struct link_settings settings = settings_of(gate->order);
    struct dial *dial = dial_open("", &settings, 0, NULL);
    if (dial == NULL) {
        snprintf(why, GATE_WORDS_SIZE, "%s", strerror(errno));
        return false;
    }
    enum dial_state state = dial_work(dial, now_ms());
    while (state == DIAL_TRYING && now_ms() < limit_ms) {
        uint64_t due = dial_due_ms(dial) < limit_ms ? dial_due_ms(dial) : limit_ms;
        if (!await(gate, dial_descriptor(dial), POLLIN | POLLOUT, due) && now_ms() < due)
            break; /* nobody waits for it any longer */
        state = dial_work(dial, now_ms());
    }
    uint64_t serial;
    if (state == DIAL_CONNECTED)
        gate->socket = dial_take(dial, &serial, now_ms());
    else
        snprintf(why, GATE_WORDS_SIZE, "%s",
                 state == DIAL_TRYING ? "no answer in time" : dial_why(dial));
    dial_close(dial);
    return state == DIAL_CONNECTED;
}

static bool
shake_hands(struct gate *gate, uint64_t limit_ms, char *why)
{
    gate->tls = gate_tls_open(gate->order, gate->socket, why);
    if (gate->tls == NULL)
        return false;
    enum gate_tls_result result = gate_tls_handshake(gate->tls, why);
    while (result == TLS_WAIT_IN || result == TLS_WAIT_OUT) {
        short events = result == TLS_WAIT_IN ? POLLIN : POLLOUT;
        if (!await(gate, gate->socket, events, limit_ms)) {
            if (now_ms() >= limit_ms)
                snprintf(why, GATE_WORDS_SIZE, "no TLS handshake in time");
            return false;
        }
        result = gate_tls_handshake(gate->tls, why);
    }
    return result == TLS_OK;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static bool
is_empty(const struct flow *flow)
{
    return flow->at == flow->end;
}

static bool
is_full(const struct flow *flow)
{
    return flow->end == FLOW_BYTES;
}

/* Room at the end, once all was passed on. */
static void
took(struct flow *flow, size_t count)
{
    flow->at += count;
    if (flow->at == flow->end)
        flow->at = flow->end = 0;
}

static bool
may_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool
hear_front(struct gate *gate)
{
    struct flow *up = &gate->up;
    if (up->ended || is_full(up))
        return false;
    ssize_t count = recv(gate->far, up->bytes + up->end, FLOW_BYTES - up->end, MSG_DONTWAIT);
    if (count > 0) {
        up->end += (size_t)count;
    } else if (count == 0 || !may_wait()) {
        up->ended = true;
        gate->front.gone = gate->front.gone || count < 0;
    } else {
        return false;
    }
    return true;
}

static bool
tell_front(struct gate *gate)
{
    struct flow *down = &gate->down;
    if (gate->front.gone) {
        took(down, down->end - down->at); /* nobody reads it */
        return false;
    }
    if (is_empty(down)) {
        if (!down->ended || down->passed_on)
            return false;
        shutdown(gate->far, SHUT_WR);
        down->passed_on = true;
        return true;
    }
    ssize_t count =
        send(gate->far, down->bytes + down->at, down->end - down->at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0)
        took(down, (size_t)count);
    else if (count < 0 && !may_wait())
        gate->front.gone = true;
    else
        return false;
    return true;
}

/* Notes what OpenSSL waits for. True: the call went through, or will never. */
static bool
note_result(struct gate *gate, enum gate_tls_result result, const char *why)
{
    switch (result) {
    case TLS_OK:
        return true;
    case TLS_WAIT_IN:
        gate->wanted_of_switch |= POLLIN;
        return false;
    case TLS_WAIT_OUT:
        gate->wanted_of_switch |= POLLOUT;
        return false;
    case TLS_END:
        gate->down.ended = true;
        return true;
    case TLS_FAILED:
        gate->other.gone = true;
        gate->down.ended = true;
        gate->has_failed = true;
        tell(gate, GATE_FAILED, why);
        return true;
    }
    return false;
}

static bool
hear_switch(struct gate *gate)
{
    char why[GATE_WORDS_SIZE];
    size_t count = 0;
    struct flow *down = &gate->down;
    if (down->ended || is_full(down))
        return false;
    enum gate_tls_result result =
        gate_tls_read(gate->tls, down->bytes + down->end, FLOW_BYTES - down->end, &count, why);
    if (result == TLS_OK)
        down->end += count;
    return note_result(gate, result, why);
}

static bool
tell_switch(struct gate *gate)
{
    char why[GATE_WORDS_SIZE];
    size_t count = 0;
    struct flow *up = &gate->up;
    if (gate->other.gone) {
        took(up, up->end - up->at);
        up->passed_on = up->ended;
        return false;
    }
    if (is_empty(up)) {
        if (!up->ended || up->passed_on)
            return false;
        enum gate_tls_result said = gate_tls_end(gate->tls);
        up->passed_on = said != TLS_WAIT_IN && said != TLS_WAIT_OUT;
        return up->passed_on || note_result(gate, said, "");
    }
    enum gate_tls_result result =
        gate_tls_write(gate->tls, up->bytes + up->at, up->end - up->at, &count, why);
    if (result == TLS_OK)
        took(up, count);
    return note_result(gate, result, why);
}

/* Whatever goes without waiting. */
static void
move_bytes(struct gate *gate)
{
    bool moved;
    do {
        gate->wanted_of_switch = 0;
        moved = hear_front(gate);
        moved = tell_switch(gate) || moved;
        moved = hear_switch(gate) || moved;
        moved = tell_front(gate) || moved;
        if (moved)
            gate->moved_ms = now_ms();
    } while (moved);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static bool
is_over(const struct gate *gate)
{
    bool up = gate->up.passed_on;
    bool down = gate->down.passed_on || gate->front.gone;
    return (up && down) || (gate->front.gone && gate->other.gone);
}

/* Once a side has ended the other has only so long. */
static int
patience_ms(const struct gate *gate)
{
    bool hurry = gate->up.ended || gate->front.gone || gate->front.hung_up ||
                 (gate->other.gone && gate->down.passed_on);
    uint64_t limit = gate->moved_ms + GATE_LINGER_MS;
    uint64_t now = now_ms();
    if (!hurry)
        return -1;
    return now < limit ? (int)(limit - now) : 0;
}

static short
wanted_of_front(const struct gate *gate)
{
    bool in = !gate->up.ended && !is_full(&gate->up);
    bool out = !is_empty(&gate->down);
    return (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
}

/* What to wait for at a side of which `wanted` is wanted. One that has hung up says so for ever, so
 * it is not asked again while nothing is wanted of it. */
static struct pollfd
wait_for(int socket, short wanted, const struct side *side)
{
    bool deaf = side->gone || (side->hung_up && wanted == 0);
    return (struct pollfd){.fd = deaf ? -1 : socket, .events = wanted == 0 ? POLLRDHUP : wanted};
}

/* Where something is wanted the next call tells; else nobody would notice. */
static void
note_end(const struct pollfd *wait, struct side *side, struct flow *from)
{
    if ((wait->events & (POLLIN | POLLOUT)) != 0)
        return;
    side->hung_up = side->hung_up || (wait->revents & (POLLHUP | POLLRDHUP)) != 0;
    if ((wait->revents & POLLERR) != 0) {
        side->gone = true;
        from->ended = true;
    }
}

static void
pump(struct gate *gate)
{
    gate->moved_ms = now_ms();
    for (;;) {
        move_bytes(gate);
        int limit = patience_ms(gate);
        if (is_over(gate) || limit == 0)
            return;
        struct pollfd waits[] = {
            wait_for(gate->far, wanted_of_front(gate), &gate->front),
            wait_for(gate->socket, gate->wanted_of_switch, &gate->other),
        };
        if (poll(waits, 2, limit) < 0 && errno != EINTR)
            return;
        note_end(&waits[0], &gate->front, &gate->up);
        note_end(&waits[1], &gate->other, &gate->down);
    }
}

int
gate_run(const struct gate_order *order, int far, int status)
{
    static struct gate gate; /* large */
    char why[GATE_WORDS_SIZE] = "";
    uint64_t limit_ms = now_ms() + 2 * (uint64_t)order->connect_ms;
    gate.order = order;
    gate.far = far;
    gate.status = status;
    gate.socket = -1;
    if (!reach(&gate, limit_ms, why) || !shake_hands(&gate, limit_ms, why)) {
        tell(&gate, GATE_FAILED, why);
        return 1;
    }
    tell(&gate, GATE_STANDS, "");
    pump(&gate);
    if (!gate.has_failed)
        tell(&gate, GATE_ENDED, "");
    return 0;
}
