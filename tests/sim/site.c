#include "tests/sim/site.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "tests/sim/story.h"

static const uint32_t kind_counts[] = {
    [DEVICE_AGENT] = SIM_AGENTS,
    [DEVICE_PHONE] = SIM_PHONES,
    [DEVICE_CUSTOMER] = SIM_CUSTOMERS,
    [DEVICE_QUEUE] = SIM_QUEUES,
    [DEVICE_ROUTE_POINT] = SIM_ROUTE_POINTS,
};

static uint32_t
kind_first(enum device_kind kind)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < (uint32_t)kind; i++)
        first += kind_counts[i];
    return first;
}

/* Numbers differ between links: a DN belongs to one switch. */
static void
device_name(struct device *device, const struct sim_link *link, uint32_t index)
{
    static const uint32_t bases[] = {20000, 50000, 0, 70000, 80000};
    if (device->kind == DEVICE_CUSTOMER)
        snprintf(device->number, sizeof device->number, "49%02u%06u", link->number + 10, index + 1);
    else
        snprintf(device->number, sizeof device->number, "%u%u", link->number + 1,
                 bases[device->kind] + index + 1);
}

static bool
device_is_monitored(const struct device *device, enum manner manner, uint32_t index)
{
    if (manner == MANNER_OPEN || device->kind == DEVICE_AGENT)
        return true;
    return (device->kind == DEVICE_QUEUE || device->kind == DEVICE_ROUTE_POINT) && index % 2 == 0;
}

/* Phase II has no originatingNIDConnection, which tells that a trunk is somebody's second name. */
static void
device_open(const struct site *site, struct device *device, const struct sim_link *link,
            enum device_kind kind, uint32_t index)
{
    device->kind = kind;
    device_name(device, link, index);
    device->monitored = device_is_monitored(device, link->manner, index);
    device->monitors_calls =
        link->manner == MANNER_STARTED && kind == DEVICE_QUEUE && index % 4 == 1;
    device->monitor_count = device->monitored || device->monitors_calls;
    if (link->manner == MANNER_STARTED && kind == DEVICE_AGENT && index % 10 == 3)
        device->monitor_count = 2;
    for (uint32_t i = 0; i < device->monitor_count; i++) {
        device->cross_refs[i][0] = i == 0 ? 'm' : 'n';
        memcpy(device->cross_refs[i] + 1, device->number, sizeof device->number);
    }
    if (link->manner != MANNER_STARTED || kind != DEVICE_CUSTOMER)
        return;
    device->anonymous = index % 12 == 0;
    if (device->anonymous || (index % 4 == 1 && !site->phase2_only))
        snprintf(device->trunk, sizeof device->trunk, "T%u.%u", link->number + 1, index);
}

static enum manner
choose_manner(const struct site *site, uint32_t number)
{
    if (site->no_requests)
        return number % 2 == 0 ? MANNER_CONFIGURED : MANNER_OPEN;
    return (enum manner)(number % 3);
}

static void
link_open(const struct site *site, struct sim_link *link, uint32_t number)
{
    link->number = number;
    link->manner = choose_manner(site, number);
    snprintf(link->name, sizeof link->name, "pbx%u", number + 1);
    link->next_call = 1;
    link->devices = calloc(SIM_DEVICES, sizeof *link->devices);
    CHECK(link->devices != NULL);
    for (uint32_t kind = DEVICE_AGENT; kind <= DEVICE_ROUTE_POINT; kind++)
        for (uint32_t i = 0; i < kind_counts[kind]; i++)
            device_open(site, &link->devices[kind_first((enum device_kind)kind) + i], link,
                        (enum device_kind)kind, i);
}

void
site_open(struct site *site, uint64_t seed, uint32_t link_count)
{
    CHECK(link_count >= 1 && link_count <= SIM_LINKS_MAX);
    site->random.state = seed;
    site->link_count = link_count;
    site->links = calloc(link_count, sizeof *site->links);
    CHECK(site->links != NULL);
    for (uint32_t i = 0; i < link_count; i++)
        link_open(site, &site->links[i], i);
}

void
site_close(struct site *site)
{
    CHECK(site->waiting_count == 0);
    for (uint32_t i = 0; i < site->link_count; i++)
        free(site->links[i].devices);
    free(site->links);
    free(site->waiting);
}

struct device *
site_take(struct site *site, struct sim_link *link, enum device_kind kind, uint64_t now_ms)
{
    for (int tries = 0; tries < 40; tries++) {
        uint32_t index = random_below(&site->random, kind_counts[kind]);
        struct device *device = &link->devices[kind_first(kind) + index];
        if (device->free_ms > now_ms)
            continue;
        device->free_ms = UINT64_MAX;
        return device;
    }
    return NULL;
}

/* ---- the head of the trace ------------------------------------------------------------------ */

static void
write_list(FILE *out, const struct sim_link *link, const char *key, bool route_points)
{
    const char *between = "=";
    fprintf(out, " %s", key);
    for (uint32_t i = 0; i < SIM_DEVICES; i++) {
        const struct device *device = &link->devices[i];
        if (route_points ? device->kind != DEVICE_ROUTE_POINT : !device->monitored)
            continue;
        fprintf(out, "%s%s", between, device->number);
        between = ",";
    }
}

static void
start_monitor(struct site *site, struct sim_link *link, const struct device *device,
              const char *cross_ref)
{
    char payload[256];
    uint32_t invoke = link->next_invoke++ % 9999;
    struct message message = {.time_ms = 1000, .link = link};
    snprintf(message.head, sizeof message.head, "> %04u ", invoke);
    snprintf(payload, sizeof payload,
             "<MonitorStart><monitorObject><deviceObject>%s</deviceObject></monitorObject>%s"
             "</MonitorStart>",
             device->number, device->monitors_calls ? "<monitorType>call</monitorType>" : "");
    site_tell(site, &message, payload);
    snprintf(message.head, sizeof message.head, "< %04u ", invoke);
    snprintf(payload, sizeof payload,
             "<MonitorStartResponse><monitorCrossRefID>%s</monitorCrossRefID>"
             "</MonitorStartResponse>",
             cross_ref);
    site_tell(site, &message, payload);
}

void
site_write_head(struct site *site)
{
    fputs("# onhook-trace 1\n", site->trace);
    for (uint32_t i = 0; i < site->link_count; i++) {
        struct sim_link *link = &site->links[i];
        fprintf(site->trace, "# link %s encoding=xml", link->name);
        write_list(site->trace, link, "route-points", true);
        if (link->manner == MANNER_CONFIGURED) {
            write_list(site->trace, link, "monitored", false);
            fputs(" report-redirect=yes", site->trace);
        }
        fputc('\n', site->trace);
        for (uint32_t d = 0; link->manner == MANNER_STARTED && d < SIM_DEVICES; d++)
            for (uint32_t m = 0; m < link->devices[d].monitor_count; m++)
                start_monitor(site, link, &link->devices[d], link->devices[d].cross_refs[m]);
    }
}

/* ---- messages in order of time -------------------------------------------------------------- */

static bool
message_is_before(const struct message *left, const struct message *right)
{
    if (left->time_ms != right->time_ms)
        return left->time_ms < right->time_ms;
    return left->order < right->order;
}

static void
swap(struct message *left, struct message *right)
{
    struct message kept = *left;
    *left = *right;
    *right = kept;
}

void
site_tell(struct site *site, const struct message *message, const char *payload)
{
    if (site->waiting_count == site->waiting_capacity) {
        site->waiting_capacity = site->waiting_capacity * 2 + 1024;
        site->waiting = realloc(site->waiting, site->waiting_capacity * sizeof *site->waiting);
        CHECK(site->waiting != NULL);
    }
    uint32_t at = site->waiting_count++;
    struct message *heap = site->waiting;
    heap[at] = *message;
    heap[at].order = site->told++;
    heap[at].payload = strdup(payload);
    CHECK(heap[at].payload != NULL);
    if (message->scene != NULL)
        scene_hold(message->scene);
    for (; at > 0 && message_is_before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

static struct message
take_first(struct site *site)
{
    struct message *heap = site->waiting;
    struct message first = heap[0];
    uint32_t count = --site->waiting_count;
    heap[0] = heap[count];
    for (uint32_t at = 0;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (message_is_before(&heap[child], &heap[least]))
                least = child;
        if (least == at)
            return first;
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

void
site_write_until(struct site *site, uint64_t time_ms)
{
    while (site->waiting_count > 0 && site->waiting[0].time_ms < time_ms) {
        struct message message = take_first(site);
        message.link->seq++;
        site->written++;
        fprintf(site->trace, "%" PRIu64 ".%03u %s %s%s\n", message.time_ms / 1000,
                (unsigned)(message.time_ms % 1000), message.link->name, message.head,
                message.payload);
        free(message.payload);
        for (int i = 0; i < 2; i++)
            if (message.about[i] != NULL)
                call_was_written(message.about[i], message.link->seq);
        if (message.scene != NULL)
            scene_release(message.scene);
    }
}
