/*
 * Who may write what: the table in ipc/shared_engine.h, place by place, tried in a child that took
 * the role.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/segment.h"
#include "ipc/shared_engine.h"

static const struct engine_shape shape = {.workers = 2,
                                          .ring_slots = 1024,
                                          .result_slots = 64,
                                          .calls_bytes = 1u << 20,
                                          .frontend_bytes = 8192};

static char name[SEGMENT_NAME_MAX + 1];
static char why[SHARED_ENGINE_WHY];

static int
setup(void **state)
{
    static struct shared_engine engine;
    snprintf(name, sizeof name, "test-access-%d", (int)getpid());
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

/* One place for each line of the table in ipc/shared_engine.h, for worker `w` of two. */
enum place {
    CONTROL_FIXED,
    WATERMARK,
    FRONTEND_PAGE,
    PUBLISHER_PAGE,
    WORKER_PAGE,
    FRONTEND_BELL,
    PUBLISHER_BELL,
    WORKER_BELL,
    RING_FIXED,
    RING_PRODUCER,
    RING_CONSUMER,
    RING_SLOT,
    RING_SLOT_TWICE,
    CALLS_HEADER,
    CALLS_TABLE,
    JOURNAL,
    FRONTEND_MEMORY,
    PUBLISHER_MEMORY,
    OUTBOX_PRODUCER,
    OUTBOX_CONSUMER,
    OUTBOX_SLOT,
    LANE_FROM_PRODUCER,
    LANE_FROM_CONSUMER,
    LANE_FROM_SLOT,
    LANE_TO_PRODUCER,
    LANE_TO_CONSUMER,
    LANE_TO_SLOT,
    CLOSED_PRODUCER,
    CLOSED_CONSUMER,
    CLOSED_SLOT,
    RESULT_FIXED,
    RESULT_TAIL,
    RESULT_CURSOR,
    RESULT_SLOT,
    PLACE_COUNT,
};

static void *
place_in_ring(const struct ring_spsc *ring, enum place place, enum place producer)
{
    if (place == producer)
        return &ring->shared->producer_position;
    if (place == producer + 1)
        return &ring->shared->consumer_position;
    return ring->slots;
}

static void *
place_in_rings(struct shared_engine *engine, enum place place, uint32_t w)
{
    shared_engine_attach(engine, ROLE_SUPERVISOR, 0);
    const struct ring_spsc *ring = &engine->rings[w];
    uint64_t twice = (ring->mask + 1) * ring->slot_size;
    if (place == RING_FIXED)
        return &ring->shared->fixed.slot_count;
    if (place == RING_SLOT_TWICE)
        return ring->slots + twice + twice - 8;
    if (place <= RING_SLOT)
        return place_in_ring(ring, place, RING_PRODUCER);
    shared_engine_attach(engine, ROLE_PUBLISHER, 0);
    if (place <= OUTBOX_SLOT)
        return place_in_ring(&engine->outboxes[w], place, OUTBOX_PRODUCER);
    struct ring_spsc from = shared_engine_lane(engine, 0, w, 1 - w, true);
    struct ring_spsc to = shared_engine_lane(engine, 0, 1 - w, w, true);
    if (place <= LANE_FROM_SLOT)
        return place_in_ring(&from, place, LANE_FROM_PRODUCER);
    if (place <= LANE_TO_SLOT)
        return place_in_ring(&to, place, LANE_TO_PRODUCER);
    return place_in_ring(&engine->closed[w], place, CLOSED_PRODUCER);
}

static void *
address_of(struct shared_engine *engine, enum place place, uint32_t w)
{
    if (place == CONTROL_FIXED)
        return &engine->control->fixed.workers;
    if (place == WATERMARK)
        return &engine->control->watermarks[0].order;
    if (place == FRONTEND_PAGE)
        return &engine->frontends->progress;
    if (place == PUBLISHER_PAGE)
        return &engine->publisher->progress;
    if (place == WORKER_PAGE)
        return &engine->workers[w].progress;
    if (place == FRONTEND_BELL)
        return &engine->frontends->doorbell;
    if (place == PUBLISHER_BELL)
        return &engine->publisher->doorbell;
    if (place == WORKER_BELL)
        return &engine->workers[w].doorbell;
    if (place == CALLS_HEADER)
        return (uint8_t *)engine->calls[w] - SHM_PAGE;
    if (place == CALLS_TABLE)
        return (uint8_t *)engine->calls[w] + shape.calls_bytes - 8;
    if (place == JOURNAL)
        return engine->journals[w];
    if (place == FRONTEND_MEMORY)
        return (uint8_t *)engine->frontend_memory[0] + shape.frontend_bytes - 8;
    if (place == PUBLISHER_MEMORY)
        return engine->publisher_memory;
    if (place == RESULT_FIXED)
        return &engine->result.shared->fixed.slot_count;
    if (place == RESULT_TAIL)
        return &engine->result.shared->tail;
    if (place == RESULT_CURSOR)
        return &engine->result.shared->cursor;
    if (place == RESULT_SLOT)
        return &engine->result.slots[shape.result_slots - 1];
    return place_in_rings(engine, place, w);
}

static sigjmp_buf refused;

static void
on_fault(int number)
{
    (void)number;
    siglongjmp(refused, 1);
}

static bool
can_write(void *address)
{
    if (sigsetjmp(refused, 1) != 0)
        return false;
    volatile uint32_t *word = address;
    *word = *word;
    return true;
}

/* In a child that took the role: 1 + the first place whose protection is not as `may` says. */
static int
first_wrong_place(struct shared_engine *engine, enum role role, uint32_t index, const bool *may,
                  uint32_t w)
{
    void *places[PLACE_COUNT];
    for (unsigned place = 0; place < PLACE_COUNT; place++)
        places[place] = address_of(engine, (enum place)place, w);
    shared_engine_become(engine, role, index);
    struct sigaction action = {.sa_handler = on_fault};
    sigaction(SIGSEGV, &action, NULL);
    for (unsigned place = 0; place < PLACE_COUNT; place++) {
        if (can_write(places[place]) != may[place])
            return (int)place + 1;
    }
    return 0;
}

static void
check_role(struct shared_engine *engine, enum role role, uint32_t index, const bool *may,
           uint32_t w)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(first_wrong_place(engine, role, index, may, w));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
a_front_end_writes_what_is_its_own(void **state)
{
    static const bool may[PLACE_COUNT] = {
        [WATERMARK] = true,       [FRONTEND_PAGE] = true,   [FRONTEND_BELL] = true,
        [PUBLISHER_BELL] = true,  [WORKER_BELL] = true,     [RING_PRODUCER] = true,
        [RING_SLOT] = true,       [RING_SLOT_TWICE] = true, [CLOSED_CONSUMER] = true,
        [FRONTEND_MEMORY] = true,
    };
    check_role(*state, ROLE_FRONTEND, 0, may, 0);
    check_role(*state, ROLE_FRONTEND, 0, may, 1);
}

static void
a_worker_writes_what_is_its_own(void **state)
{
    static const bool may[PLACE_COUNT] = {
        [FRONTEND_BELL] = true,      [PUBLISHER_BELL] = true, [WORKER_BELL] = true,
        [WORKER_PAGE] = true,        [RING_CONSUMER] = true,  [CALLS_TABLE] = true,
        [LANE_FROM_PRODUCER] = true, [LANE_FROM_SLOT] = true, [LANE_TO_CONSUMER] = true,
        [CLOSED_PRODUCER] = true,    [CLOSED_SLOT] = true,    [RESULT_TAIL] = true,
        [RESULT_SLOT] = true,        [JOURNAL] = true,        [OUTBOX_PRODUCER] = true,
        [OUTBOX_SLOT] = true,
    };
    check_role(*state, ROLE_WORKER, 0, may, 0);
    check_role(*state, ROLE_WORKER, 1, may, 1);
}

static void
a_worker_does_not_write_what_is_anothers(void **state)
{
    static const bool may[PLACE_COUNT] = {
        [FRONTEND_BELL] = true,    [PUBLISHER_BELL] = true, [WORKER_BELL] = true,
        [LANE_TO_PRODUCER] = true, [LANE_TO_SLOT] = true,   [LANE_FROM_CONSUMER] = true,
        [RESULT_TAIL] = true,      [RESULT_SLOT] = true,
    };
    check_role(*state, ROLE_WORKER, 0, may, 1);
    check_role(*state, ROLE_WORKER, 1, may, 0);
}

static void
a_publisher_writes_what_is_its_own(void **state)
{
    static const bool may[PLACE_COUNT] = {
        [FRONTEND_BELL] = true,   [PUBLISHER_BELL] = true, [WORKER_BELL] = true,
        [PUBLISHER_PAGE] = true,  [RESULT_CURSOR] = true,  [PUBLISHER_MEMORY] = true,
        [OUTBOX_CONSUMER] = true,
    };
    check_role(*state, ROLE_PUBLISHER, 0, may, 0);
    check_role(*state, ROLE_PUBLISHER, 0, may, 1);
}

static void
a_supervisor_writes_everything(void **state)
{
    bool may[PLACE_COUNT];
    memset(may, true, sizeof may);
    check_role(*state, ROLE_SUPERVISOR, 0, may, 1);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_front_end_writes_what_is_its_own),
        PROMISE(a_worker_writes_what_is_its_own),
        PROMISE(a_worker_does_not_write_what_is_anothers),
        PROMISE(a_publisher_writes_what_is_its_own),
        PROMISE(a_supervisor_writes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
