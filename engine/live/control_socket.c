#include "engine/live/control_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"

enum {
    BACKLOG = 64,
    GROUPS_MAX = 4096, /* of one peer */
};

static const char run_directory[] = "/run/onhook";

/* Where sockets may be, in order; NULL where the environment does not say. */
enum place {
    PLACE_SERVICE,
    PLACE_RUN,
    PLACE_USER,
    PLACE_COUNT,
};

/* The first directory of a list with colons between; false if there is none or it is too long. */
static bool
place_directory(enum place place, char directory[CONTROL_PATH_SIZE])
{
    const char *said = run_directory;
    const char *below = "";
    if (place == PLACE_SERVICE)
        said = getenv("RUNTIME_DIRECTORY");
    if (place == PLACE_USER) {
        said = getenv("XDG_RUNTIME_DIR");
        below = "/onhook";
    }
    if (said == NULL || said[0] != '/')
        return false;
    int length =
        snprintf(directory, CONTROL_PATH_SIZE, "%.*s%s", (int)strcspn(said, ":"), said, below);
    return length < CONTROL_PATH_SIZE;
}

static bool
path_of(const struct settings *settings, const char *directory, uint32_t front_end,
        char path[CONTROL_PATH_SIZE])
{
    char number[16] = "";
    if (front_end > 0)
        snprintf(number, sizeof number, "-%u", front_end);
    int length;
    if (settings->control_socket[0] != '\0')
        length = snprintf(path, CONTROL_PATH_SIZE, "%s%s", settings->control_socket, number);
    else
        length =
            snprintf(path, CONTROL_PATH_SIZE, "%s/%s.control%s", directory, settings->name, number);
    return length < CONTROL_PATH_SIZE;
}

/* The directory the engine puts its sockets into; made where that is ours to do. */
static bool
own_directory(char directory[CONTROL_PATH_SIZE])
{
    if (place_directory(PLACE_SERVICE, directory))
        return true;
    bool known = place_directory(PLACE_RUN, directory);
    CHECK(known);
    if (geteuid() == 0 && mkdir(directory, 0755) != 0 && errno != EEXIST)
        return false;
    if (access(directory, W_OK | X_OK) == 0 || geteuid() == 0)
        return true;
    char user[CONTROL_PATH_SIZE];
    if (!place_directory(PLACE_USER, user))
        return true; /* what is wrong with the other is said when it is used */
    memcpy(directory, user, sizeof user);
    return mkdir(directory, 0700) == 0 || errno == EEXIST;
}

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static_assert(sizeof address.sun_path == CONTROL_PATH_SIZE, "a path fits an address");
    memcpy(address.sun_path, path, strlen(path) + 1);
    return address;
}

/* A full queue of whoever listens there is waited for no longer than that: ETIMEDOUT. */
static int
connect_to(const char *path, uint32_t patience_ms)
{
    struct sockaddr_un address = address_of(path);
    uint32_t wait_ms = patience_ms > 0 ? patience_ms : 1; /* 0 would be for ever */
    struct timeval patience = {.tv_sec = (time_t)(wait_ms / 1000),
                               .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    /* connect(2) of a Unix socket waits as long as sending may. */
    if (setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(descriptor, (const void *)&address, sizeof address) == 0)
        return descriptor;
    int error = errno;
    close(descriptor);
    errno = error == EAGAIN ? ETIMEDOUT : error;
    return -1;
}

/* Takes away the socket of an engine that is gone. False: errno; EADDRINUSE when it is not. */
static bool
clear_path(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int descriptor = connect_to(path, 0);
    if (descriptor >= 0)
        close(descriptor);
    if (descriptor >= 0 || errno != ECONNREFUSED) {
        errno = descriptor >= 0 || errno == ETIMEDOUT ? EADDRINUSE : errno;
        return false;
    }
    return unlink(path) == 0;
}

bool
control_group(const struct settings *settings, gid_t *group)
{
    if (settings->control_group[0] == '\0')
        return false;
    const struct group *found = getgrnam(settings->control_group);
    if (found == NULL)
        return false;
    *group = found->gr_gid;
    return true;
}

/* Nobody gets at it before it has its group and mode. */
static bool
bind_to(int descriptor, const char *path, const gid_t *group)
{
    struct sockaddr_un address = address_of(path);
    mode_t before = umask(0177);
    bool bound = bind(descriptor, (const void *)&address, sizeof address) == 0;
    umask(before);
    if (!bound)
        return false;
    struct stat status;
    bool ours = group == NULL || (stat(path, &status) == 0 && status.st_gid == *group);
    return (ours || chown(path, (uid_t)-1, *group) == 0) && chmod(path, 0660) == 0 &&
           listen(descriptor, BACKLOG) == 0;
}

int
control_listen(const struct settings *settings, uint32_t front_end, char path[CONTROL_PATH_SIZE],
               char why[CONTROL_WHY])
{
    char directory[CONTROL_PATH_SIZE] = "";
    gid_t group = 0;
    bool has_group = control_group(settings, &group);
    if (settings->control_group[0] != '\0' && !has_group) {
        snprintf(why, CONTROL_WHY, "[control] group = %s: there is no such group",
                 settings->control_group);
        return -1;
    }
    if (settings->control_socket[0] == '\0' && !own_directory(directory)) {
        snprintf(why, CONTROL_WHY, "%s: %s", directory, strerror(errno));
        return -1;
    }
    if (!path_of(settings, directory, front_end, path)) {
        snprintf(why, CONTROL_WHY, "%s: a socket's path has at most %d bytes", path,
                 CONTROL_PATH_SIZE - 1);
        return -1;
    }
    int descriptor = -1;
    if (clear_path(path))
        descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 && bind_to(descriptor, path, has_group ? &group : NULL))
        return descriptor;
    snprintf(why, CONTROL_WHY, "%s: %s", path,
             errno == EADDRINUSE ? "another engine listens there" : strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

void
control_forget(const struct settings *settings, uint32_t front_end)
{
    char directory[CONTROL_PATH_SIZE] = "";
    char path[CONTROL_PATH_SIZE];
    bool known = settings->control_socket[0] != '\0' || own_directory(directory);
    if (known && path_of(settings, directory, front_end, path))
        clear_path(path);
}

void
control_unlisten(int descriptor, const char *path)
{
    unlink(path);
    close(descriptor);
}

int
control_connect(const struct settings *settings, uint32_t front_end, uint32_t patience_ms,
                char path[CONTROL_PATH_SIZE])
{
    struct stat status;
    char directory[CONTROL_PATH_SIZE] = "";
    static const enum place places[] = {PLACE_SERVICE, PLACE_USER, PLACE_RUN};
    for (unsigned i = 0; i < PLACE_COUNT && settings->control_socket[0] == '\0'; i++) {
        if (!place_directory(places[i], directory))
            continue;
        if (path_of(settings, directory, front_end, path) && lstat(path, &status) == 0)
            break;
    }
    if (path_of(settings, directory, front_end, path))
        return connect_to(path, patience_ms);
    errno = ENAMETOOLONG;
    return -1;
}

/* Is the peer of one of its further groups that one? */
static bool
peer_has_group(int descriptor, gid_t group)
{
    gid_t *groups = malloc(GROUPS_MAX * sizeof *groups);
    socklen_t bytes = GROUPS_MAX * sizeof *groups;
    bool has = false;
    if (groups != NULL && getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) == 0)
        for (size_t i = 0; i < bytes / sizeof *groups && !has; i++)
            has = groups[i] == group;
    free(groups);
    return has;
}

bool
control_may_ask(int descriptor, const gid_t *group, uid_t *user)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    *user = peer.uid;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    return group != NULL && (peer.gid == *group || peer_has_group(descriptor, *group));
}
