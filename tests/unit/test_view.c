/*
 * What an onlooker sees of an engine is what its processes wrote; whatever stands in the files
 * instead, he says what is wrong, or sees nonsense, and nothing worse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/process_state.h"
#include "ipc/segment.h"
#include "ipc/view.h"

enum {
    WORKERS = 3,
    FLIPS = 2000,
};

static struct shared_engine engine;
static struct view view;
static char name[SEGMENT_NAME_MAX];
static char why[VIEW_WHY];

static int
create(void **state)
{
    (void)state;
    char reason[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = WORKERS, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    snprintf(name, sizeof name, "view-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, reason))
        fail_msg("%s", reason);
    return 0;
}

static int
destroy(void **state)
{
    (void)state;
    shared_engine_destroy(&engine);
    return 0;
}

static void
counters_and_positions_are_what_the_processes_wrote(void **state)
{
    (void)state;
    counter_add(&engine.frontends->counters, COUNTER_MESSAGES, 7);
    counter_add(&engine.workers[2].counters, COUNTER_STEPS, 5);
    counter_add(&engine.workers[0].counters, COUNTER_STEPS, 1);
    process_pid_set(&engine.workers[1], 4711);
    process_done_set(engine.publisher);
    watermark_set(&engine, 0, 12);
    progress_set(&engine.workers[2], 0, 2 * 9 + 1);
    assert_true(ring_spsc_claim(&engine.rings[1], 3));
    ring_spsc_publish(&engine.rings[1], 3);

    assert_true(view_open(&view, VIEW_FOLDER, name, why));
    assert_int_equal(view.process_count, WORKERS + 2);
    assert_int_equal(view_total(&view, COUNTER_MESSAGES), 7);
    assert_int_equal(view_total(&view, COUNTER_STEPS), 6);
    assert_int_equal(view_counter(&view, 4, COUNTER_STEPS), 5);
    assert_string_equal(view_role_name(&view, 4), "worker");
    assert_int_equal(view_role_index(&view, 4), 2);
    assert_int_equal(view_pid(&view, 3), 4711);
    assert_true(view_is_done(&view, 1));
    assert_false(view_is_done(&view, 0));
    assert_int_equal(view_watermark(&view), 12);
    assert_int_equal(view_progress(&view, 4), 9);

    struct view_fill fill;
    assert_true(view_ring(&view, 1, &fill));
    assert_int_equal(fill.depth, 3);
    assert_int_equal(fill.slots, 1024);
    assert_true(view_ring(&view, 0, &fill));
    assert_int_equal(fill.depth, 0);
    assert_true(view_closed(&view, 2, &fill));
    assert_int_equal(fill.depth, 0);
    assert_true(view_result(&view, &fill));
    assert_int_equal(fill.depth, 0);
    assert_int_equal(fill.written, 0);
    view_close(&view);
}

static void
it_is_found_by_name_and_owned_by_who_made_it(void **state)
{
    (void)state;
    static char names[VIEW_ENGINES_MAX][64];
    uint32_t count = view_find(VIEW_FOLDER, names);
    uint32_t at = 0;
    while (at < count && at < VIEW_ENGINES_MAX && strcmp(names[at], name) != 0)
        at++;
    assert_true(at < count);
    assert_true(view_open(&view, VIEW_FOLDER, name, why));
    assert_int_equal(view_owner(&view), getpid());
    view_close(&view);
}

static void
what_is_not_there_is_said(void **state)
{
    (void)state;
    assert_false(view_open(&view, VIEW_FOLDER, "no-such-engine", why));
    assert_non_null(strstr(why, "onhook-no-such-engine.control: No such file"));
    assert_false(view_open(&view, VIEW_FOLDER, "../etc/passwd", why));
    assert_false(view_open(&view, "/nonexistent", name, why));
}

/* ---- copies, and what may stand in them ----------------------------------------------------- */

struct file {
    char path[SEGMENT_PATH_SIZE + 32];
    uint8_t *bytes;
    size_t size;
};

static void
read_file(struct file *file, const char *path)
{
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    file->bytes = malloc(1 << 22);
    assert_non_null(file->bytes);
    file->size = fread(file->bytes, 1, 1 << 22, from);
    fclose(from);
}

static void
write_file(const struct file *file, size_t size)
{
    FILE *to = fopen(file->path, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(file->bytes, 1, size, to), size);
    fclose(to);
}

static void
copy_segment(struct file *file, const char *folder, enum segment_kind kind, uint32_t number)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, kind, number);
    read_file(file, path);
    snprintf(file->path, sizeof file->path, "%s%s", folder, strrchr(path, '/'));
    write_file(file, file->size);
}

static void
look_at_everything(const char *folder)
{
    struct view_fill fill;
    if (!view_open(&view, folder, name, why))
        return;
    for (uint32_t i = 0; i < view.process_count; i++) {
        (void)view_counter(&view, i, COUNTER_STEPS);
        (void)view_pid(&view, i);
    }
    for (uint32_t i = 0; i < view.fixed.workers; i++) {
        if (view_ring(&view, i, &fill))
            assert_true(fill.depth <= fill.slots);
        if (view_closed(&view, i, &fill))
            assert_true(fill.depth <= fill.slots);
    }
    if (view_result(&view, &fill))
        assert_true(fill.depth <= fill.slots);
    assert_int_equal(view_owner(&view), 0);
    view_close(&view);
}

static void
a_copy_can_be_looked_at_and_so_can_a_damaged_one(void **state)
{
    (void)state;
    char folder[] = "/tmp/onhook-view-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct file files[5];
    copy_segment(&files[0], folder, SEGMENT_CONTROL, 0);
    copy_segment(&files[1], folder, SEGMENT_RING, 0);
    copy_segment(&files[2], folder, SEGMENT_RING, 1);
    copy_segment(&files[3], folder, SEGMENT_CLOSED, 0);
    copy_segment(&files[4], folder, SEGMENT_RESULT, 0);
    assert_true(view_open(&view, folder, name, why));
    view_close(&view);
    look_at_everything(folder);

    srand(1);
    for (int i = 0; i < FLIPS; i++) {
        struct file *file = &files[i % 5];
        /* Headers and cursors: the first three pages say all there is to say. */
        size_t at = (size_t)rand() % (3 * SHM_PAGE < file->size ? 3 * SHM_PAGE : file->size);
        uint8_t bit = (uint8_t)(1 << rand() % 8);
        file->bytes[at] ^= bit;
        write_file(file, i % 7 == 0 ? (size_t)rand() % file->size : file->size);
        look_at_everything(folder);
        file->bytes[at] ^= bit;
        write_file(file, file->size);
    }
    for (int i = 0; i < 5; i++) {
        unlink(files[i].path);
        free(files[i].bytes);
    }
    rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_positions_are_what_the_processes_wrote),
        cmocka_unit_test(it_is_found_by_name_and_owned_by_who_made_it),
        cmocka_unit_test(what_is_not_there_is_said),
        cmocka_unit_test(a_copy_can_be_looked_at_and_so_can_a_damaged_one),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
