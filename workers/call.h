#ifndef WORKERS_CALL_H
#define WORKERS_CALL_H

/*
 * workers/call.h - what is inside one call's block: parties, acts, requests, names, facts.
 *
 * Adding needs room that call_table_reserve() has made before (CHECK): call_room() says how much.
 * Returned pointers live until the block moves.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "ipc/call_record.h"
#include "ipc/event_record.h"

enum {
    CALL_ROOM_STEP = 576, /* parties, act, facts of one event, without its texts */
    CALL_ROOM_TEXT = 96,  /* the longest text, padded, with a shm_name beside it */
    /* A listed connection, without its texts: a party and two more names. */
    CALL_ROOM_ITEM = sizeof(struct shm_party) + 2 * sizeof(struct shm_name),
    CALL_ROOM_ENDS = 24576, /* of the largest block, kept for clearings */
    CALL_ROOM_LAST = 2048,  /* of these, kept for the end of the call */
};

/* call_room - bytes that handling this event may add to a call, at the most. */
uint32_t call_room(const struct event *event);

/* What stands at `ref`, which is not 0. */
static inline void *
call_at(const struct shm_call *call, call_ref ref)
{
    return (uint8_t *)(uintptr_t)call + (uint32_t)ref * CALL_UNIT;
}

/* The text at `ref`; TEXT_NONE for 0. Lives in the block. */
static inline struct text
call_text(const struct shm_call *call, call_ref ref)
{
    if (ref == 0)
        return TEXT_NONE;
    const struct shm_text *text = (const struct shm_text *)call_at(call, ref);
    return (struct text){text->bytes, text->length};
}

/* call_add_text - copy a text in (0 for an empty one); one that stands in the block already is
 * referred to, not copied. */
call_ref call_add_text(struct shm_call *call, struct text text);

/* An element of a list, NULL at its end. */
static inline void *
call_listed(const struct shm_call *call, call_ref ref)
{
    return ref == 0 ? NULL : call_at(call, ref);
}

/* Iteration: first and next party, NULL at the end. In the order they joined. */
static inline struct shm_party *
call_first_party(const struct shm_call *call)
{
    return (struct shm_party *)call_listed(call, call->parties);
}

static inline struct shm_party *
call_next_party(const struct shm_call *call, const struct shm_party *party)
{
    return (struct shm_party *)call_listed(call, party->next);
}

#define FOR_EACH_PARTY(party, call)                                                                \
    for (struct shm_party *party = call_first_party(call); party != NULL;                          \
         party = call_next_party(call, party))

/* call_add_party - a new last party, state LOCAL_NULL, all else zero. */
struct shm_party *call_add_party(struct shm_call *call, struct text number);

static inline bool
party_is_active(const struct shm_party *party)
{
    return (party->flags & PARTY_ENDED) == 0;
}

/* Alerting or queued: nobody has talked to it yet. */
static inline bool
party_is_waiting(const struct shm_party *party)
{
    return party->state == LOCAL_ALERTING || party->state == LOCAL_QUEUED;
}

/* Talks, holds or dials: somebody a conversation can go on with. */
static inline bool
party_is_engaged(const struct shm_party *party)
{
    return party->state == LOCAL_CONNECTED || party->state == LOCAL_HOLD ||
           party->state == LOCAL_INITIATED;
}

/* The entry of that name among a party's other names; NULL: its number, or none of its names. */
struct shm_name *party_alias(const struct shm_call *call, const struct shm_party *party,
                             struct text name);

bool party_is_named(const struct shm_call *call, const struct shm_party *party, struct text name);

/* The active party of that name, else NULL. */
struct shm_party *call_active_party(const struct shm_call *call, struct text name);

/* The party of that name: the active one, else the last that ended, else NULL. */
struct shm_party *call_party(const struct shm_call *call, struct text name);

/* The active anonymous caller, or NULL. */
struct shm_party *call_anonymous_party(const struct shm_call *call);

/* party_learn_name - give a party another name it goes by (first its number, then aliases). */
void party_learn_name(struct shm_call *call, struct shm_party *party, struct text name);

/* party_prefer_name - one of its other names becomes its number, and its number another name. */
void party_prefer_name(struct shm_call *call, struct shm_party *party, struct text name);

/* party_learn_names_of - it goes by all the names `same` goes by in another call. */
void party_learn_names_of(struct shm_call *call, struct shm_party *party,
                          const struct shm_call *other, const struct shm_party *same);

call_ref party_ref(const struct shm_call *call, const struct shm_party *party);

struct shm_act *call_add_act(struct shm_call *call);

static inline struct shm_act *
call_first_act(const struct shm_call *call)
{
    return (struct shm_act *)call_listed(call, call->acts);
}

static inline struct shm_act *
call_next_act(const struct shm_call *call, const struct shm_act *act)
{
    return (struct shm_act *)call_listed(call, act->next);
}

#define FOR_EACH_ACT(act, call)                                                                    \
    for (struct shm_act *act = call_first_act(call); act != NULL; act = call_next_act(call, act))

struct shm_request *call_add_request(struct shm_call *call);

static inline struct shm_request *
call_first_request(const struct shm_call *call)
{
    return (struct shm_request *)call_listed(call, call->requests);
}

static inline struct shm_request *
call_next_request(const struct shm_call *call, const struct shm_request *request)
{
    return (struct shm_request *)call_listed(call, request->next);
}

#define FOR_EACH_REQUEST(request, call)                                                            \
    for (struct shm_request *request = call_first_request(call); request != NULL;                  \
         request = call_next_request(call, request))

/* Names of devices that are no parties, with NAME_* flags to add. */
void call_note_name(struct shm_call *call, struct text name, uint16_t flags);
const struct shm_name *call_find_name(const struct shm_call *call, struct text name);

/* fact_subject - what, with its type, tells facts of one call apart: the device of the subject
 * connection; for joins the other old call, as one device may join several. */
struct text fact_subject(const struct event *event);

/*
 * call_note_fact - count one report of a fact by one monitor
 *
 * True if it is new: the n-th report by one monitor is the n-th fact, and nobody reported that
 * many before. Without a monitor (0) every report is new. May need one shm_fact_chunk of room.
 */
bool call_note_fact(struct shm_call *call, uint8_t kind, struct text device, uint32_t monitor);

/* call_copy_facts - `to`, which has none yet, knows all facts `from` knows. Room for from->used. */
void call_copy_facts(struct shm_call *to, const struct shm_call *from);

/* call_is_copy - would call_note_fact() say "not new"? Changes nothing. */
bool call_is_copy(const struct shm_call *call, uint8_t kind, struct text device, uint32_t monitor);

/* call_fact_count - how often this monitor has reported the fact so far. */
uint32_t call_fact_count(const struct shm_call *call, uint8_t kind, struct text device,
                         uint32_t monitor);

/* party_fact_count - likewise, of the party under all its names. */
uint32_t party_fact_count(const struct shm_call *call, const struct shm_party *party, uint8_t kind,
                          uint32_t monitor);

#endif
