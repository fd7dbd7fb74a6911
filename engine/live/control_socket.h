#ifndef ENGINE_LIVE_CONTROL_SOCKET_H
#define ENGINE_LIVE_CONTROL_SOCKET_H

/*
 * engine/live/control_socket.h - where control sockets are, who makes them, who may use them.
 *
 * Each front-end has one: PATH, PATH-1, PATH-2, ... The path is [control] socket, else NAME.control
 *
 *   of an engine   in $RUNTIME_DIRECTORY, as systemd says it; else in /run/onhook; else, where that
 *                  cannot be written to and we are not root, in $XDG_RUNTIME_DIR/onhook
 *   of a client    in the first of the three where it is there
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/settings.h"

enum {
    CONTROL_PATH_SIZE = 108, /* of a socket's path, with its end */
    CONTROL_WHY = 320,
};

/*
 * control_listen - makes the socket of that front-end: 0660, the group of [control]
 *
 * Caller: the supervisor, before the front-end is forked. A socket nobody listens on any more is
 * taken away first. Returns the listening descriptor and its path, for control_unlisten(); or -1,
 * and *why says it.
 */
int control_listen(const struct settings *settings, uint32_t front_end,
                   char path[CONTROL_PATH_SIZE], char why[CONTROL_WHY]);

/*
 * control_forget - there is no such front-end: the socket that an earlier start with more of them
 * left is taken away
 *
 * Caller: the supervisor. One that somebody listens on, or that cannot be taken away, stays;
 * clients pass over it.
 */
void control_forget(const struct settings *settings, uint32_t front_end);

/* control_unlisten - at the end; the supervisor's. */
void control_unlisten(int descriptor, const char *path);

/*
 * control_connect - a client's connection to the socket of that front-end
 *
 * -1: errno; with ENOENT or ECONNREFUSED there is no such front-end, with ETIMEDOUT so many wait to
 * be accepted that there was no room for one more within patience_ms (0: at once). `path` is what
 * was tried.
 */
int control_connect(const struct settings *settings, uint32_t front_end, uint32_t patience_ms,
                    char path[CONTROL_PATH_SIZE]);

/* control_group - the group of [control]; false: none of that name is there, or none is said. */
bool control_group(const struct settings *settings, gid_t *group);

/*
 * control_may_ask - is the peer of a connection root, our own user, or of the group?
 *
 * *user: who it is.
 */
bool control_may_ask(int descriptor, const gid_t *group, uid_t *user);

#endif
