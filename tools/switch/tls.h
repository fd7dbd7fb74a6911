#ifndef TOOLS_SWITCH_TLS_H
#define TOOLS_SWITCH_TLS_H

/*
 * tools/switch/tls.h - the only user of OpenSSL here; without it nothing can be opened.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls;

/* tls_load - the server's certificate and key; NULL, or why not (a static sentence). */
const char *tls_load(const char *certificate, const char *key);

/* tls_open - the server's side on a connected socket that does not block; NULL: it cannot. */
struct tls *tls_open(int fd);
/* tls_end - tell the client that nothing more comes. */
void tls_end(struct tls *tls);
void tls_close(struct tls *tls);

/* As recv() and send(): -1 with errno EAGAIN while nothing can be done, 0 at the end. */
ssize_t tls_read(struct tls *tls, void *bytes, size_t size);
ssize_t tls_write(struct tls *tls, const void *bytes, size_t length);

#endif
