#ifndef ENGINE_SERVICE_NOTIFY_H
#define ENGINE_SERVICE_NOTIFY_H

/*
 * engine/service_notify.h - tells systemd how the service is (sd_notify(3)): ready, reloading,
 * stopping, a line of status, and that it is alive.
 *
 *   service_notify_open -> _ready -> _tick ... [_reloading -> _tick ...] -> _stopping -> _close
 *
 * The watchdog is fed only while every role moves: each has committed something, or looked for
 * news and found none, within half the watchdog's time. So a hung process ends the service, which
 * systemd then starts again. A role that is being started again after its death moves.
 *
 * Without $NOTIFY_SOCKET nothing here does anything. No function waits; what systemd does not take
 * at once is lost, and the next tick says it again. Caller: the supervisor.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "ipc/shared_engine.h"

enum {
    SERVICE_ROLES = FRONTENDS_MAX + 1 + WORKERS_MAX,
    SERVICE_STATUS_MS = 5000, /* between two lines of status */
    SERVICE_RELOAD_MS = 1000, /* after that a reload is over: front-ends read the file themselves */
};

/* When a role was last seen to move. */
struct service_role {
    uint64_t moves; /* its beats and commits, mixed; 0: not looked at yet */
    uint64_t moved_ms;
    bool stuck; /* and said so */
};

struct service_notify {
    int descriptor; /* -1: nobody to tell */
    struct sockaddr_un address;
    socklen_t address_length;
    uint64_t watchdog_ms; /* 0: none */
    uint64_t fed_ms;
    uint64_t status_ms;
    uint64_t reload_ms; /* when it began; 0: none goes on */
    struct service_role roles[SERVICE_ROLES];
};

/*
 * service_notify_open - $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID; they are taken out of the
 * environment, so that no child has them. Before any role is forked.
 */
void service_notify_open(struct service_notify *notify);
void service_notify_close(struct service_notify *notify);

/* service_notify_ready - all roles run. */
void service_notify_ready(struct service_notify *notify);

/* service_notify_reloading - the configuration is read again; _tick says when that is over. */
void service_notify_reloading(struct service_notify *notify, uint64_t now_ms);

/* service_notify_stopping - from now on the watchdog is fed no more than before. */
void service_notify_stopping(struct service_notify *notify);

/* service_notify_tick - several times a second; `now_ms`: CLOCK_MONOTONIC. */
void service_notify_tick(struct service_notify *notify, const struct shared_engine *engine,
                         uint64_t now_ms);

#endif
