#include "tools/explain/bench.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "workers/directory.h"
#include "workers/due.h"

enum {
    LOG_BYTES_MIN = 64 << 20, /* of the journal, beside as much as the table has */
};

static void
write_outcome(void *context, const struct shm_outcome *outcome)
{
    struct bench *bench = context;
    bench->made = flow_grow(bench->made, bench->made_count, sizeof *bench->made);
    memcpy(&bench->made[bench->made_count++], outcome, outcome_size(outcome));
}

/* A front-end with one worker need not know. */
static bool
call_closed(void *context, uint64_t key, uint64_t last_order)
{
    (void)context;
    (void)key;
    (void)last_order;
    return true;
}

static void *
take_memory(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool
bench_open(struct bench *bench, uint32_t max_calls,
           void (*take)(void *context, const struct flow_entry *entry), void *context)
{
    *bench = (struct bench){.take = take, .context = context};
    bench->memory_bytes = call_table_bytes(max_calls);
    uint64_t log_bytes = bench->memory_bytes + LOG_BYTES_MIN;
    bench->journal_bytes = transaction_bytes(0, log_bytes);
    bench->memory = take_memory(bench->memory_bytes);
    bench->journal = take_memory(bench->journal_bytes);
    struct shm_outcome *outcomes = malloc(sizeof *outcomes * OUTCOMES_IN_BATCH);
    struct due_call *due = malloc(sizeof *due * max_calls);
    bench->step = (struct step){
        .table = &bench->table,
        .counters = &bench->counters,
        .port = {write_outcome, call_closed, bench, NULL, NULL},
        .part_outcomes = OUTCOMES_IN_BATCH / 2,
        .part_log = UINT64_MAX,
        .outcomes = outcomes,
        .due = due,
        .tick = &bench->tick,
        .blank = &bench->blank,
    };
    if (bench->memory == NULL || bench->journal == NULL || outcomes == NULL || due == NULL)
        return false;
    transaction_open(&bench->transaction, bench->journal, 0, log_bytes);
    transaction_cover(&bench->transaction, bench->memory, bench->memory_bytes);
    transaction_cover(&bench->transaction, &bench->counters, sizeof bench->counters);
    return call_table_open(&bench->table, bench->memory, bench->memory_bytes, max_calls,
                           &bench->transaction);
}

void
bench_close(struct bench *bench)
{
    if (bench->memory != NULL)
        munmap(bench->memory, bench->memory_bytes);
    if (bench->journal != NULL)
        munmap(bench->journal, bench->journal_bytes);
    free(bench->step.outcomes);
    free(bench->step.due);
    free(bench->made);
    free(bench->shown);
}

/* The party whose connection the event is about, under the number it goes by now. */
static struct text
subject_of(struct bench *bench, const struct event *event)
{
    struct text call_id = event->texts[EVENT_TEXT_CALL];
    struct text device = event->texts[EVENT_TEXT_DEVICE];
    if (call_id.length == 0 || device.length == 0)
        return TEXT_NONE;
    struct call call =
        call_table_find(&bench->table, call_key(event->link, call_id), event->link, call_id);
    const struct shm_party *party = call.number == 0 ? NULL : call_party(call.block, device);
    return party == NULL ? TEXT_NONE : call_text(call.block, party->number);
}

static void
show(struct bench *bench, const struct event *event)
{
    const struct step_note *note = &bench->step.note;
    bench->shown = realloc(bench->shown, sizeof *bench->shown * (bench->made_count + 1));
    CHECK(bench->shown != NULL);
    for (uint32_t i = 0; i < bench->made_count; i++)
        bench->shown[i] = &bench->made[i];
    const struct flow_entry entry = {
        .event = event,
        .link = link_name(bench->step.link),
        .subject = note->conn_id == 0 ? TEXT_NONE : subject_of(bench, event),
        .conn_id = note->conn_id,
        .other_conn_id = note->other_conn_id,
        .early_conn_id = note->early_conn_id,
        .rule = (uint8_t)note->rule,
        .is_copy = note->is_copy,
        .outcomes = bench->shown,
        .outcome_count = bench->made_count,
    };
    bench->take(bench->context, &entry);
}

bool
bench_step(struct bench *bench, const struct event *event)
{
    if (event->link >= CALL_LINKS_MAX || event->kind == EVENT_MOVE_OUT ||
        event->kind == EVENT_MOVE_IN || event->kind == EVENT_RETOLD)
        return false;
    transaction_begin(&bench->transaction);
    transaction_touch(&bench->transaction, &bench->counters, sizeof bench->counters);
    bench->made_count = 0;
    step_begin(&bench->step, event);
    call_step(&bench->step);
    step_flush(&bench->step);
    if (bench->take != NULL)
        show(bench, event);
    call_table_commit(&bench->table);
    return true;
}
