#ifndef TESTS_UNIT_FRONT_RIG_H
#define TESTS_UNIT_FRONT_RIG_H

/*
 * tests/unit/front_rig.h - a front-end's memory without a front-end, with a transaction in hand.
 */

#include "engine/front.h"

static inline void
front_rig_open(struct front *front)
{
    assert_true(front_open_private(front));
    front_begin(front);
}

/* What was done holds; more can be done. */
static inline void
front_rig_commit(struct front *front)
{
    front_commit(front);
    front_begin(front);
}

static inline void
front_rig_close(struct front *front)
{
    front_close_private(front);
}

#endif
