#ifndef ENGINE_ROUTE_H
#define ENGINE_ROUTE_H

/*
 * engine/route.h - which worker gets a record, and how it gets there.
 *
 * A call lives in one worker: its home (hash_text(link, callID) % workers) unless it was moved.
 * An event that relates calls (Conferenced, Transferred) goes to the worker of its primary call,
 * and the other calls go there first, with all that they were related to: MOVE_OUT to the worker
 * that has one, MOVE_IN with the same number to the one that gets it (docs/architecture.md,
 * "Related calls"). From then on they are a group and move together: a request for a call that
 * was joined to another concerns the other. Where a call lives never changes what is reported.
 *
 * Records are staged in ring slots (ipc/ring_spsc.h); with what the front-end remembers of them
 * they are committed and become visible together:
 *
 *   route_reserve -> route_event, route_call, route_broadcast, ... -> route_complete(order)
 *                 -> route_publish
 *
 * Nothing is staged where it might not fit: route_reserve() sees that every ring has room for all
 * that one message can say, and the journal for the old bytes. Where that is not so it publishes
 * what is staged and waits, with nothing in hand: nothing is dropped. An event that relates more
 * calls than that is published in parts, each a whole move, and `begun` says how far it is.
 * So whoever waits here holds nothing back, and the workers need nothing else from us to go on.
 *
 * Caller: the front-end's decode loop only. Every event must have link, order, seq and clock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/route_map.h"
#include "ipc/shared_engine.h"

enum {
    ROUTE_GROUP_MAX = 4096, /* calls that move together; what is cut off is counted */
    ROUTE_SPINS = 200,      /* looks at a full ring before sleeping */
    ROUTE_MESSAGE_SLOTS = EVENT_RECORD_SLOTS + 64, /* that one message can take in one ring */
};

struct route {
    struct shared_engine *engine;
    uint32_t index; /* which front-end this is */
    struct front *front;
    struct shm_counters *counters;
    uint32_t workers;
    struct ring_spsc *rings;  /* its own, [workers] */
    struct ring_spsc *closed; /* likewise */
    struct route_map map;
    bool pinned; /* entries are in use: what workers forget waits */
    /* A call ends as stale soon; called by route_publish(), with a transaction in hand, and may
     * change what is committed with it. NULL: nobody can be asked. */
    void (*ask_about)(void *context, uint16_t link, struct text call);
    /* There is no room, and has not been for a while; called by route_reserve(), again and again,
     * with all committed that was in hand. NULL: there is nothing to do meanwhile. */
    void (*waits)(void *context);
    /* Something is committed now, perhaps within a message; what belongs to it can be written
     * elsewhere before, and how far that is be committed with it. NULL: there is nothing. */
    void (*before_commit)(void *context);
    void *context;
    struct event move;     /* the record being made */
    struct event snapshot; /* a worker's part of an answer */
};

/*
 * route_open - over rings attached as producer, closed rings as consumer
 *
 * As front-end `index`. Goes on where `front` ends: its cursors, counters and watermark are
 * published, and everybody is rung. `map_capacity`: calls that may live away from home at one
 * time; at least 4.
 */
void route_open(struct route *route, struct shared_engine *engine, uint32_t index,
                struct front *front, uint32_t map_capacity);

/*
 * route_reserve - begin a transaction if none is in hand, and see that a message's records fit
 *
 * Where they do not, commits what is in hand: whoever calls this must be able to go on from there.
 */
void route_reserve(struct route *route);

/* route_event - a call-control event to its call's worker, with the moves it needs before it. */
void route_event(struct route *route, const struct event *event);

/* route_call - a request, an answer or a snapshot to the worker of TEXT_CALL. */
void route_call(struct route *route, const struct event *event);

/* route_broadcast - to every worker. */
void route_broadcast(struct route *route, const struct event *event);

/*
 * route_snapshot_device - a SNAPSHOT_DEVICE to every worker, each with its own calls' items
 *
 * A worker that gets no item gets the record all the same: what is absent counts. So whoever is
 * told of an unknown call is the one where it lives.
 */
void route_snapshot_device(struct route *route, const struct event *event);

/* route_complete - all that belongs to this order was given to the functions above. */
void route_complete(struct route *route, uint64_t order);

/*
 * route_publish - take what workers report, commit, show what was staged, set the watermark, ring
 * whom it concerns
 *
 * `everybody`: ring workers that got nothing as well; before a pause, so that their progress
 * does not keep the publisher waiting.
 */
void route_publish(struct route *route, bool everybody);

/* route_worker - where the call lives as far as the next record is concerned. For tests. */
uint32_t route_worker(const struct route *route, uint16_t link, struct text call);

#endif
