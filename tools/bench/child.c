#include "tools/bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PIPE_BYTES = 1 << 20,
    ARGUMENTS_MAX = 48,
};

static void
close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* In the child: the ends of the pipes take their places, and the program begins anew. */
_Noreturn static void
become(const char *const *arguments, int input, int output, int errors)
{
    char *copy[ARGUMENTS_MAX] = {"onhook"};
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (dup2(input >= 0 ? input : null, STDIN_FILENO) < 0 ||
        dup2(output >= 0 ? output : null, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
        _exit(127);
    /* Copied where execv() wants its own: it changes none of them. */
    for (int i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
        copy[i + 1] = strdup(arguments[i]);
    execv("/proc/self/exe", copy);
    _exit(127);
}

bool
child_start(struct child *child, const char *const *arguments, bool is_fed)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, errors[2] = {-1, -1};
    bool is_open = pipe2(errors, O_CLOEXEC) == 0 &&
                   (!is_fed || (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0));
    child->pid = is_open ? fork() : -1;
    if (child->pid == 0)
        become(arguments, in[0], out[1], errors[1]);
    int kept = errno;
    close_end(&in[0]);
    close_end(&out[1]);
    close_end(&errors[1]);
    child->input = in[1];
    child->output = out[0];
    child->errors = errors[0];
    if (is_fed && child->pid > 0) {
        /* Larger where we may; a smaller pipe only fills earlier, and that is counted. */
        fcntl(child->input, F_SETPIPE_SZ, PIPE_BYTES);
        fcntl(child->output, F_SETPIPE_SZ, PIPE_BYTES);
        fcntl(child->input, F_SETFL, O_NONBLOCK);
        fcntl(child->output, F_SETFL, O_NONBLOCK);
    }
    if (child->pid < 0) {
        close_end(&child->input);
        close_end(&child->output);
        close_end(&child->errors);
        errno = kept;
    }
    return child->pid > 0;
}

static void
read_errors(int errors, char *said)
{
    size_t length = 0;
    char rest[512];
    for (;;) {
        bool is_full = length + 1 >= CHILD_SAID_MAX;
        ssize_t got = is_full ? read(errors, rest, sizeof rest)
                              : read(errors, said + length, CHILD_SAID_MAX - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += is_full ? 0 : (size_t)got;
    }
    said[length] = '\0';
}

static double
seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

bool
child_end(struct child *child, char *said, double *cpu_seconds)
{
    int status = -1;
    struct rusage usage = {0};
    close_end(&child->input);
    close_end(&child->output);
    read_errors(child->errors, said);
    close_end(&child->errors);
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR)
        continue;
    *cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
child_kill(struct child *child)
{
    char said[CHILD_SAID_MAX];
    double cpu_seconds;
    kill(child->pid, SIGTERM);
    (void)child_end(child, said, &cpu_seconds);
}
