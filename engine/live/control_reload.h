#ifndef ENGINE_LIVE_CONTROL_RELOAD_H
#define ENGINE_LIVE_CONTROL_RELOAD_H

/*
 * engine/live/control_reload.h - the configuration, read once more while the engine runs.
 */

#include "engine/settings.h"

/*
 * control_reload - what `file` says now; NULL when it cannot be used: every error was said
 *
 * Outside of links nothing changes while the engine runs: the result has there what `current` has.
 * `says`: where the file has something else is said; the supervisor does, for all who read it after
 * him. For settings_free() and free().
 */
struct settings *control_reload(const char *file, const struct settings *current, bool says);

#endif
