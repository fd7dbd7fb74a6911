#ifndef ENGINE_DIRECTORY_H
#define ENGINE_DIRECTORY_H

/*
 * engine/directory.h - the monitors and devices of all links, as the decode loop reads them.
 *
 * Two hash tables of liburcu (QSBR flavour): the decode loop reads without waiting for anybody,
 * also while another thread changes entries. Entries never change once they are visible: a change
 * puts a new one in the old one's place, and the old one is freed when every reader has passed a
 * quiescent state. (One exception, named below.)
 *
 *   edge: urcu                     publishes with                 read after
 *   an entry's contents         -> cds_lfht_add/replace       ->  cds_lfht_lookup
 *   a replaced entry's memory   <- synchronize_rcu            <-  directory_quiescent
 *
 * Who may call: the thread that called directory_open() (it is the registered reader) calls
 * everything here. Pointers and texts of entries are good until its next directory_quiescent(),
 * directory_pause() or directory_close(), also those of entries changed or removed meanwhile.
 *
 * Bounded: `capacity` monitors and as many devices; what is beyond is refused (false or NULL).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/event_record.h"

enum {
    DIRECTORY_MAX = 1 << 20, /* monitors, and devices */
};

/* What one monitorCrossRefID means. */
struct monitor {
    uint32_t number; /* on its link, from 1 */
    uint16_t link;
    uint8_t type;   /* enum monitor_type */
    bool granted;   /* by a positive answer; else learned, or not known at all */
    uint32_t epoch; /* of the link when it was first heard of */
    uint8_t cross_ref_length;
    uint8_t device_length; /* 0: not known */
    char cross_ref[EVENT_TEXT_LENGTH];
    char device[EVENT_TEXT_LENGTH];
    /* The last Delivered it reported while its device was not known: hashes of call and device.
     * Written in place by the decode loop, which alone reads it. */
    uint64_t alerting_call;
    uint64_t alerting_device;
};

/* What is known of one device. An entry that says nothing is removed. */
struct device {
    uint32_t configured; /* EVENT_DEVICE_* flags of the configuration */
    uint32_t granted;    /* device monitors granted on it, in that epoch of the link */
    uint32_t epoch;
    uint32_t learned; /* monitors whose device was learned to be this */
    uint16_t link;
    uint8_t number_length;
    uint8_t agent_length;
    char number[EVENT_TEXT_LENGTH]; /* canonical */
    char agent[EVENT_TEXT_LENGTH];  /* who is logged on there */
};

struct directory; /* engine/directory.c */

/* directory_open - an empty directory; registers the calling thread. NULL: memory is out. */
struct directory *directory_open(uint32_t capacity);
void directory_close(struct directory *directory);

/* directory_quiescent - the caller holds no pointer into the directory. Once a batch. */
void directory_quiescent(struct directory *directory);

/* directory_pause, directory_resume - around a sleep: nobody waits for this reader meanwhile. */
void directory_pause(struct directory *directory);
void directory_resume(struct directory *directory);

/* NULL when it is not there. */
struct monitor *directory_find_monitor(struct directory *directory, uint16_t link,
                                       struct text cross_ref);
const struct device *directory_find_device(struct directory *directory, uint16_t link,
                                           struct text number);

/*
 * directory_put_monitor - this is what the monitor of its link and cross_ref means from now on
 *
 * Returns the entry, or NULL, nothing changed, when the directory is full or memory is out.
 */
struct monitor *directory_put_monitor(struct directory *directory, const struct monitor *monitor);

void directory_remove_monitor(struct directory *directory, struct monitor *monitor);

/* directory_put_device - likewise; one that says nothing is removed. False: full. */
bool directory_put_device(struct directory *directory, const struct device *device);

static inline struct text
monitor_device(const struct monitor *monitor)
{
    return (struct text){monitor->device, monitor->device_length};
}

static inline struct text
device_number(const struct device *device)
{
    return (struct text){device->number, device->number_length};
}

#endif
