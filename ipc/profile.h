#ifndef IPC_PROFILE_H
#define IPC_PROFILE_H

/*
 * ipc/profile.h - what a switch family's messages mean (docs/attribution.md, "Profiles").
 * A LINK event carries the profile's number to the workers, so the table stands in ipc/.
 */

#include <stdint.h>

#include "base/text.h"

enum {
    PROFILE_HOLD_CLEARS = 1 << 0,     /* ConnectionCleared also means "went on hold" */
    PROFILE_AVAYA_DEVICES = 1 << 1,   /* `4750:switch:ip:0` is device 4750 */
    PROFILE_LOCAL_STATE = 1 << 2,     /* localConnectionInfo tells who released */
    PROFILE_CONTROLLER_ENDS = 1 << 3, /* the conferencing device's clearing ends it for all */
    PROFILE_LOOSE_CAUSES = 1 << 4,    /* cause texts match without case and spaces */
    PROFILE_PHASE_II = 1 << 5,        /* BER phase II unless the link says otherwise */
    PROFILE_REGISTERS = 1 << 6,       /* live: the switch speaks first, then we SystemRegister */
    PROFILE_HAS_SESSION = 1 << 7,     /* live: StartApplicationSession comes first (ECMA-354) */
};

enum profile {
#define PROFILE(name, printed, flags, differs) PROFILE_##name,
#include "ipc/profile.def"
#undef PROFILE
    PROFILE_COUNT,
};

struct profile_row {
    const char *name;
    uint32_t flags;
    const char *differs; /* from generic; for help texts */
};

/* profile_row - a profile's row; `profile` must be below PROFILE_COUNT (CHECK). */
const struct profile_row *profile_row(uint32_t profile);

/* profile_by_name - the profile of that name, or PROFILE_COUNT. */
enum profile profile_by_name(struct text name);

#endif
