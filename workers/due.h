#ifndef WORKERS_DUE_H
#define WORKERS_DUE_H

/*
 * workers/due.h - calls that one event concerns, in the order in which their outcomes come out.
 */

#include "workers/step.h"

/* A call to be handled, with what it is ordered by, so that sorting needs no table. */
struct due_call {
    uint64_t first_order;
    uint64_t conn_id; /* calls that one message opened */
    uint32_t number;  /* of the slot */
    uint32_t span;    /* enum call_span */
};

struct due_call due_call_of(struct call call, enum call_span span);

/* due_sort - by first message, then ConnID, then span; the same on every machine. */
void due_sort(struct due_call *due, uint32_t count);

#endif
