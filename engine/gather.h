#ifndef ENGINE_GATHER_H
#define ENGINE_GATHER_H

/*
 * engine/gather.h - an answer to a snapshot that comes in segments becomes one.
 *
 *   SnapshotDeviceResponse{serviceCrossRefID} -> gather_begin
 *   SnapshotDeviceData, ..., lastSegment      -> gather_add, at last true
 *
 * Memory of the front-end (engine/front.h); a transaction is in hand. More than EVENT_ITEMS_MAX
 * connections, or a segment that is missing, make it a partial answer, which proves nothing.
 *
 * Caller: engine/message.c.
 */

#include "engine/csta/csta_message.h"
#include "engine/request.h"

/* gather_begin - the request's answer will come in segments called `ref`. */
void gather_begin(struct front *front, const struct shm_link *link, struct text ref,
                  const struct shm_front_request *request, uint64_t order);

/*
 * gather_add - a segment, decoded and complete
 *
 * True when it was the last of an answer we wait for: message->event.items are those of all
 * segments, message->whole says if nothing is missing, *request is what was answered (order,
 * kind, invoke, call or device). The texts are good until the next gather_begin().
 */
bool gather_add(struct front *front, const struct shm_link *link, struct csta_message *message,
                struct shm_front_request *request);

#endif
