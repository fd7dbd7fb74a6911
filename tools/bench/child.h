#ifndef TOOLS_BENCH_CHILD_H
#define TOOLS_BENCH_CHILD_H

/*
 * tools/bench/child.h - this program once more, as a process of its own.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CHILD_SAID_MAX = 16384,
};

struct child {
    pid_t pid;
    int input;  /* to its standard input; -1: it has none */
    int output; /* from its standard output; -1: that is /dev/null */
    int errors; /* what it says on standard error */
};

/* child_start - `arguments` end with NULL; the first is the command. False: errno says why not. */
bool child_start(struct child *child, const char *const *arguments, bool is_fed);

/*
 * child_end - close what leads to it, and wait for it
 *
 * `said`, at least CHILD_SAID_MAX bytes, gets what it said on standard error, terminated.
 * `cpu_seconds` is that of all its processes. False when it did not exit with 0.
 */
bool child_end(struct child *child, char *said, double *cpu_seconds);

/* child_kill - nobody needs its answer any more. */
void child_kill(struct child *child);

#endif
