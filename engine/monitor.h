#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

/*
 * engine/monitor.h - what a monitorCrossRefID means, and what that says of devices.
 *
 * A monitor is granted (a MonitorStart with its positive answer) or learned: an event that the
 * monitor reports about its own device tells which that is (docs/attribution.md, section 6):
 *
 *   ServiceInitiated   the initiating device
 *   Originated         the originating device
 *   Delivered          the alerting device, if localConnectionInfo is alerting and this monitor
 *                      has seen nobody else alert in that call
 *   Queued             the queue, if localConnectionInfo is queued
 *
 * A call monitor (monitorType call, or on a call object) has no connection of its own: its device
 * is known where it was asked for, never learned, and is not thereby monitored.
 *
 * Whatever changes for a device is noted in struct monitor_changes, so that the caller can tell
 * the workers. Caller: the decode loop.
 */

#include "engine/directory.h"
#include "engine/link.h"

enum {
    MONITOR_CHANGES_MAX = 2, /* devices that one message can change */
};

struct monitor_changes {
    struct text devices[MONITOR_CHANGES_MAX]; /* views into the directory */
    uint32_t count;
    bool refused; /* something did not fit into the directory */
};

/*
 * monitor_of - the monitor that reports something; a new one of unknown device if need be
 *
 * NULL without `cross_ref` and when the directory is full (changes->refused).
 */
struct shm_monitor *monitor_of(struct directory *directory, struct shm_link *link,
                               struct text cross_ref, struct monitor_changes *changes);

/*
 * monitor_learn - what the event says about the monitor that reports it
 *
 * The event is complete: canonical numbers, its connection's device filled in. Returns the
 * monitor as it is now.
 */
struct shm_monitor *monitor_learn(struct directory *directory, struct shm_monitor *monitor,
                                  const struct event *event, struct monitor_changes *changes);

/* What a MonitorStart asked for. */
struct monitor_request {
    struct text device; /* canonical; none: not known, or a call object */
    uint8_t type;       /* enum monitor_type */
};

/* monitor_grant - a positive answer: `cross_ref` is a monitor on what was asked for. */
void monitor_grant(struct directory *directory, struct shm_link *link, struct text cross_ref,
                   const struct monitor_request *request, struct monitor_changes *changes);

/* monitor_stop - the monitor is no more. An unknown one is nothing. */
void monitor_stop(struct directory *directory, const struct shm_link *link, struct text cross_ref,
                  struct monitor_changes *changes);

/* device_configure - more of EVENT_DEVICE_* for a device of the configuration. */
void device_configure(struct directory *directory, const struct shm_link *link, struct text number,
                      uint32_t flags, struct monitor_changes *changes);

/* device_unconfigure - less of them. */
void device_unconfigure(struct directory *directory, const struct shm_link *link,
                        struct text number, uint32_t flags, struct monitor_changes *changes);

/* device_set_agent - who is logged on at a device; none: nobody. */
void device_set_agent(struct directory *directory, const struct shm_link *link, struct text number,
                      struct text agent, struct monitor_changes *changes);

/* device_flags - what the directory says of a device, as a DEVICE event carries it. */
uint32_t device_flags(const struct shm_front_device *device);

#endif
