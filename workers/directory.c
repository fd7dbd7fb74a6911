#include "workers/directory.h"

#include "base/check.h"
#include "base/hash.h"

struct text
link_name(const struct shm_worker_link *link)
{
    return (struct text){link->name, link->name_length};
}

void
directory_note_link(struct call_table *table, const struct event *event)
{
    struct shm_worker_link *link = &table->links[event->link];
    struct text name = event->texts[EVENT_TEXT_LINK];
    link->known = 1;
    memcpy(link->name, name.at, name.length);
    link->name_length = (uint8_t)name.length;
    link->flags = event->flags;
    link->profile = (uint8_t)(event->request >> 32);
    link->request_timeout_ms = (uint32_t)event->request;
    link->stale_after_ms = event->extra;
}

/* The device's entry, or the free one where it belongs. */
static struct shm_device *
probe(const struct call_table *table, uint16_t link, struct text number)
{
    uint64_t key = hash_text(link, number) | 1;
    uint32_t mask = CALL_DEVICES_MAX - 1;
    for (uint32_t i = (uint32_t)(key >> 8) & mask;; i = (i + 1) & mask) {
        struct shm_device *device = &table->devices[i];
        if (device->key == 0)
            return device;
        if (device->key == key && device->link == link &&
            text_is_equal((struct text){device->number, device->number_length}, number))
            return device;
    }
}

bool
directory_note_device(struct call_table *table, const struct event *event)
{
    struct text number = event->texts[EVENT_TEXT_DEVICE];
    struct text agent = event->texts[EVENT_TEXT_AGENT];
    struct shm_device *device = probe(table, event->link, number);
    if (device->key == 0) {
        if (table->shared->device_count >= CALL_DEVICES_MAX / 4 * 3)
            return false;
        table->shared->device_count++;
        memcpy(device->number, number.at, number.length);
        device->number_length = (uint8_t)number.length;
        device->link = event->link;
        device->key = hash_text(event->link, number) | 1;
    }
    device->flags = event->flags;
    if (agent.length != 0)
        memcpy(device->agent, agent.at, agent.length);
    device->agent_length = (uint8_t)agent.length;
    return true;
}

const struct shm_device *
directory_find(const struct call_table *table, uint16_t link, struct text number)
{
    if (number.length == 0 || number.length > CALL_DEVICE_TEXT || table->shared->device_count == 0)
        return NULL;
    const struct shm_device *device = probe(table, link, number);
    return device->key == 0 ? NULL : device;
}

uint32_t
directory_flags(const struct call_table *table, uint16_t link, struct text number)
{
    const struct shm_device *device = directory_find(table, link, number);
    return device == NULL ? 0 : device->flags;
}

bool
directory_is_monitored(const struct call_table *table, uint16_t link, struct text number)
{
    if (number.length == 0)
        return false;
    if ((table->links[link].flags & EVENT_LINK_ALL_MONITORED) != 0)
        return true;
    return (directory_flags(table, link, number) & EVENT_DEVICE_MONITORED) != 0;
}

bool
directory_has_monitor(const struct call_table *table, uint16_t link, struct text number)
{
    return (directory_flags(table, link, number) & EVENT_DEVICE_HAS_MONITOR) != 0;
}
