/*
 * engine/live/holder_ask.c - the front-end's side of a holder.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/live/holder_parts.h"

enum {
    PATIENCE_MS = 1000, /* with the supervisor, which never waits for anything */
};

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* No two questions have the same one, neither of this life nor of one before it. */
static uint64_t
next_ticket(struct holder *holder)
{
    uint64_t now = now_ns();
    holder->last_ticket = now > holder->last_ticket ? now : holder->last_ticket + 1;
    return holder->last_ticket;
}

static uint64_t
limit_from_now(void)
{
    return now_ns() + (uint64_t)PATIENCE_MS * 1000000;
}

static bool
await(const struct holder *holder, short events, uint64_t limit_ns)
{
    for (;;) {
        uint64_t now = now_ns();
        struct pollfd wait = {.fd = holder->sockets[HOLDER_FRONTEND], .events = events};
        int left_ms = now < limit_ns ? (int)((limit_ns - now + 999999) / 1000000) : 0;
        int count = poll(&wait, 1, left_ms);
        if (count > 0)
            return true;
        if (count == 0 || errno != EINTR) {
            errno = count == 0 ? ETIMEDOUT : errno;
            return false;
        }
    }
}

static bool
ask(struct holder *holder, const struct holder_ask *question, const int *descriptors,
    uint32_t count, uint64_t limit_ns)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(ASK_DESCRIPTORS_MAX * sizeof(int))];
    } control = {.bytes = {0}};
    size_t size = holder_ask_size(question->kind, question->count);
    struct iovec part = {(void *)question, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CHECK(size > 0 && count <= ASK_DESCRIPTORS_MAX);
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    for (;;) {
        if (sendmsg(holder->sockets[HOLDER_FRONTEND], &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return true;
        if (errno != EAGAIN && errno != EINTR)
            return false;
        if (!await(holder, POLLOUT, limit_ns))
            return false;
    }
}

/* The answer to this question. One to an earlier, given up or of somebody dead, names what nobody
 * knows of. */
static bool
hear(struct holder *holder, uint64_t ticket, struct holder_answer *answer, uint64_t limit_ns)
{
    for (;;) {
        if (!await(holder, POLLIN, limit_ns))
            return false;
        ssize_t count =
            recv(holder->sockets[HOLDER_FRONTEND], answer, sizeof *answer, MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (count != (ssize_t)sizeof *answer)
            continue;
        if (answer->ticket == ticket)
            return true;
        holder_forget(holder, answer->serial);
    }
}

static bool
ask_to_hold(struct holder *holder, struct holder_ask *question, const int *descriptors,
            uint32_t count, uint64_t *serial)
{
    uint64_t limit_ns = limit_from_now();
    struct holder_answer answer;
    question->ticket = next_ticket(holder);
    if (!ask(holder, question, descriptors, count, limit_ns) ||
        !hear(holder, question->ticket, &answer, limit_ns))
        return false;
    if (answer.serial == 0) {
        errno = answer.error;
        return false;
    }
    *serial = answer.serial;
    return true;
}

bool
holder_give(struct holder *holder, int descriptor, uint64_t *serial)
{
    struct holder_ask give = {.kind = ASK_GIVE};
    return ask_to_hold(holder, &give, &descriptor, 1, serial);
}

bool
holder_gate(struct holder *holder, const struct gate_order *order, int descriptor, int far,
            int status, uint64_t *serial)
{
    struct holder_ask gate = {.kind = ASK_GATE, .order = *order};
    const int descriptors[] = {descriptor, far, status};
    return ask_to_hold(holder, &gate, descriptors, 3, serial);
}

void
holder_forget(struct holder *holder, uint64_t serial)
{
    const struct holder_ask question = {.kind = ASK_FORGET, .serial = serial};
    if (serial != 0)
        ask(holder, &question, NULL, 0, limit_from_now());
}

int
holder_find(struct holder *holder, uint64_t serial)
{
    for (uint32_t i = 0; i < holder->count; i++) {
        if (holder->held[i].serial != serial)
            continue;
        int found = holder->held[i].descriptor;
        holder->held[i].descriptor = -1;
        return found;
    }
    return -1;
}

void
holder_keep(struct holder *holder, const uint64_t *serials, uint32_t count)
{
    struct holder_ask question = {.kind = ASK_KEEP, .count = count};
    CHECK(count <= LIVE_LINKS_MAX);
    memcpy(question.serials, serials, count * sizeof *serials);
    for (uint32_t i = 0; i < holder->count; i++)
        if (holder->held[i].descriptor >= 0)
            close(holder->held[i].descriptor);
    holder->count = 0;
    ask(holder, &question, NULL, 0, limit_from_now());
}
