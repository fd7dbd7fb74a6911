#ifndef ENGINE_DECLARED_H
#define ENGINE_DECLARED_H

/*
 * engine/declared.h - what traces declared of their links, for a successor to declare again.
 *
 * Settings live in private memory and begin anew with each front-end; what the input changed is
 * written down, DECLARED_BYTES of it. Beyond that it holds for this front-end, and there will be
 * no other: front_is_complete(). Caller: the session.
 */

#include "engine/front.h"
#include "engine/settings.h"

/* declared_note - `key` (none: only that there is such a link) with its value, of a link; of none:
 * an alias, see settings_trace_alias(). */
void declared_note(struct front *front, struct text link, struct text key, struct text value);

/* declared_apply - everything that was written down, in its order, to settings as they began. */
void declared_apply(const struct front *front, struct settings *settings);

#endif
