/*
 * What going on with a dead engine's segments promises: they are as it left them, or it is said
 * why they are not taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/event_record.h"
#include "ipc/process_state.h"
#include "ipc/segment.h"
#include "ipc/shared_engine.h"
#include "ipc/worker_journal.h"

static const struct engine_shape shape = {
    .workers = 2, .ring_slots = 1024, .result_slots = 64, .calls_bytes = 1u << 20, .run = 77};

static char name[SEGMENT_NAME_MAX + 1];
static char why[SHARED_ENGINE_WHY];
static struct shared_engine engine;

static int
setup(void **state)
{
    (void)state;
    snprintf(name, sizeof name, "test-takeover-%d", (int)getpid());
    why[0] = '\0';
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    segment_remove_dead(name, WORKERS_MAX);
    return 0;
}

/* An outcome of worker 1 that is committed, published, and stands in the result ring. */
static void
hand_over(struct shared_engine *left)
{
    static struct transaction transaction; /* large */
    struct shm_outcome outcome = {.decided_order = 99};
    transaction_open(&transaction, left->journals[1], worker_cursor_bytes(1, 2),
                     worker_log_bytes(shape.calls_bytes));
    struct shm_worker_cursors *cursors = worker_cursors_of(transaction_begin(&transaction), 2, 0);
    cursors->outbox = 1;
    transaction_commit(&transaction);
    shared_engine_attach(left, ROLE_WORKER, 1);
    CHECK(ring_spsc_claim(&left->outboxes[1], 1));
    ring_spsc_publish(&left->outboxes[1], 1);
    CHECK(ring_result_flush(&left->result, 1, &left->workers[1].flushed[0], &outcome));
}

/* Three records that wait, of a slot each. */
static void
leave_records(struct shared_engine *left)
{
    struct event event;
    event_reset(&event);
    event.kind = EVENT_TICK;
    CHECK(event_pack_slots(&event) == 1);
    CHECK(ring_spsc_claim(&left->rings[0], 3));
    for (uint64_t i = 0; i < 3; i++) {
        event.order = 77 + i;
        event_pack(&event, ring_spsc_slot(&left->rings[0], i), 1);
    }
    ring_spsc_publish(&left->rings[0], 3);
}

/* Some marks in a whole engine, in every kind of segment. */
static void
leave_marks(struct shared_engine *left)
{
    watermark_set(left, 0, 4711);
    memset(left->calls[1], 0x5a, 100);
    leave_records(left);
    hand_over(left);
}

/* An engine whose supervisor is killed when it has done `what` to it. */
static void
leave_engine(const struct engine_shape *made, void (*what)(struct shared_engine *left))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct shared_engine left;
        if (!shared_engine_create(&left, name, made, why))
            _exit(1);
        what(&left);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void
everything_is_as_it_was_left(void **state)
{
    (void)state;
    leave_engine(&shape, leave_marks);
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_TAKEN_OVER);
    assert_int_equal(watermark_get(&engine, 0), 4711);
    assert_int_equal(((uint8_t *)engine.calls[1])[99], 0x5a);
    assert_int_equal(((uint8_t *)engine.calls[1])[100], 0);
    assert_int_equal(engine.rings[0].position, 3);
    struct event event;
    assert_int_equal(event_unpack(&event, ring_spsc_slot(&engine.rings[0], 1024 + 1), 1), 1);
    assert_int_equal(event.order, 78);
    const struct shm_result_slot *slot = ring_result_poll(&engine.result);
    assert_non_null(slot);
    assert_true(ring_result_is_sound(&engine.result, slot));
    assert_int_equal(slot->outcome.decided_order, 99);
    assert_int_equal(slot->owner, 1);
    assert_int_equal(engine.created_ns, engine.control->fixed.created_ns);
    shared_engine_destroy(&engine);
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_NONE);
}

static void
nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_NONE);
    assert_null(engine.segments);
}

static void
refused(const struct engine_shape *wanted, const char *words)
{
    assert_int_equal(shared_engine_take_over(&engine, name, wanted, why), ENGINE_REFUSED);
    assert_non_null(strstr(why, words));
    assert_null(engine.segments);
}

static void
another_run_is_refused_and_leaves_it_alone(void **state)
{
    (void)state;
    leave_engine(&shape, leave_marks);
    struct engine_shape other = shape;
    other.run = 78;
    refused(&other, "other inputs, settings or output");
    other = shape;
    other.workers = 3;
    refused(&other, "other inputs, settings or output");
    other = shape;
    other.frontends = 2;
    refused(&other, "other inputs, settings or output");
    other = shape;
    other.calls_bytes += SHM_PAGE;
    refused(&other, "other inputs, settings or output");
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_TAKEN_OVER);
    assert_int_equal(watermark_get(&engine, 0), 4711);
    shared_engine_destroy(&engine);
}

static void
a_living_engine_is_refused(void **state)
{
    (void)state;
    assert_true(shared_engine_create(&engine, name, &shape, why));
    struct shared_engine mine = engine;
    refused(&shape, "is running");
    shared_engine_destroy(&mine);
}

/* The lock is held as long as a child lives; a child that is told to die does so soon. */
static void
linger(struct shared_engine *left)
{
    leave_marks(left);
    pid_t parent = getpid();
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
}

static void
the_last_child_is_waited_for(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        leave_engine(&shape, linger);
        assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_TAKEN_OVER);
        shared_engine_destroy(&engine);
    }
}

static void
take_first_name(struct shared_engine *left)
{
    char path[SEGMENT_PATH_SIZE];
    segment_path(path, left->name, SEGMENT_RING, 1);
    unlink(path);
}

static void
cut_a_segment(struct shared_engine *left)
{
    CHECK(ftruncate(left->segments[1].descriptor, SHM_PAGE) == 0);
}

static void
break_a_header(struct shared_engine *left)
{
    left->control->fixed.created_ns++;
}

static void
scribble_over_positions(struct shared_engine *left)
{
    atomic_store(&left->rings[1].shared->consumer_position, 1u << 20);
}

static void
change_layout(struct shared_engine *left)
{
    left->control->fixed.identity.layout_version++;
}

static void
mix_epochs(struct shared_engine *left)
{
    ((struct shm_identity *)(void *)left->segments[2].mapping)->epoch++;
}

static void
damage_is_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        void (*what)(struct shared_engine *left);
        const char *words;
    } cases[] = {
        {take_first_name, ".ring-1: the system refused: No such file"},
        {cut_a_segment, ".ring-0: it is not as large as it was made"},
        {break_a_header, ".control: its header does not match its checksum"},
        {scribble_over_positions, "its rings are damaged"},
        {change_layout, ".control: another build of onhook"},
        {mix_epochs, "it is not of the same engine"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        leave_engine(&shape, cases[i].what);
        refused(&shape, cases[i].words);
        assert_true(segment_remove_dead(name, WORKERS_MAX));
    }
}

/* ---- what each ring allows, and all of them together do not -------------------------------- */

static void
read_what_was_not_there(struct shared_engine *left)
{
    hand_over(left);
    uint8_t *cursors = (uint8_t *)left->journals[0] + sizeof(struct shm_transaction);
    worker_cursors_of(cursors, 2, 0)->events = 1;
}

static void
skip_a_journal(struct shared_engine *left)
{
    struct shm_transaction *journal = left->journals[1];
    hand_over(left);
    atomic_store(&journal->commit, atomic_load(&journal->commit) ^ 16);
}

static void
lose_an_outcome(struct shared_engine *left)
{
    hand_over(left);
    atomic_store(&left->workers[1].flushed[0], 2);
}

static void
turn_slot_bit(struct shared_engine *left, uint64_t position, int bit)
{
    hand_over(left);
    struct shm_result_slot *slot = &left->result.slots[position & left->result.mask];
    atomic_store(&slot->header, atomic_load(&slot->header) ^ UINT64_C(1) << bit);
}

static void
claim_for_ever(struct shared_engine *left)
{
    turn_slot_bit(left, 64, 5); /* another owner, of whom there is no such outcome */
}

static void
spoil_a_state(struct shared_engine *left)
{
    turn_slot_bit(left, 64, 0);
}

static void
spoil_a_position(struct shared_engine *left)
{
    turn_slot_bit(left, 64, 40);
}

static void
spoil_a_free_slot(struct shared_engine *left)
{
    turn_slot_bit(left, 70, 13);
}

static void
finish_early(struct shared_engine *left)
{
    hand_over(left);
    process_done_set(&left->workers[0]);
}

static void
promise_too_much(struct shared_engine *left)
{
    hand_over(left);
    progress_set(&left->workers[1], 0, 1000);
}

static void
what_no_kill_leaves_is_refused_by_its_name(void **state)
{
    (void)state;
    static const struct {
        void (*what)(struct shared_engine *left);
        const char *words;
    } cases[] = {
        {read_what_was_not_there, "the event ring of worker 0"},
        {skip_a_journal, "the journal of worker 1"},
        {lose_an_outcome, "the outbox of worker 1"},
        {claim_for_ever, "the result ring"},
        {spoil_a_state, "the result ring"},
        {spoil_a_position, "the result ring"},
        {spoil_a_free_slot, "the result ring"},
        {finish_early, "the word that says it is done of worker 0"},
        {promise_too_much, "the progress of worker 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        leave_engine(&shape, cases[i].what);
        refused(&shape, cases[i].words);
        assert_true(segment_remove_dead(name, WORKERS_MAX));
    }
}

static void
begin_to_end(struct shared_engine *left)
{
    shared_engine_unlink(&(struct shared_engine){.control = left->control});
}

/* One that nobody is meant to go on with, and one that was just ending or not yet whole. */
static void
what_cannot_go_on_is_made_new(void **state)
{
    (void)state;
    struct engine_shape plain = shape;
    plain.run = 0;
    leave_engine(&plain, leave_marks);
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_NONE);
    leave_engine(&shape, begin_to_end);
    assert_int_equal(shared_engine_take_over(&engine, name, &shape, why), ENGINE_NONE);
    assert_true(shared_engine_create(&engine, name, &shape, why));
    assert_int_equal(watermark_get(&engine, 0), 0);
    shared_engine_destroy(&engine);
}

static void
anothers_file_is_left_alone(void **state)
{
    (void)state;
    char path[SEGMENT_PATH_SIZE];
    struct stat status;
    segment_path(path, name, SEGMENT_CONTROL, 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    refused(&shape, "something that is not ours");
    assert_int_equal(unlink(path), 0);
    int descriptor = open(path, O_CREAT | O_EXCL | O_RDWR, 0644);
    assert_true(descriptor >= 0);
    assert_int_equal(fchmod(descriptor, 0644), 0);
    refused(&shape, "something that is not ours");
    assert_int_equal(stat(path, &status), 0);
    close(descriptor);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_as_it_was_left),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(another_run_is_refused_and_leaves_it_alone),
        cmocka_unit_test(a_living_engine_is_refused),
        cmocka_unit_test(the_last_child_is_waited_for),
        cmocka_unit_test(damage_is_refused_in_words),
        cmocka_unit_test(what_no_kill_leaves_is_refused_by_its_name),
        cmocka_unit_test(what_cannot_go_on_is_made_new),
        cmocka_unit_test(anothers_file_is_left_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
