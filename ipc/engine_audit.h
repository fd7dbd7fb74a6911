#ifndef IPC_ENGINE_AUDIT_H
#define IPC_ENGINE_AUDIT_H

/*
 * ipc/engine_audit.h - is what all the processes of a dead engine left one engine's state?
 *
 * Every position stands at least twice: committed in its owner's journal, and published for others.
 * A kill leaves these in an order that the protocols fix (ipc/transaction.h, ipc/ring_spsc.h,
 * ipc/ring_result.h):
 *
 *   a ring    released <= read, committed <= published <= written, committed <= released + slots
 *   an outbox given out <= seen in the result ring <= standing there <= published
 *   the result ring    each slot's header one that its position can have; a worker's outcomes in
 *             it are the ones it is said to have there, in their order, and one open claim at most
 *
 * Where they do not, bytes were changed that nobody of ours wrote, and whoever went on could wait
 * for ever for what cannot come. So it is asked before anybody does.
 *
 * Caller: whoever takes an engine over, when all its processes are dead. Nothing is changed.
 */

#include <stdbool.h>

#include "ipc/shared_engine.h"

/*
 * engine_audit - true, or false and `why` (at least SHARED_ENGINE_WHY bytes) says what is bad
 *
 * The engine's memory is mapped, its rings were found sound one by one (ring_attach()).
 */
bool engine_audit(const struct shared_engine *engine, char *why);

#endif
