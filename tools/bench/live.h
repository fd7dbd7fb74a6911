#ifndef TOOLS_BENCH_LIVE_H
#define TOOLS_BENCH_LIVE_H

/*
 * tools/bench/live.h - `onhook run` as a process of its own, with one link to us over loopback TCP.
 */

#include <stdbool.h>

#include "tools/bench/child.h"

/*
 * live_start - the engine runs, and its link is up
 *
 * What is written to child->input are messages of the link's switch, which asks for no session and
 * no monitor. Outcomes come from child->output, or are thrown away. One front-end, one worker, all
 * else as by default. Its configuration and its socket are in `folder`, as "live.ini" and
 * "live.control". End it by child_kill(). False: errno says why not, or is 0.
 */
bool live_start(struct child *child, const char *folder, bool has_outcomes);

/* live_clear - nothing of it is left in the folder. */
void live_clear(const char *folder);

#endif
