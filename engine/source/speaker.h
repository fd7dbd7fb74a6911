#ifndef ENGINE_SOURCE_SPEAKER_H
#define ENGINE_SOURCE_SPEAKER_H

/*
 * engine/source/speaker.h - who sent a message, the switch or its client? Stronger evidence in a
 * capture than who opened the connection.
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
 * The switch: event reports (in XML, what has the invoke ID 9999), an AARE, and answers that name
 * a service only clients ask for. The client: requests for these services, an AARQ. Unknown: what
 * both may send, as SystemStatus and MonitorStop, and answers that do not say to what, as errors.
 *
 * Reads nothing outside the frame, whatever it is.
 */
enum speaker speaker_of(enum frame_kind kind, const struct frame *frame);

#endif
