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
create_with(uint32_t frontends)
{
    char reason[SHARED_ENGINE_WHY];
    struct engine_shape shape = {.workers = WORKERS,
                                 .frontends = frontends,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = 4096};
    snprintf(name, sizeof name, "view-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, reason))
        fail_msg("%s", reason);
    return 0;
}

static int
create(void **state)
{
    (void)state;
    return create_with(1);
}

static int
create_two(void **state)
{
    (void)state;
    return create_with(2);
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
several_front_ends_are_told_apart_and_counted_together(void **state)
{
    (void)state;
    counter_add(&engine.frontends[0].counters, COUNTER_MESSAGES, 7);
    counter_add(&engine.frontends[1].counters, COUNTER_MESSAGES, 5);
    watermark_set(&engine, 0, 12);
    watermark_set(&engine, 1, 30);
    progress_set(&engine.workers[2], 0, UINT64_MAX);
    progress_set(&engine.workers[2], 1, 2 * 9 + 1);
    struct ring_spsc *ring = &engine.rings[engine_channel(&engine, 1, 2)];
    assert_true(ring_spsc_claim(ring, 3));
    ring_spsc_publish(ring, 3);

    struct view_fill fill;
    assert_true(view_open(&view, VIEW_FOLDER, name, why));
    assert_int_equal(view.process_count, WORKERS + 3);
    assert_int_equal(view.channel_count, 2 * WORKERS);
    assert_int_equal(view_total(&view, COUNTER_MESSAGES), 12);
    assert_string_equal(view_role_name(&view, 1), "front-end");
    assert_int_equal(view_role_index(&view, 1), 1);
    assert_string_equal(view_role_name(&view, 2), "publisher");
    assert_string_equal(view_role_name(&view, 5), "worker");
    assert_int_equal(view_role_index(&view, 5), 2);
    assert_int_equal(view_watermark(&view), 42);
    assert_int_equal(view_progress(&view, 5), 12 + 9);
    for (uint32_t channel = 0; channel < view.channel_count; channel++) {
        assert_true(view_ring(&view, channel, &fill));
        assert_int_equal(fill.depth, channel == WORKERS + 2 ? 3 : 0);
        assert_true(view_outbox(&view, channel, &fill));
        assert_true(view_closed(&view, channel, &fill));
    }
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
an_engine_restarted_under_the_name_is_another_one(void **state)
{
    (void)state;
    counter_add(&engine.frontends->counters, COUNTER_MESSAGES, 7);
    assert_true(view_open(&view, VIEW_FOLDER, name, why));
    uint64_t epoch = view.fixed.identity.epoch;
    assert_true(view_renew(&view));
    assert_int_equal(view.fixed.identity.epoch, epoch);
    shared_engine_destroy(&engine);
    assert_false(view_renew(&view));
    assert_int_equal(view_total(&view, COUNTER_MESSAGES), 7);
    create(NULL);
    assert_int_equal(view_owner(&view), 0);
    assert_true(view_renew(&view));
    assert_int_not_equal(view.fixed.identity.epoch, epoch);
    assert_int_equal(view_total(&view, COUNTER_MESSAGES), 0);
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

static void
a_ring_whose_slots_are_no_whole_pages_is_refused(void **state)
{
    (void)state;
    struct view_fill fill;
    char folder[] = "/tmp/onhook-view-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct file files[2];
    copy_segment(&files[0], folder, SEGMENT_CONTROL, 0);
    copy_segment(&files[1], folder, SEGMENT_CLOSED, 0);
    struct shm_ring_fixed *fixed = (void *)files[1].bytes;
    fixed->slot_count = 16; /* of 128 bytes: half a page */
    identity_seal(fixed, &(struct identity){.kind = SEGMENT_CLOSED,
                                            .header_size = sizeof(struct shm_ring_header),
                                            .fixed_size = sizeof *fixed,
                                            .total_size = files[1].size,
                                            .epoch = 1});
    write_file(&files[1], files[1].size);
    assert_true(view_open(&view, folder, name, why));
    assert_false(view_closed(&view, 0, &fill));
    assert_false(view_closed(&view, 1, &fill));
    view_close(&view);
    for (int i = 0; i < 2; i++) {
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
        cmocka_unit_test(a_ring_whose_slots_are_no_whole_pages_is_refused),
        cmocka_unit_test(a_copy_can_be_looked_at_and_so_can_a_damaged_one),
    };
    const struct CMUnitTest of_restart[] = {
        cmocka_unit_test(an_engine_restarted_under_the_name_is_another_one),
    };
    const struct CMUnitTest of_two[] = {
        cmocka_unit_test(several_front_ends_are_told_apart_and_counted_together),
    };
    return cmocka_run_group_tests(tests, create, destroy) +
           cmocka_run_group_tests(of_restart, create, destroy) +
           cmocka_run_group_tests(of_two, create_two, destroy);
}
