#include "engine/live/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/settings.h"

enum {
    PORT_SIZE = 6,
};

struct lookup {
    char host[ADDRESS_HOST_MAX + 1];
    uint16_t port;
    int ready[2];         /* a pipe: the thread writes one byte when it is done */
    pthread_mutex_t lock; /* over the next three */
    bool done;
    bool left; /* nobody waits: the thread frees it */
    struct addrinfo *answer;
    int error; /* of getaddrinfo() */
};

static int
ask(const char *host, uint16_t port, int flags, struct addrinfo **answer)
{
    char service[PORT_SIZE];
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    snprintf(service, sizeof service, "%u", (unsigned)port);
    return getaddrinfo(host, service, &hints, answer);
}

static bool
copy_address(struct socket_address *address, const struct addrinfo *from)
{
    if (from->ai_addrlen > sizeof address->at)
        return false;
    memcpy(&address->at, from->ai_addr, from->ai_addrlen);
    address->length = from->ai_addrlen;
    return true;
}

bool
lookup_numeric(const char *host, uint16_t port, struct socket_address *address)
{
    struct addrinfo *answer;
    if (ask(host, port, AI_NUMERICHOST, &answer) != 0)
        return false;
    bool copied = copy_address(address, answer);
    freeaddrinfo(answer);
    return copied;
}

static void
destroy(struct lookup *lookup)
{
    if (lookup->answer != NULL)
        freeaddrinfo(lookup->answer);
    close(lookup->ready[0]);
    close(lookup->ready[1]);
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *
look_up(void *context)
{
    struct lookup *lookup = context;
    struct addrinfo *answer = NULL;
    int error = ask(lookup->host, lookup->port, AI_ADDRCONFIG, &answer);
    pthread_mutex_lock(&lookup->lock);
    lookup->done = true;
    lookup->answer = error == 0 ? answer : NULL;
    lookup->error = error;
    bool left = lookup->left;
    if (!left && write(lookup->ready[1], "", 1) != 1)
        lookup->error = EAI_SYSTEM; /* a pipe of our own takes one byte */
    pthread_mutex_unlock(&lookup->lock);
    if (left)
        destroy(lookup);
    return NULL;
}

/* A thread that no signal of the process is given to. */
static int
start_thread(struct lookup *lookup)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    pthread_attr_t detached;
    sigfillset(&all);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, &detached, look_up, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    return error;
}

struct lookup *
lookup_begin(const char *host, uint16_t port)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    lookup->port = port;
    if (pipe2(lookup->ready, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(lookup);
        return NULL;
    }
    pthread_mutex_init(&lookup->lock, NULL);
    int error = start_thread(lookup);
    if (error == 0)
        return lookup;
    destroy(lookup);
    errno = error;
    return NULL;
}

bool
lookup_is_of(const struct lookup *lookup, const char *host, uint16_t port)
{
    return lookup->port == port && strcmp(lookup->host, host) == 0;
}

int
lookup_descriptor(const struct lookup *lookup)
{
    return lookup->ready[0];
}

enum lookup_result
lookup_look(struct lookup *lookup, struct socket_address *found, uint32_t *count, const char **why)
{
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    pthread_mutex_unlock(&lookup->lock);
    if (!done)
        return LOOKUP_WAIT;
    uint32_t copied = 0;
    for (struct addrinfo *at = lookup->answer; at != NULL && copied < LOOKUP_MAX; at = at->ai_next)
        copied += copy_address(&found[copied], at);
    if (copied > 0) {
        *count = copied;
        return LOOKUP_FOUND;
    }
    *why = lookup->error != 0 ? gai_strerror(lookup->error) : "it has no address";
    return LOOKUP_FAILED;
}

void
lookup_end(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    lookup->left = true;
    pthread_mutex_unlock(&lookup->lock);
    if (done)
        destroy(lookup);
}
