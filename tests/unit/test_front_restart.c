/*
 * A front-end is killed at any instant, again and again: the workers get the same bytes.
 *
 *   front_restart           some hundred kills
 *   front_restart KILLS     as many
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>

#include "tests/unit/restart_input.h"

enum {
    KILLS = 100, /* of each test, unless told */
    LINES = 200,
    LIFE_US = 12000,
};

static uint32_t wanted_kills = KILLS;
static char folder[] = "/tmp/onhook-restart-XXXXXX";

static const char *
path_of(const char *name)
{
    static char paths[8][128];
    static uint32_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static void
write_trace(const char *path, const char *declaration)
{
    input_out = fopen(path, "w");
    assert_non_null(input_out);
    fprintf(input_out, "# onhook-trace 1\n%s", declaration);
    for (uint32_t i = 0; i < LINES; i++) {
        input_any(i);
        if (i == LINES / 2 && declaration[0] != '\0')
            input_long_things();
    }
    fclose(input_out);
}

static void
write_streams(const char *framed, const char *bare)
{
    FILE *frames = fopen(framed, "w");
    FILE *documents = fopen(bare, "w");
    for (uint32_t i = 0; i < 100; i++) {
        char text[1024];
        unsigned device = input_device();
        int length = snprintf(text, sizeof text, ORIGINATED("c%u", "%u"), device, input_call(),
                              device, device);
        uint32_t size = (uint32_t)length + 8;
        fprintf(frames, "%c%c%c%c%04u%s", 0, 0, (int)(size >> 8), (int)(size & 255), i, text);
        fprintf(documents, "%s%s", text, i % 3 == 0 ? "\n" : "");
    }
    fputs("<unfinished>", documents);
    fclose(frames);
    fclose(documents);
}

static int
make_inputs(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    write_trace(path_of("a.trace"), "# link p monitored=1000-2999 route-points=1000,700\n");
    write_trace(path_of("b.trace"), "");
    write_streams(path_of("c.xml"), path_of("p.xml"));
    return 0;
}

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int
remove_inputs(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- deaths at a commit --------------------------------------------------------------------- */

enum death {
    DEATH_NONE,
    DEATH_BEFORE, /* of the second commit: all since the first is undone */
    DEATH_AFTER,  /* of the first: it is committed, and nothing of it published */
};

static enum death death;

/* The names are the linker's (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
void __real_front_commit(struct front *front);
void __wrap_front_commit(struct front *front);

void
__wrap_front_commit(struct front *front)
{
    static uint32_t commits;
    if (death == DEATH_BEFORE && ++commits == 2)
        raise(SIGKILL);
    __real_front_commit(front);
    if (death == DEATH_AFTER)
        raise(SIGKILL);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */

static struct frontend_input
an_input(uint32_t batch)
{
    static const char *files[4];
    files[0] = path_of("a.trace");
    files[1] = path_of("c.xml");
    files[2] = path_of("p.xml");
    files[3] = path_of("b.trace");
    return (struct frontend_input){.files = files, .file_count = 4, .batch = batch};
}

static void
die_at_each_commit(uint32_t workers, enum death when, uint32_t batch)
{
    const struct frontend_input input = an_input(batch);
    struct restart_run undisturbed;
    struct restart_run disturbed;
    restart_run(&undisturbed, &input, workers, 0);
    death = when;
    restart_run(&disturbed, &input, workers, 0);
    death = DEATH_NONE;
    restart_compare(&undisturbed, &disturbed);
    assert_true(disturbed.kills > 2 * LINES / batch);
    restart_free(&undisturbed);
    restart_free(&disturbed);
}

static void
a_batch_that_is_undone_is_done_again_the_same(void **state)
{
    (void)state;
    die_at_each_commit(1, DEATH_BEFORE, 11);
    die_at_each_commit(3, DEATH_BEFORE, 11);
}

static void
a_batch_that_was_committed_is_published_by_the_next(void **state)
{
    (void)state;
    die_at_each_commit(1, DEATH_AFTER, 11);
    die_at_each_commit(3, DEATH_AFTER, 11);
}

/* ---- kills ---------------------------------------------------------------------------------- */

static void
kill_and_compare(uint32_t workers)
{
    const struct frontend_input input = an_input(0);
    struct restart_run undisturbed;
    restart_run(&undisturbed, &input, workers, 0);
    assert_true(undisturbed.used[0] > 100000);
    assert_true(undisturbed.counters[COUNTER_UNREADABLE] > 0);

    uint32_t kills = 0;
    uint32_t lives = 0;
    while (kills < wanted_kills) {
        struct restart_run disturbed;
        restart_run(&disturbed, &input, workers, LIFE_US);
        restart_compare(&undisturbed, &disturbed);
        kills += disturbed.kills;
        lives += disturbed.lives_begun;
        restart_free(&disturbed);
    }
    print_message("%u workers: %u kills, %u of them of a front-end that had done something\n",
                  workers, kills, lives);
    assert_true(lives > 0);
    restart_free(&undisturbed);
}

static void
killed_with_one_worker_it_loses_and_doubles_nothing(void **state)
{
    (void)state;
    kill_and_compare(1);
}

static void
killed_with_three_workers_it_loses_and_doubles_nothing(void **state)
{
    (void)state;
    kill_and_compare(3);
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        wanted_kills = (uint32_t)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_that_is_undone_is_done_again_the_same),
        cmocka_unit_test(a_batch_that_was_committed_is_published_by_the_next),
        cmocka_unit_test(killed_with_one_worker_it_loses_and_doubles_nothing),
        cmocka_unit_test(killed_with_three_workers_it_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, make_inputs, remove_inputs);
}
