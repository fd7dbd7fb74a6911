/*
 * The control socket, with real Unix sockets: people who ask, and people who only disturb.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/live/control.h"
#include "engine/live/control_socket.h"
#include "engine/live/control_text.h"

/* An engine with a control socket; its loop is a thread that answers by rule. */
struct engine {
    char directory[64];
    char config[128];
    char path[CONTROL_PATH_SIZE];
    struct settings settings;
    struct control *control;
    int listener;
    int stop[2];
    pthread_t loop;
    struct settings *reloaded; /* the loop's, until it is joined */
    unsigned reloads;
    unsigned commands;
};

static struct engine engine;

/* Devices say what becomes of them; 4000 is never answered. */
static void
answer(const struct control_command *command)
{
    struct control_answer told = {.ticket = command->ticket};
    memcpy(told.call, command->call, sizeof told.call);
    snprintf(told.link, sizeof told.link, "pbx1");
    engine.commands++;
    if (strcmp(command->device, "4000") == 0)
        return;
    if (strcmp(command->device, "3000") == 0) {
        told.outcome = CONTROL_REFUSED;
        snprintf(told.text, sizeof told.text, "invalidCallID");
    }
    control_answer(engine.control, &told);
}

static void *
loop(void *context)
{
    struct pollfd waited[2] = {{control_descriptor(engine.control), POLLIN, 0},
                               {engine.stop[0], POLLIN, 0}};
    while (waited[1].revents == 0) {
        struct control_command command;
        poll(waited, 2, -1);
        while (control_next(engine.control, &command)) {
            if (command.kind != CONTROL_RELOAD) {
                answer(&command);
                continue;
            }
            if (engine.reloaded != NULL)
                settings_free(engine.reloaded);
            free(engine.reloaded);
            engine.reloaded = command.settings;
            engine.reloads++;
        }
    }
    return context;
}

static void
write_config(const char *text)
{
    FILE *file = fopen(engine.config, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int
setup(void **state)
{
    char why[CONTROL_WHY] = "";
    (void)state;
    memset(&engine, 0, sizeof engine);
    snprintf(engine.directory, sizeof engine.directory, "/tmp/test-control-XXXXXX");
    assert_non_null(mkdtemp(engine.directory));
    snprintf(engine.config, sizeof engine.config, "%s/onhook.ini", engine.directory);
    write_config("[engine]\nworkers = 2\n[link pbx1]\nmonitored = 2001\n");
    settings_default(&engine.settings);
    snprintf(engine.settings.control_socket, sizeof engine.settings.control_socket, "%s/socket",
             engine.directory);
    engine.listener = control_listen(&engine.settings, 0, engine.path, why);
    assert_string_equal(why, "");
    engine.control = control_open(engine.listener, engine.config, &engine.settings);
    assert_non_null(engine.control);
    assert_int_equal(pipe(engine.stop), 0);
    assert_int_equal(pthread_create(&engine.loop, NULL, loop, NULL), 0);
    return 0;
}

static void
stop_loop(void)
{
    if (engine.stop[1] < 0)
        return;
    close(engine.stop[1]);
    engine.stop[1] = -1;
    pthread_join(engine.loop, NULL);
    close(engine.stop[0]);
}

static int
teardown(void **state)
{
    (void)state;
    stop_loop();
    control_close(engine.control);
    control_unlisten(engine.listener, engine.path);
    if (engine.reloaded != NULL)
        settings_free(engine.reloaded);
    free(engine.reloaded);
    settings_free(&engine.settings);
    unlink(engine.config);
    return rmdir(engine.directory);
}

static int
join(void)
{
    char path[CONTROL_PATH_SIZE];
    int client = control_connect(&engine.settings, 0, 5000, path);
    assert_true(client >= 0);
    assert_string_equal(path, engine.path);
    struct timeval patience = {5, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return client;
}

static void
say(int client, const char *text)
{
    assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* One line of an answer, without its end; "" at the end. */
static const char *
hear(int client)
{
    static char line[4096];
    size_t used = 0;
    while (used < sizeof line - 1 && recv(client, line + used, 1, 0) == 1 && line[used] != '\n')
        used++;
    line[used] = '\0';
    return line;
}

static void
a_request_is_answered_with_what_came_of_it(void **state)
{
    (void)state;
    int client = join();
    say(client, "{\"request\":\"release\",\"device\":\"2001\",\"call\":\"17\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"17\"}");
    say(client, "{\"request\":\"drop\",\"device\":\"3000\",\"by\":\"2\",\"id\":\"b\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"refused\",\"link\":\"pbx1\",\"text\":"
                                      "\"invalidCallID\",\"id\":\"b\"}");
    say(client, "{\"request\":\"clear\",\"call\":\"A1\",\"by\":\"tel:2002\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"A1\"}");
    close(client);
}

static void
many_requests_of_one_client_are_all_answered(void **state)
{
    (void)state;
    enum { REQUESTS = 200 };
    int client = join();
    for (int i = 0; i < REQUESTS; i++)
        say(client, "{\"request\":\"clear\",\"call\":\"1\"}\n");
    for (int i = 0; i < REQUESTS; i++)
        assert_string_equal(hear(client),
                            "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"1\"}");
    close(client);
}

static void
who_ends_his_side_still_hears_the_answer(void **state)
{
    (void)state;
    int client = join();
    say(client, "{\"request\":\"clear\",\"call\":\"1\"}\n");
    shutdown(client, SHUT_WR);
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"1\"}");
    assert_string_equal(hear(client), "");
    close(client);
}

static void
what_is_no_request_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"hello", "a line must be one JSON object"},
        {"", "a line must be one JSON object"},
        {"[]", "a line must be one JSON object"},
        {"{\"request\":\"release\",\"device\":\"1\"", "a line must be one JSON object"},
        {"{\"request\":\"release\",\"device\":\"1\"} x", "a line must be one JSON object"},
        {"{\"request\":\"reload\"}", "request must be release, drop, clear or whose"},
        {"{\"request\":\"release\"}", "release needs a device, and is by nobody else"},
        {"{\"request\":\"release\",\"device\":\"1\",\"by\":\"2\"}",
         "release needs a device, and is by nobody else"},
        {"{\"request\":\"drop\",\"device\":\"1\"}", "drop needs a device, and by: on whose behalf"},
        {"{\"request\":\"clear\",\"device\":\"1\"}", "clear needs a call, and no device"},
        {"{\"request\":\"whose\",\"by\":\"2\",\"call\":\"1\"}",
         "whose needs a device or a call, and is by nobody"},
        {"{\"request\":\"whose\",\"link\":\"pbx1\"}",
         "whose needs a device or a call, and is by nobody"},
        {"{\"request\":\"release\",\"device\":1}", "device must be a string, and not an empty one"},
        {"{\"request\":\"release\",\"device\":\"\"}",
         "device must be a string, and not an empty one"},
        {"{\"request\":\"release\",\"device\":\"1\",\"x\":\"y\"}",
         "a key is none of request, device, by, call, link, id"},
        {"{\"request\":\"release\",\"device\":\"2 2\"}",
         "device has white space in it; between numbers stand commas, before a comment ;"},
        {"{\"request\":\"release\",\"device\":\"2\\u00002\"}", "device has a NUL byte in it"},
        {"{\"request\":\"release\",\"device\":\"2\\u009b\"}",
         "device has characters that cannot be sent"},
        {"{\"request\":\"drop\",\"device\":\"1\",\"by\":\"tel:tel:\"}", "by is no device number"},
        {"{\"request\":\"clear\",\"call\":\"\\u0007\"}",
         "call is no CallID: at most 64 bytes that can be printed"},
        {"{\"request\":\"clear\",\"call\":\"1\",\"link\":\"a b\"}", "link is no name of a link"},
        {"{\"request\":\"clear\",\"call\":\"1\",\"id\":\"123456789012345678901234567890123\"}",
         "id is longer than 32 bytes"},
        {"{\"request\":{\"a\":{\"b\":{\"c\":{}}}}}", "a line must be one JSON object"},
    };
    int client = join();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct control_answer told;
        say(client, cases[i][0]);
        say(client, "\n");
        assert_true(control_read_answer(text_of(hear(client)), &told));
        assert_int_equal(told.outcome, CONTROL_NOT_SENT);
        assert_string_equal(told.text, cases[i][1]);
    }
    close(client);
    stop_loop();
    assert_int_equal(engine.commands, 0);
}

static void
a_line_without_an_end_is_cut_off(void **state)
{
    (void)state;
    char flood[8192];
    memset(flood, ' ', sizeof flood);
    int client = join();
    /* He may be let go in the middle of it. */
    if (send(client, flood, sizeof flood, MSG_NOSIGNAL) < 0)
        assert_int_equal(errno, EPIPE);
    assert_string_equal(hear(client),
                        "{\"result\":\"not-sent\",\"text\":\"a line has at most 4096 bytes\"}");
    assert_string_equal(hear(client), "");
    close(client);
}

static void
who_takes_no_answers_disturbs_nobody(void **state)
{
    (void)state;
    int greedy = join();
    const char *line = "{\"request\":\"clear\",\"call\":\"1\",\"id\":\"12345678901234567890\"}\n";
    size_t length = strlen(line);
    unsigned refused = 0;
    for (int i = 0; i < 3000 && refused < 50; i++)
        if (send(greedy, line, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length) {
            refused++;
            usleep(1000);
        }
    int client = join();
    say(client, "{\"request\":\"clear\",\"call\":\"7\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"7\"}");
    close(client);
    close(greedy);
}

static void
who_waits_for_an_answer_keeps_his_place_and_who_is_silent_gives_way(void **state)
{
    (void)state;
    int silent[CONTROL_CLIENTS_MAX];
    int waiting = join();
    say(waiting, "{\"request\":\"release\",\"device\":\"4000\"}\n");
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        silent[i] = join();
        if (i == 0) /* so that they are accepted in this order */
            usleep(20000);
    }
    int client = join();
    say(client, "{\"request\":\"clear\",\"call\":\"7\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"7\"}");
    assert_string_equal(hear(silent[0]), ""); /* the one silent for longest */
    char byte;
    assert_int_equal(recv(waiting, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(silent[i]);
    close(client);
    close(waiting);
}

static void
where_everybody_waits_one_more_is_told_so(void **state)
{
    (void)state;
    int waiting[CONTROL_CLIENTS_MAX];
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        waiting[i] = join();
        say(waiting[i], "{\"request\":\"clear\",\"call\":\"7\"}\n");
        hear(waiting[i]);
        say(waiting[i], "{\"request\":\"release\",\"device\":\"4000\"}\n");
        usleep(2000); /* each is heard before the next comes */
    }
    int client = join();
    assert_string_equal(hear(client),
                        "{\"result\":\"not-sent\",\"text\":\"too many clients wait for answers\"}");
    close(client);
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(waiting[i]);
}

static void
clients_that_come_and_go_leave_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        int client = join();
        if (i % 3 == 0)
            say(client, "{\"request\":\"cl");
        if (i % 3 == 1)
            say(client, "{\"request\":\"clear\",\"call\":\"7\"}\n");
        close(client);
    }
    int client = join();
    say(client, "{\"request\":\"clear\",\"call\":\"7\"}\n");
    assert_string_equal(hear(client), "{\"result\":\"granted\",\"link\":\"pbx1\",\"call\":\"7\"}");
    close(client);
}

/* Asks, and waits until the control thread must have read the file. */
static void
reload(void)
{
    control_ask_reload(engine.control);
    usleep(100000);
}

static void
the_configuration_is_read_again_and_handed_over(void **state)
{
    (void)state;
    write_config("[engine]\nworkers = 7\n[link pbx1]\nmonitored = 2001,2002\n[link pbx2]\n");
    reload();
    stop_loop();
    assert_int_equal(engine.reloads, 1);
    assert_int_equal(engine.reloaded->link_count, 2);
    assert_int_equal(engine.reloaded->links[0].monitored.count, 2);
    assert_int_equal(engine.reloaded->workers, 2); /* not while it runs */
    assert_string_equal(engine.reloaded->control_socket, engine.settings.control_socket);
}

static void
a_configuration_with_errors_changes_nothing(void **state)
{
    (void)state;
    write_config("[link pbx1]\nmonitord = 2001\n");
    reload();
    unlink(engine.config);
    reload();
    stop_loop();
    assert_int_equal(engine.reloads, 0);
    write_config("");
}

static void
settings_nobody_took_are_given_back(void **state)
{
    (void)state;
    stop_loop();
    for (int i = 0; i < 3; i++)
        reload();
}

static void
the_socket_is_for_owner_and_group_only(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(stat(engine.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    int pair[2];
    uid_t user = 12345;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(control_may_ask(pair[0], NULL, &user));
    assert_int_equal(user, geteuid());
    close(pair[0]);
    close(pair[1]);
}

static void
each_front_end_has_a_socket_of_its_own(void **state)
{
    (void)state;
    char path[CONTROL_PATH_SIZE];
    char why[CONTROL_WHY];
    assert_int_equal(control_connect(&engine.settings, 1, 5000, path), -1);
    assert_int_equal(errno, ENOENT);
    int second = control_listen(&engine.settings, 1, path, why);
    assert_true(second >= 0);
    assert_string_equal(path + strlen(engine.path), "-1");
    int client = control_connect(&engine.settings, 1, 5000, path);
    assert_true(client >= 0);
    close(client);
    control_unlisten(second, path);
}

static void
a_socket_left_behind_is_replaced_and_a_living_one_is_not(void **state)
{
    (void)state;
    char path[CONTROL_PATH_SIZE];
    char why[CONTROL_WHY];
    assert_int_equal(control_listen(&engine.settings, 0, path, why), -1);
    assert_non_null(strstr(why, "another engine listens there"));
    int left = control_listen(&engine.settings, 1, path, why);
    close(left);
    left = control_listen(&engine.settings, 1, path, why);
    assert_true(left >= 0);
    control_unlisten(left, path);
}

static void
a_file_in_its_place_is_not_touched(void **state)
{
    (void)state;
    char path[CONTROL_PATH_SIZE];
    char why[CONTROL_WHY];
    struct settings other = engine.settings;
    snprintf(other.control_socket, sizeof other.control_socket, "%s", engine.config);
    assert_int_equal(control_listen(&other, 0, path, why), -1);
    assert_non_null(strstr(why, "File exists"));
    assert_int_equal(access(engine.config, F_OK), 0);
}

static void
a_group_that_is_not_there_is_named(void **state)
{
    (void)state;
    char path[CONTROL_PATH_SIZE];
    char why[CONTROL_WHY];
    struct settings other = engine.settings;
    snprintf(other.control_group, sizeof other.control_group, "nobody-has-this");
    assert_int_equal(control_listen(&other, 1, path, why), -1);
    assert_string_equal(why, "[control] group = nobody-has-this: there is no such group");
}

int
main(void)
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        PROMISE(a_request_is_answered_with_what_came_of_it),
        PROMISE(many_requests_of_one_client_are_all_answered),
        PROMISE(who_ends_his_side_still_hears_the_answer),
        PROMISE(what_is_no_request_is_refused_with_the_reason),
        PROMISE(a_line_without_an_end_is_cut_off),
        PROMISE(who_takes_no_answers_disturbs_nobody),
        PROMISE(who_waits_for_an_answer_keeps_his_place_and_who_is_silent_gives_way),
        PROMISE(where_everybody_waits_one_more_is_told_so),
        PROMISE(clients_that_come_and_go_leave_nothing_behind),
        PROMISE(the_configuration_is_read_again_and_handed_over),
        PROMISE(a_configuration_with_errors_changes_nothing),
        PROMISE(settings_nobody_took_are_given_back),
        PROMISE(the_socket_is_for_owner_and_group_only),
        PROMISE(each_front_end_has_a_socket_of_its_own),
        PROMISE(a_socket_left_behind_is_replaced_and_a_living_one_is_not),
        PROMISE(a_file_in_its_place_is_not_touched),
        PROMISE(a_group_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
