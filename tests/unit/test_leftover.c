/*
 * What is left by replays that were killed, and who removes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/segment.h"
#include "ipc/shared_engine.h"
#include "tools/leftover.h"

static void
path_of(char path[static SEGMENT_PATH_SIZE], pid_t pid, enum segment_kind kind)
{
    char name[SEGMENT_NAME_MAX + 1];
    snprintf(name, sizeof name, "replay-%d", (int)pid);
    segment_path(path, name, kind, 0);
}

static bool
exists(pid_t pid, enum segment_kind kind)
{
    struct stat status;
    char path[SEGMENT_PATH_SIZE];
    path_of(path, pid, kind);
    return lstat(path, &status) == 0;
}

/* A process that makes what a replay makes, and then waits to be killed. */
static pid_t
start_replay(void)
{
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct shared_segment control;
        struct shared_segment ring;
        char name[SEGMENT_NAME_MAX + 1];
        char path[SEGMENT_PATH_SIZE];
        snprintf(name, sizeof name, "replay-%d", (int)getpid());
        path_of(path, getpid(), SEGMENT_RING);
        bool made = segment_create_control(&control, name, 1, 1) == SEGMENT_OK &&
                    segment_create(&ring, path, 1, false) == SEGMENT_OK;
        if (!made || write(gate[1], "x", 1) != 1)
            _exit(1);
        while (pause() == -1)
            continue;
    }
    char byte;
    close(gate[1]);
    assert_int_equal(read(gate[0], &byte, 1), 1);
    close(gate[0]);
    return child;
}

static void
end_replay(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
a_killed_replay_is_cleaned_up_after(void **state)
{
    (void)state;
    pid_t child = start_replay();
    end_replay(child);
    assert_true(exists(child, SEGMENT_CONTROL));
    assert_true(leftover_remove() >= 1);
    assert_false(exists(child, SEGMENT_CONTROL));
    assert_false(exists(child, SEGMENT_RING));
}

static void
a_living_replay_is_left_alone(void **state)
{
    (void)state;
    pid_t child = start_replay();
    leftover_remove();
    assert_true(exists(child, SEGMENT_CONTROL));
    assert_true(exists(child, SEGMENT_RING));
    end_replay(child);
    leftover_remove();
    assert_false(exists(child, SEGMENT_CONTROL));
}

/* A run that was given such a name is not a leftover: the same command goes on with it. */
static void
an_engine_somebody_may_go_on_with_is_left_alone(void **state)
{
    (void)state;
    char name[SEGMENT_NAME_MAX + 1];
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct shared_engine engine;
        char why[SHARED_ENGINE_WHY];
        const struct engine_shape shape = {
            .workers = 1, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096, .run = 7};
        snprintf(name, sizeof name, "replay-%d", (int)getpid());
        _exit(shared_engine_create(&engine, name, &shape, why) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    leftover_remove();
    assert_true(exists(child, SEGMENT_CONTROL));
    assert_true(exists(child, SEGMENT_RING));
    snprintf(name, sizeof name, "replay-%d", (int)child);
    assert_true(segment_remove_dead(name, 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_replay_is_cleaned_up_after),
        cmocka_unit_test(a_living_replay_is_left_alone),
        cmocka_unit_test(an_engine_somebody_may_go_on_with_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
