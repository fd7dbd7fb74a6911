#include "engine/source/tcp_journal.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/check.h"

/* States of a connection as the kernel numbers them (its own header is not for programs). */
enum tcp_state {
    STATE_TIME_WAIT = 6,
    STATE_CLOSE = 7,
    STATE_CLOSE_WAIT = 8,
    STATE_LAST_ACK = 9,
    STATE_CLOSING = 11,
};

struct counters {
    uint64_t received; /* in order, a FIN counts one */
    uint64_t acked;    /* of ours, a SYN counts one */
    bool fin_came;
};

static bool
ask(int socket, struct counters *counters)
{
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    if (size < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        errno = ENOTSUP;
        return false;
    }
    if (info.tcpi_state == STATE_CLOSE) { /* and whether a FIN was counted before is not known */
        errno = ECONNRESET;
        return false;
    }
    counters->received = info.tcpi_bytes_received;
    counters->acked = info.tcpi_bytes_acked;
    counters->fin_came = info.tcpi_state == STATE_CLOSE_WAIT || info.tcpi_state == STATE_LAST_ACK ||
                         info.tcpi_state == STATE_CLOSING || info.tcpi_state == STATE_TIME_WAIT;
    return true;
}

/* The counters with a queue's length that belongs to them: no packet came between the questions. */
static bool
ask_with_queue(int socket, unsigned long queue, struct counters *counters, uint64_t *waiting)
{
    struct counters after;
    int bytes = 0;
    do {
        if (!ask(socket, counters) || ioctl(socket, queue, &bytes) != 0 || !ask(socket, &after))
            return false;
    } while (after.received != counters->received || after.acked != counters->acked ||
             after.fin_came != counters->fin_came);
    *waiting = (uint64_t)bytes;
    return true;
}

static bool
fits(uint64_t from, uint64_t to, uint64_t size)
{
    if (to >= from && to - from <= size)
        return true;
    errno = EPROTO;
    return false;
}

bool
tcp_in_open(struct tcp_in *in, int socket, void *buffer, uint64_t size, uint64_t done)
{
    CHECK(size > 0 && (size & (size - 1)) == 0);
    struct counters counters;
    uint64_t waiting;
    if (!ask_with_queue(socket, SIOCINQ, &counters, &waiting))
        return false;
    uint64_t received = counters.received - waiting - counters.fin_came;
    if (!fits(done, received, size))
        return false;
    *in = (struct tcp_in){socket, buffer, size, received};
    return true;
}

static enum tcp_result
result_of_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TCP_WAIT : TCP_FAILED;
}

enum tcp_result
tcp_in_receive(struct tcp_in *in, uint64_t done)
{
    uint64_t room = in->size - (in->received - done);
    if (room == 0)
        return TCP_FULL;
    ssize_t count = recv(in->socket, in->buffer + in->received % in->size, room, MSG_DONTWAIT);
    if (count < 0)
        return result_of_errno();
    in->received += (uint64_t)count;
    return count == 0 ? TCP_END : TCP_OK;
}

bool
tcp_out_begin(int socket, uint64_t *base)
{
    struct counters counters;
    uint64_t waiting;
    if (!ask_with_queue(socket, SIOCOUTQ, &counters, &waiting))
        return false;
    *base = counters.acked + waiting;
    return true;
}

bool
tcp_out_open(struct tcp_out *out, int socket, const void *buffer, uint64_t size, uint64_t base,
             uint64_t end)
{
    CHECK(size > 0 && (size & (size - 1)) == 0);
    uint64_t now;
    if (!tcp_out_begin(socket, &now))
        return false;
    uint64_t sent = now - base;
    if (!fits(sent, end, size))
        return false;
    *out = (struct tcp_out){socket, buffer, size, sent};
    return true;
}

enum tcp_result
tcp_out_send(struct tcp_out *out, uint64_t end)
{
    if (out->sent == end)
        return TCP_WAIT;
    ssize_t count = send(out->socket, out->buffer + out->sent % out->size, end - out->sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0)
        return result_of_errno();
    out->sent += (uint64_t)count;
    return TCP_OK;
}
