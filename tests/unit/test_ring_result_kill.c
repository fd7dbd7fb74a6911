/*
 * What a kill at any single instruction of a flush, and of a recovery, comes to: nothing lost,
 * nothing doubled. A child is stepped through; what lies in memory after each instruction is copied
 * and recovered from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ipc/ring_result.h"
#include "tests/unit/outcome_sample.h"
#include "tests/unit/single_step.h"

enum {
    SLOT_COUNT = 4,
    FLUSHES = 3,
    ME = 1,
    OTHER = 2,
    WORKERS = 3,
    BYTES = 5 * 4096, /* of header and slots, and a page for the counts */
};

/* A ring and everybody's count, in one mapping. */
struct memory {
    alignas(4096) uint8_t ring[BYTES - 4096];
    _Atomic uint64_t flushed[512];
};

static_assert(sizeof(struct memory) == BYTES, "one picture");

static struct shm_outcome
outcome_of(uint32_t worker, uint64_t number)
{
    struct shm_outcome outcome = outcome_sample(OUTCOME_RELEASED);
    outcome.seq = number;
    outcome.link = (uint16_t)worker;
    return outcome;
}

static bool
put(struct memory *memory, uint32_t worker)
{
    struct ring_result ring;
    assert_int_equal(ring_result_attach(&ring, memory->ring, sizeof memory->ring), ATTACH_OK);
    uint64_t next = ring_result_flushed(&memory->flushed[worker]) + 1;
    struct shm_outcome outcome = outcome_of(worker, next);
    return ring_result_flush(&ring, worker, &memory->flushed[worker], &outcome);
}

static void
recover(struct memory *memory, uint32_t worker)
{
    struct ring_result ring;
    if (ring_result_attach(&ring, memory->ring, sizeof memory->ring) != ATTACH_OK)
        abort();
    struct shm_outcome next = outcome_of(worker, ring_result_flushed(&memory->flushed[worker]) + 1);
    ring_result_recover(&ring, worker, &memory->flushed[worker], &next);
}

/* In a picture: the dead one is followed, the rest of its outcomes is flushed, and the ring gives
 * all of everybody's once and in order. */
static void
expect_all_once(struct memory *picture, uint64_t mine, uint64_t others)
{
    struct ring_result ring;
    uint64_t next[WORKERS] = {0};
    const struct shm_result_slot *slot;
    recover(picture, ME);
    assert_int_equal(ring_result_attach(&ring, picture->ring, sizeof picture->ring), ATTACH_OK);
    do {
        while ((slot = ring_result_poll(&ring)) != NULL) {
            assert_true(ring_result_is_sound(&ring, slot));
            assert_true(slot->owner < WORKERS);
            assert_int_equal(slot->number, ++next[slot->owner]);
            struct shm_outcome expected = outcome_of(slot->owner, slot->number);
            assert_memory_equal(&slot->outcome, &expected, outcome_size(&expected));
            ring_result_take(&ring);
            ring_result_release(&ring);
        }
        if (ring_result_flushed(&picture->flushed[ME]) < mine)
            assert_true(put(picture, ME));
    } while (next[ME] < mine);
    assert_int_equal(next[OTHER], others);
    assert_int_equal(ring_result_depth(&ring), 0);
}

static int
setup(void **state)
{
    struct memory *memory =
        mmap(NULL, sizeof *memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_true(ring_result_size(SLOT_COUNT) <= sizeof memory->ring);
    ring_result_format(memory->ring, sizeof memory->ring, SLOT_COUNT, 1);
    *state = memory;
    return 0;
}

static int
teardown(void **state)
{
    return munmap(*state, sizeof(struct memory));
}

static void
flush_some(void *context)
{
    single_step_mark();
    for (int i = 0; i < FLUSHES; i++)
        put(context, ME);
    single_step_mark();
}

static void
a_flush_killed_at_any_instruction(void **state)
{
    struct memory *memory = *state;
    static struct memory picture;
    struct single_step step;
    single_step_begin(&step, flush_some, memory);
    while (single_step_next(&step)) {
        memcpy(&picture, memory, sizeof picture);
        expect_all_once(&picture, FLUSHES, 0);
    }
    assert_int_equal(step.code, 0);
    assert_true(step.steps > 300);
    expect_all_once(memory, FLUSHES, 0);
}

/* The same while the slots have been round already, and another producer goes on meanwhile. */
static void
a_flush_killed_among_others(void **state)
{
    struct memory *memory = *state;
    static struct memory picture;
    struct ring_result ring;
    assert_int_equal(ring_result_attach(&ring, memory->ring, sizeof memory->ring), ATTACH_OK);
    for (int i = 0; i < SLOT_COUNT; i++) {
        assert_true(put(memory, 0));
        assert_non_null(ring_result_poll(&ring));
        ring_result_take(&ring);
    }
    ring_result_release(&ring);
    atomic_store(&memory->flushed[0], 0);
    struct single_step step;
    single_step_begin(&step, flush_some, memory);
    while (single_step_next(&step)) {
        memcpy(&picture, memory, sizeof picture);
        bool other = put(&picture, OTHER); /* behind whatever the dead one has claimed */
        expect_all_once(&picture, FLUSHES, other);
    }
    assert_int_equal(step.code, 0);
}

/* ---- a recovery that is killed ------------------------------------------------------------- */

static void
recover_alone(void *context)
{
    single_step_mark();
    recover(context, ME);
    single_step_mark();
}

/* Steps through the recovery of one state; says how many instructions that took. */
static uint64_t
step_through_recovery(struct memory *work, const struct memory *start)
{
    static struct memory picture;
    struct single_step step;
    memcpy(work, start, sizeof *work);
    single_step_begin(&step, recover_alone, work);
    while (single_step_next(&step)) {
        memcpy(&picture, work, sizeof picture);
        expect_all_once(&picture, FLUSHES, 0);
    }
    assert_int_equal(step.code, 0);
    return step.steps;
}

/* Every different state a killed flush can leave, and every instruction of its recovery. */
static void
a_recovery_killed_at_any_instruction(void **state)
{
    struct memory *memory = *state;
    static struct memory last;
    static struct memory states[64];
    unsigned count = 0;
    struct single_step step;
    single_step_begin(&step, flush_some, memory);
    while (single_step_next(&step)) {
        const void *now = memory; /* padding and all: it is shared memory, byte for byte */
        const void *before = &last;
        if (memcmp(before, now, sizeof last) == 0 || count == 64)
            continue;
        memcpy(&last, memory, sizeof last);
        memcpy(&states[count++], memory, sizeof last);
    }
    assert_true(count > 20);
    uint64_t steps = 0;
    for (unsigned i = 0; i < count; i++)
        steps += step_through_recovery(memory, &states[i]);
    print_message("%u states, %llu instructions\n", count, (unsigned long long)steps);
    assert_true(steps > 1000);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_flush_killed_at_any_instruction),
        PROMISE(a_flush_killed_among_others),
        PROMISE(a_recovery_killed_at_any_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
