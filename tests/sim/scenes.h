#ifndef TESTS_SIM_SCENES_H
#define TESTS_SIM_SCENES_H

/*
 * tests/sim/scenes.h - the stories: each casts its devices, tells one or several calls, and
 * says true when it was told, false when no device was free (nothing was told then).
 */

#include "tests/sim/say.h"

/* scene_play - choose a story for a moment and a link, and tell it. */
bool scene_play(struct site *site, struct sim_link *link, uint64_t now_ms);

/* scenes_basic.c: one call, nobody joined to it. */
bool play_two_party(struct scene *scene);
bool play_unanswered(struct scene *scene);
bool play_failed(struct scene *scene);
bool play_redirect(struct scene *scene);
bool play_group(struct scene *scene);
/* scenes_queue.c */
bool play_queue(struct scene *scene);
bool play_route_point(struct scene *scene);
/* scenes_related.c: calls that become one. */
bool play_consult(struct scene *scene);
bool play_transfer(struct scene *scene);
bool play_sent_on(struct scene *scene);
bool play_conference(struct scene *scene);

/* ---- what stories have in common (scenes_common.c) ------------------------------------------ */

/* The two sides of a call: who calls, who is called; one of them is monitored. */
struct sides {
    struct device *caller;
    struct device *called;
};

/* cast_sides - internal, inbound or outbound, at random; false: nobody free. */
bool cast_sides(struct scene *scene, struct sides *sides);

/* dial - the caller dials `called`; told as far as the caller is monitored. */
void dial(struct sim_call *call, struct device *caller, const char *called, const char *cause);

/* ring - the call reaches the called device, inside or out. */
void ring(struct sim_call *call, struct device *device);

/* connect - dial, ring, answer. */
void connect_sides(struct sim_call *call, const struct sides *sides);

/* talk - some time passes, one side may hold and retrieve. */
void talk(struct sim_call *call, struct device *one, struct device *other);

/* call_finish - whatever nobody can see any more ends out of sight; late CallCleared. */
void call_finish(struct sim_call *call);

#endif
