/*
 * What a doorbell promises: nobody sleeps on news, and nobody sleeps for long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/doorbell.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 20000
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ROUNDS 20000
#endif
#endif
#ifndef ROUNDS
#define ROUNDS 100000
#endif

/* How many sleeps may last a nap though news came: a loaded machine can leave anyone waiting. */
enum { NAPS_ALLOWED = 10, LOOKS_MAX = 1024 };

struct side {
    alignas(64) struct shm_doorbell bell;
    alignas(64) _Atomic uint64_t news; /* for this side; written by the other */
};

struct pair {
    struct side sides[2];
};

static int
setup(void **state)
{
    void *mapping =
        mmap(NULL, sizeof(struct pair), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(mapping, MAP_FAILED);
    *state = mapping;
    return 0;
}

static int
teardown(void **state)
{
    return munmap(*state, sizeof(struct pair));
}

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool
has_news(struct side *side, uint64_t round)
{
    return atomic_load_explicit(&side->news, memory_order_acquire) == round;
}

/* Waits for the news of this round; returns how often it slept a whole nap over them. Looks a
 * different number of times before it lies down, so that news meet it at every step of that. */
static unsigned
await(struct side *side, uint64_t round)
{
    unsigned naps = 0;
    for (uint64_t looks = round * 7 % LOOKS_MAX; looks > 0 && !has_news(side, round);)
        looks--;
    while (!has_news(side, round)) {
        uint32_t token = doorbell_prepare(&side->bell);
        if (!has_news(side, round)) {
            uint64_t before = now_ms();
            doorbell_sleep(&side->bell, token);
            naps += now_ms() - before >= DOORBELL_NAP_MS;
        }
        doorbell_finish(&side->bell);
    }
    return naps;
}

static void
tell(struct side *side, uint64_t round)
{
    atomic_store_explicit(&side->news, round, memory_order_release);
    doorbell_ring(&side->bell);
}

static void *
answer_all(void *arg)
{
    struct pair *pair = arg;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        await(&pair->sides[1], round);
        tell(&pair->sides[0], round);
    }
    return NULL;
}

static unsigned
ask_all(struct pair *pair)
{
    unsigned naps = 0;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        tell(&pair->sides[1], round);
        naps += await(&pair->sides[0], round);
    }
    return naps;
}

static void
no_wake_up_is_lost_between_two_processes(void **state)
{
    struct pair *pair = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        answer_all(pair);
        _exit(0);
    }
    assert_in_range(ask_all(pair), 0, NAPS_ALLOWED);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
no_wake_up_is_lost_between_two_threads(void **state)
{
    struct pair *pair = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, answer_all, pair), 0);
    assert_in_range(ask_all(pair), 0, NAPS_ALLOWED);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void
a_sleep_without_a_ring_ends_by_itself(void **state)
{
    struct pair *pair = *state;
    struct shm_doorbell *bell = &pair->sides[0].bell;
    uint64_t before = now_ms();
    doorbell_sleep(bell, doorbell_prepare(bell));
    doorbell_finish(bell);
    assert_true(now_ms() - before >= DOORBELL_NAP_MS - 1);
}

static void
a_ring_after_the_token_makes_the_sleep_return_at_once(void **state)
{
    struct pair *pair = *state;
    struct shm_doorbell *bell = &pair->sides[0].bell;
    unsigned naps = 0;
    for (int i = 0; i < 10; i++) {
        uint32_t token = doorbell_prepare(bell);
        doorbell_ring(bell);
        uint64_t before = now_ms();
        doorbell_sleep(bell, token);
        naps += now_ms() - before >= DOORBELL_NAP_MS;
        doorbell_finish(bell);
    }
    assert_in_range(naps, 0, 2);
}

static void
a_ring_while_nobody_sleeps_touches_nothing(void **state)
{
    struct pair *pair = *state;
    struct shm_doorbell *bell = &pair->sides[0].bell;
    doorbell_prepare(bell);
    doorbell_finish(bell);
    doorbell_ring(bell);
    assert_int_equal(atomic_load(&bell->sequence), 0);
    assert_int_equal(atomic_load(&bell->sleepers), 0);
}

static void
of_several_rings_only_the_first_calls(void **state)
{
    struct pair *pair = *state;
    struct shm_doorbell *bell = &pair->sides[0].bell;
    doorbell_prepare(bell);
    for (int i = 0; i < 5; i++)
        doorbell_ring(bell);
    assert_int_equal(atomic_load(&bell->sequence), 1);
    doorbell_finish(bell);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_ring_while_nobody_sleeps_touches_nothing),
        PROMISE(of_several_rings_only_the_first_calls),
        PROMISE(a_sleep_without_a_ring_ends_by_itself),
        PROMISE(a_ring_after_the_token_makes_the_sleep_return_at_once),
        PROMISE(no_wake_up_is_lost_between_two_processes),
        PROMISE(no_wake_up_is_lost_between_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
