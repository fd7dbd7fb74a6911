#ifndef ENGINE_SOURCE_SPEAKER_H
#define ENGINE_SOURCE_SPEAKER_H

/*
 * engine/source/speaker.h - was a message sent by the switch? For captures that do not show who
 * opened the connection.
 */

#include "engine/csta/frame.h"

enum speaker {
    SPEAKER_UNKNOWN = 0,
    SPEAKER_SWITCH,
    SPEAKER_CLIENT,
};

/*
 * speaker_of - who sends such a message
 *
 * XML: the switch, if the invoke ID is 9999 or the root element an event or a response (but
 * SystemStatusResponse, which both may send). BER: the switch, if it is an event report, an error,
 * a result of a service that only a client asks for, or an AARE; the client, if it is an AARQ.
 * Reads nothing outside the frame, whatever it is.
 */
enum speaker speaker_of(enum frame_kind kind, const struct frame *frame);

#endif
