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
    RETIRED_MAX = 256,          /* places waiting to be free before we wait for readers */
    RECENT = 1 << 16,           /* power of two */
};

/* What finds the entry of the same number; `next` while its place is free, or about to be. */
struct node {
    struct cds_lfht_node node;
    uint32_t next;
};

struct table {
    struct cds_lfht *hash;
    struct node *nodes; /* [capacity + DIRECTORY_SLACK + 1] */
    uint64_t buckets;
    uint32_t capacity;
    uint32_t free; /* first of the places that can be taken; behind them those never used */
    uint32_t retired;
    uint32_t retired_count;
};

struct directory {
    struct front *front;
    struct table monitors;
    struct table devices;
    /* Where the monitor of a hash was found last: each event names one. A place may be another's by
     * now, so what stands there is looked at; a chain of nodes costs more lines of memory. */
    uint32_t recent[RECENT];
};

struct key {
    struct table *table;
    struct front *front;
    uint16_t link;
    struct text text;
};

static bool
table_open(struct table *table, uint32_t capacity, uint32_t count)
{
    table->buckets = BUCKETS_AT_START;
    while (table->buckets < count)
        table->buckets *= 4;
    table->capacity = capacity;
    table->nodes = calloc((size_t)capacity + DIRECTORY_SLACK + 1, sizeof *table->nodes);
    table->hash = cds_lfht_new(table->buckets, BUCKETS_AT_START, 0, 0, NULL);
    return table->hash != NULL && table->nodes != NULL;
}

/* Places of removed entries wait until no reader can hold them. */
static void
table_reclaim(struct table *table)
{
    while (table->retired != 0) {
        struct node *node = &table->nodes[table->retired];
        uint32_t number = table->retired;
        table->retired = node->next;
        node->next = table->free;
        table->free = number;
    }
    table->retired_count = 0;
}

static void
reclaim(struct directory *directory)
{
    synchronize_rcu();
    table_reclaim(&directory->monitors);
    table_reclaim(&directory->devices);
}

static void
retire(struct table *table, uint32_t number)
{
    table->nodes[number].next = table->retired;
    table->retired = number;
    table->retired_count++;
}

static void
table_close(struct table *table)
{
    struct cds_lfht_iter iter;
    struct node *node;
    if (table->hash != NULL) {
        cds_lfht_for_each_entry(table->hash, &iter, node, node)
        {
            CHECK(cds_lfht_del(table->hash, &node->node) == 0);
        }
        CHECK(cds_lfht_destroy(table->hash, NULL) == 0);
    }
}

void
directory_close(struct directory *directory)
{
    table_close(&directory->monitors);
    table_close(&directory->devices);
    reclaim(directory);
    rcu_unregister_thread();
    free(directory->monitors.nodes);
    free(directory->devices.nodes);
    free(directory);
}

/* Chains stay short; buckets are only added, since a switch that had many devices will again. */
static void
grow(struct table *table, uint32_t count)
{
    if (count <= table->buckets)
        return;
    table->buckets *= 4;
    cds_lfht_resize(table->hash, table->buckets);
}

void
directory_quiescent(struct directory *directory)
{
    rcu_quiescent_state();
    if (directory->monitors.retired_count >= RETIRED_MAX ||
        directory->devices.retired_count >= RETIRED_MAX)
        reclaim(directory);
    grow(&directory->monitors, directory->front->now->monitors.count);
    grow(&directory->devices, directory->front->now->devices.count);
}

void
directory_pause(struct directory *directory)
{
    if (directory->monitors.retired_count > 0 || directory->devices.retired_count > 0)
        reclaim(directory);
    rcu_thread_offline();
}

void
directory_resume(struct directory *directory)
{
    (void)directory;
    rcu_thread_online();
}

static uint32_t
number_of(const struct table *table, struct cds_lfht_node *node)
{
    return (uint32_t)(caa_container_of(node, struct node, node) - table->nodes);
}

static unsigned long
hash_of(uint16_t link, struct text text)
{
    return (unsigned long)hash_quick(link, text);
}

static struct text
monitor_cross_ref(const struct shm_monitor *monitor)
{
    return (struct text){monitor->cross_ref, monitor->cross_ref_length};
}

static bool
is_monitor_of(const struct shm_monitor *monitor, uint16_t link, struct text cross_ref)
{
    return monitor->link == link && text_is_equal(monitor_cross_ref(monitor), cross_ref);
}

static int
is_monitor(struct cds_lfht_node *node, const void *key)
{
    const struct key *wanted = key;
    return is_monitor_of(&wanted->front->tables->monitors[number_of(wanted->table, node)],
                         wanted->link, wanted->text);
}

static int
is_device(struct cds_lfht_node *node, const void *key)
{
    const struct key *wanted = key;
    const struct shm_front_device *device =
        &wanted->front->tables->devices[number_of(wanted->table, node)];
    return device->link == wanted->link && text_is_equal(device_number(device), wanted->text);
}

static struct key
monitor_key(struct directory *directory, uint16_t link, struct text cross_ref)
{
    return (struct key){&directory->monitors, directory->front, link, cross_ref};
}

static struct key
device_key(struct directory *directory, uint16_t link, struct text number)
{
    return (struct key){&directory->devices, directory->front, link, number};
}

/* The number of the key's entry, or 0. */
static uint32_t
find(const struct key *key, cds_lfht_match_fct match)
{
    struct cds_lfht_iter iter;
    cds_lfht_lookup(key->table->hash, hash_of(key->link, key->text), match, key, &iter);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&iter);
    return node == NULL ? 0 : number_of(key->table, node);
}

static uint32_t *
recent_of(struct directory *directory, uint16_t link, struct text cross_ref)
{
    return &directory->recent[hash_of(link, cross_ref) % RECENT];
}

void
directory_expect_monitor(struct directory *directory, uint16_t link, struct text cross_ref)
{
    const struct shm_monitor *monitor =
        &directory->front->tables->monitors[*recent_of(directory, link, cross_ref)];
    __builtin_prefetch(monitor);
    __builtin_prefetch(&monitor->device);
}

struct shm_monitor *
directory_find_monitor(struct directory *directory, uint16_t link, struct text cross_ref)
{
    struct shm_monitor *monitors = directory->front->tables->monitors;
    uint32_t *recent = recent_of(directory, link, cross_ref);
    if (monitors[*recent].used != 0 && is_monitor_of(&monitors[*recent], link, cross_ref))
        return &monitors[*recent];
    struct key key = monitor_key(directory, link, cross_ref);
    uint32_t number = find(&key, is_monitor);
    if (number == 0)
        return NULL;
    *recent = number;
    return &monitors[number];
}

const struct shm_front_device *
directory_find_device(struct directory *directory, uint16_t link, struct text number)
{
    struct key key = device_key(directory, link, number);
    uint32_t place = find(&key, is_device);
    return place == 0 ? NULL : &directory->front->tables->devices[place];
}

/* A free place for what `key` finds from now on. 0: the table is full, and the entry a new one. */
static uint32_t
take_place(struct table *table, struct shm_front_places *places, bool replaces)
{
    if (!replaces && places->count == table->capacity)
        return 0;
    uint32_t number = table->free;
    if (number != 0) {
        table->free = table->nodes[number].next;
        return number;
    }
    CHECK(places->used < table->capacity + DIRECTORY_SLACK); /* the caller is quiescent in time */
    return ++places->used;
}

/* Puts the entry, which stands in its place already, where the one of that key was. */
static void
show(const struct key *key, cds_lfht_match_fct match, uint32_t number, uint32_t old,
     struct shm_front_places *places)
{
    struct table *table = key->table;
    struct cds_lfht_node *node = &table->nodes[number].node;
    unsigned long hash = hash_of(key->link, key->text);
    cds_lfht_node_init(node);
    if (old == 0) {
        cds_lfht_add(table->hash, hash, node);
        places->count++;
        return;
    }
    CHECK(cds_lfht_add_replace(table->hash, hash, match, key, node) == &table->nodes[old].node);
    retire(table, old);
}

static void
hide(struct table *table, uint32_t number, struct shm_front_places *places)
{
    CHECK(cds_lfht_del(table->hash, &table->nodes[number].node) == 0);
    retire(table, number);
    places->count--;
}

/* Readers never look at `used`: what they hold stays as it was. */
static void
set_used(struct directory *directory, uint8_t *used, uint8_t value)
{
    front_touch(directory->front, used, sizeof *used);
    *used = value;
}

struct shm_monitor *
directory_put_monitor(struct directory *directory, const struct shm_monitor *monitor)
{
    struct front *front = directory->front;
    struct shm_monitor *monitors = front->tables->monitors;
    struct key key = monitor_key(directory, monitor->link, monitor_cross_ref(monitor));
    uint32_t old = find(&key, is_monitor);
    uint32_t number = take_place(&directory->monitors, &front->now->monitors, old != 0);
    if (number == 0)
        return NULL;
    front_touch(front, &monitors[number], sizeof *monitors);
    monitors[number] = *monitor;
    monitors[number].used = 1;
    if (old != 0)
        set_used(directory, &monitors[old].used, 0);
    show(&key, is_monitor, number, old, &front->now->monitors);
    return &monitors[number];
}

void
directory_touch_monitor(struct directory *directory, struct shm_monitor *monitor)
{
    front_touch(directory->front, monitor, sizeof *monitor);
}

void
directory_remove_monitor(struct directory *directory, struct shm_monitor *monitor)
{
    struct front *front = directory->front;
    set_used(directory, &monitor->used, 0);
    hide(&directory->monitors, (uint32_t)(monitor - front->tables->monitors),
         &front->now->monitors);
}

static bool
says_nothing(const struct shm_front_device *device)
{
    return device->configured == 0 && device->granted == 0 && device->learned == 0 &&
           device->agent_length == 0;
}

bool
directory_put_device(struct directory *directory, const struct shm_front_device *device)
{
    struct front *front = directory->front;
    struct shm_front_device *devices = front->tables->devices;
    struct key key = device_key(directory, device->link, device_number(device));
    uint32_t old = find(&key, is_device);
    uint32_t number = 0;
    if (!says_nothing(device)) {
        number = take_place(&directory->devices, &front->now->devices, old != 0);
        if (number == 0)
            return false;
        front_touch(front, &devices[number], sizeof *devices);
        devices[number] = *device;
        devices[number].used = 1;
    }
    if (old != 0)
        set_used(directory, &devices[old].used, 0);
    if (number != 0)
        show(&key, is_device, number, old, &front->now->devices);
    else if (old != 0)
        hide(&directory->devices, old, &front->now->devices);
    return true;
}

/* Finds again what a front-end before us knew. */
static void
index_entries(struct directory *directory)
{
    const struct front *front = directory->front;
    for (uint32_t number = front->now->monitors.used; number > 0; number--) {
        const struct shm_monitor *monitor = &front->tables->monitors[number];
        struct node *node = &directory->monitors.nodes[number];
        if (monitor->used != 0)
            cds_lfht_add(directory->monitors.hash,
                         hash_of(monitor->link, monitor_cross_ref(monitor)), &node->node);
        else
            retire(&directory->monitors, number);
    }
    for (uint32_t number = front->now->devices.used; number > 0; number--) {
        const struct shm_front_device *device = &front->tables->devices[number];
        struct node *node = &directory->devices.nodes[number];
        if (device->used != 0)
            cds_lfht_add(directory->devices.hash, hash_of(device->link, device_number(device)),
                         &node->node);
        else
            retire(&directory->devices, number);
    }
    reclaim(directory);
}

struct directory *
directory_open(struct front *front, uint32_t capacity)
{
    CHECK(capacity >= 1 && capacity <= DIRECTORY_MAX);
    struct directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL)
        return NULL;
    directory->front = front;
    rcu_register_thread();
    if (table_open(&directory->monitors, capacity, front->now->monitors.count) &&
        table_open(&directory->devices, capacity, front->now->devices.count)) {
        index_entries(directory);
        return directory;
    }
    directory_close(directory);
    return NULL;
}
