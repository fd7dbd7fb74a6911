/* A pair of sockets over loopback, for who wants TCP between two of our own processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/live/loopback.h"

static void
a_loopback_pair_is_one_connection(void **state)
{
    (void)state;
    int pair[2];
    char heard[4];
    assert_true(loopback_pair(pair));
    assert_int_equal(send(pair[0], "abcd", 4, 0), 4);
    struct pollfd wait = {.fd = pair[1], .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 1000), 1);
    assert_int_equal(recv(pair[1], heard, 4, 0), 4);
    assert_memory_equal(heard, "abcd", 4);
    close(pair[0]);
    close(pair[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loopback_pair_is_one_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
