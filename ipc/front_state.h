#ifndef IPC_FRONT_STATE_H
#define IPC_FRONT_STATE_H

/*
 * ipc/front_state.h - what the front-end remembers from one message to the next.
 *
 * All of it lives in one segment, so that a front-end that was killed goes on in its successor
 * (ipc/transaction.h):
 *
 *     journal                      tables
 *   +----------------------------+------------------------------------------ - - -+
 *   | cursors 0, cursors 1, undo | links, requests, monitors, devices, calls      |
 *   +----------------------------+------------------------------------------ - - -+
 *
 * What is small stands in the cursors and flips with the commit; a place in a table is touched
 * before it changes. Nobody but the front-end writes here, nobody at all reads it while it runs.
 * Numbers of places begin at 1, 0 is none. Sizes are those of the largest run: pages never touched
 * cost nothing.
 */

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#include "ipc/counters.h"
#include "ipc/event_record.h"
#include "ipc/gather_state.h"
#include "ipc/live_state.h"
#include "ipc/talk_state.h"
#include "ipc/transaction.h"

enum {
    LINKS_MAX = 4096,
    REQUESTS_MAX = 1 << 16,
    REQUEST_KINDS = 7,
    REQUEST_INVOKE_LENGTH = 4,
    LAST_CALL_SETS = 1 << 14,
    LAST_CALL_WAYS = 4,
    DIRECTORY_MAX = 1 << 20,        /* monitors, and devices */
    DIRECTORY_SLACK = 1 << 12,      /* places more, for entries that are still looked at */
    ROUTE_MAP_MAX = 1 << 20,        /* calls away from home or related */
    ROUTE_MAP_BUCKETS = 1 << 20,    /* power of two */
    ROUTE_SEEN_BITS = 1 << 24,      /* 2 MiB; tells most calls nobody has heard of */
    ROUTE_HELD_SLOTS = 1 << 12,     /* devices that hold a call */
    DECLARED_BYTES = 1 << 24,       /* what traces declare of links */
    FRONT_WORKERS_MAX = 64,         /* WORKERS_MAX */
    FRONT_COUNTERS = COUNTER_STEPS, /* the front-end's own, the first of ipc/counters.def */
    FRONT_LOG_BYTES = 1 << 20,      /* old bytes of one transaction */
    FRONT_UNIT_LOG_BYTES = 1 << 16, /* old bytes of what cannot be committed in parts */
};

/* How the messages of a link are written (engine/dialect.h). */
struct shm_dialect {
    uint8_t told;      /* enum csta_encoding by settings or profile; ENCODING_AUTO: find it out */
    uint8_t found;     /* ENCODING_AUTO: not yet */
    uint8_t ruled_out; /* phases of BER that a message showed it is not (ber_decode.h) */
    uint8_t reserved;
    uint32_t profile_flags;
};

/* What is remembered of a link. Writer: the front-end, as of all that follows. */
struct shm_link {
    char name[EVENT_TEXT_LENGTH + 1]; /* terminated */
    uint8_t announced;                /* the workers were told, and it has not ended since */
    uint8_t changed;                  /* settings changed since they were told */
    uint8_t monitors_asked;           /* a MonitorStart was sent on it */
    uint8_t all_monitored;            /* as last told */
    uint8_t started;                  /* something was said */
    uint8_t timed;                    /* something that was said had a time; the last is time_us */
    uint8_t disabled;                 /* so its SystemStatus said last: its monitors are void */
    struct shm_dialect dialect;       /* of the settings last told */
    uint32_t request_timeout_ms;
    uint32_t last_file; /* number of the last input that may speak of the link */
    uint32_t monitors;  /* numbers given to monitorCrossRefIDs */
    uint32_t epoch;     /* times the switch has lost all monitors: their IDs may mean others now */
    uint16_t index;
    uint8_t down; /* its association or connection has ended, and nothing was said on it since */
    uint8_t lists_calls; /* it has answered a SnapshotCall with parties */
    int64_t time_us;
    uint64_t seq; /* of the last message */
    uint64_t clock_ms;
    int64_t ahead_ms; /* of the link's times over its clock */
};

/* What one monitorCrossRefID means. */
struct shm_monitor {
    uint32_t number; /* on its link, from 1 */
    uint32_t epoch;  /* of the link when it was first heard of */
    uint16_t link;
    uint8_t used;    /* 1: somebody's; 0: a free place, though its texts may still be looked at */
    uint8_t type;    /* enum monitor_type */
    uint8_t granted; /* by a positive answer; else learned, or not known at all */
    uint8_t cross_ref_length;
    uint8_t device_length; /* 0: not known */
    uint8_t reserved;
    char cross_ref[EVENT_TEXT_LENGTH];
    char device[EVENT_TEXT_LENGTH];
    /* The last Delivered it reported while its device was not known: hashes of call and device. */
    uint64_t alerting_call;
    uint64_t alerting_device;
};

/* What is known of one device. */
struct shm_front_device {
    uint32_t configured; /* EVENT_DEVICE_* flags of the configuration */
    uint32_t granted;    /* device monitors granted on it, in that epoch of the link */
    uint32_t epoch;
    uint32_t learned; /* monitors whose device was learned to be this */
    uint16_t link;
    uint8_t used; /* as a monitor's */
    uint8_t number_length;
    uint8_t agent_length;
    uint8_t reserved[3];
    char number[EVENT_TEXT_LENGTH]; /* canonical */
    char agent[EVENT_TEXT_LENGTH];  /* who is logged on there */
};

/* Neighbours in a line of requests, oldest first; 0 at the ends. */
struct shm_front_neighbours {
    uint32_t older;
    uint32_t newer;
};

/* The lines a request stands in. */
enum request_line_kind {
    REQUEST_LINE_KIND, /* those of its link and kind */
    REQUEST_LINE_ALL,
    REQUEST_LINE_COUNT,
};

/* A request that waits for its answer. */
struct shm_front_request {
    uint64_t order;   /* input number of the request */
    uint64_t sent_ms; /* the link's clock then */
    uint16_t link;
    uint8_t kind; /* enum request_kind */
    uint8_t object_is_call;
    uint8_t monitors_calls;
    uint8_t invoke_length; /* 0: it has no invoke ID */
    uint8_t call_length;
    uint8_t device_length;
    char invoke[REQUEST_INVOKE_LENGTH];
    char call[EVENT_TEXT_LENGTH];   /* where it is known */
    char device[EVENT_TEXT_LENGTH]; /* canonical; of the connection, or the monitored object */
    uint32_t next;                  /* with the same hash, or free */
    struct shm_front_neighbours in[REQUEST_LINE_COUNT];
};

struct shm_front_line {
    uint32_t oldest;
    uint32_t newest;
};

/* The call a device was heard of in last. Each message writes one, so what is in use of it is one
 * line of memory with most callIDs. */
struct shm_last_call {
    alignas(SHM_LINE) uint64_t key; /* hash of link and device, 0 for none */
    uint64_t order;
    uint16_t link;
    uint8_t call_length;
    char call[EVENT_TEXT_LENGTH];
    uint8_t reserved[45];
};

/* A call that does not live where its hash says, or that was related to another. */
struct shm_route_entry {
    uint64_t key;        /* hash of (link, callID) */
    uint64_t last_order; /* of the last record pushed for it */
    uint32_t next;       /* with the same hash, or free */
    uint32_t older;      /* neighbours in the line, 0 at its ends */
    uint32_t newer;
    uint32_t group_before; /* neighbours in the group's ring; itself when alone */
    uint32_t group_after;
    uint16_t worker;
    uint16_t link;
    uint8_t call_length;
    char call[EVENT_TEXT_LENGTH]; /* the callID, for the record that sends it home */
    uint8_t reserved[7];
};

/* The call a device put on hold last. */
struct shm_route_held {
    uint64_t device_key;
    uint64_t call_key;
};

enum input_phase {
    INPUT_EXPECTING = 0, /* looking through input `file` for what links it speaks of */
    INPUT_READING,
    INPUT_ENDING,   /* it is read; its links end */
    INPUT_FINISHED, /* FINISH was sent */
};

/* Where the reading of inputs stands. */
struct shm_front_input {
    uint32_t file;    /* number of the input in hand, from 1 */
    uint8_t phase;    /* enum input_phase */
    uint8_t failed;   /* an input could not be read */
    uint8_t format;   /* enum source_format of the input in hand; 0: not looked at yet */
    uint8_t over;     /* nothing more comes of it */
    uint8_t skipping; /* inside a line that was too long */
    uint8_t reserved[7];
    uint64_t offset; /* of what comes next in it */
    uint64_t line;
    uint64_t given; /* messages given out already of what stands there */
    uint64_t bytes; /* of it, counted as read */
    uint64_t complaints;
    uint64_t device; /* which file it is */
    uint64_t inode;
};

/* How far a message is that takes more than one transaction. */
enum begun_step {
    BEGUN_NOTHING = 0,
    BEGUN_TELLING, /* it has its order, its link its time; what comes before it is being told */
    BEGUN_BODY,    /* it has its Seq; all that comes before it was told */
};

struct shm_front_begun {
    uint8_t step;          /* enum begun_step */
    uint8_t tick_due;      /* a tick is still to be told before it */
    uint8_t told_list;     /* which list of the link's configuration is being told */
    uint8_t related;       /* calls related by it: 2 * those done, + 1 if one is being fetched */
    uint8_t related_known; /* that one was heard of before */
    uint8_t reserved[3];
    uint32_t told_index; /* the list's next device */
    uint32_t reserved2;
};

/* A table's places: how many are taken, and how many ever were. */
struct shm_front_places {
    uint32_t count;
    uint32_t used;
    uint32_t free; /* first of those given back; 0 where that is known otherwise */
};

/* The journal's cursors: all that is small. */
struct shm_front_cursors {
    uint64_t order;    /* of the last thing that took one */
    uint64_t complete; /* every record up to this order is staged: the watermark to be */
    uint64_t moves;    /* number of the last move */
    struct shm_front_input input;
    struct shm_front_begun begun;
    struct shm_front_places links;
    struct shm_front_places monitors;
    struct shm_front_places devices;
    struct shm_front_places requests;
    struct shm_front_places routes;
    struct shm_front_places errands;
    struct shm_front_line all_requests;
    struct shm_front_line all_routes;
    uint32_t declared_bytes;   /* used of `declared` */
    uint8_t declared_too_much; /* something was declared that did not fit: no successor can go on */
    uint8_t refused_said;      /* that the directory is full */
    uint8_t record_failed;     /* the recording of that run ended early */
    uint8_t reserved;
    struct shm_live_hand hand; /* what is being done with a live link */
    uint64_t record_bytes;     /* of the recording of live links: its committed length */
    uint64_t record_run;       /* the start of the engine it is of; 0: there is none */
    uint64_t counters[FRONT_COUNTERS];
    uint64_t ring_tails[FRONT_WORKERS_MAX];     /* slots ever published */
    uint64_t closed_cursors[FRONT_WORKERS_MAX]; /* reports ever taken */
    uint64_t retold[FRONT_WORKERS_MAX];         /* losses of calls after which all was told again */
};

/* The tables. */
struct shm_front_tables {
    struct shm_link links[LINKS_MAX];
    struct shm_front_line request_lines[LINKS_MAX * REQUEST_KINDS];
    uint32_t request_buckets[REQUESTS_MAX]; /* by hash of link and invoke ID */
    struct shm_front_request requests[REQUESTS_MAX + 1];
    struct shm_last_call last_calls[LAST_CALL_SETS * LAST_CALL_WAYS];
    uint8_t route_seen[ROUTE_SEEN_BITS / 8]; /* a bit for each hash of a call heard of */
    struct shm_route_held route_held[ROUTE_HELD_SLOTS];
    uint32_t route_buckets[ROUTE_MAP_BUCKETS];
    struct shm_route_entry routes[ROUTE_MAP_MAX + 1];
    struct shm_monitor monitors[DIRECTORY_MAX + DIRECTORY_SLACK + 1];
    struct shm_front_device devices[DIRECTORY_MAX + DIRECTORY_SLACK + 1];
    struct shm_live_link live[LIVE_LINKS_MAX];
    struct shm_gather gathers[GATHERS_MAX];
    struct shm_talk talks[LIVE_LINKS_MAX]; /* by place in `live` */
    uint32_t errand_buckets[ERRAND_BUCKETS];
    struct shm_errand errands[ERRANDS_MAX + 1];
    struct shm_device_id device_ids[ERRANDS_MAX + 1]; /* of an errand's device; few links ask */
    /* {link, key, value} each behind its length, in the order of the input; only ever appended to:
     * what is behind cursors.declared_bytes says nothing */
    uint8_t declared[DECLARED_BYTES];
};

static_assert(sizeof(struct shm_dialect) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_link) == 136, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_monitor) == 160, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_device) == 152, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_neighbours) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_request) == 176, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_line) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_last_call) == 128, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_route_entry) == 112, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_route_held) == 16, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_input) == 72, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_begun) == 16, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_places) == 12, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_cursors) <= TRANSACTION_CURSORS_MAX, "fits its place");
static_assert(sizeof(struct shm_front_cursors) == 1920, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_front_tables) % 8 == 0, "bump SHM_LAYOUT_VERSION");

/* Bytes of the whole: engine_shape.frontend_bytes. */
uint64_t front_state_bytes(void);

/* Where the tables begin, from the journal's first byte. */
uint64_t front_tables_offset(void);

#endif
