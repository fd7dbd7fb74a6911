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
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/ring_result.h"

enum { SLOT_COUNT = 16, CLAIMED = 1, COMMITTED = 2, PRODUCERS_MAX = 4 };

struct fixture {
    struct shm_result_header *shared;
    struct shm_result_slot *slots;
    uint64_t size;
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
    void *mapping = mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(mapping, MAP_FAILED);
    f.shared = mapping;
    f.slots = (void *)(f.shared + 1);
    ring_result_format(f.shared, f.size, SLOT_COUNT, 1);
    attach_all(&f);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    return munmap(f->shared, f->size);
}

/* The header word as ipc/ring_result.h draws it. */
static uint64_t
word(uint64_t position, uint64_t worker, uint64_t step)
{
    return position << 12 | worker << 4 | step;
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

static bool
put(struct ring_result *ring, uint32_t worker, uint64_t seq)
{
    struct shm_outcome *outcome = ring_result_claim(ring, worker);
    if (outcome == NULL)
        return false;
    outcome->seq = seq;
    outcome->conn_id = ~seq;
    outcome->link = (uint16_t)worker;
    ring_result_commit(ring, worker);
    return true;
}

static bool
take(struct ring_result *ring, uint32_t *worker, uint64_t *seq)
{
    const struct shm_outcome *outcome = ring_result_poll(ring, worker);
    if (outcome == NULL)
        return false;
    assert_int_equal(outcome->link, *worker);
    assert_int_equal(outcome->conn_id, ~outcome->seq);
    *seq = outcome->seq;
    ring_result_release(ring);
    return true;
}

static void
an_empty_ring_gives_nothing(void **state)
{
    struct fixture *f = *state;
    uint32_t worker = 77;
    assert_null(ring_result_poll(&f->consumer, &worker));
    assert_int_equal(worker, 77);
    assert_int_equal(ring_result_depth(&f->consumer), 0);
}

static void
a_claim_is_invisible_until_committed_and_holds_its_place(void **state)
{
    struct fixture *f = *state;
    uint32_t worker;
    uint64_t seq;
    struct shm_outcome *first = ring_result_claim(&f->producer[1], 1);
    assert_non_null(first);
    assert_true(put(&f->producer[2], 2, 200));
    assert_null(ring_result_poll(&f->consumer, &worker));
    assert_int_equal(ring_result_depth(&f->consumer), 2);

    *first = (struct shm_outcome){.seq = 100, .conn_id = ~UINT64_C(100), .link = 1};
    ring_result_commit(&f->producer[1], 1);
    assert_true(take(&f->consumer, &worker, &seq));
    assert_int_equal(worker, 1);
    assert_int_equal(seq, 100);
    assert_true(take(&f->consumer, &worker, &seq));
    assert_int_equal(worker, 2);
    assert_int_equal(seq, 200);
}

static void
a_full_ring_refuses_and_changes_nothing(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < SLOT_COUNT; i++)
        assert_true(put(&f->producer[i % 3], (uint32_t)(i % 3), i));
    uint64_t tail = atomic_load(&f->shared->tail);
    uint64_t header = atomic_load(&f->slots[tail % SLOT_COUNT].header);
    assert_null(ring_result_claim(&f->producer[0], 0));
    assert_int_equal(atomic_load(&f->shared->tail), tail);
    assert_int_equal(atomic_load(&f->slots[tail % SLOT_COUNT].header), header);
    assert_int_equal(ring_result_depth(&f->consumer), SLOT_COUNT);

    uint32_t worker;
    uint64_t seq;
    assert_true(take(&f->consumer, &worker, &seq));
    assert_int_equal(seq, 0);
    assert_true(put(&f->producer[0], 0, SLOT_COUNT));
    assert_null(ring_result_claim(&f->producer[1], 1));
}

static void
pass_through(struct fixture *f, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint32_t by = (uint32_t)(i % PRODUCERS_MAX);
        uint32_t worker;
        uint64_t seq;
        assert_true(put(&f->producer[by], by, i));
        assert_true(take(&f->consumer, &worker, &seq));
        assert_int_equal(worker, by);
        assert_int_equal(seq, i);
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
    for (uint64_t i = 0; i < SLOT_COUNT; i++)
        assert_true(put(&f->producer[0], 0, i));
    assert_null(ring_result_claim(&f->producer[1], 1));
}

/* The state a producer leaves between its two compare-and-swaps. */
static void
claim_and_stall(struct fixture *f, uint32_t worker)
{
    uint64_t tail = atomic_load(&f->shared->tail);
    uint64_t old = atomic_load(&f->slots[tail % SLOT_COUNT].header);
    assert_int_equal(old >> 12, tail - SLOT_COUNT);
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail, worker, CLAIMED));
    f->producer[worker].claimed = tail;
}

static void
a_producer_stalled_before_the_tail_is_helped(void **state)
{
    struct fixture *f = *state;
    uint64_t tail = atomic_load(&f->shared->tail);
    claim_and_stall(f, 3);
    assert_true(put(&f->producer[0], 0, 10));
    assert_int_equal(atomic_load(&f->shared->tail), tail + 2);
    for (uint64_t i = 0; i < SLOT_COUNT - 2; i++)
        assert_true(put(&f->producer[1], 1, 20 + i));
    assert_null(ring_result_claim(&f->producer[0], 0));
    uint32_t worker;
    assert_null(ring_result_poll(&f->consumer, &worker));

    ring_result_commit(&f->producer[3], 3);
    assert_non_null(ring_result_poll(&f->consumer, &worker));
    assert_int_equal(worker, 3);
}

/* The same with a real process that stops there and goes on later. */
static void
a_producer_stopped_between_claim_and_tail_stops_nobody(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        claim_and_stall(f, 3);
        raise(SIGSTOP);
        uint64_t position = f->producer[3].claimed;
        f->slots[position % SLOT_COUNT].outcome =
            (struct shm_outcome){.seq = 7, .conn_id = ~UINT64_C(7), .link = 3};
        ring_result_commit(&f->producer[3], 3);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    for (uint64_t i = 0; i < SLOT_COUNT - 1; i++)
        assert_true(put(&f->producer[i % 2], (uint32_t)(i % 2), i));
    assert_int_equal(kill(child, SIGCONT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    uint32_t worker;
    uint64_t seq;
    assert_true(take(&f->consumer, &worker, &seq));
    assert_int_equal(seq, 7);
    for (uint64_t i = 0; i < SLOT_COUNT - 1; i++) {
        assert_true(take(&f->consumer, &worker, &seq));
        assert_int_equal(seq, i);
    }
}

static void
a_scribbled_header_is_answered_as_full(void **state)
{
    struct fixture *f = *state;
    uint64_t tail = atomic_load(&f->shared->tail);
    static const uint64_t wild[] = {0, UINT64_MAX, 1, 0xfff};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        atomic_store(&f->slots[tail % SLOT_COUNT].header, wild[i]);
        assert_null(ring_result_claim(&f->producer[0], 0));
    }
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail - SLOT_COUNT, 1, CLAIMED));
    assert_null(ring_result_claim(&f->producer[0], 0));
    atomic_store(&f->slots[tail % SLOT_COUNT].header, word(tail - SLOT_COUNT, 1, COMMITTED));
    assert_non_null(ring_result_claim(&f->producer[0], 0));
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

struct producer {
    struct ring_result *ring;
    uint32_t worker;
};

static void *
produce_many(void *arg)
{
    struct producer *producer = arg;
    for (uint64_t i = 0; i < MANY;) {
        if (put(producer->ring, producer->worker, i))
            i++;
        else
            sched_yield();
    }
    return NULL;
}

/* Takes everything of all producers; each one's outcomes come once and in order. */
static void
consume_many(struct fixture *f, uint32_t producers, void (*meanwhile)(uint64_t total, pid_t whom),
             pid_t whom)
{
    uint64_t next[PRODUCERS_MAX] = {0};
    for (uint64_t total = 0; total < (uint64_t)producers * MANY;) {
        uint32_t worker;
        uint64_t seq;
        if (!take(&f->consumer, &worker, &seq)) {
            if (meanwhile != NULL)
                meanwhile(total, whom);
            sched_yield();
            continue;
        }
        assert_true(worker < producers);
        assert_int_equal(seq, next[worker]);
        next[worker]++;
        total++;
    }
    uint32_t worker;
    assert_null(ring_result_poll(&f->consumer, &worker));
    assert_int_equal(ring_result_depth(&f->consumer), 0);
}

static void
start_producers(struct fixture *f, uint32_t producers, pid_t *children)
{
    for (uint32_t i = 0; i < producers; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            produce_many(&(struct producer){&f->producer[i], i});
            _exit(0);
        }
    }
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
        start_producers(f, producers, children);
        consume_many(f, producers, NULL, 0);
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
        producers[i] = (struct producer){&f->producer[i], i};
        assert_int_equal(pthread_create(&threads[i], NULL, produce_many, &producers[i]), 0);
    }
    consume_many(f, PRODUCERS_MAX, NULL, 0);
    for (uint32_t i = 0; i < PRODUCERS_MAX; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Stops a producer wherever it happens to be, for a moment; now and then. */
static void
stop_for_a_moment(uint64_t total, pid_t whom)
{
    static unsigned calls;
    if (++calls % 16 != 0 || total > MANY)
        return;
    kill(whom, SIGSTOP);
    const struct timespec moment = {.tv_nsec = 100000};
    nanosleep(&moment, NULL);
    kill(whom, SIGCONT);
}

static void
a_producer_stopped_anywhere_loses_nothing(void **state)
{
    struct fixture *f = *state;
    pid_t children[PRODUCERS_MAX];
    start_producers(f, 3, children);
    consume_many(f, 3, stop_for_a_moment, children[1]);
    reap(children, 3);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(an_empty_ring_gives_nothing),
        PROMISE(a_claim_is_invisible_until_committed_and_holds_its_place),
        PROMISE(a_full_ring_refuses_and_changes_nothing),
        PROMISE(order_survives_the_52_bit_wrap_of_headers),
        PROMISE(order_survives_the_64_bit_wrap_of_positions),
        PROMISE(a_producer_stalled_before_the_tail_is_helped),
        PROMISE(a_producer_stopped_between_claim_and_tail_stops_nobody),
        PROMISE(a_scribbled_header_is_answered_as_full),
        PROMISE(any_flipped_bit_of_the_header_is_refused),
        PROMISE(every_refusal_has_its_name),
        PROMISE(all_outcomes_of_two_to_four_processes_arrive_once_and_in_order),
        PROMISE(all_outcomes_of_four_threads_arrive_once_and_in_order),
        PROMISE(a_producer_stopped_anywhere_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
