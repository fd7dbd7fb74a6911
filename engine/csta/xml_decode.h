#ifndef ENGINE_CSTA_XML_DECODE_H
#define ENGINE_CSTA_XML_DECODE_H

/*
 * engine/csta/xml_decode.h - one CSTA XML message (ECMA-323 editions 2 to 6) to what it says.
 *
 * One pass, no allocation. Elements are matched by local name: any namespace, any prefix, any
 * order; unknown elements are skipped. Whatever the decoder reads is checked for
 * well-formedness (tags balanced, attributes quoted, names and characters legal, UTF-8).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/event_record.h"

enum {
    XML_DEPTH_MAX = 32,
    XML_MESSAGE_MAX = 65536, /* bytes of one message */
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
    MESSAGE_ERROR, /* CSTAErrorCode */
    MESSAGE_SYSTEM_STATUS,
    MESSAGE_AGENT_LOGGED_ON, /* event.texts DEVICE, AGENT */
    MESSAGE_AGENT_LOGGED_OFF,
};

enum system_status {
    STATUS_ABSENT = 0,
    STATUS_INITIALIZING,
    STATUS_ENABLED,
    STATUS_NORMAL,
    STATUS_MESSAGES_LOST,
    STATUS_DISABLED,
    STATUS_PARTIAL_OVERLOAD, /* overloadImminent, overloadReached, overloadRelieved */
};

struct xml_message {
    enum message_class message_class;
    struct event event;    /* raw texts: device numbers are not canonical yet */
    struct text cross_ref; /* monitorCrossRefID */
    struct text object;    /* monitorObject's or snapshotObject's device (or call's callID) */
    bool object_is_call;   /* monitorObject/callObject */
    bool monitors_calls;   /* monitorType call */
    bool whole;            /* a snapshot answer that carries its data itself */
    enum system_status status;
};

enum xml_result {
    XML_OK = 0,
    XML_MALFORMED,  /* not well-formed */
    XML_REFUSED,    /* well-formed so far, but refused: DTD, depth, encoding */
    XML_INCOMPLETE, /* ends inside the document */
    XML_UNUSABLE,   /* well-formed, but lacks or overflows what its kind needs */
};

/* Where unescaped texts go; one for each decoder, reused for each message. */
struct xml_scratch {
    char bytes[XML_MESSAGE_MAX];
    uint32_t used;
};

struct xml_options {
    bool loose_causes; /* PROFILE_LOOSE_CAUSES */
};

/*
 * xml_decode - decode exactly one document, `length` bytes, at most XML_MESSAGE_MAX
 *
 * On XML_OK fills *message; its texts point into `bytes` or *scratch and live as long as both.
 * On any other result *message is undefined, *why is a static sentence and *where the offset of
 * the offending byte. White space and NULs may stand around the document; anything else is
 * malformed. Device texts are at most 512 bytes here. XML_UNUSABLE is said only of well-formed
 * documents.
 */
enum xml_result xml_decode(struct xml_message *message, const char *bytes, size_t length,
                           const struct xml_options *options, struct xml_scratch *scratch,
                           const char **why, size_t *where);

/*
 * xml_document_end - length of the first document in `bytes`, for bare XML streams
 *
 * Skips leading white space and NULs (counted in). XML_OK: *end is where the document ends.
 * XML_INCOMPLETE: no end within `length` bytes yet. Else *why and *where as above. Looks at
 * nesting only; xml_decode() judges the rest. Bounded: a document over XML_MESSAGE_MAX bytes is
 * XML_REFUSED.
 */
enum xml_result xml_document_end(const char *bytes, size_t length, size_t *end, const char **why,
                                 size_t *where);

#endif
