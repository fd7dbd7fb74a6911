/*
 * What the result ring promises: many producers, one consumer, nobody waits for a stalled one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/ring_result.h"
#include "tests/unit/outcome_sample.h"

enum { SLOT_COUNT = 16, CLAIMED = 1, COMMITTED = 2, PRODUCERS_MAX = 4 };

struct fixture {
    struct shm_result_header *shared;
    struct shm_result_slot *slots;
    uint64_t size;
    _Atomic uint64_t *flushed; /* of each producer; behind the ring */
    uint64_t taken[PRODUCERS_MAX];
    struct ring_result consumer;
    struct ring_result producer[PRODUCERS_MAX];
};

static void
attach_all(struct fixture *f)
{
    assert_int_equal(ring_result_attach(&f->consumer, f->shared, f->size), ATTACH_OK);
    for (int i = 0; i < PRODUCERS_MAX; i++)
        assert_int_equal(ring_result_attach(&f->producer[i], f->shared, f->size), ATTACH_OK);
}

static int
setup(void **state)
{
    static struct fixture f;
    f.size = ring_result_size(SLOT_COUNT);
    memset(f.taken, 0, sizeof f.taken);
    void *mapping =
        mmap(NULL, f.size + SHM_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(mapping, MAP_FAILED);
    f.shared = mapping;
    f.slots = (void *)(f.shared + 1);
    f.flushed = (void *)((uint8_t *)mapping + f.size);
    ring_result_format(f.shared, f.size, SLOT_COUNT, 1);
    attach_all(&f);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    return munmap(f->shared, f->size + SHM_PAGE);
}

/* The header word as ipc/ring_result.h draws it. */
static uint64_t
word(uint64_t position, uint64_t worker, uint64_t step)
{
    return position << 12 | worker << 2 | step;
}

/* As if everything before `position` had gone through already. */
static void
start_at(struct fixture *f, uint64_t position)
{
    for (uint64_t at = position - SLOT_COUNT; at != position; at++)
        atomic_store(&f->slots[at % SLOT_COUNT].header, word(at, 0, COMMITTED));
    atomic_store(&f->shared->tail, position);
    atomic_store(&f->shared->cursor, position);
    attach_all(f);
}

/* What a worker's outbox holds under a number. */
static struct shm_outcome
outcome_of(uint32_t worker, uint64_t number)
{
    struct shm_outcome outcome = outcome_sample(OUTCOME_RELEASED);
    outcome.seq = number;
    outcome.conn_id = ~number;
    outcome.link = (uint16_t)worker;
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    outcome_add_text(&outcome, OUTCOME_TEXT_LINKAGE, (struct text){digits, (uint32_t)length});
    return outcome;
}

static struct shm_outcome
next_of(struct fixture *f, uint32_t worker)
{
    return outcome_of(worker, ring_result_flushed(&f->flushed[worker]) + 1);
}

/* The producer's next one. */
static bool
put(struct fixture *f, uint32_t worker)
{
    struct shm_outcome outcome = next_of(f, worker);
    return ring_result_flush(&f->producer[worker], worker, &f->flushed[worker], &outcome);
}

/* The next outcome in the ring: its owner's next one, and every byte as it was handed over. */
static bool
take(struct fixture *f, uint32_t *worker)
{
    const struct shm_result_slot *slot = ring_result_poll(&f->consumer);
    if (slot == NULL)
        return false;
    assert_true(ring_result_is_sound(&f->consumer, slot));
    assert_true(slot->owner < PRODUCERS_MAX);
    assert_int_equal(slot->number, ++f->taken[slot->owner]);
    struct shm_outcome expected = outcome_of(slot->owner, slot->number);
    assert_memory_equal(&slot->outcome, &expected, outcome_size(&expected));
    *worker = slot->owner;
    ring_result_take(&f->consumer);
    ring_result_release(&f->consumer);
    return true;
}

static void
a_full_ring_refuses_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        assert_true(put(f, i % 3));
    uint64_t tail = atomic_load(&f->shared->tail);
    uint64_t header = atomic_load(&f->slots[tail % SLOT_COUNT].header);
    assert_false(ring_result_has_room(&f->producer[0]));
    assert_false(put(f, 0));
    assert_int_equal(atomic_load(&f->shared->tail), tail);
    assert_int_equal(atomic_load(&f->slots[tail % SLOT_COUNT].header), header);
    assert_int_equal(ring_result_end(&f->consumer), ring_result_first(&f->consumer) + SLOT_COUNT);

    uint32_t worker;
    assert_true(take(f, &worker));
    assert_int_equal(worker, 0);
    assert_true(ring_result_has_room(&f->producer[1]));
    assert_true(put(f, 0));
    assert_false(put(f, 1));
}

/* Taken and not released: still the consumer's. */
static void
what_is_taken_is_not_free_before_it_is_released(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        assert_true(put(f, 0));
    for (int i = 0; i < 2; i++) {
        assert_non_null(ring_result_poll(&f->consumer));
        ring_result_take(&f->consumer);
    }
    assert_false(put(f, 0));
    ring_result_release(&f->consumer);
    assert_true(put(f, 0));
    assert_true(put(f, 0));
    assert_false(put(f, 0));
}

static void
pass_through(struct fixture *f, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t worker;
        assert_true(put(f, i % PRODUCERS_MAX));
        assert_true(take(f, &worker));
        assert_int_equal(worker, i % PRODUCERS_MAX);
    }
}

static void
order_survives_the_52_bit_wrap_of_headers(void **state)
{
    struct fixture *f = *state;
    start_at(f, (UINT64_C(1) << 52) - 5);
    pass_through(f, 3 * SLOT_COUNT);
}

static void
order_survives_the_64_bit_wrap_of_positions(void **state)
{
    struct fixture *f = *state;
    start_at(f, UINT64_MAX - 4);
    pass_through(f, 3 * SLOT_COUNT);
    for (uint32_t i = 0; i < SLOT_COUNT; i++)
        assert_true(put(f, 0));
    assert_false(put(f, 1));
}

/* The state a producer leaves between its two compare-and-swaps. */
static void
claim_and_stall(struct fixture *f, uint32_t worker)
{
    uint64_t tail = atomic_load(&f->shared->tail);
    uint64_t old = atomic_load(&f->slots[tail % SLOT_COUNT].header);
    assert_int_equal(old >> 12, tail - SLOT_COUNT);
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail, worker, CLAIMED));
}

static void
recover(struct fixture *f, uint32_t worker)
{
    struct shm_outcome next = next_of(f, worker);
    ring_result_recover(&f->producer[worker], worker, &f->flushed[worker], &next);
}

static void
a_producer_dead_before_the_tail_is_helped_and_followed(void **state)
{
    struct fixture *f = *state;
    uint64_t tail = atomic_load(&f->shared->tail);
    claim_and_stall(f, 3);
    assert_true(put(f, 0));
    assert_int_equal(atomic_load(&f->shared->tail), tail + 2);
    for (uint32_t i = 0; i < SLOT_COUNT - 2; i++)
        assert_true(put(f, 1));
    assert_false(put(f, 0));
    assert_null(ring_result_poll(&f->consumer));

    recover(f, 3);
    recover(f, 3); /* once more changes nothing */
    uint32_t worker;
    for (uint32_t i = 0; i < SLOT_COUNT; i++) {
        assert_true(take(f, &worker));
        assert_true(i > 0 || worker == 3);
    }
    assert_false(take(f, &worker));
}

static void
a_recovery_with_nothing_to_recover_changes_nothing(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 5; i++)
        assert_true(put(f, i % 2));
    static uint8_t before[1 << 16];
    uint64_t bytes = f->size + SHM_PAGE;
    assert_true(bytes <= sizeof before);
    memcpy(before, f->shared, bytes);
    for (uint32_t i = 0; i < PRODUCERS_MAX; i++)
        recover(f, i);
    assert_memory_equal(before, f->shared, bytes);
}

static void
a_scribbled_header_is_answered_as_full(void **state)
{
    struct fixture *f = *state;
    uint64_t tail = atomic_load(&f->shared->tail);
    static const uint64_t wild[] = {0, UINT64_MAX, 1, 0xfff};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        atomic_store(&f->slots[tail % SLOT_COUNT].header, wild[i]);
        assert_false(put(f, 0));
    }
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail - SLOT_COUNT, 1, CLAIMED));
    assert_false(put(f, 0));
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail - SLOT_COUNT, 1, COMMITTED));
    assert_true(put(f, 0));
}

static void
any_flipped_bit_of_a_slot_is_noticed(void **state)
{
    struct fixture *f = *state;
    assert_true(put(f, 2));
    struct shm_result_slot *slot = &f->slots[0];
    size_t end = offsetof(struct shm_result_slot, outcome) + outcome_size(&slot->outcome);
    uint8_t *bytes = (uint8_t *)slot;
    assert_true(ring_result_is_sound(&f->consumer, slot));
    for (size_t bit = 8 * sizeof slot->header; bit < 8 * end; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(ring_result_is_sound(&f->consumer, slot));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(ring_result_is_sound(&f->consumer, slot));
}

static enum attach_result
attach_again(const struct fixture *f)
{
    struct ring_result ring;
    memset(&ring, 0x5a, sizeof ring);
    struct ring_result before = ring;
    enum attach_result result = ring_result_attach(&ring, f->shared, f->size);
    if (result != ATTACH_OK)
        assert_memory_equal(&ring, &before, sizeof ring);
    return result;
}

static void
any_flipped_bit_of_the_header_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = (uint8_t *)f->shared;
    for (size_t bit = 0; bit < 8 * sizeof(struct shm_result_fixed); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum attach_result result = attach_again(f);
        if (bit < 64)
            assert_int_equal(result, ATTACH_NOT_ONHOOK);
        else if (bit < 128)
            assert_int_equal(result, ATTACH_OTHER_LAYOUT);
        else
            assert_int_equal(result, ATTACH_DAMAGED);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(attach_again(f), ATTACH_OK);
}

static enum attach_result
attach_resealed(struct fixture *f, enum segment_kind kind, uint32_t slot_count)
{
    f->shared->fixed.slot_count = slot_count;
    identity_seal(f->shared, &(struct identity){
                                 .kind = kind,
                                 .header_size = sizeof *f->shared,
                                 .fixed_size = sizeof f->shared->fixed,
                                 .total_size = ring_result_size(slot_count),
                                 .epoch = 1,
                             });
    return attach_again(f);
}

static void
every_refusal_has_its_name(void **state)
{
    struct fixture *f = *state;
    struct ring_result ring;
    assert_int_equal(ring_result_attach(&ring, f->shared, f->size - 1), ATTACH_BAD_GEOMETRY);
    assert_int_equal(attach_resealed(f, SEGMENT_RESULT, 2 * SLOT_COUNT), ATTACH_BAD_GEOMETRY);
    assert_int_equal(attach_resealed(f, SEGMENT_RESULT, SLOT_COUNT - 1), ATTACH_BAD_GEOMETRY);
    assert_int_equal(attach_resealed(f, SEGMENT_RESULT, 0), ATTACH_BAD_GEOMETRY);
    assert_int_equal(attach_resealed(f, SEGMENT_RING, SLOT_COUNT), ATTACH_OTHER_KIND);
    assert_int_equal(attach_resealed(f, SEGMENT_RESULT, SLOT_COUNT), ATTACH_OK);
    atomic_store(&f->shared->cursor, SLOT_COUNT + 1);
    assert_int_equal(attach_again(f), ATTACH_BAD_POSITIONS);
    atomic_store(&f->shared->cursor, SLOT_COUNT);
    atomic_store(&f->shared->tail, 2 * SLOT_COUNT + 1);
    assert_int_equal(attach_again(f), ATTACH_BAD_POSITIONS);
}

enum { MANY = 20000 };

/* Recovers first, as whoever follows a dead producer does; a first one has nothing to recover. */
static void
produce_many(struct fixture *f, uint32_t worker)
{
    recover(f, worker);
    while (ring_result_flushed(&f->flushed[worker]) < MANY)
        if (!put(f, worker))
            sched_yield();
}

struct producer {
    struct fixture *fixture;
    uint32_t worker;
};

static void *
produce_in_thread(void *context)
{
    struct producer *producer = context;
    produce_many(producer->fixture, producer->worker);
    return NULL;
}

static pid_t
start_producer(struct fixture *f, uint32_t worker)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        produce_many(f, worker);
        _exit(0);
    }
    return child;
}

/* Takes everything of all producers; each one's outcomes come once and in order. `meanwhile` is
 * called a hundred times, evenly spread. */
static void
consume_many(struct fixture *f, uint32_t producers, void (*meanwhile)(struct fixture *, pid_t *),
             pid_t *children)
{
    uint32_t worker;
    for (uint64_t left = (uint64_t)producers * MANY; left > 0;) {
        if (!take(f, &worker)) {
            sched_yield();
            continue;
        }
        if (--left % (producers * MANY / 100) == 0 && meanwhile != NULL)
            meanwhile(f, children);
    }
    assert_null(ring_result_poll(&f->consumer));
}

static void
reap(const pid_t *children, uint32_t producers)
{
    for (uint32_t i = 0; i < producers; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

static void
all_outcomes_of_two_to_four_processes_arrive_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    for (uint32_t producers = 2; producers <= PRODUCERS_MAX; producers++) {
        pid_t children[PRODUCERS_MAX];
        memset(f->taken, 0, sizeof f->taken);
        memset(f->flushed, 0, SHM_PAGE);
        for (uint32_t i = 0; i < producers; i++)
            children[i] = start_producer(f, i);
        consume_many(f, producers, NULL, NULL);
        reap(children, producers);
    }
}

/* The same promise with threads: ThreadSanitizer can watch threads, not processes. */
static void
all_outcomes_of_four_threads_arrive_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    struct producer producers[PRODUCERS_MAX];
    pthread_t threads[PRODUCERS_MAX];
    for (uint32_t i = 0; i < PRODUCERS_MAX; i++) {
        producers[i] = (struct producer){f, i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce_in_thread, &producers[i]), 0);
    }
    consume_many(f, PRODUCERS_MAX, NULL, NULL);
    for (uint32_t i = 0; i < PRODUCERS_MAX; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Kills a producer wherever it happens to be, and starts its successor. */
static unsigned kills;

static void
kill_and_follow(struct fixture *f, pid_t *children)
{
    static unsigned calls;
    uint32_t whom = ++calls % 3;
    int status;
    kill(children[whom], SIGKILL);
    assert_int_equal(waitpid(children[whom], &status, 0), children[whom]);
    kills += WIFSIGNALED(status);
    children[whom] = start_producer(f, whom);
}

static void
producers_killed_anywhere_lose_and_double_nothing(void **state)
{
    struct fixture *f = *state;
    pid_t children[PRODUCERS_MAX];
    kills = 0;
    for (uint32_t i = 0; i < 3; i++)
        children[i] = start_producer(f, i);
    consume_many(f, 3, kill_and_follow, children);
    reap(children, 3);
    print_message("%u producers killed\n", kills);
    assert_true(kills >= 10);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_full_ring_refuses_and_changes_nothing),
        PROMISE(what_is_taken_is_not_free_before_it_is_released),
        PROMISE(order_survives_the_52_bit_wrap_of_headers),
        PROMISE(order_survives_the_64_bit_wrap_of_positions),
        PROMISE(a_producer_dead_before_the_tail_is_helped_and_followed),
        PROMISE(a_recovery_with_nothing_to_recover_changes_nothing),
        PROMISE(a_scribbled_header_is_answered_as_full),
        PROMISE(any_flipped_bit_of_a_slot_is_noticed),
        PROMISE(any_flipped_bit_of_the_header_is_refused),
        PROMISE(every_refusal_has_its_name),
        PROMISE(all_outcomes_of_two_to_four_processes_arrive_once_and_in_order),
        PROMISE(all_outcomes_of_four_threads_arrive_once_and_in_order),
        PROMISE(producers_killed_anywhere_lose_and_double_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
