/*
 * What is recorded is read as it was taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/live/record.h"
#include "tests/unit/source_rig.h"

static char path[64];

static int
setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/test-record-%d.trace", (int)getpid());
    unlink(path);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static struct source_message
message_of(enum source_direction direction, const char *invoke, struct text payload)
{
    return (struct source_message){.kind = SOURCE_MESSAGE,
                                   .direction = direction,
                                   .link = TEXT("pbx1"),
                                   .invoke = text_of(invoke),
                                   .payload = payload,
                                   .has_time = true,
                                   .time_us = INT64_C(1764000000250000)};
}

static void
flush(struct record *record)
{
    uint64_t length = 0;
    struct stat status;
    assert_true(record_flush(record, &length));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, length);
}

/* The messages come back from the file with every field that replay looks at. */
static void
assert_recorded(const struct source_message *messages, size_t count)
{
    struct source source;
    struct source_message read;
    assert_true(source_open(&source, path));
    for (size_t i = 0; i < count; i++) {
        const struct source_message *taken = &messages[i];
        assert_int_equal(source_next(&source, &read), SOURCE_OK);
        assert_int_equal(read.kind, taken->kind);
        assert_int_equal(read.direction, taken->direction);
        assert_true(text_is_equal(read.link, taken->link));
        assert_true(text_is_equal(read.invoke, taken->invoke));
        assert_true(text_is_equal(read.by, taken->by));
        assert_true(text_is_equal(read.payload, taken->payload));
        assert_true(text_is_equal(read.key, taken->key));
        assert_true(text_is_equal(read.value, taken->value));
        assert_int_equal(read.has_time, taken->has_time);
        assert_int_equal(read.time_us, taken->time_us);
    }
    assert_int_equal(source_next(&source, &read), SOURCE_END);
    source_close(&source);
}

static void
everything_taken_is_read_as_it_was(void **state)
{
    (void)state;
    static const char binary[] = {0x00, 0x0a, 0x20, 0x7f};
    struct source_message taken[] = {
        message_of(SOURCE_FROM_SWITCH, "9999", TEXT("<?xml version=\"1.0\"?><a b='1 2'/>")),
        message_of(SOURCE_TO_SWITCH, "0017", TEXT("<ClearConnection/>")),
        message_of(SOURCE_FROM_SWITCH, "", TEXT("\xa1\x05\x02\x01\x01\x02\x01")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("<a>\n</a>\r\n")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("<a/>\t")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("<a/> ")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT(" <a/>")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("hex:00")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("<a>\0\x1b[2J</a>")),
        message_of(SOURCE_FROM_SWITCH, "0017", TEXT("<a>\xc3\xa4\xff</a>")),
        message_of(SOURCE_FROM_SWITCH, "", TEXT("<a/>")),
        message_of(SOURCE_TO_SWITCH, "", TEXT("<a/>")),
        {.kind = SOURCE_UP, .link = TEXT("pbx1"), .has_time = true, .time_us = 5},
        {.kind = SOURCE_TICK, .link = TEXT("pbx2"), .has_time = true, .time_us = 1000000},
        {.kind = SOURCE_DOWN, .link = TEXT("pbx1"), .has_time = true, .time_us = 1999999},
        {.kind = SOURCE_SET, .link = TEXT("pbx1"), .has_time = true, .time_us = 3},
        {.kind = SOURCE_DECLARE, .link = TEXT("pbx1"), .key = TEXT("infer"), .value = TEXT("none")},
        {.kind = SOURCE_DECLARE, .key = TEXT("22334455"), .value = TEXT("200")},
        {.kind = SOURCE_DECLARE, .link = TEXT("pbx3")},
    };
    taken[1].by = TEXT("2001");
    taken[11].by = TEXT("+4930123");
    taken[10].invoke = (struct text){binary, sizeof binary};
    enum { TAKEN = sizeof taken / sizeof *taken };
    struct record *record = record_open(path, 0);
    assert_non_null(record);
    for (size_t i = 0; i < TAKEN; i++)
        record_take(record, &taken[i]);
    flush(record);
    record_close(record);
    assert_recorded(taken, TAKEN);
}

static void
any_payload_a_frame_can_hold_comes_back(void **state)
{
    (void)state;
    enum { COUNT = 8, LENGTH = 65535 };
    static char payload[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        payload[i] = (char)(i * 7 + i / 256);
    struct source_message taken[COUNT];
    struct record *record = record_open(path, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        taken[i] = message_of(SOURCE_FROM_SWITCH, "9999", (struct text){payload, LENGTH - i});
        record_take(record, &taken[i]);
    }
    flush(record);
    record_close(record);
    assert_recorded(taken, COUNT);
}

static void
what_was_unreadable_is_unreadable_again_and_has_its_seq(void **state)
{
    (void)state;
    struct record *record = record_open(path, 0);
    struct source_message taken = message_of(SOURCE_FROM_SWITCH, "9999", TEXT_NONE);
    record_take(record, &taken);
    taken = (struct source_message){
        .kind = SOURCE_BAD, .link = TEXT("pbx1"), .why = "x", .has_time = true, .time_us = 1};
    record_take(record, &taken);
    taken = (struct source_message){.kind = SOURCE_BROKEN, .why = "no frame"};
    record_take(record, &taken);
    flush(record);
    record_close(record);
    struct source source;
    struct source_message read;
    assert_true(source_open(&source, path));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(source_next(&source, &read), SOURCE_OK);
        assert_int_equal(read.kind, SOURCE_BAD);
        assert_true(text_is_equal(read.link, TEXT("pbx1")));
    }
    assert_int_equal(source_next(&source, &read), SOURCE_END);
    source_close(&source);
}

static void
fill(struct link_settings *link)
{
    static const char *const said[][2] = {
        {"profile", "oxe"},           {"encoding", "ber2"},
        {"observers", "9001,9002"},   {"treatments", "9100"},
        {"route-points", "7000"},     {"infer", "first-cleared"},
        {"report-redirect", "yes"},   {"shared", "yes"},
        {"request-timeout", "1.5s"},  {"stale-after", "90m"},
        {"monitored", "20000-29999"},
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_null(settings_link_key(link, text_of(said[i][0]), text_of(said[i][1])));
}

/* Takes a recording's declarations as a session does. */
static void
declare_all(struct settings *settings)
{
    struct source source;
    struct source_message read;
    assert_true(source_open(&source, path));
    while (source_next(&source, &read) == SOURCE_OK) {
        assert_int_equal(read.kind, SOURCE_DECLARE);
        if (text_is_none(read.link))
            assert_null(settings_trace_alias(settings, read.key, read.value));
        else
            assert_null(
                settings_trace_key(settings_link(settings, read.link), read.key, read.value));
    }
    source_close(&source);
}

/* Reads the next message of both, and wants the same but for where it stands and why it is bad. */
static bool
read_the_same(struct source *left, struct source *right)
{
    struct source_message one;
    struct source_message two;
    enum source_result result = source_next(left, &one);
    assert_int_equal(source_next(right, &two), result);
    if (result != SOURCE_OK)
        return false;
    assert_int_equal(one.kind, two.kind);
    assert_true(text_is_equal(one.link, two.link));
    assert_int_equal(one.has_time, two.has_time);
    if (one.kind == SOURCE_BAD)
        return true;
    assert_int_equal(one.time_us, two.time_us);
    assert_int_equal(one.direction, two.direction);
    assert_true(text_is_equal(one.invoke, two.invoke));
    assert_true(text_is_equal(one.by, two.by));
    assert_true(text_is_equal(one.payload, two.payload));
    assert_true(text_is_equal(one.key, two.key));
    assert_true(text_is_equal(one.value, two.value));
    return true;
}

static void
record_all(const char *trace)
{
    struct source source;
    struct source_message message;
    assert_true(source_open(&source, trace));
    struct record *record = record_open(path, 0);
    while (source_next(&source, &message) == SOURCE_OK)
        record_take(record, &message);
    flush(record);
    record_close(record);
    source_close(&source);
}

static void
every_golden_trace_recorded_says_the_same(void **state)
{
    (void)state;
    glob_t traces;
    assert_int_equal(glob(TESTS_DIR "/golden/*.trace", 0, NULL, &traces), 0);
    assert_true(traces.gl_pathc > 100);
    for (size_t i = 0; i < traces.gl_pathc; i++) {
        struct source golden;
        struct source recorded;
        record_all(traces.gl_pathv[i]);
        assert_true(source_open(&golden, traces.gl_pathv[i]));
        assert_true(source_open(&recorded, path));
        while (read_the_same(&golden, &recorded))
            ;
        source_close(&golden);
        source_close(&recorded);
    }
    globfree(&traces);
}

static void
declared_settings_are_what_they_were(void **state)
{
    (void)state;
    struct settings live;
    settings_default(&live);
    fill(settings_link(&live, TEXT("pbx1")));
    settings_link(&live, TEXT("pbx2"))->monitored_given = true;
    for (int i = 0; i < 1000; i++) {
        char from[16];
        int length = snprintf(from, sizeof from, "%d", i * 7919 % 1000);
        assert_null(
            settings_trace_alias(&live, (struct text){from, (uint32_t)length}, TEXT("20000")));
    }
    struct record *record = record_open(path, 0);
    record_aliases(record, &live);
    for (uint32_t i = 0; i < live.link_count; i++)
        record_declare(record, text_of(live.links[i].name), &live.links[i]);
    flush(record);
    record_close(record);

    struct settings replayed;
    settings_default(&replayed);
    declare_all(&replayed);
    assert_int_equal(settings_hash(1, &replayed), settings_hash(1, &live));

    /* Declared again, as after a reload: what was said before is void. */
    assert_null(settings_trace_key(&replayed.links[0], TEXT("observers"), TEXT("1,2,3")));
    assert_null(settings_trace_alias(&replayed, TEXT("77777"), TEXT("1")));
    declare_all(&replayed);
    assert_int_equal(settings_hash(1, &replayed), settings_hash(1, &live));
    settings_free(&live);
    settings_free(&replayed);
}

static void
a_successor_goes_on_behind_what_was_committed(void **state)
{
    (void)state;
    struct source_message taken[] = {
        message_of(SOURCE_FROM_SWITCH, "9999", TEXT("<first/>")),
        message_of(SOURCE_FROM_SWITCH, "9999", TEXT("<second/>")),
    };
    uint64_t committed = 0;
    uint64_t later = 0;
    struct record *record = record_open(path, 0);
    record_take(record, &taken[0]);
    assert_true(record_flush(record, &committed));
    record_take(record, &taken[0]);
    assert_true(record_flush(record, &later));
    assert_true(later > committed);
    record_close(record);

    record = record_open(path, committed);
    assert_non_null(record);
    record_take(record, &taken[1]);
    flush(record);
    record_close(record);
    assert_recorded(taken, 2);
}

static void
what_cannot_be_recorded_to_is_refused(void **state)
{
    (void)state;
    assert_null(record_open("/nowhere/x.trace", 0));
    assert_int_equal(errno, ENOENT);
    assert_null(record_open("/dev/null", 0));
    assert_int_equal(errno, ESPIPE);
    assert_null(record_open(path, 10));
    assert_int_equal(errno, ENOENT); /* and it is not made anew */
    assert_int_not_equal(access(path, F_OK), 0);
    int empty = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(empty >= 0);
    close(empty);
    assert_null(record_open(path, 10));
    assert_int_equal(errno, ENODATA);
    unlink(path);
    assert_int_equal(symlink("/tmp/elsewhere", path), 0);
    assert_null(record_open(path, 0));
    assert_int_equal(errno, ELOOP);
}

static void
a_recording_is_for_its_owner_only(void **state)
{
    (void)state;
    struct stat status;
    record_close(record_open(path, 0));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void
a_full_disk_ends_the_recording_at_a_whole_line(void **state)
{
    (void)state;
    struct source_message taken = message_of(SOURCE_FROM_SWITCH, "9999", TEXT("<a>0123456789</a>"));
    uint64_t length = 0;
    uint64_t kept = 0;
    struct record *record = record_open(path, 0);
    record_take(record, &taken);
    assert_true(record_flush(record, &kept));
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {kept + 20, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 10; i++)
        record_take(record, &taken);
    assert_false(record_flush(record, &length));
    assert_int_equal(errno, EFBIG);
    assert_int_equal(length, kept);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    record_take(record, &taken);
    assert_false(record_flush(record, &length));
    assert_int_equal(length, kept);
    record_close(record);
    assert_recorded(&taken, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_taken_is_read_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(any_payload_a_frame_can_hold_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_unreadable_is_unreadable_again_and_has_its_seq,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(every_golden_trace_recorded_says_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(declared_settings_are_what_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(a_successor_goes_on_behind_what_was_committed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_recorded_to_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_recording_is_for_its_owner_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_ends_the_recording_at_a_whole_line, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
