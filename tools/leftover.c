#include "tools/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/check.h"
#include "ipc/segment.h"
#include "ipc/shared_engine.h"

/* Is it the control segment of a replay? Then *pid is the process that made it. */
static bool
is_replay(const char *file, int *pid)
{
    static const char prefix[] = "onhook-replay-";
    if (strncmp(file, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *digits = file + sizeof prefix - 1;
    char *end;
    long number = strtol(digits, &end, 10);
    *pid = (int)number;
    return *digits >= '1' && *digits <= '9' && number <= INT_MAX && strcmp(end, ".control") == 0;
}

/* A living process may be just about to lock what it made, so the lock alone is not asked. */
static bool
is_alive(int pid)
{
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

uint32_t
leftover_remove(void)
{
    uint32_t count = 0;
    DIR *folder = opendir("/dev/shm");
    if (folder == NULL)
        return 0; /* then no engine can be made either, and that is said */
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        int pid;
        char name[SEGMENT_NAME_MAX + 1];
        if (!is_replay(entry->d_name, &pid) || is_alive(pid))
            continue;
        int length = snprintf(name, sizeof name, "replay-%d", pid);
        CHECK(length > 0 && (size_t)length < sizeof name);
        if (!shared_engine_is_left(name) && segment_remove_dead(name, WORKERS_MAX))
            count++;
    }
    closedir(folder);
    return count;
}
