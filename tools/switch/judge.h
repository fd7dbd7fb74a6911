#ifndef TOOLS_SWITCH_JUDGE_H
#define TOOLS_SWITCH_JUDGE_H

/*
 * tools/switch/judge.h - what onhook said, against what really was.
 *
 * For each end of a party, and each end of a call, of each link:
 *
 *   right      named as it was; or unknown where nothing told it
 *   false      somebody is named who did not do it
 *   missing    it was told to the end, and no outcome says so
 *   doubled    said twice, or said of what never ended
 *   unknown    the switch told who did it, and the outcome does not name him
 *   misled     false or doubled, and named, in a call that changed while nobody could be told:
 *              a defect all the same, but of what is made of a gap
 *   guessed    named rightly, though nothing told it
 *   unseen     ends of calls of which something was lost with a cut, or told to nobody while the
 *              link was down; what is said of them must not be false nor doubled
 *   unwatched  ends of calls in which a device of the switch never had a monitor: likewise
 *
 * An unseen end must be explained: its call lived during a time when monitors were void. One that
 * does not is missing. `bound` is the number of ends of all calls that lived then.
 */

#include <stdbool.h>

/* judge_run - an exit code: 0 only without false, misled, missing, doubled, unknown. */
int judge_run(const char *truth, const char *outcomes, bool json);

#endif
