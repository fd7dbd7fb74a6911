/*
 * What `onhook top` says of an engine: who is stale and who is dead, what went wrong and when, and
 * that it died; on a screen of any size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/process_state.h"
#include "tools/inspect/top_draw.h"

enum {
    WORKERS = 2,
    FIRST_WORKER = 2, /* behind the front-end and the publisher */
};

#define NS_PER_S UINT64_C(1000000000)

static struct shared_engine engine;
static struct top_model model;
static struct grid grid;
static pid_t child;
static bool stands;
static uint32_t live_links; /* of the next engine */

static int
create(void **state)
{
    (void)state;
    static struct view view;
    char name[64];
    char why[SHARED_ENGINE_WHY + VIEW_WHY];
    struct engine_shape shape = {.workers = WORKERS,
                                 .live_links = live_links,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = 4096};
    snprintf(name, sizeof name, "top-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    child = fork();
    if (child == 0) {
        for (;;)
            pause();
    }
    process_pid_set(&engine.frontends[0], (uint32_t)child);
    process_pid_set(engine.publisher, (uint32_t)child);
    for (uint32_t i = 0; i < WORKERS; i++)
        process_pid_set(&engine.workers[i], (uint32_t)child);
    if (!view_open(&view, VIEW_FOLDER, name, why))
        fail_msg("%s", why);
    top_model_open(&model, &view);
    stands = true;
    return 0;
}

static void
end_child(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, &(int){0}, 0);
    }
    child = 0;
}

static int
destroy(void **state)
{
    (void)state;
    end_child();
    top_model_close(&model);
    if (stands)
        shared_engine_destroy(&engine);
    return 0;
}

static const char *
state_of(uint32_t process)
{
    static char buffer[24];
    return top_model_state(&model, process, buffer);
}

/* Is the text somewhere on that page? */
static bool
page_shows(enum top_page page, const char *words)
{
    struct top_look look = {.page = page};
    grid_clear(&grid, 24, 80);
    top_draw(&grid, &model, &look);
    for (uint32_t row = 0; row < grid.rows; row++)
        if (memmem(grid.text[row], grid.columns, words, strlen(words)) != NULL)
            return true;
    return false;
}

static void
a_worker_with_work_that_does_not_move_is_stale(void **state)
{
    (void)state;
    top_model_look(&model);
    assert_string_equal(state_of(FIRST_WORKER), "waits");
    watermark_set(&engine, 0, 10);
    top_model_look(&model);
    assert_string_equal(state_of(FIRST_WORKER), "runs");
    model.moved_ns[FIRST_WORKER] -= 12 * NS_PER_S;
    assert_string_equal(state_of(FIRST_WORKER), "STALE 12 s");
    assert_true(page_shows(TOP_RINGS, "STALE 12 s"));
    progress_set(&engine.workers[0], 0, decided_by(5));
    top_model_look(&model);
    assert_string_equal(state_of(FIRST_WORKER), "runs");
    assert_string_equal(state_of(FIRST_WORKER + 1), "runs");
}

static int
create_live(void **state)
{
    live_links = 1;
    int result = create(state);
    live_links = 0;
    return result;
}

static void
a_live_front_end_that_neither_beats_nor_commits_is_stale(void **state)
{
    (void)state;
    top_model_look(&model);
    assert_string_equal(state_of(0), "runs");
    model.watch.processes[0].moved_ns -= 12 * NS_PER_S;
    assert_string_equal(state_of(0), "STALE 12 s");
    process_beat(&engine.frontends[0]);
    top_model_look(&model);
    assert_string_equal(state_of(0), "runs");
}

static void
a_front_end_that_reads_a_file_need_not_beat(void **state)
{
    (void)state;
    top_model_look(&model);
    model.watch.processes[0].moved_ns -= 12 * NS_PER_S;
    assert_string_equal(state_of(0), "runs");
}

static void
a_process_that_is_gone_is_dead_and_one_that_has_finished_is_done(void **state)
{
    (void)state;
    top_model_look(&model);
    process_done_set(engine.publisher);
    assert_string_equal(state_of(1), "done");
    end_child();
    assert_string_equal(state_of(FIRST_WORKER), "DEAD");
    assert_string_equal(state_of(1), "done");
    assert_true(page_shows(TOP_RINGS, "DEAD"));
}

static void
an_engine_that_dies_is_said_to_be_dead(void **state)
{
    (void)state;
    top_model_look(&model);
    assert_false(page_shows(TOP_OVERVIEW, "DEAD"));
    shared_engine_destroy(&engine);
    stands = false;
    top_model_look(&model);
    for (unsigned page = 0; page < TOP_PAGES; page++)
        assert_true(page_shows((enum top_page)page, "DEAD: nobody runs it"));
}

static void
an_error_is_shown_with_when_it_was_first_and_last_seen(void **state)
{
    (void)state;
    counter_add(&engine.frontends[0].counters, COUNTER_UNREADABLE, 3);
    top_model_look(&model);
    assert_true(page_shows(TOP_ERRORS, "before"));
    assert_int_equal(model.watch.errors[COUNTER_UNREADABLE].count, 3);
    assert_int_equal(model.watch.errors[COUNTER_UNREADABLE].last_us, 0);
    counter_add(&engine.frontends[0].counters, COUNTER_FRAMING_ERRORS, 1);
    counter_add(&engine.frontends[0].counters, COUNTER_UNREADABLE, 1);
    process_restarts_add(&engine.workers[1]);
    top_model_look(&model);
    const struct watch_error *framing = &model.watch.errors[COUNTER_FRAMING_ERRORS];
    assert_string_equal(framing->name, "framing_errors");
    assert_true(framing->first_us > 0);
    assert_int_equal(framing->first_us, framing->last_us);
    assert_int_equal(model.watch.errors[COUNTER_UNREADABLE].first_us, 0);
    assert_true(model.watch.errors[COUNTER_UNREADABLE].last_us > 0);
    assert_true(page_shows(TOP_ERRORS, "restarts"));
}

static void
what_is_wrong_stands_on_every_page(void **state)
{
    (void)state;
    top_model_look(&model);
    assert_false(page_shows(TOP_LINKS, "restarts"));
    counter_add(&engine.frontends[0].counters, COUNTER_UNREADABLE, 1);
    counter_add(&engine.workers[0].counters, COUNTER_UNMATCHED_CLEARINGS, 1); /* no fault */
    process_restarts_add(&engine.workers[1]);
    watermark_set(&engine, 0, 10);
    top_model_look(&model);
    model.moved_ns[FIRST_WORKER + 1] -= 12 * NS_PER_S;
    model.watch.link_count = 2;
    model.watch.links[1].now.state = VIEW_LINK_DOWN;
    snprintf(model.watch.links[1].now.name, sizeof model.watch.links[1].now.name, "pbx9");
    for (unsigned page = 0; page < TOP_PAGES; page++)
        assert_true(page_shows((enum top_page)page,
                               "1 of 2 links down  worker 1 STALE 12 s  1 restart  1 kind of "
                               "errors: 7"));
    assert_true(page_shows(TOP_OVERVIEW, "link pbx9 is down"));
    assert_true(page_shows(TOP_OVERVIEW, "worker 1 is STALE 12 s"));
    assert_true(page_shows(TOP_OVERVIEW, "1 unmatched_clearings"));
}

static void
an_idle_worker_or_publisher_that_does_not_look_for_work_is_stale(void **state)
{
    (void)state;
    top_model_look(&model);
    for (uint32_t i = 1; i <= FIRST_WORKER; i++) {
        assert_string_equal(state_of(i), "waits");
        model.watch.processes[i].moved_ns -= 12 * NS_PER_S;
        assert_string_equal(state_of(i), "STALE 12 s");
    }
    process_beat(engine.publisher);
    process_beat(&engine.workers[0]);
    top_model_look(&model);
    assert_string_equal(state_of(1), "waits");
    assert_string_equal(state_of(FIRST_WORKER), "waits");
}

static void
every_page_is_scrolled_to_its_last_row_and_no_further(void **state)
{
    (void)state;
    counter_add(&engine.workers[0].counters, COUNTER_UNMATCHED_CLEARINGS, 1);
    top_model_look(&model);
    for (unsigned page = 0; page < TOP_PAGES; page++) {
        struct top_look look = {.page = (enum top_page)page};
        char last[GRID_COLUMNS_MAX];
        grid_clear(&grid, GRID_ROWS_MAX, 80);
        assert_int_equal(top_draw(&grid, &model, &look), 0);
        uint32_t end = GRID_ROWS_MAX - 2;
        while (end > 2 && strspn(grid.text[end], " ") >= 80)
            end--;
        memcpy(last, grid.text[end], 80);
        grid_clear(&grid, 6, 80);
        look.skipped = top_draw(&grid, &model, &look);
        grid_clear(&grid, 6, 80);
        assert_int_equal(top_draw(&grid, &model, &look), look.skipped);
        if (look.skipped > 0)
            assert_memory_equal(grid.text[4], last, 80);
    }
}

static void
how_full_a_ring_was_seen_is_remembered(void **state)
{
    (void)state;
    assert_true(ring_spsc_claim(&engine.rings[1], 7));
    ring_spsc_publish(&engine.rings[1], 7);
    top_model_look(&model);
    atomic_store(&engine.rings[1].shared->consumer_position, 7);
    top_model_look(&model);
    assert_int_equal(top_watch_high(&model.watch, WATCH_EVENTS, 1), 7);
    assert_int_equal(top_watch_high(&model.watch, WATCH_EVENTS, 0), 0);
}

static void
every_page_fits_every_screen(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {3, 10}, {4, 80}, {24, 80}, {50, 160}, {200, 400}};
    top_model_look(&model);
    top_model_look(&model);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned page = 0; page < TOP_PAGES; page++)
            for (unsigned sort = 0; sort < TOP_SORTS; sort++) {
                struct top_look look = {.page = (enum top_page)page, .sort = (enum top_sort)sort};
                grid_clear(&grid, sizes[i][0], sizes[i][1]);
                top_draw(&grid, &model, &look);
            }
}

int
main(void)
{
#define TEST(promise) cmocka_unit_test_setup_teardown(promise, create, destroy)
    const struct CMUnitTest tests[] = {
        TEST(a_worker_with_work_that_does_not_move_is_stale),
        cmocka_unit_test_setup_teardown(a_live_front_end_that_neither_beats_nor_commits_is_stale,
                                        create_live, destroy),
        TEST(a_front_end_that_reads_a_file_need_not_beat),
        TEST(a_process_that_is_gone_is_dead_and_one_that_has_finished_is_done),
        TEST(an_engine_that_dies_is_said_to_be_dead),
        TEST(an_error_is_shown_with_when_it_was_first_and_last_seen),
        TEST(what_is_wrong_stands_on_every_page),
        TEST(an_idle_worker_or_publisher_that_does_not_look_for_work_is_stale),
        TEST(every_page_is_scrolled_to_its_last_row_and_no_further),
        TEST(how_full_a_ring_was_seen_is_remembered),
        TEST(every_page_fits_every_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
