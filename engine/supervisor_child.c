/*
 * engine/supervisor_child.c - a role becomes a process.
 */
#include "engine/supervisor_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/slice.h"
#include "ipc/engine_inspect.h"
#include "ipc/process_state.h"

struct shm_process *
supervisor_process(const struct supervisor *supervisor, const struct role_entry *entry)
{
    const struct shared_engine *engine = supervisor->engine;
    if (entry->role == ROLE_WORKER)
        return &engine->workers[entry->index];
    return entry->role == ROLE_PUBLISHER ? engine->publisher : &engine->frontends[entry->index];
}

const char *
supervisor_role_name(char name[ROLE_NAME_SIZE], const struct supervisor *supervisor,
                     const struct role_entry *entry)
{
    bool is_alone = supervisor->engine->shape.frontends == 1;
    if (entry->role == ROLE_WORKER)
        snprintf(name, ROLE_NAME_SIZE, "worker %u", (unsigned)entry->index);
    else if (entry->role == ROLE_PUBLISHER)
        snprintf(name, ROLE_NAME_SIZE, "publisher");
    else if (is_alone)
        snprintf(name, ROLE_NAME_SIZE, "front-end");
    else
        snprintf(name, ROLE_NAME_SIZE, "front-end %u", (unsigned)entry->index);
    return name;
}

_Noreturn static void
child_main(struct supervisor *supervisor, const struct role_entry *entry, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the supervisor died before it could be watched */
    close(supervisor->signals);
    bool is_live = supervisor->watch != NULL && supervisor->watch->live != NULL;
    supervisor_child_signals(is_live && entry->role == ROLE_FRONTEND);
    /* Whoever stops a live run may tell the whole group: when who ends is not for him to say. */
    if (is_live)
        signal(SIGTERM, SIG_IGN);
    /* People wait for live answers; whoever replays wants all of them soon. */
    if (is_live)
        slice_ask(SLICE_SHORT_NS);
    shared_engine_become(supervisor->engine, entry->role, entry->index);
    _exit(entry->run(supervisor->engine, entry->index, entry->options));
}

/* False: it could not be started, and that was said. */
bool
supervisor_start_one(struct supervisor *supervisor, uint32_t at)
{
    const struct role_entry *entry = &supervisor->table[at];
    pid_t self = getpid();
    fflush(NULL); /* or the child inherits, and might print, what waits in our buffers */
    pid_t pid = fork();
    if (pid == 0)
        child_main(supervisor, entry, self);
    if (pid < 0) {
        char name[ROLE_NAME_SIZE];
        log_say("%s could not be started: %s", supervisor_role_name(name, supervisor, entry),
                strerror(errno));
        return false;
    }
    supervisor->pids[at] = pid;
    supervisor->living++;
    process_pid_set(supervisor_process(supervisor, entry), (uint32_t)pid);
    return true;
}

/* Whoever has committed something, before a take-over, must be able to go on there. */
static bool
may_begin(const struct supervisor *supervisor, const struct role_entry *entry)
{
    char name[ROLE_NAME_SIZE];
    const char *why = NULL;
    if (engine_commits(supervisor->engine, entry->role, entry->index) == 0 ||
        (entry->may_restart != NULL &&
         entry->may_restart(supervisor->engine, entry->index, entry->options, &why)))
        return true;
    log_say("%s cannot go on%s%s", supervisor_role_name(name, supervisor, entry),
            why != NULL ? ": " : "", why != NULL ? why : "");
    return false;
}

/* Everybody whose work is not done: after a take-over some may have finished theirs, and nobody
 * knows what befell the memory meanwhile. */
void
supervisor_start(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->count; i++) {
        if (process_is_done(supervisor_process(supervisor, &supervisor->table[i])))
            continue;
        process_doubt_set(supervisor_process(supervisor, &supervisor->table[i]), true);
        if (!may_begin(supervisor, &supervisor->table[i]) || !supervisor_start_one(supervisor, i)) {
            supervisor->result = SUPERVISOR_FAILED;
            return;
        }
    }
}
