#ifndef ENGINE_LIVE_GATE_H
#define ENGINE_LIVE_GATE_H

/*
 * engine/live/gate.h - TLS with a switch, in a process of its own for each connection.
 *
 *   switch <--TLS--> gate <--TCP over loopback--> front-end
 *                      '--- status, a pipe ------>
 *
 * One try to one address, within twice connect-timeout. The switch's certificate is verified:
 * chain, dates, and name (tls-name, else the address's host); TLS 1.2 at least. Then bytes are
 * pumped both ways until either side ends. An end of one direction is passed on; when ours has
 * ended the switch has GATE_LINGER_MS to end too.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/settings.h"

enum {
    GATE_WORDS_SIZE = 320,
    GATE_LINGER_MS = 5000,
};

/* What one try is to be. Goes from one process to another as it is. */
struct gate_order {
    char host[ADDRESS_HOST_MAX + 1];
    uint16_t port;
    uint32_t connect_ms;
    char ca[SETTINGS_TEXT_MAX + 1];
    char name[SETTINGS_TEXT_MAX + 1];
    char certificate[SETTINGS_TEXT_MAX + 1];
    char key[SETTINGS_TEXT_MAX + 1];
};

/* What a gate writes into the status pipe: one byte, then, if it is GATE_FAILED, why. At most
 * GATE_WORDS_SIZE bytes at one time; nothing follows GATE_FAILED or GATE_ENDED. */
enum gate_status {
    GATE_STANDS = '+', /* verified; bytes may be sent */
    GATE_FAILED = '-', /* it could not be, or has ended because of this */
    GATE_ENDED = '.',  /* it stood, and has come to its end; who dies says nothing */
};

/* gate_is_built - was this program built with TLS? */
bool gate_is_built(void);

/*
 * gate_run - the whole life of the process; returns its exit code
 *
 * `far`: the end of the loopback connection that the front-end does not have. Blocks no signal, and
 * has nothing else open.
 */
int gate_run(const struct gate_order *order, int far, int status);

#endif
