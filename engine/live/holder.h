#ifndef ENGINE_LIVE_HOLDER_H
#define ENGINE_LIVE_HOLDER_H

/*
 * engine/live/holder.h - the supervisor holds every connection, so that it outlives a front-end.
 *
 *   front-end --descriptor, serial (SCM_RIGHTS)--> supervisor     before the first byte is read
 *   front-end <--serial is held------------------- supervisor
 *   successor  is forked by the supervisor and so has it:         holder_find(serial)
 *
 * TLS has no state that could be gone on with, so it ends in a process of its own, which the holder
 * starts on demand: that speaks TLS with the switch and plain TCP over loopback with the front-end,
 * whose end of it is a connection like any other. When that process dies the link is lost.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

struct holder; /* engine/live/holder.c */

/* In the supervisor, before any front-end is forked; one for each front-end. NULL: errno. */
struct holder *holder_open(const struct settings *settings);
void holder_close(struct holder *holder);

/* The descriptor the supervisor waits for, and what it does then. Never waits. */
int holder_descriptor(const struct holder *holder);
void holder_serve(struct holder *holder);

/* In the front-end. */

/* holder_give - the supervisor holds it too from now on; *serial is its number, never 0. False:
 * errno. Waits for the supervisor, a second at the most. */
bool holder_give(struct holder *holder, int descriptor, uint64_t *serial);

/* holder_forget - nobody needs it any longer. */
void holder_forget(struct holder *holder, uint64_t serial);

/* holder_find - a successor's own descriptor of what a front-end before it gave; -1: not held. */
int holder_find(struct holder *holder, uint64_t serial);

/* holder_keep - at the start of a life: of all that is held only these are known. */
void holder_keep(struct holder *holder, const uint64_t *serials, uint32_t count);

#endif
