/*
 * `onhook dump` shows of a killed engine who held what: the claim in the result ring, the
 * transaction in hand and the bytes it would have put back. And the table of fields it prints by
 * covers every struct to its last byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/front_state.h"
#include "ipc/layout_table.h"
#include "ipc/process_state.h"
#include "ipc/shared_engine.h"
#include "ipc/worker_journal.h"
#include "tests/unit/outcome_sample.h"
#include "tests/unit/single_step.h"
#include "tools/command.h"

enum {
    FRONTENDS = 2,
    WORKERS = 2,
    VICTIM = 1,
    PRINTED_SIZE = 1 << 20,
};

static struct shared_engine engine;
static char name[64];
static char printed[PRINTED_SIZE];

static int
create(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {.workers = WORKERS,
                                 .frontends = FRONTENDS,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = 1 << 16,
                                 .frontend_bytes = front_state_bytes()};
    snprintf(name, sizeof name, "dump-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    return 0;
}

static int
destroy(void **state)
{
    (void)state;
    shared_engine_destroy(&engine);
    return 0;
}

/* What `onhook dump --name NAME WORD` prints; the option may be a segment. */
static const char *
dump(const char *word)
{
    char *argv[] = {"dump", "--name", name, (char *)(uintptr_t)word, NULL};
    FILE *into = tmpfile();
    assert_non_null(into);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(into), STDOUT_FILENO);
    int code = cmd_dump(word == NULL ? 3 : 4, argv);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(into);
    printed[fread(printed, 1, sizeof printed - 1, into)] = '\0';
    fclose(into);
    assert_int_equal(code, EXIT_DONE);
    return printed;
}

/* ---- a killed engine ----------------------------------------------------------------------- */

/* The worker changes its state, and, between the marks, puts an outcome into the ring. */
static void
work(void *unused)
{
    static struct transaction transaction;
    (void)unused;
    uint64_t *state = engine.calls[VICTIM];
    struct shm_outcome outcome = outcome_sample(OUTCOME_RELEASED);
    transaction_open(&transaction, engine.journals[VICTIM], worker_cursor_bytes(FRONTENDS, WORKERS),
                     worker_log_bytes(1 << 16));
    transaction_cover(&transaction, state, 1 << 16);
    *state = UINT64_C(0x1122334455667788);
    transaction_begin(&transaction);
    transaction_touch(&transaction, state, sizeof *state);
    *state = 0;
    single_step_mark();
    ring_result_flush(&engine.result, VICTIM, &engine.workers[VICTIM].flushed[0], &outcome);
    single_step_mark();
}

static void
a_killed_engine_shows_which_process_held_which_claim(void **state)
{
    (void)state;
    static struct single_step step;
    bool was_claimed = false;
    bool had_body = false;
    const char *says = "claims result position 64, its outcome is not there yet";
    single_step_begin(&step, work, NULL);
    process_pid_set(&engine.workers[VICTIM], (uint32_t)step.child);
    const struct shm_result_slot *slot = &engine.result.slots[0];
    while (!was_claimed || !had_body) {
        assert_true(single_step_next(&step));
        struct ring_result_claim claim = ring_result_claim_of(slot->header);
        if (claim.is_open && !was_claimed) {
            was_claimed = true;
            assert_non_null(strstr(dump(NULL), says));
        }
        had_body = claim.is_open && slot->body_position == claim.position;
    }
    single_step_kill(&step);

    const char *line = strstr(dump(NULL), "worker        1");
    assert_non_null(line);
    assert_non_null(strstr(line, "DEAD   transaction 1 in hand"));
    assert_non_null(strstr(line, "claims result position 64, its outcome is there"));
    line = strstr(printed, "worker        0");
    assert_non_null(line);
    assert_null(memmem(line, strcspn(line, "\n"), "claims", strlen("claims")));
    assert_non_null(strstr(dump("result"), "claimed by worker 1 for position 64"));
}

static void
a_transaction_in_hand_shows_the_bytes_that_would_be_put_back(void **state)
{
    (void)state;
    static struct single_step step;
    single_step_begin(&step, work, NULL);
    single_step_kill(&step);
    const char *text = dump("journal-1");
    assert_non_null(strstr(text, "shm_transaction  a transaction is in hand"));
    assert_non_null(strstr(text, "old bytes 0: call tables, offset 0x0"));
    assert_non_null(strstr(text, "88 77 66 55 44 33 22 11"));
    assert_non_null(strstr(dump("journal-0"), "no transaction is in hand"));
}

static void
every_segment_can_be_dumped_and_a_wrong_word_is_said(void **state)
{
    (void)state;
    assert_non_null(strstr(dump("all"), "shm_call_table"));
    assert_non_null(strstr(dump("calls-0"), "calls of front-end 1"));
    assert_non_null(strstr(dump("journal-0"), "cursors 0, 1: committed"));
    assert_non_null(strstr(dump("ring-1"), "shm_ring_header  ring 1"));
    assert_non_null(strstr(dump("frontend-1"), "shm_front_cursors"));
    char *argv[] = {"dump", "--name", name, "../control", NULL};
    assert_int_equal(cmd_dump(4, argv), EXIT_FAILED);
    char *layout[] = {"dump", "--markdown", NULL};
    assert_int_equal(cmd_dump(2, layout), EXIT_WRONG_USAGE);
}

/* ---- the table ----------------------------------------------------------------------------- */

/* Fields stand in order and do not overlap; between them is no more than alignment asks for. */
static void
the_table_covers_every_struct_to_its_end(void **state)
{
    (void)state;
    for (unsigned id = 0; id < LAYOUT_COUNT; id++) {
        struct layout_struct shape = layout_struct_of((enum layout_id)id);
        uint64_t end = 0;
        assert_true(shape.field_count > 0);
        for (uint32_t i = 0; i < shape.field_count; i++) {
            const struct layout_field *field = &shape.fields[i];
            if (field->offset < end)
                fail_msg("%s.%s is out of order", shape.name, field->name);
            if (field->offset - end >= 8 && field->offset % 64 != 0)
                fail_msg("%s: something before %s is missing", shape.name, field->name);
            assert_true(field->meaning[0] != '\0');
            end = field->offset + field->size * field->count;
        }
        if (shape.size < end || (shape.size - end >= 8 && shape.size % 64 != 0))
            fail_msg("%s: something at its end is missing", shape.name);
    }
}

int
main(void)
{
#define TEST(promise) cmocka_unit_test_setup_teardown(promise, create, destroy)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_engine_shows_which_process_held_which_claim),
        TEST(a_transaction_in_hand_shows_the_bytes_that_would_be_put_back),
        TEST(every_segment_can_be_dumped_and_a_wrong_word_is_said),
        cmocka_unit_test(the_table_covers_every_struct_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
