#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * base/log.h - diagnostics on standard error; results never go there.
 *
 *   onhook: SENTENCE            log_say
 *   FILE:LINE: SENTENCE         log_at
 *
 * One call writes one whole line with one write(2), so lines of several processes do not mix.
 * A line is at most LOG_LINE_MAX bytes; what is longer ends in "...". A sentence may hold bytes of
 * a switch or a file: whatever could move a terminal's cursor or mislead a reader (control
 * characters, ANSI sequences, bidirectional controls, line separators, bytes that are not UTF-8)
 * is printed as \n, \t, \xHH or \u{HHHH}. No allocation; safe in forked children.
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/text.h"

enum {
    LOG_LINE_MAX = 1024,
};

__attribute__((format(printf, 1, 2))) void log_say(const char *format, ...);

/* `line` 0: only the file is named. */
__attribute__((format(printf, 3, 4))) void log_at(const char *file, unsigned long line,
                                                  const char *format, ...);

/*
 * log_escape - the printable form of any bytes
 *
 * Writes at most `size` bytes (at least 4) with the terminating 0; what does not fit ends in "...".
 * Returns `buffer`, so that it can stand among the arguments of a printf.
 */
const char *log_escape(char *buffer, size_t size, struct text text);

#endif
