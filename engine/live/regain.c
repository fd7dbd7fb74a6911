/*
 * engine/live/regain.c - what a worker that lost its calls is told (engine/live/live_parts.h).
 */
#include "base/log.h"
#include "engine/live/conversation.h"
#include "engine/live/live_parts.h"
#include "engine/retell.h"

static void
regain_calls(struct live *live, uint32_t worker)
{
    uint32_t links = 0;
    for (uint32_t i = 0; i < live->count; i++) {
        struct live_link *link = &live->links[i];
        if (link->link == NULL || live->wires[i].removed)
            continue;
        conversation_regain(link, worker);
        live->wires[i].due_ms = 0;
        links++;
    }
    log_say("worker %u was told all again; the calls of %u links are asked for", (unsigned)worker,
            (unsigned)links);
}

void
regain_work(struct live *live)
{
    uint64_t emptied;
    for (uint32_t worker = 0; worker < live->engine->shape.workers; worker++) {
        if (!retell_is_due(live->session, worker, &emptied))
            continue;
        retell_worker(live->session, worker, emptied);
        regain_calls(live, worker);
        live->taken++;
    }
}
