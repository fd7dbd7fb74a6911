#include "engine/service_notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/counters.h"
#include "ipc/engine_inspect.h"
#include "ipc/process_state.h"

enum {
    MESSAGE_SIZE = 256,
};

/* An absolute path, or @ and a name of the abstract kind. */
static bool
read_address(struct service_notify *notify, const char *said)
{
    size_t length = said == NULL ? 0 : strlen(said);
    if (length < 2 || length >= sizeof notify->address.sun_path ||
        (said[0] != '/' && said[0] != '@'))
        return false;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, said, length);
    if (said[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

/* Milliseconds; 0 when there is no watchdog, or it is for another process. */
static uint64_t
read_watchdog(void)
{
    const char *time_us = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (time_us == NULL || (pid != NULL && strtoul(pid, NULL, 10) != (unsigned long)getpid()))
        return 0;
    return strtoull(time_us, NULL, 10) / 1000;
}

void
service_notify_open(struct service_notify *notify)
{
    *notify = (struct service_notify){.descriptor = -1};
    if (read_address(notify, getenv("NOTIFY_SOCKET"))) {
        notify->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        notify->watchdog_ms = read_watchdog();
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void
service_notify_close(struct service_notify *notify)
{
    if (notify->descriptor >= 0)
        close(notify->descriptor);
    notify->descriptor = -1;
}

__attribute__((format(printf, 2, 3))) static void
tell(const struct service_notify *notify, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    if (notify->descriptor < 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length <= 0 || length >= (int)sizeof message)
        return;
    while (sendto(notify->descriptor, message, (size_t)length, MSG_NOSIGNAL,
                  (const void *)&notify->address, notify->address_length) < 0 &&
           errno == EINTR)
        ;
}

void
service_notify_ready(struct service_notify *notify)
{
    tell(notify, "READY=1");
}

/* Type=notify-reload wants the time as well, on the same clock. */
void
service_notify_reloading(struct service_notify *notify, uint64_t now_ms)
{
    tell(notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_ms * 1000);
    notify->reload_ms = now_ms;
}

void
service_notify_stopping(struct service_notify *notify)
{
    tell(notify, "STOPPING=1");
    notify->reload_ms = 0;
}

/* ---- do all roles move? ---------------------------------------------------------------------- */

static struct shm_process *
process_of(const struct shared_engine *engine, enum role role, uint32_t index)
{
    if (role == ROLE_FRONTEND)
        return &engine->frontends[index];
    return role == ROLE_WORKER ? &engine->workers[index] : engine->publisher;
}

/* Has the role moved within half the watchdog's time? Who has not is named, once. */
static bool
role_moves(struct service_notify *notify, struct service_role *seen,
           const struct shared_engine *engine, enum role role, uint32_t index, uint64_t now_ms)
{
    static const char *const names[] = {
        [ROLE_FRONTEND] = "front-end", [ROLE_WORKER] = "worker", [ROLE_PUBLISHER] = "publisher"};
    const struct shm_process *process = process_of(engine, role, index);
    uint64_t moves =
        1 + engine_commits(engine, role, index) + ((uint64_t)process_beats(process) << 32);
    bool runs = process_pid(process) != 0 && !process_is_done(process);
    if (moves != seen->moves || !runs) {
        *seen = (struct service_role){.moves = moves, .moved_ms = now_ms};
        return true;
    }
    if (now_ms - seen->moved_ms < notify->watchdog_ms / 2)
        return true;
    if (!seen->stuck)
        log_warn("%s %u has not moved for %" PRIu64 " ms: the watchdog is not fed", names[role],
                 index, now_ms - seen->moved_ms);
    seen->stuck = true;
    return false;
}

static bool
all_move(struct service_notify *notify, const struct shared_engine *engine, uint64_t now_ms)
{
    struct service_role *seen = notify->roles;
    bool all = role_moves(notify, seen++, engine, ROLE_PUBLISHER, 0, now_ms);
    for (uint32_t i = 0; i < engine->shape.frontends; i++)
        all = role_moves(notify, seen++, engine, ROLE_FRONTEND, i, now_ms) && all;
    for (uint32_t i = 0; i < engine->shape.workers; i++)
        all = role_moves(notify, seen++, engine, ROLE_WORKER, i, now_ms) && all;
    return all;
}

static void
tell_status(struct service_notify *notify, const struct shared_engine *engine)
{
    uint64_t messages = 0;
    uint64_t calls = 0;
    uint32_t restarts = process_restarts(engine->publisher);
    for (uint32_t i = 0; i < engine->shape.frontends; i++) {
        messages += counter_read(&engine->frontends[i].counters, COUNTER_MESSAGES);
        restarts += process_restarts(&engine->frontends[i]);
    }
    for (uint32_t i = 0; i < engine->shape.workers; i++) {
        calls += counter_read(&engine->workers[i].counters, COUNTER_CALLS_CLOSED);
        restarts += process_restarts(&engine->workers[i]);
    }
    tell(notify, "STATUS=%" PRIu64 " messages, %" PRIu64 " calls ended, %u processes restarted",
         messages, calls, restarts);
}

void
service_notify_tick(struct service_notify *notify, const struct shared_engine *engine,
                    uint64_t now_ms)
{
    if (notify->descriptor < 0)
        return;
    if (notify->reload_ms != 0 && now_ms - notify->reload_ms >= SERVICE_RELOAD_MS) {
        notify->reload_ms = 0;
        tell(notify, "READY=1");
    }
    if (notify->status_ms == 0 || now_ms - notify->status_ms >= SERVICE_STATUS_MS) {
        notify->status_ms = now_ms;
        tell_status(notify, engine);
    }
    if (notify->watchdog_ms == 0 || !all_move(notify, engine, now_ms) ||
        now_ms - notify->fed_ms < notify->watchdog_ms / 4)
        return;
    notify->fed_ms = now_ms;
    tell(notify, "WATCHDOG=1");
}
