#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tools/switch/client.h"
#include "tools/switch/clearing.h"
#include "tools/switch/loop.h"

enum {
    INITIALIZING_MS = 1500,
};

/* The first of each kind comes at its own place in the period, so that links take turns. */
static uint64_t
first_ms(struct listener *listener, uint64_t every_s)
{
    struct simulator *simulator = listener->pbx.simulator;
    uint64_t share = every_s * 1000 / simulator->listener_count;
    return every_s == 0 ? 0 : simulator->now_ms + share * (listener->pbx.number + 1);
}

void
fault_plan(struct simulator *simulator)
{
    const struct switch_options *options = &simulator->options;
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        struct listener *listener = &simulator->listeners[i];
        listener->cut_at_ms = first_ms(listener, options->cut_every);
        listener->restart_at_ms = first_ms(listener, options->restart_every);
        listener->lost_at_ms = first_ms(listener, options->lost_every);
        listener->stop_at_ms = first_ms(listener, options->stop_every);
        listener->mute_at_ms = first_ms(listener, options->mute_every);
        listener->wrong_at_ms = first_ms(listener, options->wrong_every);
    }
}

static uint32_t
some_ms(struct listener *listener, struct range_ms range)
{
    return random_between(&listener->pbx.random, range.low, range.high);
}

static void
close_clients(struct listener *listener)
{
    for (struct client *at = listener->pbx.clients; at != NULL; at = at->next)
        client_close(at, CLIENT_CUT);
}

static void
cut(struct listener *listener)
{
    struct simulator *simulator = listener->pbx.simulator;
    count(&listener->pbx, COUNT_CUTS);
    close_clients(listener);
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
    listener->reopens_ms = simulator->now_ms + some_ms(listener, simulator->options.cut_ms);
}

static void
say_status(struct listener *listener, enum system_status status)
{
    for (struct client *at = listener->pbx.clients; at != NULL; at = at->next) {
        struct answer ask = {
            .kind = ASK_SYSTEM_STATUS, .status = status, .invoke = at->invoke++ % 9999};
        if (!at->is_gone)
            client_answer_request(at, &ask, 0);
    }
}

/* Calls are gone and monitors void; the link stays up. */
static void
restart(struct listener *listener)
{
    struct pbx *pbx = &listener->pbx;
    count(pbx, COUNT_RESTARTS);
    scene_forget_calls(pbx);
    pbx_monitor_void(pbx, NULL);
    pbx->is_disabled = true;
    listener->enables_ms = pbx->simulator->now_ms + INITIALIZING_MS;
    say_status(listener, STATUS_INITIALIZING);
}

static void
enable(struct listener *listener)
{
    listener->pbx.is_disabled = false;
    listener->enables_ms = 0;
    say_status(listener, STATUS_ENABLED);
}

static void
lose_messages(struct listener *listener)
{
    count(&listener->pbx, COUNT_FAULTS);
    say_status(listener, STATUS_MESSAGES_LOST);
}

static void
mute(struct listener *listener)
{
    struct simulator *simulator = listener->pbx.simulator;
    count(&listener->pbx, COUNT_FAULTS);
    uint64_t until_ms = simulator->now_ms + some_ms(listener, simulator->options.mute_ms);
    for (struct client *at = listener->pbx.clients; at != NULL; at = at->next)
        if (!at->is_gone) {
            at->mute_from_us = simulator->now_us;
            at->mute_until_ms = until_ms;
        }
}

static void
say_wrong_length(struct listener *listener)
{
    count(&listener->pbx, COUNT_FAULTS);
    for (struct client *at = listener->pbx.clients; at != NULL; at = at->next)
        if (!at->is_gone)
            client_wrong_length(at);
}

/* One device's monitors; who wants them starts them again. */
static void
stop_monitors(struct listener *listener)
{
    struct pbx *pbx = &listener->pbx;
    struct device_pool *agents = &pbx->pools[DEVICE_AGENT];
    count(pbx, COUNT_FAULTS);
    pbx_monitor_end(pbx, &agents->devices[random_below(&pbx->random, agents->count)]);
}

/* The association ends at the switch's word; what was said before arrives. */
static void
abort_associations(struct listener *listener)
{
    count(&listener->pbx, COUNT_FAULTS);
    for (struct client *at = listener->pbx.clients; at != NULL; at = at->next) {
        struct answer last_word = {.kind = ACSE_ABORT};
        if (at->is_gone)
            continue;
        client_answer_request(at, &last_word, 0);
        at->is_closing = true;
    }
}

/* The trunk that outside callers come by is gone: so are their calls. */
static void
fail_trunk(struct listener *listener)
{
    struct pbx *pbx = &listener->pbx;
    count(pbx, COUNT_FAULTS);
    for (uint32_t i = 0; i < pbx->call_capacity; i++) {
        struct call *call = &pbx->calls[i];
        if (call->serial != 0 && call->caller->kind == DEVICE_OUTSIDE)
            scene_clear_call(call, NULL, "networkOutOfOrder", TOLD_NOTHING);
    }
}

static bool
is_due(struct listener *listener, uint64_t *at_ms, uint64_t every_s)
{
    uint64_t now_ms = listener->pbx.simulator->now_ms;
    if (*at_ms == 0 || now_ms < *at_ms || listener->pbx.simulator->is_draining)
        return false;
    *at_ms = now_ms + every_s * 1000;
    return true;
}

void
fault_tick(struct simulator *simulator)
{
    const struct switch_options *options = &simulator->options;
    for (uint32_t i = 0; i < simulator->listener_count; i++) {
        struct listener *listener = &simulator->listeners[i];
        if (listener->reopens_ms != 0 && simulator->now_ms >= listener->reopens_ms &&
            listener_open(listener))
            listener->reopens_ms = 0;
        if (listener->enables_ms != 0 && simulator->now_ms >= listener->enables_ms)
            enable(listener);
        if (is_due(listener, &listener->cut_at_ms, options->cut_every))
            cut(listener);
        if (is_due(listener, &listener->restart_at_ms, options->restart_every))
            restart(listener);
        if (is_due(listener, &listener->lost_at_ms, options->lost_every))
            lose_messages(listener);
        if (is_due(listener, &listener->stop_at_ms, options->stop_every))
            stop_monitors(listener);
        if (is_due(listener, &listener->mute_at_ms, options->mute_every))
            mute(listener);
        if (is_due(listener, &listener->wrong_at_ms, options->wrong_every))
            say_wrong_length(listener);
    }
}

/* ---- commands ------------------------------------------------------------------------------- */

static const char *
set_number(struct simulator *simulator, const char *word, const char *value)
{
    uint64_t number = strtoull(value, NULL, 10);
    if (strcmp(word, "rate") == 0)
        simulator->options.rate = number;
    else if (strcmp(word, "silent") == 0 && number <= 100)
        simulator->options.silent = number;
    else
        return "commands: cut restart lost mute wrong-length trunk stop-monitors abort [NAME]; "
               "rate N; silent PERCENT; "
               "drain; quit";
    return NULL;
}

const char *
fault_command(struct simulator *simulator, const char *line)
{
    static const struct {
        const char *word;
        void (*act)(struct listener *);
    } acts[] = {{"cut", cut},
                {"restart", restart},
                {"lost", lose_messages},
                {"stop-monitors", stop_monitors},
                {"abort", abort_associations},
                {"mute", mute},
                {"wrong-length", say_wrong_length},
                {"trunk", fail_trunk}};
    char word[32] = "", name[PBX_NAME_SIZE] = "";
    bool found = false;
    if (sscanf(line, "%31s %31s", word, name) < 1)
        return NULL;
    if (strcmp(word, "quit") == 0 || strcmp(word, "drain") == 0) {
        simulator->is_over |= word[0] == 'q';
        simulator->options.seconds = 1;
        return NULL;
    }
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(word, acts[i].word) != 0)
            continue;
        for (uint32_t l = 0; l < simulator->listener_count; l++) {
            struct listener *listener = &simulator->listeners[l];
            if (name[0] != '\0' && strcmp(name, listener->pbx.name) != 0)
                continue;
            acts[i].act(listener);
            found = true;
        }
        return found ? NULL : "there is no listener of that name";
    }
    return set_number(simulator, word, name);
}
