/*
 * An onlooker sees the calls of a worker as they were at its last commit: never half a change, of a
 * worker that works, hangs or is dead; and nothing that stands in a table makes him read elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "ipc/view_calls.h"
#include "ipc/worker_journal.h"
#include "workers/call.h"
#include "workers/call_table.h"

enum {
    MAX_CALLS = 64,
    CALLS = 20,
    LOOKS = 300,
};

static struct shared_engine engine;
static struct transaction transaction;
static struct call_table table;
static struct view view;
static struct view_calls calls;
static struct view_call seen;
static char name[64];
static char why[VIEW_WHY];

static int
create(void **state)
{
    (void)state;
    char reason[SHARED_ENGINE_WHY];
    struct engine_shape shape = {.workers = 1,
                                 .ring_slots = 1024,
                                 .result_slots = 64,
                                 .calls_bytes = call_table_bytes(MAX_CALLS)};
    snprintf(name, sizeof name, "viewcalls-%d", (int)getpid());
    if (!shared_engine_create(&engine, name, &shape, reason))
        fail_msg("%s", reason);
    transaction_open(&transaction, engine.journals[0], worker_cursor_bytes(1, 1),
                     worker_log_bytes(shape.calls_bytes));
    transaction_cover(&transaction, engine.calls[0], shape.calls_bytes);
    assert_true(
        call_table_open(&table, engine.calls[0], shape.calls_bytes, MAX_CALLS, &transaction));
    assert_true(view_open(&view, VIEW_FOLDER, name, why));
    return 0;
}

static int
destroy(void **state)
{
    (void)state;
    view_calls_close(&calls);
    view_close(&view);
    shared_engine_destroy(&engine);
    return 0;
}

static void
add_call(uint32_t number)
{
    char id[16];
    snprintf(id, sizeof id, "c%u", (unsigned)number);
    struct text call_id = text_of(id);
    struct call call = call_table_add(&table, call_key(0, call_id), 0, call_id, 512);
    assert_int_not_equal(call.number, 0);
    call.block->life = CALL_LIVING;
    call_add_party(call.block, text_of("2001"))->state = LOCAL_CONNECTED;
    call_add_party(call.block, text_of("2002"))->state = LOCAL_HOLD;
}

static void
add_calls(uint32_t count)
{
    transaction_begin(&transaction);
    for (uint32_t i = 0; i < count; i++)
        add_call(i);
    call_table_commit(&table);
}

static void
open_calls(void)
{
    view_calls_close(&calls);
    if (!view_calls_open(&calls, &view, 0, why))
        fail_msg("%s", why);
}

/* How many there are; all of them are found. */
static uint32_t
count_calls(void)
{
    uint32_t count = 0;
    open_calls();
    for (enum view_call_result result; (result = view_calls_next(&calls, &seen)) != VIEW_CALLS_END;
         count++)
        assert_int_equal(result, VIEW_CALL_FOUND);
    return count;
}

static void
a_call_is_seen_with_its_parties(void **state)
{
    (void)state;
    assert_int_equal(count_calls(), 0);
    add_calls(CALLS);
    assert_int_equal(count_calls(), CALLS);

    open_calls();
    assert_true(calls.has_undo);
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
    const struct shm_call *head = view_call_head(&seen);
    assert_true(text_is_equal(view_call_text(&seen, head->call_id), text_of("c0")));
    struct view_list list = view_list_begin(&seen, head->parties, sizeof(struct shm_party));
    const struct shm_party *party = list.at;
    assert_non_null(party);
    assert_true(text_is_equal(view_call_text(&seen, party->number), text_of("2001")));
    view_list_next(&list, party->next);
    party = list.at;
    assert_non_null(party);
    assert_int_equal(party->state, LOCAL_HOLD);
    view_list_next(&list, party->next);
    assert_null(list.at);
}

static void
what_is_not_committed_is_not_seen(void **state)
{
    (void)state;
    add_calls(2);
    transaction_begin(&transaction);
    add_call(7);
    struct text id = text_of("c0");
    struct call call = call_table_find(&table, call_key(0, id), 0, id);
    call.block->life = CALL_ENDED;
    assert_true(call_table_reserve(&table, &call, 8000)); /* its block moves */
    call_add_party(call.block, text_of("2003"));
    struct text other = text_of("c1");
    call_table_remove(&table, call_table_find(&table, call_key(0, other), 0, other));

    assert_int_equal(count_calls(), 2);
    open_calls();
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
    assert_int_equal(view_call_head(&seen)->life, CALL_LIVING);
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
    assert_true(text_is_equal(view_call_text(&seen, view_call_head(&seen)->call_id), other));

    call_table_commit(&table);
    assert_int_equal(count_calls(), 2);
    open_calls();
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
    assert_int_equal(view_call_head(&seen)->life, CALL_ENDED);
}

/* ---- a worker that works ------------------------------------------------------------------- */

static _Atomic bool stop;

/* In each transaction first_order and conn_id of every call become the same new number, and now and
 * then the block moves. */
static void *
work(void *unused)
{
    for (uint64_t round = 1; !atomic_load(&stop); round++) {
        transaction_begin(&transaction);
        for (uint32_t i = 0; i < CALLS; i++) {
            struct call call = call_table_at(&table, i + 1);
            call_table_touch(&table, &call);
            call.block->first_order = round;
            if (round % 64 == i && call.block->capacity < 16384)
                (void)call_table_reserve(&table, &call, call.block->capacity);
            call.block->conn_id = round;
            call.slot->last_order = round;
        }
        call_table_commit(&table);
    }
    return unused;
}

/* What the looks at a worker that works came upon. Judged when it has stopped. */
struct seen_calls {
    uint32_t found;
    uint32_t mixed;   /* of two transactions */
    uint32_t unsound; /* that seemed to be no calls */
};

static void
look_at_calls(struct seen_calls *looked)
{
    enum view_call_result result;
    open_calls();
    while ((result = view_calls_next(&calls, &seen)) != VIEW_CALLS_END) {
        const struct shm_call *head = view_call_head(&seen);
        looked->unsound += result == VIEW_CALL_UNSOUND;
        if (result != VIEW_CALL_FOUND)
            continue;
        looked->found++;
        looked->mixed +=
            head->first_order != head->conn_id || seen.slot.last_order != head->conn_id;
    }
}

static void
a_call_is_never_seen_half_changed(void **state)
{
    (void)state;
    struct seen_calls looked = {0};
    pthread_t worker;
    add_calls(CALLS);
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&worker, NULL, work, NULL), 0);
    for (uint32_t i = 0; i < LOOKS; i++)
        look_at_calls(&looked);
    atomic_store(&stop, true);
    pthread_join(worker, NULL);
    assert_int_equal(looked.mixed, 0);
    assert_int_equal(looked.unsound, 0);
    assert_true(looked.found > 0);
}

/* ---- damage -------------------------------------------------------------------------------- */

static void
a_block_that_lies_is_damaged_and_the_next_call_is_read(void **state)
{
    (void)state;
    add_calls(4);
    uint8_t *base = engine.calls[0];
    struct shm_call_slot *slots = (void *)(base + table.shared->slots_offset);
    struct shm_call *second = (void *)(base + call_block_offset(&slots[2]));
    slots[1].block = UINT32_MAX;
    second->used = CALL_BLOCK_MAX * 2;
    open_calls();
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_UNSOUND);
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_UNSOUND);
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
}

static void
a_list_that_bites_its_tail_ends(void **state)
{
    (void)state;
    add_calls(1);
    uint8_t *base = engine.calls[0];
    struct shm_call_slot *slots = (void *)(base + table.shared->slots_offset);
    struct shm_call *call = (void *)(base + call_block_offset(&slots[1]));
    call_first_party(call)->next = call->parties;
    open_calls();
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_FOUND);
    uint32_t length = 0;
    struct view_list list =
        view_list_begin(&seen, view_call_head(&seen)->parties, sizeof(struct shm_party));
    for (const struct shm_party *party; (party = list.at) != NULL; length++)
        view_list_next(&list, party->next);
    assert_true(length <= seen.bytes / CALL_UNIT);
    assert_true(text_is_none(view_call_text(&seen, UINT16_MAX)));
}

static void
a_table_whose_sizes_lie_is_refused(void **state)
{
    (void)state;
    add_calls(1);
    uint64_t offset = table.shared->slots_offset;
    table.shared->slots_offset = UINT64_MAX - 127;
    assert_false(view_calls_open(&calls, &view, 0, why));
    view_calls_close(&calls);
    table.shared->slots_offset = offset;
    table.shared->max_calls = UINT32_MAX - 1;
    assert_false(view_calls_open(&calls, &view, 0, why));
}

static void
a_journal_that_lies_about_its_entries_is_not_followed(void **state)
{
    (void)state;
    add_calls(3);
    transaction_begin(&transaction);
    add_call(9);
    struct shm_undo *last = (void *)(transaction.log + transaction.log_bytes - sizeof *last);
    last->at = UINT32_MAX;
    last->length = UINT32_MAX;
    open_calls();
    while (view_calls_next(&calls, &seen) != VIEW_CALLS_END)
        ;
    assert_int_equal(calls.undo.refused, 1);
    atomic_store(&transaction.shared->undo_count, UINT64_MAX);
    open_calls();
    assert_int_equal(view_calls_next(&calls, &seen), VIEW_CALL_TORN);
    atomic_store(&transaction.shared->undo_of, UINT64_MAX);
    open_calls();
    while (view_calls_next(&calls, &seen) != VIEW_CALLS_END)
        ;
    assert_false(calls.has_undo);
}

int
main(void)
{
    calls.file.descriptor = calls.undo.file.descriptor = -1;
#define TEST(promise) cmocka_unit_test_setup_teardown(promise, create, destroy)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_seen_with_its_parties),
        TEST(what_is_not_committed_is_not_seen),
        TEST(a_call_is_never_seen_half_changed),
        TEST(a_block_that_lies_is_damaged_and_the_next_call_is_read),
        TEST(a_list_that_bites_its_tail_ends),
        TEST(a_table_whose_sizes_lie_is_refused),
        TEST(a_journal_that_lies_about_its_entries_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
