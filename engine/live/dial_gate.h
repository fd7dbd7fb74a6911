#ifndef ENGINE_LIVE_DIAL_GATE_H
#define ENGINE_LIVE_DIAL_GATE_H

/*
 * engine/live/dial_gate.h - a gate (engine/live/gate.h) as who dials through it sees it.
 *
 * Caller: engine/live/dial.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/live/gate.h"
#include "engine/live/holder.h"

struct dial_gate {
    int socket; /* our end of the loopback connection; -1: there is none, or it was taken */
    int status; /* read end; -1: there is no gate */
    uint64_t serial;
};

#define DIAL_NO_GATE ((struct dial_gate){.socket = -1, .status = -1})

/* How long a gate may try. */
uint64_t dial_gate_limit_ms(const struct gate_order *order);

/* dial_gate_begin - the holder starts one. False: `why` has the words. */
bool dial_gate_begin(struct dial_gate *gate, struct holder *holder, const struct gate_order *order,
                     char *why, size_t size);

enum dial_gate_state {
    DIAL_GATE_WAIT = 0,
    DIAL_GATE_STANDS,
    DIAL_GATE_FAILED, /* `why` has the words */
};

enum dial_gate_state dial_gate_look(struct dial_gate *gate, char *why, size_t size);

/* dial_gate_take - its socket; *serial: by which the holder has it. */
int dial_gate_take(struct dial_gate *gate, uint64_t *serial);

/* dial_gate_last_words - why it has ended, if it has, and not as it should; never waits. */
bool dial_gate_last_words(struct dial_gate *gate, char *why, size_t size);

/* dial_gate_drop - it is not wanted any longer. What was taken stays. */
void dial_gate_drop(struct dial_gate *gate, struct holder *holder);

#endif
