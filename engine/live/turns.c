/*
 * engine/live/turns.c - in which order links are served, and how much of each at a time.
 */
#include "engine/live/live_parts.h"

static bool
has_work(const struct live_wire *wire)
{
    return wire->socket >= 0 && (wire->readable || wire->frames_left);
}

static uint32_t
share_of(uint32_t busy)
{
    uint32_t share = busy > 0 ? LIVE_ROUND_FRAMES / busy : LIVE_FRAMES_PER_TURN;
    if (share > LIVE_FRAMES_PER_TURN)
        return LIVE_FRAMES_PER_TURN;
    return share < LIVE_FRAMES_LEAST ? LIVE_FRAMES_LEAST : share;
}

/* Has a worker more to do than others should wait for? */
static bool
are_behind(const struct live *live)
{
    const struct route *route = &live->session->route;
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        const struct ring_spsc *ring = &route->rings[worker];
        uint64_t limit = (ring->mask + 1) / LIVE_BACKLOG_PART;
        if (ring_depth(ring->shared) > (limit < LIVE_BACKLOG ? limit : LIVE_BACKLOG))
            return true;
    }
    return false;
}

bool
turns_begin(struct live *live)
{
    uint32_t busy = 0;
    bool floods = false;
    for (uint32_t i = 0; i < live->count; i++) {
        busy += has_work(&live->wires[i]);
        floods = floods || live->wires[i].floods;
    }
    live->share = share_of(busy);
    bool behind = floods && live->count > 1 && are_behind(live);
    if (!behind)
        live->behind_since_ms = 0;
    else if (live->behind_since_ms == 0)
        live->behind_since_ms = live->now_ms;
    bool wait = behind && live->now_ms < live->behind_since_ms + LIVE_FLOODS_WAIT_MS;
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_wire *wire = &live->wires[i];
        wire->is_last = wire->floods;
        wire->waits = wait && wire->floods && wire->over == NULL;
    }
    return floods;
}
