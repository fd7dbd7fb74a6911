#ifndef TOOLS_INSPECT_METRICS_FIND_H
#define TOOLS_INSPECT_METRICS_FIND_H

/*
 * tools/inspect/metrics_find.h - what metrics tell that is no word of the control segment: links of
 * all front-ends, and what processes take.
 */

#include "ipc/view_links.h"

enum {
    METRICS_LINKS = 512, /* links with samples of their own */
};

/* metrics_links - how many links there are; METRICS_LINKS at most are filled in. */
uint32_t metrics_links(const struct view *view, struct view_link links[METRICS_LINKS]);

/* metrics_own_memory - bytes it takes beside shared memory; 0 where nobody tells. */
uint64_t metrics_own_memory(uint32_t pid);

#endif
