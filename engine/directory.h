#ifndef ENGINE_DIRECTORY_H
#define ENGINE_DIRECTORY_H

/*
 * engine/directory.h - the monitors and devices of all links, as the decode loop reads them.
 *
 * What is known lies in the front-end's memory (engine/front.h); what finds it is two hash tables
 * of liburcu (QSBR flavour) in private memory, made anew by each life: the decode loop reads
 * without waiting for anybody, also while another thread changes entries. Entries never change once
 * they are visible: a change puts a new one in the old one's place, and the old one's place is free
 * when every reader has passed a quiescent state. (One exception: directory_touch_monitor().)
 *
 *   edge: urcu                     publishes with                 read after
 *   an entry's contents         -> cds_lfht_add/replace       ->  cds_lfht_lookup
 *   a replaced entry's place    <- synchronize_rcu            <-  directory_quiescent
 *
 * Who may call: the thread that called directory_open() (it is the registered reader) calls
 * everything here; put and remove with a transaction in hand. Pointers and texts of entries are
 * good until its next directory_quiescent(), directory_pause() or directory_close(), also those of
 * entries changed or removed meanwhile. At most DIRECTORY_SLACK - 256 changes from one
 * directory_quiescent() to the next (CHECK).
 *
 * Bounded: `capacity` monitors and as many devices; what is beyond is refused (false or NULL).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/front.h"

struct directory; /* engine/directory.c */

/*
 * directory_open - with what is there already; registers the calling thread
 *
 * `capacity` is the same in every life. NULL: memory is out.
 */
struct directory *directory_open(struct front *front, uint32_t capacity);
void directory_close(struct directory *directory);

/* directory_quiescent - the caller holds no pointer into the directory. Once a batch. */
void directory_quiescent(struct directory *directory);

/* directory_pause, directory_resume - around a sleep: nobody waits for this reader meanwhile. */
void directory_pause(struct directory *directory);
void directory_resume(struct directory *directory);

/* directory_expect_monitor - it will be looked for soon: it is fetched from memory meanwhile. */
void directory_expect_monitor(struct directory *directory, uint16_t link, struct text cross_ref);

/* NULL when it is not there. */
struct shm_monitor *directory_find_monitor(struct directory *directory, uint16_t link,
                                           struct text cross_ref);
const struct shm_front_device *directory_find_device(struct directory *directory, uint16_t link,
                                                     struct text number);

/*
 * directory_put_monitor - this is what the monitor of its link and cross_ref means from now on
 *
 * Returns the entry, or NULL, nothing changed, when the directory is full.
 */
struct shm_monitor *directory_put_monitor(struct directory *directory,
                                          const struct shm_monitor *monitor);

/* directory_touch_monitor - what it saw alert last is about to change: the one thing that is
 * written in place. */
void directory_touch_monitor(struct directory *directory, struct shm_monitor *monitor);

void directory_remove_monitor(struct directory *directory, struct shm_monitor *monitor);

/* directory_put_device - likewise; one that says nothing is removed. False: full. */
bool directory_put_device(struct directory *directory, const struct shm_front_device *device);

static inline struct text
monitor_device(const struct shm_monitor *monitor)
{
    return (struct text){monitor->device, monitor->device_length};
}

static inline struct text
device_number(const struct shm_front_device *device)
{
    return (struct text){device->number, device->number_length};
}

#endif
