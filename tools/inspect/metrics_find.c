#include "tools/inspect/metrics_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

uint32_t
metrics_links(const struct view *view, struct view_link links[METRICS_LINKS])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < view->frontends; i++) {
        uint32_t known = count < METRICS_LINKS ? count : METRICS_LINKS;
        count += view_links(view, i, links + known, METRICS_LINKS - known);
    }
    return count;
}

uint64_t
metrics_own_memory(uint32_t pid)
{
    char path[32];
    unsigned long resident = 0;
    unsigned long shared = 0;
    snprintf(path, sizeof path, "/proc/%" PRIu32 "/statm", pid);
    FILE *file = pid != 0 ? fopen(path, "re") : NULL;
    if (file == NULL)
        return 0;
    /* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
    bool is_read = fscanf(file, "%*u %lu %lu", &resident, &shared) == 2;
    fclose(file);
    return is_read && resident > shared ? (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
