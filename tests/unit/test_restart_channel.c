/*
 * A worker that dies of one front-end's input, while the others' gets on: the input is found and
 * passed over all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/supervisor.h"
#include "ipc/event_record.h"
#include "ipc/process_state.h"
#include "ipc/worker_journal.h"

enum {
    DEADLY = 1, /* the front-end whose input it is */
};

static struct shared_engine engine;
static char dead_letters[64];

static bool
always(const struct shared_engine *shared, uint32_t index, const void *options, const char **why)
{
    (void)shared;
    (void)index;
    (void)options;
    (void)why;
    return true;
}

/* Gets on with what the first front-end sends, and dies of the second one's call. */
static int
dies_of_the_second(struct shared_engine *shared, uint32_t index, const void *options)
{
    (void)options;
    static struct transaction transaction; /* large */
    struct shm_process *self = &shared->workers[index];
    transaction_open(&transaction, shared->journals[index],
                     worker_cursor_bytes(2, shared->shape.workers),
                     worker_log_bytes(shared->shape.calls_bytes));
    assert_true(transaction_recover(&transaction));
    process_turn_set(self, 0);
    worker_cursors_of(transaction_begin(&transaction), shared->shape.workers, 0)->outbox++;
    transaction_commit(&transaction);
    process_turn_set(self, DEADLY);
    if (!process_must_skip(self, DEADLY, 0)) {
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
    }
    process_done_set(self);
    return 0;
}

/* The second front-end's record in the ring of worker 1. */
static void
push_record(void)
{
    struct event event;
    event_reset(&event);
    event.kind = EVENT_DELIVERED;
    event.order = 4711;
    event.texts[EVENT_TEXT_CALL] = text_of("7");
    uint32_t slots = event_pack_slots(&event);
    struct ring_spsc *ring = &engine.rings[engine_channel(&engine, DEADLY, 1)];
    assert_true(ring_spsc_claim(ring, slots));
    event_pack(&event, ring_spsc_slot(ring, ring->position), slots);
    ring_spsc_publish(ring, slots);
}

static void
a_deadly_call_is_found_though_another_front_ends_input_gets_on(void **state)
{
    (void)state;
    char why[SHARED_ENGINE_WHY];
    char name[40];
    struct engine_shape shape = {
        .workers = 2, .frontends = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 4096};
    const struct role_entry table[] = {{ROLE_WORKER, 1, dies_of_the_second, NULL, always}};
    const struct supervisor_watch watch = {.dead_letters = dead_letters};
    snprintf(name, sizeof name, "test-deadly-%d", (int)getpid());
    snprintf(dead_letters, sizeof dead_letters, "%s.deadletter", name);
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
    push_record();
    assert_int_equal(supervisor_run(&engine, table, 1, &watch), SUPERVISOR_DONE);
    assert_int_equal(process_restarts(&engine.workers[1]), SUPERVISOR_DEATHS_HERE);
    assert_false(process_must_skip(&engine.workers[1], 0, 0));
    FILE *file = fopen(dead_letters, "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_string_equal(line, "worker 1 crashed (SIGABRT) at input 4711 of front-end 1: Delivered, "
                              "link 0, callID 7, device \n");
    assert_int_equal(unlink(dead_letters), 0);
    shared_engine_destroy(&engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadly_call_is_found_though_another_front_ends_input_gets_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
