#include "tools/bench/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "tools/switch/client.h"
#include "tools/switch/options.h"
#include "tools/switch/scene.h"

enum {
    START_MS = 1000,
    NUMBERS_APART = 100000, /* between the first agents of two links */
    STANDING_TALK_MS = 86400000,
    STANDING_SETTLE_MS = 60000, /* all that were begun have been answered by then */
    STANDING_RATE = 1000,
    DRAIN_BYTES = 1 << 16,
};

/* One link that is being written. */
struct script {
    struct simulator *simulator;
    struct client *client;
    FILE *file;
    double begin_ms; /* when the next call begins */
    double every_ms;
    struct load_facts facts;
};

void
load_monitored(char text[LOAD_MONITORED_SIZE], uint32_t agents, uint32_t links)
{
    size_t length = (size_t)snprintf(text, LOAD_MONITORED_SIZE, "--monitored=");
    uint32_t share = (agents + links - 1) / links;
    CHECK(links >= 1 && links <= LOAD_LINKS_MAX);
    for (uint32_t link = 0; link < links; link++) {
        uint32_t base = (link + 1) * NUMBERS_APART;
        uint32_t queue = base + PBX_FIRST_QUEUE, route_point = base + PBX_FIRST_ROUTE_POINT;
        length +=
            (size_t)snprintf(text + length, LOAD_MONITORED_SIZE - length, "%u-%u,%u-%u,%u-%u,",
                             base + 1, base + share, queue, queue + PBX_QUEUES - 1, route_point,
                             route_point + PBX_ROUTE_POINTS - 1);
    }
    text[length - 1] = '\0';
}

static const char *const standing_story =
    "scenario standing 1\n cast A outside; cast B agent\n dial 1 A B; ring 1 B; wait 100..200\n"
    " answer 1 B; wait talk\n hangup 1 A|B\n";

/* A client that only listens, to all devices: it has no socket, and what is said to it stays. */
static struct client *
make_listener(struct listener *listener)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->listener = listener;
    client->pbx = &listener->pbx;
    client->fd = -1;
    client->is_open = true;
    client->messages = calloc(CLIENT_SENT_MAX, sizeof *client->messages);
    client->out_room = 2 * DRAIN_BYTES;
    client->out = malloc(client->out_room);
    listener->pbx.clients = client;
    bool is_made = client->messages != NULL && client->out != NULL;
    for (int kind = 0; is_made && kind < DEVICE_OUTSIDE; kind++) {
        struct device_pool *pool = &listener->pbx.pools[kind];
        for (uint32_t i = 0; is_made && i < pool->count; i++)
            is_made = pbx_monitor_start(client, &pool->devices[i], false) != NULL;
    }
    return client;
}

static void
close_script(struct script *script)
{
    struct pbx *pbx = &script->simulator->listeners[0].pbx;
    if (script->client != NULL) {
        pbx_monitor_void(pbx, script->client);
        client_free(script->client);
    }
    scene_close(script->simulator);
    pbx_close(pbx);
    free(script->simulator);
}

static bool
open_script(struct script *script, const struct load_shape *shape, uint32_t link)
{
    struct simulator *simulator = calloc(1, sizeof *simulator);
    *script = (struct script){.simulator = simulator};
    if (simulator == NULL)
        return false;
    switch_options_usual(simulator);
    simulator->options.agents = (shape->agents + shape->links - 1) / shape->links;
    simulator->options.related = shape->related;
    simulator->options.silent = 0;
    simulator->options.talk_ms = (struct range_ms){shape->talk_ms / 2, shape->talk_ms * 3 / 2};
    simulator->now_ms = START_MS;
    simulator->listener_count = 1;
    struct listener *listener = &simulator->listeners[0];
    struct pbx *pbx = &listener->pbx;
    pbx->simulator = simulator;
    pbx->encoding = shape->encoding;
    pbx->edition = 4;
    pbx->first_number = ((uint64_t)link + 1) * NUMBERS_APART + 1;
    snprintf(pbx->name, sizeof pbx->name, "link%u", link + 1);
    pbx->random = (struct random){link + 1};
    listener->fd = -1;
    if (!pbx_open(pbx, (uint32_t)simulator->options.agents)) {
        close_script(script);
        return false;
    }
    script->client = make_listener(listener);
    script->begin_ms = START_MS;
    script->every_ms = 1000.0 * shape->links / shape->calls_per_second;
    return script->client != NULL;
}

/* What was said goes into the file. */
static bool
drain(struct script *script)
{
    struct client *client = script->client;
    size_t length = client->out_end - client->out_start;
    bool is_written = fwrite(client->out + client->out_start, 1, length, script->file) == length;
    script->facts.bytes += length;
    client->out_start = client->out_end = 0;
    return is_written;
}

static void
begin_call(struct script *script)
{
    struct simulator *simulator = script->simulator;
    struct pbx *pbx = &simulator->listeners[0].pbx;
    bool related = random_chance(&pbx->random, (uint32_t)simulator->options.related);
    const struct scenario *scenario = scenario_choose(&simulator->book, related, &pbx->random);
    if (scenario == NULL)
        scenario = scenario_choose(&simulator->book, !related, &pbx->random);
    script->facts.calls += scenario != NULL && scene_begin(pbx, scenario);
    script->begin_ms += script->every_ms;
}

/* The clock goes to the next thing that happens; false when nothing does any more. */
static bool
advance(struct script *script, bool begins)
{
    struct simulator *simulator = script->simulator;
    uint64_t next_ms = scene_next_ms(simulator);
    if (begins && (uint64_t)script->begin_ms < next_ms)
        next_ms = (uint64_t)script->begin_ms;
    if (next_ms == UINT64_MAX)
        return false;
    if (next_ms > simulator->now_ms)
        simulator->now_ms = next_ms;
    simulator->now_us = (int64_t)simulator->now_ms * 1000;
    while (begins && script->begin_ms <= (double)simulator->now_ms)
        begin_call(script);
    scene_run_due(simulator);
    client_send_delayed(script->client, simulator->now_ms);
    return true;
}

static bool
read_stories(struct script *script, const char *own)
{
    unsigned line;
    const char *why;
    for (int i = 0; own == NULL && scenario_mix[i] != NULL; i++)
        CHECK(scenario_read(&script->simulator->book, scenario_mix[i], &line, &why));
    return own == NULL || scenario_read(&script->simulator->book, own, &line, &why);
}

/* Both kinds of files: begin calls until there is enough, then go on to `end_ms`. */
static bool
write_script(struct script *script, uint64_t messages, uint64_t calls, const char *path)
{
    const uint64_t *said = &script->simulator->counts[COUNT_MESSAGES];
    uint64_t end_ms = UINT64_MAX;
    bool begins = true, is_written = true;
    script->file = fopen(path, "w");
    if (script->file == NULL)
        return false;
    while (is_written && advance(script, begins) && script->simulator->now_ms < end_ms) {
        if (begins && (*said >= messages || script->facts.calls >= calls)) {
            begins = false;
            end_ms = calls != UINT64_MAX ? script->simulator->now_ms + STANDING_SETTLE_MS : end_ms;
        }
        if (script->client->out_end >= DRAIN_BYTES)
            is_written = drain(script);
    }
    is_written = is_written && drain(script);
    script->facts.messages = *said;
    script->facts.live = script->simulator->listeners[0].pbx.live;
    int kept = errno;
    bool is_closed = fclose(script->file) == 0;
    errno = is_written ? errno : kept;
    return is_written && is_closed;
}

static bool
write_link(const struct load_shape *shape, uint32_t link, uint64_t messages, uint64_t calls,
           const char *path, struct load_facts *facts)
{
    struct script script;
    if (!open_script(&script, shape, link)) {
        errno = ENOMEM;
        return false;
    }
    CHECK(read_stories(&script, calls == UINT64_MAX ? NULL : standing_story));
    bool is_written = write_script(&script, messages, calls, path);
    int kept = errno;
    close_script(&script);
    errno = kept;
    facts->messages += script.facts.messages;
    facts->calls += script.facts.calls;
    facts->bytes += script.facts.bytes;
    facts->live += script.facts.live;
    return is_written;
}

bool
load_write(const struct load_shape *shape, uint32_t link, uint64_t messages, const char *path,
           struct load_facts *facts)
{
    return write_link(shape, link, messages, UINT64_MAX, path, facts);
}

bool
load_write_standing(const struct load_shape *shape, uint64_t calls, const char *path,
                    struct load_facts *facts)
{
    struct load_shape standing = *shape;
    CHECK(calls <= LOAD_AGENTS_MAX);
    standing.links = 1;
    standing.agents = (uint32_t)calls;
    standing.related = 0;
    standing.talk_ms = STANDING_TALK_MS;
    standing.calls_per_second = STANDING_RATE;
    return write_link(&standing, 0, UINT64_MAX, calls, path, facts);
}
