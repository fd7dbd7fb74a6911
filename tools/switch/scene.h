#ifndef TOOLS_SWITCH_SCENE_H
#define TOOLS_SWITCH_SCENE_H

/*
 * tools/switch/scene.h - one telling of a scenario, step by step as time passes.
 *
 * scene_clear() and its like are also what a client's request or a fault does to a call: the scene
 * goes on with the steps that still fit.
 */

#include "tools/switch/simulator.h"

struct scene {
    struct pbx *pbx;
    const struct scenario *scenario;
    struct pbx_device *cast[SCENARIO_CAST_MAX];
    uint64_t calls[SCENARIO_CALLS_MAX]; /* serials; 0: not dialled yet, or over */
    uint32_t step;
    uint64_t due_ms;
};

/* scene_begin - false: no free devices, or no room for the call. */
bool scene_begin(struct pbx *pbx, const struct scenario *scenario);

/* scene_run_due - all steps that are due by now. */
void scene_run_due(struct simulator *simulator);

/* scene_next_ms - when the next one is; UINT64_MAX: there is none. */
uint64_t scene_next_ms(const struct simulator *simulator);

/* scene_heap_* - scenes by the time of their next step; the first is simulator->heap[0]. */
bool scene_heap_add(struct simulator *simulator, struct scene *scene);
/* The first one has another time now, or another stands in its place. */
void scene_heap_sink(struct simulator *simulator, struct scene *scene);
void scene_heap_remove_first(struct simulator *simulator);

/*
 * scene_hang_up - the device leaves the call by itself, or is removed `by` another
 *
 * Whoever is left with nobody to talk to ends in the same act. `told`: TOLD_NAME (the dice may make
 * it silent), or what a request makes of it.
 */
void scene_hang_up(struct call *call, struct pbx_device *device, struct pbx_device *by,
                   enum told told);

/* scene_clear_call - all that are in it, by one; `by` NULL: nobody, a fault with that cause. */
void scene_clear_call(struct call *call, struct pbx_device *by, const char *cause, enum told told);

/* scene_forget_calls - the switch restarts: its calls are gone, and nobody says so. */
void scene_forget_calls(struct pbx *pbx);

/* scene_close - at the end: the calls that are still open are written as such. */
void scene_close(struct simulator *simulator);

#endif
