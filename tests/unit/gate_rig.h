#ifndef TESTS_UNIT_GATE_RIG_H
#define TESTS_UNIT_GATE_RIG_H

/*
 * tests/unit/gate_rig.h - a supervisor with a holder, in a process of its own, and a front-end that
 * dials through it: this process. For one test file.
 */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/live/dial.h"
#include "engine/live/holder.h"
#include "tests/unit/tls_rig.h"

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct holder *holder;
static pid_t supervisor;
static struct dial *dial;
static struct link_settings settings;
static uint64_t serial; /* of the link */

static void
end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static int
setup(void **state)
{
    (void)state;
    settings = (struct link_settings){.name = "pbx1",
                                      .tls = true,
                                      .connect_ms = 2000,
                                      .reconnect_least_ms = 100,
                                      .reconnect_most_ms = 1000};
    snprintf(settings.tls_ca, sizeof settings.tls_ca, "%s", file("ca.pem"));
    settings.addresses.count = 1;
    strcpy(settings.addresses.at[0].host, "127.0.0.1");
    holder = holder_open(NULL);
    supervisor = fork();
    while (supervisor == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct pollfd wait = {.fd = holder_descriptor(holder), .events = POLLIN};
        poll(&wait, 1, 20);
        holder_serve(holder);
    }
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    if (dial != NULL)
        dial_close(dial);
    dial = NULL;
    end(&supervisor);
    end(&server.pid);
    holder_close(holder);
    return 0;
}

/* Dials until it is connected, or has failed: then dial_why() says of what. */
static enum dial_state
try_once(void)
{
    settings.addresses.at[0].port = server.port;
    dial = dial_open("", &settings, 1, holder);
    enum dial_state state = dial_work(dial, now_ms());
    while (state == DIAL_TRYING) {
        struct pollfd wait = {.fd = dial_descriptor(dial), .events = POLLIN | POLLOUT};
        poll(&wait, 1, 100);
        state = dial_work(dial, now_ms());
    }
    return state;
}

static int
connect_now(void)
{
    if (try_once() != DIAL_CONNECTED)
        fail_msg("%s", dial_why(dial));
    int taken = dial_take(dial, &serial, now_ms());
    assert_true(taken >= 0);
    assert_true(serial != 0);
    return taken;
}

static void
assert_fails_with(const char *words)
{
    assert_int_equal(try_once(), DIAL_PAUSING);
    assert_string_equal(dial_why(dial), words);
}

/* What comes until the end, at most `size`. */
static size_t
hear(int socket, char *heard, size_t size)
{
    size_t count = 0;
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    while (count < size && poll(&wait, 1, 3000) == 1) {
        ssize_t more = recv(socket, heard + count, size - count, 0);
        if (more <= 0)
            break;
        count += (size_t)more;
    }
    return count;
}

static bool
has_ended(int socket)
{
    char byte;
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    return poll(&wait, 1, 3000) == 1 && recv(socket, &byte, 1, MSG_DONTWAIT) <= 0;
}

/* The process of the only gate; 0: there is none. */
static pid_t
gate(void)
{
    char path[64];
    char line[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)supervisor, (int)supervisor);
    FILE *children = fopen(path, "re");
    assert_non_null(children);
    bool has_one = fgets(line, sizeof line, children) != NULL;
    fclose(children);
    return has_one ? (pid_t)strtol(line, NULL, 10) : 0;
}

static bool
gate_ends(void)
{
    for (int i = 0; i < 100 && gate() != 0; i++)
        poll(NULL, 0, 20);
    return gate() == 0;
}

#endif
