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

enum counter
counter_of_reason(uint8_t reason, uint8_t releasing)
{
    static const enum counter locals[] = {
#define REASON(name, printed) COUNTER_LOCAL_##name,
#include "ipc/reason.def"
#undef REASON
    };
    CHECK(reason < sizeof locals / sizeof *locals);
    unsigned column = releasing == 0 ? 2 : releasing - 1u; /* local, remote, unknown */
    return (enum counter)(locals[reason] + column);
}
