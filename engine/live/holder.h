#ifndef ENGINE_LIVE_HOLDER_H
#define ENGINE_LIVE_HOLDER_H

/*
 * engine/live/holder.h - the supervisor holds every connection, so that it outlives a front-end.
 *
 *   front-end --descriptor (SCM_RIGHTS)--> supervisor     before the first byte is read
 *   front-end <--serial------------------- supervisor
 *   successor  is forked by the supervisor and so has it: holder_find(serial)
 *
 * A front-end killed between holder_give() and the commit of the serial leaves something held that
 * nobody knows of: the successor's holder_keep() ends it. Questions and answers are numbered, so a
 * successor takes no answer to a question of the dead one.
 *
 * TLS has no state that could be gone on with, so it ends in a process of its own (engine/live/
 * gate.h), which the supervisor starts on demand: that speaks TLS with the switch and plain TCP
 * over loopback with the front-end, whose end of it is held like any other. When that process dies
 * the link is lost.
 *
 * One holder for each front-end, made before any process is forked. Every other child has its
 * descriptors too, without wanting them: it calls holder_leave() first of all.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/live/gate.h"
#include "ipc/live_state.h"

enum {
    HOLDER_MAX = 2 * LIVE_LINKS_MAX, /* connections of one front-end: held, or about to be known */
};

struct holder; /* engine/live/holder.c */
struct shared_engine;

/* ---- in the supervisor --------------------------------------------------------------------- */

/* holder_open - NULL: errno. `engine`: what a gate must not see; or NULL. */
struct holder *holder_open(struct shared_engine *engine);

/* holder_close - nothing is held any longer; gates are killed. Also for who has called
 * holder_leave(). */
void holder_close(struct holder *holder);

/* holder_descriptor - the descriptor to wait for: POLLIN. */
int holder_descriptor(const struct holder *holder);

/* holder_serve - do what was asked, and bury gates that have ended: when the descriptor is
 * readable, and when a child has ended (SIGCHLD). Never waits. */
void holder_serve(struct holder *holder);

/* ---- in every child that is not its front-end ------------------------------------------------ */

/* holder_leave - close what was inherited; the supervisor goes on holding it. */
void holder_leave(struct holder *holder);

/* ---- in the front-end ----------------------------------------------------------------------- */

/*
 * holder_give - the supervisor holds it too from now on; *serial is its number, never 0
 *
 * False: errno (ENOSPC: it holds HOLDER_MAX; EMFILE: it can hold no more). Waits for the
 * supervisor, a second at the most (ETIMEDOUT).
 */
bool holder_give(struct holder *holder, int descriptor, uint64_t *serial);

/*
 * holder_gate - as holder_give(), and a gate speaks through `far`, its other end
 *
 * It tells `status` how it goes (engine/live/gate.h). The caller closes both. ENOTSUP: built
 * without TLS.
 */
bool holder_gate(struct holder *holder, const struct gate_order *order, int descriptor, int far,
                 int status, uint64_t *serial);

/* holder_forget - nobody needs it any longer: the connection is shut down, whoever else still has
 * it. 0 is nothing. */
void holder_forget(struct holder *holder, uint64_t serial);

/* holder_find - a successor's own descriptor of what a front-end before it gave; -1: not held. Once
 * for each serial: then it is the caller's. */
int holder_find(struct holder *holder, uint64_t serial);

/* holder_keep - at the start of a life, after holder_find(): of all that is held only these are
 * known, at most LIVE_LINKS_MAX. The rest is forgotten. */
void holder_keep(struct holder *holder, const uint64_t *serials, uint32_t count);

#endif
