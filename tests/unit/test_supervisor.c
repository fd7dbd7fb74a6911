/*
 * What the supervisor promises, one promise per test. Children are real processes that do what
 * roles may do: end well, fail, die, hang.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/supervisor.h"
#include "ipc/process_state.h"

static struct shared_engine engine;
static char engine_name[40];
static char said[4096]; /* what the supervisor printed in the last run */
static unsigned ticks;

/* ---- roles --------------------------------------------------------------------------------- */

static struct shm_process *
self_of(struct shared_engine *shared, uint32_t index)
{
    return &shared->workers[index];
}

static int
works_well(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)options;
    process_done_set(self_of(shared, index));
    return 0;
}

static int
publishes_well(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)index;
    (void)options;
    nanosleep(&(struct timespec){.tv_nsec = 250 * 1000 * 1000}, NULL);
    process_done_set(shared->publisher);
    return 0;
}

static int
reads_well(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)index;
    (void)options;
    process_done_set(shared->frontends);
    return 0;
}

static int
hangs(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)shared;
    (void)index;
    (void)options;
    while (pause() == -1)
        continue;
    return 0;
}

static int
fails(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)shared;
    (void)index;
    (void)options;
    return 7;
}

static int
forgets_its_work(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)shared;
    (void)index;
    (void)options;
    return 0;
}

/* Dies by the signal that `options` points to. */
static int
dies(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)shared;
    (void)index;
    signal(*(const int *)options, SIG_DFL);
    raise(*(const int *)options);
    while (pause() == -1)
        continue;
    return 0;
}

/* Signals its parent, and hangs then. */
static int
interrupts(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)shared;
    (void)index;
    kill(getppid(), *(const int *)options);
    while (pause() == -1)
        continue;
    return 0;
}

/* ---- running them -------------------------------------------------------------------------- */

static void
count_tick(void *context)
{
    (void)context;
    ticks++;
}

/* One run with standard error caught in `said`. */
static enum supervisor_result
run(const struct role_entry *table, uint32_t count)
{
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = 3, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    if (!shared_engine_create(&engine, engine_name, &shape, why))
        fail_msg("%s", why);
    fflush(NULL);
    int caught = memfd_create("said", 0);
    int terminal = dup(STDERR_FILENO);
    dup2(caught, STDERR_FILENO);
    ticks = 0;
    enum supervisor_result result =
        supervisor_run(&engine, table, count, &(struct supervisor_watch){.tick = count_tick});
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    ssize_t length = pread(caught, said, sizeof said - 1, 0);
    said[length < 0 ? 0 : length] = '\0';
    close(caught);
    return result;
}

static void
assert_no_segment_is_left(void)
{
    DIR *directory = opendir("/dev/shm");
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strstr(entry->d_name, engine_name) != NULL)
            fail_msg("%s is left", entry->d_name);
    closedir(directory);
}

static void
assert_nothing_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_no_segment_is_left();
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGINT));
    shared_engine_destroy(&engine);
}

static void
a_run_that_ends_well_says_nothing(void **state)
{
    (void)state;
    const struct role_entry table[] = {
        {ROLE_FRONTEND, 0, reads_well, NULL, NULL},      {ROLE_WORKER, 0, works_well, NULL, NULL},
        {ROLE_WORKER, 1, works_well, NULL, NULL},        {ROLE_WORKER, 2, works_well, NULL, NULL},
        {ROLE_PUBLISHER, 0, publishes_well, NULL, NULL},
    };
    assert_int_equal(run(table, 5), SUPERVISOR_DONE);
    assert_string_equal(said, "");
    assert_true(ticks >= 2);
    assert_true(process_is_done(engine.publisher));
    assert_int_equal(process_pid(engine.publisher), 0);
    assert_nothing_is_left();
}

/* Whichever role goes wrong, and however, while the others would go on for ever. */
static void
goes_wrong(enum role role, int (*how)(struct shared_engine *, uint32_t, const void *),
           const void *options, const char *words)
{
    struct role_entry table[] = {
        {ROLE_FRONTEND, 0, hangs, NULL, NULL},  {ROLE_WORKER, 0, hangs, NULL, NULL},
        {ROLE_WORKER, 1, hangs, NULL, NULL},    {ROLE_WORKER, 2, hangs, NULL, NULL},
        {ROLE_PUBLISHER, 0, hangs, NULL, NULL},
    };
    for (int i = 0; i < 5; i++) {
        if (table[i].role == role && (role != ROLE_WORKER || table[i].index == 2)) {
            table[i].run = how;
            table[i].options = options;
        }
    }
    assert_int_equal(run(table, 5), SUPERVISOR_FAILED);
    assert_string_equal(said, words);
    assert_nothing_is_left();
}

static void
a_role_that_may_not_live_again_ends_the_run_and_is_named(void **state)
{
    (void)state;
    static const int number = SIGKILL;
    static const int crash = SIGSEGV;
    goes_wrong(ROLE_FRONTEND, dies, &number, "onhook: front-end was killed (SIGKILL)\n");
    goes_wrong(ROLE_WORKER, dies, &number, "onhook: worker 2 was killed (SIGKILL)\n");
    goes_wrong(ROLE_PUBLISHER, dies, &number, "onhook: publisher was killed (SIGKILL)\n");
    goes_wrong(ROLE_WORKER, dies, &crash, "onhook: worker 2 crashed (SIGSEGV)\n");
}

/* Memory that is mapped but was not reserved is not there when the file system is full. */
static void
a_role_that_found_no_memory_is_told_where_to_look(void **state)
{
    (void)state;
    static const int number = SIGBUS;
    goes_wrong(ROLE_WORKER, dies, &number,
               "onhook: worker 2 crashed (SIGBUS); is /dev/shm full?\n");
}

static void
an_exit_code_ends_the_run_and_is_named(void **state)
{
    (void)state;
    goes_wrong(ROLE_FRONTEND, fails, NULL, "onhook: front-end left with exit code 7\n");
}

static void
success_without_done_is_a_failure(void **state)
{
    (void)state;
    goes_wrong(ROLE_WORKER, forgets_its_work, NULL,
               "onhook: worker 2 left before its work was done\n");
}

static void
a_closed_pipe_is_a_failure_without_words(void **state)
{
    (void)state;
    static const int number = SIGPIPE;
    const struct role_entry table[] = {
        {ROLE_WORKER, 0, hangs, NULL, NULL},
        {ROLE_PUBLISHER, 0, dies, &number, NULL},
    };
    assert_int_equal(run(table, 2), SUPERVISOR_FAILED);
    assert_string_equal(said, "");
    assert_nothing_is_left();
}

static void
an_interrupt_ends_the_run(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct role_entry table[] = {
            {ROLE_WORKER, 0, hangs, NULL, NULL},
            {ROLE_PUBLISHER, 0, hangs, NULL, NULL},
            {ROLE_FRONTEND, 0, interrupts, &numbers[i], NULL},
        };
        assert_int_equal(run(table, 3), SUPERVISOR_INTERRUPTED);
        assert_string_equal(said, "onhook: interrupted\n");
        assert_nothing_is_left();
    }
}

static void
an_interrupt_before_the_run_is_not_missed(void **state)
{
    (void)state;
    const struct role_entry table[] = {{ROLE_PUBLISHER, 0, hangs, NULL, NULL}};
    sigset_t before;
    supervisor_hold_signals(&before);
    raise(SIGINT);
    assert_int_equal(run(table, 1), SUPERVISOR_INTERRUPTED);
    supervisor_release_signals(&before);
    assert_nothing_is_left();
}

static void
what_was_ignored_stays_ignored(void **state)
{
    (void)state;
    static const int number = SIGHUP;
    const struct role_entry table[] = {
        {ROLE_FRONTEND, 0, interrupts, &number, NULL},
        {ROLE_WORKER, 0, fails, NULL, NULL},
    };
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(run(table, 2), SUPERVISOR_FAILED);
    signal(SIGHUP, SIG_DFL);
    assert_null(strstr(said, "interrupted"));
    assert_nothing_is_left();
}

/* The supervisor in a process of its own, which somebody kills: its children go with it. */
static void
children_die_with_their_supervisor(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        const struct role_entry table[] = {
            {ROLE_WORKER, 0, hangs, NULL, NULL},
            {ROLE_PUBLISHER, 0, hangs, NULL, NULL},
        };
        _exit((int)run(table, 2));
    }
    close(ends[1]); /* now only the supervisor and its children hold it open */
    nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
    kill(supervisor, SIGKILL);
    assert_int_equal(waitpid(supervisor, NULL, 0), supervisor);
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&end, 1, 5000), 1);
    assert_true(end.revents & POLLHUP);
    close(ends[0]);
    /* Its segments are of a dead engine: the next of that name takes them away. */
    const struct role_entry table[] = {{ROLE_WORKER, 0, works_well, NULL, NULL}};
    assert_int_equal(run(table, 1), SUPERVISOR_DONE);
    assert_nothing_is_left();
}

/* A fault of the supervisor itself still removes the names. */
static void
fault(void *context)
{
    (void)context;
    raise(SIGABRT);
}

static void
a_fault_of_the_supervisor_leaves_no_segment(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = 1, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    fflush(NULL);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        const struct role_entry table[] = {{ROLE_WORKER, 0, hangs, NULL, NULL}};
        signal(SIGABRT, SIG_DFL); /* cmocka's own handler would go on with the next test */
        if (shared_engine_create(&engine, engine_name, &shape, why))
            supervisor_run(&engine, table, 1, &(struct supervisor_watch){.tick = fault});
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_no_segment_is_left();
}

int
main(void)
{
    snprintf(engine_name, sizeof engine_name, "test-supervisor-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_ends_well_says_nothing),
        cmocka_unit_test(a_role_that_may_not_live_again_ends_the_run_and_is_named),
        cmocka_unit_test(a_role_that_found_no_memory_is_told_where_to_look),
        cmocka_unit_test(an_exit_code_ends_the_run_and_is_named),
        cmocka_unit_test(success_without_done_is_a_failure),
        cmocka_unit_test(a_closed_pipe_is_a_failure_without_words),
        cmocka_unit_test(an_interrupt_ends_the_run),
        cmocka_unit_test(an_interrupt_before_the_run_is_not_missed),
        cmocka_unit_test(what_was_ignored_stays_ignored),
        cmocka_unit_test(children_die_with_their_supervisor),
        cmocka_unit_test(a_fault_of_the_supervisor_leaves_no_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
