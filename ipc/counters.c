#include "ipc/counters.h"

#include "base/check.h"

const char *
counter_name(enum counter which)
{
    static const char *const names[] = {
#define COUNTER(name, printed, meaning) [COUNTER_##name] = printed,
#include "ipc/counters.def"
#undef COUNTER
    };
    CHECK(which < COUNTER_COUNT);
    return names[which];
}

const char *
counter_meaning(enum counter which)
{
    static const char *const meanings[] = {
#define COUNTER(name, printed, meaning) [COUNTER_##name] = meaning,
#include "ipc/counters.def"
#undef COUNTER
    };
    CHECK(which < COUNTER_COUNT);
    return meanings[which];
}
