/*
 * What the buffers of live links promise: they are there where the engine runs live, cost nothing
 * before they are used, and outlive whoever wrote them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/live_stream.h"
#include "ipc/segment.h"

static struct engine_shape
shape_with(uint32_t live_links)
{
    return (struct engine_shape){.workers = 1,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = 1u << 20,
                                 .frontend_bytes = 4096,
                                 .live_links = live_links,
                                 .run = 7};
}

static char name[SEGMENT_NAME_MAX + 1];
static char why[SHARED_ENGINE_WHY];

static bool
stat_streams(struct stat *status)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_STREAMS, 0);
    return stat(path, status) == 0;
}

static int
setup(void **state)
{
    static struct shared_engine engine;
    const struct engine_shape shape = shape_with(LIVE_LINKS_MAX);
    snprintf(name, sizeof name, "transport-streams-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    *state = &engine;
    return 0;
}

static int
teardown(void **state)
{
    shared_engine_destroy(*state);
    return 0;
}

static uint8_t *
map(const struct shared_engine *engine, uint32_t place, enum live_direction direction)
{
    uint8_t *at = live_stream_map(engine, 0, place, direction);
    assert_non_null(at);
    return at;
}

static void
what_wraps_at_the_end_of_a_buffer_is_one_piece(void **state)
{
    uint8_t *at = map(*state, 3, LIVE_IN);
    memcpy(at + LIVE_STREAM_BYTES - 3, "abcdef", 6);
    assert_memory_equal(at, "def", 3);
    assert_memory_equal(at + 2 * LIVE_STREAM_BYTES - 3, "abc", 3);
    live_stream_unmap(at);
}

static void
every_link_and_direction_has_bytes_of_its_own(void **state)
{
    for (uint32_t place = 0; place < LIVE_LINKS_MAX; place++) {
        for (unsigned way = 0; way < LIVE_DIRECTIONS; way++) {
            uint8_t *at = map(*state, place, (enum live_direction)way);
            assert_int_equal(at[0], 0);
            assert_int_equal(at[LIVE_STREAM_BYTES - 1], 0);
            at[0] = at[LIVE_STREAM_BYTES - 1] = 1;
            live_stream_unmap(at);
        }
    }
}

static void
a_buffer_costs_nothing_before_it_is_used(void **state)
{
    (void)state;
    struct stat status;
    assert_true(stat_streams(&status));
    assert_true((uint64_t)status.st_size >= live_streams_bytes(LIVE_LINKS_MAX));
    assert_true(status.st_blocks * 512 <= 64 * 1024);
}

static void
a_successor_finds_what_a_dead_front_end_wrote(void **state)
{
    struct shared_engine *engine = *state;
    pid_t pid = fork();
    if (pid == 0) {
        shared_engine_become(engine, ROLE_FRONTEND, 0);
        uint8_t *at = live_stream_map(engine, 0, 5, LIVE_OUT);
        memcpy(at + 100, "still here", 10);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    uint8_t *at = map(engine, 5, LIVE_OUT);
    assert_memory_equal(at + 100, "still here", 10);
    live_stream_unmap(at);
}

static void
a_supervisor_that_takes_over_finds_it_too(void **state)
{
    struct shared_engine *engine = *state;
    struct engine_shape shape = engine->shape;
    uint8_t *at = map(engine, 1, LIVE_IN);
    at[9] = 77;
    live_stream_unmap(at);
    shared_engine_close(engine);
    if (shared_engine_take_over(engine, name, &shape, why) != ENGINE_TAKEN_OVER)
        fail_msg("%s", why);
    at = map(engine, 1, LIVE_IN);
    assert_int_equal(at[9], 77);
    live_stream_unmap(at);
}

static void
an_engine_made_for_other_links_is_not_taken_over(void **state)
{
    struct shared_engine *engine = *state;
    struct shared_engine other;
    struct engine_shape shape = engine->shape;
    shared_engine_close(engine);
    shape.live_links = 1;
    assert_int_equal(shared_engine_take_over(&other, name, &shape, why), ENGINE_REFUSED);
    shape.live_links = LIVE_LINKS_MAX;
    assert_int_equal(shared_engine_take_over(engine, name, &shape, why), ENGINE_TAKEN_OVER);
}

static void
a_replay_has_no_such_segment(void **state)
{
    struct shared_engine *engine = *state;
    const struct engine_shape shape = shape_with(0);
    struct stat status;
    shared_engine_destroy(engine);
    assert_false(stat_streams(&status));
    assert_true(shared_engine_create(engine, name, &shape, why));
    assert_false(stat_streams(&status));
    pid_t pid = fork();
    if (pid == 0) {
        shared_engine_become(engine, ROLE_FRONTEND, 0);
        _exit(0);
    }
    int end;
    assert_int_equal(waitpid(pid, &end, 0), pid);
    assert_int_equal(end, 0);
}

static void
more_links_than_there_are_places_are_refused(void **state)
{
    (void)state;
    struct shared_engine engine;
    const struct engine_shape shape = shape_with(LIVE_LINKS_MAX + 1);
    char other[SEGMENT_NAME_MAX + 1];
    snprintf(other, sizeof other, "transport-toomany-%d", (int)getpid());
    assert_false(shared_engine_create(&engine, other, &shape, why));
    assert_string_equal(why, "live links must be 256 at the most");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_wraps_at_the_end_of_a_buffer_is_one_piece, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_link_and_direction_has_bytes_of_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_buffer_costs_nothing_before_it_is_used, setup, teardown),
        cmocka_unit_test_setup_teardown(a_successor_finds_what_a_dead_front_end_wrote, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_supervisor_that_takes_over_finds_it_too, setup, teardown),
        cmocka_unit_test_setup_teardown(an_engine_made_for_other_links_is_not_taken_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_replay_has_no_such_segment, setup, teardown),
        cmocka_unit_test_setup_teardown(more_links_than_there_are_places_are_refused, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
