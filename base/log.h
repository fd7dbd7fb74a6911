#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * base/log.h - diagnostics on standard error; results never go there.
 *
 *   onhook: SENTENCE            log_say, log_warn
 *   FILE:LINE: SENTENCE         log_at
 *
 *   time=2026-11-22T10:00:05.250000Z level=warning pid=7 file=onhook.ini line=3 message="..."
 *   {"Time":"2026-11-22T10:00:05.250000Z","Level":"info","Pid":7,"Message":"..."}
 *
 * for people, and with log_choose() for machines (logfmt, JSON lines).
 *
 * One call writes one whole line with one write(2), so lines of several processes do not mix.
 * A line is at most LOG_LINE_MAX bytes; what is longer ends in "...". A sentence may hold bytes of
 * a switch or a file: whatever could move a terminal's cursor or mislead a reader (control
 * characters, ANSI sequences, bidirectional controls, line separators, bytes that are not UTF-8)
 * is printed as \n, \t, \xHH or \u{HHHH}. No allocation; safe in forked children, and from several
 * threads of a process.
 *
 * A service may be told the same thing again and again: with log_limit(), of lines with the same
 * words around what differs, LOG_ALIKE_MAX are written in LOG_ALIKE_MS; then the next line, or
 * log_rest(), begins with "... 37 more like that: ", and the last of them.
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/text.h"

enum {
    LOG_LINE_MAX = 1024,
    LOG_ALIKE_MAX = 20,
    LOG_ALIKE_MS = 10000,
};

enum log_format {
    LOG_PLAIN = 0,
    LOG_LOGFMT,
    LOG_JSON,
};

/* log_choose - how lines are written from now on. Before the process has threads. */
void log_choose(enum log_format format);

/* log_limit - from now on lines that are alike are counted. Before the process has threads. */
void log_limit(void);

/* log_rest - what was only counted is said, where its time is over. Now and then. */
void log_rest(void);

__attribute__((format(printf, 1, 2))) void log_say(const char *format, ...);

/* log_warn - something somebody should look at. */
__attribute__((format(printf, 1, 2))) void log_warn(const char *format, ...);

/* A warning. `line` 0: only the file is named. */
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
