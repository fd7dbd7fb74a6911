/*
 * engine/live/gate_none.c - a program without TLS has no gates.
 */
#include "engine/live/gate.h"

bool
gate_is_built(void)
{
    return false;
}

int
gate_run(const struct gate_order *order, int far, int status)
{
    (void)order;
    (void)far;
    (void)status;
    return 1;
}
