#ifndef TESTS_SIM_SAY_H
#define TESTS_SIM_SAY_H

/*
 * tests/sim/say.h - the steps of a call and the CSTA messages that tell them.
 *
 * Each function changes the true state of the call and puts the copies of one event into the
 * heap: one for each monitor that sees it, the first at the scene's present time, others
 * beside it or up to two seconds later, never overtaking each other within one monitor. A step
 * nobody sees makes no message. Times are the scene's.
 */

#include "tests/sim/story.h"

/* A party lifts the handset; and dials. */
void say_initiated(struct sim_call *call, struct device *device, const char *cause);
void say_originated(struct sim_call *call, struct device *device, const char *called,
                    const char *cause);

/* The call reaches a device; `redirected` is lastRedirectionDevice or NULL. */
void say_delivered(struct sim_call *call, struct device *device, const struct device *redirected,
                   const char *cause);
void say_queued(struct sim_call *call, struct device *queue, const char *cause);
void say_network_reached(struct sim_call *call, struct device *device);
void say_established(struct sim_call *call, struct device *device, const struct device *redirected,
                     const char *cause);

void say_held(struct sim_call *call, struct device *device);
void say_retrieved(struct sim_call *call, struct device *device);

/* A party leaves without being released. */
void say_diverted(struct sim_call *call, struct device *device, const struct device *destination,
                  const char *cause);

/* The way to `called` failed; `own`: told of the caller's connection, not of the called one. */
void say_failed(struct sim_call *call, struct device *called, bool own, const char *cause);

/*
 * say_cleared - a connection is cleared, as `cue` has it; then the judge looks at it
 *
 * Where call->own_only is set, an unmonitored device's clearing is told to nobody.
 */
void say_cleared(struct sim_call *call, struct device *device, const struct cue *cue);

/*
 * say_cleared_twice - the first copy does not name the releaser `who`, later copies do
 *
 * What the first copy let be reported stays unknown; whatever else of its act ends later, after
 * the copies, does not (scene_settle() first).
 */
void say_cleared_twice(struct sim_call *call, struct device *device, const struct device *who,
                       const char *cause);

/* A clearing that says the party was diverted: cause is one of the diversion causes. */
void say_cleared_away(struct sim_call *call, struct device *device, const char *cause);

/* CallCleared, to call monitors only; ends whatever is left. */
void say_call_cleared(struct sim_call *call, const struct cue *cue);

/* How the resulting call of a transfer or conference is named. */
enum result_id {
    RESULT_PRIMARY,
    RESULT_SECONDARY,
    RESULT_NEW,
};

/* say_transferred - `device` joins its two calls and leaves; gives the call that goes on. */
struct sim_call *say_transferred(struct sim_call *primary, struct sim_call *secondary,
                                 struct device *device, enum result_id result, bool unnamed);

/* say_transfer_clearing - `device`'s connection to the old call `id` goes, cause transfer. */
void say_transfer_clearing(struct sim_call *call, const char *id, struct device *device);

/* say_sent_on - single-step transfer: `device` leaves, the call then rings elsewhere. */
void say_sent_on(struct sim_call *call, struct device *device, struct device *destination,
                 bool new_id);

/* say_conferenced - `device` joins its two calls and stays; gives the call that goes on. */
struct sim_call *say_conferenced(struct sim_call *primary, struct sim_call *secondary,
                                 struct device *device, enum result_id result);

/* say_invited - single-step conference: `added` joins the call at once. */
void say_invited(struct sim_call *call, struct device *device, struct device *added);

/*
 * say_request - an application asks to clear a connection (or the call), on behalf of `by`
 *
 * `by` may be NULL: nobody named. Gives the invoke ID for say_answer().
 */
uint32_t say_request(struct sim_call *call, const struct device *by, const struct device *target,
                     bool whole_call);
void say_answer(struct sim_call *call, uint32_t invoke, bool granted, bool whole_call);

/* say_noise - a message that concerns no call. */
void say_noise(struct site *site, struct sim_link *link, uint64_t time_ms);

#endif
