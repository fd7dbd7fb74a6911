#include "engine/live/dial_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/live/loopback.h"

enum {
    GRACE_MS = 1000, /* for its own words on a time-out */
};

uint64_t
dial_gate_limit_ms(const struct gate_order *order)
{
    return 2 * (uint64_t)order->connect_ms + GRACE_MS;
}

static void
close_pair(const int pair[2])
{
    int reason = errno;
    close(pair[0]);
    close(pair[1]);
    errno = reason;
}

/* What the gate gets is not ours any longer, whether it could be started or not. */
static bool
order_gate(struct dial_gate *gate, struct holder *holder, const struct gate_order *order)
{
    int near_far[2];
    int status[2];
    if (!loopback_pair(near_far))
        return false;
    if (pipe2(status, O_CLOEXEC | O_NONBLOCK) != 0) {
        close_pair(near_far);
        return false;
    }
    uint64_t serial;
    if (!holder_gate(holder, order, near_far[0], near_far[1], status[1], &serial)) {
        close_pair(near_far);
        close_pair(status);
        return false;
    }
    close(near_far[1]);
    close(status[1]);
    *gate = (struct dial_gate){.socket = near_far[0], .status = status[0], .serial = serial};
    return true;
}

bool
dial_gate_begin(struct dial_gate *gate, struct holder *holder, const struct gate_order *order,
                char *why, size_t size)
{
    if (!gate_is_built() || holder == NULL) {
        snprintf(why, size, "this onhook was built without TLS");
        return false;
    }
    if (order_gate(gate, holder, order))
        return true;
    snprintf(why, size, "its TLS process could not be started: %s", strerror(errno));
    return false;
}

/* One message of the gate: its first byte, 0 when it ended without a word, -1 when there is none;
 * of what follows, `why`. A next one may stand behind GATE_STANDS. */
static int
read_status(struct dial_gate *gate, char *why, size_t size)
{
    char words[GATE_WORDS_SIZE + 1] = "";
    char first;
    ssize_t count = read(gate->status, &first, 1);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    if (count == 0)
        return 0;
    if (first == GATE_STANDS)
        return first;
    if (read(gate->status, words, GATE_WORDS_SIZE) > 0)
        snprintf(why, size, "%s", words);
    return first;
}

enum dial_gate_state
dial_gate_look(struct dial_gate *gate, char *why, size_t size)
{
    int first = read_status(gate, why, size);
    if (first < 0)
        return DIAL_GATE_WAIT;
    if (first == GATE_STANDS)
        return DIAL_GATE_STANDS;
    if (first == 0)
        snprintf(why, size, "its TLS process died");
    return DIAL_GATE_FAILED;
}

bool
dial_gate_last_words(struct dial_gate *gate, char *why, size_t size)
{
    int first = gate->status >= 0 ? read_status(gate, why, size) : GATE_ENDED;
    if (first == 0)
        snprintf(why, size, "its TLS process died");
    return first == GATE_FAILED || first == 0;
}

int
dial_gate_take(struct dial_gate *gate, uint64_t *serial)
{
    int taken = gate->socket;
    *serial = gate->serial;
    gate->socket = -1;
    gate->serial = 0;
    return taken;
}

void
dial_gate_drop(struct dial_gate *gate, struct holder *holder)
{
    if (gate->serial != 0)
        holder_forget(holder, gate->serial);
    if (gate->socket >= 0)
        close(gate->socket);
    if (gate->status >= 0)
        close(gate->status);
    *gate = DIAL_NO_GATE;
}
