#ifndef IPC_CALL_RECORD_H
#define IPC_CALL_RECORD_H

/*
 * ipc/call_record.h - a worker's call table, byte by byte.
 *
 *   segment: +--------+-------+---------+----------------+-------+-------+-------+-------+----- - -
 *            | header | links | devices | device indexes | index | slots | waits | works | blocks
 *            +--------+-------+---------+----------------+-------+-------+-------+-------+----- - -
 *
 * A call is one slot (fixed place: its key, its usual spans), its waits (the other spans) and one
 * block (everything the rules know of it). A block holds only offsets into itself, so it grows,
 * and moves to another worker, by memcpy. Everything in it is allocated front to back and never
 * freed before the block is.
 *
 * A block is as long as what is in it. While a transaction works on a call, a copy of it stands in
 * one of the works, which have room to grow, and what it was stays where it was; before the commit
 * it goes into a block of its size. So no slot names a work once a transaction is committed.
 *
 *   block:   +----------+----------------------------------------------------------+------+
 *            | shm_call | parties, acts, requests, facts, names, texts as they come | free |
 *            +----------+----------------------------------------------------------+------+
 *
 * Writer of all of it: the one worker that owns the segment.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CALL_UNIT = 8,              /* bytes one block offset counts */
    CALL_BLOCK_UNIT = 64,       /* blocks begin, and end, at a multiple of it */
    CALL_BLOCK_MIN = 192,       /* bytes of the smallest block */
    CALL_BLOCK_MAX = 1 << 18,   /* bytes of the largest: some thousand parties */
    CALL_LINKS_MAX = 4096,      /* links one worker knows */
    CALL_DEVICES_MAX = 1 << 20, /* devices a worker can be told of */
    CALL_DEVICE_TEXT = 64,
    CALL_FACTS_IN_CHUNK = 9,
    CALL_WORKS = 64,        /* places where calls are worked on */
    CALL_WORK_BYTES = 3008, /* of one; an odd number of lines, so that they share no cache sets */
};

/* Offset inside a block in units of CALL_UNIT; 0 is "none" (the header stands there). */
typedef uint16_t call_ref;

/* What a call waits for; each is a list ordered by due time. */
enum call_span {
    SPAN_WAIT,   /* an act waits for the answer to a request */
    SPAN_SIGHT,  /* after a transfer: is anybody left whom we see? */
    SPAN_QUIET,  /* nobody left whom we see, after a diversion */
    SPAN_LINGER, /* ended: remembers what it saw, for late copies */
    SPAN_IDLE,   /* every living call, by its last message */
    SPAN_DOUBT,  /* spoken of since the loss, but not of every monitored party: until a snapshot */
    SPAN_COUNT,
};

enum call_life {
    CALL_EMBRYO = 0, /* only requests were seen; no call-control event yet */
    CALL_LIVING,
    CALL_ENDED, /* EventCallDeleted is decided, or the call was joined to another */
};

enum {
    CALL_FROM_START = 1 << 0, /* its first message opens calls: nothing was missed */
    CALL_WATCHED = 1 << 1,    /* a call monitor follows it to its end */
    CALL_CONSULT = 1 << 2,    /* begun by a consultation */
    CALL_OUTBOUND = 1 << 3,   /* NetworkReached was seen */
    CALL_INBOUND = 1 << 4,    /* came from the network */
    CALL_CONFERENCE = 1 << 5, /* was a conference at some time */
    CALL_HAD_PARTY = 1 << 6,
    CALL_HAD_CLEARING = 1 << 7, /* some connection of it has cleared */
    CALL_FAILED = 1 << 8,       /* in failure, failure_cause says why */
    CALL_HAS_TIMES = 1 << 9,    /* start_us is valid */
    CALL_ANSWERED = 1 << 10,    /* answer_us is valid */
    CALL_DELETE_TOLD = 1 << 11, /* EventCallDeleted is out, or there is none to tell */
    CALL_REGAINED = 1 << 12,    /* may have been known before the worker lost its calls */
    CALL_OVER_BEFORE = 1 << 13, /* ... and all that was heard since may have been told then */
    CALL_BOTH_NAMED = 1 << 14,  /* its first message is its answer, and names the two who talk */
};

struct shm_call {
    uint32_t used;     /* bytes of the block in use, multiple of CALL_UNIT */
    uint32_t capacity; /* bytes of the block */
    uint64_t first_order;
    uint64_t conn_id;
    int64_t start_us;
    int64_t answer_us;
    uint64_t deleted_seq; /* what EventCallDeleted will say */
    int64_t deleted_us;
    uint64_t new_conn_id;  /* of the call this one was joined to, 0 none */
    uint64_t joined_key;   /* its key, 0 none */
    uint64_t listed_order; /* of the last message that listed all its parties, 0 none */
    uint64_t asked_order;  /* of the message at which the switch was last to be asked for one */
    uint32_t flags;
    uint8_t life;
    uint8_t failure_cause;
    uint8_t deleted_cause;
    uint8_t deleted_has_time;
    call_ref call_id;
    call_ref ani;
    call_ref dnis;
    call_ref queue;
    call_ref linkage;
    call_ref controller; /* conferencing device of the last Conferenced */
    call_ref parties;    /* in the order they joined */
    call_ref acts;
    call_ref requests;
    call_ref names;
    call_ref facts;
    call_ref deleted_act;
    uint16_t untold;      /* parties that ended and were not told yet */
    uint16_t ended_count; /* parties ended so far: numbers the ends */
    uint16_t fact_count;  /* facts so far; stays at its largest */
    uint16_t answer_fact; /* number of the first answer; 0 none */
    uint64_t checksum;    /* of what is in use, this word as 0; 0: not known */
};

static_assert(sizeof(struct shm_call) == 136, "bump SHM_LAYOUT_VERSION");

enum {
    PARTY_ENDED = 1 << 0,
    PARTY_TOLD = 1 << 1, /* its end is out, or there is nothing to tell of it */
    PARTY_TALKED = 1 << 2,
    PARTY_ANSWERED = 1 << 3, /* answer_us is valid */
    PARTY_ALERTED = 1 << 4,
    PARTY_BRIDGED = 1 << 5,
    PARTY_QUEUE = 1 << 6, /* a device of a QueuedEvent */
    PARTY_CALLER = 1 << 7,
    PARTY_ALONE = 1 << 8,     /* will end in the act `act`, whoever is named */
    PARTY_HAS_START = 1 << 9, /* start_us is valid */
    PARTY_END_HAS_TIME = 1 << 10,
    PARTY_OBSERVER = 1 << 11, /* joined by silent participation */
    PARTY_DYNAMIC = 1 << 12,  /* its number is a dynamic device ID: no message named its device */
    PARTY_UNSURE = 1 << 13,   /* it may have cleared, under an ID that nobody explained */
    PARTY_PLAIN = 1 << 14,    /* its connection goes by its number: it has no dynamic device ID */
};

struct shm_party {
    call_ref next;
    call_ref number;  /* canonical; 0: an anonymous caller */
    call_ref aliases; /* shm_name list: other names the switch uses for it (dynamic IDs, trunks) */
    call_ref act;     /* the act it ended in, or will (PARTY_ALONE) */
    call_ref other;   /* number of the one other party, for OtherDN */
    uint16_t flags;
    uint16_t end_index; /* order of ends within the call */
    uint8_t state;      /* enum local_state; after its end: the last one */
    uint8_t end_cause;
    uint8_t end_call_state; /* T-Library CallState of its DN event */
    uint8_t phones;         /* connections under this number that alert */
    uint8_t silent_clears;  /* clearings to swallow after the answer */
    uint8_t reserved;
    uint16_t joined_fact;   /* number of the call's fact by which it joined */
    uint16_t answered_fact; /* ... by which its own connection was established; 0 none */
    uint64_t answered_clock_ms;
    int64_t start_us;
    int64_t answer_us;
    uint64_t end_seq; /* of the message that ended it; before, the order of what made it known */
    int64_t end_us;
    uint64_t seen_order; /* of the last message that showed its own connection to be there */
};

static_assert(sizeof(struct shm_party) == 72, "bump SHM_LAYOUT_VERSION");

enum {
    ACT_WAITING = 1 << 0,         /* the verdict hangs on the answer to a request */
    ACT_ENDS_ALL = 1 << 1,        /* everybody left is alone in it */
    ACT_ELSE_UNANSWERED = 1 << 2, /* unless a request of ours was granted, it is a no-answer */
    ACT_FIXED = 1 << 3,           /* the verdict never changes: no-answer, transfer, lost, ... */
    ACT_ELSE_DIVERTED = 1 << 4,   /* unless a request of ours was granted, it is a diversion */
    ACT_FAILED = 1 << 5,          /* the call was in failure when it began */
    ACT_OBSERVER = 1 << 6,        /* an observer leaves */
    ACT_FIRST_CLEARING = 1 << 7,
    ACT_FOLLOWS = 1 << 8, /* the other of two cleared while the first one's act was undecided */
    ACT_GRANTED = 1 << 9, /* a request of ours that bears on it was granted */
    ACT_VETOED = 1 << 10,
    ACT_GAP = 1 << 11,   /* begun in a call that may have parties of whom we were never told */
    ACT_BLIND = 1 << 12, /* what would tell who asked may have been lost: only requests count */
};

/* One decision to end connections, and what is known about who took it. */
struct shm_act {
    call_ref next;
    call_ref subject;   /* the party whose clearing began it; 0 for CallCleared */
    call_ref initiator; /* number of who asked; 0 unknown */
    call_ref releasing; /* what the clearing's releasingDevice named, if it fits the call */
    call_ref monitor;   /* the device whose monitor told us */
    uint16_t flags;
    uint8_t evidence;
    uint8_t reason;
    uint8_t cause;
    uint8_t local_state;
    uint8_t counted; /* parties just before, the subject included (255: that or more) */
    uint8_t failure_cause;
    call_ref pair[2]; /* who counted just before, if they were one or two */
    uint64_t tick_ms; /* last tick of the link before the clearing */
    uint64_t order;   /* of the clearing: requests sent later have nothing to do with it */
    uint8_t rule;     /* enum rule: what decided who asked */
    uint8_t scope;    /* enum rule: who else ends; 0 nobody */
    uint8_t found;    /* 1 << enum finding */
    uint8_t number;   /* of the act in its call, from 1; 255: that or later */
    uint32_t reserved;
};

static_assert(sizeof(struct shm_act) == 48, "bump SHM_LAYOUT_VERSION");

enum request_state {
    REQUEST_PENDING = 0,
    REQUEST_STATE_GRANTED,
    REQUEST_STATE_REFUSED,
    REQUEST_STATE_USED,
};

struct shm_request {
    uint64_t id; /* order of the request message */
    uint64_t sent_ms;
    uint64_t answered_ms;
    call_ref next;
    call_ref target;    /* device whose connection is to be cleared; 0 not said */
    call_ref requester; /* 0: nobody named */
    uint8_t state;      /* enum request_state */
    uint8_t clears_call;
};

static_assert(sizeof(struct shm_request) == 32, "bump SHM_LAYOUT_VERSION");

enum {
    NAME_FAILED = 1 << 0,    /* a FailedEvent named it */
    NAME_ELSEWHERE = 1 << 1, /* the call was sent there, or came from there: no name of a party */
    NAME_ANSWERED = 1 << 2,  /* of several phones under one number, the one that was answered */
};

/* A device named in the call that is no party; or another name of a party. */
struct shm_name {
    call_ref next;
    call_ref text;
    uint16_t flags; /* NAME_* */
    uint16_t reserved;
};

/* How often one monitor reported one fact (type and subject connection). */
struct shm_fact {
    uint32_t key;
    uint32_t monitor;
    uint16_t count;
    uint16_t kind; /* enum event_kind, for onlookers */
};

struct shm_fact_chunk {
    call_ref next;
    uint16_t count;
    uint32_t reserved;
    struct shm_fact facts[CALL_FACTS_IN_CHUNK];
    uint32_t reserved2;
};

static_assert(sizeof(struct shm_name) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_fact) == 12, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_fact_chunk) == 120, "bump SHM_LAYOUT_VERSION");

/* A text in a block: length byte, then the bytes, padded to CALL_UNIT. */
struct shm_text {
    uint8_t length;
    char bytes[CALL_UNIT - 1]; /* and on into the next units */
};

struct shm_span {
    uint64_t due_ms;   /* link clock; SPAN_IDLE: when it was last touched */
    uint32_t previous; /* slot numbers, 0 none */
    uint32_t next;
};

/* Is the slot's call still found by its callID? */
enum call_detachment {
    CALL_ATTACHED = 0,
    CALL_REPLACED,   /* no: a later call has this callID now; kept until all is told */
    CALL_UNREPORTED, /* no: forgotten, but the front-end could not be told yet; touched_order
                        holds the key to tell */
};

/* One line of the cache: with its block, all that most events change of a call. */
struct shm_call_slot {
    uint64_t key;           /* hash of (link, callID); 0: free */
    uint64_t last_order;    /* of the last record handled for it */
    uint64_t touched_order; /* of the last call-control message, for resynchronisation */
    uint32_t block;         /* where it begins, in units of 64 from the table's first byte; of a
                               free slot: the next free one */
    uint16_t link;
    uint8_t spans;    /* bit i: on the list of span i */
    uint8_t detached; /* enum call_detachment */
    struct shm_span idle;
    struct shm_span linger;
};

/* The places of a slot's call in the lists it is seldom on. */
struct shm_call_waits {
    struct shm_span wait;
    struct shm_span sight;
    struct shm_span quiet;
    struct shm_span doubt;
};

static_assert(sizeof(struct shm_text) == CALL_UNIT, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_span) == 16, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_call_slot) == 64, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_call_waits) == 64, "bump SHM_LAYOUT_VERSION");

/* Where the slot's block begins, in bytes from the table's first. */
static inline uint64_t
call_block_offset(const struct shm_call_slot *slot)
{
    return (uint64_t)slot->block * CALL_BLOCK_UNIT;
}

struct shm_span_list {
    uint32_t head; /* slot numbers, 0 none */
    uint32_t tail;
};

/* What a worker knows of a link. */
struct shm_worker_link {
    uint8_t known;
    uint8_t name_length;
    uint8_t profile;
    uint8_t has_time;  /* last_us is valid */
    uint32_t flags;    /* EVENT_LINK_* */
    uint64_t tick_ms;  /* last tick handled */
    uint64_t clock_ms; /* of the last message */
    uint64_t last_seq;
    int64_t last_us;
    uint64_t request_timeout_ms;
    uint64_t stale_after_ms;
    uint64_t lost_order; /* calls untouched since may have ended unseen; 0 never lost */
    uint64_t lost_ms;    /* its clock then */
    uint64_t up_ms;      /* spans that ended while the link was down end then; 0: it is down */
    uint64_t
        regained_ms;    /* its clock when all was told again, after our calls were lost; 0 never */
    uint32_t asked;     /* of SPAN_IDLE's list: the last call asked about, as all before it were */
    uint32_t tried_out; /* calls asked about to learn whether the switch tells who is in a call */
    struct shm_span_list spans[SPAN_COUNT];
    char name[CALL_DEVICE_TEXT];
};

/* What a worker knows of a device: only devices something was said about. */
struct shm_device {
    uint64_t key;   /* hash of (link, number) */
    uint32_t flags; /* EVENT_DEVICE_* */
    uint16_t link;
    uint8_t number_length;
    uint8_t agent_length;
    char number[CALL_DEVICE_TEXT];
    char agent[CALL_DEVICE_TEXT];
};

static_assert(sizeof(struct shm_span_list) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_worker_link) == 208, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_device) == 144, "bump SHM_LAYOUT_VERSION");

/* A call on its way between workers: this header, then the block's used bytes, through a lane. */
struct shm_move {
    uint64_t number; /* of the move: OUT and IN name the same */
    uint64_t key;
    uint64_t last_order;
    uint64_t touched_order;
    uint64_t due_ms[SPAN_COUNT];
    uint32_t bytes; /* of the block; 0: nobody has heard of that call */
    uint16_t link;
    uint16_t spans;
};

static_assert(sizeof(struct shm_move) == 88, "bump SHM_LAYOUT_VERSION");

/* An index entry: open addressing, linear probing from tag & mask on, deletion by shifting back. */
struct shm_index_entry {
    uint32_t tag;  /* upper half of the key */
    uint32_t slot; /* 0: free */
};

static_assert(sizeof(struct shm_index_entry) == 8, "bump SHM_LAYOUT_VERSION");

enum {
    CALL_CLASSES = 34, /* block sizes: 192, 256, ... 1024; four to a doubling; from 4096 on two */
};

struct shm_call_table {
    uint64_t segment_bytes;
    uint32_t max_calls;
    uint32_t index_mask;
    uint64_t links_offset;
    uint64_t devices_offset;
    uint64_t device_index_offset;
    uint64_t index_offset;
    uint64_t slots_offset;
    uint64_t waits_offset;
    uint64_t works_offset;
    uint64_t blocks_offset;
    uint64_t blocks_end;                /* first byte of the block area never used so far */
    uint64_t free_blocks[CALL_CLASSES]; /* heads of lists chained through the first 8 bytes */
    uint32_t free_slot;
    uint32_t slots_used; /* slots ever used; slot numbers start at 1 */
    uint32_t living;     /* slots in use */
    uint32_t device_count;
    uint32_t device_mask; /* of the device index: it begins with entry mask + 1 of its place */
    uint32_t reserved;
};

static_assert(sizeof(struct shm_call_table) == 384, "bump SHM_LAYOUT_VERSION");

/* call_table_bytes - size of the (sparse) segment for a table of max_calls; see call_table.c */
uint64_t call_table_bytes(uint32_t max_calls);

/* call_share - how many of a worker's calls each of its front-ends may have at one time. */
static inline uint32_t
call_share(uint32_t max_calls, uint32_t frontends)
{
    return max_calls / frontends + (max_calls % frontends != 0);
}

#endif
