#ifndef IPC_TALK_STATE_H
#define IPC_TALK_STATE_H

/*
 * ipc/talk_state.h - what the front-end remembers of its conversations with switches, so that a
 * successor goes on with them (engine/live/conversation.h).
 *
 * Part of the front-end's tables (ipc/front_state.h): touched before it changes, and changed with
 * the transaction in hand. Times are CLOCK_MONOTONIC in milliseconds. Writer: the front-end.
 *
 * What a switch is to do for us is an errand: a monitor and a snapshot of one device, an inquiry
 * about one call, an end of one monitor. An errand stands in at most one line of its link, and what
 * is due is found at the heads of the lines. What belongs to an earlier epoch of the link stands in
 * no line, whatever it says.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/event_record.h"

enum {
    ERRANDS_MAX = (1 << 20) + (1 << 16), /* of all links: devices, and what passes */
    ERRAND_BUCKETS = 1 << 20,            /* power of two */
    TALK_ANSWERS_MAX = 64,               /* requests of a switch that wait for our answer */
    TALK_SESSION_LENGTH = 128,
    TALK_INVOKE_LENGTH = 4,
    TALK_RETRY_LINES = 17, /* pauses that double; the last is the longest */
};

/* The lines of a link. */
enum talk_line {
    LINE_NONE = 0,
    LINE_FIRST,      /* devices that came while the link was up */
    LINE_AGAIN,      /* monitors nobody answered for */
    LINE_SNAPSHOT,   /* devices to be looked at */
    LINE_OPEN,       /* devices whose request waits for its answer, in the order they were sent */
    LINE_CALL,       /* calls to be asked about */
    LINE_STOP,       /* monitors to be ended */
    LINE_OPEN_OTHER, /* of those two, what waits for its answer */
    LINE_JUNK,       /* to be forgotten */
    LINE_RETRY,      /* refused monitors, by how long they wait */
    TALK_LINES = LINE_RETRY + TALK_RETRY_LINES,
};

enum errand_kind {
    ERRAND_FREE = 0,
    ERRAND_DEVICE, /* text: the canonical number */
    ERRAND_CALL,   /* text: the callID */
    ERRAND_STOP,   /* cross_ref */
};

/* The request that is under way for an errand. */
enum errand_state {
    ERRAND_RESTS = 0,
    ERRAND_ASKED,  /* MonitorStart */
    ERRAND_LOOKED, /* SnapshotDevice, SnapshotCall */
    ERRAND_ENDED,  /* MonitorStop */
    ERRAND_NAMED,  /* GetThirdPartyDeviceId */
};

struct shm_errand {
    uint32_t older; /* neighbours in its line; 0 at the ends */
    uint32_t newer;
    uint32_t before; /* neighbours among the link's devices */
    uint32_t after;
    uint32_t next;       /* with the same hash, or free */
    uint32_t epoch;      /* of the link when its monitor was asked for */
    uint32_t settled;    /* the last epoch in which that had an outcome */
    uint32_t round;      /* the last round of snapshots it is done with */
    uint32_t looked;     /* the round its open snapshot was asked for in */
    uint32_t generation; /* of the settings that named it last */
    uint32_t invoke;     /* of the request under way */
    uint32_t configured; /* EVENT_DEVICE_*: what the directory was told */
    uint32_t listed;     /* EVENT_DEVICE_*: what the settings say */
    uint32_t reserved;
    uint64_t due_ms;    /* when its line may be left: time-out, next try */
    uint16_t place;     /* of the link among the live ones */
    uint8_t kind;       /* enum errand_kind */
    uint8_t line;       /* enum talk_line; holds in its epoch only */
    uint8_t state;      /* enum errand_state; likewise */
    uint8_t refusals;   /* of its monitor, one after the other */
    uint8_t lacks;      /* refused for resources or licences */
    uint8_t tries;      /* snapshots nobody answered */
    uint8_t unanswered; /* nobody answered its last MonitorStart */
    uint8_t blind;      /* its monitor says nothing of calls that stood when it began */
    uint8_t call_type;  /* the monitor asked for is one of calls */
    uint8_t leaving;    /* no longer wanted, as soon as the request under way is answered */
    uint8_t text_length;
    uint8_t cross_ref_length; /* 0: no monitor stands */
    uint8_t wanted;           /* it is one of the talk's `wanted` */
    uint8_t reserved2;
    char text[EVENT_TEXT_LENGTH];
    char cross_ref[EVENT_TEXT_LENGTH];
};

/* What the switch calls a device, where it was asked. */
struct shm_device_id {
    uint8_t length; /* 0: not known */
    uint8_t reserved[3];
    uint32_t
        naming; /* how the settings had devices named when it was asked about last; 0: plainly */
    char text[EVENT_TEXT_LENGTH];
};

struct shm_talk_line {
    uint32_t oldest;
    uint32_t newest;
};

/* A request of the switch that is still to be answered. */
struct shm_talk_answer {
    uint8_t kind; /* enum outgoing_kind */
    uint8_t invoke_length;
    char invoke[TALK_INVOKE_LENGTH];
    uint8_t reserved[2];
};

enum talk_greeting {
    GREETING_ASSOCIATE = 0, /* AARQ is to be sent */
    GREETING_ASSOCIATED,    /* AARE is waited for */
    GREETING_STATUS,        /* the switch's SystemStatus is waited for */
    GREETING_REGISTER,      /* SystemRegister is to be sent */
    GREETING_REGISTERED,    /* its answer is waited for */
    GREETING_SESSION,       /* StartApplicationSession is to be sent */
    GREETING_STARTED,       /* its answer is waited for */
    GREETING_DONE,          /* LINK_UP is to be told */
};

/* What was said once of this connection. */
enum {
    TALK_SAID_REFUSED = 1 << 0,
    TALK_SAID_LACKS = 1 << 1,
    TALK_SAID_WITHHELD = 1 << 2,
    TALK_SAID_READY = 1 << 3, /* that everything is asked and answered */
    TALK_SAID_OVERLOAD = 1 << 4,
    TALK_SAID_FULL = 1 << 5,
    TALK_SAID_STOPPED = 1 << 6,
    TALK_SAID_SENT = 1 << 7,
    TALK_SAID_GOODBYE = 1 << 8, /* by us, or by the switch first */
    TALK_SAID_UNSENT = 1 << 9,  /* that one cannot be asked for, or used */
};

struct shm_talk {
    uint32_t epoch;      /* of monitors: all of an earlier one are void */
    uint32_t round;      /* of snapshots */
    uint32_t generation; /* of settings */
    uint32_t wanted;     /* devices that are to have a monitor */
    uint32_t unasked;    /* of these, without an outcome in this epoch */
    uint32_t unsure;     /* of these, not looked at in this round */
    uint32_t standing;   /* monitors that stand */
    uint32_t refused;    /* monitors refused in this epoch, and not granted since */
    uint32_t inquiries;  /* calls to be asked about, or asked about */
    uint32_t open;       /* requests that wait for their answer */
    uint32_t ask_cursor; /* the next device to be asked for a monitor; 0: all have been */
    uint32_t look_cursor;
    uint32_t sweep_cursor;
    uint32_t roster_list; /* which list of the settings is being read; past the last: swept */
    uint32_t roster_index;
    uint32_t greeting_invoke; /* of the request that is waited for */
    uint32_t session_invoke;
    uint32_t session_seconds;
    uint32_t sessions;  /* that ended since the last that stood for a while */
    uint32_t questions; /* keep-alives nobody answered */
    uint64_t began_ms;  /* this round of snapshots */
    uint64_t next_us;   /* our next request may go */
    uint64_t paused_ms; /* until then the switch is overloaded */
    uint64_t greeting_ms;
    uint64_t session_due_ms; /* the timer is to be reset; 0: there is none */
    uint64_t session_end_ms;
    uint64_t asked_ms;     /* the last keep-alive */
    uint8_t greeting;      /* enum talk_greeting */
    uint8_t roster_done;   /* the settings were read to the end, and swept */
    uint8_t held;          /* the switch is disabled: nothing is asked */
    uint8_t down_due;      /* LINK_DOWN is to be told */
    uint8_t close_due;     /* the connection is to be closed; enum talk_close */
    uint8_t closing;       /* that was done */
    uint8_t answers_first; /* the ring below */
    uint8_t answers_count;
    uint8_t session_length;
    uint8_t register_length;
    uint16_t said;    /* TALK_SAID_* */
    uint32_t stopped; /* monitors the switch ended in this epoch */
    uint64_t
        regains; /* bit w: worker w lost its calls; until all is answered, each is asked about */
    struct shm_talk_line all; /* the devices, by `before` and `after` */
    struct shm_talk_line lines[TALK_LINES];
    struct shm_talk_answer answers[TALK_ANSWERS_MAX];
    char session[TALK_SESSION_LENGTH];
    char register_id[EVENT_TEXT_LENGTH];
};

static_assert(sizeof(struct shm_errand) == 208, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_device_id) == 72, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_talk_line) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_talk_answer) == 8, "bump SHM_LAYOUT_VERSION");
static_assert(sizeof(struct shm_talk) == 1080, "bump SHM_LAYOUT_VERSION");
static_assert(offsetof(struct shm_errand, text) == 80, "bump SHM_LAYOUT_VERSION");

#endif
