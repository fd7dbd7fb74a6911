#ifndef ENGINE_SOURCE_TCP_JOURNAL_H
#define ENGINE_SOURCE_TCP_JOURNAL_H

/*
 * engine/source/tcp_journal.h - a TCP connection whose owner may be killed at any instruction.
 *
 * Receiving bytes and then noting how many loses those between. So nobody notes it: the kernel
 * knows, and another process (the supervisor) holds the same descriptor, so that it is there to be
 * asked. Byte n of a stream always lies at buffer[n % size] in shared memory; whoever comes after a
 * killed owner asks the socket how far it is:
 *
 *   taken in   = bytes received - bytes waiting (SIOCINQ), less 1 for a FIN that has come
 *   taken out  = bytes acknowledged + bytes not yet acknowledged (SIOCOUTQ), less what that was
 *                when the connection began (a SYN of ours counts)
 *
 *   in:   +---------+--------------------+--------+    `done` is the owner's: it commits it with
 *         | free    | received, not done | free   |    what the frames have changed
 *         +---------+--------------------+--------+
 *                   done                 received
 *
 *   out:  the owner writes behind `end`, commits `end`, then tcp_out_send() gives what is committed
 *         to the socket. What of it was taken needs no commit.
 *
 * Buffers are a power of two of bytes, mapped twice in a row: whatever they hold is one piece.
 * Sockets do not block. Caller: one process at a time; the next after proof that the last is dead.
 *
 * The answers are exact while nobody reads or writes the socket: the kernel may take packets
 * between two questions, so they are asked until two answers agree. No TLS: what its library holds
 * is not in the socket.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tcp_result {
    TCP_OK = 0, /* some bytes went */
    TCP_WAIT,   /* none can go now: poll() */
    TCP_FULL,   /* in: the buffer is; commit some first */
    TCP_END,    /* in: the other side has closed, and all is received */
    TCP_FAILED, /* errno; the connection is over */
};

struct tcp_in {
    int socket;
    uint8_t *buffer;
    uint64_t size;
    uint64_t received; /* bytes of the stream that are in the buffer, or were */
};

struct tcp_out {
    int socket;
    const uint8_t *buffer;
    uint64_t size;
    uint64_t sent; /* bytes of the stream that the socket has taken */
};

/*
 * tcp_in_open - go on receiving; `done`: bytes that are committed as done
 *
 * False: errno, or EPROTO when the socket's answer does not fit `done` and `size`.
 */
bool tcp_in_open(struct tcp_in *in, int socket, void *buffer, uint64_t size, uint64_t done);

/* tcp_in_receive - once, as much as there is room for. */
enum tcp_result tcp_in_receive(struct tcp_in *in, uint64_t done);

/* Bytes received and not done, one piece from tcp_in_at() on. */
static inline uint64_t
tcp_in_ready(const struct tcp_in *in, uint64_t done)
{
    return in->received - done;
}

static inline const uint8_t *
tcp_in_at(const struct tcp_in *in, uint64_t done)
{
    return in->buffer + done % in->size;
}

/*
 * tcp_out_begin - what the socket's counters stand at before anything was sent
 *
 * Asked once, when the connection stands; to be kept for tcp_out_open(). False: errno.
 */
bool tcp_out_begin(int socket, uint64_t *base);

/*
 * tcp_out_open - go on sending; `end`: bytes that are committed to be sent
 *
 * False: errno, or EPROTO when the socket's answer does not fit `end` and `size`.
 */
bool tcp_out_open(struct tcp_out *out, int socket, const void *buffer, uint64_t size, uint64_t base,
                  uint64_t end);

/* tcp_out_send - once, as much of what is committed as the socket takes. TCP_WAIT also when all
 * was. Bytes before out->sent may be written over. */
enum tcp_result tcp_out_send(struct tcp_out *out, uint64_t end);

#endif
