#include "engine/monitor.h"

#include "base/check.h"
#include "base/hash.h"

uint32_t
device_flags(const struct shm_front_device *device)
{
    uint32_t flags = device->configured;
    if (device->granted > 0 || (flags & EVENT_DEVICE_MONITORED) != 0)
        flags |= EVENT_DEVICE_MONITORED | EVENT_DEVICE_HAS_MONITOR;
    if (device->learned > 0)
        flags |= EVENT_DEVICE_HAS_MONITOR;
    return flags;
}

/* A copy to change: of the entry, or of a device that nothing is known of yet. */
static struct shm_front_device
copy_device(struct directory *directory, uint16_t link, struct text number)
{
    CHECK(number.length >= 1 && number.length <= EVENT_TEXT_LENGTH);
    const struct shm_front_device *known = directory_find_device(directory, link, number);
    if (known != NULL)
        return *known;
    struct shm_front_device fresh = {.link = link, .number_length = (uint8_t)number.length};
    memcpy(fresh.number, number.at, number.length);
    return fresh;
}

static void
note_change(struct monitor_changes *changes, struct text number)
{
    for (uint32_t i = 0; i < changes->count; i++) {
        if (text_is_equal(changes->devices[i], number))
            return;
    }
    CHECK(changes->count < MONITOR_CHANGES_MAX);
    changes->devices[changes->count++] = number;
}

static bool
is_same_agent(const struct shm_front_device *left, const struct shm_front_device *right)
{
    return text_is_equal((struct text){left->agent, left->agent_length},
                         (struct text){right->agent, right->agent_length});
}

/* The changed copy takes its place; `number` is a view that outlives this call. */
static void
put_device(struct directory *directory, const struct shm_front_device *device, struct text number,
           struct monitor_changes *changes)
{
    const struct shm_front_device *old = directory_find_device(directory, device->link, number);
    bool told = old == NULL
                    ? device_flags(device) == 0 && device->agent_length == 0
                    : device_flags(old) == device_flags(device) && is_same_agent(old, device);
    if (!directory_put_device(directory, device))
        changes->refused = true;
    else if (!told)
        note_change(changes, number);
}

/* Adds or takes away what one monitor says of its device. */
static void
count_monitor(struct directory *directory, const struct shm_monitor *monitor, bool adds,
              struct monitor_changes *changes)
{
    if (monitor->device_length == 0 || monitor->type != MONITOR_DEVICE)
        return;
    struct text number = monitor_device(monitor);
    struct shm_front_device device = copy_device(directory, monitor->link, number);
    uint32_t *count = monitor->granted ? &device.granted : &device.learned;
    if (monitor->granted && monitor->epoch != device.epoch) {
        if (!adds)
            return; /* it went with all the others of its time */
        device.epoch = monitor->epoch;
        device.granted = 0;
    }
    if (adds)
        ++*count;
    else if (*count > 0)
        --*count;
    put_device(directory, &device, number, changes);
}

static struct shm_monitor *
add_monitor(struct directory *directory, struct shm_link *link, struct text cross_ref,
            struct monitor_changes *changes)
{
    struct shm_monitor fresh = {
        .number = link->monitors + 1,
        .epoch = link->epoch,
        .link = link->index,
        .type = MONITOR_DEVICE,
        .cross_ref_length = (uint8_t)cross_ref.length,
    };
    memcpy(fresh.cross_ref, cross_ref.at, cross_ref.length);
    struct shm_monitor *monitor = directory_put_monitor(directory, &fresh);
    if (monitor == NULL)
        changes->refused = true;
    else
        link->monitors++;
    return monitor;
}

/*
 * The switch has lost its monitors since: the ID may be anybody's now. That its device was granted
 * one stands until a new one is: the device is a DN of ours all the same.
 */
static void
forget_monitor(struct directory *directory, struct shm_monitor *monitor,
               struct monitor_changes *changes)
{
    directory_remove_monitor(directory, monitor);
    if (!monitor->granted)
        count_monitor(directory, monitor, false, changes);
}

struct shm_monitor *
monitor_of(struct directory *directory, struct shm_link *link, struct text cross_ref,
           struct monitor_changes *changes)
{
    if (text_is_none(cross_ref))
        return NULL;
    CHECK(cross_ref.length <= EVENT_TEXT_LENGTH);
    struct shm_monitor *monitor = directory_find_monitor(directory, link->index, cross_ref);
    if (monitor != NULL && monitor->epoch != link->epoch) {
        forget_monitor(directory, monitor, changes);
        monitor = NULL;
    }
    return monitor != NULL ? monitor : add_monitor(directory, link, cross_ref, changes);
}

/* Puts a changed copy in the monitor's place and moves what it says from device to device. */
static struct shm_monitor *
replace(struct directory *directory, struct shm_monitor *monitor, const struct shm_monitor *changed,
        struct monitor_changes *changes)
{
    struct shm_monitor *now = directory_put_monitor(directory, changed);
    if (now == NULL) {
        changes->refused = true;
        return monitor;
    }
    /* First what is new: a device that only changes from learned to granted is never without. */
    count_monitor(directory, now, true, changes);
    count_monitor(directory, monitor, false, changes);
    return now;
}

/* Notes who alerts, and whether this monitor saw somebody else alert in the same call. */
static bool
alerts_alone(struct directory *directory, struct shm_monitor *monitor, const struct event *event,
             struct text device)
{
    uint64_t call = hash_text(event->link, event->texts[EVENT_TEXT_CALL]);
    uint64_t alerting = hash_text(event->link, device);
    bool alone = monitor->alerting_call != call || monitor->alerting_device == alerting;
    directory_touch_monitor(directory, monitor);
    monitor->alerting_call = call;
    monitor->alerting_device = alerting;
    return alone;
}

/* Does the monitor's own connection have the state of the event's, as far as it is said? */
static bool
is_own_state(const struct event *event, enum local_state state)
{
    return event->local_state == state || event->local_state == LOCAL_ABSENT;
}

/* The device the event shows to be the monitor's own, or none. */
static struct text
own_device(struct directory *directory, struct shm_monitor *monitor, const struct event *event)
{
    bool dynamic = (event->flags & EVENT_DEVICE_DYNAMIC) != 0;
    struct text device = event->texts[dynamic ? EVENT_TEXT_SUBJECT : EVENT_TEXT_DEVICE];
    if (event->kind == EVENT_SERVICE_INITIATED && is_own_state(event, LOCAL_INITIATED))
        return device;
    if (event->kind == EVENT_ORIGINATED && is_own_state(event, LOCAL_CONNECTED))
        return device;
    if (event->kind == EVENT_QUEUED && event->local_state == LOCAL_QUEUED)
        return device;
    if (event->kind == EVENT_DELIVERED && !text_is_none(device) &&
        alerts_alone(directory, monitor, event, device) && event->local_state == LOCAL_ALERTING)
        return device;
    return TEXT_NONE;
}

struct shm_monitor *
monitor_learn(struct directory *directory, struct shm_monitor *monitor, const struct event *event,
              struct monitor_changes *changes)
{
    if (monitor->device_length > 0 || monitor->type != MONITOR_DEVICE)
        return monitor;
    struct text device = own_device(directory, monitor, event);
    if (text_is_none(device))
        return monitor;
    CHECK(device.length <= EVENT_TEXT_LENGTH);
    struct shm_monitor changed = *monitor;
    changed.device_length = (uint8_t)device.length;
    memcpy(changed.device, device.at, device.length);
    return replace(directory, monitor, &changed, changes);
}

void
monitor_grant(struct directory *directory, struct shm_link *link, struct text cross_ref,
              const struct monitor_request *request, struct monitor_changes *changes)
{
    struct shm_monitor *monitor = monitor_of(directory, link, cross_ref, changes);
    if (monitor == NULL)
        return;
    CHECK(request->device.length <= EVENT_TEXT_LENGTH);
    struct shm_monitor changed = *monitor;
    changed.granted = true;
    changed.type = request->type;
    changed.device_length = (uint8_t)request->device.length;
    if (request->device.length > 0)
        memcpy(changed.device, request->device.at, request->device.length);
    replace(directory, monitor, &changed, changes);
}

void
monitor_stop(struct directory *directory, const struct shm_link *link, struct text cross_ref,
             struct monitor_changes *changes)
{
    if (text_is_none(cross_ref))
        return;
    struct shm_monitor *monitor = directory_find_monitor(directory, link->index, cross_ref);
    if (monitor == NULL)
        return;
    directory_remove_monitor(directory, monitor);
    count_monitor(directory, monitor, false, changes);
}

void
device_configure(struct directory *directory, const struct shm_link *link, struct text number,
                 uint32_t flags, struct monitor_changes *changes)
{
    struct shm_front_device device = copy_device(directory, link->index, number);
    device.configured |= flags;
    put_device(directory, &device, number, changes);
}

void
device_unconfigure(struct directory *directory, const struct shm_link *link, struct text number,
                   uint32_t flags, struct monitor_changes *changes)
{
    struct shm_front_device device = copy_device(directory, link->index, number);
    device.configured &= ~flags;
    put_device(directory, &device, number, changes);
}

void
device_set_agent(struct directory *directory, const struct shm_link *link, struct text number,
                 struct text agent, struct monitor_changes *changes)
{
    CHECK(agent.length <= EVENT_TEXT_LENGTH);
    struct shm_front_device device = copy_device(directory, link->index, number);
    device.agent_length = (uint8_t)agent.length;
    if (agent.length > 0)
        memcpy(device.agent, agent.at, agent.length);
    put_device(directory, &device, number, changes);
}
