#include "engine/publisher.h"

#include <errno.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/given_times.h"
#include "engine/merge.h"
#include "engine/outcome_count.h"
#include "engine/pace.h"
#include "engine/sink/output.h"
#include "engine/sink/sink.h"
#include "ipc/process_state.h"
#include "ipc/publisher_memory.h"

struct publisher {
    struct shared_engine *engine;
    struct shm_counters *counters;
    uint32_t frontends;
    uint32_t workers;
    uint32_t channels; /* front-ends times workers */
    bool straight;     /* nothing to merge: outcomes are given out as they come from the ring */
    bool rewrites;     /* as in the options */
    bool is_table;     /* rows leave something in the sink's state */
    bool disorder_said[WORKERS_MAX];
    bool broken; /* the result ring is not what its protocol makes of it */
    /* What the workers had done, read before the ring's end was: once everything before `barrier`
     * is taken, it is proven. */
    uint64_t progress[CHANNELS_MAX];
    uint64_t barrier;
    bool barrier_stands;
    bool all_done;
    struct transaction transaction;
    struct shm_publisher_cursors *cursors; /* of the transaction in hand */
    uint64_t uncommitted;                  /* outcomes taken, and given out, in it */
    struct given_times times;              /* of these */
    struct pace pace;                      /* of what comes from the result ring */
    struct merge merges[FRONTENDS_MAX]; /* each front-end's outcomes have an order of their own */
    struct sink sink;
    struct shm_sink_state *state;
    struct output output;
};

/* ---- what survives ------------------------------------------------------------------------- */

static void
begin(struct publisher *publisher)
{
    publisher->cursors = transaction_begin(&publisher->transaction);
    publisher->uncommitted = 0;
    transaction_touch(&publisher->transaction, publisher->counters, sizeof *publisher->counters);
}

/* Gives slots and outcomes back, and wakes whoever may wait for them. */
static void
publish(struct publisher *publisher, const struct shm_publisher_cursors *cursors)
{
    struct shared_engine *engine = publisher->engine;
    engine->result.position = ring_result_first(&engine->result) + cursors->taken;
    ring_result_release(&engine->result);
    for (uint32_t i = 0; i < publisher->channels; i++) {
        struct ring_spsc *outbox = &engine->outboxes[i];
        outbox->position = cursors->channels[i].given;
        ring_spsc_release(outbox, 0);
    }
    for (uint32_t i = 0; i < publisher->workers; i++)
        doorbell_ring(&engine->workers[i].doorbell);
}

static bool
has_failed(const struct publisher *publisher)
{
    return publisher->broken || output_has_failed(&publisher->output);
}

/*
 * The rows are in the file, then the commit says so: killed in between, a successor writes the same
 * rows to the same places. Nothing is committed when the output failed.
 */
static void
commit(struct publisher *publisher)
{
    output_flush(&publisher->output);
    if (has_failed(publisher))
        return;
    struct shm_publisher_cursors *cursors = publisher->cursors;
    cursors->offset = publisher->output.offset;
    transaction_commit(&publisher->transaction);
    publish(publisher, cursors);
    given_times_end(&publisher->times, publisher->engine->publisher->latency);
    begin(publisher);
}

/* Often enough that nobody waits for room, seldom enough that writing pays. */
static bool
is_time_to_commit(const struct publisher *publisher)
{
    const struct engine_shape *shape = &publisher->engine->shape;
    uint32_t least =
        shape->result_slots < shape->outbox_slots ? shape->result_slots : shape->outbox_slots;
    return publisher->uncommitted >= least / 4;
}

/* ---- giving out ---------------------------------------------------------------------------- */

static void
say_bad(struct publisher *publisher, uint32_t worker)
{
    counter_add(publisher->counters, COUNTER_BAD_OUTCOMES, 1);
    if (counter_read(publisher->counters, COUNTER_BAD_OUTCOMES) == 1)
        log_say("worker %u wrote an outcome that cannot be one: skipped", (unsigned)worker);
}

/* What is given out after what it should have come before. */
static void
check_order(struct publisher *publisher, const struct shm_outcome *outcome, uint32_t channel)
{
    uint32_t worker = channel % publisher->workers;
    struct outcome_order order = outcome_order_of(outcome);
    struct outcome_order *last = &publisher->cursors->last[channel / publisher->workers];
    bool kept = outcome_order_compare(last, &order) <= 0;
    *last = order;
    if (kept)
        return;
    counter_add(publisher->counters, COUNTER_DISORDERED, 1);
    if (publisher->disorder_said[worker])
        return;
    publisher->disorder_said[worker] = true;
    log_say("worker %u handed over an outcome out of order: the output may be so too",
            (unsigned)worker);
}

static void
touch_lane(struct publisher *publisher, uint32_t lane)
{
    struct shm_sink_state *state = publisher->state;
    if (!publisher->is_table)
        return;
    transaction_touch(&publisher->transaction, state->day, sizeof state->day);
    transaction_touch(&publisher->transaction, &state->lanes[lane], sizeof state->lanes[lane]);
}

static void
write_outcome(struct publisher *publisher, const struct shm_outcome *outcome, uint32_t lane)
{
    char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
    touch_lane(publisher, lane);
    output_commit(&publisher->output, sink_row(&publisher->sink, at, outcome, lane));
    outcome_count(publisher->counters, outcome);
}

/* One that cannot be one, in spite of all that was checked on the way, is nobody's row. */
static void
give_out(struct publisher *publisher, const struct shm_outcome *outcome, uint32_t channel)
{
    uint64_t number = publisher->cursors->channels[channel].given++;
    publisher->uncommitted++;
    const struct ring_spsc *outbox = &publisher->engine->outboxes[channel];
    given_times_note(&publisher->times, outbox, number);
    if (!outcome_is_sound(outcome) || !outbox_slot_is_sound(ring_spsc_slot(outbox, number))) {
        say_bad(publisher, channel % publisher->workers);
        return;
    }
    if (!publisher->straight)
        check_order(publisher, outcome, channel);
    write_outcome(publisher, outcome, publisher->straight ? channel : channel / publisher->workers);
}

static void
give_out_of(struct publisher *publisher, uint32_t frontend)
{
    uint32_t worker;
    const struct shm_outcome *outcome;
    while ((outcome = merge_next(&publisher->merges[frontend], &worker)) != NULL) {
        give_out(publisher, outcome, engine_channel(publisher->engine, frontend, worker));
        merge_pop(&publisher->merges[frontend]);
        if (is_time_to_commit(publisher))
            commit(publisher);
        if (has_failed(publisher))
            return;
    }
}

static void
give_out_proven(struct publisher *publisher)
{
    for (uint32_t frontend = 0; frontend < publisher->frontends; frontend++)
        give_out_of(publisher, frontend);
}

/* ---- taking in ----------------------------------------------------------------------------- */

/*
 * What is given out is what stands in the outbox. A slot with other bytes than its owner wrote is
 * counted; one that is not its owner's next cannot be made good.
 */
static void
take_outcome(struct publisher *publisher, const struct shm_result_slot *slot)
{
    uint32_t channel = slot->owner;
    uint32_t worker = channel % publisher->workers;
    publisher->cursors->taken++;
    publisher->uncommitted++;
    if (channel >= publisher->channels ||
        slot->number != publisher->cursors->channels[channel].arrived + 1) {
        log_say("the result ring holds outcome %llu of worker %u, which is not its next",
                (unsigned long long)slot->number, (unsigned)worker);
        publisher->broken = true;
        return;
    }
    if (!ring_result_is_sound(&publisher->engine->result, slot))
        say_bad(publisher, worker);
    uint64_t number = publisher->cursors->channels[channel].arrived++;
    if (publisher->straight)
        give_out(publisher, merge_outcome(&publisher->engine->outboxes[channel], number), channel);
    else
        merge_add(&publisher->merges[channel / publisher->workers], worker);
}

static uint64_t
progress_of(const struct publisher *publisher, uint32_t channel)
{
    uint32_t workers = publisher->workers;
    return progress_get(&publisher->engine->workers[channel % workers], channel / workers);
}

/* Notes how far every worker is, and then which slots were claimed by then: in this order, so
 * that whatever the progress speaks of lies before the barrier (edge P2, then M3). */
static void
set_barrier(struct publisher *publisher)
{
    const struct shared_engine *engine = publisher->engine;
    publisher->all_done = true;
    for (uint32_t i = 0; i < publisher->channels; i++) {
        publisher->progress[i] = progress_of(publisher, i);
        publisher->all_done &= publisher->progress[i] == UINT64_MAX;
    }
    publisher->barrier = ring_result_end(&engine->result);
    publisher->barrier_stands = true;
}

static void
pass_barrier(struct publisher *publisher)
{
    publisher->barrier_stands = false;
    if (publisher->straight)
        return;
    for (uint32_t i = 0; i < publisher->channels; i++)
        merge_prove(&publisher->merges[i / publisher->workers], i % publisher->workers,
                    publisher->progress[i]);
}

/* Takes what lies before the barrier; says how many outcomes that were. */
static uint64_t
take_in(struct publisher *publisher)
{
    struct ring_result *ring = &publisher->engine->result;
    if (!publisher->barrier_stands)
        set_barrier(publisher);
    uint64_t taken = 0;
    const struct shm_result_slot *slot;
    while (ring->position != publisher->barrier && !has_failed(publisher) &&
           (slot = ring_result_poll(ring)) != NULL) {
        take_outcome(publisher, slot);
        ring_result_take(ring);
        taken++;
        if (is_time_to_commit(publisher))
            commit(publisher);
    }
    if (ring->position == publisher->barrier)
        pass_barrier(publisher);
    return taken;
}

/* ---- waiting ------------------------------------------------------------------------------- */

/* While a slot before the barrier is waited for, how far anybody is says nothing new. */
static bool
has_news(const struct publisher *publisher)
{
    if (ring_result_poll(&publisher->engine->result) != NULL)
        return true;
    for (uint32_t i = 0; i < publisher->channels && !publisher->barrier_stands; i++)
        if (progress_of(publisher, i) != publisher->progress[i])
            return true;
    return false;
}

/* Does the slot that is waited for say that somebody will commit it? */
static void
check_slot(struct publisher *publisher)
{
    const struct ring_result *ring = &publisher->engine->result;
    if (ring->position == publisher->barrier || ring_result_is_possible(ring))
        return;
    log_say("the result ring's slot %llu holds what nobody can have put there",
            (unsigned long long)(ring->position & ring->mask));
    publisher->broken = true;
}

static void
wait_for_news(struct publisher *publisher, uint32_t idle_rounds)
{
    check_slot(publisher);
    if (pace_nap(&publisher->pace, idle_rounds))
        return;
    struct shm_doorbell *bell = &publisher->engine->publisher->doorbell;
    process_beat(publisher->engine->publisher);
    uint32_t token = doorbell_prepare(bell);
    if (!has_news(publisher))
        doorbell_sleep(bell, token);
    doorbell_finish(bell);
}

/* ---- the process --------------------------------------------------------------------------- */

bool
publisher_can_restart(const struct publisher_options *options)
{
    return output_has_places(options->descriptor);
}

bool
publisher_can_rewrite(const struct shared_engine *engine, const struct publisher_options *options)
{
    static struct transaction journal; /* large */
    transaction_open(&journal, engine->publisher_memory,
                     publisher_cursor_bytes(engine_channel_count(engine)), 0);
    const struct shm_publisher_cursors *cursors = transaction_cursors(&journal);
    return publisher_can_restart(options) && cursors->may_cut == 1; /* so it has begun */
}

/* The heading, once in the output's life; laid out each time. */
static void
put_heading(struct publisher *publisher)
{
    char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
    uint32_t bytes = sink_begin(&publisher->sink, at);
    if (publisher->cursors->headed == 0)
        output_commit(&publisher->output, bytes);
    publisher->cursors->headed = 1;
    publisher->uncommitted++;
}

/* Can rows go on behind those of a predecessor? Else it is said why not. */
static bool
can_resume(const struct output *output, uint64_t offset)
{
    uint64_t length = output_length(output);
    if (!output->has_places)
        log_say(
            "the publisher died, and what it writes to is no file: rows may be lost or doubled");
    else if (length < offset)
        log_say("the output has %llu bytes, but %llu were written: rows are missing",
                (unsigned long long)length, (unsigned long long)offset);
    return output->has_places && length >= offset;
}

/* Where a predecessor's rows end, or where the output stands now. The first start notes it before
 * anything is written. False when it cannot be gone on with, which was said. */
static bool
find_place(struct publisher *publisher)
{
    struct output *output = &publisher->output;
    struct shm_publisher_cursors *cursors = publisher->cursors;
    if (cursors->begun != 0) {
        if (!can_resume(output, cursors->offset))
            return false;
        output_resume(output, cursors->offset, cursors->may_cut != 0);
        return true;
    }
    cursors->begun = 1;
    cursors->may_cut =
        publisher->rewrites || (output->has_places && output_length(output) == output->offset);
    commit(publisher);
    return true;
}

static void
open_runs(struct publisher *publisher)
{
    for (uint32_t i = 0; i < publisher->frontends; i++)
        merge_init(&publisher->merges[i], publisher->workers);
    for (uint32_t i = 0; i < publisher->channels; i++)
        merge_open(&publisher->merges[i / publisher->workers], i % publisher->workers,
                   &publisher->engine->outboxes[i], publisher->cursors->channels[i].given,
                   publisher->cursors->channels[i].arrived);
}

/* What a predecessor had not committed never was; what it had committed is shown again. */
static bool
recover(struct publisher *publisher)
{
    uint8_t *memory = publisher->engine->publisher_memory;
    publisher->state = (void *)(memory + publisher_sink_offset(publisher->channels));
    transaction_open(&publisher->transaction, memory, publisher_cursor_bytes(publisher->channels),
                     PUBLISHER_LOG_BYTES);
    transaction_cover(&publisher->transaction, publisher->counters, sizeof *publisher->counters);
    transaction_cover(&publisher->transaction, publisher->state, sizeof *publisher->state);
    if (!transaction_recover(&publisher->transaction)) {
        log_say("publisher: its journal is none it can have written");
        publisher->broken = true;
        return false;
    }
    publish(publisher, transaction_cursors(&publisher->transaction));
    begin(publisher);
    return true;
}

static bool
publisher_begin(struct publisher *publisher, struct shared_engine *engine,
                const struct publisher_options *options)
{
    publisher->engine = engine;
    publisher->counters = &engine->publisher->counters;
    publisher->frontends = engine->shape.frontends;
    publisher->workers = engine->shape.workers;
    publisher->channels = engine_channel_count(engine);
    publisher->straight = options->unordered || publisher->workers == 1;
    publisher->rewrites = options->rewrites;
    publisher->is_table = options->format == FORMAT_TEXT;
    output_init(&publisher->output, options->descriptor);
    if (!recover(publisher))
        return false;
    open_runs(publisher);
    struct sink_look look = sink_look_of(options->descriptor);
    sink_init(&publisher->sink, options->format, &look, publisher->state);
    if (!find_place(publisher))
        return false;
    put_heading(publisher);
    return true;
}

static void
publisher_end(struct publisher *publisher)
{
    for (uint32_t lane = 0; lane < publisher->channels; lane++) {
        char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
        touch_lane(publisher, lane);
        output_commit(&publisher->output, sink_end(&publisher->sink, at, lane));
    }
    commit(publisher);
    output_end(&publisher->output);
    if (publisher->rewrites)
        output_resume(&publisher->output, publisher->output.offset, true);
}

/* Until every worker is done and all it wrote is given out, or the output failed. */
static void
publish_all(struct publisher *publisher)
{
    uint32_t idle_rounds = 0;
    while (!has_failed(publisher)) {
        uint64_t taken = take_in(publisher);
        give_out_proven(publisher);
        if (publisher->all_done && !publisher->barrier_stands)
            return;
        if (publisher->uncommitted > 0 && taken == 0)
            commit(publisher);
        pace_add(&publisher->pace, taken);
        if (taken > 0)
            idle_rounds = 0;
        else
            wait_for_news(publisher, ++idle_rounds);
    }
}

/* The exit code. */
static int
verdict(const struct publisher *publisher)
{
    int error = publisher->output.error;
    if (error != 0 && error != EPIPE)
        log_say("cannot write results: %s", strerror(error));
    bool good = error == 0 && counter_read(publisher->counters, COUNTER_BAD_OUTCOMES) == 0 &&
                counter_read(publisher->counters, COUNTER_DISORDERED) == 0;
    return publisher->broken ? PROCESS_EXIT_DAMAGED : !good;
}

int
publisher_run(struct shared_engine *engine, const struct publisher_options *options)
{
    static struct publisher publisher; /* too large for a stack; one for each process */
    memset(&publisher, 0, sizeof publisher);
    if (!publisher_begin(&publisher, engine, options))
        return publisher.broken ? PROCESS_EXIT_DAMAGED : 1;
    publish_all(&publisher);
    publisher_end(&publisher);
    int code = verdict(&publisher);
    if (code == 0)
        process_done_set(engine->publisher);
    return code;
}
