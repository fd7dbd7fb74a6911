/*
 * engine/supervisor_live.c - a live run is told to stop, or to read its configuration again.
 */
#include "engine/supervisor_parts.h"

#include <time.h>

#include "base/log.h"
#include "ipc/engine_inspect.h"
#include "ipc/process_state.h"

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct supervisor_live *
live_of(const struct supervisor *supervisor)
{
    return supervisor->watch != NULL ? supervisor->watch->live : NULL;
}

/* How many front-ends live. */
static uint32_t
tell_frontends(const struct supervisor *supervisor, int number)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < supervisor->count; i++) {
        if (supervisor->table[i].role != ROLE_FRONTEND || supervisor->pids[i] == 0)
            continue;
        kill(supervisor->pids[i], number);
        told++;
    }
    return told;
}

static void
interrupt(struct supervisor *supervisor)
{
    supervisor->result = SUPERVISOR_INTERRUPTED;
    supervisor_hush(supervisor);
    log_say("interrupted");
}

static void
begin_stop(struct supervisor *supervisor)
{
    const struct supervisor_live *live = live_of(supervisor);
    supervisor->stop_ms = now_ms();
    supervisor_hush(supervisor);
    log_say("stopping");
    if (live->stopping != NULL)
        live->stopping(supervisor->watch->context);
    tell_frontends(supervisor, SIGTERM);
}

void
supervisor_take_signal(struct supervisor *supervisor, int number)
{
    const struct supervisor_live *live = live_of(supervisor);
    if (live == NULL || supervisor->stop_ms != 0) {
        interrupt(supervisor);
    } else if (number == SIGHUP) {
        if (live->reload == NULL || live->reload(supervisor->watch->context))
            tell_frontends(supervisor, SIGHUP);
    } else {
        begin_stop(supervisor);
    }
}

void
supervisor_drain(struct supervisor *supervisor)
{
    const struct supervisor_live *live = live_of(supervisor);
    /* Told again each time: one that was just being started may not have heard. */
    uint32_t frontends = tell_frontends(supervisor, SIGTERM);
    if (supervisor->engine->lasting && frontends == 0 && engine_is_drained(supervisor->engine)) {
        supervisor->result = SUPERVISOR_STOPPED;
        return;
    }
    if (now_ms() - supervisor->stop_ms <= live->drain_ms)
        return;
    log_say("what was on its way could not be waited for any longer");
    supervisor->result = supervisor->engine->lasting ? SUPERVISOR_STOPPED : SUPERVISOR_INTERRUPTED;
}
