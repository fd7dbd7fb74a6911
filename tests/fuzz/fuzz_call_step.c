/*
 * Any sequence of events through the rules: nothing crashes, memory stays bounded, outcomes come in
 * order, what docs/attribution.md says is always true is true, and every event can be undone.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "base/check.h"
#include "tests/unit/table_picture.h"
#include "workers/call_step.h"
#include "workers/due.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MAX_CALLS = 32,
    LOG_BYTES = 64 << 20,
    ENDED_MAX = 4096,
};

struct bench {
    struct call_table table;
    struct transaction transaction;
    struct table_picture picture;
    struct step step;
    struct event event;
    struct event tick;
    struct event blank;
    struct shm_counters counters;
    struct shm_outcome last; /* outcome before, for order */
    struct shm_outcome dn;   /* DN event before, for its EventCallPartyDeleted */
    bool has_last;
    bool has_dynamic;          /* a connection was named by a dynamic device ID */
    uint64_t ended[ENDED_MAX]; /* ConnIDs of calls deleted so far */
    uint32_t ended_count;
};

static const char *const devices[] = {"", "A", "B", "C", "D", "Q", "R", "O"};
static const char *const calls[] = {"", "1", "2", "3"};

static void
check_pair(const struct shm_outcome *dn, const struct shm_outcome *party, bool has_dynamic)
{
    struct text ctrl = outcome_text(party, OUTCOME_TEXT_CTRL_PARTY);
    struct text name = outcome_text(party, OUTCOME_TEXT_PARTY);
    if (!text_is_equal(outcome_text(dn, OUTCOME_TEXT_PARTY), name) || dn->seq != party->seq)
        return; /* a diverted party's EventReleased stands alone */
    CHECK(ctrl.length != 0 || dn->releasing == RELEASING_UNKNOWN);
    /* A party known by a dynamic ID alone may be the one who is named. */
    CHECK(dn->releasing != RELEASING_UNKNOWN || ctrl.length == 0 || has_dynamic);
    CHECK((dn->releasing == RELEASING_LOCAL) == (ctrl.length != 0 && text_is_equal(ctrl, name)));
    CHECK(dn->reason == party->reason && dn->evidence == party->evidence);
}

static void
check_outcome(void *context, const struct shm_outcome *outcome)
{
    struct bench *bench = context;
    CHECK(outcome_is_sound(outcome));
    if (bench->has_last)
        CHECK(outcome_compare(&bench->last, outcome) < 0);
    if (outcome->event == OUTCOME_ABANDONED)
        CHECK(outcome->releasing != RELEASING_LOCAL);
    if (outcome->event == OUTCOME_PARTY_DELETED && bench->has_last &&
        bench->last.event <= OUTCOME_ABANDONED)
        check_pair(&bench->last, outcome, bench->has_dynamic);
    if (outcome->event == OUTCOME_CALL_DELETED) {
        for (uint32_t i = 0; i < bench->ended_count; i++)
            CHECK(bench->ended[i] != outcome->conn_id);
        if (bench->ended_count < ENDED_MAX)
            bench->ended[bench->ended_count++] = outcome->conn_id;
    }
    memcpy(&bench->last, outcome, outcome_size(outcome));
    bench->has_last = true;
}

static bool
closed(void *context, uint64_t key, uint64_t last_order)
{
    (void)context;
    (void)last_order;
    return key % 5 != 0;
}

static bool
ask_about(void *context, struct call call)
{
    (void)context;
    CHECK(call.block->life == CALL_LIVING);
    return call.slot->key % 5 != 0;
}

static void
no_outcome(void *context, const struct shm_outcome *outcome)
{
    (void)context;
    (void)outcome;
}

static void
begin_and_step(struct bench *bench)
{
    transaction_begin(&bench->transaction);
    step_begin(&bench->step, &bench->event);
    call_step(&bench->step);
    step_flush(&bench->step);
}

/* The event happens, and never did: whatever a rule changes, it has touched first. */
static void
rehearse(struct bench *bench)
{
    struct shm_counters counters = bench->counters;
    picture_take(&bench->picture, &bench->table);
    bench->step.port.write = no_outcome;
    begin_and_step(bench);
    transaction_roll_back(&bench->transaction);
    call_table_undone(&bench->table);
    CHECK(picture_is_like(&bench->picture, &bench->table));
    bench->step.port.write = check_outcome;
    bench->counters = counters;
}

static void
handle(struct bench *bench)
{
    rehearse(bench);
    begin_and_step(bench);
    call_table_commit(&bench->table);
    CHECK(bench->table.shared->living <= MAX_CALLS);
}

static void
set_text(struct bench *bench, enum event_text which, const char *text)
{
    bench->event.texts[which] = text_of(text);
}

static void
tick(struct bench *bench, uint64_t order, uint64_t ms)
{
    event_reset(&bench->event);
    bench->event.kind = EVENT_TICK;
    bench->event.order = order;
    bench->event.seq = order - 1;
    bench->event.flags = EVENT_HAS_TIME;
    bench->event.clock_ms = ms / 100 * 100;
    bench->event.time_us = (int64_t)bench->event.clock_ms * 1000;
    handle(bench);
}

static void
play_texts(struct bench *bench, const uint8_t *bytes)
{
    struct event *event = &bench->event;
    set_text(bench, EVENT_TEXT_CALL, calls[1 + bytes[3] % 3]);
    set_text(bench, EVENT_TEXT_DEVICE, devices[1 + bytes[3] / 4 % 7]);
    set_text(bench, EVENT_TEXT_SUBJECT, devices[bytes[3] / 32]);
    set_text(bench, EVENT_TEXT_RELEASING, devices[bytes[4] & 7]);
    set_text(bench, EVENT_TEXT_CALLING, devices[bytes[4] >> 3 & 7]);
    set_text(bench, EVENT_TEXT_LAST_REDIRECTION, devices[bytes[4] >> 5 & 7]);
    set_text(bench, EVENT_TEXT_MONITOR_DEVICE, devices[bytes[5] & 7]);
    set_text(bench, EVENT_TEXT_REQUESTER, devices[bytes[5] >> 3 & 7]);
    if (event->kind == EVENT_DEVICE) {
        event->flags = (uint32_t)(bytes[5] & 31) << 16;
    } else if (event->kind == EVENT_CONFERENCED || event->kind == EVENT_TRANSFERRED) {
        set_text(bench, EVENT_TEXT_SECOND_CALL, calls[bytes[6] & 3]);
        set_text(bench, EVENT_TEXT_NEW_CALL, calls[bytes[6] >> 2 & 3]);
    }
    event->item_count = bytes[7] >> 2 & 3;
    for (int i = 0; i < event->item_count; i++)
        event->items[i] = (struct event_item){
            .new_call = text_of(calls[1 + (bytes[6] + i) % 3]),
            .new_device = text_of(devices[(bytes[5] + i) & 7]),
            .endpoint = text_of(devices[(bytes[6] + 3 * i) & 7]),
            .state = bytes[7] >> 4 & 7,
        };
}

/* Eight bytes make one event. */
static void
play(struct bench *bench, const uint8_t *bytes, uint64_t order, uint64_t ms)
{
    static const uint8_t kinds[] = {
        EVENT_BRIDGED,
        EVENT_CALL_CLEARED,
        EVENT_CONFERENCED,
        EVENT_CONNECTION_CLEARED,
        EVENT_CONNECTION_CLEARED,
        EVENT_CONNECTION_CLEARED,
        EVENT_DELIVERED,
        EVENT_DIGITS_DIALED,
        EVENT_DIVERTED,
        EVENT_ESTABLISHED,
        EVENT_ESTABLISHED,
        EVENT_FAILED,
        EVENT_HELD,
        EVENT_NETWORK_REACHED,
        EVENT_OFFERED,
        EVENT_ORIGINATED,
        EVENT_QUEUED,
        EVENT_RETRIEVED,
        EVENT_SERVICE_INITIATED,
        EVENT_TRANSFERRED,
        EVENT_CLEAR_CONNECTION,
        EVENT_CLEAR_CALL,
        EVENT_REQUEST_GRANTED,
        EVENT_REQUEST_REFUSED,
        EVENT_SNAPSHOT_CALL,
        EVENT_SNAPSHOT_DEVICE,
        EVENT_LINK_DOWN,
        EVENT_LINK_UP,
        EVENT_LINK_END,
        EVENT_DEVICE,
    };
    struct event *event = &bench->event;
    event_reset(event);
    event->kind = kinds[bytes[0] % sizeof kinds];
    event->order = order;
    event->seq = order;
    event->clock_ms = ms;
    event->time_us = (int64_t)ms * 1000;
    event->flags = EVENT_HAS_TIME | (bytes[7] & 1 ? EVENT_DEVICE_DYNAMIC : 0);
    bench->has_dynamic |= (bytes[7] & 1) != 0;
    event->monitor = bytes[1] & 3;
    event->local_state = bytes[1] >> 2 & 7;
    if (event->local_state == 7)
        event->local_state = LOCAL_ABSENT;
    event->monitor_type = bytes[1] >> 7;
    event->cause = bytes[2] % 122;
    event->extra = bytes[7] >> 1 & 1;
    event->request = order > bytes[6] ? order - bytes[6] : 0;
    play_texts(bench, bytes);
    handle(bench);
}

static void
open_link(struct bench *bench, uint8_t choice)
{
    event_reset(&bench->event);
    bench->event.kind = EVENT_LINK;
    bench->event.texts[EVENT_TEXT_LINK] = TEXT("pbx");
    bench->event.flags = (choice & 1 ? EVENT_LINK_ALL_MONITORED : 0) |
                         (choice & 2 ? EVENT_LINK_INFER : 0) |
                         (choice & 4 ? EVENT_LINK_REPORT_REDIRECT : 0);
    bench->event.request = (uint64_t)(choice >> 3) % 6 << 32 | 2000;
    bench->event.extra = 600000;
    handle(bench);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    static void *memory;
    static void *journal;
    static struct shm_outcome *outcomes;
    static struct due_call *due;
    uint64_t bytes = call_table_bytes(MAX_CALLS);
    if (size < 1)
        return 0;
    if (memory == NULL) {
        outcomes = malloc(sizeof *outcomes * OUTCOMES_IN_BATCH);
        due = malloc(sizeof *due * MAX_CALLS);
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        journal = mmap(NULL, transaction_bytes(0, LOG_BYTES), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(memory != MAP_FAILED && journal != MAP_FAILED);
    }
    static struct table_picture picture;
    if (picture.bytes == NULL)
        picture_open(&picture, bytes);
    madvise(memory, bytes, MADV_DONTNEED); /* zero again */
    memset(journal, 0, sizeof(struct shm_transaction));
    memset(&bench, 0, sizeof bench);
    bench.picture = picture;
    transaction_open(&bench.transaction, journal, 0, LOG_BYTES);
    transaction_cover(&bench.transaction, memory, bytes);
    CHECK(call_table_open(&bench.table, memory, bytes, MAX_CALLS, &bench.transaction));
    bench.step = (struct step){
        .table = &bench.table,
        .counters = &bench.counters,
        .port = {check_outcome, closed, &bench, NULL, ask_about},
        .part_outcomes = OUTCOMES_IN_BATCH / 2,
        .part_log = UINT64_MAX,
        .outcomes = outcomes,
        .due = due,
        .tick = &bench.tick,
        .blank = &bench.blank,
    };
    open_link(&bench, data[0]);
    uint64_t ms = 1000;
    uint64_t order = 1;
    for (size_t at = 1; at + 9 <= size; at += 9, order++) {
        uint64_t next = ms + (uint64_t)data[at] * data[at];
        if (next / 100 != ms / 100)
            tick(&bench, order, next);
        ms = next;
        play(&bench, data + at + 1, order, ms);
    }
    return 0;
}
