#include "engine/last_call.h"

#include "base/check.h"
#include "base/hash.h"

static uint64_t
device_key(uint16_t link, struct text device)
{
    return hash_quick(link, device) | 1; /* 0 means none */
}

static size_t
set_of(uint64_t key)
{
    return (size_t)(key >> 16) % LAST_CALL_SETS * LAST_CALL_WAYS;
}

void
last_call_expect(const struct front *front, uint16_t link, struct text device)
{
    __builtin_prefetch(&front->tables->last_calls[set_of(device_key(link, device))], 1);
}

/* What is in use of the place, or will be, is about to change. */
static void
touch(struct front *front, const struct shm_last_call *place, struct text call)
{
    uint32_t length = call.length > place->call_length ? call.length : place->call_length;
    front_touch(front, place, offsetof(struct shm_last_call, call) + length);
}

void
last_call_note(struct front *front, uint16_t link, struct text device, struct text call,
               uint64_t order)
{
    CHECK(call.length <= EVENT_TEXT_LENGTH);
    uint64_t key = device_key(link, device);
    struct shm_last_call *set = &front->tables->last_calls[set_of(key)];
    struct shm_last_call *place = set;
    for (uint32_t way = 0; way < LAST_CALL_WAYS; way++) {
        if (set[way].key == key) {
            place = &set[way];
            break;
        }
        if (set[way].order < place->order)
            place = &set[way];
    }
    touch(front, place, call);
    place->key = key;
    place->order = order;
    place->link = link;
    place->call_length = (uint8_t)call.length;
    memcpy(place->call, call.at, call.length);
}

struct text
last_call_find(const struct front *front, uint16_t link, struct text device)
{
    uint64_t key = device_key(link, device);
    const struct shm_last_call *set = &front->tables->last_calls[set_of(key)];
    for (uint32_t way = 0; way < LAST_CALL_WAYS; way++) {
        if (set[way].key == key)
            return (struct text){set[way].call, set[way].call_length};
    }
    return TEXT_NONE;
}

uint32_t
last_call_links(const struct front *front, struct text call, uint16_t *links, uint32_t size)
{
    uint32_t count = 0;
    for (size_t i = 0; i < (size_t)LAST_CALL_SETS * LAST_CALL_WAYS && count < size; i++) {
        const struct shm_last_call *place = &front->tables->last_calls[i];
        if (place->key == 0 || !text_is_equal((struct text){place->call, place->call_length}, call))
            continue;
        uint32_t at = 0;
        while (at < count && links[at] != place->link)
            at++;
        links[at] = place->link;
        count += at == count;
    }
    return count;
}
