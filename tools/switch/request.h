#ifndef TOOLS_SWITCH_REQUEST_H
#define TOOLS_SWITCH_REQUEST_H

/*
 * tools/switch/request.h - what a client wants, from one message of XML or BER.
 */

#include "engine/csta/csta_message.h"

enum request_kind {
    REQUEST_NONE, /* well-formed, nothing the simulator knows */
    REQUEST_CSTA, /* message says it: a monitor, a snapshot, a request to clear */
    REQUEST_ANSWER,
    REQUEST_SESSION_START,
    REQUEST_SESSION_TIMER,
    REQUEST_SESSION_STOP,
    REQUEST_ASSOCIATE,
    REQUEST_RELEASE,
    REQUEST_ABORT,
    REQUEST_REGISTER,
    REQUEST_STATUS,
    REQUEST_OUR_STATUS,
    REQUEST_DEVICE_ID,
};

struct request {
    enum request_kind kind;
    uint32_t invoke;
    struct csta_message message; /* texts point into the payload or the scratch */
    struct csta_scratch scratch;
    struct text user, password;
    struct text extension;
};

/* request_read - `invoke` of the frame's header (XML). False: it is neither XML nor BER. */
bool request_read(struct request *request, enum csta_encoding encoding, uint32_t invoke,
                  struct text payload);

/* request_dynamic_text - a dynamic device ID as ber_decode() writes it: 0x08B30100. */
void request_dynamic_text(char text[16], uint32_t octets);

#endif
