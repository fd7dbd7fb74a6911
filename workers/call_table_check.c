#include "workers/call_table_check.h"

#include <stdlib.h>

#include "ipc/event_record.h"
#include "ipc/profile.h"
#include "workers/call.h"
#include "workers/call_block.h"

enum {
    GRAIN = CALL_BLOCK_UNIT, /* every block's size is a multiple of it */
};

struct check {
    const struct call_table *table;
    const struct shm_call_table *shared;
    const struct shm_part *part;
    uint64_t *covered; /* a bit for each grain of the block area that somebody has */
    uint64_t bytes;    /* that somebody has */
    uint32_t living;   /* slots in use */
    uint32_t waiting[SPAN_COUNT];
};

/* ---- blocks -------------------------------------------------------------------------------- */

/* Takes the block's area into account. False: it is none, or somebody has a part of it. */
static bool
cover(struct check *check, uint64_t block, uint32_t size)
{
    const struct shm_call_table *shared = check->shared;
    if (block < shared->blocks_offset || block >= shared->blocks_end ||
        size > shared->blocks_end - block || (block - shared->blocks_offset) % GRAIN != 0)
        return false;
    uint64_t first = (block - shared->blocks_offset) / GRAIN;
    for (uint64_t i = first; i < first + size / GRAIN; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;
        if ((check->covered[i / 64] & bit) != 0)
            return false;
        check->covered[i / 64] |= bit;
    }
    check->bytes += size;
    return true;
}

/* A list that runs in a circle comes to a block that it has. */
static bool
free_blocks_are_sound(struct check *check)
{
    for (uint32_t i = 0; i < CALL_CLASSES; i++) {
        uint64_t block = check->shared->free_blocks[i];
        while (block != 0) {
            if (!cover(check, block, call_class_size(i)))
                return false;
            memcpy(&block, check->table->base + block, sizeof block);
        }
    }
    return true;
}

/* ---- inside of a block --------------------------------------------------------------------- */

static bool
lies_inside(const struct shm_call *call, call_ref ref, uint32_t bytes)
{
    uint32_t at = (uint32_t)ref * CALL_UNIT;
    return at >= sizeof *call && at <= call->used && bytes <= call->used - at;
}

static bool
text_is_sound(const struct shm_call *call, call_ref ref)
{
    if (ref == 0)
        return true;
    if (!lies_inside(call, ref, CALL_UNIT))
        return false;
    struct text text = call_text(call, ref);
    return text.length >= 1 && text.length <= EVENT_TEXT_LENGTH &&
           lies_inside(call, ref, 1 + text.length);
}

static bool
texts_are_sound(const struct shm_call *call, const call_ref *refs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!text_is_sound(call, refs[i]))
            return false;
    return true;
}

static bool
is_none_or(const struct shm_call *call, call_ref ref, uint32_t bytes)
{
    return ref == 0 || lies_inside(call, ref, bytes);
}

static bool
party_is_sound(const struct shm_call *call, const void *at)
{
    const struct shm_party *party = at;
    return text_is_sound(call, party->number) && text_is_sound(call, party->other) &&
           is_none_or(call, party->act, sizeof(struct shm_act));
}

static bool
act_is_sound(const struct shm_call *call, const void *at)
{
    const struct shm_act *act = at;
    uint32_t party = sizeof(struct shm_party);
    const call_ref texts[] = {act->initiator, act->releasing, act->monitor};
    return is_none_or(call, act->subject, party) && is_none_or(call, act->pair[0], party) &&
           is_none_or(call, act->pair[1], party) && texts_are_sound(call, texts, 3);
}

static bool
request_is_sound(const struct shm_call *call, const void *at)
{
    const struct shm_request *request = at;
    return text_is_sound(call, request->target) && text_is_sound(call, request->requester);
}

static bool
name_is_sound(const struct shm_call *call, const void *at)
{
    const struct shm_name *name = at;
    return text_is_sound(call, name->text);
}

static bool
chunk_is_sound(const struct shm_call *call, const void *at)
{
    const struct shm_fact_chunk *chunk = at;
    (void)call;
    return chunk->count <= CALL_FACTS_IN_CHUNK;
}

/* One of the lists of a block. */
struct list {
    uint32_t bytes; /* of an element */
    size_t next;    /* where it says which is the next */
    bool (*is_sound)(const struct shm_call *call, const void *at);
};

static const struct list parties = {sizeof(struct shm_party), offsetof(struct shm_party, next),
                                    party_is_sound};
static const struct list acts = {sizeof(struct shm_act), offsetof(struct shm_act, next),
                                 act_is_sound};
static const struct list requests = {sizeof(struct shm_request), offsetof(struct shm_request, next),
                                     request_is_sound};
static const struct list names = {sizeof(struct shm_name), offsetof(struct shm_name, next),
                                  name_is_sound};
static const struct list chunks = {sizeof(struct shm_fact_chunk),
                                   offsetof(struct shm_fact_chunk, next), chunk_is_sound};

/* One with more elements than there is room for runs in a circle. */
static bool
list_is_sound(const struct shm_call *call, call_ref first, const struct list *list)
{
    uint32_t most = call->used / list->bytes;
    for (call_ref ref = first; ref != 0; most--) {
        if (most == 0 || !lies_inside(call, ref, list->bytes))
            return false;
        const uint8_t *at = call_at(call, ref);
        if (!list->is_sound(call, at))
            return false;
        memcpy(&ref, at + list->next, sizeof ref);
    }
    return true;
}

static bool
aliases_are_sound(const struct shm_call *call)
{
    FOR_EACH_PARTY (party, call) {
        if (!list_is_sound(call, party->aliases, &names))
            return false;
    }
    return true;
}

static bool
content_is_sound(const struct shm_call *call)
{
    const call_ref texts[] = {call->call_id, call->ani,     call->dnis,
                              call->queue,   call->linkage, call->controller};
    return texts_are_sound(call, texts, sizeof texts / sizeof *texts) &&
           list_is_sound(call, call->parties, &parties) && list_is_sound(call, call->acts, &acts) &&
           list_is_sound(call, call->requests, &requests) &&
           list_is_sound(call, call->names, &names) && list_is_sound(call, call->facts, &chunks) &&
           is_none_or(call, call->deleted_act, sizeof(struct shm_act)) && aliases_are_sound(call);
}

/* ---- slots --------------------------------------------------------------------------------- */

static bool
sum_is_sound(const struct shm_call *block)
{
    return block->checksum == 0 || block->checksum == block_sum(block);
}

static bool
block_is_sound(struct check *check, struct call call)
{
    const struct shm_call *block = call.block;
    uint64_t offset = call_block_offset(call.slot);
    if (offset < check->shared->blocks_offset || offset >= check->shared->blocks_end ||
        check->shared->blocks_end - offset < CALL_BLOCK_MIN)
        return false;
    uint32_t class_number = call_class_of(block->capacity);
    if (class_number == CALL_CLASSES || call_class_size(class_number) != block->capacity ||
        !cover(check, offset, block->capacity))
        return false;
    bool is_coming = check->part->moving != 0 && check->part->slot == call.number;
    return block->used >= sizeof *block && block->used <= block->capacity &&
           block->used % CALL_UNIT == 0 &&
           (is_coming || (sum_is_sound(block) && content_is_sound(block)));
}

static bool
slot_is_sound(struct check *check, uint32_t number)
{
    const struct shm_call_slot *slot = &check->table->slots[number];
    if (slot->key == 0)
        return true;
    check->living++;
    if (slot->link >= CALL_LINKS_MAX || slot->spans >> SPAN_COUNT != 0 ||
        slot->detached > CALL_UNREPORTED)
        return false;
    for (int span = 0; span < SPAN_COUNT; span++)
        check->waiting[span] += slot->spans >> span & 1;
    return block_is_sound(check, call_table_at(check->table, number));
}

static bool
slots_are_sound(struct check *check)
{
    const struct shm_call_table *shared = check->shared;
    for (uint32_t i = 1; i <= shared->slots_used; i++)
        if (!slot_is_sound(check, i))
            return false;
    uint32_t left = shared->slots_used - check->living;
    for (uint32_t at = shared->free_slot; at != 0; at = check->table->slots[at].block)
        if (left-- == 0 || at > shared->slots_used || check->table->slots[at].key != 0)
            return false;
    return left == 0 && check->living == shared->living;
}

static bool
part_is_sound(const struct check *check)
{
    uint64_t slot = check->part->slot;
    return slot == 0 || check->part->moving == 0 ||
           (slot <= check->shared->slots_used && check->table->slots[slot].key != 0);
}

/* ---- the index ----------------------------------------------------------------------------- */

/* Somebody who looks for it from its home on meets it before a gap. Every slot in use is found, and
 * there are as many entries as slots: so each is there once. */
static bool
is_found(const struct check *check, uint32_t number)
{
    const struct shm_call_slot *slot = &check->table->slots[number];
    uint32_t mask = check->shared->index_mask;
    uint32_t at = (uint32_t)(slot->key >> 32) & mask;
    for (uint32_t i = 0; i <= check->living; i++, at = (at + 1) & mask) {
        struct shm_index_entry entry = check->table->index[at];
        if (entry.slot == number || entry.slot == 0)
            return entry.slot == number && entry.tag == (uint32_t)(slot->key >> 32);
    }
    return false;
}

static bool
index_is_sound(const struct check *check)
{
    uint32_t entries = 0;
    for (uint64_t i = 0; i <= check->shared->index_mask; i++) {
        uint32_t number = check->table->index[i].slot;
        if (number > check->shared->slots_used)
            return false;
        entries += number != 0;
    }
    if (entries != check->living)
        return false;
    for (uint32_t i = 1; i <= check->shared->slots_used; i++)
        if (check->table->slots[i].key != 0 && !is_found(check, i))
            return false;
    return true;
}

/* ---- links and devices --------------------------------------------------------------------- */

/* Counts the list's calls down from those that wait at all. */
static bool
span_is_sound(struct check *check, uint16_t link, int span)
{
    const struct shm_span_list *list = &check->table->links[link].spans[span];
    uint32_t before = 0;
    for (uint32_t at = list->head; at != 0;) {
        if (at > check->shared->slots_used || check->waiting[span]-- == 0)
            return false;
        const struct shm_call_slot *slot = &check->table->slots[at];
        if (slot->key == 0 || slot->link != link || (slot->spans >> span & 1) == 0 ||
            span_at(check->table, at, (enum call_span)span)->previous != before)
            return false;
        before = at;
        at = span_at(check->table, at, (enum call_span)span)->next;
    }
    return list->tail == before;
}

/* The call asked about last is none, or one that is idle on this link. */
static bool
asked_is_sound(const struct check *check, uint16_t link)
{
    uint32_t asked = check->table->links[link].asked;
    if (asked == 0)
        return true;
    if (asked > check->shared->slots_used)
        return false;
    const struct shm_call_slot *slot = &check->table->slots[asked];
    return slot->key != 0 && slot->link == link && (slot->spans >> SPAN_IDLE & 1) != 0;
}

static bool
links_are_sound(struct check *check)
{
    for (uint16_t link = 0; link < CALL_LINKS_MAX; link++) {
        const struct shm_worker_link *at = &check->table->links[link];
        if (at->name_length > CALL_DEVICE_TEXT || at->profile >= PROFILE_COUNT ||
            !asked_is_sound(check, link))
            return false;
        for (int span = 0; span < SPAN_COUNT; span++)
            if (!span_is_sound(check, link, span))
                return false;
    }
    for (int span = 0; span < SPAN_COUNT; span++)
        if (check->waiting[span] != 0)
            return false;
    return true;
}

static bool
devices_are_sound(const struct check *check)
{
    const struct shm_call_table *shared = check->shared;
    uint64_t size = UINT64_C(1) + shared->device_mask;
    uint32_t entries = 0;
    if (shared->device_count > CALL_DEVICES_MAX || (size & (size - 1)) != 0 ||
        size > UINT64_C(2) * CALL_DEVICES_MAX || shared->device_count >= size)
        return false;
    for (uint64_t i = 0; i < size; i++) {
        uint32_t number = device_index(check->table)[i].slot;
        if (number > shared->device_count)
            return false;
        entries += number != 0;
    }
    for (uint32_t i = 1; i <= shared->device_count; i++) {
        const struct shm_device *device = &check->table->devices[i];
        if (device->number_length > CALL_DEVICE_TEXT || device->agent_length > CALL_DEVICE_TEXT)
            return false;
    }
    return entries == shared->device_count;
}

/* ---- all of it ----------------------------------------------------------------------------- */

static const char *
fault_of(struct check *check)
{
    const struct shm_call_table *shared = check->shared;
    if (!slots_are_sound(check) || !part_is_sound(check))
        return "a call, or the list of free places for calls";
    if (!free_blocks_are_sound(check) || check->bytes != shared->blocks_end - shared->blocks_offset)
        return "the list of free blocks";
    if (!index_is_sound(check))
        return "the index of calls";
    if (!links_are_sound(check))
        return "a link, or the calls that wait on it";
    return devices_are_sound(check) ? NULL : "the devices";
}

const char *
call_table_fault(const struct call_table *table, const struct shm_part *part)
{
    const struct shm_call_table *shared = table->shared;
    struct check check = {.table = table, .shared = shared, .part = part};
    if (shared->slots_used > shared->max_calls || shared->blocks_end < shared->blocks_offset ||
        shared->blocks_end > shared->segment_bytes)
        return "its header";
    uint64_t grains = (shared->blocks_end - shared->blocks_offset) / GRAIN;
    check.covered = calloc(grains / 64 + 1, sizeof *check.covered);
    const char *fault = check.covered != NULL ? fault_of(&check) : "no memory to look at it";
    free(check.covered);
    return fault;
}
