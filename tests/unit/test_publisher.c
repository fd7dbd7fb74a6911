/*
 * What the publisher promises, one promise per test. Threads play the workers, on real segments
 * with the smallest result ring there is, so that it is full most of the time.
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
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/publisher.h"
#include "ipc/process_state.h"
#include "ipc/transaction.h"
#include "tests/unit/outcome_sample.h"

enum {
    ORDERS = 3000,
    FAKES_MAX = 8,
};

/* What a fake worker does wrong. */
enum mischief {
    NO_MISCHIEF,
    WRITES_NONSENSE,
    IS_OUT_OF_ORDER,
};

struct fake {
    struct shared_engine engine; /* this thread's view */
    uint32_t index;
    uint32_t workers;
    uint64_t seed;
    enum mischief mischief;
};

static struct shared_engine engine;
static struct fake fakes[FAKES_MAX];

static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void
sleep_until_rung(struct fake *fake)
{
    struct shm_doorbell *bell = &fake->engine.workers[fake->index].doorbell;
    uint32_t token = doorbell_prepare(bell);
    doorbell_sleep(bell, token);
    doorbell_finish(bell);
}

/* Into the outbox, and from there into the ring. Whoever waits says first how far he is, or two
 * might wait for each other. */
static void
hand_over(struct fake *fake, const struct shm_outcome *outcome, uint64_t order)
{
    struct ring_spsc *outbox = &fake->engine.outboxes[fake->index];
    while (!ring_spsc_claim(outbox, 1)) {
        progress_set(&fake->engine.workers[fake->index], 0, decided_by(order - 1));
        doorbell_ring(&fake->engine.publisher->doorbell);
        sleep_until_rung(fake);
    }
    struct shm_outbox_slot *slot = ring_spsc_slot(outbox, outbox->position);
    memcpy(&slot->outcome, outcome, outcome_size(outcome));
    slot->checksum = outcome_checksum(outcome);
    ring_spsc_publish(outbox, 1);
    while (!ring_result_flush(&fake->engine.result, fake->index,
                              &fake->engine.workers[fake->index].flushed[0], &slot->outcome))
        sleep_until_rung(fake);
}

static void
emit(struct fake *fake, uint64_t order)
{
    struct shm_outcome outcome =
        outcome_sample(order % 2 ? OUTCOME_RELEASED : OUTCOME_CALL_DELETED);
    outcome.decided_order = 2 * order + 1;
    outcome.seq = order;
    if (fake->mischief == IS_OUT_OF_ORDER && order % 100 == 0)
        outcome.decided_order = 2;
    if (fake->mischief == WRITES_NONSENSE && order % 100 == 0)
        outcome.event = 77;
    hand_over(fake, &outcome, order);
}

/* Decides its share of all orders, at its own pace, saying now and then how far it is. */
static void *
fake_worker(void *context)
{
    struct fake *fake = context;
    struct shm_process *self = &fake->engine.workers[fake->index];
    for (uint64_t order = 1; order <= ORDERS; order++) {
        if (order % fake->workers == fake->index)
            emit(fake, order);
        uint32_t chance = next_random(&fake->seed);
        if (chance % 7 == 0)
            progress_set(self, 0, decided_by(order));
        if (chance % 64 == 0)
            sched_yield();
        if (chance % 16 == 0)
            doorbell_ring(&fake->engine.publisher->doorbell);
    }
    progress_set(self, 0, UINT64_MAX);
    process_done_set(self);
    doorbell_ring(&fake->engine.publisher->doorbell);
    return NULL;
}

struct outcome_of_run {
    int code;
    int file;
    uint32_t lines;
    bool ascending;
    bool each_once;
};

static void
read_back(struct outcome_of_run *run, int file)
{
    static bool seen[ORDERS + 1];
    memset(seen, 0, sizeof seen);
    FILE *lines = fdopen(file, "r");
    assert_non_null(lines);
    rewind(lines);
    char line[2048];
    unsigned long last = 0;
    run->ascending = run->each_once = true;
    while (fgets(line, sizeof line, lines) != NULL) {
        const char *at = strstr(line, "\"Seq\":");
        if (at == NULL) {
            assert_int_equal(run->lines, 0); /* what stood there before */
            continue;
        }
        unsigned long seq = strtoul(at + 6, NULL, 10);
        assert_in_range(seq, 1, ORDERS);
        run->ascending &= seq > last;
        run->each_once &= !seen[seq];
        seen[seq] = true;
        last = seq;
        run->lines++;
    }
    fclose(lines);
}

static struct outcome_of_run
run_with(uint32_t workers, bool unordered, uint64_t seed, enum mischief mischief)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "test-publisher-%d", (int)getpid());
    struct engine_shape shape = {
        .workers = workers, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    shared_engine_attach(&engine, ROLE_PUBLISHER, 0);

    pthread_t threads[FAKES_MAX];
    for (uint32_t i = 0; i < workers; i++) {
        fakes[i] = (struct fake){engine, i, workers, seed * 64 + i, NO_MISCHIEF};
        shared_engine_attach(&fakes[i].engine, ROLE_WORKER, i);
        fakes[i].mischief = i == 0 ? mischief : NO_MISCHIEF;
        assert_int_equal(pthread_create(&threads[i], NULL, fake_worker, &fakes[i]), 0);
    }
    struct outcome_of_run run = {0};
    int file = memfd_create("results", 0);
    run.code = publisher_run(&engine, &(struct publisher_options){
                                          .descriptor = file,
                                          .format = FORMAT_JSONL,
                                          .unordered = unordered,
                                      });
    for (uint32_t i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
    read_back(&run, file);
    return run;
}

static void
the_order_is_the_same_for_any_number_of_workers(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= FAKES_MAX; workers++) {
        struct outcome_of_run run = run_with(workers, false, workers, NO_MISCHIEF);
        assert_int_equal(run.code, 0);
        assert_int_equal(run.lines, ORDERS);
        assert_true(run.ascending);
        assert_true(process_is_done(engine.publisher));
        assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_RELEASED_LOCAL),
                         ORDERS / 2);
        assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_LOCAL_HANGUP),
                         ORDERS / 2);
        assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_CALLS_DELETED),
                         ORDERS / 2);
        assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_DISORDERED), 0);
        shared_engine_destroy(&engine);
    }
}

static void
unordered_gives_out_everything_once(void **state)
{
    (void)state;
    struct outcome_of_run run = run_with(4, true, 9, NO_MISCHIEF);
    assert_int_equal(run.code, 0);
    assert_int_equal(run.lines, ORDERS);
    assert_true(run.each_once);
    shared_engine_destroy(&engine);
}

static void
nonsense_in_a_slot_is_skipped_counted_and_a_failure(void **state)
{
    (void)state;
    struct outcome_of_run run = run_with(2, false, 3, WRITES_NONSENSE);
    assert_int_equal(run.code, 1);
    assert_int_equal(run.lines, ORDERS - ORDERS / 100);
    assert_true(run.ascending);
    assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_BAD_OUTCOMES), ORDERS / 100);
    shared_engine_destroy(&engine);
}

static void
a_worker_out_of_order_is_counted_and_a_failure(void **state)
{
    (void)state;
    struct outcome_of_run run = run_with(3, false, 3, IS_OUT_OF_ORDER);
    assert_int_equal(run.code, 1);
    assert_int_equal(run.lines, ORDERS);
    assert_true(run.each_once);
    assert_true(counter_read(&engine.publisher->counters, COUNTER_DISORDERED) > 0);
    assert_false(process_is_done(engine.publisher));
    shared_engine_destroy(&engine);
}

/* ---- a publisher that dies ----------------------------------------------------------------- */

static struct engine_shape tiny = {
    .workers = 3, .ring_slots = 1024, .result_slots = 64, .outbox_slots = 16};

/* The workers as one child, which nobody kills: each its share, in turn. */
static pid_t
start_workers(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    pthread_t threads[FAKES_MAX];
    for (uint32_t i = 0; i < tiny.workers; i++) {
        fakes[i] = (struct fake){engine, i, tiny.workers, 77 + i, NO_MISCHIEF};
        shared_engine_attach(&fakes[i].engine, ROLE_WORKER, i);
        pthread_create(&threads[i], NULL, fake_worker, &fakes[i]);
    }
    for (uint32_t i = 0; i < tiny.workers; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

static pid_t
start_publisher(const struct publisher_options *options)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    shared_engine_become(&engine, ROLE_PUBLISHER, 0);
    _exit(publisher_run(&engine, options));
}

/* Kills publishers until one gets through; says how many it took. */
static unsigned
kill_until_done(const struct publisher_options *options)
{
    unsigned kills = 0;
    uint64_t seed = 5;
    for (;;) {
        pid_t child = start_publisher(options);
        nanosleep(&(struct timespec){.tv_nsec = (long)(next_random(&seed) % 4000000)}, NULL);
        int status;
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return kills;
        }
        kills++;
    }
}

static void
make_tiny_engine(void)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "test-publisher-%d", (int)getpid());
    tiny.calls_bytes = 4096;
    if (!shared_engine_create(&engine, name, &tiny, why))
        fail_msg("%s", why);
}

static void
killed_anywhere_it_gives_out_everything_once_and_in_order(void **state)
{
    (void)state;
    make_tiny_engine();
    int file = memfd_create("results", 0);
    assert_int_equal(write(file, "before\n", 7), 7); /* what stood there is nobody's to cut */
    struct publisher_options options = {.descriptor = file, .format = FORMAT_JSONL};
    assert_true(publisher_can_restart(&options));
    pid_t workers = start_workers();
    unsigned kills = kill_until_done(&options);
    int status;
    assert_int_equal(waitpid(workers, &status, 0), workers);
    print_message("%u publishers killed\n", kills);
    assert_true(kills >= 3);
    assert_int_equal(counter_read(&engine.publisher->counters, COUNTER_RELEASED_LOCAL), ORDERS / 2);
    assert_int_equal(lseek(file, 0, SEEK_CUR), lseek(file, 0, SEEK_END));
    char before[8] = {0};
    assert_int_equal(pread(file, before, 7, 0), 7);
    assert_string_equal(before, "before\n");
    struct outcome_of_run run = {0};
    read_back(&run, file);
    assert_int_equal(run.lines, ORDERS);
    assert_true(run.ascending);
    shared_engine_destroy(&engine);
}

/* A worker has claimed a slot and stands still; another gets on, which is no news to whoever waits
 * for the slot. */
static void
waiting_for_a_claim_it_sleeps(void **state)
{
    (void)state;
    make_tiny_engine();
    struct publisher_options options = {.descriptor = memfd_create("results", 0),
                                        .format = FORMAT_JSONL};
    fakes[0] = (struct fake){.engine = engine, .workers = tiny.workers};
    shared_engine_attach(&fakes[0].engine, ROLE_WORKER, 0);
    emit(&fakes[0], 1);
    _Atomic uint64_t *header = &engine.result.slots[0].header;
    assert_false(ring_result_claim_of(atomic_load(header)).is_open);
    atomic_fetch_sub(header, 1);
    assert_true(ring_result_claim_of(atomic_load(header)).is_open);
    pid_t publisher = start_publisher(&options);
    while (process_beats(engine.publisher) == 0)
        sched_yield();
    progress_set(&engine.workers[1], 0, decided_by(7));
    doorbell_ring(&engine.publisher->doorbell);
    uint32_t beats = process_beats(engine.publisher);
    nanosleep(&(struct timespec){.tv_nsec = 300 * 1000 * 1000}, NULL);
    beats = process_beats(engine.publisher) - beats;
    atomic_fetch_add(header, 1);
    for (uint32_t i = 0; i < tiny.workers; i++)
        progress_set(&engine.workers[i], 0, UINT64_MAX);
    doorbell_ring(&engine.publisher->doorbell);
    int status;
    assert_int_equal(waitpid(publisher, &status, 0), publisher);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(beats < 20); /* a sleep is 100 ms */
    close(options.descriptor);
    shared_engine_destroy(&engine);
}

/* Where rows cannot be written again, a successor says so and changes nothing. */
static void
what_went_into_a_pipe_cannot_be_gone_on_with(void **state)
{
    (void)state;
    make_tiny_engine();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct publisher_options options = {.descriptor = ends[1], .format = FORMAT_JSONL};
    assert_false(publisher_can_restart(&options));
    pid_t first = start_publisher(&options);
    const struct shm_transaction *journal = engine.publisher_memory;
    while (atomic_load(&journal->commit) == 0)
        sched_yield();
    int status;
    kill(first, SIGKILL);
    assert_int_equal(waitpid(first, &status, 0), first);
    pid_t second = start_publisher(&options);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    close(ends[0]);
    close(ends[1]);
    shared_engine_destroy(&engine);
}

static void
a_full_disk_is_a_failure(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    struct engine_shape shape = {
        .workers = 1, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    char name[40];
    snprintf(name, sizeof name, "test-publisher-%d", (int)getpid());
    assert_true(shared_engine_create(&engine, name, &shape, why));
    shared_engine_attach(&engine, ROLE_PUBLISHER, 0);
    fakes[0] = (struct fake){.engine = engine, .workers = 1};
    shared_engine_attach(&fakes[0].engine, ROLE_WORKER, 0);
    emit(&fakes[0], 1);
    progress_set(&engine.workers[0], 0, UINT64_MAX);
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    struct publisher_options options = {.descriptor = fileno(full), .format = FORMAT_JSONL};
    assert_int_equal(publisher_run(&engine, &options), 1);
    assert_false(process_is_done(engine.publisher));
    fclose(full);
    shared_engine_destroy(&engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_the_same_for_any_number_of_workers),
        cmocka_unit_test(unordered_gives_out_everything_once),
        cmocka_unit_test(nonsense_in_a_slot_is_skipped_counted_and_a_failure),
        cmocka_unit_test(a_worker_out_of_order_is_counted_and_a_failure),
        cmocka_unit_test(killed_anywhere_it_gives_out_everything_once_and_in_order),
        cmocka_unit_test(waiting_for_a_claim_it_sleeps),
        cmocka_unit_test(what_went_into_a_pipe_cannot_be_gone_on_with),
        cmocka_unit_test(a_full_disk_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
