/*
 * onhook_restarting - onhook, with front-ends that die at every commit.
 *
 * Takes the calls of two functions from the program it is linked with. The front-end's process
 * starts one front-end after the other; each is killed when it is about to commit for the second
 * time, or right after its first commit, by turns. Batches are of one message.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/front.h"
#include "engine/frontend.h"

static uint32_t life; /* of this front-end, from 0 */

/* The names are the linker's (--wrap).
 * NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
void __real_front_commit(struct front *front);
void __wrap_front_commit(struct front *front);
int __real_frontend_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
                        const struct frontend_input *input);
int __wrap_frontend_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
                        const struct frontend_input *input);

void
__wrap_front_commit(struct front *front)
{
    static uint32_t commits;
    bool before = life % 2 == 0;
    if (before && ++commits == 2)
        raise(SIGKILL);
    __real_front_commit(front);
    if (!before)
        raise(SIGKILL);
}

int
__wrap_frontend_run(struct shared_engine *engine, uint32_t index, struct settings *settings,
                    const struct frontend_input *input)
{
    struct frontend_input slow = *input;
    const char *why = NULL;
    slow.batch = 1;
    if (!frontend_can_restart(engine, index, input, &why))
        return EXIT_FAILURE;
    for (;; life++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            _exit(__real_frontend_run(engine, index, settings, &slow));
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
            return EXIT_FAILURE;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WTERMSIG(status) != SIGKILL)
            return EXIT_FAILURE;
    }
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl*,readability-identifier-naming) */
