#include "engine/front_check.h"

#include <string.h>

/* Places that refer to each other by number, from 1 to `used`. */
struct slab {
    const uint8_t *places;
    size_t size; /* of a place */
    uint32_t used;
};

/* A list through them. */
struct list {
    size_t next;   /* where a place says which is the next */
    size_t before; /* ... and which the one before; NO_BEFORE: nowhere */
};

#define NO_BEFORE SIZE_MAX

static uint32_t
number_at(const struct slab *slab, uint32_t place, size_t offset)
{
    uint32_t number;
    memcpy(&number, slab->places + (size_t)place * slab->size + offset, sizeof number);
    return number;
}

/* Follows the list from `first`; what it passes is taken off *left, so that one that runs in a
 * circle, or into another one, comes to an end. *last: its last place, 0 if it is empty. */
static bool
list_ends(const struct slab *slab, const struct list *list, uint32_t first, uint32_t *last,
          uint32_t *left)
{
    *last = 0;
    for (uint32_t at = first; at != 0; at = number_at(slab, at, list->next)) {
        if (at > slab->used || *left == 0)
            return false;
        if (list->before != NO_BEFORE && number_at(slab, at, list->before) != *last)
            return false;
        (*left)--;
        *last = at;
    }
    return true;
}

static bool
line_is_sound(const struct slab *slab, const struct list *list, uint32_t oldest, uint32_t newest,
              uint32_t *left)
{
    uint32_t last;
    return list_ends(slab, list, oldest, &last, left) && last == newest;
}

/* All chains of a hash table, and the list of free places that goes by the same word. */
static bool
chains_are_sound(const struct slab *slab, size_t next, const uint32_t *buckets, uint32_t count,
                 uint32_t free)
{
    const struct list list = {next, NO_BEFORE};
    uint32_t left = slab->used;
    uint32_t last;
    for (uint32_t i = 0; slab->used > 0 && i < count; i++)
        if (buckets[i] != 0 && !list_ends(slab, &list, buckets[i], &last, &left))
            return false;
    return list_ends(slab, &list, free, &last, &left);
}

static bool
places_are_sound(const struct shm_front_places *places, uint32_t most)
{
    return places->used <= most && places->count <= places->used && places->free <= places->used;
}

/* ---- links and the directory --------------------------------------------------------------- */

static bool
links_are_sound(const struct front *front)
{
    const struct shm_front_places *places = &front->now->links;
    if (places->count > front->links_max)
        return false;
    for (uint32_t i = 0; i < places->count; i++) {
        const struct shm_link *link = front_link(front, i);
        if (link->index != front->first_link + i ||
            memchr(link->name, '\0', sizeof link->name) == NULL)
            return false;
    }
    return true;
}

static bool
directory_is_sound(const struct front *front)
{
    const struct shm_front_cursors *now = front->now;
    if (!places_are_sound(&now->monitors, DIRECTORY_MAX + DIRECTORY_SLACK) ||
        !places_are_sound(&now->devices, DIRECTORY_MAX + DIRECTORY_SLACK))
        return false;
    for (uint32_t i = 1; i <= now->monitors.used; i++) {
        const struct shm_monitor *monitor = &front->tables->monitors[i];
        if (monitor->link >= LINKS_MAX || monitor->cross_ref_length > EVENT_TEXT_LENGTH ||
            monitor->device_length > EVENT_TEXT_LENGTH)
            return false;
    }
    for (uint32_t i = 1; i <= now->devices.used; i++) {
        const struct shm_front_device *device = &front->tables->devices[i];
        if (device->link >= LINKS_MAX || device->number_length > EVENT_TEXT_LENGTH ||
            device->agent_length > EVENT_TEXT_LENGTH)
            return false;
    }
    return true;
}

/* ---- requests ------------------------------------------------------------------------------ */

static bool
request_is_sound(const struct shm_front_request *request)
{
    return request->link < LINKS_MAX && request->kind < REQUEST_KINDS &&
           request->invoke_length <= REQUEST_INVOKE_LENGTH &&
           request->call_length <= EVENT_TEXT_LENGTH && request->device_length <= EVENT_TEXT_LENGTH;
}

static struct list
request_line(enum request_line_kind kind)
{
    size_t at = offsetof(struct shm_front_request, in) + kind * sizeof(struct shm_front_neighbours);
    return (struct list){at + offsetof(struct shm_front_neighbours, newer),
                         at + offsetof(struct shm_front_neighbours, older)};
}

static bool
requests_are_sound(const struct front *front)
{
    const struct shm_front_tables *tables = front->tables;
    const struct shm_front_cursors *now = front->now;
    const struct slab slab = {(const uint8_t *)tables->requests, sizeof *tables->requests,
                              now->requests.used};
    const struct list all = request_line(REQUEST_LINE_ALL);
    const struct list kind = request_line(REQUEST_LINE_KIND);
    uint32_t left = slab.used;
    if (!places_are_sound(&now->requests, REQUESTS_MAX))
        return false;
    for (uint32_t i = 1; i <= slab.used; i++)
        if (!request_is_sound(&tables->requests[i]))
            return false;
    if (!chains_are_sound(&slab, offsetof(struct shm_front_request, next), tables->request_buckets,
                          REQUESTS_MAX, now->requests.free) ||
        !line_is_sound(&slab, &all, now->all_requests.oldest, now->all_requests.newest, &left))
        return false;
    left = slab.used;
    for (uint32_t i = 0; slab.used > 0 && i < LINKS_MAX * REQUEST_KINDS; i++) {
        const struct shm_front_line *line = &tables->request_lines[i];
        if (!line_is_sound(&slab, &kind, line->oldest, line->newest, &left))
            return false;
    }
    return true;
}

/* ---- the calls devices were in last, and answers in segments ------------------------------- */

static bool
last_calls_are_sound(const struct front *front)
{
    for (uint32_t i = 0; i < LAST_CALL_SETS * LAST_CALL_WAYS; i++)
        if (front->tables->last_calls[i].call_length > EVENT_TEXT_LENGTH)
            return false;
    return true;
}

static bool
gather_is_sound(const struct shm_gather *gather)
{
    if (gather->link >= LINKS_MAX || gather->kind >= REQUEST_KINDS ||
        gather->count > EVENT_ITEMS_MAX || gather->ref_length > EVENT_TEXT_LENGTH ||
        gather->text_length > EVENT_TEXT_LENGTH || gather->invoke_length > sizeof gather->invoke)
        return false;
    for (uint32_t i = 0; i < gather->count; i++) {
        const struct shm_gather_item *item = &gather->items[i];
        if (item->call_length > EVENT_TEXT_LENGTH || item->device_length > EVENT_TEXT_LENGTH ||
            item->endpoint_length > EVENT_TEXT_LENGTH)
            return false;
    }
    return true;
}

static bool
gathers_are_sound(const struct front *front)
{
    for (uint32_t i = 0; i < GATHERS_MAX; i++) {
        const struct shm_gather *gather = &front->tables->gathers[i];
        if (gather->order != 0 && !gather_is_sound(gather))
            return false;
    }
    return true;
}

/* ---- calls away from home ------------------------------------------------------------------ */

/* Each knows its neighbours in the ring of its group, and they know it: so every ring closes. */
static bool
route_is_sound(const struct shm_route_entry *routes, uint32_t number, uint32_t used,
               uint32_t workers)
{
    const struct shm_route_entry *entry = &routes[number];
    return entry->worker < workers && entry->link < LINKS_MAX &&
           entry->call_length <= EVENT_TEXT_LENGTH && entry->group_before <= used &&
           entry->group_after <= used && routes[entry->group_before].group_after == number &&
           routes[entry->group_after].group_before == number;
}

static bool
routes_are_sound(const struct front *front, uint32_t workers)
{
    const struct shm_front_tables *tables = front->tables;
    const struct shm_front_cursors *now = front->now;
    const struct slab slab = {(const uint8_t *)tables->routes, sizeof *tables->routes,
                              now->routes.used};
    const struct list line = {offsetof(struct shm_route_entry, newer),
                              offsetof(struct shm_route_entry, older)};
    uint32_t left = slab.used;
    if (!places_are_sound(&now->routes, ROUTE_MAP_MAX) ||
        !chains_are_sound(&slab, offsetof(struct shm_route_entry, next), tables->route_buckets,
                          ROUTE_MAP_BUCKETS, now->routes.free) ||
        !line_is_sound(&slab, &line, now->all_routes.oldest, now->all_routes.newest, &left) ||
        slab.used - left != now->routes.count)
        return false;
    for (uint32_t at = now->all_routes.oldest; at != 0; at = tables->routes[at].newer)
        if (!route_is_sound(tables->routes, at, slab.used, workers))
            return false;
    return true;
}

/* ---- live links ---------------------------------------------------------------------------- */

static bool
errand_is_sound(const struct shm_errand *errand)
{
    return errand->place < LIVE_LINKS_MAX && errand->kind <= ERRAND_STOP &&
           errand->line < TALK_LINES && errand->state <= ERRAND_NAMED &&
           errand->text_length <= EVENT_TEXT_LENGTH &&
           errand->cross_ref_length <= EVENT_TEXT_LENGTH;
}

static bool
talk_is_sound(const struct slab *slab, const struct shm_talk *talk)
{
    const struct list all = {offsetof(struct shm_errand, after),
                             offsetof(struct shm_errand, before)};
    const struct list line = {offsetof(struct shm_errand, newer),
                              offsetof(struct shm_errand, older)};
    uint32_t left = slab->used;
    if (talk->answers_first >= TALK_ANSWERS_MAX || talk->answers_count > TALK_ANSWERS_MAX ||
        talk->session_length > TALK_SESSION_LENGTH || talk->register_length > EVENT_TEXT_LENGTH ||
        talk->ask_cursor > slab->used || talk->look_cursor > slab->used ||
        talk->sweep_cursor > slab->used ||
        !line_is_sound(slab, &all, talk->all.oldest, talk->all.newest, &left))
        return false;
    left = slab->used;
    for (uint32_t i = 0; i < TALK_ANSWERS_MAX; i++)
        if (talk->answers[i].invoke_length > TALK_INVOKE_LENGTH)
            return false;
    for (uint32_t i = 1; i < TALK_LINES; i++)
        if (!line_is_sound(slab, &line, talk->lines[i].oldest, talk->lines[i].newest, &left))
            return false;
    return true;
}

static bool
talks_are_sound(const struct front *front)
{
    const struct shm_front_tables *tables = front->tables;
    const struct shm_front_cursors *now = front->now;
    const struct slab slab = {(const uint8_t *)tables->errands, sizeof *tables->errands,
                              now->errands.used};
    if (!places_are_sound(&now->errands, ERRANDS_MAX) ||
        !chains_are_sound(&slab, offsetof(struct shm_errand, next), tables->errand_buckets,
                          ERRAND_BUCKETS, now->errands.free))
        return false;
    for (uint32_t i = 1; i <= slab.used; i++)
        if (!errand_is_sound(&tables->errands[i]) ||
            tables->device_ids[i].length > EVENT_TEXT_LENGTH)
            return false;
    for (uint32_t i = 0; slab.used > 0 && i < LIVE_LINKS_MAX; i++)
        if (!talk_is_sound(&slab, &tables->talks[i]))
            return false;
    return true;
}

/* ---- all of it ----------------------------------------------------------------------------- */

const char *
front_fault(const struct front *front, uint32_t workers)
{
    const struct shm_front_cursors *now = front->now;
    if (now->declared_bytes > DECLARED_BYTES || now->input.phase > INPUT_FINISHED ||
        now->begun.step > BEGUN_BODY)
        return "how far it is";
    if (!links_are_sound(front))
        return "the links";
    if (!directory_is_sound(front))
        return "the directory of monitors and devices";
    if (!requests_are_sound(front))
        return "the requests";
    if (!last_calls_are_sound(front))
        return "the calls that devices were in last";
    if (!gathers_are_sound(front))
        return "the answers that come in segments";
    if (!routes_are_sound(front, workers))
        return "the calls away from home";
    return talks_are_sound(front) ? NULL : "the conversations";
}
