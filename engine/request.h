#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H

/*
 * engine/request.h - requests that wait for their answer.
 *
 * An answer belongs to the request of its link with its invoke ID; without invoke IDs, to the
 * oldest unanswered request of its kind (a CSTAErrorCode: of any kind). The same ID used again
 * drops the older request. Without IDs, a clear request older than the link's request timeout
 * is answered by nobody any more: it leaves when an answer is looked for.
 *
 * At most `capacity` requests of all links; beyond that the oldest of all is dropped, and its
 * answer, should it come, is an unmatched one. Memory of the front-end (engine/front.h), one
 * thread; put and take need a transaction in hand.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/front.h"

enum request_kind {
    REQUEST_CLEAR_CONNECTION,
    REQUEST_CLEAR_CALL,
    REQUEST_MONITOR_START,
    REQUEST_MONITOR_STOP, /* `call` holds the monitorCrossRefID */
    REQUEST_SNAPSHOT_DEVICE,
    REQUEST_SNAPSHOT_CALL,
    REQUEST_GET_DEVICE_ID,
    REQUEST_KIND_COUNT, /* in request_take(): any kind */
};

static_assert((int)REQUEST_KIND_COUNT == REQUEST_KINDS, "each link has a line for each kind");

struct request_table {
    struct front *front;
    uint32_t capacity;
};

/* request_table_open - over the requests that are there; `capacity` is the same in every life. */
void request_table_open(struct request_table *table, struct front *front, uint32_t capacity);

/* What is asked about a request. `invoke`: at most REQUEST_INVOKE_LENGTH bytes, or none. */
struct request_query {
    uint16_t link;
    enum request_kind kind;
    struct text invoke;
    uint64_t now_ms;     /* the link's clock */
    uint64_t timeout_ms; /* the link's request timeout */
};

/*
 * request_put - a request was sent
 *
 * Returns it, touched, for the caller to fill in call, device and the monitor's flags (zeroed).
 */
struct shm_front_request *request_put(struct request_table *table, const struct request_query *sent,
                                      uint64_t order);

/*
 * request_take - the request an answer belongs to; it is open no longer
 *
 * False, *request untouched, when there is none. An ID that belongs to a request of another kind
 * matches nothing, and that request stays.
 */
bool request_take(struct request_table *table, const struct request_query *answer,
                  struct shm_front_request *request);

/* request_waits - does a request with this invoke ID wait for its answer on the link? */
bool request_waits(const struct request_table *table, uint16_t link, struct text invoke);

static inline struct text
request_call(const struct shm_front_request *request)
{
    return (struct text){request->call, request->call_length};
}

static inline struct text
request_device(const struct shm_front_request *request)
{
    return (struct text){request->device, request->device_length};
}

#endif
