#ifndef ENGINE_LIVE_EARLY_H
#define ENGINE_LIVE_EARLY_H

/*
 * engine/live/early.h - while the workers have no room, SystemStatus is answered all the same.
 *
 * A switch drops whoever does not answer in time, and an outlet may stand still for longer than
 * that. So while the front-end waits, each link goes on receiving into its buffer, and what is
 * there is looked through: the answer to each SystemStatus, and RequestSystemStatus, goes out
 * before its turn. Nothing else happens to the message: it is taken in its turn, and so is its
 * answer, which is not sent again then (shm_live_stream.early).
 *
 * What is behind a full buffer is not seen.
 */

/* early_look - once over every link; struct route's `waits`. `context`: the struct live. */
void early_look(void *context);

#endif
