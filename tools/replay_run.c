/*
 * tools/replay_run.c - the run of `onhook replay`: the roles, their supervisor, the summary.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/front.h"
#include "engine/supervisor.h"
#include "ipc/call_record.h"
#include "ipc/engine_inspect.h"
#include "ipc/front_state.h"
#include "ipc/segment.h"
#include "tools/command.h"
#include "tools/leftover.h"
#include "tools/progress.h"
#include "tools/replay.h"
#include "tools/summary.h"
#include "workers/worker.h"

#define NS_PER_MS UINT64_C(1000000)

static int
run_frontend(struct shared_engine *engine, uint32_t index, const void *options)
{
    const struct replay *replay = options;
    struct settings settings = replay->settings; /* our copy: this process adds links to it */
    return frontend_run(engine, index, &settings, &replay->shares[index]);
}

static int
run_worker(struct shared_engine *engine, uint32_t index, const void *options)
{
    const struct replay *replay = options;
    return worker_run(engine, index,
                      &(struct worker_options){.max_calls = replay->settings.max_calls});
}

static int
run_publisher(struct shared_engine *engine, uint32_t index, const void *options)
{
    (void)index;
    const struct replay *replay = options;
    return publisher_run(engine, &replay->publisher);
}

static bool
frontend_may_restart(const struct shared_engine *engine, uint32_t index, const void *options,
                     const char **why)
{
    const struct replay *replay = options;
    return frontend_can_restart(engine, index, &replay->shares[index], why);
}

static bool
worker_may_restart(const struct shared_engine *engine, uint32_t index, const void *options,
                   const char **why)
{
    (void)index;
    (void)engine;
    (void)options;
    (void)why;
    return true;
}

static bool
publisher_may_restart(const struct shared_engine *engine, uint32_t index, const void *options,
                      const char **why)
{
    (void)index;
    (void)engine;
    const struct replay *replay = options;
    if (publisher_can_restart(&replay->publisher))
        return true;
    *why = "what it wrote is no regular file, so it cannot go on there";
    return false;
}

/* The table of roles; front-ends last, when there is somebody to take what they read. */
static uint32_t
fill_roles(const struct replay *replay, struct role_entry table[SUPERVISOR_ROLES_MAX])
{
    uint32_t count = 0;
    table[count++] =
        (struct role_entry){ROLE_PUBLISHER, 0, run_publisher, replay, publisher_may_restart};
    for (uint32_t i = 0; i < replay->settings.workers; i++)
        table[count++] =
            (struct role_entry){ROLE_WORKER, i, run_worker, replay, worker_may_restart};
    for (uint32_t i = 0; i < replay->frontends; i++)
        table[count++] =
            (struct role_entry){ROLE_FRONTEND, i, run_frontend, replay, frontend_may_restart};
    return count;
}

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct engine_shape
shape_of(const struct replay *replay)
{
    const struct settings *settings = &replay->settings;
    return (struct engine_shape){
        .workers = settings->workers,
        .frontends = (uint32_t)replay->frontends,
        .ring_slots = settings->ring_slots,
        .result_slots = settings->result_slots,
        .outbox_slots = settings->outbox_slots,
        .history_slots = settings->history_slots,
        .calls_bytes =
            call_table_bytes(call_share(settings->max_calls, (uint32_t)replay->frontends)),
        .frontend_bytes = front_state_bytes(),
        .run = replay->engine_name != NULL ? replay_digest(replay) : 0,
    };
}

/* A run that nobody began. */
static bool
make_engine(const struct replay *replay, const char *name, const struct engine_shape *shape,
            struct shared_engine *engine)
{
    char why[SHARED_ENGINE_WHY];
    if (!shared_engine_create(engine, name, shape, why)) {
        log_say("cannot make the shared memory: %s", why);
        return false;
    }
    if (replay_empty_output(replay) == EXIT_DONE)
        return true;
    shared_engine_destroy(engine);
    return false;
}

/* Was it stopped before anything was written? Then what the output holds is not its own yet. */
static bool
go_on(const struct replay *replay, struct shared_engine *engine)
{
    log_say("going on where %s was stopped", replay->engine_name);
    if (engine_commits(engine, ROLE_PUBLISHER, 0) > 0 || replay_empty_output(replay) == EXIT_DONE)
        return true;
    shared_engine_close(engine);
    return false;
}

/* One that was begun before, if it can be gone on with; else a new one. */
static bool
find_engine(const struct replay *replay, struct shared_engine *engine)
{
    char why[SHARED_ENGINE_WHY];
    char own_name[32];
    const struct engine_shape shape = shape_of(replay);
    if (replay->engine_name == NULL) {
        snprintf(own_name, sizeof own_name, "replay-%d", (int)getpid());
        return make_engine(replay, own_name, &shape, engine);
    }
    enum engine_found found = ENGINE_NONE;
    if (replay->fresh)
        shared_engine_await(replay->engine_name);
    else
        found = shared_engine_take_over(engine, replay->engine_name, &shape, why);
    if (found == ENGINE_NONE)
        return make_engine(replay, replay->engine_name, &shape, engine);
    if (found == ENGINE_TAKEN_OVER)
        return go_on(replay, engine);
    log_say("cannot go on with %s: %s; --fresh removes what is left of it, if it is not running, "
            "and begins again",
            replay->engine_name, why);
    return false;
}

static int
tell_summary(const struct replay *replay, const struct shared_engine *engine, uint64_t elapsed_ms)
{
    struct summary summary;
    summary_take(&summary, engine, elapsed_ms);
    if (replay->json)
        summary_print_json(&summary, stderr);
    else if (!replay->quiet)
        summary_print(&summary, stderr);
    return summary_has_losses(&summary) ? EXIT_UNREADABLE : EXIT_DONE;
}

/* Its names stay for whoever goes on with it, unless nobody can, or need not. */
static void
leave_engine(struct shared_engine *engine, enum supervisor_result result)
{
    if (result == SUPERVISOR_DONE || !engine->lasting) {
        shared_engine_destroy(engine);
        return;
    }
    log_say("the same command goes on from here; --fresh begins again");
    shared_engine_close(engine);
}

/* A link that two front-ends read of is two links to the workers. */
static bool
links_are_apart(const struct shared_engine *engine)
{
    char name[EVENT_TEXT_LENGTH + 1];
    if (!front_have_link_in_common(engine, name))
        return true;
    log_say("link %s is in the files of two front-ends: its results are wrong; "
            "see --front-ends in `onhook replay --help`",
            name);
    return false;
}

static enum supervisor_result
run_once(const struct replay *replay, struct shared_engine *engine)
{
    struct role_entry table[SUPERVISOR_ROLES_MAX];
    struct progress progress;
    char dead_letters[sizeof engine->name + sizeof ".deadletter"];
    snprintf(dead_letters, sizeof dead_letters, "%s.deadletter", engine->name);
    progress_begin(&progress, engine, replay->total_bytes, replay->publisher.descriptor);
    const struct supervisor_watch watch = {.tick = progress_tick,
                                           .hush = progress_hush,
                                           .context = &progress,
                                           .dead_letters = dead_letters};
    uint32_t count = fill_roles(replay, table);
    return supervisor_run(engine, table, count, &watch);
}

/* Can all that was read be read again, and all that was written be written again? */
static bool
can_begin_again(const struct replay *replay, const struct shared_engine *engine)
{
    const char *why;
    for (uint32_t i = 0; i < replay->input.file_count; i++)
        if (strcmp(replay->input.files[i], "-") == 0)
            return false;
    for (uint32_t i = 0; i < replay->frontends; i++)
        if (!frontend_can_restart(engine, i, &replay->shares[i], &why))
            return false;
    return publisher_can_rewrite(engine, &replay->publisher);
}

/* Memory that was written over is nobody's to go on with; the inputs are still what they were. */
static bool
begin_again(struct replay *replay, struct shared_engine *engine)
{
    char name[sizeof engine->name];
    char why[SHARED_ENGINE_WHY];
    const struct engine_shape shape = shape_of(replay);
    if (!can_begin_again(replay, engine))
        return false;
    log_say("beginning again from the first input; rows that are written already are not doubled");
    snprintf(name, sizeof name, "%s", engine->name);
    shared_engine_destroy(engine);
    replay->publisher.rewrites = true;
    if (shared_engine_create(engine, name, &shape, why))
        return true;
    log_say("cannot make the shared memory: %s", why);
    return false;
}

static int
run_engine(struct replay *replay, struct shared_engine *engine)
{
    enum supervisor_result result = run_once(replay, engine);
    if (result == SUPERVISOR_DAMAGED && begin_again(replay, engine))
        result = run_once(replay, engine);
    int code = EXIT_FAILED;
    if (result == SUPERVISOR_DONE)
        code = tell_summary(replay, engine, now_ms() - engine->created_ns / NS_PER_MS);
    if (result == SUPERVISOR_DONE && !links_are_apart(engine))
        code = EXIT_FAILED;
    leave_engine(engine, result);
    return code;
}

int
replay_run(struct replay *replay)
{
    static struct shared_engine engine; /* kept where a handler of faults can find it */
    sigset_t before;
    int code = EXIT_FAILED;
    supervisor_hold_signals(&before);
    leftover_remove();
    if (find_engine(replay, &engine))
        code = run_engine(replay, &engine);
    else
        replay_drop_output(replay);
    supervisor_release_signals(&before);
    return code;
}
