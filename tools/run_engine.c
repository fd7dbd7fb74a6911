/*
 * tools/run_engine.c - the engine over live links, from its segments to its end (tools/run.h).
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/live/control_reload.h"
#include "engine/live/control_socket.h"
#include "engine/live/holder.h"
#include "engine/live/record.h"
#include "engine/service_notify.h"
#include "engine/supervisor.h"
#include "ipc/call_record.h"
#include "ipc/engine_inspect.h"
#include "ipc/front_state.h"
#include "tools/command.h"
#include "tools/run.h"
#include "tools/summary.h"
#include "workers/worker.h"

enum {
    AGAIN_MS = 60000, /* all is begun anew once in so long */
    KEPT_MAX = 1000,  /* recordings of runs before; then the last is written over, said */
};

#define NS_PER_MS UINT64_C(1000000)

/* What the roles, the supervisor and its watch have in common. */
struct running {
    struct run *run;
    struct live_options live[FRONTENDS_MAX];
    struct holder *holders[FRONTENDS_MAX];
    struct supervisor_service services[FRONTENDS_MAX];
    char sockets[FRONTENDS_MAX][CONTROL_PATH_SIZE]; /* paths; empty: none */
    char records[FRONTENDS_MAX][PATH_MAX];          /* likewise */
    uint32_t frontends;
    struct settings *settings; /* as last read; whoever is started inherits them */
    const struct shared_engine *engine;
    struct service_notify notify;
    uint64_t began_again_ms; /* when all was begun anew; 0: never */
    bool ready;              /* and said so */
    bool stopping;           /* we were told to */
    bool taken_over;         /* the engine is one that was there */
};

/* ---- roles --------------------------------------------------------------------------------- */

/* Whoever is not that front-end has nothing to do with its connections. */
static void
leave_holders(const struct running *running, uint32_t all_but)
{
    for (uint32_t i = 0; i < running->frontends; i++)
        if (i != all_but)
            holder_leave(running->holders[i]);
}

static int
run_frontend(struct shared_engine *engine, uint32_t index, const void *options)
{
    const struct running *running = options;
    leave_holders(running, index);
    return live_run(engine, index, running->settings, &running->live[index]);
}

static int
run_worker(struct shared_engine *engine, uint32_t index, const void *options)
{
    const struct running *running = options;
    leave_holders(running, FRONTENDS_MAX);
    return worker_run(engine, index,
                      &(struct worker_options){.max_calls = running->run->settings.max_calls});
}

static int
run_publisher(struct shared_engine *engine, uint32_t index, const void *options)
{
    (void)index;
    const struct running *running = options;
    leave_holders(running, FRONTENDS_MAX);
    return publisher_run(engine, &running->run->publisher);
}

static bool
may_restart(const struct shared_engine *engine, uint32_t index, const void *options,
            const char **why)
{
    (void)engine;
    (void)index;
    (void)options;
    (void)why;
    return true;
}

static bool
publisher_may_restart(const struct shared_engine *engine, uint32_t index, const void *options,
                      const char **why)
{
    (void)engine;
    (void)index;
    const struct running *running = options;
    if (publisher_can_restart(&running->run->publisher))
        return true;
    *why = "what it wrote is no regular file, so it cannot go on there";
    return false;
}

static uint32_t
fill_roles(const struct running *running, struct role_entry table[SUPERVISOR_ROLES_MAX])
{
    uint32_t count = 0;
    table[count++] =
        (struct role_entry){ROLE_PUBLISHER, 0, run_publisher, running, publisher_may_restart};
    for (uint32_t i = 0; i < running->run->settings.workers; i++)
        table[count++] = (struct role_entry){ROLE_WORKER, i, run_worker, running, may_restart};
    for (uint32_t i = 0; i < running->frontends; i++)
        table[count++] = (struct role_entry){ROLE_FRONTEND, i, run_frontend, running, may_restart};
    return count;
}

/* ---- shared memory ------------------------------------------------------------------------- */

/* Who goes on with a lasting engine must write to the same file. */
static uint64_t
digest(const struct run *run)
{
    const char *file = run->out_file != NULL ? run->out_file : run->settings.sink_file;
    uint64_t hash = hash_bytes(HASH_START, "live", 4);
    hash = hash_finish(hash_bytes(hash, file, strlen(file)));
    return hash != 0 ? hash : 1;
}

static struct engine_shape
shape_of(const struct running *running)
{
    const struct settings *settings = &running->run->settings;
    return (struct engine_shape){
        .frontends = running->frontends,
        .workers = settings->workers,
        .ring_slots = settings->ring_slots,
        .result_slots = settings->result_slots,
        .outbox_slots = settings->outbox_slots,
        .history_slots = settings->history_slots,
        .calls_bytes = call_table_bytes(call_share(settings->max_calls, running->frontends)),
        .frontend_bytes = front_state_bytes(),
        .live_links = LIVE_LINKS_MAX,
        .run = settings->lasting ? digest(running->run) : 0,
    };
}

static bool
make_engine(const struct running *running, const struct engine_shape *shape,
            struct shared_engine *engine)
{
    char why[SHARED_ENGINE_WHY];
    if (!shared_engine_create(engine, running->run->settings.name, shape, why)) {
        log_say("cannot make the shared memory: %s", why);
        return false;
    }
    if (run_trim_output(running->run) == EXIT_DONE)
        return true;
    shared_engine_destroy(engine);
    return false;
}

/* A lasting engine that was stopped or killed is gone on with; else a new one. */
static bool
find_engine(struct running *running, struct shared_engine *engine)
{
    char why[SHARED_ENGINE_WHY];
    const char *name = running->run->settings.name;
    const struct engine_shape shape = shape_of(running);
    if (shape.run == 0 || running->run->fresh) {
        shared_engine_await(name);
        return make_engine(running, &shape, engine);
    }
    enum engine_found found = shared_engine_take_over(engine, name, &shape, why);
    if (found == ENGINE_NONE)
        return make_engine(running, &shape, engine);
    if (found == ENGINE_TAKEN_OVER) {
        running->taken_over = true;
        log_say("going on with the calls %s knew", name);
        return true;
    }
    log_say("cannot go on with %s: %s; --fresh removes what is left of it, if it is not running, "
            "and begins again",
            name, why);
    return false;
}

/* ---- the run ------------------------------------------------------------------------------- */

/* The first ones are the command's. */
static void
drop_settings(struct running *running)
{
    if (running->settings == &running->run->settings)
        return;
    settings_free(running->settings);
    free(running->settings);
}

static void
serve_holder(void *context)
{
    holder_serve(context);
}

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whoever runs reads the configuration himself, if it can be used; whoever is started from now on
 * begins with it. */
static bool
note_reload(void *context)
{
    struct running *running = context;
    service_notify_reloading(&running->notify, now_ms());
    struct settings *settings = control_reload(running->run->config_file, running->settings, true);
    if (settings == NULL)
        return false;
    drop_settings(running);
    running->settings = settings;
    return true;
}

static void
note_stopping(void *context)
{
    struct running *running = context;
    running->stopping = true;
    service_notify_stopping(&running->notify);
}

/* The first tick comes when all roles run. */
static void
note_tick(void *context)
{
    struct running *running = context;
    if (!running->ready)
        service_notify_ready(&running->notify);
    running->ready = true;
    for (uint32_t i = 0; i < FRONTENDS_MAX; i++)
        if (running->holders[i] != NULL)
            holder_serve(running->holders[i]); /* gates that died are buried, whoever asks */
    service_notify_tick(&running->notify, running->engine, now_ms());
    log_rest();
}

/* An engine that people cannot speak to runs all the same. */
static int
listen_to_people(struct running *running, uint32_t frontend)
{
    char why[CONTROL_WHY];
    int listener =
        control_listen(&running->run->settings, frontend, running->sockets[frontend], why);
    if (listener >= 0)
        return listener;
    running->sockets[frontend][0] = '\0';
    log_say("no requests can be taken: %s", why);
    return -1;
}

/* FILE, FILE-1, ..., one for each front-end. */
static const char *
record_file(struct running *running, uint32_t frontend)
{
    const char *file = running->run->record_file;
    if (file == NULL || frontend == 0)
        return file;
    snprintf(running->records[frontend], sizeof running->records[frontend], "%s-%u", file,
             (unsigned)frontend);
    return running->records[frontend];
}

/* A start with more front-ends left files that a replay of FILE* would take for this one's; or they
 * are somebody's, and kept on purpose. */
static void
tell_old_records(struct running *running)
{
    for (uint32_t i = running->frontends; i < FRONTENDS_MAX; i++) {
        const char *left = record_file(running, i);
        if (left != NULL && record_is_one(left))
            log_say("%s is there from a run with more front-ends; it is no part of this recording",
                    left);
    }
}

static bool
open_frontends(struct running *running, struct shared_engine *engine)
{
    const struct run *run = running->run;
    const uint64_t started_ns = clock_ns();
    tell_old_records(running);
    for (uint32_t i = running->frontends; i < FRONTENDS_MAX; i++)
        control_forget(&run->settings, i);
    for (uint32_t i = 0; i < running->frontends; i++) {
        running->holders[i] = holder_open(engine);
        if (running->holders[i] == NULL) {
            log_say("cannot hold connections: %s", strerror(errno));
            return false;
        }
        running->services[i] = (struct supervisor_service){holder_descriptor(running->holders[i]),
                                                           serve_holder, running->holders[i]};
        running->live[i] = (struct live_options){
            .config_file = run->config_file,
            .record_file = record_file(running, i),
            .record_run = started_ns,
            .holder = running->holders[i],
            .control_listener = listen_to_people(running, i),
            .lasting = run->settings.lasting,
            .regains = running->began_again_ms != 0,
        };
    }
    return true;
}

static void
close_frontends(struct running *running)
{
    for (uint32_t i = 0; i < running->frontends; i++) {
        if (running->holders[i] != NULL)
            holder_close(running->holders[i]);
        running->holders[i] = NULL;
        if (running->sockets[i][0] != '\0')
            control_unlisten(running->live[i].control_listener, running->sockets[i]);
        running->sockets[i][0] = '\0';
    }
}

/* ---- beginning anew ------------------------------------------------------------------------ */

/* FILE.before, FILE.before-2, ...: the first that nobody has. False: errno. */
static bool
keep_as(const char *file, char kept[static PATH_MAX])
{
    for (unsigned i = 1; i <= KEPT_MAX; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%u", i);
        errno = ENAMETOOLONG;
        if (snprintf(kept, PATH_MAX, "%s.before%s", file, number) >= PATH_MAX)
            return false;
        if (link(file, kept) == 0)
            return unlink(file) == 0;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* The recording so far is what the new one would be written over. */
static void
keep_recording(const char *file)
{
    char kept[PATH_MAX];
    if (file == NULL)
        return;
    if (keep_as(file, kept))
        log_say("the recording so far is %s", kept);
    else if (errno != ENOENT)
        log_say("the recording so far cannot be kept: %s: %s", file, strerror(errno));
}

/*
 * Why not, or NULL. Who is to stop begins nothing; and what is damaged a second time within a
 * minute is made so by something that this does not heal.
 */
static const char *
why_not_again(const struct running *running, uint64_t now)
{
    uint64_t before = running->began_again_ms;
    if (running->stopping)
        return "the shared memory is damaged: not begun anew, as it is to stop";
    if (before != 0 && now - before < AGAIN_MS)
        return "the shared memory is damaged again, within a minute: not begun anew";
    return NULL;
}

/*
 * Memory that was written over is nobody's to go on with: all is made new, connections too, and the
 * switches are asked for the calls.
 */
static bool
begin_again(struct running *running, struct shared_engine *engine)
{
    const struct engine_shape shape = shape_of(running);
    uint64_t now = now_ms();
    unsigned long long undelivered = engine_undelivered(engine);
    const char *why_not = why_not_again(running, now);
    if (why_not != NULL) {
        log_say("%s; %llu outcomes were not given out", why_not, undelivered);
        return false;
    }
    log_say("the shared memory is damaged: beginning with a new one; links are connected again and "
            "asked for their calls; %llu outcomes that were not given out are lost",
            undelivered);
    for (uint32_t i = 0; i < running->frontends; i++)
        keep_recording(running->live[i].record_file);
    close_frontends(running);
    shared_engine_destroy(engine);
    running->began_again_ms = now;
    return make_engine(running, &shape, engine) && open_frontends(running, engine);
}

/* The end of it: what happened, and what becomes of the memory. */
static int
finish(const struct run *run, struct shared_engine *engine, enum supervisor_result result)
{
    bool stopped = result == SUPERVISOR_DONE || result == SUPERVISOR_STOPPED;
    if (stopped && !run->quiet) {
        struct summary summary;
        summary_take(&summary, engine, now_ms() - engine->created_ns / NS_PER_MS);
        summary_print(&summary, stderr);
    }
    if (result == SUPERVISOR_DONE || !engine->lasting)
        shared_engine_destroy(engine);
    else
        shared_engine_close(engine);
    return stopped ? EXIT_DONE : EXIT_FAILED;
}

static enum supervisor_result
run_once(struct running *running, struct shared_engine *engine)
{
    struct role_entry table[SUPERVISOR_ROLES_MAX];
    char dead_letters[sizeof engine->name + sizeof ".deadletter"];
    snprintf(dead_letters, sizeof dead_letters, "%s.deadletter", engine->name);
    const struct supervisor_live live = {
        .drain_ms = running->run->settings.drain_ms,
        .reload = note_reload,
        .stopping = note_stopping,
        .services = running->services,
        .service_count = running->frontends,
    };
    const struct supervisor_watch watch = {
        .tick = note_tick, .context = running, .dead_letters = dead_letters, .live = &live};
    running->engine = engine;
    uint32_t count = fill_roles(running, table);
    return supervisor_run(engine, table, count, &watch);
}

static int
supervise(struct running *running, struct shared_engine *engine)
{
    enum supervisor_result result;
    do {
        result = run_once(running, engine);
    } while (result == SUPERVISOR_DAMAGED && begin_again(running, engine));
    return finish(running->run, engine, result);
}

int
run_engine(struct run *run)
{
    static struct shared_engine engine; /* kept where a handler of faults can find it */
    struct running running = {
        .run = run, .settings = &run->settings, .frontends = run->settings.frontends};
    sigset_t before;
    int code = EXIT_FAILED;
    supervisor_hold_signals(&before);
    service_notify_open(&running.notify);
    if (find_engine(&running, &engine)) {
        if (open_frontends(&running, &engine))
            code = supervise(&running, &engine);
        else if (running.taken_over) /* the next start may have more luck */
            shared_engine_close(&engine);
        else
            shared_engine_destroy(&engine);
        close_frontends(&running);
    }
    drop_settings(&running);
    service_notify_close(&running.notify);
    supervisor_release_signals(&before);
    return code;
}
