/*
 * What a worker does with one event, and what the publisher does with one outcome: a step of the
 * call (found, changed, judged), the rules alone, a transaction beside none, a line of JSON beside
 * printf().
 *
 * In "step.N" N calls are live. One of them, chosen by chance, ends by its two clearings, which are
 * judged, and another begins: four steps, and a tick each hundred. Commits of 32, as in the worker.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "base/random.h"
#include "bench/cbench.h"
#include "bench/sizes.h"
#include "engine/sink/sink.h"
#include "workers/ahead.h"
#include "workers/call_step.h"
#include "workers/due.h"
#include "workers/judge.h"

enum {
    BATCH = 32,
    LOG_BYTES = 8 << 20,
    PIECE_BYTES = 1 << 20,
    PIECE = 64,
    ID_SIZE = 16,
    STEPS_OF_CALL = 4,
    TICK_STEPS = 100,   /* a thousand messages a second */
    CALLS_SPARE = 8192, /* that have ended, and are remembered for some seconds */
    REQUEST_TIMEOUT_MS = 2000,
    WAYS_MAX = 2,
};

/* Later than any call is chosen: else calls would end for want of messages, and not be there. */
#define STALE_AFTER_MS (UINT64_C(365) * 24 * 3600 * 1000)

/* An event to come. */
struct told {
    enum event_kind kind;
    struct text device;
    uint32_t length; /* of the callID */
    char id[ID_SIZE];
};

/* A worker's rules with nobody around them. */
struct rig {
    struct call_table table;
    struct transaction transaction;
    struct shm_counters counters;
    struct shm_part part;
    struct step step;
    struct event event;
    struct event tick;
    struct event blank;
    struct random random;
    uint64_t outcomes;
    uint64_t order;
    uint32_t calls;
    uint32_t *numbers; /* of the live calls, in their callIDs */
    struct ahead ahead;
    struct told told[BATCH];
    uint32_t told_count;
    uint32_t next_number;
};

static void
take_outcome(void *context, const struct shm_outcome *outcome)
{
    struct rig *rig = context;
    cbench_keep(outcome);
    rig->outcomes++;
}

static bool
take_closed(void *context, uint64_t key, uint64_t last_order)
{
    (void)context;
    (void)key;
    (void)last_order;
    return true;
}

static void *
map_memory(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

static void
begin_batch(struct rig *rig)
{
    transaction_begin(&rig->transaction);
    transaction_touch(&rig->transaction, &rig->counters, sizeof rig->counters);
}

static void
begin_event(struct rig *rig, enum event_kind kind)
{
    event_reset(&rig->event);
    rig->event.kind = (uint8_t)kind;
    rig->event.local_state = LOCAL_ABSENT;
    rig->event.order = rig->event.seq = ++rig->order;
}

static void
handle(struct rig *rig)
{
    step_begin(&rig->step, &rig->event);
    call_step(&rig->step);
    step_flush(&rig->step);
}

static void
tell_tick(struct rig *rig)
{
    rig->step.key = 0;
    begin_event(rig, EVENT_TICK);
    rig->event.clock_ms = rig->order;
    handle(rig);
}

/* The number's digits: printf() would be a tenth of what is measured. */
static struct text
digits(char id[ID_SIZE], uint32_t number)
{
    char *at = id + ID_SIZE;
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    return (struct text){at, (uint32_t)(id + ID_SIZE - at)};
}

static struct text
told_id(const struct told *told)
{
    return (struct text){told->id + ID_SIZE - told->length, told->length};
}

static void
note(struct rig *rig, enum event_kind kind, uint32_t number, struct text device)
{
    struct told *told = &rig->told[rig->told_count++];
    told->kind = kind;
    told->device = device;
    told->length = digits(told->id, number).length;
}

static void
tell(struct rig *rig, const struct told *told)
{
    if (rig->order % TICK_STEPS == 0)
        tell_tick(rig);
    begin_event(rig, told->kind);
    rig->event.clock_ms = rig->order;
    rig->event.texts[EVENT_TEXT_CALL] = told_id(told);
    rig->event.texts[EVENT_TEXT_DEVICE] = told->device;
    if (told->kind == EVENT_CONNECTION_CLEARED)
        rig->event.texts[EVENT_TEXT_RELEASING] = told->device;
    else
        rig->event.texts[EVENT_TEXT_SUBJECT] = told->device;
    rig->step.key = ahead_take(&rig->ahead, &rig->table);
    handle(rig);
}

/* All that was noted, as a worker does a batch: some events ahead are looked at. */
static void
tell_all(struct rig *rig)
{
    uint32_t looked = 0;
    ahead_begin(&rig->ahead);
    for (uint32_t i = 0; i < rig->told_count; i++) {
        for (; looked < rig->told_count && ahead_wants(&rig->ahead); looked++)
            ahead_add(&rig->ahead, &rig->table, call_key(0, told_id(&rig->told[looked])));
        tell(rig, &rig->told[i]);
    }
    rig->told_count = 0;
}

static void
begin_call(struct rig *rig, uint32_t at)
{
    rig->numbers[at] = ++rig->next_number;
    note(rig, EVENT_ESTABLISHED, rig->numbers[at], TEXT("2001"));
    note(rig, EVENT_ESTABLISHED, rig->numbers[at], TEXT("2002"));
}

static void
open_rig(struct rig *rig, uint32_t calls)
{
    uint32_t room = calls + CALLS_SPARE;
    uint64_t bytes = call_table_bytes(room);
    void *memory = map_memory(bytes), *journal = map_memory(transaction_bytes(0, LOG_BYTES));
    *rig = (struct rig){.calls = calls, .random = {calls}};
    transaction_open(&rig->transaction, journal, 0, LOG_BYTES);
    transaction_cover(&rig->transaction, memory, bytes);
    transaction_cover(&rig->transaction, &rig->counters, sizeof rig->counters);
    CHECK(call_table_open(&rig->table, memory, bytes, room, &rig->transaction));
    rig->numbers = calloc(calls, sizeof *rig->numbers);
    rig->step = (struct step){
        .table = &rig->table,
        .counters = &rig->counters,
        .port = {.write = take_outcome, .closed = take_closed, .context = rig},
        .part = &rig->part,
        .part_outcomes = OUTCOMES_IN_BATCH / 2,
        .part_log = UINT64_MAX,
        .outcomes = malloc(sizeof(struct shm_outcome) * OUTCOMES_IN_BATCH),
        .due = malloc(sizeof(struct due_call) * (size_t)room),
        .tick = &rig->tick,
        .blank = &rig->blank,
    };
    CHECK(rig->numbers != NULL && rig->step.outcomes != NULL && rig->step.due != NULL);
    begin_batch(rig);
    begin_event(rig, EVENT_LINK);
    rig->event.texts[EVENT_TEXT_LINK] = TEXT("pbx1");
    rig->event.flags = EVENT_LINK_ALL_MONITORED;
    rig->event.request = REQUEST_TIMEOUT_MS;
    rig->event.extra = STALE_AFTER_MS;
    handle(rig);
    call_table_commit(&rig->table);
    for (uint32_t call = 0; call < calls; call++) {
        begin_batch(rig);
        begin_call(rig, call);
        tell_all(rig);
        call_table_commit(&rig->table);
    }
}

static void
step_calls(void *context, uint64_t operations)
{
    struct rig *rig = context;
    for (uint64_t i = 0; i < operations; i += BATCH) {
        begin_batch(rig);
        for (uint64_t j = 0; j < BATCH; j += STEPS_OF_CALL) {
            uint32_t at = random_below(&rig->random, rig->calls);
            note(rig, EVENT_CONNECTION_CLEARED, rig->numbers[at], TEXT("2001"));
            note(rig, EVENT_CONNECTION_CLEARED, rig->numbers[at], TEXT("2002"));
            begin_call(rig, at);
        }
        tell_all(rig);
        call_table_commit(&rig->table);
    }
}

static void
judge_releases(void *context, uint64_t operations)
{
    const struct evidence_set *set = context;
    for (uint64_t i = 0; i < operations; i++) {
        cbench_keep(set);
        struct verdict verdict = judge_release(set);
        cbench_keep(&verdict);
    }
}

struct pieces {
    uint8_t *memory;
    struct transaction transaction;
    struct random random;
};

static void
change_pieces(void *context, uint64_t operations)
{
    struct pieces *pieces = context;
    for (uint64_t i = 0; i < operations; i++) {
        memset(pieces->memory + (size_t)random_below(&pieces->random, PIECE_BYTES / PIECE) * PIECE,
               (int)(i & 0xff), PIECE);
        cbench_keep(pieces->memory);
    }
}

static void
change_pieces_safely(void *context, uint64_t operations)
{
    struct pieces *pieces = context;
    for (uint64_t i = 0; i < operations; i++) {
        uint8_t *at =
            pieces->memory + (size_t)random_below(&pieces->random, PIECE_BYTES / PIECE) * PIECE;
        if (i % BATCH == 0)
            transaction_begin(&pieces->transaction);
        transaction_touch(&pieces->transaction, at, PIECE);
        memset(at, (int)(i & 0xff), PIECE);
        cbench_keep(pieces->memory);
        if (i % BATCH == BATCH - 1)
            transaction_commit(&pieces->transaction);
    }
}

static char line[SINK_BYTES_MAX];

static void
write_lines(void *context, uint64_t operations)
{
    const struct shm_outcome *outcome = context;
    for (uint64_t i = 0; i < operations; i++) {
        CHECK(jsonl_line(line, outcome) > 0);
        cbench_keep(line);
    }
}

/* The same fields, as one would print them; nothing is escaped. */
static void
print_lines(void *context, uint64_t operations)
{
    const struct shm_outcome *outcome = context;
    for (uint64_t i = 0; i < operations; i++) {
        int length = snprintf(
            line, sizeof line,
            "{\"Event\":\"%s\",\"Time\":\"2026-11-22T10:00:%09.6fZ\",\"Link\":\"%s\","
            "\"Seq\":%" PRIu64 ",\"CallID\":\"%s\",\"ConnID\":\"%016" PRIx64
            "\",\"ThisDN\":\"%s\",\"CallType\":%u,\"CallState\":%u,\"Extensions\":{"
            "\"ReleasingParty\":\"%s\"},\"Reason\":\"%s\",\"Evidence\":\"%s\",\"Cause\":\"%s\"}\n",
            "EventReleased", (double)(outcome->time_us % 60000000) / 1e6, "pbx1", outcome->seq,
            "FF00010000000000A1B25F6E2C0A0000", outcome->conn_id, "4989100200", outcome->call_type,
            outcome->call_state, "1 Local", "hangup", "releasing-device", "normalClearing");
        CHECK(length > 0);
        cbench_keep(line);
    }
}

static void
fill_outcome(struct shm_outcome *outcome)
{
    outcome->event = OUTCOME_RELEASED;
    outcome->reason = REASON_HANGUP;
    outcome->evidence = EVIDENCE_RELEASING_DEVICE;
    outcome->releasing = RELEASING_LOCAL;
    outcome->cause = CAUSE_NORMAL_CLEARING;
    outcome->flags = OUTCOME_HAS_TIME;
    outcome->seq = 17;
    outcome->time_us = INT64_C(1795341605250000);
    outcome->conn_id = UINT64_C(0x0a61f3c2d4e5b607);
    outcome_add_text(outcome, OUTCOME_TEXT_LINK, TEXT("pbx1"));
    outcome_add_text(outcome, OUTCOME_TEXT_CALL_ID, TEXT("FF00010000000000A1B25F6E2C0A0000"));
    outcome_add_text(outcome, OUTCOME_TEXT_PARTY, TEXT("4989100200"));
    CHECK(outcome_is_sound(outcome));
}

static void
measure(const struct cbench_case *cases, uint32_t count)
{
    struct cbench_result results[WAYS_MAX];
    struct cbench_options options = cbench_options_default();
    cbench_run(results, cases, count, &options);
    for (uint32_t i = 0; i < count; i++)
        cbench_print(&results[i]);
    if (count == WAYS_MAX)
        cbench_print_comparison(&results[0], &results[1]);
}

static void
measure_steps(uint64_t calls, const char *name)
{
    struct rig *rig = malloc(sizeof *rig);
    CHECK(rig != NULL);
    open_rig(rig, (uint32_t)calls);
    const struct cbench_case one = {name, "step", 0, step_calls, rig, BATCH};
    measure(&one, 1);
    CHECK(rig->outcomes > 0 && rig->table.shared->living >= calls);
}

int
main(void)
{
    static const struct size sizes[] = {
        {1000, "1k"},
        {1 << 16, "64k"},
        {1 << 20, "1m"},
        {1 << 23, "8m"},
    };
    struct evidence_set set = {.subject = TEXT("2001"), .releasing = TEXT("2002")};
    struct shm_outcome outcome = {0};
    struct pieces *pieces = calloc(1, sizeof *pieces);
    CHECK(pieces != NULL);
    pieces->memory = map_memory(PIECE_BYTES);
    transaction_open(&pieces->transaction, map_memory(transaction_bytes(0, LOG_BYTES)), 0,
                     LOG_BYTES);
    transaction_cover(&pieces->transaction, pieces->memory, PIECE_BYTES);
    fill_outcome(&outcome);
    cbench_pin(0);
    const struct cbench_case judge = {"judge", "release", 0, judge_releases, &set, 0};
    const struct cbench_case pieces_cases[] = {
        {"transaction.64", "change", 0, change_pieces_safely, pieces, BATCH},
        {"transaction.64.none", "change", 0, change_pieces, pieces, BATCH},
    };
    const struct cbench_case json_cases[] = {
        {"json", "line", 0, write_lines, &outcome, 0},
        {"json.printf", "line", 0, print_lines, &outcome, 0},
    };
    measure(&judge, 1);
    measure(pieces_cases, 2);
    measure(json_cases, 2);
    sizes_measure("step", sizes, sizeof sizes / sizeof *sizes, measure_steps);
    return 0;
}
