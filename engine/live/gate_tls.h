#ifndef ENGINE_LIVE_GATE_TLS_H
#define ENGINE_LIVE_GATE_TLS_H

/*
 * engine/live/gate_tls.h - TLS over a connected socket, as its client. Never waits.
 *
 * OpenSSL's adapter: no other file includes its headers. `why`: GATE_WORDS_SIZE bytes, written when
 * something has failed.
 *
 * Caller: engine/live/gate.c.
 */

#include <stddef.h>
#include <stdint.h>

#include "engine/live/gate.h"

struct gate_tls; /* engine/live/gate_tls.c */

enum gate_tls_result {
    TLS_OK = 0,
    TLS_WAIT_IN,  /* again once the socket is readable */
    TLS_WAIT_OUT, /* again once it is writable */
    TLS_END,      /* of what the switch sends */
    TLS_FAILED,   /* nothing goes any longer */
};

/* gate_tls_open - what the order asks for is there and is understood. NULL: `why`. */
struct gate_tls *gate_tls_open(const struct gate_order *order, int socket, char *why);

/* gate_tls_handshake - until TLS_OK: the switch is who it should be. */
enum gate_tls_result gate_tls_handshake(struct gate_tls *tls, char *why);

/* gate_tls_read, gate_tls_write - some bytes, *count of them, more than none. */
enum gate_tls_result gate_tls_read(struct gate_tls *tls, uint8_t *bytes, size_t size, size_t *count,
                                   char *why);
enum gate_tls_result gate_tls_write(struct gate_tls *tls, const uint8_t *bytes, size_t size,
                                    size_t *count, char *why);

/* gate_tls_end - tell the switch that nothing more comes from us. */
enum gate_tls_result gate_tls_end(struct gate_tls *tls);

void gate_tls_close(struct gate_tls *tls);

#endif
