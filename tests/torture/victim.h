#ifndef TESTS_TORTURE_VICTIM_H
#define TESTS_TORTURE_VICTIM_H

/*
 * tests/torture/victim.h - a replay that is started, looked at from outside, and killed in parts.
 *
 * Its processes are found in its control segment, mapped read-only; a process is signalled only if
 * its parent is the supervisor that we started, through a pidfd, so that a number used again by
 * somebody else is never hit.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/shared_engine.h"

struct victim {
    const char *const *command; /* of the replay, NULL at the end */
    const char *const *again;   /* after its supervisor was killed */
    const char *name;           /* of its engine */
    const char *said;           /* file that gets its standard error */
    pid_t supervisor;           /* 0: does not run */
    const struct shm_control *control;
    uint64_t mapped; /* bytes */
};

/* Who can be hit: 0 the supervisor, then the front-ends, the publisher, the workers. */
enum { VICTIM_SUPERVISOR, VICTIM_FRONTENDS };

/* victim_start - fork and exec a command; its standard error is appended to `said` */
bool victim_start(struct victim *victim, const char *const *command);

/* victim_find - map its control segment as soon as all segments stand. False while they do not. */
bool victim_find(struct victim *victim);

/* victim_forget - the mapping, when the supervisor is gone */
void victim_forget(struct victim *victim);

/* A pidfd of one of its processes that lives and is not done with its work; -1 if there is none. */
int victim_open(const struct victim *victim, uint32_t who);

/* Sends a signal; true when it reached a living process. */
bool victim_hit(int pidfd, int number);

/* How often the role was started again, as its supervisor counts. */
uint32_t victim_restarts(const struct victim *victim, uint32_t who);

#endif
