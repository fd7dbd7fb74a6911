/* What the call table promises, and the lists of calls that wait. */
#include "tests/unit/call_rig.h"

#include <stdio.h>

#include "workers/directory.h"

/* A table with a transaction in hand. */
static struct call_rig *
open_table(uint32_t max_calls)
{
    struct call_rig *rig = rig_open(max_calls);
    rig_begin_transaction(rig);
    return rig;
}

static void
next_transaction(struct call_rig *rig)
{
    call_table_commit(&rig->table);
    rig_begin_transaction(rig);
}

static struct text
name_of(char *buffer, unsigned number)
{
    int length = snprintf(buffer, 32, "call-%u", number);
    return (struct text){buffer, (uint32_t)length};
}

static struct call
add(struct call_rig *rig, unsigned number)
{
    char buffer[32];
    struct text name = name_of(buffer, number);
    return call_table_add(&rig->table, call_key(0, name), 0, name, 64);
}

static struct call
find(struct call_rig *rig, unsigned number)
{
    char buffer[32];
    struct text name = name_of(buffer, number);
    return call_table_find(&rig->table, call_key(0, name), 0, name);
}

static void
a_call_is_found_by_what_it_was_added_under(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(100);
    struct call call = add(rig, 7);
    assert_int_not_equal(call.number, 0);
    assert_int_equal(find(rig, 7).number, call.number);
    assert_int_equal(find(rig, 8).number, 0);
    struct text name = TEXT("call-7");
    assert_int_equal(call_table_find(&rig->table, call_key(1, name), 1, name).number, 0);
    rig_close(rig);
}

static void
a_full_table_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(50);
    for (unsigned i = 0; i < 50; i++)
        assert_int_not_equal(add(rig, i).number, 0);
    assert_int_equal(add(rig, 50).number, 0);
    for (unsigned i = 0; i < 50; i++)
        assert_int_not_equal(find(rig, i).number, 0);
    rig_close(rig);
}

/* Removal shifts others back: whoever stays must still be found, whoever left must not. */
static void
removing_calls_loses_no_other(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(1000);
    srand(7);
    bool there[1000] = {false};
    for (int round = 0; round < 20000; round++) {
        unsigned number = (unsigned)rand() % 1000;
        if (there[number])
            call_table_remove(&rig->table, find(rig, number));
        else
            assert_int_not_equal(add(rig, number).number, 0);
        there[number] = !there[number];
        unsigned other = (unsigned)rand() % 1000;
        assert_int_equal(find(rig, other).number != 0, there[other]);
        next_transaction(rig);
    }
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(find(rig, i).number != 0, there[i]);
    rig_close(rig);
}

static void
a_block_grows_and_keeps_its_content(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(10);
    struct call call = add(rig, 1);
    struct shm_party *party = call_add_party(call.block, TEXT("2001"));
    party->state = LOCAL_HOLD;
    assert_true(call_table_reserve(&rig->table, &call, 100000));
    assert_true(call.block->capacity - call.block->used >= 100000);
    party = call_active_party(call.block, TEXT("2001"));
    assert_non_null(party);
    assert_int_equal(party->state, LOCAL_HOLD);
    uint32_t used = call.block->used;
    assert_false(call_table_reserve(&rig->table, &call, CALL_BLOCK_MAX));
    assert_int_equal(call.block->used, used);
    rig_close(rig);
}

static void
freed_blocks_are_used_again(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(4);
    uint64_t end = 0;
    for (unsigned i = 0; i < 10000; i++) {
        struct call call = add(rig, i);
        assert_int_not_equal(call.number, 0);
        assert_true(call_table_reserve(&rig->table, &call, 4900));
        call_table_remove(&rig->table, call);
        if (i == 0)
            end = rig->table.shared->blocks_end;
        assert_int_equal(rig->table.shared->blocks_end, end);
        next_transaction(rig);
    }
    rig_close(rig);
}

/* Step by step through all sizes, and as many others with them as the table takes. */
static void
calls_that_grow_together_find_room(void **state)
{
    enum { CALLS = 2000, STEP = 64, LARGE = 1800 };
    (void)state;
    struct call_rig *rig = open_table(CALLS);
    for (unsigned i = 0; i < CALLS; i++) {
        assert_int_not_equal(add(rig, i).number, 0);
        next_transaction(rig);
    }
    for (uint32_t used = 0; used < LARGE; used += STEP) {
        for (uint32_t i = 1; i <= CALLS; i++) {
            struct call call = call_table_at(&rig->table, i);
            call_table_touch(&rig->table, &call);
            assert_true(call_table_reserve(&rig->table, &call, STEP));
            memset((uint8_t *)call.block + call.block->used, 0, STEP);
            call.block->used += STEP;
            next_transaction(rig);
        }
    }
    rig_close(rig);
}

/* Where no more is to be had, a larger block serves as well. */
static void
a_new_call_takes_a_block_that_a_large_one_left(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(200);
    unsigned large = 0;
    for (struct call call; (call = add(rig, large)).number != 0; large++) {
        if (!call_table_reserve(&rig->table, &call, CALL_BLOCK_MAX - 1024))
            break;
        call.block->used = CALL_BLOCK_MAX - 1024;
        next_transaction(rig);
    }
    assert_in_range(large, 2, 100);
    next_transaction(rig);
    rig->table.shared->blocks_end = rig->table.shared->segment_bytes; /* others took the rest */
    unsigned next = 1000;
    while (add(rig, next).number != 0) /* what the large ones left as they grew */
        next++;
    call_table_remove(&rig->table, find(rig, 0));
    next_transaction(rig);
    assert_int_not_equal(add(rig, next).number, 0);
    rig_close(rig);
}

static void
every_size_has_the_smallest_class_that_holds_it(void **state)
{
    (void)state;
    for (uint32_t bytes = 1; bytes <= CALL_BLOCK_MAX; bytes++) {
        uint32_t class_number = call_class_of(bytes);
        assert_true(class_number < CALL_CLASSES);
        assert_true(call_class_size(class_number) >= bytes);
        assert_true(class_number == 0 || call_class_size(class_number - 1) < bytes);
    }
    assert_int_equal(call_class_of(CALL_BLOCK_MAX + 1), CALL_CLASSES);
    for (uint32_t i = 0; i < CALL_CLASSES; i++)
        assert_int_equal(call_class_size(i) % CALL_BLOCK_UNIT, 0);
}

/* What is worked on has room; what is committed has none to spare. */
static void
a_committed_call_takes_no_more_than_it_needs(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(300);
    for (unsigned i = 0; i < 300; i++) {
        struct call call = add(rig, i);
        assert_true(call_table_reserve(&rig->table, &call, i % 7 == 0 ? 9000 : 2000));
        call_add_party(call.block, TEXT("2001"));
        if (i % 3 == 0)
            next_transaction(rig);
    }
    next_transaction(rig);
    for (unsigned i = 0; i < 300; i++) {
        struct call call = find(rig, i);
        next_transaction(rig);
        call = call_table_at(&rig->table, call.number);
        assert_int_equal(call_class_of(call.block->used), call_class_of(call.block->capacity));
        assert_non_null(call_active_party(call.block, TEXT("2001")));
    }
    rig_close(rig);
}

static void
spans_stay_in_the_order_of_their_ends(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(100);
    srand(11);
    for (unsigned i = 0; i < 100; i++)
        span_set(&rig->table, add(rig, i), SPAN_WAIT, (uint64_t)rand() % 1000);
    for (unsigned i = 0; i < 100; i += 3)
        span_clear(&rig->table, find(rig, i), SPAN_WAIT);
    for (unsigned i = 0; i < 100; i += 7)
        span_set(&rig->table, find(rig, i), SPAN_WAIT, (uint64_t)rand() % 1000);
    uint64_t last = 0;
    unsigned count = 0;
    struct call call;
    while ((call = span_first(&rig->table, 0, SPAN_WAIT)).number != 0) {
        assert_true(span_at(&rig->table, call.number, SPAN_WAIT)->due_ms >= last);
        last = span_at(&rig->table, call.number, SPAN_WAIT)->due_ms;
        span_clear(&rig->table, call, SPAN_WAIT);
        count++;
    }
    assert_int_equal(count, 66 + 5);
    rig_close(rig);
}

/* Anything that can be done to a table, many at a time. */
static void
shake(struct call_rig *rig)
{
    for (int i = 0; i < 40; i++) {
        struct call call = find(rig, (unsigned)rand() % 60);
        switch (rand() % 6) {
        case 0:
            if (call.number != 0)
                call_table_remove(&rig->table, call);
            break;
        case 1:
            if (call.number != 0 && call_table_reserve(&rig->table, &call, 3000))
                call_add_party(call.block, TEXT("2001"))->state = LOCAL_HOLD;
            break;
        case 2:
        case 3:
            if (call.number != 0)
                span_set(&rig->table, call, (enum call_span)(rand() % SPAN_COUNT),
                         (uint64_t)rand() % 1000);
            break;
        default:
            if (call.number == 0)
                add(rig, (unsigned)rand() % 60);
            break;
        }
    }
}

static void
what_is_rolled_back_never_was(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(50);
    srand(13);
    for (int round = 0; round < 2000; round++) {
        next_transaction(rig);
        picture_take(&rig->picture, &rig->table);
        shake(rig);
        if (round % 3 == 0)
            continue;
        rig_roll_back(rig);
        assert_true(picture_is_like(&rig->picture, &rig->table));
        rig_begin_transaction(rig);
    }
    rig_close(rig);
}

/* A worker has a table for each front-end, and one transaction at a time for all. What was in hand
 * of one that was undone is in nobody's way when another has committed since. */
static void
a_transaction_undone_in_one_table_leaves_the_others_to_commit(void **state)
{
    (void)state;
    uint64_t bytes = call_table_bytes(50);
    uint8_t *memory = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct call_rig *rig = rig_open(50);
    struct transaction *transaction = &rig->transaction;
    struct call_table tables[2];
    assert_ptr_not_equal(memory, MAP_FAILED);
    transaction_cover(transaction, memory, 2 * bytes);
    for (int i = 0; i < 2; i++)
        assert_true(
            call_table_open(&tables[i], memory + (uint64_t)i * bytes, bytes, 50, transaction));
    transaction_begin(transaction);
    struct call kept = call_table_add(&tables[0], 77, 0, TEXT("x"), 64);
    call_table_commit(&tables[0]);
    for (uint64_t round = 0; round < 100; round++) {
        transaction_begin(transaction);
        struct call call = call_table_find_key(&tables[0], 77, 0);
        call.block->flags ^= CALL_WATCHED;
        call_table_add(&tables[0], 1000 + round, 0, TEXT("z"), 64);
        transaction_roll_back(transaction);
        call_table_undone(&tables[0]);
        transaction_begin(transaction);
        if (round < 50)
            call_table_add(&tables[1], 78 + round, 0, TEXT("y"), 64);
        call_table_commit(&tables[1]);
        transaction_begin(transaction);
        assert_int_equal(call_table_find_key(&tables[0], 77, 0).number, kept.number);
        assert_int_equal(call_table_find_key(&tables[0], 1000 + round, 0).number, 0);
        assert_int_equal(call_table_at(&tables[0], kept.number).block->flags, 0);
        call_table_commit(&tables[0]);
    }
    assert_int_equal(tables[0].shared->living, 1);
    assert_int_equal(tables[1].shared->living, 50);
    munmap(memory, 2 * bytes);
    rig_close(rig);
}

/* A fresh process maps the same memory; the table goes on where it was. */
static void
a_table_is_found_again(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(50);
    struct call call = add(rig, 7);
    call_table_commit(&rig->table);
    struct call_table again;
    assert_true(call_table_open(&again, rig->memory, rig->bytes, 50, &rig->transaction));
    transaction_begin(&rig->transaction);
    struct text name = TEXT("call-7");
    assert_int_equal(call_table_find(&again, call_key(0, name), 0, name).number, call.number);
    assert_false(call_table_open(&again, rig->memory, rig->bytes, 49, &rig->transaction));
    rig_close(rig);
}

/* The index of devices grows several times; then all of that is undone. */
static void
devices_are_forgotten_with_their_index(void **state)
{
    (void)state;
    struct call_rig *rig = rig_open(4);
    char number[32];
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(number, sizeof number, "%u", i);
        rig_begin(rig, EVENT_DEVICE, 0);
        rig_text(rig, EVENT_TEXT_DEVICE, number);
        rig->event.flags = i;
        if (i % 500 == 0)
            rig_handle(rig); /* with its rehearsal */
        else
            rig_step(rig), call_table_commit(&rig->table);
    }
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(number, sizeof number, "%u", i);
        assert_int_equal(directory_flags(&rig->table, 0, text_of(number)), i);
    }
    rig_close(rig);
}

static void
the_nth_report_by_one_monitor_is_the_nth_fact(void **state)
{
    (void)state;
    struct call_rig *rig = open_table(10);
    struct call call = add(rig, 1);
    assert_true(call_table_reserve(&rig->table, &call, 4096));
    struct text device = TEXT("2001");
    assert_true(call_note_fact(call.block, EVENT_HELD, device, 1));
    assert_true(call_is_copy(call.block, EVENT_HELD, device, 2));
    assert_false(call_note_fact(call.block, EVENT_HELD, device, 2));
    assert_true(call_note_fact(call.block, EVENT_HELD, device, 2));
    assert_false(call_note_fact(call.block, EVENT_HELD, device, 1));
    assert_true(call_note_fact(call.block, EVENT_RETRIEVED, device, 1));
    assert_true(call_note_fact(call.block, EVENT_HELD, TEXT("2002"), 1));
    assert_true(call_note_fact(call.block, EVENT_HELD, device, 0));
    assert_int_equal(call_fact_count(call.block, EVENT_HELD, device, 2), 2);
    rig_close(rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_found_by_what_it_was_added_under),
        cmocka_unit_test(a_full_table_refuses_and_keeps_what_it_has),
        cmocka_unit_test(removing_calls_loses_no_other),
        cmocka_unit_test(a_block_grows_and_keeps_its_content),
        cmocka_unit_test(freed_blocks_are_used_again),
        cmocka_unit_test(calls_that_grow_together_find_room),
        cmocka_unit_test(a_new_call_takes_a_block_that_a_large_one_left),
        cmocka_unit_test(every_size_has_the_smallest_class_that_holds_it),
        cmocka_unit_test(a_committed_call_takes_no_more_than_it_needs),
        cmocka_unit_test(spans_stay_in_the_order_of_their_ends),
        cmocka_unit_test(what_is_rolled_back_never_was),
        cmocka_unit_test(a_transaction_undone_in_one_table_leaves_the_others_to_commit),
        cmocka_unit_test(a_table_is_found_again),
        cmocka_unit_test(devices_are_forgotten_with_their_index),
        cmocka_unit_test(the_nth_report_by_one_monitor_is_the_nth_fact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
