#ifndef TESTS_UNIT_SINGLE_STEP_H
#define TESTS_UNIT_SINGLE_STEP_H

/*
 * tests/unit/single_step.h - a child that is looked at after every one of its instructions.
 *
 * What lies in shared memory between two instructions is what a SIGKILL there would leave. So a
 * test copies it after each, recovers from the copy, and knows what every kill would come to.
 *
 *   static struct single_step step;           begin: the child runs `work(context)`, then exits
 *   single_step_begin(&step, work, context);
 *   while (single_step_next(&step))           after each instruction between the two calls of
 *       ...;                                  single_step_mark()
 *
 * Code in front of the first mark, and behind the second, runs at full speed.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct single_step {
    pid_t child;
    uint64_t steps;
    int code; /* of the child, once single_step_next() was false; -1: it did not exit */
};

/* In the child: where stepping begins, and where it ends. */
static inline void
single_step_mark(void)
{
    raise(SIGSTOP);
}

static inline void
single_step_begin(struct single_step *step, void (*work)(void *), void *context)
{
    *step = (struct single_step){.code = -1};
    step->child = fork();
    if (step->child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        work(context);
        _exit(0);
    }
    int status;
    waitpid(step->child, &status, 0); /* at the first mark */
}

/* One instruction on; false when the child has reached its second mark (and let run to its end). */
static inline bool
single_step_next(struct single_step *step)
{
    int status = 0;
    if (ptrace(PTRACE_SINGLESTEP, step->child, NULL, NULL) == 0 &&
        waitpid(step->child, &status, 0) == step->child && WIFSTOPPED(status) &&
        WSTOPSIG(status) == SIGTRAP) {
        step->steps++;
        return true;
    }
    if (WIFSTOPPED(status)) {
        ptrace(PTRACE_CONT, step->child, NULL, NULL);
        waitpid(step->child, &status, 0);
    }
    step->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return false;
}

/* In the midst of it: SIGKILL, and its end is waited for. */
static inline void
single_step_kill(struct single_step *step)
{
    kill(step->child, SIGKILL);
    waitpid(step->child, &(int){0}, 0);
}

#endif
