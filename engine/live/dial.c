#include "engine/live/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "engine/address_list.h"
#include "engine/live/dial_gate.h"
#include "engine/live/lookup.h"
#include "engine/live/outgoing_socket.h"

enum {
    SAY_EVERY_MS = 60000,
};

/* What a try is at. */
enum phase {
    PHASE_PAUSE = 0,
    PHASE_LOOKUP,  /* the name of the address is looked up */
    PHASE_CONNECT, /* `socket` is being connected to found[at] */
    PHASE_GATE,    /* a gate is trying */
    PHASE_READY,   /* `socket` is connected */
};

/* What is said, and what not, of failures that go on. */
struct restraint {
    bool open;        /* this round through the addresses is being said */
    bool said_once;   /* next_ms holds */
    uint64_t next_ms; /* when a round may be said again */
    uint32_t unsaid;  /* failures since the last one said */
};

struct dial {
    char link[EVENT_TEXT_LENGTH + 1];
    struct address_list addresses;
    struct gate_order order; /* what a gate needs to know but the address */
    bool tls;
    uint32_t connect_ms;
    uint32_t least_ms;
    uint32_t most_ms;
    struct holder *holder;

    enum phase phase;
    uint32_t address; /* of `addresses`, that is tried */
    struct lookup *lookup;
    struct socket_address found[LOOKUP_MAX];
    uint32_t found_count;
    uint32_t at; /* of `found` */
    int socket;
    struct dial_gate gate;
    uint64_t due_ms;   /* of a pause, its end; of a try, when it has failed */
    uint64_t pause_ms; /* the next one */
    uint64_t chance;
    struct restraint restraint;
    char why[GATE_WORDS_SIZE];
    char label[ADDRESS_TEXT_SIZE]; /* of the address that is tried, or was */
};

static uint64_t
next_chance(struct dial *dial)
{
    dial->chance = dial->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return hash_finish(dial->chance);
}

static void
take_settings(struct dial *dial, const struct link_settings *settings)
{
    dial->addresses = settings->addresses;
    dial->tls = settings->tls;
    dial->connect_ms = settings->connect_ms;
    dial->least_ms = settings->reconnect_least_ms;
    dial->most_ms = settings->reconnect_most_ms;
    dial->order = (struct gate_order){.connect_ms = settings->connect_ms};
    memcpy(dial->order.ca, settings->tls_ca, sizeof dial->order.ca);
    memcpy(dial->order.name, settings->tls_name, sizeof dial->order.name);
    memcpy(dial->order.certificate, settings->tls_certificate, sizeof dial->order.certificate);
    memcpy(dial->order.key, settings->tls_key, sizeof dial->order.key);
}

struct dial *
dial_open(const char *link, const struct link_settings *settings, uint64_t seed,
          struct holder *holder)
{
    struct dial *dial = calloc(1, sizeof *dial);
    if (dial == NULL)
        return NULL;
    snprintf(dial->link, sizeof dial->link, "%s", link);
    take_settings(dial, settings);
    dial->holder = holder;
    dial->chance = seed;
    dial->socket = -1;
    dial->gate = DIAL_NO_GATE;
    dial->pause_ms = dial->least_ms;
    dial->due_ms = dial->addresses.count == 0 ? UINT64_MAX : 0;
    return dial;
}

static void
drop_socket(struct dial *dial)
{
    if (dial->socket >= 0)
        close(dial->socket);
    dial->socket = -1;
}

void
dial_close(struct dial *dial)
{
    drop_socket(dial);
    dial_gate_drop(&dial->gate, dial->holder);
    lookup_end(dial->lookup);
    free(dial);
}

/* ---- pauses, and what is said --------------------------------------------------------------- */

/* The next pause, of which the second half is chance, and the one after it twice as long. */
static void
begin_pause(struct dial *dial, uint64_t now_ms)
{
    uint64_t half = dial->pause_ms / 2;
    uint64_t wait = 1 + half + next_chance(dial) % (dial->pause_ms - half + 1);
    dial->phase = PHASE_PAUSE;
    dial->due_ms = dial->addresses.count == 0 ? UINT64_MAX : now_ms + wait;
    dial->address = 0;
    dial->pause_ms = dial->pause_ms * 2 < dial->most_ms ? dial->pause_ms * 2 : dial->most_ms;
}

static void
reset_pause(struct dial *dial)
{
    dial->pause_ms = dial->least_ms < dial->most_ms ? dial->least_ms : dial->most_ms;
}

static void
write_next(const struct dial *dial, char *text, size_t size, uint64_t now_ms)
{
    char label[ADDRESS_TEXT_SIZE];
    if (dial->phase == PHASE_PAUSE && dial->address == 0) {
        uint64_t tenths = (dial->due_ms - now_ms + 50) / 100;
        snprintf(text, size, "again in %llu.%llu s", (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10));
        return;
    }
    address_write(label, &dial->addresses, dial->address);
    snprintf(text, size, "%s is next", label);
}

/* Says dial->why of dial->label, and what comes next; or counts it. */
static void
say_failure(struct dial *dial, uint64_t now_ms)
{
    struct restraint *restraint = &dial->restraint;
    char next[ADDRESS_TEXT_SIZE + 16];
    char more[48] = "";
    if (dial->link[0] == '\0')
        return;
    if (!restraint->open && restraint->said_once && now_ms < restraint->next_ms) {
        restraint->unsaid++;
        return;
    }
    if (restraint->unsaid > 0)
        snprintf(more, sizeof more, "; %u more tries failed", (unsigned)restraint->unsaid);
    write_next(dial, next, sizeof next, now_ms);
    log_say("link %s: %s: %s%s; %s", dial->link, dial->label, dial->why, more, next);
    if (!restraint->open)
        restraint->next_ms = now_ms + SAY_EVERY_MS;
    *restraint = (struct restraint){
        .open = dial->phase != PHASE_PAUSE, .said_once = true, .next_ms = restraint->next_ms};
}

/* ---- tries ---------------------------------------------------------------------------------- */

static void begin_address(struct dial *dial, uint64_t now_ms);

static void
note_why(struct dial *dial, const char *why)
{
    snprintf(dial->why, sizeof dial->why, "%s", why);
}

static void
note_no_answer(struct dial *dial)
{
    uint32_t tenths = dial->connect_ms / 100;
    snprintf(dial->why, sizeof dial->why, "no answer in %u.%u s", (unsigned)(tenths / 10),
             (unsigned)(tenths % 10));
}

/* The address has failed, for dial->why: the next one, or a pause. */
static void
fail_address(struct dial *dial, uint64_t now_ms)
{
    drop_socket(dial);
    dial_gate_drop(&dial->gate, dial->holder);
    dial->address++;
    if (dial->address >= dial->addresses.count)
        begin_pause(dial, now_ms);
    else
        dial->phase = PHASE_LOOKUP; /* of the next; begun once this is said */
    say_failure(dial, now_ms);
    if (dial->phase != PHASE_PAUSE)
        begin_address(dial, now_ms);
}

static void
connected(struct dial *dial)
{
    dial->phase = PHASE_READY;
    dial->due_ms = UINT64_MAX;
}

/* `error` of the connection being made, 0 when it stands. */
static void
judge_connect(struct dial *dial, int error)
{
    if (error == 0 && outgoing_is_to_itself(dial->socket))
        error = ECONNREFUSED;
    if (error == 0) {
        connected(dial);
        return;
    }
    note_why(dial, strerror(error));
    drop_socket(dial);
    dial->at++;
}

/* Calls found[at] and those after it, until one does not fail at once. */
static void
connect_next(struct dial *dial, uint64_t now_ms)
{
    while (dial->phase == PHASE_CONNECT && dial->socket < 0 && dial->at < dial->found_count) {
        const struct socket_address *address = &dial->found[dial->at];
        dial->socket = outgoing_socket(address);
        dial->due_ms = now_ms + dial->connect_ms;
        int error = dial->socket < 0 ? errno : outgoing_call(dial->socket, address);
        if (error != EINPROGRESS)
            judge_connect(dial, error);
    }
    if (dial->phase == PHASE_CONNECT && dial->socket < 0)
        fail_address(dial, now_ms);
}

static void
begin_connect(struct dial *dial, uint64_t now_ms)
{
    dial->phase = PHASE_CONNECT;
    dial->at = 0;
    connect_next(dial, now_ms);
}

static void
begin_gate(struct dial *dial, uint64_t now_ms)
{
    struct gate_order order = dial->order;
    memcpy(order.host, dial->addresses.at[dial->address].host, sizeof order.host);
    order.port = dial->addresses.at[dial->address].port;
    dial->phase = PHASE_GATE;
    dial->due_ms = now_ms + dial_gate_limit_ms(&order);
    if (dial_gate_begin(&dial->gate, dial->holder, &order, dial->why, sizeof dial->why))
        return;
    fail_address(dial, now_ms);
}

/* One name is looked up at a time: a resolver that is stuck costs one thread, not more and more. */
static void
begin_lookup(struct dial *dial, const char *host, uint16_t port, uint64_t now_ms)
{
    dial->phase = PHASE_LOOKUP;
    dial->due_ms = now_ms + dial->connect_ms;
    if (dial->lookup != NULL && lookup_is_of(dial->lookup, host, port))
        return;
    if (dial->lookup != NULL) {
        note_why(dial, "another name is still being looked up");
        fail_address(dial, now_ms);
        return;
    }
    dial->lookup = lookup_begin(host, port);
    if (dial->lookup != NULL)
        return;
    note_why(dial, strerror(errno));
    fail_address(dial, now_ms);
}

static void
begin_address(struct dial *dial, uint64_t now_ms)
{
    const char *host = dial->addresses.at[dial->address].host;
    uint16_t port = dial->addresses.at[dial->address].port;
    address_write(dial->label, &dial->addresses, dial->address);
    if (dial->tls) {
        begin_gate(dial, now_ms);
    } else if (lookup_numeric(host, port, &dial->found[0])) {
        dial->found_count = 1;
        begin_connect(dial, now_ms);
    } else {
        begin_lookup(dial, host, port, now_ms);
    }
}

static void
work_lookup(struct dial *dial, uint64_t now_ms)
{
    const char *why;
    enum lookup_result result = lookup_look(dial->lookup, dial->found, &dial->found_count, &why);
    if (result == LOOKUP_WAIT && now_ms < dial->due_ms)
        return;
    if (result == LOOKUP_WAIT) {
        note_why(dial, "the name is still being looked up");
        fail_address(dial, now_ms);
        return;
    }
    lookup_end(dial->lookup);
    dial->lookup = NULL;
    if (result == LOOKUP_FOUND) {
        begin_connect(dial, now_ms);
        return;
    }
    note_why(dial, why);
    fail_address(dial, now_ms);
}

static void
work_connect(struct dial *dial, uint64_t now_ms)
{
    struct pollfd wait = {.fd = dial->socket, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&wait, 1, 0) > 0) {
        if (getsockopt(dial->socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
        judge_connect(dial, error);
    } else if (now_ms >= dial->due_ms) {
        note_no_answer(dial);
        drop_socket(dial);
        dial->at++;
    }
    connect_next(dial, now_ms);
}

static void
work_gate(struct dial *dial, uint64_t now_ms)
{
    switch (dial_gate_look(&dial->gate, dial->why, sizeof dial->why)) {
    case DIAL_GATE_STANDS:
        connected(dial);
        return;
    case DIAL_GATE_FAILED:
        fail_address(dial, now_ms);
        return;
    case DIAL_GATE_WAIT:
        break;
    }
    if (now_ms < dial->due_ms)
        return;
    note_why(dial, "its TLS process does not come to an end");
    fail_address(dial, now_ms);
}

static bool
has_news(const struct dial *dial)
{
    struct pollfd wait = {.fd = dial_descriptor(dial), .events = POLLIN | POLLOUT};
    return wait.fd >= 0 && poll(&wait, 1, 0) > 0;
}

/* One step of the try in hand. */
static void
work_once(struct dial *dial, uint64_t now_ms)
{
    switch (dial->phase) {
    case PHASE_PAUSE:
        begin_address(dial, now_ms);
        break;
    case PHASE_LOOKUP:
        work_lookup(dial, now_ms);
        break;
    case PHASE_CONNECT:
        work_connect(dial, now_ms);
        break;
    case PHASE_GATE:
        work_gate(dial, now_ms);
        break;
    case PHASE_READY:
        break;
    }
}

enum dial_state
dial_work(struct dial *dial, uint64_t now_ms)
{
    while (dial->phase != PHASE_READY && (now_ms >= dial->due_ms || has_news(dial)))
        work_once(dial, now_ms);
    if (dial->phase == PHASE_READY)
        return DIAL_CONNECTED;
    return dial->phase == PHASE_PAUSE ? DIAL_PAUSING : DIAL_TRYING;
}

int
dial_descriptor(const struct dial *dial)
{
    switch (dial->phase) {
    case PHASE_LOOKUP:
        return lookup_descriptor(dial->lookup);
    case PHASE_CONNECT:
        return dial->socket;
    case PHASE_GATE:
        return dial->gate.status;
    case PHASE_PAUSE:
    case PHASE_READY:
        break;
    }
    return -1;
}

uint64_t
dial_due_ms(const struct dial *dial)
{
    return dial->due_ms;
}

const char *
dial_why(const struct dial *dial)
{
    return dial->why;
}

const char *
dial_address(const struct dial *dial)
{
    return dial->label;
}

/* ---- what becomes of a connection ------------------------------------------------------------ */

int
dial_take(struct dial *dial, uint64_t *serial, uint64_t now_ms)
{
    CHECK(dial->phase == PHASE_READY);
    *serial = 0;
    if (dial->gate.socket >= 0)
        return dial_gate_take(&dial->gate, serial);
    if (dial->holder != NULL && !holder_give(dial->holder, dial->socket, serial)) {
        snprintf(dial->why, sizeof dial->why, "it cannot be held: %s", strerror(errno));
        fail_address(dial, now_ms);
        return -1;
    }
    int taken = dial->socket;
    dial->socket = -1;
    return taken;
}

void
dial_lost(struct dial *dial, bool usable, uint64_t now_ms)
{
    bool has_words = dial_gate_last_words(&dial->gate, dial->why, sizeof dial->why);
    drop_socket(dial);
    dial_gate_drop(&dial->gate, dial->holder);
    if (usable)
        reset_pause(dial);
    if (!usable && dial->phase == PHASE_READY && ++dial->address < dial->addresses.count) {
        dial->phase = PHASE_PAUSE; /* of no length: the next address at once */
        dial->due_ms = now_ms;
    } else {
        begin_pause(dial, now_ms);
    }
    if (has_words)
        say_failure(dial, now_ms);
}

void
dial_reload(struct dial *dial, const struct link_settings *settings, uint64_t now_ms)
{
    bool same =
        address_list_is_same(&dial->addresses, &settings->addresses) && dial->tls == settings->tls;
    take_settings(dial, settings);
    if (dial->phase == PHASE_READY || same)
        return;
    drop_socket(dial);
    dial_gate_drop(&dial->gate, dial->holder);
    begin_pause(dial, now_ms);
    reset_pause(dial);
    dial->address = 0;
    dial->due_ms = dial->addresses.count == 0 ? UINT64_MAX : now_ms;
}
