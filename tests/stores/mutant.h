#ifndef TESTS_STORES_MUTANT_H
#define TESTS_STORES_MUTANT_H

/*
 * tests/stores/mutant.h - the transaction and the ring, broken on purpose: a sweep that finds
 * nothing wrong with that is worth nothing.
 */

#include <stdbool.h>

enum mutant {
#define MUTANT(name, printed, how) MUTANT_##name,
#include "tests/stores/mutant.def"
#undef MUTANT
    MUTANT_COUNT,
};

/* mutant_choose - by its name. False: there is none of that name. */
bool mutant_choose(const char *name);

/* mutant_print - names, and how they break it */
void mutant_print(void);

#endif
