/*
 * One direction of a connection, piece by piece; then whole conversations cut, shuffled, doubled
 * and overlapped at random, which must come out as they were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/source/reassembly.h"
#include "tests/capture_rig.h"
#include "tests/unit/source_rig.h"

static struct direction direction;
static struct budget budget;
static char got[1 << 20];
static uint32_t got_length;

static int
setup(void **state)
{
    (void)state;
    direction = (struct direction){.started = false};
    budget = (struct budget){.used = 0};
    got_length = 0;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    direction_drop(&direction, &budget);
    return budget.used == 0 ? 0 : -1;
}

/* Reads all there is, in bites of `bite` bytes; what is less stays unread. */
static void
read_bites(uint32_t bite)
{
    do {
        struct text unread;
        assert_int_equal(direction_unread(&direction, &budget, &unread), DIRECTION_OK);
        while (unread.length >= bite) {
            memcpy(got + got_length, unread.at, bite);
            got_length += bite;
            direction_skip(&direction, bite);
            assert_int_equal(direction_unread(&direction, &budget, &unread), DIRECTION_OK);
        }
        assert_int_equal(direction_settle(&direction, &budget), DIRECTION_OK);
    } while (direction_more(&direction, &budget));
}

static void
take(uint32_t sequence, const char *bytes)
{
    assert_int_equal(direction_take(&direction, &budget, sequence, text_of(bytes)), DIRECTION_OK);
    read_bites(1);
}

static const char *
all(void)
{
    got[got_length] = '\0';
    return got;
}

static void
bytes_in_order_are_shown_where_they_lie(void **state)
{
    (void)state;
    static const char bytes[] = "abcdef";
    struct text unread;
    direction_start(&direction, 1);
    direction_take(&direction, &budget, 1, text_of(bytes));
    assert_int_equal(direction_unread(&direction, &budget, &unread), DIRECTION_OK);
    assert_ptr_equal(unread.at, bytes);
    assert_int_equal(budget.used, 0);
    direction_skip(&direction, 6);
}

static void
what_comes_early_waits(void **state)
{
    (void)state;
    direction_start(&direction, 10);
    take(14, "ef");
    take(18, "ij");
    assert_string_equal(all(), "");
    assert_int_equal(direction_hole(&direction), 4);
    take(10, "abcd");
    assert_string_equal(all(), "abcdef");
    take(16, "gh");
    assert_string_equal(all(), "abcdefghij");
    assert_int_equal(direction.offset, 10);
}

static void
of_bytes_that_come_twice_the_first_count(void **state)
{
    (void)state;
    direction_start(&direction, 0);
    take(2, "CD");
    take(6, "GH");
    take(1, "bcdefgh"); /* covers both: only b, e and f are new */
    take(0, "axxxxxxxxj");
    assert_string_equal(all(), "abCDefGHxj");
    take(3, "--------k");
    assert_string_equal(all(), "abCDefGHxj-k");
}

static void
sequence_numbers_wrap(void **state)
{
    (void)state;
    direction_start(&direction, UINT32_MAX - 2);
    take(1, "ef");
    take(UINT32_MAX, "cd");
    take(UINT32_MAX - 2, "ab");
    assert_string_equal(all(), "abcdef");
}

static void
bytes_of_another_time_are_not_taken(void **state)
{
    (void)state;
    direction_start(&direction, 1000);
    take(900, "old");
    take(1000 + DIRECTION_WINDOW + 1, "far");
    assert_string_equal(all(), "");
    assert_int_equal(direction_hole(&direction), 0);
    take(990, "0123456789new");
    assert_string_equal(all(), "new");
}

static void
what_is_held_is_bounded(void **state)
{
    (void)state;
    static char bytes[DIRECTION_HELD_BYTES_MAX];
    memset(bytes, 'x', sizeof bytes);
    direction_start(&direction, 0);
    struct text all_but_one = {bytes, sizeof bytes - 1};
    assert_int_equal(direction_take(&direction, &budget, 10, all_but_one), DIRECTION_OK);
    uint32_t behind = 10 + all_but_one.length;
    assert_int_equal(direction_take(&direction, &budget, behind, TEXT("yz")), DIRECTION_FULL);
    assert_int_equal(direction_take(&direction, &budget, behind, TEXT("y")), DIRECTION_OK);
    assert_true(budget.used <= DIRECTION_HELD_BYTES_MAX + 4096);
    /* Full or not: what fills the hole is taken. */
    struct text filling = {bytes, 10};
    assert_int_equal(direction_take(&direction, &budget, 0, filling), DIRECTION_OK);
    read_bites(1);
    assert_int_equal(got_length, 10 + DIRECTION_HELD_BYTES_MAX);
}

static void
pieces_that_are_held_are_bounded(void **state)
{
    (void)state;
    direction_start(&direction, 0);
    for (uint32_t i = 1; i <= DIRECTION_HELD_MAX; i++)
        assert_int_equal(direction_take(&direction, &budget, 2 * i, TEXT("x")), DIRECTION_OK);
    uint32_t next = 2 * DIRECTION_HELD_MAX + 2;
    assert_int_equal(direction_take(&direction, &budget, next, TEXT("x")), DIRECTION_FULL);
}

static void
a_hole_is_hopeless_once_it_was_acknowledged_and_more_came(void **state)
{
    (void)state;
    direction_start(&direction, 0);
    for (uint32_t i = 0; i < DIRECTION_PATIENCE; i++) {
        take(10 + i, "x");
        assert_false(direction_is_hopeless(&direction));
    }
    direction_acknowledge(&direction, 9);
    assert_false(direction_is_hopeless(&direction));
    direction_acknowledge(&direction, 10);
    assert_true(direction_is_hopeless(&direction));
    direction_lose(&direction, direction_hole(&direction));
    assert_true(direction_more(&direction, &budget));
    read_bites(1);
    assert_string_equal(all(), "xxxxxxxx");
    assert_int_equal(direction.offset, 18);
}

static void
what_is_unread_is_kept_and_goes_on(void **state)
{
    (void)state;
    direction_start(&direction, 0);
    direction_take(&direction, &budget, 0, TEXT("abcde"));
    read_bites(4);
    direction_take(&direction, &budget, 5, TEXT("fg"));
    read_bites(4);
    assert_string_equal(all(), "abcd");
    direction_take(&direction, &budget, 7, TEXT("hi"));
    read_bites(4);
    assert_string_equal(all(), "abcdefgh");
    assert_int_equal(direction.offset, 8);
}

/* ---- whole conversations ------------------------------------------------------------------- */

enum {
    ROUNDS = 300,
    MESSAGES = 40,
    STREAM_MAX = MESSAGES * 1200,
    CUTS_MAX = 32768,
    REORDER = 5, /* segments that one may be early or late */
};

static uint64_t random_state;

static uint32_t
random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % limit;
}

struct stream {
    char bytes[STREAM_MAX];
    uint32_t length;
    uint32_t message_at[MESSAGES]; /* payloads */
    uint32_t message_length[MESSAGES];
    uint32_t given;
};

struct cut {
    enum rig_end from;
    uint32_t at;
    uint32_t length;
    uint32_t rank; /* the order they are captured in */
};

static struct stream streams[2];
static struct cut cuts[CUTS_MAX];
static uint32_t cut_count;
static uint8_t room[RIG_CAPTURE_MAX];

static void
make_stream(struct stream *stream, bool is_ber)
{
    stream->length = stream->given = 0;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t header = is_ber ? 2 : 8;
        uint32_t length = 3 + random_below(random_below(8) == 0 ? 1100 : 100);
        char *at = stream->bytes + stream->length;
        for (uint32_t k = 0; k < length; k++)
            at[header + k] = (char)random_below(256);
        if (is_ber) {
            length = length > 127 ? 127 : length;
            memcpy(at, (char[]){0, (char)length, (char)0xA1, (char)(length - 2)}, 4);
        } else {
            uint32_t size = length + header;
            memcpy(at, (char[]){0, 0, (char)(size >> 8), (char)size}, 4);
            memcpy(at + 4, "0001<", 5);
        }
        stream->message_at[i] = stream->length + header;
        stream->message_length[i] = length;
        stream->length += header + length;
    }
}

static void
add_cut(enum rig_end from, uint32_t at, uint32_t length, uint32_t rank)
{
    assert_true(cut_count < CUTS_MAX);
    cuts[cut_count++] = (struct cut){from, at, length, rank};
}

/* Covers the stream; now and then a piece comes again, or reaches over its neighbours. */
static void
cut_stream(enum rig_end from)
{
    const struct stream *stream = &streams[from];
    uint32_t largest = 8 + random_below(1440);
    uint32_t rank = random_below(8);
    for (uint32_t at = 0; at < stream->length;) {
        uint32_t length = 1 + random_below(largest);
        length = length < stream->length - at ? length : stream->length - at;
        rank += 8;
        add_cut(from, at, length, rank + random_below(REORDER * 8));
        if (random_below(6) == 0)
            add_cut(from, at, length, rank + random_below(200));
        if (random_below(6) == 0) {
            uint32_t back = random_below(at + 1 < 300 ? at + 1 : 300);
            uint32_t reach = length + back + random_below(200);
            uint32_t most = stream->length - (at - back);
            add_cut(from, at - back, reach < most ? reach : most, rank + random_below(REORDER * 8));
        }
        at += length;
    }
}

static int
by_rank(const void *left, const void *right)
{
    const struct cut *one = left, *other = right;
    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    return one->at != other->at ? (one->at < other->at ? -1 : 1)
                                : (int)one->from - (int)other->from;
}

static void
write_capture(struct rig_capture *capture, struct rig_connection *connection)
{
    rig_begin(capture);
    rig_syn(capture, connection);
    uint32_t first[2] = {connection->ends[0].next, connection->ends[1].next};
    for (uint32_t i = 0; i < cut_count; i++) {
        const struct cut *cut = &cuts[i];
        uint32_t end = first[cut->from] + cut->at + cut->length;
        /* The other end acknowledges what went past at most. */
        if ((int32_t)(end - connection->ends[cut->from].next) > 0)
            connection->ends[cut->from].next = end;
        rig_segment(capture, connection, cut->from, RIG_ACK, first[cut->from] + cut->at,
                    streams[cut->from].bytes + cut->at, cut->length);
    }
    for (int end = 0; end < 2; end++)
        connection->ends[end].next = first[end] + streams[end].length;
    rig_close(capture, connection);
}

static void
expect_message(const struct source_message *message)
{
    assert_int_equal(message->kind, SOURCE_MESSAGE);
    assert_int_not_equal(message->direction, SOURCE_EITHER);
    struct stream *stream =
        &streams[message->direction == SOURCE_FROM_SWITCH ? RIG_SERVER : RIG_CLIENT];
    assert_true(stream->given < MESSAGES);
    uint32_t at = stream->message_at[stream->given];
    assert_int_equal(message->offset, at);
    assert_int_equal(message->payload.length, stream->message_length[stream->given]);
    assert_memory_equal(message->payload.at, stream->bytes + at, message->payload.length);
    stream->given++;
}

static void
read_capture(const struct rig_capture *capture)
{
    struct source source;
    struct source_message message;
    uint8_t *copy = malloc(capture->length);
    memcpy(copy, capture->bytes, capture->length);
    assert_true(source_open_bytes(&source, "pbx", copy, capture->length));
    assert_int_equal(source_next(&source, &message), SOURCE_OK);
    assert_int_equal(message.kind, SOURCE_UP);
    for (uint32_t i = 0; i < 2 * MESSAGES; i++) {
        assert_int_equal(source_next(&source, &message), SOURCE_OK);
        expect_message(&message);
    }
    assert_int_equal(source_next(&source, &message), SOURCE_OK);
    assert_int_equal(message.kind, SOURCE_DOWN);
    assert_int_equal(source_next(&source, &message), SOURCE_END);
    source_close(&source);
    free(copy);
}

static void
what_was_sent_comes_out_however_it_was_captured(void **state)
{
    (void)state;
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        random_state = round * UINT64_C(0x9e3779b97f4a7c15);
        bool is_ber = random_below(2) == 1;
        cut_count = 0;
        for (int end = 0; end < 2; end++)
            make_stream(&streams[end], is_ber);
        for (int end = 0; end < 2; end++)
            cut_stream((enum rig_end)end);
        qsort(cuts, cut_count, sizeof cuts[0], by_rank);
        struct rig_capture capture = {
            .bytes = room, .layer = RIG_ETHERNET, .time_us = 1000000, .tags = random_below(3)};
        struct rig_connection connection = {
            .ends = {{.host = 1, .port = 5000, .next = UINT32_MAX - random_below(20000)},
                     {.host = 2, .port = 1040, .next = UINT32_MAX - random_below(20000)}},
            .is_v6 = random_below(2) == 1,
        };
        write_capture(&capture, &connection);
        read_capture(&capture);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bytes_in_order_are_shown_where_they_lie),
        TEST(what_comes_early_waits),
        TEST(of_bytes_that_come_twice_the_first_count),
        TEST(sequence_numbers_wrap),
        TEST(bytes_of_another_time_are_not_taken),
        TEST(what_is_held_is_bounded),
        TEST(pieces_that_are_held_are_bounded),
        TEST(a_hole_is_hopeless_once_it_was_acknowledged_and_more_came),
        TEST(what_is_unread_is_kept_and_goes_on),
        cmocka_unit_test(what_was_sent_comes_out_however_it_was_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
