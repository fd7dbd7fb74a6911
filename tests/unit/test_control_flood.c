/*
 * A client that says more than may be taken at once, and more clients than are accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/live/control.h"
#include "engine/live/control_socket.h"

enum {
    LINES = 2 * CONTROL_RATE / 5,
};

static uint32_t
take_commands(struct control *control)
{
    struct control_command command;
    uint32_t count = 0;
    for (; control_next(control, &command); count++) {
        struct control_answer told = {.ticket = command.ticket};
        control_answer(control, &told);
    }
    return count;
}

static void
who_says_much_and_hangs_up_is_heard_to_the_end(void **state)
{
    (void)state;
    static const char line[] = "{\"request\":\"release\",\"device\":\"2001\"}\n";
    char why[CONTROL_WHY] = "";
    char path[CONTROL_PATH_SIZE];
    struct settings settings;
    settings_default(&settings);
    snprintf(settings.control_socket, sizeof settings.control_socket, "/tmp/onhook-flood-%d",
             (int)getpid());
    int listener = control_listen(&settings, 0, path, why);
    assert_string_equal(why, "");
    struct control *control = control_open(listener, NULL, &settings);
    int client = control_connect(&settings, 0, 5000, path);
    assert_true(control != NULL && client >= 0);
    uint32_t taken = 0;
    for (int i = 0; i < LINES; i++) {
        while (send(client, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            assert_int_equal(errno, EAGAIN);
            taken += take_commands(control);
            poll(NULL, 0, 1);
        }
    }
    close(client);
    for (int i = 0; i < 500 && taken < LINES; i++) {
        poll(NULL, 0, 10);
        taken += take_commands(control);
    }
    assert_int_equal(taken, LINES);
    control_close(control);
    control_unlisten(listener, path);
    settings_free(&settings);
}

static void
a_full_queue_is_not_waited_at_for_ever(void **state)
{
    (void)state;
    enum { MANY = 200 };
    char path[CONTROL_PATH_SIZE];
    char why[CONTROL_WHY];
    int waiting[MANY];
    struct settings settings;
    int count = 0;
    settings_default(&settings);
    snprintf(settings.control_socket, sizeof settings.control_socket, "/tmp/onhook-queue-%d",
             (int)getpid());
    int deaf = control_listen(&settings, 0, path, why); /* nobody accepts */
    while (count < MANY && (waiting[count] = control_connect(&settings, 0, 20, path)) >= 0)
        count++;
    assert_in_range(count, 1, MANY - 1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(control_listen(&settings, 0, path, why), -1);
    assert_non_null(strstr(why, "another engine listens there"));
    while (count-- > 0)
        close(waiting[count]);
    control_unlisten(deaf, path);
    settings_free(&settings);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_says_much_and_hangs_up_is_heard_to_the_end),
        cmocka_unit_test(a_full_queue_is_not_waited_at_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
