#ifndef ENGINE_LIVE_LOOPBACK_H
#define ENGINE_LIVE_LOOPBACK_H

/*
 * engine/live/loopback.h - two ends of one TCP connection within this machine.
 *
 * As socketpair(), where it must be TCP: engine/source/tcp_journal.h asks the kernel for counts.
 */

#include <stdbool.h>

/* loopback_pair - both non-blocking, close-on-exec, without delay; of 127.0.0.1, else of ::1.
 * Nobody else's connection is taken for ours. False: errno. */
bool loopback_pair(int pair[2]);

#endif
