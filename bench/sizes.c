#include "bench/sizes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/cbench.h"

enum {
    NAME_SIZE = 64,
    LINE_SIZE = 128,
    GIB = 1 << 30,
};

/* Of what is free, rather not all: the rest of the machine would be pushed out. */
#define MEMORY_SHARE 0.9

/* Bytes. */
static double
free_memory(void)
{
    static const char name[] = "MemAvailable:";
    double kib = 0;
    char line[LINE_SIZE];
    FILE *info = fopen("/proc/meminfo", "r");
    while (info != NULL && kib <= 0 && fgets(line, sizeof line, info) != NULL)
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtod(line + sizeof name - 1, NULL);
    if (info != NULL)
        fclose(info);
    return kib * 1024;
}

/* What the process took at most, in bytes. */
static double
measure_apart(uint64_t count, const char *name, void (*measure)(uint64_t count, const char *name))
{
    struct rusage usage;
    int status;
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        measure(count, name);
        fflush(stdout);
        _exit(0);
    }
    CHECK(wait4(child, &status, 0, &usage) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return (double)usage.ru_maxrss * 1024;
}

void
sizes_measure(const char *prefix, const struct size *sizes, uint32_t count,
              void (*measure)(uint64_t count, const char *name))
{
    double bytes_each = 0;
    for (uint32_t i = 0; i < (cbench_is_quick() ? 1 : count); i++) {
        char name[NAME_SIZE];
        double needed = bytes_each * (double)sizes[i].count, free = free_memory();
        snprintf(name, sizeof name, "%s.%s", prefix, sizes[i].name);
        if (needed > free * MEMORY_SHARE)
            printf("{\"name\":\"%s\",\"left_out\":\"needs %.0f GiB, %.0f GiB are free\"}\n", name,
                   needed / GIB, free / GIB);
        else
            bytes_each = measure_apart(sizes[i].count, name, measure) / (double)sizes[i].count;
    }
}
