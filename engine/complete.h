#ifndef ENGINE_COMPLETE_H
#define ENGINE_COMPLETE_H

/*
 * engine/complete.h - from the switch's own words to what the workers compare.
 *
 * Device texts become canonical numbers (engine/csta/device_number.h, then [aliases]); dynamic
 * device IDs are left as they are. Pure functions of their arguments and their own buffers.
 */

#include "engine/csta/csta_message.h"
#include "engine/directory.h"
#include "engine/settings.h"

enum {
    /* Every text of one message that is not where the switch or the settings have it. */
    COMPLETE_BYTES = (EVENT_TEXT_COUNT + EVENT_ITEMS_MAX * 3 + 4) * EVENT_TEXT_LENGTH,
};

struct completer {
    const struct settings *settings;
    uint32_t profile_flags; /* of the message's link */
    uint32_t used;
    char bytes[COMPLETE_BYTES];
    char work[CSTA_MESSAGE_MAX]; /* one number being made */
};

/* complete_start - for the next message; texts made for the one before are gone. */
void complete_start(struct completer *completer, uint32_t profile_flags);

/*
 * complete_number - one device text, in place
 *
 * False, *number untouched, when it is longer than EVENT_TEXT_LENGTH even so.
 */
bool complete_number(struct completer *completer, struct text *number);

/*
 * complete_message - every text of a decoded message
 *
 * Returns NULL, or why the message cannot be used: a text longer than EVENT_TEXT_LENGTH.
 */
const char *complete_message(struct completer *completer, struct csta_message *message);

/*
 * complete_connection - which device's connection a call event is about, where it does not say
 *
 * The device the event is about; else the monitor's own. A ConnectionCleared: the monitor's own;
 * if that is not known and localConnectionInfo is null, the releasing device's. CallCleared,
 * Conferenced and Transferred need none. `monitor` may be NULL. Returns NULL or why not.
 */
const char *complete_connection(struct event *event, const struct shm_monitor *monitor);

#endif
