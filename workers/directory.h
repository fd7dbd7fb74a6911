#ifndef WORKERS_DIRECTORY_H
#define WORKERS_DIRECTORY_H

/*
 * workers/directory.h - what the front-end told this worker about links and devices.
 *
 * Kept by LINK and DEVICE events, which every worker gets in the same order, so any two workers
 * answer alike at the same point of the input.
 */

#include "ipc/event_record.h"
#include "workers/call_table.h"

/* directory_note_link - a LINK event: name, profile, flags and spans of a link. */
void directory_note_link(struct call_table *table, const struct event *event);

/*
 * directory_note_device - a DEVICE event: all flags and the agent of one device
 *
 * False when the directory is full: the device stays unknown, and the caller counts it.
 */
bool directory_note_device(struct call_table *table, const struct event *event);

/* The device's entry, or NULL when nothing was said about it. */
const struct shm_device *directory_find(const struct call_table *table, uint16_t link,
                                        struct text number);

/* EVENT_DEVICE_* flags of a device, 0 when nothing was said about it. */
uint32_t directory_flags(const struct call_table *table, uint16_t link, struct text number);

/* Does this device count as monitored: are DN events told for it? Never for an absent number. */
bool directory_is_monitored(const struct call_table *table, uint16_t link, struct text number);

/* Has it a monitor of its own that we know of? */
bool directory_has_monitor(const struct call_table *table, uint16_t link, struct text number);

struct text link_name(const struct shm_worker_link *link);

#endif
