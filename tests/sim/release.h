#ifndef TESTS_SIM_RELEASE_H
#define TESTS_SIM_RELEASE_H

/*
 * tests/sim/release.h - the ways a call ends, chosen at random, on top of say.h.
 *
 * --silent decides how often the switch does not name the releaser; requests of an application
 * are granted, refused, left unanswered, too old; clearings come in either order.
 */

#include "tests/sim/say.h"

/*
 * hang_up - `who`, one of the two parties left (talking, ringing or queued), ends the call
 *
 * Afterwards the call is over, as far as anybody was told.
 */
void hang_up(struct sim_call *call, struct device *who);

/* hang_up_both - both let go at once; the first clearing is the one that did it. */
void hang_up_both(struct sim_call *call);

/* break_down - the network or the switch ends the call; nobody asked. */
void break_down(struct sim_call *call);

/* force_off - the application of a route point ends the call, by request. */
void force_off(struct sim_call *call, struct device *route_point);

/* give_up - the caller leaves while several others ring; also alone, before anybody rings. */
void give_up(struct sim_call *call, struct device *caller);

/* end_talk - one of the above for a call of two, with sensible odds. */
void end_talk(struct sim_call *call);

/* leave_conference - one of three or more goes, by its own wish or a request on its behalf. */
void leave_conference(struct sim_call *call, struct device *who);

/* remove_party - `by` has `who` removed from a call of three or more, if the switch agrees. */
void remove_party(struct sim_call *call, struct device *by, struct device *who);

/* end_conference - `by` ends it for all of three or more. */
void end_conference(struct sim_call *call, struct device *by);

#endif
