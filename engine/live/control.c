#include "engine/live/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mask.h"
#include "engine/live/control_client.h"
#include "engine/live/control_reload.h"
#include "engine/live/control_socket.h"
#include "engine/live/mailbox.h"

enum {
    RELOAD_NUMBER = CONTROL_OPEN_MAX, /* of the reload, in the mailboxes */
    NUMBERS = CONTROL_OPEN_MAX + 1,
    LOOK_MS = 1000,         /* how often silent clients are looked for */
    ACCEPT_PAUSE_MS = 1000, /* when there is no descriptor left for a client */
    WINDOW_MS = 100,
};

/* One command on its way. The thread's, but from a put into `commands` to the put into `answers`
 * the loop's. */
struct open_command {
    bool used;
    uint32_t client;
    uint64_t client_number;
    uint32_t user;
    char id[CONTROL_ID_MAX + 1];
    struct control_command command;
    struct control_answer answer;
};

struct control {
    pthread_t thread;
    int listener;
    int reload; /* eventfd: control_ask_reload() */
    int stop;   /* eventfd: control_close() */
    const char *config_file;
    struct settings current; /* what stands outside of links; nothing else of it is looked at */
    bool has_group;
    gid_t group;
    struct mailbox *commands; /* numbers of `open` */
    struct mailbox *answers;
    struct settings *settings; /* as read again; the thread's or the loop's, like open_command */
    bool reload_busy;          /* the loop has not taken the last one */
    bool reload_wanted;        /* once more, then */
    uint64_t tickets;
    uint64_t clients_ever;
    uint64_t accept_after_ms;
    uint64_t window; /* the tenth of a second at hand */
    uint32_t window_lines;
    struct open_command open[CONTROL_OPEN_MAX];
    struct control_client clients[CONTROL_CLIENTS_MAX];
};

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- reload ---------------------------------------------------------------------------------- */

static void
read_again(struct control *control)
{
    control->reload_wanted = control->reload_busy;
    if (control->reload_busy)
        return;
    if (control->config_file == NULL) {
        log_say("there is no configuration file to read again");
        return;
    }
    struct settings *settings = control_reload(control->config_file, &control->current, false);
    if (settings == NULL)
        return;
    control->settings = settings;
    control->reload_busy = true;
    mailbox_put(control->commands, RELOAD_NUMBER);
}

/* ---- commands and answers -------------------------------------------------------------------- */

static struct open_command *
free_place(struct control *control)
{
    for (uint32_t i = 0; i < CONTROL_OPEN_MAX; i++)
        if (!control->open[i].used)
            return &control->open[i];
    return NULL;
}

static void
refuse(struct control_client *client, const char *why, const char *id)
{
    struct control_answer answer = {.outcome = CONTROL_NOT_SENT};
    snprintf(answer.text, sizeof answer.text, "%s", why);
    client_answer(client, &answer, id);
}

/* May a line of the client be taken now? The loop has better things to do than answer for ever. */
static bool
may_take(struct control *control, const struct control_client *client)
{
    uint64_t window = now_ms() / WINDOW_MS;
    if (control->window != window)
        control->window_lines = 0;
    control->window = window;
    return control->window_lines < CONTROL_RATE * WINDOW_MS / 1000 && client_may_ask(client);
}

static void
take_line(struct control *control, struct control_client *client, struct text line)
{
    struct control_command command;
    char id[CONTROL_ID_MAX + 1];
    control->window_lines++;
    client->heard_ms = now_ms();
    const char *why = control_read_command(line, &command, id);
    struct open_command *place = why == NULL ? free_place(control) : NULL;
    if (place == NULL) {
        refuse(client, why != NULL ? why : "too many requests wait for their answer", id);
        return;
    }
    uint32_t number = (uint32_t)(place - control->open);
    command.ticket = ++control->tickets * CONTROL_OPEN_MAX + number;
    place->used = true;
    place->client = (uint32_t)(client - control->clients);
    place->client_number = client->number;
    place->user = client->user;
    memcpy(place->id, id, sizeof id);
    place->command = command;
    client->open++;
    mailbox_put(control->commands, number);
}

/* Who asked for what, and what came of it: for those who look later. */
static void
say_answer(const struct open_command *open)
{
    const struct control_command *command = &open->command;
    const struct control_answer *answer = &open->answer;
    if (answer->outcome == CONTROL_ELSEWHERE || command->kind == CONTROL_WHOSE)
        return;
    char call[EVENT_TEXT_LENGTH + 16] = "";
    char by[MASK_SIZE + 16] = "";
    char device[MASK_SIZE];
    if (answer->call[0] != '\0')
        snprintf(call, sizeof call, " call %s", answer->call);
    if (command->by[0] != '\0')
        snprintf(by, sizeof by, " by %s", mask_string(device, command->by));
    log_say("user %u asked to %s%s%s%s%s: %s%s%s", open->user, control_kind_name(command->kind),
            command->device[0] != '\0' ? " " : "", mask_string(device, command->device), call, by,
            control_outcome_name(answer->outcome), answer->text[0] != '\0' ? ": " : "",
            answer->text);
}

static void
take_answer(struct control *control, uint32_t number)
{
    if (number == RELOAD_NUMBER) {
        control->reload_busy = false;
        if (control->reload_wanted)
            read_again(control);
        return;
    }
    struct open_command *open = &control->open[number];
    struct control_client *client = &control->clients[open->client];
    CHECK(open->used);
    open->used = false;
    say_answer(open);
    if (client->descriptor < 0 || client->number != open->client_number)
        return; /* he did not wait */
    client->open--;
    client->heard_ms = now_ms();
    client_answer(client, &open->answer, open->id);
}

/* ---- clients --------------------------------------------------------------------------------- */

/* A place for one more client; he who has been silent for longest, and waits for nothing, goes. */
static struct control_client *
client_place(struct control *control)
{
    struct control_client *silent = NULL;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_client *client = &control->clients[i];
        if (client->descriptor < 0)
            return client;
        if (client->open == 0 && (silent == NULL || client->heard_ms < silent->heard_ms))
            silent = client;
    }
    if (silent != NULL)
        client_end(silent);
    return silent;
}

static void
turn_away(int descriptor, const char *why)
{
    char line[256];
    struct control_answer answer = {.outcome = CONTROL_NOT_SENT};
    snprintf(answer.text, sizeof answer.text, "%s", why);
    size_t length = control_write_answer(line, sizeof line, &answer, "");
    if (send(descriptor, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        errno = 0; /* then he sees that it is closed */
    close(descriptor);
}

static void
accept_client(struct control *control)
{
    int descriptor = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            control->accept_after_ms = now_ms() + ACCEPT_PAUSE_MS;
        return;
    }
    uid_t user = 0;
    if (!control_may_ask(descriptor, control->has_group ? &control->group : NULL, &user)) {
        turn_away(descriptor,
                  "you are neither root, nor the engine's user, nor of [control] group");
        return;
    }
    struct control_client *client = client_place(control);
    if (client == NULL) {
        turn_away(descriptor, "too many clients wait for answers");
        return;
    }
    client_begin(client, descriptor, ++control->clients_ever, now_ms());
    client->user = user;
}

static void
serve_client(struct control *control, struct control_client *client, bool readable)
{
    struct text line;
    if (readable)
        client_receive(client);
    while (may_take(control, client) && client_next_line(client, &line))
        take_line(control, client, line);
    client_send(client);
    bool silent = client->open == 0 && now_ms() >= client->heard_ms + CONTROL_SILENCE_MS;
    if (client_is_done(client) || silent)
        client_end(client);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* What the thread waits for, in this order, then the clients. */
enum waited {
    WAIT_STOP,
    WAIT_RELOAD,
    WAIT_ANSWERS,
    WAIT_LISTENER,
    WAIT_CLIENTS,
    WAIT_COUNT = WAIT_CLIENTS + CONTROL_CLIENTS_MAX,
};

/* Waits; true: it is to stop. */
static bool
wait_for(struct control *control, struct pollfd waited[WAIT_COUNT])
{
    bool alone = now_ms() >= control->accept_after_ms;
    int look_ms = LOOK_MS;
    waited[WAIT_STOP] = (struct pollfd){control->stop, POLLIN, 0};
    waited[WAIT_RELOAD] = (struct pollfd){control->reload, POLLIN, 0};
    waited[WAIT_ANSWERS] = (struct pollfd){mailbox_descriptor(control->answers), POLLIN, 0};
    waited[WAIT_LISTENER] = (struct pollfd){alone ? control->listener : -1, POLLIN, 0};
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct control_client *client = &control->clients[i];
        bool may = may_take(control, client);
        short events = may && !client->ended ? POLLIN : 0;
        if (!may && client->descriptor >= 0)
            look_ms = WINDOW_MS;
        if (client->out_used > 0)
            events |= POLLOUT;
        /* Who is not listened to now is not asked whether he hung up: what he said waits. */
        bool deaf = events == 0 && !client->ended;
        waited[WAIT_CLIENTS + i] = (struct pollfd){deaf ? -1 : client->descriptor, events, 0};
        alone = alone && client->descriptor < 0;
    }
    poll(waited, WAIT_COUNT, alone ? -1 : look_ms);
    return waited[WAIT_STOP].revents != 0;
}

/* Reads an eventfd empty; true if it was not. */
static bool
was_asked(int descriptor)
{
    uint64_t times;
    return read(descriptor, &times, sizeof times) == (ssize_t)sizeof times;
}

static void *
serve(void *context)
{
    struct control *control = context;
    struct pollfd waited[WAIT_COUNT];
    while (!wait_for(control, waited)) {
        if (was_asked(control->reload))
            read_again(control);
        int number;
        while ((number = mailbox_take(control->answers)) != MAILBOX_EMPTY)
            take_answer(control, (uint32_t)number);
        for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
            struct control_client *client = &control->clients[i];
            short events = waited[WAIT_CLIENTS + i].revents;
            /* Who hung up has no use for answers, and poll() would say so for ever. What he said
             * before is still heard. */
            bool listened = (waited[WAIT_CLIENTS + i].events & POLLIN) != 0 || client->ended;
            bool gone = listened && (events & (POLLERR | POLLHUP)) != 0 && (events & POLLIN) == 0;
            client->lost = client->lost || gone;
            if (client->descriptor >= 0)
                serve_client(control, client, (events & POLLIN) != 0);
        }
        if (waited[WAIT_LISTENER].revents != 0)
            accept_client(control);
    }
    return NULL;
}

/* The thread takes no signals: those are for the loop. */
static bool
start(struct control *control)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&control->thread, NULL, serve, control);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error == 0;
}

static void
close_parts(struct control *control)
{
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->clients[i].descriptor >= 0)
            client_end(&control->clients[i]);
    if (control->commands != NULL)
        mailbox_close(control->commands);
    if (control->answers != NULL)
        mailbox_close(control->answers);
    if (control->reload >= 0)
        close(control->reload);
    if (control->stop >= 0)
        close(control->stop);
    free(control);
}

struct control *
control_open(int listener, const char *config_file, const struct settings *current)
{
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL)
        return NULL;
    control->listener = listener;
    control->config_file = config_file;
    control->current = *current;
    control->has_group = control_group(current, &control->group);
    control->reload = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->commands = mailbox_open(NUMBERS);
    control->answers = mailbox_open(NUMBERS);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->clients[i].descriptor = -1;
    if (control->reload >= 0 && control->stop >= 0 && control->commands != NULL &&
        control->answers != NULL && start(control))
        return control;
    int error = errno;
    close_parts(control);
    errno = error;
    return NULL;
}

static void
raise_event(int descriptor)
{
    uint64_t one = 1;
    ssize_t wrote;
    do
        wrote = write(descriptor, &one, sizeof one);
    while (wrote < 0 && errno == EINTR);
}

void
control_close(struct control *control)
{
    raise_event(control->stop);
    pthread_join(control->thread, NULL);
    if (control->settings != NULL) {
        settings_free(control->settings);
        free(control->settings);
    }
    close_parts(control);
}

int
control_descriptor(const struct control *control)
{
    return mailbox_descriptor(control->commands);
}

void
control_ask_reload(struct control *control)
{
    int before = errno;
    raise_event(control->reload);
    errno = before;
}

bool
control_next(struct control *control, struct control_command *command)
{
    int number = mailbox_take(control->commands);
    if (number == MAILBOX_EMPTY)
        return false;
    if (number == RELOAD_NUMBER) {
        *command = (struct control_command){.kind = CONTROL_RELOAD, .settings = control->settings};
        control->settings = NULL;
        mailbox_put(control->answers, RELOAD_NUMBER);
    } else {
        *command = control->open[number].command;
    }
    return true;
}

void
control_answer(struct control *control, const struct control_answer *answer)
{
    uint32_t number = (uint32_t)(answer->ticket % CONTROL_OPEN_MAX);
    struct open_command *open = &control->open[number];
    CHECK(open->command.ticket == answer->ticket);
    open->answer = *answer;
    mailbox_put(control->answers, number);
}
