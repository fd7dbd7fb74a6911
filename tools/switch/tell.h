#ifndef TOOLS_SWITCH_TELL_H
#define TOOLS_SWITCH_TELL_H

/*
 * tools/switch/tell.h - who is told of an event.
 *
 * Each device monitor whose device has a connection in the call gets its own copy with that
 * device's localConnectionInfo, the last one about its own clearing; a call monitor gets one of
 * everything until the call ends. Where a monitor that should have told is void, the call is
 * touched: its end may be unseen.
 */

#include "tools/switch/event.h"

void tell(const struct telling *telling);

/* tell_touch - from now on nobody can be sure to know all of the call. */
void tell_touch(struct call *call);

#endif
