/*
 * engine/route_wait.c - a front-end waits until there is room in the workers' rings.
 */
#include "engine/route.h"

#include "ipc/process_state.h"

static bool
has_room(struct route *route, uint32_t worker)
{
    return ring_spsc_claim(&route->rings[worker], ROUTE_MESSAGE_SLOTS);
}

/* A worker that died is no reason to stop waiting: its successor goes on. */
static void
wait_for_room(struct route *route, uint32_t worker)
{
    struct shm_doorbell *bell = &route->engine->frontends[route->index].doorbell;
    counter_add(route->counters, COUNTER_RING_WAITS, 1);
    for (uint32_t spin = 0; spin < ROUTE_SPINS; spin++) {
        if (has_room(route, worker))
            return;
    }
    for (;;) {
        route_publish(route, false); /* takes reports: a worker may wait for that */
        process_beat(&route->engine->frontends[route->index]);
        if (route->waits != NULL)
            route->waits(route->context);
        uint32_t token = doorbell_prepare(bell);
        bool room = has_room(route, worker);
        if (!room)
            doorbell_sleep(bell, token);
        doorbell_finish(bell);
        if (room)
            return;
    }
}

void
route_reserve(struct route *route)
{
    front_begin(route->front);
    if (!front_has_room(route->front))
        route_publish(route, false);
    for (uint32_t worker = 0; worker < route->workers; worker++) {
        if (has_room(route, worker))
            continue;
        route_publish(route, false);
        wait_for_room(route, worker);
    }
    front_begin(route->front);
}
