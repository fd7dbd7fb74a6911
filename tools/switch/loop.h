#ifndef TOOLS_SWITCH_LOOP_H
#define TOOLS_SWITCH_LOOP_H

/*
 * tools/switch/loop.h - the one loop: sockets, steps that are due, faults, commands on stdin.
 */

#include "tools/switch/simulator.h"

/* loop_open - all listeners stand, or false: said on standard error. */
bool loop_open(struct simulator *simulator);

/* loop_run - until the calls asked for are over, or SIGINT or SIGTERM; true: the rate was kept. */
bool loop_run(struct simulator *simulator);

void loop_close(struct simulator *simulator);

/* fault.c: what goes wrong when its time comes, or a line of standard input says so. */
void fault_plan(struct simulator *simulator);
void fault_tick(struct simulator *simulator);
/* fault_command - one line; an answer for standard error, or NULL. */
const char *fault_command(struct simulator *simulator, const char *line);

/* listener_open - (again); false: errno says why. */
bool listener_open(struct listener *listener);

#endif
