#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

/*
 * base/config.h - the lines of an INI file, one at a time, with their numbers.
 *
 *   ; comment            # comment
 *   [section]
 *   key = value          ; comment, after white space
 *
 * The only user of inih. What inih would do silently is said or undone here: lines and section
 * names over its limits (200 and 50 bytes in Debian) are problems instead of being cut, an
 * indented line is a line of its own instead of more of the value above, `key: value` is a
 * problem, and every line that is none of the three forms above is named, not only the first.
 * Keys after a bad heading are skipped: they are nobody's.
 * Keys may repeat: what that means is the caller's business.
 */

#include <stdbool.h>

#include "base/text.h"

enum {
    CONFIG_LINE_MAX = 4096, /* the longest line looked at; inih allows fewer bytes */
};

/* One line that says something. Texts live during the call only. */
struct config_line {
    unsigned number;     /* from 1 */
    struct text section; /* without brackets; none before the first section */
    struct text key;     /* none: this line is the section's heading */
    struct text value;   /* may be empty */
    const char *problem; /* not NULL: why this line means nothing; key and value are none */
};

/*
 * config_read - hand every line of `path` that says something to `take`, in order
 *
 * False when the file cannot be opened or read: errno says why; lines may have been handed over
 * before. Caller: one thread at a time in a process (inih has no state, we have none either).
 */
bool config_read(const char *path, void (*take)(void *context, const struct config_line *line),
                 void *context);

#endif
