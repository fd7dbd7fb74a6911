#ifndef TESTS_UNIT_RESTART_RIG_H
#define TESTS_UNIT_RESTART_RIG_H

/*
 * tests/unit/restart_rig.h - front-ends that are killed, and what the workers get to see.
 *
 * The workers are this process: it takes every record out of every ring, and kills the front-end
 * whenever it likes. What came is kept as bytes, so that two runs can be compared.
 */

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/check.h"
#include "engine/frontend.h"
#include "tests/unit/session_rig.h"

enum {
    RESTART_WORKERS = 3,
};

/* What one run came to. */
struct restart_run {
    uint8_t *bytes[RESTART_WORKERS]; /* packed records, one after the other */
    size_t used[RESTART_WORKERS];
    size_t room[RESTART_WORKERS];
    uint64_t counters[FRONT_COUNTERS];
    uint64_t watermark;
    uint32_t kills;
    uint32_t lives_begun; /* front-ends that took something before they were killed */
};

static uint64_t restart_random_state = 1;

static inline uint32_t
restart_random(uint32_t below)
{
    restart_random_state = restart_random_state * UINT64_C(6364136223846793005) + 1442695040888963;
    return (uint32_t)(restart_random_state >> 33) % below;
}

static inline uint64_t
restart_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Bytes of a slot behind the last text may be anything: they are made zero. */
static inline void
restart_keep(struct restart_run *run, uint32_t worker, const struct event *event, uint32_t slots)
{
    size_t size = (size_t)slots * EVENT_SLOT_SIZE;
    if (run->used[worker] + size > run->room[worker]) {
        run->room[worker] = run->room[worker] * 2 + (1 << 20);
        run->bytes[worker] = realloc(run->bytes[worker], run->room[worker]);
    }
    CHECK(run->bytes[worker] != NULL);
    memset(run->bytes[worker] + run->used[worker], 0, size);
    static alignas(64) uint8_t packed[EVENT_RECORD_SLOTS * EVENT_SLOT_SIZE];
    memset(packed, 0, size);
    event_pack(event, packed, slots);
    memcpy(run->bytes[worker] + run->used[worker], packed, size);
    run->used[worker] += size;
}

/* Takes at most `limit` records from a ring. */
static inline void
restart_drain(struct restart_run *run, uint32_t worker, uint32_t limit)
{
    struct ring_spsc *ring = &rig.readers.rings[worker];
    for (uint32_t i = 0; i < limit; i++) {
        static struct event event;
        uint32_t ready = ring_spsc_poll(ring, UINT32_MAX);
        if (ready == 0)
            break;
        uint32_t slots = event_unpack(&event, ring_spsc_slot(ring, ring->position), ready);
        if (slots == 0)
            fail_msg("worker %u: no record", worker);
        /* Which messages are timed is the same each time; what the clock says is not. */
        if (event.received_ns != 0)
            event.received_ns = event.decoded_ns = 1;
        restart_keep(run, worker, &event, slots);
        ring_spsc_release(ring, slots);
    }
    doorbell_ring(&rig.readers.frontends->doorbell);
}

static inline void
restart_drain_all(struct restart_run *run, uint32_t limit)
{
    for (uint32_t worker = 0; worker < rig.engine.shape.workers; worker++)
        restart_drain(run, worker, limit);
}

static inline pid_t
restart_start(const struct frontend_input *input)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return child;
    int words = open("/dev/null", O_WRONLY);
    dup2(words, STDERR_FILENO);
    shared_engine_become(&rig.engine, ROLE_FRONTEND, 0);
    _exit(frontend_run(&rig.engine, 0, &rig.settings, input));
}

/* One front-end, killed after `life_us` if it still lives; false when it had finished by itself. */
static inline bool
restart_live(struct restart_run *run, const struct frontend_input *input, uint64_t life_us)
{
    int status = 0;
    uint64_t before = watermark_get(&rig.engine, 0);
    pid_t child = restart_start(input);
    uint64_t end = restart_now_us() + life_us;
    bool killed = false;
    while (waitpid(child, &status, killed ? 0 : WNOHANG) == 0) {
        if (restart_now_us() >= end)
            killed = kill(child, SIGKILL) == 0;
        else if (restart_random(4) > 0)
            restart_drain_all(run, 1 + restart_random(200));
    }
    run->lives_begun += watermark_get(&rig.engine, 0) != before;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("a front-end ended with status %x", (unsigned)status);
    return false;
}

/* Runs the input through, one front-end after the other; `life_us`: how long each lives at most. */
static inline void
restart_run(struct restart_run *run, const struct frontend_input *input, uint32_t workers,
            uint32_t life_us)
{
    *run = (struct restart_run){.kills = 0};
    rig_open_engine(&rig, workers);
    while (restart_live(run, input, life_us == 0 ? UINT32_MAX : restart_random(life_us)))
        run->kills++;
    restart_drain_all(run, UINT32_MAX);
    for (uint32_t i = 0; i < FRONT_COUNTERS; i++)
        run->counters[i] = rig_count(&rig, (enum counter)i);
    run->watermark = watermark_get(&rig.engine, 0);
    rig_close(&rig);
}

static inline void
restart_free(struct restart_run *run)
{
    for (uint32_t worker = 0; worker < RESTART_WORKERS; worker++)
        free(run->bytes[worker]);
}

static inline void
restart_compare(const struct restart_run *left, const struct restart_run *right)
{
    for (uint32_t worker = 0; worker < RESTART_WORKERS; worker++) {
        size_t at = 0;
        while (at < left->used[worker] && at < right->used[worker] &&
               left->bytes[worker][at] == right->bytes[worker][at])
            at++;
        if (at != left->used[worker] || at != right->used[worker])
            fail_msg("worker %u: other bytes from %zu on, of %zu and %zu", worker, at,
                     left->used[worker], right->used[worker]);
    }
    for (uint32_t i = 0; i < FRONT_COUNTERS; i++) {
        if (i != COUNTER_RING_WAITS && left->counters[i] != right->counters[i])
            fail_msg("%s: %" PRIu64 " and %" PRIu64, counter_name((enum counter)i),
                     left->counters[i], right->counters[i]);
    }
    assert_int_equal(left->watermark, right->watermark);
}

#endif
