#ifndef TESTS_UNIT_FRONT_RIG_H
#define TESTS_UNIT_FRONT_RIG_H

/*
 * tests/unit/front_rig.h - a front-end's memory without a front-end, with a transaction in hand.
 */

#include <sys/mman.h>

#include "engine/front.h"

static inline void *
front_rig_memory(void)
{
    void *memory = mmap(NULL, front_state_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static inline void
front_rig_open(struct front *front)
{
    assert_true(front_open(front, front_rig_memory()));
    front_begin(front);
}

/* What was done holds; more can be done. */
static inline void
front_rig_commit(struct front *front)
{
    front_commit(front);
    front_begin(front);
}

/* As if the owner had died here, and another took over. */
static inline void
front_rig_roll_back(struct front *front)
{
    assert_true(front_open(front, front->transaction.shared));
    front_begin(front);
}

static inline void
front_rig_close(struct front *front)
{
    munmap(front->transaction.shared, front_state_bytes());
}

#endif
