#ifndef TOOLS_SWITCH_OPTIONS_H
#define TOOLS_SWITCH_OPTIONS_H

/*
 * tools/switch/options.h - the command line of `onhook switch`.
 */

#include "tools/switch/simulator.h"

struct judge_files {
    const char *truth, *outcomes;
    bool json;
};

/*
 * options_read - what the command line says
 *
 * -1: go on with *simulator, or with *judge where its truth is set. Else the command's exit code,
 * and everything was said.
 */
int options_read(struct simulator *simulator, struct judge_files *judge, int argc, char **argv);

void options_default(struct switch_options *options);

#endif
