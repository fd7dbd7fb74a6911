#include "tools/switch/tell.h"

#include "tools/switch/client.h"
#include "tools/switch/simulator.h"

enum { COPIES_MAX = 64, LATE_MS = 30 };

struct copies {
    struct monitor *monitors[COPIES_MAX];
    enum connection_state states[COPIES_MAX];
    uint32_t count;
};

void
tell_touch(struct call *call)
{
    int64_t now_us = call->pbx->simulator->now_us;
    if (call->touched_us == 0 || call->touched_us > now_us)
        call->touched_us = now_us;
}

static void
add_monitors(struct copies *copies, struct call *call, struct pbx_device *device,
             enum connection_state state, bool is_in)
{
    bool is_told = false;
    for (struct monitor *monitor = device->monitors; monitor != NULL; monitor = monitor->next) {
        if (monitor->skips_old_calls && monitor->started_ms > call->started_ms)
            continue;
        is_told = true;
        if ((!is_in && !monitor->of_calls) || copies->count == COPIES_MAX)
            continue;
        copies->monitors[copies->count] = monitor;
        copies->states[copies->count++] = state;
    }
    if (!is_in || is_told)
        return;
    if (device->is_wanted)
        tell_touch(call);
    else
        call->is_unwatched = true;
}

/* On a panasonic null says that the monitored device released, fail that another did. */
static const char *
local_state(const struct telling *telling, const struct monitor *monitor,
            enum connection_state *state)
{
    if (monitor->of_calls)
        return NULL;
    if (telling->event == SAID_CLEARED && telling->call->pbx->profile == PBX_PANASONIC) {
        if (monitor->device == telling->by)
            *state = STATE_NULL;
        else if (*state == STATE_NULL)
            *state = STATE_FAIL;
    }
    return state_name(*state);
}

static void
shuffle(struct pbx *pbx, struct copies *copies)
{
    for (uint32_t i = copies->count; i > 1; i--) {
        uint32_t other = random_below(&pbx->random, i);
        struct monitor *monitor = copies->monitors[i - 1];
        enum connection_state state = copies->states[i - 1];
        copies->monitors[i - 1] = copies->monitors[other];
        copies->states[i - 1] = copies->states[other];
        copies->monitors[other] = monitor;
        copies->states[other] = state;
    }
}

static bool
may_be_doubled(enum event_name event)
{
    return event == SAID_CLEARED || event == SAID_ESTABLISHED;
}

static void
send_copy(const struct telling *telling, struct monitor *monitor, enum connection_state state)
{
    struct pbx *pbx = telling->call->pbx;
    struct event_copy copy = {.telling = telling, .cross_ref = monitor->cross_ref};
    uint32_t late_ms = 0;
    copy.state_name = local_state(telling, monitor, &state);
    copy.state = state;
    if (pbx_chance(pbx, pbx->simulator->options.reorder)) {
        late_ms = 1 + random_below(&pbx->random, LATE_MS);
        count(pbx, COUNT_LATE);
    }
    telling->call->messages++;
    client_tell(monitor, &copy, late_ms);
    if (may_be_doubled(telling->event) && pbx_chance(pbx, pbx->simulator->options.duplicates)) {
        count(pbx, COUNT_DUPLICATES);
        client_tell(monitor, &copy, late_ms);
    }
}

void
tell(const struct telling *telling)
{
    struct copies copies = {.count = 0};
    struct call *call = telling->call;
    for (uint32_t i = 0; i < call->party_count; i++) {
        const struct pbx_party *party = &call->parties[i];
        if (!device_is_inside(party->device) ||
            (telling->own_only && party->device != telling->subject))
            continue;
        bool is_in = party->state != STATE_NULL || party->device == telling->subject;
        if (telling->event == SAID_CALL_CLEARED)
            is_in = false;
        add_monitors(&copies, call, party->device, party->state, is_in);
    }
    if (call->pbx->simulator->options.reorder != 0)
        shuffle(call->pbx, &copies);
    for (uint32_t i = 0; i < copies.count; i++)
        send_copy(telling, copies.monitors[i], copies.states[i]);
}
