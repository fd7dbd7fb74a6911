#ifndef ENGINE_LIVE_DIAL_H
#define ENGINE_LIVE_DIAL_H

/*
 * engine/live/dial.h - a connection to the switch is made, and made again.
 *
 * The addresses of a link are tried in order of priority, each for connect-timeout; after the last
 * a pause that doubles from `reconnect` to `reconnect-most`, with jitter, then the first again. A
 * connection that stood and was lost begins with the first address after the shortest pause. Names
 * are resolved without making the loop wait. Private memory: a successor begins anew.
 *
 * Caller: the live loop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

struct dial; /* engine/live/dial.c */

enum dial_state {
    DIAL_PAUSING = 0, /* until dial_due_ms() */
    DIAL_TRYING,      /* dial_descriptor() becomes writable (or, when it is -1, look again soon) */
    DIAL_CONNECTED,   /* dial_take() has it */
};

/* dial_open - nothing is tried before the first dial_work(). NULL: memory is out. */
struct dial *dial_open(const char *link, const struct link_settings *settings, uint64_t seed);
void dial_close(struct dial *dial);

/* dial_reload - the link's settings are these now; for the next try. */
void dial_reload(struct dial *dial, const struct link_settings *settings);

/* dial_work - go on, as far as is possible without waiting; failures are said, with restraint. */
enum dial_state dial_work(struct dial *dial, uint64_t now_ms);

/* The socket being connected, to wait for POLLOUT; -1: none. */
int dial_descriptor(const struct dial *dial);

/* When dial_work() should be called again at the latest. */
uint64_t dial_due_ms(const struct dial *dial);

/* dial_take - after DIAL_CONNECTED: the socket, non-blocking, the caller's from now on. */
int dial_take(struct dial *dial);

/* dial_lost - the connection it made is gone. `usable`: the session had stood, so that the first
 * pause is the shortest. */
void dial_lost(struct dial *dial, bool usable, uint64_t now_ms);

#endif
