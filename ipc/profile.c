#include "ipc/profile.h"

#include "base/check.h"

static const struct profile_row profiles[] = {
#define PROFILE(name, printed, flags, differs) [PROFILE_##name] = {printed, flags, differs},
#include "ipc/profile.def"
#undef PROFILE
};

const struct profile_row *
profile_row(uint32_t profile)
{
    CHECK(profile < PROFILE_COUNT);
    return &profiles[profile];
}

enum profile
profile_by_name(struct text name)
{
    for (uint32_t i = 0; i < PROFILE_COUNT; i++) {
        if (text_is_equal(name, text_of(profiles[i].name)))
            return (enum profile)i;
    }
    return PROFILE_COUNT;
}
