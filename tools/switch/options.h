#ifndef TOOLS_SWITCH_OPTIONS_H
#define TOOLS_SWITCH_OPTIONS_H

/*
 * tools/switch/options.h - the command line of `onhook switch`.
 */

#include "tools/options.h"
#include "tools/switch/simulator.h"

/*
 * switch_options_read - options and listeners, into a simulator of zeros
 *
 * Its words are the truth and the outcomes, with --judge, and none otherwise.
 */
struct option_rest switch_options_read(struct simulator *simulator, int argc, char **argv);

/* switch_options_usual - what holds where nothing is said. */
void switch_options_usual(struct simulator *simulator);

#endif
