#ifndef ENGINE_RETELL_H
#define ENGINE_RETELL_H

/*
 * engine/retell.h - a worker that lost its table of calls is told again what hangs on no call.
 *
 *   worker       finds its table damaged, empties it: process_emptied() grows
 *   front-end    LINK for each link, DEVICE for each device, RETOLD; what is on its way meanwhile
 *                is missed by that worker. Then calls are asked for (engine/live/conversation.h).
 *
 * All workers get the records: to the others they say what they know. Only for live links; a
 * recording is read again from its beginning instead.
 *
 * Caller: the front-end's decode loop.
 */

#include "engine/session.h"

/* retell_is_due - has the worker lost its calls more often than it was told all again? How often
 * is then in *emptied. */
bool retell_is_due(const struct session *session, uint32_t worker, uint64_t *emptied);

/*
 * retell_worker - tell it all, for that loss
 *
 * Between two messages; takes an order. What there is to tell may take many transactions: whoever
 * dies in between has a successor that finds it due, and begins with it again.
 */
void retell_worker(struct session *session, uint32_t worker, uint64_t emptied);

#endif
