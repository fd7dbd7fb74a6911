#ifndef ENGINE_LIVE_OUTGOING_SOCKET_H
#define ENGINE_LIVE_OUTGOING_SOCKET_H

/*
 * engine/live/outgoing_socket.h - a TCP socket that is to be connected to a switch.
 */

#include <stdbool.h>

#include "engine/live/lookup.h"

/* outgoing_socket - for an address of that family: non-blocking, close-on-exec, without delay, kept
 * alive. -1: errno. */
int outgoing_socket(const struct socket_address *address);

/* outgoing_is_to_itself - a port of this machine that nobody listens on may be given to the very
 * socket that calls it: then it is connected to itself. */
bool outgoing_is_to_itself(int socket);

#endif
