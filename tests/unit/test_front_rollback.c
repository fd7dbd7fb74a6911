/*
 * What a transaction of the front-end changed is undone to the last byte.
 *
 * A shadow of the front-end's tables is kept as they were at the last commit. Every batch is taken,
 * thrown away, compared with the shadow byte by byte, and taken again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "ipc/segment.h"
#include "tests/unit/restart_input.h"

enum {
    LINES = 3000,
    BATCHES_MAX = 24, /* messages of the longest batch */
};

static uint8_t *shadow;
static int descriptor; /* of the segment: pages nobody touched are not looked at */

static uint8_t *
tables(void)
{
    return (uint8_t *)rig.session->front.tables;
}

/* Bytes of a page that mean something: behind the end of what was declared none do. */
static size_t
meaningful(size_t at)
{
    size_t end =
        offsetof(struct shm_front_tables, declared) + rig.session->front.now->declared_bytes;
    if (at >= end)
        return 0;
    return end - at < SHM_PAGE ? end - at : SHM_PAGE;
}

/* Calls `see` for every page of the tables that was ever touched. */
static void
each_page(void (*see)(size_t at, size_t bytes))
{
    off_t first = (off_t)(SHM_PAGE + front_tables_offset());
    off_t end = first + (off_t)sizeof(struct shm_front_tables);
    off_t hole;
    for (off_t data = first; (data = lseek(descriptor, data, SEEK_DATA)) >= 0 && data < end;
         data = hole) {
        hole = lseek(descriptor, data, SEEK_HOLE);
        for (off_t page = data; page < hole && page < end; page += (off_t)SHM_PAGE)
            see((size_t)(page - first), meaningful((size_t)(page - first)));
    }
}

static uint32_t seen;

static void
remember(size_t at, size_t bytes)
{
    memcpy(shadow + at, tables() + at, bytes);
}

static void
compare(size_t at, size_t bytes)
{
    seen++;
    for (size_t i = 0; i < bytes; i++) {
        if (shadow[at + i] != tables()[at + i])
            fail_msg("byte %zu of the tables is not what it was", at + i);
    }
}

static void
reopen(void)
{
    session_close(rig.session);
    settings_free(&rig.settings);
    settings_default(&rig.settings);
    rig.session = session_open(&rig.engine, 0, &rig.settings);
    assert_non_null(rig.session);
}

/* Takes up to `count` messages; false when the input is at its end. */
static bool
take(struct source *source, uint32_t count)
{
    struct source_message message;
    const char *why;
    size_t where;
    for (uint32_t i = 0; i < count; i++) {
        if (source_next(source, &message) != SOURCE_OK)
            return false;
        session_take(rig.session, &message, 1, &why, &where);
    }
    return true;
}

static uint64_t
commits(void)
{
    return atomic_load(&rig.session->front.transaction.shared->commit);
}

static uint32_t
undo_and_redo(const char *path, struct restart_run *run)
{
    uint32_t undone = 0;
    bool more = true;
    struct source_position position = {.offset = 0};
    while (more) {
        struct source source;
        uint32_t count = 1 + restart_random(BATCHES_MAX);
        for (uint32_t life = 0; life < 2; life++) {
            uint64_t before = commits();
            assert_true(source_open(&source, path) && source_resume(&source, &position));
            more = take(&source, count);
            assert_int_equal(commits(), before); /* nothing was so long that it came in parts */
            if (life == 0) {
                reopen();
                each_page(compare);
                undone++;
                source_close(&source);
            }
        }
        position = source_position(&source);
        source_close(&source);
        session_publish(rig.session, false);
        each_page(remember);
        restart_drain_all(run, UINT32_MAX);
    }
    return undone;
}

static void
roll_back_everything(uint32_t workers)
{
    char path[] = "/tmp/onhook-rollback-XXXXXX";
    input_out = fdopen(mkstemp(path), "w");
    fputs("# onhook-trace 1\n# link p monitored=1000-1030 route-points=1000,700\n", input_out);
    for (uint32_t i = 0; i < LINES; i++)
        input_any(i);
    fclose(input_out);

    struct restart_run run = {.kills = 0};
    rig_ring_slots = 1 << 15;
    rig_open(&rig, workers);
    char segment[SEGMENT_PATH_SIZE];
    segment_path(segment, rig.engine.name, SEGMENT_FRONTEND, 0);
    descriptor = open(segment, O_RDONLY);
    shadow = mmap(NULL, sizeof(struct shm_front_tables), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(shadow, MAP_FAILED);
    assert_true(undo_and_redo(path, &run) > LINES / BATCHES_MAX);
    assert_true(seen > 1000);
    assert_true(rig_count(&rig, COUNTER_UNMATCHED_ANSWERS) > 0);
    assert_true(workers == 1 || rig_count(&rig, COUNTER_MOVES) > 0);
    munmap(shadow, sizeof(struct shm_front_tables));
    close(descriptor);
    restart_free(&run);
    rig_close(&rig);
    unlink(path);
}

static void
one_worker(void **state)
{
    (void)state;
    roll_back_everything(1);
}

static void
three_workers(void **state)
{
    (void)state;
    roll_back_everything(3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker),
        cmocka_unit_test(three_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
