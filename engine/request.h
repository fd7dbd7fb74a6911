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
 * answer, should it come, is an unmatched one. Nothing is allocated after request_table_open().
 * Private memory of the front-end, one thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/settings.h"
#include "ipc/event_record.h"

enum {
    REQUESTS_MAX = 1 << 16,
    REQUEST_INVOKE_LENGTH = 4,
};

enum request_kind {
    REQUEST_CLEAR_CONNECTION,
    REQUEST_CLEAR_CALL,
    REQUEST_MONITOR_START,
    REQUEST_MONITOR_STOP, /* `call` holds the monitorCrossRefID */
    REQUEST_SNAPSHOT_DEVICE,
    REQUEST_SNAPSHOT_CALL,
    REQUEST_KIND_COUNT, /* in request_take(): any kind */
};

/* The lines a request stands in. */
enum request_line_kind {
    REQUEST_LINE_KIND, /* those of its link and kind */
    REQUEST_LINE_ALL,
    REQUEST_LINE_COUNT,
};

/* Neighbours in a line, oldest first; numbers from 1, 0 at the ends. */
struct request_neighbours {
    uint32_t older;
    uint32_t newer;
};

struct request {
    uint64_t order;   /* input number of the request */
    uint64_t sent_ms; /* the link's clock then */
    uint16_t link;
    uint8_t kind; /* enum request_kind */
    bool object_is_call;
    bool monitors_calls;
    uint8_t invoke_length; /* 0: it has no invoke ID */
    uint8_t call_length;
    uint8_t device_length;
    char invoke[REQUEST_INVOKE_LENGTH];
    char call[EVENT_TEXT_LENGTH];   /* where it is known */
    char device[EVENT_TEXT_LENGTH]; /* canonical; of the connection, or the monitored object */
    /* the table's own */
    uint32_t next; /* with the same hash, or free */
    struct request_neighbours in[REQUEST_LINE_COUNT];
};

struct request_line {
    uint32_t oldest;
    uint32_t newest;
};

struct request_table {
    struct request *requests; /* [capacity + 1]; number 0 is not used */
    uint32_t *buckets;        /* by hash of link and invoke ID, [bucket_mask + 1] */
    uint32_t bucket_mask;
    uint32_t capacity;
    uint32_t used;
    uint32_t free;
    struct request_line all;
    struct request_line *lines; /* [LINKS_MAX * REQUEST_KIND_COUNT] */
};

bool request_table_open(struct request_table *table, uint32_t capacity);
void request_table_close(struct request_table *table);

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
 * Returns it for the caller to fill in call, device and the monitor's flags (zeroed).
 */
struct request *request_put(struct request_table *table, const struct request_query *sent,
                            uint64_t order);

/*
 * request_take - the request an answer belongs to; it is open no longer
 *
 * False, *request untouched, when there is none. An ID that belongs to a request of another kind
 * matches nothing, and that request stays.
 */
bool request_take(struct request_table *table, const struct request_query *answer,
                  struct request *request);

static inline struct text
request_call(const struct request *request)
{
    return (struct text){request->call, request->call_length};
}

static inline struct text
request_device(const struct request *request)
{
    return (struct text){request->device, request->device_length};
}

#endif
