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
 * Records are staged in ring slots (ipc/ring_spsc.h) and become visible together:
 *
 *   route_event, route_call, route_broadcast, ... -> route_complete(order) -> route_publish
 *
 * A full ring publishes all that is staged everywhere and waits: nothing is dropped. Waiting
 * also takes what workers report as forgotten, so the two never wait for each other.
 *
 * Caller: the front-end's decode loop only. Every event must have link, order, seq and clock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/route_map.h"
#include "ipc/shared_engine.h"

enum {
    ROUTE_SEEN_BITS = 1 << 24, /* 2 MiB; tells most calls nobody has heard of */
    ROUTE_HELD_SLOTS = 1 << 12,
    ROUTE_GROUP_MAX = 4096, /* calls that move together; what is cut off is counted */
    ROUTE_SPINS = 200,      /* looks at a full ring before sleeping */
};

/* The call a device put on hold last. */
struct route_held {
    uint64_t device_key;
    uint64_t call_key;
};

struct route {
    struct shared_engine *engine;
    struct shm_counters *counters;
    uint32_t workers;
    uint64_t complete; /* every record up to this order is staged or published */
    uint64_t moves;    /* number of the last move */
    struct route_map map;
    bool pinned;   /* entries are in use: what workers forget is only noted */
    uint32_t gone; /* first of those noted, ROUTE_NONE for none */
    uint8_t *seen; /* a bit for each hash of a call that records were pushed for */
    struct route_held *held;
    struct event move;     /* the record being made */
    struct event snapshot; /* a worker's part of an answer */
};

/*
 * route_open - over rings attached as producer, closed rings as consumer
 *
 * `map_capacity`: calls that may live away from home at one time; at least 4. With one worker
 * nothing else is allocated. False when memory is out.
 */
bool route_open(struct route *route, struct shared_engine *engine, uint32_t map_capacity);
void route_close(struct route *route);

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
 * route_publish - show what is staged, set the watermark, ring whom it concerns
 *
 * `everybody`: ring workers that got nothing as well; before a pause, so that their progress
 * does not keep the publisher waiting.
 */
void route_publish(struct route *route, bool everybody);

/* route_worker - where the call lives as far as the next record is concerned. For tests. */
uint32_t route_worker(const struct route *route, uint16_t link, struct text call);

#endif
