#ifndef TOOLS_SWITCH_EVENT_H
#define TOOLS_SWITCH_EVENT_H

/*
 * tools/switch/event.h - what the simulator says to its clients, before it is XML or BER.
 *
 * The writers (write_xml.h, write_ber.h) share nothing with the engine's own code: what the engine
 * reads here was written from the standards' texts alone.
 */

#include "tools/switch/pbx.h"

enum event_name {
#define SWITCH_EVENT(name, root, connection, subject, one, two, three) SAID_##name,
#include "tools/switch/event.def"
#undef SWITCH_EVENT
    SAID_NAMES,
};

struct event_shape {
    const char *root, *connection, *subject;
    uint8_t number[3]; /* in phases I, II, III */
};

extern const struct event_shape event_shapes[SAID_NAMES];

/* cause_word - the word as the switch keeps it; NULL: it has no such cause. */
const char *cause_word(const char *word);
/* cause_number - of a word of cause_word(). */
uint8_t cause_number(const char *word);

/* One of those that go on after calls were joined. */
struct joined {
    const struct pbx_device *device;
    uint64_t old_serial;
};

/* What happens. NULL where it does not apply, or is not known. */
struct telling {
    enum event_name event;
    struct call *call;
    const struct pbx_device *subject;
    const struct pbx_device *named;      /* releasingDevice */
    const struct pbx_device *redirected; /* lastRedirectionDevice */
    const struct pbx_device *target;     /* newDestination, transferredToDevice, addedParty */
    const char *cause;
    uint64_t primary, secondary; /* serials of the old calls; secondary 0: none */
    uint64_t result;
    struct joined joined[PBX_PARTIES_MAX];
    uint32_t joined_count;
    const struct pbx_device *by; /* who really did it */
    bool own_only;               /* only the subject's own monitors are told */
};

/* One monitor's copy of it. */
struct event_copy {
    const struct telling *telling;
    uint32_t cross_ref;
    const char *state_name; /* localConnectionInfo; NULL: none */
    enum connection_state state;
};

/* What is said beside events. */
enum answer_kind {
    ANSWER_MONITOR_START,
    ANSWER_MONITOR_STOP,
    ANSWER_CLEAR_CONNECTION,
    ANSWER_CLEAR_CALL,
    ANSWER_SNAPSHOT_DEVICE,
    ANSWER_SNAPSHOT_CALL,
    ANSWER_SYSTEM_STATUS,         /* SystemStatusResponse */
    ANSWER_REQUEST_SYSTEM_STATUS, /* RequestSystemStatusResponse */
    ANSWER_SYSTEM_REGISTER,
    ANSWER_SESSION_START,
    ANSWER_SESSION_REFUSED,
    ANSWER_SESSION_TIMER,
    ANSWER_SESSION_STOP,
    ANSWER_DEVICE_ID, /* Avaya's GetThirdPartyDeviceIdResponse */
    ANSWER_REFUSAL,   /* CSTAErrorCode, return error */
    ASK_SYSTEM_STATUS,
    ASK_MONITOR_STOP, /* the switch ends a monitor */
    ASK_SNAPSHOT_DATA,
    SAY_SESSION_ENDED,
    ACSE_ACCEPT,
    ACSE_REFUSE,
    ACSE_RELEASED,
    ACSE_ABORT,
};

/* Words of ECMA-323's error codes that are used. */
enum refusal {
    REFUSAL_OBJECT, /* operation/objectNotKnown, invalidDeviceID */
    REFUSAL_CALL,   /* operation/invalidCallID */
    REFUSAL_CONNECTION,
    REFUSAL_STATE,
    REFUSAL_LIMIT, /* systemResourceAvailibility/resourceLimitExceeded */
    REFUSAL_BUSY,
    REFUSAL_SECURITY,
};

struct snapshot_item {
    const struct pbx_device *device;
    uint64_t serial;
    enum connection_state state;
};

struct answer {
    enum answer_kind kind;
    uint32_t invoke;
    enum refusal refusal;
    uint32_t cross_ref; /* of the monitor, of the snapshot, the register, the session */
    bool existing;      /* monitorExistingCalls */
    enum system_status status;
    uint32_t seconds; /* actualSessionDuration */
    const struct snapshot_item *items;
    uint32_t item_count;
    bool by_call;      /* the items are those of a SnapshotCall */
    bool is_segmented; /* the data follow */
    uint32_t segment;
    bool is_last;
    struct text device; /* ANSWER_DEVICE_ID */
};

#endif
