/*
 * tests/kill/kill_run.c - a replay whose processes are killed all the time.
 *
 *   kill_run OUT SEED KILLS PAUSE_US WORKERS FRONTENDS RING RESULT OUTBOX MAX_CALLS FORMAT FILE...
 *
 * Plays supervisor: forks every role, kills one of them after a random pause (at most KILLS times;
 * 0: none), and forks its successor over the same shared memory once waitpid() has proven the
 * death. Front-end F reads every FRONTENDS-th file, from the F-th on. FORMAT is jsonl, text, or
 * unordered. Prints how many were killed, and every counter that
 * does not speak of waiting, so that two runs can be compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/frontend.h"
#include "engine/publisher.h"
#include "ipc/call_record.h"
#include "ipc/process_state.h"
#include "workers/worker.h"

enum {
    ROLES_MAX = FRONTENDS_MAX + 1 + WORKERS_MAX,
    PUBLISHER = 0, /* in `pids`; then the workers, then the front-ends */
    FILES_MAX = 64,
};

struct run {
    struct shared_engine engine;
    struct settings settings;
    struct frontend_input inputs[FRONTENDS_MAX];
    const char *files[FRONTENDS_MAX][FILES_MAX];
    struct publisher_options publisher;
    uint32_t workers;
    uint32_t frontends;
    uint32_t role_count;
    uint32_t max_calls;
    pid_t pids[ROLES_MAX];
    uint32_t living;
    uint64_t seed;
    unsigned kills_left;
    unsigned killed_workers;
    unsigned killed_publishers;
    unsigned killed_frontends;
    unsigned pause_us;
};

static struct run run;

static uint32_t
next_random(void)
{
    run.seed = run.seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(run.seed >> 33);
}

static int
play(uint32_t role)
{
    if (role == PUBLISHER) {
        shared_engine_become(&run.engine, ROLE_PUBLISHER, 0);
        return publisher_run(&run.engine, &run.publisher);
    }
    if (role > run.workers) {
        uint32_t frontend = role - run.workers - 1;
        shared_engine_become(&run.engine, ROLE_FRONTEND, frontend);
        return frontend_run(&run.engine, frontend, &run.settings, &run.inputs[frontend]);
    }
    shared_engine_become(&run.engine, ROLE_WORKER, role - 1);
    return worker_run(&run.engine, role - 1, &(struct worker_options){.max_calls = run.max_calls});
}

static void
start(uint32_t role)
{
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(play(role));
    }
    run.pids[role] = pid;
}

static void
kill_one(void)
{
    uint32_t role = next_random() % run.role_count;
    if (run.kills_left == 0 || run.pids[role] == 0)
        return;
    run.kills_left--;
    kill(run.pids[role], SIGKILL);
}

/* Whoever was killed is followed; whoever has done its work is not. */
static void
reap(void)
{
    for (uint32_t role = 0; role < run.role_count; role++) {
        int status;
        if (run.pids[role] == 0 || waitpid(run.pids[role], &status, WNOHANG) == 0)
            continue;
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            run.killed_publishers += role == PUBLISHER;
            run.killed_frontends += role > run.workers;
            run.killed_workers += role != PUBLISHER && role <= run.workers;
            start(role);
            continue;
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "role %u ended with status %d\n", role, status);
            shared_engine_destroy(&run.engine);
            exit(1);
        }
        run.pids[role] = 0;
        run.living--;
    }
}

static void
sleep_us(unsigned us)
{
    nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

static uint64_t
total_of(enum counter which)
{
    uint64_t total = counter_read(&run.engine.publisher->counters, which);
    for (uint32_t i = 0; i < run.frontends; i++)
        total += counter_read(&run.engine.frontends[i].counters, which);
    for (uint32_t i = 0; i < run.workers; i++)
        total += counter_read(&run.engine.workers[i].counters, which);
    return total;
}

static void
print_counters(void)
{
    for (int which = 0; which < COUNTER_COUNT; which++)
        if (which != COUNTER_RING_WAITS && which != COUNTER_RESULT_WAITS)
            printf("%s %llu\n", counter_name((enum counter)which),
                   (unsigned long long)total_of((enum counter)which));
}

static uint32_t
number_of(const char *word)
{
    return (uint32_t)strtoul(word, NULL, 10);
}

static void
make_engine(char **argument)
{
    char name[40];
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = run.workers,
        .frontends = run.frontends,
        .ring_slots = number_of(argument[7]),
        .result_slots = number_of(argument[8]),
        .outbox_slots = number_of(argument[9]),
        .calls_bytes = call_table_bytes(call_share(run.max_calls, run.frontends)),
        .frontend_bytes = front_state_bytes(),
    };
    snprintf(name, sizeof name, "kill-%d", (int)getpid());
    if (!shared_engine_create(&run.engine, name, &shape, why)) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    shared_engine_unlink(&run.engine);
}

static void
deal_files(char **files, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct frontend_input *input = &run.inputs[i % run.frontends];
        input->files = run.files[i % run.frontends];
        CHECK(input->file_count < FILES_MAX);
        run.files[i % run.frontends][input->file_count++] = files[i];
    }
}

int
main(int count, char **argument)
{
    if (count < 13)
        return 2;
    run.publisher.descriptor = open(argument[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(run.publisher.descriptor >= 0);
    run.seed = strtoull(argument[2], NULL, 10);
    run.kills_left = number_of(argument[3]);
    run.pause_us = number_of(argument[4]);
    run.workers = number_of(argument[5]);
    run.frontends = number_of(argument[6]);
    CHECK(run.workers >= 1 && run.workers <= WORKERS_MAX);
    CHECK(run.frontends >= 1 && run.frontends <= FRONTENDS_MAX);
    run.role_count = run.frontends + 1 + run.workers;
    run.max_calls = number_of(argument[10]);
    run.publisher.format = strcmp(argument[11], "text") == 0 ? FORMAT_TEXT : FORMAT_JSONL;
    run.publisher.unordered = strcmp(argument[11], "unordered") == 0;
    deal_files(argument + 12, (uint32_t)count - 12);
    settings_default(&run.settings);
    make_engine(argument);
    run.living = run.role_count;
    for (uint32_t role = 0; role < run.living; role++)
        start(role);
    while (run.living > 0) {
        sleep_us(next_random() % (2 * run.pause_us + 1));
        kill_one();
        reap();
    }
    printf("killed %u workers, %u publishers, %u front-ends\n", run.killed_workers,
           run.killed_publishers, run.killed_frontends);
    print_counters();
    shared_engine_destroy(&run.engine);
    return 0;
}
