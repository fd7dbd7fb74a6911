#ifndef TOOLS_EXPLAIN_PAST_H
#define TOOLS_EXPLAIN_PAST_H

/*
 * tools/explain/past.h - what the workers of an engine did last, as entries of a flow.
 *
 * The histories of all workers are copied once and put into the order of the input, as one worker
 * may have begun a call that another went on with. The engine may run, hang or be dead.
 */

#include "ipc/view_calls.h"
#include "ipc/view_history.h"
#include "tools/explain/flow.h"

struct past_item;

struct past {
    struct past_item *items; /* in the order of the input, one front-end after the other */
    uint32_t item_count;
    bool has_lost;            /* older entries were written over */
    uint64_t unsound;         /* entries that were none of ours */
    struct view_calls *calls; /* for the names of links; large */
};

/* past_open - false: `why` (VIEW_WHY bytes) says why nothing can be told. Then past_close(),
 * too. */
bool past_open(struct past *past, const struct view *view, char *why);
void past_close(struct past *past);

/* past_tell - each record that was handled, with its outcomes, in order. As often as need be. */
void past_tell(const struct past *past, void (*take)(void *context, const struct flow_entry *entry),
               void *context);

#endif
