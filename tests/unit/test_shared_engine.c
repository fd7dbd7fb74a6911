/*
 * What the engine's shared memory promises: made whole or not at all, and whatever is sent
 * through it arrives. (Who may write what: test_shared_engine_access.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/segment.h"
#include "ipc/shared_engine.h"

static const struct engine_shape shape = {.workers = 2,
                                          .ring_slots = 1024,
                                          .result_slots = 64,
                                          .calls_bytes = 1u << 20,
                                          .history_slots = 1024,
                                          .live_links = 1};

static char name[SEGMENT_NAME_MAX + 1];
static char why[SHARED_ENGINE_WHY];

static int
setup(void **state)
{
    static struct shared_engine engine;
    snprintf(name, sizeof name, "test-engine-%d", (int)getpid());
    why[0] = '\0';
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    *state = &engine;
    return 0;
}

static int
teardown(void **state)
{
    shared_engine_destroy(*state);
    return 0;
}

static bool
exists(enum segment_kind kind, uint32_t number)
{
    char path[SEGMENT_PATH_SIZE];
    struct stat status;
    segment_path(path, name, kind, number);
    return lstat(path, &status) == 0;
}

/* Which segments of the name stand, as a set of bits; 0 when none does. */
static unsigned
standing(void)
{
    unsigned set = 0;
    for (unsigned kind = 1; kind < SEGMENT_KIND_COUNT; kind++) {
        for (uint32_t number = 0; number < WORKERS_MAX; number++)
            set |= exists((enum segment_kind)kind, number) ? 1u << kind : 0;
    }
    return set;
}

static void
every_segment_says_who_made_it_and_when(void **state)
{
    struct shared_engine *engine = *state;
    assert_int_equal(standing(), (1u << SEGMENT_KIND_COUNT) - 2);
    assert_false(exists(SEGMENT_RING, shape.workers));
    uint64_t epoch = engine->control->fixed.identity.epoch;
    assert_true(epoch != 0);
    for (uint32_t i = 0; i < engine->segment_count; i++) {
        const struct shm_identity *identity = (void *)engine->segments[i].mapping;
        assert_int_equal(atomic_load(&identity->magic), SHM_MAGIC);
        assert_int_equal(identity->epoch, epoch);
        assert_int_equal(identity->total_size, engine->segments[i].size);
    }
    struct shm_control_fixed fixed;
    assert_int_equal(identity_read(&fixed, engine->control, engine->segments[0].size,
                                   sizeof(struct shm_control), sizeof fixed),
                     ATTACH_OK);
    assert_string_equal(fixed.name, name);
    assert_int_equal(fixed.workers, shape.workers);
    assert_int_equal(fixed.calls_bytes, shape.calls_bytes);
}

static void
call_tables_are_zeroed_and_as_long_as_said(void **state)
{
    struct shared_engine *engine = *state;
    for (uint32_t worker = 0; worker < shape.workers; worker++) {
        uint8_t *table = engine->calls[worker];
        for (uint64_t i = 0; i < shape.calls_bytes; i += SHM_PAGE / 2)
            assert_int_equal(table[i], 0);
        table[shape.calls_bytes - 1] = 1;
    }
}

static void
impossible_requests_are_refused_in_words(void **state)
{
    (void)state;
    static const struct engine_shape bad[] = {
        {.workers = 0, .ring_slots = 1024, .result_slots = 64},
        {.workers = WORKERS_MAX + 1, .ring_slots = 1024, .result_slots = 64},
        {.workers = 1, .ring_slots = 1000, .result_slots = 64},
        {.workers = 1, .ring_slots = 512, .result_slots = 64},
        {.workers = 1, .ring_slots = 1024, .result_slots = 0},
        {.workers = 1, .ring_slots = 1024, .result_slots = 65},
        {.workers = 1, .ring_slots = 1024, .result_slots = 32},
        {.workers = 1, .ring_slots = 1024, .result_slots = 64, .outbox_slots = 24},
        {.workers = 1, .ring_slots = 1024, .result_slots = 64, .outbox_slots = 8},
        {.workers = 1, .frontends = FRONTENDS_MAX + 1, .ring_slots = 1024, .result_slots = 64},
        {.workers = 64, .frontends = 5, .ring_slots = 1024, .result_slots = 64},
        {.workers = 1, .ring_slots = 1024, .result_slots = 64, .live_links = 257},
        {.workers = 1, .frontends = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 8},
    };
    struct shared_engine engine;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why[0] = '\0';
        assert_false(shared_engine_create(&engine, "test-engine-bad", &bad[i], why));
        assert_true(strlen(why) > 10);
    }
    assert_false(shared_engine_create(&engine, "../bad", &shape, why));
    assert_non_null(strstr(why, "1 to 40"));
    struct engine_shape endless = shape;
    endless.calls_bytes = UINT64_MAX;
    assert_false(shared_engine_create(&engine, "test-engine-bad", &endless, why));
    assert_non_null(strstr(why, "onhook-test-engine-bad.calls-0: "));
}

static void
a_living_engine_is_not_disturbed(void **state)
{
    struct shared_engine *engine = *state;
    struct shared_engine second;
    assert_false(shared_engine_create(&second, name, &shape, why));
    assert_non_null(strstr(why, "is running"));
    assert_int_equal(standing(), (1u << SEGMENT_KIND_COUNT) - 2);
    watermark_set(engine, 0, 5);
    assert_int_equal(watermark_get(engine, 0), 5);
}

static void
a_failed_start_leaves_nothing_behind(void **state)
{
    struct shared_engine *engine = *state;
    shared_engine_destroy(engine);
    assert_int_equal(standing(), 0);
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, name, SEGMENT_RESULT, 0);
    assert_int_equal(mkdir(path, 0700), 0); /* the last one made, and no unlink removes it */
    assert_false(shared_engine_create(engine, name, &shape, why));
    assert_non_null(strstr(why, "not ours"));
    assert_int_equal(standing(), 1u << SEGMENT_RESULT);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(setup(state), 0);
}

static void
leftovers_of_a_dead_engine_give_way(void **state)
{
    struct shared_engine *engine = *state;
    shared_engine_destroy(engine);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct engine_shape larger = shape;
        larger.workers = 4;
        _exit(shared_engine_create(engine, name, &larger, why) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(exists(SEGMENT_RING, 3));
    assert_int_equal(setup(state), 0);
    assert_false(exists(SEGMENT_RING, 3));
    assert_false(exists(SEGMENT_CALLS, 2));
    assert_true(exists(SEGMENT_RING, 1));
}

static void
names_go_once_and_the_memory_stays(void **state)
{
    struct shared_engine *engine = *state;
    shared_engine_unlink(engine);
    assert_int_equal(standing(), 0);
    watermark_set(engine, 0, 9);
    assert_int_equal(watermark_get(engine, 0), 9);
    struct shared_engine second;
    assert_true(shared_engine_create(&second, name, &shape, why));
    shared_engine_unlink(engine);
    assert_int_equal(standing(), (1u << SEGMENT_KIND_COUNT) - 2);
    shared_engine_destroy(&second);
}

static void
a_lane_leads_one_way(void **state)
{
    struct shared_engine *engine = *state;
    struct ring_spsc out = shared_engine_lane(engine, 0, 0, 1, true);
    struct ring_spsc in = shared_engine_lane(engine, 0, 0, 1, false);
    struct ring_spsc back = shared_engine_lane(engine, 0, 1, 0, false);
    assert_true(ring_spsc_claim(&out, LANE_SLOTS));
    memset(ring_spsc_slot(&out, out.position), 7, LANE_SLOTS * LANE_SLOT_SIZE);
    ring_spsc_publish(&out, LANE_SLOTS);
    assert_int_equal(ring_spsc_poll(&in, UINT32_MAX), LANE_SLOTS);
    assert_int_equal(ring_spsc_poll(&back, UINT32_MAX), 0);
}

/* ---- events in, outcomes out ----------------------------------------------------------------- */

enum { MANY = 20000, BATCH = 32 };

static void
sleep_at(struct shm_doorbell *bell, bool (*has_news)(struct shared_engine *, uint32_t),
         struct shared_engine *engine, uint32_t index)
{
    uint32_t token = doorbell_prepare(bell);
    if (!has_news(engine, index))
        doorbell_sleep(bell, token);
    doorbell_finish(bell);
}

static bool
ring_has_room(struct shared_engine *engine, uint32_t index)
{
    return ring_spsc_claim(&engine->rings[index], 1);
}

static bool
ring_has_events(struct shared_engine *engine, uint32_t index)
{
    return ring_spsc_poll(&engine->rings[index], 1) != 0;
}

static bool
result_has_room(struct shared_engine *engine, uint32_t index)
{
    (void)index;
    return ring_result_depth(&engine->result) < engine->shape.result_slots;
}

static bool
result_has_outcomes(struct shared_engine *engine, uint32_t index)
{
    (void)index;
    return ring_result_poll(&engine->result) != NULL;
}

/* Orders 1..MANY, in turn to the workers. */
static void
play_frontend(struct shared_engine *engine)
{
    for (uint64_t order = 1; order <= MANY; order++) {
        uint32_t to = (uint32_t)(order % engine->shape.workers);
        struct ring_spsc *ring = &engine->rings[to];
        while (!ring_spsc_claim(ring, 1)) {
            ring_spsc_publish(ring, 0);
            doorbell_ring(&engine->workers[to].doorbell);
            sleep_at(&engine->frontends->doorbell, ring_has_room, engine, to);
        }
        *(uint64_t *)ring_spsc_slot(ring, ring->position) = order;
        ring_spsc_stage(ring, 1);
        if (order % BATCH != 0 && order != MANY)
            continue;
        for (uint32_t i = 0; i < engine->shape.workers; i++) {
            ring_spsc_publish(&engine->rings[i], 0);
            doorbell_ring(&engine->workers[i].doorbell);
        }
        watermark_set(engine, 0, order);
    }
}

static void
hand_over(struct shared_engine *engine, uint32_t index, uint64_t order)
{
    struct shm_outcome outcome = {.seq = order};
    while (
        !ring_result_flush(&engine->result, index, &engine->workers[index].flushed[0], &outcome)) {
        doorbell_ring(&engine->publisher->doorbell);
        sleep_at(&engine->workers[index].doorbell, result_has_room, engine, index);
    }
}

static void
play_worker(struct shared_engine *engine, uint32_t index)
{
    struct ring_spsc *ring = &engine->rings[index];
    for (uint64_t watermark = 0; watermark < MANY;) {
        watermark = watermark_get(engine, 0);
        uint32_t ready;
        while ((ready = ring_spsc_poll(ring, BATCH)) != 0) {
            for (uint32_t i = 0; i < ready; i++)
                hand_over(engine, index, *(uint64_t *)ring_spsc_slot(ring, ring->position + i));
            ring_spsc_release(ring, ready);
            doorbell_ring(&engine->frontends->doorbell);
        }
        progress_set(&engine->workers[index], 0, watermark);
        doorbell_ring(&engine->publisher->doorbell);
        if (watermark < MANY)
            sleep_at(&engine->workers[index].doorbell, ring_has_events, engine, index);
    }
}

/* The outcomes that are there, each worker's in order. Returns how many. */
static uint64_t
take_outcomes(struct shared_engine *engine, uint64_t *last)
{
    uint64_t taken = 0;
    const struct shm_result_slot *slot;
    while ((slot = ring_result_poll(&engine->result)) != NULL) {
        assert_true(ring_result_is_sound(&engine->result, slot));
        assert_true(slot->owner < engine->shape.workers);
        assert_true(slot->outcome.seq > last[slot->owner]);
        assert_int_equal(slot->outcome.seq % engine->shape.workers, slot->owner);
        last[slot->owner] = slot->outcome.seq;
        ring_result_take(&engine->result);
        ring_result_release(&engine->result);
        taken++;
    }
    for (uint32_t i = 0; taken != 0 && i < engine->shape.workers; i++)
        doorbell_ring(&engine->workers[i].doorbell);
    return taken;
}

static bool
all_is_done(const struct shared_engine *engine)
{
    bool done = true;
    for (uint32_t i = 0; i < engine->shape.workers; i++)
        done = done && progress_get(&engine->workers[i], 0) == MANY;
    return done;
}

/* Once all workers are done, what is in the ring is all there will be: edge P2. */
static void
play_publisher(struct shared_engine *engine)
{
    uint64_t total = 0;
    uint64_t last[WORKERS_MAX] = {0};
    for (bool done = false; !done;) {
        done = all_is_done(engine);
        uint64_t taken = take_outcomes(engine, last);
        total += taken;
        if (taken == 0 && !done)
            sleep_at(&engine->publisher->doorbell, result_has_outcomes, engine, 0);
    }
    assert_int_equal(total, MANY);
}

static void
every_event_of_the_front_end_becomes_an_outcome(void **state)
{
    struct shared_engine *engine = *state;
    pid_t children[3];
    for (uint32_t i = 0; i < 3; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] != 0)
            continue;
        shared_engine_become(engine, i < 2 ? ROLE_WORKER : ROLE_FRONTEND, i < 2 ? i : 0);
        if (i < 2)
            play_worker(engine, i);
        else
            play_frontend(engine);
        _exit(0);
    }
    shared_engine_attach(engine, ROLE_PUBLISHER, 0);
    play_publisher(engine);
    for (uint32_t i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

struct part {
    struct shared_engine engine;
    enum role role;
    uint32_t index;
};

static void *
play_part(void *arg)
{
    struct part *part = arg;
    shared_engine_attach(&part->engine, part->role, part->index);
    if (part->role == ROLE_WORKER)
        play_worker(&part->engine, part->index);
    else
        play_frontend(&part->engine);
    return NULL;
}

/* The same promise with threads: ThreadSanitizer can watch threads, not processes. */
static void
every_event_becomes_an_outcome_between_threads(void **state)
{
    struct shared_engine *engine = *state;
    static struct part parts[3];
    pthread_t threads[3];
    for (uint32_t i = 0; i < 3; i++) {
        parts[i] = (struct part){*engine, i < 2 ? ROLE_WORKER : ROLE_FRONTEND, i < 2 ? i : 0};
        assert_int_equal(pthread_create(&threads[i], NULL, play_part, &parts[i]), 0);
    }
    play_publisher(engine);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(every_segment_says_who_made_it_and_when),
        PROMISE(call_tables_are_zeroed_and_as_long_as_said),
        PROMISE(impossible_requests_are_refused_in_words),
        PROMISE(a_living_engine_is_not_disturbed),
        PROMISE(a_failed_start_leaves_nothing_behind),
        PROMISE(leftovers_of_a_dead_engine_give_way),
        PROMISE(names_go_once_and_the_memory_stays),
        PROMISE(a_lane_leads_one_way),
        PROMISE(every_event_of_the_front_end_becomes_an_outcome),
        PROMISE(every_event_becomes_an_outcome_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
