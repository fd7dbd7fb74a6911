#ifndef TOOLS_INSPECT_METRICS_HTTP_H
#define TOOLS_INSPECT_METRICS_HTTP_H

/*
 * tools/inspect/metrics_http.h - pages over HTTP on the loopback interface, one thread.
 *
 * The only user of libmicrohttpd. Whoever wants the pages elsewhere puts a proxy before it that
 * knows who may have them: here is neither TLS nor a password. At most HTTP_CLIENTS connections,
 * each with a bounded memory and time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum {
    HTTP_CLIENTS = 16,
    HTTP_CLIENT_MEMORY = 16 * 1024, /* bytes for the request's head of one connection */
    HTTP_IDLE_S = 15,
    HTTP_WHY = 128,
};

/* Where to listen. */
struct http_place {
    struct sockaddr_storage address;
    socklen_t length;
};

/* What a request is answered with. The body is copied. */
struct http_page {
    unsigned status;
    const char *type; /* Content-Type */
    const char *body;
    size_t length;
};

/* http_place_read - "9469", "127.0.0.1:9469", "[::1]:9469", "localhost:9469"; port 0: any free one
 *
 * False when it is none of them or not of the loopback: `why`, HTTP_WHY bytes, says which.
 */
bool http_place_read(struct http_place *place, const char *words, char *why);

/*
 * http_serve - answer GET and HEAD until SIGINT or SIGTERM
 *
 * `answer` fills *page, preset to 404, for a path ("/metrics") and the request's Accept (NULL:
 * none). Says where it listens on standard error. False when it cannot listen there: said too.
 */
bool http_serve(const struct http_place *place,
                void (*answer)(void *context, const char *path, const char *accept,
                               struct http_page *page),
                void *context);

#endif
