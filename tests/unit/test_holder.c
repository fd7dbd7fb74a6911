/*
 * What a holder promises: connections outlive a front-end that is killed at any instant, and none
 * is held that nobody knows of.
 *
 *   holder          some hundred kills
 *   holder KILLS    as many
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/live/holder.h"
#include "engine/live/holder_parts.h"

enum {
    KILLS = 300,
    PLACES = 16,
};

static uint32_t wanted_kills = KILLS;

/* What the front-end commits; it outlives it. */
static struct {
    volatile uint64_t serials[PLACES];
    volatile uint64_t other;
    volatile uint32_t turns;
    volatile uint32_t faults;
} * shared;

static struct holder *holder;

static int
setup(void **state)
{
    (void)state;
    memset((void *)shared, 0, sizeof *shared);
    holder = holder_open(NULL);
    assert_non_null(holder);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    holder_close(holder);
    return 0;
}

static void
pair(int ends[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
}

/* Serves as the supervisor does until the child has ended; its status. */
static int
serve_until_end(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        struct pollfd wait = {.fd = holder_descriptor(holder), .events = POLLIN};
        poll(&wait, 1, 1);
        holder_serve(holder);
    }
    holder_serve(holder);
    return status;
}

static void
run_front_end(int (*life)(void))
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(life());
    int status = serve_until_end(pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
has_ended(int end)
{
    char byte;
    struct pollfd wait = {.fd = end, .events = POLLIN};
    return poll(&wait, 1, 1000) == 1 && recv(end, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool
is_open(int end)
{
    char byte;
    return recv(end, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static int ends[2];

static int
give_one(void)
{
    uint64_t serial = 0;
    bool held = holder_give(holder, ends[1], &serial);
    shared->serials[0] = serial;
    return held && serial != 0 ? 0 : 1;
}

static int
speak_as_successor(void)
{
    uint64_t serial = shared->serials[0];
    int found = holder_find(holder, serial);
    holder_keep(holder, &serial, 1);
    if (found < 0 || holder_find(holder, serial) != -1)
        return 1;
    return send(found, "here", 4, 0) == 4 ? 0 : 2;
}

static int
forget_one(void)
{
    holder_forget(holder, shared->serials[0]);
    return 0;
}

static void
a_successor_goes_on_with_what_a_front_end_gave(void **state)
{
    (void)state;
    char heard[4];
    pair(ends);
    pid_t pid = fork();
    if (pid == 0)
        _exit(give_one());
    close(ends[1]);
    assert_int_equal(serve_until_end(pid), 0);
    assert_true(is_open(ends[0]));
    run_front_end(speak_as_successor);
    assert_int_equal(recv(ends[0], heard, 4, 0), 4);
    assert_memory_equal(heard, "here", 4);
    assert_true(is_open(ends[0]));
    run_front_end(forget_one);
    assert_true(has_ended(ends[0]));
    close(ends[0]);
}

static int
know_nothing(void)
{
    holder_keep(holder, NULL, 0);
    return 0;
}

static void
what_no_successor_knows_is_ended(void **state)
{
    (void)state;
    pair(ends);
    run_front_end(give_one);
    close(ends[1]);
    assert_true(is_open(ends[0]));
    run_front_end(know_nothing);
    assert_true(has_ended(ends[0]));
    close(ends[0]);
}

_Noreturn static void
wait_for_ever(void)
{
    for (;;)
        pause();
}

static void
a_forgotten_connection_ends_though_another_child_has_inherited_it(void **state)
{
    (void)state;
    pair(ends);
    run_front_end(give_one);
    close(ends[1]);
    pid_t other = fork(); /* a worker, say, started again meanwhile */
    if (other == 0)
        wait_for_ever();
    run_front_end(forget_one);
    assert_true(has_ended(ends[0]));
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    close(ends[0]);
}

static void
who_leaves_has_nothing_and_the_supervisor_still_holds_it(void **state)
{
    (void)state;
    pair(ends);
    run_front_end(give_one);
    close(ends[1]);
    pid_t pid = fork();
    if (pid == 0) {
        int held = holder->held[0].descriptor;
        holder_leave(holder);
        _exit(fcntl(held, F_GETFD) < 0 && holder_descriptor(holder) < 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(is_open(ends[0]));
    close(ends[0]);
}

static int
give_too_many(void)
{
    uint64_t serial;
    for (int i = 0; i < HOLDER_MAX; i++)
        if (!holder_give(holder, STDERR_FILENO, &serial))
            return 1;
    if (holder_give(holder, STDERR_FILENO, &serial) || errno != ENOSPC)
        return 2;
    holder_forget(holder, serial);
    return holder_give(holder, STDERR_FILENO, &serial) ? 0 : 3;
}

static void
no_more_than_the_limit_are_held(void **state)
{
    (void)state;
    run_front_end(give_too_many);
    assert_int_equal(holder->count, HOLDER_MAX);
    run_front_end(know_nothing);
    assert_int_equal(holder->count, 0);
}

static int
give_where_no_room_is(void)
{
    uint64_t serial;
    return !holder_give(holder, STDERR_FILENO, &serial) && errno == EMFILE ? 0 : 1;
}

static void
a_supervisor_without_descriptors_says_so(void **state)
{
    (void)state;
    struct rlimit limit;
    struct rlimit before;
    pid_t pid = fork();
    if (pid == 0)
        _exit(give_where_no_room_is());
    getrlimit(RLIMIT_NOFILE, &before);
    limit = before;
    limit.rlim_cur = 3; /* what is open stays so */
    setrlimit(RLIMIT_NOFILE, &limit);
    int status = serve_until_end(pid);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(status, 0);
    assert_int_equal(holder->count, 0);
}

static int
give_without_answer(void)
{
    uint64_t serial;
    return !holder_give(holder, STDERR_FILENO, &serial) && errno == ETIMEDOUT ? 0 : 1;
}

static void
a_supervisor_that_does_not_answer_is_waited_for_a_second(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(give_without_answer());
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* Served late: the next question of anybody finds the answer that came too late. */
    holder_serve(holder);
    assert_int_equal(holder->count, 1);
    pair(ends);
    run_front_end(give_one);
    holder_serve(holder);
    assert_int_equal(holder->count, 1);
    assert_int_equal(holder->held[0].serial, shared->serials[0]);
    close(ends[0]);
    close(ends[1]);
}

/* Messages that no front-end sends. */
static void
nonsense_is_passed_over_and_its_descriptors_closed(void **state)
{
    (void)state;
    struct holder_ask question = {.kind = ASK_KEEP, .count = UINT32_MAX};
    int front = holder->sockets[HOLDER_FRONTEND];
    int next_free = dup(0);
    close(next_free);
    send(front, &question, sizeof question, 0);
    send(front, "x", 1, 0);
    question.kind = 77;
    send(front, &question, sizeof question, 0);
    question = (struct holder_ask){.kind = ASK_GIVE, .ticket = 5}; /* and no descriptor */
    send(front, &question, holder_ask_size(ASK_GIVE, 0), 0);
    question.kind = ASK_FORGET;
    question.serial = 12345;
    send(front, &question, holder_ask_size(ASK_FORGET, 0), 0);
    holder_serve(holder);
    assert_int_equal(holder->count, 0);
    struct holder_answer answer;
    assert_int_equal(recv(front, &answer, sizeof answer, MSG_DONTWAIT), sizeof answer);
    assert_int_equal(answer.ticket, 5);
    assert_int_equal(answer.serial, 0);
    assert_int_equal(answer.error, EPROTO);
    int now_free = dup(0);
    close(now_free);
    assert_int_equal(now_free, next_free);
}

/* ---- killed at any instant ------------------------------------------------------------------- */

/* A life: find what is committed, keep only that, then give, commit, and forget for ever. */
static int
restless_life(void)
{
    uint64_t serials[PLACES];
    int descriptors[PLACES];
    uint32_t count = 0;
    for (int i = 0; i < PLACES; i++) {
        uint64_t serial = shared->serials[i];
        descriptors[i] = serial != 0 ? holder_find(holder, serial) : -1;
        if (serial != 0 && descriptors[i] < 0)
            shared->faults = shared->faults + 1;
        if (serial != 0)
            serials[count++] = serial;
    }
    holder_keep(holder, serials, count);
    for (;;) {
        int at = (int)(random() % PLACES);
        if (shared->serials[at] != 0) {
            uint64_t serial = shared->serials[at];
            shared->serials[at] = 0; /* commit first: what is left is not known */
            close(descriptors[at]);
            holder_forget(holder, serial);
        } else {
            uint64_t serial;
            int new_ends[2];
            pair(new_ends);
            close(new_ends[0]);
            if (!holder_give(holder, new_ends[1], &serial))
                return 1;
            descriptors[at] = new_ends[1];
            shared->serials[at] = serial;
        }
        shared->turns = shared->turns + 1;
    }
}

static uint32_t
committed(void)
{
    uint32_t count = 0;
    for (int i = 0; i < PLACES; i++)
        count += shared->serials[i] != 0;
    return count;
}

static bool
holds_all_committed(void)
{
    for (int i = 0; i < PLACES; i++) {
        bool found = shared->serials[i] == 0;
        for (uint32_t j = 0; j < holder->count && !found; j++)
            found = holder->held[j].serial == shared->serials[i];
        if (!found)
            return false;
    }
    return true;
}

static int
settle(void)
{
    uint64_t serials[PLACES];
    uint32_t count = 0;
    for (int i = 0; i < PLACES; i++)
        if (shared->serials[i] != 0)
            serials[count++] = shared->serials[i];
    holder_keep(holder, serials, count);
    return 0;
}

static void
killed_at_any_instant_nothing_known_is_lost_and_nothing_unknown_stays(void **state)
{
    (void)state;
    srandom(1);
    for (uint32_t kills = 0; kills < wanted_kills; kills++) {
        srandom(kills);
        pid_t pid = fork();
        if (pid == 0)
            _exit(restless_life());
        for (long i = 100 + random() % 2000; i > 0; i -= 10) {
            struct pollfd wait = {.fd = holder_descriptor(holder), .events = POLLIN};
            poll(&wait, 1, i < 50 ? 0 : (int)(i % 2));
            if (random() % 8 != 0)
                holder_serve(holder);
        }
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        if (random() % 2 == 0) /* or the successor is there before its questions are heard */
            holder_serve(holder);
        assert_true(holds_all_committed());
        assert_true(holder->count <= HOLDER_MAX);
    }
    run_front_end(settle);
    assert_int_equal(shared->faults, 0);
    assert_int_equal(holder->count, committed());
    assert_true(holds_all_committed());
    assert_true(shared->turns > wanted_kills);
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        A_TEST(a_successor_goes_on_with_what_a_front_end_gave),
        A_TEST(what_no_successor_knows_is_ended),
        A_TEST(a_forgotten_connection_ends_though_another_child_has_inherited_it),
        A_TEST(who_leaves_has_nothing_and_the_supervisor_still_holds_it),
        A_TEST(no_more_than_the_limit_are_held),
        A_TEST(a_supervisor_without_descriptors_says_so),
        A_TEST(a_supervisor_that_does_not_answer_is_waited_for_a_second),
        A_TEST(nonsense_is_passed_over_and_its_descriptors_closed),
        A_TEST(killed_at_any_instant_nothing_known_is_lost_and_nothing_unknown_stays),
    };
    if (argc > 1)
        wanted_kills = (uint32_t)strtoul(argv[1], NULL, 10);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
