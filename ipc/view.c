#include "ipc/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ipc/process_state.h"
#include "ipc/ring_attach.h"
#include "ipc/segment.h"

enum {
    PATH_SIZE = 192,
    LOCK_LINE = 256,
};

/* ---- files --------------------------------------------------------------------------------- */

static void
path_of(char path[PATH_SIZE], const struct view *view, enum segment_kind kind, uint32_t number)
{
    char standard[SEGMENT_PATH_SIZE];
    segment_path(standard, view->name, kind, number);
    snprintf(path, PATH_SIZE, "%s/%s", view->folder, strrchr(standard, '/') + 1);
}

/* Maps what there is now of a regular file; one that grows later is seen up to here. */
static bool
map_file(struct view_map *map, const char *path)
{
    *map = (struct view_map){.at = NULL};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    struct stat about;
    void *at = MAP_FAILED;
    errno = EINVAL;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0)
        at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
    int error = errno;
    close(descriptor);
    errno = error;
    if (at == MAP_FAILED)
        return false;
    *map = (struct view_map){at, (uint64_t)about.st_size, about.st_dev, about.st_ino};
    return true;
}

static void
unmap(struct view_map *map)
{
    if (map->at != NULL)
        munmap((void *)(uintptr_t)map->at, map->size);
    *map = (struct view_map){.at = NULL};
}

static bool
open_control(struct view *view, char *why)
{
    char path[PATH_SIZE];
    path_of(path, view, SEGMENT_CONTROL, 0);
    if (!map_file(&view->control, path)) {
        snprintf(why, VIEW_WHY, "%s: %s", path, strerror(errno));
        return false;
    }
    enum attach_result result =
        identity_read(&view->fixed, view->control.at, view->control.size,
                      sizeof(struct shm_control), sizeof(struct shm_control_fixed));
    if (result == ATTACH_OK && view->fixed.identity.kind != SEGMENT_CONTROL)
        result = ATTACH_OTHER_KIND;
    uint64_t room = view->control.size - sizeof(struct shm_control);
    if (result == ATTACH_OK &&
        (view->fixed.workers < 1 || view->fixed.workers > WORKERS_MAX ||
         view->fixed.frontends < 1 || view->fixed.frontends > FRONTENDS_MAX ||
         view->fixed.frontends * view->fixed.workers > CHANNELS_MAX ||
         room / sizeof(struct shm_process) < view->fixed.frontends + 1 + view->fixed.workers))
        result = ATTACH_BAD_GEOMETRY;
    if (result == ATTACH_OK)
        return true;
    snprintf(why, VIEW_WHY, "%s: %s", path, attach_result_words(result));
    return false;
}

bool
view_open(struct view *view, const char *folder, const char *name, char *why)
{
    *view = (struct view){.process_count = 0};
    if (!segment_name_is_valid(name) || strlen(folder) >= sizeof view->folder) {
        snprintf(why, VIEW_WHY, "an engine's name is 1 to 40 of A-Z a-z 0-9 . _ -");
        return false;
    }
    snprintf(view->folder, sizeof view->folder, "%s", folder);
    snprintf(view->name, sizeof view->name, "%s", name);
    if (!open_control(view, why)) {
        view_close(view);
        return false;
    }
    view->frontends = view->fixed.frontends;
    view->channel_count = view->frontends * view->fixed.workers;
    view->process_count = view->frontends + 1 + view->fixed.workers;
    char path[PATH_SIZE];
    for (uint32_t i = 0; i < view->fixed.workers; i++) {
        path_of(path, view, SEGMENT_RING, i);
        map_file(&view->rings[i], path);
        path_of(path, view, SEGMENT_OUTBOX, i);
        map_file(&view->outboxes[i], path);
    }
    path_of(path, view, SEGMENT_CLOSED, 0);
    map_file(&view->closed, path);
    path_of(path, view, SEGMENT_RESULT, 0);
    map_file(&view->result, path);
    return true;
}

void
view_close(struct view *view)
{
    unmap(&view->control);
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        unmap(&view->rings[i]);
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        unmap(&view->outboxes[i]);
    unmap(&view->closed);
    unmap(&view->result);
}

bool
view_renew(struct view *view)
{
    static struct view next; /* large */
    char why[VIEW_WHY];
    if (!view_open(&next, view->folder, view->name, why))
        return false;
    view_close(view);
    *view = next;
    return true;
}

/* ---- whose it is --------------------------------------------------------------------------- */

/*
 * A line of /proc/locks: `1: FLOCK  ADVISORY  WRITE 4711 00:1a:42 0 EOF`; the pid, or 0. Numbers of
 * the device are hexadecimal, the inode's is decimal.
 */
static uint32_t
holder_in_line(const char *line, const struct view_map *map)
{
    static const char lock[] = " FLOCK ";
    static const char mode[] = " WRITE ";
    const char *at = strstr(line, lock);
    at = at == NULL ? NULL : strstr(at, mode);
    if (at == NULL)
        return 0;
    char *end;
    unsigned long pid = strtoul(at + sizeof mode - 1, &end, 10);
    unsigned long major_number = strtoul(end, &end, 16);
    unsigned long minor_number = *end == ':' ? strtoul(end + 1, &end, 16) : 0;
    unsigned long inode = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
    bool is_it = major_number == major(map->device) && minor_number == minor(map->device) &&
                 inode == map->inode;
    return is_it ? (uint32_t)pid : 0;
}

uint32_t
view_owner(const struct view *view)
{
    char path[PATH_SIZE];
    struct stat about;
    path_of(path, view, SEGMENT_CONTROL, 0);
    if (stat(path, &about) != 0 || about.st_dev != view->control.device ||
        about.st_ino != view->control.inode)
        return 0; /* it has no name any more */
    FILE *locks = fopen("/proc/locks", "re");
    if (locks == NULL)
        return 0;
    uint32_t pid = 0;
    char line[LOCK_LINE];
    while (pid == 0 && fgets(line, sizeof line, locks) != NULL)
        pid = holder_in_line(line, &view->control);
    fclose(locks);
    return pid;
}

/* ---- processes ----------------------------------------------------------------------------- */

static const struct shm_control *
control_of(const struct view *view)
{
    return (const struct shm_control *)(const void *)view->control.at;
}

static const struct shm_process *
process_of(const struct view *view, uint32_t process)
{
    return &control_of(view)->processes[process];
}

enum role
view_role(const struct view *view, uint32_t process)
{
    if (process < view->frontends)
        return ROLE_FRONTEND;
    return process == view->frontends ? ROLE_PUBLISHER : ROLE_WORKER;
}

const char *
view_role_name(const struct view *view, uint32_t process)
{
    enum role role = view_role(view, process);
    return role == ROLE_FRONTEND ? "front-end" : role == ROLE_PUBLISHER ? "publisher" : "worker";
}

uint32_t
view_role_index(const struct view *view, uint32_t process)
{
    switch (view_role(view, process)) {
    case ROLE_FRONTEND:
        return process;
    case ROLE_WORKER:
        return process - view->frontends - 1;
    case ROLE_PUBLISHER:
    case ROLE_SUPERVISOR:
        break;
    }
    return 0;
}

uint32_t
view_pid(const struct view *view, uint32_t process)
{
    return process_pid(process_of(view, process));
}

uint32_t
view_beats(const struct view *view, uint32_t process)
{
    return process_beats(process_of(view, process));
}

uint32_t
view_restarts(const struct view *view, uint32_t process)
{
    return process_restarts(process_of(view, process));
}

bool
view_is_done(const struct view *view, uint32_t process)
{
    return process_is_done(process_of(view, process));
}

static uint64_t
watermark_of(const struct view *view, uint32_t frontend)
{
    /* acquire: P1. */
    return atomic_load_explicit(&control_of(view)->watermarks[frontend].order,
                                memory_order_acquire);
}

uint64_t
view_watermark(const struct view *view)
{
    uint64_t sent = 0;
    for (uint32_t frontend = 0; frontend < view->frontends; frontend++)
        sent += watermark_of(view, frontend);
    return sent;
}

/* Whoever is done with all a front-end will ever send is done with what it has sent. */
uint64_t
view_progress(const struct view *view, uint32_t process)
{
    uint64_t sum = 0;
    bool all = true;
    for (uint32_t frontend = 0; frontend < view->frontends; frontend++) {
        uint64_t decided = progress_get(process_of(view, process), frontend);
        bool finished = decided == UINT64_MAX;
        sum += finished ? watermark_of(view, frontend) : decided / 2; /* two a message */
        all = all && finished;
    }
    return all ? UINT64_MAX : sum;
}

uint64_t
view_counter(const struct view *view, uint32_t process, enum counter which)
{
    return counter_read(&process_of(view, process)->counters, which);
}

uint64_t
view_total(const struct view *view, enum counter which)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < view->process_count; i++)
        total += view_counter(view, i, which);
    return total;
}

void
view_latency(const struct view *view, enum stage stage, struct latency *latency)
{
    memset(latency, 0, sizeof *latency);
    for (uint32_t i = 0; i < view->process_count; i++)
        latency_add(latency, &process_of(view, i)->latency[stage]);
}

/* ---- rings --------------------------------------------------------------------------------- */

/* Positions move while we look: what they say together is kept within what a ring can hold. */
static void
fill_between(struct view_fill *fill, uint64_t written, uint64_t released)
{
    int64_t depth = (int64_t)(written - released);
    fill->written = written;
    fill->released = released;
    fill->depth = depth < 0 ? 0 : (uint64_t)depth > fill->slots ? fill->slots : (uint64_t)depth;
}

static bool
slots_are_sound(uint32_t slot_count, uint32_t slot_size)
{
    return slot_count != 0 && (slot_count & (slot_count - 1)) == 0 && slot_size != 0;
}

/* Ring number `index` of those that stand in the file one after the other. */
static bool
fill_of_ring(const struct view_map *map, enum segment_kind kind, uint32_t index,
             struct view_fill *fill)
{
    struct shm_ring_fixed fixed;
    if (map->at == NULL || identity_read(&fixed, map->at, map->size, sizeof(struct shm_ring_header),
                                         sizeof fixed) != ATTACH_OK)
        return false;
    if (fixed.identity.kind != kind || !slots_are_sound(fixed.slot_count, fixed.slot_size) ||
        index >= fixed.ring_count)
        return false;
    struct ring_shape shape = {kind, fixed.slot_size, fixed.slot_count, fixed.ring_count};
    uint64_t size = ring_size(&shape);
    if (size % SHM_PAGE != 0 || size > map->size / fixed.ring_count)
        return false;
    const struct shm_ring_header *ring = (const void *)(map->at + index * size);
    fill->slots = fixed.slot_count;
    fill->slot_size = fixed.slot_size;
    /* acquire: R1 and R2. The consumer's first: what was released was written before. */
    uint64_t released = atomic_load_explicit(&ring->consumer_position, memory_order_acquire);
    uint64_t written = atomic_load_explicit(&ring->producer_position, memory_order_acquire);
    fill_between(fill, written, released);
    return true;
}

bool
view_ring(const struct view *view, uint32_t channel, struct view_fill *fill)
{
    uint32_t workers = view->fixed.workers;
    return fill_of_ring(&view->rings[channel % workers], SEGMENT_RING, channel / workers, fill);
}

bool
view_outbox(const struct view *view, uint32_t channel, struct view_fill *fill)
{
    uint32_t workers = view->fixed.workers;
    return fill_of_ring(&view->outboxes[channel % workers], SEGMENT_OUTBOX, channel / workers,
                        fill);
}

bool
view_closed(const struct view *view, uint32_t channel, struct view_fill *fill)
{
    return fill_of_ring(&view->closed, SEGMENT_CLOSED, channel, fill);
}

/* The ring's header, judged; NULL where it is not there or not sound. */
static const struct shm_result_header *
result_of(const struct view *view, struct shm_result_fixed *fixed)
{
    const struct view_map *map = &view->result;
    if (map->at == NULL ||
        identity_read(fixed, map->at, map->size, sizeof(struct shm_result_header), sizeof *fixed) !=
            ATTACH_OK)
        return NULL;
    if (fixed->identity.kind != SEGMENT_RESULT ||
        !slots_are_sound(fixed->slot_count, fixed->slot_size) ||
        fixed->slot_size != sizeof(struct shm_result_slot) ||
        ring_result_size(fixed->slot_count) > map->size)
        return NULL;
    return (const void *)map->at;
}

bool
view_result(const struct view *view, struct view_fill *fill)
{
    struct shm_result_fixed fixed;
    const struct shm_result_header *ring = result_of(view, &fixed);
    if (ring == NULL)
        return false;
    fill->slots = fixed.slot_count;
    fill->slot_size = fixed.slot_size;
    /* acquire: M2 and M3. Both begin a ring's length ahead. */
    uint64_t released = atomic_load_explicit(&ring->cursor, memory_order_acquire);
    uint64_t written = atomic_load_explicit(&ring->tail, memory_order_acquire);
    fill_between(fill, written - fill->slots, released - fill->slots);
    return true;
}

bool
view_follow_begin(const struct view *view, struct view_follow *follow, uint64_t back)
{
    struct shm_result_fixed fixed;
    const struct shm_result_header *ring = result_of(view, &fixed);
    if (ring == NULL)
        return false;
    if (back > fixed.slot_count)
        back = fixed.slot_count;
    /* acquire: M3. */
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint64_t first = fixed.slot_count; /* positions of a ring begin there */
    follow->position = tail - first > back ? tail - back : first;
    follow->missed = 0;
    return true;
}

bool
view_follow_next(const struct view *view, struct view_follow *follow, struct shm_outcome *outcome)
{
    struct shm_result_fixed fixed;
    const struct shm_result_header *ring = result_of(view, &fixed);
    if (ring == NULL)
        return false;
    const struct shm_result_slot *slots = (const void *)(ring + 1);
    for (;;) {
        /* acquire: M3. */
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        uint64_t oldest = tail - fixed.slot_count;
        if ((int64_t)(follow->position - oldest) < 0) {
            follow->missed += oldest - follow->position;
            follow->position = oldest;
        }
        if ((int64_t)(tail - follow->position) <= 0)
            return false;
        const struct shm_result_slot *slot = &slots[follow->position & (fixed.slot_count - 1)];
        if (!ring_result_peek(slot, follow->position, outcome)) {
            if (ring_result_is_pending(slot, follow->position))
                return false;
            follow->missed++;
            follow->position++;
            continue;
        }
        follow->position++;
        if (outcome_is_sound(outcome))
            return true;
        follow->missed++;
    }
}
