#include "workers/part.h"

void
part_begin(struct step *step)
{
    bool goes_on = step->part != NULL && step->part->tick_ms == step->decided_tick;
    step->position = goes_on ? (uint32_t)step->part->position : 0;
}

bool
part_is_done(const struct step *step, const struct due_call *due)
{
    const struct shm_part *part = step->part;
    if (part == NULL || part->calls_done == 0)
        return false;
    return due->first_order < part->last_order ||
           (due->first_order == part->last_order && due->conn_id <= part->last_conn_id);
}

static bool
is_large(const struct step *step)
{
    return step->outcome_count >= step->part_outcomes ||
           transaction_used(step->table->transaction) >= step->part_log;
}

/* Ticks need no note of the call: it is not due any more. */
bool
part_end(struct step *step, const struct due_call *due)
{
    call_table_ease(step->table);
    if (!is_large(step))
        return true;
    step_flush(step);
    if (step->port.pause == NULL)
        return true;
    step->part->tick_ms = step->decided_tick;
    step->part->position = step->position;
    if (step->decided_tick == 0) {
        step->part->calls_done = 1;
        step->part->last_order = due->first_order;
        step->part->last_conn_id = due->conn_id;
    }
    if (!step->port.pause(step->port.context))
        return false;
    table_touch(step->table, step->link, sizeof *step->link);
    return true;
}
