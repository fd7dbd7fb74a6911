#ifndef ENGINE_LIVE_TLS_H
#define ENGINE_LIVE_TLS_H

/*
 * engine/live/tls.h - TLS over a connected socket, as its client. Never waits.
 *
 * OpenSSL's adapter: no other file includes its headers. `why`: GATE_WORDS_SIZE bytes, written when
 * something has failed.
 *
 * Caller: engine/live/gate.c.
 */

#include <stddef.h>
#include <stdint.h>

#include "engine/live/gate.h"

struct tls; /* engine/live/tls.c */

enum tls_result {
    TLS_OK = 0,
    TLS_WAIT_IN,  /* again once the socket is readable */
    TLS_WAIT_OUT, /* again once it is writable */
    TLS_END,      /* of what the switch sends */
    TLS_FAILED,   /* nothing goes any longer */
};

/* tls_open - what the order asks for is there and is understood. NULL: `why`. */
struct tls *tls_open(const struct gate_order *order, int socket, char *why);

/* tls_handshake - until TLS_OK: the switch is who it should be. */
enum tls_result tls_handshake(struct tls *tls, char *why);

/* tls_read, tls_write - some bytes, *count of them, more than none. */
enum tls_result tls_read(struct tls *tls, uint8_t *bytes, size_t size, size_t *count, char *why);
enum tls_result tls_write(struct tls *tls, const uint8_t *bytes, size_t size, size_t *count,
                          char *why);

/* tls_end - tell the switch that nothing more comes from us. */
enum tls_result tls_end(struct tls *tls);

void tls_close(struct tls *tls);

#endif
