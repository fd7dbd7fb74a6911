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
    table_touch(table, link, sizeof *link);
    if (link->known == 0)
        link->up_ms = 1;
    link->known = 1;
    memcpy(link->name, name.at, name.length);
    link->name_length = (uint8_t)name.length;
    link->flags = event->flags;
    link->profile = (uint8_t)(event->request >> 32);
    link->request_timeout_ms = (uint32_t)event->request;
    link->stale_after_ms = event->extra;
}

/* The place in the index where the device stands, or belongs. */
static struct shm_index_entry *
probe(const struct call_table *table, uint64_t key, uint16_t link, struct text number)
{
    uint32_t mask = table->shared->device_mask;
    for (uint32_t i = (uint32_t)key & mask;; i = (i + 1) & mask) {
        struct shm_index_entry *entry = &device_index(table)[i];
        if (entry->slot == 0)
            return entry;
        const struct shm_device *device = &table->devices[entry->slot];
        if (entry->tag == (uint32_t)(key >> 32) && device->key == key && device->link == link &&
            text_is_equal((struct text){device->number, device->number_length}, number))
            return entry;
    }
}

/* The index doubles as it fills, so that a small site's stays in the cache. The larger one stands
 * behind the others, where nothing matters until the mask says so: nothing of it is touched. */
static void
grow_index(struct call_table *table)
{
    struct shm_call_table *shared = table->shared;
    table_touch(table, shared, sizeof *shared);
    shared->device_mask = shared->device_mask * 2 + 1;
    memset(device_index(table), 0, sizeof *table->device_indexes * (shared->device_mask + 1));
    for (uint32_t slot = 1; slot <= shared->device_count; slot++) {
        const struct shm_device *device = &table->devices[slot];
        struct text number = {device->number, device->number_length};
        *probe(table, device->key, device->link, number) =
            (struct shm_index_entry){(uint32_t)(device->key >> 32), slot};
    }
}

static struct shm_device *
add_device(struct call_table *table, uint64_t key, uint16_t link, struct text number)
{
    struct shm_call_table *shared = table->shared;
    if (shared->device_count == CALL_DEVICES_MAX)
        return NULL;
    if (shared->device_count * UINT64_C(2) >= shared->device_mask)
        grow_index(table);
    table_touch(table, shared, sizeof *shared);
    uint32_t slot = ++shared->device_count;
    struct shm_device *device = &table->devices[slot];
    table_touch(table, device, sizeof *device);
    device->key = key;
    device->link = link;
    device->number_length = (uint8_t)number.length;
    memcpy(device->number, number.at, number.length);
    struct shm_index_entry *entry = probe(table, key, link, (struct text){NULL, 0});
    table_touch(table, entry, sizeof *entry);
    *entry = (struct shm_index_entry){(uint32_t)(key >> 32), slot};
    return device;
}

bool
directory_note_device(struct call_table *table, const struct event *event)
{
    struct text number = event->texts[EVENT_TEXT_DEVICE];
    struct text agent = event->texts[EVENT_TEXT_AGENT];
    uint64_t key = hash_text(event->link, number);
    uint32_t slot = probe(table, key, event->link, number)->slot;
    struct shm_device *device =
        slot != 0 ? &table->devices[slot] : add_device(table, key, event->link, number);
    if (device == NULL)
        return false;
    table_touch(table, device, sizeof *device);
    device->flags = event->flags;
    device->agent_length = (uint8_t)agent.length;
    if (agent.length != 0)
        memcpy(device->agent, agent.at, agent.length);
    return true;
}

const struct shm_device *
directory_find(const struct call_table *table, uint16_t link, struct text number)
{
    if (number.length == 0 || table->shared->device_count == 0)
        return NULL;
    uint32_t slot = probe(table, hash_text(link, number), link, number)->slot;
    return slot == 0 ? NULL : &table->devices[slot];
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
