#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

/*
 * engine/pace.h - how fast things come, and so how their next one is waited for.
 *
 * Who sleeps until he is rung for (ipc/doorbell.h) is told at once, and each ring costs the ringer
 * a system call. Where things come one after the other that costs more than it brings: a short nap
 * finds many of them, and nobody pays for it. Where they come now and then, somebody may wait for
 * this one.
 */

#include <stdbool.h>
#include <stdint.h>

enum {
    PACE_SPAN_NS = 1000 * 1000, /* things are counted for so long */
    PACE_BUSY = 100,            /* from so many in that time on it is busy */
    PACE_NAPS = 8,              /* in a row, that found nothing */
    PACE_NAP_NS = 100 * 1000,
};

/* All zero: nothing came yet. */
struct pace {
    uint64_t since_ns; /* of the count */
    uint64_t count;
    bool busy; /* by the count before */
};

/* pace_add - so many came. */
static inline void
pace_add(struct pace *pace, uint64_t count)
{
    pace->count += count;
}

/* pace_look - is it busy? `now_ns` never goes back. */
bool pace_look(struct pace *pace, uint64_t now_ns);

/*
 * pace_nap - nothing has come, `rounds` times in a row: nap, if that is the way to wait
 *
 * False: it is not; sleep until somebody rings.
 */
bool pace_nap(struct pace *pace, uint32_t rounds);

#endif
