#include "engine/live/loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STRANGERS_MAX = 16, /* connections of others to the port that are turned away */
    PATIENCE_MS = 100,  /* for what the kernel does at once */
};

struct endpoint {
    struct sockaddr_storage at;
    socklen_t length;
};

static void
close_quietly(int descriptor)
{
    int reason = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = reason;
}

static struct endpoint
loopback(sa_family_t family)
{
    struct endpoint endpoint = {.at.ss_family = family};
    if (family == AF_INET) {
        ((struct sockaddr_in *)&endpoint.at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        endpoint.length = sizeof(struct sockaddr_in);
    } else {
        ((struct sockaddr_in6 *)&endpoint.at)->sin6_addr = in6addr_loopback;
        endpoint.length = sizeof(struct sockaddr_in6);
    }
    return endpoint;
}

/* Listens at a free port; *endpoint is where. */
static int
listen_somewhere(struct endpoint *endpoint)
{
    int listener = socket(endpoint->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    if (bind(listener, (const void *)&endpoint->at, endpoint->length) == 0 &&
        listen(listener, STRANGERS_MAX) == 0 &&
        getsockname(listener, (void *)&endpoint->at, &endpoint->length) == 0)
        return listener;
    close_quietly(listener);
    return -1;
}

static bool
await(int descriptor, short events)
{
    struct pollfd wait = {.fd = descriptor, .events = events};
    if (poll(&wait, 1, PATIENCE_MS) == 1)
        return true;
    errno = ETIMEDOUT;
    return false;
}

static int
call(const struct endpoint *endpoint)
{
    int made = socket(endpoint->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        return -1;
    if (connect(made, (const void *)&endpoint->at, endpoint->length) == 0 ||
        (errno == EINPROGRESS && await(made, POLLOUT)))
        return made;
    close_quietly(made);
    return -1;
}

static bool
is_end_of(int accepted, int caller)
{
    struct endpoint theirs = {.length = sizeof theirs.at};
    struct endpoint ours = {.length = sizeof ours.at};
    return getpeername(accepted, (void *)&theirs.at, &theirs.length) == 0 &&
           getsockname(caller, (void *)&ours.at, &ours.length) == 0 &&
           theirs.length == ours.length && memcmp(&theirs.at, &ours.at, ours.length) == 0;
}

static int
answer(int listener, int caller)
{
    for (int i = 0; i < STRANGERS_MAX && await(listener, POLLIN); i++) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0 && is_end_of(accepted, caller))
            return accepted;
        close_quietly(accepted);
    }
    return -1;
}

static bool
make_pair(sa_family_t family, int pair[2])
{
    struct endpoint endpoint = loopback(family);
    int one = 1;
    int listener = listen_somewhere(&endpoint);
    if (listener < 0)
        return false;
    int caller = call(&endpoint);
    int accepted = caller >= 0 ? answer(listener, caller) : -1;
    close_quietly(listener);
    if (accepted < 0) {
        close_quietly(caller);
        return false;
    }
    setsockopt(caller, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pair[0] = caller;
    pair[1] = accepted;
    return true;
}

bool
loopback_pair(int pair[2])
{
    return make_pair(AF_INET, pair) || make_pair(AF_INET6, pair);
}
