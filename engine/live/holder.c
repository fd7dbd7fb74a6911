#include "engine/live/holder.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/live/holder_parts.h"
#include "ipc/shared_engine.h"

enum {
    SERVED_AT_ONCE = 64, /* then the supervisor has a look at the rest of its work */
    DESCRIPTORS_WANTED = 65536,
};

/* Connections are descriptors here and in every child: as many as we may have without asking. */
static void
raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct holder *
holder_open(struct shared_engine *engine)
{
    struct timespec now;
    struct holder *holder = calloc(1, sizeof *holder);
    if (holder == NULL)
        return NULL;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, holder->sockets) !=
        0) {
        free(holder);
        return NULL;
    }
    raise_limit();
    clock_gettime(CLOCK_REALTIME, &now); /* no serial of an earlier supervisor comes again */
    holder->last_serial = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    holder->engine = engine;
    return holder;
}

void
holder_leave(struct holder *holder)
{
    for (uint32_t i = 0; i < holder->count; i++)
        if (holder->held[i].descriptor >= 0)
            close(holder->held[i].descriptor);
    for (int side = 0; side < 2; side++) {
        if (holder->sockets[side] >= 0)
            close(holder->sockets[side]);
        holder->sockets[side] = -1;
    }
    holder->count = 0;
    holder->gate_count = 0;
}

static void
forget_at(struct holder *holder, uint32_t at)
{
    shutdown(holder->held[at].descriptor, SHUT_RDWR); /* others may have inherited it */
    close(holder->held[at].descriptor);
    holder->held[at] = holder->held[--holder->count];
}

void
holder_close(struct holder *holder)
{
    for (uint32_t i = 0; i < holder->gate_count; i++) {
        kill(holder->gates[i], SIGKILL);
        while (waitpid(holder->gates[i], NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    while (holder->count > 0)
        forget_at(holder, 0);
    holder_leave(holder);
    free(holder);
}

int
holder_descriptor(const struct holder *holder)
{
    return holder->sockets[HOLDER_SUPERVISOR];
}

/* ---- what is held --------------------------------------------------------------------------- */

static bool
has_room(const struct holder *holder)
{
    if (holder->count < HOLDER_MAX && holder->gate_count < HOLDER_MAX)
        return true;
    errno = ENOSPC;
    return false;
}

static uint64_t
hold(struct holder *holder, int descriptor)
{
    CHECK(holder->count < HOLDER_MAX);
    holder->held[holder->count++] = (struct held){++holder->last_serial, descriptor};
    return holder->last_serial;
}

static void
forget(struct holder *holder, uint64_t serial)
{
    for (uint32_t i = 0; i < holder->count; i++) {
        if (holder->held[i].serial == serial) {
            forget_at(holder, i);
            return;
        }
    }
}

static void
keep_only(struct holder *holder, const uint64_t *serials, uint32_t count)
{
    for (uint32_t i = holder->count; i-- > 0;) {
        bool known = false;
        for (uint32_t j = 0; j < count && !known; j++)
            known = serials[j] == holder->held[i].serial;
        if (!known)
            forget_at(holder, i);
    }
}

/* ---- gates ---------------------------------------------------------------------------------- */

static void
bury_gates(struct holder *holder)
{
    for (uint32_t i = holder->gate_count; i-- > 0;) {
        pid_t pid = waitpid(holder->gates[i], NULL, WNOHANG);
        if (pid == holder->gates[i] || (pid < 0 && errno == ECHILD))
            holder->gates[i] = holder->gates[--holder->gate_count];
    }
}

/* All but the standard three, and these two. */
static void
close_all_but(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);
    if (low > 3)
        close_range(3, low - 1, 0);
    if (high > low + 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
}

/* A supervisor's own ways with signals are not a gate's. */
static void
gate_signals(void)
{
    static const int ignored[] = {SIGINT, SIGQUIT, SIGHUP, SIGPIPE};
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void
gate_main(struct holder *holder, const struct gate_order *order, int far, int status, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    gate_signals();
    if (holder->engine != NULL)
        shared_engine_close(holder->engine); /* who speaks with the network sees none of it */
    close_all_but(far, status);
    _exit(gate_run(order, far, status));
}

static void
terminate(struct gate_order *order)
{
    order->host[ADDRESS_HOST_MAX] = '\0';
    order->ca[SETTINGS_TEXT_MAX] = '\0';
    order->name[SETTINGS_TEXT_MAX] = '\0';
    order->certificate[SETTINGS_TEXT_MAX] = '\0';
    order->key[SETTINGS_TEXT_MAX] = '\0';
}

static bool
start_gate(struct holder *holder, struct gate_order *order, int far, int status)
{
    pid_t self = getpid();
    if (!gate_is_built()) {
        errno = ENOTSUP;
        return false;
    }
    terminate(order);
    fflush(NULL); /* or the child inherits, and might print, what waits in our buffers */
    pid_t pid = fork();
    if (pid == 0)
        gate_main(holder, order, far, status, self);
    if (pid < 0)
        return false;
    holder->gates[holder->gate_count++] = pid;
    return true;
}

/* ---- what is asked -------------------------------------------------------------------------- */

struct received {
    struct holder_ask ask;
    int descriptors[ASK_DESCRIPTORS_MAX];
    uint32_t count;
    bool cut; /* not all could be received */
};

static void
take_descriptors(struct received *received, struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(at) + i * sizeof descriptor, sizeof descriptor);
            if (received->count < ASK_DESCRIPTORS_MAX)
                received->descriptors[received->count++] = descriptor;
            else
                close(descriptor);
        }
    }
    received->cut = (message->msg_flags & MSG_CTRUNC) != 0;
}

/* False: there is nothing more. What is no message of ours has kind 0. */
static bool
receive(const struct holder *holder, struct received *received)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(ASK_DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec part = {&received->ask, sizeof received->ask};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    memset(received, 0, sizeof *received);
    ssize_t count =
        recvmsg(holder->sockets[HOLDER_SUPERVISOR], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0)
        return false;
    take_descriptors(received, &message);
    if ((size_t)count < offsetof(struct holder_ask, serial) ||
        (size_t)count != holder_ask_size(received->ask.kind, received->ask.count))
        received->ask.kind = 0;
    return true;
}

static bool
has_descriptors(const struct received *received, uint32_t count)
{
    if (received->count == count)
        return true;
    errno = received->cut ? EMFILE : EPROTO;
    return false;
}

/* A serial, or 0 and errno. What is held is no longer in `received`. */
static uint64_t
hold_received(struct holder *holder, struct received *received)
{
    bool gate = received->ask.kind == ASK_GATE;
    if (!has_descriptors(received, gate ? 3 : 1) || !has_room(holder))
        return 0;
    if (gate && !start_gate(holder, &received->ask.order, received->descriptors[1],
                            received->descriptors[2]))
        return 0;
    uint64_t serial = hold(holder, received->descriptors[0]);
    received->descriptors[0] = -1;
    return serial;
}

/* An answer that cannot be given is of somebody dead: then nobody knows what is held. */
static void
hold_and_answer(struct holder *holder, struct received *received)
{
    uint64_t serial = hold_received(holder, received);
    const struct holder_answer answer = {
        .ticket = received->ask.ticket, .serial = serial, .error = serial == 0 ? errno : 0};
    if (send(holder->sockets[HOLDER_SUPERVISOR], &answer, sizeof answer,
             MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof answer)
        forget(holder, serial);
}

static void
serve_one(struct holder *holder, struct received *received)
{
    switch (received->ask.kind) {
    case ASK_GIVE:
    case ASK_GATE:
        hold_and_answer(holder, received);
        break;
    case ASK_FORGET:
        forget(holder, received->ask.serial);
        break;
    case ASK_KEEP:
        keep_only(holder, received->ask.serials, received->ask.count);
        break;
    default:
        break; /* no message of ours */
    }
    for (uint32_t i = 0; i < received->count; i++)
        if (received->descriptors[i] >= 0)
            close(received->descriptors[i]);
}

void
holder_serve(struct holder *holder)
{
    struct received received;
    bury_gates(holder);
    for (int i = 0; i < SERVED_AT_ONCE && receive(holder, &received); i++)
        serve_one(holder, &received);
}
