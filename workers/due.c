#include "workers/due.h"

#include <stdlib.h>

struct due_call
due_call_of(struct call call, enum call_span span)
{
    return (struct due_call){call.block->first_order, call.block->conn_id, call.number,
                             (uint32_t)span};
}

static int
compare(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int
compare_due(const void *left, const void *right)
{
    const struct due_call *a = left;
    const struct due_call *b = right;
    int result = compare(a->first_order, b->first_order);
    if (result == 0)
        result = compare(a->conn_id, b->conn_id);
    return result != 0 ? result : compare(a->span, b->span);
}

void
due_sort(struct due_call *due, uint32_t count)
{
    qsort(due, count, sizeof *due, compare_due);
}
