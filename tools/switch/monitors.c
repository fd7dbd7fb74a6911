#include <stdlib.h>

#include "tools/switch/client.h"
#include "tools/switch/truth.h"

/* What a device that a client wants has without a monitor is a gap; it ends with the last one. */
static void
look_for_gap(struct listener *listener)
{
    struct pbx *pbx = &listener->pbx;
    int64_t now_us = pbx->simulator->now_us;
    if (pbx->wanted_void > 0 && listener->down_since_us == 0)
        listener->down_since_us = now_us;
    if (pbx->wanted_void > 0 || listener->down_since_us == 0)
        return;
    truth_down(pbx, listener->down_since_us, now_us);
    listener->down_since_us = 0;
}

struct monitor *
pbx_monitor_start(struct client *client, struct pbx_device *device, bool of_calls)
{
    struct pbx *pbx = client->pbx;
    struct monitor *monitor = calloc(1, sizeof *monitor);
    if (monitor == NULL)
        return NULL;
    *monitor = (struct monitor){
        .next = device->monitors,
        .client = client,
        .device = device,
        .cross_ref = pbx->next_cross_ref++,
        .of_calls = of_calls,
        .skips_old_calls = pbx->simulator->options.no_existing,
        .started_ms = pbx->simulator->now_ms,
    };
    if (device->is_wanted && device->monitors == NULL)
        pbx->wanted_void--;
    pbx->wanted += !device->is_wanted;
    device->is_wanted = true;
    device->monitors = monitor;
    pbx->monitor_count++;
    client->listener->monitored_ms = pbx->simulator->now_ms;
    look_for_gap(client->listener);
    return monitor;
}

/* Take those out of a device's list that are a client's (NULL: anybody's), all or just one. */
static uint32_t
remove_monitors(struct pbx_device *device, const struct client *client, uint32_t cross_ref)
{
    uint32_t removed = 0;
    for (struct monitor **at = &device->monitors; *at != NULL;) {
        struct monitor *monitor = *at;
        bool fits = (client == NULL || monitor->client == client) &&
                    (cross_ref == 0 || monitor->cross_ref == cross_ref);
        if (!fits) {
            at = &monitor->next;
            continue;
        }
        *at = monitor->next;
        free(monitor);
        removed++;
    }
    return removed;
}

bool
pbx_monitor_stop(struct client *client, uint32_t cross_ref)
{
    struct pbx *pbx = client->pbx;
    for (int kind = 0; kind < DEVICE_OUTSIDE; kind++) {
        struct device_pool *pool = &pbx->pools[kind];
        for (uint32_t i = 0; i < pool->count; i++) {
            struct pbx_device *device = &pool->devices[i];
            if (device->monitors == NULL || remove_monitors(device, client, cross_ref) == 0)
                continue;
            pbx->monitor_count--;
            if (device->monitors == NULL) {
                device->is_wanted = false;
                pbx->wanted--;
            }
            return true;
        }
    }
    return false;
}

void
pbx_monitor_end(struct pbx *pbx, struct pbx_device *device)
{
    if (device->monitors == NULL)
        return;
    for (struct monitor *at = device->monitors; at != NULL; at = at->next) {
        struct client *client = at->client;
        struct answer ask = {.kind = ASK_MONITOR_STOP,
                             .invoke = client->invoke++ % 9999,
                             .cross_ref = at->cross_ref};
        client_answer_request(client, &ask, 0);
    }
    pbx->monitor_count -= remove_monitors(device, NULL, 0);
    pbx->wanted_void += device->is_wanted;
    look_for_gap(&pbx->simulator->listeners[pbx->number]);
}

void
pbx_monitor_void(struct pbx *pbx, const struct client *client)
{
    for (int kind = 0; kind < DEVICE_OUTSIDE; kind++) {
        struct device_pool *pool = &pbx->pools[kind];
        for (uint32_t i = 0; i < pool->count; i++) {
            struct pbx_device *device = &pool->devices[i];
            if (device->monitors == NULL)
                continue;
            pbx->monitor_count -= remove_monitors(device, client, 0);
            pbx->wanted_void += device->monitors == NULL && device->is_wanted;
        }
    }
    look_for_gap(&pbx->simulator->listeners[pbx->number]);
}
