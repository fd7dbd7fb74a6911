/* What the event record promises: nothing lost on the way, and no trust in what arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/event_record.h"

/* One spare slot of a known pattern stands behind the longest record. */
static alignas(64) uint8_t slots[(EVENT_RECORD_SLOTS + 1) * EVENT_SLOT_SIZE];
static struct event in;
static struct event out;

static char letters[EVENT_TEXT_LENGTH + 1];

static int
setup(void **state)
{
    (void)state;
    memset(slots, 0xa5, sizeof(slots));
    memset(&in, 0xff, sizeof(in));
    memset(&out, 0xff, sizeof(out));
    memset(letters, 'x', sizeof(letters));
    event_reset(&in);
    return 0;
}

static void
assert_text_equal(struct text left, struct text right)
{
    assert_int_equal(left.length, right.length);
    assert_true(text_is_equal(left, right));
}

static void
assert_same_event(const struct event *left, const struct event *right)
{
    assert_int_equal(left->kind, right->kind);
    assert_int_equal(left->cause, right->cause);
    assert_int_equal(left->local_state, right->local_state);
    assert_int_equal(left->monitor_type, right->monitor_type);
    assert_int_equal(left->link, right->link);
    assert_int_equal(left->item_count, right->item_count);
    assert_int_equal(left->flags, right->flags);
    assert_int_equal(left->monitor, right->monitor);
    assert_int_equal(left->order, right->order);
    assert_int_equal(left->seq, right->seq);
    assert_int_equal(left->time_us, right->time_us);
    assert_int_equal(left->clock_ms, right->clock_ms);
    assert_int_equal(left->request, right->request);
    assert_int_equal(left->extra, right->extra);
    assert_int_equal(left->received_ns, right->received_ns);
    if (left->received_ns != 0)
        assert_int_equal(left->decoded_ns, right->decoded_ns);
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        assert_text_equal(left->texts[i], right->texts[i]);
    for (int i = 0; i < left->item_count; i++) {
        assert_int_equal(left->items[i].state, right->items[i].state);
        assert_text_equal(left->items[i].new_call, right->items[i].new_call);
        assert_text_equal(left->items[i].new_device, right->items[i].new_device);
        assert_text_equal(left->items[i].old_call, right->items[i].old_call);
        assert_text_equal(left->items[i].old_device, right->items[i].old_device);
        assert_text_equal(left->items[i].endpoint, right->items[i].endpoint);
    }
}

static uint32_t
pack(void)
{
    uint32_t count = event_pack_slots(&in);
    event_pack(&in, slots, count);
    return count;
}

/* A plain clearing, as most records are. */
static void
fill_clearing(void)
{
    in.kind = EVENT_CONNECTION_CLEARED;
    in.cause = 48;
    in.local_state = LOCAL_NULL;
    in.monitor_type = MONITOR_CALL;
    in.link = 4095;
    in.flags = EVENT_HAS_TIME | EVENT_DEVICE_DYNAMIC;
    in.monitor = 0xfffffffe;
    in.order = UINT64_MAX;
    in.seq = 17;
    in.time_us = -1;
    in.clock_ms = UINT64_C(1) << 63;
    in.request = 5;
    in.texts[EVENT_TEXT_CALL] = TEXT("4711");
    in.texts[EVENT_TEXT_DEVICE] = TEXT("2001");
    in.texts[EVENT_TEXT_RELEASING] = TEXT("2001");
}

/* Everything as long and as many as it may be. */
static void
fill_longest(void)
{
    struct text longest = {letters, EVENT_TEXT_LENGTH};
    fill_clearing();
    in.kind = EVENT_CONFERENCED;
    in.extra = 1;
    in.received_ns = 1;
    in.decoded_ns = UINT64_MAX;
    in.item_count = EVENT_ITEMS_MAX;
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        in.texts[i] = longest;
    for (int i = 0; i < EVENT_ITEMS_MAX; i++)
        in.items[i] =
            (struct event_item){longest, longest, longest, longest, longest, LOCAL_ABSENT};
}

static void
a_reset_event_says_nothing(void **state)
{
    (void)state;
    struct event event;
    memset(&event, 0xff, sizeof(event));
    event_reset(&event);
    assert_int_equal(event.kind, EVENT_NONE);
    assert_int_equal(event.local_state, LOCAL_ABSENT);
    assert_int_equal(event.item_count, 0);
    assert_int_equal(event.order | event.seq | event.request | event.extra, 0);
    assert_int_equal(event.received_ns | event.decoded_ns, 0);
    for (int i = 0; i < EVENT_TEXT_COUNT; i++)
        assert_true(text_is_none(event.texts[i]));
}

static void
an_unpacked_event_is_the_packed_one(void **state)
{
    (void)state;
    fill_clearing();
    uint32_t count = pack();
    assert_int_equal(count, 2);
    assert_int_equal(event_unpack(&out, slots, count), count);
    assert_same_event(&in, &out);
}

static void
every_kind_and_every_single_text_survives(void **state)
{
    (void)state;
    for (uint8_t kind = 1; kind < EVENT_KIND_COUNT; kind++) {
        for (int i = 0; i < EVENT_TEXT_COUNT; i++) {
            event_reset(&in);
            in.kind = kind;
            in.texts[i] = TEXT("\0\xff!");
            in.extra = i % 2 == 0 ? 0 : UINT64_MAX;
            assert_int_equal(event_unpack(&out, slots, pack()), 2);
            assert_same_event(&in, &out);
        }
    }
}

static void
a_text_of_every_length_survives_byte_for_byte(void **state)
{
    (void)state;
    char bytes[EVENT_TEXT_LENGTH];
    for (uint32_t i = 0; i < EVENT_TEXT_LENGTH; i++)
        bytes[i] = (char)(i + 1);
    for (uint32_t length = 1; length <= EVENT_TEXT_LENGTH; length++) {
        event_reset(&in);
        in.kind = EVENT_HELD;
        in.texts[EVENT_TEXT_CALL] = (struct text){bytes, length};
        in.texts[EVENT_TEXT_DEVICE] = TEXT("behind");
        assert_true(event_unpack(&out, slots, pack()) > 0);
        assert_same_event(&in, &out);
    }
}

static void
items_survive_with_absent_texts_among_them(void **state)
{
    (void)state;
    fill_clearing();
    in.item_count = 3;
    in.items[0] = (struct event_item){.new_call = TEXT("1"), .state = LOCAL_CONNECTED};
    in.items[1] = (struct event_item){.endpoint = TEXT("2001"), .state = LOCAL_ABSENT};
    in.items[2] = (struct event_item){.old_call = TEXT("7"), .old_device = TEXT("8")};
    assert_true(event_unpack(&out, slots, pack()) > 0);
    assert_same_event(&in, &out);
}

static void
the_longest_event_fits_and_stays_within_its_slots(void **state)
{
    (void)state;
    fill_longest();
    uint32_t count = pack();
    assert_true(count <= EVENT_RECORD_SLOTS);
    for (uint32_t i = count * EVENT_SLOT_SIZE; i < sizeof(slots); i++)
        assert_int_equal(slots[i], 0xa5);
    assert_int_equal(event_unpack(&out, slots, count), count);
    assert_same_event(&in, &out);
}

static void
an_event_of_scalars_alone_takes_one_slot(void **state)
{
    (void)state;
    in.kind = EVENT_TICK;
    assert_int_equal(event_pack_slots(&in), 1);
    in.texts[EVENT_TEXT_LINK] = TEXT("p");
    assert_int_equal(event_pack_slots(&in), 2);
}

static void
a_record_longer_than_what_may_be_read_is_refused(void **state)
{
    (void)state;
    fill_longest();
    uint32_t count = pack();
    for (uint32_t available = 0; available < count; available++)
        assert_int_equal(event_unpack(&out, slots, available), 0);
}

static void
every_bit_of_a_record_tells_when_it_turns_over(void **state)
{
    (void)state;
    fill_clearing();
    uint32_t count = pack();
    assert_int_equal(event_unpack(&out, slots, count), count);
    assert_true(event_is_whole(&out, slots));
    uint32_t unseen = 0;
    for (uint32_t bit = 0; bit < count * EVENT_SLOT_SIZE * 8; bit++) {
        uint8_t *byte = (uint8_t *)slots + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        unseen += event_unpack(&out, slots, count) == count && event_is_whole(&out, slots);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    assert_in_range(unseen, 0, EVENT_SLOT_SIZE * 8 - 1); /* behind the last text */
}

static void
a_header_we_never_write_is_refused(void **state)
{
    (void)state;
    fill_clearing();
    uint32_t count = pack();
    struct shm_event_record good;
    memcpy(&good, slots, sizeof(good));

#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        struct shm_event_record bad = good;                                                        \
        bad.field = (value);                                                                       \
        memcpy(slots, &bad, sizeof(bad));                                                          \
        assert_int_equal(event_unpack(&out, slots, EVENT_RECORD_SLOTS), 0);                        \
    } while (0)

    REFUSED(slots, 0);
    REFUSED(slots, 1);
    REFUSED(slots, (uint16_t)(count + 1));
    REFUSED(slots, EVENT_RECORD_SLOTS + 1);
    REFUSED(kind, EVENT_NONE);
    REFUSED(kind, EVENT_KIND_COUNT);
    REFUSED(cause, 128);
    REFUSED(local_state, LOCAL_FAIL + 1);
    REFUSED(monitor_type, MONITOR_CALL + 1);
    REFUSED(text_mask, UINT32_C(1) << EVENT_TEXT_COUNT);
    REFUSED(text_mask, good.text_mask | 1u << EVENT_TEXT_LINKAGE | 1u << EVENT_TEXT_LINK);
    REFUSED(item_count, EVENT_ITEMS_MAX + 1);
    REFUSED(item_count, EVENT_ITEMS_MAX);
    REFUSED(follows, 4);
#undef REFUSED
    memcpy(slots, &good, sizeof(good));
    assert_int_equal(event_unpack(&out, slots, count), count);
}

static void
a_text_length_that_leads_out_of_the_record_is_refused(void **state)
{
    (void)state;
    fill_clearing();
    uint32_t count = pack();
    uint8_t *first_length = slots + sizeof(struct shm_event_record);
    assert_int_equal(*first_length, 4);
    *first_length = EVENT_TEXT_LENGTH;
    assert_int_equal(event_unpack(&out, slots, count), 0);
    *first_length = EVENT_TEXT_LENGTH + 1;
    assert_int_equal(event_unpack(&out, slots, EVENT_RECORD_SLOTS), 0);
    *first_length = 0;
    assert_int_equal(event_unpack(&out, slots, count), 0);
}

/* Whatever stands in the slots: refused, or the same again when packed again. */
static void
what_unpacks_packs_again_to_the_same(void **state)
{
    (void)state;
    static struct event again;
    static alignas(64) uint8_t copy[EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE];
    uint32_t understood = 0;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        event_reset(&in);
        fill_clearing();
        in.item_count = (uint16_t)(round % 4);
        for (int i = 0; i < in.item_count; i++)
            in.items[i] = (struct event_item){.new_call = TEXT("12"), .state = LOCAL_HOLD};
        uint32_t count = pack();
        slots[(uint32_t)rand() % (count * EVENT_SLOT_SIZE)] = (uint8_t)rand();
        uint32_t used = event_unpack(&out, slots, count);
        if (used == 0)
            continue;
        understood++;
        assert_int_equal(event_pack_slots(&out), used);
        event_pack(&out, copy, used);
        assert_int_equal(event_unpack(&again, copy, used), used);
        assert_same_event(&out, &again);
    }
    assert_true(understood > 1000 && understood < 20000);
}

/* Whatever follows the header: what is peeked at is what is unpacked. */
static void
a_peek_tells_what_unpacking_tells(void **state)
{
    (void)state;
    for (unsigned follows = 0; follows < 8; follows++) {
        event_reset(&in);
        in.kind = EVENT_DELIVERED;
        in.link = 7;
        in.extra = (follows & 1) != 0 ? 5 : 0;
        in.received_ns = (follows & 2) != 0 ? 9 : 0;
        in.texts[EVENT_TEXT_DEVICE] = TEXT("2001");
        if ((follows & 4) != 0)
            in.texts[EVENT_TEXT_CALL] = TEXT("call-1");
        uint32_t count = pack();
        uint32_t peeked = 0;
        uint16_t link = 0;
        struct text call = event_peek_call(slots, count, &link, &peeked);
        assert_int_equal(event_unpack(&out, slots, count), peeked);
        assert_int_equal(link, 7);
        assert_true(text_is_equal(call, out.texts[EVENT_TEXT_CALL]));
        assert_int_equal(event_peek_call(slots, 0, &link, &peeked).length, 0);
        assert_int_equal(peeked, 0);
    }
}

static void
an_overlong_text_of_our_own_stops_the_program(void **state)
{
    (void)state;
    fill_clearing();
    in.texts[EVENT_TEXT_CALLED] = (struct text){letters, EVENT_TEXT_LENGTH + 1};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fclose(stderr);
        event_pack_slots(&in);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void
every_kind_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(event_kind_name(EVENT_NONE), "None");
    assert_string_equal(event_kind_name(EVENT_CONNECTION_CLEARED), "ConnectionCleared");
    assert_string_equal(event_kind_name(EVENT_MOVE_IN), "MoveIn");
    assert_string_equal(event_kind_name(EVENT_KIND_COUNT), "?");
    assert_string_equal(event_kind_name(255), "?");
    for (uint8_t kind = 0; kind < EVENT_KIND_COUNT; kind++)
        assert_true(event_kind_name(kind)[0] != '?');
}

#define PROMISE(test) cmocka_unit_test_setup(test, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_reset_event_says_nothing),
        PROMISE(an_unpacked_event_is_the_packed_one),
        PROMISE(every_kind_and_every_single_text_survives),
        PROMISE(a_text_of_every_length_survives_byte_for_byte),
        PROMISE(items_survive_with_absent_texts_among_them),
        PROMISE(the_longest_event_fits_and_stays_within_its_slots),
        PROMISE(an_event_of_scalars_alone_takes_one_slot),
        PROMISE(a_record_longer_than_what_may_be_read_is_refused),
        PROMISE(every_bit_of_a_record_tells_when_it_turns_over),
        PROMISE(a_header_we_never_write_is_refused),
        PROMISE(a_text_length_that_leads_out_of_the_record_is_refused),
        PROMISE(what_unpacks_packs_again_to_the_same),
        PROMISE(a_peek_tells_what_unpacking_tells),
        PROMISE(an_overlong_text_of_our_own_stops_the_program),
        PROMISE(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
