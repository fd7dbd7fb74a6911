#ifndef ENGINE_OUTWARD_H
#define ENGINE_OUTWARD_H

/*
 * engine/outward.h - what a process says of itself and of people, as [log] and [privacy] want it.
 */

#include <stdbool.h>

#include "engine/settings.h"

/*
 * outward_begin - from here on logs and numbers look as the settings say
 *
 * Before the process has threads or children, which inherit it. False: what is wrong was said; the
 * settings cannot be used.
 */
bool outward_begin(const struct settings *settings);

/* outward_format - "plain", "logfmt" or "json" of a command line; false for any other word. */
bool outward_format(const char *word, enum log_format *format);

#endif
