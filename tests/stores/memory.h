#ifndef TESTS_STORES_MEMORY_H
#define TESTS_STORES_MEMORY_H

/*
 * tests/stores/memory.h - an engine's segments as a whole: kept once, compared later.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/shared_engine.h"

/* memory_keep - what all segments hold now; once in a process */
void memory_keep(const struct shared_engine *engine);

/* Do they hold that again? Else it is said on stderr where they do not, once. */
bool memory_is_as_kept(const struct shared_engine *engine);

/* memory_place - where an address is: "calls-1+0x40"; NULL is the output. Static. */
const char *memory_place(const struct shared_engine *engine, const void *at);

#endif
