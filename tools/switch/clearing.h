#ifndef TOOLS_SWITCH_CLEARING_H
#define TOOLS_SWITCH_CLEARING_H

/*
 * tools/switch/clearing.h - how calls end: the truth of it, and what the switch says.
 */

#include "tools/switch/scene.h"

/* One decision that ends connections. */
struct act {
    struct pbx_device *by;    /* NULL: nobody */
    struct pbx_device *named; /* as the clearings say it; NULL: they are silent */
    enum told told;
    enum end_reason reason;
    const char *cause;
};

/* clear_party - one connection, by that act. */
void clear_party(struct call *call, struct pbx_device *device, const struct act *act);

/* clear_over - the call has ended by that act: truth is written, the place is free. */
void clear_over(struct call *call, const struct act *act, uint64_t joined);

/* clear_note - a party ended without a clearing of its own: a transfer. */
void clear_note(struct call *call, struct pbx_device *device, const struct act *act);

#endif
