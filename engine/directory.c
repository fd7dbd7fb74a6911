/*
 * engine/directory.c - the only file that knows liburcu.
 */
#include "engine/directory.h"

#include <stdlib.h>
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include "base/check.h"
#include "base/hash.h"

enum {
    BUCKETS_AT_START = 1 << 10, /* power of two */
    RETIRED_MAX = 256,          /* entries waiting to be freed before we wait for readers */
};

struct entry {
    struct cds_lfht_node node;
    struct entry *next_retired;
    union {
        struct monitor monitor;
        struct device device;
    };
};

struct table {
    struct cds_lfht *hash;
    uint32_t count;
    uint64_t buckets;
};

struct directory {
    struct table monitors;
    struct table devices;
    uint32_t capacity;
    uint32_t retired_count;
    struct entry *retired;
};

static bool
table_open(struct table *table)
{
    table->buckets = BUCKETS_AT_START;
    table->hash = cds_lfht_new(BUCKETS_AT_START, BUCKETS_AT_START, 0, 0, NULL);
    return table->hash != NULL;
}

struct directory *
directory_open(uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= DIRECTORY_MAX);
    struct directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL)
        return NULL;
    directory->capacity = capacity;
    rcu_register_thread();
    if (table_open(&directory->monitors) && table_open(&directory->devices))
        return directory;
    directory_close(directory);
    return NULL;
}

/* Waits until no reader can hold what was retired, then frees it. */
static void
reclaim(struct directory *directory)
{
    synchronize_rcu();
    while (directory->retired != NULL) {
        struct entry *entry = directory->retired;
        directory->retired = entry->next_retired;
        free(entry);
    }
    directory->retired_count = 0;
}

static void
retire(struct directory *directory, struct entry *entry)
{
    entry->next_retired = directory->retired;
    directory->retired = entry;
    directory->retired_count++;
}

static void
table_close(struct directory *directory, struct table *table)
{
    if (table->hash == NULL)
        return;
    struct cds_lfht_iter iter;
    struct entry *entry;
    cds_lfht_for_each_entry(table->hash, &iter, entry, node)
    {
        CHECK(cds_lfht_del(table->hash, &entry->node) == 0);
        retire(directory, entry);
    }
    CHECK(cds_lfht_destroy(table->hash, NULL) == 0);
}

void
directory_close(struct directory *directory)
{
    table_close(directory, &directory->monitors);
    table_close(directory, &directory->devices);
    reclaim(directory);
    rcu_unregister_thread();
    free(directory);
}

/* Chains stay short; buckets are only added, since a switch that had many devices will again. */
static void
grow(struct table *table)
{
    if (table->count <= table->buckets)
        return;
    table->buckets *= 4;
    cds_lfht_resize(table->hash, table->buckets);
}

void
directory_quiescent(struct directory *directory)
{
    rcu_quiescent_state();
    if (directory->retired_count >= RETIRED_MAX)
        reclaim(directory);
    grow(&directory->monitors);
    grow(&directory->devices);
}

void
directory_pause(struct directory *directory)
{
    if (directory->retired_count > 0)
        reclaim(directory);
    rcu_thread_offline();
}

void
directory_resume(struct directory *directory)
{
    (void)directory;
    rcu_thread_online();
}

struct key {
    uint16_t link;
    struct text text;
};

static int
is_monitor(struct cds_lfht_node *node, const void *key)
{
    const struct key *wanted = key;
    const struct monitor *monitor = &caa_container_of(node, struct entry, node)->monitor;
    return monitor->link == wanted->link &&
           text_is_equal((struct text){monitor->cross_ref, monitor->cross_ref_length},
                         wanted->text);
}

static int
is_device(struct cds_lfht_node *node, const void *key)
{
    const struct key *wanted = key;
    const struct device *device = &caa_container_of(node, struct entry, node)->device;
    return device->link == wanted->link && text_is_equal(device_number(device), wanted->text);
}

static struct entry *
find(const struct table *table, cds_lfht_match_fct match, const struct key *key)
{
    struct cds_lfht_iter iter;
    cds_lfht_lookup(table->hash, (unsigned long)hash_text(key->link, key->text), match, key, &iter);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&iter);
    return node == NULL ? NULL : caa_container_of(node, struct entry, node);
}

struct monitor *
directory_find_monitor(struct directory *directory, uint16_t link, struct text cross_ref)
{
    struct key key = {link, cross_ref};
    struct entry *entry = find(&directory->monitors, is_monitor, &key);
    return entry == NULL ? NULL : &entry->monitor;
}

const struct device *
directory_find_device(struct directory *directory, uint16_t link, struct text number)
{
    struct key key = {link, number};
    struct entry *entry = find(&directory->devices, is_device, &key);
    return entry == NULL ? NULL : &entry->device;
}

static void
remove_entry(struct directory *directory, struct table *table, struct entry *entry)
{
    CHECK(cds_lfht_del(table->hash, &entry->node) == 0);
    table->count--;
    retire(directory, entry);
}

/* `entry` takes the place of the one that matches the key, or a new place. */
static bool
put(struct directory *directory, struct table *table, cds_lfht_match_fct match,
    const struct key *key, struct entry *entry)
{
    unsigned long hash = (unsigned long)hash_text(key->link, key->text);
    if (table->count == directory->capacity && find(table, match, key) == NULL)
        return false;
    cds_lfht_node_init(&entry->node);
    struct cds_lfht_node *old = cds_lfht_add_replace(table->hash, hash, match, key, &entry->node);
    if (old == NULL)
        table->count++;
    else
        retire(directory, caa_container_of(old, struct entry, node));
    return true;
}

struct monitor *
directory_put_monitor(struct directory *directory, const struct monitor *monitor)
{
    struct entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->monitor = *monitor;
    struct key key = {monitor->link, {entry->monitor.cross_ref, monitor->cross_ref_length}};
    if (put(directory, &directory->monitors, is_monitor, &key, entry))
        return &entry->monitor;
    free(entry);
    return NULL;
}

void
directory_remove_monitor(struct directory *directory, struct monitor *monitor)
{
    struct entry *entry = caa_container_of(monitor, struct entry, monitor);
    remove_entry(directory, &directory->monitors, entry);
}

bool
directory_put_device(struct directory *directory, const struct device *device)
{
    struct key key = {device->link, device_number(device)};
    if (device->configured == 0 && device->granted == 0 && device->learned == 0 &&
        device->agent_length == 0) {
        struct entry *old = find(&directory->devices, is_device, &key);
        if (old != NULL)
            remove_entry(directory, &directory->devices, old);
        return true;
    }
    struct entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return false;
    entry->device = *device;
    key.text = device_number(&entry->device);
    if (put(directory, &directory->devices, is_device, &key, entry))
        return true;
    free(entry);
    return false;
}
