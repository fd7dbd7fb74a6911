#include "engine/retell.h"

#include "engine/announce.h"
#include "ipc/process_state.h"

bool
retell_is_due(const struct session *session, uint32_t worker, uint64_t *emptied)
{
    *emptied = process_emptied(&session->engine->workers[worker], session->index);
    return *emptied > session->front.now->retold[worker];
}

static void
tell_links(struct session *session)
{
    const struct front *front = &session->front;
    for (uint32_t i = 0; i < front->now->links.count; i++) {
        struct shm_link *link = front_link(front, i);
        if (link->announced == 0)
            continue;
        route_reserve(&session->route);
        announce_monitoring(session, link);
    }
}

static void
tell_devices(struct session *session)
{
    const struct front *front = &session->front;
    for (uint32_t i = 1; i <= front->now->devices.used; i++) {
        const struct shm_front_device *device = &front->tables->devices[i];
        if (device->used == 0)
            continue;
        route_reserve(&session->route);
        const struct monitor_changes changes = {.devices = {device_number(device)}, .count = 1};
        announce_devices(session, &front->tables->links[device->link], &changes);
    }
}

void
retell_worker(struct session *session, uint32_t worker, uint64_t emptied)
{
    struct front *front = &session->front;
    struct event *last = &session->notice;
    route_reserve(&session->route);
    front->now->order++;
    tell_links(session);
    tell_devices(session);
    route_reserve(&session->route);
    event_reset(last);
    last->kind = EVENT_RETOLD;
    last->local_state = LOCAL_ABSENT;
    last->order = front->now->order;
    last->request = emptied;
    last->extra = worker;
    route_broadcast(&session->route, last);
    front->now->retold[worker] = emptied;
    route_complete(&session->route, front->now->order);
}
