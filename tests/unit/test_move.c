/*
 * A call that goes to another worker is the same call there. Two workers' rules on one bench, and a
 * real lane between them; a large call does not fit into it, and goes in parts.
 */
#include "tests/unit/call_rig.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipc/segment.h"
#include "ipc/shared_engine.h"
#include "workers/move.h"

static const struct ring_shape shape = {SEGMENT_LANES, LANE_SLOT_SIZE, LANE_SLOTS, 1};

struct fixture {
    struct shared_segment segment;
    struct ring_spsc producer;
    struct ring_spsc consumer;
    struct call_rig *from;
    struct call_rig *to;
};

static int
setup(void **state)
{
    static struct fixture f;
    f.segment = (struct shared_segment){.size = ring_size(&shape)};
    f.segment.descriptor = memfd_create("lane", MFD_CLOEXEC);
    assert_true(f.segment.descriptor >= 0);
    assert_int_equal(ftruncate(f.segment.descriptor, (off_t)f.segment.size), 0);
    assert_int_equal(segment_map_rings(&f.segment, &shape), SEGMENT_OK);
    void *view = f.segment.mapping;
    ring_format(view, &shape, 0, 1);
    assert_int_equal(ring_attach_producer(&f.producer, view, f.segment.mapping_size), ATTACH_OK);
    assert_int_equal(ring_attach_consumer(&f.consumer, view, f.segment.mapping_size), ATTACH_OK);
    f.from = rig_open(16);
    f.to = rig_open(16);
    *state = &f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    rig_close(f->from);
    rig_close(f->to);
    segment_close(&f->segment);
    return 0;
}

/* The event both sides get, one as MOVE_OUT and one as MOVE_IN. */
static void
begin_move(struct call_rig *rig, enum event_kind kind, const char *call)
{
    rig_begin(rig, kind, rig->event.clock_ms);
    rig_text(rig, EVENT_TEXT_CALL, call);
    rig->event.order = ++rig->order;
    rig->event.request = 1;
    step_begin(&rig->step, &rig->event);
}

/* One part of a move on one side, undone, done again, and shown to the other side. */
static enum move_result
part_of(struct call_rig *rig, struct ring_spsc *lane,
        enum move_result (*part)(struct step *, struct ring_spsc *))
{
    const struct shm_part before = rig->part;
    picture_take(&rig->picture, &rig->table);
    rig_begin_transaction(rig);
    enum move_result rehearsed = part(&rig->step, lane);
    rig_roll_back(rig);
    assert_true(picture_is_like(&rig->picture, &rig->table));
    lane->position = lane->told_position;
    rig->part = before;

    rig_begin_transaction(rig);
    enum move_result result = part(&rig->step, lane);
    assert_int_equal(result, rehearsed);
    call_table_commit(&rig->table);
    return result;
}

/* Returns how many parts it took. */
static unsigned
move(struct fixture *f, const char *call)
{
    enum move_result out = MOVE_WAITS;
    enum move_result in = MOVE_WAITS;
    unsigned parts = 0;
    rig_begin_transaction(f->from);
    begin_move(f->from, EVENT_MOVE_OUT, call);
    call_table_commit(&f->from->table);
    rig_begin_transaction(f->to);
    begin_move(f->to, EVENT_MOVE_IN, call);
    assert_int_equal(move_in(&f->to->step, &f->consumer), MOVE_WAITS);
    call_table_commit(&f->to->table);
    while (in == MOVE_WAITS) {
        if (out == MOVE_WAITS)
            out = part_of(f->from, &f->producer, move_out);
        ring_spsc_publish(&f->producer, 0);
        in = part_of(f->to, &f->consumer, move_in);
        ring_spsc_release(&f->consumer, 0);
        parts++;
    }
    assert_int_equal(out, MOVE_DONE);
    assert_int_equal(in, MOVE_DONE);
    f->from->part = f->to->part = (struct shm_part){0};
    f->to->order = f->from->order;
    f->to->tick_ms = f->from->tick_ms;
    f->to->table.links[0].tick_ms = f->from->tick_ms;
    return parts;
}

static void
a_call_that_moved_ends_as_it_would_have_at_home(void **state)
{
    struct fixture *f = *state;
    rig_conversation(f->from, 1000, "1");
    move(f, "1");
    assert_int_equal(f->from->table.shared->living, 0);
    assert_int_equal(f->to->table.shared->living, 1);
    rig_call_event(f->to, EVENT_CONNECTION_CLEARED, 5000, "1", "B", "B");
    rig_call_event(f->to, EVENT_CONNECTION_CLEARED, 5100, "1", "A", "B");
    assert_int_equal(f->from->outcome_count, 0);
    assert_int_equal(f->to->outcome_count, 5);
    assert_int_equal(f->to->outcomes[0].releasing, RELEASING_LOCAL);
    assert_int_equal(f->to->outcomes[2].releasing, RELEASING_REMOTE);
    assert_int_equal(f->to->outcomes[4].since_start_ms, 4100);
    assert_int_equal(f->to->outcomes[4].since_answer_ms, 3000);
}

static void
what_waits_goes_on_waiting_where_it_came_to(void **state)
{
    struct fixture *f = *state;
    rig_conversation(f->from, 1000, "1");
    rig_begin(f->from, EVENT_CLEAR_CONNECTION, 5000);
    rig_text(f->from, EVENT_TEXT_CALL, "1");
    rig_text(f->from, EVENT_TEXT_DEVICE, "A");
    rig_text(f->from, EVENT_TEXT_REQUESTER, "A");
    rig_send(f->from);
    rig_call_event(f->from, EVENT_CONNECTION_CLEARED, 5200, "1", "A", NULL);
    move(f, "1");
    assert_int_equal(f->from->outcome_count + f->to->outcome_count, 0);
    rig_call_event(f->to, EVENT_HELD, 7100, "1", "B", NULL);
    assert_int_equal(f->to->outcome_count, 2);
    assert_int_equal(f->to->outcomes[0].releasing, RELEASING_UNKNOWN);
    assert_int_equal(f->to->outcomes[0].time_us, 5200 * INT64_C(1000));
}

static void
a_call_nobody_has_heard_of_moves_as_nothing(void **state)
{
    struct fixture *f = *state;
    move(f, "1");
    assert_int_equal(f->from->table.shared->living, 0);
    assert_int_equal(f->to->table.shared->living, 0);
}

static void
a_move_of_another_number_is_a_broken_promise(void **state)
{
    struct fixture *f = *state;
    rig_begin_transaction(f->from);
    begin_move(f->from, EVENT_MOVE_OUT, "1");
    assert_int_equal(move_out(&f->from->step, &f->producer), MOVE_DONE);
    call_table_commit(&f->from->table);
    ring_spsc_publish(&f->producer, 0);
    rig_begin_transaction(f->to);
    begin_move(f->to, EVENT_MOVE_IN, "1");
    f->to->event.request = 2;
    assert_int_equal(move_in(&f->to->step, &f->consumer), MOVE_BROKEN);
}

static void
a_call_larger_than_the_lane_arrives_whole(void **state)
{
    struct fixture *f = *state;
    char name[16];
    rig_conversation(f->from, 1000, "1");
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "party-%u", i);
        rig_call_event(f->from, EVENT_ESTABLISHED, 3000, "1", name, NULL);
    }
    struct call call = span_first(&f->from->table, 0, SPAN_IDLE);
    uint32_t bytes = call.block->used;
    assert_true(bytes > 2 * LANE_SLOT_SIZE * LANE_SLOTS);
    assert_true(move(f, "1") > 2);
    call = span_first(&f->to->table, 0, SPAN_IDLE);
    assert_int_equal(call.block->used, bytes);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "party-%u", i);
        assert_non_null(call_active_party(call.block, text_of(name)));
    }
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_call_that_moved_ends_as_it_would_have_at_home),
        PROMISE(what_waits_goes_on_waiting_where_it_came_to),
        PROMISE(a_call_nobody_has_heard_of_moves_as_nothing),
        PROMISE(a_move_of_another_number_is_a_broken_promise),
        PROMISE(a_call_larger_than_the_lane_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
