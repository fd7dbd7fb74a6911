#ifndef ENGINE_LIVE_CONTROL_RELOAD_H
#define ENGINE_LIVE_CONTROL_RELOAD_H

/*
 * engine/live/control_reload.h - the configuration, read once more while the engine runs.
 */

#include "engine/settings.h"

/*
 * control_reload - what `file` says now; NULL when it cannot be used: every error was said
 *
 * Outside of links nothing changes while the engine runs: what the file says there else than
 * `current` is said, and the result has what `current` has. For settings_free() and free().
 */
struct settings *control_reload(const char *file, const struct settings *current);

#endif
