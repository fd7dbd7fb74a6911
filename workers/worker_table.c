/*
 * workers/worker_table.c - a worker's tables of calls at the beginning of a life: as they were
 * left, or emptied.
 *
 * Emptying is three steps, each of which a death may follow: that the table is damaged is
 * committed; then it is zero, as often as it takes; then it is laid out, and that it was emptied is
 * committed. From then on the channel hears what it is told of links and devices, and moves, which
 * others wait for. All else is missed until RETOLD says that nothing more is to be told.
 */
#include "base/log.h"
#include "ipc/process_state.h"
#include "workers/call_table_check.h"
#include "workers/worker_parts.h"

/* ---- the beginning of a life --------------------------------------------------------------- */

static void
set_loss(struct worker *worker, uint32_t frontend, enum table_loss loss)
{
    struct shm_worker_cursors *cursors = worker_cursors_of(transaction_begin(&worker->transaction),
                                                           worker->engine->shape.workers, frontend);
    cursors->loss = loss;
    cursors->emptied += loss == TABLE_UNTOLD;
    if (loss == TABLE_UNTOLD) {
        struct shm_counters *counters = &worker->self->counters;
        transaction_touch(&worker->transaction, counters, sizeof *counters);
        counter_add(counters, COUNTER_TABLES_EMPTIED, 1);
    }
    /* A call that is coming in comes to its end, nowhere. */
    cursors->part = (struct shm_part){.moved = cursors->part.moved, .moving = cursors->part.moving};
    transaction_commit(&worker->transaction);
}

static bool
open_table(struct worker *worker, uint32_t frontend, uint32_t max_calls)
{
    struct shared_engine *engine = worker->engine;
    return call_table_open(&worker->channels[frontend].table,
                           engine_calls(engine, frontend, worker->index), engine->shape.calls_bytes,
                           max_calls, &worker->transaction);
}

/* What is wrong with the table, which is open if that is nothing. */
static const char *
find_fault(struct worker *worker, uint32_t frontend, uint32_t max_calls)
{
    const struct channel *channel = &worker->channels[frontend];
    if (!open_table(worker, frontend, max_calls))
        return "its header";
    if (!process_is_doubted(worker->self))
        return NULL;
    return call_table_fault(&channel->table, &worker_committed(worker, channel)->part);
}

static bool
empty_table(struct worker *worker, uint32_t frontend, uint32_t max_calls)
{
    if (!engine_empty_calls(worker->engine, frontend, worker->index) ||
        !open_table(worker, frontend, max_calls)) {
        log_say("worker %u: its table of calls cannot be emptied; stopped",
                (unsigned)worker->index);
        return false;
    }
    set_loss(worker, frontend, TABLE_UNTOLD);
    return true;
}

/* Half of a call that leaves is with another worker, which waits for the rest. */
static bool
is_sending(const struct worker *worker, uint32_t frontend)
{
    const struct shm_part *part = &worker_committed(worker, &worker->channels[frontend])->part;
    return part->moved != 0 && part->moving == 0;
}

static bool
open_or_empty(struct worker *worker, uint32_t frontend, uint32_t max_calls)
{
    bool can_be_told = worker->engine->shape.live_links > 0 && !is_sending(worker, frontend);
    if (worker_committed(worker, &worker->channels[frontend])->loss == TABLE_DAMAGED)
        return empty_table(worker, frontend, max_calls);
    const char *fault = find_fault(worker, frontend, max_calls);
    if (fault == NULL)
        return true;
    log_say("worker %u: its table of calls is damaged: %s; %s", (unsigned)worker->index, fault,
            can_be_told ? "its calls are dropped, and asked for again" : "stopped");
    if (!can_be_told)
        return false;
    set_loss(worker, frontend, TABLE_DAMAGED);
    return empty_table(worker, frontend, max_calls);
}

bool
worker_open_tables(struct worker *worker, uint32_t max_calls)
{
    for (uint32_t i = 0; i < worker->engine->shape.frontends; i++)
        if (!open_or_empty(worker, i, max_calls))
            return false;
    return true;
}

/* ---- until all is told again --------------------------------------------------------------- */

/* What others wait for, and what hangs on no call. */
static bool
is_heard(uint8_t kind)
{
    return (kind >= EVENT_LINK && kind <= EVENT_LINK_END) || kind == EVENT_MOVE_OUT ||
           kind == EVENT_MOVE_IN;
}

bool
worker_misses(struct worker *worker)
{
    if (worker->cursors->loss != TABLE_UNTOLD || is_heard(worker->event.kind))
        return false;
    worker->to_skip = 0; /* of a record handed on in parts, the rest */
    counter_add(&worker->self->counters, COUNTER_RECORDS_MISSED, 1);
    return true;
}

/* To the link's calls, those that came from other workers meanwhile, it is a loss of messages. */
static void
regain_link(const struct call_table *table, struct shm_worker_link *link, uint64_t order)
{
    table_touch(table, link, sizeof *link);
    link->lost_order = order;
    link->lost_ms = link->clock_ms;
    link->regained_ms = link->clock_ms + 1;
    if (link->up_ms != 0)
        link->up_ms = link->clock_ms + 1;
}

void
worker_hear_retold(struct worker *worker)
{
    const struct event *event = &worker->event;
    const struct call_table *table = &worker->channel->table;
    struct shm_worker_cursors *cursors = worker->cursors;
    if (event->extra != worker->index || cursors->loss != TABLE_UNTOLD ||
        event->request != cursors->emptied)
        return;
    cursors->loss = TABLE_WHOLE;
    for (uint32_t i = 0; i < CALL_LINKS_MAX; i++)
        if (table->links[i].known != 0)
            regain_link(table, &table->links[i], event->order);
}
