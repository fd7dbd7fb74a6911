#ifndef ENGINE_CSTA_CSTA_MESSAGE_H
#define ENGINE_CSTA_CSTA_MESSAGE_H

/*
 * engine/csta/csta_message.h - what one CSTA message says, however it was written.
 *
 * The decoders (xml_decode.h, ber_decode.h) fill a struct csta_message; nobody behind them sees
 * an encoding. Texts point into the message's bytes or into the scratch.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/event_record.h"

enum {
    CSTA_MESSAGE_MAX = 65536, /* bytes of one message */
};

/* How the messages of a link are written. The phases of BER use the same bytes for different
 * things, so a link has one of them for good. */
enum csta_encoding {
    ENCODING_AUTO = 0, /* not known: what comes first says it */
    ENCODING_XML,      /* ECMA-323 */
    ENCODING_BER1,     /* phase I, ECMA-180 */
    ENCODING_BER2,     /* phase II, ECMA-218 */
    ENCODING_BER3,     /* phase III, ECMA-285 */
};

/* What a message is to the front-end. CALL_EVENT: event.kind says which. */
enum message_class {
    MESSAGE_OTHER = 0,  /* well-formed, of no use here */
    MESSAGE_CALL_EVENT, /* one of the 18 call-control events */
    MESSAGE_MONITOR_START,
    MESSAGE_MONITOR_START_RESPONSE,
    MESSAGE_MONITOR_STOP,
    MESSAGE_MONITOR_STOP_RESPONSE,
    MESSAGE_CLEAR_CONNECTION, /* event.texts CALL, DEVICE: connectionToBeCleared */
    MESSAGE_CLEAR_CONNECTION_RESPONSE,
    MESSAGE_CLEAR_CALL, /* likewise, callToBeCleared */
    MESSAGE_CLEAR_CALL_RESPONSE,
    MESSAGE_SNAPSHOT_DEVICE,          /* object: the device */
    MESSAGE_SNAPSHOT_DEVICE_RESPONSE, /* event.items; whole says if it is all of it */
    MESSAGE_SNAPSHOT_CALL,            /* event.texts CALL, DEVICE: snapshotObject */
    MESSAGE_SNAPSHOT_CALL_RESPONSE,
    MESSAGE_ERROR, /* CSTAErrorCode; BER: return error or reject */
    MESSAGE_SYSTEM_STATUS,
    MESSAGE_SYSTEM_STATUS_RESPONSE,
    MESSAGE_REQUEST_SYSTEM_STATUS,
    MESSAGE_REQUEST_SYSTEM_STATUS_RESPONSE, /* status */
    MESSAGE_SYSTEM_REGISTER,
    MESSAGE_SYSTEM_REGISTER_RESPONSE, /* register_id */
    MESSAGE_SESSION_STARTED,          /* ECMA-354: session, session_seconds */
    MESSAGE_SESSION_REFUSED,          /* refusal */
    MESSAGE_SESSION_RENEWED,          /* its timer was reset: session_seconds */
    MESSAGE_SESSION_NOT_RENEWED,
    MESSAGE_SESSION_STOPPED,        /* as we asked; or it stood no longer */
    MESSAGE_SESSION_ENDED,          /* by the switch */
    MESSAGE_GET_DEVICE_ID,          /* Avaya's GetThirdPartyDeviceId: object, an extension */
    MESSAGE_GET_DEVICE_ID_RESPONSE, /* device_id */
    /* One segment of an answer that came without its data: service_ref, items, whole: the last */
    MESSAGE_SNAPSHOT_DEVICE_DATA,
    MESSAGE_SNAPSHOT_CALL_DATA,
    MESSAGE_AGENT_LOGGED_ON, /* event.texts DEVICE, AGENT */
    MESSAGE_AGENT_LOGGED_OFF,
    MESSAGE_RESULT,              /* BER: a return result that does not say of what operation */
    MESSAGE_ASSOCIATION_BEGUN,   /* BER: AARE that accepts */
    MESSAGE_ASSOCIATION_REFUSED, /* BER: AARE that refuses */
    MESSAGE_ASSOCIATION_RELEASE, /* BER: RLRQ */
    MESSAGE_ASSOCIATION_ENDED,   /* BER: RLRE, ABRT */
};

enum system_status {
    STATUS_ABSENT = 0,
    STATUS_INITIALIZING,
    STATUS_ENABLED,
    STATUS_NORMAL,
    STATUS_MESSAGES_LOST,
    STATUS_DISABLED,
    STATUS_PARTIAL_OVERLOAD, /* overloadImminent, overloadReached, partiallyDisabled */
    STATUS_RELIEVED,         /* overloadRelieved */
};

/* Events that an actualMonitorFilter holds back, of those no rule can do without. */
enum {
    WITHHELD_CONNECTION_CLEARED = 1 << 0,
    WITHHELD_CALL_CLEARED = 1 << 1,
    WITHHELD_ESTABLISHED = 1 << 2,
};

struct csta_message {
    enum message_class message_class;
    struct event event;       /* raw texts: device numbers are not canonical yet */
    struct text cross_ref;    /* monitorCrossRefID */
    struct text object;       /* monitorObject's or snapshotObject's device (or call's callID) */
    bool object_is_call;      /* monitorObject/callObject */
    bool monitors_calls;      /* monitorType call */
    bool whole;               /* a snapshot answer that carries its data itself; the last segment */
    bool skips_existing;      /* monitorExistingCalls false: calls that stand send no events */
    uint8_t withheld;         /* WITHHELD_*: of a monitor that was granted */
    uint32_t session_seconds; /* actualSessionDuration; 0: not said */
    uint32_t segment;         /* segmentID; 0: not said */
    struct text session;      /* sessionID */
    struct text device_id;    /* what the switch calls a device, as it says it */
    struct text register_id;  /* sysStatRegisterID, as cross_ref is written */
    struct text service_ref;  /* serviceCrossRefID of an answer in segments, likewise */
    struct text refusal;      /* what an error says: a word, in BER a number */
    struct text lack;         /* likewise, where resources or licences lack */
    struct text operation;    /* likewise, where what was asked for cannot be */
    enum system_status status;
    struct text invoke; /* BER: content octets of the invokeID, shortest form, 1 to 4; else none */
    bool invoke_unreadable; /* BER: an answer whose invokeID is NULL, absent or over 4 octets */
    bool has_time;          /* a time stamp of the security extension: time_us, since 1970 */
    int64_t time_us;
};

enum csta_result {
    CSTA_OK = 0,
    CSTA_MALFORMED,  /* not well-formed XML, not BER */
    CSTA_REFUSED,    /* well-formed so far, but refused: DTD, depth, encoding */
    CSTA_INCOMPLETE, /* ends inside the document */
    CSTA_UNUSABLE,   /* well-formed, but lacks or overflows what its kind needs */
};

/* Where texts go that do not stand in the message as such; reused for each message. */
struct csta_scratch {
    char bytes[CSTA_MESSAGE_MAX];
    uint32_t used;
};

struct csta_options {
    bool loose_causes; /* PROFILE_LOOSE_CAUSES */
};

/* csta_message_reset - a message with nothing in it, for decoders. */
static inline void
csta_message_reset(struct csta_message *message)
{
    message->message_class = MESSAGE_OTHER;
    event_reset(&message->event);
    message->cross_ref = message->object = message->invoke = TEXT_NONE;
    message->object_is_call = message->monitors_calls = message->whole = false;
    message->skips_existing = false;
    message->withheld = 0;
    message->session_seconds = message->segment = 0;
    message->session = message->register_id = message->service_ref = TEXT_NONE;
    message->device_id = TEXT_NONE;
    message->refusal = message->lack = message->operation = TEXT_NONE;
    message->status = STATUS_ABSENT;
    message->invoke_unreadable = message->has_time = false;
    message->time_us = 0;
}

/* csta_message_knows_no_call - an error by which the switch says that there is no such call, or
 * connection, as was asked for. */
bool csta_message_knows_no_call(const struct csta_message *message);

/* csta_message_open_item - the next of event.items, empty; NULL when there are EVENT_ITEMS_MAX. */
struct event_item *csta_message_open_item(struct csta_message *message);

/* csta_message_close_item - drops the last item if it names neither call nor device. */
void csta_message_close_item(struct csta_message *message);

/* csta_message_item_state - the last item's state, if it has none yet. */
void csta_message_item_state(struct csta_message *message, uint8_t state);

/* csta_message_is_request - is it one that we send, and that has an answer of its own kind? */
bool csta_message_is_request(const struct csta_message *message);

/* csta_message_is_equal - do two messages say the same? Compares all that a decoder fills in. */
bool csta_message_is_equal(const struct csta_message *left, const struct csta_message *right);

/*
 * csta_message_finish - what a decoded call event says by several fields together
 *
 * For decoders, when all fields are in. Returns NULL, or why the message is unusable.
 */
const char *csta_message_finish(struct csta_message *message);

#endif
