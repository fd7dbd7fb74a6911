#include "tools/bench/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATH_SIZE = 192,
    CONNECTED_WITHIN_MS = 10000,
};

static int
listen_here(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        close(listener);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return listener;
}

static bool
write_configuration(const char *path, const char *folder, uint16_t port, bool has_outcomes)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    fprintf(file,
            "[engine]\nname = bench-live-%ld\nworkers = 1\nfront-ends = 1\ndrain = 100ms\n"
            "[control]\nsocket = %s/live.control\n%s"
            "[link bench]\naddresses = 127.0.0.1:%u\nsession = none\n",
            (long)getpid(), folder, has_outcomes ? "" : "[sink jsonl]\nfile = /dev/null\n", port);
    return fclose(file) == 0;
}

static int
accept_link(int listener)
{
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    int one = 1;
    errno = 0;
    if (poll(&waiting, 1, CONNECTED_WITHIN_MS) != 1)
        return -1;
    int connection = accept(listener, NULL, NULL);
    if (connection < 0)
        return -1;
    /* Small messages go at once: nothing of ours waits for an acknowledgement. */
    if (setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
        fcntl(connection, F_SETFL, O_NONBLOCK) == 0 && fcntl(connection, F_SETFD, FD_CLOEXEC) == 0)
        return connection;
    close(connection);
    return -1;
}

bool
live_start(struct child *child, const char *folder, bool has_outcomes)
{
    char path[PATH_SIZE];
    uint16_t port;
    const char *const arguments[] = {"run", "-c", path, NULL};
    int listener = listen_here(&port);
    snprintf(path, sizeof path, "%s/live.ini", folder);
    bool is_started = listener >= 0 && write_configuration(path, folder, port, has_outcomes) &&
                      child_start(child, arguments, true);
    if (is_started) {
        int connection = accept_link(listener);
        int kept = errno;
        close(child->input);
        child->input = connection;
        if (connection < 0)
            child_kill(child);
        errno = kept;
        is_started = connection >= 0;
    }
    if (listener >= 0)
        close(listener);
    return is_started;
}

void
live_clear(const char *folder)
{
    static const char *const names[] = {"live.ini", "live.control"};
    char path[PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
}
