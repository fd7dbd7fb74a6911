#ifndef ENGINE_LIVE_DIAL_H
#define ENGINE_LIVE_DIAL_H

/*
 * engine/live/dial.h - a connection to the switch is made, and made again.
 *
 * The addresses of a link are tried in order of priority, each for connect-timeout; after the last
 * a pause that doubles from `reconnect` to `reconnect-most` (its second half is chance), then the
 * first again. A connection that stood and was lost begins with the first address after the
 * shortest pause; one that was of no use (a standby that hangs up) goes on to the next. Names are
 * resolved without making the loop wait. A TLS link looks the same: a gate (engine/live/gate.h) is
 * asked of the holder for each try, and what is connected is the loopback socket it speaks through.
 * Private memory: a successor begins anew.
 *
 *   link pbx1: 10.1.2.3:1040: Connection refused; 10.1.2.4:1040 is next
 *   link pbx1: 10.1.2.4:1040: no answer in 5 s; again in 0.4 s
 *   link pbx1: 10.1.2.4:1040: no answer in 5 s; 12 more tries failed; again in 27.3 s
 *
 * Failures are said of one round through the addresses, then of one round a minute.
 *
 * Caller: the live loop.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

struct dial; /* engine/live/dial.c */
struct holder;

enum dial_state {
    DIAL_PAUSING = 0, /* until dial_due_ms() */
    DIAL_TRYING,      /* until dial_descriptor() is ready, or dial_due_ms() */
    DIAL_CONNECTED,   /* dial_take() has it */
};

/*
 * dial_open - nothing is tried before the first dial_work(). NULL: memory is out.
 *
 * `link` is for what is said; empty: nothing is. The same `seed` makes the same pauses. `holder`
 * holds what is connected, and starts gates; NULL: nobody does, and a TLS link cannot be.
 */
struct dial *dial_open(const char *link, const struct link_settings *settings, uint64_t seed,
                       struct holder *holder);
void dial_close(struct dial *dial);

/* dial_reload - the link's settings are these now. If the addresses are others, a try in hand is
 * given up, and the next one is at once. */
void dial_reload(struct dial *dial, const struct link_settings *settings, uint64_t now_ms);

/* dial_work - go on, as far as is possible without waiting; failures are said, with restraint. */
enum dial_state dial_work(struct dial *dial, uint64_t now_ms);

/* What to wait for, by poll() or epoll, level-triggered: POLLIN | POLLOUT; never busy while there
 * is nothing to do. -1: none. May be another after each dial_work(). */
int dial_descriptor(const struct dial *dial);

/* When dial_work() should be called again at the latest; UINT64_MAX: only after a reload. */
uint64_t dial_due_ms(const struct dial *dial);

/*
 * dial_take - after DIAL_CONNECTED: the socket, non-blocking, the caller's from now on
 *
 * *serial: by which the holder has it; 0 without one. -1: the holder could not take it; the try has
 * failed, and that was said. May wait for the holder, as holder_give().
 */
int dial_take(struct dial *dial, uint64_t *serial, uint64_t now_ms);

/*
 * dial_lost - the connection it made is gone
 *
 * `usable`: the session had stood and something was heard. Then the first address is tried again,
 * after the shortest pause; else the next address, as if this one had failed. What a gate had to
 * say of the end is said.
 */
void dial_lost(struct dial *dial, bool usable, uint64_t now_ms);

/* What the last try failed of, in words; "" when none has. */
const char *dial_why(const struct dial *dial);

/* "10.1.2.3:1040", "[::1]:1040": the address that is tried, or was last. */
const char *dial_address(const struct dial *dial);

#endif
