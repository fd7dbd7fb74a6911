#include "engine/publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "engine/merge.h"
#include "engine/sink/output.h"
#include "engine/sink/sink.h"
#include "ipc/process_state.h"

enum {
    NAPS_BEFORE_SLEEP = 8, /* a busy engine's worker never pays for waking us */
    NAP_NS = 100 * 1000,
};

struct publisher {
    struct shared_engine *engine;
    struct shm_counters *counters;
    uint32_t workers;
    bool straight; /* nothing to merge: outcomes go from the ring into the output */
    bool failed;   /* a worker broke its promise, or memory ran out: said, and the exit code */
    bool disorder_said[WORKERS_MAX];

    /* What the workers had done, read before the ring's end was: once everything before `barrier`
     * is taken, it is proven. */
    uint64_t progress[WORKERS_MAX];
    uint64_t barrier;
    bool barrier_stands;
    bool all_done;

    struct merge merge;
    struct sink sink;
    struct output output;
};

/* ---- giving out ---------------------------------------------------------------------------- */

static enum counter
counter_of_event(const struct shm_outcome *outcome)
{
    switch ((enum outcome_event)outcome->event) {
    case OUTCOME_RELEASED:
        return outcome->releasing == RELEASING_LOCAL    ? COUNTER_RELEASED_LOCAL
               : outcome->releasing == RELEASING_REMOTE ? COUNTER_RELEASED_REMOTE
                                                        : COUNTER_RELEASED_UNKNOWN;
    case OUTCOME_ABANDONED:
        return outcome->releasing == RELEASING_REMOTE ? COUNTER_ABANDONED_REMOTE
                                                      : COUNTER_ABANDONED_UNKNOWN;
    case OUTCOME_PARTY_DELETED:
        return COUNTER_PARTIES_DELETED;
    case OUTCOME_CALL_DELETED:
    case OUTCOME_EVENT_COUNT:
        break;
    }
    return COUNTER_CALLS_DELETED;
}

static void
count_outcome(struct shm_counters *counters, const struct shm_outcome *outcome)
{
    counter_add(counters, counter_of_event(outcome), 1);
    if (outcome->event == OUTCOME_RELEASED || outcome->event == OUTCOME_ABANDONED)
        counter_add(counters, counter_of_reason(outcome->reason, outcome->releasing), 1);
}

static void
write_outcome(struct publisher *publisher, const struct shm_outcome *outcome, uint32_t lane)
{
    char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
    output_commit(&publisher->output, sink_row(&publisher->sink, at, outcome, lane));
    count_outcome(publisher->counters, outcome);
}

static bool
give_out_proven(struct publisher *publisher)
{
    bool gave = false;
    uint32_t worker;
    const struct shm_outcome *outcome;
    while ((outcome = merge_next(&publisher->merge, &worker)) != NULL) {
        write_outcome(publisher, outcome, 0);
        merge_pop(&publisher->merge);
        gave = true;
    }
    return gave;
}

/* ---- taking in ----------------------------------------------------------------------------- */

static void
say_disorder(struct publisher *publisher, uint32_t worker)
{
    counter_add(publisher->counters, COUNTER_DISORDERED, 1);
    publisher->failed = true;
    if (publisher->disorder_said[worker])
        return;
    publisher->disorder_said[worker] = true;
    log_say("worker %u handed over an outcome out of order: the output may be so too",
            (unsigned)worker);
}

static void
take_outcome(struct publisher *publisher, const struct shm_outcome *outcome, uint32_t worker)
{
    if (worker >= publisher->workers || !outcome_is_sound(outcome)) {
        counter_add(publisher->counters, COUNTER_BAD_OUTCOMES, 1);
        publisher->failed = true;
        if (counter_read(publisher->counters, COUNTER_BAD_OUTCOMES) == 1)
            log_say("worker %u wrote an outcome that cannot be one: skipped", (unsigned)worker);
        return;
    }
    if (publisher->straight) {
        write_outcome(publisher, outcome, worker);
        return;
    }
    switch (merge_put(&publisher->merge, worker, outcome)) {
    case MERGE_OK:
        break;
    case MERGE_DISORDERED:
        say_disorder(publisher, worker);
        break;
    case MERGE_NO_MEMORY:
        log_say("publisher: no memory left for outcomes that wait for a slower worker");
        publisher->failed = true;
        publisher->output.error = ENOMEM;
        break;
    }
}

/* Notes how far every worker is, and then which slots were claimed by then: in this order, so
 * that whatever the progress speaks of lies before the barrier (edge P2, then M3). */
static void
set_barrier(struct publisher *publisher)
{
    const struct shared_engine *engine = publisher->engine;
    publisher->all_done = true;
    for (uint32_t i = 0; i < publisher->workers; i++) {
        publisher->progress[i] = progress_get(&engine->workers[i]);
        publisher->all_done &= publisher->progress[i] == UINT64_MAX;
    }
    publisher->barrier = engine->result.position + ring_result_depth(&engine->result);
    publisher->barrier_stands = true;
}

static void
pass_barrier(struct publisher *publisher)
{
    publisher->barrier_stands = false;
    if (publisher->straight)
        return;
    for (uint32_t i = 0; i < publisher->workers; i++)
        merge_prove(&publisher->merge, i, merge_decided_by(publisher->progress[i]));
}

/*
 * A worker that found the ring full saw `slot_count` outcomes in it; since then we released at
 * most `taken`. So where taken and depth together are less, nobody waits and nobody is rung.
 */
static void
ring_for_room(struct publisher *publisher, uint64_t taken)
{
    struct shared_engine *engine = publisher->engine;
    if (taken + ring_result_depth(&engine->result) < engine->shape.result_slots)
        return;
    for (uint32_t i = 0; i < publisher->workers; i++)
        doorbell_ring(&engine->workers[i].doorbell);
}

/* Takes what lies before the barrier; says how many outcomes that were. */
static uint64_t
take_in(struct publisher *publisher)
{
    struct ring_result *ring = &publisher->engine->result;
    if (!publisher->barrier_stands)
        set_barrier(publisher);
    uint64_t taken = 0;
    uint32_t worker;
    const struct shm_outcome *outcome;
    while (ring->position != publisher->barrier &&
           (outcome = ring_result_poll(ring, &worker)) != NULL) {
        take_outcome(publisher, outcome, worker);
        ring_result_release(ring);
        taken++;
    }
    if (ring->position == publisher->barrier)
        pass_barrier(publisher);
    if (taken > 0)
        ring_for_room(publisher, taken);
    return taken;
}

/* ---- waiting ------------------------------------------------------------------------------- */

static bool
has_news(const struct publisher *publisher)
{
    const struct shared_engine *engine = publisher->engine;
    if (ring_result_depth(&engine->result) > 0)
        return true;
    for (uint32_t i = 0; i < publisher->workers; i++)
        if (progress_get(&engine->workers[i]) != publisher->progress[i])
            return true;
    return false;
}

/* First short naps, then sleep until a worker rings. */
static void
wait_for_news(struct publisher *publisher, uint32_t idle_rounds)
{
    if (idle_rounds <= NAPS_BEFORE_SLEEP) {
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        return;
    }
    struct shm_doorbell *bell = &publisher->engine->publisher->doorbell;
    uint32_t token = doorbell_prepare(bell);
    if (!has_news(publisher))
        doorbell_sleep(bell, token);
    doorbell_finish(bell);
}

/* ---- the process --------------------------------------------------------------------------- */

static struct sink_look
look_of(int descriptor)
{
    struct sink_look look = {.columns = 120, .colours = false};
    if (!isatty(descriptor))
        return look;
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        look.columns = size.ws_col;
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    look.colours = (no_color == NULL || *no_color == '\0') && terminal != NULL &&
                   strcmp(terminal, "dumb") != 0;
    return look;
}

static void
publisher_begin(struct publisher *publisher, struct shared_engine *engine,
                const struct publisher_options *options)
{
    publisher->engine = engine;
    publisher->counters = &engine->publisher->counters;
    publisher->workers = engine->shape.workers;
    publisher->straight = options->unordered || publisher->workers == 1;
    merge_init(&publisher->merge, publisher->workers);
    struct sink_look look = look_of(options->descriptor);
    sink_init(&publisher->sink, options->format, &look);
    output_init(&publisher->output, options->descriptor);
    char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
    output_commit(&publisher->output, sink_begin(&publisher->sink, at));
}

static void
publisher_end(struct publisher *publisher)
{
    for (uint32_t lane = 0; lane < publisher->workers; lane++) {
        char *at = output_reserve(&publisher->output, SINK_BYTES_MAX);
        output_commit(&publisher->output, sink_end(&publisher->sink, at, lane));
    }
    output_flush(&publisher->output);
    merge_free(&publisher->merge);
}

/* Until every worker is done and all it wrote is given out, or the output failed. */
static void
publish_all(struct publisher *publisher)
{
    uint32_t idle_rounds = 0;
    while (!output_has_failed(&publisher->output)) {
        uint64_t taken = take_in(publisher);
        bool gave = !publisher->straight && give_out_proven(publisher);
        if (publisher->all_done && !publisher->barrier_stands)
            return;
        if (taken > 0 || gave) {
            idle_rounds = 0;
            continue;
        }
        output_flush(&publisher->output);
        wait_for_news(publisher, ++idle_rounds);
    }
}

int
publisher_run(struct shared_engine *engine, const struct publisher_options *options)
{
    static struct publisher publisher; /* too large for a stack; one for each process */
    memset(&publisher, 0, sizeof publisher);
    publisher_begin(&publisher, engine, options);
    publish_all(&publisher);
    publisher_end(&publisher);

    int error = publisher.output.error;
    if (error != 0 && error != EPIPE)
        log_say("cannot write results: %s", strerror(error));
    if (error != 0 || publisher.failed)
        return 1;
    DCHECK(merge_is_empty(&publisher.merge));
    process_done_set(engine->publisher);
    return 0;
}
