/*
 * Several front-ends before the same workers: each has links and numbers of its own, nobody waits
 * for another's work, and what is said of a link is what one front-end would have said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/frontend.h"
#include "engine/publisher.h"
#include "engine/session.h"
#include "ipc/call_record.h"
#include "ipc/process_state.h"
#include "workers/worker.h"

enum {
    LINKS = 8,
    MAX_CALLS = 64,
    PATH = 64,
    TRACE_SIZE = 1 << 20,
    SAID_SIZE = 1 << 22,
    PATIENCE = 20000, /* looks, a millisecond each */
};

static struct shared_engine engine;
static char folder[] = "/tmp/onhook-channels-XXXXXX";
static char paths[LINKS][PATH];

/* A role played by a thread: it has a copy of the engine, attached in its direction. */
struct part {
    struct shared_engine engine;
    enum role role;
    uint32_t index;
    struct settings settings;
    struct frontend_input input;
    struct publisher_options publisher;
    pthread_t thread;
    int code;
};

static struct part parts[FRONTENDS_MAX + 1 + WORKERS_MAX];
static uint32_t part_count;

static void *
play(void *context)
{
    struct part *part = context;
    shared_engine_attach(&part->engine, part->role, part->index);
    if (part->role == ROLE_WORKER)
        part->code = worker_run(&part->engine, part->index,
                                &(struct worker_options){.max_calls = MAX_CALLS});
    else if (part->role == ROLE_PUBLISHER)
        part->code = publisher_run(&part->engine, &part->publisher);
    else
        part->code = frontend_run(&part->engine, part->index, &part->settings, &part->input);
    return NULL;
}

static struct part *
begin(enum role role, uint32_t index)
{
    struct part *part = &parts[part_count++];
    *part = (struct part){.engine = engine, .role = role, .index = index};
    settings_default(&part->settings);
    return part;
}

static void
start(struct part *part)
{
    assert_int_equal(pthread_create(&part->thread, NULL, play, part), 0);
}

static void
join_all(void)
{
    for (; part_count > 0; part_count--) {
        struct part *part = &parts[part_count - 1];
        assert_int_equal(pthread_join(part->thread, NULL), 0);
        assert_int_equal(part->code, 0);
        settings_free(&part->settings);
    }
}

static void
make_engine(uint32_t frontends, uint32_t workers)
{
    char why[SHARED_ENGINE_WHY];
    char name[40];
    snprintf(name, sizeof name, "test-channels-%d", (int)getpid());
    struct engine_shape shape = {
        .workers = workers,
        .frontends = frontends,
        .ring_slots = 1024,
        .result_slots = 1024,
        .outbox_slots = OUTBOX_SLOTS_MIN,
        .calls_bytes = call_table_bytes(call_share(MAX_CALLS, frontends)),
        .frontend_bytes = front_state_bytes(),
    };
    if (!shared_engine_create(&engine, name, &shape, why))
        fail_msg("%s", why);
}

/* ---- what is said of links ----------------------------------------------------------------- */

/* A trace of link `number`: recorded stories under its name. */
static void
write_link(uint32_t number)
{
    static const char *const stories[] = {
        "018-two-step-transfer",   "012-party-leaves-conference", "095-conference-of-two-calls",
        "023-released-by-request", "027-lost-with-the-link",
    };
    static char trace[TRACE_SIZE];
    snprintf(paths[number], PATH, "%s/link-%u.trace", folder, number);
    FILE *out = fopen(paths[number], "w");
    assert_non_null(out);
    fputs("# onhook-trace 1\n", out);
    for (uint32_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        char path[256];
        uint32_t story = (uint32_t)((i + number) % (sizeof stories / sizeof *stories));
        snprintf(path, sizeof path, TESTS_DIR "/golden/%s.trace", stories[story]);
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        size_t length = fread(trace, 1, sizeof trace - 1, in);
        fclose(in);
        trace[length] = '\0';
        for (char *at = trace; (at = strstr(at, "pbx1")) != NULL; at += 4)
            at[3] = (char)('a' + number);
        fwrite(trace, 1, length, out);
    }
    fclose(out);
}

static int
setup_links(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    for (uint32_t i = 0; i < LINKS; i++)
        write_link(i);
    return 0;
}

static int
teardown_links(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < LINKS; i++)
        unlink(paths[i]);
    return rmdir(folder);
}

/* The lines of one link, in their order. */
static char *
lines_of(const char *said, uint32_t link)
{
    char key[32];
    snprintf(key, sizeof key, "\"Link\":\"pbx%c\"", (char)('a' + link));
    char *lines = calloc(1, strlen(said) + 1);
    assert_non_null(lines);
    size_t used = 0;
    for (const char *at = said; *at != '\0';) {
        size_t length = strcspn(at, "\n") + 1;
        const char *found = strstr(at, key);
        if (found != NULL && found < at + length) {
            memcpy(lines + used, at, length);
            used += length;
        }
        at += length;
    }
    return lines;
}

/* All links, each read by one of the front-ends, as JSON lines. */
static char *
run_links(uint32_t frontends, uint32_t workers)
{
    static const char *files[FRONTENDS_MAX][LINKS];
    make_engine(frontends, workers);
    int output = memfd_create("output", 0);
    for (uint32_t i = 0; i < workers; i++)
        start(begin(ROLE_WORKER, i));
    struct part *publisher = begin(ROLE_PUBLISHER, 0);
    publisher->publisher = (struct publisher_options){.descriptor = output};
    start(publisher);
    for (uint32_t i = 0; i < frontends; i++) {
        struct part *part = begin(ROLE_FRONTEND, i);
        part->input.files = files[i];
        for (uint32_t link = i; link < LINKS; link += frontends)
            files[i][part->input.file_count++] = paths[link];
        start(part);
    }
    join_all();
    shared_engine_destroy(&engine);
    char *said = calloc(1, SAID_SIZE);
    assert_non_null(said);
    assert_true(pread(output, said, SAID_SIZE - 1, 0) > 0);
    close(output);
    return said;
}

static void
same_of_each_link(uint32_t frontends, uint32_t workers)
{
    char *want = run_links(1, 1);
    char *got = run_links(frontends, workers);
    assert_int_equal(strlen(got), strlen(want));
    for (uint32_t link = 0; link < LINKS; link++) {
        char *wanted = lines_of(want, link);
        char *found = lines_of(got, link);
        assert_true(strlen(wanted) > 1000);
        assert_string_equal(found, wanted);
        free(wanted);
        free(found);
    }
    free(want);
    free(got);
}

static void
two_front_ends_say_of_each_link_what_one_does(void **state)
{
    (void)state;
    same_of_each_link(2, 1);
    same_of_each_link(2, 2);
    same_of_each_link(2, 3);
}

static void
four_front_ends_say_of_each_link_what_one_does(void **state)
{
    (void)state;
    same_of_each_link(4, 1);
    same_of_each_link(4, 2);
}

static void
as_many_front_ends_as_may_be_say_of_each_link_what_one_does(void **state)
{
    (void)state;
    same_of_each_link(FRONTENDS_MAX, 2);
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void
take_line(struct session *session, const char *line)
{
    struct source source;
    struct source_message message;
    char trace[512];
    const char *why = NULL;
    size_t where;
    snprintf(trace, sizeof trace, "# onhook-trace 1\n%s\n", line);
    assert_true(source_open_bytes(&source, "trace", trace, strlen(trace)));
    while (source_next(&source, &message) == SOURCE_OK)
        assert_int_equal(session_take(session, &message, 1, &why, &where), SESSION_OK);
    source_close(&source);
    session_publish(session, false);
}

/* The first record in the channel between that front-end and worker. */
static struct event
first_record(uint32_t frontend, uint32_t worker)
{
    static struct shared_engine reader;
    static struct event event;
    reader = engine;
    shared_engine_attach(&reader, ROLE_WORKER, worker);
    struct ring_spsc *ring = &reader.rings[engine_channel(&reader, frontend, worker)];
    uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
    assert_true(ready > 0);
    assert_int_not_equal(event_unpack(&event, ring_spsc_slot(ring, ring->position), ready), 0);
    return event;
}

static void
each_front_end_counts_its_own_input_and_links(void **state)
{
    (void)state;
    struct settings settings;
    settings_default(&settings);
    make_engine(2, 2);
    for (uint32_t frontend = 0; frontend < 2; frontend++) {
        struct session *session = session_open(&engine, frontend, &settings);
        assert_non_null(session);
        take_line(session, frontend == 0 ? "1 a ! up\n2 b ! up" : "1 c ! up");
        session_close(session);
    }
    assert_int_equal(watermark_get(&engine, 0), 2);
    assert_int_equal(watermark_get(&engine, 1), 1);
    for (uint32_t worker = 0; worker < 2; worker++) {
        struct event first = first_record(0, worker);
        struct event other = first_record(1, worker);
        assert_int_equal(first.order, 1);
        assert_int_equal(other.order, 1);
        assert_int_equal(first.link, 0);
        assert_int_equal(other.link, LINKS_MAX / 2);
        assert_true(text_is_equal(first.texts[EVENT_TEXT_LINK], text_of("a")));
        assert_true(text_is_equal(other.texts[EVENT_TEXT_LINK], text_of("c")));
    }
    settings_free(&settings);
    shared_engine_destroy(&engine);
}

static void
a_front_end_has_its_share_of_the_links_and_no_more(void **state)
{
    (void)state;
    struct front front;
    struct link_table links;
    uint8_t *memory = mmap(NULL, front_state_bytes(), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_true(front_open(&front, memory, 3, 4));
    assert_true(link_table_open(&links, &front));
    char name[16];
    for (uint32_t i = 0; i < LINKS_MAX / 4; i++) {
        snprintf(name, sizeof name, "l%u", i);
        front_begin(&front);
        const struct shm_link *link = link_table_find(&links, text_of(name));
        assert_non_null(link);
        assert_int_equal(link->index, 3 * (LINKS_MAX / 4) + i);
        front_commit(&front);
    }
    front_begin(&front);
    assert_null(link_table_find(&links, text_of("more")));
    assert_non_null(link_table_find(&links, text_of("l0")));
    link_table_close(&links);
    munmap(memory, front_state_bytes());
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* A front-end's record for a worker. */
static void
push(uint32_t frontend, uint32_t worker, const struct event *event)
{
    struct ring_spsc *ring = &engine.rings[engine_channel(&engine, frontend, worker)];
    uint32_t slots = event_pack_slots(event);
    assert_true(ring_spsc_claim(ring, slots));
    event_pack(event, ring_spsc_slot(ring, ring->position), slots);
    ring_spsc_publish(ring, slots);
    doorbell_ring(&engine.workers[worker].doorbell);
}

static void
push_kind(uint32_t frontend, uint32_t worker, uint8_t kind, uint64_t order, uint64_t peer)
{
    static struct event event;
    event_reset(&event);
    event.kind = kind;
    event.order = order;
    event.link = (uint16_t)(frontend * (LINKS_MAX / engine.shape.frontends));
    event.request = 1; /* the number of the move */
    event.extra = peer;
    event.texts[EVENT_TEXT_CALL] = text_of("c");
    push(frontend, worker, &event);
}

static bool
comes_to(uint32_t worker, uint32_t frontend, uint64_t decided)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (progress_get(&engine.workers[worker], frontend) >= decided)
            return true;
        usleep(1000);
    }
    return false;
}

static void
a_move_that_waits_for_its_lane_holds_up_no_other_front_end(void **state)
{
    (void)state;
    make_engine(2, 2);
    start(begin(ROLE_WORKER, 0));
    start(begin(ROLE_WORKER, 1));
    push_kind(0, 0, EVENT_MOVE_IN, 5, 1); /* what worker 1 has not sent yet */
    push_kind(1, 0, EVENT_FINISH, 7, 0);
    push_kind(1, 1, EVENT_MOVE_IN, 6, 0); /* of another front-end, under the same number */
    assert_true(comes_to(0, 1, UINT64_MAX));
    assert_true(progress_get(&engine.workers[0], 0) <= 10);
    push_kind(0, 1, EVENT_MOVE_OUT, 5, 0);
    push_kind(0, 0, EVENT_FINISH, 8, 0);
    push_kind(0, 1, EVENT_FINISH, 8, 0);
    assert_true(comes_to(0, 0, UINT64_MAX));
    assert_true(comes_to(1, 0, UINT64_MAX));
    assert_true(progress_get(&engine.workers[1], 1) <= 12);
    /* Worker 0 is done, and its lane to worker 1 empty: somebody else plays it. */
    struct ring_spsc lane = shared_engine_lane(&engine, 1, 0, 1, true);
    assert_true(ring_spsc_claim(&lane, 1));
    struct shm_move move = {.number = 1, .link = LINKS_MAX / 2};
    memcpy(ring_spsc_slot(&lane, lane.position), &move, sizeof move);
    ring_spsc_publish(&lane, 1);
    doorbell_ring(&engine.workers[1].doorbell);
    push_kind(1, 1, EVENT_FINISH, 7, 0);
    join_all();
    assert_int_equal(progress_get(&engine.workers[1], 1), UINT64_MAX);
    shared_engine_destroy(&engine);
}

/* Feeds all of a link's trace, and says where the front-end is then. */
static uint64_t
feed(uint32_t frontend, uint32_t link, bool finish)
{
    struct settings settings;
    struct source source;
    struct source_message message;
    settings_default(&settings);
    struct session *session = session_open(&engine, frontend, &settings);
    assert_non_null(session);
    assert_true(source_open(&source, paths[link]));
    while (!finish && source_next(&source, &message) == SOURCE_OK) {
        const char *why = NULL;
        size_t where;
        session_take(session, &message, 1, &why, &where);
        session_publish(session, true);
    }
    source_close(&source);
    if (finish)
        session_finish(session);
    uint64_t order = session_order(session);
    session_close(session);
    settings_free(&settings);
    return order;
}

static void
a_full_outbox_holds_up_no_other_front_end(void **state)
{
    (void)state;
    make_engine(2, 1);
    start(begin(ROLE_WORKER, 0));
    uint64_t many = feed(0, 0, false); /* more outcomes than its outbox takes: nobody takes any */
    struct settings settings;
    settings_default(&settings);
    struct session *other = session_open(&engine, 1, &settings);
    assert_non_null(other);
    take_line(other, "1 other ! up");
    session_close(other);
    settings_free(&settings);
    assert_true(comes_to(0, 1, decided_by(1)));
    assert_true(progress_get(&engine.workers[0], 0) < decided_by(many));
    int output = memfd_create("output", 0);
    struct part *publisher = begin(ROLE_PUBLISHER, 0);
    publisher->publisher = (struct publisher_options){.descriptor = output};
    start(publisher);
    feed(0, 0, true);
    feed(1, 0, true);
    join_all();
    struct stat status;
    assert_int_equal(fstat(output, &status), 0);
    assert_true(status.st_size > 16 * 100);
    close(output);
    shared_engine_destroy(&engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_front_ends_say_of_each_link_what_one_does),
        cmocka_unit_test(four_front_ends_say_of_each_link_what_one_does),
        cmocka_unit_test(as_many_front_ends_as_may_be_say_of_each_link_what_one_does),
        cmocka_unit_test(each_front_end_counts_its_own_input_and_links),
        cmocka_unit_test(a_front_end_has_its_share_of_the_links_and_no_more),
        cmocka_unit_test(a_move_that_waits_for_its_lane_holds_up_no_other_front_end),
        cmocka_unit_test(a_full_outbox_holds_up_no_other_front_end),
    };
    return cmocka_run_group_tests(tests, setup_links, teardown_links);
}
