/*
 * The front-end as a process: from files to FINISH in every worker's ring.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/complaint.h"
#include "engine/frontend.h"
#include "tests/unit/session_rig.h"

static char folder[] = "/tmp/onhook-frontend-XXXXXX";
static char said[1 << 16]; /* what the front-end printed */

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int
remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int
setup(void **state)
{
    (void)state;
    rig_open_engine(&rig, 2);
    return 0;
}

static const char *
path_of(const char *name)
{
    static char paths[8][128];
    static uint32_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *
file(const char *name, const char *bytes)
{
    const char *path = path_of(name);
    FILE *written = fopen(path, "w");
    assert_non_null(written);
    fputs(bytes, written);
    fclose(written);
    return path;
}

/* Starts a front-end over the files; its words go to a file. */
static pid_t
start(const char *const *files, uint32_t count)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    int words = open(path_of("words"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(words, STDERR_FILENO);
    shared_engine_become(&rig.engine, ROLE_FRONTEND, 0);
    struct frontend_input input = {.files = files, .file_count = count};
    _exit(frontend_run(&rig.engine, 0, &rig.settings, &input));
}

static int
finish(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    FILE *words = fopen(path_of("words"), "r");
    said[fread(said, 1, sizeof said - 1, words)] = '\0';
    fclose(words);
    return WEXITSTATUS(status);
}

static int
run(const char *const *files, uint32_t count)
{
    return finish(start(files, count));
}

#define TRACE     "# onhook-trace 1\n"
#define ENDS_ONLY (~(SKIP(LINK_END) | SKIP(FINISH)))

static void
one_file_ends_its_links_and_finishes_every_worker(void **state)
{
    (void)state;
    const char *files[] = {file("a.trace", TRACE "1 p < 9999 <x/>\n1 q < 9999 <x/>\n")};
    assert_int_equal(run(files, 1), 0);
    assert_string_equal(said, "");
    assert_string_equal(rig_read(&rig, 0, ENDS_ONLY),
                        "0 LinkEnd @3/1\n0 LinkEnd @4/1\n0 Finish @5/0\n");
    assert_string_equal(rig_read(&rig, 1, ENDS_ONLY),
                        "1 LinkEnd @3/1\n1 LinkEnd @4/1\n1 Finish @5/0\n");
    assert_int_equal(watermark_get(&rig.engine, 0), 5);
    assert_int_equal(rig_count(&rig, COUNTER_BYTES), 49);
}

static void
a_link_goes_on_in_a_later_file(void **state)
{
    (void)state;
    const char *files[] = {
        file("a.trace", TRACE "1 p < 9999 <x/>\n1 q < 9999 <x/>\n"),
        file("r.xml", "<x/>"),
        file("c.trace", TRACE "9 p < 9999 <x/>\n"),
    };
    assert_int_equal(run(files, 3), 0);
    assert_string_equal(rig_read(&rig, 0, ENDS_ONLY), "0 LinkEnd @3/1\n"
                                                      "0 LinkEnd @5/1\n"
                                                      "0 LinkEnd @7/2\n"
                                                      "0 Finish @8/0\n");
}

static void
a_missing_file_fails_and_the_others_are_read(void **state)
{
    (void)state;
    const char *files[] = {path_of("missing"), file("a.xml", "<x/>")};
    assert_int_equal(run(files, 2), 1);
    assert_non_null(strstr(said, "missing: No such file or directory\n"));
    assert_string_equal(rig_read(&rig, 0, ENDS_ONLY), "0 LinkEnd @2/1\n0 Finish @3/0\n");
}

static void
complaints_name_file_and_place_and_are_bounded(void **state)
{
    (void)state;
    static char many[4096] = TRACE;
    for (int i = 0; i < COMPLAINTS_MAX + 7; i++)
        strcat(many, "1 p < 9999 <x>\n");
    const char *files[] = {file("many.trace", many), file("b.xml", "<x/><y></x>"),
                           file("rubbish", "\177ELF")};
    assert_int_equal(run(files, 3), 0);
    assert_non_null(strstr(said, "/many.trace:2: "));
    assert_non_null(strstr(said, "/many.trace:21: "));
    assert_null(strstr(said, "/many.trace:22: "));
    assert_non_null(strstr(said, "/many.trace: 7 more\n"));
    assert_non_null(strstr(said, "/b.xml: offset "));
    assert_non_null(strstr(said, "/rubbish: offset 0: expected a trace"));
    assert_int_equal(rig_count(&rig, COUNTER_UNREADABLE), COMPLAINTS_MAX + 8);
    assert_int_equal(rig_count(&rig, COUNTER_FRAMING_ERRORS), 1);
}

static void
no_input_is_a_finish(void **state)
{
    (void)state;
    const char *files[] = {file("empty.xml", "")};
    assert_int_equal(run(files, 1), 0);
    assert_string_equal(rig_read(&rig, 0, 0), "0 Finish @1/0\n");
}

static void
a_fifo_is_read_as_it_comes_and_what_came_is_visible(void **state)
{
    (void)state;
    const char *files[] = {path_of("fifo")};
    assert_int_equal(mkfifo(files[0], 0600), 0);
    pid_t child = start(files, 1);
    int fifo = open(files[0], O_WRONLY);
    assert_true(fifo >= 0);
    static const char first[] = TRACE "1 p < 9999 <x/>\n1 p < 99";
    assert_int_equal(write(fifo, first, sizeof first - 1), sizeof first - 1);
    for (int i = 0; i < 2000 && watermark_get(&rig.engine, 0) < 1; i++)
        usleep(1000);
    assert_int_equal(watermark_get(&rig.engine, 0), 1);
    static const char rest[] = "99 " ORIGINATED("c", "1") "\n";
    assert_int_equal(write(fifo, rest, sizeof rest - 1), sizeof rest - 1);
    close(fifo);
    assert_int_equal(finish(child), 0);
    assert_int_equal(rig_count(&rig, COUNTER_EVENTS), 1);
    assert_string_equal(rig_read(&rig, 1, ENDS_ONLY), "1 LinkEnd @3/2\n1 Finish @4/0\n");
}

static void
many_messages_arrive_whole_and_in_order_through_a_small_ring(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    FILE *written = fopen(path_of("many.xml"), "w");
    for (int i = 0; i < MANY; i++)
        fprintf(written, ORIGINATED("c%d", "1"), i);
    fclose(written);
    const char *files[] = {path_of("many.xml")};
    pid_t child = start(files, 1);

    /* Nobody reads until a ring is full. */
    for (int i = 0; i < 5000 && rig_count(&rig, COUNTER_RING_WAITS) == 0; i++)
        usleep(1000);
    uint64_t last[2] = {0, 0};
    uint32_t events = 0;
    for (uint32_t finished = 0, worker = 0; finished < 2; worker ^= 1) {
        struct ring_spsc *ring = &rig.readers.rings[worker];
        struct event event;
        uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
        if (ready == 0) {
            usleep(50);
            continue;
        }
        uint32_t slots = event_unpack(&event, ring_spsc_slot(ring, ring->position), ready);
        assert_int_not_equal(slots, 0);
        assert_true(event.order >= last[worker]);
        last[worker] = event.order;
        events += event.kind == EVENT_ORIGINATED;
        finished += event.kind == EVENT_FINISH;
        ring_spsc_release(ring, slots);
        doorbell_ring(&rig.readers.frontends->doorbell);
    }
    assert_int_equal(finish(child), 0);
    assert_int_equal(events, MANY);
    assert_int_equal(rig_count(&rig, COUNTER_EVENTS), MANY);
    assert_true(rig_count(&rig, COUNTER_RING_WAITS) > 0);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(one_file_ends_its_links_and_finishes_every_worker),
        PROMISE(a_link_goes_on_in_a_later_file),
        PROMISE(a_missing_file_fails_and_the_others_are_read),
        PROMISE(complaints_name_file_and_place_and_are_bounded),
        PROMISE(no_input_is_a_finish),
        PROMISE(a_fifo_is_read_as_it_comes_and_what_came_is_visible),
        PROMISE(many_messages_arrive_whole_and_in_order_through_a_small_ring),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
