#include "engine/pace.h"

#include <time.h>

#include "base/clock.h"

bool
pace_look(struct pace *pace, uint64_t now_ns)
{
    uint64_t spans = (now_ns - pace->since_ns) / PACE_SPAN_NS;
    if (spans > 0) {
        pace->busy = pace->count / PACE_BUSY >= spans;
        pace->since_ns = now_ns;
        pace->count = 0;
    }
    return pace->busy;
}

bool
pace_nap(struct pace *pace, uint32_t rounds)
{
    if (!pace_look(pace, clock_ns()) || rounds > PACE_NAPS)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = PACE_NAP_NS}, NULL);
    return true;
}
