/*
 * Who dies is started again, on the same segments, and the run goes on; who cannot be is said.
 * The roles are toys: each counts its lives in shared memory and ends some of them badly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/dead_letter.h"
#include "engine/death.h"
#include "engine/supervisor.h"
#include "ipc/call_record.h"
#include "ipc/event_record.h"
#include "ipc/process_state.h"
#include "ipc/worker_journal.h"
#include "workers/worker.h"

enum { SAID_SIZE = 16384 };

/* What a toy worker does in all its lives. */
struct toy {
    uint32_t deaths;     /* bad ends before the good one */
    int number;          /* the signal that ends it; 0: it leaves with exit_code */
    int exit_code;       /* likewise */
    bool gets_on;        /* commits something in each life */
    bool commits;        /* ... or a transaction with nothing in it */
    bool dies_of_a_call; /* dies until the call at its position may be passed over */
    bool scribbles;      /* leaves a position no ring can have */
    bool began;          /* committed something before the run: it was taken over */
};

static struct shared_engine engine;
static char engine_name[40];
static char dead_letters[64];
static char said[SAID_SIZE];

static bool
always(const struct shared_engine *shared, uint32_t index, const void *options, const char **why)
{
    (void)index;
    (void)shared;
    (void)options;
    (void)why;
    return true;
}

static bool
never(const struct shared_engine *shared, uint32_t index, const void *options, const char **why)
{
    (void)index;
    (void)shared;
    (void)options;
    *why = "its input is a pipe";
    return false;
}

/* The lives of a worker so far are kept where they survive it. */
static uint32_t
begin_life(struct shared_engine *shared, uint32_t index)
{
    uint32_t *lives = shared->calls[index];
    return (*lives)++;
}

static void
end_badly(const struct toy *toy)
{
    if (toy->number == 0)
        _exit(toy->exit_code);
    signal(toy->number, SIG_DFL);
    raise(toy->number);
}

/* One transaction of a worker: so many more outcomes are in its outbox. */
static void
commit_outcomes(struct shared_engine *shared, uint32_t index, uint32_t outcomes)
{
    static struct transaction transaction; /* large */
    transaction_open(&transaction, shared->journals[index],
                     worker_cursor_bytes(1, shared->shape.workers),
                     worker_log_bytes(shared->shape.calls_bytes));
    assert_true(transaction_recover(&transaction));
    struct shm_worker_cursors *cursors = transaction_begin(&transaction);
    cursors->outbox += outcomes;
    transaction_commit(&transaction);
}

static int
lives_several_times(struct shared_engine *shared, uint32_t index, const void *options)
{
    const struct toy *toy = options;
    struct shm_process *self = &shared->workers[index];
    uint32_t life = begin_life(shared, index);
    if (toy->gets_on || toy->commits)
        commit_outcomes(shared, index, toy->gets_on);
    if (toy->scribbles)
        atomic_store(&shared->rings[index].shared->consumer_position, 1u << 20);
    bool may_pass = toy->dies_of_a_call && process_must_skip(self, 0, 0);
    if (life < toy->deaths && !may_pass)
        end_badly(toy);
    process_done_set(self);
    return 0;
}

static int
waits_for_workers(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)index;
    (void)options;
    for (uint32_t i = 0; i < shared->shape.workers; i++)
        while (!process_is_done(&shared->workers[i]))
            usleep(1000);
    process_done_set(shared->publisher);
    return 0;
}

/* A front-end's record in the ring of worker 1, before the run. */
static void
push_record(uint8_t kind)
{
    struct event event;
    event_reset(&event);
    event.kind = kind;
    event.order = 4711;
    event.texts[EVENT_TEXT_CALL] = text_of("call\x1b[7");
    event.texts[EVENT_TEXT_DEVICE] = text_of("2001");
    uint32_t slots = event_pack_slots(&event);
    struct ring_spsc *ring = &engine.rings[1];
    assert_true(ring_spsc_claim(ring, slots));
    event_pack(&event, ring_spsc_slot(ring, ring->position), slots);
    ring_spsc_publish(ring, slots);
}

static enum supervisor_result
run_toy(const struct toy *toy,
        bool (*may_restart)(const struct shared_engine *, uint32_t, const void *, const char **),
        uint8_t record)
{
    static const struct toy good;
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    const struct role_entry table[] = {
        {ROLE_PUBLISHER, 0, waits_for_workers, NULL, NULL},
        {ROLE_WORKER, 0, lives_several_times, &good, always},
        {ROLE_WORKER, 1, lives_several_times, toy, may_restart},
    };
    if (!shared_engine_create(&engine, engine_name, &shape, why))
        fail_msg("%s", why);
    if (record != EVENT_NONE)
        push_record(record);
    if (toy->began)
        commit_outcomes(&engine, 1, 1);
    fflush(NULL);
    int caught = memfd_create("said", 0);
    int terminal = dup(STDERR_FILENO);
    dup2(caught, STDERR_FILENO);
    enum supervisor_result result =
        supervisor_run(&engine, table, 3, &(struct supervisor_watch){.dead_letters = dead_letters});
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    ssize_t length = pread(caught, said, sizeof said - 1, 0);
    said[length < 0 ? 0 : length] = '\0';
    close(caught);
    return result;
}

static uint32_t
count_of(const char *words)
{
    uint32_t count = 0;
    for (const char *at = said; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

static void
survives(const struct toy *toy, const char *words)
{
    assert_int_equal(run_toy(toy, always, EVENT_NONE), SUPERVISOR_DONE);
    assert_int_equal(process_restarts(&engine.workers[1]), toy->deaths);
    assert_int_equal(process_restarts(&engine.workers[0]), 0);
    assert_int_equal(*(uint32_t *)engine.calls[1], toy->deaths + 1);
    assert_int_equal(count_of(words), toy->deaths);
    assert_int_equal(count_of("\n"), toy->deaths); /* nothing else was said */
    shared_engine_destroy(&engine);
}

static void
who_dies_is_started_again_and_that_is_said(void **state)
{
    (void)state;
    survives(&(struct toy){.deaths = 2, .number = SIGKILL},
             "onhook: worker 1 was killed (SIGKILL); restarted in ");
    survives(&(struct toy){.deaths = 2, .number = SIGSEGV},
             "onhook: worker 1 crashed (SIGSEGV); restarted in ");
    survives(&(struct toy){.deaths = 2, .exit_code = 7},
             "onhook: worker 1 left with exit code 7; restarted in ");
    survives(&(struct toy){.deaths = 1, .exit_code = 0},
             "onhook: worker 1 left before its work was done; restarted in ");
}

static void
many_deaths_are_said_with_restraint(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = 60, .number = SIGKILL, .gets_on = true};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_DONE);
    assert_int_equal(process_restarts(&engine.workers[1]), 60);
    assert_int_equal(count_of("restarted in"), DEATHS_SAID);
    assert_int_equal(count_of("onhook: 50 more deaths and restarts\n"), 1);
    shared_engine_destroy(&engine);
}

static void
a_crash_without_end_ends_the_run(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGSEGV};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_FAILED);
    assert_int_equal(process_restarts(&engine.workers[1]), SUPERVISOR_CRASHES_MAX - 1);
    assert_int_equal(count_of("onhook: worker 1 crashed (SIGSEGV); it does not get on\n"), 1);
    shared_engine_destroy(&engine);
}

/* A transaction with nothing in it is no progress. */
static void
who_commits_nothing_does_not_get_on(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGSEGV, .commits = true};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_FAILED);
    assert_int_equal(process_restarts(&engine.workers[1]), SUPERVISOR_CRASHES_MAX - 1);
    shared_engine_destroy(&engine);
}

static void
who_gets_on_may_crash_often(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = 40, .number = SIGSEGV, .gets_on = true};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_DONE);
    shared_engine_destroy(&engine);
}

static void
who_refuses_to_go_on_is_not_asked_again(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .exit_code = ROLE_EXIT_FAILED};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_FAILED);
    assert_string_equal(said, "onhook: worker 1 left with exit code 1\n");
    assert_int_equal(process_restarts(&engine.workers[1]), 0);
    shared_engine_destroy(&engine);
}

static void
why_it_cannot_live_again_is_said(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGKILL};
    assert_int_equal(run_toy(&toy, never, EVENT_NONE), SUPERVISOR_FAILED);
    assert_string_equal(said, "onhook: worker 1 was killed (SIGKILL); its input is a pipe\n");
    shared_engine_destroy(&engine);
}

static void
who_cannot_go_on_after_a_take_over_is_not_started(void **state)
{
    (void)state;
    const struct toy toy = {.began = true};
    assert_int_equal(run_toy(&toy, never, EVENT_NONE), SUPERVISOR_FAILED);
    assert_string_equal(said, "onhook: worker 1 cannot go on: its input is a pipe\n");
    assert_int_equal(*(uint32_t *)engine.calls[1], 0);
    shared_engine_destroy(&engine);
}

static void
damage_ends_the_run_and_is_named(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = 1, .number = SIGSEGV, .scribbles = true};
    assert_int_equal(run_toy(&toy, always, EVENT_NONE), SUPERVISOR_DAMAGED);
    assert_string_equal(said, "onhook: worker 1 crashed (SIGSEGV) and left damage: its position in "
                              "the event ring of worker 1\n");
    shared_engine_destroy(&engine);
}

static void
a_deadly_call_is_passed_over_and_kept(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGABRT, .dies_of_a_call = true};
    assert_int_equal(run_toy(&toy, always, EVENT_DELIVERED), SUPERVISOR_DONE);
    assert_int_equal(process_restarts(&engine.workers[1]), SUPERVISOR_DEATHS_HERE);
    assert_int_equal(count_of("crashed (SIGABRT) 3 times at the same input; passed over and noted"),
                     1);
    FILE *file = fopen(dead_letters, "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_string_equal(line, "worker 1 crashed (SIGABRT) at input 4711: Delivered, link 0, "
                              "callID call\\x1b[7, device 2001\n");
    struct stat status;
    assert_int_equal(stat(dead_letters, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    unlink(dead_letters);
    shared_engine_destroy(&engine);
}

/* What dies of something else than its input is no better off without it. */
static void
an_input_is_passed_over_once(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGABRT};
    assert_int_equal(run_toy(&toy, always, EVENT_DELIVERED), SUPERVISOR_FAILED);
    assert_int_equal(process_restarts(&engine.workers[1]), SUPERVISOR_CRASHES_MAX - 1);
    assert_int_equal(count_of("passed over and noted"), 1);
    assert_int_equal(count_of("onhook: worker 1 crashed (SIGABRT); it does not get on\n"), 1);
    struct stat status;
    assert_int_equal(stat(dead_letters, &status), 0);
    assert_true(status.st_size < 256);
    unlink(dead_letters);
    shared_engine_destroy(&engine);
}

/* Memory that is not there is no input's fault. */
static void
want_of_memory_loses_no_input(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGBUS};
    assert_int_equal(run_toy(&toy, always, EVENT_DELIVERED), SUPERVISOR_FAILED);
    assert_int_equal(count_of("onhook: worker 1 crashed (SIGBUS); is /dev/shm full?\n"), 1);
    assert_int_not_equal(access(dead_letters, F_OK), 0);
    assert_false(process_must_skip(&engine.workers[1], 0, 0));
    shared_engine_destroy(&engine);
}

static void
the_file_of_dead_letters_does_not_grow_for_ever(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGABRT, .dies_of_a_call = true};
    FILE *file = fopen(dead_letters, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), DEAD_LETTER_FILE_MAX - 50), 0);
    fclose(file);
    assert_int_equal(run_toy(&toy, always, EVENT_DELIVERED), SUPERVISOR_FAILED);
    assert_int_equal(count_of("at the same input: "), 1);
    assert_int_equal(count_of("File too large\n"), 1);
    assert_int_equal(unlink(dead_letters), 0);
    shared_engine_destroy(&engine);
}

/* A worker that missed a move would wait for ever, or keep what another has. */
static void
a_deadly_move_is_not_passed_over(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = UINT32_MAX, .number = SIGABRT, .dies_of_a_call = true};
    assert_int_equal(run_toy(&toy, always, EVENT_MOVE_IN), SUPERVISOR_FAILED);
    assert_int_equal(count_of("worker 1 crashed (SIGABRT) 3 times at the same input: MoveIn is "
                              "nothing that can be passed over\n"),
                     1);
    assert_int_not_equal(access(dead_letters, F_OK), 0);
    shared_engine_destroy(&engine);
}

/* The worker itself, but that one call kills it. */
static int
works_but_for_one_call(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)options;
    if (index == 1 && !process_must_skip(&shared->workers[index], 0, 0)) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    return worker_run(shared, index, &(struct worker_options){.max_calls = 16});
}

static void
a_worker_passes_the_call_over_and_counts_it(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = call_table_bytes(16)};
    const struct role_entry table[] = {
        {ROLE_WORKER, 0, lives_several_times, &(struct toy){0}, always},
        {ROLE_WORKER, 1, works_but_for_one_call, NULL, always},
    };
    if (!shared_engine_create(&engine, engine_name, &shape, why))
        fail_msg("%s", why);
    push_record(EVENT_DELIVERED);
    push_record(EVENT_FINISH);
    const struct supervisor_watch watch = {.dead_letters = dead_letters};
    assert_int_equal(supervisor_run(&engine, table, 2, &watch), SUPERVISOR_DONE);
    const struct shm_counters *counters = &engine.workers[1].counters;
    assert_int_equal(counter_read(counters, COUNTER_DEAD_LETTERS), 1);
    assert_int_equal(counter_read(counters, COUNTER_STEPS), 1);
    assert_int_equal(counter_read(counters, COUNTER_CALLS_OPENED), 0);
    assert_int_equal(unlink(dead_letters), 0);
    shared_engine_destroy(&engine);
}

/* Somebody's kill -9 says nothing about the input that happened to be in hand. */
static void
an_innocent_input_is_not_passed_over(void **state)
{
    (void)state;
    const struct toy toy = {.deaths = 9, .number = SIGKILL};
    assert_int_equal(run_toy(&toy, always, EVENT_DELIVERED), SUPERVISOR_DONE);
    assert_false(process_must_skip(&engine.workers[1], 0, 0));
    assert_int_equal(process_deaths_here(&engine.workers[1]), 9);
    shared_engine_destroy(&engine);
}

int
main(void)
{
    snprintf(engine_name, sizeof engine_name, "test-restart-%d", (int)getpid());
    snprintf(dead_letters, sizeof dead_letters, "%s.deadletter", engine_name);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_dies_is_started_again_and_that_is_said),
        cmocka_unit_test(many_deaths_are_said_with_restraint),
        cmocka_unit_test(a_crash_without_end_ends_the_run),
        cmocka_unit_test(who_commits_nothing_does_not_get_on),
        cmocka_unit_test(who_gets_on_may_crash_often),
        cmocka_unit_test(who_refuses_to_go_on_is_not_asked_again),
        cmocka_unit_test(why_it_cannot_live_again_is_said),
        cmocka_unit_test(who_cannot_go_on_after_a_take_over_is_not_started),
        cmocka_unit_test(damage_ends_the_run_and_is_named),
        cmocka_unit_test(a_deadly_call_is_passed_over_and_kept),
        cmocka_unit_test(an_input_is_passed_over_once),
        cmocka_unit_test(want_of_memory_loses_no_input),
        cmocka_unit_test(the_file_of_dead_letters_does_not_grow_for_ever),
        cmocka_unit_test(a_deadly_move_is_not_passed_over),
        cmocka_unit_test(a_worker_passes_the_call_over_and_counts_it),
        cmocka_unit_test(an_innocent_input_is_not_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
