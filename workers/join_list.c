#include "workers/join_list.h"

#include "workers/directory.h"
#include "workers/doubt.h"
#include "workers/party_step.h"

/* Under which name an item makes a party. */
static struct text
device_of(const struct event_item *item)
{
    if (item->endpoint.length != 0)
        return item->endpoint;
    return item->new_device.length != 0 ? item->new_device : item->old_device;
}

static struct shm_party *
find_listed(struct call call, const struct event_item *item)
{
    struct shm_party *party = call_active_party(call.block, item->endpoint);
    if (party == NULL)
        party = call_active_party(call.block, item->old_device);
    return party != NULL ? party : call_active_party(call.block, item->new_device);
}

static bool
is_listed(struct call call, const struct event *event, const struct shm_party *party)
{
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        if (party_is_named(call.block, party, item->endpoint) ||
            party_is_named(call.block, party, item->old_device) ||
            party_is_named(call.block, party, item->new_device))
            return true;
    }
    return false;
}

/* The one party without a monitor that no item names: an old connection that fits nobody is his. */
static struct shm_party *
only_unlisted(struct step *step, struct call call)
{
    struct shm_party *found = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party) || is_listed(call, step->event, party) ||
            directory_has_monitor(step->table, call.slot->link,
                                  call_text(call.block, party->number)))
            continue;
        if (found != NULL)
            return NULL;
        found = party;
    }
    return found;
}

struct shm_party *
join_list_misses(struct step *step, struct call call)
{
    struct shm_party *found = NULL;
    FOR_EACH_PARTY (party, call.block) {
        if (!party_is_active(party) || is_listed(call, step->event, party))
            continue;
        if (found != NULL)
            return NULL;
        found = party;
    }
    return step->event->item_count == 0 ? NULL : found;
}

static bool
has_old(const struct event_item *item)
{
    return item->old_device.length != 0 || item->old_call.length != 0;
}

/* Phases I and II of BER list new connections only: there a missing old one tells nothing. */
static bool
lists_old(const struct event *event)
{
    for (uint32_t i = 0; i < event->item_count; i++)
        if (has_old(&event->items[i]))
            return true;
    return false;
}

/* An item without an old connection is a newcomer's, and so is one of the device that was added. */
static bool
is_newcomer(const struct step *step, struct call call, const struct event_item *item)
{
    struct text added = step_text(step, EVENT_TEXT_NEW_DESTINATION);
    return (!has_old(item) && lists_old(step->event)) ||
           (added.length != 0 &&
            (text_is_equal(added, item->endpoint) || text_is_equal(added, item->new_device))) ||
           directory_has_monitor(step->table, call.slot->link, item->endpoint) ||
           directory_has_monitor(step->table, call.slot->link, item->new_device);
}

static bool
is_controller(struct text controller, const struct event_item *item)
{
    return controller.length != 0 && (text_is_equal(item->endpoint, controller) ||
                                      text_is_equal(item->new_device, controller));
}

bool
join_list(struct step *step, struct call call, struct text controller)
{
    bool conference = step->event->kind == EVENT_CONFERENCED;
    bool all = step->event->item_count > 0;
    for (uint32_t i = 0; i < step->event->item_count; i++) {
        const struct event_item *item = &step->event->items[i];
        struct text device = device_of(item);
        all &= device.length != 0;
        if (device.length == 0 || (!conference && is_controller(controller, item)))
            continue;
        struct shm_party *party = find_listed(call, item);
        if (party == NULL && !is_newcomer(step, call, item))
            party = only_unlisted(step, call);
        if (party == NULL)
            party = party_join(step, call, device, LOCAL_CONNECTED);
        doubt_clear(step, party);
        party_note_name(step, call, party, item->endpoint);
        party_note_name(step, call, party, item->new_device);
        if (!conference)
            continue;
        party->flags |= PARTY_TALKED;
        if (!party_is_engaged(party))
            party->state = LOCAL_CONNECTED;
    }
    return all;
}
