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

bool
counter_is_fault(enum counter which)
{
    static const bool faults[] = {
#define COUNTER(name, printed, meaning)       [COUNTER_##name] = false,
#define COUNTER_FAULT(name, printed, meaning) [COUNTER_##name] = true,
#include "ipc/counters.def"
#undef COUNTER
    };
    CHECK(which < COUNTER_COUNT);
    return faults[which];
}

bool
counter_is_error(enum counter which)
{
    static const bool odd[] = {
#define COUNTER(name, printed, meaning)     [COUNTER_##name] = false,
#define COUNTER_ODD(name, printed, meaning) [COUNTER_##name] = true,
#include "ipc/counters.def"
#undef COUNTER
    };
    return counter_is_fault(which) || odd[which];
}

const char *
counter_unit(enum counter which)
{
    enum counter_family family = counter_family(which);
    return family == COUNTER_FAMILY_NONE ? "" : counter_family_unit(family);
}

enum counter_family
counter_family(enum counter which)
{
    static const enum counter_family families[] = {
#define COUNTER(name, printed, meaning) [COUNTER_##name] = COUNTER_FAMILY_NONE,
#define COUNTER_PART(name, printed, meaning, family, first, second)                                \
    [COUNTER_##name] = COUNTER_FAMILY_##family,
#include "ipc/counters.def"
#undef COUNTER
    };
    CHECK(which < COUNTER_COUNT);
    return families[which];
}

const char *
counter_label_value(enum counter which, unsigned label)
{
    static const char *const values[][COUNTER_LABELS] = {
#define COUNTER(name, printed, meaning) [COUNTER_##name] = {"", ""},
#define COUNTER_PART(name, printed, meaning, family, first, second)                                \
    [COUNTER_##name] = {first, second},
#include "ipc/counters.def"
#undef COUNTER
    };
    CHECK(which < COUNTER_COUNT);
    CHECK(label < COUNTER_LABELS);
    return values[which][label];
}

struct family {
    const char *name;
    const char *unit;
    const char *labels[COUNTER_LABELS];
    const char *meaning;
};

static const struct family *
family_of(enum counter_family which)
{
    static const struct family families[] = {
#define COUNTER_FAMILY(name, printed, unit, first, second, meaning)                                \
    [COUNTER_FAMILY_##name] = {printed, unit, {first, second}, meaning},
#include "ipc/counter_family.def"
#undef COUNTER_FAMILY
    };
    CHECK(which > COUNTER_FAMILY_NONE);
    CHECK(which < COUNTER_FAMILY_COUNT);
    return &families[which];
}

const char *
counter_family_name(enum counter_family family)
{
    return family_of(family)->name;
}

const char *
counter_family_unit(enum counter_family family)
{
    return family_of(family)->unit;
}

const char *
counter_family_label(enum counter_family family, unsigned label)
{
    CHECK(label < COUNTER_LABELS);
    return family_of(family)->labels[label];
}

const char *
counter_family_meaning(enum counter_family family)
{
    return family_of(family)->meaning;
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
