/*
 * engine/supervisor_death.c - a process has ended: is it done, may it live again, what is said?
 */
#include "engine/supervisor_parts.h"

#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "engine/dead_letter.h"
#include "ipc/engine_inspect.h"
#include "ipc/process_state.h"

void
supervisor_hush(const struct supervisor *supervisor)
{
    if (supervisor->watch != NULL && supervisor->watch->hush != NULL)
        supervisor->watch->hush(supervisor->watch->context);
}

static uint64_t
now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Says how a child ended the run, and `why` it may not live again, or NULL. Nothing to say when the
 * reader of its results went away. */
static void
say_failure(const struct supervisor *supervisor, const struct role_entry *entry, int status,
            const char *why)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE && entry->role == ROLE_PUBLISHER)
        return;
    if (why == NULL && death_found_no_memory(status))
        why = "is /dev/shm full?";
    supervisor_hush(supervisor);
    log_say("%s %s%s%s", supervisor_role_name(name, supervisor, entry), death_words(words, status),
            why != NULL ? "; " : "", why != NULL ? why : "");
}

/* *why: what there is to say of it, or NULL. */
static bool
may_live_again(const struct supervisor *supervisor, const struct role_entry *entry, int status,
               const char **why)
{
    *why = NULL;
    return !death_is_final(status) && entry->may_restart != NULL &&
           entry->may_restart(supervisor->engine, entry->index, entry->options, why);
}

void
supervisor_say_unsaid(struct supervisor *supervisor)
{
    uint32_t unsaid = death_log_unsaid(&supervisor->log);
    if (unsaid > 0)
        log_say("%u more deaths and restarts", (unsigned)unsaid);
}

static void
say_restart(struct supervisor *supervisor, const struct role_entry *entry, int status,
            uint64_t since_us)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    uint64_t now = now_us();
    if (!death_log_may_say(&supervisor->log, now / 1000))
        return;
    supervisor_hush(supervisor);
    supervisor_say_unsaid(supervisor);
    uint64_t took = now - since_us;
    log_say("%s %s; restarted in %u.%u ms", supervisor_role_name(name, supervisor, entry),
            death_words(words, status), (unsigned)(took / 1000), (unsigned)(took % 1000 / 100));
}

/*
 * Did the input in hand end its process too often? A death by somebody's SIGKILL is no sign of
 * that, nor is want of memory; a worker without input cannot have died of any, and one that has
 * been passed over is not in hand.
 */
static bool
is_deadly_input(const struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    static struct event event; /* large */
    uint64_t position;
    uint32_t turn = engine_turn(supervisor->engine, entry->role, entry->index);
    return death_may_be_wild(status) && !death_found_no_memory(status) &&
           supervisor->crashes[at][turn] >= SUPERVISOR_DEATHS_HERE && entry->role == ROLE_WORKER &&
           engine_input_in_hand(supervisor->engine, turn, entry->index, &position, &event) &&
           !process_must_skip(supervisor_process(supervisor, entry), turn, position);
}

/* Nothing says that one life more would end better. */
static bool
is_hopeless(const struct supervisor *supervisor, uint32_t at)
{
    const struct role_entry *entry = &supervisor->table[at];
    uint32_t turn = engine_turn(supervisor->engine, entry->role, entry->index);
    return supervisor->crashes[at][turn] >= SUPERVISOR_CRASHES_MAX ||
           supervisor->deaths[at][turn] >= SUPERVISOR_DEATHS_MAX ||
           supervisor->buried[at] >= SUPERVISOR_BURIED_MAX;
}

/* Passes the input over that the worker dies of. False: it cannot be, and that was said. */
static bool
bury_input(struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    char words[DEATH_WORDS_SIZE];
    char why[SHARED_ENGINE_WHY];
    uint64_t position;
    uint32_t turn = engine_turn(supervisor->engine, entry->role, entry->index);
    const char *path = supervisor->watch != NULL ? supervisor->watch->dead_letters : NULL;
    death_words(words, status);
    supervisor_hush(supervisor);
    if (path == NULL)
        return false;
    if (!dead_letter_worker(path, supervisor->engine, entry->index, words, &position, why)) {
        log_say("worker %u %s %u times at the same input: %s", (unsigned)entry->index, words,
                (unsigned)supervisor->crashes[at][turn], why);
        return false;
    }
    if (death_log_may_say(&supervisor->log, now_us() / 1000))
        log_say("worker %u %s %u times at the same input; passed over and noted in %s",
                (unsigned)entry->index, words, (unsigned)supervisor->crashes[at][turn], path);
    process_skip_set(supervisor_process(supervisor, entry), turn, position);
    supervisor->buried[at]++;
    return true;
}

/* Is what the dead one left such that it can go on? Else it is said what is not. */
static bool
is_sound(struct supervisor *supervisor, const struct role_entry *entry, int status)
{
    char name[ROLE_NAME_SIZE];
    char words[DEATH_WORDS_SIZE];
    char why[SHARED_ENGINE_WHY];
    if (!death_may_be_wild(status) ||
        engine_verify(supervisor->engine, entry->role, entry->index, why))
        return true;
    supervisor_hush(supervisor);
    log_say("%s %s and left damage: %s", supervisor_role_name(name, supervisor, entry),
            death_words(words, status), why);
    supervisor->result = SUPERVISOR_DAMAGED;
    return false;
}

/* Notes the death, and whether the role has got on since the last one. After a fault a store may
 * have gone anywhere. */
static void
count_death(struct supervisor *supervisor, uint32_t at, int status)
{
    const struct role_entry *entry = &supervisor->table[at];
    struct shm_process *process = supervisor_process(supervisor, entry);
    uint64_t progress = engine_progress(supervisor->engine, entry->role, entry->index);
    uint32_t turn = engine_turn(supervisor->engine, entry->role, entry->index);
    uint32_t *deaths = &supervisor->deaths[at][turn];
    uint32_t *crashes = &supervisor->crashes[at][turn];
    bool same = supervisor->died_at[at][turn] == progress;
    *deaths = (same ? *deaths : 0) + 1;
    *crashes = (same ? *crashes : 0) + death_may_be_wild(status);
    process_deaths_here_set(process, *deaths);
    bool looked_at = !same && supervisor->died_at[at][turn] != 0;
    if (death_may_be_wild(status))
        process_doubt_set(process, true);
    else if (looked_at)
        process_doubt_set(process, false);
    supervisor->died_at[at][turn] = progress;
}

/* True when the role lives again. */
static bool
revive(struct supervisor *supervisor, uint32_t at, int status, uint64_t since_us)
{
    const struct role_entry *entry = &supervisor->table[at];
    struct shm_process *process = supervisor_process(supervisor, entry);
    const char *why;
    if (death_found_damage(status)) {
        supervisor->result = SUPERVISOR_DAMAGED;
        return false;
    }
    if (!may_live_again(supervisor, entry, status, &why)) {
        say_failure(supervisor, entry, status, why);
        return false;
    }
    count_death(supervisor, at, status);
    if (!is_sound(supervisor, entry, status))
        return false;
    if (is_hopeless(supervisor, at)) {
        say_failure(supervisor, entry, status,
                    death_found_no_memory(status) ? NULL : "it does not get on");
        return false;
    }
    if (is_deadly_input(supervisor, at, status) && !bury_input(supervisor, at, status))
        return false;
    if (!supervisor_start_one(supervisor, at))
        return false;
    process_restarts_add(process);
    say_restart(supervisor, entry, status, since_us);
    return true;
}

/* A front-end of a lasting engine that was told to stop: it has nothing more to do, and is not
 * done. */
static bool
has_stopped(const struct supervisor *supervisor, uint32_t at, int status)
{
    return supervisor->stop_ms != 0 && supervisor->engine->lasting &&
           supervisor->table[at].role == ROLE_FRONTEND && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

void
supervisor_judge_end(struct supervisor *supervisor, uint32_t at, int status)
{
    uint64_t since_us = now_us();
    struct shm_process *process = supervisor_process(supervisor, &supervisor->table[at]);
    supervisor->pids[at] = 0;
    supervisor->living--;
    process_pid_set(process, 0);
    if (supervisor->result != SUPERVISOR_DONE)
        return; /* the first failure is the one that matters; the others we killed */
    if (process_is_done(process) || has_stopped(supervisor, at, status) ||
        revive(supervisor, at, status, since_us))
        return;
    if (supervisor->result == SUPERVISOR_DONE)
        supervisor->result = SUPERVISOR_FAILED;
}
