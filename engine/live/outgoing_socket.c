#include "engine/live/outgoing_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

int
outgoing_socket(const struct socket_address *address)
{
    int one = 1;
    int made = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made >= 0) {
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    }
    return made;
}

bool
outgoing_is_to_itself(int socket)
{
    struct sockaddr_storage ours = {0};
    struct sockaddr_storage theirs = {0};
    socklen_t ours_length = sizeof ours;
    socklen_t theirs_length = sizeof theirs;
    return getsockname(socket, (void *)&ours, &ours_length) == 0 &&
           getpeername(socket, (void *)&theirs, &theirs_length) == 0 &&
           ours_length == theirs_length && memcmp(&ours, &theirs, ours_length) == 0;
}
