#ifndef TOOLS_SWITCH_PBX_H
#define TOOLS_SWITCH_PBX_H

/*
 * tools/switch/pbx.h - a simulated switch: its devices, its calls, who is really in them.
 *
 * One pbx stands behind one listener. Agents, queues and route points are its own devices, of which
 * clients may have monitors; outside parties are telephones in the world. A call is what really
 * is; what clients are told of it is the affair of tell.h, and what is known of that of truth.h.
 * Everything is bounded: a pbx has room for `call_capacity` calls and says so when it is full.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/random.h"
#include "engine/csta/csta_message.h"

/* Behind the extension, what --device-ids calls a device. */
#define PBX_ASKED_ID ":SWITCH:10.9.8.7:0"

enum {
    PBX_NAME_SIZE = 32,
    PBX_NUMBER_SIZE = 24,
    PBX_PARTIES_MAX = 8,
    PBX_ENDS_MAX = 16,
    PBX_QUEUES = 8,
    PBX_ROUTE_POINTS = 4,
    PBX_FIRST_QUEUE = 90000, /* numbers, counted from the pbx's first */
    PBX_FIRST_ROUTE_POINT = 95000,
};

enum pbx_profile {
    PBX_GENERIC,
    PBX_OPENSCAPE,
    PBX_OXE,
    PBX_AVAYA,
    PBX_PANASONIC,
    PBX_BROADWORKS,
    PBX_UNITEL,
    PBX_PROFILES,
};

enum device_kind {
    DEVICE_AGENT,
    DEVICE_QUEUE,
    DEVICE_ROUTE_POINT,
    DEVICE_OUTSIDE,
    DEVICE_KINDS,
};

enum connection_state { /* numbers of ECMA-285 */
                        STATE_NULL,
                        STATE_INITIATED,
                        STATE_ALERTING,
                        STATE_CONNECTED,
                        STATE_HOLD,
                        STATE_QUEUED,
                        STATE_FAIL,
};

struct client;
struct pbx;

/* One monitor of one client; a device has a list of them. */
struct monitor {
    struct monitor *next;
    struct client *client;
    struct pbx_device *device;
    uint32_t cross_ref;
    bool of_calls;          /* monitorType call */
    bool skips_old_calls;   /* monitorExistingCalls was false */
    uint64_t started_ms;    /* calls that began before it are old */
    uint64_t delayed_to_ms; /* its copies wait so long; none overtakes another */
};

struct pbx_device {
    char number[PBX_NUMBER_SIZE];
    enum device_kind kind;
    uint32_t at;         /* place among the devices of its kind */
    uint32_t free;       /* place among the free ones; UINT32_MAX: in a scene */
    struct scene *scene; /* the one it is in; NULL for queues and route points, which many share */
    bool is_wanted;      /* a client had a monitor of it, and did not stop it */
    struct monitor *monitors;
};

struct device_pool {
    struct pbx_device *devices;
    uint32_t *free;
    uint32_t count;
    uint32_t free_count;
};

struct pbx_party {
    struct pbx_device *device;
    enum connection_state state;
};

/*
 * What a clearing told of who did it: nothing that anybody could know; a name in releasingDevice;
 * localConnectionInfo, on a switch where that tells; only a granted request of the client; or
 * maybe, where it depends on what the client said or how long it waited.
 */
enum told {
#define TOLD_WORD(name, word) TOLD_##name,
#include "tools/switch/told_word.def"
#undef TOLD_WORD
    TOLD_KINDS,
};

/* Reasons as docs/attribution.md has them. */
enum end_reason {
    END_HANGUP,
    END_ABANDON,
    END_REJECT,
    END_BUSY,
    END_BLOCKED,
    END_NO_ANSWER,
    END_LEAVE,
    END_DROP,
    END_CONFERENCE,
    END_TRANSFER,
    END_FORCED,
    END_ABNORMAL,
    END_REASONS,
};

/* How one party's connection really ended. */
struct pbx_end {
    const struct pbx_device *device;
    const struct pbx_device *by; /* NULL: nobody, a fault or a timer */
    enum told told;
    enum end_reason reason;
    bool abandoned; /* it alerted or queued, and did not end itself */
    bool is_monitored;
    int64_t time_us;
};

struct call {
    struct pbx *pbx;
    uint64_t serial; /* the number in its callID; 0: a free place */
    struct scene *scene;
    const char *story; /* the scenario's name */
    struct pbx_party parties[PBX_PARTIES_MAX];
    uint32_t party_count;
    struct pbx_device *caller;
    char called[PBX_NUMBER_SIZE];
    enum end_reason failure;             /* END_HANGUP: none */
    const struct pbx_device *controller; /* who made a conference of it; NULL: it is none */
    bool is_over;
    bool is_unwatched; /* some device of the switch in it had no monitor, and was never to have */
    uint64_t started_ms;
    int64_t started_us;
    int64_t touched_us; /* something of it was lost, or told to nobody, first then; 0: nothing */
    struct pbx_end ends[PBX_ENDS_MAX];
    uint32_t end_count;
    uint32_t messages; /* copies sent */
};

struct pbx {
    char name[PBX_NAME_SIZE];
    uint32_t number; /* among the listeners, from 0 */
    enum csta_encoding encoding;
    uint32_t edition; /* of ECMA-323, 3..6 */
    enum pbx_profile profile;
    uint64_t first_number;
    struct device_pool pools[DEVICE_KINDS];
    struct call *calls; /* by serial modulo call_capacity */
    uint32_t call_capacity;
    uint32_t live;
    uint64_t next_serial;
    uint32_t next_cross_ref;
    uint32_t monitor_count;
    uint32_t wanted;        /* devices that are */
    uint32_t wanted_void;   /* of those, without a monitor at present */
    struct client *clients; /* all connections of this listener */
    bool is_closed;         /* the link is cut: nobody can connect */
    bool is_disabled;
    struct random random;
    struct simulator *simulator;
};

/* The calls of a device: a queue may be in many. */
struct call *pbx_call(struct pbx *pbx, uint64_t serial);

/* pbx_open - make its devices; false: out of memory. */
bool pbx_open(struct pbx *pbx, uint32_t agents);
void pbx_close(struct pbx *pbx);

/* pbx_cast - a free device, now taken; NULL: there is none. Queues and route points are shared. */
struct pbx_device *pbx_cast(struct pbx *pbx, enum device_kind kind);
void pbx_give_back(struct pbx *pbx, struct pbx_device *device);

/* pbx_find - the device of the switch that a client's text names; NULL: none. */
struct pbx_device *pbx_find(struct pbx *pbx, const char *number, size_t length);

/* pbx_new_call - an empty call; NULL: no room. */
struct call *pbx_new_call(struct pbx *pbx, struct scene *scene);

/* pbx_call_text - its callID as onhook prints it: decimal, or in BER eight hex digits. */
enum { CALL_TEXT_SIZE = 24 };
void pbx_call_text(const struct pbx *pbx, uint64_t serial, char text[CALL_TEXT_SIZE]);

/* pbx_find_call - by the callID a client wrote; NULL: no such call. */
struct call *pbx_find_call(struct pbx *pbx, struct text id);

struct pbx_party *pbx_party_of(struct call *call, const struct pbx_device *device);
/* pbx_enter - the device is a party in that state; NULL: too many parties. */
struct pbx_party *pbx_enter(struct call *call, struct pbx_device *device,
                            enum connection_state state);
/* Parties whose connection is not null. */
uint32_t pbx_live_parties(const struct call *call);

static inline bool
device_is_inside(const struct pbx_device *device)
{
    CHECK(device != NULL);
    return device->kind != DEVICE_OUTSIDE;
}

const char *state_name(enum connection_state state);

#endif
