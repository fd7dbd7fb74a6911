#ifndef ENGINE_DEAD_LETTER_H
#define ENGINE_DEAD_LETTER_H

/*
 * engine/dead_letter.h - the inputs that ended a process again and again, kept for whoever is to
 * find out why.
 *
 * A text file, appended to, 0600, a line each:
 *
 *   worker 2 crashed (SIGSEGV) at input 5678: Established, link 0, callID 4711, device 2001
 *
 * and "at input 5678 of front-end 1" where there are several, for each counts its own.
 *
 * Texts of the switch are escaped. The file never grows beyond DEAD_LETTER_FILE_MAX bytes.
 * Caller: the supervisor.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

enum {
    DEAD_LETTER_FILE_MAX = 1 << 20,
};

/*
 * dead_letter_worker - may the input that a dead worker had in hand be passed over? If so it is
 * written down, and *position is where it stands in the worker's ring
 *
 * Only what concerns one call may: a worker without its ticks or its directory, or a call that is
 * waited for elsewhere, would go wrong later. `words` say how the worker died. False when it may
 * not, when there is no such record, or when the file is full or cannot be written; `why` (at least
 * SHARED_ENGINE_WHY bytes) says which.
 */
bool dead_letter_worker(const char *path, const struct shared_engine *engine, uint32_t worker,
                        const char *words, uint64_t *position, char *why);

#endif
