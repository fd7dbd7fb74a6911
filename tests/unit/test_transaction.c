/*
 * What a transaction promises: killed at any instruction, it happened or it did not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/mman.h>

#include "ipc/transaction.h"
#include "tests/unit/single_step.h"

enum { STATE_WORDS = 64, LOG_BYTES = 4096, CURSORS = 3 };

struct cursors {
    uint64_t at[CURSORS];
};

/* A journal and two pieces of state in one mapping, so that one copy is a picture of all. */
struct memory {
    alignas(4096) uint8_t journal[8192];
    uint64_t state[STATE_WORDS];
    uint64_t more[STATE_WORDS];
};

struct fixture {
    struct memory *memory; /* shared with children */
    struct transaction transaction;
};

static void
open_in(struct transaction *transaction, struct memory *memory)
{
    transaction_open(transaction, memory->journal, sizeof(struct cursors), LOG_BYTES);
    transaction_cover(transaction, memory->state, sizeof memory->state);
    transaction_cover(transaction, memory->more, sizeof memory->more);
}

static int
setup(void **state)
{
    static struct fixture f;
    assert_true(transaction_bytes(sizeof(struct cursors), LOG_BYTES) <= sizeof f.memory->journal);
    void *mapping =
        mmap(NULL, sizeof *f.memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(mapping, MAP_FAILED);
    f.memory = mapping;
    open_in(&f.transaction, f.memory);
    assert_true(transaction_recover(&f.transaction));
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    return munmap(f->memory, sizeof *f->memory);
}

/* A successor in the same memory. */
static bool
reopen(struct fixture *f)
{
    open_in(&f->transaction, f->memory);
    return transaction_recover(&f->transaction);
}

static uint64_t
cursor(const struct transaction *transaction)
{
    return ((const struct cursors *)transaction_cursors(transaction))->at[0];
}

static void
a_fresh_journal_has_nothing_to_undo(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(cursor(&f->transaction), 0);
    assert_false(transaction_is_open(&f->transaction));
}

static void
what_is_committed_stays(void **state)
{
    struct fixture *f = *state;
    struct cursors *cursors = transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, &f->memory->state[3], 8);
    f->memory->state[3] = 7;
    cursors->at[0] = 1;
    transaction_commit(&f->transaction);
    assert_true(reopen(f));
    assert_int_equal(f->memory->state[3], 7);
    assert_int_equal(cursor(&f->transaction), 1);
}

static void
what_is_not_committed_never_was(void **state)
{
    struct fixture *f = *state;
    struct cursors *cursors = transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, f->memory->more, 24);
    f->memory->more[0] = f->memory->more[2] = 7;
    cursors->at[0] = 1;
    assert_true(reopen(f));
    assert_int_equal(f->memory->more[0], 0);
    assert_int_equal(f->memory->more[2], 0);
    assert_int_equal(cursor(&f->transaction), 0);
    assert_true(reopen(f)); /* and again: a recovery may be killed too */
    assert_int_equal(f->memory->more[0], 0);
}

static void
a_place_that_stands_twice_gets_its_oldest_bytes(void **state)
{
    struct fixture *f = *state;
    transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, &f->memory->state[0], 8);
    f->memory->state[0] = 1;
    transaction_touch(&f->transaction, &f->memory->state[0], 16); /* longer: written down again */
    f->memory->state[0] = 2;
    f->memory->state[1] = 2;
    transaction_roll_back(&f->transaction);
    assert_int_equal(f->memory->state[0], 0);
    assert_int_equal(f->memory->state[1], 0);
}

static void
a_place_is_written_down_once(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 3; round++) {
        transaction_begin(&f->transaction);
        transaction_touch(&f->transaction, &f->memory->state[8], 64);
        uint64_t room = transaction_room(&f->transaction);
        f->memory->state[9]++;
        transaction_touch(&f->transaction, &f->memory->state[8], 64);
        transaction_touch(&f->transaction, &f->memory->state[8], 16);
        assert_int_equal(transaction_room(&f->transaction), room);
        transaction_commit(&f->transaction);
    }
    transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, &f->memory->state[8], 64);
    f->memory->state[9] = 0;
    assert_true(reopen(f));
    assert_int_equal(f->memory->state[9], 3);
}

static void
what_is_owned_takes_no_room(void **state)
{
    struct fixture *f = *state;
    transaction_begin(&f->transaction);
    uint64_t room = transaction_room(&f->transaction);
    transaction_own(&f->transaction, f->memory->state, 128);
    transaction_touch(&f->transaction, f->memory->state, 64);
    assert_int_equal(transaction_room(&f->transaction), room);
}

/* The log is filled to its last byte, and undone. */
static void
room_is_what_one_touch_may_take(void **state)
{
    struct fixture *f = *state;
    struct memory before = *f->memory;
    transaction_begin(&f->transaction);
    uint32_t touched = 0;
    while (transaction_room(&f->transaction) >= 8) {
        uint64_t *word = &f->memory->state[touched % STATE_WORDS];
        transaction_log(&f->transaction, word, sizeof *word);
        *word = ++touched;
    }
    assert_int_equal(touched, LOG_BYTES / (8 + TRANSACTION_ENTRY_SIZE));
    transaction_roll_back(&f->transaction);
    assert_memory_equal(f->memory->state, before.state, sizeof before.state);
}

static struct shm_transaction *
header_of(struct fixture *f)
{
    return (void *)f->memory->journal;
}

/* Leaves one entry of an unfinished transaction, and where it stands. */
static struct shm_undo *
leave_entry(struct fixture *f)
{
    transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, &f->memory->state[5], 8);
    f->memory->state[5] = 99;
    uint8_t *end = f->transaction.log + LOG_BYTES;
    return (void *)(end - sizeof(struct shm_undo));
}

static void
a_journal_nobody_wrote_is_refused(void **state)
{
    struct fixture *f = *state;
    struct shm_undo *entry = leave_entry(f);
    const struct shm_undo good = *entry;
    struct shm_undo bad[] = {
        {good.place | UINT64_C(2) << 56, good.length, good.at},
        {good.place + sizeof f->memory->state, good.length, good.at},
        {good.place, sizeof f->memory->state, good.at},
        {good.place, good.length, LOG_BYTES / 8},
        {good.place, UINT32_MAX, good.at},
        {good.place, good.length, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        *entry = bad[i];
        assert_false(reopen(f));
        assert_int_equal(f->memory->state[5], 99); /* nothing was undone */
    }
    *entry = good;
    atomic_store(&header_of(f)->undo_count, LOG_BYTES);
    assert_false(reopen(f));
    atomic_store(&header_of(f)->undo_count, 1);
    atomic_store(&header_of(f)->undo_of, 2);
    assert_false(reopen(f));
    atomic_store(&header_of(f)->undo_of, 1);
    assert_true(reopen(f));
    assert_int_equal(f->memory->state[5], 0);
}

/* ---- every instruction --------------------------------------------------------------------- */

enum { ROUNDS = 6 };

/* One transaction: moves values about, so that what is half done shows. */
static void
one_round(struct fixture *f, uint64_t round)
{
    struct memory *memory = f->memory;
    struct cursors *cursors = transaction_begin(&f->transaction);
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t *word = &memory->state[(round * 3 + i) % STATE_WORDS];
        transaction_touch(&f->transaction, word, sizeof *word);
        *word = round * 10 + i;
        transaction_touch(&f->transaction, memory->more, 32);
        memory->more[i] += round;
        cursors->at[i % CURSORS] = round;
    }
    transaction_commit(&f->transaction);
}

/* What the state is after each number of rounds. */
static void
expect_rounds(struct memory *expected)
{
    static struct memory scratch;
    memset(&scratch, 0, sizeof scratch);
    static struct fixture f;
    f.memory = &scratch;
    open_in(&f.transaction, &scratch);
    for (uint64_t round = 0; round <= ROUNDS; round++) {
        if (round > 0)
            one_round(&f, round);
        expected[round] = scratch;
    }
}

static void
all_rounds(void *context)
{
    struct fixture *f = context;
    single_step_mark();
    for (uint64_t round = 1; round <= ROUNDS; round++)
        one_round(f, round);
    single_step_mark();
}

/* Recovers in a picture of the memory; says which round it stands after. */
static uint64_t
recovered_round(struct memory *picture)
{
    static struct transaction successor;
    open_in(&successor, picture);
    assert_true(transaction_recover(&successor));
    return cursor(&successor);
}

static void
killed_at_any_instruction(void **state)
{
    struct fixture *f = *state;
    static struct memory expected[ROUNDS + 1];
    expect_rounds(expected);
    static struct memory picture;
    struct single_step step;
    uint64_t last = 0;
    single_step_begin(&step, all_rounds, f);
    while (single_step_next(&step)) {
        picture = *f->memory;
        uint64_t round = recovered_round(&picture);
        assert_true(round == last || round == last + 1);
        last = round;
        assert_memory_equal(picture.state, expected[round].state, sizeof picture.state);
        assert_memory_equal(picture.more, expected[round].more, sizeof picture.more);
    }
    assert_int_equal(step.code, 0);
    assert_int_equal(last, ROUNDS);
    assert_true(step.steps > 1000);
}

static void
recover_it(void *context)
{
    struct fixture *f = context;
    single_step_mark();
    reopen(f);
    single_step_mark();
}

/* A transaction is given up before its commit, and whoever undoes it dies at every instruction. */
static void
killed_at_any_instruction_of_a_recovery(void **state)
{
    struct fixture *f = *state;
    one_round(f, 1);
    static struct memory before;
    before = *f->memory;
    transaction_begin(&f->transaction);
    transaction_touch(&f->transaction, f->memory->state, sizeof f->memory->state);
    transaction_touch(&f->transaction, f->memory->more, sizeof f->memory->more / 2);
    memset(f->memory->state, 0xee, sizeof f->memory->state);
    memset(f->memory->more, 0xee, sizeof f->memory->more / 2);
    static struct memory picture;
    struct single_step step;
    single_step_begin(&step, recover_it, f);
    while (single_step_next(&step)) {
        picture = *f->memory;
        assert_int_equal(recovered_round(&picture), 1);
        assert_memory_equal(picture.state, before.state, sizeof before.state);
        assert_memory_equal(picture.more, before.more, sizeof before.more);
    }
    assert_int_equal(step.code, 0);
    assert_true(step.steps > 100);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_fresh_journal_has_nothing_to_undo),
        TEST(what_is_committed_stays),
        TEST(what_is_not_committed_never_was),
        TEST(a_place_that_stands_twice_gets_its_oldest_bytes),
        TEST(a_place_is_written_down_once),
        TEST(what_is_owned_takes_no_room),
        TEST(room_is_what_one_touch_may_take),
        TEST(a_journal_nobody_wrote_is_refused),
        TEST(killed_at_any_instruction),
        TEST(killed_at_any_instruction_of_a_recovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
