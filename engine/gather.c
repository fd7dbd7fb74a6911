#include "engine/gather.h"

#include <string.h>

#include "base/check.h"

/* All but the items, which are touched one by one. */
static void
touch(struct front *front, struct shm_gather *gather)
{
    front_touch(front, gather, offsetof(struct shm_gather, items));
}

static uint8_t
copy(char *to, struct text text)
{
    CHECK(text.length <= EVENT_TEXT_LENGTH);
    if (text.length > 0)
        memcpy(to, text.at, text.length);
    return (uint8_t)text.length;
}

/* A free place, else the oldest one's. */
static struct shm_gather *
take_place(struct front *front)
{
    struct shm_gather *oldest = &front->tables->gathers[0];
    for (uint32_t i = 1; i < GATHERS_MAX && oldest->order != 0; i++) {
        struct shm_gather *gather = &front->tables->gathers[i];
        if (gather->order < oldest->order)
            oldest = gather;
    }
    return oldest;
}

static struct shm_gather *
find(struct front *front, const struct shm_link *link, struct text ref, bool is_call)
{
    for (uint32_t i = 0; i < GATHERS_MAX; i++) {
        struct shm_gather *gather = &front->tables->gathers[i];
        if (gather->order != 0 && gather->link == link->index && gather->epoch == link->epoch &&
            (gather->kind == REQUEST_SNAPSHOT_CALL) == is_call &&
            text_is_equal((struct text){gather->ref, gather->ref_length}, ref))
            return gather;
    }
    return NULL;
}

void
gather_begin(struct front *front, const struct shm_link *link, struct text ref,
             const struct shm_front_request *request, uint64_t order)
{
    bool is_call = request->kind == REQUEST_SNAPSHOT_CALL;
    if (text_is_none(ref) || ref.length > EVENT_TEXT_LENGTH)
        return;
    struct shm_gather *gather = find(front, link, ref, is_call);
    if (gather == NULL)
        gather = take_place(front);
    touch(front, gather);
    gather->order = order;
    gather->request = request->order;
    gather->epoch = link->epoch;
    gather->segments = 0;
    gather->link = link->index;
    gather->count = 0;
    gather->kind = request->kind;
    gather->is_part = 0;
    gather->ref_length = copy(gather->ref, ref);
    gather->text_length =
        copy(gather->text, is_call ? request_call(request) : request_device(request));
    gather->invoke_length = request->invoke_length;
    memcpy(gather->invoke, request->invoke, sizeof gather->invoke);
}

static void
keep_item(struct front *front, struct shm_gather *gather, const struct event_item *item)
{
    if (gather->count >= EVENT_ITEMS_MAX) {
        gather->is_part = 1;
        return;
    }
    struct shm_gather_item *kept = &gather->items[gather->count++];
    front_touch(front, kept, sizeof *kept);
    kept->state = item->state;
    kept->call_length = copy(kept->call, item->new_call);
    kept->device_length = copy(kept->device, item->new_device);
    kept->endpoint_length = copy(kept->endpoint, item->endpoint);
}

static void
give(struct shm_gather *gather, struct csta_message *message, struct shm_front_request *request)
{
    struct event *event = &message->event;
    memset(request, 0, sizeof *request);
    request->order = gather->request;
    request->link = gather->link;
    request->kind = gather->kind;
    request->invoke_length = gather->invoke_length;
    memcpy(request->invoke, gather->invoke, sizeof request->invoke);
    struct text text = {gather->text, gather->text_length};
    if (gather->kind == REQUEST_SNAPSHOT_CALL)
        request->call_length = copy(request->call, text);
    else
        request->device_length = copy(request->device, text);
    message->whole = gather->is_part == 0;
    event->item_count = gather->count;
    for (uint16_t i = 0; i < gather->count; i++) {
        const struct shm_gather_item *kept = &gather->items[i];
        event->items[i] = (struct event_item){
            .new_call = {kept->call, kept->call_length},
            .new_device = {kept->device, kept->device_length},
            .endpoint = {kept->endpoint, kept->endpoint_length},
            .state = kept->state,
        };
    }
}

bool
gather_add(struct front *front, const struct shm_link *link, struct csta_message *message,
           struct shm_front_request *request)
{
    bool is_call = message->message_class == MESSAGE_SNAPSHOT_CALL_DATA;
    struct shm_gather *gather = find(front, link, message->service_ref, is_call);
    if (gather == NULL)
        return false;
    touch(front, gather);
    gather->segments++;
    if (message->segment != 0 && message->segment != gather->segments)
        gather->is_part = 1;
    for (uint16_t i = 0; i < message->event.item_count; i++)
        keep_item(front, gather, &message->event.items[i]);
    if (!message->whole)
        return false;
    gather->order = 0;
    give(gather, message, request);
    return true;
}
