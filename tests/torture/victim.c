#include "tests/torture/victim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/process_state.h"
#include "ipc/segment.h"

bool
victim_start(struct victim *victim, const char *const *command)
{
    fflush(NULL);
    victim->supervisor = fork();
    if (victim->supervisor == 0) {
        int said = open(victim->said, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (said >= 0)
            dup2(said, STDERR_FILENO);
        execv(command[0], (char *const *)(uintptr_t)command);
        _exit(127);
    }
    return victim->supervisor > 0;
}

bool
victim_find(struct victim *victim)
{
    char path[SEGMENT_PATH_SIZE];
    struct stat status;
    if (victim->control != NULL)
        return true;
    segment_path(path, victim->name, SEGMENT_CONTROL, 0);
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    void *mapping = MAP_FAILED;
    if (fstat(descriptor, &status) == 0 && (size_t)status.st_size >= sizeof *victim->control)
        mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (mapping == MAP_FAILED)
        return false;
    victim->control = mapping;
    victim->mapped = (uint64_t)status.st_size;
    if (atomic_load(&victim->control->complete) == 1)
        return true;
    victim_forget(victim);
    return false;
}

void
victim_forget(struct victim *victim)
{
    if (victim->control != NULL)
        munmap((void *)(uintptr_t)victim->control, victim->mapped);
    victim->control = NULL;
}

static const struct shm_process *
process_of(const struct victim *victim, uint32_t who)
{
    return &victim->control->processes[who - VICTIM_FRONTENDS];
}

uint32_t
victim_restarts(const struct victim *victim, uint32_t who)
{
    return process_restarts(process_of(victim, who));
}

static pid_t
parent_of(pid_t pid)
{
    char path[64];
    char line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *behind = strrchr(line, ')'); /* the name before it may hold anything */
    if (behind == NULL || strnlen(behind, 5) < 5 || behind[2] == 'Z')
        return -1;
    return (pid_t)strtol(behind + 4, NULL, 10); /* ") S 1234 ..." */
}

int
victim_open(const struct victim *victim, uint32_t who)
{
    pid_t pid = victim->supervisor;
    if (who != VICTIM_SUPERVISOR) {
        const struct shm_process *process = process_of(victim, who);
        pid = (pid_t)process_pid(process);
        if (pid <= 0 || process_is_done(process))
            return -1;
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0)
        return -1;
    pid_t parent = who == VICTIM_SUPERVISOR ? getpid() : victim->supervisor;
    if (parent_of(pid) == parent)
        return pidfd;
    close(pidfd);
    return -1;
}

bool
victim_hit(int pidfd, int number)
{
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    return poll(&ended, 1, 0) == 0 && syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0;
}
