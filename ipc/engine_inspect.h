#ifndef IPC_ENGINE_INSPECT_H
#define IPC_ENGINE_INSPECT_H

/*
 * ipc/engine_inspect.h - what a dead process left: is it sound, and what had it in hand?
 *
 * Caller: the supervisor, between two lives of the role, when nobody else writes what that role
 * writes. Nothing is changed, and nothing found is trusted further than it was tested.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/event_record.h"
#include "ipc/shared_engine.h"

/*
 * engine_verify - is what this role can write still something its next life can go on with?
 *
 * Asked after a fault, when a store may have gone anywhere the role has write access to: positions
 * of its rings, the records in them that are already published, its call table's frame. True, or
 * false and `why` (at least SHARED_ENGINE_WHY bytes) says what is bad. `index` is the worker's or
 * the front-end's number, else 0.
 */
bool engine_verify(const struct shared_engine *engine, enum role role, uint32_t index, char *why);

/* engine_records_are_whole - is every record in that channel's event ring, from `from` on, the one
 * that the front-end packed? Caller: somebody who knows that nobody lives. */
bool engine_records_are_whole(const struct shared_engine *engine, uint32_t frontend,
                              uint32_t worker, uint64_t from);

/* engine_commits - transactions the role has committed (ipc/transaction.h): has it begun? */
uint64_t engine_commits(const struct shared_engine *engine, enum role role, uint32_t index);

/* engine_turn - the front-end whose input a dead worker had in hand; 0 for the other roles. */
uint32_t engine_turn(const struct shared_engine *engine, enum role role, uint32_t index);

/*
 * engine_progress - how far the role has committed, in one number: has it got on?
 *
 * Of a worker: with the input of the front-end whose turn it was. Another number when it has; the
 * same one after a transaction with nothing in it. Never 0.
 */
uint64_t engine_progress(const struct shared_engine *engine, enum role role, uint32_t index);

/*
 * engine_input_in_hand - the record that a worker's next life will take first, unpacked
 *
 * Of the front-end `frontend`. *position is where it stands in the ring, for process_skip_set().
 * False when none is published there, or it is no record. Texts of *event point into the ring,
 * until the worker lives again.
 */
bool engine_input_in_hand(const struct shared_engine *engine, uint32_t frontend, uint32_t worker,
                          uint64_t *position, struct event *event);

/* engine_undelivered - outcomes that were decided and not given out. Of memory that may be damaged:
 * no more than there is room for. */
uint64_t engine_undelivered(const struct shared_engine *engine);

/* engine_is_drained - nothing waits in any ring or outbox. Of a running engine: as of a moment ago,
 * and for good only if no front-end lives. */
bool engine_is_drained(const struct shared_engine *engine);

#endif
