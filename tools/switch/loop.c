#include "tools/switch/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/switch/client.h"
#include "tools/switch/scene.h"
#include "tools/switch/truth.h"

enum {
    READY_MAX = 256,
    TURN_MS = 5,       /* the longest sleep while calls are to begin */
    TICK_MS = 20,      /* timers of clients and faults */
    SETTLED_MS = 1000, /* since the last MonitorStart: no more are coming */
    BEGIN_MAX = 2000,  /* calls begun in one turn */
    COMMAND_MAX = 256,
};

static char stdin_mark, signal_mark;

struct commands {
    char bytes[COMMAND_MAX];
    size_t length;
    int signals;
    bool has_stdin;
};
static struct commands commands;

static uint64_t
clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
look_at_clock(struct simulator *simulator)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    simulator->now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    simulator->now_ms = clock_ms();
}

/* ---- listeners ------------------------------------------------------------------------------ */

bool
listener_open(struct listener *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(listener->port)};
    socklen_t size = sizeof address;
    int on = 1;
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return false;
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = listener}};
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (inet_pton(AF_INET, listener->host, &address.sin_addr) != 1)
        errno = EADDRNOTAVAIL;
    else if (bind(listener->fd, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(listener->fd, 64) == 0 &&
             getsockname(listener->fd, (struct sockaddr *)&address, &size) == 0 &&
             epoll_ctl(listener->pbx.simulator->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0) {
        listener->port = ntohs(address.sin_port);
        return true;
    }
    int kept = errno;
    close(listener->fd);
    listener->fd = -1;
    errno = kept;
    return false;
}

static void
accept_clients(struct listener *listener)
{
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        client_open(listener, fd);
    }
}

static bool
open_signals(struct simulator *simulator)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    commands.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = &signal_mark}};
    if (commands.signals < 0 ||
        epoll_ctl(simulator->epoll, EPOLL_CTL_ADD, commands.signals, &event) != 0)
        return false;
    event.data.ptr = &stdin_mark;
    /* A file or /dev/null cannot be waited for: then there are no commands. */
    commands.has_stdin = epoll_ctl(simulator->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0;
    return true;
}

bool
loop_open(struct simulator *simulator)
{
    simulator->epoll = epoll_create1(EPOLL_CLOEXEC);
    look_at_clock(simulator);
    if (simulator->epoll < 0 || !open_signals(simulator)) {
        log_say("cannot wait for sockets: %s", strerror(errno));
        return false;
    }
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        struct listener *listener = &simulator->listeners[i];
        if (!pbx_open(&listener->pbx, (uint32_t)simulator->options.agents)) {
            log_say("there is not enough memory for so many agents");
            return false;
        }
        if (!listener_open(listener)) {
            log_say("cannot listen on %s port %u: %s", listener->host, listener->port,
                    strerror(errno));
            return false;
        }
        truth_link(&listener->pbx);
    }
    return true;
}

/* ---- calls begin ---------------------------------------------------------------------------- */

static bool
is_monitored(const struct listener *listener, uint64_t now_ms)
{
    const struct pbx *pbx = &listener->pbx;
    uint32_t all = pbx->pools[DEVICE_AGENT].count + PBX_QUEUES + PBX_ROUTE_POINTS;
    return pbx->wanted >= all || (pbx->wanted > 0 && now_ms - listener->monitored_ms > SETTLED_MS);
}

static bool
may_begin(struct listener *listener)
{
    const struct simulator *simulator = listener->pbx.simulator;
    const char *start = simulator->options.start;
    if (listener->is_started)
        return true;
    if (start == NULL || strcmp(start, "monitored") == 0)
        listener->is_started = is_monitored(listener, simulator->now_ms);
    else
        listener->is_started = strcmp(start, "now") == 0 || listener->pbx.clients != NULL;
    return listener->is_started;
}

static bool
begin_call(struct simulator *simulator)
{
    struct listener *open[LISTENERS_MAX];
    uint32_t open_count = 0;
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        if (may_begin(&simulator->listeners[i]) && simulator->listeners[i].enables_ms == 0)
            open[open_count++] = &simulator->listeners[i];
    if (open_count == 0)
        return false;
    struct pbx *pbx = &open[simulator->begun++ % open_count]->pbx;
    bool related = random_chance(&pbx->random, (uint32_t)simulator->options.related);
    const struct scenario *scenario = scenario_choose(&simulator->book, related, &pbx->random);
    if (scenario == NULL)
        scenario = scenario_choose(&simulator->book, !related, &pbx->random);
    if (scenario == NULL || !scene_begin(pbx, scenario))
        count(pbx, COUNT_NOT_BEGUN);
    return true;
}

static bool
is_any_started(struct simulator *simulator)
{
    bool started = false;
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        started |= may_begin(&simulator->listeners[i]);
    return started;
}

static void
begin_calls(struct simulator *simulator, uint64_t passed_ms)
{
    const struct switch_options *options = &simulator->options;
    if (simulator->is_draining || !is_any_started(simulator))
        return;
    simulator->owed += (double)options->rate * (double)passed_ms / 1000.0;
    for (uint32_t turn = 0; simulator->owed >= 1.0 && turn < BEGIN_MAX; turn++) {
        if (options->calls != 0 && simulator->begun >= options->calls)
            break;
        if (!begin_call(simulator))
            return;
        simulator->owed -= 1.0;
    }
    /* What could not begin within a second never will. */
    while (simulator->owed >= (double)options->rate + 1.0) {
        simulator->owed -= 1.0;
        simulator->counts[COUNT_NOT_BEGUN]++;
    }
}

static void
look_for_end(struct simulator *simulator, uint64_t *drain_ms)
{
    const struct switch_options *options = &simulator->options;
    uint64_t now_ms = simulator->now_ms;
    bool enough = (options->calls != 0 && simulator->begun >= options->calls) ||
                  (options->seconds != 0 && simulator->started_ms != 0 &&
                   now_ms - simulator->started_ms >= options->seconds * 1000);
    if (simulator->started_ms == 0 && is_any_started(simulator))
        simulator->started_ms = now_ms;
    if (enough && !simulator->is_draining) {
        simulator->is_draining = true;
        *drain_ms = now_ms + options->drain * 1000;
    }
    if (simulator->is_draining && (simulator->scene_count == 0 || now_ms >= *drain_ms))
        simulator->is_over = true;
}

/* ---- sockets -------------------------------------------------------------------------------- */

static void
read_commands(struct simulator *simulator)
{
    ssize_t length =
        read(STDIN_FILENO, commands.bytes + commands.length, COMMAND_MAX - 1 - commands.length);
    if (length <= 0) {
        epoll_ctl(simulator->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    commands.length += (size_t)length;
    commands.bytes[commands.length] = '\0';
    for (char *end; (end = strchr(commands.bytes, '\n')) != NULL;) {
        *end = '\0';
        const char *answer = fault_command(simulator, commands.bytes);
        if (answer != NULL)
            log_say("%s", answer);
        commands.length -= (size_t)(end + 1 - commands.bytes);
        memmove(commands.bytes, end + 1, commands.length + 1);
    }
    if (commands.length == COMMAND_MAX - 1)
        commands.length = 0;
}

static bool
is_listener(const struct simulator *simulator, const void *what)
{
    const char *at = what, *first = (const char *)simulator->listeners;
    return at >= first && at < first + sizeof simulator->listeners;
}

static void
serve(struct simulator *simulator, const struct epoll_event *event)
{
    void *what = event->data.ptr;
    if (what == &signal_mark) {
        simulator->is_over = true;
    } else if (what == &stdin_mark) {
        read_commands(simulator);
    } else if (is_listener(simulator, what)) {
        accept_clients(what);
    } else {
        struct client *client = what;
        if ((event->events & EPOLLOUT) != 0)
            client_write(client);
        if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            client_read(client);
    }
}

/* What was said in this turn goes out; who is gone is forgotten. */
static void
flush_clients(struct simulator *simulator, bool ticks)
{
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        struct client **at = &simulator->listeners[i].pbx.clients;
        while (*at != NULL) {
            struct client *client = *at;
            if (ticks)
                client_tick(client);
            if (client->mute_until_ms == 0)
                client_send_delayed(client, simulator->now_ms);
            if (!client->is_gone && client->out_start < client->out_end && !client->wants_out)
                client_write(client);
            if (client->is_gone) {
                *at = client->next;
                client_free(client);
            } else {
                at = &client->next;
            }
        }
    }
}

static int
sleep_ms(const struct simulator *simulator)
{
    uint64_t next_ms = scene_next_ms(simulator), now_ms = clock_ms();
    uint64_t longest =
        simulator->options.rate > 0 || simulator->scene_count > 0 ? TURN_MS : TICK_MS;
    if (next_ms <= now_ms)
        return 0;
    return (int)(next_ms - now_ms < longest ? next_ms - now_ms : longest);
}

bool
loop_run(struct simulator *simulator)
{
    struct epoll_event ready[READY_MAX];
    uint64_t tick_ms = 0, drain_ms = 0;
    fault_plan(simulator);
    while (!simulator->is_over) {
        int waiting = epoll_wait(simulator->epoll, ready, READY_MAX, sleep_ms(simulator));
        uint64_t before_ms = simulator->now_ms;
        look_at_clock(simulator);
        for (int i = 0; i < waiting; i++)
            serve(simulator, &ready[i]);
        scene_run_due(simulator);
        begin_calls(simulator, simulator->now_ms - before_ms);
        scene_run_due(simulator);
        bool ticks = simulator->now_ms - tick_ms >= TICK_MS;
        if (ticks) {
            tick_ms = simulator->now_ms;
            fault_tick(simulator);
            look_for_end(simulator, &drain_ms);
        }
        flush_clients(simulator, ticks);
    }
    return simulator->counts[COUNT_NOT_BEGUN] == 0;
}

/* All that was said still arrives, if the client reads it within a second. */
static void
send_rest(struct client *client)
{
    uint64_t until_ms = clock_ms() + 1000;
    client->mute_until_ms = 0;
    client_send_delayed(client, UINT64_MAX - 1);
    while (!client->is_gone && client->out_start < client->out_end && clock_ms() < until_ms) {
        struct pollfd wait = {.fd = client->fd, .events = POLLOUT};
        poll(&wait, 1, 50);
        client_write(client);
    }
}

void
loop_close(struct simulator *simulator)
{
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        struct listener *listener = &simulator->listeners[i];
        if (listener->down_since_us != 0)
            truth_down(&listener->pbx, listener->down_since_us, simulator->now_us);
        while (listener->pbx.clients != NULL) {
            struct client *client = listener->pbx.clients;
            listener->pbx.clients = client->next;
            send_rest(client);
            client_close(client, client->out_start == client->out_end ? CLIENT_ENDS : CLIENT_CUT);
            client_free(client);
        }
        if (listener->fd >= 0)
            close(listener->fd);
    }
    scene_close(simulator);
    for (uint32_t i = 0; i < simulator->listener_count; i++)
        pbx_close(&simulator->listeners[i].pbx);
    close(commands.signals);
    close(simulator->epoll);
}
