#include "workers/call.h"

#include "base/check.h"
#include "base/hash.h"

static call_ref
ref_of(const struct shm_call *call, const void *at)
{
    return (call_ref)(((const uint8_t *)at - (const uint8_t *)call) / CALL_UNIT);
}

static uint32_t
padded(struct text text)
{
    return text.length == 0 ? 0 : (text.length + CALL_UNIT) / CALL_UNIT * CALL_UNIT;
}

uint32_t
call_room(const struct event *event)
{
    uint32_t room = CALL_ROOM_STEP;
    /* A text may be stored twice: once as a party's, once as a name or an act's. */
    for (int i = 0; i < EVENT_TEXT_COUNT; i++) {
        if (event->texts[i].length != 0)
            room += 2 * padded(event->texts[i]) + (uint32_t)sizeof(struct shm_name);
    }
    for (uint32_t i = 0; i < event->item_count; i++) {
        const struct event_item *item = &event->items[i];
        room += CALL_ROOM_ITEM + padded(item->endpoint) + padded(item->new_device) +
                padded(item->old_device);
    }
    return room;
}

/* The next `bytes` of the block, zeroed; reserved before, so running out is our own mistake. */
static void *
take(struct shm_call *call, uint32_t bytes)
{
    uint32_t rounded = (bytes + CALL_UNIT - 1) / CALL_UNIT * CALL_UNIT;
    CHECK(rounded <= call->capacity - call->used);
    void *at = (uint8_t *)call + call->used;
    call->used += rounded;
    memset(at, 0, rounded);
    return at;
}

/* Is the text one that stands in this block already, and not a part of one? */
static bool
is_own_text(const struct shm_call *call, struct text text)
{
    uintptr_t start = (uintptr_t)call;
    uintptr_t at = (uintptr_t)text.at - 1;
    if (at < start || at >= start + call->used || (at - start) % CALL_UNIT != 0)
        return false;
    return (uint8_t)text.at[-1] == text.length;
}

call_ref
call_add_text(struct shm_call *call, struct text text)
{
    if (text.length == 0)
        return 0;
    CHECK(text.length <= EVENT_TEXT_LENGTH);
    if (is_own_text(call, text))
        return ref_of(call, text.at - 1);
    uint8_t *at = take(call, 1 + text.length);
    at[0] = (uint8_t)text.length;
    memcpy(at + 1, text.at, text.length);
    return ref_of(call, at);
}

call_ref
party_ref(const struct shm_call *call, const struct shm_party *party)
{
    return party == NULL ? 0 : ref_of(call, party);
}

/* Every list is chained through its `next`, oldest first; `link` ends up at the last `next`. */
struct shm_party *
call_add_party(struct shm_call *call, struct text number)
{
    struct shm_party *party = take(call, sizeof *party);
    call_ref *link = &call->parties;
    while (*link != 0)
        link = &((struct shm_party *)call_at(call, *link))->next;
    *link = ref_of(call, party);
    party->number = call_add_text(call, number);
    party->phones = 1;
    party->joined_fact = call->fact_count;
    call->flags |= CALL_HAD_PARTY;
    return party;
}

struct shm_name *
party_alias(const struct shm_call *call, const struct shm_party *party, struct text name)
{
    for (struct shm_name *at = call_listed(call, party->aliases); at != NULL;
         at = call_listed(call, at->next)) {
        if (text_is_equal(call_text(call, at->text), name))
            return at;
    }
    return NULL;
}

bool
party_is_named(const struct shm_call *call, const struct shm_party *party, struct text name)
{
    return name.length != 0 && (text_is_equal(call_text(call, party->number), name) ||
                                party_alias(call, party, name) != NULL);
}

struct shm_party *
call_active_party(const struct shm_call *call, struct text name)
{
    FOR_EACH_PARTY (party, call) {
        if (party_is_active(party) && party_is_named(call, party, name))
            return party;
    }
    return NULL;
}

struct shm_party *
call_party(const struct shm_call *call, struct text name)
{
    struct shm_party *found = NULL;
    FOR_EACH_PARTY (party, call) {
        if (!party_is_named(call, party, name))
            continue;
        if (party_is_active(party))
            return party;
        found = party;
    }
    return found;
}

struct shm_party *
call_anonymous_party(const struct shm_call *call)
{
    FOR_EACH_PARTY (party, call) {
        if (party_is_active(party) && party->number == 0)
            return party;
    }
    return NULL;
}

void
party_learn_name(struct shm_call *call, struct shm_party *party, struct text name)
{
    if (name.length == 0 || party_is_named(call, party, name))
        return;
    if (party->number == 0) {
        party->number = call_add_text(call, name);
        return;
    }
    struct shm_name *alias = take(call, sizeof *alias);
    alias->next = party->aliases;
    party->aliases = ref_of(call, alias);
    alias->text = call_add_text(call, name);
}

void
party_prefer_name(struct shm_call *call, struct shm_party *party, struct text name)
{
    struct shm_name *alias = party_alias(call, party, name);
    if (alias == NULL)
        return;
    call_ref number = party->number;
    party->number = alias->text;
    alias->text = number;
}

void
party_learn_names_of(struct shm_call *call, struct shm_party *party, const struct shm_call *other,
                     const struct shm_party *same)
{
    party_learn_name(call, party, call_text(other, same->number));
    for (const struct shm_name *at = call_listed(other, same->aliases); at != NULL;
         at = call_listed(other, at->next))
        party_learn_name(call, party, call_text(other, at->text));
}

struct shm_act *
call_add_act(struct shm_call *call)
{
    struct shm_act *act = take(call, sizeof *act);
    call_ref *link = &call->acts;
    act->number = 1;
    while (*link != 0) {
        const struct shm_act *before = call_at(call, *link);
        act->number = before->number == UINT8_MAX ? UINT8_MAX : (uint8_t)(before->number + 1);
        link = &((struct shm_act *)call_at(call, *link))->next;
    }
    *link = ref_of(call, act);
    return act;
}

struct shm_request *
call_add_request(struct shm_call *call)
{
    struct shm_request *request = take(call, sizeof *request);
    call_ref *link = &call->requests;
    while (*link != 0)
        link = &((struct shm_request *)call_at(call, *link))->next;
    *link = ref_of(call, request);
    return request;
}

const struct shm_name *
call_find_name(const struct shm_call *call, struct text name)
{
    for (const struct shm_name *at = call_listed(call, call->names); at != NULL;
         at = call_listed(call, at->next)) {
        if (text_is_equal(call_text(call, at->text), name))
            return at;
    }
    return NULL;
}

void
call_note_name(struct shm_call *call, struct text name, uint16_t flags)
{
    if (name.length == 0)
        return;
    struct shm_name *known = (struct shm_name *)(uintptr_t)call_find_name(call, name);
    if (known != NULL) {
        known->flags |= flags;
        return;
    }
    if (flags == 0 && call_party(call, name) != NULL)
        return;
    struct shm_name *added = take(call, sizeof *added);
    added->next = call->names;
    added->flags = flags;
    call->names = ref_of(call, added);
    added->text = call_add_text(call, name);
}

struct text
fact_subject(const struct event *event)
{
    bool joins = event->kind == EVENT_CONFERENCED || event->kind == EVENT_TRANSFERRED;
    struct text second = event->texts[EVENT_TEXT_SECOND_CALL];
    return joins && second.length != 0 ? second : event->texts[EVENT_TEXT_DEVICE];
}

static uint32_t
fact_key(uint8_t kind, struct text device)
{
    return (uint32_t)hash_text(kind, device);
}

struct fact_view {
    struct shm_fact *mine; /* this monitor's entry */
    uint16_t most;         /* reports by whoever reported most */
};

static struct fact_view
fact_look(const struct shm_call *call, uint32_t key, uint32_t monitor)
{
    struct fact_view view = {NULL, 0};
    for (struct shm_fact_chunk *chunk = call_listed(call, call->facts); chunk != NULL;
         chunk = call_listed(call, chunk->next)) {
        for (uint16_t i = 0; i < chunk->count; i++) {
            struct shm_fact *fact = &chunk->facts[i];
            if (fact->key != key)
                continue;
            if (fact->monitor == monitor)
                view.mine = fact;
            if (fact->count > view.most)
                view.most = fact->count;
        }
    }
    return view;
}

static void
fact_add(struct shm_call *call, struct shm_fact fact)
{
    struct shm_fact_chunk *chunk = call_listed(call, call->facts);
    if (chunk == NULL || chunk->count == CALL_FACTS_IN_CHUNK) {
        chunk = take(call, sizeof *chunk);
        chunk->next = call->facts;
        call->facts = ref_of(call, chunk);
    }
    chunk->facts[chunk->count++] = fact;
}

bool
call_is_copy(const struct shm_call *call, uint8_t kind, struct text device, uint32_t monitor)
{
    if (monitor == 0)
        return false;
    struct fact_view view = fact_look(call, fact_key(kind, device), monitor);
    return (view.mine == NULL ? 0 : view.mine->count) < view.most;
}

void
call_copy_facts(struct shm_call *to, const struct shm_call *from)
{
    for (const struct shm_fact_chunk *chunk = call_listed(from, from->facts); chunk != NULL;
         chunk = call_listed(from, chunk->next)) {
        for (uint16_t i = 0; i < chunk->count; i++)
            fact_add(to, chunk->facts[i]);
    }
}

uint32_t
call_fact_count(const struct shm_call *call, uint8_t kind, struct text device, uint32_t monitor)
{
    struct fact_view view = fact_look(call, fact_key(kind, device), monitor);
    return view.mine == NULL ? 0 : view.mine->count;
}

uint32_t
party_fact_count(const struct shm_call *call, const struct shm_party *party, uint8_t kind,
                 uint32_t monitor)
{
    uint32_t count = call_fact_count(call, kind, call_text(call, party->number), monitor);
    for (const struct shm_name *at = call_listed(call, party->aliases); at != NULL;
         at = call_listed(call, at->next))
        count += call_fact_count(call, kind, call_text(call, at->text), monitor);
    return count;
}

bool
call_note_fact(struct shm_call *call, uint8_t kind, struct text device, uint32_t monitor)
{
    if (monitor == 0)
        return true;
    uint32_t key = fact_key(kind, device);
    struct fact_view view = fact_look(call, key, monitor);
    if (view.mine == NULL) {
        fact_add(call, (struct shm_fact){key, monitor, 1, kind});
        return view.most == 0;
    }
    if (view.mine->count < UINT16_MAX)
        view.mine->count++;
    return view.mine->count > view.most;
}
