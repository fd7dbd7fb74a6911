/* What dialling promises: addresses in order, pauses that grow, nothing waited for, few words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/live/dial.h"

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct listener {
    int socket;
    uint16_t port;
};

/* Bound to a free port; it listens when asked to, and else refuses. */
static struct listener
bound(int family)
{
    struct sockaddr_in six_less = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    struct sockaddr_storage at = {0};
    socklen_t length = family == AF_INET ? sizeof six_less : sizeof six;
    struct listener listener = {.socket = socket(family, SOCK_STREAM, 0)};
    memcpy(&at, family == AF_INET ? (void *)&six_less : (void *)&six, length);
    assert_int_equal(bind(listener.socket, (void *)&at, length), 0);
    assert_int_equal(getsockname(listener.socket, (void *)&at, &length), 0);
    listener.port = ntohs(family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                            : ((struct sockaddr_in6 *)&at)->sin6_port);
    return listener;
}

static struct listener
listening(int family)
{
    struct listener listener = bound(family);
    assert_int_equal(listen(listener.socket, 8), 0);
    return listener;
}

static struct link_settings settings;

static void
add_address(const char *host, uint16_t port)
{
    snprintf(settings.addresses.at[settings.addresses.count].host, ADDRESS_HOST_MAX + 1, "%s",
             host);
    settings.addresses.at[settings.addresses.count++].port = port;
}

/* What is said goes here. */
static char said[8192];
static int old_error;
static int said_file;

static int
setup(void **state)
{
    (void)state;
    settings = (struct link_settings){
        .connect_ms = 2000, .reconnect_least_ms = 100, .reconnect_most_ms = 1000};
    said[0] = '\0';
    said_file = memfd_create("said", MFD_CLOEXEC);
    old_error = dup(STDERR_FILENO);
    dup2(said_file, STDERR_FILENO);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    if (old_error >= 0)
        dup2(old_error, STDERR_FILENO);
    close(old_error);
    close(said_file);
    return 0;
}

static unsigned
lines_said(void)
{
    unsigned lines = 0;
    ssize_t count = pread(said_file, said, sizeof said - 1, 0);
    said[count > 0 ? count : 0] = '\0';
    for (const char *at = said; *at != '\0'; at++)
        lines += *at == '\n';
    return lines;
}

/* Works as the loop does, until the state is other than `from` or a limit has passed. */
static enum dial_state
work_while(struct dial *dial, enum dial_state from)
{
    uint64_t limit = now_ms() + 5000;
    enum dial_state state = dial_work(dial, now_ms());
    while (state == from && now_ms() < limit) {
        struct pollfd wait = {.fd = dial_descriptor(dial), .events = POLLIN | POLLOUT};
        uint64_t due = dial_due_ms(dial);
        int left = due > now_ms() ? (int)(due - now_ms() < 1000 ? due - now_ms() : 1000) : 0;
        poll(&wait, 1, left);
        state = dial_work(dial, now_ms());
    }
    return state;
}

static void
assert_takes_to(struct dial *dial, const struct listener *listener)
{
    uint64_t serial = 1;
    struct sockaddr_storage ours = {0};
    struct sockaddr_storage theirs = {0};
    socklen_t length = sizeof ours;
    int taken = dial_take(dial, &serial, now_ms());
    assert_true(taken >= 0);
    assert_int_equal(serial, 0);
    int accepted = accept(listener->socket, (void *)&theirs, &length);
    assert_true(accepted >= 0);
    length = sizeof ours;
    assert_int_equal(getsockname(taken, (void *)&ours, &length), 0);
    assert_memory_equal(&ours, &theirs, length);
    int value = 0;
    length = sizeof value;
    assert_int_equal(getsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &value, &length), 0);
    assert_true(value != 0);
    assert_int_equal(getsockopt(taken, SOL_SOCKET, SO_KEEPALIVE, &value, &length), 0);
    assert_true(value != 0);
    assert_true((fcntl(taken, F_GETFL) & O_NONBLOCK) != 0);
    close(accepted);
    close(taken);
}

static void
connects_to(int family, const char *host)
{
    struct listener listener = listening(family);
    add_address(host, listener.port);
    struct dial *dial = dial_open("pbx1", &settings, 1, NULL);
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &listener);
    assert_int_equal(lines_said(), 0);
    dial_close(dial);
    close(listener.socket);
}

static void
an_ipv4_address_is_connected_to(void **state)
{
    (void)state;
    connects_to(AF_INET, "127.0.0.1");
}

static void
an_ipv6_address_is_connected_to(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    bool has_six = probe >= 0 && bind(probe, (void *)&six, sizeof six) == 0;
    close(probe);
    if (!has_six)
        skip();
    connects_to(AF_INET6, "::1");
}

static void
a_name_is_looked_up_and_connected_to(void **state)
{
    (void)state;
    connects_to(AF_INET, "localhost");
}

static void
the_next_address_is_tried_when_one_refuses(void **state)
{
    (void)state;
    struct listener refusing = bound(AF_INET);
    struct listener listener = listening(AF_INET);
    add_address("127.0.0.1", refusing.port);
    add_address("127.0.0.1", listener.port);
    struct dial *dial = dial_open("pbx1", &settings, 1, NULL);
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &listener);
    char expected[200];
    snprintf(expected, sizeof expected,
             "onhook: link pbx1: 127.0.0.1:%u: Connection refused; 127.0.0.1:%u is next\n",
             (unsigned)refusing.port, (unsigned)listener.port);
    assert_int_equal(lines_said(), 1);
    assert_string_equal(said, expected);
    dial_close(dial);
    close(refusing.socket);
    close(listener.socket);
}

static void
an_address_that_does_not_answer_is_given_up_in_time(void **state)
{
    (void)state;
    /* A full backlog answers nobody. */
    struct listener full = bound(AF_INET);
    assert_int_equal(listen(full.socket, 0), 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(full.port)};
    int callers[4];
    for (int i = 0; i < 4; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_true(connect(callers[i], (void *)&at, sizeof at) == 0 || errno == EINPROGRESS);
    }
    struct listener listener = listening(AF_INET);
    settings.connect_ms = 200;
    add_address("127.0.0.1", full.port);
    add_address("127.0.0.1", listener.port);
    struct dial *dial = dial_open("pbx1", &settings, 1, NULL);
    uint64_t began = now_ms();
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_in_range(now_ms() - began, 199, 1500);
    assert_takes_to(dial, &listener);
    lines_said();
    assert_non_null(strstr(said, "no answer in 0.2 s"));
    dial_close(dial);
    for (int i = 0; i < 4; i++)
        close(callers[i]);
    close(full.socket);
    close(listener.socket);
}

/* The pauses of a link that is refused again and again, on a clock of the test's own. */
static void
pauses(uint64_t seed, uint64_t *wait, uint32_t count)
{
    struct listener refusing = bound(AF_INET);
    settings.addresses.count = 0;
    add_address("127.0.0.1", refusing.port);
    struct dial *dial = dial_open("pbx1", &settings, seed, NULL);
    uint64_t now = 1000;
    for (uint32_t i = 0; i < count; i++) {
        while (dial_work(dial, now) == DIAL_TRYING)
            continue;
        wait[i] = dial_due_ms(dial) - now;
        now = dial_due_ms(dial);
    }
    dial_close(dial);
    close(refusing.socket);
}

static void
pauses_double_up_to_the_longest_with_chance_in_their_second_half(void **state)
{
    (void)state;
    uint64_t wait[12];
    uint64_t again[12];
    uint64_t other[12];
    static const uint64_t base[12] = {100,  200,  400,  800,  1000, 1000,
                                      1000, 1000, 1000, 1000, 1000, 1000};
    pauses(7, wait, 12);
    pauses(7, again, 12);
    pauses(8, other, 12);
    for (int i = 0; i < 12; i++)
        assert_in_range(wait[i], base[i] / 2, base[i] + 1);
    assert_memory_equal(wait, again, sizeof wait);
    assert_memory_not_equal(wait, other, sizeof wait);
}

static void
failures_are_said_once_a_minute_with_their_number(void **state)
{
    (void)state;
    struct listener refusing = bound(AF_INET);
    add_address("127.0.0.1", refusing.port);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    unsigned tries = 0;
    uint64_t now = 1000;
    for (; now < 1000 + 59000; now = dial_due_ms(dial), tries++)
        dial_work(dial, now);
    assert_true(tries > 60);
    assert_int_equal(lines_said(), 1);
    for (; now < 1000 + 62000; now = dial_due_ms(dial))
        dial_work(dial, now);
    assert_int_equal(lines_said(), 2);
    assert_non_null(strstr(said, " more tries failed; again in "));
    dial_close(dial);
    close(refusing.socket);
}

static void
a_link_that_was_usable_is_tried_again_after_the_shortest_pause(void **state)
{
    (void)state;
    struct listener listener = listening(AF_INET);
    add_address("127.0.0.1", listener.port);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
        assert_takes_to(dial, &listener);
        dial_lost(dial, true, now_ms());
        assert_true(dial_due_ms(dial) <= now_ms() + 101);
        assert_int_equal(dial_work(dial, now_ms()), DIAL_PAUSING);
        assert_int_not_equal(work_while(dial, DIAL_PAUSING), DIAL_PAUSING);
    }
    dial_close(dial);
    close(listener.socket);
}

static void
a_link_that_never_was_usable_is_tried_less_and_less(void **state)
{
    (void)state;
    struct listener listener = listening(AF_INET);
    add_address("127.0.0.1", listener.port);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    uint64_t now = 1000000; /* ahead of the clock: a pause is over when we say so */
    for (int i = 0; i < 6; i++) {
        enum dial_state found = dial_work(dial, now);
        for (int j = 0; j < 1000 && found == DIAL_TRYING; j++) {
            poll(NULL, 0, 1);
            found = dial_work(dial, now);
        }
        assert_int_equal(found, DIAL_CONNECTED);
        assert_takes_to(dial, &listener);
        dial_lost(dial, false, now);
        assert_int_equal(dial_work(dial, now), DIAL_PAUSING);
        if (i == 5)
            assert_in_range(dial_due_ms(dial) - now, 500, 1001);
        now = dial_due_ms(dial);
    }
    dial_close(dial);
    close(listener.socket);
}

static void
an_address_whose_connection_was_of_no_use_gives_way_to_the_next(void **state)
{
    (void)state;
    struct listener standby = listening(AF_INET);
    struct listener active = listening(AF_INET);
    add_address("127.0.0.1", standby.port);
    add_address("127.0.0.1", active.port);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
        assert_takes_to(dial, &standby);
        dial_lost(dial, false, now_ms());
        assert_true(dial_due_ms(dial) <= now_ms());
        assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
        assert_takes_to(dial, &active);
        dial_lost(dial, i == 1, now_ms());
        assert_true(dial_due_ms(dial) > now_ms());
        poll(NULL, 0, (int)(dial_due_ms(dial) - now_ms()) + 1);
    }
    dial_close(dial);
    close(standby.socket);
    close(active.socket);
}

static void
a_list_that_becomes_shorter_is_begun_again(void **state)
{
    (void)state;
    struct listener standby = listening(AF_INET);
    add_address("127.0.0.1", standby.port);
    add_address("127.0.0.1", standby.port);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &standby);
    dial_lost(dial, false, now_ms());
    settings.addresses.count = 1;
    dial_reload(dial, &settings, now_ms());
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &standby);
    dial_close(dial);
    close(standby.socket);
}

static void
without_an_address_nothing_is_tried_until_a_reload_brings_one(void **state)
{
    (void)state;
    struct listener listener = listening(AF_INET);
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    assert_int_equal(dial_work(dial, now_ms()), DIAL_PAUSING);
    assert_int_equal(dial_descriptor(dial), -1);
    assert_true(dial_due_ms(dial) == UINT64_MAX);
    add_address("127.0.0.1", listener.port);
    dial_reload(dial, &settings, now_ms());
    assert_int_equal(dial_work(dial, now_ms()) == DIAL_PAUSING, 0);
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &listener);
    dial_close(dial);
    close(listener.socket);
}

/* Whoever is called and does not answer is not called any longer. */
static void
a_reload_gives_up_a_try_at_an_address_that_is_no_more(void **state)
{
    (void)state;
    struct listener silent = bound(AF_INET);
    struct listener listener = listening(AF_INET);
    int waiting[4];
    assert_int_equal(listen(silent.socket, 0), 0);
    for (size_t i = 0; i < 4; i++) { /* so many fill its queue */
        struct sockaddr_in at = {.sin_family = AF_INET,
                                 .sin_port = htons(silent.port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(waiting[i], (void *)&at, sizeof at);
    }
    add_address("127.0.0.1", silent.port);
    settings.connect_ms = 60000;
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    assert_int_equal(dial_work(dial, now_ms()), DIAL_TRYING);
    settings.addresses.count = 0;
    add_address("127.0.0.1", listener.port);
    dial_reload(dial, &settings, now_ms());
    dial_work(dial, now_ms());
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_CONNECTED);
    assert_takes_to(dial, &listener);
    dial_close(dial);
    for (size_t i = 0; i < 4; i++)
        close(waiting[i]);
    close(silent.socket);
    close(listener.socket);
}

static void
a_name_nobody_knows_is_a_failure_with_words(void **state)
{
    (void)state;
    add_address("no-such-host.invalid", 1040);
    settings.connect_ms = 4000;
    struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
    assert_int_equal(work_while(dial, DIAL_TRYING), DIAL_PAUSING);
    assert_int_equal(lines_said(), 1);
    assert_non_null(strstr(said, "link pbx1: no-such-host.invalid:1040: "));
    dial_close(dial);
}

static void
a_dial_may_be_closed_while_a_name_is_looked_up(void **state)
{
    (void)state;
    add_address("localhost", 1040);
    for (int i = 0; i < 50; i++) {
        struct dial *dial = dial_open("pbx1", &settings, 7, NULL);
        dial_work(dial, now_ms());
        dial_close(dial);
    }
    poll(NULL, 0, 100); /* threads that are left come to an end */
}

#define A_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        A_TEST(an_ipv4_address_is_connected_to),
        A_TEST(an_ipv6_address_is_connected_to),
        A_TEST(a_name_is_looked_up_and_connected_to),
        A_TEST(the_next_address_is_tried_when_one_refuses),
        A_TEST(an_address_that_does_not_answer_is_given_up_in_time),
        A_TEST(pauses_double_up_to_the_longest_with_chance_in_their_second_half),
        A_TEST(failures_are_said_once_a_minute_with_their_number),
        A_TEST(a_link_that_was_usable_is_tried_again_after_the_shortest_pause),
        A_TEST(a_link_that_never_was_usable_is_tried_less_and_less),
        A_TEST(an_address_whose_connection_was_of_no_use_gives_way_to_the_next),
        A_TEST(a_list_that_becomes_shorter_is_begun_again),
        A_TEST(without_an_address_nothing_is_tried_until_a_reload_brings_one),
        A_TEST(a_reload_gives_up_a_try_at_an_address_that_is_no_more),
        A_TEST(a_name_nobody_knows_is_a_failure_with_words),
        A_TEST(a_dial_may_be_closed_while_a_name_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
