#ifndef ENGINE_LIVE_LOOKUP_H
#define ENGINE_LIVE_LOOKUP_H

/*
 * engine/live/lookup.h - the addresses of a host name, without waiting for them.
 *
 * getaddrinfo() waits for as long as it likes, so it runs on a thread of its own. What nobody waits
 * for any longer is left to that thread, which frees it when it comes to an end.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    LOOKUP_MAX = 8, /* addresses of one name; more are left out */
};

struct socket_address {
    struct sockaddr_storage at;
    socklen_t length;
};

struct lookup; /* engine/live/lookup.c */

/* lookup_numeric - is `host` an IPv4 or IPv6 address itself? Never waits. */
bool lookup_numeric(const char *host, uint16_t port, struct socket_address *address);

/* lookup_begin - NULL: errno. */
struct lookup *lookup_begin(const char *host, uint16_t port);

/* The host and port it was begun with. */
bool lookup_is_of(const struct lookup *lookup, const char *host, uint16_t port);

/* The descriptor that is readable when there is an answer. */
int lookup_descriptor(const struct lookup *lookup);

enum lookup_result {
    LOOKUP_WAIT = 0, /* no answer yet */
    LOOKUP_FOUND,
    LOOKUP_FAILED, /* *why says it */
};

/* lookup_look - up to LOOKUP_MAX addresses, in the order they are to be tried. */
enum lookup_result lookup_look(struct lookup *lookup, struct socket_address *found, uint32_t *count,
                               const char **why);

/* lookup_end - nobody waits for it any longer. NULL is nothing. */
void lookup_end(struct lookup *lookup);

#endif
