/*
 * What making segments promises: nothing of others is touched, nothing of ours is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/segment.h"

enum { WORKERS = 3 };

static char name[SEGMENT_NAME_MAX + 1];
static char control_path[SEGMENT_PATH_SIZE];

static int
setup(void **state)
{
    (void)state;
    snprintf(name, sizeof name, "test-segment-%d", (int)getpid());
    segment_path(control_path, name, SEGMENT_CONTROL, 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    unlink(control_path);
    return 0;
}

static bool
exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static void
names_that_could_leave_the_folder_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "a/b",      "../x", "/", "a b", "a\n",
        "a\x80", "\xc3\xbc", "a%",   "*", "~",   "01234567890123456789012345678901234567890",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(segment_name_is_valid(bad[i]));
    static const char *const good[] = {"a",       ".", "..",
                                       "A-z_0.9", "-", "0123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(segment_name_is_valid(good[i]));
}

static void
a_path_says_whose_segment_it_is(void **state)
{
    (void)state;
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, "pbx", SEGMENT_RING, 63);
    assert_string_equal(path, "/dev/shm/onhook-pbx.ring-63");
    segment_path(path, "..", SEGMENT_CONTROL, 0);
    assert_string_equal(path, "/dev/shm/onhook-...control");
    assert_string_equal(segment_kind_suffix(SEGMENT_LANES), "lanes");
    assert_string_equal(segment_kind_suffix(SEGMENT_NONE), "?");
    assert_string_equal(segment_kind_suffix(SEGMENT_KIND_COUNT), "?");
    assert_string_equal(segment_result_words(SEGMENT_RESULT_COUNT), "?");
}

static void
a_segment_is_ours_alone_and_whole_pages_of_zeros(void **state)
{
    (void)state;
    struct shared_segment segment;
    mode_t before = umask(0);
    assert_int_equal(segment_create(&segment, control_path, 5000, true), SEGMENT_OK);
    umask(before);
    assert_int_equal(segment.size, 8192);
    struct stat status;
    assert_int_equal(fstat(segment.descriptor, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 8192);
    assert_int_equal(segment_map(&segment), SEGMENT_OK);
    for (uint64_t i = 0; i < segment.size; i++)
        assert_int_equal(segment.mapping[i], 0);
    segment_unlink(&segment);
    assert_false(exists(control_path));
    segment_close(&segment);
}

static void
a_name_is_taken_away_only_once(void **state)
{
    (void)state;
    struct shared_segment first;
    struct shared_segment second;
    assert_int_equal(segment_create(&first, control_path, 1, false), SEGMENT_OK);
    segment_unlink(&first);
    assert_int_equal(segment_create(&second, control_path, 1, false), SEGMENT_OK);
    segment_unlink(&first);
    assert_true(exists(control_path));
    segment_unlink(&second);
    assert_false(exists(control_path));
    segment_close(&first);
    segment_close(&second);
}

static void
what_stands_there_is_never_overwritten(void **state)
{
    (void)state;
    char target[SEGMENT_PATH_SIZE];
    segment_path(target, name, SEGMENT_RESULT, 0);
    struct shared_segment segment;

    assert_int_equal(symlink(target, control_path), 0);
    assert_int_equal(segment_create(&segment, control_path, 1, false), SEGMENT_FOREIGN);
    assert_int_equal(segment.descriptor, -1);
    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_FOREIGN);
    assert_false(exists(target));
    assert_true(exists(control_path));
    unlink(control_path);

    assert_int_equal(mkfifo(control_path, 0600), 0);
    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_FOREIGN);
    assert_true(exists(control_path));
    unlink(control_path);

    assert_int_equal(mkdir(control_path, 0700), 0);
    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_FOREIGN);
    assert_int_equal(rmdir(control_path), 0);
}

static void
a_file_that_others_can_reach_is_not_taken_for_ours(void **state)
{
    (void)state;
    struct shared_segment segment;
    int descriptor = open(control_path, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(fchmod(descriptor, 0644), 0);
    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_FOREIGN);
    assert_true(exists(control_path));

    assert_int_equal(fchmod(descriptor, 0600), 0);
    char second[SEGMENT_PATH_SIZE];
    segment_path(second, name, SEGMENT_RESULT, 0);
    assert_int_equal(link(control_path, second), 0);
    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_FOREIGN);
    unlink(second);

    assert_int_equal(segment_create_control(&segment, name, 1, WORKERS), SEGMENT_OK);
    segment_unlink(&segment);
    segment_close(&segment);
    close(descriptor);
}

static void
too_large_a_segment_leaves_nothing_behind(void **state)
{
    (void)state;
    struct shared_segment segment;
    assert_int_equal(segment_create(&segment, control_path, UINT64_MAX, false), SEGMENT_SYSTEM);
    assert_int_equal(errno, EFBIG);
    assert_false(exists(control_path));
    assert_int_not_equal(segment_create(&segment, control_path, UINT64_C(1) << 60, true),
                         SEGMENT_OK);
    assert_false(exists(control_path));
    assert_int_equal(segment.descriptor, -1);
}

/* A process that makes a control segment, and what else an engine has, and dies of SIGKILL. */
static void
leave_a_dead_engine(uint32_t ring)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct shared_segment control;
        struct shared_segment other;
        char path[SEGMENT_PATH_SIZE];
        segment_path(path, name, SEGMENT_RING, ring);
        if (segment_create_control(&control, name, 1, WORKERS) != SEGMENT_OK ||
            segment_create(&other, path, 1, false) != SEGMENT_OK)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void
what_a_dead_engine_left_is_removed(void **state)
{
    (void)state;
    leave_a_dead_engine(WORKERS - 1);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RING, WORKERS - 1);
    assert_true(exists(control_path));
    assert_true(exists(path));
    struct shared_segment control;
    assert_int_equal(segment_create_control(&control, name, 1, WORKERS), SEGMENT_OK);
    assert_false(exists(path));
    assert_true(exists(control_path));
    segment_unlink(&control);
    segment_close(&control);
}

static void
what_a_dead_engine_left_can_be_removed_without_taking_its_name(void **state)
{
    (void)state;
    leave_a_dead_engine(WORKERS - 1);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RING, WORKERS - 1);
    assert_true(segment_remove_dead(name, WORKERS));
    assert_false(exists(path));
    assert_false(exists(control_path));
    assert_false(segment_remove_dead(name, WORKERS));
}

static void
nothing_of_a_living_engine_is_removed(void **state)
{
    (void)state;
    struct shared_segment control;
    struct shared_segment ring;
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RING, 0);
    assert_int_equal(segment_create_control(&control, name, 1, WORKERS), SEGMENT_OK);
    assert_int_equal(segment_create(&ring, path, 1, false), SEGMENT_OK);
    assert_false(segment_remove_dead(name, WORKERS));
    assert_true(exists(control_path));
    assert_true(exists(path));
    segment_unlink(&ring);
    segment_close(&ring);
    segment_unlink(&control);
    segment_close(&control);
}

static void
a_living_engine_keeps_its_name(void **state)
{
    (void)state;
    struct shared_segment control;
    struct shared_segment second;
    assert_int_equal(segment_create_control(&control, name, 1, WORKERS), SEGMENT_OK);
    assert_int_equal(segment_create_control(&second, name, 1, WORKERS), SEGMENT_RUNNING);
    assert_true(exists(control_path));

    /* The maker is gone, a child of its lives on: still running. */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pause();
        _exit(0);
    }
    segment_close(&control);
    assert_int_equal(segment_create_control(&second, name, 1, WORKERS), SEGMENT_RUNNING);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(segment_create_control(&second, name, 1, WORKERS), SEGMENT_OK);
    segment_unlink(&second);
    segment_close(&second);
}

/* Many processes want one name at once: at any moment one has it. */
static void
of_many_that_want_a_name_one_gets_it(void **state)
{
    (void)state;
    enum { RIVALS = 8 };
    leave_a_dead_engine(0);
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    pid_t children[RIVALS];
    for (int i = 0; i < RIVALS; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            char byte;
            close(gate[1]);
            (void)!read(gate[0], &byte, 1);
            struct shared_segment control;
            enum segment_result result = segment_create_control(&control, name, 1, WORKERS);
            /* The winner stays until the others have tried. */
            if (result == SEGMENT_OK)
                sleep(1);
            _exit(result == SEGMENT_OK ? 42 : result == SEGMENT_RUNNING ? 0 : 1);
        }
    }
    close(gate[0]);
    close(gate[1]);
    int winners = 0;
    for (int i = 0; i < RIVALS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 1);
        winners += WEXITSTATUS(status) == 42;
    }
    assert_in_range(winners, 0, 1);
}

static void
slots_stand_twice_and_rings_do_not_touch(void **state)
{
    (void)state;
    const struct ring_shape shape = {SEGMENT_CLOSED, 64, 64, 3};
    struct shared_segment segment;
    assert_int_equal(
        segment_create(&segment, control_path, ring_size(&shape) * shape.ring_count, true),
        SEGMENT_OK);
    assert_int_equal(segment_map_rings(&segment, &shape), SEGMENT_OK);
    uint64_t slots = ring_slots_size(&shape);
    for (uint32_t ring = 0; ring < shape.ring_count; ring++) {
        uint8_t *at =
            segment.mapping + ring * ring_view_size(&shape) + sizeof(struct shm_ring_header);
        memset(at, (int)ring + 1, slots);
        at[slots] = 99;
        assert_int_equal(at[0], 99);
        assert_int_equal(at[slots + 1], ring + 1);
        at[slots - 1] = 98;
        assert_int_equal(at[2 * slots - 1], 98);
    }
    for (uint32_t ring = 0; ring < shape.ring_count; ring++) {
        uint8_t *at =
            segment.mapping + ring * ring_view_size(&shape) + sizeof(struct shm_ring_header);
        assert_int_equal(at[1], ring + 1);
        assert_int_equal(at[-1], 0);
    }
    segment_unlink(&segment);
    segment_close(&segment);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(names_that_could_leave_the_folder_are_refused),
        PROMISE(a_path_says_whose_segment_it_is),
        PROMISE(a_segment_is_ours_alone_and_whole_pages_of_zeros),
        PROMISE(a_name_is_taken_away_only_once),
        PROMISE(what_stands_there_is_never_overwritten),
        PROMISE(a_file_that_others_can_reach_is_not_taken_for_ours),
        PROMISE(too_large_a_segment_leaves_nothing_behind),
        PROMISE(what_a_dead_engine_left_is_removed),
        PROMISE(what_a_dead_engine_left_can_be_removed_without_taking_its_name),
        PROMISE(nothing_of_a_living_engine_is_removed),
        PROMISE(a_living_engine_keeps_its_name),
        PROMISE(of_many_that_want_a_name_one_gets_it),
        PROMISE(slots_stand_twice_and_rings_do_not_touch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
