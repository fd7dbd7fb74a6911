#include "tests/stores/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/frontend.h"
#include "engine/publisher.h"
#include "ipc/call_record.h"
#include "ipc/engine_audit.h"
#include "ipc/engine_inspect.h"
#include "ipc/front_state.h"
#include "ipc/process_state.h"
#include "ipc/segment.h"
#include "tests/stores/memory.h"
#include "workers/worker.h"

enum {
    MAX_CALLS = 64,
    ROUNDS_MAX = 100000, /* of an undisturbed run */
    PATH_BYTES = 512,
};

static struct {
    struct run_options options;
    struct shared_engine engine;
    char input[PATH_BYTES];
    char ini[PATH_BYTES]; /* "": none */
    struct settings settings;
    struct publisher_options publisher;
    char want[RUN_OUTPUT_MAX];
    size_t want_length;
    struct store *script;
    uint64_t script_count;
    struct store *successor; /* its script */
    uint64_t successor_count;
    uint64_t rounds; /* of the undisturbed run */
    uint64_t commits;
    uint64_t counters[PARTS_MAX][COUNTER_COUNT];
    /* the run in hand */
    uint64_t second;
    bool done[PARTS_MAX];
    struct run_result result;
} run;

/* ---- roles ----------------------------------------------------------------------------------- */

static uint8_t
part_count(void)
{
    return (uint8_t)(PART_WORKERS + run.options.workers);
}

const char *
run_part_name(uint8_t part)
{
    static const char *const names[PARTS_MAX] = {"nobody",   "front-end", "publisher", "worker-0",
                                                 "worker-1", "worker-2",  "worker-3",  "worker-4"};
    return part < PARTS_MAX ? names[part] : "?";
}

static struct shm_process *
process_of(uint8_t part)
{
    if (part == PART_FRONTEND)
        return &run.engine.frontends[0];
    return part == PART_PUBLISHER ? run.engine.publisher : &run.engine.workers[part - PART_WORKERS];
}

static enum role
role_of(uint8_t part)
{
    if (part == PART_FRONTEND)
        return ROLE_FRONTEND;
    return part == PART_PUBLISHER ? ROLE_PUBLISHER : ROLE_WORKER;
}

static uint32_t
index_of(uint8_t part)
{
    return part >= PART_WORKERS ? (uint32_t)part - PART_WORKERS : 0;
}

static int
play_frontend(struct shared_engine *engine)
{
    const char *files[] = {run.input};
    const struct frontend_input input = {
        .files = files, .file_count = 1, .batch = run.options.batch};
    struct settings settings = run.settings; /* it adds its links to it */
    if (run.ini[0] != '\0' && settings_read(&settings, run.ini) != 0)
        return 1;
    return frontend_run(engine, 0, &settings, &input);
}

static int
play(struct shared_engine *engine, uint8_t part)
{
    shared_engine_attach(engine, role_of(part), index_of(part));
    switch (role_of(part)) {
    case ROLE_FRONTEND:
        return play_frontend(engine);
    case ROLE_PUBLISHER:
        return publisher_run(engine, &run.publisher);
    case ROLE_WORKER:
        return worker_run(engine, index_of(part), &(struct worker_options){.max_calls = MAX_CALLS});
    case ROLE_SUPERVISOR:
        break;
    }
    return 1;
}

/* ---- deaths ---------------------------------------------------------------------------------- */

static void
judge(enum run_verdict verdict, const char *why)
{
    if (run.result.verdict != RUN_RIGHT)
        return;
    run.result.verdict = verdict;
    snprintf(run.result.why, sizeof run.result.why, "%s", why);
}

/* What a supervisor does before it starts a successor. That a store may have gone anywhere makes
 * the successor look at all it has. */
static void
bury(uint8_t part)
{
    struct shm_process *process = process_of(part);
    char why[SHARED_ENGINE_WHY];
    life_discard(part);
    if (!engine_verify(&run.engine, role_of(part), index_of(part), why))
        judge(RUN_DAMAGE, why);
    stores_note(process, SHM_LINE);
    process_deaths_here_set(process, process_deaths_here(process) + 1);
    process_doubt_set(process, true);
    process_restarts_add(process);
    life_start(part, &run.engine, play);
}

static void
die(uint8_t part)
{
    char why[SHARED_ENGINE_WHY];
    bool first = run.result.died == STORES_NEVER;
    if (first)
        run.result.died = part;
    if (!engine_audit(&run.engine, why))
        judge(RUN_DAMAGE, why);
    for (uint8_t other = 1; other < part_count(); other++)
        if (other == part || (run.options.together && !run.done[other]))
            bury(other);
    run.done[part] = false;
    if (!first) {
        stores_arm(STORES_ANYBODY, STORES_NO_CUT);
        return;
    }
    stores_arm(part, run.second);
    stores.script = run.successor;
    stores.script_count = run.successor_count;
}

static void
take_turn(uint8_t part)
{
    enum life_result result = life_resume(part);
    switch (result) {
    case LIFE_WAITS:
        if (stores_at_cut())
            die(part);
        return;
    case LIFE_CUT:
        die(part);
        return;
    case LIFE_ENDLESS:
        judge(RUN_ENDLESS, run_part_name(part));
        return;
    case LIFE_DONE:
        break;
    }
    run.done[part] = true;
    if (life_code(part) != 0)
        judge(RUN_BAD_END, run_part_name(part));
    life_discard(part);
    if (stores_at_cut())
        die(part);
}

static bool
all_done(void)
{
    for (uint8_t part = 1; part < part_count(); part++)
        if (!run.done[part])
            return false;
    return true;
}

/* In turns until all are done. Returns how many rounds. */
static uint64_t
play_all(uint64_t rounds_max)
{
    uint64_t round = 0;
    for (uint8_t part = 1; part < part_count(); part++) {
        run.done[part] = false;
        life_start(part, &run.engine, play);
    }
    for (; !all_done() && run.result.verdict == RUN_RIGHT; round++) {
        if (round == rounds_max)
            judge(RUN_STUCK, "");
        for (uint8_t part = 1; part < part_count() && run.result.verdict == RUN_RIGHT; part++)
            if (!run.done[part])
                take_turn(part);
    }
    for (uint8_t part = 1; part < part_count(); part++)
        life_discard(part);
    return round;
}

/* ---- what came out --------------------------------------------------------------------------- */

static bool
output_is_right(void)
{
    static char got[RUN_OUTPUT_MAX];
    ssize_t length = pread(run.publisher.descriptor, got, sizeof got, 0);
    return length == (ssize_t)run.want_length && memcmp(got, run.want, run.want_length) == 0;
}

static void
judge_counters(void)
{
    char why[RUN_WHY];
    for (uint8_t part = 1; part < part_count(); part++) {
        for (unsigned i = 0; i < COUNTER_COUNT; i++) {
            uint64_t got = counter_read(&process_of(part)->counters, (enum counter)i);
            if (got == run.counters[part][i] || i == COUNTER_RING_WAITS ||
                i == COUNTER_RESULT_WAITS)
                continue;
            snprintf(why, sizeof why, "%s of %s: %llu, not %llu", counter_name((enum counter)i),
                     run_part_name(part), (unsigned long long)got,
                     (unsigned long long)run.counters[part][i]);
            judge(RUN_OTHER_COUNTERS, why);
        }
    }
}

static void
keep_counters(void)
{
    run.commits = 0;
    for (uint8_t part = 1; part < part_count(); part++) {
        run.commits += engine_commits(&run.engine, role_of(part), index_of(part));
        for (unsigned i = 0; i < COUNTER_COUNT; i++)
            run.counters[part][i] = counter_read(&process_of(part)->counters, (enum counter)i);
    }
}

static void
begin_run(uint64_t cut, uint64_t second)
{
    run.result = (struct run_result){.verdict = RUN_RIGHT};
    run.second = second;
    life_reset_clock();
    CHECK(ftruncate(run.publisher.descriptor, 0) == 0);
    CHECK(lseek(run.publisher.descriptor, 0, SEEK_SET) == 0);
    stores.script = run.script;
    stores.script_count = run.script_count;
    stores_arm(STORES_ANYBODY, cut);
}

struct run_result
run_again(uint64_t cut, uint64_t second)
{
    begin_run(cut, second);
    play_all(2 * run.rounds + 100);
    if (run.result.verdict == RUN_RIGHT && !output_is_right())
        judge(RUN_OTHER_BYTES, "");
    if (run.result.verdict == RUN_RIGHT)
        judge_counters();
    stores_roll_back(NULL);
    return run.result;
}

/* Stores until the first commit, that included. */
static uint64_t
until_commit(const struct store *script, uint64_t count, uint8_t part)
{
    const void *commit = run.engine.publisher_memory;
    if (part == PART_FRONTEND)
        commit = run.engine.frontend_memory[0];
    else if (part >= PART_WORKERS)
        commit = run.engine.journals[part - PART_WORKERS];
    for (uint64_t i = 0; i < count; i++)
        if (script[i].at == commit)
            return i + 1;
    return count;
}

struct run_result
run_successor(uint64_t cut, const struct store **script, uint64_t *count)
{
    begin_run(cut, STORES_NO_CUT);
    play_all(2 * run.rounds + 100);
    run.successor_count = stores_roll_back(run.successor);
    *script = run.successor;
    *count = until_commit(run.successor, run.successor_count, run.result.died);
    return run.result;
}

const struct store *
run_script(uint64_t *count)
{
    *count = run.script_count;
    return run.script;
}

uint64_t
run_messages(void)
{
    return run.counters[PART_FRONTEND][COUNTER_MESSAGES];
}

uint64_t
run_moves(void)
{
    return run.counters[PART_FRONTEND][COUNTER_MOVES];
}

uint64_t
run_commits(void)
{
    return run.commits;
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool
exists(const char *path)
{
    return access(path, R_OK) == 0;
}

static bool
find_files(const char *name)
{
    char want[PATH_BYTES];
    size_t length = strnlen(name, PATH_BYTES);
    const char *end = ".jsonl";
    if (length >= PATH_BYTES - 8 || length <= strlen(end) ||
        strcmp(name + length - strlen(end), end) != 0)
        return false;
    int stem = (int)(length - strlen(end));
    snprintf(want, sizeof want, "%s", name);
    snprintf(run.ini, sizeof run.ini, "%.*s.ini", stem, name);
    snprintf(run.input, sizeof run.input, "%.*s.trace", stem, name);
    if (!exists(run.input))
        snprintf(run.input, sizeof run.input, "%.*s", stem, name);
    if (!exists(run.ini))
        run.ini[0] = '\0';
    FILE *file = fopen(want, "r");
    if (file == NULL)
        return false;
    run.want_length = fread(run.want, 1, sizeof run.want, file);
    fclose(file);
    return exists(run.input) && run.want_length < sizeof run.want;
}

static bool
make_engine(void)
{
    char name[40];
    char why[SHARED_ENGINE_WHY];
    const struct engine_shape shape = {
        .workers = run.options.workers,
        .frontends = 1,
        .ring_slots = 1024,
        .result_slots = 64,
        .outbox_slots = 256,
        .history_slots = 1024,
        .calls_bytes = call_table_bytes(MAX_CALLS),
        .frontend_bytes = front_state_bytes(),
    };
    snprintf(name, sizeof name, "store-sweep-%d", (int)getpid());
    if (!shared_engine_create(&run.engine, name, &shape, why)) {
        fprintf(stderr, "store_sweep: %s\n", why);
        return false;
    }
    shared_engine_unlink(&run.engine);
    for (uint32_t i = 0; i < run.engine.segment_count; i++)
        stores_watch(run.engine.segments[i].mapping, run.engine.segments[i].mapping_size);
    return true;
}

static void *
make_script(void)
{
    void *at = mmap(NULL, STORES_MAX * sizeof(struct store), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

/* What nobody disturbs. All stores are seen if all memory is as before when they are undone. */
static bool
run_undisturbed(const char *name)
{
    begin_run(STORES_NO_CUT, STORES_NO_CUT);
    run.rounds = play_all(ROUNDS_MAX);
    if (run.result.verdict == RUN_RIGHT && !output_is_right())
        judge(RUN_OTHER_BYTES, "other bytes");
    keep_counters();
    run.script_count = stores_roll_back(run.script);
    if (run.result.verdict != RUN_RIGHT)
        fprintf(stderr, "%s: undisturbed, and not right: %s\n", name, run.result.why);
    else if (!memory_is_as_kept(&run.engine))
        fprintf(stderr, "%s: a store was not seen\n", name);
    else
        return true;
    return false;
}

bool
run_open(const char *name, const struct run_options *options)
{
    run.options = *options;
    if (!find_files(name)) {
        fprintf(stderr, "%s: not there, or not its input\n", name);
        return false;
    }
    settings_default(&run.settings);
    run.script = make_script();
    run.successor = make_script();
    run.publisher.descriptor = memfd_create("output", 0);
    CHECK(run.publisher.descriptor >= 0);
    if (!make_engine())
        return false;
    life_prepare();
    memory_keep(&run.engine);
    return run_undisturbed(name);
}

const char *
run_place(const struct store *store)
{
    return memory_place(&run.engine, store->at);
}

bool
run_is_restored(void)
{
    return memory_is_as_kept(&run.engine);
}
