#ifndef TOOLS_LEFTOVER_H
#define TOOLS_LEFTOVER_H

/*
 * tools/leftover.h - the shared memory of replays that could not clean up after themselves.
 *
 * A supervisor killed by SIGKILL leaves its segments. Their name, replay-PID, is not used again
 * before the process number is, so the next replay of the same user looks for them.
 */

#include <stdint.h>

/*
 * leftover_remove - remove the segments of each replay-PID where no such process exists
 *
 * Returns how many engines' were removed. What somebody still holds, another user's, and engines
 * that were given a name of their own are left alone. Call it before making an engine.
 */
uint32_t leftover_remove(void);

#endif
