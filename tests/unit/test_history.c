/*
 * A history tells whole entries only, none twice, the newest last; whatever happens to its worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/segment.h"
#include "ipc/shared_engine.h"
#include "ipc/view_history.h"

enum {
    SLOTS = 1024,
    RACE_LOOKS = 5000, /* without claims some of them find a torn entry */
};

static struct shared_engine engine;
static struct history history;
static struct view view;
static char name[40];

static int
setup(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    char view_why[VIEW_WHY];
    const struct engine_shape shape = {.workers = 1,
                                       .ring_slots = 1024,
                                       .result_slots = 64,
                                       .calls_bytes = SHM_PAGE,
                                       .frontend_bytes = SHM_PAGE,
                                       .history_slots = SLOTS};
    snprintf(name, sizeof name, "test-history-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    history_open(&history, engine_history(&engine, 0, 0), SLOTS);
    if (!view_open(&view, VIEW_FOLDER, name, view_why))
        fail_msg("%s", view_why);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    view_close(&view);
    shared_engine_destroy(&engine);
    return 0;
}

/* An outcome that says `number` in several places, as long as that makes it. */
static void
add(struct history *to, uint64_t number)
{
    struct shm_outcome outcome;
    memset(&outcome, 0, sizeof outcome);
    outcome.event = OUTCOME_CALL_DELETED;
    outcome.seq = outcome.conn_id = outcome.call_order = number;
    outcome.evidence = EVIDENCE_NONE;
    char text[EVENT_TEXT_LENGTH];
    memset(text, 'a' + (int)(number % 26), sizeof text);
    for (int which = 0; which < (int)(number % OUTCOME_TEXT_COUNT); which++)
        outcome_add_text(&outcome, (enum outcome_text)which, (struct text){text, sizeof text});
    struct shm_history_entry entry = {.kind = HISTORY_OUTCOME, .conn_id = number};
    history_add(to, &entry, &outcome, outcome_size(&outcome));
}

/* How many there are; each is whole, and one more than the one before. */
static unsigned
read_all(uint64_t *first, uint64_t *last)
{
    static struct event event;
    struct view_history copy;
    struct shm_history_entry entry;
    struct shm_outcome outcome;
    char why[VIEW_WHY];
    unsigned count = 0;
    if (!view_history_open(&copy, &view, 0, why))
        fail_msg("%s", why);
    while (view_history_next(&copy, &entry, &event, &outcome)) {
        assert_int_equal(entry.kind, HISTORY_OUTCOME);
        assert_int_equal(outcome.seq, entry.conn_id);
        assert_int_equal(outcome.conn_id, entry.conn_id);
        assert_int_equal(outcome.text_bytes,
                         entry.conn_id % OUTCOME_TEXT_COUNT * EVENT_TEXT_LENGTH);
        for (uint32_t i = 0; i < outcome.text_bytes; i++)
            assert_int_equal(outcome.text[i], 'a' + (int)(entry.conn_id % 26));
        if (count > 0)
            assert_int_equal(entry.conn_id, *last + 1);
        else
            *first = entry.conn_id;
        *last = entry.conn_id;
        count++;
    }
    assert_int_equal(copy.unsound, 0);
    view_history_close(&copy);
    return count;
}

static void
what_is_not_shown_is_not_told(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t last;
    add(&history, 1);
    assert_int_equal(read_all(&first, &last), 0);
    history_publish(&history);
    assert_int_equal(read_all(&first, &last), 1);
    assert_int_equal(first, 1);
}

static void
the_newest_are_told_whole_at_every_place_of_the_ring(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t last;
    for (uint64_t number = 1; number <= 3000; number++) {
        add(&history, number);
        history_publish(&history);
        assert_true(read_all(&first, &last) >= 1);
        assert_int_equal(last, number);
        if (number > 200) /* an entry takes 14 slots at most, and some are claimed ahead */
            assert_true(last - first >= (SLOTS - 256) / 14 - 2);
    }
}

static void
what_was_undone_is_told_once_when_it_is_done_again(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t last;
    for (uint64_t number = 1; number <= 500; number++)
        add(&history, number);
    history_publish(&history);
    uint64_t committed = history.position;
    add(&history, 501);
    add(&history, 502);
    struct history successor; /* of a worker that died before its commit */
    history_open(&successor, engine_history(&engine, 0, 0), SLOTS);
    history_rewind(&successor, committed);
    add(&successor, 501);
    add(&successor, 502);
    history_publish(&successor);
    assert_true(read_all(&first, &last) > 2);
    assert_int_equal(last, 502);
}

static void
what_was_committed_and_not_shown_is_shown_by_the_successor(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t last;
    add(&history, 1);
    struct history successor;
    history_open(&successor, engine_history(&engine, 0, 0), SLOTS);
    history_rewind(&successor, history.position);
    history_publish(&successor);
    assert_int_equal(read_all(&first, &last), 1);
}

static void
an_entry_too_long_for_the_ring_is_left_out(void **state)
{
    (void)state;
    static char body[SLOTS * HISTORY_SLOT_SIZE];
    struct shm_history_entry entry = {.kind = HISTORY_EVENT};
    history_add(&history, &entry, body, sizeof body);
    assert_int_equal(history.position, 0);
}

static void
rubbish_is_told_to_nobody_and_ends(void **state)
{
    (void)state;
    static struct event event;
    struct view_history copy;
    struct shm_history_entry entry;
    struct shm_outcome outcome;
    char why[VIEW_WHY];
    uint8_t *memory = engine_history(&engine, 0, 0);
    srand(1);
    for (int round = 0; round < 200; round++) {
        for (uint64_t number = 1; number <= 200; number++)
            add(&history, number);
        history_publish(&history);
        for (int flips = 0; flips < 500; flips++)
            memory[(size_t)rand() % history_bytes(SLOTS)] ^= (uint8_t)(1 << rand() % 8);
        if (round % 2 == 0)
            memset(memory, round, 16); /* both positions, too */
        if (!view_history_open(&copy, &view, 0, why))
            fail_msg("%s", why);
        while (view_history_next(&copy, &entry, &event, &outcome))
            ;
        view_history_close(&copy);
    }
}

static void
an_engine_without_a_history_says_so(void **state)
{
    (void)state;
    struct view_history copy;
    char why[VIEW_WHY];
    view.fixed.history_slots = 0;
    assert_false(view_history_open(&copy, &view, 0, why));
    assert_non_null(strstr(why, "it keeps no history (history-slots = 0)"));
}

static void
a_reader_beside_a_writer_sees_whole_entries_only(void **state)
{
    (void)state;
    uint64_t first;
    uint64_t last = 0;
    uint64_t before = 0;
    pid_t writer = fork();
    if (writer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a look that fails ends this process too */
        for (uint64_t number = 1;; number++) {
            add(&history, number);
            if (number % 7 == 0)
                history_publish(&history);
        }
    }
    assert_true(writer > 0);
    for (int look = 0; look < RACE_LOOKS; look++) {
        read_all(&first, &last);
        assert_true(last >= before);
        before = last;
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    assert_true(read_all(&first, &last) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_not_shown_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_are_told_whole_at_every_place_of_the_ring, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_undone_is_told_once_when_it_is_done_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_committed_and_not_shown_is_shown_by_the_successor,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(an_entry_too_long_for_the_ring_is_left_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rubbish_is_told_to_nobody_and_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(an_engine_without_a_history_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_beside_a_writer_sees_whole_entries_only, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
