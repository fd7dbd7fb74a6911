#ifndef ENGINE_CSTA_OUTGOING_H
#define ENGINE_CSTA_OUTGOING_H

/*
 * engine/csta/outgoing.h - what onhook says to a switch, whatever the encoding.
 *
 * Filled by who wants something of the switch, written by xml_encode() or ber_encode(). Texts
 * belong to the caller and may come from configuration: the encoders refuse what could not be
 * sent as meant. The fields a kind needs are in the comments; all others are ignored.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "engine/csta/csta_message.h"

enum outgoing_kind {
#define OUTGOING(name, root, phase12, phase3) OUTGOING_##name,
#include "engine/csta/outgoing.def"
#undef OUTGOING
    OUTGOING_KIND_COUNT,
};

enum {
    OUTGOING_TEXT_MAX = 256,  /* bytes of one text; a namespace too */
    OUTGOING_SIZE_MAX = 12288 /* bytes that suffice for any message in any encoding */
};

enum encode_result {
    ENCODE_OK = 0,
    ENCODE_NO_ROOM,  /* `capacity` is too small; OUTGOING_SIZE_MAX never is */
    ENCODE_BAD_TEXT, /* a text too long, not UTF-8, or with characters that may not be sent */
    ENCODE_MISSING,  /* the kind needs a field that is absent */
    ENCODE_UNKNOWN,  /* the encoding (or this phase of it) has no such message */
};

struct outgoing {
    enum outgoing_kind kind;
    uint32_t invoke_id; /* BER: of our invoke, or of the one this answers */

    struct text call;       /* callID; in BER as ber_text_identifier() writes it */
    struct text device;     /* the device of the connection, or the device asked about */
    bool device_is_dynamic; /* BER: `device` is as ber_text_hex() writes it; XML: typeOfNumber */
    bool device_is_other;   /* typeOfNumber other (Avaya's ext:switch:ip:instance) */

    struct text cross_ref; /* MONITOR_STOP; in BER like `call` */
    bool monitors_calls;   /* MONITOR_START: monitorType call */
    bool is_filtered;      /* MONITOR_START: without the events the rules never look at */

    enum system_status status; /* SYSTEM_STATUS, REQUEST_SYSTEM_STATUS_RESPONSE */
    struct text register_id;   /* sysStatRegisterID, like `call`; *_REGISTER_RESPONSE needs it */

    struct text application;  /* SESSION_START: applicationID */
    struct text user;         /* SESSION_START, may be absent: Avaya's SessionLoginInfo */
    struct text password;     /* likewise */
    struct text version;      /* SESSION_START: the protocolVersion asked for */
    struct text session;      /* SESSION_RESET_TIMER, SESSION_STOP: sessionID */
    uint32_t session_seconds; /* requestedSessionDuration; 0: not said */
    struct text switch_name; /* GET_DEVICE_ID, Avaya's: of `device`, an extension, on that switch */
};

/*
 * outgoing_text_is_sound - may the text be sent at all?
 *
 * At most OUTGOING_TEXT_MAX bytes of UTF-8, none of them a control character (C0, DEL, C1) or a
 * character XML forbids.
 */
bool outgoing_text_is_sound(struct text text);

#endif
